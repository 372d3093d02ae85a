"""Recorded drug offences: Table C2 as published, and open data made here in its layout."""

import zipfile

import pandas as pd
import pytest

from drug_outcomes import sources
from drug_outcomes.definitions import ground
from drug_outcomes.errors import UnreadableInput
from drug_outcomes.sources import limits

C2 = "homeoffice_crime/ons_csp_table_C2_ye_jun2025.csv"
OPEN_HEADER = (
    "Financial Year,Financial Quarter,Police Force,CSP Name,Offence Description,Offence Group,"
    "Offence Subgroup,Offence Code,Offence Count"
)


@pytest.fixture(autouse=True)
def _at_home(project, monkeypatch):
    monkeypatch.setenv("DRUG_OUTCOMES_HOME", str(project))


@pytest.fixture
def table(real) -> pd.DataFrame:
    return sources.read("recorded_crime", real / C2)


def figure(table: pd.DataFrame, area: str, breakdown: str = "", indicator: str = "drug_offences") -> pd.Series:
    rows = table[(table["area"] == area) & (table["breakdown"] == breakdown) & (table["indicator"] == indicator)]
    assert len(rows) == 1
    return rows.iloc[0]


@pytest.mark.parametrize(
    ("area", "breakdown", "value"),
    [
        ("E06000045", "", 1532),
        ("E22000120", "", 1532),
        ("E23000030", "recording=Unassigned", 231),
        ("E23000030", "", 6359),
        ("E92000001", "", 203210),
        ("E23000034", "", 495),
    ],
)
def test_table_c2_gives_the_published_drug_offences(table, area, breakdown, value):
    assert figure(table, area, breakdown)["value"] == value


def test_unassigned_offences_are_named_beside_the_area(table):
    assert "a further 231 drug offences" in figure(table, "E06000045")["note"]


def test_england_says_that_wales_and_the_force_without_a_total_row_are_left_out(table):
    note = figure(table, "E92000001")["note"]

    assert "without Wales" in note
    assert "City of London (495)" in note


def test_the_year_comes_from_the_title(table):
    row = figure(table, "E06000045")

    assert (row["period_start"], row["period_end"], row["period_basis"]) == ("2024-07", "2025-06", "rolling12")


def test_a_force_is_known_by_its_name_where_the_file_writes_another_code(table):
    row = figure(table, "W15000002", "recording=Unassigned")

    assert row["value"] == 0
    assert "W15000003" in row["note"]


def test_a_council_of_several_partnerships_is_their_sum(table):
    assert "sum of 2 community safety partnerships" in figure(table, "E06000058")["note"]


def changed(real, folder, old: str, new: str):
    file = folder / "table_c2.csv"
    text = (real / C2).read_bytes().decode("utf-8-sig")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8", newline="")
    return file


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('"1,532 "', '"1,533 "', "do not add up"),
        ("Drug offences", "Drugs and more", "no column for drug_offences"),
        ("year ending June 2025", "of late", "which year"),
        ("Number of police recorded crimes", "Rates per 1,000 population", "rates or shares"),
        ("E22000120", "E2200012", "do not belong together"),
        ("Drug offences,Possession of weapons offences", "Possession of weapons offences,Drug offences", "each other"),
        ("Sexual offences", "[x] see note", ""),
    ],
)
def test_a_table_that_contradicts_itself_is_refused(real, tmp_path, old, new, words):
    file = changed(real, tmp_path, old, new)
    if not words:  # a group renamed leaves the drug offences as they are
        assert figure(sources.read("recorded_crime", file), "E06000045")["value"] == 1532
        return
    with pytest.raises(UnreadableInput, match=words):
        sources.read("recorded_crime", file)


@pytest.mark.parametrize(("drugs", "said"), [(40, False), (20, True), (90, True)])
def test_a_share_of_drug_offences_that_there_never_was_is_told_and_keeps_its_figures(drugs, said):
    from drug_outcomes.sources import recorded_crime

    rows = [("E92000001", "total_offences", 1000.0), ("E92000001", "drug_offences", drugs), ("E06000045", "", 1.0)]
    table = pd.DataFrame(rows, columns=["area", "indicator", "value"]).assign(note="")
    found = recorded_crime.with_share_told(table)
    assert found["value"].equals(table["value"])
    assert found["note"].str.startswith("not met before: the share").tolist() == [said, said, False]


def open_data(folder, rows: list[str], header: str = OPEN_HEADER):
    file = folder / "prc-csp.csv"
    file.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return file


def quarters(csp: str, *numbers: int, year: str = "2023/24") -> list[str]:
    kinds = (("Possession of drugs", "92E"), ("Trafficking of drugs", "92A"))
    return [
        f"{year},{quarter},Hampshire,{csp},{kind},Drug Offences,{kind},{code},{number + extra}"
        for quarter, number in enumerate(numbers, start=1)
        for extra, (kind, code) in enumerate(kinds)
    ]


def test_open_data_give_quarters_and_the_year_they_make(tmp_path):
    rows = quarters("Southampton", 10, 20, 30, 40) + quarters("Unassigned", 1, 2, 3, 4)
    table = sources.read("recorded_crime", open_data(tmp_path, rows))
    year = table[table["period_basis"] == "fin_year"]

    assert figure(year, "E06000045")["value"] == 204
    assert figure(year, "E06000045", indicator="drug_possession")["value"] == 100
    assert "a further 24 drug offences" in figure(year, "E06000045")["note"]


def test_england_is_the_sum_of_its_forces_where_all_are_in_the_file(tmp_path):
    forces = ground.table().query("kind == 'pfa' and code.str.startswith('E230')")["name"]
    rows = [
        f'2023/24,1,"{force}",Anywhere {place},Possession,Drug offences,Possession of drugs,92E,2'
        for place, force in enumerate(forces)
    ]
    table = sources.read("recorded_crime", open_data(tmp_path, rows))

    assert figure(table, "E92000001")["value"] == 78
    assert "without Wales" in figure(table, "E92000001")["note"]


def test_the_fourth_quarter_lies_in_the_next_calendar_year(tmp_path):
    table = sources.read("recorded_crime", open_data(tmp_path, quarters("Southampton", 1, 2, 3, 4)))
    last = table[table["period_label"] == "2023/24 Q4"]

    assert set(last["period_start"]) == {"2024-01"}


def test_three_quarters_make_no_year(tmp_path):
    table = sources.read("recorded_crime", open_data(tmp_path, quarters("Southampton", 1, 2, 3)))

    assert set(table["period_basis"]) == {"quarter_fin"}


def test_the_file_by_force_has_other_headers(tmp_path):
    rows = [row.replace("Hampshire,,", "Hampshire,") for row in quarters("", 1, 2, 3, 4)]
    header = OPEN_HEADER.replace("Police Force,CSP Name", "Force Name").replace("Offence Count", "Number of Offences")
    table = sources.read("recorded_crime", open_data(tmp_path, rows, header))

    assert figure(table[table["period_basis"] == "fin_year"], "E23000030")["value"] == 24


def test_a_partnership_without_a_known_code_stays_visible_under_its_force(tmp_path):
    table = sources.read("recorded_crime", open_data(tmp_path, quarters("Atlantis", 5)))

    assert figure(table, "E23000030", "recording=Atlantis")["value"] == 11


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("Possession of drugs,92E", "Growing of drugs,92E", "neither trafficking nor possession"),
        ("Drug Offences", "Narcotics", "not a known group"),
        (",92E,10", ",92E,many", "neither a number nor a marker"),
        ("2023/24,1", "2023,1", "financial year and quarter"),
    ],
)
def test_open_data_with_unknown_words_are_refused(tmp_path, old, new, words):
    rows = [row.replace(old, new) for row in quarters("Southampton", 10, 20)]
    with pytest.raises(UnreadableInput, match=words):
        sources.read("recorded_crime", open_data(tmp_path, rows))


def test_a_large_ods_is_refused_with_the_way_out(tmp_path):
    file = tmp_path / "prc-csp.ods"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("content.xml", bytes(limits.UNPACKED + 1))
    with pytest.raises(UnreadableInput, match="save those as CSV"):
        sources.read("recorded_crime", file)
