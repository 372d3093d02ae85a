"""Figures that were cleared once: kept, read back as they were, and cleared again when anything changed."""

import shutil
from dataclasses import fields
from pathlib import Path

import pandas as pd
import pytest

import partnership
from drug_outcomes import figures, fingerprints
from drug_outcomes.figures import kept, path
from drug_outcomes.figures.questions import Question
from drug_outcomes.intake import store

AREA = partnership.AREA


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return partnership.make(tmp_path_factory.mktemp("kept") / "project")


def cleared_times(root: Path, asked: Question, monkeypatch: pytest.MonkeyPatch, times: int = 1) -> int:
    """Ask so many times, and return how often figures had to be cleared."""
    counted = []
    with monkeypatch.context() as patched:
        known = path.known
        patched.setattr(path, "known", lambda *words: counted.append(1) or known(*words))
        for _ in range(times):
            kept.cleared(root, asked)
    return len(counted)


@pytest.mark.parametrize("audience", ["public", "partnership"])
def test_what_is_kept_is_what_was_cleared(root: Path, audience: str, monkeypatch: pytest.MonkeyPatch):
    asked = figures.question(root, AREA, audience=audience)
    fresh = path.released(path.known(root, asked), asked.period)

    assert cleared_times(root, asked, monkeypatch, times=2) <= 1
    again = kept.cleared(root, asked)
    for field in fields(fresh):
        one, other = getattr(fresh, field.name), getattr(again, field.name)
        if isinstance(one, pd.DataFrame):
            pd.testing.assert_frame_equal(one, other, check_dtype=False, check_column_type=False)
        else:
            assert one == other


def added(file: Path, line: str) -> None:
    file.write_text(file.read_text(encoding="utf-8") + line, encoding="utf-8")


CHANGES = {
    "a file": lambda area: partnership.export(area / "received" / "fingertips" / "new.csv", {"E92000001": 5.0}),
    "an event": lambda area: (area / "events.csv").write_text("date,measures,what,kind,source\n", encoding="utf-8"),
    "an explanation": lambda area: (area / "explanations.csv").write_text("rule\n", encoding="utf-8"),
    "a definition": lambda area: added(area.parents[1] / "framework" / "terms.csv", "one,two\n"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_input_is_another_digest(root: Path, tmp_path: Path, change: str):
    copy = tmp_path / "project"
    shutil.copytree(root, copy, ignore=shutil.ignore_patterns("store", "outputs"))
    before = kept.rests_on(copy, AREA)
    CHANGES[change](copy / "data" / "areas" / AREA)

    assert kept.rests_on(copy, AREA) != before


def test_another_library_is_another_digest(root: Path, monkeypatch: pytest.MonkeyPatch):
    before = kept.rests_on(root, AREA)
    monkeypatch.setattr(fingerprints, "code", lambda: "another")

    assert kept.rests_on(root, AREA) != before


def test_what_rests_on_other_inputs_is_erased(root: Path, monkeypatch: pytest.MonkeyPatch):
    asked = figures.question(root, AREA, audience="partnership")
    kept.cleared(root, asked)
    monkeypatch.setattr(fingerprints, "code", lambda: "another")
    kept.cleared(root, asked)

    assert len(list((root / "data/store/restricted/cleared" / AREA).iterdir())) == 1


@pytest.mark.parametrize("audience", ["public", "partnership"])
def test_only_the_owner_can_open_what_is_kept(root: Path, audience: str):
    asked = figures.question(root, AREA, audience=audience)
    kept.cleared(root, asked)
    folders = [file for file in (root / "data/store").rglob("cleared/*") if file.is_dir()]

    assert folders and {folder.stat().st_mode & 0o077 for folder in folders} == {0}


def test_a_kept_file_that_was_cut_short_is_cleared_again(root: Path, monkeypatch: pytest.MonkeyPatch):
    asked = figures.question(root, AREA)
    kept.cleared(root, asked)
    for file in (root / "data/store/cleared" / AREA).rglob("series.parquet"):
        file.write_bytes(file.read_bytes()[:100])

    assert cleared_times(root, asked, monkeypatch) == 1


def test_what_is_kept_can_be_erased(root: Path, monkeypatch: pytest.MonkeyPatch):
    asked = figures.question(root, AREA)
    kept.cleared(root, asked)
    store.erase_cleared(root, AREA)

    assert cleared_times(root, asked, monkeypatch) == 1
