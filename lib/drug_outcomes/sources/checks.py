"""What every reader checks in the same way: keys, limits, parts against their whole, headers out of place.

Only what could make a number wrong is refused, in words that name file, row and value.
"""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from drug_outcomes.errors import UnreadableInput


def merge_duplicates(
    frame: pd.DataFrame, key: Sequence[str], values: Sequence[str], *, file: Path | None = None
) -> pd.DataFrame:
    """Merge rows that say the same of one key; refuse rows that differ, naming them (column `row`)."""
    merged = frame.drop_duplicates([*key, *values])
    clashing = merged[merged.duplicated(list(key), keep=False)]
    if not clashing.empty:
        first = clashing.iloc[0]
        rows = clashing.loc[(clashing[list(key)] == first[list(key)]).all(axis="columns"), "row"]
        raise UnreadableInput(
            f"rows {', '.join(map(str, rows))} give different figures for the same "
            f"{', '.join(f'{name} {first[name]!r}' for name in key)}",
            expected="one figure for each, or the same one repeated",
            try_next="find out which row is right and ask the publisher",
            file=file,
            row=int(first["row"]),
        )
    return merged.reset_index(drop=True)


def refuse_rows(bad: pd.DataFrame, found: str, *, file: Path, expected: str = "", try_next: str = "") -> None:
    """Refuse the file when `bad` holds any row, naming the first and how many there are."""
    if not bad.empty:
        more = f" ({len(bad)} such rows)" if len(bad) > 1 else ""
        raise UnreadableInput(
            found + more, expected=expected, try_next=try_next, file=file, row=int(bad["row"].iloc[0])
        )


def check_limits(frame: pd.DataFrame, *, file: Path) -> pd.DataFrame:
    """Return `frame`; refuse it when a value lies outside its own limits (columns lower, value, upper)."""
    outside = (
        (frame["lower"] > frame["value"])
        | (frame["upper"] < frame["value"])
        | (frame["lower"] > frame["upper"])
    )
    refuse_rows(
        frame[outside],
        "the value lies outside its own confidence limits, so columns may be swapped or shifted",
        expected="lower limit <= value <= upper limit",
        try_next="compare the header with the publisher's page",
        file=file,
    )
    return frame


def refuse_swap(found: Sequence[str], orders: Sequence[Sequence[str]], *, file: Path, row: int) -> None:
    """Refuse a header in a usual order but for two labels, each in the other's place.

    Where no figure tells two columns apart, that is what two swapped headers look like. Columns that are
    missing, added or in quite another order are left alone.

    Parameters
    ----------
    found : ids of the columns, as the header has them.
    orders : orders in which the publisher has published them.
    """
    swaps = [_out_of_place(found, order) for order in orders]
    if [] in swaps or not any(len(swap) == 2 for swap in swaps):
        return
    swap = next(swap for swap in swaps if len(swap) == 2)
    raise UnreadableInput(
        f"{swap[0]!r} and {swap[1]!r} stand in each other's place in the header",
        expected="columns in the order in which they are published, or in quite another",
        try_next="compare figures with the published table; if only the columns moved, move them back",
        file=file,
        row=row,
    )


def _out_of_place(found: Sequence[str], order: Sequence[str]) -> list[str]:
    both = [name for name in found if name in order]
    usual = [name for name in order if name in both]
    return [name for name, other in zip(both, usual, strict=False) if name != other]
