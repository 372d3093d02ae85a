"""Indices of deprivation: scores as published, and the end from which ranks and deciles count."""

import pytest

from drug_outcomes import sources
from drug_outcomes.errors import UnreadableInput

FOLDER = "deprivation_neighbours"


@pytest.fixture(autouse=True)
def _at_home(project, monkeypatch):
    monkeypatch.setenv("DRUG_OUTCOMES_HOME", str(project))


def southampton(table):
    return table[table["area"] == "E06000045"].set_index("indicator")["value"]


@pytest.mark.parametrize(
    ("name", "indicator", "value"),
    [
        ("utla_imd_decile_2019", "imd_average_score", 26.876),
        ("utla_imd_decile_2019", "imd_decile_10_most_deprived", 7),
        ("imd2019_england_ltla19", "imd_average_score", 26.876),
        ("imd2025_england_ltla24", "imd_average_score", 25.611),
        ("imd_2025_la_summary", "imd_rank_of_average_score_1_most_deprived", 73),
    ],
)
def test_southampton_is_as_published(real, name, indicator, value):
    assert southampton(sources.read("deprivation", real / FOLDER / f"{name}.csv"))[indicator] == value


def test_the_seventh_tenth_holds_fifteen_authorities(real):
    table = sources.read("deprivation", real / FOLDER / "utla_imd_decile_2019.csv")
    seventh = table[(table["indicator"] == "imd_decile_10_most_deprived") & (table["value"] == 7)]

    assert len(seventh) == 15


def written(folder, *lines: str, name: str = "imd_2019.csv"):
    file = folder / name
    file.write_text("\n".join(("area code,imd_average_score,imd_decile", *lines)) + "\n", encoding="utf-8")
    return file


def test_a_decile_counted_from_the_most_deprived_says_so(tmp_path):
    file = written(tmp_path, "E06000001,40,1", "E06000002,30,2", "E06000003,20,3", "E06000004,10,4")

    assert "imd_decile_1_most_deprived" in set(sources.read("deprivation", file)["indicator"])


@pytest.mark.parametrize(
    ("lines", "name", "words"),
    [
        (("E06000001,40,1", "E06000002,30,9", "E06000003,20,2", "E06000004,10,8"), "imd_2019.csv", "which end"),
        (("E06000001,40,1", "E06000002,30,2", "E06000003,20,3"), "deciles.csv", "which year"),
        (("E06000001,0.4,1", "E06000002,0.3,2", "E06000003,0.2,3"), "imd_2019.csv", "cannot be"),
        (("E06000001,40,1", "E06000002,30,2", "E06000003,many,3"), "imd_2019.csv", "neither a number"),
    ],
)
def test_a_file_that_leaves_a_doubt_is_refused(tmp_path, lines, name, words):
    with pytest.raises(UnreadableInput, match=words):
        sources.read("deprivation", written(tmp_path, *lines, name=name))
