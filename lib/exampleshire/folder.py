"""The whole folder of the fictional area, in the order in which it comes to be."""

import hashlib
import re
import shutil
from dataclasses import replace
from pathlib import Path

from drug_outcomes.definitions import framework, logbook
from drug_outcomes.intake.received import COLUMNS
from exampleshire import alerts, context, faults, places, plan, planted, public, returns, scorecards, words
from exampleshire.files import File, table

_NUMBER = re.compile(rb"\d[\d.]*")


def contents(definitions: framework.Definitions) -> dict[str, bytes]:
    """Return the bytes of every file by its path below the area's folder.

    `definitions` give the earlier scorecards their titles, units and order.
    """
    released = [*public.files(), *context.files()]
    taken = frozenset(one.decode() for file in released for one in _NUMBER.findall(file.content()))
    sent = returns.figures(taken)
    known = scorecards.known(sent, returns.senders(), definitions)
    clean = [
        *released,
        *returns.files(sent),
        *scorecards.files(known, definitions),
        *words.tables(known),
        *plan.tables(),
        alerts.table_of(),
    ]
    right = _value(clean, faults.CORRECTED)
    sent_wrong, _ = planted.apply(clean, (faults.CORRECTED,))
    wrong = _value(sent_wrong, faults.CORRECTED)
    files, listed = planted.apply(sent_wrong, faults.PLANTED)
    path, day = faults.MISDATED
    files = [replace(one, received=day) if one.path == path else one for one in files]
    files.append(words.corrections(wrong, right))
    written = {file.path: file.content() for file in files}
    log = _log(files, written)
    row = next(number for number, cells in enumerate(log.rows, start=1) if cells[0] == path)
    listed += faults.misdated(log.path, row)
    return {
        **{page.path: page.content() for page in words.pages()},
        **written,
        "area_names.csv": table("area_names.csv", places.names()).content(),
        log.path: log.content(),
        log.path + logbook.SUMS: logbook.sums(log.content()),
        "planted.csv": table("planted.csv", [planted.HEAD, *listed]).content(),
    }


def _value(files: list[File], one: planted.Planted) -> str:
    """Return the value that the newest file tells in the row that fits."""
    mine = [file for file in files if file.path.startswith(one.folder)]
    held = sorted(mine, key=lambda file: file.received)
    cells = [dict(zip(file.rows[0], row, strict=True)) for file in held for row in file.rows[1:]]
    return [row["value"] for row in cells if one.match.items() <= row.items()][-1]


def _log(files: list[File], written: dict[str, bytes]) -> File:
    """Return the log of what was received, by day."""
    logged = sorted((file for file in files if file.source), key=lambda file: (file.received, file.path))
    rows = [
        (file.path, hashlib.sha256(written[file.path]).hexdigest(), file.source, file.received, file.from_whom,
         file.release, file.approved_for, file.reference, file.note)
        for file in logged
    ]  # fmt: skip
    return table("received.csv", [COLUMNS, *rows])


def write(folder: Path, definitions: framework.Definitions) -> int:
    """Write the folder anew and return how many files it holds; what stood in it before is gone."""
    made = contents(definitions)
    if folder.exists():
        shutil.rmtree(folder)
    for path, content in made.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    return len(made)
