"""When figures are due: the newest period of a measure that is usually published by a day."""

from drug_outcomes.definitions.framework import Measure
from drug_outcomes.definitions.periods import Basis, Period, iso_month, month_index

#: Last month of the year (January = 0) that periods of a kind end with, or a whole number of steps away.
_YEAR_END = {Basis.CAL_YEAR: 11, Basis.POOLED_CAL: 11, Basis.ACAD_YEAR: 7}
_MARCH = 2
#: Returns without a day of their own are asked for by this day of the month; every month has it.
LAST_DAY = 28


def last_due(measure: Measure, on: str) -> Period:
    """Return the newest period of a measure that is usually published by a day, `on` (ISO)."""
    newest = month_index(on) - 1 - measure.usual_lag
    months = _label_months(measure)
    step = min(measure.cadence, months) if measure.basis != Basis.ROLLING12 else measure.cadence
    if measure.basis in (Basis.POOLED_CAL, Basis.POOLED_FIN):
        step = 12
    end = newest - (newest - _YEAR_END.get(measure.basis, _MARCH)) % step
    return Period(end - months + 1, months, measure.basis)


def due_on(period: Period, measure: Measure, day: int) -> str:
    """Return the ISO date by which the figure of a period is usually there; `day` is the source's due day."""
    return f"{iso_month(period.end + measure.usual_lag + 1)}-{day:02d}"


def ahead(measure: Measure, on: str, until: str, day: int) -> list[str]:
    """Return the ISO dates after `on`, up to `until`, by which the next figures of a measure are usually there."""
    period, found = last_due(measure, on), [""]
    while found[-1] <= until:
        found.append(due_on(period, measure, day))
        period = period.shifted(measure.cadence)
    return [one for one in found if on < one <= until]


def _label_months(measure: Measure) -> int:
    """Months that the label names; a rolling year may be labelled by its last quarter."""
    named = {Basis.MONTH: 1, Basis.QUARTER_FIN: 3, Basis.QUARTER_CAL: 3}
    return named.get(measure.basis, measure.window_months)
