"""Homelessness: sheets A1 and A3 as published, and their columns moved and renamed."""

import csv

import pytest

from drug_outcomes import sources
from drug_outcomes.errors import UnreadableInput, UsageError
from drug_outcomes.sources import reading

FILE = "homelessness/Detailed_LA_202212.ods"


@pytest.fixture(autouse=True)
def _at_home(project, monkeypatch):
    monkeypatch.setenv("DRUG_OUTCOMES_HOME", str(project))


@pytest.fixture(scope="module")
def table(real):
    return sources.read("homelessness", real / FILE)


@pytest.fixture(scope="module")
def needs(real):
    return [list(row) for row in reading.read_sheet(real / FILE, "A3").rows]


def row(table, indicator: str, area: str):
    found = table[(table["indicator"] == indicator) & (table["area"] == area)]
    assert len(found) == 1
    return found.iloc[0]


@pytest.mark.parametrize(("area", "need", "owed"), [("E06000045", 77, 406), ("E92000001", 4390, 69230)])
def test_drug_dependency_of_households_owed_a_duty(table, area, need, owed):
    found = row(table, "drug_dependency_need", area)

    assert (found["numerator"], found["denominator"]) == (need, owed)


def test_the_quarter_is_the_one_in_the_title(table):
    found = row(table, "households_assessed", "E06000045")

    assert (found["value"], found["period_start"], found["period_end"]) == (407, "2022-10", "2022-12")


def test_an_authority_that_sent_nothing_is_not_supplied(table):
    assert row(table, "drug_dependency_need", "E08000031")["status"] == "not_supplied"


def test_the_rest_of_england_is_no_area(table):
    assert set(table["area"].str[:1]) == {"E"}


def saved(folder, rows, name: str = "a3.csv"):
    file = folder / name
    with file.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out).writerows(rows)
    return sources.read("homelessness", file)


def place_of(rows, words: str) -> int:
    return next(row.index(cell) for row in rows[:6] for cell in row if cell == words)


def test_a_sheet_saved_as_csv_gives_the_same_figures(needs, tmp_path):
    found = row(saved(tmp_path, needs), "drug_dependency_need", "E06000045")

    assert (found["numerator"], found["denominator"]) == (77, 406)


def test_columns_put_in_between_do_not_move_the_figures(needs, tmp_path):
    place = place_of(needs, "Drug dependency needs")
    rate = [
        "Drug dependency needs per 1,000 households" if at == 3 else "9" if at > 4 else "" for at in range(len(needs))
    ]
    rows = [[*line[:place], rate[at], *line[place:]] for at, line in enumerate(needs)]

    assert row(saved(tmp_path, rows), "drug_dependency_need", "E06000045")["value"] == 77


def test_a_later_release_calls_it_a_support_need(needs, tmp_path):
    rows = [
        [cell.replace("Drug dependency needs", "Support need: Drug dependency needs4") for cell in line]
        for line in needs
    ]

    assert row(saved(tmp_path, rows), "drug_dependency_need", "E06000045")["value"] == 77


def test_a_column_that_is_gone_is_refused(needs, tmp_path):
    rows = [[cell.replace("Drug dependency needs", "Needs") for cell in line] for line in needs]
    with pytest.raises(UnreadableInput, match="no column for drug_dependency_need"):
        saved(tmp_path, rows)


def test_two_columns_of_one_name_are_refused(needs, tmp_path):
    rows = [[cell.replace("Alcohol dependency needs", "Drug dependency needs") for cell in line] for line in needs]
    with pytest.raises(UnreadableInput, match="no column for alcohol_dependency_need"):
        saved(tmp_path, rows)


def test_england_must_be_the_sum_of_its_regions(needs, tmp_path):
    rows = [["9390" if cell == "4390" and line[0] == "E92000001" else cell for cell in line] for line in needs]
    with pytest.raises(UnreadableInput, match="parts of England do not add up"):
        saved(tmp_path, rows)


def test_an_unknown_marker_is_refused(needs, tmp_path):
    rows = [["~" if cell == "77" and line[0] == "E06000045" else cell for cell in line] for line in needs]
    with pytest.raises(UnreadableInput, match="neither a number nor a marker"):
        saved(tmp_path, rows)


def untitled(rows):
    return [[cell.split("England, ")[0] for cell in line] for line in rows]


def test_a_quarter_that_may_be_of_two_kinds_is_asked_for(needs, tmp_path):
    with pytest.raises(UnreadableInput, match="calendar or a financial quarter"):
        saved(tmp_path, untitled(needs), "2025Q2.csv")


@pytest.mark.parametrize(("said", "start"), [("financial", "2025-07"), ("calendar", "2025-04")])
def test_the_kind_of_quarter_that_was_said_is_taken(needs, tmp_path, said, start):
    with pytest.raises(UnreadableInput):
        saved(tmp_path, untitled(needs), "2025Q2.csv")
    table = sources.read("homelessness", tmp_path / "2025Q2.csv", quarters=said)

    assert set(table["period_start"]) == {start}


def test_another_kind_of_quarter_is_a_usage_error(real):
    with pytest.raises(UsageError, match="financial or calendar"):
        sources.read("homelessness", real / FILE, quarters="lunar")
