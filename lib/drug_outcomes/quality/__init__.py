"""Findings: what is impossible, unsupported, late or odd, before anybody publishes it.

A rule is a small function from evidence to rows; `RULES` lists them, and no rule knows a measure, an area, a
document or a value: those are rows under data. A finding never changes a figure.
"""

from typing import Any

import pandas as pd

from drug_outcomes.definitions.framework import Definitions
from drug_outcomes.definitions.vocabulary import Severity
from drug_outcomes.quality.doubt import mark, open_errors, put_back
from drug_outcomes.quality.evidence import COLUMNS, Evidence
from drug_outcomes.quality.ranking import for_readers, impossible, on_own_figures, ranked
from drug_outcomes.quality.rules import RULES, About, Rule, found

__all__ = [
    "COLUMNS", "RULES", "About", "Evidence", "Rule", "findings", "for_readers", "found", "impossible", "mark",
    "on_own_figures", "open_errors", "put_back", "ranked",
]  # fmt: skip


def findings(
    latest: pd.DataFrame,
    series: pd.DataFrame,
    definitions: Definitions,
    **more: Any,  # noqa: ANN401 - each is checked as a field of Evidence
) -> pd.DataFrame:
    """Return everything the rules find, in the columns of COLUMNS, gravest first.

    Parameters
    ----------
    latest, series : figures: the newest of each measure, and all points.
    more : what else is known, as `Evidence` names it: vintages, statements, national, events, terms, as_of.
    """
    evidence = Evidence(latest, series, definitions, **more)
    table = pd.concat([rows for rows in (found(evidence), evidence.manual) if len(rows)] or [evidence.manual])
    order = {str(severity): place for place, severity in enumerate(Severity)}
    ordered = table.assign(order=table["severity"].map(order)).sort_values(["order", "number"], kind="stable")
    types = dict.fromkeys(COLUMNS, "str") | {"number": "Int64"}
    typed = ordered.drop(columns="order").reset_index(drop=True).astype(types)
    return typed.fillna(dict.fromkeys(typed.columns.drop("number"), ""))
