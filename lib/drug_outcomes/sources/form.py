"""The observation form: the one layout for returns that no publisher lays out.

Local partners fill it in (police, commissioning returns, restricted treatment reports), and figures
re-typed from older publications stand in it. One row is one figure. `measure`, `area`, `period` and `value`
are needed; everything else may be left out.
"""

import difflib
import re
from functools import partial
from pathlib import Path

import pandas as pd
from openpyxl.utils import get_column_letter

from drug_outcomes.definitions import edited_tables, framework, ground, observations, periods, segments
from drug_outcomes.definitions.framework import Definitions
from drug_outcomes.definitions.vocabulary import Compared, Direction, Release
from drug_outcomes.errors import OutcomesError, UnreadableInput, naming
from drug_outcomes.sources import READERS, checks, form_cells, labelling, reading, refusals, workbooks

#: The sheet of a workbook that holds the return; a workbook of one sheet may call it anything.
SHEET = "Return"

REQUIRED = {
    "measure": ("measure", "measure no", "measure number"),
    "area": ("area", "area code"),
    "period": ("period", "time period"),
    "value": ("value",),
}
_OWN_NAMES = (
    *("breakdown", "numerator", "denominator", "note", "publisher", "release", "licence", "source", "segment"),
    *("reference", "release_basis", "published_number", "published_title", "published_unit"),
    *("published_direction", "published_compared"),
)
OPTIONAL = {
    "lower": ("lower", "lower ci"),
    "upper": ("upper", "upper ci"),
    "text": ("text", "value text"),
    "status": ("status", "flag"),
    "released": ("released", "retrieved"),
    **{name: (name,) for name in _OWN_NAMES},
}
_AS_THEY_ARE = (
    *("measure", "row", "note", "publisher", "licence", "segment", "release_basis"),
    *("published_number", "published_title", "published_unit"),
)
#: A year, or a quarter of one, by itself: of which kind of year is for the measure to say.
_ONE_YEAR = r"(?i)(?:q[1-4][ ,]*)?\d{4}(?:[ ,]*q[1-4])?"
_ID = r"\d{1,3}|[a-z0-9]+(?:_[a-z0-9]+)+"
_TOP = 65_536  # bytes in which the header of a form stands
_HEADER_DEPTH = 20  # and rows
_RELEASES = r"public|restricted|restricted_until \d{4}-\d\d-\d\d"
_BREAKDOWN = r"(?:\s*\w+\s*=[^=;]+(?:;\s*\w+\s*=[^=;]+)*)?"
_TOTALS = ("persons", "all", "total", "all ages")
_KEY = (*observations.KEY, "received", "source", "vintage")
_FIGURES = ("value", "lower", "upper", "numerator", "denominator", "status", "text")


def is_form(file: Path, definitions: Definitions | None = None) -> bool:
    """Whether a file is in this layout, whatever source it came from; a file that cannot be read is not.

    A publisher's table may have the same four headers: in a return the column `measure` holds ids or numbers.
    """
    suffix = file.suffix.casefold()
    if suffix not in (".csv", ".tsv", ".xlsx", ".xlsm"):
        return False
    try:
        with file.open("rb") as content:
            top = content.read(_TOP).lower()
        if suffix in (".csv", ".tsv") and b"measure" not in top:
            return False  # national extracts are large, and this is asked of each of them
        named = [cell.strip() for sheet in _returns(file) for cell in _measure_cells(sheet)]
    except (UnreadableInput, OSError):
        return False
    if any(re.fullmatch(_ID, cell, re.IGNORECASE) for cell in named):
        return True
    known = _by_name(definitions or framework.load(framework.home() / framework.FRAMEWORK)) if named else {}
    return any(cell.casefold() in known for cell in named)


def _measure_cells(sheet: reading.Sheet) -> list[str]:
    place, start = next(
        (labels.index(name), number)
        for number, row in enumerate(sheet.rows)
        for labels in [list(map(labelling.squeeze, row))]
        for name in map(labelling.squeeze, REQUIRED["measure"])
        if name in labels
    )
    return [row[place] for row in sheet.rows[start + 1 :] if len(row) > place]


def _returns(file: Path) -> list[reading.Sheet]:
    """Return the sheets that hold a return: those with the header of the form."""
    names = reading.sheets(file)
    some = names if any(labelling.squeeze(name).startswith(labelling.squeeze(SHEET)) for name in names) else names[:1]
    found = [sheet for sheet in map(partial(_quietly, file), some) if sheet and _is_return(sheet)]
    others = [name for name in names if name not in some] if found else []
    return found + [sheet for sheet in map(partial(_quietly, file), others) if sheet and _is_return(sheet)]


def _quietly(file: Path, name: str) -> reading.Sheet | None:
    """Read one sheet; None for an empty one, which may stand beside a return."""
    rows = workbooks.cells(file, name) if name else reading.read_sheet(file).rows
    return reading.Sheet(file, name, rows) if any(map(any, rows)) else None


def _is_return(sheet: reading.Sheet) -> bool:
    wanted = [{labelling.squeeze(name) for name in names} for names in REQUIRED.values()]
    tops = ({*map(labelling.squeeze, row)} for row in sheet.rows[:_HEADER_DEPTH])
    return any(all(names & labels for names in wanted) for labels in tops)


def read(file: Path, *, source: str = "", definitions: Definitions | None = None, held: bool = False) -> pd.DataFrame:
    """Read a filled-in form into observations.

    Parameters
    ----------
    file : CSV or .xlsx.
    source : id of the source that returned it, for rows that do not say; rows may not say another.
    definitions : the measures that may be named, by id or number; the framework's where none are given.
    held : whether the file was taken in before, so that what cannot be is kept for the rules of quality.

    `released` becomes `received`, and `reference` (the release, report or message that told the figure)
    `vintage`. A row without a figure and without a status was not supplied.

    Raises
    ------
    UnreadableInput : with the row, for an unknown measure, area, status or source, a period that is not of
        the measure's kind, text that is no number, a number below 0 or a percentage above 100 that no
        publication printed, statements that contradict each other, and two different figures for one
        thing, all that is wrong at once. Whether a number is plausible is not judged here.
    """
    definitions = definitions or framework.load(framework.home() / framework.FRAMEWORK)
    with naming(file):
        sheet = _sheet(file)
        header = reading.find_header(sheet, REQUIRED, optional=OPTIONAL)
        _refuse_near_misses(header)
        _refuse_merged(sheet, header)
        body = form_cells.as_shown(reading.body(sheet, header, each_row_one_figure=False), sheet, header)
        table = body.assign(**{name: "" for name in OPTIONAL if name not in body.columns})
        rows = refusals.all_at_once(table, partial(_observed, source=source, definitions=definitions, held=held))
        return segments.named(observations.conform(rows).assign(sheet=sheet.name), definitions)


def _observed(table: pd.DataFrame, *, source: str, definitions: Definitions, held: bool) -> pd.DataFrame:
    table = table.assign(
        measure=_measures(table, definitions), note=form_cells.with_formulas(table["note"], table["formula"])
    )
    described = definitions.measures.set_index("measure").loc[table["measure"]].set_axis(table.index)
    rows = pd.concat([_who_and_when(table, described, source), form_cells.figures(table, described)], axis=1)
    if not held:
        # The others are re-typed from a publication, which is told as it was printed.
        returned = (rows["release"] != Release.PUBLIC) & (rows["source"] != "scorecard_edition")
        form_cells.refuse_impossible(rows[returned], described)
    checked = checks.check_limits(rows)
    return checks.merge_duplicates(checked, _KEY, _FIGURES)


def _sheet(file: Path) -> reading.Sheet:
    found = _returns(file)
    if len(found) > 1:
        raise UnreadableInput(
            f"returns stand on {len(found)} sheets: {'; '.join(sheet.name for sheet in found)}",
            expected=f"one return in a file, on the sheet {SHEET}",
            try_next="send each in a file of its own, or take out the sheets that no longer hold",
        )
    return found[0] if found else reading.read_sheet(file)


def _refuse_merged(sheet: reading.Sheet, header: reading.Header) -> None:
    """Refuse cells merged over rows of the table: all but the first of them are empty."""
    for first, last in workbooks.merged(sheet.file, sheet.name):
        if last[0] >= header.row and first[1] < len(header.texts):
            cells = " to ".join(f"{get_column_letter(column + 1)}{row + 1}" for row, column in (first, last))
            raise UnreadableInput(
                f"the cells {cells} are merged, so that only the first of them says anything",
                expected="a cell of its own for every figure",
                try_next="unmerge them and fill in every cell",
                row=first[0] + 1,
            )


def _refuse_near_misses(header: reading.Header) -> None:
    """Refuse a header that looks like a misspelt column of the form; other columns are the sender's own."""
    absent = {labelling.squeeze(name): name for name in OPTIONAL if name not in header.columns}
    taken = set(header.columns.values())
    for place, text in enumerate(header.texts):
        if place in taken:
            continue
        near = difflib.get_close_matches(labelling.squeeze(text), absent, n=1, cutoff=0.8)
        if near:
            raise UnreadableInput(
                f"the header {text!r} is not a column of the form, but much like {absent[near[0]]!r}",
                try_next=f"correct it to {absent[near[0]]!r}, or rename the column if it is your own",
                row=header.row,
            )


def _measures(table: pd.DataFrame, definitions: Definitions) -> pd.Series:
    """Return measure ids for what stands in the column: ids, numbers or titles."""
    by_name = _by_name(definitions)
    found = table["measure"].str.casefold().map(by_name)
    unknown = table["measure"][found.isna()]
    near = difflib.get_close_matches(unknown.iloc[0].casefold(), by_name, n=3) if len(unknown) else []
    checks.refuse_rows(
        table[found.isna()],
        "there is no measure {}",
        word="measure",
        expected="the id of a measure, its number or its title",
        try_next=f"did you mean {' or '.join(near)}?" if near else "the Notes sheet of the form lists them",
    )
    return found.astype("str")


def _by_name(definitions: Definitions) -> dict[str, str]:
    """Return measure ids by what a return may call them, in lower case."""
    known = definitions.measures
    named = pd.concat([definitions.scorecard_titles, known])
    titles = dict(zip(named["title"].str.casefold(), named["measure"], strict=True))
    numbers = dict(zip(known["number"].astype(str), known["measure"], strict=True))
    return titles | {name: name for name in known["measure"]} | numbers


def _who_and_when(table: pd.DataFrame, described: pd.DataFrame, source: str) -> pd.DataFrame:
    said = {
        "area": _areas(table),
        "period_label": table["period"],
        "breakdown": _breakdowns(table),
        "received": _dates(table),
        "source": _sources(table, source),
        "release": form_cells.one_of(table, "release", _RELEASES),
        "vintage": table["reference"],
        "published_direction": form_cells.one_of(table, "published_direction", "|".join(Direction)),
        "published_compared": form_cells.one_of(table, "published_compared", "|".join(Compared)),
    }
    return pd.concat([table[list(_AS_THEY_ARE)], table_periods(table, described), pd.DataFrame(said)], axis=1)


def table_periods(table: pd.DataFrame, described: pd.DataFrame) -> pd.DataFrame:
    """Read the column `period` with each measure's `basis` and `window_months`, the columns of `described`.

    A label that is ambiguous by itself has the measure's basis. A label of another kind is taken where it
    covers as many months as the measure's window ("year ending Jun 2025" for a financial year), else refused.

    Returns `period_start`, `period_end`, `period_basis`.
    """
    keys = table[["period"]].assign(basis=described["basis"], window=described["window_months"])
    unique = keys.drop_duplicates()
    labelled = zip(unique.itertuples(index=False, name=None), table.loc[unique.index, "row"], strict=True)
    read_ones = [_period(*key, row=int(row)) for key, row in labelled]
    found = unique.assign(
        period_start=[period.start_month if period else "" for period in read_ones],
        period_end=[period.end_month if period else "" for period in read_ones],
        period_basis=[str(period.basis) if period else "" for period in read_ones],
    )
    joined = keys.merge(found, on=list(keys.columns), how="left", validate="many_to_one")
    return joined.drop(columns=list(keys.columns)).set_axis(table.index)


def _period(label: str, basis: str, window: float, *, row: int) -> periods.Period | None:
    if re.match(r"\d{4}-\d\d-\d\d", label):
        raise UnreadableInput(
            f"{label!r} is a day, not a period; spreadsheets make one of Dec 24",
            expected="a period as text, such as Dec 24 or 2023/24 Q4",
            try_next="format the column as text and type the period again",
            row=row,
        )
    try:
        return periods.parse(label, periods.Basis(basis))
    except OutcomesError as refusal:
        other = None if re.fullmatch(_ONE_YEAR, label.strip()) else _period_of_any_basis(label)
        if other is not None and other.months == window:
            return other
        raise UnreadableInput(
            refusal.found,
            expected=f"a period of this measure's kind, {basis}, or of {window:.0f} months",
            try_next=refusal.try_next,
            row=row,
        ) from refusal


def _period_of_any_basis(label: str) -> periods.Period | None:
    try:
        return periods.parse(label)
    except OutcomesError:
        return None


def _areas(table: pd.DataFrame) -> pd.Series:
    """Return the codes of areas told by code or name; a code that no table knows is a slip."""
    capitals = table["area"].str.upper()
    codes = ground.codes(table["area"].mask(capitals.str.fullmatch(labelling.GSS_CODE), capitals))
    checks.refuse_rows(
        table[~codes.isin(ground.table()["code"])],
        "there is no area {}",
        word="area",
        expected="a GSS code such as E06000045, or the name of an authority",
        try_next="add the area to data/framework/areas.csv if the code is right",
    )
    return codes


def _breakdowns(table: pd.DataFrame) -> pd.Series:
    checks.refuse_rows(
        table[~table["breakdown"].str.fullmatch(_BREAKDOWN)],
        "the breakdown is not readable",
        expected="pairs such as age=18-29;sex=Female",
    )
    return table["breakdown"].map({text: _canonical(text) for text in table["breakdown"].unique()})


def _canonical(text: str) -> str:
    pairs = [pair.split("=") for pair in text.split(";") if pair]
    kept = [(key, value) for key, value in pairs if labelling.plain(value) not in _TOTALS]
    return ";".join(sorted(f"{key.strip().casefold()}={value.strip()}" for key, value in kept))


def _dates(table: pd.DataFrame) -> pd.Series:
    """Return ISO dates; 31/03/2025, which a spreadsheet in Britain makes of 2025-03-31, is read as well."""
    days = table["released"].map(edited_tables.iso)
    wrong = (days != "") & ~days.map(edited_tables.is_date)
    checks.refuse_rows(table[wrong], "released is not a date", expected="a date such as 2025-03-31, or nothing")
    return days


def _sources(table: pd.DataFrame, source: str) -> pd.Series:
    unknown = table[~table["source"].isin(["", *READERS])]
    checks.refuse_rows(unknown, "there is no such source", expected=", ".join(sorted(READERS)))
    other = table[~table["source"].isin(["", source]) & (source != "")]
    checks.refuse_rows(other, f"the row names another source, and the file is of {source!r}")
    return table["source"].where(table["source"] != "", source)
