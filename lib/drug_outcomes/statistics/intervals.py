"""Indicators: counts, rates, proportions and means with their confidence intervals.

Methods are those of the Fingertips technical guidance: Wilson for proportions; exact Poisson limits below
ten events and Byar's from ten for crude rates; Student's t for means. A full count is no sample: what it was is
known, and how far chance would carry it is for `changes` and `anomalies`. Functions take numpy
arrays or pandas columns of any length at once. Nothing raises for bad numbers: limits that cannot be had
are NaN, and `add_intervals` says why.
"""

from enum import StrEnum
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
import pandas as pd
import scipy
from numpy.typing import ArrayLike

from drug_outcomes.definitions.vocabulary import Kind
from drug_outcomes.statistics.arrays import Array, Flags, equals, flags, numbers, pick_words, printed_decimals

#: The two levels that Fingertips publishes.
LEVEL_95, LEVEL_998 = 0.95, 0.998
#: From this number of events Byar's approximation replaces the exact limits, and a rate may be standardised.
BYAR_FROM = 10


class Interval(NamedTuple):
    """Lower and upper confidence limits, in the unit of the value."""

    lower: Array
    upper: Array


class Mean(NamedTuple):
    """A mean of k values with its standard deviation and limits."""

    value: Array
    deviation: Array
    lower: Array
    upper: Array


class IntervalMethod(StrEnum):
    """Where an interval comes from, or why there is none (the words that begin with "none")."""

    PUBLISHED = "published"
    WILSON = "Wilson"
    EXACT = "exact Poisson"
    BYAR = "Byar"
    NO_VALUE = "none: no value"
    NO_NUMERATOR = "none: the number of events is not known"
    NO_DENOMINATOR = "none: the denominator is not known"
    NO_PEOPLE = "none: the denominator is zero"
    IMPOSSIBLE = "none: more events than people, or fewer than none"
    DISAGREES = "none: the value is not the numerator over the denominator"
    MODELLED = "none: rests on estimates published without limits"
    FULL_COUNT = "none: a full count, not a sample"
    NOT_COUNTED = "none: published without limits, and not a count, proportion or crude rate"


def normal_quantile(level: float) -> float:
    """Return z of a two-sided level: 1.959964 at 95 %, 3.090232 at 99.8 %."""
    return -NormalDist().inv_cdf((1 - level) / 2)


def ratio(numerator: ArrayLike, denominator: ArrayLike, per: ArrayLike = 1.0) -> Array:
    """Return numerator / denominator x per; NaN where the denominator is missing, zero or negative."""
    below = numbers(denominator)
    return numbers(numerator) / np.where(below > 0, below, np.nan) * numbers(per)


def wilson(numerator: ArrayLike, denominator: ArrayLike, level: float = LEVEL_95, per: ArrayLike = 1.0) -> Interval:
    """Return Wilson score limits of a proportion, multiplied by `per` (100 for a percentage).

    NaN where the denominator is not positive or the numerator is not between nought and it.
    Source: Wilson 1927, doi:10.1080/01621459.1927.10502953; Newcombe and Altman 2000.
    """
    x, n, scale, z = numbers(numerator), numbers(denominator), numbers(per), normal_quantile(level)
    possible = (n > 0) & (x >= 0) & (x <= n)
    n = np.where(possible, n, np.nan)
    centre = 2 * x + z * z
    spread = z * np.sqrt(z * z + 4 * x * np.where(possible, 1 - x / n, np.nan))
    width = 2 * (n + z * z)
    # No events and all events have limits of exactly 0 and 1; rounding must not say 1e-17.
    lower = np.where(x == 0, 0.0, (centre - spread) / width)
    upper = np.where(x == n, 1.0, (centre + spread) / width)
    return Interval(np.where(possible, lower, np.nan) * scale, np.where(possible, upper, np.nan) * scale)


def poisson_limits(events: ArrayLike, level: float = LEVEL_95) -> Interval:
    """Return limits of a count: exact below ten events, Byar's from ten.

    NaN where the count is missing or negative, and where Byar's lower limit falls below nought.
    Sources: Armitage and Berry 2002 (exact); Breslow and Day 1987 (Byar).
    """
    x = numbers(events)
    interval = byar(x, level)
    few = np.asarray((x >= 0) & (x < BYAR_FROM))
    if not few.any():
        return interval
    lower, upper = np.array(interval.lower), np.array(interval.upper)
    exact = exact_poisson(x[few], level)
    lower[few], upper[few] = exact
    return Interval(lower, upper)


def exact_poisson(events: ArrayLike, level: float = LEVEL_95) -> Interval:
    """Return exact Poisson limits of a count by the chi-squared relation; (0, 3.689) for none at 95 %."""
    x, tail = numbers(events), (1 - level) / 2
    # chi2 is slow and counts repeat: it is asked once for each different count.
    different, place = np.unique(np.atleast_1d(x), return_inverse=True)
    lower = np.where(different == 0, 0.0, scipy.stats.chi2.ppf(tail, 2 * different) / 2)
    upper = scipy.stats.chi2.isf(tail, 2 * different + 2) / 2
    return Interval(lower[place].reshape(x.shape), upper[place].reshape(x.shape))


def byar(events: ArrayLike, level: float = LEVEL_95) -> Interval:
    """Return Byar's approximate limits of a count; a lower limit below nought is NaN."""
    x, z = numbers(events), normal_quantile(level)
    x = np.where(x > 0, x, np.nan) if (x <= 0).any() else x
    lower = x * (1 - 1 / (9 * x) - z / (3 * np.sqrt(x))) ** 3
    above = x + 1
    upper = above * (1 - 1 / (9 * above) + z / (3 * np.sqrt(above))) ** 3
    return Interval(np.where(lower < 0, np.nan, lower), upper)


def crude_rate(events: ArrayLike, denominator: ArrayLike, level: float = LEVEL_95, per: ArrayLike = 1.0) -> Interval:
    """Return limits of a crude rate per `per` people; NaN where the denominator is not positive."""
    limits = poisson_limits(events, level)
    return Interval(ratio(limits.lower, denominator, per), ratio(limits.upper, denominator, per))


def mean_limits(values: ArrayLike, level: float = LEVEL_95) -> Mean:
    """Return the mean along the last axis with Student's t limits; missing values are left out.

    Limits are NaN for fewer than two values.
    """
    x = numbers(values)
    held = ~np.isnan(x)
    k = held.sum(axis=-1)
    mean = ratio(np.where(held, x, 0).sum(axis=-1), k)
    squares = np.where(held, (x - np.expand_dims(mean, -1)) ** 2, 0).sum(axis=-1)
    deviation = np.sqrt(ratio(squares, k - 1))
    margin = scipy.stats.t.isf((1 - level) / 2, np.maximum(k - 1, 1)) * deviation / np.sqrt(np.maximum(k, 1))
    return Mean(mean, deviation, mean - margin, mean + margin)


def quantiles(values: ArrayLike, number: int, highest_first: bool = False) -> Array:
    """Return the quantile group (1 to `number`) of each value; ties share the group of their lowest rank.

    Group 1 holds the lowest values, or the highest with `highest_first`. Missing values have no group, and
    with fewer values than groups nothing has one.
    """
    x = numbers(values)
    held = int(np.sum(~np.isnan(x)))
    if held < number:
        return np.full(x.shape, np.nan)
    rank = pd.Series(-x if highest_first else x).rank(method="min").to_numpy()
    group = np.floor((number + 1) - np.ceil((held + 1 - rank) / (held / number)))
    return np.where(group == 0, 1.0, group)


def modelled_without_limits(figures: pd.DataFrame) -> Flags:
    """Return which figures rest on estimates published without limits: their counts give no honest interval.

    `figures` : columns lower, upper and, where any figure is modelled, modelled.
    """
    if "modelled" not in figures:
        return np.zeros(len(figures), dtype=bool)
    return flags(figures["modelled"]) & ~(numbers(figures["lower"]) <= numbers(figures["upper"]))


def add_intervals(figures: pd.DataFrame) -> pd.DataFrame:
    """Add 95 % and 99.8 % limits to figures of any kind, and say where they come from.

    Parameters
    ----------
    figures : columns value, lower, upper (published 95 % limits or NaN), numerator, denominator, kind
        (vocabulary.Kind) and per; modelled where a measure rests on modelled estimates. A count has no
        interval unless one was published.

    Returns
    -------
    The same rows with interval_lower, interval_upper, interval_lower_998, interval_upper_998 in the unit of
    the value, and interval_method, a word of `IntervalMethod`. Published limits win; then the figure's own
    numerator and denominator; else there is no interval and the method says why. Beside published limits
    the 99.8 % ones are ours where the counts are known and agree with them.
    """
    own = _Own.of(figures)
    published = own.valued & (numbers(figures["lower"]) <= numbers(figures["upper"]))
    lower_998, upper_998 = own.limits(LEVEL_998)
    lower, upper = own.limits(LEVEL_95)
    off = own.disagrees(lower_998, upper_998)
    usable = own.computable & ~off
    lower = np.where(published, numbers(figures["lower"]), np.where(usable, lower, np.nan))
    upper = np.where(published, numbers(figures["upper"]), np.where(usable, upper, np.nan))
    wider = usable & ~((lower_998 > lower) | (upper_998 < upper))
    return figures.assign(
        interval_lower=lower,
        interval_upper=upper,
        interval_lower_998=np.where(wider, lower_998, np.nan),
        interval_upper_998=np.where(wider, upper_998, np.nan),
        interval_method=pick_words(list(IntervalMethod), own.method_codes(published, off), figures.index),
    )


class _Own(NamedTuple):
    """What a figure's own numbers allow."""

    value: Array
    numerator: Array
    denominator: Array
    per: Array
    valued: Flags
    full: Flags
    proportion: Flags
    poisson: Flags
    modelled: Flags
    computable: Flags

    @classmethod
    def of(cls, figures: pd.DataFrame) -> "_Own":
        value, numerator, denominator, per = (
            numbers(figures[name]) for name in ("value", "numerator", "denominator", "per")
        )
        count, proportion, poisson = (
            equals(figures["kind"], kind) for kind in (Kind.COUNT, Kind.PROPORTION, Kind.CRUDE_RATE)
        )
        valued = ~np.isnan(value)
        possible = (numerator >= 0) & (denominator > 0) & (per > 0) & (poisson | (numerator <= denominator))
        modelled = modelled_without_limits(figures)
        computable = valued & possible & (poisson | proportion) & ~modelled
        return cls(value, numerator, denominator, per, valued, count, proportion, poisson, modelled, computable)

    def limits(self, level: float) -> Interval:
        """Limits of every row by its own method; each method is computed for its rows alone."""
        lower, upper = np.full(self.value.shape, np.nan), np.full(self.value.shape, np.nan)
        for mine, method in ((self.proportion, wilson), (self.poisson, crude_rate)):
            rows = mine & self.computable
            if rows.any():
                limits = method(self.numerator[rows], self.denominator[rows], level, self.per[rows])
                lower[rows], upper[rows] = limits
        return Interval(lower, upper)

    def disagrees(self, lower: Array, upper: Array) -> Flags:
        """Whether the value is not what its numerator and denominator give, rounding and chance aside.

        A value inside the 99.8 % limits passes, because sources round their counts to the nearest five.
        """
        suspect = self.computable & ((self.value < lower) | (self.value > upper))
        if suspect.any():
            value = self.value[suspect]
            exact = ratio(self.numerator[suspect], self.denominator[suspect], self.per[suspect])
            suspect[suspect] = np.abs(value - exact) > 10.0 ** -printed_decimals(value)
        return suspect

    def method_codes(self, published: Flags, off: Flags) -> Array:
        """Which word of `IntervalMethod` each row has."""
        order = list(IntervalMethod)
        cases = [
            (~self.full & (self.denominator == 0), IntervalMethod.NO_PEOPLE),
            (~self.valued, IntervalMethod.NO_VALUE),
            (published, IntervalMethod.PUBLISHED),
            (self.full, IntervalMethod.FULL_COUNT),
            (self.modelled, IntervalMethod.MODELLED),
            (~(self.proportion | self.poisson), IntervalMethod.NOT_COUNTED),
            (np.isnan(self.numerator), IntervalMethod.NO_NUMERATOR),
            (np.isnan(self.denominator) | np.isnan(self.per), IntervalMethod.NO_DENOMINATOR),
            (~self.computable, IntervalMethod.IMPOSSIBLE),
            (off, IntervalMethod.DISAGREES),
            (self.proportion, IntervalMethod.WILSON),
            (self.numerator < BYAR_FROM, IntervalMethod.EXACT),
        ]
        codes = [order.index(word) for _, word in cases]
        return np.select([case for case, _ in cases], codes, order.index(IntervalMethod.BYAR))
