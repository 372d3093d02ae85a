"""What is odd about the actions of a plan: rules that look at each, and say why.

A measure beside an action is looked at in one rule alone, and is never told as the action's effect.
"""

from collections.abc import Mapping
from enum import StrEnum

import pandas as pd

from drug_outcomes.definitions.plan import DONE, NOT_STARTED, STOPPED, Plan
from drug_outcomes.statistics.recent_trends import Marker

_WRONG_WAY = (Marker.INCREASING_WORSE, Marker.DECREASING_WORSE)


class Doubt(StrEnum):
    """What a rule asks about an action, as a page says it."""

    OVERDUE = "Overdue"
    NOT_UPDATED = "Not updated"
    UNEVIDENCED = "No evidence"
    CONTRADICTS = "Contradicts itself"
    NO_MEASURE = "No measure"
    WRONG_WAY = "Measure goes the wrong way"


WHY: Mapping[Doubt, str] = {
    Doubt.OVERDUE: "It was due by then and is not done.",
    Doubt.NOT_UPDATED: "Nothing new was written for the last meeting.",
    Doubt.UNEVIDENCED: "It is called done, and nothing shows it.",
    Doubt.CONTRADICTS: "It is called done with a next step, or not begun with evidence.",
    Doubt.NO_MEASURE: "It names no measure that it should move.",
    Doubt.WRONG_WAY: "The tested trend of a measure is worse, by the direction that was agreed.",
}


def doubts(plan: Plan, trends: Mapping[str, str], as_of: str) -> pd.DataFrame:
    """Return what the rules ask about the actions of a plan as it was known on a day.

    `trends` gives the tested trend of measures; it says better or worse only where the direction was agreed. Returns a
    row for each action and doubt: action, doubt.
    """
    actions = plan.actions
    open_, done = ~actions["status"].isin([DONE, STOPPED]), actions["status"] == DONE
    held = sorted(set(plan.held.loc[plan.held["date"] <= as_of, "date"]))
    # For a meeting everybody writes what is new since the one before.
    before = held[-2] if len(held) > 1 else ""
    worse = {measure for measure, trend in trends.items() if trend in _WRONG_WAY}
    moves = actions["measures"].map(lambda cell: bool(worse & set(cell.split(";")))).astype(bool)
    evidence = actions["evidence"] != ""
    found = {
        Doubt.OVERDUE: open_ & (actions["due"] < as_of),
        Doubt.NOT_UPDATED: open_ & (actions["updated"] <= before),
        Doubt.UNEVIDENCED: done & ~evidence,
        Doubt.CONTRADICTS: (done & (actions["next_step"] != "")) | ((actions["status"] == NOT_STARTED) & evidence),
        Doubt.NO_MEASURE: open_ & (actions["measures"] == ""),
        Doubt.WRONG_WAY: open_ & moves,
    }
    rows = [actions.loc[mask, ["action"]].assign(doubt=str(doubt)) for doubt, mask in found.items()]
    return pd.concat(rows, ignore_index=True)
