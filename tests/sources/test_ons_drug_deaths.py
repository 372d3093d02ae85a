"""ONS deaths related to drug poisoning and to drug misuse, which are never confused."""

import openpyxl
import pandas as pd
import pytest

from drug_outcomes import sources
from drug_outcomes.definitions import framework
from drug_outcomes.errors import UnreadableInput, UsageError

POISONING = "Table 3: deaths related to drug poisoning by local authority, registered in 2019 to 2021"
MISUSE = "Table 6: deaths related to drug misuse by local authority, registered in 2019 to 2021"
HEAD = ("id", "", "", "Deaths", "Rate", "", "Lower Confidence Limit", "Upper Confidence Limit")
ROWS = (
    ("E12000008", "", "", "1,572", "6.0", "", "5.7", "6.2"),
    ("E11000001", "Greater Manchester", "", "", "", "", "", ""),
    ("E06000045", "Southampton", "", "63", "9.8", "", "7.5", "12.6"),
    ("E07000030", "", "Eden", "10", "7.2", "U", "3.3", "13.5"),
    ("E07000163", "", "Craven", "6", ":", "", ":", ":"),
)
NOTE = "Numbers of deaths from drug misuse and drug poisoning cannot be summed; misuse is a subset \x92 of poisoning."


@pytest.fixture(autouse=True)
def _at_home(project, monkeypatch):
    monkeypatch.setenv(framework.HOME_VARIABLE, str(project))


def published(folder, *titles, name="sheet.csv", rows=ROWS, head=HEAD):
    width = len(head)
    lines = [*[(title, *[""] * (width - 1)) for title in titles], head, *rows, (NOTE, *[""] * (width - 1))]
    text = "\r\n".join(",".join(f'"{cell}"' if "," in cell else cell for cell in line) for line in lines) + "\r\n"
    file = folder / name
    file.write_bytes(text.encode("latin-1"))
    return file


def read(file, **options):
    return sources.read("ons_drug_deaths", file, **options)


def one(frame, indicator, area="E06000045"):
    chosen = frame[(frame["indicator"] == indicator) & (frame["area"] == area)]
    assert len(chosen) == 1
    return chosen.iloc[0]


def test_the_published_sheet_saved_as_csv_gives_numbers_rates_and_limits(tmp_path):
    found = read(published(tmp_path, MISUSE))
    rate = one(found, "drug_misuse_deaths_rate")
    assert (rate["value"], rate["lower"], rate["upper"], rate["numerator"]) == (9.8, 7.5, 12.6, 63)
    assert (rate["period_start"], rate["period_end"]) == ("2019-01", "2021-12")
    assert one(found, "drug_misuse_deaths", "E12000008")["value"] == 1572


def test_flags_become_statuses(tmp_path):
    found = read(published(tmp_path, MISUSE))
    unreliable, untold = (one(found, "drug_misuse_deaths_rate", code) for code in ("E07000030", "E07000163"))
    assert (unreliable["status"], unreliable["value"]) == ("unreliable", 7.2)
    assert untold["status"] == "not_calculated" and pd.isna(untold["value"]) and untold["numerator"] == 6


def test_counties_that_only_head_a_list_have_no_rows(tmp_path):
    assert "E11000001" not in set(read(published(tmp_path, MISUSE))["area"])


@pytest.mark.parametrize(
    ("titles", "name", "options", "indicator"),
    [
        ([MISUSE], "a.csv", {}, "drug_misuse_deaths"),
        ([POISONING], "a.csv", {}, "drug_poisoning_deaths"),
        (["Deaths related to drug poisoning by local authority", MISUSE], "a.csv", {}, "drug_misuse_deaths"),
        ([POISONING], "drug_misuse.csv", {}, "drug_poisoning_deaths"),
        (["2019-21"], "drug_misuse.csv", {}, "drug_misuse_deaths"),
        (["2019-21"], "a.csv", {"kind": "poisoning"}, "drug_poisoning_deaths"),
        (["2019-21"], "a.csv", {"kind": "misuse"}, "drug_misuse_deaths"),
    ],
)
def test_what_is_counted_comes_from_title_then_caller_then_name(tmp_path, titles, name, options, indicator):
    found = read(published(tmp_path, *titles, name=name), **options)
    assert {one_ for one_ in found["indicator"] if not one_.endswith("rate")} == {indicator}


def test_a_table_that_does_not_say_what_it_counts_is_refused(tmp_path):
    with pytest.raises(UnreadableInput, match="drug poisoning or from drug misuse"):
        read(published(tmp_path, "2019-21"))


def test_a_caller_who_contradicts_the_title_is_refused(tmp_path):
    with pytest.raises(UnreadableInput, match="about drug poisoning, not misuse"):
        read(published(tmp_path, POISONING), kind="misuse")
    with pytest.raises(UsageError):
        read(published(tmp_path, POISONING), kind="overdose")


def test_a_table_that_names_no_period_is_refused_unless_the_name_or_caller_does(tmp_path):
    with pytest.raises(UnreadableInput, match="which period"):
        read(published(tmp_path, "Drug misuse"))
    assert set(read(published(tmp_path, "Drug misuse"), period="2019-21")["period_start"]) == {"2019-01"}
    named = published(tmp_path, "Drug misuse", name="misuse_2018-20.csv")
    assert set(read(named)["period_start"]) == {"2018-01"}


def test_a_span_of_many_years_in_a_title_is_no_period(tmp_path):
    with pytest.raises(UnreadableInput, match="which period"):
        read(published(tmp_path, "Drug misuse, 1993 to 2021"))


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (("E06000045", "Southampton", "", "9.8", "63", "", "7.5", "12.6"), "columns may be swapped|outside its own"),
        (("E06000045", "Southampton", "", "63", "9.8", "", "12.6", "7.5"), "outside its own"),
        (("E06000045", "Southampton", "", "63", "9.8", "?", "7.5", "12.6"), "more than the flag u"),
        (("Southampton", "", "", "63", "9.8", "", "7.5", "12.6"), "where an area code should"),
    ],
)
def test_rows_that_contradict_themselves_are_refused(tmp_path, row, words):
    with pytest.raises(UnreadableInput, match=words):
        read(published(tmp_path, MISUSE, rows=(*ROWS[:1], row)))


def wide_workbook(folder):
    """Two tables as the releases of 2019 and 2021 lay them out: a block for each three years, newest first."""
    book = openpyxl.Workbook()
    book.active.title = "Contents"
    book.active.append(["Deaths related to drug poisoning by local authority"])
    for name, title, factor in (
        ("Table 3", POISONING.replace("2019 to", "2001 to"), 2),
        ("Table 6", MISUSE.replace("2019 to", "2001 to"), 1),
    ):
        sheet = book.create_sheet(name)
        sheet.append([title])
        sheet.append([])
        sheet.append(["", "", "", "", "2019-21", "", "", "", "", "", "2018-20", "", "", "", ""])
        block = ["Deaths", "Rate", "", "Lower CI", "Upper CI"]
        sheet.append(["Area Codes", "Area Names", "", "", *block, "", *block])
        sheet.append(
            ["E06000045", "", "Southampton", "", 40 * factor, 6.1, "", 4.5, 8.6, "", 36 * factor, 5.3, "", 3.9, 7.4]
        )
        sheet.append(["E07000030", "", "", "Eden", 10, 7.2, "u", 3.3, 13.5, "", 6, ":", "", ":", ":"])
    file = folder / "2021localauthorities.xlsx"
    book.save(file)
    return file


def test_a_wide_workbook_gives_every_block_of_every_table(tmp_path):
    found = read(wide_workbook(tmp_path))
    mine = found[found["area"] == "E06000045"].set_index(["indicator", "period_label"])["value"]
    assert mine["drug_misuse_deaths", "2019-21"] == 40 and mine["drug_poisoning_deaths", "2018-20"] == 72
    assert mine["drug_misuse_deaths_rate", "2018-20"] == 5.3
    assert set(found["sheet"]) == {"Table 3", "Table 6"}


# Re-saves.


def test_annual_deaths_from_poisoning_come_out_newest_first_or_not(real, tmp_path):
    file = real / "ons_drug_deaths" / "drug_poisoning_registrations_by_LA_1993-2020.csv"
    found = read(file)
    mine = found[found["area"] == "E06000045"].set_index("period_label")["value"]
    assert (mine["2020"], mine["1993"]) == (15, 16)
    assert set(found["indicator"]) == {"drug_poisoning_deaths"}


def test_years_in_no_order_are_refused(real, tmp_path):
    file = real / "ons_drug_deaths" / "drug_poisoning_registrations_by_LA_1993-2020.csv"
    text = file.read_bytes().replace(b"2020,2019", b"2019,2020", 1)
    (tmp_path / "drug_poisoning_deaths.csv").write_bytes(text)
    with pytest.raises(UnreadableInput, match="do not follow each other"):
        read(tmp_path / "drug_poisoning_deaths.csv")


def test_regions_that_do_not_make_england_are_refused(real, tmp_path):
    file = real / "ons_drug_deaths" / "drug_poisoning_registrations_by_LA_1993-2020.csv"
    (tmp_path / "drug_poisoning_deaths.csv").write_bytes(
        file.read_bytes().replace(b"NORTH EAST,389", b"NORTH EAST,398", 1)
    )
    with pytest.raises(UnreadableInput, match="parts of England do not add up"):
        read(tmp_path / "drug_poisoning_deaths.csv")


@pytest.mark.parametrize(
    ("name", "last", "indicator"),
    [("bdd_deaths_misuse.csv", 42, "drug_misuse_deaths"), ("bdd_deaths_poisoning.csv", None, "drug_poisoning_deaths")],
)
def test_the_file_by_treatment_area_names_the_last_of_three_years(real, name, last, indicator):
    found = read(real / "ons_drug_deaths" / name)
    mine = found[(found["area"] == "E06000045") & (found["period_label"] == "2016-18")].iloc[0]
    assert (mine["indicator"], mine["period_end"]) == (indicator, "2018-12")
    assert last is None or mine["value"] == last


def test_all_windows_of_the_file_by_treatment_area_come_out(real):
    found = read(real / "ons_drug_deaths" / "bdd_deaths_misuse.csv")
    mine = found[found["area"] == "E06000045"].sort_values("period_end")["value"].tolist()
    assert mine == [21, 26, 29, 26, 29, 29, 36, 43, 46, 42]


def test_deaths_by_substance_keep_totals_and_substances_apart(real):
    found = read(real / "ons_drug_deaths" / "drug_poisoning_registrations_region_substance.csv")
    england = found[(found["area"] == "E92000001") & (found["period_label"] == "2020")].set_index("breakdown")["value"]
    assert england[""] == 4312 and "substance=Any opiate" in england.index


def test_annual_means_need_their_years(real, tmp_path):
    file = real / "ons_drug_deaths" / "DRDASD.csv"
    with pytest.raises(UnreadableInput, match="which years"):
        read(file)
    mine = one(read(file, period="2017-19"), "drug_misuse_deaths_annual_mean")
    assert mine["value"] == pytest.approx(37 / 3)


def test_totals_without_an_area_need_it_stated(real):
    file = real / "ons_drug_deaths" / "2021registrations.csv"
    with pytest.raises(UnreadableInput, match="which area"):
        read(file)
    found = read(file, area="K04000001")
    assert found[(found["period_label"] == "2020") & (found["indicator"] == "drug_misuse_deaths")][
        "value"
    ].tolist() == [2996]


def test_a_file_of_other_things_is_refused(tmp_path):
    (tmp_path / "a.csv").write_text("area,people\nE06000045,3\n", encoding="utf-8")
    with pytest.raises(UnreadableInput, match="Headers found: area; people"):
        read(tmp_path / "a.csv")
