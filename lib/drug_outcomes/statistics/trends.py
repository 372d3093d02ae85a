"""Direction of travel and trend: the arrow, and what several points show.

The direction is the sign of the last step as printed and says nothing of significance; whether two periods
differ is for `changes`; a trend needs five points or more, and its method depends on the kind of period.
"""

from enum import StrEnum

import numpy as np
import pandas as pd

from drug_outcomes.definitions.periods import Basis
from drug_outcomes.definitions.vocabulary import Direction, DirectionBasis, Kind
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
    shown_decimals,
)
from drug_outcomes.statistics.benchmarks import as_printed
from drug_outcomes.statistics.recent_trends import (
    KENDALL_POINTS,
    POINTS,
    Marker,
    Trend,
    monotonic_trend,
    recent_trend,
    recent_trend_refusal,
    with_improvement,
)
from drug_outcomes.statistics.series import YEAR, Points, each, thinned

_DIRECTIONS = [Direction.UNKNOWN, Direction.DOWN, Direction.SAME, Direction.UP]
_BASES = [DirectionBasis.NONE, DirectionBasis.COMPUTED, DirectionBasis.OVERLAPPING, DirectionBasis.AS_PUBLISHED]
_WITHIN_YEAR = frozenset({Basis.MONTH, Basis.QUARTER_FIN, Basis.QUARTER_CAL})
#: Rolling years are thinned to one window a year.
_SINGLE_YEAR = frozenset({Basis.FIN_YEAR, Basis.CAL_YEAR, Basis.ACAD_YEAR, Basis.ROLLING12})


class TrendMethod(StrEnum):
    """How a trend is judged, as pages name it."""

    RECENT = "recent trend (five years)"
    KENDALL = "monotonic trend (exact Kendall)"
    PROCESS_LIMITS = "process limits"
    NONE = "none"


def add_direction(series: pd.DataFrame) -> pd.DataFrame:
    """Add the direction of travel of every point: the step from the point published before it.

    Parameters
    ----------
    series : observations of any number of series, in any order; columns measure, area, breakdown, segment,
        period_start, period_end, period_basis, period_label, value, bound_low, bound_high, kind, decimals,
        published_direction.

    Returns
    -------
    The same rows with previous_value, previous_period_label, change (value - previous_value), direction
    (vocabulary.Direction) and direction_basis. The previous point is the adjacent period, or for rolling
    and pooled windows the one published before, which overlaps, and the basis says so. A direction is
    `same` where rounding leaves the step open or the step prints as nought, `unknown` beside a suppressed value that
    could be either side. Where no such point is held, the published arrow stands, marked `as_published`.
    """
    proven = proven_decimals(series["value"], series.get("text"))
    points = Points.of(series.assign(_proven=proven))
    before = points.at(points.previous_end())
    beside = pd.Series(proven).groupby(points.number).transform("max").to_numpy()
    held = numbers(before["_end"]) >= points.start - 1
    steps = np.where(held, _steps(series, before, proven, beside), np.nan)
    words, valued = series["published_direction"], ~np.isnan(numbers(series["value"]))
    as_published = ~held & valued & words.isin(_DIRECTIONS[1:]).to_numpy(dtype=bool)
    overlapping = numbers(before["_end"]) >= points.start
    basis = np.select([~np.isnan(steps) & overlapping, ~np.isnan(steps), as_published], [2, 1, 3], 0)
    direction = pick_words(_DIRECTIONS, np.where(np.isnan(steps), 0, steps + 2), series.index)
    previous = before["value"].where(held)
    return series.assign(
        previous_value=previous,
        previous_period_label=before["period_label"].where(held, ""),
        # Subtracting 7.1 from 7.2 leaves a tail that nobody published.
        change=(series["value"] - previous).round(10),
        direction=direction.mask(as_published, words),
        direction_basis=pick_words(_BASES, basis, series.index),
    )


def _steps(series: pd.DataFrame, before: pd.DataFrame, proven: Array, beside: Array) -> Array:
    """Return the sign of each step; NaN where it is unknown.

    `proven` : the decimals that each value was published with; `beside` : the most in its series.
    """
    value, earlier, usual = numbers(series["value"]), numbers(before["value"]), numbers(series["decimals"])
    # Counts are whole: nothing was rounded away.
    whole = equals(series["kind"], Kind.COUNT)
    known, known_before = (
        np.where(whole, np.inf, settled_decimals(part, beside, usual)) for part in (proven, before["_proven"])
    )
    ends = [optional(frame, name) for frame in (series, before) for name in ("bound_low", "bound_high")]
    apart = as_printed(value, known, earlier, known_before, *ends)
    decimals = np.where(np.isnan(usual), printed_decimals(value), usual)
    same = (apart == 0) | (printed(value, decimals) == printed(earlier, decimals))
    # A step that prints as nought is none, whatever the ends print as.
    same |= printed(np.abs(value - earlier), shown_decimals(value, series.get("text"), decimals)) == 0
    hidden = np.isnan(value) | np.isnan(earlier)
    return np.where(same, np.where(hidden, np.nan, 0.0), apart)


#: What a trend rests on.
_READ = ("kind", "value", "numerator", "denominator", "interval_lower", "interval_upper", "modelled")


def add_trends(series: pd.DataFrame) -> pd.DataFrame:
    """Add the trend to the newest point of each series; its older points get "".

    Parameters
    ----------
    series : as for `changes.add_two_period`, with polarity and polarity_agreed. Leave out points later than the
        period a snapshot is made for.

    Returns
    -------
    The same rows with trend (a `recent_trends.Marker`), trend_method (`TrendMethod`) and trend_note.
    """
    improvement = improvement_direction(series["polarity"], series["polarity_agreed"])
    columns = {name: np.full(len(series), "", dtype=object) for name in ("trend", "trend_method", "trend_note")}
    for ordered in each(series, *_READ):
        place = int(ordered["_place"].iloc[-1])
        method, trend = trend_of(ordered)
        marker = with_improvement(trend.marker, improvement[place])
        found = {"trend": str(marker), "trend_method": str(method), "trend_note": trend.reason}
        for name, word in found.items():
            columns[name][place] = word
    return series.assign(**{name: pd.array(words, dtype="str") for name, words in columns.items()})


def trend_method(basis: str, kind: str, points: int, testable: int, modelled: bool = False) -> tuple[TrendMethod, str]:
    """Return how a series is judged, and why, by the kind of its periods and figures.

    Parameters
    ----------
    points : non-overlapping points with values, back from the newest without a gap in values.
    testable : how many of the newest of them have an interval, or numerator and denominator.
    modelled : they are shares of an estimate, whose limits say nothing of a change.
    """
    if basis in _WITHIN_YEAR:
        return TrendMethod.PROCESS_LIMITS, "months and quarters are judged by process limits"
    refusal = recent_trend_refusal(kind, YEAR if basis in _SINGLE_YEAR else 0)
    if modelled:
        refusal = "shares of one estimate move with the number reached, and its limits say nothing of that"
    if not refusal and testable >= POINTS:
        return TrendMethod.RECENT, "five newest single years with intervals"
    why = refusal or f"{testable} of the {POINTS} newest years have intervals"
    if points >= KENDALL_POINTS.start:
        return TrendMethod.KENDALL, why
    name = "year" if basis in _SINGLE_YEAR else "period"
    few = f"one {name} only" if points == 1 else f"{points} {name}s only" if points else f"no {name} with a figure"
    return TrendMethod.NONE, f"we hold {few}, so we cannot show a trend"


def trend_of(ordered: pd.DataFrame) -> tuple[TrendMethod, Trend]:
    """Return method and trend of one series in order of time; columns as in `add_trends` and _start, _end.

    Windows that overlap are thinned to those that do not, counted back from the newest.
    """
    basis, kind = str(ordered["period_basis"].iloc[-1]), str(ordered["kind"].iloc[-1])
    ordered = thinned(ordered)
    valued = _unbroken(ordered["value"].notna())
    counted = ordered[["numerator", "denominator"]].notna().all(axis=1) & (kind == Kind.PROPORTION)
    limited = ordered[["interval_lower", "interval_upper"]].notna().all(axis=1)
    modelled = "modelled" in ordered and bool(ordered["modelled"].iloc[-1])
    testable = min(valued, max(_unbroken(counted), _unbroken(limited)))
    method, why = trend_method(basis, kind, valued, testable, modelled)
    newest = ordered.tail(min(valued, KENDALL_POINTS.stop - 1))
    if method == TrendMethod.RECENT:
        return method, _recent(newest, kind, counts=_unbroken(counted) >= POINTS)
    if method == TrendMethod.KENDALL:
        trend = monotonic_trend(newest["value"], newest["_end"] / YEAR)
        return method, trend._replace(reason=f"{trend.reason}; {why}")
    return method, Trend(Marker.CANNOT, why)


def _recent(newest: pd.DataFrame, kind: str, *, counts: bool) -> Trend:
    return recent_trend(
        kind,
        newest["_end"],
        values=newest["value"],
        lowers=newest["interval_lower"],
        uppers=newest["interval_upper"],
        counts=newest["numerator"] if counts else None,
        denominators=newest["denominator"] if counts else None,
    )


def _unbroken(held: "pd.Series[bool]") -> int:
    """Return how many points back from the newest are held without one missing."""
    return int(held[::-1].cumprod().sum())
