"""Withdrawing: a file that should never have come is taken back, and what was shown of it is told."""

import argparse
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from drug_outcomes.definitions import areas, framework, logbook
from drug_outcomes.definitions.areas import Area
from drug_outcomes.errors import UsageError
from drug_outcomes.intake import received, receiving, store
from drug_outcomes.intake.received import Entry


def found(root: Path, options: argparse.Namespace, name: str) -> Entry:
    """Return the row of the log for a file: its place in the log, its name, or a file with the same bytes.

    Raises `UsageError` where none or several fit.
    """
    known = set(framework.load(root / framework.FRAMEWORK).sources["source"])
    folder = areas.load(root, options.area).folder if options.area else root / "data"
    log = [entry for entry in received.log(folder, known) if entry.rule != received.WITHDRAWN]
    there = Path(name)
    digest = received.sha256(there) if there.is_file() else ""
    for fits in (
        [entry for entry in log if name in (entry.file, str(entry.path)) or there.resolve() == entry.path.resolve()],
        [entry for entry in log if digest and entry.sha256 == digest],
        [entry for entry in log if Path(entry.file).name == there.name],
    ):
        if len(fits) == 1:
            return fits[0]
        if fits:
            raise UsageError(
                f"{len(fits)} files could be meant by {name}",
                expected="one of: " + ", ".join(entry.file for entry in fits),
            )
    raise UsageError(
        f"{name} does not stand in {received.LOG} of {folder.name}",
        expected="a file as the log has it, such as " + ", ".join(entry.file for entry in log[:3]),
        try_next="" if options.area else "say whose log with --area",
    )


def withdraw(root: Path, entry: Entry, options: argparse.Namespace, why: str) -> None:
    """Take a file back: its row stays, another says so, and every kept copy of its figures is erased."""
    row = replace(
        entry, received=received.day(options.on), from_whom=options.sender, approved_for=received.WITHDRAWN, note=why
    )
    shown = list(_shown(root, entry))
    with logbook.one_at_a_time(entry.folder / received.LOG):
        receiving.add(row, None)
    entry.path.unlink(missing_ok=True)
    for area in _areas(root, entry):
        store.erase_cleared(root, area.id)
        store.take_in(root, area, areas.own_definitions(framework.load(root / framework.FRAMEWORK), area))
    print(f"{entry.file} is withdrawn: {why}. Its row stays in {received.LOG}; its figures are erased.")
    for line in shown:
        print(line)


def _areas(root: Path, entry: Entry) -> Iterator[Area]:
    """Yield the areas that read a file: the one whose log names it, or all for a national extract."""
    for name in areas.all_ids(root):
        area = areas.load(root, name)
        if entry.folder in (area.folder, root / "data"):
            yield area


def _shown(root: Path, entry: Entry) -> Iterator[str]:
    """Say which pages were built with a file, and which of them were released."""
    file = entry.path.relative_to(root).as_posix()
    for manifest in sorted((root / "outputs").glob("*/*/*/snapshot.json")):
        held = json.loads(manifest.read_text(encoding="utf-8"))
        if file in held.get("inputs", {}):
            folder = manifest.parent.relative_to(root)
            yield (
                f"Its figures were shown in {folder}, released: take it back with release --withdraw {folder}."
                if "released" in held
                else f"Its figures stand in the draft {folder}: build it again with --force, or delete it."
            )


def run(root: Path, options: argparse.Namespace) -> int:
    """Run `drug-outcomes receive --withdraw FILE`."""
    withdraw(root, found(root, options, options.withdraw), options, options.note or "received by mistake")
    return 0
