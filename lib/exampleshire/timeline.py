"""Which periods the fictional years hold, and on which day each figure about them arrives."""

import datetime as dt

from drug_outcomes.definitions.periods import Basis, Period, month_index, sequence

EDITION, AS_OF = "2025/26 Q3", "2026-03-31"
#: The oldest quarter that the processes run through; figures are published from eight years before the edition.
_FIRST_MODELLED = Period(month_index("2016-04"), 3, Basis.QUARTER_FIN)
_LAST = Period(month_index("2025-10"), 3, Basis.QUARTER_FIN)
MODELLED = tuple(sequence(_FIRST_MODELLED, _LAST))
QUARTERS = MODELLED[-32:]
MONTHS = tuple(sequence(Period(month_index("2018-01"), 1, Basis.MONTH), Period(month_index("2025-12"), 1, Basis.MONTH)))
YEARS = tuple(range(2017, 2025))  # financial years by the year they begin in
SCHOOL_YEARS = tuple(range(2016, 2024))
WINDOWS = tuple(range(2017, 2025))  # three calendar years by the last of them
CALENDAR = tuple(range(2015, 2025))


def fin_year(start: int) -> Period:
    """Return the financial year that begins in April of `start`."""
    return Period(month_index(f"{start}-04"), 12, Basis.FIN_YEAR)


def acad_year(start: int) -> Period:
    """Return the school year that begins in September of `start`."""
    return Period(month_index(f"{start}-09"), 12, Basis.ACAD_YEAR)


def pooled(end: int) -> Period:
    """Return the three calendar years up to `end`."""
    return Period(month_index(f"{end - 2}-01"), 36, Basis.POOLED_CAL)


def rolling(quarter: Period) -> Period:
    """Return the twelve months that end with a quarter."""
    return Period(quarter.end - 11, 12, Basis.ROLLING12)


def arrival(period: Period, lag: int, day: int) -> str:
    """Return the day of the month, `lag` months after the end of a period, as ISO text."""
    month = period.end + lag
    return dt.date(month // 12, month % 12 + 1, day).isoformat()
