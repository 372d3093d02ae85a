"""Signals as findings: what chance alone hardly does. A signal is a question, never a fault."""

import numpy as np
import pandas as pd

from drug_outcomes.definitions.vocabulary import Severity
from drug_outcomes.quality.evidence import Evidence
from drug_outcomes.statistics.arrays import numbers
from drug_outcomes.statistics.recent_trends import kendall
from drug_outcomes.statistics.signals import Rule as Cause
from drug_outcomes.statistics.signals import part_of_seven, seventh_of_trend, seventh_on_one_side

#: Over so many newest points a rise or fall is a drift where chance makes its like this seldom.
_LATELY, _SELDOM = 12, 0.005
#: A point of the past counts from this many times the reach of the limits.
_FAR = 4 / 3
_SERIES = ["measure", "segment", "period_basis"]


def spike(evidence: Evidence) -> pd.DataFrame:
    """Find newest points outside the process limits, or near one twice in three, and the farthest there has been.

    Of forty points one is outside by chance now and then: one of the past has to lie farther out.
    """
    rows = _charted(evidence)
    beyond = (rows["signal"] == Cause.OUTSIDE) | ((rows["signal"] == Cause.NEAR) & rows["newest"])
    side = rows["signal_side"].where(beyond, 0.0).fillna(0.0)
    far = (rows["value"] - rows["process_centre"]).abs().where(beyond, 0.0)
    rows = _stretches(rows.assign(far=far), side)
    farthest = rows["far"] == rows.groupby("measure")["far"].transform("max")
    return rows[rows["newest"] | (farthest & (rows["far"] > _FAR * rows["reach"]))]


def step(evidence: Evidence) -> pd.DataFrame:
    """Find seven points or more on one side of the mean, and on average well away from it.

    The finding stands at the first of them. Any seven come by chance in every fourth series of forty points.
    """
    rows = _charted(evidence)
    above = pd.Series(np.sign(numbers(rows["value"] - rows["process_centre"])), rows.index).fillna(0.0)
    keys = [rows[name] for name in _SERIES]
    held = above.groupby(keys, sort=False).transform(lambda side: part_of_seven(seventh_on_one_side(side)))
    far = (rows["value"] - rows["process_centre"]).abs()
    rows = _stretches(rows.assign(far=far), above * held)
    rows = rows[rows["average"] > rows["reach"] / 3]
    return _last(rows).assign(period_label=lambda told: told["first"])


def drift(evidence: Evidence) -> pd.DataFrame:
    """Find seven points or more that rise, or fall, one after another, and newest points that mostly do."""
    rows = _charted(evidence)
    values = rows["value"].groupby([rows[name] for name in _SERIES], sort=False)
    side = values.transform(_rising)
    return _last(_stretches(rows, side))


def unusual(evidence: Evidence) -> pd.DataFrame:
    """Find newest figures that are improbable beside their own past."""
    rows = evidence.headline
    if "unusual" not in rows.columns:
        return rows.iloc[:0]
    return _explained(rows[rows["unusual"].isin([Severity.QUERY, Severity.ERROR])])


def _rising(values: "pd.Series[float]") -> "pd.Series[float]":
    """Return +1 or -1 for points of a rise or fall: seven without a break, or the newest twelve by Kendall's test."""
    seventh = seventh_of_trend(values)
    side = part_of_seven(seventh == 1) - part_of_seven(seventh == -1)
    lately = numbers(values)[-_LATELY:]
    if len(lately) == _LATELY and not np.isnan(lately).any():
        found = kendall(lately)
        if found.p < _SELDOM:
            side[-_LATELY:] = np.sign(found.s)
    return pd.Series(side, values.index)


def _charted(evidence: Evidence) -> pd.DataFrame:
    """Return the headline figures that have process limits, in order of time, with whether each is the newest."""
    rows = evidence.headline
    if "process_centre" not in rows.columns:
        return rows.iloc[:0].assign(process_centre=np.nan, signal="", signal_side=np.nan, newest=False)
    rows = rows[rows["process_lower"].notna()]
    # How far the limits reach: the lower one may have been cut off at nought.
    reach = (rows[["process_upper", "process_lower"]].sub(rows["process_centre"], axis=0)).abs().max(axis=1)
    rows = rows.assign(reach=reach)
    return rows.assign(newest=rows["end"] == rows.groupby("measure")["end"].transform("max"))


def _stretches(rows: pd.DataFrame, side: "pd.Series[float]") -> pd.DataFrame:
    """Return the last point of every stretch that lies on one `side` (0: none), with `first`, the label of its first.

    A stretch that holds the newest figure is a query; one that is over is for information.
    """
    keys = [rows[name] for name in _SERIES]
    changed = side != side.groupby(keys, sort=False).shift()
    told = rows.assign(side=side, stretch=changed.cumsum())[side != 0]
    groups = told.groupby("stretch", sort=False)
    told = told.assign(first=groups["period_label"].transform("first"))
    if "far" in told:
        told = told.assign(far=groups["far"].transform("max"), average=groups["far"].transform("mean"))
    last = told.groupby("stretch", sort=False).tail(1)
    until = " to " + last["period_label"]
    return _explained(
        last.assign(
            severity=last["newest"].map({True: str(Severity.QUERY), False: str(Severity.INFO)}).astype("str"),
            when=last["first"] + until.where(last["first"] != last["period_label"], ""),
            way=last["side"].map({1.0: "high", -1.0: "low"}).astype("str"),
        )
    )


def _last(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.drop_duplicates("measure", keep="last")


def _explained(rows: pd.DataFrame) -> pd.DataFrame:
    """Let an explanation of the signal of the same figure stand for the finding too."""
    held = rows.get("explained_on", pd.Series("", rows.index)).fillna("") != ""
    return rows.assign(finding_status=held.map({True: "explained", False: "open"}).astype("str"))
