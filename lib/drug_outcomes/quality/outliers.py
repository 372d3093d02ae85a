"""Outliers: figures far from all their neighbours in time."""

import numpy as np
import pandas as pd

from drug_outcomes.definitions.vocabulary import Kind
from drug_outcomes.statistics.arrays import Array, numbers, printed_decimals

#: A point this many typical deviations from its neighbours stands alone; fewer points show no deviation.
_ALONE, _POINTS = 6.0, 6
_MAD = 1.4826
_NEIGHBOURS = (1, -1, 2, -2, 3, -3, 4, -4)
#: In a series too short to show a deviation, a point stands alone that is out of scale with at least two others,
#: or one and the benchmark, which agree among themselves as far as chance lets them; a percentage by so many
#: points besides.
_OUT_OF_SCALE, _AGREE, _POINTS_AWAY = 10**0.7, 1.5, 10.0
_SERIES = ["measure", "area", "segment", "period_basis"]


def standing_alone(figures: pd.DataFrame) -> pd.DataFrame:
    """Return the headline figures that lie far from all their neighbours.

    Parameters
    ----------
    figures : with their definitions (`Evidence.points`).

    Returns
    -------
    Their rows, and `usual` (the median of the neighbours), `deviation` and `written` (the figure as printed).
    """
    points = figures[(figures["breakdown"] == "") & figures["value"].notna()]
    points = points.sort_values([*_SERIES, "period_end"], kind="stable").drop_duplicates(
        [*_SERIES, "period_end"], keep="last"
    )
    # A weight varies by factors, not by amounts.
    factors = (points["kind"] == Kind.COUNT) & ~points["counted"] & (points["value"] > 0)
    scaled = points["value"].where(~factors, np.log(points["value"].where(factors)))
    groups = scaled.groupby([points[name] for name in _SERIES], sort=False)
    near = np.column_stack([numbers(groups.shift(step)) for step in _NEIGHBOURS])
    near = np.where(np.cumsum(~np.isnan(near), axis=1) <= 4, near, np.nan)
    usual = pd.Series(_median(near), points.index)
    away = (scaled - usual).abs()
    spread = _MAD * away.groupby([points[name] for name in _SERIES], sort=False).transform("median")
    chance = _least_deviation(points, usual)
    deviation = np.fmax(spread, np.where(factors, 0.1, chance))
    nearest = np.fmin((scaled - groups.shift()).abs(), (scaled - groups.shift(-1)).abs())
    size = groups.transform("size")
    far = (size >= _POINTS) & (np.fmin(away, nearest) > _ALONE * deviation)
    short = (size < _POINTS) & ~factors & _out_of_scale(points, near, chance)
    back = np.where(factors, np.exp(usual.where(factors)), usual)
    rows: pd.DataFrame = points.assign(
        usual=np.round(back, 2), deviation=np.where(factors, back * deviation, np.where(short, chance, deviation))
    )[far | short]
    texts = [as_printed(*pair) for pair in zip(rows["value"], rows["decimals"], strict=True)]
    return rows.assign(written=pd.array(texts, dtype="str"))


def as_printed(value: float, decimals: float) -> str:
    """Return a number with the decimals of its measure, or more where it has more."""
    places = int(min(max(float(printed_decimals([value])[0]), decimals or 0), 6))
    return f"{value:.{places}f}"


def _out_of_scale(points: pd.DataFrame, near: Array, chance: Array) -> Array:
    """Whether each point of a short series is out of scale with others that agree."""
    away = points[(points["area"] == points["benchmark"]) & (points["kind"] != Kind.COUNT)]
    keys = ["measure", "benchmark", "period_end"]
    beside = points[keys].merge(away[[*keys, "value"]].drop_duplicates(keys), on=keys, how="left")["value"]
    own = (points["area"] == points["benchmark"]).to_numpy()
    others = np.column_stack([near, np.where(own, np.nan, numbers(beside))])
    value, held = numbers(points["value"]), (~np.isnan(others)).sum(axis=1) >= 2
    low, high = (np.full(len(value), np.nan) for _ in range(2))
    low[held], high[held] = np.nanmin(others[held], axis=1), np.nanmax(others[held], axis=1)
    apart = np.fmax(np.where(points["kind"] == Kind.PROPORTION, _POINTS_AWAY, 0), _ALONE * chance)
    small, large = (value * _OUT_OF_SCALE < low), (value > high * _OUT_OF_SCALE)
    far = np.fmin(np.abs(value - low), np.abs(value - high)) > apart
    alike = (high <= _AGREE * low) | (high - low <= _ALONE * chance)
    scaled: Array = held & (low > 0) & alike & (small | large) & far
    return scaled


def _median(near: Array) -> Array:
    held = (~np.isnan(near)).any(axis=1)
    medians = np.full(len(near), np.nan)
    medians[held] = np.nanmedian(near[held], axis=1)
    return medians


def _least_deviation(points: pd.DataFrame, usual: "pd.Series[float]") -> Array:
    """Return the deviation that chance alone gives: by the count, or by the people behind a percentage."""
    n, x = numbers(points["denominator"]), numbers(usual)
    share = np.clip(x / 100, 0, 1)
    events = np.where(points["kind"] == Kind.COUNT, x, numbers(points["numerator"]))
    with np.errstate(invalid="ignore", divide="ignore"):
        proportion = 100 * np.sqrt(share * (1 - share) / n)
        rate = np.where(points["kind"] == Kind.COUNT, 1, x / events) * np.sqrt(np.maximum(events, 1))
    law = np.where(points["kind"] == Kind.PROPORTION, proportion, rate)
    return np.fmax(law, 10.0 ** -numbers(points["decimals"]))
