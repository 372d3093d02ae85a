"""Whether two figures of non-overlapping periods differ: exact tests for counts, rates and proportions.

Two intervals that overlap may still differ, so overlap is used only where nothing but intervals is known
(Schenker and Gentleman 2001, doi:10.1198/000313001317097960), as Fingertips does.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import stats

from drug_outcomes.definitions.vocabulary import Kind
from drug_outcomes.statistics.arrays import Array, Flags, equals, numbers, pick_words
from drug_outcomes.statistics.benchmarks import against_interval
from drug_outcomes.statistics.intervals import LEVEL_95, modelled_without_limits, ratio, wilson
from drug_outcomes.statistics.recent_trends import Marker
from drug_outcomes.statistics.series import Points

#: Below this many expected in any cell of the two-by-two table Fisher's exact test replaces the interval.
_FISHER_BELOW = 5
#: As R does: probabilities this close count as equal.
_EQUAL = 1 + 1e-7
_SIGNIFICANCE = 0.05
_CHANGES = [Marker.CANNOT, Marker.DECREASING, Marker.NO_CHANGE, Marker.INCREASING]


class RateChange(NamedTuple):
    """Latest rate over the earlier one with exact limits, and the exact conditional two-sided p."""

    p: Array
    ratio: Array
    lower: Array
    upper: Array


class ProportionChange(NamedTuple):
    """Difference of two proportions with Newcombe's limits, and the p of chi-squared and Fisher's tests.

    `fisher` is computed where an expected count falls below five, or everywhere on request; else NaN.
    """

    difference: Array
    lower: Array
    upper: Array
    chi_squared: Array
    p: Array
    fisher: Array


def rate_change(
    events: ArrayLike,
    exposure: ArrayLike,
    earlier_events: ArrayLike,
    earlier_exposure: ArrayLike,
    level: float = LEVEL_95,
) -> RateChange:
    """Test two counts or rates by the exact conditional Poisson test.

    Given their sum, the latest events are binomial; exposures are people, or 1 and 1 for counts of equal
    periods. Two-sided p sums what is no likelier than the observed, as R's poisson.test does. NaN for
    missing or negative counts and exposures that are not positive; 1 where nothing happened in either.
    """
    new, new_base, old, old_base = np.broadcast_arrays(
        *(np.atleast_1d(numbers(part)) for part in (events, exposure, earlier_events, earlier_exposure))
    )
    possible = (new >= 0) & (old >= 0) & (new_base > 0) & (old_base > 0)
    new, old = np.where(possible, np.round(new), np.nan), np.where(possible, np.round(old), np.nan)
    total, share, tail = new + old, ratio(new_base, new_base + old_base), (1 - level) / 2
    lower = np.where(new == 0, 0.0, stats.beta.ppf(tail, np.maximum(new, 1), old + 1))
    upper = np.where(old == 0, 1.0, stats.beta.isf(tail, new + 1, np.maximum(old, 1)))
    scale = ratio(old_base, new_base)
    with np.errstate(divide="ignore", invalid="ignore"):
        odds = [part / (1 - part) * scale for part in (new / total, lower, upper)]
    return RateChange(_two_sided_binomial(new, total, share), *odds)


def _two_sided_binomial(successes: Array, trials: Array, share: Array) -> Array:
    """Sum the probabilities no larger than the observed; the far tail is found by halving."""
    law = stats.binom(trials, share)
    mean, most = trials * share, law.pmf(successes) * _EQUAL
    below = successes < mean
    # The far tail runs from `edge` outwards, where probabilities fall steadily.
    near = np.where(below, np.ceil(mean), np.floor(mean))
    far = np.where(below, trials + 1, -1.0)
    for _ in range(int(np.log2(np.nanmax(trials, initial=1.0))) + 2):
        middle = np.where(below, np.floor((near + far) / 2), np.ceil((near + far) / 2))
        small = law.pmf(middle) <= most
        near, far = np.where(small, near, middle), np.where(small, middle, far)
    edge = np.where(law.pmf(near) <= most, near, far)
    p = np.where(below, law.cdf(successes) + law.sf(edge - 1), law.sf(successes - 1) + law.cdf(edge))
    return np.where(np.isnan(successes), np.nan, np.where(successes == mean, 1.0, np.minimum(p, 1.0)))


def proportion_change(
    events: ArrayLike,
    people: ArrayLike,
    earlier_events: ArrayLike,
    earlier_people: ArrayLike,
    level: float = LEVEL_95,
    *,
    always_fisher: bool = False,
) -> ProportionChange:
    """Test two proportions: Newcombe's method 10 for the difference, chi-squared, Fisher's where small.

    NaN where a proportion cannot be formed. Chi-squared is without continuity correction; it is 0 with p 1
    where both proportions are 0 or both are 1.
    """
    new, n, old, m = np.broadcast_arrays(
        *(np.atleast_1d(numbers(part)) for part in (events, people, earlier_events, earlier_people))
    )
    possible = (new >= 0) & (old >= 0) & (new <= n) & (old <= m) & (n > 0) & (m > 0)
    new, n, old, m = (np.where(possible, part, np.nan) for part in (new, n, old, m))
    p, q = new / n, old / m
    first, second = wilson(new, n, level), wilson(old, m, level)
    lower = (p - q) - np.hypot(p - first.lower, second.upper - q)
    upper = (p - q) + np.hypot(first.upper - p, q - second.lower)
    pooled = (new + old) / (n + m)
    variance = pooled * (1 - pooled) * (1 / n + 1 / m)
    chi_squared = np.where(variance == 0, 0.0, (p - q) ** 2 / np.where(variance == 0, 1, variance))
    smallest = np.minimum(n, m) * np.minimum(pooled, 1 - pooled)
    wanted = possible & (always_fisher | (smallest < _FISHER_BELOW))
    return ProportionChange(
        p - q, lower, upper, chi_squared, stats.chi2.sf(chi_squared, 1), _fisher(new, n, old, m, wanted)
    )


def _fisher(new: Array, n: Array, old: Array, m: Array, wanted: Flags) -> Array:
    p = np.full(new.shape, np.nan)
    tables = np.round(np.stack([new, n - new, old, m - old], axis=-1)[wanted])
    # scipy tests one table at a time; few rows are small enough to need it.
    p[wanted] = [stats.fisher_exact(table.reshape(2, 2)).pvalue for table in tables]
    return p


def add_two_period(series: pd.DataFrame) -> pd.DataFrame:
    """Add whether each point differs from the comparable one before: the same months, no overlap.

    For a month or quarter that is the same one a year earlier, for a year the year before, for a rolling
    year the window that ends twelve months earlier, for pooled years the pool before.

    Parameters
    ----------
    series : as for `trends.add_direction`, with numerator, denominator and the columns of
        `indicators.add_intervals`.

    Returns
    -------
    The same rows with comparable_value, comparable_period_label, two_period (increasing, decreasing,
    no_significant_change, cannot_be_calculated at 95 %) and two_period_note. Counts and rates: exact
    conditional Poisson test; proportions: Newcombe's interval, or Fisher's test where fewer than five are
    expected; figures with nothing but intervals: whether these overlap.
    """
    points = Points.of(series)
    before = points.at(points.comparable_end())
    frame = series.assign(**{f"earlier_{name}": before[name] for name in before.columns})
    differs, how = _differences(frame)
    side = np.sign(numbers(frame["value"]) - numbers(frame["earlier_value"]))
    sign = np.where(np.isnan(differs), np.nan, side * differs)
    return series.assign(
        comparable_value=before["value"],
        comparable_period_label=before["period_label"],
        two_period=pick_words(_CHANGES, np.where(np.isnan(sign), 0, sign + 2), series.index),
        two_period_note=_two_period_notes(before, how),
    )


_HOW = [
    "",
    "exact Poisson test",
    "Newcombe's interval of the difference",
    "Fisher's exact test",
    "overlap of intervals",
]


def _differences(frame: pd.DataFrame) -> tuple[Array, Array]:
    """Return 1 or 0 for different or not, NaN for not tested, and which of `_HOW` was used."""
    kind, held = frame["kind"], ~frame[["value", "earlier_value"]].isna().any(axis=1).to_numpy()
    events = ~frame[["numerator", "earlier_numerator"]].isna().any(axis=1).to_numpy() & held
    events &= ~modelled_without_limits(frame)
    people = events & ~frame[["denominator", "earlier_denominator"]].isna().any(axis=1).to_numpy()
    counts = equals(kind, Kind.COUNT) & events
    rates, proportions = (equals(kind, word) & people for word in (Kind.CRUDE_RATE, Kind.PROPORTION))
    differs, how = _by_overlap(frame, held)
    for rows, test in ((counts, _count_test), (rates, _rate_test), (proportions, _proportion_test)):
        if rows.any():
            differs[rows], how[rows] = test(frame[rows])
    return differs, how


def _by_overlap(frame: pd.DataFrame, held: Flags) -> tuple[Array, Array]:
    ends = (
        frame[f"{when}{name}"]
        for when in ("", "earlier_")
        for name in ("value", "interval_lower", "interval_upper")
    )
    sign = np.where(held, against_interval(*ends), np.nan)
    return np.abs(sign), np.where(np.isnan(sign), 0, 4)


def _count_test(rows: pd.DataFrame) -> tuple[Array, Array]:
    p = rate_change(rows["numerator"], 1.0, rows["earlier_numerator"], 1.0).p
    return _below(p), np.ones(len(rows))


def _rate_test(rows: pd.DataFrame) -> tuple[Array, Array]:
    now, then = (
        (rows["numerator"], rows["denominator"]),
        (rows["earlier_numerator"], rows["earlier_denominator"]),
    )
    return _below(rate_change(*now, *then).p), np.ones(len(rows))


def _proportion_test(rows: pd.DataFrame) -> tuple[Array, Array]:
    now, then = (
        (rows["numerator"], rows["denominator"]),
        (rows["earlier_numerator"], rows["earlier_denominator"]),
    )
    change = proportion_change(*now, *then)
    small = ~np.isnan(change.fisher)
    apart = np.where(np.isnan(change.lower), np.nan, (change.lower > 0) | (change.upper < 0))
    return np.where(small, _below(change.fisher), apart), np.where(small, 3, 2)


def _below(p: Array) -> Array:
    return np.where(np.isnan(p), np.nan, (p < _SIGNIFICANCE).astype(float))


def _two_period_notes(before: pd.DataFrame, how: Array) -> pd.Series:
    label = before["period_label"]
    tested = "against " + label + ": " + pick_words(_HOW, how, before.index)
    lacking = "the figures of " + label + " allow no test"
    none = "no earlier period of the same months is held that does not overlap"
    return tested.where(how > 0, lacking.where(label != "", none))
