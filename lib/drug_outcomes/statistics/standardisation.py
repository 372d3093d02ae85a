"""Rates that allow for age: directly and indirectly standardised, with their limits.

Methods as in the Fingertips technical guidance: Dobson's limits for directly standardised rates, none
below ten events; exact Poisson or Byar's limits of the observed events for ratios of observed to expected.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from drug_outcomes.statistics.arrays import Array, numbers
from drug_outcomes.statistics.intervals import BYAR_FROM, LEVEL_95, byar, poisson_limits, ratio

#: European Standard Population 2013: 0-4, 5-9, ... 85-89, 90 and over; sums to 100,000.
ESP2013 = np.repeat(
    [5000.0, 5500, 6000, 6500, 7000, 6500, 6000, 5500, 5000, 4000, 2500, 1500, 1000],
    [1, 3, 2, 1, 4, 1, 1, 1, 1, 1, 1, 1, 1],
)


class IndirectlyStandardised(NamedTuple):
    """Events observed and expected, crude rate of the reference, value and limits."""

    observed: Array
    expected: Array
    reference_rate: Array
    value: Array
    lower: Array
    upper: Array


class Standardised(NamedTuple):
    """A directly standardised rate: events counted, value and limits, NaN where there may be none."""

    events: Array
    value: Array
    lower: Array
    upper: Array


def directly_standardised(
    events: ArrayLike,
    population: ArrayLike,
    standard: ArrayLike = ESP2013,
    level: float = LEVEL_95,
    per: float = 100_000,
    repeats: ArrayLike | None = None,
) -> Standardised:
    """Return directly age-standardised rates with Dobson's limits; none below ten events.

    Parameters
    ----------
    events, population : last axis is the age band; any axes before it are areas, years and so on.
        A band whose events are not known leaves the rate unknown: missing is not nought.
    standard : people of the standard population in each band.
    repeats : events that happen to the same person more than once are not independent. Give `events` a
        first axis of persons who had 1, 2, ... events, and here those numbers; the variance then is the
        sum of each group's, times its number squared.

    Source: Dobson and others 1991, doi:10.1002/sim.4780100317.
    """
    x, weights = numbers(events), numbers(standard) / np.sum(numbers(standard))
    share = weights / np.where(numbers(population) > 0, numbers(population), np.nan)
    often = np.ones(1) if repeats is None else numbers(repeats)
    groups = x[np.newaxis] if repeats is None else x
    often = often.reshape(-1, *[1] * (groups.ndim - 1))
    known = np.where(np.isnan(groups).any(axis=(0, -1)), np.nan, 1.0)
    total = np.nansum(groups * often, axis=(0, -1))
    value = np.sum(np.sum(groups * often, axis=0) * share, axis=-1)
    variance = np.sum(np.sum(groups * often**2, axis=0) * share**2, axis=-1)
    enough = np.where(total >= BYAR_FROM, known, np.nan)
    limits = byar(total, level)
    step = np.sqrt(variance / np.where(total > 0, total, np.nan))
    lower, upper = value + step * (limits.lower - total), value + step * (limits.upper - total)
    return Standardised(total, value * per * enough, lower * per * enough, upper * per * enough)


def indirectly_standardised(
    events: ArrayLike,
    population: ArrayLike,
    reference_events: ArrayLike,
    reference_population: ArrayLike,
    level: float = LEVEL_95,
    per: float = 1.0,
    *,
    as_rate: bool = False,
) -> IndirectlyStandardised:
    """Return observed over expected events with Poisson limits of the observed.

    Parameters
    ----------
    events, population : last axis is the age band. A band that lacks events and population counts nobody;
        one that lacks either leaves the figure unknown.
    reference_events, reference_population : of the population whose rates are applied, by the same bands.
    per : 1 or 100 for a ratio; 100,000 and so on for a rate.
    as_rate : multiply by the crude rate of the reference population: its known events over its known people.
    """
    x, people = numbers(events), numbers(population)
    reference, reference_people = numbers(reference_events), numbers(reference_population)
    empty = np.isnan(x) & np.isnan(people)
    observed = np.sum(np.where(empty, 0.0, x), axis=-1)
    expected = np.sum(np.where(empty, 0.0, people * ratio(reference, reference_people)), axis=-1)
    crude = ratio(np.nansum(reference, axis=-1), np.nansum(reference_people, axis=-1), per)
    scale = crude if as_rate else np.asarray(per)
    limits = poisson_limits(observed, level)
    value, lower, upper = (ratio(part, expected, scale) for part in (observed, *limits))
    return IndirectlyStandardised(observed, expected, crude, value, lower, upper)
