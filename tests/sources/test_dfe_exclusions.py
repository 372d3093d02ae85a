"""Suspensions and exclusions: the files as published, and newer layouts made here."""

import pytest

from drug_outcomes import sources
from drug_outcomes.errors import UnreadableInput

REASONS, AREAS = "dfe/exclusions_by_reason.csv", "dfe/exclusions_by_geographic_level_noschools.csv"
HEAD = "time_period,time_identifier,geographic_level,country_code,region_code,new_la_code,la_name"
ENGLAND = "202324,Academic year,National,E92000001,,,"
LOCAL = "202324,Academic year,Local authority,E92000001,E12000008,E06000045,Southampton"


@pytest.fixture(autouse=True)
def _at_home(project, monkeypatch):
    monkeypatch.setenv("DRUG_OUTCOMES_HOME", str(project))


@pytest.fixture(scope="module")
def tables(real):
    return {name: sources.read("dfe_exclusions", real / name) for name in (REASONS, AREAS)}


def row(table, indicator: str, area: str, year: str, breakdown: str = ""):
    found = table[
        (table["indicator"] == indicator)
        & (table["area"] == area)
        & (table["period_label"] == year)
        & (table["breakdown"] == breakdown)
    ]
    assert len(found) == 1
    return found.iloc[0]


def test_suspensions_of_southampton_by_year(tables):
    years = [f"20{first:02}{first + 1:02}" for first in range(6, 17)]
    found = [row(tables[REASONS], "suspensions_drug_alcohol", "E06000045", year)["value"] for year in years]

    assert found == [65, 37, 46, 44, 22, 41, 62, 60, 28, 15, 35]


@pytest.mark.parametrize(("year", "value"), [("201617", 565), ("200607", 400)])
def test_permanent_exclusions_of_england(tables, year, value):
    assert row(tables[REASONS], "permanent_exclusions_drug_alcohol", "E92000001", year)["value"] == value


def test_a_suppressed_number_is_missing_and_a_zero_is_a_zero(tables):
    years = tables[REASONS][
        (tables[REASONS]["area"] == "E06000045")
        & (tables[REASONS]["indicator"] == "permanent_exclusions_drug_alcohol")
        & (tables[REASONS]["breakdown"] == "")
    ].set_index("period_label")

    assert (years["status"] == "suppressed").sum() == 9
    assert years.loc[["201112", "201213"], "value"].tolist() == [0, 0]


def test_england_is_the_national_row_and_not_every_row_with_its_code(tables):
    england = tables[REASONS][tables[REASONS]["area"] == "E92000001"]

    assert not england.duplicated(["indicator", "period_label", "breakdown"]).any()


def test_pupils_are_the_denominator_of_the_same_file(tables):
    found = row(tables[AREAS], "suspensions", "E06000045", "201617")

    assert (found["numerator"], found["denominator"]) == (1374, 31010)


def test_years_are_academic(tables):
    found = row(tables[AREAS], "headcount", "E06000045", "201617")

    assert (found["period_start"], found["period_end"], found["period_basis"]) == ("2016-09", "2017-08", "acad_year")


def test_london_is_not_lost(tables):
    parts = [row(tables[AREAS], "headcount", code, "201617")["value"] for code in ("E13000001", "E13000002")]
    london = row(tables[AREAS], "headcount", "E12000007", "201617")

    assert london["value"] == sum(parts)
    assert "Inner and Outer London" in london["note"]


def test_the_meta_file_is_refused_by_name(real):
    with pytest.raises(UnreadableInput, match="meta file"):
        sources.read("dfe_exclusions", real / "dfe/exclusions_by_reason.meta.csv")


@pytest.mark.parametrize("name", ["la_cla_substance_misuse.csv", "las.csv", "region_la_hierarchy.csv"])
def test_other_files_of_the_department_are_refused(real, name):
    with pytest.raises(UnreadableInput, match="Headers found"):
        sources.read("dfe_exclusions", real / "dfe" / name)


def written(folder, header: str, *lines: str):
    file = folder / "exclusions.csv"
    file.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    return file


def test_the_newer_layout_by_characteristic_is_read(tmp_path):
    file = written(
        tmp_path,
        f"{HEAD},education_phase,characteristic_group,characteristic,headcount,suspension,susp_rate,perm_excl",
        f"{ENGLAND},Total,Total,Total,8400000,954950,11.37,10885",
        f"{LOCAL},Total,Total,Total,34000,3400,10,20",
        f"{LOCAL},Special school,FSM,FSM - Eligible,500,c,c,low",
    )
    table = sources.read("dfe_exclusions", file)
    free_meals = "characteristic=FSM - Eligible;characteristic_group=FSM;school_type=Special"

    assert row(table, "suspensions", "E06000045", "202324")["denominator"] == 34000
    assert row(table, "suspensions", "E06000045", "202324", free_meals)["status"] == "suppressed"
    assert row(table, "permanent_exclusions", "E06000045", "202324", free_meals)["bound_high"] == 0.5


def test_reasons_down_a_column_are_read(tmp_path):
    file = written(
        tmp_path,
        f"{HEAD},education_phase,reason,suspension,perm_excl",
        f"{ENGLAND},Total,Drug and alcohol related,26000,800",
        f"{ENGLAND},Total,Theft,9000,50",
        f"{LOCAL},Total,Drug and alcohol related,160,c",
    )
    table = sources.read("dfe_exclusions", file)

    assert row(table, "suspensions_drug_alcohol", "E06000045", "202324")["value"] == 160
    assert set(table["indicator"]) == {"suspensions_drug_alcohol", "permanent_exclusions_drug_alcohol"}


def test_x_means_unavailable_where_c_means_suppressed(tmp_path):
    header = f"{HEAD},school_type,fixed_drug_alcohol,perm_drug_alcohol"
    file = written(tmp_path, header, f"{ENGLAND},Total,9000,500", f"{LOCAL},Total,x,c")
    table = sources.read("dfe_exclusions", file)

    assert row(table, "suspensions_drug_alcohol", "E06000045", "202324")["status"] == "not_published"
    assert row(table, "permanent_exclusions_drug_alcohol", "E06000045", "202324")["status"] == "suppressed"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("Academic year", "Autumn term", "whole academic year"),
        ("Local authority", "Parish", "geographic level"),
        ("E06000045", "E12000008", "not one of its level"),
        ("Total,", "Nursery,", "not a known type of school"),
        ("Total,160,3", "Total,160,??", "neither a number nor a marker"),
        ("Total,9000,500", "Total,500,9000", "more permanent exclusions"),
    ],
)
def test_a_file_that_leaves_a_doubt_is_refused(tmp_path, old, new, words):
    header = f"{HEAD},school_type,fixed_drug_alcohol,perm_drug_alcohol"
    lines = [line.replace(old, new) for line in (f"{ENGLAND},Total,9000,500", f"{LOCAL},Total,160,3")]
    with pytest.raises(UnreadableInput, match=words):
        sources.read("dfe_exclusions", written(tmp_path, header, *lines))
