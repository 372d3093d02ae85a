"""All that is wrong with a return, told at once and cell by cell: nobody sends a file back ten times."""

from collections.abc import Callable

import pandas as pd

from drug_outcomes.errors import UnreadableInput

#: Cells of a row, and what makes each of them harmless, so that the others are seen too.
_HARMLESS = {
    **dict.fromkeys(("value", "text", "lower", "upper", "numerator", "denominator"), ""),
    **dict.fromkeys(("status", "breakdown", "released", "source", "release"), ""),
    "period": "",
    "area": "E92000001",
}
WITHOUT_PERIOD = "a figure without a period"
_MOST = 40  # refusals that are told; whoever has more has another problem
_Read = Callable[[pd.DataFrame], pd.DataFrame]


def all_at_once(table: pd.DataFrame, read: _Read) -> pd.DataFrame:
    """Return what `read` makes of a table (column `row`); where it refuses rows, refuse with all of them.

    A refusal without a row is of the whole table, and told as it is.
    """
    told: list[UnreadableInput] = []
    left = table
    while len(told) < _MOST and len(left):
        try:
            rows = read(left)
        except UnreadableInput as refusal:
            wrong = left["row"] == refusal.row
            if not wrong.any():
                raise _together(told, refusal) from refusal
            told += _of_row(left[wrong], read) or [refusal]
            left = left[~wrong]
            continue
        if not told:
            return rows
        break
    raise _together(told[:-1], told[-1])


def _of_row(row: pd.DataFrame, read: _Read) -> list[UnreadableInput]:
    """Return the refusals of one row: each cell that is refused is made harmless, and the row read again."""
    told: list[UnreadableInput] = []
    while (refusal := _refusal(row, read)) is not None:
        if told and refusal.found == WITHOUT_PERIOD:
            break  # we emptied it
        told.append(refusal)
        mended = (row.assign(**{name: cell}) for name, cell in _HARMLESS.items() if (row[name] != cell).any())
        better = next((one for one in mended if str(_refusal(one, read)) != str(refusal)), None)
        if better is None:
            break
        row = better
    return told


def _refusal(row: pd.DataFrame, read: _Read) -> UnreadableInput | None:
    try:
        read(row)
    except UnreadableInput as refusal:
        return refusal
    return None


def _together(told: list[UnreadableInput], last: UnreadableInput) -> UnreadableInput:
    every = sorted([*told, last], key=lambda one: one.row or 0)
    if len(every) == 1:
        return last
    lines = [
        f"\n  row {one.row}: {one.found}"
        + (f"\n    {one.try_next}" if one.try_next else "")
        + (f"\n    expected: {one.expected}" if one.expected and not one.try_next else "")
        for one in every
    ]
    return UnreadableInput(
        f"{len(every)} cells cannot be taken:{''.join(lines)}", try_next="mend all of them and send it again"
    )
