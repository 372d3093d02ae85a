"""Areas are folders: read, checked, and never left."""

from pathlib import Path

import pandas as pd
import pytest

from drug_outcomes.definitions import areas, framework
from drug_outcomes.errors import UnreadableInput, UsageError

WHOLE = """
name = "Anyborough"
code = "E06000999"
partnership = "Anyborough Combating Drugs Partnership"
fictional = true
edition_period = "2024/25 Q3"
edition_as_of = 2025-03-31
members = ["E07000001", "E07000002"]
"""


def write(root: Path, text: str = WHOLE, area_id: str = "anyborough") -> Path:
    folder = root / "data" / "areas" / area_id
    folder.mkdir(parents=True)
    (folder / "area.toml").write_text(text, encoding="utf-8")
    return folder


def test_an_area_is_read_from_its_folder(tmp_path):
    folder = write(tmp_path)
    area = areas.load(tmp_path, "anyborough")
    assert (area.id, area.code, area.folder) == ("anyborough", "E06000999", folder)
    assert area.members == ("E07000001", "E07000002")


@pytest.mark.parametrize("date", ["2025-03-31", '"2025-03-31"'])
def test_a_date_may_be_written_with_or_without_quotes(tmp_path, date):
    write(tmp_path, WHOLE.replace("2025-03-31", date))
    assert areas.load(tmp_path, "anyborough").edition_as_of == "2025-03-31"


def test_what_is_not_said_is_empty(tmp_path):
    write(tmp_path)
    area = areas.load(tmp_path, "anyborough")
    assert (area.region, area.contact, area.peers) == ("", "", ())


def test_all_areas_are_listed_in_order(tmp_path):
    for area_id in ("b", "a", "c"):
        write(tmp_path, area_id=area_id)
    (tmp_path / "data" / "areas" / "draft").mkdir()
    assert areas.all_ids(tmp_path) == ("a", "b", "c")


def test_an_unknown_area_is_answered_with_the_nearest_and_the_list(tmp_path):
    write(tmp_path)
    write(tmp_path, area_id="elsewhere")
    with pytest.raises(UsageError) as refusal:
        areas.load(tmp_path, "anyboro")
    assert "--area anyborough" in str(refusal.value)
    assert "anyborough, elsewhere" in str(refusal.value)


@pytest.mark.parametrize(
    "area_id", ["../secret", "..", ".", "", "/etc", "anyborough/..", "any\\borough", "Anyborough", "a\n", "anyborough/"]
)
def test_an_id_cannot_leave_the_folder_of_areas(tmp_path, area_id):
    write(tmp_path)
    (tmp_path / "data" / "secret").mkdir()
    (tmp_path / "data" / "secret" / "area.toml").write_text(WHOLE, encoding="utf-8")
    with pytest.raises(UsageError):
        areas.load(tmp_path, area_id)


@pytest.mark.parametrize(
    ("changed", "into", "named"),
    [
        ('name = "Anyborough"', "", "name is missing"),
        ('name = "Anyborough"', 'name = ""', "name is missing"),
        ('name = "Anyborough"', "name = 5", "name = 5"),
        ("E06000999", "E6", "'E6'"),
        ("E07000002", "Testford", "'Testford'"),
        ("fictional = true", 'fictional = "yes"', "fictional = 'yes'"),
        ("fictional = true", "", "fictional is missing"),
        ("2025-03-31", '"March 2025"', "'March 2025'"),
        ("2024/25 Q3", "2024-25 Q9", "'2024-25 Q9'"),
        ("2024/25 Q3", "2024/25", "'2024/25'"),
        ("members =", "councils =", "'councils'"),
        ('members = ["E07000001", "E07000002"]', 'members = "E07000001"', "members = 'E07000001'"),
        ("fictional = true", "fictional == true", "not TOML"),
    ],
)
def test_a_wrong_line_is_refused_by_name(tmp_path, changed, into, named):
    write(tmp_path, WHOLE.replace(changed, into))
    with pytest.raises(UnreadableInput) as refusal:
        areas.load(tmp_path, "anyborough")
    assert named in str(refusal.value)
    assert "area.toml" in str(refusal.value)


def test_an_area_in_another_encoding_is_refused_in_words(tmp_path):
    folder = write(tmp_path)
    (folder / "area.toml").write_bytes(WHOLE.replace("Anyborough", "Ynys Môn").encode("cp1252"))
    with pytest.raises(UnreadableInput, match="not TOML"):
        areas.load(tmp_path, "anyborough")


def test_an_earlier_code_of_the_same_ground_is_read_as_todays(tmp_path):
    write(tmp_path, WHOLE + 'neighbours = ["E08000019"]\n')
    assert areas.load(tmp_path, "anyborough").neighbours == ("E08000039",)


@pytest.mark.parametrize(
    ("text", "is_one"), [("E06000045", True), ("E0600045", False), ("southampton", False), ("", False)]
)
def test_a_code_is_told_from_a_name(text, is_one):
    assert areas.is_code(text) is is_one


# An area's own set of measures


@pytest.fixture(scope="module")
def definitions(project):
    return framework.load(project / framework.FRAMEWORK)


def own(folder: Path, definitions: framework.Definitions, *lines: str) -> framework.Definitions:
    area = areas.load(folder, "anyborough") if (folder / "data").exists() else None
    if area is None:
        write(folder)
        area = areas.load(folder, "anyborough")
    (area.folder / "measures.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return areas.own_definitions(definitions, area)


def title(definitions: framework.Definitions, measure: str) -> str:
    return definitions.measure(measure).title


def added_row(definitions: framework.Definitions, **changes: str) -> tuple[str, str]:
    """Return the header and a row that adds a copy of a measure under another id and number."""
    row = definitions.measures[definitions.measures["measure"] == "employment_support_job_starts"].iloc[0]
    new = {name: "" if pd.isna(value) else str(value) for name, value in row.drop("polarity_agreed").items()}
    new |= {"measure": "naloxone_kits", "number": "41", "title": "Number of naloxone kits handed out"} | changes
    quoted = ['"' + value.replace('"', '""') + '"' for value in new.values()]
    return ",".join(["action", *new]), ",".join(["add", *quoted])


def test_an_area_without_changes_has_the_frameworks_measures(tmp_path, definitions):
    write(tmp_path)
    assert areas.own_definitions(definitions, areas.load(tmp_path, "anyborough")) is definitions


def test_a_measure_is_retitled(tmp_path, definitions):
    found = own(tmp_path, definitions, "action,measure,title", "retitle,paid_work,Percentage with a job")
    assert title(found, "paid_work") == "Percentage with a job"
    assert len(found.measures) == len(definitions.measures)


def test_a_measure_is_renumbered_and_the_order_follows(tmp_path, definitions):
    found = own(tmp_path, definitions, "action,measure,number", "renumber,active_drug_networks,99")
    assert found.measures["measure"].iloc[-1] == "active_drug_networks"


def test_two_measures_may_exchange_their_numbers(tmp_path, definitions):
    found = own(
        tmp_path, definitions, "action,measure,number",
        "renumber,active_drug_networks,2", "renumber,drug_seizure_volume,1",
    )  # fmt: skip
    assert list(found.measures["measure"].iloc[:2]) == ["drug_seizure_volume", "active_drug_networks"]


def test_an_omitted_measure_takes_what_refers_to_it_with_it(tmp_path, definitions):
    found = own(tmp_path, definitions, "action,measure", "omit,in_treatment_opiates")
    assert "in_treatment_opiates" not in set(found.measures["measure"]) | set(found.scorecard_titles["measure"])
    assert found.measure("completions_opiates").denominator_from == ""
    assert not found.relations["parts"].str.contains(r"\bin_treatment_opiates\b").any()


def test_an_added_measure_is_like_any_other(tmp_path, definitions):
    found = own(tmp_path, definitions, *added_row(definitions))
    assert found.measure("naloxone_kits").number == 41
    assert found.measures["number"].dtype == definitions.measures["number"].dtype


def test_an_added_measure_may_take_the_number_of_an_omitted_one(tmp_path, definitions):
    header, row = added_row(definitions, number="40")
    omit = "omit,substance_education_sessions" + "," * (header.count(",") - 1)
    assert own(tmp_path, definitions, header, row, omit).measure("naloxone_kits").number == 40


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("hide,paid_work,x,", "'hide'"),
        ("retitle,paid_job,x,", "paid_work"),
        ("retitle,paid_work,,", "'title' holds ''"),
        ("renumber,paid_work,,many", "'many'"),
        ("renumber,paid_work,,1", "a number that no other row has"),
        ("add,paid_work,x,99", "in the framework"),
        ("add,naloxone_kits,x,99", "'kind' holds ''"),
    ],
)
def test_a_wrong_change_is_refused_with_its_row(tmp_path, definitions, line, said):
    with pytest.raises(UnreadableInput) as refusal:
        own(tmp_path, definitions, "action,measure,title,number", "retitle,unmet_need_crack,Crack,", line)
    assert said in str(refusal.value)
    assert "measures.csv" in str(refusal.value)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"source": "nowhere"}, "'nowhere'"),
        ({"commitment": "nothing"}, "'nothing'"),
        ({"kind": "number"}, "'number'"),
        ({"number": "12"}, "'12'"),
        ({"slice": "indicator=x"}, "'slice'"),
    ],
)
def test_a_wrong_added_measure_is_refused_with_its_row(tmp_path, definitions, changes, said):
    with pytest.raises(UnreadableInput) as refusal:
        own(tmp_path, definitions, *added_row(definitions, **changes))
    assert said in str(refusal.value)
    assert "measures.csv, row 2" in str(refusal.value)


def test_the_same_change_twice_is_refused(tmp_path, definitions):
    with pytest.raises(UnreadableInput, match="each change once"):
        own(tmp_path, definitions, "action,measure", "omit,paid_work", "omit,paid_work")


def test_a_column_that_no_measure_has_is_refused(tmp_path, definitions):
    with pytest.raises(UnreadableInput, match="'tittle'"):
        own(tmp_path, definitions, "action,measure,tittle", "retitle,paid_work,x")
