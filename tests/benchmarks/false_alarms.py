"""How often each test speaks of clean series, and of series whose last year rose by half.

    uv run python tests/benchmarks/false_alarms.py [SERIES]

Series of every kind of period, counts from 5 to 2,000, variances from one to two times the mean; SERIES of each
(40 unless it is said). Prints a table for tests/README.md: the share of clean series that are flagged, the worst of
the counts and variances, and the share of stepped series that are found.
"""

import sys
from collections.abc import Callable
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[1] / "helpers"))

from drug_outcomes.statistics import anomalies, changes, intervals, series_charts, trends
from simulated_counts import DISPERSIONS, KINDS, MEANS, Kind, frame

STEP = 1.5
_SAID = ("increasing", "decreasing")


def _newest(found: pd.DataFrame, column: str) -> "pd.Series[str]":
    return found.groupby("measure", sort=False)[column].last()


def tests_of(series: pd.DataFrame) -> dict[str, "pd.Series[bool]"]:
    """Return for each test whether the newest point of each series is flagged, where the test could be made."""
    counts = intervals.add_intervals(series)
    two, trend = (_newest(add(counts), name) for add, name in _TOLD)
    charted, odd = series_charts.add_signals(counts), anomalies.add_unusual(counts)
    made = {
        "beyond chance": (two != "cannot_be_calculated", two.isin(_SAID)),
        "trend": (trend != "cannot_be_calculated", trend.isin(_SAID)),
        "signal": (_newest(charted, "process_upper").notna(), _newest(charted, "signal") != ""),
        "unusual": (_newest(odd, "unusual_note").str.startswith("p "), _newest(odd, "unusual") != ""),
    }
    return {name: flagged[tested] for name, (tested, flagged) in made.items()}


_TOLD: tuple[tuple[Callable[[pd.DataFrame], pd.DataFrame], str], ...] = (
    (changes.add_two_period, "two_period"),
    (trends.add_trends, "trend"),
)


def measured(kind: Kind, series: int, seed: int = 1) -> pd.DataFrame:
    """Return test, mean, dispersion, step and share flagged of one kind of period."""
    random = np.random.default_rng(seed)
    rows = [
        {
            "test": name,
            "mean": mean,
            "dispersion": dispersion,
            "step": step,
            "flagged": found.mean(),
            "n": len(found),
        }
        for mean, dispersion, step in product(MEANS, DISPERSIONS, (1.0, STEP))
        for name, found in tests_of(frame(random, kind, mean, dispersion, series, step)).items()
        if len(found)
    ]
    return pd.DataFrame(rows)


def main(series: int) -> None:
    """Print the table."""
    print("| periods | test | false alarms | at worst | power, counts 5 | 20 | 100 | 500 | 2,000 |")
    print("|---|---|---|---|---|---|---|---|---|")
    for name, kind in KINDS.items():
        found = measured(kind, series)
        for test, rows in found.groupby("test", sort=False):
            clean, stepped = rows[rows["step"] == 1], rows[rows["step"] != 1]
            worst = clean.groupby(["mean", "dispersion"])["flagged"].mean().max()
            powers = stepped.groupby("mean")["flagged"].mean().reindex(MEANS)
            shares = [clean["flagged"].mean(), worst, *powers]
            print(
                f"| {name} ({kind.points}) | {test} | "
                + " | ".join(f"{share:.1%}" for share in shares)
                + " |"
            )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 40)
