"""OHID Fingertips exports and extracts."""

import pandas as pd
import pytest

from drug_outcomes import sources
from drug_outcomes.definitions import framework
from drug_outcomes.errors import UnreadableInput, UsageError
from drug_outcomes.intake import todays_ground
from material import PROJECT

DEFINITIONS = framework.load(PROJECT / framework.FRAMEWORK)

HEAD = (
    "Indicator ID,Indicator Name,Parent Code,Parent Name,Area Code,Area Name,Area Type,Sex,Age,Category Type,Category,"
    "Time period,Value,Lower CI 95.0 limit,Upper CI 95.0 limit,Lower CI 99.8 limit,Upper CI 99.8 limit,Count,"
    "Denominator,Value note,Recent Trend,Compared to England value or percentiles,Column not used,"
    "Time period Sortable,New data,Compared to goal"
)


@pytest.fixture(autouse=True)
def _at_home(project, monkeypatch):
    monkeypatch.setenv(framework.HOME_VARIABLE, str(project))


@pytest.fixture(scope="module")
def injuries(real):
    return sources.read("fingertips", real / "fingertips" / "la_hospital_admissions_90284.csv")


def line(area="E06000045", period="2022 - 24", figures="5.23,3.9,6.8,,,36,750000", note="", **words):
    given = {
        "id": "92432",
        "sex": "Persons",
        "age": "All ages",
        "kind": "",
        "group": "",
        "sortable": period[:4] + "0000",
    }
    w = given | words
    return (
        f"{w['id']},Deaths from drug misuse,E92000001,England,{area},Somewhere,UA,{w['sex']},{w['age']},"
        f"{w['kind']},{w['group']},{period},{figures},{note},,Similar,Not compared,{w['sortable']},,"
    )


def read(folder, *lines, head=HEAD):
    file = folder / "export.csv"
    file.write_text("\n".join([head, *lines]) + "\n", encoding="utf-8")
    return sources.read("fingertips", file)


def one(frame, area, period, breakdown):
    chosen = frame[(frame["area"] == area) & (frame["period_label"] == period) & (frame["breakdown"] == breakdown)]
    assert len(chosen) == 1
    return chosen.iloc[0]


@pytest.mark.parametrize(
    ("file", "period", "breakdown", "value", "numerator"),
    [
        ("la_hospital_admissions_90284.csv", "2010/11", "age=<15", 133.1929455, 506),
        ("LAPEAlcSpecMort_91380.csv", "2016 - 18", "", 17.97876581, 103),
        ("fingertips_90245_2017_2018_extract.csv", "2017", "", 30.4527, 74),
        ("fingertips_90245_2017_2018_extract.csv", "2018", "", 28.6145, 95),
    ],
)
def test_the_figures_of_southampton_come_out(real, file, period, breakdown, value, numerator):
    found = one(sources.read("fingertips", real / "fingertips" / file), "E06000045", period, breakdown)
    assert found["value"] == pytest.approx(value) and found["numerator"] == numerator


def test_the_newest_deaths_from_drug_misuse_come_out(real):
    found = sources.read("fingertips", real / "fingertips" / "fingertips_latest_92432_92906_extract.csv")
    deaths = found[found["indicator"] == "92432"].set_index("area")["value"]
    assert (deaths["E06000045"], deaths["E92000001"]) == (5.23, 5.8)


def test_a_count_that_is_no_whole_number_stays(real):
    found = sources.read("fingertips", real / "fingertips" / "unmet_alcohol_93532.csv")
    assert one(found, "E10000032", "2018/19", "age=18+")["numerator"] == pytest.approx(5592.666667)


def test_england_which_stands_twice_comes_out_once(injuries):
    england = injuries[injuries["area"] == "E92000001"]
    assert len(england) == 703 and (england["breakdown"] != "").all()
    assert (~england["breakdown"].str.contains("category")).sum() == 38


def test_an_empty_value_carries_the_publishers_reason(injuries):
    gone = one(injuries, "E06000018", "2016/17", "age=<15")
    assert pd.isna(gone["value"]) and pd.isna(gone["lower"])
    assert gone["status"] == "not_published" and "Nottingham University Hospitals" in gone["note"]


def test_no_total_is_rebuilt_from_men_and_women(injuries):
    rows = injuries[injuries["area"] == "E92000001"]
    sexes = [
        one(rows, "E92000001", "2023/24", f"age=<15{sex}")["numerator"] for sex in (";sex=Male", ";sex=Female", "")
    ]
    assert sexes[0] + sexes[1] != sexes[2]


def test_periods_of_three_years_are_three_calendar_years(tmp_path):
    found = read(tmp_path, line()).iloc[0]
    assert (found["period_start"], found["period_end"]) == ("2022-01", "2024-12")


def test_two_pooled_calendar_years_are_no_financial_year(tmp_path):
    found = read(tmp_path, line(period="2021 - 22")).iloc[0]
    assert (found["period_start"], found["period_end"], found["period_basis"]) == ("2021-01", "2022-12", "pooled_cal")


@pytest.mark.parametrize(
    ("note", "status"),
    [
        ("Value suppressed for disclosure control due to small count", "suppressed"),
        ("Value cannot be calculated as number of cases is too small", "not_calculated"),
        ("Value not published for data quality reasons", "not_published"),
        ("", "not_published"),
    ],
)
def test_why_a_value_is_empty_becomes_its_status(tmp_path, note, status):
    assert read(tmp_path, line(figures=",,,,,,", note=note))["status"].tolist() == [status]


def test_rows_without_the_last_column_are_read(tmp_path):
    assert read(tmp_path, line()[:-1])["value"].tolist() == [5.23]


def test_a_name_that_holds_a_line_end_is_read(tmp_path):
    text = line().replace("Deaths from drug misuse", '"Deaths from drug misuse\n"')
    assert read(tmp_path, text)["value"].tolist() == [5.23]


def test_older_exports_name_one_pair_of_limits(tmp_path):
    head = HEAD.replace("Lower CI 95.0 limit", "Lower CI limit").replace("Upper CI 95.0 limit", "Upper CI limit")
    assert read(tmp_path, line(), head=head)["lower"].tolist() == [3.9]


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        (line(figures="5.23,6.8,3.9,,,36,750000"), "outside its own confidence limits"),
        (line(figures="5.23,3.9,6.8,4.5,6.0,36,750000"), "99.8% limits"),
        (line(figures="5.23,3.9,6.8,,,750000,36"), "count is greater than the denominator"),
        (line(figures="5.23,,6.8,,,36,750000"), "without one of its limits"),
        (line(sortable="20210000"), "different years"),
        (line(sex="Both?"), "not a sex"),
        (line(age="Similar"), "not an age"),
        (line(kind="Deciles"), "Category"),
        (line(id="Similar"), "Indicator ID"),
        (line(area="Southampton"), "where an area code should"),
        (line(note="36"), "column of words"),
    ],
)
def test_a_row_that_contradicts_itself_is_refused(tmp_path, broken, words):
    with pytest.raises(UnreadableInput, match=words):
        read(tmp_path, broken)


def test_england_twice_with_different_figures_is_refused(tmp_path):
    with pytest.raises(UnreadableInput, match="rows 2, 3 give different figures"):
        read(tmp_path, line("E92000001"), line("E92000001", figures="5.24,3.9,6.8,,,36,750000"))


def test_an_area_with_more_cases_than_england_is_refused(tmp_path):
    with pytest.raises(UnreadableInput, match="more cases than England"):
        read(tmp_path, line("E92000001", figures="5.2,5,5.4,,,30,600000"), line())


def test_an_extract_that_names_no_indicator_is_refused(tmp_path):
    (tmp_path / "extract.csv").write_text("period,area_name,value\n2017,Bristol,31.4\n", encoding="utf-8")
    with pytest.raises(UnreadableInput, match="which indicator"):
        sources.read("fingertips", tmp_path / "extract.csv")


@pytest.mark.parametrize("name", ["phof_summary_drug_rows.csv", "vocab_unit.csv", "vocab_indicator_metadata.csv"])
def test_other_files_of_the_publisher_are_refused(real, name):
    with pytest.raises(UnreadableInput):
        sources.read("fingertips", real / "fingertips" / name)


def test_an_area_is_found_under_its_new_code_too(injuries):
    new, old = (todays_ground.of_area(injuries, code, DEFINITIONS) for code in ("E08000039", "E08000019"))
    assert len(new) == len(old) == 38


def test_an_area_that_is_not_in_the_file_is_refused_with_near_ones(injuries):
    with pytest.raises(UsageError, match="E06000043"):
        todays_ground.of_area(injuries, "E06000049", DEFINITIONS)
