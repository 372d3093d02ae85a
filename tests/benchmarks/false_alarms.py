"""How often each test speaks of clean series, and of series whose last year rose by half.

    uv run python tests/benchmarks/false_alarms.py [SERIES]

Series of every kind of period, counts from 5 to 2,000, variances from one to two times the mean: 6,000 of each for
"beyond chance", SERIES (30 unless it is said, 0 to leave them out) for the slower tests. Prints a table for
tests/README.md: the share of clean series that are flagged, the worst of the counts and variances, and the share of
stepped series that are found.
"""

import sys
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[1] / "helpers"))

from drug_outcomes.statistics import anomalies, intervals, series_charts, trends
from simulated_counts import DISPERSIONS, KINDS, MEANS, Kind, beyond_chance, frame, sums

STEP, MANY = 1.5, 6000
_SAID = ("increasing", "decreasing")


def _newest(found: pd.DataFrame, column: str) -> "pd.Series[str]":
    return found.groupby("measure", sort=False)[column].last()


def others(series: pd.DataFrame) -> dict[str, "pd.Series[bool]"]:
    """Return for each other test which newest points are flagged, of those that could be tested."""
    trend = _newest(trends.add_trends(series), "trend")
    charted, odd = series_charts.add_signals(series), anomalies.add_unusual(series)
    limits, note = _newest(charted, "process_upper"), _newest(odd, "unusual_note")
    return {
        "trend": trend[trend != "cannot_be_calculated"].isin(_SAID),
        "signal": (_newest(charted, "signal") != "")[limits.notna()],
        "unusual": (_newest(odd, "unusual") != "")[note.str.startswith("p ")],
    }


def measured(kind: Kind, series: int, seed: int = 1) -> pd.DataFrame:
    """Return test, mean, dispersion, step and share flagged of one kind of period."""
    random, rows = np.random.default_rng(seed), []
    for mean, dispersion, step in product(MEANS, DISPERSIONS, (1.0, STEP)):
        many = sums(random, kind, mean, dispersion, MANY, step)
        few = others(intervals.add_intervals(frame(kind, many[:series]))) if series else {}
        for test, found in ({"beyond chance": pd.Series(beyond_chance(kind, many))} | few).items():
            if len(found):
                rows.append({"test": test, "mean": mean, "step": step, "flagged": found.mean()})
    return pd.DataFrame(rows)


def main(series: int) -> None:
    """Print the table."""
    print("| periods | test | false alarms | at worst | power, counts 5 | 20 | 100 | 500 | 2,000 |")
    print("|---|---|---|---|---|---|---|---|---|")
    for name, kind in KINDS.items():
        found = measured(kind, series)
        for test, rows in found.groupby("test", sort=False):
            clean, stepped = rows[rows["step"] == 1], rows[rows["step"] != 1]
            worst = clean["flagged"].max()
            powers = stepped.groupby("mean")["flagged"].mean().reindex(MEANS)
            shares = [clean["flagged"].mean(), worst, *powers]
            print(f"| {name} ({kind.points}) | {test} | " + " | ".join(f"{share:.1%}" for share in shares) + " |")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 30)
