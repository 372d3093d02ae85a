"""The observation form as the fictional senders fill it in."""

from drug_outcomes.definitions.periods import Period
from exampleshire.files import File, Row

COLUMNS = ("measure", "area", "period", "breakdown", "value", "lower", "upper", "numerator", "denominator",
           "status", "note", "released")  # fmt: skip


def line(measure: str, area: str, period: Period, value: object = "", **more: object) -> Row:
    """Return one row of the form."""
    cells = {"measure": measure, "area": area, "period": period.label, "value": value} | more
    return tuple(str(cells.get(name, "")) for name in COLUMNS)


def form(path: str, rows: list[Row], **about: str) -> File:
    """Return a filled-in form: one table, on a sheet named Return where it is a workbook."""
    return File(path, (("Return", (COLUMNS, *rows)),), **about)
