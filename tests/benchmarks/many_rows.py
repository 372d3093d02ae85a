"""Measure the statistics on many rows.

    python tests/benchmarks/many_rows.py [ROWS]

Prints rows per second for intervals and verdicts in one vectorised pass over figures of all
kinds, and how many times longer that takes than the same formulas in bare numpy on the same arrays.
"""

import sys
import time
from collections.abc import Callable

import numpy as np
import pandas as pd

from drug_outcomes.definitions.vocabulary import Kind
from drug_outcomes.statistics import comparisons, intervals

ROWS = 5_000_000


def figures(rows: int) -> pd.DataFrame:
    """Figures as a national extract mixes them; a tenth have published limits, a tenth lack their counts."""
    random = np.random.default_rng(1)
    kind = random.choice([Kind.PROPORTION, Kind.CRUDE_RATE, Kind.COUNT], rows, p=[0.5, 0.3, 0.2])
    people = random.integers(1, 5000, rows).astype(float)
    events = np.floor(people * random.random(rows) * 0.3)
    per = np.select([kind == Kind.PROPORTION, kind == Kind.CRUDE_RATE], [100.0, 1000.0], 1.0)
    value = np.where(kind == Kind.COUNT, events, events / people * per)
    published, lacking = random.random(rows) < 0.1, random.random(rows) < 0.1
    return pd.DataFrame(
        {
            "kind": pd.array(kind, dtype="str"),
            "value": value,
            "numerator": np.where(lacking, np.nan, events),
            "denominator": people,
            "per": per,
            "lower": np.where(published, value * 0.9, np.nan),
            "upper": np.where(published, value * 1.1, np.nan),
            "england_value": value * random.uniform(0.7, 1.3, rows),
            "decimals": 1.0,
            "polarity": pd.array(np.full(rows, "low_is_good"), dtype="str"),
            "polarity_agreed": True,
            "modelled": False,
        }
    )


def bare(columns: dict[str, np.ndarray]) -> np.ndarray:
    """Both levels of Wilson and Byar limits for all rows, and the verdict by the narrower: nothing else."""
    x, n, per = columns["numerator"], columns["denominator"], columns["per"]
    verdict = np.zeros(len(x))
    for z in (1.959964, 3.090232):
        spread = z * np.sqrt(z * z + 4 * x * (1 - x / n))
        low, high = ((2 * x + z * z + side * spread) / (2 * (n + z * z)) * per for side in (-1, 1))
        below = x * (1 - 1 / (9 * x) - z / (3 * np.sqrt(x))) ** 3 / n * per
        above = (x + 1) * (1 - 1 / (9 * (x + 1)) + z / (3 * np.sqrt(x + 1))) ** 3 / n * per
        lower = np.where(columns["proportion"], low, below)
        upper = np.where(columns["proportion"], high, above)
        verdict += (lower > columns["england_value"]).astype(float) - (upper < columns["england_value"])
    return verdict


def seconds(job: Callable[[], object]) -> float:
    """Return the time of one run."""
    start = time.perf_counter()
    job()
    return time.perf_counter() - start


def main(rows: int) -> None:
    """Print the measurements."""
    frame = figures(rows)
    names = ("numerator", "denominator", "per", "england_value")
    columns = {name: frame[name].to_numpy() for name in names}
    columns["proportion"] = (frame["kind"] == Kind.PROPORTION).to_numpy()
    with np.errstate(all="ignore"):
        plain = seconds(lambda: bare(columns))
    both_levels = seconds(lambda: intervals.add_intervals(frame))
    with_intervals = intervals.add_intervals(frame)
    verdicts = seconds(lambda: comparisons.add_comparison(with_intervals))
    print(f"{rows:,} rows")
    for name, taken, many in (
        ("bare numpy: limits at both levels, sign", plain, rows),
        ("intervals at both levels, with their methods", both_levels, rows),
        ("compared, verdict, basis, level", verdicts, rows),
        ("value, interval and verdict together", both_levels + verdicts, rows),
    ):
        print(f"{name:48} {taken:7.2f} s {many / taken:13,.0f} rows a second")
    print(f"{(both_levels + verdicts) / plain:.1f} times bare numpy on the same arrays")


if __name__ == "__main__":
    main(int(sys.argv[1].replace(",", "").replace("_", "")) if len(sys.argv) > 1 else ROWS)
