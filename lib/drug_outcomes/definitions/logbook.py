"""Logs that only grow: written whole or not at all, by one at a time, and torn or edited ones are noticed.

Beside a log stands `<log>.sums`: a digest of each of its lines, and how many lines it had before the last were added.
It is written first, then the log, so that a run which is stopped at any moment leaves a log that is whole: the old or
the new one. A log without sums was never written by the library; of such a log only a torn last line is noticed.
"""

import csv
import hashlib
import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from drug_outcomes.errors import UnreadableInput

SUMS = ".sums"
#: How many seconds one window waits for another.
PATIENCE = 20.0
_EDITED = "edited"
_TELL = "If this is meant, delete {}{} and say in the log's note why; else take the file from a backup"


@dataclass(frozen=True)
class State:
    """How a log stands to its sums: the line it is torn in (0 where it is not), edited lines, how many it had."""

    torn: int = 0
    edited: frozenset[int] = frozenset()
    lines: int = 0


def state(file: Path) -> State:
    """Return how a log stands to its sums; lines are counted from the header, which is 1."""
    sums = file.with_name(file.name + SUMS)
    text = file.read_bytes().decode("utf-8-sig", errors="replace") if file.exists() else ""
    found = _digests(text)
    if not sums.exists():
        ragged = bool(text) and not text.endswith("\n")
        return State(torn=len(found) if ragged else 0, lines=len(found))
    before, *told = sums.read_text(encoding="utf-8").split()
    if found == told or found == told[: int(before)]:
        edited = frozenset(place for place, one in enumerate(told[: len(found)], 1) if one == _EDITED)
        return State(edited=edited, lines=len(found))
    if len(found) <= len(told) and found[:-1] == told[: max(len(found) - 1, 0)] and _shorter(found, told, text):
        return State(torn=max(len(found), 1), lines=len(told))
    edited = frozenset(place for place, one in enumerate(found, 1) if one not in set(told))
    gone = next((place for place, pair in enumerate(zip(found, told, strict=False), 1) if pair[0] != pair[1]), 0)
    return State(edited=edited or frozenset({gone or len(found)}), lines=len(told))


def _shorter(found: list[str], told: list[str], text: str) -> bool:
    return len(found) < len(told) or not text.endswith("\n")


def require_whole(file: Path) -> State:
    """Return the state of a log that is not torn; a torn one is `UnreadableInput` with the line."""
    held = state(file)
    if held.torn:
        raise UnreadableInput(
            f"it is torn: it ends in line {held.torn}, and had {max(held.lines, held.torn)} lines when it was written",
            expected="the log as it was written",
            try_next=_TELL.format(file.name, SUMS)
            if held.lines > held.torn
            else "complete its last line, or take it out",
            file=file,
            row=held.torn,
        )
    return held


def require_untouched(file: Path) -> None:
    """Refuse a log that is torn, or of which a line was edited, added or taken out by hand: `UnreadableInput`."""
    held = require_whole(file)
    if held.edited:
        raise UnreadableInput(
            f"line {min(held.edited)} was edited, added or taken out by hand",
            expected="the log as it was written",
            try_next=_TELL.format(file.name, SUMS),
            file=file,
            row=min(held.edited),
        )


@contextmanager
def one_at_a_time(file: Path) -> Iterator[None]:
    """Hold a log: what is read, decided and written under it no other window, machine or spreadsheet changes."""
    for beside in (f"~${file.name}", f".~lock.{file.name}#"):
        if (file.parent / beside).exists():
            raise unwritable(file, f"{beside} stands beside it")
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(file.with_name(f".{file.name}.lock"), timeout=PATIENCE, is_singleton=True):
            yield
    except Timeout as busy:
        raise unwritable(file, "another window or machine is writing it") from busy


def unwritable(file: Path, why: str) -> UnreadableInput:
    """Return the refusal to write a log that somebody else holds."""
    return UnreadableInput(
        f"{file.name} of {file.parent.name} cannot be written ({why}); nothing was taken in",
        expected="the log closed in every other window and programme",
        try_next="close it, or wait until the other has finished, and type the same again",
    )


def append(file: Path, header: str, lines: str) -> None:
    """Add lines to a log, which is made with its header if need be; what it holds is never rewritten.

    Whoever decides by what a log holds what to add takes `one_at_a_time` first.
    """
    require_whole(file)
    held = file.read_bytes().decode("utf-8-sig") if file.exists() else header
    held += "" if held.endswith("\n") else "\n"
    known = _kept(file, held)
    added = _digests(held + lines)[len(known) :]
    _write_sums(file, [*known, *added], before=len(known) if file.exists() else 0)
    place(file, (held + lines).encode())
    _write_sums(file, [*known, *added], before=len(known) + len(added))


def _kept(file: Path, held: str) -> list[str]:
    """Return the digests of what a log holds; a line that was edited stays marked as edited."""
    edited = state(file).edited if file.exists() else frozenset()
    return [_EDITED if place in edited else one for place, one in enumerate(_digests(held), 1)]


def sums(content: bytes) -> bytes:
    """Return what stands beside a log that was written in one go."""
    digests = _digests(content.decode())
    return _sums(digests, before=len(digests))


def _sums(digests: list[str], before: int) -> bytes:
    return ("\n".join([str(before), *digests]) + "\n").encode()


def _write_sums(file: Path, digests: list[str], before: int) -> None:
    place(file.with_name(file.name + SUMS), _sums(digests, before))


def _digests(text: str) -> list[str]:
    """Return a digest of the cells of each line, whatever a spreadsheet made of quotes and line ends."""
    cells = csv.reader(io.StringIO(text, newline=""))
    return [hashlib.sha256("\x1f".join(row).encode()).hexdigest()[:16] for row in cells if row]


def place(file: Path, content: bytes, *, private: bool = False) -> None:
    """Write a file whole or not at all, and onto the disk; a private one for its owner only."""
    folder = file.parent
    if private:
        for above in (*reversed(folder.parents), folder):
            if not above.exists():
                above.mkdir(mode=0o700, exist_ok=True)
    folder.mkdir(parents=True, exist_ok=True)
    beside = folder / f".{file.name}.{os.getpid()}"
    mode = 0o600 if private else 0o666
    try:
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as target:
            target.write(content)
            target.flush()
            os.fsync(target.fileno())
        beside.replace(file)
        _settle(folder)
    finally:
        beside.unlink(missing_ok=True)


def _settle(folder: Path) -> None:
    """Bring a folder's new entry onto the disk, where the system can."""
    if sys.platform == "win32":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
