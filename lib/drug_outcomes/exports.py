"""Downloads made from cleared figures: tidy CSV that a spreadsheet cannot be made to run."""

import csv
import io
from pathlib import Path

import pandas as pd

from drug_outcomes.disclosure import Released
from drug_outcomes.wording import require_released

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
)
#: A spreadsheet runs a cell that begins with one of these.
_RISKY = ("=", "+", "-", "@", "\t", "\r")


def scorecard(released: Released) -> pd.DataFrame:
    """Return one row per measure with everything the scorecard shows, in the columns of `SCORECARD_COLUMNS`."""
    require_released(released)
    latest = released.latest
    return latest.assign(
        period=latest["period_label"],
        value_text=latest["text"].where(latest["text"] != "", latest["value_formatted"]),
        lower=latest["interval_lower"],
        upper=latest["interval_upper"],
        england_period=latest["england_period_label"],
    )[list(SCORECARD_COLUMNS)]


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
    safe.to_csv(buffer, index=False, lineterminator="\r\n", quoting=csv.QUOTE_MINIMAL)
    return buffer.getvalue()


def inert(text: object) -> object:
    """Return text that no spreadsheet runs; plain negative numbers stay numbers."""
    if not isinstance(text, str) or not text.startswith(_RISKY):
        return text
    try:
        float(text)
    except ValueError:
        return "'" + text
    return text
