"""What can be said of a rounded value when only a bound on its denominator is known.

A value printed as 7.1 % without its denominator has no interval. But its interval narrows as the number of
people grows, so there is a number from which on it excludes the benchmark. Where another measure says how
many people there were, that number decides; elsewhere the page can still say what it would take. A printed
value may have been rounded or cut off, so it stands for a range of values, and a verdict is firm only when
it holds for all of them.
"""

from enum import StrEnum
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from drug_outcomes.definitions.vocabulary import Kind
from drug_outcomes.statistics.arrays import Array, Flags, numbers, precision
from drug_outcomes.statistics.intervals import LEVEL_95, Interval, crude_rate, normal_quantile

#: No measure here counts more people than this; beyond it no number of people is given.
_MOST_PEOPLE = 1e12
#: Halving the logarithm so often finds the number to the last digit up to a thousand million.
_HALVINGS = 48


class Bound(StrEnum):
    """How a number of people known from elsewhere stands to the denominator that is not known."""

    EQUAL = "equal"  # the same people over the same months
    AT_LEAST = "at_least"  # the denominator is no smaller
    AT_MOST = "at_most"  # a wider group, of which the denominator is a part


class PeopleNeeded(NamedTuple):
    """From which number of people on the 95 % interval excludes the benchmark.

    `possible`: below it the interval contains the benchmark, however the value was rounded.
    `certain`: from it on the interval excludes it, however the value was rounded; infinite where the
    printed value covers the benchmark.
    """

    possible: Array
    certain: Array


def printed_range(value: ArrayLike, decimals: ArrayLike) -> Interval:
    """Return the values that a printed one may stand for, whether it was rounded or cut off.

    7.1 stands for 7.05 to 7.15 when rounded and for 7.1 to 7.2 when cut off.
    """
    x, unit = numbers(value), 10.0 ** -numbers(decimals)
    return Interval(np.where(x >= 0, np.maximum(x - unit / 2, 0), x - unit / 2), x + unit)


def people_needed(
    value: ArrayLike,
    benchmark: ArrayLike,
    kind: ArrayLike,
    per: ArrayLike,
    decimals: ArrayLike,
    level: float = LEVEL_95,
    benchmark_decimals: ArrayLike = np.inf,
) -> PeopleNeeded:
    """Return the number of people from which on a value's interval excludes the benchmark.

    Parameters
    ----------
    value, benchmark : as printed, in units of `per`.
    kind : Kind.PROPORTION (Wilson limits) or Kind.CRUDE_RATE (exact Poisson or Byar's limits).
    per : 100 for percentages, 1000 for a rate per 1,000.
    decimals, benchmark_decimals : of the printed value, and of the benchmark; an infinite number of them makes it a
        fixed value.
    """
    x, target, scale = (np.atleast_1d(numbers(part)) for part in (value, benchmark, per))
    proportion = np.broadcast_to(np.asarray(kind) == Kind.PROPORTION, x.shape)
    most = np.where(proportion, scale, np.inf)
    room = 10.0 ** -numbers(benchmark_decimals) / 2
    # No events at all are a benchmark of exactly nought.
    fixed = [np.maximum(target - room, np.minimum(target, 0)), np.minimum(target + room, most)]
    ends = printed_range(x, precision(x, decimals))
    top = np.minimum(ends.upper, most)
    at_ends = [
        np.where(
            proportion, _wilson_people(end, other, scale, level), _poisson_people(end, other, scale, level, ~proportion)
        )
        for end in (ends.lower, top)
        for other in fixed
    ]
    # 5.6 less half a unit is 5.55 to fifteen digits only.
    covers = (ends.lower <= fixed[1] + 1e-9) & (fixed[0] <= top + 1e-9)
    return PeopleNeeded(np.min(at_ends, axis=0), np.where(covers, np.inf, np.max(at_ends, axis=0)))


def _wilson_people(value: Array, benchmark: Array, per: Array, level: float) -> Array:
    """Wilson limits exclude P when n (p - P)^2 exceeds z^2 P (1 - P), so the number has a closed form."""
    p, fixed, z = value / per, benchmark / per, normal_quantile(level)
    gap = np.where(p == fixed, np.nan, p - fixed)
    people = np.floor(z * z * fixed * (1 - fixed) / gap**2) + 1
    return np.where(p == fixed, np.inf, np.where((fixed >= 0) & (fixed <= 1), people, np.nan))


def _poisson_people(value: Array, benchmark: Array, per: Array, level: float, wanted: Flags) -> Array:
    """Poisson limits have none: the number is found by halving its logarithm."""
    people = np.full(value.shape, np.nan)
    rate, fixed, scale = value[wanted], benchmark[wanted], per[wanted]
    low, high = np.zeros(rate.shape), np.full(rate.shape, np.log(_MOST_PEOPLE))
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        excluded = _excludes(rate, fixed, np.exp(middle), scale, level)
        low, high = np.where(excluded, low, middle), np.where(excluded, middle, high)
    found = _excludes(rate, fixed, np.full(rate.shape, _MOST_PEOPLE), scale, level)
    unknown = np.isnan(rate) | np.isnan(fixed) | np.isnan(scale)
    people[wanted] = np.where(unknown, np.nan, np.where(found, np.ceil(np.exp(high) - 1e-9), np.inf))
    return people


def _excludes(rate: Array, fixed: Array, people: Array, per: Array, level: float) -> Flags:
    limits = crude_rate(rate * people / per, people, level, per)
    return np.asarray((limits.lower > fixed) | (limits.upper < fixed))


def decide(
    value: ArrayLike, benchmark: ArrayLike, bound: ArrayLike, bound_kind: ArrayLike, needed: PeopleNeeded
) -> Array:
    """Return the sign against the benchmark (-1, 0, +1) that a bound makes firm, else NaN.

    Different: there were at least as many people as make it certain (the bound is equal or a lower one).
    Similar: there were fewer than make it possible (the bound is equal or an upper one).
    """
    people, held = numbers(bound), np.asarray(bound_kind, dtype=object)
    side = np.sign(numbers(value) - numbers(benchmark))
    different = (held != Bound.AT_MOST) & (people >= needed.certain)
    similar = (held != Bound.AT_LEAST) & (people < needed.possible)
    return np.where(different, side, np.where(similar, 0.0, np.nan))


def add_denominator_bound(figures: pd.DataFrame, siblings: pd.DataFrame) -> pd.DataFrame:
    """Add the number of people that a sibling measure counted over the very same months.

    Parameters
    ----------
    figures : columns area, period_start, period_end and denominator_from (the sibling's id, "" for none).
    siblings : columns measure, area, breakdown, period_start, period_end, period_label, value.

    Returns
    -------
    The same rows with denominator_bound (NaN where there is none) and denominator_bound_note: which figure
    it is, or that the sibling is held for other periods only and so was refused.
    """
    headline = siblings[(siblings["breakdown"] == "") & siblings["value"].notna()]
    held = headline.rename(columns={"measure": "denominator_from"}).sort_values("period_end", kind="stable")
    same = held.drop_duplicates(["denominator_from", "area", "period_start", "period_end"], keep="last")
    keys = ["denominator_from", "area"]
    left = figures[[*keys, "period_start", "period_end"]]
    found = left.merge(same, on=list(left.columns), how="left").set_index(figures.index)
    other = left.merge(held.drop_duplicates(keys, keep="last"), on=keys, how="left").set_index(figures.index)
    refused = found["value"].isna() & other["value"].notna()
    note = (found["denominator_from"] + " of " + found["period_label"]).where(found["value"].notna(), "")
    refusal = left["denominator_from"] + " is held for " + other["period_label"] + ", another period"
    return figures.assign(denominator_bound=found["value"], denominator_bound_note=note.mask(refused, refusal))
