"""No file that went wrong on its way yields a wrong number in silence."""

from collections import Counter
from pathlib import Path

import pytest

from corruption import Sample, answer, corruptions, trimmed
from drug_outcomes import framework, sources
from material import real_folder

REAL = real_folder()
#: England, a region, Southampton and enough others for the checks between areas.
SOME = {"E92000001", "E12000008", "E06000045", "E06000044", "E06000023", "E08000019"}
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
            trimmed(
                fingertips / "la_hospital_admissions_90284.csv", lambda row: row[4] in SOME and not row[9]
            ),
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
            "drug_poisoning.csv",
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
                deaths / "drug_poisoning_registrations_region_substance.csv",
                lambda row: row[0] in {"2019", "2020"},
            ),
            figure="Deaths",
            label="Substance",
            codes="Usual residence code",
        ),
        Sample(
            "ons_population",
            "ages.csv",
            trimmed(
                REAL / "ons_population" / "la_pop_single_year_1997_2020.csv",
                lambda row: row[1] in SOME and row[2] in {"2000", "2019", "2020"},
            ),
            figure="Age 30",
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


SAMPLES = _samples()


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: f"{sample.source}-{Path(sample.name).stem}")
def test_no_corruption_yields_a_wrong_number_in_silence(sample, tmp_path, thorough, record_property):
    file = tmp_path / sample.name
    file.write_text(sample.text, encoding=sample.encoding, newline="")
    sound = sources.read(sample.source, file, **sample.options)
    tried = list(corruptions(sample, thorough=thorough))
    answers = {corruption.what: answer(sample, corruption, sound, tmp_path) for corruption in tried}
    wrong = {what: found for what, found in answers.items() if found not in {"right", "refused"}}
    counts = Counter(answers.values())
    print(
        f"{sample.source} {sample.name}: {len(tried)} tried, {counts['right']} right, {counts['refused']} refused"
    )
    record_property("cases of", f"corrupted files of {sample.source}")
    assert len(tried) >= 20
    assert not wrong, "\n".join(f"{what} -> {found}" for what, found in wrong.items())


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: f"{sample.source}-{Path(sample.name).stem}")
def test_the_sound_file_and_its_harmless_variants_are_read(sample, tmp_path):
    file = tmp_path / sample.name
    file.write_text(sample.text, encoding=sample.encoding, newline="")
    sound = sources.read(sample.source, file, **sample.options)
    harmless = {"nothing changed", "with a byte-order mark", "line ends of Windows", "headers in capitals",
                "headers with spaces", "rows the other way round", "a row twice", "spaces around figures",
                "UTF-16", "tabs for commas", "labels in capitals"}  # fmt: skip
    answers = {
        corruption.what: answer(sample, corruption, sound, tmp_path)
        for corruption in corruptions(sample)
        if corruption.what in harmless
    }
    assert {what: found for what, found in answers.items() if found != "right"} == {}
