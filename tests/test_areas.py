"""Areas are folders: read, checked, and never left."""

from pathlib import Path

import pytest

from drug_outcomes import areas
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
    "area_id",
    ["../secret", "..", ".", "", "/etc", "anyborough/..", "any\\borough", "Anyborough", "a\n", "anyborough/"],
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


def test_a_person_may_name_an_area_by_name_or_id(tmp_path):
    write(tmp_path)
    assert areas.names(tmp_path) == {"england": "E92000001", "anyborough": "E06000999"}


@pytest.mark.parametrize(
    ("text", "is_one"), [("E06000045", True), ("E0600045", False), ("southampton", False), ("", False)]
)
def test_a_code_is_told_from_a_name(text, is_one):
    assert areas.is_code(text) is is_one
