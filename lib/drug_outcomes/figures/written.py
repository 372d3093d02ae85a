"""What people wrote that the public may read: every line with its place, for the check of words."""

import pandas as pd

from drug_outcomes.definitions import commentary, edited_tables, events, plan
from drug_outcomes.definitions.areas import Area
from drug_outcomes.definitions.framework import Definitions
from drug_outcomes.definitions.periods import Period
from drug_outcomes.definitions.vocabulary import Release
from drug_outcomes.intake import corrections
from drug_outcomes.statistics import series_analysis

_COLUMNS = ["about", "text", "file", "row"]
#: Tables of an area's folder: the column that names measures, and those of free text.
_TABLES = {events.FILE: ("measures", ["what", "source"]), series_analysis.FILE: ("measure", ["superseded_by"])}


def lines(area: Area, period: Period, definitions: Definitions, made: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return about (what a line is about, "" for nothing), text, file and row of everything the public may read.

    `made` is what became of corrections (`corrections.outcomes`); words on those of unpublished figures are held back
    anyway.
    """
    passages = pd.DataFrame(commentary.lines(area, period, definitions.subjects), columns=_COLUMNS)
    tables = [_table(area, *each) for each in _TABLES.items()] + [plan.read(area, definitions).lines()]
    if made is not None:
        told = made[made["release"] == Release.PUBLIC]
        reasons = _joined(told, ["reason", "told", "status", "reference"])
        tables.append(told.assign(about=told["measure"], text=reasons, file=corrections.FILE)[_COLUMNS])
    return pd.concat([passages, *tables], ignore_index=True)


def _table(area: Area, name: str, columns: tuple[str, list[str]]) -> pd.DataFrame:
    file, (measures, texts) = area.folder / name, columns
    if not file.exists():
        return pd.DataFrame(columns=_COLUMNS)
    more = edited_tables.free("agreed_by")
    table = edited_tables.read(file, edited_tables.free(measures, *texts), optional=more)
    listed = table.assign(text=_joined(table, [*texts, "agreed_by"]), file=name, row=range(2, len(table) + 2))
    return listed.assign(about=table[measures].str.split(r"\s*;\s*", regex=True)).explode("about")[_COLUMNS]


def _joined(table: pd.DataFrame, names: list[str]) -> pd.Series:
    return pd.Series([". ".join(map(str, row)) for row in table[names].to_numpy()], table.index, dtype="str")
