"""How often "beyond chance" is said of clean series, and of series whose last year rose by half."""

import numpy as np
import pytest

from drug_outcomes.statistics import changes, intervals
from simulated_counts import DISPERSIONS, KINDS, MEANS, Kind, frame

#: Clean series may be called changed this often; the rest is room for so few series.
ALLOWED, ROOM = 0.06, 0.025


def flagged(kind: Kind, mean: float, dispersion: float, series: int, step: float = 1.0) -> float:
    """Return the share of newest points called changed."""
    made = frame(np.random.default_rng(3), kind, mean, dispersion, series, step)
    found = changes.add_two_period(intervals.add_intervals(made)).groupby("measure")["two_period"].last()
    return float(found.isin(["increasing", "decreasing"]).mean())


@pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))
def test_beyond_chance_is_said_of_few_clean_series(kind: Kind, request: pytest.FixtureRequest) -> None:
    thorough = request.config.getoption("--thorough")
    series, room = (2000, 0.01) if thorough else (20, ROOM)
    shares = [flagged(kind, mean, factor, series) for mean in MEANS for factor in DISPERSIONS]

    print(f"{len(shares) * series} clean series: {np.mean(shares):.1%} flagged")
    assert np.mean(shares) <= ALLOWED
    assert max(shares) <= ALLOWED + room * (1 if thorough else 4)


@pytest.mark.parametrize("name", ["months", "quarters", "years", "twelve months each quarter"])
def test_a_step_by_half_is_found_where_many_are_counted(name: str) -> None:
    assert flagged(KINDS[name], 500, 1.5, 40, step=1.5) >= 0.9
