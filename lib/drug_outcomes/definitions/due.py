"""When figures are due: the newest period of a measure that is usually published by a day."""

from drug_outcomes.definitions.framework import Measure
from drug_outcomes.definitions.periods import Basis, Period, month_index

#: Last month of the year (January = 0) that periods of a kind end with, or a whole number of steps away.
_YEAR_END = {Basis.CAL_YEAR: 11, Basis.POOLED_CAL: 11, Basis.ACAD_YEAR: 7}
_MARCH = 2


def last_due(measure: Measure, on: str) -> Period:
    """Return the newest period of a measure that is usually published by a day, `on` (ISO)."""
    newest = month_index(on) - 1 - measure.usual_lag
    months = _label_months(measure)
    step = min(measure.cadence, months) if measure.basis != Basis.ROLLING12 else measure.cadence
    if measure.basis in (Basis.POOLED_CAL, Basis.POOLED_FIN):
        step = 12
    end = newest - (newest - _YEAR_END.get(measure.basis, _MARCH)) % step
    return Period(end - months + 1, months, measure.basis)


def _label_months(measure: Measure) -> int:
    """Months that the label names; a rolling year may be labelled by its last quarter."""
    named = {Basis.MONTH: 1, Basis.QUARTER_FIN: 3, Basis.QUARTER_CAL: 3}
    return named.get(measure.basis, measure.window_months)
