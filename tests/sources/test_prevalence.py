"""Estimates of opiate and crack use and of alcohol dependence."""

import openpyxl
import pandas as pd
import pytest

from drug_outcomes import sources
from drug_outcomes.definitions import framework
from drug_outcomes.errors import UnreadableInput


@pytest.fixture(autouse=True)
def _at_home(project, monkeypatch):
    monkeypatch.setenv(framework.HOME_VARIABLE, str(project))


@pytest.fixture(scope="module")
def alcohol(real):
    return sources.read("prevalence", real / "ndtms" / "Estimates_of_Alcohol_Dependent_Adults_in_England_for_R.csv")


@pytest.fixture(scope="module")
def goals(real):
    return sources.read("prevalence", real / "ndtms" / "sdg_indicator_3-5-1_2023-04.csv")


def series(frame, area, indicator):
    mine = frame[
        (frame["area"] == area) & (frame["indicator"] == indicator) & (frame["breakdown"] == "substance=Alcohol")
    ]
    return mine.set_index("period_label")


def test_estimates_come_with_their_limits(alcohol):
    found = series(alcohol, "E06000045", "prevalence").loc["2017/18"]
    assert (found["value"], found["lower"], found["upper"]) == (4050, 3108, 5741)


def test_older_estimates_have_no_limits(alcohol):
    found = series(alcohol, "E06000045", "prevalence").loc["2010"]
    assert found["value"] == 3360 and pd.isna(found["lower"])


def test_a_code_that_is_none_is_placed_by_its_name_and_told(alcohol):
    told = alcohol[alcohol["note"].str.contains("E0999")]
    assert set(told["area"]) == {"E06000052"} and len(told) == 5


def test_people_in_treatment_of_southampton_come_out(goals):
    counts = series(goals, "E06000045", "in_treatment")["value"].tolist()
    assert counts == [330, 310, 645, 605, 555, 350, 435, 440, 590]


def test_need_that_is_met_comes_out(goals):
    met = series(goals, "E06000045", "met_need")["value"]
    assert (100 - met).round(1).tolist() == [90.2, 90.7, 80.8, 82.5, 84.0, 90.6, 88.4, 89.1, 84.6]


def test_england_is_the_row_without_name_code_and_group(goals):
    assert series(goals, "E92000001", "prevalence").loc["2010/11", "value"] == 580974


def test_deprivation_groups_are_not_england(goals):
    groups = goals[goals["breakdown"].str.contains("deprivation_decile")]
    assert len(groups) and not goals[goals["area"] == "E92000001"].equals(groups)


def test_a_percentage_published_twice_with_other_decimals_is_one(goals):
    found = series(goals, "E92000001", "met_need").loc["2015/16"]
    assert found["value"] == pytest.approx(19.0016, abs=1e-4) and "twice" in found["note"]


def test_a_zero_of_a_discontinued_area_is_not_supplied(goals):
    gone = goals[goals["status"] == "not_supplied"]
    assert len(gone) == 6 and gone["value"].isna().all()


def test_need_that_is_not_treatment_over_prevalence_is_refused(real, tmp_path):
    text = (real / "ndtms" / "sdg_indicator_3-5-1_2023-04.csv").read_text(encoding="utf-8-sig")
    broken = text.replace("E06000045,330.0", "E06000045,930.0", 1)
    (tmp_path / "goals.csv").write_text(broken, encoding="utf-8")
    with pytest.raises(UnreadableInput, match="not treatment over prevalence"):
        sources.read("prevalence", tmp_path / "goals.csv")


NUMBERS = (2162, 1800, 2600, 1672, 1400, 2000, 1300, 1000, 1700)


def two_rows(
    folder, numbers=NUMBERS, title="Estimates of opiate and crack use, England, 2019-20", group="Number of users"
):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append([title])
    sheet.append(["Region", "Local authority", "15-64 population", group, *[""] * 8, "Rate per thousand", *[""] * 8])
    sheet.append(["", "", "", *["OCU", "Lower", "Upper", "Opiates", "Lower", "Upper", "Crack", "Lower", "Upper"] * 2])
    sheet.append(["East Midlands", "Derby", 164510, *numbers, *[round(1000 * one / 164510, 2) for one in NUMBERS]])
    sheet.append(["Source: OHID"])
    file = folder / "ocu.xlsx"
    book.save(file)
    return file


def test_a_header_in_two_rows_is_read(tmp_path):
    found = sources.read("prevalence", two_rows(tmp_path)).set_index(["indicator", "breakdown"])
    estimate = found.loc[("prevalence", "age=15-64;substance=OCU")]
    assert (estimate["value"], estimate["lower"], estimate["upper"]) == (2162, 1800, 2600)
    assert found.loc[("prevalence_rate", "age=15-64;substance=Crack"), "value"] == 7.9
    assert set(found["area"]) == {"E06000015"} and set(found["period_label"]) == {"2019/20"}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"numbers": (2262, *NUMBERS[1:])}, "rate is not the number"),
        ({"numbers": (2162, 2600, 1800, *NUMBERS[3:])}, "outside its own"),
        ({"title": "Estimates of opiate and crack use"}, "which years"),
        ({"group": "Users"}, "numbers or rates"),
    ],
)
def test_a_table_that_contradicts_itself_or_says_too_little_is_refused(tmp_path, options, words):
    with pytest.raises(UnreadableInput, match=words):
        sources.read("prevalence", two_rows(tmp_path, **options))


def test_a_table_that_names_no_substance_is_refused(tmp_path):
    (tmp_path / "a.csv").write_text("area,year,estimate,lower,upper\nDerby,2019/20,5,4,6\n", encoding="utf-8")
    with pytest.raises(UnreadableInput, match="which substance"):
        sources.read("prevalence", tmp_path / "a.csv")
