"""Series of counts made at random: clean ones, and ones whose last year lies on another level."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from drug_outcomes.definitions import observations
from drug_outcomes.definitions.periods import Basis, Period
from drug_outcomes.statistics import changes

Counts = np.ndarray[tuple[int, ...], np.dtype[np.float64]]
MEANS = (5, 20, 100, 500, 2000)
DISPERSIONS = (1.0, 1.5, 2.0)


class Kind(NamedTuple):
    """A kind of period: its basis, the months it covers, the months from one to the next, how many are held."""

    basis: Basis
    window: int
    every: int
    points: int


KINDS = {
    "months": Kind(Basis.MONTH, 1, 1, 36),
    "quarters": Kind(Basis.QUARTER_FIN, 3, 3, 20),
    "years": Kind(Basis.FIN_YEAR, 12, 12, 8),
    "many years": Kind(Basis.FIN_YEAR, 12, 12, 16),
    "twelve months each quarter": Kind(Basis.ROLLING12, 12, 3, 29),
    "three years each year": Kind(Basis.POOLED_CAL, 36, 12, 10),
}
_FIRST = 2000 * 12


def draw(random: np.random.Generator, mean: float, dispersion: float, size: tuple[int, ...]) -> Counts:
    """Return counts whose variance is `dispersion` times their mean: Poisson's law, or the negative binomial."""
    if dispersion == 1:
        return random.poisson(mean, size).astype(float)
    return random.negative_binomial(mean / (dispersion - 1), 1 / dispersion, size).astype(float)


def sums(
    random: np.random.Generator, kind: Kind, mean: float, dispersion: float, series: int, step: float = 1.0
) -> Counts:
    """Return so many series, one a row; `step` is what the mean of the last year, or window, is multiplied by.

    Windows that overlap are sums of the same parts, as real ones are; `mean` is that of one window.
    """
    shared = kind.window // kind.every
    counts = draw(random, mean / shared, dispersion, (series, kind.points - 1 + shared))
    last = max(12, kind.window) // kind.every
    counts[:, -last:] = draw(random, step * mean / shared, dispersion, (series, last))
    return np.lib.stride_tricks.sliding_window_view(counts, shared, axis=1).sum(axis=2)


def beyond_chance(kind: Kind, values: Counts) -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
    """Return which newest points differ from the same months before: the test of `changes.add_two_period`, quicker."""
    back = max(12, kind.window) // kind.every
    apart = values[:, ::-1][:, :: back if kind.window >= 12 else 1][:, ::-1]
    factor, freedom = np.transpose([changes.dispersion(row) for row in apart])
    now, then = values[:, -1], values[:, -1 - back]
    one = np.ones(len(values))
    return np.asarray(changes.dispersed_p(now, one, then, one, factor, freedom) < 0.05)


def frame(kind: Kind, values: Counts) -> pd.DataFrame:
    """Return series as the library's statistics take them, each as a measure of its own."""
    starts = [_FIRST + (0 if kind.basis == Basis.POOLED_CAL else 3) + kind.every * at for at in range(kind.points)]
    spans = [Period(start, kind.window, Basis.MONTH if kind.window == 1 else Basis.RANGE) for start in starts]
    told = pd.DataFrame(
        {
            "measure": np.repeat([f"m{at}" for at in range(len(values))], kind.points),
            "period_start": [one.start_month for one in spans] * len(values),
            "period_end": [one.end_month for one in spans] * len(values),
            "value": values.ravel(), "numerator": values.ravel(),
        }
    )  # fmt: skip
    whole = observations.conform(told.assign(area="a", period_basis=str(kind.basis), period_label=told["period_end"]))
    definition = {"kind": "count", "per": 1.0, "decimals": 0, "polarity": "activity", "polarity_agreed": False}
    return whole.assign(**definition, modelled=False, carried_over="no")
