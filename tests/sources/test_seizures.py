"""Seizures of drugs: every published table, its wrong headers and its units."""

import pytest

from drug_outcomes import sources
from drug_outcomes.errors import UnreadableInput

FOLDER = "homeoffice_seizures"


@pytest.fixture(autouse=True)
def _at_home(project, monkeypatch):
    monkeypatch.setenv("DRUG_OUTCOMES_HOME", str(project))


def value(table, indicator: str, area: str, breakdown: str = "") -> float:
    rows = table[(table["indicator"] == indicator) & (table["area"] == area) & (table["breakdown"] == breakdown)]
    assert len(rows) == 1
    return float(rows["value"].iloc[0])


def test_every_published_table_is_read(real):
    files = sorted((real / FOLDER).glob("*.csv"))
    tables = [sources.read("seizures", file) for file in files]

    assert all(len(table) > 20 for table in tables)
    print(f"{len(tables)} tables of seizures read")


@pytest.mark.parametrize(("name", "seizures"), [("Seizures10-11", 5044), ("Seizures18-19", 3962)])
def test_numbers_of_seizures_by_force(real, name, seizures):
    table = sources.read("seizures", real / FOLDER / f"{name}.csv")

    assert value(table, "seizures_all_drugs", "E23000030") == seizures


def test_a_repeated_header_is_resolved_by_the_totals(real):
    table = sources.read("seizures", real / FOLDER / "Seizures15-16.csv")
    total = table[table["indicator"] == "seizures_class_b"]

    assert value(table, "seizures_class_b", "E23000030") == 2531
    assert total["note"].str.contains('the header says "Total Class C"').all()


def test_a_header_left_behind_when_ketamine_moved_is_resolved_by_the_totals(real):
    table = sources.read("seizures", real / FOLDER / "Seizures14-15.csv")

    assert value(table, "seizures_class_c", "E23000013") == 195
    assert value(table, "seizures_class_b", "E23000013") == 1689
    assert value(table, "seizures_ketamine", "E23000013") == 5


def test_class_totals_say_that_ketamine_moved(real):
    table = sources.read("seizures", real / FOLDER / "Seizures18-19.csv")
    totals = table[table["indicator"].isin(["seizures_class_b", "seizures_class_c"])]

    assert totals["note"].str.contains("ketamine").all()


def test_a_row_whose_total_and_parts_disagree_is_unreliable_and_says_so(real):
    table = sources.read("seizures", real / FOLDER / "Seizures18-19.csv")
    row = table[(table["indicator"] == "seizures_all_drugs") & (table["area"] == "E23000020")].iloc[0]

    assert (row["value"], row["status"]) == (333, "unreliable")


def test_services_without_an_area_stand_apart(real):
    table = sources.read("seizures", real / FOLDER / "Seizures18-19.csv")

    assert value(table, "seizures_all_drugs", "K04000001", "force=Border Force") == 8937


def test_a_force_that_sent_nothing_is_missing_and_not_zero(real):
    table = sources.read("seizures", real / FOLDER / "Seizures12-13.csv")
    silent = table[table["area"] == "E23000030"]

    assert len(silent) == 23
    assert set(silent["status"]) == {"not_supplied"}


def test_plants_in_thousands_are_another_indicator(real):
    older = sources.read("seizures", real / FOLDER / "Quantities09-10.csv")
    newer = sources.read("seizures", real / FOLDER / "Quantities18-19.csv")

    assert value(older, "quantity_cannabis_plants_thousands", "E23000013") == 1.891
    assert value(newer, "quantity_cannabis_plants_number", "E23000013") == 9125


def test_quantities_under_a_header_left_behind_are_not_read(real):
    table = sources.read("seizures", real / FOLDER / "Quantities14-15.csv")
    doubtful = table[table["indicator"].str.contains("ketamine|steroids|benzodiazepines|ghb")]

    assert doubtful["value"].isna().all()
    assert value(table, "quantity_cocaine_kg", "E23000013") == 5.10835


def test_averages_tell_the_unit_of_doses(real):
    older = sources.read("seizures", real / FOLDER / "Weights10-11.csv")
    newer = sources.read("seizures", real / FOLDER / "Weights18-19.csv")

    assert value(older, "banded_quantity_cannabis_plants_thousands", "K04000001") == 729.5
    assert value(newer, "banded_quantity_cannabis_plants_number", "K04000001") == 395843


def test_a_total_that_contradicts_its_average_is_left_out(real):
    table = sources.read("seizures", real / FOLDER / "Weights09-10.csv")
    row = table[table["indicator"] == "banded_quantity_ecstasy_thousand_doses"].iloc[0]

    assert (row["status"], row["text"]) == ("not_published", "171")


def test_a_year_of_the_national_table_is_the_one_in_which_it_ends(real):
    table = sources.read("seizures", real / FOLDER / "seizures_EW.csv")
    last = table[(table["indicator"] == "seizures_all_drugs") & (table["period_end"] == "2019-03")]

    assert last["value"].tolist() == [153135]


def rewritten(real, folder, name: str, old: str, new: str, as_name: str = ""):
    text = (real / FOLDER / name).read_bytes().decode("utf-8-sig")
    assert old in text
    file = folder / (as_name or name)
    file.write_text(text.replace(old, new, 1), encoding="utf-8", newline="")
    return file


@pytest.mark.parametrize(
    ("name", "old", "new", "as_name", "words"),
    [
        ("Seizures18-19.csv", "Cleveland", "Cleveland", "seizures.csv", "which financial year"),
        ("Seizures18-19.csv", "Cleveland", "Cleveland", "Seizures18-20.csv", "which financial year"),
        ("Seizures18-19.csv", "Cocaine", "Snow", "", "not a known drug"),
        ("Seizures18-19.csv", "Cocaine,Crack", "Crack,Cocaine", "", "each other"),
        ("Seizures18-19.csv", "Heroin", "Cocaine", "", "each other|stand twice"),
        ("Seizures18-19.csv", "Cleveland,1812,220", "Cleveland,1812,220.5", "", "not whole"),
        ("Seizures18-19.csv", "Cleveland,1812,220", "Cleveland,1812,some", "", "neither a number nor a marker"),
    ],
)
def test_tables_that_leave_a_doubt_are_refused(real, tmp_path, name, old, new, as_name, words):
    file = rewritten(real, tmp_path, name, old, new, as_name)
    if words == "each other|stand twice":  # the known order of columns resolves one repeated header
        assert value(sources.read("seizures", file), "seizures_heroin", "E23000013") == 145
        return
    with pytest.raises(UnreadableInput, match=words):
        sources.read("seizures", file)
