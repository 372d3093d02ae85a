"""Small files that show a class of fault, and the answer that each must get: figures, or words of a refusal.

The first table has numbers of our own. The second is of files that stand beside the project, where they do.
"""

import pandas as pd
import pytest

from drug_outcomes import sources
from drug_outcomes.definitions import framework
from drug_outcomes.errors import UnreadableInput
from drug_outcomes.sources import recognising
from material import cases_folder


@pytest.fixture(autouse=True)
def _at_home(project, monkeypatch):
    monkeypatch.setenv(framework.HOME_VARIABLE, str(project))


def told(frame, indicator, area, breakdown="", period=""):
    """Return the values of one series; the measure's id stands for the indicator of a return."""
    name = frame["measure"].where(frame["measure"] != "", frame["indicator"])
    same = (name == indicator) & (frame["area"] == area) & (frame["breakdown"] == breakdown)
    return list(frame.loc[same & (frame["period_end"].str.contains(period)), "value"])


#: A filter that a reader knows becomes a breakdown; one it does not know is refused with its name.
NOMIS = "DATE,GEOGRAPHY_NAME,GEOGRAPHY_CODE,GENDER_NAME,C_AGE_NAME,MEASURES_NAME,OBS_VALUE"
POPULATION = "code,year,{},population"
TIDY = "area_code,time period,{},value,numerator,denominator"
DFE = (
    "time_period,time_identifier,geographic_level,country_code,country_name,region_code,region_name,"
    "old_la_code,new_la_code,la_name,{},perm_drug_alcohol,susp_drug_alcohol"
)
PLACE = "202324,Academic year,Local authority,E92000001,England,E12000008,South East,852,E06000045,Southampton"


@pytest.mark.parametrize(
    ("said", "breakdown"),
    [
        ("Total,Aged 12 to 15", "age=12-15"),
        ("Female,All ages", "sex=Female"),
        ("Males,Aged 65 and over", "age=65+;sex=Male"),
        ("Total,All Ages", ""),
    ],
)
def test_a_part_of_the_residents_is_never_everybody(tmp_path, said, breakdown):
    file = tmp_path / "query.csv"
    file.write_text(f"{NOMIS}\n2022,Derby,E06000015,{said},Value,7100\n")
    found = sources.read("ons_population", file)
    assert list(found["breakdown"]) == [breakdown] and told(found, "population", "E06000015", breakdown)


@pytest.mark.parametrize(
    ("column", "word"),
    [
        ("ethnic_group", "White"),
        ("tenure", "Owned"),
        ("Ethnicity", "Asian or Asian British"),
        ("offence_group", "Theft"),
        ("category", "Students"),
        ("group", "Women"),
        ("cohort", "Aged 16 to 24"),
        ("religion_name", "None stated"),
    ],
)
@pytest.mark.parametrize(
    ("source", "name", "header", "row"),
    [
        ("ons_population", "residents.csv", POPULATION, "E06000015,2022,{},7100"),
        ("fingertips", "indicator_90244.csv", TIDY, "E06000015,2022,{},5.1,51,1000"),
        ("dfe_exclusions", "exclusions.csv", DFE, f"{PLACE},{{}},4,150"),
    ],
)
def test_a_column_that_picks_out_a_part_is_refused_by_name(tmp_path, source, name, header, row, column, word):
    (tmp_path / name).write_text(header.format(column) + "\n" + row.format(word) + "\n")
    with pytest.raises(UnreadableInput, match=f"(?i){column}"):
        sources.read(source, tmp_path / name)


def test_rows_that_an_unknown_column_tells_apart_are_not_one_figure(tmp_path):
    (tmp_path / "residents.csv").write_text(
        f"{POPULATION.format('estimate')}\nE06000015,2022,modelled,7100\nE06000015,2022,counted,7100\n"
    )
    with pytest.raises(UnreadableInput, match="estimate"):
        sources.read("ons_population", tmp_path / "residents.csv")


@pytest.mark.parametrize(
    ("first", "last", "start", "end"),
    [
        ("2023-01-01", "2023-12-31", "2023-01", "2023-12"),
        ("2021-01-01", "2023-12-31", "2021-01", "2023-12"),
        ("2022-04-01", "2023-03-31", "2022-04", "2023-03"),
        ("01/07/2022", "30/06/2025", "2022-07", "2025-06"),
    ],
)
def test_the_newer_service_of_profiles_tells_a_period_by_its_days(tmp_path, first, last, start, end):
    (tmp_path / "download.csv").write_text(
        "indicator_id,area_code,area_name,date_from,date_to,period_type,sex,age,value,lower_ci,upper_ci,count,denominator\n"
        f"90244,E06000015,Derby,{first},{last},any,Persons,18+ yrs,5.1,3.9,6.7,51,1000\n"
    )
    found = sources.read("fingertips", tmp_path / "download.csv").iloc[0]
    assert (found["indicator"], found["period_start"], found["period_end"]) == ("90244", start, end)
    assert (found["value"], found["lower"], found["upper"], found["breakdown"]) == (5.1, 3.9, 6.7, "age=18+")


@pytest.mark.parametrize(("column", "word"), [("ethnic_group", "Total"), ("parent_name", "England"), ("sex", "")])
def test_a_column_that_picks_out_nothing_may_be_left_out(tmp_path, column, word):
    (tmp_path / "residents.csv").write_text(f"{POPULATION.format(column)}\nE06000015,2022,{word},7100\n")
    assert told(sources.read("ons_population", tmp_path / "residents.csv"), "population", "E06000015") == [7100]


YEARS = "year,Derby,Leicester,Luton\n2021,{0},{0},{0}\n2022,{0},{0},{0}\n"


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("ons_population", "table.csv"),
        ("ons_population", "attendances.csv"),
        ("ons_population", "deaths_by_council.csv"),
        ("ons_population", "admissions_per_population.csv"),
        ("ons_population", "poisoning.csv"),
        ("ons_drug_deaths", "misuse.csv"),
        ("ons_drug_deaths", "drug_misuse_admissions.csv"),
        ("ons_drug_deaths", "treatment_for_misuse.csv"),
        ("ons_drug_deaths", "poisoning_hospital_deaths_and_stays.csv"),
    ],
)
def test_a_table_is_what_its_words_say_and_nothing_is_concluded_from_its_shape(tmp_path, source, name):
    (tmp_path / name).write_text(YEARS.format(61))
    with pytest.raises(UnreadableInput, match=r"deaths|residents"):
        sources.read(source, tmp_path / name)


QUERY = """"Population estimates"

"date  :","2022"
"{}   :","{}"

"authority","mnemonic","{}"
"Derby","E06000015",7100
"""


@pytest.mark.parametrize(
    ("line", "word", "column", "breakdown"),
    [
        ("Sex", "Total", "All Ages", ""),
        ("Sex", "Female", "All Ages", "sex=Female"),
        ("Sex", "Total", "Aged 18 to 64", "age=18-64"),
        ("Age", "Aged 18 to 64", "Male", "age=18-64;sex=Male"),
        ("Age", "All Ages", "Total", ""),
    ],
)
def test_a_query_says_above_its_table_of_whom_it_is(tmp_path, line, word, column, breakdown):
    (tmp_path / "query.csv").write_text(QUERY.format(line, word, column))
    found = sources.read("ons_population", tmp_path / "query.csv")
    assert told(found, "population", "E06000015", breakdown, "2022-12") == [7100] and len(found) == 1


def test_a_query_of_an_unknown_part_is_refused_by_its_line(tmp_path):
    (tmp_path / "query.csv").write_text(QUERY.format("ethnic group", "White", "All Ages"))
    with pytest.raises(UnreadableInput, match="ethnic group"):
        sources.read("ons_population", tmp_path / "query.csv")


@pytest.mark.parametrize(("last", "sums"), [("85+", 1), ("84", 0)])
def test_single_years_of_age_are_added_up_where_all_are_there(tmp_path, last, sums):
    rows = "".join(f"E06000015,2022,Aged {age},10\n" for age in [*range(85 if sums else 60), last])
    (tmp_path / "residents.csv").write_text("code,year,age,population\n" + rows)
    found = told(sources.read("ons_population", tmp_path / "residents.csv"), "population", "E06000015")
    assert found == [860] * sums


def test_women_and_men_are_added_up_where_both_are_there(tmp_path):
    (tmp_path / "residents.csv").write_text("code,year,sex,population\nE06000015,2022,F,11\nE06000015,2022,M,12\n")
    assert told(sources.read("ons_population", tmp_path / "residents.csv"), "population", "E06000015") == [23]


@pytest.mark.parametrize(
    ("cell", "status"),
    [
        *(("12 [b]", "published"), ("12 [e]", "estimated"), ("12 [r, p]", "provisional")),
        *(("12 (p)", "provisional"), ("12[r]", "revised"), ("12 [b, u]", "unreliable")),
    ],
)
def test_a_mark_after_a_number_keeps_the_number(tmp_path, cell, status):
    (tmp_path / "exclusions.csv").write_text(f'{DFE.format("education_phase")}\n{PLACE},Total,4,"{cell}"\n')
    found = sources.read("dfe_exclusions", tmp_path / "exclusions.csv")
    row = found[found["indicator"] == "suspensions_drug_alcohol"].iloc[0]
    assert (row["value"], row["status"], row["text"]) == (12, status, cell)


def test_a_number_beside_a_mark_that_says_there_is_none_is_refused(tmp_path):
    (tmp_path / "exclusions.csv").write_text(f"{DFE.format('education_phase')}\n{PLACE},Total,4,12 [c]\n")
    with pytest.raises(UnreadableInput, match="neither a number nor a marker"):
        sources.read("dfe_exclusions", tmp_path / "exclusions.csv")


@pytest.mark.parametrize("word", ["Hospital school", "Secure unit", "Free school"])
def test_a_new_type_of_school_keeps_its_rows_and_says_so(tmp_path, word):
    rows = f"{PLACE},Total,4,150\n{PLACE},{word},1,3\n"
    (tmp_path / "exclusions.csv").write_text(DFE.format("education_phase") + "\n" + rows)
    found = sources.read("dfe_exclusions", tmp_path / "exclusions.csv")
    assert told(found, "suspensions_drug_alcohol", "E06000045") == [150]
    assert told(found, "suspensions_drug_alcohol", "E06000045", f"school_type={word}") == [3]
    assert found["note"].str.startswith("not met before").sum() == 2


@pytest.mark.parametrize("word", ["Not stated", "Everyone", "Indeterminate"])
def test_residents_of_a_sex_that_was_not_met_before_are_in_no_sum(tmp_path, word):
    (tmp_path / "pop.csv").write_text(
        f"area code,year,sex,population\nE06000045,2023,Males,60\nE06000045,2023,Females,70\nE06000045,2023,{word},8\n"
    )
    found = sources.read("ons_population", tmp_path / "pop.csv")
    assert told(found, "population", "E06000045") == [130]
    assert told(found, "population", "E06000045", f"sex={word}") == [8]
    assert found["note"].str.startswith(f"not met before: the sex {word}").sum() == 1


@pytest.mark.parametrize("name", ["A1 - Apr-Jun 18", "A1_Oct-Dec_2019", "Table A1", "a1", "A1 (Jan 20)"])
def test_a_sheet_is_known_whatever_quarter_its_name_adds(name):
    from drug_outcomes.sources import homelessness

    assert homelessness.is_table(name, "A1") and not homelessness.is_table(name.replace("1", "10"), "A1")


STREET = "Crime ID,Month,Reported by,Falls within,LSOA code,LSOA name,Crime type\n"
DERBY = "{:016x},2024-05,Derbyshire Constabulary,Derbyshire Constabulary,E01013539,Derby 012B,{}\n"


def test_a_new_type_of_crime_keeps_the_others_and_one_like_drugs_is_asked_about(tmp_path):
    kinds = ["Drugs", "Drugs", "Burglary", "Cyber crime"]
    (tmp_path / "street.csv").write_text(STREET + "".join(DERBY.format(*one) for one in enumerate(kinds, start=1)))
    assert told(sources.read("police_uk", tmp_path / "street.csv"), "drugs_recorded", "E06000015") == [2]
    (tmp_path / "street.csv").write_text(STREET + DERBY.format(1, "Drugs") + DERBY.format(2, "Drug supply"))
    with pytest.raises(UnreadableInput, match="not a crime type"):
        sources.read("police_uk", tmp_path / "street.csv")


@pytest.mark.parametrize(
    ("name", "text", "source"),
    [
        ("a.csv", f"{NOMIS}\n2022,Derby,E06000015,Total,All ages,Value,7100\n", "ons_population"),
        ("b.csv", f"{DFE.format('education_phase')}\n{PLACE},Total,4,150\n", "dfe_exclusions"),
        ("c.csv", STREET + DERBY.format(1, "Drugs"), "police_uk"),
        ("d_90244.csv", TIDY.replace("{},", "") + "\nE06000015,2022,5.1,51,1000\n", "fingertips"),
        ("e.csv", "measure,area,period,value\ntreatment_workforce,E06000015,2024/25 Q3,41\n", "icu"),
        ("deaths.csv", YEARS.format(61).replace("year", "Year"), ""),
        ("minutes.csv", "agenda,who\nwelcome,chair\n", ""),
    ],
)
def test_a_file_is_recognised_by_what_it_holds_or_not_at_all(tmp_path, project, name, text, source):
    (tmp_path / name).write_text(text)
    definitions = framework.load(project / framework.FRAMEWORK)
    if source:
        assert recognising.source_of(tmp_path / name, definitions) == source
    else:
        with pytest.raises(UnreadableInput, match="no source has files like this"):
            recognising.source_of(tmp_path / name, definitions)


# Files beside the project.

FIGURES = [
    ("ons_population", "readers/nomis_api_one_age.csv", "population", "E06000045", "age=10-17", "", [21000]),
    ("ons_population", "readers/nomis_query_all_ages.csv", "population", "E06000045", "", "2023-12", [256000]),
    ("ons_population", "readers/nomis_query_all_ages.csv", "population", "E06000044", "", "2023-12", [210000]),
    *(
        ("homelessness", f"readers/homelessness_sheet_names_{name}.xlsx", indicator, "E06000045", "", "", [value])
        for name in ("with_quarter", "plain")
        for indicator, value in [
            *(("households_assessed", 60), ("households_owed_duty", 56), ("prevention_duty_owed", 30)),
            *(("relief_duty_owed", 26), ("drug_dependency_need", 6), ("alcohol_dependency_need", 4)),
        ]
    ),
    *(
        ("dfe_exclusions", f"readers/dfe_{name}_school_type.csv", indicator, area, "", "", [value])
        for name in ("new", "known")
        for indicator, area, value in [
            ("suspensions_drug_alcohol", "E06000045", 150),
            ("permanent_exclusions_drug_alcohol", "E06000045", 4),
            ("suspensions_drug_alcohol", "E92000001", 25000),
            ("permanent_exclusions_drug_alcohol", "E92000001", 900),
        ]
    ),
    ("fingertips", "readers/fingertips_domain_with_unrelated_indicator.csv", "90244", "E92000001", "age=18+", "", [5]),
    ("fingertips", "readers/fingertips_domain_with_unrelated_indicator.csv", "90244", "E06000045", "age=18+", "", [4]),
    ("police_uk", "readers/police_two_tier.csv", "drugs_recorded", "E07000094", "", "", [1]),
    ("police_uk", "readers/police_two_tier.csv", "drugs_recorded", "E10000014", "", "", [1]),
    ("icu", "forms/short_year.csv", "treatment_workforce", "E06000045", "", "2024-12", [41]),
]  # fmt: skip


@pytest.mark.parametrize(("source", "file", "indicator", "area", "breakdown", "period", "values"), FIGURES)
def test_a_file_of_each_class_gives_its_figures(source, file, indicator, area, breakdown, period, values):
    if not (cases_folder() / file).exists():
        pytest.skip("the small files are not here")
    found = sources.read(source, cases_folder() / file)
    assert told(found, indicator, area, breakdown, period) == values


@pytest.mark.parametrize(
    ("source", "file", "words"),
    [
        ("ons_population", "readers/attendances_by_council.csv", "residents"),
        ("ons_population", "readers/hospital_admissions_misuse.csv", "admission"),
        ("ons_drug_deaths", "readers/hospital_admissions_misuse.csv", "admission"),
        ("icu", "forms/calendar_quarter.csv", "October to December 2024"),
        ("icu", "forms/two_returns.xlsx", "returns stand on 2 sheets"),
        ("icu", "forms/semicolon.csv", "semicolons"),
        ("icu", "forms/percent_as_fraction.csv", "0.62 or 62"),
    ],
)
def test_a_file_of_each_class_is_refused_in_words(source, file, words):
    if not (cases_folder() / file).exists():
        pytest.skip("the small files are not here")
    with pytest.raises(UnreadableInput, match=words):
        sources.read(source, cases_folder() / file)


def test_the_headline_is_absent_where_only_a_part_is_told():
    file = cases_folder() / "readers/nomis_api_one_age.csv"
    if not file.exists():
        pytest.skip("the small files are not here")
    assert isinstance(found := sources.read("ons_population", file), pd.DataFrame) and (found["breakdown"] != "").all()
