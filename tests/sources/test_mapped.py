"""Tables that layouts.csv describes are read without a reader of their own."""

import shutil

import pytest

from drug_outcomes import sources
from drug_outcomes.definitions import framework
from drug_outcomes.errors import UnreadableInput, UsageError

HEAD = "layout,source,header,role,name,words,basis\n"
ROWS = """own,police_uk_counts,Council,area,,,
own,police_uk_counts,Year,period,,year ending March {},
own,police_uk_counts,Sex,breakdown,sex,Everybody=;Women=Female,
own,police_uk_counts,Offences,value,offences,,
own,police_uk_counts,Residents,denominator,,,
own,police_uk_counts,Kind,filter,,Drugs,
"""


@pytest.fixture
def home(project, tmp_path, monkeypatch):
    root = tmp_path / "project"
    shutil.copytree(project / "data" / "framework", root / "data" / "framework")
    (root / "data" / "framework" / "layouts.csv").write_text(HEAD + ROWS, encoding="utf-8")
    monkeypatch.setenv(framework.HOME_VARIABLE, str(root))
    return root


def table(folder, *lines: str, head: str = "Council,Year,Sex,Kind,Offences,Residents,Remark"):
    file = folder / "table.csv"
    file.write_text("\n".join([head, *lines]) + "\n", encoding="utf-8")
    return file


def test_a_described_table_is_read_without_a_line_of_code(home, tmp_path):
    file = table(
        tmp_path,
        "Southampton,2024,Everybody,Drugs,120,1000,a",
        "Southampton,2024,Women,Drugs,40,500,a",
        "Southampton,2024,Everybody,Theft,900,1000,a",
        "E06000044,2024,Everybody,Drugs,x,900,a",
    )
    found = sources.read("police_uk_counts", file).set_index(["area", "breakdown"])
    assert found.loc[("E06000045", ""), ["value", "numerator", "denominator"]].tolist() == [120, 120, 1000]
    assert found.loc[("E06000045", "sex=Female"), "value"] == 40
    assert found.loc[("E06000044", ""), "status"] == "not_published"
    assert set(found["period_start"]) == {"2023-04"} and set(found["period_end"]) == {"2024-03"}


def test_a_column_that_selects_and_has_no_role_is_named(home, tmp_path):
    file = table(tmp_path, "Southampton,2024,Everybody,Drugs,120,1000,a", "Southampton,2024,Everybody,Drugs,30,1000,b")
    with pytest.raises(UnreadableInput, match=r"tells them apart: Remark") as refusal:
        sources.read("police_uk_counts", file)
    assert refusal.value.row == 2


def test_a_table_without_a_described_header_is_refused(home, tmp_path):
    with pytest.raises(UnreadableInput, match="Offences"):
        sources.read("police_uk_counts", table(tmp_path, "Southampton,2024", head="Council,Year"))


def test_an_unknown_source_is_refused_with_those_of_the_table(home, tmp_path):
    with pytest.raises(UsageError, match="police_uk_counts"):
        sources.read("police_uk_count", table(tmp_path, "a"))


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (",value,offences,", ",value,,", "what the numbers"),
        (",area,,", ",where,,", "one of area"),
        (",period,,year ending March {},", ",period,,,decade", "decade"),
    ],
)
def test_a_slip_in_the_table_of_layouts_is_told(home, tmp_path, old, new, told):
    (home / "data" / "framework" / "layouts.csv").write_text(HEAD + ROWS.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(UnreadableInput, match=told):
        sources.read("police_uk_counts", table(tmp_path, "Southampton,2024,Everybody,Drugs,1,1,"))


@pytest.mark.parametrize(
    ("source", "file", "indicator", "period", "value"),
    [
        ("assessment_factors", "dfe/c3_factors_identified_at_end_of_assessment_2018_to_2025.csv",
         "drug_misuse_child", "year ending March 2025", 138),
        ("looked_after_children", "dfe/la_cla_substance_misuse.csv",
         "substance_misuse_share", "year ending March 2023", 2),
        ("rough_sleeping", "other/rough_sleeping_snapshot_2025.csv",
         "people_sleeping_rough", "October to December 2024", 19),
        ("ons_population", "dfe/ons_mid-year_population_children_2012_2024.csv", "population", "mid-2023", 50594),
    ],
)  # fmt: skip
def test_published_tables_have_layouts(real, project, monkeypatch, source, file, indicator, period, value):
    monkeypatch.setenv(framework.HOME_VARIABLE, str(project))
    rows = sources.read(source, real / file)
    mine = rows[(rows["area"] == "E06000045") & (rows["indicator"] == indicator) & (rows["period_label"] == period)]
    assert mine["value"].tolist() == [value]
