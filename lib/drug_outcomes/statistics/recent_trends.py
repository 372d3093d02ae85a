"""Trends over several points: the Fingertips recent trend, exact Kendall with Theil-Sen.

Recent trend: the five newest annual, non-overlapping points; chi-squared for trend above its 99.8 % point
(9.5495, not p < 0.05), and the slope must keep its sign when each point is left out. Proportions with
counts use the Cochran-Armitage statistic, other figures weighted least squares on their intervals. Points
count as 1 to 5 whatever their years.
"""

from collections.abc import Callable
from enum import StrEnum
from typing import NamedTuple

import numpy as np
import scipy
from numpy.typing import ArrayLike

from drug_outcomes.definitions.vocabulary import Kind
from drug_outcomes.statistics.arrays import Array, Flags, numbers
from drug_outcomes.statistics.intervals import LEVEL_95, LEVEL_998, normal_quantile

#: chi-squared, one degree of freedom, 99.8 %: the square of the normal quantile.
THRESHOLD = normal_quantile(LEVEL_998) ** 2
POINTS = 5
#: Width of a 95 % interval in standard errors. Production code of Fingertips divides by 3.92.
WIDTH = 2 * normal_quantile(LEVEL_95)
#: Kendall's test is exact and worth having between these numbers of points.
KENDALL_POINTS = range(6, 41)
_TESTED_KINDS = frozenset({Kind.PROPORTION, Kind.CRUDE_RATE, Kind.STANDARDISED_RATE})
_MONTHS_OF_A_YEAR = 12


class Marker(StrEnum):
    """What a trend shows."""

    INCREASING = "increasing"
    DECREASING = "decreasing"
    NO_CHANGE = "no_significant_change"
    CANNOT = "cannot_be_calculated"
    INCREASING_BETTER = "increasing_and_getting_better"
    INCREASING_WORSE = "increasing_and_getting_worse"
    DECREASING_BETTER = "decreasing_and_getting_better"
    DECREASING_WORSE = "decreasing_and_getting_worse"


class Trend(NamedTuple):
    """A marker with its reason in words, the statistic and the slope (NaN where there is none)."""

    marker: Marker
    reason: str
    statistic: float = float("nan")
    slope: float = float("nan")


class Kendall(NamedTuple):
    """Mann-Kendall: S, its variance and normal score; p exact without ties, else normal; Theil-Sen slope."""

    s: float
    variance: float
    z: float
    p_normal: float
    p_exact: float
    slope: float

    @property
    def p(self) -> float:
        """The p to use: exact, or normal with a continuity correction where values are tied."""
        return self.p_normal if np.isnan(self.p_exact) else self.p_exact


def recent_trend(
    kind: str,
    times: ArrayLike,
    *,
    months: int = _MONTHS_OF_A_YEAR,
    counts: ArrayLike | None = None,
    denominators: ArrayLike | None = None,
    values: ArrayLike | None = None,
    lowers: ArrayLike | None = None,
    uppers: ArrayLike | None = None,
    width: float = WIDTH,
) -> Trend:
    """Return the Fingertips recent trend of one series.

    Parameters
    ----------
    kind : a word of vocabulary.Kind; counts and means are not tested.
    times : when each point is; any order, no two alike. Points may skip a year.
    months : what one point covers; only single years are tested.
    counts, denominators : of a proportion. Without them values, lowers and uppers (95 % limits) are used.
    width : of a 95 % interval in standard errors: 2 x 1.959964, or 3.92.
    """
    refusal = recent_trend_refusal(kind, months)
    if refusal:
        return Trend(Marker.CANNOT, refusal)
    when = numbers(times)
    if len(np.unique(when)) < len(when):
        return Trend(Marker.CANNOT, "two points have the same period")
    newest = np.argsort(when, kind="stable")[-POINTS:]
    if len(newest) < POINTS:
        return Trend(Marker.CANNOT, f"{len(when)} points; {POINTS} are needed")
    if kind == Kind.PROPORTION and counts is not None and denominators is not None:
        return _of_proportions(numbers(counts)[newest], numbers(denominators)[newest])
    if values is None or lowers is None or uppers is None:
        return Trend(Marker.CANNOT, "no intervals are known")
    return _of_values(numbers(values)[newest], numbers(lowers)[newest], numbers(uppers)[newest], width)


def recent_trend_refusal(kind: str, months: int) -> str:
    """Return why a kind of figure has no recent trend; "" where it may have one."""
    if kind not in _TESTED_KINDS:
        return "only proportions and rates have a recent trend"
    if months != _MONTHS_OF_A_YEAR:
        return "only single years have a recent trend; these points do not cover one year each"
    return ""


def _of_proportions(counts: Array, denominators: Array) -> Trend:
    if np.isnan(counts).any() or np.isnan(denominators).any():
        return Trend(Marker.CANNOT, f"a value is missing among the {POINTS} newest")
    if not ((counts > 0) & (counts < denominators)).all():
        return Trend(Marker.CANNOT, "a point has no events, or nothing but events: its log odds do not exist")
    times, c, d = np.arange(1.0, POINTS + 1), counts, denominators
    total, people = c.sum(), d.sum()
    covered = people * (c * times).sum() - total * (d * times).sum()
    spread = people * (d * times**2).sum() - (d * times).sum() ** 2
    statistic = people * covered**2 / (total * (people - total) * spread)
    log_odds = np.log(c / (d - c))
    return _marked(statistic, lambda kept: _slope(times[kept], log_odds[kept], np.ones(kept.sum())))


def _of_values(values: Array, lowers: Array, uppers: Array, width: float) -> Trend:
    if np.isnan(values).any():
        return Trend(Marker.CANNOT, f"a value is missing among the {POINTS} newest")
    if np.isnan(lowers).any() or np.isnan(uppers).any():
        return Trend(Marker.CANNOT, f"an interval is missing among the {POINTS} newest")
    if not (uppers > lowers).all():
        return Trend(Marker.CANNOT, "an interval has no width")
    times, weights = np.arange(1.0, POINTS + 1), (width / (uppers - lowers)) ** 2
    centre = np.average(times, weights=weights)
    slope = _slope(times, values, weights)
    statistic = slope**2 * (weights * (times - centre) ** 2).sum()
    return _marked(statistic, lambda kept: _slope(times[kept], values[kept], weights[kept]))


def _slope(times: Array, values: Array, weights: Array) -> float:
    """Weighted least squares."""
    from_centre = times - np.average(times, weights=weights)
    return float((weights * from_centre * values).sum() / (weights * from_centre**2).sum())


def _marked(statistic: float, slope_of: Callable[[Flags], float]) -> Trend:
    everything = np.ones(POINTS, dtype=bool)
    slope = slope_of(everything)
    if statistic <= THRESHOLD:
        return Trend(Marker.NO_CHANGE, "no significant trend", statistic, slope)
    partial = np.array([slope_of(np.arange(POINTS) != left_out) for left_out in range(POINTS)])
    # A slope of nought, give or take rounding, does not keep the sign.
    if not (partial / slope > 1e-9).all():
        return Trend(Marker.NO_CHANGE, "the trend hangs on a single point", statistic, slope)
    marker = Marker.INCREASING if slope > 0 else Marker.DECREASING
    return Trend(marker, "significant at 99.8%, whichever point is left out", statistic, slope)


def with_improvement(marker: Marker, improvement: float) -> Marker:
    """Return the marker with "getting better" or "getting worse" where a direction is agreed (+1, -1)."""
    if improvement == 0 or marker not in (Marker.INCREASING, Marker.DECREASING):
        return marker
    better = (marker == Marker.INCREASING) == (improvement > 0)
    return Marker(f"{marker}_and_getting_{'better' if better else 'worse'}")


def kendall(values: ArrayLike, times: ArrayLike | None = None) -> Kendall:
    """Return the Mann-Kendall test and Theil-Sen slope of a series without missing values.

    `times` default to positions. Below two points everything is NaN.
    """
    x = numbers(values)
    when = np.arange(len(x), dtype=float) if times is None else numbers(times)
    if len(x) < 2:
        return Kendall(*[float("nan")] * 6)
    earlier, later = np.triu_indices(len(x), 1)
    steps = x[later] - x[earlier]
    s, n = float(np.sign(steps).sum()), len(x)
    ties = np.unique(x, return_counts=True)[1]
    variance = (n * (n - 1) * (2 * n + 5) - (ties * (ties - 1) * (2 * ties + 5)).sum()) / 18
    z = (s - np.sign(s)) / np.sqrt(variance) if variance > 0 else 0.0
    exact = scipy.stats.kendalltau(when, x, method="exact").pvalue if (ties == 1).all() else np.nan
    slope = np.median(steps / (when[later] - when[earlier]))
    return Kendall(s, float(variance), float(z), float(2 * scipy.stats.norm.sf(abs(z))), float(exact), float(slope))


def monotonic_trend(values: ArrayLike, times: ArrayLike | None = None, significance: float = 0.05) -> Trend:
    """Return the monotonic trend of 6 to 40 points by Kendall's test; named apart from the recent trend."""
    x = numbers(values)
    if np.isnan(x).any():
        return Trend(Marker.CANNOT, "a value is missing")
    if len(x) not in KENDALL_POINTS:
        return Trend(Marker.CANNOT, f"{len(x)} points; {KENDALL_POINTS.start} to {KENDALL_POINTS.stop - 1} are needed")
    test = kendall(x, times)
    way = "with tied values" if np.isnan(test.p_exact) else "exact"
    p = "below 0.001" if test.p < 0.001 else f"{test.p:.3f}"
    reason = f"Kendall's test ({way}), p {p} over {len(x)} points"
    if test.p >= significance:
        return Trend(Marker.NO_CHANGE, reason, test.s, test.slope)
    return Trend(Marker.INCREASING if test.s > 0 else Marker.DECREASING, reason, test.s, test.slope)
