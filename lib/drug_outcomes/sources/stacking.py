"""From one column for each figure to one row for each figure, sums that show a gap, labels out of place.

Publishers lay figures side by side; observations stand below each other. Readers whose files hold several
figures in one row share these steps.
"""

from collections.abc import Mapping, Sequence

import pandas as pd

from drug_outcomes.definitions.vocabulary import Status
from drug_outcomes.sources import checks, parsing

#: More than anything that readers count, people and grams included.
_MOST = 1e10


def stack(
    table: pd.DataFrame, keep: Sequence[str], figures: Sequence[str], markers: Mapping[str, Status], whole: str = ""
) -> pd.DataFrame:
    """Return one row for each row of `table` and each column of `figures`, in that column order.

    Columns out: `keep`, indicator (the name of the column), value, numerator (the same: these are counts),
    status, bound_low, bound_high, text. `keep` holds `row`. Unknown text, percentages and
    numbers that nobody counts to are refused; so is a fraction of `whole`, what the numbers count.
    """
    long = table.melt([*keep], [*figures], var_name="indicator", value_name="cell")
    found = parsing.numbers(long, "cell", markers, names=long["indicator"])
    stacked = long.drop(columns="cell").astype({"indicator": "str"}).join(found)
    checks.refuse_rows(
        stacked[stacked["text"].str.contains("%", regex=False)],
        "a percentage stands where a number should",
        try_next="check that the columns stand under their own headers",
    )
    absurd = (stacked["value"] < 0) | (stacked["value"] > _MOST)
    checks.refuse_rows(stacked[absurd], "a number is below 0 or beyond counting")
    checks.refuse_rows(
        stacked[(stacked["value"] % 1 > 0) & bool(whole)],
        f"a number of {whole} is not a whole number, so columns may be swapped",
    )
    return stacked.assign(numerator=stacked["value"])


def add_up(frame: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
    """Sum `value` within `keys`; a sum over a missing figure is missing too, for the reason that one is.

    Columns out: `keys`, value, numerator, status, row (the first row added) and parts (how many were added).
    """
    rows = frame.assign(missing=frame["value"].isna(), reason=frame["status"].where(frame["value"].isna())).groupby(
        list(keys), sort=False, as_index=False
    )
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
