"""No file that went wrong on its way yields a wrong number in silence."""

import csv
import io
from pathlib import Path

import pytest

from corruption import Sample, answer, corruptions, saved, trimmed
from drug_outcomes import sources
from drug_outcomes.definitions import framework
from drug_outcomes.sources import reading
from material import real_folder

REAL = real_folder()
#: England, a region, Southampton and enough others for the checks between areas.
SOME = {"E92000001", "E12000008", "E06000045", "E06000044", "E06000023", "E08000019"}
GOOD = ("right", "refused")
#: Read by its name, such an area has today's code.
RECODED = {"E08000019"}


@pytest.fixture(autouse=True)
def _at_home(project, monkeypatch):
    monkeypatch.setenv(framework.HOME_VARIABLE, str(project))


def _samples() -> list[Sample]:
    fingertips, ndtms, deaths = REAL / "fingertips", REAL / "ndtms", REAL / "ons_drug_deaths"
    return [
        Sample(
            "fingertips",
            "injuries.csv",
            trimmed(fingertips / "la_hospital_admissions_90284.csv", lambda row: row[4] in SOME and not row[9]),
            figure="Value",
            label="Sex",
            codes="Area Code",
        ),
        Sample(
            "fingertips",
            "mortality.csv",
            trimmed(fingertips / "LAPEAlcSpecMort_91380.csv", lambda row: row[4] in SOME and not row[9]),
            figure="Value",
            label="Sex",
            codes="Area Code",
        ),
        Sample(
            "fingertips",
            "unmet.csv",
            trimmed(fingertips / "unmet_opiates_93517.csv", lambda row: True),
            figure="Value",
            label="Sex",
            codes="Area Code",
        ),
        Sample(
            "fingertips",
            "completions_90245.csv",
            trimmed(fingertips / "fingertips_90245_2017_2018_extract.csv", lambda row: True),
            figure="value",
            label="area_name",
        ),
        Sample(
            "ndtms_viewit",
            "viewit.csv",
            trimmed(ndtms / "ViewIt Export Data_LAs.csv", lambda row: row[0] in {"2020/21", "2021/22"}),
            figure="intreatment_allintx",
            label="drug_group",
        ),
        Sample(
            "ndtms_viewit",
            "saved.csv",
            "Time period,Area,Substance,Indicator,Value,Lower limit,Upper limit,Numerator,Denominator\n"
            "2023/24,Southampton,OCU,Unmet need (%),57.2,50.1,61.9,1015,1775\n"
            "2023/24,England,OCU,Unmet need (%),57.5,54.0,60.0,180000,313000\n"
            "2023/24 Q4,Southampton,Opiate,Successful completions (%),7.3,,,35,480\n"
            "2023/24 Q4,Southampton,Alcohol only,Successful completions (%),35.8,,,215,600\n",
            figure="Value",
            label="Substance",
        ),
        Sample(
            "ons_drug_deaths",
            "drug_poisoning_deaths.csv",
            trimmed(
                deaths / "drug_poisoning_registrations_by_LA_1993-2020.csv",
                lambda row: row[0][:3] in {"E92", "E12"} or row[0] in SOME,
                encoding="cp1252",
            ),
            figure="2019",
            label="name",
            codes="code",
        ),
        Sample(
            "ons_drug_deaths",
            "published.csv",
            "Table 6: deaths related to drug misuse by local authority registered in 2019 to 2021,,,,,,,\n"
            "id,,,Deaths,Rate,,Lower Confidence Limit,Upper Confidence Limit\n"
            'E92000001,,,"8,000",5.1,,5.0,5.2\n'
            'E12000008,,,"1,072",4.0,,3.7,4.2\n'
            "E06000045,Southampton,,43,6.1,,4.5,8.6\n"
            "E07000030,,Eden,10,7.2,U,3.3,13.5\n"
            "E07000163,,Craven,6,:,,:,:\n",
            figure="Rate",
            codes="id",
            header=1,
        ),
        Sample(
            "ons_drug_deaths",
            "by_substance.csv",
            trimmed(
                deaths / "drug_poisoning_registrations_region_substance.csv", lambda row: row[0] in {"2019", "2020"}
            ),
            figure="Deaths",
            label="Substance",
            codes="Usual residence code",
        ),
        Sample(
            "ons_population",
            "population_by_age.csv",
            trimmed(
                REAL / "ons_population" / "la_pop_single_year_1997_2020.csv",
                lambda row: row[1] in SOME and row[2] in {"2000", "2019", "2020"},
            ),
            figure="Age 30",
            label="name",
            codes="code",
        ),
        Sample(
            "ons_population",
            "tidy.csv",
            "code,name,year,population\nE92000001,England,2022,57112500\nE92000001,England,2023,57690300\n"
            "E06000045,Southampton,2022,250377\nE06000045,Southampton,2023,253361\n",
            figure="population",
            label="name",
            codes="code",
        ),
        Sample(
            "prevalence",
            "alcohol.csv",
            trimmed(
                ndtms / "Estimates_of_Alcohol_Dependent_Adults_in_England_for_R.csv",
                lambda row: row[2] in SOME - RECODED,
            ),
            figure="Alcohol_dependent",
            label="Local_Authority",
            codes="Area_Code_GSS",
        ),
        Sample(
            "prevalence",
            "goals.csv",
            trimmed(ndtms / "sdg_indicator_3-5-1_2023-04.csv", lambda row: row[7] in SOME),
            figure="Value",
            label="Series",
            codes="GeoCode",
        ),
    ]


def _police_and_council_samples() -> list[Sample]:
    crime, taken, schools = REAL / "homeoffice_crime", REAL / "homeoffice_seizures", REAL / "dfe"
    forces = {"E23000030", "E23000031", "E23000038"}
    years = {"201617", "201516"}
    return [
        Sample(
            "recorded_crime",
            "table_c2.csv",
            trimmed(
                crime / "ons_csp_table_C2_ye_jun2025.csv", lambda row: row[0] in forces or row[1] == "Surrey", header=7
            ),
            figure="Drug offences",
            label="Police Force\nArea name",
            codes="Community Safety\nPartnership code",
            header=7,
        ),
        Sample("recorded_crime", "open_data.csv", _open_data(), figure="Offence Count", label="Offence Group"),
        *(
            Sample("seizures", name, trimmed(taken / name, lambda row: True), figure=figure, label=label)
            for name, figure, label in (
                ("Seizures18-19.csv", "Cocaine", "Police force"),
                ("Quantities18-19.csv", " Cocaine ", "Police Force"),
                ("Weights18-19.csv", "Cocaine", ""),
                ("seizures_EW.csv", "Cocaine", ""),
            )
        ),
        Sample(
            "dfe_exclusions",
            "by_reason.csv",
            trimmed(
                schools / "exclusions_by_reason.csv",
                lambda row: row[1] in years and (row[2] != "Local authority" or row[8] in SOME),
            ),
            figure="fixed_drug_alcohol",
            label="school_type",
            codes="new_la_code",
        ),
        Sample(
            "dfe_exclusions",
            "headcount.csv",
            trimmed(
                schools / "exclusions_by_geographic_level_noschools.csv",
                lambda row: row[1] in years and (row[2] != "Local authority" or row[8] in SOME),
            ),
            figure="headcount",
            label="geographic_level",
            codes="new_la_code",
        ),
        Sample(
            "police_uk",
            "2022-02-hampshire-street.csv",
            trimmed(
                REAL / "policeuk" / "2022-02-hampshire-street_trim.csv",
                lambda row: row[8].startswith(("Southampton 00", "Portsmouth", "Isle of Wight")),
            ),
            figure="Latitude",
            label="Crime type",
            codes="LSOA code",
        ),
        Sample(
            "deprivation",
            "imd_2025.csv",
            trimmed(REAL / "deprivation_neighbours" / "imd_2025_la_summary.csv", lambda row: True),
            figure="imd_average_score",
            label="la_name",
            codes="lad24cd",
        ),
        Sample(
            "neighbours",
            "sn_model_2025_wide.csv",
            trimmed(schools / "sn_model_2025_wide.csv", lambda row: True),
            figure="SN_1",
            label="la_name",
            codes="old_la_code",
        ),
    ]


def _open_data() -> str:
    head = (
        "Financial Year,Financial Quarter,Police Force,CSP Name,Offence Description,Offence Group,"
        "Offence Subgroup,Offence Code,Offence Count\n"
    )
    offences = (
        ("Trafficking in controlled drugs", "Drug offences", "Trafficking of drugs", "92A", 11),
        ("Possession of cannabis", "Drug offences", "Possession of drugs", "92E", 43),
        ("Arson endangering life", "Criminal damage and arson", "Arson", "56A", 2),
    )
    places = (("Hampshire", "Southampton"), ("Hampshire", "Portsmouth"), ("Hampshire", "Unassigned"))
    return head + "".join(
        f"2023/24,{quarter},{force},{csp},{what},{group},{subgroup},{code},{count * quarter + place}\n"
        for quarter in (1, 2, 3, 4)
        for place, (force, csp) in enumerate(places)
        for what, group, subgroup, code, count in offences
    )


RETURN = (
    "measure,area,period,value,numerator,denominator,status,note\n"
    "employment_support_job_starts,E06000045,2024/25 Q1,9,,,,first\n"
    "employment_support_job_starts,E06000045,2024/25 Q2,12,,,provisional,second\n"
    "stable_accommodation,E06000045,Oct 23 - Sept 24,81.6,412,505,,third\n"
    "stable_accommodation,E92000001,Oct 23 - Sept 24,85.1,85100,100000,,fourth\n"
    "residential_rehabilitation_entries,E06000045,2024/25 Q2,<5,,,,fifth\n"
)


def _forms_and_editions() -> list[Sample]:
    edition = REAL.parent / "reference" / "local_outcomes_framework.tsv"
    samples = [
        Sample("icu", name, RETURN, figure="value", label="measure", codes="area", sheet="Return")
        for name in ("return.csv", "return.xlsx")
    ]
    if edition.exists():
        rows = list(csv.reader(io.StringIO(edition.read_text(encoding="utf-8-sig")), delimiter="\t"))
        header = next(place for place, row in enumerate(rows) if "Measure" in row)
        samples += [
            Sample(
                "scorecard_edition",
                name,
                _as_text(rows, name),
                figure="Southampton value",
                label="Measure",
                header=header,
            )
            for name in ("edition.csv", "edition.tsv", "edition.xlsx")
        ]
    return samples


def _needs() -> list[Sample]:
    sheet = reading.read_sheet(REAL / "homelessness" / "Detailed_LA_202212.ods", "A3")
    rows = [*sheet.rows[:21], next(row for row in sheet.rows if row[0] == "E06000045")]
    words = "Drug dependency needs"
    return [Sample("homelessness", "a3.ods", _as_text(rows), figure=words, header=3, sheet="A3", header_above=True)]


def _as_text(rows, name: str = "") -> str:
    out = io.StringIO()
    delimiter = "\t" if name.endswith(".tsv") else ","
    csv.writer(out, delimiter=delimiter, lineterminator="\n").writerows(rows)
    return out.getvalue()


SAMPLES = [*_samples(), *_police_and_council_samples(), *_forms_and_editions(), *_needs()]
SMALLEST = {sample.source: sample for sample in sorted(SAMPLES, key=lambda sample: len(sample.text), reverse=True)}
#: Of each sample every sixth corruption is tried ordinarily, another sixth for each: all kinds are tried.
STEP = 6


def _written(sample: Sample, folder: Path) -> Path:
    content = sample.text.encode(sample.encoding)
    (folder / sample.name).write_bytes(saved(content, sample) if sample.suffix in (".xlsx", ".ods") else content)
    return folder / sample.name


@pytest.mark.parametrize(
    "place", range(len(SAMPLES)), ids=lambda place: f"{SAMPLES[place].source}-{SAMPLES[place].name}"
)
def test_no_corruption_yields_a_wrong_number_in_silence(place, tmp_path, thorough, record_property):
    sample = SAMPLES[place]
    sound = sources.read(sample.source, _written(sample, tmp_path), **sample.options)
    every = list(corruptions(sample, thorough=thorough))
    tried = every if thorough else every[place % STEP :: STEP]
    answers = {corruption.what: answer(sample, corruption, sound, tmp_path) for corruption in tried}
    wrong = {what: found for what, found in answers.items() if found not in GOOD}
    for found in answers.values():  # the summary at the end of the run prints how many of each there were
        record_property("cases of", f"corrupted files of {sample.source}: {found if found in GOOD else 'wrong'}")
    assert len({corruption.what for corruption in every}) >= 20
    assert not wrong, "\n".join(f"{what} -> {found}" for what, found in wrong.items())


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: f"{sample.source}-{sample.name}")
def test_the_sound_file_and_its_harmless_variants_are_read(sample, tmp_path, thorough):
    harmless = {"nothing changed", "with a byte-order mark", "line ends of Windows", "headers in capitals",
                "headers with spaces", "rows the other way round", "a row twice", "spaces around figures",
                "UTF-16", "tabs for commas", "labels in capitals"}  # fmt: skip
    if sample.header_above:
        harmless = harmless - {"rows the other way round"}  # a part of the header would stand below
    if not thorough and sample is not SMALLEST[sample.source]:
        pytest.skip("another file of the same source is tried; all with --thorough")
    sound = sources.read(sample.source, _written(sample, tmp_path), **sample.options)
    answers = {
        corruption.what: answer(sample, corruption, sound, tmp_path)
        for corruption in corruptions(sample)
        if corruption.what in harmless
    }
    assert {what: found for what, found in answers.items() if found != "right"} == {}
