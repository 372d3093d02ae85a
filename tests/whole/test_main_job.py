"""The main job: Southampton's published scorecard as a snapshot."""

import csv
import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

import looking
from browser import require_arial
from drug_outcomes import cli, figures
from drug_outcomes.definitions import framework
from drug_outcomes.reporting import downloads, report
from material import PROJECT

GOLDEN = PROJECT / "tests" / "golden" / "scorecard.csv"


def scorecard(as_of: str = "", period: str = "") -> pd.DataFrame:
    asked = report.question(PROJECT, "southampton", period, as_of)
    return downloads.scorecard(figures.cleared(PROJECT, asked)).set_index("number")


@pytest.fixture(scope="module")
def published() -> pd.DataFrame:
    return pd.read_csv(GOLDEN, dtype=str, keep_default_na=False).astype({"number": int}).set_index("number")


@pytest.fixture(scope="module")
def edition() -> pd.DataFrame:
    return scorecard()


def test_the_golden_scorecard_has_forty_rows(published):
    assert list(published.index) == list(range(1, 41))


@pytest.mark.parametrize("column", ["period", "value_text", "england_text", "direction", "compared"])
def test_every_sound_published_cell_is_reproduced(column, edition, published):
    sound = published["sound"] == "yes"
    differing = edition[column][sound & (edition[column] != published[column])]

    assert differing.to_dict() == {}


def test_exactly_the_unsound_published_cells_carry_a_finding(published):
    asked = report.question(PROJECT, "southampton")
    found = figures.cleared(PROJECT, asked).findings
    unsound = published[published["sound"] != "yes"]

    assert set(found.loc[found["severity"] == "error", "number"]) >= set(unsound.index)


@pytest.mark.parametrize(
    ("number", "verdict"),
    [(16, "similar"), (17, "similar"), (18, "higher"), (19, "similar"), (4, "higher"), (5, "higher"),
     (6, "not_tested")],  # its numbers are printed with one decimal, England's too
)  # fmt: skip
def test_verdicts_rest_on_tests_and_not_on_the_printed_sign(number, verdict, edition):
    assert edition.loc[number, "verdict"] == verdict


@pytest.mark.parametrize("number", [12, 13, 14, 15])
def test_modelled_percentages_are_compared_by_number_only(number, edition):
    assert edition.loc[number, ["verdict", "verdict_basis"]].tolist() == ["not_tested", "numeric_only"]


@pytest.mark.parametrize("number", [27, 28])
def test_where_the_number_of_people_is_not_known_the_note_says_so(number, edition):
    assert "was not published" in edition.loc[number, "verdict_note"]


def test_reasons_for_no_figure_of_england_are_kept_apart(edition):
    assert set(edition["england_reason"]) >= {"", "not_comparable", "not_published", "suppressed"}


def test_later_knowledge_moves_deaths_on():
    later = scorecard(as_of="2026-11-01", period="2024/25 Q4").loc[20]

    assert (later["period"], later["value"], later["england_value"]) == ("2022-24", 5.23, 5.8)


def test_segments_are_never_joined():
    asked = report.question(PROJECT, "southampton")
    latest = figures.cleared(PROJECT, asked).latest.set_index("measure")

    assert latest.loc["unmet_need_alcohol", "direction_basis"] == "as_published"


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Path:
    """A copy of the project in which the main job ran once."""
    home = tmp_path_factory.mktemp("project")
    for name in ("data", "notebooks"):
        shutil.copytree(PROJECT / name, home / name, ignore=shutil.ignore_patterns("store", "exampleshire"))
    return home


@pytest.fixture
def at_home(built, monkeypatch) -> Path:
    monkeypatch.setenv(framework.HOME_VARIABLE, str(built))
    return built


@pytest.fixture(scope="module")
def snapshot(built) -> Path:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(framework.HOME_VARIABLE, str(built))
        assert cli.main(["snapshot"]) == 0
    return built / "outputs" / "southampton" / "2024-25-q3" / "public"


def test_the_main_job_writes_the_front_page_every_notebook_and_the_download(snapshot):
    expected = ["index", "break_supply_chains", "treatment_and_recovery", "reduce_demand", "scorecard"]

    assert [name for name in expected if not (snapshot / f"{name}.html").is_file()] == []
    assert (snapshot / "downloads" / "scorecard.csv").is_file()


def test_the_downloaded_scorecard_has_forty_rows(snapshot):
    with (snapshot / "downloads" / "scorecard.csv").open(encoding="utf-8", newline="") as file:
        assert [int(row["number"]) for row in csv.DictReader(file)] == list(range(1, 41))


def test_the_manifest_names_inputs_by_hash_and_no_place_of_this_machine(snapshot, built):
    manifest = json.loads((snapshot / "snapshot.json").read_text(encoding="utf-8"))

    assert all(len(digest) == 64 for digest in manifest["inputs"].values())
    assert str(built) not in json.dumps(manifest)


def test_every_page_says_that_it_is_a_draft(snapshot):
    pages = [file.read_text(encoding="utf-8") for file in snapshot.glob("*.html")]

    assert [page for page in pages if "Draft - not cleared for release" not in page] == []


#: What is opened in the browser ordinarily; `test_readers` opens everything.
_SAMPLE = (("index", 320), ("scorecard", 1280), ("treatment_and_recovery", 1280), ("reduce_demand", 320))


def test_pages_say_no_more_than_somebody_reads(snapshot):
    assert looking.over_budget("southampton", looking.pages_of(snapshot)) == []


def test_pages_speak_as_people_do(snapshot):
    told = looking.pages_of(snapshot)
    assert {name: found for name, html in told.items() if (found := looking.strange_words(html))} == {}


def test_nothing_touches_is_cut_off_or_too_high(snapshot, record_property):
    require_arial()
    record_property("cases of", f"pages opened, {len(_SAMPLE)}")
    assert looking.crowded_pages("southampton", snapshot, _SAMPLE) == []


def test_nothing_half_written_is_left_beside_the_snapshot(snapshot):
    assert [path.name for path in snapshot.parent.iterdir() if path.name.startswith(".")] == []


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["snapshot", "--area", "atlantis"], 2),
        (["snapshot", "--area", "../southampton"], 2),
        (["snapshot", "--period", "Autumn 2023"], 2),
        (["snapshot", "--period", "2023/24"], 2),
        (["snapshot", "--as-of", "yesterday"], 2),
        (["snapshot", "--only", "nothing"], 2),
        (["snapshot", "--from", "2023/24 Q1"], 2),
        (["read", "telepathy", "file.csv"], 2),
        (["read", "fingertips", "no-such-file.csv"], 3),
    ],
)
def test_bad_input_is_refused_in_words(words, code, at_home, capsys):
    before = sorted((at_home / "outputs").rglob("*"))

    assert cli.main(words) == code
    assert "Traceback" not in capsys.readouterr().err
    assert sorted((at_home / "outputs").rglob("*")) == before


def test_a_wrong_figure_is_noticed(at_home, published):
    file = at_home / "data/areas/southampton/received/scorecard_edition/2025-03-31.csv"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace(",830,", ",380,"), encoding="utf-8")
    try:
        asked = report.question(at_home, "southampton")
        table = downloads.scorecard(figures.cleared(at_home, asked)).set_index("number")
    finally:
        file.write_text(text, encoding="utf-8")

    assert table.loc[8, "value_text"] != published.loc[8, "value_text"] or table.loc[8, "value"] != 830


def test_a_failing_cell_is_named_and_leaves_nothing(at_home, snapshot, capsys):
    file = at_home / "notebooks" / "scorecard.ipynb"
    text = file.read_text(encoding="utf-8")
    before = {path: path.read_bytes() for path in snapshot.rglob("*") if path.is_file()}
    file.write_text(text.replace("report.focus()", "report.focuss()"), encoding="utf-8")
    try:
        code = cli.main(["snapshot", "--force"])
    finally:
        file.write_text(text, encoding="utf-8")

    assert code == 1
    assert "notebook scorecard" in capsys.readouterr().err
    assert {path: path.read_bytes() for path in snapshot.rglob("*") if path.is_file()} == before
