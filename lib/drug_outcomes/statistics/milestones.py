"""How national milestones stand: each by the last printed figure of its series, and by nothing else."""

from enum import StrEnum

import numpy as np
import pandas as pd

from drug_outcomes.definitions import periods
from drug_outcomes.definitions.national import NationalFramework
from drug_outcomes.definitions.periods import Period, month_number
from drug_outcomes.statistics.targets import add_targets, required


class Unjudged(StrEnum):
    """Why a milestone is not judged, or cannot be told."""

    REPLACED = "It has been replaced, so it is not judged."
    NO_NUMBER = "No number is set, so nothing is judged."
    UNMEASURED = "Nothing published follows it."  # its row says why
    NO_FIGURE = "No figure is held."
    NO_BASELINE = "No baseline is held."
    NOT_LATER = "No figure is held that is later than the baseline."
    OTHER_MONTHS = "The baseline and the last figure do not cover the same months of a year."
    OTHER_START = "The last figure does not count from the month in which counting starts."
    UNDATED = "No date is set by which it should be reached."


def judged(loaded: NationalFramework) -> pd.DataFrame:
    """Return how each milestone stands by the last figure that the first annual report prints, and by nothing else.

    Returns
    -------
    One row per milestone: milestone, judgement (a `targets.TargetStatus`; "" where nothing is judged), month (ISO,
    the last of the figure's period), figure, needed (where a straight line puts it by then), baseline,
    baseline_month and aim; `reason` says why nothing is judged, or why nobody can tell.
    """
    printed = loaded.releases.set_index("series")[["baseline", "last", "baseline_period", "last_period"]]
    table = loaded.milestones.join(printed, on="series")
    before, last = (_months(table[name]) for name in ("baseline_period", "last_period"))
    counted = table["counted_as"] == "cumulative"
    reason = _reason(table, before, last)
    baseline = table["baseline"].mask(counted, 0.0)
    start = before["end"].mask(counted, month_number(table["counted_from"]).astype("Int64") - 1)
    target = table["target"] + baseline.where(table["counted_as"] == "increase").fillna(0.0)
    aims = pd.DataFrame(
        {
            "measure": table["milestone"],
            "baseline": baseline,
            "baseline_basis": "held",
            "baseline_month": _iso(start),
            "target": target,
            "due": table["due"],
            "agreed_by": table["document"],
            "superseded_by": table["superseded_by"],
        }
    )
    # Where no figure may be judged, the rule for targets finds none and says that nobody can tell.
    figures = pd.DataFrame(
        {
            "measure": table["milestone"],
            "period_end": _iso(last["end"]),
            "value": table["last"].where(reason == ""),
            "interval_lower": np.nan,
            "interval_upper": np.nan,
        }
    )
    due, now = month_number(table["due"]), month_number(figures["period_end"])
    needed = pd.Series(required(baseline, start, target, due, now), table.index)
    return pd.DataFrame(
        {
            "milestone": table["milestone"],
            "judgement": add_targets(figures, aims)["target_status"],
            "month": figures["period_end"].where(reason == "", ""),
            "figure": figures["value"],
            "needed": needed.where(reason == ""),
            "baseline": baseline.where(reason == ""),
            "baseline_month": aims["baseline_month"].where(reason == "", ""),
            "aim": target.where(reason == ""),
            "reason": reason,
        }
    )


def _reason(table: pd.DataFrame, before: pd.DataFrame, last: pd.DataFrame) -> pd.Series:
    """Return why a milestone is not judged or cannot be told, "" where it can."""
    counted = table["counted_as"] == "cumulative"
    from_elsewhere = (last["start"] != month_number(table["counted_from"])).fillna(True).astype(bool)
    alike = (before["months"] == last["months"]) & (before["start"] % 12 == last["start"] % 12)
    alike = alike.fillna(False).astype(bool)
    cases = {
        Unjudged.REPLACED: table["superseded_by"] != "",
        Unjudged.NO_NUMBER: table["target"].isna(),
        Unjudged.UNMEASURED: table["series"] == "",
        Unjudged.NO_FIGURE: table["last"].isna() | last["end"].isna(),
        Unjudged.NO_BASELINE: ~counted & (table["baseline"].isna() | before["end"].isna()),
        Unjudged.NOT_LATER: ~counted & (last["end"] <= before["end"]),
        Unjudged.OTHER_MONTHS: ~counted & ~alike,
        Unjudged.OTHER_START: counted & from_elsewhere,
        Unjudged.UNDATED: table["due"] == "",
    }
    holds = [case.fillna(False).to_numpy(dtype=bool) for case in cases.values()]
    reason = pd.Series(np.select(holds, [str(one) for one in cases], ""), table.index, dtype="str")
    return reason.where(reason != Unjudged.UNMEASURED, table["unmeasured"])


def _months(labels: pd.Series) -> pd.DataFrame:
    """Return the number of the first and last month, and the length, of periods as printed."""
    found = [periods.parse(label) for label in labels.fillna("")]
    return pd.DataFrame(
        {name: [getattr(one, name, None) for one in found] for name in ("start", "end", "months")},
        index=labels.index,
        dtype="Int64",
    )


def _iso(numbers: pd.Series) -> pd.Series:
    """Return months as ISO text, "" where there is none."""
    found = ["" if pd.isna(one) else Period(int(one), 1, periods.Basis.MONTH).start_month for one in numbers]
    return pd.Series(found, numbers.index, dtype="str")
