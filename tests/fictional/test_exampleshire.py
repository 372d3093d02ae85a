"""Exampleshire against itself: the same bytes every time, figures that agree, and faults only where planted."""

import csv
import io
import re
from collections.abc import Callable

import pandas as pd
import pytest

from drug_outcomes.definitions import areas, framework
from drug_outcomes.intake import received, store
from drug_outcomes.sources import reading
from exampleshire import draws, faults, files, folder, model, places, public, timeline
from exampleshire.places import ENGLAND, EXAMPLESHIRE
from material import PROJECT

AREA = PROJECT / "data" / "areas" / "exampleshire"
DEFINITIONS = framework.load(PROJECT / framework.FRAMEWORK)


def table_of(path: str) -> list[dict[str, str]]:
    """Return the rows of a CSV of the area's folder."""
    return list(csv.DictReader(io.StringIO((AREA / path).read_text(encoding="utf-8"))))


PLANTED = table_of("planted.csv")
LOG = {row["file"]: row for row in table_of("received.csv")}


@pytest.fixture(scope="module")
def made() -> dict[str, bytes]:
    return folder.contents(DEFINITIONS)


@pytest.fixture(scope="module")
def loaded() -> store.Loaded:
    return store.load(PROJECT, areas.load(PROJECT, "exampleshire"), DEFINITIONS)


@pytest.fixture(scope="module")
def newest(loaded) -> pd.DataFrame:
    """Every figure of a sender or publisher as told last."""
    told = loaded.observations[(loaded.observations["source"] != "scorecard_edition")]
    ordered = told.sort_values(["received", "vintage", "row"], kind="stable")
    key = ["source", "measure", "indicator", "area", "period_start", "period_end", "breakdown"]
    return ordered.drop_duplicates(key, keep="last")


def without_planted(rows: pd.DataFrame, *rules: str) -> pd.DataFrame:
    """Take out the figures in which a fault of these rules is planted; all planted ones when none is named."""
    wanted = {(one["measure"], one["period"]) for one in PLANTED if not rules or one["rule"] in rules}
    said = pd.Series(list(zip(rows["measure"], rows["period_label"], strict=True)), rows.index, dtype="object")
    return rows[~said.isin(wanted)]


# One command, the same bytes.


def test_the_generator_writes_the_committed_folder_byte_for_byte(made):
    held = {file.relative_to(AREA).as_posix(): file.read_bytes() for file in AREA.rglob("*") if file.is_file()}

    assert sorted(held) == sorted(made)
    assert [path for path in made if held[path] != made[path]] == []


def test_writing_leaves_nothing_of_what_stood_there_before(tmp_path, made, monkeypatch):
    monkeypatch.setattr(folder, "contents", lambda _: dict(list(made.items())[:3]))
    (tmp_path / "area").mkdir()
    (tmp_path / "area" / "stray.csv").write_text("left over")

    count = folder.write(tmp_path / "area", DEFINITIONS)

    assert count == len([file for file in (tmp_path / "area").rglob("*") if file.is_file()]) == 3


def test_the_folder_stays_small(made):
    assert sum(map(len, made.values())) < 3_000_000


@pytest.mark.parametrize(
    ("drawn", "expected"),
    [
        (draws.binomial(1000, 0.25, "a", "test"), 247),
        (draws.poisson(3.5, "a", "test"), 2),
        (draws.poisson(5000, "a", "test"), 5035),
        (draws.between(1, 6, "a", "test"), 2),
    ],
)
def test_draws_are_the_same_in_every_version_of_numpy(drawn, expected):
    assert drawn == expected


def test_a_draw_does_not_depend_on_other_draws():
    first = draws.poisson(40, "alone")
    for number in range(5):
        draws.poisson(40, "another", number)

    assert draws.poisson(40, "alone") == first


@pytest.mark.parametrize(("tries", "share"), [(0, 0.5), (50, 0.0), (50, 1.0)])
def test_certain_draws_are_certain(tries, share):
    assert draws.binomial(tries, share, "certain") == round(tries * share)


def test_drawn_counts_have_the_mean_and_variance_of_poisson():
    drawn = pd.Series([draws.poisson(12.0, "spread", number) for number in range(3000)])

    assert drawn.mean() == pytest.approx(12.0, rel=0.03)
    assert drawn.var() == pytest.approx(12.0, rel=0.1)


@pytest.mark.parametrize(("ending", "sheets"), [("xlsx", ("Return",)), ("ods", ("A1", "A3"))])
def test_workbooks_read_back_what_was_written(tmp_path, ending, sheets):
    rows = (("text & more", "12", "1.50"), ("<5", "", "2023/24 Q4"))
    file = files.File(f"book.{ending}", tuple((name, rows) for name in sheets))
    (tmp_path / file.path).write_bytes(file.content())

    cells = reading.read_sheet(tmp_path / file.path, sheets[-1]).rows

    assert cells == (("text & more", "12", "1.5"), ("<5", "", "2023/24 Q4"))
    assert file.content() == file.content()


@pytest.mark.parametrize("total", [0, 1, 7, 100, 12_345])
def test_shared_out_parts_make_the_whole(total):
    assert sum(draws.split(total, {"a": 3, "b": 3, "c": 1}).values()) == total


# The processes.


@pytest.mark.parametrize("place", [EXAMPLESHIRE, ENGLAND], ids=lambda place: place.name)
def test_those_in_treatment_are_those_before_with_the_new_less_the_leavers(place):
    flows = model.everybody(place)
    after = flows["stock"] + flows["new"] - flows["completed"] - flows["left"]

    assert list(after[:-1]) == list(flows["stock"][1:])


@pytest.mark.parametrize("place", [EXAMPLESHIRE, ENGLAND], ids=lambda place: place.name)
def test_a_window_moves_by_its_newest_quarter_less_the_one_that_dropped_out(place):
    quarters = model.everybody(place).set_index("quarter")["completed"]
    windows = pd.Series(
        {end: counts["completed"] for end, counts in model.twelve_months(model.everybody(place)).items()}
    )

    assert windows.diff().dropna().to_list() == (quarters - quarters.shift(4)).dropna().to_list()


def test_windows_of_substances_make_the_window_of_everybody():
    whole = model.twelve_months(model.everybody(EXAMPLESHIRE))
    parts = {
        end: sum(model.yearly(EXAMPLESHIRE)[end, name]["in_treatment"] for name in model.SUBSTANCES) for end in whole
    }

    assert parts == {end: counts["in_treatment"] for end, counts in whole.items()}


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_a_part_of_those_in_treatment_is_never_more_than_all(share):
    everybody = model.everybody(EXAMPLESHIRE)
    part = model.part_of(everybody, share, 0.0, "test", share)

    assert (part[model.FLOWS] <= everybody[model.FLOWS]).all(axis=None)
    assert (part[model.FLOWS] >= 0).all(axis=None)


def test_three_pooled_years_of_deaths_are_the_sum_of_their_years():
    years = model.deaths(EXAMPLESHIRE).set_index("year").sum(axis="columns")
    pooled = [sum(public.pooled_deaths(EXAMPLESHIRE, end)[0]) for end in timeline.WINDOWS]

    assert pooled == [int(years.loc[end - 2 : end].sum()) for end in timeline.WINDOWS]


def test_all_series_are_eight_years_long():
    assert (len(timeline.QUARTERS), len(timeline.MONTHS)) == (32, 96)
    assert {len(timeline.YEARS), len(timeline.SCHOOL_YEARS), len(timeline.WINDOWS)} == {8}


# The ground.


def test_no_fictional_code_or_name_is_a_real_one():
    real = pd.read_csv(PROJECT / "data" / "framework" / "areas.csv", dtype=str, keep_default_na=False)
    rows = [dict(zip(places.names()[0], row, strict=True)) for row in places.names()[1:]]
    known = set(real["code"]) | set(real["name"].str.casefold()) | set(real["dfe_code"]) | set(real["dat_code"])
    used = {row[name].casefold() for row in rows for name in ("name", "dfe_code", "dat_code")} - {""}

    assert {row["code"] for row in rows} & known == set()
    assert used & {one.casefold() for one in known} == set()


def test_the_area_says_that_it_is_fictional():
    assert areas.load(PROJECT, "exampleshire").fictional


# Read through the readers alone.


def test_no_file_is_refused(loaded):
    assert loaded.refused["reason"].to_list() == []


def test_every_measure_has_a_figure(newest):
    here = newest[(newest["area"] == EXAMPLESHIRE.code) & newest["value"].notna() & (newest["breakdown"] == "")]

    assert set(DEFINITIONS.measures["measure"]) <= set(here["measure"])


def test_every_source_of_the_scorecard_is_there(loaded):
    wanted = DEFINITIONS.sources.loc[DEFINITIONS.sources["on_scorecard"] == "yes", "source"]

    assert set(wanted) <= set(loaded.observations["source"])


def test_shares_recompute_from_their_counts(newest):
    kinds = DEFINITIONS.measures.set_index("measure")["kind"]
    rows = newest[newest["measure"].map(kinds).isin(["proportion", "mean"]) & newest["denominator"].notna()]
    rows = without_planted(rows[rows["value"].notna()], "rate_recomputes", "percent_granularity", "same_fact_twice")
    per = rows["measure"].map(kinds).map({"proportion": 100, "mean": 1})
    apart = (per * rows["numerator"] / rows["denominator"] - rows["value"]).abs()

    assert len(rows) > 2000
    assert rows[apart > 0.0501][["measure", "period_label", "file", "row"]].to_numpy().tolist() == []


def test_men_and_women_make_everybody_in_restricted_returns(newest):
    rows = newest[(newest["release"] == "restricted") & newest["value"].notna()]
    key = ["measure", "area", "period_label"]
    parts = rows[rows["breakdown"].str.startswith("sex=")].groupby(key)["value"].sum().rename("parts")
    both = rows[rows["breakdown"] == ""].join(parts, on=key, how="inner")
    clean = without_planted(both, "parts_sum_within_rounding")

    assert len(both) - len(clean) == 2
    assert clean[clean["parts"] != clean["value"]].empty


def test_substances_make_all_adults_in_treatment_within_rounding(newest):
    rows = newest[(newest["indicator"] == "in_treatment") & newest["breakdown"].isin(["", "substance=Total"])]
    rows = rows[rows["period_basis"] == "fin_year"]
    groups = rows[rows["measure"] != ""].groupby(["area", "period_label"])["value"].agg(["sum", "size"])
    totals = rows[rows["measure"] == ""].set_index(["area", "period_label"])["value"]
    both = groups.join(totals, how="inner")

    assert len(both) == len(places.EVERYWHERE) * len(timeline.YEARS)
    assert (both["sum"] - both["value"]).abs().max() <= 12.5


def test_possession_and_trafficking_make_all_drug_offences(newest):
    rows = newest[(newest["source"] == "recorded_crime") & newest["value"].notna()]
    wide = rows.pivot_table(index=["area", "period_label", "breakdown"], columns="indicator", values="numerator")

    assert (wide["drug_possession"] + wide["drug_trafficking"] == wide["drug_offences"]).all()


def test_england_is_never_less_than_one_of_its_areas(newest):
    counted = DEFINITIONS.measures.loc[DEFINITIONS.measures["kind"] == "count", "measure"]
    rows = newest[newest["measure"].isin(counted) & (newest["breakdown"] == "")]
    rows = without_planted(rows, "national_at_least_local")
    key = ["source", "measure", "period_label"]
    england = rows[rows["area"] == ENGLAND.code].drop_duplicates(key).set_index(key)["value"].rename("england")
    both = rows.join(england, on=key, how="inner")

    assert (both["value"].fillna(0) <= both["england"]).all()


def test_provisional_figures_become_final(loaded):
    here = loaded.observations[loaded.observations["area"] == EXAMPLESHIRE.code]
    key = ["measure", "period_label", "breakdown"]
    first = here.loc[here["status"] == "provisional", [*key, "received"]]
    both = first.merge(here.loc[here["status"] == "revised", [*key, "received"]], on=key, suffixes=("", "_final"))

    assert len(both) > 40
    assert (both["received_final"] >= both["received"]).all()


def test_statuses_of_real_life_are_there(loaded):
    here = loaded.observations[loaded.observations["area"].str.startswith("E0699")]

    assert {"published", "provisional", "revised", "suppressed", "not_supplied", "not_calculated", "unreliable"} <= set(
        here["status"]
    )


# Nothing restricted stands in a public file.


def test_restricted_files_are_logged_for_the_partnership_and_stand_apart():
    approved = {path.split("/")[0]: set() for path in LOG}
    for path, row in LOG.items():
        approved[path.split("/")[0]].add(row["approved_for"])

    assert approved == {"received": {"public"}, "restricted": {"partnership"}}


def test_the_log_holds_every_file_as_it_stands():
    entries = received.log(AREA, set(DEFINITIONS.sources["source"]))

    assert [entry.file for entry in entries if entry.problem] == []
    assert received.unlogged(AREA, entries) == []


def test_no_restricted_figure_stands_in_a_public_file(made):
    """Unmistakable figures are looked for as bytes in everything public but the scorecards that printed some."""
    public_bytes = b"\n".join(
        content
        for path, content in made.items()
        if not path.startswith("restricted/")
        and "scorecard_edition" not in path
        and path not in ("corrections.csv", "received.csv", "received.csv.sums")
        and not path.endswith(".partnership.md")
    )
    printed = set(re.findall(rb"\d[\d.]*", public_bytes))
    told = {
        row["value"]
        for path, content in made.items()
        if path.startswith("restricted/") and path.endswith(".csv") and path != "restricted/alerts.csv"
        for row in csv.DictReader(io.StringIO(content.decode()))
        if row["area"] == EXAMPLESHIRE.code and row["breakdown"] == ""
    }
    unmistakable = {value for value in told if len(value.replace(".", "")) >= 4}

    assert len(unmistakable) > 300
    assert {value for value in unmistakable if value.encode() in printed} == set()


def test_most_restricted_measures_have_unmistakable_figures():
    rows = [row for path in LOG if path.startswith("restricted/") and path.endswith(".csv") for row in table_of(path)]
    long = {row["measure"] for row in rows if len(row["value"].replace(".", "")) >= 4}

    assert len(long) >= 10


# What is planted is where the list says, and is a fault.


def cells(one: dict[str, str]) -> dict[str, str]:
    """Return the row that planted.csv names, by the names in its header."""
    sheet = reading.read_sheet(AREA / one["file"])
    head = next(row for row in sheet.rows if {"measure", "Measure", "Area Code", "Substance", "file"} & set(row))
    return dict(zip(head, sheet.rows[int(one["row"]) - 1], strict=False))


@pytest.mark.parametrize(
    "one", [one for one in PLANTED if one["row"]], ids=lambda one: f"{one['rule']}-{one['measure']}"
)
def test_a_planted_item_is_in_the_row_that_is_listed(one):
    row = cells(one)
    titles = DEFINITIONS.scorecard_titles, DEFINITIONS.measures
    named = {title: name for table in titles for title, name in zip(table["title"], table["measure"], strict=True)}
    period = next(
        (row[name] for name in ("period", "Latest time period", "Time period", "baseline_period") if name in row), ""
    )

    assert named.get(row.get("Measure", ""), row.get("measure", one["measure"])) == one["measure"]
    assert period in (one["period"], "")


def test_what_is_planted_by_taking_it_away_is_not_there(loaded):
    gaps = [(one["measure"], one["period"]) for one in PLANTED if not one["row"]]
    told = set(zip(loaded.observations["measure"], loaded.observations["period_label"], strict=True))

    assert gaps
    assert set(gaps) & told == set()


def _number(row: dict[str, str], name: str = "value") -> float:
    return float(row[name])


FAULTY: dict[str, Callable[[dict[str, str]], bool]] = {
    "percentage_range": lambda row: _number(row) > 100,
    "count_range": lambda row: _number(row) < 0,
    "number_format": lambda row: _number(row) % 1 != 0,
    "rate_recomputes": lambda row: (
        abs(100 * _number(row, "numerator") / _number(row, "denominator") - _number(row)) > 1
    ),
    "percent_granularity": lambda row: all(
        f"{100 * people / _number(row, 'denominator'):.2f}" != row["value"] for people in range(int(row["denominator"]))
    ),
    "sudden_zeros": lambda row: _number(row) == 0,
    "order_of_magnitude": lambda row: _number(row) > 1000,
    "missing_value": lambda row: row["baseline"] == "" and row["baseline_period"] != "",
    "suppressed_direction": lambda row: "<" in row["Exampleshire value"] and row[faults._ARROW] == "↔",
    "direction_needs_two_points": lambda row: "Only 1" in row["Exampleshire Sparkline"] and row[faults._ARROW] in "↑↓↔",
    "comparison_recomputes": lambda row: (
        {"Higher": 1, "Lower": -1}[row[faults._SIGN]]
        * (float(row["Exampleshire value"]) - float(row["England value"])) < 0
    ),
    "unit_period_agree": lambda row: row["Unit"].startswith("Quarterly") and "Q" not in row["Latest time period"],
    "rate_needs_base": lambda row: row["Unit"] == "Rate",
    "title_unit_agree": lambda row: row["Measure"].startswith("Number") and row["Unit"].startswith("Per"),
    "release_after_period_end": lambda row: row["received"] < "2025-12",
    "union_between_parts": lambda row: _number(row, "Value") < 45,
}  # fmt: skip


@pytest.mark.parametrize(
    "one", [one for one in PLANTED if one["rule"] in FAULTY], ids=lambda one: one["rule"] + one["measure"]
)
def test_a_planted_fault_is_a_fault(one):
    assert FAULTY[one["rule"]](cells(one))


#: What a report says, as words and numbers that do not go together.
TOLD = {
    "qualifier_true", "list_count", "ratio_within_rounding", "arithmetic", "polarity_conflict", "percent_vs_points",
}  # fmt: skip


def test_every_class_that_files_can_show_is_planted():
    assert {
        *FAULTY, "step", "drift", "spike", "period_gap", "period_overlap", "parts_sum_within_rounding", "growth_hull",
        "part_whole_direction", "digit_slip", "truncated_digits", "sum_of_years", "frozen_series", "staleness",
        "same_fact_twice", "restatement", *TOLD, "national_at_least_local", "direction_recomputes",
        "baseline_after_release",
    } == {one["rule"] for one in PLANTED}  # fmt: skip


def test_three_scorecards_have_been_published_and_print_their_forty_rows(loaded):
    rows = loaded.observations[loaded.observations["source"] == "scorecard_edition"]
    here = rows[rows["area"] == EXAMPLESHIRE.code]

    assert here.groupby("received")["measure"].nunique().to_dict() == {
        "2023-07-11": 40, "2024-07-09": 40, "2025-07-08": 40
    }  # fmt: skip
    assert set(rows["release"]) == {"public"}


def test_scorecards_print_what_was_known_on_their_day(loaded):
    rows = loaded.observations[loaded.observations["area"] == EXAMPLESHIRE.code]
    printed = without_planted(rows[rows["source"] == "scorecard_edition"])
    told = rows[(rows["source"] != "scorecard_edition") & (rows["breakdown"] == "")]
    both = printed.merge(told, on=["measure", "period_end", "period_basis"], suffixes=("", "_told"))
    known = both[(both["received_told"] <= both["received"]) & both["value"].notna()]
    last = known.sort_values("received_told").drop_duplicates(["measure", "received"], keep="last")
    rates = last["denominator_told"].isna() & (last["numerator"].isna())
    apart = (last["value"] - last["value_told"])[~rates].abs()

    assert len(last) > 90
    assert (
        last.loc[apart[apart > 0.051].index, ["measure", "period_label", "value", "value_told"]].to_numpy().tolist()
        == []
    )
