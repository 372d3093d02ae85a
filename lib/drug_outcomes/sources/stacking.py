"""From one column for each figure to one row for each figure, sums that show a gap, labels out of place.

Publishers lay figures side by side; observations stand below each other. Readers whose files hold several
figures in one row share these steps.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from drug_outcomes.definitions.vocabulary import Status
from drug_outcomes.errors import UnreadableInput
from drug_outcomes.sources import reading

#: More than anything that readers count, people and grams included.
_MOST = 1e10


def stack(
    table: pd.DataFrame,
    keep: Sequence[str],
    figures: Sequence[str],
    markers: Mapping[str, Status],
    *,
    file: Path,
) -> pd.DataFrame:
    """Return one row for each row of `table` and each column of `figures`, in that column order.

    Columns out: `keep`, indicator (the name of the column), value, numerator (the same: these are counts),
    status, bound_low, bound_high, text. `keep` holds `row`. Unknown text, percentages and
    numbers that nobody counts to are refused.
    """
    long = table.melt([*keep], [*figures], var_name="indicator", value_name="cell")
    found = reading.numbers(long["cell"], markers, file=file, rows=long["row"], name=long["indicator"])
    stacked = long.drop(columns="cell").astype({"indicator": "str"}).join(found)
    reading.refuse_rows(
        stacked[stacked["text"].str.contains("%", regex=False)],
        "a percentage stands where a number should",
        try_next="check that the columns stand under their own headers",
        file=file,
    )
    absurd = (stacked["value"] < 0) | (stacked["value"] > _MOST)
    reading.refuse_rows(stacked[absurd], "a number is below 0 or beyond counting", file=file)
    return stacked.assign(numerator=stacked["value"])


def add_up(frame: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
    """Sum `value` within `keys`; a sum over a missing figure is missing too, for the reason that one is.

    Columns out: `keys`, value, numerator, status, row (the first row added) and parts (how many were added).
    """
    rows = frame.assign(
        missing=frame["value"].isna(), reason=frame["status"].where(frame["value"].isna())
    ).groupby(list(keys), sort=False, as_index=False)
    summed = rows.agg(
        value=("value", "sum"),
        missing=("missing", "any"),
        reason=("reason", "first"),
        row=("row", "min"),
        parts=("row", "size"),
    )
    value = summed["value"].where(~summed["missing"])
    status = summed["reason"].where(summed["missing"], str(Status.PUBLISHED))
    return summed.drop(columns=["missing", "reason"]).assign(value=value, numerator=value, status=status)


def refuse_unnamed(sheet: reading.Sheet, header: reading.Header) -> None:
    """Refuse a column that has figures below a header cell without words."""
    for place, text in enumerate(header.texts):
        cells = [row[place].strip() for row in sheet.rows[header.row :] if len(row) > place]
        if not text.strip() and sum(cell[:1].isdigit() for cell in cells) > 1:
            raise UnreadableInput(
                f"column {place + 1} has figures and no header",
                expected="a word above every column of figures",
                try_next="compare the header with the published table",
                file=sheet.file,
                row=header.row,
            )


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
