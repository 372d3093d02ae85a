"""Street-level crime: counted by the place in the small area's name, and never a zero for silence."""

import pytest

from drug_outcomes import sources
from drug_outcomes.errors import UnreadableInput

HEADER = (
    "Crime ID,Month,Reported by,Falls within,Longitude,Latitude,Location,LSOA code,LSOA name,Crime type,"
    "Last outcome category,Context"
)
HAMPSHIRE = "Hampshire Constabulary"


@pytest.fixture(autouse=True)
def _at_home(project, monkeypatch):
    monkeypatch.setenv("DRUG_OUTCOMES_HOME", str(project))


def crime(number: int, place: str, kind: str = "Drugs", force: str = HAMPSHIRE, month: str = "2024-05") -> str:
    code = f"E0101{number:04}" if place else ""
    return f"{number:064x},{month},{force},{force},-1.4,50.9,On or near,{code},{place},{kind},,"


def read(folder, *crimes: str):
    file = folder / "street.csv"
    file.write_text("\n".join([HEADER, *crimes]) + "\n", encoding="utf-8")
    return sources.read("police_uk", file)


def value(table, area: str, breakdown: str = ""):
    rows = table[(table["area"] == area) & (table["breakdown"] == breakdown)]
    assert len(rows) == 1
    return rows["value"].iloc[0]


def test_the_published_month_gives_63_drug_crimes_in_southampton(real):
    table = sources.read("police_uk", real / "policeuk/2022-02-hampshire-street_trim.csv")

    assert value(table, "E06000045") == 63
    assert value(table, "E23000030") == 334
    assert set(table["period_start"]) == {"2022-02"}


def test_none_is_a_count_only_where_the_force_sent_drug_crimes(tmp_path):
    table = read(tmp_path, crime(1, "Southampton 001A"), crime(2, "Portsmouth 001A", "Burglary"))

    assert value(table, "E06000044") == 0


def test_a_month_without_any_drug_crime_is_not_supplied(tmp_path):
    table = read(tmp_path, crime(1, "Southampton 001A", "Burglary"))

    assert set(table["status"]) == {"not_supplied"}
    assert table["value"].isna().all()


def test_crimes_that_another_force_recorded_stand_apart(tmp_path):
    crimes = [
        crime(1, "Southampton 001A"),
        crime(2, "Southampton 001A", force="British Transport Police"),
        crime(3, "Wiltshire 001A"),
    ]
    table = read(tmp_path, *crimes)

    assert value(table, "E06000045") == 1
    assert value(table, "E06000045", "force=British Transport Police") == 1
    assert value(table, "E06000054", f"force={HAMPSHIRE}") == 1


def test_a_crime_listed_twice_counts_once(tmp_path):
    assert value(read(tmp_path, crime(1, "Southampton 001A"), crime(1, "Southampton 001A")), "E06000045") == 1


def test_a_crime_without_a_place_counts_for_the_force_alone(tmp_path):
    table = read(tmp_path, crime(1, "Southampton 001A"), crime(2, ""))

    assert value(table, "E23000030") == 2
    assert value(table, "E06000045") == 1


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (crime(1, "Southampton 001A", "Narcotics"), "not a crime type"),
        (crime(1, "Southampton"), "do not fit each other"),
        (crime(1, "Southampton 001A", month="May last"), "is not a period"),
        (crime(1, "Southampton 001A", force=""), "reported by no force"),
        (crime(1, "Southampton 001A").replace("0" * 20, "?", 1), "not the number of a crime"),
    ],
)
def test_rows_that_leave_a_doubt_are_refused(tmp_path, line, words):
    with pytest.raises(UnreadableInput, match=words):
        read(tmp_path, line, crime(2, "Southampton 001A"))


def test_two_different_rows_of_one_crime_are_refused(tmp_path):
    with pytest.raises(UnreadableInput, match="different figures"):
        read(tmp_path, crime(1, "Southampton 001A"), crime(1, "Portsmouth 001A").replace("E01010001", "E01010002"))
