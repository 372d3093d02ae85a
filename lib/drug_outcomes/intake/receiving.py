"""Receiving: a file comes in, is copied as it is, tried, and logged with who sent it, when and for whom."""

import argparse
import sys
from dataclasses import replace
from pathlib import Path

from drug_outcomes.definitions import areas, framework
from drug_outcomes.definitions.areas import Area
from drug_outcomes.definitions.framework import Definitions, Source
from drug_outcomes.definitions.vocabulary import Audience, Release
from drug_outcomes.errors import UnreadableInput, UsageError
from drug_outcomes.intake import received, store
from drug_outcomes.intake.received import Entry
from drug_outcomes.sources import form_template


def receive(root: Path, file: Path, entry: Entry) -> Entry:
    """Copy a file in under `entry.file` and log it; return the row as logged.

    A changed file under a name that is taken is a new vintage and gets the date of receipt into its name.
    Bytes that the log holds already are not taken again: the row that holds them is returned, with `rule`
    set to `known`, and the file put back if the one in the folder was edited or lost.
    """
    content, digest = file.read_bytes(), received.sha256(file)
    known = framework.load(root / framework.FRAMEWORK).sources["source"]
    for held in received.log(entry.folder, set(known)):
        if held.sha256 == digest and held.source == entry.source:
            if held.rule in ("edited_after_receipt", "file_missing"):
                received.place(held.path, content, private=held.closed)
            return replace(held, rule="known")
    free = _free_name(entry, content)
    logged = replace(entry, file=free, sha256=digest)
    received.place(logged.path, content, private=logged.closed)
    received.append(logged.folder, logged.logged)
    return logged


def _free_name(entry: Entry, content: bytes) -> str:
    """Return the file's name, or one with the date (and a number) where other bytes stand under it."""
    name = Path(entry.file)
    dated = [
        f"{name.stem}-{entry.received}{more}{name.suffix}" for more in ("", *(f"-{n}" for n in range(2, 100)))
    ]
    logged = {row.file for row in received.log(entry.folder, {entry.source})}
    for one in (name.name, *dated):
        path = name.with_name(one)
        held = entry.folder / path
        if path.as_posix() not in logged and (not held.exists() or held.read_bytes() == content):
            return path.as_posix()
    raise UsageError(
        f"'{name.name}' came a hundred times on {entry.received}", try_next="give it another name"
    )


def described(root: Path, options: argparse.Namespace, definitions: Definitions) -> tuple[Entry, Area | None]:
    """Return the row of the log for the words of the command line, and the area whose log it is.

    What one partner sends belongs to an area, national extracts to all of them. Without other words a
    restricted source is for the partnership, and its publication needs a reference that allows it; a publisher's file
    refers to where the publisher gives it.
    """
    source = definitions.source(options.source)
    if not options.file.is_file():
        raise UnreadableInput(
            "there is no such file", try_next="check the name and folder", file=options.file
        )
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
        raise UsageError(
            "a file that the public may not see belongs to one area", expected="--area and its id"
        )
    on = received.day(options.on)
    where = received.OPEN if approved == Audience.PUBLIC else received.CLOSED
    entry = Entry(
        file=f"{where}/{source.source}/{options.file.name}",
        sha256="",
        source=source.source,
        received=on,
        from_whom=options.sender or source.publisher_role,
        release=options.release or f"{source.title}, received {on}",
        approved_for=approved,
        reference=named if approved == Audience.PUBLIC else options.reference,
        note=options.note,
        folder=area.folder if area else root / "data",
    )
    return entry, area


def _area(root: Path, source: Source, name: str) -> Area | None:
    if name:
        return areas.load(root, name)
    if source.coverage == "national" and source.route == "file":
        return None
    raise UsageError(
        f"{source.title} belongs to one area",
        expected="--area and its id: " + ", ".join(areas.all_ids(root)),
    )


def run(options: argparse.Namespace) -> int:
    """Run `drug-outcomes receive`: 0 taken in or known, 3 taken in and set aside as unreadable."""
    root = framework.home()
    national = framework.load(root / framework.FRAMEWORK)
    entry, area = described(root, options, national)
    logged = receive(root, options.file, entry)
    if logged.rule == "known":
        print(f"The same file was received on {logged.received}: {logged.path}. Nothing was added.")
        return 0
    print(logged.path)
    if Path(logged.file).name != options.file.name:
        print(
            f"Another file came under the name {options.file.name} before: this one is a new vintage of it."
        )
    own = areas.own_definitions(national, area) if area else None
    shelf = store.shelf(root, area, own)
    rows = store.parsed(shelf, logged)
    if isinstance(rows, Entry):
        print(f"It is set aside, because it cannot be read: {rows.problem}", file=sys.stderr)
        return UnreadableInput.exit_code
    print(f"{len(rows)} figures, {rows['period_label'].nunique()} periods, {rows['area'].nunique()} areas.")
    doubtful = store.parsed(shelf, logged, held=False)
    if isinstance(doubtful, Entry):
        print(f"It is taken in and will be told as a finding: {doubtful.problem}", file=sys.stderr)
    return 0


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
