"""The audit: what can be worked out of each hidden cell, by integer feasibility.

Counting hidden cells per row and column does not tell whether they are safe (methods 6.4: eight cells, two
or more in every row and column, all recovered). Here every protected cell is driven to its smallest and
largest feasible value; it is safe while the two are at least `protect` apart (policy.Policy.needed_width).
"""

import numpy as np
import pandas as pd

from drug_outcomes.disclosure.model import Component, Effort, components, extreme, reconciled


def audit(cells: pd.DataFrame, relations: pd.DataFrame, effort: Effort | None = None) -> pd.DataFrame:
    """Return the interval an intruder can deduce for every hidden cell.

    Takes the frames described in `model`, and hides what `hidden` marks. Adds `feasible_low`,
    `feasible_high` (infinite where nothing bounds the cell; NaN where shown), `decided` (false where the
    solver gave up) and `safe` (true where the interval is as wide as `protect` asks; undecided is not safe).
    """
    effort = effort or Effort()
    parts = [_intervals(part, effort) for part in components(cells, reconciled(cells, relations))]
    found = pd.concat(parts).set_index("cell") if parts else pd.DataFrame(columns=["low", "high", "decided"])
    result = cells.assign(
        feasible_low=cells["cell"].map(found["low"]).astype("float64"),
        feasible_high=cells["cell"].map(found["high"]).astype("float64"),
        decided=cells["cell"].map(found["decided"]).ne(False),
    )
    protect = result["protect"] if "protect" in result.columns else 0
    wide = (result["feasible_high"] - result["feasible_low"]) >= protect
    return result.assign(safe=(wide & result["decided"]) | result["feasible_low"].isna())


def _intervals(part: Component, effort: Effort) -> pd.DataFrame:
    wanted = np.flatnonzero(part.hidden[part.figure_of])
    ends = [_interval(part, part.hidden, int(at), effort) for at in wanted]
    return pd.DataFrame(
        {
            "cell": part.names[wanted],
            "low": [low for low, _, _ in ends],
            "high": [high for _, high, _ in ends],
            "decided": [decided for _, _, decided in ends],
        }
    )


def _interval(part: Component, hidden: np.ndarray, at: int, effort: Effort) -> tuple[float, float, bool]:
    toward = np.zeros(len(part.count))
    toward[at] = 1.0
    lowest, proven_low = extreme(part, hidden, toward, effort)
    highest, proven_high = extreme(part, hidden, -toward, effort)
    if lowest is None or highest is None:
        return np.nan, np.nan, False
    high = np.inf if highest[at] >= part.far else float(highest[at])
    return float(lowest[at]), high, proven_low and proven_high


def width_of(part: Component, hidden: np.ndarray, at: int, effort: Effort) -> float:
    """Return how far apart the ends of one cell's feasible interval are, NaN where undecided."""
    low, high, decided = _interval(part, hidden, at, effort)
    return high - low if decided else np.nan
