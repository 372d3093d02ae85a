"""Faults and signals planted in otherwise clean files, and the list that says where each one is.

A fault changes cells of rows that were already written in their layout, in every file that tells the figure,
so that nothing but the fault itself is wrong. Signals lie in the processes (`returns`) and are only listed.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from exampleshire.files import File, Row

HEAD = ("rule", "kind", "measure", "period", "breakdown", "file", "row", "what", "expected_severity")
Cells = Mapping[str, str]


@dataclass(frozen=True)
class Planted:
    """One fault or signal.

    Attributes
    ----------
    rule : id of the class of fault, or of the signal.
    folder : start of the path of the files that hold it.
    match : which rows: header -> cell. `change` : what becomes of the cells of such a row.
    what : a sentence for the list. `severity` : how grave the finding should be.
    remove, repeat : whether the row goes, or stays and is followed by its changed copy.
    listed : false for the further rows of a fault that spans several.
    """

    rule: str
    measure: str
    period: str
    folder: str
    match: Cells
    what: str
    severity: str = "warning"
    change: Callable[[Cells], Cells] = field(default=dict)
    kind: str = "fault"
    breakdown: str = ""
    remove: bool = False
    repeat: bool = False
    listed: bool = True


def apply(files: list[File], planted: tuple[Planted, ...]) -> tuple[list[File], list[Row]]:
    """Plant everything, in order; return the files and the rows of planted.csv.

    Faults that add or take away rows come first, so that the row numbers noted for the others stay true.
    """
    listed = []
    for one in planted:
        held = [(file, *_planted(file, one)) for file in files]
        places = [(file.received, file.path, row, changed) for file, changed, found in held for row in found]
        if not places:
            raise LookupError(f"{one.rule} of {one.measure} in {one.period}: no row fits")
        files = [changed for _, changed, _ in held]
        if one.listed:
            listed.append(_listed(one, *max(places, key=lambda place: place[:3])[1:]))
    return files, listed


def _planted(file: File, one: Planted) -> tuple[File, list[int]]:
    """Return the file with the fault, and the numbers of the rows that hold it."""
    head = _header(file, one)
    if head is None:
        return file, []
    names = file.rows[head]
    rows: list[Row] = []
    found = []
    for row in file.rows:
        cells = dict(zip(names, row, strict=False))
        if row == names or not all(cells.get(name) == text for name, text in one.match.items()):
            rows.append(row)
            continue
        changed = tuple((cells | dict(one.change(cells)))[name] for name in names)
        rows += [] if one.remove else [row, changed] if one.repeat else [changed]
        found.append(len(rows))
    return file.with_rows(tuple(rows)), found


def _header(file: File, one: Planted) -> int | None:
    """Return the place of the header row of a file that may hold the fault."""
    if not file.path.startswith(one.folder):
        return None
    wanted = set(one.match)
    return next((place for place, row in enumerate(file.rows[:20]) if wanted <= set(row)), None)


def _listed(one: Planted, path: str, row: int, file: File) -> Row:
    """Return a row of planted.csv; a scorecard's figure stands under its own period."""
    head = _header(file, one) or 0
    cells = dict(zip(file.rows[head], file.rows[row - 1], strict=False))
    period = cells.get("Latest time period", one.period)
    place = "" if one.remove else str(row)
    return (one.rule, one.kind, one.measure, period, one.breakdown, path, place, one.what, one.severity)
