"""Statutory homelessness: the detailed local authority tables of the housing ministry (.ods, .xlsx, CSV).

Tables A1 (assessments and duties owed) and A3 (support needs) are read. The words of a header stand spread
over several rows, one of them hidden, and columns are added between quarters, so all words above a column
are read together. Households with a need carry the households owed a duty as their denominator.
"""

import re
from pathlib import Path

import pandas as pd

from drug_outcomes.definitions import observations, periods
from drug_outcomes.definitions.vocabulary import Status
from drug_outcomes.errors import UnreadableInput, UsageError
from drug_outcomes.sources import checks, labelling, markers, reading, stacking

_COUNT = r"(?!.*(\bper\b|%|percent|\brate\b|\(000s\)|section 21))"  # not the share or the rate beside it


def _need(words: str) -> tuple[re.Pattern[str]]:
    """All words above a column: the need alone, perhaps repeated, perhaps after "Support need"."""
    return (re.compile(rf"{_COUNT}(?:.* \| )?(?:support needs?\W+)?{words}(?: \| .*)?"),)


def _duty(words: str) -> tuple[re.Pattern[str]]:
    return (re.compile(rf"{_COUNT}.*(?:{words}).*"),)


_FIELDS = {
    "A1": {
        "households_assessed": _duty(r"total initial assessments|households assessed(?! as)"),
        "households_owed_duty": _duty("total owed a prevention or relief duty|assessed as owed a duty"),
        "prevention_duty_owed": _duty("prevention duty owed"),
        "relief_duty_owed": _duty("relief duty owed"),
    },
    "A3": {
        "drug_dependency_need": _need(r"drug dependency needs?"),
        "alcohol_dependency_need": _need(r"alcohol dependency needs?"),
    },
}
_ALSO = {
    "A1": {},
    "A3": {
        "offending_history": _need("offending history"),
        "rough_sleeping_history": _need("history of rough sleeping"),
        "mental_health_need": _need("history of mental health problems"),
        "no_support_need": _duty("households with no support needs?"),
        "unknown_support_need": _duty("households with unknown support needs?"),
        "any_support_need": _duty("one or more support needs?|total households with support need"),
    },
}
_PARTS = ["no_support_need", "unknown_support_need", "any_support_need"]
_MARKERS = markers.mapping(
    {"..": Status.NOT_SUPPLIED, "-": Status.SUPPRESSED, "": Status.NOT_PUBLISHED, ":": Status.NOT_PUBLISHED}
)
_MONTHS = "january|february|march|april|may|june|july|august|september|october|november|december"
_SPAN = re.compile(rf"(?:{_MONTHS})(?: (?:19|20)\d\d)? to (?:{_MONTHS}) (?:19|20)\d\d", re.IGNORECASE)
_QUARTER = re.compile(r"((?:19|20)\d\d)[ _-]?q([1-4])", re.IGNORECASE)
_ROUNDING = 5  # England and regions are rounded to the nearest 10, local authorities not at all


def read(file: Path, quarters: str = "") -> pd.DataFrame:
    """Read tables A1 and A3 of one release, every area of it.

    Indicators: households_assessed, households_owed_duty, prevention_duty_owed, relief_duty_owed (A1);
    drug_dependency_need, alcohol_dependency_need and other needs (A3): households in the quarter.
    `quarters` ("financial" or "calendar") says how "2025Q2" in the file's name is meant; it is asked for
    only where no title spells the months out.

    Raises `UnreadableInput` where columns, codes, sums or the quarter leave a doubt, `UsageError` for other
    words in `quarters`.
    """
    if quarters not in ("", "financial", "calendar"):
        raise UsageError(f"quarters={quarters!r}", expected="financial or calendar")
    sheets = _sheets(file)
    label, period = _period(" ".join(map(_title, sheets.values())), file, quarters)
    table = pd.concat([_table(sheet, name) for name, sheet in sheets.items()], ignore_index=True)
    rounded = table["area"].str.match("E92|E12")
    owed = _checked(table.assign(rounding=rounded * _ROUNDING))
    needs = table["indicator"].isin([*_FIELDS["A3"], *_ALSO["A3"]])
    return observations.conform(
        table.assign(
            denominator=table["area"].map(owed).where(needs),
            note=rounded.map({True: "rounded to the nearest 10 by the publisher", False: ""}),
            period_label=label,
            period_start=period.start_month,
            period_end=period.end_month,
            period_basis=str(period.basis),
        )
    )


def _title(sheet: reading.Sheet) -> str:
    return " ".join(" ".join(cell.split()) for row in sheet.rows[:12] for cell in row if cell.strip())


def _sheets(file: Path) -> dict[str, reading.Sheet]:
    names = reading.sheets(file)
    if len(names) == 1:
        sheet = reading.read_sheet(file, names[0] or None)
        titles = re.findall(r"\btable (a1|a3)\b", _title(sheet), re.IGNORECASE)
        found = {titles[0].upper(): sheet} if titles else {}
    else:
        wanted = {table: name for name in names for table in _FIELDS if is_table(name, table)}
        found = {table: reading.read_sheet(file, name) for table, name in wanted.items()}
    if not found:
        raise UnreadableInput(
            f"neither table A1 nor table A3 is here; sheets found: {', '.join(names)[:300] or 'one table'}",
            expected="sheets A1 and A3 of the detailed local authority tables, or one of them as CSV",
            try_next="keep the title rows when saving a sheet as CSV",
        )
    return found


def is_table(sheet: str, table: str) -> bool:
    """Whether a sheet is named as a table: "A1", "A1_", "A1 - Apr-Jun 18", "Table A1"."""
    return re.match(rf"(?:table )?{table}(?![0-9a-z])", labelling.plain(sheet).replace("_", " "), re.I) is not None


def _table(sheet: reading.Sheet, name: str) -> pd.DataFrame:
    flat = _one_header_row(sheet)
    header = reading.find_header(flat, {"area": ("area code",), **_FIELDS[name]}, optional=_ALSO[name])
    figures = [field for field in header.columns if field != "area"]
    _refuse_moved(flat, header)
    table = reading.code_rows(reading.body(flat, header), "area", figures)
    table = checks.merge_duplicates(table, ["area"], figures)
    return stacking.stack(table, ["area", "row"], figures, _MARKERS).assign(sheet=sheet.name)


def _refuse_moved(sheet: reading.Sheet, header: reading.Header) -> None:
    """Refuse a table with a labelled column that is empty throughout, or whose parts of the total moved.

    A row of a workbook that lost a cell is as wide as the others, so only what stands at its end tells.
    """
    below = [row for row in sheet.rows[header.row :] if any(row)]
    empty = [text for place, text in enumerate(header.texts) if text and not any(row[place] for row in below)]
    order = [header.columns[name] for name in (*_PARTS, *_FIELDS["A3"]) if name in header.columns]
    if empty or (len(order) > 2 and order not in (sorted(order), sorted(order, reverse=True))):
        raise UnreadableInput(
            f"no figure stands below {empty[0]!r}" if empty else "the totals stand among the needs",
            expected="every column with its figures, totals before needs",
            try_next="fetch the file again; columns may be shifted or their headers exchanged",
            row=header.row,
        )


def _one_header_row(sheet: reading.Sheet) -> reading.Sheet:
    """Join all words above each column into one header row just above the first area."""
    coded = [
        (number, row.index(cell))
        for number, row in enumerate(sheet.rows)
        for cell in row
        if re.fullmatch(labelling.GSS_CODE, cell.strip())
    ]
    if not coded or coded[0][0] == 0:
        raise UnreadableInput("no row below a header holds an area code", expected="E92000001")
    first, code_column = coded[0]
    width = max(map(len, sheet.rows))
    rows = [row + ("",) * (width - len(row)) for row in sheet.rows]
    words = [
        " | ".join(_without_footnote(row[place]) for row in rows[:first] if row[place].strip())
        for place in range(width)
    ]
    words[code_column] = "area code"
    # "Rest of England" is England without London under the code "-": no area of its own.
    below = tuple(() if "rest of england" in map(labelling.plain, row) else row for row in rows[first:])
    return reading.Sheet(sheet.file, sheet.name, ((),) * (first - 1) + (tuple(words), *below))


def _without_footnote(cell: str) -> str:
    return re.sub(r"(?<=[a-z)])\d{1,2}(?:,\d{1,2})*(?= |$)", "", labelling.plain(cell)).replace("–", "-")


def _checked(table: pd.DataFrame) -> "pd.Series[float]":
    """Check every sum the tables offer; return the households owed a duty by area."""
    indicator, rounding = table["indicator"], table["rounding"]
    whole = indicator == "households_owed_duty"
    for parts in (_PARTS, ["prevention_duty_owed", "relief_duty_owed"]):
        some = indicator.isin(parts)
        what = " and ".join(parts).replace("_", " ")
        checks.refuse_gap(table, ["area"], whole, some, what, least=len(parts), rounding=rounding)
    checks.refuse_gap_in_england(table, ["indicator"], rounding=_ROUNDING)
    needs = table[indicator.isin(_PARTS)].groupby("area")["value"].sum(min_count=len(_PARTS))
    owed = table[whole].set_index("area")["value"]
    return owed if whole.any() else needs


def _period(titles: str, file: Path, quarters: str) -> tuple[str, periods.Period]:
    labels = {found.group(0) for found in _SPAN.finditer(titles)}
    known = {label: period for label in labels if (period := periods.parse(label)) is not None}
    if len(set(known.values())) == 1:
        return next(iter(known.items()))
    named = _QUARTER.search(file.stem)
    if named is None or known or not quarters:
        raise UnreadableInput(
            f"the titles name {' and '.join(sorted(known)) or 'no months'}"
            + (f", and {named.group(0)} may be a calendar or a financial quarter" if named else ""),
            expected='one title such as "England, October to December 2022"',
            try_next="say quarters=financial or quarters=calendar" if named else "keep the title rows",
        )
    later, basis = (3, "quarter_fin") if quarters == "financial" else (0, "quarter_cal")
    start = int(named.group(1)) * 12 + int(named.group(2)) * 3 - 3 + later
    return named.group(0), periods.Period(start, 3, periods.Basis(basis))
