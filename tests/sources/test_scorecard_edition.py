"""Published scorecards: any edition of this shape, read by its words."""

import functools
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from drug_outcomes import sources
from drug_outcomes.definitions import framework
from drug_outcomes.errors import OutcomesError, UnreadableInput
from drug_outcomes.sources import scorecard_edition
from material import PROJECT

TOP = (
    *("Priority area", "Commitment", "", "Measure", "Unit", "Source", "Latest time period"),
    *("Southampton Sparkline", "Southampton value", "England value"),
    *("Direction of travel (last 2 time periods)", "Compared to England value"),
)
AGAIN = tuple({"Latest time period": "Time period", TOP[10]: "Direction of travel"}.get(label, label) for label in TOP)
ROWS = (
    ("Supply", "Middle market", "1", "Number of current active Drugs Networks (Southampton)", "Monthly count", "Police",
     "Dec 24", "", "51.0", "No Value", "↓", "Not Comparable"),
    ("", "", "2", "Rate of drug offences", "Rate per 1k population", "Home Office",
     "2023/24", "", "5.6", "2.9", "↑", "Higher"),
    ("", "", "3", "Rate of drug trafficking offences", "Rate per 1k population", "Home Office",
     "2023/24", "", "1.1", "0.9", "↑", "Higher"),
)  # fmt: skip
MORE = (
    ("Demand", "Schools", "4", "Drug Testing on Arrest Data", "Percentage", "OPCC",
     "2023/24", "Only 1 year point available", "53.9", "No Value", "×", "Not Comparable"),
    ("", "", "5", "Number of all Substance Use Disorder Services (SUDS) staff (Numbers in paid roles - Adult and YP)",
     "Count", "ICU", "No Value", "New data flows being established", "No Value", "No Value", "×", "Not Comparable"),
    ("", "", "6", "Average caseloads - Adult services", "Count", "ICU", "No Value", "", "No Value", "No Value", "×",
     "Not Comparable"),
    ("", "", "7", "Number of drug & alcohol-related permanent exclusions from state funded school", "Count",
     "Education", "2023/24", "Counts less than 5", "<5", "<5", "↔", "Not Comparable"),
    ("", "", "8", "Deaths from drug use", "Rate", "ONS", "2021-23", "", "4.2", "5.5", "↓", "Lower"),
)  # fmt: skip
SHEET = (TOP, *ROWS, AGAIN, *MORE)


@pytest.fixture(autouse=True)
def _at_home(project, monkeypatch):
    monkeypatch.setenv(framework.HOME_VARIABLE, str(project))


@functools.cache
def definitions() -> framework.Definitions:
    return framework.load(PROJECT / framework.FRAMEWORK)


def tsv(folder: Path, *rows: tuple[str, ...], name: str = "scorecard.tsv") -> Path:
    file = folder / name
    file.write_text("\n".join("\t".join(row) for row in rows) + "\n", encoding="utf-8")
    return file


def read(folder: Path, *rows: tuple[str, ...], **options) -> pd.DataFrame:
    return scorecard_edition.read(tsv(folder, *(rows or SHEET)), **{"definitions": definitions(), **options})


def cell(found: pd.DataFrame, measure: str, column: str, area: str = "E06000045"):
    return found[(found["measure"] == measure) & (found["area"] == area)].iloc[0][column]


def changed(column: str, value: str, row: int = 1) -> tuple[tuple[str, ...], ...]:
    """Return the sheet with one cell of a row (counted from the top) changed."""
    place = TOP.index(column)
    return tuple(
        (*cells[:place], value, *cells[place + 1 :]) if number == row else cells for number, cells in enumerate(SHEET)
    )


# What an edition says


def test_each_measure_has_a_row_for_the_area_and_one_for_england(tmp_path):
    found = read(tmp_path)
    assert len(found) == 16
    assert found.groupby("measure")["area"].apply(set).map(lambda codes: codes == {"E06000045", "E92000001"}).all()


def test_headers_that_are_repeated_are_not_rows(tmp_path):
    assert cell(read(tmp_path), "drug_misuse_deaths", "row") == 10


def test_the_value_keeps_its_text_as_printed(tmp_path):
    found = read(tmp_path)
    assert (cell(found, "active_drug_networks", "value"), cell(found, "active_drug_networks", "text")) == (51, "51.0")
    assert cell(found, "active_drug_networks", "numerator") == 51


@pytest.mark.parametrize(
    ("measure", "area", "status"),
    [
        ("treatment_workforce", "E06000045", "awaited"),
        ("caseload_adults", "E06000045", "not_supplied"),
        ("school_permanent_exclusions", "E06000045", "suppressed"),
        ("school_permanent_exclusions", "E92000001", "suppressed"),
        ("active_drug_networks", "E92000001", "not_applicable"),
        ("drug_tests_on_arrest", "E92000001", "not_published"),
        ("drug_offences", "E92000001", "published"),
    ],
)
def test_no_figure_always_has_its_reason(tmp_path, measure, area, status):
    assert cell(read(tmp_path), measure, "status", area) == status


def test_a_small_number_has_its_bounds(tmp_path):
    found = read(tmp_path)
    bounds = [cell(found, "school_permanent_exclusions", name) for name in ("bound_low", "bound_high")]
    assert bounds == [1, 4]


def test_notes_are_kept_from_the_column_of_sparklines(tmp_path):
    assert cell(read(tmp_path), "drug_tests_on_arrest", "note") == "Only 1 year point available"


def test_what_was_printed_is_kept_for_checking(tmp_path):
    found = read(tmp_path)
    printed = [
        cell(found, "drug_offences", f"published_{name}")
        for name in ("direction", "compared", "title", "unit", "number")
    ]
    assert printed == ["up", "higher", "Rate of drug offences", "Rate per 1k population", "2"]


@pytest.mark.parametrize(("arrow", "word"), [("↓", "down"), ("↑", "up"), ("↔", "same"), ("×", "unknown"), ("Up", "up")])
def test_an_arrow_is_a_word(tmp_path, arrow, word):
    found = read(tmp_path, *changed("Direction of travel (last 2 time periods)", arrow))
    assert cell(found, "active_drug_networks", "published_direction") == word


def test_an_ambiguous_period_has_the_basis_of_its_measure(tmp_path):
    found = read(tmp_path)
    assert cell(found, "drug_misuse_deaths", "period_start") == "2021-01"
    assert cell(found, "school_permanent_exclusions", "period_end") == "2024-08"
    assert cell(found, "treatment_workforce", "period_end") == ""


def test_edition_and_date_are_those_given(tmp_path):
    found = read(tmp_path, edition="May 2024", released="2024-05-31")
    assert set(found["vintage"]) == {"May 2024"}
    assert set(found["received"]) == {"2024-05-31"}


# Titles


def test_measures_are_matched_by_title_and_not_by_number(tmp_path):
    found = read(tmp_path, *changed("", "33"))
    assert cell(found, "active_drug_networks", "published_number") == "33"


@pytest.mark.parametrize(
    "title", ["NUMBER OF CURRENT ACTIVE DRUGS NETWORKS", "Number of current  active Drugs Networks in Southampton"]
)
def test_case_space_and_the_name_of_the_place_do_not_matter(tmp_path, title):
    assert cell(read(tmp_path, *changed("Measure", title)), "active_drug_networks", "value") == 51


def test_a_title_of_no_measure_is_listed_and_not_dropped(tmp_path):
    found = read(tmp_path, *changed("Measure", "Number of drug networks that are active now"))
    assert list(found["measure"].iloc[:2]) == ["", ""]
    assert set(found.loc[found["measure"] == "", "published_title"]) == {"Number of drug networks that are active now"}
    assert found["value"].iloc[0] == 51


def test_a_title_that_is_only_near_is_never_taken(tmp_path):
    found = read(tmp_path, *changed("Measure", "Rate of drug offenders", row=2))
    assert "drug_offences" not in set(found["measure"])
    assert "drug_offences" in found.loc[found["measure"] == "", "note"].iloc[0]


def area_folder(root: Path, **files: str) -> None:
    """Make a project that has the framework and one area, Southampton by name."""
    (root / "data").mkdir()
    (root / "data" / "framework").symlink_to(PROJECT / "data" / "framework")
    folder = root / "data" / "areas" / "ours"
    folder.mkdir(parents=True)
    (folder / "area.toml").write_text(
        'name = "Southampton"\ncode = "E06000045"\npartnership = "P"\nfictional = false\n'
        'edition_period = "2024/25 Q3"\nedition_as_of = 2025-03-31\n',
        encoding="utf-8",
    )
    for name, text in files.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")


def test_a_title_is_confirmed_in_the_areas_map(tmp_path, monkeypatch):
    area_folder(tmp_path, scorecard_map="title,measure\nNetworks we know of,active_drug_networks\n")
    monkeypatch.setenv(framework.HOME_VARIABLE, str(tmp_path))
    found = scorecard_edition.read(tsv(tmp_path, *changed("Measure", "Networks we know of")))
    assert cell(found, "active_drug_networks", "value") == 51


def test_a_title_of_the_areas_own_is_known(tmp_path, monkeypatch):
    area_folder(tmp_path, measures="action,measure,title\nretitle,active_drug_networks,Our networks\n")
    monkeypatch.setenv(framework.HOME_VARIABLE, str(tmp_path))
    found = scorecard_edition.read(tsv(tmp_path, *changed("Measure", "Our networks")))
    assert cell(found, "active_drug_networks", "value") == 51


def test_a_map_that_names_no_measure_is_refused_with_its_row(tmp_path, monkeypatch):
    area_folder(tmp_path, scorecard_map="title,measure\nNetworks,networks\n")
    monkeypatch.setenv(framework.HOME_VARIABLE, str(tmp_path))
    with pytest.raises(UnreadableInput, match=r"scorecard_map.csv, row 2: .*.*'networks'"):
        scorecard_edition.read(tsv(tmp_path, *SHEET))


# The area


def test_another_area_is_found_from_its_name(tmp_path):
    rows = [tuple(label.replace("Southampton", "Portsmouth") for label in row) for row in SHEET]
    assert set(read(tmp_path, *rows)["area"]) == {"E06000044", "E92000001"}


def test_an_unknown_place_needs_its_code(tmp_path):
    rows = [tuple(label.replace("Southampton", "Our place") for label in row) for row in SHEET]
    with pytest.raises(UnreadableInput, match="'our place'"):
        read(tmp_path, *rows)
    assert "E06000044" in set(read(tmp_path, *rows, area="E06000044")["area"])


def test_a_code_that_contradicts_the_header_is_refused(tmp_path):
    with pytest.raises(UnreadableInput, match="not E06000044"):
        read(tmp_path, area="E06000044")


# Files


def test_csv_and_workbook_give_the_same_as_tsv(tmp_path):
    book = openpyxl.Workbook()
    for row in SHEET:
        book.active.append([float(value) if value.replace(".", "").isdigit() else value or None for value in row])
    book.save(tmp_path / "scorecard.xlsx")
    pd.DataFrame(SHEET).to_csv(tmp_path / "scorecard.csv", header=False, index=False)
    columns = ["measure", "area", "period_start", "value", "status", "published_number", "row"]
    expected = read(tmp_path)[columns]
    for name in ("scorecard.csv", "scorecard.xlsx"):
        found = scorecard_edition.read(tmp_path / name, definitions=definitions())
        pd.testing.assert_frame_equal(found[columns], expected)


@pytest.mark.parametrize(("sheets", "read_whole"), [(("Notes", "Scorecard"), True), (("Scorecard", "Copy"), False)])
def test_a_workbook_may_hold_notes_beside_the_one_scorecard(tmp_path, sheets, read_whole):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name in sheets:
        sheet = book.create_sheet(name)
        for row in (("Read", "this", "first"),) if name == "Notes" else SHEET:
            sheet.append([value or None for value in row])
    book.save(tmp_path / "scorecard.xlsx")
    if read_whole:
        assert len(scorecard_edition.read(tmp_path / "scorecard.xlsx", definitions=definitions())) == 16
    else:
        with pytest.raises(UnreadableInput, match="several sheets"):
            scorecard_edition.read(tmp_path / "scorecard.xlsx", definitions=definitions())


def test_a_percentage_cell_of_a_workbook_is_read_as_it_looks(tmp_path):
    book = openpyxl.Workbook()
    for row in SHEET:
        book.active.append([value or None for value in row])
    book.active["I6"] = 0.539
    book.active["I6"].number_format = "0.0%"
    book.save(tmp_path / "scorecard.xlsx")
    found = scorecard_edition.read(tmp_path / "scorecard.xlsx", definitions=definitions())
    assert cell(found, "drug_tests_on_arrest", "value") == 53.9


def test_the_registry_reads_an_edition(tmp_path):
    found = sources.read("scorecard_edition", tsv(tmp_path, *SHEET), edition="May 2024")
    assert set(found["source"]) == {"scorecard_edition"}


# Refusals


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("Southampton value", "fifty", "'fifty'"),
        ("England value", "n.a.", "'n.a.'"),
        ("Direction of travel (last 2 time periods)", "Not Comparable", "direction"),
        ("Compared to England value", "↑", "compared"),
        ("Latest time period", "2023/24", "month"),
        ("Latest time period", "Autumn 24", "release window"),
        ("Southampton Sparkline", "51.0", "sparklines"),
    ],
)
def test_an_unknown_cell_is_refused_with_its_row(tmp_path, column, value, said):
    with pytest.raises(UnreadableInput) as refusal:
        read(tmp_path, *changed(column, value))
    assert said in str(refusal.value)
    assert "row 2" in str(refusal.value)


def test_an_equal_row_twice_merges_and_a_different_one_is_refused(tmp_path):
    assert len(read(tmp_path, *SHEET, MORE[-1])) == 16
    other = (*MORE[-1][:8], "4.4", *MORE[-1][9:])
    with pytest.raises(UnreadableInput, match="drug_misuse_deaths"):
        read(tmp_path, *SHEET, other)


def test_two_rows_of_one_measure_are_refused(tmp_path):
    later = (*MORE[-1][:6], "2022-24", *MORE[-1][7:])
    with pytest.raises(UnreadableInput, match="drug_misuse_deaths"):
        read(tmp_path, *SHEET, later)


def test_a_table_without_a_known_title_is_refused(tmp_path):
    rows = (TOP, *[(*row[:3], "Something else", *row[4:]) for row in ROWS])
    with pytest.raises(UnreadableInput, match="title"):
        read(tmp_path, *rows)


def test_a_file_that_is_no_scorecard_lists_the_headers_found(tmp_path):
    with pytest.raises(UnreadableInput, match="Headers found: a; b; c"):
        read(tmp_path, ("a", "b", "c"), ("1", "2", "3"))


def test_signs_that_contradict_their_values_show_exchanged_columns(tmp_path):
    swapped = [
        tuple(
            {"Southampton value": "England value", "England value": "Southampton value"}.get(label, label)
            for label in row
        )
        for row in SHEET
    ]
    with pytest.raises(UnreadableInput, match="say the opposite"):
        read(tmp_path, *swapped)


def test_columns_exchanged_under_one_of_the_headers_are_found(tmp_path):
    first = [tuple({TOP[8]: TOP[9], TOP[9]: TOP[8]}.get(label, label) for label in TOP), *SHEET[1:]]
    with pytest.raises(UnreadableInput, match="say the opposite"):
        read(tmp_path, *first)


def test_one_wrong_sign_is_left_to_the_rules_of_quality(tmp_path):
    assert len(read(tmp_path, *changed("Compared to England value", "Lower", row=2))) == 16


# The published file, and damage


def published() -> Path:
    file = PROJECT.parent / "shared" / "reference" / "local_outcomes_framework.tsv"
    if not file.exists():
        pytest.skip("the published scorecard is not here")
    return file


def test_the_published_scorecard_is_read_whole():
    found = scorecard_edition.read(published())
    assert len(found) == 80
    assert (found["measure"] != "").all()
    assert found["measure"].nunique() == 40


def exchanged(text: str, one: str, other: str) -> str:
    return text.replace(one, "\0").replace(other, one).replace("\0", other)


def test_no_damage_gives_a_wrong_number_in_silence(tmp_path):
    whole = "\n".join("\t".join(row) for row in SHEET) + "\n"
    found = read(tmp_path)
    columns = ["measure", "area", "value"]
    truth = set(found.dropna(subset="value")[columns].itertuples(index=False, name=None))
    damages = {
        "cut in a row": whole[: whole.index("4.2")],
        "cut after a row": "\n".join(whole.split("\n")[:4]) + "\n",
        "shifted": whole.replace("Supply\t", ""),
        "header renamed": whole.replace("England value", "National figure"),
        "values swapped": exchanged(whole, "Southampton value", "England value"),
        "notes and values swapped": exchanged(whole, "Southampton Sparkline", "Southampton value"),
        "values swapped in one header": exchanged(whole, "value\tEngland", "?").replace(
            "Southampton ?", "England value\tSouthampton", 1
        ).replace("?", "value\tEngland"),
        "signs swapped": whole.replace("Direction of travel", "??"),
        "title and unit swapped": whole.replace("Measure\tUnit", "Unit\tMeasure"),
        "period and unit swapped": exchanged(whole, "\tUnit\t", "\tLatest time period\t"),
        "header twice": "\t".join(TOP) + "\n" + whole,
        "no second header": whole.replace("\t".join(AGAIN) + "\n", ""),
        "unknown marker": whole.replace("51.0", "fifty"),
        "blank value": whole.replace("51.0", ""),
        "dash": whole.replace("51.0", "-"),
        "row twice": whole + "\t".join(MORE[-1]) + "\n",
        "row twice, different": whole + "\t".join(MORE[-1]).replace("4.2", "4.3") + "\n",
        "empty": "",
        "header alone": "\t".join(TOP) + "\n",
        "other case": whole.upper(),
        "formula": whole.replace("51.0", "=50+1"),
        "rows reordered": "\n".join(["\t".join(row) for row in (TOP, *ROWS[::-1], AGAIN, *MORE[::-1])]) + "\n",
        "thousands": whole.replace("51.0", '"51"'),
        "windows line ends": whole.replace("\n", "\r\n"),
        "percent signs": whole.replace("53.9", "53.9%"),
        "two areas": whole.replace("Southampton value", "Portsmouth value", 1),
        "value column twice": whole.replace("England value\tD", "Southampton value\tD"),
    }  # fmt: skip
    right = wrong = 0
    for name, text in damages.items():
        file = tmp_path / "damaged.tsv"
        file.write_text(text, encoding="utf-8", newline="")
        try:
            got = scorecard_edition.read(file, definitions=definitions())
        except OutcomesError:
            continue
        silent = set(got.dropna(subset="value")[columns].itertuples(index=False, name=None)) - truth
        right, wrong = right + (not silent), wrong + bool(silent)
        assert not silent, (name, silent)
    for content in (bytes(range(256)) * 4, whole.encode("utf-16"), whole.encode("utf-8")[:-400]):
        (tmp_path / "damaged.tsv").write_bytes(content)
        try:
            got = scorecard_edition.read(tmp_path / "damaged.tsv", definitions=definitions())
        except OutcomesError:
            continue
        right += set(got.dropna(subset="value")[columns].itertuples(index=False, name=None)) <= truth
    tried = len(damages) + 3
    print(f"scorecard: {tried} damages tried, {right} read right, {tried - right - wrong} refused, {wrong} wrong")
    assert tried >= 20
