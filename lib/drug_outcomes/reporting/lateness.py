"""Why a newest figure is not newer: its publisher is slow, a release is not loaded, or a partner is late.

Three causes with three different people to act; a page that mixes them makes nobody act.
"""

from enum import StrEnum

from drug_outcomes.definitions.due import last_due
from drug_outcomes.definitions.framework import Definitions, Measure
from drug_outcomes.definitions.periods import Period, iso_month, month_index
from drug_outcomes.disclosure import Released
from drug_outcomes.reporting import headlines
from drug_outcomes.reporting.wording import Row

#: A figure as old as this is old to a reader, even where nothing newer exists.
_OLD_MONTHS = 12
_FORM = "form"


class Cause(StrEnum):
    """Who would have to act for a newer figure, as a page says it."""

    PARTNER = "A partner's return is late"
    NOT_LOADED = "A newer release should be out and is not held"
    SLOW = "The source is slow: nothing newer is due yet"


def causes(released: Released, definitions: Definitions, period: Period) -> list[tuple[Cause, Row, str]]:
    """Return what is not as new as it could be: cause, figure, and the period that is due ("" for slow sources).

    What is due is counted from cadence, usual lag and the day on which the snapshot knew what it knows;
    nothing later than the snapshot's own period is asked for.
    """
    rows = headlines.of_measures(released, list(definitions.scorecard["measure"]))
    found = [(row, definitions.measure(row["measure"])) for row in rows]
    told = []
    for row, measure in found:
        due = _due(measure, released.as_of, period)
        if str(row["period_end"]) < due.end_month:
            form = definitions.source(measure.source).route == _FORM
            told.append((Cause.PARTNER if form else Cause.NOT_LOADED, row, due.label))
        elif int(row["age_months"]) >= _OLD_MONTHS:
            told.append((Cause.SLOW, row, ""))
    return sorted(told, key=lambda one: (list(Cause).index(one[0]), one[1]["number"]))


def _due(measure: Measure, as_of: str, period: Period) -> Period:
    due = last_due(measure, as_of)
    while due.end > period.end:
        due = due.previous_published(measure.cadence)
    return due


def next_release(row: Row, measure: Measure) -> str:
    """Return the ISO month in which the next figure usually comes out; "" where none is held."""
    if not row["period_end"]:
        return ""
    return iso_month(month_index(row["period_end"]) + measure.cadence + measure.usual_lag)
