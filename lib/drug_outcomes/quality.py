"""Findings: what is impossible, unsupported or odd in figures, before anybody publishes them.

A rule is a small function from evidence to rows; `RULES` lists them. A finding never changes a figure.
"""

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from drug_outcomes.framework import Definitions
from drug_outcomes.vocabulary import Direction, Kind, Severity, Status

COLUMNS = (
    "rule",
    "severity",
    "number",
    "measure",
    "title",
    "area",
    "period_label",
    "document",
    "place",
    "what",
    "figures",
    "suggestion",
    "status",
)
_ARROWS = (Direction.UP, Direction.DOWN, Direction.SAME)


@dataclass(frozen=True)
class Evidence:
    """What rules look at: the newest figure per measure, all points, and the definitions."""

    latest: pd.DataFrame
    series: pd.DataFrame
    definitions: Definitions


@dataclass(frozen=True)
class Rule:
    """One class of fault. `rows` picks the rows at fault and adds `what` and `figures`."""

    id: str
    severity: Severity
    suggestion: str
    rows: Callable[[Evidence], pd.DataFrame]


def findings(latest: pd.DataFrame, series: pd.DataFrame, definitions: Definitions) -> pd.DataFrame:
    """Return everything the rules find, in the columns of `COLUMNS`, gravest first."""
    evidence = Evidence(latest, series, definitions)
    found = [_described(rule, rule.rows(evidence)) for rule in RULES]
    table = pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=list(COLUMNS))
    order = {str(severity): place for place, severity in enumerate(Severity)}
    return (
        table.assign(order=table["severity"].map(order))
        .sort_values(["order", "number"], kind="stable")
        .drop(columns="order")
        .reset_index(drop=True)
    )


def _described(rule: Rule, rows: pd.DataFrame) -> pd.DataFrame:
    filled = rows.assign(
        rule=rule.id,
        severity=str(rule.severity),
        suggestion=rule.suggestion,
        document=rows["file"],
        place=("row " + rows["row"].astype("str")).where(rows["row"].notna(), ""),
        status="open",
    )
    return filled[list(COLUMNS)]


def percentage_range(evidence: Evidence) -> pd.DataFrame:
    """Find percentages below 0 or above 100."""
    latest = evidence.latest
    rows = latest[
        (latest["kind"] == Kind.PROPORTION) & ~latest["value"].between(0, 100) & latest["value"].notna()
    ]
    return rows.assign(
        what="Published as a percentage, but " + rows["text"] + " is not between 0 and 100.",
        figures=rows["text"],
    )


def direction_needs_two_points(evidence: Evidence) -> pd.DataFrame:
    """Find published arrows beside a note that there is one point only."""
    latest = evidence.latest
    one = latest["note"].str.contains(r"\b(?:only|just)\s+(?:1|one)\b.*\bpoint", case=False, regex=True)
    rows = latest[one & latest["published_direction"].isin(_ARROWS)]
    return rows.assign(
        what="A direction of travel was published, although its own note says that there is one point only.",
        figures="published direction: " + rows["published_direction"],
    )


def suppressed_direction(evidence: Evidence) -> pd.DataFrame:
    """Find published arrows on a suppressed figure: whether two hidden numbers are equal is not known."""
    latest = evidence.latest
    rows = latest[
        (latest["status"] == Status.SUPPRESSED)
        & (latest["withheld"] == "")
        & latest["published_direction"].isin(_ARROWS)
    ]
    return rows.assign(
        what="A direction of travel was published for a suppressed figure ("
        + rows["text"]
        + "): whether two hidden numbers are equal is not known.",
        figures=rows["text"] + "; published direction: " + rows["published_direction"],
    )


def benchmark_suppressed(evidence: Evidence) -> pd.DataFrame:
    """Find a benchmark count hidden as small, although the benchmark's earlier counts are not small."""
    latest, series = evidence.latest, evidence.series
    held = series[(series["area"] == series["benchmark"]) & series["value"].notna()]
    smallest = latest["measure"].map(held.groupby("measure")["value"].min())
    hidden = (latest["england_reason"] == "suppressed") & (latest["england_text"] != "")
    rows = latest[hidden & ((latest["kind"] == Kind.COUNT) | (smallest > latest["bound_high"]))]
    return rows.assign(
        what="England's figure was published as "
        + rows["england_text"]
        + "; a count for all of England cannot be that small. It looks like the local marker, copied.",
        figures="local " + rows["text"] + "; England " + rows["england_text"],
    )


RULES = (
    Rule(
        "percentage_range",
        Severity.ERROR,
        "Ask the supplier whether this is a count, and correct the unit or the value.",
        percentage_range,
    ),
    Rule(
        "direction_needs_two_points",
        Severity.ERROR,
        "Leave the direction out until there are two comparable points.",
        direction_needs_two_points,
    ),
    Rule(
        "suppressed_direction",
        Severity.ERROR,
        "Leave the direction out of suppressed figures.",
        suppressed_direction,
    ),
    Rule(
        "national_at_least_local",
        Severity.ERROR,
        "Take England's figure from the publisher's national row.",
        benchmark_suppressed,
    ),
)
