"""Downloads made from cleared figures: a workbook, and tidy CSV that a spreadsheet cannot be made to run."""

import csv
import io
import json
from collections.abc import Hashable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from drug_outcomes.definitions.vocabulary import Status
from drug_outcomes.disclosure import Released
from drug_outcomes.reporting import headlines, workbook
from drug_outcomes.reporting.wording import require_released

SCORECARD_COLUMNS = (
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
#: What a column holds, for people and programs: kind, and a sentence.
COLUMN_WORDS = {
    "number": ("integer", "Number of the measure in the framework"),
    "measure": ("string", "Stable id of the measure"),
    "title": ("string", "Title of the measure"),
    "unit": ("string", "What the value counts, and per how many"),
    "area": ("string", "GSS code of the area"),
    "priority": ("string", "Priority area of the strategy"),
    "commitment": ("string", "Commitment under the priority area"),
    "source": ("string", "Id of the source"),
    "period": ("string", "Period as published"),
    "period_start": ("string", "First month, ISO"),
    "period_end": ("string", "Last month, ISO"),
    "period_basis": ("string", "Kind of period"),
    "breakdown": ("string", "Part of the population; empty for everybody"),
    "segment": ("string", "Stretch of the series; stretches are not comparable with one another"),
    "value": ("number", "The figure; empty where there is none to show, see status"),
    "value_text": ("string", "The figure as published"),
    "status": ("string", "published, provisional, revised, estimated, suppressed, awaited and so on"),
    "lower": ("number", "Lower end of the 95% interval"),
    "upper": ("number", "Upper end of the 95% interval"),
    "numerator": ("number", "Events or people counted"),
    "denominator": ("number", "People the figure is a share or rate of"),
    "england_value": ("number", "Figure for England of the same period"),
    "england_text": ("string", "Figure for England as published"),
    "england_reason": ("string", "Why there is no figure for England to compare with"),
    "england_period": ("string", "Period of the figure for England"),
    "direction": ("string", "Direction of travel: up, down, same, unknown"),
    "direction_basis": ("string", "What the direction rests on"),
    "compared": ("string", "Bare sign against England, not a test"),
    "verdict": ("string", "Tested comparison with England"),
    "verdict_basis": ("string", "What the test rests on"),
    "verdict_note": ("string", "The test in a sentence"),
    "region_value": ("number", "Figure for the region of the same period"),
    "verdict_region": ("string", "Tested comparison with the region"),
    "neighbours_value": ("number", "Statistical neighbours: all they counted over all it was counted among"),
    "neighbours_areas": ("string", "How many of the statistical neighbours that is made of"),
    "verdict_neighbours": ("string", "Tested comparison with statistical neighbours"),
    "peers_value": ("number", "Areas of like deprivation: all they counted over all it was counted among"),
    "peers_areas": ("string", "How many of the areas of like deprivation that is made of"),
    "verdict_peers": ("string", "Tested comparison with areas of like deprivation"),
    "polarity": ("string", "Which direction is good, where anybody may say so"),
    "age_months": ("integer", "Months from the end of the figure's period to the end of the snapshot's"),
    "note": ("string", "Remark of the publisher, or why the figure is hidden"),
    "release": ("string", "public or restricted"),
    "received": ("string", "Date of receipt, ISO"),
    "vintage": ("string", "Release in which the figure came"),
    "publisher": ("string", "Publisher of the figure"),
    "licence": ("string", "Licence of the figure"),
    "file": ("string", "File as received"),
    "row": ("integer", "Row of that file"),
    "out_of_date": ("string", "yes where the figure is older than expected"),
    "definition": ("string", "What the measure counts"),
}  # fmt: skip
_INTERVAL_DECIMALS = 4
#: Shorthand of the Government Statistical Service for cells without a number.
_SHORTHAND = {Status.SUPPRESSED: "[c]", Status.NOT_APPLICABLE: "[z]"}
_NOT_AVAILABLE = "[x]"
_NOTES = (
    "[c] the number is hidden to protect people or is not for publication",
    "[z] not applicable",
    "[x] not available: not published, not supplied, not collected or awaited",
    "An interval of 95% is given where one was published or can be computed.",
    "Higher and lower say that a difference from England was tested and is more than chance; "
    "better and worse are said only where the partnership has agreed which direction is good.",
)
#: A spreadsheet runs a cell that begins with one of these, some after blanks, some in their full-width forms.
_RISKY = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20", "\t", "\r", "\n")


def scorecard(released: Released) -> pd.DataFrame:
    """Return one row per measure with everything the scorecard shows, in the columns of `SCORECARD_COLUMNS`."""
    require_released(released)
    latest, old = released.latest, [row["measure"] for row in headlines.out_of_date(released)]
    return latest.assign(
        period=latest["period_label"],
        value_text=latest["text"].where(latest["text"] != "", latest["value_formatted"]),
        lower=latest["interval_lower"],
        upper=latest["interval_upper"],
        england_period=latest["england_period_label"],
        out_of_date=latest["measure"].isin(old).map({True: "yes", False: "no"}),
    )[list(SCORECARD_COLUMNS)]


def figures(released: Released) -> pd.DataFrame:
    """Return every point held of the area and England, one a row, in the columns of `FIGURE_COLUMNS`."""
    require_released(released)
    series, latest = released.series, released.latest
    mine = series[series["area"].isin({*latest["area"], *latest["benchmark"]})]
    renamed = mine.assign(
        period=mine["period_label"],
        # Computed ends carry digits that mean nothing.
        lower=mine["interval_lower"].round(_INTERVAL_DECIMALS),
        upper=mine["interval_upper"].round(_INTERVAL_DECIMALS),
    )
    keys = ["number", "area", "breakdown", "period_end", "period_start", "segment"]
    return renamed.sort_values(keys, kind="stable")[list(FIGURE_COLUMNS)]


def findings(released: Released) -> pd.DataFrame:
    """Return what the checks found, as cleared."""
    require_released(released)
    return released.findings


def metadata(table: str, title: str, columns: Sequence[str], licence: str) -> str:
    """Return CSVW metadata (W3C, Tabular Data on the Web) of one of the files, as JSON."""
    told = {
        "@context": ["http://www.w3.org/ns/csvw", {"@language": "en"}],
        "url": table,
        "dc:title": title,
        "dc:license": licence,
        "dialect": {"encoding": "utf-8", "header": True},
        "tableSchema": {
            "columns": [
                {"name": name, "titles": name, "datatype": kind, "dc:description": words}
                for name in columns
                for kind, words in [COLUMN_WORDS[name]]
            ]
        },
    }  # fmt: skip
    return json.dumps(told, indent=1, ensure_ascii=False) + "\n"


def workbook_of(released: Released, title: str, partnership: str, contact: str) -> bytes:
    """Return the accessible workbook: cover, contents, notes, scorecard and every point held."""
    require_released(released)
    tables = [
        _sheet("Scorecard", "Scorecard: newest figure of each measure", scorecard(released)),
        _sheet("Figures", "Figures: every point held of the area and of England", figures(released)),
    ]
    ask = f"Contact: {contact}" if contact else "Contact: the partnership"
    known = f"As known on {released.as_of}, for the {released.audience}"
    cover = workbook.Sheet("Cover", title, [partnership, known, ask])
    notes = workbook.Sheet("Notes", "Notes and shorthand", _NOTES)
    listed = [(sheet.tab, sheet.title) for sheet in (notes, *tables)]
    about = "This worksheet contains one table."
    contents = workbook.Sheet("Contents", "Contents", [about], ["Worksheet", "What it holds"], listed)
    return workbook.ods(title, partnership, [cover, contents, notes, *tables])


def _sheet(tab: str, title: str, table: pd.DataFrame) -> workbook.Sheet:
    lines = ["This worksheet contains one table.", f"Shorthand: {'; '.join(_NOTES[:3])}."]
    rows = [_cells(row) for row in table.to_dict("records")]
    return workbook.Sheet(tab, title, lines, list(table.columns), rows)


def _cells(row: Mapping[Hashable, Any]) -> list[workbook.Cell]:
    missing = _SHORTHAND.get(row["status"], _NOT_AVAILABLE)
    return [_cell(COLUMN_WORDS[str(name)][0], value, missing) for name, value in row.items()]


def _cell(kind: str, value: Any, missing: str) -> workbook.Cell:  # noqa: ANN401 - a cell of any column
    if kind == "string":
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
