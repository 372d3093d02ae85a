"""Logs that only grow: no cut, kill or edit of one is read as if it were whole."""

import csv
import random
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pandas as pd
import pytest
from filelock import FileLock

from drug_outcomes.definitions import logbook
from drug_outcomes.disclosure import ledger
from drug_outcomes.errors import UnreadableInput
from drug_outcomes.intake import received

HEADER = "one,two\n"
CUTS, KILLS = 200, 50


def written(file: Path, editions: int) -> list[bytes]:
    """Write a log line by line; return what it held after each."""
    held = []
    for number in range(editions):
        logbook.append(file, HEADER, f'{number},"a, b"\n{number},\n')
        held.append(file.read_bytes())
    return held


def in_ledger(file: Path, editions: int) -> list[bytes]:
    """Write a ledger edition by edition."""
    held = []
    for number in range(editions):
        names = dict.fromkeys(ledger.COLUMNS, "") | {"edition": str(number), "event": "released"}
        rows = pd.DataFrame([names, names | {"measure": "entries"}]).assign(numerator=[None, 12.0])
        ledger.append(file, rows.astype(dict.fromkeys(ledger.NUMBERS, "float64"), errors="ignore"))
        held.append(file.read_bytes())
    return held


def as_read(kind: str, file: Path) -> int:
    """Return how many lines the reader of a log takes from it."""
    if kind == "ledger":
        return len(ledger.read(file))
    return len(received.log(file.parent, {"icu"}))


def in_received(file: Path, editions: int) -> list[bytes]:
    """Write a receiving log row by row."""
    held = []
    for number in range(editions):
        row = dict.fromkeys(received.COLUMNS, "") | {"file": f"restricted/icu/{number}.csv", "source": "icu"}
        received.append(file.parent, row | {"received": "2025-01-14", "approved_for": "partnership"})
        held.append(file.read_bytes())
    return held


@pytest.mark.parametrize(("kind", "write"), [("ledger", in_ledger), ("received", in_received)])
def test_a_log_cut_anywhere_is_refused_with_its_line_or_read_whole(
    kind: str, write, tmp_path: Path, thorough: bool
) -> None:
    file = tmp_path / f"{kind}.csv"
    whole = write(file, 6)[-1]
    lines, rng = as_read(kind, file), random.Random(19)  # noqa: S311 - places to cut
    places = [rng.randrange(len(whole)) for _ in range(CUTS if thorough else 25)]
    places += [place + 1 for place, byte in enumerate(whole[:-1]) if byte == ord("\n")]  # whole lines are lost
    told = 0
    for place in places:
        file.write_bytes(whole[:place])
        try:
            assert as_read(kind, file) == lines, f"read falsely when cut at {place}"
        except UnreadableInput as refusal:
            assert refusal.row and "torn" in str(refusal)
            told += 1
    print(f"\n{kind}: {len(places)} cuts, {told} refused with their line, the others read whole")


KILLED = textwrap.dedent(
    """
    import os, sys
    from pathlib import Path
    from drug_outcomes.definitions import logbook
    step, file = int(sys.argv[1]), Path(sys.argv[2])
    done = 0
    def killing(call):
        def wrapped(*args, **kwargs):
            global done
            done += 1
            if done == step:
                os.kill(os.getpid(), 9)
            return call(*args, **kwargs)
        return wrapped
    os.open, os.fsync, os.replace, os.close = map(killing, (os.open, os.fsync, os.replace, os.close))
    Path.replace, Path.unlink = killing(Path.replace), killing(Path.unlink)
    for number in range(100, 102):
        logbook.append(file, "one,two\\n", f"{number},\\n")
        print(number, flush=True)
    """
)


def test_a_run_killed_at_any_step_loses_nothing_and_is_read_rightly(tmp_path: Path, thorough: bool) -> None:
    steps = range(1, KILLS + 1) if thorough else (2, 5, 8)
    for step in steps:
        file = tmp_path / f"{step}.csv"
        before = written(file, 2)[-1]
        words = [sys.executable, "-c", KILLED, str(step), str(file)]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        held = list(csv.reader(file.read_text(encoding="utf-8").splitlines()))
        assert file.read_bytes().startswith(before)
        assert [row[0] for row in held[5:]][: len(done.stdout.split())] == done.stdout.split()
        assert logbook.state(file).torn == 0 and not logbook.state(file).edited
        logbook.append(file, HEADER, "200,\n")
        logbook.require_untouched(file)
    print(f"\n{len(steps)} kills: nothing lost, nothing read wrongly")


@pytest.mark.parametrize(
    ("old", "new", "row"), [("1,", "7,", 4), ('0,"a, b"\n', "", 2), ("1,\n", "1,\n5,\n", 6), ("one", "One", 1)]
)
def test_an_edited_line_is_named(tmp_path: Path, old: str, new: str, row: int) -> None:
    file = tmp_path / "log.csv"
    text = written(file, 2)[-1].decode()
    file.write_text(text.replace(old, new, 1), encoding="utf-8", newline="")
    with pytest.raises(UnreadableInput, match=f"line {row}|row {row}"):
        logbook.require_untouched(file)


def test_what_was_edited_stays_so_when_more_is_logged(tmp_path: Path) -> None:
    file = tmp_path / "log.csv"
    text = written(file, 2)[-1].decode()
    file.write_text(text.replace("1,", "7,", 1), encoding="utf-8", newline="")
    logbook.append(file, HEADER, "8,\n")
    assert logbook.state(file).edited == {4}


def test_a_log_that_a_spreadsheet_saved_again_is_not_edited(tmp_path: Path) -> None:
    file = tmp_path / "log.csv"
    text = written(file, 2)[-1].decode()
    file.write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    logbook.require_untouched(file)


def test_two_windows_at_once_lose_nothing(tmp_path: Path) -> None:
    file = tmp_path / "ledger.csv"
    in_ledger(file, 1)
    names = dict.fromkeys(ledger.COLUMNS, "") | {"event": "released"}

    def add(number: int) -> None:
        rows = pd.DataFrame([names | {"edition": f"more {number}"}])
        ledger.append(file, rows.astype(dict.fromkeys(ledger.NUMBERS, "float64"), errors="ignore"))

    with ThreadPoolExecutor(4) as windows:
        list(windows.map(add, range(8)))
    assert len(ledger.read(file)) == 10


def test_a_log_that_another_machine_holds_is_told_in_words(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(logbook, "PATIENCE", 0.01)
    with (
        FileLock(tmp_path / ".ledger.csv.lock"),
        pytest.raises(UnreadableInput, match="another window or machine"),
        logbook.one_at_a_time(tmp_path / "ledger.csv"),
    ):
        pass
