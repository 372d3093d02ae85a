"""Compared to a benchmark: the bare sign of the printed values, and a verdict that says what it rests on.

The verdict is that of Fingertips: the local 95 % interval against the benchmark as a fixed value; where it
contains it, bounds included, the two are similar; the 99.8 % interval is the second level. Without an own
denominator a bound on it may decide (`bounds`); rounded values alone decide nothing.
"""

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from drug_outcomes.definitions.vocabulary import Compared, Kind, Verdict, VerdictBasis
from drug_outcomes.statistics import bounds
from drug_outcomes.statistics.arrays import (
    Array,
    equals,
    improvement_direction,
    numbers,
    optional,
    pick_words,
    printed,
    printed_decimals,
    proven_decimals,
    settled_decimals,
)
from drug_outcomes.statistics.benchmarks import against_value, as_printed
from drug_outcomes.statistics.bounds import Bound
from drug_outcomes.statistics.intervals import LEVEL_95, LEVEL_998, modelled_without_limits

_BASES = [VerdictBasis.NONE, VerdictBasis.INTERVAL, VerdictBasis.BOUNDED, VerdictBasis.NUMERIC_ONLY]
_NONE, _INTERVAL, _BOUNDED, _NUMERIC = range(len(_BASES))
_VERDICTS = [
    *(Verdict.NOT_TESTED, Verdict.LOWER, Verdict.SIMILAR, Verdict.HIGHER),
    *(Verdict.WORSE, Verdict.SIMILAR, Verdict.BETTER),
]
_COMPARED = [Compared.NOT_COMPARABLE, Compared.LOWER, Compared.SAME, Compared.HIGHER]


def judged(sign: ArrayLike, improvement: ArrayLike = 0.0) -> pd.Series:
    """Return a verdict for each sign: lower, similar, higher; NaN is not_tested.

    Where `improvement` (+1 higher is better, -1 lower is) is not 0, better and worse take their place.
    """
    side, good = np.broadcast_arrays(np.atleast_1d(numbers(sign)), numbers(improvement))
    code = np.where(good == 0, 2 + side, 5 + side * good)
    return pick_words(_VERDICTS, np.where(np.isnan(side), 0, code), pd.RangeIndex(side.size))


def add_comparison(figures: pd.DataFrame, *, benchmark: str = "england") -> pd.DataFrame:
    """Compare figures with a benchmark of the same period, with what each verdict rests on.

    Parameters
    ----------
    figures : columns value, lower, upper, numerator, denominator, kind, per, decimals, polarity,
        polarity_agreed (bool), modelled (bool: built on modelled estimates published without limits), the columns of
        `indicators.add_intervals`, and <benchmark>_value. It is NaN where there is no figure of the same
        period, and on the benchmark's own row. Where they exist: text and <benchmark>_text, the cells as published;
        bound_low and bound_high of suppressed values; denominator_bound with denominator_bound_kind
        (`bounds.Bound`; without it a sibling's count is equal for proportions and a lower bound for rates).
    benchmark : prefix of the column compared with: "england", or "region", "neighbours", "peers".

    Returns
    -------
    The same rows with compared (sign of the values as printed), verdict, verdict_basis, verdict_level
    (95 or 99.8: the highest level at which they differ; NaN where they do not, or were not tested),
    verdict_sign (-1, 0, +1; NaN: not tested), verdict_apart (the sign that rounding cannot take away, 0 where
    it might) and verdict_needed (people from whom on a rounded value differs; infinite: from no number on). For
    another benchmark than England the names end in _<benchmark>.
    """
    parts = _Parts.of(figures, benchmark)
    outcome = _outcome(figures, parts)
    improvement = improvement_direction(figures["polarity"], figures["polarity_agreed"])
    columns: dict[str, Any] = {
        "compared": _compared(figures, parts),
        "verdict": judged(outcome.sign, improvement).set_axis(figures.index),
        "verdict_basis": pick_words(_BASES, parts.basis, figures.index),
        "verdict_level": outcome.level,
        "verdict_sign": outcome.sign,
        "verdict_apart": _apart(figures, parts),
        "verdict_needed": outcome.needed,
    }
    suffix = "" if benchmark == "england" else f"_{benchmark}"
    return figures.assign(**{name + suffix: column for name, column in columns.items()})


class _Parts(NamedTuple):
    """The columns a comparison needs, as arrays."""

    value: Array
    benchmark: Array
    known: Array
    benchmark_known: Array
    basis: Array

    @classmethod
    def of(cls, figures: pd.DataFrame, benchmark: str) -> "_Parts":
        value, fixed = numbers(figures["value"]), numbers(figures[f"{benchmark}_value"])
        known = proven_decimals(value, figures.get("text"))
        other = proven_decimals(fixed, figures.get(f"{benchmark}_text"))
        usual = figures["decimals"]
        proportion, rate = (equals(figures["kind"], kind) for kind in (Kind.PROPORTION, Kind.CRUDE_RATE))
        modelled = modelled_without_limits(figures)
        held = ~np.isnan(numbers(figures["interval_lower"]) + numbers(figures["interval_upper"]))
        cases = [np.isnan(value) | np.isnan(fixed), held & ~modelled, (proportion | rate) & ~modelled]
        basis = np.select(cases, [_NONE, _INTERVAL, _BOUNDED], _NUMERIC)
        sides = settled_decimals(known, other, usual), settled_decimals(other, known, usual)
        return cls(value, fixed, *sides, basis)


def _bound(figures: pd.DataFrame) -> tuple[Array, Any]:
    """Return the number of people known from elsewhere, or the figure's own beside unknown events."""
    own, beside = numbers(figures["denominator"]), optional(figures, "denominator_bound")
    usual = np.where(equals(figures["kind"], Kind.PROPORTION), str(Bound.EQUAL), str(Bound.AT_LEAST)).astype(object)
    if "denominator_bound_kind" in figures:
        stated = figures["denominator_bound_kind"].fillna("").to_numpy(dtype=object)
        usual = np.where(stated == "", usual, stated)
    return np.where(np.isnan(own), beside, own), np.where(np.isnan(own), usual, str(Bound.EQUAL))


def _compared(figures: pd.DataFrame, parts: _Parts) -> pd.Series:
    """Return the bare sign of printed values; of a suppressed one only if all it may be is on one side."""
    decimals = numbers(figures["decimals"])
    unstated = np.isnan(decimals)
    if unstated.any():
        decimals = np.where(unstated, printed_decimals(parts.value), decimals)
    sign = np.sign(printed(parts.value, decimals) - printed(parts.benchmark, decimals))
    hidden = np.isnan(parts.value)
    if hidden.any():
        apart = _apart(figures, parts)
        sign = np.where(hidden, np.where(apart == 0, np.nan, apart), sign)
    return pick_words(_COMPARED, np.where(np.isnan(sign), 0, sign + 2), figures.index)


def _apart(figures: pd.DataFrame, parts: _Parts) -> Array:
    """Return the sign that rounding or suppression cannot take away; 0 where it might."""
    ends = optional(figures, "bound_low"), optional(figures, "bound_high")
    return as_printed(parts.value, parts.known, parts.benchmark, parts.benchmark_known, *ends)


class _Outcome(NamedTuple):
    """Sign of the verdict (NaN: not tested), the level at which it differs, the people it would take."""

    sign: Array
    level: Array
    needed: Array


def _outcome(figures: pd.DataFrame, parts: _Parts) -> _Outcome:
    signs = []
    for name in ("", "_998"):
        limits = figures[f"interval_lower{name}"], figures[f"interval_upper{name}"]
        sign = against_value(parts.value, *limits, parts.benchmark)
        signs.append(np.where(parts.basis == _INTERVAL, sign, np.nan))
    needed = np.full(len(figures), np.nan)
    rows = np.flatnonzero(parts.basis == _BOUNDED)
    if rows.size:
        signs[0][rows], signs[1][rows], needed[rows] = _by_bound(figures.iloc[rows], parts, rows)
    differs = np.abs(signs[0]) == 1
    level = np.where(differs & (signs[1] == signs[0]), 99.8, np.where(differs, 95.0, np.nan))
    return _Outcome(signs[0], level, needed)


def _by_bound(figures: pd.DataFrame, parts: _Parts, rows: NDArray[np.intp]) -> tuple[Array, Array, Array]:
    """Return signs at 95 % and 99.8 %, and the number of people from which on the difference is certain."""
    value, fixed, known, other = (part[rows] for part in parts[:4])
    bound, bound_kind = _bound(figures)
    signs, certain = [], []
    for level in (LEVEL_95, LEVEL_998):
        needed = bounds.people_needed(value, fixed, figures["kind"], figures["per"], known, level, other)
        signs.append(bounds.decide(value, fixed, bound, bound_kind, needed))
        certain.append(needed.certain)
    return signs[0], signs[1], certain[0]
