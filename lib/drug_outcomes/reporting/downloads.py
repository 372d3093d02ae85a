"""Downloads made from cleared figures: a workbook, and tidy CSV that a spreadsheet cannot be made to run."""

import csv
import io
import json
from collections.abc import Hashable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from drug_outcomes import quality
from drug_outcomes.definitions.columns import IN_DOWNLOADS, Type
from drug_outcomes.definitions.vocabulary import Status
from drug_outcomes.disclosure import Released
from drug_outcomes.reporting import headlines, verdict_notes, wording, workbook
from drug_outcomes.reporting.wording import Row, require_released, with_words

SCORECARD_COLUMNS = (
    "area",
    "number",
    "measure",
    "title",
    "unit",
    "priority",
    "commitment",
    "source",
    "period",
    "period_start",
    "period_end",
    "value",
    "value_text",
    "status",
    "lower",
    "upper",
    "england_value",
    "england_text",
    "england_reason",
    "england_period",
    "direction",
    "direction_basis",
    "compared",
    "verdict",
    "verdict_basis",
    "verdict_note",
    "region_value",
    "verdict_region",
    "neighbours_value",
    "neighbours_areas",
    "verdict_neighbours",
    "peers_value",
    "peers_areas",
    "verdict_peers",
    "polarity",
    "age_months",
    "note",
    "release",
    "received",
    "vintage",
    "publisher",
    "licence",
    "file",
    "row",
    "out_of_date",
    "definition",
)
#: Columns of the tidy file: where, when and what first, then the figure and what is said of it.
FIGURE_COLUMNS = (
    "measure",
    "number",
    "area",
    "period",
    "period_start",
    "period_end",
    "period_basis",
    "breakdown",
    "segment",
    "value",
    "unit",
    "lower",
    "upper",
    "numerator",
    "denominator",
    "status",
    "note",
    "source",
    "received",
)
#: Columns of a measure's own workbook.
_OF_MEASURE = (
    "measure", "area", "period", "period_start", "period_end", "breakdown", "value", "lower", "upper", "numerator",
    "denominator", "process_lower", "process_centre", "process_upper", "signal", "status", "note", "source", "vintage",
    "received", "file", "row",
)  # fmt: skip
#: What tells the rows of each tidy file apart, of several areas below one another too.
KEYS = {
    "scorecard": ("area", "measure"),
    "figures": ("measure", "area", "period", "period_start", "period_end", "breakdown", "segment", "source"),
}
#: Columns of the workbook's first sheet, which is the scorecard as its page shows it.
_SHOWN = (
    "Number", "Measure", "Unit", "Period", "Local", "95% interval", "England", "Direction", "Compared with England",
)  # fmt: skip
#: Columns of the CSV behind a chart.
CHART_COLUMNS = (
    "measure", "area", "period_label", "period_start", "period_end", "value", "interval_lower", "interval_upper",
    "status", "segment", "source",
)  # fmt: skip
_INTERVAL_DECIMALS = 4
#: Shorthand of the Government Statistical Service for cells without a number.
_SHORTHAND = {Status.SUPPRESSED: "[c]", Status.NOT_APPLICABLE: "[z]"}
_NOT_AVAILABLE = "[x]"
_QUERIED = "Under query: takes part in nothing until it is explained or corrected."
_NOTES = (
    "[c] the number is hidden to protect people or is not for publication",
    "[z] not applicable",
    "[x] not available: not published, not supplied, not collected or awaited",
    "An interval of 95% is given where one was published or can be computed. That of a rate assumes that events "
    "happen independently of one another; a full count has none.",
    "Higher and lower say that a difference from England was tested and is more than chance; "
    "better and worse are said only where the partnership has agreed which direction is good.",
)
#: A spreadsheet runs a cell that begins with one of these, some after blanks, some in their full-width forms.
_RISKY = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20", "\t", "\r", "\n")


def scorecard(released: Released) -> pd.DataFrame:
    """Return one row per measure with everything the scorecard shows, in the columns of `SCORECARD_COLUMNS`."""
    require_released(released)
    latest = headlines.on_scorecard(released)
    old = [row["measure"] for row in headlines.out_of_date(released)]
    return latest.assign(
        period=latest["period_label"],
        note=_noted(latest),
        value_text=latest["text"].where(latest["text"] != "", _printed(latest, "value")),
        lower=latest["interval_lower"],
        upper=latest["interval_upper"],
        england_text=latest["england_text"].where(latest["england_text"] != "", _printed(latest, "england_value")),
        england_period=latest["england_period_label"],
        verdict_note=pd.Series(map(verdict_notes.note, latest.to_dict("records")), latest.index, dtype="str"),
        out_of_date=latest["measure"].isin(old).map({True: "yes", False: "no"}),
    )[list(SCORECARD_COLUMNS)]


def _noted(figures: pd.DataFrame) -> "pd.Series[str]":
    """Return the notes of figures, and which of them are under query."""
    noted = (figures["note"] + " " + _QUERIED).str.strip()
    return figures["note"].where(figures["doubt"] == "", noted)


def _printed(figures: pd.DataFrame, column: str) -> pd.Series:
    """Return a column of numbers as text with the decimals of each measure; "" where there is none."""
    decimals = figures["decimals"].fillna(0).astype(int)
    numbers = zip(figures[column], decimals, strict=True)
    return pd.Series(["" if pd.isna(n) else f"{n:,.{d}f}" for n, d in numbers], figures.index, dtype="str")


def figures(released: Released, until: str = "") -> pd.DataFrame:
    """Return every point held of the area and England, one a row, in the columns of `FIGURE_COLUMNS`.

    `until` is the ISO month in which an edition ends: it tells nothing of later periods.
    """
    return _points(released, until)[list(FIGURE_COLUMNS)]


def _points(released: Released, until: str) -> pd.DataFrame:
    """Return every point held of the area and England, in the order and the names of downloads."""
    require_released(released)
    series, latest = released.series, released.latest
    mine = series[series["area"].isin({*latest["area"], *latest["benchmark"]})]
    mine = mine[mine["period_end"] <= until] if until else mine
    mine = with_words(released, mine)
    renamed = mine.assign(
        period=mine["period_label"],
        note=_noted(mine),
        # Computed ends carry digits that mean nothing.
        lower=mine["interval_lower"].round(_INTERVAL_DECIMALS),
        upper=mine["interval_upper"].round(_INTERVAL_DECIMALS),
    )
    keys = ["number", "area", "breakdown", "period_end", "period_start", "segment"]
    ordered: pd.DataFrame = renamed.sort_values(keys, kind="stable")
    return ordered


def measure_books(released: Released, title: str, partnership: str, until: str = "") -> bytes:
    """Return an archive with a workbook for each measure that has a figure: what it says, and every point held.

    A point stands with England's, its limits in a process chart, and the row of the file that it comes from.
    """
    points = dict(list(_points(released, until).groupby("measure")))
    books = {}
    for row in wording.figures(released):
        if not wording.has_value(row):
            continue
        name = wording.named(row)
        told = (wording.sentence(row), verdict_notes.note(row), wording.trend_in_full(row), wording.signal(row),
                f"Source: {wording.traced(row)}")  # fmt: skip
        about = workbook.Sheet("Figure", f"{title}: {name}", [str(inert(one)) for one in told if one])
        series = _sheet("Series", f"{title}: {name}, every point held", points[row["measure"]][list(_OF_MEASURE)])
        books[f"{row['measure']}.ods"] = workbook.ods(f"{title}: {name}", partnership, [about, series])
    return workbook.archive(books)


def findings(released: Released) -> pd.DataFrame:
    """Return what the checks found, as cleared."""
    require_released(released)
    return quality.for_readers(released.findings, released.audience).drop(columns="about", errors="ignore")


def metadata(table: str, title: str, columns: Sequence[str], licence: str, key: Sequence[str] = ()) -> str:
    """Return CSVW metadata (W3C, Tabular Data on the Web) of one of the files, as JSON; `key` tells rows apart."""
    told = {
        "@context": ["http://www.w3.org/ns/csvw", {"@language": "en"}],
        "url": table,
        "dc:title": title,
        "dc:license": licence,
        "dialect": {"encoding": "utf-8", "header": True},
        "tableSchema": {
            "columns": [
                {"name": name, "titles": name, "datatype": str(one.type), "dc:description": one.meaning}
                for name, one in ((name, IN_DOWNLOADS[name]) for name in columns)
            ],
            **({"primaryKey": list(key)} if key else {}),
        },
    }  # fmt: skip
    return json.dumps(told, indent=1, ensure_ascii=False) + "\n"


def workbook_of(released: Released, title: str, partnership: str, contact: str, until: str = "") -> bytes:
    """Return the accessible workbook: the scorecard as its page shows it, cover, contents, notes, and tidy tables."""
    require_released(released)
    shown = workbook.Sheet(
        "Scorecard", f"{title}: scorecard",
        ["This worksheet contains one table.", f"Shorthand: {'; '.join(_NOTES[:3])}."],
        list(_SHOWN), [_as_shown(row) for row in wording.figures(released, headlines.on_scorecard(released))], sheets=2,
    )  # fmt: skip
    tables = [
        _sheet("Measures", f"{title}: newest figure of each measure, in full", scorecard(released)),
        _sheet("Figures", f"{title}: every point held of the area and of England", figures(released, until)),
    ]
    ask = f"Contact: {contact}" if contact else "Contact: the partnership"
    known = f"As known on {released.as_of}, for the {released.audience}"
    cover = workbook.Sheet("Cover", title, [partnership, known, ask])
    notes = workbook.Sheet("Notes", "Notes and shorthand", _NOTES)
    listed = [(sheet.tab, sheet.title) for sheet in (shown, notes, *tables)]
    about = "This worksheet contains one table."
    contents = workbook.Sheet("Contents", "Contents", [about], ["Worksheet", "What it holds"], listed)
    return workbook.ods(title, partnership, [shown, cover, contents, notes, *tables])


def _as_shown(row: Row) -> list[workbook.Cell]:
    """Return the cells of a measure as the scorecard's page shows them, numbers rounded as there."""
    held = wording.has_value(row)
    england = pd.notna(row["england_value"]) and not row["england_reason"]
    query = f" ({wording.UNDER_QUERY})" if wording.in_doubt(row) else ""
    return [
        int(row["number"]), str(inert(f"{row['title']}{query}")), wording.unit(row), wording.period(row),
        _rounded(row["value"], wording.decimals(row)) if held else _SHORTHAND.get(row["status"], _NOT_AVAILABLE),
        wording.interval(row) if held and wording.is_tested(row) else "",
        _rounded(row["england_value"], wording.decimals(row, "england_value")) if england else "",
        wording.direction(row) if held else "", wording.short_verdict(row, query) or wording.verdict_word(row),
    ]  # fmt: skip


def _rounded(value: float, decimals: int) -> workbook.Cell:
    return round(float(value), decimals) if decimals else round(float(value))


def _sheet(tab: str, title: str, table: pd.DataFrame) -> workbook.Sheet:
    lines = ["This worksheet contains one table.", f"Shorthand: {'; '.join(_NOTES[:3])}."]
    rows = [_cells(row) for row in table.to_dict("records")]
    return workbook.Sheet(tab, title, lines, list(table.columns), rows)


def _cells(row: Mapping[Hashable, Any]) -> list[workbook.Cell]:
    missing = _SHORTHAND.get(row["status"], _NOT_AVAILABLE)
    return [_cell(IN_DOWNLOADS[str(name)].type, value, missing) for name, value in row.items()]


def _cell(kind: Type, value: Any, missing: str) -> workbook.Cell:  # noqa: ANN401 - a cell of any column
    if kind is Type.TEXT:
        return "" if pd.isna(value) else str(inert(value))
    if pd.isna(value):
        return missing
    return int(value) if float(value).is_integer() else float(value)


def write_csv(table: pd.DataFrame, file: Path) -> Path:
    """Write a table as RFC 4180 text in UTF-8, numbers as short as they round-trip; return the file."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(csv_text(table), encoding="utf-8", newline="")
    return file


def csv_text(table: pd.DataFrame) -> str:
    """Return a table as CSV. Text that a spreadsheet would run as a formula gets a leading apostrophe."""
    texts = table.select_dtypes(["str", "object"]).columns
    safe = table.assign(**{name: table[name].map(inert, na_action="ignore") for name in texts})
    buffer = io.StringIO(newline="")
    # A count has no decimals, although a column that holds a gap keeps it as 142.0.
    safe.to_csv(buffer, index=False, lineterminator="\r\n", quoting=csv.QUOTE_MINIMAL, float_format="%.10g")
    return buffer.getvalue()


def inert(text: object) -> object:
    """Return text that no spreadsheet runs; plain negative numbers stay numbers."""
    if not isinstance(text, str) or not (text.startswith(_RISKY) or text.lstrip().startswith(_RISKY)):
        return text
    try:
        float(text)
    except ValueError:
        return "'" + text
    return text
