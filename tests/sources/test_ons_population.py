"""ONS mid-year population estimates."""

import pandas as pd
import pytest

from drug_outcomes import sources
from drug_outcomes.definitions import framework
from drug_outcomes.errors import UnreadableInput


@pytest.fixture(autouse=True)
def _at_home(project, monkeypatch):
    monkeypatch.setenv(framework.HOME_VARIABLE, str(project))


@pytest.fixture(scope="module")
def workbook(real):
    return sources.read("ons_population", real / "ons_population" / "ukpopestimatesmid2021on2021geographyfinal.xls")


@pytest.fixture(scope="module")
def by_age(real):
    return sources.read("ons_population", real / "ons_population" / "la_pop_single_year_1997_2020.csv")


def one(frame, area, period, breakdown=""):
    chosen = frame[(frame["area"] == area) & (frame["period_label"] == period) & (frame["breakdown"] == breakdown)]
    assert len(chosen) == 1
    return chosen.iloc[0]


def read(folder, text, name="residents.csv", **options):
    (folder / name).write_text(text, encoding="utf-8")
    return sources.read("ons_population", folder / name, **options)


@pytest.mark.parametrize(("area", "people"), [("E06000045", 247256), ("E92000001", 56536419)])
def test_residents_of_the_published_workbook_come_out(workbook, area, people):
    found = one(workbook, area, "mid-2021")
    assert found["value"] == people and (found["period_start"], found["period_end"]) == ("2021-01", "2021-12")


def test_men_and_women_come_from_their_own_sheets(workbook):
    parts = [one(workbook, "E92000001", "mid-2021", f"sex={sex}")["value"] for sex in ("Female", "Male")]
    assert sum(parts) == 56536419


def test_single_years_of_age_come_out(workbook):
    assert one(workbook, "E06000045", "mid-2021", "age=0")["value"] == 2738
    assert (workbook["breakdown"] == "age=90+").any()


def test_other_sheets_with_years_across_give_no_residents(workbook):
    assert set(workbook["sheet"]) == {"MYE2 - Persons", "MYE2 - Females", "MYE2 - Males", "MYE4"}


def test_ages_are_added_up_where_no_total_stands(by_age):
    found = one(by_age, "E06000045", "mid-2020")
    assert found["value"] == 252872 and "sum of the single years" in found["note"]


def test_estimates_before_the_census_of_2021_say_so(by_age, workbook):
    assert "2011 census" in one(by_age, "E06000045", "mid-2020")["note"]
    assert one(workbook, "E06000045", "mid-2021")["note"] == ""


def test_ages_that_are_not_given_are_not_0_and_leave_no_total(by_age):
    gone = one(by_age, "E06000045", "mid-1997", "age=87")
    assert gone["status"] == "not_published" and pd.isna(gone["value"])
    assert pd.isna(one(by_age, "E06000045", "mid-1997")["value"])


def test_a_file_by_name_is_read(real):
    found = sources.read("ons_population", real / "ons_population" / "bdd_population_la.csv")
    assert one(found, "E06000045", "mid-2019")["value"] == 252520


def test_one_row_for_each_year_is_read(tmp_path):
    found = read(tmp_path, "area code,name,year,population\nE06000045,Southampton,2022,250377\n")
    assert one(found, "E06000045", "mid-2022")["value"] == 250377


AGES = (
    "code,name,"
    + ",".join(str(age) for age in range(90))
    + ",90+\nE06000045,Southampton,"
    + ",".join(["10"] * 91)
    + "\n"
)


def test_a_table_without_a_year_is_refused_unless_title_or_name_says_it(tmp_path):
    with pytest.raises(UnreadableInput, match="which year"):
        read(tmp_path, AGES)
    assert one(read(tmp_path, "Residents, mid-2022\n" + AGES), "E06000045", "mid-2022")["value"] == 910
    assert one(read(tmp_path, AGES, name="residents mid-2023.csv"), "E06000045", "mid-2023")["value"] == 910


def test_the_same_row_twice_does_not_double_the_residents(tmp_path):
    text = AGES + AGES.split("\n")[1] + "\n"
    assert one(read(tmp_path, text, period="2022"), "E06000045", "mid-2022")["value"] == 910


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (AGES.replace(",5,6,", ",6,5,", 1), "out of order"),
        (
            AGES.replace("code,name,", "code,name,All ages,", 1).replace("Southampton,", "Southampton,911,", 1),
            "do not add up",
        ),
        (AGES.replace("Southampton,10", "Southampton,1.5", 1), "not a whole number"),
        ("code,name,2020,2019,2021\nE06000045,Southampton,1,2,3\n", "no order"),
    ],
)
def test_a_table_that_contradicts_itself_is_refused(tmp_path, text, words):
    with pytest.raises(UnreadableInput, match=words):
        read(tmp_path, text, period="2022")
