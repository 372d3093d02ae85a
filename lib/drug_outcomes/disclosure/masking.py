"""Blanking the row of a hidden figure: a column survives only if the table of columns says so."""

from collections.abc import Iterable
from typing import Any

import pandas as pd

from drug_outcomes.definitions.columns import COLUMNS


def masked(figures: pd.DataFrame, hidden: "pd.Series[bool]", *, derived: bool = False) -> pd.DataFrame:
    """Blank the hidden rows: what is left says only which figure it is, and what is published of other areas.

    If `derived`, what is held of the figure itself has been blanked before, and its reason is kept.
    """
    if not hidden.any():
        return figures
    blank = [one for one in map(COLUMNS.get, figures.columns) if one and not one.stays and one.derived >= derived]
    return figures.assign(**{one.name: blanked(figures[one.name], hidden, one.hidden_as) for one in blank})


def blanked(column: pd.Series, where: pd.Series, word: str = "") -> pd.Series:
    """Replace the marked cells by `word` in text, by missing in anything else."""
    if not where.any():
        return column
    if isinstance(column.dtype, pd.StringDtype):
        return column.mask(where, word)
    if pd.api.types.is_bool_dtype(column):
        return column.astype("boolean").mask(where, pd.NA)
    if pd.api.types.is_integer_dtype(column):
        return column.astype("Int64").mask(where, pd.NA)
    nothing: Any = None if column.dtype == object else pd.NA
    return column.mask(where, nothing)


def joined(table: pd.DataFrame, names: Iterable[str]) -> pd.Series:
    """Join columns into one text per row, to look rows up by several columns at once."""
    parts = [table[name].astype("str").fillna("").to_list() for name in names]
    return pd.Series(map("\x1f".join, zip(*parts, strict=True)), table.index, dtype="str")
