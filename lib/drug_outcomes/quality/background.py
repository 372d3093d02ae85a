"""What rules know beside the figures: statements, the national framework, names, targets, recorded findings."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from drug_outcomes.definitions import edited_tables, framework, national, periods, statements
from drug_outcomes.definitions.areas import Area
from drug_outcomes.definitions.framework import Definitions
from drug_outcomes.definitions.periods import Basis
from drug_outcomes.definitions.vocabulary import Release, Severity
from drug_outcomes.quality.evidence import COLUMNS
from drug_outcomes.statistics import series_analysis

TERMS, MANUAL = "terms.csv", "manual_findings.csv"
_TERMS = edited_tables.text("term", "variant")
_MANUAL = (
    edited_tables.ids("rule")
    + edited_tables.word("severity", Severity)
    + edited_tables.free("measure", "figures", "suggestion")
    + edited_tables.text("document", "place", "what")
)


def read(root: Path, area: Area, definitions: Definitions) -> dict[str, Any]:
    """Return the fields of `Evidence` that files hold: statements, national, terms, targets, manual.

    What real documents say stays apart from a fictional area, and national documents are checked beside those of
    an area that has told its own: an area that has none is not answerable for them. Raises `UnreadableInput` with file,
    row, column, the value found and what was expected.
    """
    folder = root / framework.FRAMEWORK
    told = (area.folder / statements.FILE).exists() and not area.fictional
    places = (folder, area.folder) if told else (area.folder,)
    return {
        "statements": statements.read(places, definitions),
        "national": national.load(folder, definitions) if told else None,
        "terms": edited_tables.read(folder / TERMS, _TERMS)[["term", "variant"]],
        "targets": _targets(area, definitions),
        "manual": pd.concat([_manual(place / MANUAL, definitions) for place in places]),
    }


def _targets(area: Area, definitions: Definitions) -> pd.DataFrame:
    """Return the area's targets as its file has them, with baseline_month, area, file and row."""
    file = area.folder / series_analysis.FILE
    names = ["measure", "baseline_period", "baseline", "baseline_month", "area", "file", "row"]
    if not file.exists():
        return pd.DataFrame({name: pd.array([], dtype="str") for name in names})
    table = edited_tables.read(file, series_analysis.COLUMNS)
    edited_tables.known(table, file, "measure", set(definitions.measures["measure"]), "measures.csv")
    ends = [
        periods.parse(label, Basis(definitions.measure(name).basis))
        for label, name in zip(table["baseline_period"], table["measure"], strict=True)
    ]
    months = pd.array([one.end_month if one else "" for one in ends], dtype="str")
    numbered = table.assign(baseline_month=months, row=np.arange(2, len(table) + 2))
    return numbered.assign(area=area.code, file=series_analysis.FILE)[names]


def _manual(file: Path, definitions: Definitions) -> pd.DataFrame:
    if not file.exists():
        return pd.DataFrame(columns=list(COLUMNS), dtype="str")
    table = edited_tables.read(file, _MANUAL)
    own = definitions.measures[["measure", "number", "title"]]
    edited_tables.known(table, file, "measure", {*own["measure"], ""}, "measures.csv")
    named = table.merge(own, on="measure", how="left").assign(
        status="manual", explanation="", release=str(Release.PUBLIC), area="", period_label="", about="document"
    )
    return named.assign(title=named["title"].fillna(""))[list(COLUMNS)]
