"""Process charts: the limits within which a stable series varies by itself.

XmR as NHS Making Data Count: mean plus and minus 2.66 mean moving ranges. p and u charts for proportions and
rates, with Laney's correction where figures vary more than their size explains, c charts for counts, t charts
for times between rare events; three standard deviations. Sources: Nelson 1982 (screening); Montgomery,
Introduction to Statistical Quality Control; Laney 2002. Run charts: Anhoej and Olesen 2014.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
import scipy
from numpy.typing import ArrayLike

from drug_outcomes.definitions.vocabulary import Chart
from drug_outcomes.statistics.arrays import Array, Flags, numbers

#: Limits of an XmR chart lie this many mean moving ranges from the mean.
XMR_FACTOR = 2.66
#: A mean moving range is this many standard deviations.
_RANGE_FACTOR = 1.128
#: Moving ranges this many times their mean are left out once where outliers are screened.
_SCREEN_FACTOR = 3.267
#: Times between events are nearly normal to the power 1 / 3.6 (Nelson 1994).
_TIME_POWER = 3.6
#: Fewer useful points than this show no run signal.
RUN_POINTS = 10


class Limits(NamedTuple):
    """Centre line and process limits of each point, and the near limits two thirds of the way out."""

    centre: Array
    lower: Array
    upper: Array
    near_lower: Array
    near_upper: Array


class Runs(NamedTuple):
    """Points off the median, longest run and crossings, what is allowed, and whether that is broken."""

    useful: int
    longest: int
    longest_allowed: float
    crossings: int
    crossings_needed: float
    signal: bool


def xmr(
    values: ArrayLike,
    *,
    groups: ArrayLike | None = None,
    screen: bool = True,
    fix_after: int | None = None,
    factor: float = XMR_FACTOR,
) -> Limits:
    """Return the limits of an XmR chart.

    Parameters
    ----------
    values : in order of time, NaN for a missing period, which breaks the moving range on both sides.
    groups : a number for each point; limits are computed anew where it changes.
    screen : leave out moving ranges from 3.267 times their mean once (Nelson). The spreadsheet tool of
        Making Data Count does not; pages say which was done.
    fix_after : use the first so many points of each group alone.
    """

    def of_group(y: Array) -> tuple[Array, Array]:
        base = y[:fix_after]
        centre, spread = _mean(base), factor * mean_moving_range(base, screen=screen)
        return np.full(y.shape, centre), np.full(y.shape, spread)

    return _by_group(of_group, groups, numbers(values))


def mean_moving_range(values: Array, *, screen: bool) -> float:
    """Return the mean step from point to point; 0 for a constant series, NaN without a pair of points."""
    steps = np.abs(np.diff(values))
    mean = _mean(steps)
    # Where nothing moves no step is small beside the mean: a constant series has no outliers.
    kept = steps[steps < _SCREEN_FACTOR * mean] if screen and mean > 0 else steps
    return _mean(kept)


def attribute_limits(
    chart: Chart,
    numerator: ArrayLike,
    denominator: ArrayLike | None = None,
    *,
    groups: ArrayLike | None = None,
    freeze: int | None = None,
    exclude: Sequence[int] = (),
    per: ArrayLike = 1.0,
) -> Limits:
    """Return three-sigma limits of counts, proportions, rates, single values or times between events.

    Parameters
    ----------
    numerator, denominator : in order of time; c, i, mr and t charts have no denominator.
    groups : limits are computed anew where it changes.
    freeze : compute centre and spread from the first so many points.
    exclude : places (from 0) left out of centre and spread.
    per : of the values, 100 for percentages.

    Limits of proportions stay within 0 and `per`, all but those of single values do not fall below 0.
    """
    x = numbers(numerator)
    n = np.ones(x.shape) if denominator is None else numbers(denominator)
    base = np.arange(len(x)) < (len(x) if freeze is None else freeze)
    base[list(exclude)] = False
    limits = _by_group(lambda *columns: _FORMULAS[chart](*columns), groups, x, n, base)
    ends = [np.clip(part, *_RANGES.get(chart, (0.0, np.inf))) for part in limits]
    if chart is Chart.T:
        ends = [part**_TIME_POWER for part in ends]
    return Limits(*(part * numbers(per) for part in ends))


def laney(numerator: ArrayLike, denominator: ArrayLike, chart: Chart) -> float:
    """Return how much more the figures vary than their size explains: about 1 where it explains all."""
    x, n = numbers(numerator), numbers(denominator)
    centre, spread = (_p if chart in (Chart.P, Chart.P_PRIME) else _u)(x, n, np.ones(x.shape, dtype=bool))
    return _sigma_z(x / n, centre, spread)


def run_limits(useful: int) -> tuple[float, float]:
    """Return the longest run and the fewest crossings that chance allows among so many useful points."""
    if useful < RUN_POINTS:
        return np.nan, np.nan
    return float(np.round(np.log2(useful)) + 3), float(scipy.stats.binom.ppf(0.05, useful - 1, 0.5))


def runs(values: ArrayLike, centre: float | None = None) -> Runs:
    """Return the run analysis of a series round its median (or a given centre); points on it do not count."""
    x = numbers(values)
    held = x[~np.isnan(x)]
    if held.size == 0:
        return Runs(0, 0, np.nan, 0, np.nan, signal=False)
    sides = np.sign(held - (np.median(held) if centre is None else centre))
    sides = sides[sides != 0]
    crossings = int((np.diff(sides) != 0).sum())
    longest = int(np.max(run_lengths(sides), initial=0))
    allowed, needed = run_limits(len(sides))
    return Runs(len(sides), longest, allowed, crossings, needed, signal=longest > allowed or crossings < needed)


def run_lengths(sides: ArrayLike) -> Array:
    """Return for each point how many points up to it, itself included, hold the same value; NaN holds none."""
    marks = pd.Series(numbers(sides))
    run = (marks != marks.shift()).cumsum()
    return numbers(marks.groupby(run).cumcount() + 1)


def _by_group(formula: Callable[..., tuple[Array, Array]], groups: ArrayLike | None, *columns: Array | Flags) -> Limits:
    """Apply a formula for centre and spread to each stretch of points."""
    label = np.zeros(columns[0].shape) if groups is None else numbers(groups)
    centre, spread = np.full(label.shape, np.nan), np.full(label.shape, np.nan)
    for each in np.unique(label):
        mine = label == each
        centre[mine], spread[mine] = formula(*(column[mine] for column in columns))
    near = spread * 2 / 3
    return Limits(centre, centre - spread, centre + spread, centre - near, centre + near)


def _mean(values: Array) -> float:
    held = values[~np.isnan(values)]
    return float(held.mean()) if held.size else np.nan


def _pooled(x: Array, n: Array, base: Flags) -> float:
    held = base & ~np.isnan(x) & (n > 0)
    return float(x[held].sum() / n[held].sum()) if held.any() else np.nan


def _p(x: Array, n: Array, base: Flags) -> tuple[Array, Array]:
    centre = _pooled(x, n, base)
    return np.full(x.shape, centre), 3 * np.sqrt(centre * (1 - centre) / _positive(n))


def _u(x: Array, n: Array, base: Flags) -> tuple[Array, Array]:
    centre = _pooled(x, n, base)
    return np.full(x.shape, centre), 3 * np.sqrt(centre / _positive(n))


def _primed(plain: Callable[[Array, Array, Flags], tuple[Array, Array]]) -> Callable[..., tuple[Array, Array]]:
    def corrected(x: Array, n: Array, base: Flags) -> tuple[Array, Array]:
        centre, spread = plain(x, n, base)
        return centre, spread * _sigma_z((x / _positive(n))[base], centre[base], spread[base])

    return corrected


def _sigma_z(values: Array, centre: Array, spread: Array) -> float:
    with np.errstate(invalid="ignore", divide="ignore"):
        return mean_moving_range((values - centre) / (spread / 3), screen=False) / _RANGE_FACTOR


def _c(x: Array, _n: Array, base: Flags) -> tuple[Array, Array]:
    centre = _mean(x[base])
    return np.full(x.shape, centre), np.full(x.shape, 3 * np.sqrt(centre))


def _i(x: Array, _n: Array, base: Flags) -> tuple[Array, Array]:
    spread = 3 / _RANGE_FACTOR * mean_moving_range(x[base], screen=False)
    return np.full(x.shape, _mean(x[base])), np.full(x.shape, spread)


def _mr(x: Array, _n: Array, base: Flags) -> tuple[Array, Array]:
    steps = np.concatenate([[np.nan], np.abs(np.diff(x))])
    centre = _mean(steps[base])
    return np.full(x.shape, centre), np.full(x.shape, (_SCREEN_FACTOR - 1) * centre)


def _t(x: Array, n: Array, base: Flags) -> tuple[Array, Array]:
    return _i(np.where(x > 0, x, np.nan) ** (1 / _TIME_POWER), n, base)


def _positive(n: Array) -> Array:
    return np.where(n > 0, n, np.nan)


_FORMULAS: dict[Chart, Callable[..., tuple[Array, Array]]] = {
    Chart.P: _p,
    Chart.P_PRIME: _primed(_p),
    Chart.U: _u,
    Chart.U_PRIME: _primed(_u),
    Chart.C: _c,
    Chart.INDIVIDUALS: _i,
    Chart.MOVING_RANGE: _mr,
    Chart.T: _t,
}
_RANGES = {Chart.P: (0.0, 1.0), Chart.P_PRIME: (0.0, 1.0), Chart.INDIVIDUALS: (-np.inf, np.inf)}
