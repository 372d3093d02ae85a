"""Targets and baselines: change since a fixed earlier period, and whether an agreed target is in reach.

No target, no judgement. The target itself says which way is good: from the baseline towards it. Between the
two a straight line says where a figure should be by now; where the figure's interval holds that value, nobody
can tell. Nor can anybody where the line has no length, because the baseline ends when the target is due, or where
the figure is no later than the baseline.
"""

from enum import StrEnum

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from drug_outcomes.definitions.periods import month_number
from drug_outcomes.statistics.arrays import Array, numbers, pick_words


class TargetStatus(StrEnum):
    """How a figure stands to its target."""

    NONE = ""
    MET = "met"
    ON_COURSE = "on course"
    OFF_COURSE = "off course"
    CANNOT_TELL = "cannot tell"


class BaselineBasis(StrEnum):
    """Whether there is a baseline that a target is counted from, and why not."""

    NO_TARGET = ""
    HELD = "held"
    HIDDEN = "hidden"
    NOT_HELD = "not_held"
    DOUBTFUL = "doubtful"  # it has an open error


_STATUSES = list(TargetStatus)


def against_target(value: ArrayLike, target: ArrayLike, improvement: ArrayLike) -> Array:
    """Return +1 where the target is reached, -1 where not; 0 where neither way is good, NaN where unknown.

    A value equal to the target has reached it, whichever way is good.
    """
    gap = (numbers(value) - numbers(target)) * numbers(improvement)
    return np.where(np.isnan(gap), np.nan, np.where(numbers(improvement) == 0, 0.0, np.where(gap >= 0, 1.0, -1.0)))


def interval_against_target(lower: ArrayLike, upper: ArrayLike, target: ArrayLike) -> Array:
    """Return +1 where the interval begins at or above the target, -1 where it ends below it, else 0.

    NaN where a limit is missing. The bounds are those of Fingertips.
    """
    low, high, aim = numbers(lower), numbers(upper), numbers(target)
    missing = np.isnan(low) | np.isnan(high) | np.isnan(aim)
    return np.where(missing, np.nan, np.where(low >= aim, 1.0, np.where(high < aim, -1.0, 0.0)))


def required(baseline: ArrayLike, start: ArrayLike, target: ArrayLike, due: ArrayLike, now: ArrayLike) -> Array:
    """Return where a figure should be by a month on the straight line from baseline to target.

    Before the baseline it is the baseline, from the due month on the target. Months are numbers.
    """
    begin, end = numbers(start), numbers(due)
    span = np.where(end > begin, end - begin, np.nan)
    done = np.where(end > begin, np.clip((numbers(now) - begin) / span, 0, 1), 1.0)
    return numbers(baseline) + (numbers(target) - numbers(baseline)) * done


def add_targets(figures: pd.DataFrame, targets: pd.DataFrame) -> pd.DataFrame:
    """Add the change since the baseline and the standing of each figure against its target in force.

    Parameters
    ----------
    figures : columns measure, breakdown, period_end, value, interval_lower, interval_upper.
    targets : columns measure, baseline, baseline_basis (a `BaselineBasis`), baseline_month
        (ISO month, the last of the baseline period), target, due (ISO month), agreed_by, superseded_by ("" while
        in force); breakdown where targets differ by it.

    Returns
    -------
    The same rows with baseline_value, baseline_basis, change_since_baseline, target, target_due, target_needed
    (where the figure should be by now) and target_status (a `TargetStatus`). A measure without an agreed target in
    force gets "".
    """
    wanted = targets[(targets["superseded_by"] == "") & (targets["agreed_by"] != "")]
    keys = ["measure", "breakdown"] if "breakdown" in targets else ["measure"]
    renamed = wanted.rename(columns={"baseline": "baseline_value", "due": "target_due"})
    columns = [*keys, "baseline_value", "baseline_basis", "baseline_month", "target", "target_due"]
    joined = figures.merge(renamed[columns], on=keys, how="left", validate="many_to_one").set_axis(figures.index)
    start, due, now = (
        numbers(month_number(joined[name].fillna(""))) for name in ("baseline_month", "target_due", "period_end")
    )
    needed = required(joined["baseline_value"], start, joined["target"], due, now)
    needed = np.where((start >= due) | (now <= start), np.nan, needed)
    status = _status(joined, needed)
    return figures.assign(
        baseline_value=joined["baseline_value"],
        baseline_basis=joined["baseline_basis"].fillna(""),
        change_since_baseline=(joined["value"] - joined["baseline_value"]).round(10),
        target=joined["target"],
        target_due=joined["target_due"].fillna(""),
        target_needed=needed,
        target_status=pick_words(_STATUSES, status, figures.index),
    )


def _status(joined: pd.DataFrame, needed: Array) -> Array:
    """Return which word of `_STATUSES` each row has."""
    value, target, baseline = (numbers(joined[name]) for name in ("value", "target", "baseline_value"))
    good = np.sign(target - baseline)
    lower, upper = numbers(joined["interval_lower"]), numbers(joined["interval_upper"])
    # Without an interval the value alone decides.
    open_question = (np.where(np.isnan(lower), value, lower) < needed) & (
        np.where(np.isnan(upper), value, upper) > needed
    )
    unknown = np.isnan(value) | np.isnan(needed) | (good == 0)
    cases = [
        np.isnan(target),
        unknown,
        against_target(value, target, good) == 1,
        open_question,
        against_target(value, needed, good) == 1,
    ]
    words = [TargetStatus.NONE, TargetStatus.CANNOT_TELL, TargetStatus.MET, TargetStatus.CANNOT_TELL]
    codes = [_STATUSES.index(word) for word in [*words, TargetStatus.ON_COURSE]]
    return np.select(cases, codes, _STATUSES.index(TargetStatus.OFF_COURSE))
