"""Columns as the statistics need them: numbers as floats, numbers as printed, words by the million."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from drug_outcomes.definitions.vocabulary import Polarity

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]

#: More decimals than this are not looked for in a value as published.
_MOST_DECIMALS = 6
#: More decimals than these are a computer's, not a publisher's, and are not shown.
MOST_SHOWN = 2


def numbers(column: ArrayLike) -> Array:
    """Return a column as floats, missing as NaN."""
    if isinstance(column, pd.Series):
        return column.to_numpy(dtype=float, na_value=np.nan)
    return np.asarray(column, dtype=float)


def flags(column: ArrayLike) -> Flags:
    """Return a column as true or false, missing as false."""
    return pd.Series(column).astype("boolean").to_numpy(dtype=bool, na_value=False)


def equals(column: pd.Series, word: str) -> Flags:
    """Return where a text column holds `word`; a missing word is no word."""
    return (column == word).to_numpy(dtype=bool, na_value=False)


def pick_words(choices: Sequence[str], codes: ArrayLike, index: pd.Index) -> pd.Series:
    """Return a text column whose rows are `choices[code]`: millions of rows share a handful of words."""
    return pd.Series(
        pd.array([str(word) for word in choices], dtype="str").take(np.asarray(codes, dtype=np.intp)), index=index
    )


def printed_decimals(values: ArrayLike) -> Array:
    """Return how many decimals it takes to write each value, at most six; NaN for missing values."""
    x = numbers(values)
    decimals = np.where(np.isnan(x), np.nan, float(_MOST_DECIMALS))
    for digits in reversed(range(_MOST_DECIMALS)):
        scaled = x * 10.0**digits
        whole = np.abs(scaled - np.round(scaled)) < 1e-7 * np.maximum(1, np.abs(scaled))
        decimals = np.where(whole, digits, decimals)
    return decimals


def proven_decimals(values: ArrayLike, texts: "pd.Series[str] | None" = None) -> Array:
    """Return how many decimals the publisher gave each value; 0 where the print proves none, NaN for missing values.

    `texts` are the cells as published. A trailing .0 proves nothing: spreadsheets write 51 as 51.0. Text that is not
    the value itself, a count behind a rate, is no print of it, and then its own digits count.
    """
    told = _decimals_of(values, texts)
    return np.where(np.isnan(told), printed_decimals(values), told)


def shown_decimals(values: ArrayLike, texts: "pd.Series[str] | None", usual: ArrayLike) -> Array:
    """Return how many decimals pages print: those published where there are one or two, else the `usual` ones."""
    told = _decimals_of(values, texts)
    return np.where((told > 0) & (told <= MOST_SHOWN), told, numbers(usual))


def _decimals_of(values: ArrayLike, texts: "pd.Series[str] | None") -> Array:
    """Return how many decimals the text of each value has, 0 where all are noughts; NaN where it is not its text."""
    x = numbers(values)
    if texts is None:
        return np.full(x.shape, np.nan)
    parts = texts.astype("str").str.replace(",", "").str.extract(r"^\s*(-?\d+)(?:\.(\d+))?\s*%?\s*$")
    after = parts[1].fillna("")
    told = numbers(pd.to_numeric(parts[0] + "." + parts[1].fillna("0")))
    return np.where(told == x, numbers(after.where(after.str.strip("0") != "", "").str.len()), np.nan)


def settled_decimals(proven: ArrayLike, beside: ArrayLike, usual: ArrayLike) -> Array:
    """Return the decimals that values are known to: those proven, or for a whole number those of what stands beside it.

    More than the measure's `usual` ones are not assumed: files write 85.0 as 85.
    """
    own = numbers(proven)
    return np.where(own > 0, own, np.fmin(np.nan_to_num(numbers(beside)), np.nan_to_num(numbers(usual))))


def printed(values: ArrayLike, decimals: ArrayLike) -> Array:
    """Return values as they are printed: rounded half up, as publishers and spreadsheets do."""
    x, unit = numbers(values), 10.0 ** numbers(decimals)
    # 0.285 is stored as 0.28499...; a hair upwards makes it round as written.
    return np.asarray(np.sign(x) * np.floor(np.abs(x) * unit + 0.5 + 1e-9) / unit)


def improvement_direction(polarity: pd.Series, agreed: ArrayLike = True) -> Array:
    """Return +1 where higher is better, -1 where lower is, 0 where nobody has agreed that either is."""
    high, low = equals(polarity, Polarity.HIGH_IS_GOOD), equals(polarity, Polarity.LOW_IS_GOOD)
    return (high.astype(float) - low) * flags(np.broadcast_to(np.asarray(agreed), high.shape))


def precision(values: ArrayLike, decimals: ArrayLike) -> Array:
    """Return the decimals a value is known to: the measure's own, or more where the value shows more.

    Fewer are not assumed: files write 85.0 as 85.
    """
    return np.fmax(printed_decimals(values), numbers(decimals))


def optional(figures: pd.DataFrame, column: str) -> Array:
    """Return a column of numbers that the frame may lack; NaN where it does."""
    return numbers(figures[column]) if column in figures else np.full(len(figures), np.nan)
