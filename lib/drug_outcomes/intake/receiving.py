"""Receiving: a file comes in, is tried, copied as it is, and logged with who sent it, when and for whom."""

import argparse
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from drug_outcomes.definitions import areas, framework, logbook
from drug_outcomes.definitions.areas import Area
from drug_outcomes.definitions.framework import Definitions, Source
from drug_outcomes.definitions.vocabulary import Audience, Release
from drug_outcomes.errors import UnreadableInput, UsageError
from drug_outcomes.intake import misplaced, received, store
from drug_outcomes.intake.received import Entry
from drug_outcomes.sources import form, form_template, reading, recognising


@dataclass(frozen=True)
class Outcome:
    """What became of one file: its row of the log, its observations (none where it was set aside), remarks."""

    entry: Entry
    rows: pd.DataFrame | None
    told: tuple[str, ...] = ()


def receive(root: Path, file: Path, entry: Entry) -> Entry:
    """Copy a file in under `entry.file` and log it; return the row as logged.

    A changed file under a name that is taken is a new vintage and gets the date of receipt into its name.
    Bytes that the log holds already are not taken again: the row that holds them is returned, with `rule`
    set to `known`, and the file put back if the one in the folder was edited or lost.

    Raises `UnreadableInput` where the log cannot be written; then nothing is copied.
    """
    content, digest = file.read_bytes(), received.sha256(file)
    known = framework.load(root / framework.FRAMEWORK).sources["source"]
    with logbook.one_at_a_time(entry.folder / received.LOG):
        for held in received.log(entry.folder, set(known)):
            if held.sha256 == digest and held.rule != received.WITHDRAWN:
                _refuse_twice(held, entry)
                if held.rule in ("edited_after_receipt", "file_missing"):
                    received.place(held.path, content, private=held.closed)
                return replace(held, rule="known")
        free = _free_name(entry, content)
        logged = replace(entry, file=free, sha256=digest)
        add(logged, content)
    return logged


def add(logged: Entry, content: bytes | None) -> None:
    """Put a file in its place (None: it stands there) and its row into the log: both, or neither."""
    there = content is None or logged.path.exists()
    try:
        if content is not None:
            received.place(logged.path, content, private=logged.closed)
        received.append(logged.folder, logged.logged)
    except OSError as error:
        if not there:
            logged.path.unlink(missing_ok=True)
        raise logbook.unwritable(logged.folder / received.LOG, error.strerror or "") from error


def _refuse_twice(held: Entry, entry: Entry) -> None:
    if held.source != entry.source:
        raise UsageError(
            f"the same file was received on {held.received} as {held.source}: {held.file}",
            expected=f"one source for one file, and not {entry.source} as well",
            try_next=f"take it back first where that was wrong: receive --withdraw {held.file}",
        )
    if held.options != entry.options:
        raise UsageError(
            f"the same file was received on {held.received}, and another sheet or period was said of it: {held.file}",
            expected="one sheet and one period for one file",
            try_next=f"take it back first: receive --withdraw {held.file}, or save the other sheet as CSV",
        )


def _free_name(entry: Entry, content: bytes) -> str:
    """Return the file's name, or one with the date (and a number) where other bytes stand under it."""
    name = Path(entry.file)
    dated = [f"{name.stem}-{entry.received}{more}{name.suffix}" for more in ("", *(f"-{n}" for n in range(2, 100)))]
    logged = {row.file for row in received.log(entry.folder, {entry.source})}
    for one in (name.name, *dated):
        path = name.with_name(one)
        held = entry.folder / path
        if path.as_posix() not in logged and (not held.exists() or held.read_bytes() == content):
            return path.as_posix()
    raise UsageError(f"'{name.name}' came a hundred times on {entry.received}", try_next="give it another name")


def described(
    root: Path, options: argparse.Namespace, definitions: Definitions, file: Path, name: str
) -> tuple[Entry, Area | None]:
    """Return the row of the log for a file of a source, as the command line has it, and the area of the log.

    What one partner sends belongs to an area, national extracts to all of them. Without other words a
    restricted source is for the partnership, and its publication needs a reference that allows it; a publisher's file
    refers to where the publisher gives it.
    """
    source = definitions.source(name)
    area = _area(root, source, options.area)
    approved = options.approved_for or (
        Audience.PARTNERSHIP if source.release == Release.RESTRICTED else Audience.PUBLIC
    )
    named = options.reference.strip() or (source.url_words if source.release == Release.PUBLIC else "")
    if approved == Audience.PUBLIC and not named:
        raise UsageError(
            f"{source.title} is restricted, and nothing says that it may be published",
            expected="--reference with the publication or the approval",
        )
    if not received.APPROVED.fullmatch(approved):
        raise UsageError(f"it cannot be approved for '{approved}'", expected=received.APPROVALS)
    if approved != Audience.PUBLIC and area is None:
        raise UsageError("a file that the public may not see belongs to one area", expected="--area and its id")
    on = received.day(options.on)
    where = received.OPEN if approved == Audience.PUBLIC else received.CLOSED
    entry = Entry(
        file=f"{where}/{source.source}/{file.name}",
        sha256="",
        source=source.source,
        received=on,
        from_whom=options.sender or source.publisher_role,
        release=options.release or f"{source.title}, received {on}",
        approved_for=approved,
        reference=named if approved == Audience.PUBLIC else options.reference,
        note=received.noted(options.note, sheet=options.sheet, period=options.period),
        folder=area.folder if area else root / "data",
    )
    return entry, area


def _area(root: Path, source: Source, name: str) -> Area | None:
    if name:
        return areas.load(root, name)
    if source.coverage == "national" and source.route == "file":
        return None
    raise UsageError(
        f"{source.title} belongs to one area", expected="--area and its id: " + ", ".join(areas.all_ids(root))
    )


def taken(root: Path, options: argparse.Namespace, file: Path, source: str = "") -> Outcome:
    """Try one file, and take it in; without a source it is recognised by its content.

    Raises `UnreadableInput` and `UsageError`, with nothing copied or logged, for what is no table, what is
    handed in as something that it is not, and a log that cannot be written.
    """
    national = framework.load(root / framework.FRAMEWORK)
    if not file.is_file():
        raise UnreadableInput("there is no such file", try_next="check the name and folder", file=file)
    place = areas.load(root, options.area) if options.area else None
    own = areas.own_definitions(national, place) if place else national
    with reading.only_sheet(options.sheet):
        name = source or recognising.source_of(file, own)
        on_the_form = form.is_form(file, own)
    entry, area = described(root, options, national, file, name)
    reading.refuse_kind(file)
    shelf = store.shelf(root, area, own if area else None)
    rows = store.parsed(shelf, entry, held=False, file=file)
    told: tuple[str, ...] = ()
    if isinstance(rows, Entry):
        doubtful, rows = rows, store.parsed(shelf, entry, file=file)
        told = (f"It is taken in and will be told as a finding: {doubtful.problem}",)
    if isinstance(rows, Entry):
        # A sender mends a return and sends it again; a publisher's file waits for its reader to be mended.
        if on_the_form or entry.options:
            raise UnreadableInput(f"nothing was taken in. {rows.problem}")
        return Outcome(replace(receive(root, file, entry), problem=rows.problem), None)
    told += misplaced.refused_or_told(root, rows, file, entry, area, shelf.definitions)
    return Outcome(receive(root, file, entry), rows, told)


def write_template(options: argparse.Namespace) -> int:
    """Run `drug-outcomes template`: write the form for a local return, as CSV and as a workbook."""
    root = framework.home()
    area = areas.load(root, options.area)
    definitions = areas.own_definitions(framework.load(root / framework.FRAMEWORK), area)
    for file in form_template.template(
        definitions, options.source, area.code, options.folder, on=received.day(options.on)
    ):
        print(file)
    return 0
