"""The definitions under data/framework: what ships is sound, and every slip in a row is refused in words."""

import csv
import re
import shutil
from pathlib import Path

import pytest

from drug_outcomes.definitions import edited_tables, framework
from drug_outcomes.definitions.framework import Definitions, parse_slice
from drug_outcomes.definitions.framework_tables import MEASURE_COLUMNS
from drug_outcomes.definitions.vocabulary import Kind, Polarity
from drug_outcomes.errors import UnreadableInput, UsageError


@pytest.fixture(scope="module")
def shipped(project: Path) -> Definitions:
    return framework.load(project / framework.FRAMEWORK)


@pytest.fixture
def folder(project: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(project / framework.FRAMEWORK, tmp_path / "framework"))


def change(file: Path, row: int, column: str, value: str) -> None:
    """Write `value` into a cell; rows count from 1 with the header as row 1."""
    with file.open(encoding="utf-8", newline="") as lines:
        table = list(csv.reader(lines))
    table[row - 1][table[0].index(column)] = value
    save(file, table)


def save(file: Path, table: list[list[str]]) -> None:
    with file.open("w", encoding="utf-8", newline="") as lines:
        csv.writer(lines, lineterminator="\n").writerows(table)


# What ships


def test_the_shipped_definitions_hold_the_whole_framework(shipped: Definitions):
    assert (len(shipped.priorities), len(shipped.commitments), len(shipped.measures)) == (3, 12, 40)


def test_eleven_sources_are_on_the_scorecard(shipped: Definitions):
    assert (shipped.sources["on_scorecard"] == "yes").sum() == 11


def test_measures_csv_has_every_column_in_the_order_of_the_design(project: Path):
    header = (project / framework.FRAMEWORK / "measures.csv").read_text(encoding="utf-8").splitlines()[0]
    wanted = (
        "measure,number,priority,commitment,title,unit,kind,per,basis,window_months,cadence,usual_lag,polarity,"
        "polarity_agreed_by,polarity_agreed_on,source,slice,benchmark,denominator_from,disclosive,decimals,"
        "plausible_low,plausible_high,definition,why_it_matters,caveats,reviewed_by,next_review,active_from,"
        "retired,replaces,replaced_by"
    )
    assert header.startswith(wanted + ",")


@pytest.mark.parametrize(
    ("polarity", "numbers"),
    [
        (Polarity.HIGH_IS_GOOD, {8, 9, 10, 11, 16, 17, 18, 19, 27, 28, 29, 31, 36, 37}),
        (Polarity.LOW_IS_GOOD, {12, 13, 14, 15, 20, 24}),
        (Polarity.TARGET_RANGE, {22, 23}),
        (Polarity.ACTIVITY, {2, 4, 5, 6, 7, 21, 25, 26, 32, 33, 34, 40}),
        (Polarity.NO_JUDGEMENT, {1, 3, 30, 35, 38, 39}),
    ],
)
def test_polarity_is_as_the_design_states_it(shipped: Definitions, polarity: Polarity, numbers: set[int]):
    chosen = shipped.measures[shipped.measures["polarity"] == polarity]
    assert set(chosen["number"]) == numbers


def test_no_polarity_is_agreed_until_a_partnership_agrees_it(shipped: Definitions):
    assert not shipped.measures["polarity_agreed"].any()


@pytest.mark.parametrize(
    ("numbers", "basis", "window"),
    [
        ((16, 17, 18, 19, 30, 37), "quarter_fin", 12),
        ((24, 27, 28, 35), "rolling12", 12),
        ((20,), "pooled_cal", 36),
        ((38, 39), "acad_year", 12),
        ((8, 12, 31, 36), "fin_year", 12),
        ((1, 2, 7), "month", 1),
        ((25, 26, 29, 32, 34, 40), "quarter_fin", 3),
    ],
)
def test_the_window_is_what_a_figure_covers_not_how_it_is_labelled(
    shipped: Definitions, numbers: tuple[int, ...], basis: str, window: int
):
    chosen = shipped.measures[shipped.measures["number"].isin(numbers)]
    assert set(zip(chosen["basis"], chosen["window_months"], strict=True)) == {(basis, window)}


def test_titles_name_no_place_and_no_provider(shipped: Definitions, project: Path):
    areas = [folder.parent.name for folder in (project / "data" / "areas").glob("*/area.toml")]
    named = re.compile("|".join([*areas, "southampton", "hampshire", "cgl", "dash", "drugscope"]), re.IGNORECASE)
    assert not shipped.measures["title"].str.contains(named).any()


def test_every_text_is_one_to_four_sentences(shipped: Definitions):
    texts = shipped.measures[["definition", "why_it_matters", "caveats"]].stack()
    sentences = texts.str.count(r"\.(?:\s|$)")
    assert sentences.between(1, 4).all()


def test_a_title_says_number_percentage_rate_or_average_as_its_kind_does(shipped: Definitions):
    words = {
        Kind.COUNT: ("Number", "Weight"),
        Kind.PROPORTION: ("Percentage",),
        Kind.CRUDE_RATE: ("Rate",),
        Kind.STANDARDISED_RATE: ("Rate",),
        Kind.MEAN: ("Average",),
    }
    wrong = [
        m.title for m in map(shipped.measure, shipped.measures["measure"]) if not m.title.startswith(words[m.kind])
    ]
    assert wrong == []


def test_only_estimated_need_is_modelled_and_only_weights_and_averages_are_not_counted(shipped: Definitions):
    modelled = set(shipped.measures.loc[shipped.measures["modelled"] == "yes", "number"])
    uncounted = set(shipped.measures.loc[shipped.measures["counted"] == "no", "number"])
    assert (modelled, uncounted) == ({12, 13, 14, 15}, {2, 22, 23})


def test_every_measure_has_the_words_of_a_published_scorecard(shipped: Definitions):
    assert set(shipped.scorecard_titles["measure"]) == set(shipped.measures["measure"])


# Looking up


def test_a_measure_comes_back_typed(shipped: Definitions):
    deaths = shipped.measure("drug_misuse_deaths")
    assert (deaths.number, deaths.kind, deaths.plausible_high) == (20, Kind.STANDARDISED_RATE, 22.1)


def test_an_empty_number_is_none(shipped: Definitions):
    assert shipped.measure("active_drug_networks").plausible_low is None


def test_a_rolling_measure_overlaps_and_an_annual_one_does_not(shipped: Definitions):
    assert shipped.measure("completions_opiates").overlapping
    assert not shipped.measure("in_treatment_opiates").overlapping


@pytest.mark.parametrize(
    ("source", "day", "signed"),
    [
        ("ndtms_viewit", "2025-11-30", "Office for Health Improvement and Disparities"),
        ("ndtms_viewit", "2025-12-04", "Department of Health and Social Care"),
        ("opcc", "2028-06-01", "The office of the police and crime commissioner"),  # announced is not yet so
    ],
)
def test_a_release_is_signed_by_who_signed_on_its_day(shipped, source, day, signed):
    assert shipped.source(source).publisher_on(day) == signed


def test_a_source_comes_back_typed(shipped: Definitions):
    police = shipped.source("police")
    assert (police.due_day, police.on_scorecard, police.release) == (15, True, "restricted")


@pytest.mark.parametrize(
    ("given", "suggested"), [("in_treatment_opiate", "in_treatment_opiates"), ("20", "drug_misuse_deaths")]
)
def test_an_unknown_measure_is_refused_with_the_nearest_one(shipped: Definitions, given: str, suggested: str):
    with pytest.raises(UsageError, match=f"no measure '{given}'[\\s\\S]*{suggested}"):
        shipped.measure(given)


@pytest.mark.parametrize("kind", ["source", "commitment", "priority", "measures_of", "commitments_of"])
def test_every_look_up_refuses_what_it_does_not_know(shipped: Definitions, kind: str):
    with pytest.raises(UsageError, match="nonesuch"):
        getattr(shipped, kind)("nonesuch")


@pytest.mark.parametrize(
    ("group", "numbers"), [("middle_market", (1, 2)), ("break_supply_chains", (1, 2, 3, 4, 5, 6, 7))]
)
def test_the_measures_of_a_group_come_in_order(shipped: Definitions, group: str, numbers: tuple[int, ...]):
    assert tuple(measure.number for measure in shipped.measures_of(group)) == numbers


def test_the_commitments_of_a_priority_come_in_order(shipped: Definitions):
    found = [commitment.commitment for commitment in shipped.commitments_of("reduce_demand")]
    assert found == ["consequences", "young_people_and_families"]


# Slices


@pytest.mark.parametrize(
    ("text", "filters"),
    [
        ("", {}),
        ("indicator=in_treatment", {"indicator": "in_treatment"}),
        ("indicator=a;substance=Non-opiate & alcohol", {"indicator": "a", "substance": "Non-opiate & alcohol"}),
        ("sex = Persons ; age=15-64", {"sex": "Persons", "age": "15-64"}),
    ],
)
def test_a_slice_is_read_as_filters(text: str, filters: dict[str, str]):
    assert parse_slice(text) == filters


@pytest.mark.parametrize("text", ["indicator", "=x", "indicator=", "a=1;a=2", "a=1;;b=2", ";"])
def test_a_slice_that_cannot_be_read_is_refused(text: str):
    with pytest.raises(UnreadableInput, match="cannot be read"):
        parse_slice(text)


# Every way in which a row can be wrong


@pytest.mark.parametrize(
    ("file", "row", "column", "value", "expected"),
    [
        ("priorities", 2, "priority", "Break supply", "an id"),
        ("priorities", 3, "priority", "break_supply_chains", "no other row"),
        ("priorities", 2, "title", " ", "not empty"),
        ("commitments", 3, "priority", "reduce_demands", "priorities.csv holds"),
        ("commitments", 2, "number", "first", "whole number"),
        ("sources", 3, "source", "scorecard_edition", "no other row"),
        ("sources", 3, "coverage", "world", "national, local"),
        ("sources", 3, "on_scorecard", "maybe", "yes, no"),
        ("sources", 3, "later_from", "", "the date since which"),
        ("sources", 3, "scorecard_name", "", "scorecards print"),
        ("sources", 3, "cadence_months", "0", "from 1"),
        ("sources", 3, "due_day", "31", "1 to 28"),
        ("sources", 3, "release", "secret", "public, restricted"),
        ("sources", 3, "audience", "everybody", "public, partnership"),
        ("sources", 15, "audience", "public", "source is restricted"),
        ("sources", 15, "retention_months", "", "may be kept"),
        ("sources", 3, "threshold", "five", "whole number"),
        ("sources", 3, "route", "post", "form, file"),
        ("measures", 3, "measure", "active_drug_networks", "no other row"),
        ("measures", 3, "measure", "2nd", "an id"),
        ("measures", 3, "number", "1", "no other row"),
        ("measures", 41, "number", "41", "1 to 40 without a gap"),
        ("measures", 3, "number", "2.0", "whole number"),
        ("measures", 3, "priority", "reduce_demand", "priority of the row's commitment"),
        ("measures", 3, "commitment", "middle_markt", "commitments.csv holds"),
        ("measures", 3, "source", "polise", "sources.csv holds"),
        ("measures", 3, "kind", "ratio", "one of count"),
        ("measures", 3, "polarity", "good", "high_is_good"),
        ("measures", 3, "basis", "weekly", "fin_year"),
        ("measures", 3, "window_months", "0", "from 1"),
        ("measures", 3, "window_months", "twelve", "whole number"),
        ("measures", 3, "cadence", "", "whole number"),
        ("measures", 3, "usual_lag", "-1", "whole number"),
        ("measures", 3, "decimals", "9", "0 to 6"),
        ("measures", 3, "per", "100", "1 for a count"),
        ("measures", 25, "per", "1", "100 for a proportion"),
        ("measures", 5, "per", "1", "counted per"),
        ("measures", 3, "benchmark", "England", "GSS code"),
        ("measures", 3, "disclosive", "some", "people, not"),
        ("measures", 3, "plausible_low", "low", "a number"),
        ("measures", 21, "plausible_high", "0.1", "at least plausible_low"),
        ("measures", 3, "title", "", "not empty"),
        ("measures", 3, "definition", "", "not empty"),
        ("measures", 3, "slice", "indicator=grams", "rows of a form"),
        ("measures", 5, "slice", "", "with an indicator"),
        ("measures", 5, "slice", "drug_offences", "key=value"),
        ("measures", 5, "slice", "age=15-64", "with an indicator"),
        ("measures", 6, "slice", "indicator=drug_offences", "no other measure"),
        ("measures", 17, "denominator_from", "in_treatment_opiate", "another measure"),
        ("measures", 17, "denominator_from", "ons_peopel:population", "another measure"),
        ("measures", 17, "denominator_from", "ons_population:", "another measure"),
        ("measures", 17, "denominator_from", "completions_opiates", "another measure"),
        ("measures", 3, "polarity_agreed_on", "31/13/2025", "2025-03-31"),
        ("measures", 3, "polarity_agreed_by", "The board", "a date beside it"),
        ("measures", 3, "next_review", "2025-02-30", "a date"),
        ("measures", 3, "active_from", "2022-13", "a month"),
        ("measures", 3, "replaces", "old_measure", "this file holds"),
        ("measures", 3, "replaced_by", "new_measure", "this file holds"),
        ("measures", 3, "modelled", "perhaps", "yes, no"),
        ("measures", 3, "counted", "", "yes, no"),
        ("alternative_sources", 2, "measure", "unmet_need", "measures.csv holds"),
        ("alternative_sources", 2, "source", "fingertip", "sources.csv holds"),
        ("alternative_sources", 2, "slice", "93517", "key=value"),
        ("scorecard_titles", 2, "measure", "networks", "measures.csv holds"),
        ("scorecard_titles", 3, "title", "Number of current active drugs networks", "one measure only"),
        ("relations", 3, "relation", "drug_offence_parts", "no other row"),
        ("relations", 2, "kind", "sum", "parts_total"),
        ("relations", 2, "total", "all_offences", "a measure"),
        ("relations", 2, "parts", "drug_possession_offences;drug_supply", "a measure"),
        ("relations", 2, "parts", "drug_possession_offences", "at least two parts"),
        ("relations", 2, "parts", "drug_offences;drug_possession_offences", "at least two parts"),
        ("relations", 2, "exhaustive", "mostly", "yes, no"),
        ("relations", 2, "sign", "same", "moves_with"),
        ("series_breaks", 2, "measure", "unmet_need", "measures.csv holds"),
        ("series_breaks", 2, "area", "Leeds", "GSS code"),
        ("series_breaks", 2, "from_period", "the census", "a period"),
        ("series_breaks", 2, "kind", "step", "break, context"),
        ("series_breaks", 2, "source", "estimates", "sources.csv holds"),
        ("series_breaks", 2, "reason", "", "not empty"),
    ],
)
def test_a_wrong_cell_is_refused_with_file_row_column_value_and_what_was_expected(
    folder: Path, file: str, row: int, column: str, value: str, expected: str
):
    change(folder / f"{file}.csv", row, column, value)
    with pytest.raises(UnreadableInput) as refusal:
        framework.load(folder)
    assert str(refusal.value).startswith(f"{file}.csv, row {row}: the column '{column}' holds '{value}'")
    assert expected in refusal.value.expected


def test_a_measure_that_was_replaced_has_to_be_retired(folder: Path):
    change(folder / "measures.csv", 3, "replaced_by", "drug_offences")
    with pytest.raises(UnreadableInput, match="row 3: the column 'retired' holds ''"):
        framework.load(folder)


@pytest.mark.parametrize("column", [one.name for one in MEASURE_COLUMNS if one.name != "on_scorecard"])
def test_a_missing_column_is_named(folder: Path, column: str):
    change(folder / "measures.csv", 1, column, "another")
    with pytest.raises(UnreadableInput, match=f"measures.csv, row 1: the column '{column}' is missing"):
        framework.load(folder)


@pytest.mark.parametrize(
    "file",
    [
        *("priorities", "commitments", "sources", "measures"),
        *("alternative_sources", "scorecard_titles", "relations", "series_breaks"),
    ],
)
def test_a_missing_or_empty_file_is_named(folder: Path, file: str):
    (folder / f"{file}.csv").write_text("", encoding="utf-8")
    with pytest.raises(UnreadableInput, match=f"{file}.csv: the file is empty"):
        framework.load(folder)
    (folder / f"{file}.csv").unlink()
    with pytest.raises(UnreadableInput, match=f"{file}.csv: the file is not there"):
        framework.load(folder)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (b"measure,title\nx,y,z\n", "row 2: 3 values where the header has 2 columns"),
        (b"measure,title\nx\n", "row 2: 1 values where the header has 2 columns"),
        (b"measure,title,title\nx,y,z\n", "row 1: the column 'title' stands twice"),
        (b'measure,title\nx,"open\n', "not CSV text"),
    ],
)
def test_a_broken_table_is_refused(tmp_path: Path, text: bytes, found: str):
    (tmp_path / "broken.csv").write_bytes(text)
    with pytest.raises(UnreadableInput, match=found):
        edited_tables.read(tmp_path / "broken.csv", edited_tables.free("measure", "title"))


def test_a_byte_order_mark_and_other_columns_do_no_harm(tmp_path: Path):
    (tmp_path / "saved.csv").write_text("other,measure\n1,x\n", encoding="utf-8-sig")
    assert edited_tables.read(tmp_path / "saved.csv", edited_tables.free("measure")).to_dict("list") == {
        "other": ["1"],
        "measure": ["x"],
    }


# The project's root


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv(framework.HOME_VARIABLE, raising=False)
    (tmp_path / "data" / "framework").mkdir(parents=True)
    (tmp_path / "notebooks" / "deeper").mkdir(parents=True)
    return tmp_path


@pytest.mark.parametrize("start", [".", "notebooks", "notebooks/deeper", "data/framework"])
def test_home_is_the_nearest_folder_upward(made: Path, monkeypatch: pytest.MonkeyPatch, start: str):
    monkeypatch.chdir(made / start)
    assert framework.home() == made


def test_home_is_the_folder_that_the_environment_names(made: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(made.anchor)
    monkeypatch.setenv(framework.HOME_VARIABLE, str(made))
    assert framework.home() == made


def test_home_outside_the_project_is_refused_in_words(made: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(made.anchor)
    with pytest.raises(UsageError, match="nor any folder above it holds data/framework"):
        framework.home()


def test_a_wrong_environment_is_refused_in_words(made: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(framework.HOME_VARIABLE, str(made / "notebooks"))
    with pytest.raises(UsageError, match=r"DRUG_OUTCOMES_HOME is '.*notebooks'"):
        framework.home()


def test_a_source_is_read_by_something_or_says_why_it_stays(project):
    def cells(name: str, *columns: str) -> set[str]:
        with (project / framework.FRAMEWORK / name).open(encoding="utf-8", newline="") as lines:
            every = ";".join(row[column] for row in csv.DictReader(lines) for column in columns)
        return {part.partition(":")[0] for part in every.split(";")}

    read_by = (("measures.csv", "source", "denominator_from"), ("alternative_sources.csv", "source"),
               ("published_series.csv", "source"), ("context.csv", "source", "of", "reference"),
               ("crosswalk.csv", "local_sources"))  # fmt: skip
    unread = cells("sources.csv", "source").difference(*(cells(*one) for one in read_by))
    why = re.search(r"Sources that no measure.*", (project / "data" / "README.md").read_text(encoding="utf-8"))
    assert why is not None and set(re.findall(r"`(\w+)`", why[0])) & cells("sources.csv", "source") == unread
