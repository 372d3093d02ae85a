"""The sign of a figure against a benchmark, by the methods Fingertips uses: -1 below, 0 similar, +1 above.

NaN is not compared. Nothing here knows better from worse; `comparisons` adds polarity and words.
"""

import numpy as np
from numpy.typing import ArrayLike

from drug_outcomes.statistics.arrays import Array, numbers, precision
from drug_outcomes.statistics.intervals import Interval


def against_value(value: ArrayLike, lower: ArrayLike, upper: ArrayLike, benchmark: ArrayLike) -> Array:
    """Return -1, 0, +1: the interval lies below the benchmark, contains it (limits included), lies above.

    NaN where any of the four is missing.
    """
    low, high, fixed = numbers(lower), numbers(upper), numbers(benchmark)
    missing = np.isnan(numbers(value)) | np.isnan(low) | np.isnan(high) | np.isnan(fixed)
    return np.where(missing, np.nan, (low > fixed).astype(float) - (high < fixed))


def against_interval(
    value: ArrayLike,
    lower: ArrayLike,
    upper: ArrayLike,
    benchmark: ArrayLike,
    benchmark_lower: ArrayLike,
    benchmark_upper: ArrayLike,
) -> Array:
    """Return -1, 0, +1 by whether two intervals overlap; conservative, for Fingertips' own field only.

    Source of the warning: Schenker and Gentleman 2001, doi:10.1198/000313001317097960.
    """
    low, high, other_low, other_high = (numbers(part) for part in (lower, upper, benchmark_lower, benchmark_upper))
    parts = (numbers(value), low, high, numbers(benchmark), other_low, other_high)
    missing = np.any([np.isnan(part) for part in parts], axis=0)
    return np.where(missing, np.nan, (low > other_high).astype(float) - (high < other_low))


def quantile_group(value: ArrayLike, values: ArrayLike, number: int, highest_first: bool = False) -> Array:
    """Return which of `number` groups of `values` each value falls in, by interpolated bounds.

    NaN where there are fewer values than groups, or the value is missing.
    """
    held = numbers(values)
    held, x = held[~np.isnan(held)], numbers(value)
    if held.size < number:
        return np.full(x.shape, np.nan)
    edges = np.quantile(held, np.arange(1, number) / number)
    group = np.searchsorted(edges, x, side="left") + 1.0
    return np.where(np.isnan(x), np.nan, number + 1 - group if highest_first else group)


def as_printed(
    value: ArrayLike,
    decimals: ArrayLike,
    benchmark: ArrayLike,
    benchmark_decimals: ArrayLike,
    lowest: ArrayLike = np.nan,
    highest: ArrayLike = np.nan,
    benchmark_lowest: ArrayLike = np.nan,
    benchmark_highest: ArrayLike = np.nan,
) -> Array:
    """Return the sign that two printed figures show for certain; 0 where rounding leaves it open.

    A printed value stands for half a unit either side; a suppressed one for what it may be, `lowest` to
    `highest` ("<5": 1 to 4). NaN where either has neither, or both are suppressed.
    """
    mine = _printed_interval(value, decimals, lowest, highest)
    other = _printed_interval(benchmark, benchmark_decimals, benchmark_lowest, benchmark_highest)
    hidden = np.isnan(numbers(value)) & np.isnan(numbers(benchmark))
    # Half a unit is not exact in binary: touching intervals must touch.
    above, below = mine.lower - other.upper > 1e-9, other.lower - mine.upper > 1e-9
    missing = hidden | np.isnan(mine.lower + mine.upper + other.lower + other.upper)
    return np.where(missing, np.nan, above.astype(float) - below)


def _printed_interval(value: ArrayLike, decimals: ArrayLike, lowest: ArrayLike, highest: ArrayLike) -> Interval:
    x = numbers(value)
    half = 10.0 ** -precision(x, decimals) / 2
    return Interval(np.where(np.isnan(x), numbers(lowest), x - half), np.where(np.isnan(x), numbers(highest), x + half))
