"""Figures across recodes and of several tiers: what is joined, what is added up, what is left out and said."""

import numpy as np
import pandas as pd
import pytest

from drug_outcomes import cli, sources
from drug_outcomes.definitions import framework, ground, observations
from drug_outcomes.intake import todays_ground
from material import PROJECT
from partnership import AREA, CODE, TOML, export, known, loaded, make, receive

KENT, CUMBERLAND, CUMBRIA, SHEFFIELD = "E10000016", "E06000063", "E10000006", "E08000039"
DEFINITIONS = framework.load(PROJECT / framework.FRAMEWORK)
SAME = {
    "indicator": "households", "period_label": "2023/24", "period_start": "2023-04", "period_end": "2024-03",
    "period_basis": "fin_year", "status": "published", "release": "public", "received": "2024-09-01",
    "source": "homelessness", "file": "a.csv",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _at_home(monkeypatch):
    monkeypatch.setenv(framework.HOME_VARIABLE, str(PROJECT))


def counts(values: dict[str, float], **more: str) -> pd.DataFrame:
    return observations.frame(
        SAME | {"area": code, "value": value, "numerator": value} | more for code, value in values.items()
    )


def whole(rows: pd.DataFrame, code: str) -> pd.DataFrame:
    found = todays_ground.resolve(rows, [code], DEFINITIONS, code).rows
    return found[found["area"] == code]


def districts(code: str = KENT) -> tuple[str, ...]:
    return ground.cuts(code)[0].parts


def test_the_districts_of_a_county_are_added_up_and_noted():
    values = dict(zip(districts(), range(1, 13), strict=True))
    found = whole(counts(values), KENT)
    assert found["value"].tolist() == [sum(values.values())]
    assert found["note"].tolist() == ["sum of 12 districts"]


def test_a_file_without_one_district_gives_no_sum_and_says_so():
    values = dict.fromkeys(districts()[:-1], 5.0)
    rows = todays_ground.resolve(counts(values), [KENT], DEFINITIONS, KENT)
    assert (rows.rows["area"] != KENT).all()
    assert rows.left_out[["rows", "periods"]].to_numpy().tolist() == [[11, "2023/24"]]
    assert "12 districts of Kent" in rows.left_out["reason"].iloc[0]


def test_parts_of_two_files_are_not_added_up():
    first, *others = districts()
    rows = pd.concat([counts({first: 1.0}, file="b.csv"), counts(dict.fromkeys(others, 1.0))])
    assert whole(rows, KENT).empty


def test_a_figure_that_the_file_has_for_the_whole_stands():
    rows = counts({KENT: 1000.0} | dict.fromkeys(districts(), 1.0))
    assert whole(rows, KENT)["value"].tolist() == [1000.0]


def test_a_hidden_part_hides_the_sum():
    rows = counts(dict.fromkeys(districts(), 5.0))
    hidden = rows["area"] == districts()[0]
    rows = rows.assign(
        value=rows["value"].mask(hidden), numerator=rows["numerator"].mask(hidden),
        status=rows["status"].mask(hidden, "suppressed"), bound_low=np.where(hidden, 1, np.nan),
        bound_high=np.where(hidden, 4, np.nan),
    )  # fmt: skip
    found = whole(rows, KENT).iloc[0]
    assert (found["status"], found["bound_low"], found["bound_high"]) == ("suppressed", 56, 59)


def test_rates_with_their_counts_are_worked_out_again_and_scores_are_refused():
    rows = counts(dict.fromkeys(districts(), 2.0)).assign(denominator=100.0, value=20.0)
    assert np.isclose(whole(rows, KENT)["value"].iloc[0], 20)
    scores = counts(dict.fromkeys(districts(), 2.0)).assign(numerator=np.nan, value=np.arange(12.0))
    found = whole(scores, KENT).iloc[0]
    assert np.isnan(found["value"]) and found["status"] == "not_calculated"


def test_earlier_councils_are_added_up_and_the_county_they_were_in_is_left_out():
    parts = {"E07000026": 3.0, "E07000028": 4.0, "E07000029": 5.0}
    county = counts(
        {CUMBRIA: 99.0}, file="county.csv", period_label="2021/22", period_start="2021-04", period_end="2022-03"
    )
    found = todays_ground.resolve(pd.concat([counts(parts), county]), [CUMBERLAND], DEFINITIONS, CUMBERLAND)
    mine = found.rows[found.rows["area"] == CUMBERLAND]
    assert mine["value"].tolist() == [12.0] and mine["note"].tolist() == ["sum of 3 earlier councils"]
    assert found.left_out["reason"].tolist() == [
        "Cumbria (E10000006) is other ground, of which Cumberland is a part: its figures are not joined"
    ]


def test_an_earlier_code_of_the_same_ground_is_todays_with_a_note():
    found = whole(counts({"E08000019": 7.0}), SHEFFIELD)
    assert found["value"].tolist() == [7.0] and "filed under E08000019" in found["note"].iloc[0]


def test_a_file_under_both_codes_counts_once():
    assert whole(counts({"E08000019": 7.0, SHEFFIELD: 8.0}), SHEFFIELD)["value"].tolist() == [8.0]


@pytest.mark.parametrize(
    ("code", "earlier", "own", "series"),
    [
        (SHEFFIELD, {"E08000019": 7.0}, 8.0, [7.0, 8.0]),
        ("E06000066", {"E10000027": 20.0}, 21.0, [20.0, 21.0]),
        (KENT, dict(zip(districts(), range(1, 13), strict=True)), 80.0, [78.0, 80.0]),
        (CUMBERLAND, {"E07000026": 1.0, "E07000028": 2.0, "E07000029": 3.0, CUMBRIA: 40.0}, 9.0, [6.0, 9.0]),
    ],
)
def test_a_series_goes_on_across_a_recode(code, earlier, own, series):
    dates = {"period_label": "2024/25", "period_start": "2024-04", "period_end": "2025-03", "file": "b.csv"}
    filed = todays_ground.recoded(pd.concat([counts(earlier), counts({code: own}, **dates)]))
    found = todays_ground.resolve(filed, [code], DEFINITIONS, code).rows
    mine = found[found["area"] == code].sort_values("period_end")
    assert mine["value"].tolist() == series and mine["note"].iloc[0] != ""


def test_an_area_shows_its_series_across_a_recode(tmp_path, monkeypatch):
    root = make(tmp_path / "project")
    monkeypatch.setenv(framework.HOME_VARIABLE, str(root))
    (root / "data" / "areas" / AREA / "area.toml").write_text(TOML.replace(CODE, SHEFFIELD), encoding="utf-8")
    receive(export(tmp_path / "one.csv", {"E08000019": 4.0}, copies=3), "fingertips", "2025-01-10")
    receive(export(tmp_path / "two.csv", {SHEFFIELD: 6.0}, "2022 - 24"), "fingertips", "2025-02-10")
    found = known(root, "2025-03-05")
    assert found["drug_misuse_deaths"].tolist() == [4.0, 4.0, 4.0, 6.0]
    notes = loaded(root).observations.query("measure == 'drug_misuse_deaths' and area == @SHEFFIELD")["note"]
    assert (notes.str.contains("filed under E08000019")).sum() == 3


def test_check_counts_what_is_left_out(tmp_path, monkeypatch, capsys):
    root = make(tmp_path / "project")
    monkeypatch.setenv(framework.HOME_VARIABLE, str(root))
    (root / "data" / "areas" / AREA / "area.toml").write_text(TOML.replace(CODE, CUMBERLAND), encoding="utf-8")
    receive(export(tmp_path / "one.csv", {CUMBRIA: 4.0}, copies=3), "fingertips", "2025-01-10")
    cli.main(["check", "--area", AREA, "--on", "2025-03-05"])
    assert "3 rows are left out: Cumbria (E10000006) is other ground" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("source", "file", "code", "expected"),
    [
        ("recorded_crime", "homeoffice_crime/ons_csp_table_C2_ye_jun2025.csv", KENT, {"drug_offences": 5505}),
        ("recorded_crime", "homeoffice_crime/ons_csp_table_C2_ye_jun2025.csv", CUMBERLAND, {"drug_offences": 1028}),
        ("recorded_crime", "homeoffice_crime/ons_csp_table_C2_ye_jun2025.csv", SHEFFIELD, {"drug_offences": 2437}),
        ("homelessness", "homelessness/Detailed_LA_202212.ods", KENT, {"drug_dependency_need": 74}),
        ("homelessness", "homelessness/Detailed_LA_202212.ods", CUMBERLAND, {"drug_dependency_need": 23}),
        ("police_uk", "police_uk/2025-01-cumbria-street.csv", CUMBERLAND, {"drugs_recorded": 98}),
    ],
)  # fmt: skip
def test_published_files_give_counties_and_new_councils_their_sums(real, source, file, code, expected):
    found = todays_ground.of_area(sources.read(source, real / file), code, DEFINITIONS)
    held = found.set_index("indicator")["value"]
    assert {name: held[name] for name in expected} == expected


def test_the_sums_of_a_published_table_agree_with_a_slow_second_way(real):
    """Every county's drug offences are those of the partnerships in its rows of the table, by plain addition."""
    rows = sources.read("recorded_crime", real / "homeoffice_crime/ons_csp_table_C2_ye_jun2025.csv")
    rows = rows[rows["indicator"] == "drug_offences"]
    table, checked = ground.table(), 0
    for code in table.loc[table["code"].isin(table["county"]) & (table["until"] == ""), "code"]:
        inside = set(table.loc[(table["county"] == code), "csp_code"]) - {""}
        expected = sum(
            rows.loc[rows["area"] == csp, "value"].iloc[0] for csp in sorted(inside) if (rows["area"] == csp).any()
        )
        assert todays_ground.of_area(rows, code, DEFINITIONS)["value"].tolist() == [expected]
        checked += 1
    print(f"{checked} counties")
    assert checked > 20
