"""Funnels: how far chance alone carries figures of areas of different size from their average.

The approach of Spiegelhalter as in the Fingertips technical guidance: a point outside the 95 % or 99.8 %
limits differs from the average more than its own size explains. Authorities differ by more than chance everywhere,
so among ten or more the limits are widened by as much as the middle ones spread: the factor of Spiegelhalter 2005,
doi:10.1136/qshc.2005.013466.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd
import scipy
from numpy.typing import ArrayLike

from drug_outcomes.definitions.vocabulary import Kind
from drug_outcomes.statistics.arrays import Array, equals, numbers
from drug_outcomes.statistics.benchmarks import against_value
from drug_outcomes.statistics.intervals import (
    BYAR_FROM,
    LEVEL_95,
    LEVEL_998,
    Interval,
    crude_rate,
    normal_quantile,
    ratio,
)

_LEVELS = (LEVEL_95, LEVEL_998)


class RatioLines(NamedTuple):
    """Lower and upper line of a ratio funnel: expected events, (observed - expected) / expected, 100 x ratio."""

    expected: Interval
    excess: Interval
    ratio: Interval


def proportion_limits(average: ArrayLike, denominator: ArrayLike, level: float = LEVEL_95) -> Interval:
    """Return the proportions whose own Wilson interval just touches the average; they may pass 0 and 1."""
    p, n = numbers(average), numbers(denominator)
    spread = normal_quantile(level) * np.sqrt(p * (1 - p) / np.where(n > 0, n, np.nan))
    return Interval(p - spread, p + spread)


def ratio_lines(observed: ArrayLike, level: float = LEVEL_95) -> RatioLines:
    """Return the lines of a funnel of observed over expected events, at given observed events.

    The lower line is where so few events were still expected by chance, the upper where so many were.
    """
    o, tail = numbers(observed), (1 - level) / 2
    below = scipy.stats.chi2.isf(tail, 2 * o + 2) / 2
    above = np.where(o > 0, scipy.stats.chi2.ppf(tail, 2 * np.where(o > 0, o, 1)) / 2, 0.0)
    excess = (ratio(o - expected, expected) for expected in (below, above))
    shown = (ratio(o, expected, 100) for expected in (below, above))
    return RatioLines(Interval(below, above), Interval(*excess), Interval(*shown))


def proportion_control_limits(
    benchmark: ArrayLike, denominator: ArrayLike, per: ArrayLike = 1.0, z: float | None = None
) -> Interval:
    """Return score limits round a benchmark proportion for areas of a size (SPC for proportions).

    `z` is 1.959964 unless given; NaN where the denominator is not positive.
    """
    z = normal_quantile(LEVEL_95) if z is None else z
    scale, people = numbers(per), numbers(denominator)
    n = np.where(people > 0, people, np.nan)
    expected = n * numbers(benchmark) / scale
    spread = z * np.sqrt(z * z + 4 * expected * (1 - expected / n))
    low, high = ((2 * expected + z * z + side * spread) / (2 * (n + z * z)) * scale for side in (-1, 1))
    return Interval(low, high)


def rate_control_limits(
    benchmark: ArrayLike, denominator: ArrayLike, per: ArrayLike = 1.0, level: float = LEVEL_95
) -> Interval:
    """Return exact Poisson limits round a benchmark rate for areas of a size (SPC for rates).

    The expected events need not be whole. NaN where the denominator is not positive.
    """
    people, tail = numbers(denominator), (1 - level) / 2
    unit = numbers(per) / np.where(people > 0, people, np.nan)
    expected = numbers(benchmark) / unit
    low = np.where(expected > 0, scipy.stats.chi2.ppf(tail, 2 * np.where(expected > 0, expected, np.nan)) / 2, expected)
    return Interval(low * unit, scipy.stats.chi2.isf(tail, 2 * expected + 2) / 2 * unit)


def outside(value: ArrayLike, limits: Interval) -> Array:
    """Return -1 below the limits, 0 within (limits included), +1 above; NaN where anything is missing."""
    x = numbers(value)
    missing = np.isnan(x) | np.isnan(limits.lower) | np.isnan(limits.upper)
    return np.where(missing, np.nan, (x > limits.upper).astype(float) - (x < limits.lower))


def pooled(numerator: ArrayLike, denominator: ArrayLike) -> float:
    """Return the average of many areas: all events over all people; areas that lack either are left out."""
    x, n = numbers(numerator), numbers(denominator)
    held = (x >= 0) & (n > 0)
    return float(x[held].sum() / n[held].sum()) if held.any() else float("nan")


def proportion_significance(numerator: ArrayLike, denominator: ArrayLike) -> Array:
    """Return where each area's proportion stands in the funnel of all: -2, -1, 0, +1, +2.

    Two is outside the 99.8 % limits, one outside the 95 % limits; NaN where an area has no proportion.
    """
    average, value = pooled(numerator, denominator), ratio(numerator, denominator)
    return two_levels(*(outside(value, proportion_limits(average, denominator, level)) for level in _LEVELS))


def ratio_significance(observed: ArrayLike, expected: ArrayLike, average: float = 1.0) -> Array:
    """Return the same for observed over expected events, by exact or Byar's limits of the observed."""
    value = ratio(observed, expected)
    signs = (against_value(value, *crude_rate(observed, expected, level), average) for level in _LEVELS)
    return two_levels(*signs)


def rate_significance(
    events: ArrayLike, rate: ArrayLike, per: float, population: ArrayLike, *, standardised: bool
) -> Array:
    """Return the same for rates, whose denominators are what events and rate imply.

    A standardised rate stands for nobody where nothing happened, and has no place below ten events; a crude
    rate of nought takes the population.
    """
    x = numbers(events)
    without = np.nan if standardised else numbers(population)
    people = np.where(x == 0, without, ratio(x, rate, per))
    average = np.nansum(x) / np.nansum(people)
    signs = ratio_significance(x, people, average)
    return np.where(x < BYAR_FROM, np.nan, signs) if standardised else signs


def two_levels(at_95: ArrayLike, at_998: ArrayLike) -> Array:
    """Return one sign from two levels: +2 and -2 where even the 99.8 % limits are passed."""
    first, second = numbers(at_95), numbers(at_998)
    return np.where(np.abs(second) == 1, 2 * second, first)


#: Fewer areas show no dispersion, and make no funnel worth reading.
FEWEST_AREAS = 10
#: Of so many areas at either end only the place counts, and what is left of a normal law's variance then.
_CUT, _CUT_VARIANCE = 0.1, 0.6787


def dispersion(events: ArrayLike, people: ArrayLike, proportion: ArrayLike) -> float:
    """Return how many times as much areas vary round their average as chance lets them, at least 1.

    Taken from the middle of the areas: the tenth farthest out on either side count as the last of the others, so
    that the few which truly differ do not widen the limits. NaN below ten areas.
    """
    x, n = numbers(events), numbers(people)
    held = (x >= 0) & (n > 0)
    if held.sum() < FEWEST_AREAS:
        return float("nan")
    average = pooled(x, n)
    share = np.where(np.broadcast_to(proportion, x.shape), 1 - average, 1.0)[held]
    if average <= 0 or (share <= 0).any():
        return 1.0
    score = (x[held] - n[held] * average) / np.sqrt(n[held] * average * share)
    near = np.clip(score, *np.quantile(score, (_CUT, 1 - _CUT)))
    return max(1.0, float(np.mean(near**2)) / _CUT_VARIANCE)


def add_funnel(figures: pd.DataFrame) -> pd.DataFrame:
    """Add where each area stands in the funnel of all areas of the frame, for one measure and period.

    Parameters
    ----------
    figures : one row per area; columns kind, value, numerator, denominator, per. Counts and means have no
        funnel; a standardised rate has one from ten events, with the denominator that its rate implies.

    Returns
    -------
    The same rows with funnel_average (in the unit of the value), funnel_lower, funnel_upper,
    funnel_lower_998, funnel_upper_998 and funnel_sign (-1, 0, +1 at 95 %; -2, +2 at 99.8 %; NaN where
    there is no funnel), and funnel_dispersion, the factor by which the limits allow for more than chance; below ten
    areas, which do not show one, it is NaN, and limits and sign are those of chance alone.
    """
    kind, per, events = figures["kind"], numbers(figures["per"]), numbers(figures["numerator"])
    proportion, standardised = equals(kind, Kind.PROPORTION), equals(kind, Kind.STANDARDISED_RATE)
    funnelled = proportion | equals(kind, Kind.CRUDE_RATE) | (standardised & (events >= BYAR_FROM))
    implied = ratio(events, figures["value"], per)
    people = np.where(standardised, implied, numbers(figures["denominator"]))
    people = np.where(funnelled & (people > 0), people, np.nan)
    average = np.where(np.isnan(people), np.nan, pooled(events, people)) * per
    factor = dispersion(events, people, proportion)
    columns, signs = ({"funnel_average": average, "funnel_dispersion": np.where(np.isnan(people), np.nan, factor)}, [])
    many = people / np.nan_to_num(factor, nan=1.0)
    for level, name in zip(_LEVELS, ("", "_998"), strict=True):
        straight = proportion_limits(average / per, many, level)
        curved = rate_control_limits(average, many, per, level)
        limits = Interval(
            np.where(proportion, np.maximum(straight.lower, 0) * per, curved.lower),
            np.where(proportion, np.minimum(straight.upper, 1) * per, curved.upper),
        )
        columns |= {f"funnel_lower{name}": limits.lower, f"funnel_upper{name}": limits.upper}
        signs.append(outside(ratio(events, people, per), limits))
    return figures.assign(**columns, funnel_sign=two_levels(*signs))


class Standing(NamedTuple):
    """Where one area stands in a funnel: sign as `add_funnel` has it, how many areas, their average, the widening."""

    sign: int
    areas: int
    average: float
    dispersion: float


def standing(figures: pd.DataFrame, area: str) -> Standing | None:
    """Return where an area stands in the funnel of all areas of the frame; None below ten areas or without a place.

    `figures` : as for `add_funnel`, with a column area and whole areas alone (no England, no region).
    """
    placed = add_funnel(figures)
    placed = placed[placed["funnel_sign"].notna() & placed["funnel_dispersion"].notna()]
    mine = placed[placed["area"] == area]
    if mine.empty:
        return None
    row = mine.iloc[0]
    return Standing(int(row["funnel_sign"]), len(placed), row["funnel_average"], row["funnel_dispersion"])
