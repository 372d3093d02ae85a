"""How often "beyond chance" is said of clean series, and of series whose last year rose by half."""

import numpy as np
import pytest

from drug_outcomes.statistics import changes, intervals
from simulated_counts import DISPERSIONS, KINDS, MEANS, Kind, beyond_chance, frame, sums

#: Clean series may be called changed this often.
ALLOWED = 0.06
kinds = pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))


@kinds
def test_beyond_chance_is_said_of_few_clean_series(kind: Kind, request: pytest.FixtureRequest) -> None:
    series = 4000 if request.config.getoption("--thorough") else 400
    random = np.random.default_rng(1)
    shares = [
        beyond_chance(kind, sums(random, kind, mean, factor, series)).mean() for mean in MEANS for factor in DISPERSIONS
    ]

    print(f"{len(shares) * series} clean series: {np.mean(shares):.1%} flagged, {max(shares):.1%} at worst")
    assert np.mean(shares) <= ALLOWED
    # Two standard errors of the share in so few series.
    assert max(shares) <= ALLOWED + 2 * (ALLOWED / series) ** 0.5


@kinds
def test_a_step_by_half_is_found_where_many_are_counted(kind: Kind) -> None:
    stepped = sums(np.random.default_rng(2), kind, 500, 1.5, 200, step=1.5)

    assert beyond_chance(kind, stepped).mean() >= 0.9


@kinds
def test_the_path_says_beyond_chance_of_the_same_series(kind: Kind) -> None:
    values = sums(np.random.default_rng(3), kind, 100, 1.5, 12, step=1.4)
    found = changes.add_two_period(intervals.add_intervals(frame(kind, values)))
    said = found.groupby("measure", sort=False)["two_period"].last().isin(["increasing", "decreasing"])

    assert said.tolist() == beyond_chance(kind, values).tolist() and said.any()
