"""Writes the observation form for a partner: CSV, and a workbook with lists to choose from."""

import csv
import datetime as dt
import itertools
from pathlib import Path

import openpyxl
import pandas as pd
from openpyxl.styles import Alignment, Font
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from drug_outcomes.definitions.due import last_due
from drug_outcomes.definitions.framework import Definitions, Measure
from drug_outcomes.definitions.periods import Period
from drug_outcomes.definitions.vocabulary import Status
from drug_outcomes.errors import UsageError
from drug_outcomes.sources import form

COLUMNS = (
    *("measure", "area", "period", "breakdown", "value", "numerator", "denominator"),
    *("status", "note", "released", "reference", "earlier"),
)
_LISTED = {"measure": "A", "area": "B", "period": "C", "status": "D"}
_TOLD = 4  # figures that are held, told beside the row
_EARLIER = 8  # periods before the one that is due, for late and corrected figures
_ROWS = 300  # rows of the form that offer the lists
_NOTES = (
    "Fill in one row for each figure on the sheet Return. Add rows for earlier periods or corrections.",
    "earlier: the last figures that we hold from you, newest first. Nothing needs to be typed there.",
    "value: the figure as a number. A percentage is typed as 7.1, without the sign.",
    "Fewer than 5 people: type <5. Withheld: x. Does not apply: z. Not there yet: leave the cell empty.",
    "numerator and denominator: the two counts behind a percentage, where you have them.",
    "status: only where the figure is provisional, revised or estimated, or to say why there is none.",
    "period: as in the list, for example Dec 24, 2023/24 Q4 or 2023/24.",
    "released: the day on which the figure came out, as 2025-03-31.",
    "reference: the report or message that told the figure.",
    "breakdown: empty for everybody, else pairs such as age=18-29;sex=Female.",
)


def template(
    definitions: Definitions,
    source: str,
    area_code: str,
    folder: Path,
    *,
    on: str = "",
    known: pd.DataFrame | None = None,
) -> tuple[Path, Path]:
    """Write the form for a source and an area, a row for each measure, by its title, and each period due.

    Due are the periods since the last one held, or the last one where nothing is held.

    Parameters
    ----------
    source : id of a source that is returned on the form.
    area_code : GSS code.
    folder : where to write `<source>-<area_code>.csv` and `.xlsx`; it is made where it does not exist.
    on : ISO date from which "due" is counted; today where none is given.
    known : observations held, whose last figures are told beside the rows.

    Returns the two paths. `UsageError` for a source that comes in files of its own, or not at all.
    """
    measures = _returned(definitions, source)
    day = on or dt.datetime.now(dt.UTC).date().isoformat()
    due = [last_due(measure, day) for measure in measures]
    rows = [
        {"measure": measure.title, "area": area_code, "period": label, "earlier": _told(held, measure)}
        for measure, period in zip(measures, due, strict=True)
        for held in [_held(known, measure, area_code)]
        for label in _wanted(held, period, measure)
    ]
    folder.mkdir(parents=True, exist_ok=True)
    paths = folder / f"{source}-{area_code}.csv", folder / f"{source}-{area_code}.xlsx"
    with paths[0].open("w", encoding="utf-8", newline="") as lines:
        writer = csv.DictWriter(lines, COLUMNS, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    _workbook(rows, measures, due, area_code).save(paths[1])
    return paths


def _held(known: pd.DataFrame | None, measure: Measure, area_code: str) -> pd.DataFrame:
    """Return the headline figures held of a measure, newest first, the newest vintage of each."""
    if known is None:
        return pd.DataFrame(columns=["period_end", "period_label", "value", "text"])
    mine = known[(known["measure"] == measure.measure) & (known["area"] == area_code) & (known["breakdown"] == "")]
    said = mine[mine["value"].notna() | mine["bound_high"].notna()]
    newest = said.sort_values(["period_end", "received"], kind="stable").drop_duplicates("period_end", keep="last")
    return newest.iloc[::-1]


def _told(held: pd.DataFrame, measure: Measure) -> str:
    some = held.head(_TOLD)[["period_label", "value", "text"]]
    return "; ".join(
        f"{label}: {value:,.{measure.decimals}f}" if pd.notna(value) else f"{label}: {text}"
        for label, value, text in some.itertuples(index=False, name=None)
    )


def _wanted(held: pd.DataFrame, due: Period, measure: Measure) -> list[str]:
    """Return the periods to ask for, the earliest first."""
    last = "" if held.empty else str(held["period_end"].iloc[0])
    missing = [step.label for step in _back(due, measure.cadence) if last and step.end_month > last]
    return missing[::-1] or [due.label]


def _returned(definitions: Definitions, source: str) -> tuple[Measure, ...]:
    known = definitions.measures
    named = known.loc[(known["source"] == source) & (known["retired"] == ""), "measure"]
    if definitions.source(source).route != "form" or named.empty:
        forms = definitions.sources.loc[definitions.sources["route"] == "form", "source"]
        raise UsageError(
            f"{source} does not come back on a form",
            expected=f"one of: {', '.join(forms)}",
            try_next=f"drop its files as published into data/received/{source}",
        )
    return tuple(definitions.measure(name) for name in named)


def _workbook(
    rows: list[dict[str, str]], measures: tuple[Measure, ...], due: list[Period], area_code: str
) -> openpyxl.Workbook:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = form.SHEET
    _fill(sheet, [list(COLUMNS), *[[row.get(name, "") for name in COLUMNS] for row in rows]])
    periods = [
        step.label for period, measure in zip(due, measures, strict=True) for step in _back(period, measure.cadence)
    ]
    lists = (
        [measure.title for measure in measures],
        [area_code],
        list(dict.fromkeys(periods)),
        [str(word) for word in Status],
    )
    names = book.create_sheet("Lists")
    _fill(names, [list(_LISTED), *map(list, itertools.zip_longest(*lists, fillvalue=""))])
    _fill(book.create_sheet("Notes"), [["How to fill in this form"], *[[line] for line in _NOTES], *_about(measures)])
    for (name, column), values in zip(_LISTED.items(), lists, strict=True):
        sheet.add_data_validation(_choice(name, column, len(values)))
    return book


def _fill(sheet: Worksheet, rows: list[list[str]]) -> None:
    """Write rows as text: a spreadsheet that sees text makes no date of Dec 24 and no 0.071 of 7.1%."""
    for number, row in enumerate(rows, start=1):
        for place, value in enumerate(row, start=1):
            cell = sheet.cell(number, place, value or None)
            cell.number_format = "@"
            cell.font = Font(bold=number == 1)
            cell.alignment = Alignment(vertical="top")
    for place in range(1, sheet.max_column + 1):
        letter = openpyxl.utils.get_column_letter(place)
        longest = max(len(str(row[place - 1])) for row in rows if place <= len(row))
        sheet.column_dimensions[letter].width = min(max(longest + 2, 12), 60)
        sheet.column_dimensions[letter].number_format = "@"
    sheet.freeze_panes = "A2"


def _choice(name: str, column: str, count: int) -> DataValidation:
    """Offer a list; a period that is not in it may be typed all the same."""
    letter = openpyxl.utils.get_column_letter(COLUMNS.index(name) + 1)
    choice = DataValidation(
        type="list",
        formula1=f"Lists!${column}$2:${column}${count + 1}",
        allow_blank=True,
        showErrorMessage=True,
        errorStyle="warning" if name == "period" else "stop",
        errorTitle=name,
        error=f"Choose {name} from the list." if name != "period" else "This period is not in the list.",
    )
    choice.add(f"{letter}2:{letter}{_ROWS}")
    return choice


def _back(period: Period, cadence: int) -> list[Period]:
    return [period.shifted(-cadence * step) for step in range(_EARLIER + 1)]


def _about(measures: tuple[Measure, ...]) -> list[list[str]]:
    return [
        [],
        ["measure", "number", "title", "unit", "definition"],
        *[
            [measure.measure, str(measure.number), measure.title, measure.unit, measure.definition]
            for measure in measures
        ],
    ]
