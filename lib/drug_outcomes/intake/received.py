"""The log of what was received: which file, when, from whom, for whom, and whether it is still as it came.

`received.csv` stands in an area's folder, and in data/ for national extracts. Files that the public may see
stand in `received/<source>/` beside it, all others in `restricted/<source>/`. Dates of receipt come from the
log, never from the file system.
"""

import csv
import datetime as dt
import hashlib
import io
import re
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path, PurePosixPath

from drug_outcomes.definitions import edited_tables, logbook
from drug_outcomes.definitions.logbook import place as place
from drug_outcomes.definitions.vocabulary import Audience, Release
from drug_outcomes.errors import UnreadableInput, UsageError

LOG = "received.csv"
#: Folders of received files: open to all, and for the partnership only.
OPEN, CLOSED = "received", "restricted"
#: In data/received: figures that `drug-outcomes national` took out of publishers' files.
SHELF = "national"
#: A word at the start of a row's note that closes what is said of its file.
REPLACED = "replaced by"
#: In restricted/: tables that people write, as their namesakes beside it.
WRITTEN = ("alerts.csv", "corrections.csv", "events.csv", "explanations.csv", "targets.csv", "verdicts.csv")
#: What a row is approved for that takes back the file of an earlier one; both rows stay in the log.
WITHDRAWN = "withdrawn"
APPROVALS = "public, partnership, or restricted_until and a date such as 2025-06-01"
REFERENCE = "in reference the release that prints it, or who approved it when"
APPROVED = re.compile(rf"{Audience.PUBLIC}|{Audience.PARTNERSHIP}|{Release.RESTRICTED}_until \d{{4}}-\d\d-\d\d")


#: In a row's note: which sheet of the file is meant, and which period it is of.
_SAID = re.compile(r"\[(sheet|period): ([^\]]+)\]")


@dataclass(frozen=True)
class Entry:
    """One row of a log.

    Attributes
    ----------
    file : path below the log's folder. sha256 : of its bytes when it came; "" where nobody noted it.
    source, received, from_whom, release, reference, note : as logged; `release` is the publisher's word.
    approved_for : `public`, `partnership`, or `restricted_until DATE`.
    folder, row : where the log stands, and the row in it.
    edited : whether the row was edited by hand since it was logged.
    rule, problem : why the file is set aside unread: a word and a sentence; "" where nothing is wrong.
    """

    file: str
    sha256: str
    source: str
    received: str
    from_whom: str
    release: str
    approved_for: str
    reference: str
    note: str
    folder: Path
    row: int = 0
    rule: str = ""
    problem: str = ""
    edited: bool = False

    @property
    def path(self) -> Path:
        """Where the file stands."""
        return self.folder / self.file

    @property
    def closed(self) -> bool:
        """Whether the file is for the partnership only, or was until a date."""
        return self.approved_for != Audience.PUBLIC

    @property
    def retouched(self) -> bool:
        """Whether its label may have been typed into the log afterwards.

        Then it is open to all, and was edited or stands among restricted files.
        """
        return not self.closed and (self.edited or self.file.startswith(f"{CLOSED}/"))

    @property
    def options(self) -> dict[str, str]:
        """What was said of the file that it does not say itself: `sheet`, `period`."""
        return dict(_SAID.findall(self.note))

    @property
    def logged(self) -> dict[str, str]:
        """The cells of the log."""
        return {name: text for name, text in asdict(self).items() if name in COLUMNS}


COLUMNS = tuple(field.name for field in fields(Entry) if field.default != "" and field.type is str)


def noted(note: str, **said: str) -> str:
    """Return a note that holds what is said of a file as well: see `Entry.options`."""
    wrong = next((f"--{name} {text!r}" for name, text in said.items() if "]" in text), "")
    if wrong:
        raise UsageError(f"{wrong} cannot be logged", expected="words without brackets")
    return " ".join([f"[{name}: {text}]" for name, text in said.items() if text] + [note][: bool(note)])


def log(folder: Path, sources: Collection[str]) -> tuple[Entry, ...]:
    """Read a folder's log and compare each row with its file; a folder without a log holds nothing.

    Raises `UnreadableInput` for a log that is torn or lacks its columns. What is wrong with one row is that row's
    problem.
    """
    file = folder / LOG
    edited = logbook.require_whole(file).edited
    if not file.exists():
        return ()
    table = edited_tables.read(file, edited_tables.free(*COLUMNS))[list(COLUMNS)].itertuples(index=False, name=None)
    rows = [
        _as_typed(Entry(**dict(zip(COLUMNS, cells, strict=True)), folder=folder, row=place, edited=place in edited))
        for place, cells in enumerate(table, start=2)
    ]
    taken_back = {entry.file: entry for entry in rows if entry.approved_for == WITHDRAWN}
    entries = [_withdrawn(entry, taken_back) for entry in rows if entry.approved_for != WITHDRAWN]
    twice = {entry.file for place, entry in enumerate(entries) if entry.file in {e.file for e in entries[:place]}}
    return tuple(_checked(entry, sources, again=entry.file in twice) for entry in entries)


def _as_typed(entry: Entry) -> Entry:
    """Return an entry with its dates as ISO: a spreadsheet in Britain saves 31/03/2025."""
    word, _, until = entry.approved_for.partition(" ")
    approved = f"{word} {edited_tables.iso(until)}" if until else word
    return replace(entry, received=edited_tables.iso(entry.received), approved_for=approved)


def _withdrawn(entry: Entry, taken_back: Mapping[str, Entry]) -> Entry:
    row = taken_back.get(entry.file)
    if row is None or row.row < entry.row:
        return entry
    return replace(entry, rule=WITHDRAWN, problem=f"It was withdrawn on {row.received}: {row.note}.")


def _checked(entry: Entry, sources: Collection[str], *, again: bool) -> Entry:
    """Return the entry with the first thing that is wrong with it."""
    if entry.rule:
        return entry
    rule, found, expected = _fault(entry, sources, again=again)
    if not rule:
        return entry
    return replace(entry, rule=rule, problem=str(UnreadableInput(found, expected=expected, file=LOG, row=entry.row)))


def _fault(entry: Entry, sources: Collection[str], *, again: bool) -> tuple[str, str, str]:
    place = PurePosixPath(entry.file)
    if place.is_absolute() or ".." in place.parts or place.parts[:1] not in [(OPEN,), (CLOSED,)]:
        return "log_row", f"'{entry.file}' is no place for a received file", "received/<source>/<file>"
    if again:
        return "log_row", f"'{entry.file}' is logged twice", "one row for each file"
    if entry.source not in sources:
        return "log_row", f"there is no source '{entry.source}'", "an id of sources.csv"
    if not edited_tables.is_date(entry.received):
        return "log_row", f"it was received on '{entry.received}'", "a date such as 2025-03-31"
    if not APPROVED.fullmatch(entry.approved_for):
        return "log_row", f"it is approved for '{entry.approved_for}'", APPROVALS
    if entry.approved_for == Audience.PUBLIC and not entry.reference.strip():
        return "log_row", "it is approved for the public without a reference", REFERENCE
    try:
        found = sha256(entry.path)
    except OSError as error:
        return "file_missing", f"'{entry.file}' cannot be opened ({error.strerror})", "the file as it came"
    if entry.sha256 not in ("", found):
        return (
            "edited_after_receipt",
            f"'{entry.file}' is not the file that was received: it has been edited or replaced",
            "the file as it came; a fix belongs in corrections.csv, a newer file comes in with receive",
        )
    return "", "", ""


def day(text: str) -> str:
    """Return a date as ISO, today's for nothing; anything else is a `UsageError`.

    Commands take today's date where none is typed; nothing else looks at a clock.
    """
    on = edited_tables.iso(text) or dt.datetime.now(dt.UTC).date().isoformat()
    if not edited_tables.is_date(on):
        raise UsageError(f"{text!r} is not a date", expected="a date such as 2025-03-31")
    return on


def sha256(file: Path) -> str:
    """Return the hash of a file's bytes, in hexadecimal."""
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def unlogged(folder: Path, entries: Collection[Entry]) -> list[str]:
    """Return the files under `received/` and `restricted/` that no row of the log names."""
    held = {
        file.relative_to(folder).as_posix()
        for name in (OPEN, CLOSED)
        for file in (folder / name).rglob("*")
        if file.is_file() and not file.name.startswith(".") and SHELF not in file.parts
    }
    written = {name for name in held if name.startswith(f"{CLOSED}/") and PurePosixPath(name).name in WRITTEN}
    written |= {name for name in held if name.startswith((f"{CLOSED}/commentary/", f"{OPEN}/{LOG}"))}
    return sorted(held - {entry.file for entry in entries} - written)


def append(folder: Path, row: Mapping[str, str]) -> None:
    """Add a row to a folder's log; a run that is stopped leaves the log as it was. A torn one is `UnreadableInput`."""
    file = folder / LOG
    held = file.read_text(encoding="utf-8-sig") if file.exists() else ",".join(COLUMNS) + "\n"
    header = next(csv.reader([held.partition("\n")[0]]))
    line = io.StringIO(newline="")
    csv.DictWriter(line, header, restval="", lineterminator="\n").writerow(row)
    logbook.append(file, held, line.getvalue())
