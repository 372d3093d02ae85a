"""Doubt: a figure with an open error takes part in nothing until it is explained or corrected.

Rules about single values decide before statistics: a percentage of 539, or a month ten times too high, would
move limits, trends and targets, and be tested. What is in doubt is still shown, and marked.
"""

import pandas as pd

from drug_outcomes.definitions import observations
from drug_outcomes.definitions.framework import Definitions
from drug_outcomes.quality import explanations
from drug_outcomes.quality.evidence import Evidence
from drug_outcomes.quality.rules import RULES, About, described

#: The numbers that a figure in doubt lends to nothing, and what they are called meanwhile.
_NUMBERS = ("value", "lower", "upper", "numerator")
_KEPT = {name: f"doubtful_{name}" for name in _NUMBERS}
_FIGURE = ["measure", "area", "period_start", "period_end", "breakdown", "file", "row", "value"]


def open_errors(
    figures: pd.DataFrame,
    definitions: Definitions,
    recorded: pd.DataFrame,
    *,
    area: str,
    as_of: str,
    releases: pd.DataFrame | None = None,
) -> "pd.Series[str]":
    """Return the rule by which each figure of an area, or of what it is compared with, is in doubt; "" for the others.

    Parameters
    ----------
    figures : figures as the audience sees them, before statistics; with `withheld`, `segment` and `release`.
    recorded : explanations, as `explanations.read` returns them: what one of them explains is in doubt no more.
    area : code of the area; as_of : the ISO date on which explanations hold.
    releases : every release of every figure that the audience may see.
    """
    vintages = observations.empty() if releases is None else releases
    evidence = Evidence(figures, figures, definitions, code=area, vintages=vintages, as_of=as_of)
    told = {rule: rule.find(evidence).reset_index(drop=True) for rule in _DECIDING}
    found = pd.concat([rows.reindex(columns=_FIGURE).assign(doubt=rule.id) for rule, rows in told.items()])
    words = pd.concat([described(rule, rows) for rule, rows in told.items()], ignore_index=True)
    explained = explanations.explain_findings(words, recorded, figures, as_of)["status"] == explanations.EXPLAINED
    doubts = found[~explained.to_numpy()].drop_duplicates(_FIGURE)
    keyed = figures[_FIGURE].merge(doubts, on=_FIGURE, how="left", validate="many_to_one")
    return pd.Series(keyed["doubt"].fillna("").to_numpy(), figures.index, dtype="str")


_DECIDING = tuple(rule for rule in RULES if rule.about is About.VALUE)


def mark(figures: pd.DataFrame, doubt: "pd.Series[str]") -> pd.DataFrame:
    """Return figures with `doubt`, and the numbers of those in doubt laid aside, so that nothing rests on them."""
    kept = {new: figures[old].where(doubt != "") for old, new in _KEPT.items()}
    blank = {name: figures[name].where(doubt == "") for name in _NUMBERS}
    return figures.assign(doubt=doubt, **kept, **blank)


def put_back(figures: pd.DataFrame) -> pd.DataFrame:
    """Return figures with the numbers that `mark` laid aside, which are shown as they were published."""
    shown = {old: figures[new].where(figures[new].notna(), figures[old]) for old, new in _KEPT.items()}
    return figures.assign(**shown).drop(columns=list(_KEPT.values()))
