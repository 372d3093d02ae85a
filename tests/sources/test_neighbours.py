"""Statistical neighbours: ten for every authority, nearest first, as GSS codes."""

import pytest

from drug_outcomes import sources
from drug_outcomes.errors import UnreadableInput

FILE = "dfe/sn_model_2025_wide.csv"


@pytest.fixture(autouse=True)
def _at_home(project, monkeypatch):
    monkeypatch.setenv("DRUG_OUTCOMES_HOME", str(project))


def test_southampton_has_ten_neighbours_nearest_first(real):
    table = sources.read("neighbours", real / FILE)
    mine = table[table["area"] == "E06000045"].sort_values("value")

    assert mine["value"].tolist() == list(range(1, 11))
    assert mine["breakdown"].tolist()[:3] == ["neighbour=E08000026", "neighbour=E06000015", "neighbour=E06000044"]
    assert mine["text"].iloc[0] == "Very close"


def test_every_authority_has_ten(real):
    table = sources.read("neighbours", real / FILE)

    assert set(table.groupby("area").size()) == {10}


def written(folder, *lines: str, header: str = "old_la_code,SN_1,SN_2", name: str = "sn_model_2025.csv"):
    file = folder / name
    file.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    return file


@pytest.mark.parametrize(
    ("lines", "options", "words"),
    [
        (("852,851,852",), {}, "its own neighbour"),
        (("852,851,851",), {}, "its own neighbour"),
        (("852,851,007",), {}, "belongs to no local authority"),
        (("852,851,801",), {"header": "old_la_code,SN_1,SN_3"}, "not every rank"),
        (("852,851,801",), {"header": "old_la_code,SN_2,SN_1"}, "each other"),
        (("852,851,801",), {"name": "neighbours.csv"}, "which year"),
    ],
)
def test_a_file_that_leaves_a_doubt_is_refused(tmp_path, lines, options, words):
    with pytest.raises(UnreadableInput, match=words):
        sources.read("neighbours", written(tmp_path, *lines, **options))
