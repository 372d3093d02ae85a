"""Reports to a local drug information system: what was sold, tested and did harm, and what was done about it.

They stand in the area's restricted/ folder and are read for the partnership alone.
"""

from pathlib import Path

import pandas as pd

from drug_outcomes.definitions import edited_tables
from drug_outcomes.definitions.areas import CLOSED, Area
from drug_outcomes.definitions.edited_tables import Column, dates, free, ids, text, whole, word
from drug_outcomes.definitions.project import FRAMEWORK, home

FILE = "alerts.csv"
#: In data/framework: how sources and information are graded, and within how many days a notice should follow.
MATRIX = "alert_matrix.csv"
SOURCE, INFORMATION, RESPONSE = "source", "information", "response"
COLUMNS: tuple[Column, ...] = (
    *ids("alert"), *dates("received", "delete_by", blank=False), *dates("told_on", "closed"),
    *text("source", "sold_as", "harm", "place"), *text("source_grade", "information_grade", RESPONSE),
    *whole("people", blank=True), *free("tested_as", "exact_place", "action", "advice", "approved_by", "told"),
)  # fmt: skip
_GRADED = {"source_grade": SOURCE, "information_grade": INFORMATION, RESPONSE: RESPONSE}


def matrix() -> pd.DataFrame:
    """Return the grading matrix: part (source, information or response), code, means, days (NaN: no notice)."""
    parts = word("part", (SOURCE, INFORMATION, RESPONSE))
    return edited_tables.read(home() / FRAMEWORK / MATRIX, (*parts, *text("code", "means"), *whole("days", blank=True)))


def file_of(area: Area) -> Path:
    """Where an area's alerts stand."""
    return area.folder / CLOSED / FILE


def read(area: Area, as_of: str = "") -> pd.DataFrame:
    """Return the alerts as known on a day (ISO; "" for all), newest first, with `days`: within how many to tell.

    None for the public. Raises `UnreadableInput` with row and column for a cell that does not fit.
    """
    file = file_of(area)
    if not area.whole or not file.exists():
        return pd.DataFrame(columns=[*(one.name for one in COLUMNS), "days"], dtype="str")
    table, graded = edited_tables.read(file, COLUMNS, "alert"), matrix()
    for column, part in _GRADED.items():
        edited_tables.known(table, file, column, set(graded.loc[graded["part"] == part, "code"]), MATRIX)
    for column in ("told_on", "closed"):
        early = (table[column] != "") & (table[column] < table["received"])
        edited_tables.refuse(table, file, column, early, "a date that is not before the alert was received")
    days = graded[graded["part"] == RESPONSE].set_index("code")["days"]
    known = table.assign(days=table[RESPONSE].map(days)).sort_values("received", ascending=False, kind="stable")
    if not as_of:
        return known
    later = {column: known[column].where(known[column] <= as_of, "") for column in ("told_on", "closed")}
    known = known.assign(**later, told=known["told"].where(later["told_on"] != "", ""))
    found: pd.DataFrame = known[known["received"] <= as_of]
    return found
