"""Names, codes of other publishers, and codes that changed."""

import pandas as pd
import pytest

from drug_outcomes import sources
from drug_outcomes.definitions import edited_tables, framework
from drug_outcomes.errors import UnreadableInput
from drug_outcomes.sources import areas_lookup


@pytest.fixture(autouse=True)
def _at_home(project, monkeypatch):
    monkeypatch.setenv(framework.HOME_VARIABLE, str(project))


def code(name: str, when: str = "", **options) -> str:
    months = pd.Series([when]) if when else None
    return str(areas_lookup.codes(pd.Series([name]), months, **options).iloc[0])


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Southampton", "E06000045"),
        ("SOUTHAMPTON", "E06000045"),
        ("J17B", "E06000045"),
        ("E06000045", "E06000045"),
        ("Bristol, City of", "E06000023"),
        ("Bristol", "E06000023"),
        ("Durham", "E06000047"),
        ("Stockton", "E06000004"),
        ("Southend", "E06000033"),
        ("St. Helens", "E08000013"),
        ("Cornwall & Isles of Scilly", "E06000052"),
        ("South East region", "E12000008"),
        ("Yorkshire and Humberside", "E12000003"),
        ("ENGLAND", "E92000001"),
        ("Cumberland (from April 2026)", "E06000063"),
        ("Cumbria (discontinued)", "E10000006"),
        ("Nowhere", ""),
        ("", ""),
    ],
)
def test_a_name_has_the_code_of_its_area_or_none(name, expected):
    assert code(name) == expected


@pytest.mark.parametrize(
    ("when", "expected"), [("2019-03", "E10000009"), ("2019-04", "E06000059"), ("", "E06000059")]
)
def test_a_name_that_passed_to_other_ground_takes_the_code_of_its_time(when, expected):
    assert code("Dorset", when) == expected


def test_ground_that_was_only_recoded_takes_todays_code():
    assert code("Barnsley", "2015-03") == "E08000038"


def test_forces_and_partnerships_are_asked_for_by_kind():
    assert (
        code("Hampshire", kinds=["pfa"]) == "E23000030" and code("Southampton", kinds=["csp"]) == "E22000120"
    )


def test_earlier_codes_of_the_same_ground_are_known():
    assert areas_lookup.same_ground("E08000019") == ("E08000039", "E08000019")
    assert areas_lookup.same_ground("E06000045") == ("E06000045",)


def test_southampton_is_linked_to_its_other_codes():
    row = areas_lookup.table().set_index("code").loc["E06000045"]
    keys = ["region", "csp_code", "pfa_code", "dat_code", "dfe_code"]
    assert row[keys].tolist() == ["E12000008", "E22000120", "E23000030", "J17B", "852"]


def test_every_upper_tier_authority_of_today_is_in_the_table(project):
    known = edited_tables.read(project / areas_lookup.TABLE, [])  # without the names of fictional areas
    today = known[(known["kind"] == "utla") & (known["until"] == "") & known["dfe_code"].ne("")]
    assert today["code"].nunique() == 153 and set(today["region"]) <= set(known["code"])


def test_codes_that_others_refer_to_are_in_the_table():
    known = areas_lookup.table()
    referred = {
        *known["csp_code"],
        *known["pfa_code"],
        *known["recoded_to"],
        *known["replaced_by"].str.split().explode(),
    }
    assert {one for one in referred if isinstance(one, str)} - {""} <= set(known["code"])


@pytest.mark.parametrize(
    ("file", "indicator", "text"),
    [
        ("ndtms/dat_code_to_gss.csv", "dat", "J17B"),
        ("lookups/lookup_ltla24_csp24_pfa24.csv", "csp24_code", "E22000120"),
        ("lookups/LAD22_RGN22.csv", "RGN22CD", "E12000008"),
        ("lookups/lookup_ltla24_region24.csv", "region24_name", "South East"),
    ],
)
def test_published_lookups_say_what_they_say_of_southampton(real, file, indicator, text):
    found = sources.for_area(sources.read("area_lookup", real / file), "E06000045")
    assert text in set(found.loc[found["indicator"] == indicator, "text"]) and found["value"].isna().all()


def test_a_file_without_a_column_of_codes_is_refused(tmp_path):
    (tmp_path / "a.csv").write_text("name,value\nSouthampton,1\n", encoding="utf-8")
    with pytest.raises(UnreadableInput, match="no column holds an area code"):
        sources.read("area_lookup", tmp_path / "a.csv")
