"""Signals: which points of a process chart are special causes, and what to make of them.

The rules of NHS Making Data Count, the first that holds: outside the limits; seven points rising or falling;
two of three near the same limit; seven points on one side of the mean. Better or worse only by agreed
polarity. Sources: NHS England, Making Data Count; NHSRplotthedots.
"""

from enum import StrEnum
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from drug_outcomes.statistics.arrays import Array, Flags, numbers, pick_words
from drug_outcomes.statistics.process_charts import Limits, run_lengths

_LONG_RUN = 7


class Rule(StrEnum):
    """Why a point is a special cause."""

    NONE = ""
    OUTSIDE = "outside the process limits"
    TREND = "seven points rising or falling"
    NEAR = "two of three points near a limit"
    SHIFT = "seven points on one side of the mean"


class Variation(StrEnum):
    """What a point is, by agreed polarity."""

    COMMON_CAUSE = "common_cause"
    IMPROVEMENT = "special_cause_improvement"
    CONCERN = "special_cause_concern"
    NEUTRAL_HIGH = "special_cause_neutral_high"
    NEUTRAL_LOW = "special_cause_neutral_low"


class Assurance(StrEnum):
    """Whether a process will meet its target by itself."""

    MET = "consistent_pass"
    MISSED = "consistent_fail"
    INCONSISTENT = "inconsistent"
    NONE = ""


class Causes(NamedTuple):
    """For each point: place against the limits, the rule it breaks, and on which side (+1 high, -1 low)."""

    side_of_mean: Array
    outside: Flags
    near: Flags
    rule: "pd.Series[str]"
    side: Array


def seventh_on_one_side(sides: ArrayLike) -> Array:
    """Return 1 from the seventh successive point on one side of the mean; a point on the mean breaks it."""
    held = numbers(sides)
    return np.where((run_lengths(held) >= _LONG_RUN) & (held != 0), 1.0, 0.0)


def seventh_of_trend(values: ArrayLike) -> Array:
    """Return +1 or -1 from the seventh point of a rise or fall (six steps); equal values break it."""
    steps = np.sign(np.diff(numbers(values), prepend=np.nan))
    return np.where((run_lengths(steps) >= _LONG_RUN - 1) & (steps != 0), np.nan_to_num(steps), 0.0)


def part_of_seven(seventh: ArrayLike) -> Array:
    """Return 1 for each point that belongs to seven whose last is marked."""
    marked = np.abs(numbers(seventh)) == 1
    reach = np.convolve(marked[::-1], np.ones(_LONG_RUN))[: len(marked)][::-1] if len(marked) else marked
    return (reach > 0).astype(float)


def two_of_three(near: ArrayLike, sides: ArrayLike) -> Array:
    """Return 1 for each point of three on one side of which two or more are near the limit."""
    close, place = np.abs(numbers(near)) == 1, numbers(sides)
    inside = np.zeros(len(close), dtype=bool)
    for first in range(len(close) - 2):
        window = slice(first, first + 3)
        if close[window].sum() > 1 and abs(place[window].sum()) == len(place[window]):
            inside[window] = True
    return inside.astype(float)


def near_in_two_of_three(near: ArrayLike, sides: ArrayLike) -> Array:
    """Return 1 for the points of such a three that are themselves near the limit."""
    return np.where(np.abs(numbers(near)) == 1, two_of_three(near, sides), 0.0)


def special_causes(values: ArrayLike, limits: Limits, groups: ArrayLike | None = None) -> Causes:
    """Return the special causes of a chart; runs never cross from one group of points to the next."""
    y = numbers(values)
    # A constant series differs from its own mean by rounding alone.
    hair = 1e-9 * np.nanmax(np.abs(y), initial=0.0)
    outside = (y > limits.upper + hair) | (y < limits.lower - hair)
    near = ~outside & ((y > limits.near_upper + hair) | (y < limits.near_lower - hair))
    sides = np.where(np.abs(y - limits.centre) <= hair, 0.0, np.sign(y - limits.centre))
    rising, paired, shifted = np.zeros(y.shape), np.zeros(y.shape), np.zeros(y.shape)
    label = np.zeros(y.shape) if groups is None else numbers(groups)
    for each in np.unique(label):
        mine = label == each
        rising[mine] = _trend_side(y[mine])
        paired[mine] = near_in_two_of_three(near[mine], sides[mine])
        shifted[mine] = part_of_seven(seventh_on_one_side(sides[mine]))
    cases = [outside, rising != 0, paired != 0, shifted != 0]
    rule = pick_words(list(Rule), np.select(cases, [1, 2, 3, 4], 0), pd.RangeIndex(len(y)))
    side = np.select(cases, [sides, rising, sides, sides], 0.0)
    return Causes(sides, outside, near, rule, side)


def _trend_side(values: Array) -> Array:
    """Return +1 for points of a rise, -1 of a fall; a point of both belongs to the later."""
    seventh = seventh_of_trend(values)
    rise, fall = part_of_seven(seventh == 1), part_of_seven(seventh == -1)
    ahead = np.sign(np.diff(values, append=np.nan))
    return np.where((rise == 1) & (fall == 1), ahead, rise - fall)


def variation(side: ArrayLike, improvement: ArrayLike) -> "pd.Series[str]":
    """Return what each point is: `side` 0 is common cause; `improvement` 0 is neutral (high or low)."""
    high, good = np.broadcast_arrays(numbers(side), numbers(improvement))
    cases = [high == 0, (good == 0) & (high > 0), good == 0, high * good > 0]
    return pick_words(list(Variation), np.select(cases, [0, 3, 4, 1], 2), pd.RangeIndex(high.size))


def assurance(lower: float, upper: float, target: float, improvement: float) -> Assurance:
    """Return whether the newest limits keep the target on the good side, on the bad side, or neither."""
    if improvement == 0 or np.isnan([lower, upper, target]).any():
        return Assurance.NONE
    if lower <= target <= upper:
        return Assurance.INCONSISTENT
    return Assurance.MET if (lower > target) == (improvement > 0) else Assurance.MISSED
