"""Names, codes of other publishers, codes that changed, and what lies in what."""

import pandas as pd
import pytest

from drug_outcomes.definitions import edited_tables, framework, ground
from drug_outcomes.definitions.ground import Cut
from drug_outcomes.errors import UnreadableInput


@pytest.fixture(autouse=True)
def _at_home(project, monkeypatch):
    monkeypatch.setenv(framework.HOME_VARIABLE, str(project))


def code(name: str, when: str = "", **options) -> str:
    months = pd.Series([when]) if when else None
    return str(ground.codes(pd.Series([name]), months, **options).iloc[0])


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


@pytest.mark.parametrize(("when", "expected"), [("2019-03", "E10000009"), ("2019-04", "E06000059"), ("", "E06000059")])
def test_a_name_that_passed_to_other_ground_takes_the_code_of_its_time(when, expected):
    assert code("Dorset", when) == expected


def test_ground_that_was_only_recoded_takes_todays_code():
    assert code("Barnsley", "2015-03") == "E08000038"


def test_forces_and_partnerships_are_asked_for_by_kind():
    assert code("Hampshire", kinds=["pfa"]) == "E23000030" and code("Southampton", kinds=["csp"]) == "E22000120"


def test_earlier_codes_of_the_same_ground_are_known():
    assert ground.same_ground("E08000019") == ("E08000039", "E08000019")
    assert ground.same_ground("E06000045") == ("E06000045",)


def test_southampton_is_linked_to_its_other_codes():
    row = ground.table().set_index("code").loc["E06000045"]
    keys = ["region", "csp_code", "pfa_code", "dat_code", "dfe_code"]
    assert row[keys].tolist() == ["E12000008", "E22000120", "E23000030", "J17B", "852"]


def test_every_upper_tier_authority_of_today_is_in_the_table(project):
    known = edited_tables.read(project / ground.TABLE, [])  # without the names of fictional areas
    today = known[(known["kind"] == "utla") & (known["until"] == "") & known["dfe_code"].ne("")]
    assert today["code"].nunique() == 153 and set(today["region"]) <= set(known["code"])


def test_codes_that_others_refer_to_are_in_the_table():
    known = ground.table()
    referred = {*known["csp_code"], *known["pfa_code"], *known["county"], *known["successors"].str.split().explode()}
    assert {one for one in referred if isinstance(one, str)} - {""} <= set(known["code"])


@pytest.mark.parametrize(
    ("code", "now"),
    [
        ("E08000016", "E08000038"),  # recoded
        ("E06000048", "E06000057"),  # a boundary that moved with few residents
        ("E10000023", "E06000065"),  # a county that became one council
        ("E07000097", "E07000242"),  # a district
        ("E10000006", "E10000006"),  # divided between two
        ("E10000009", "E10000009"),  # divided, one part joined to others
        ("E06000028", "E06000028"),  # one of three that became one
        ("E07000026", "E07000026"),
        ("E06000045", "E06000045"),
    ],
)
def test_ground_that_stayed_has_todays_code_and_ground_that_changed_has_not(code, now):
    assert ground.today(code) == now


def parts(code: str, what: str) -> list[set[str]]:
    return [set(cut.parts) for cut in ground.cuts(code) if cut.what == what]


def test_a_county_is_its_districts_of_each_time_and_its_partnerships():
    now, earlier = parts("E10000029", "districts")
    assert now == {"E07000200", "E07000202", "E07000203", "E07000244", "E07000245"}
    assert earlier == now - {"E07000244", "E07000245"} | {f"E0700020{last}" for last in (1, 4, 5, 6)}
    kent = parts("E10000016", "districts")
    assert len(kent) == 1 and len(kent[0]) == 12 and {len(one) for one in parts("E10000016", "partnerships")} == {11}


def test_a_council_of_several_earlier_ones_is_their_sum():
    assert parts("E06000063", "earlier_councils") == [{"E07000026", "E07000028", "E07000029"}]
    assert parts("E06000063", "partnerships") == [{"E22000031", "E22000033", "E22000034"}]
    assert {"E06000028", "E06000029", "E07000048"} in parts("E06000058", "earlier_councils")


def test_a_partnership_that_reaches_beyond_a_council_is_no_part_of_it():
    assert parts("E06000058", "partnerships") == []  # Christchurch is policed with Dorset


def test_an_area_of_one_tier_that_always_was_has_no_parts():
    assert ground.cuts("E06000045") == () and ground.filed_under("E06000045") == {"E06000045"}


def test_an_earlier_council_that_was_divided_is_other_ground():
    assert ground.other_ground("E06000063") == ground.other_ground("E06000064") == {"E10000006"}
    assert ground.other_ground("E06000066") == frozenset()


def test_every_part_of_every_cut_covers_its_area_once(project):
    known = ground.table()
    lower = known[known["kind"].isin(["utla", "district"])]
    for code in lower.loc[lower["until"] == "", "code"]:
        for cut in ground.cuts(code):
            assert isinstance(cut, Cut) and len(set(cut.parts)) == len(cut.parts) > 1 and code not in cut.parts


def test_every_district_has_its_county_region_force_and_partnership():
    districts = ground.table().query("kind == 'district'")
    told = districts.loc[districts["code"] != "E07000244", ["county", "region", "pfa_code", "csp_code"]]
    assert (told != "").all(axis=None)  # East Suffolk has two partnerships, those of its earlier districts


def test_a_code_that_ended_without_a_successor_is_refused(tmp_path, project):
    folder = tmp_path / "data" / "framework"
    folder.mkdir(parents=True)
    text = (project / ground.TABLE).read_text(encoding="utf-8")
    (folder / "areas.csv").write_text(text.replace(",2019-03,E06000058,", ",2019-03,,"), encoding="utf-8")
    with pytest.raises(UnreadableInput, match="2019-03"):
        ground.table(tmp_path)


def test_a_slip_in_one_areas_file_leaves_the_names_of_the_others_known(tmp_path, project):
    (tmp_path / "data" / "framework").mkdir(parents=True)
    (tmp_path / ground.TABLE).write_bytes((project / ground.TABLE).read_bytes())
    for name, text in {"good": 'name = "Goodborough"\ncode = "E06999777"\n', "bad": "name = \n"}.items():
        (tmp_path / "data" / "areas" / name).mkdir(parents=True)
        (tmp_path / "data" / "areas" / name / "area.toml").write_text(text, encoding="utf-8")
    assert "Goodborough" in set(ground.table(tmp_path)["name"])
