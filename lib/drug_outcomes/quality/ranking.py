"""One list of findings and signals: what somebody should be asked about first, and why."""

import numpy as np
import pandas as pd

from drug_outcomes.definitions.vocabulary import Audience, Severity
from drug_outcomes.quality.rules import RULES, About

#: Points of a finding by its severity, and why one like it comes where it does.
_WEIGHTS = {Severity.ERROR: 100, Severity.DISCLOSURE: 60, Severity.QUERY: 50, Severity.WARNING: 50, Severity.INFO: 10}
_WHY = {
    Severity.ERROR: "does not fit with what stands beside it",
    Severity.DISCLOSURE: "could give away a small number",
    Severity.QUERY: "needs an answer",
    Severity.WARNING: "may mislead",
    Severity.INFO: "good to know",
}
_SURE = "cannot be right"
#: A class of finding loses this share of its weight each time twice as many figures show it: what is everywhere
#: is known.
_COMMON = 0.05
#: What a document says counts half of what a figure shows.
_DOCUMENT = 0.5
#: What somebody has explained, or found and written down without a rule, comes last.
_SETTLED = ("explained", "closed", "manual")
#: The public is told of findings on this area's own figures; these are the partnership's business.
_PARTNERSHIP = (About.SUPPLY, About.DISCLOSURE, About.DOCUMENT)
_IMPOSSIBLE = frozenset((rule.id, str(rule.about)) for rule in RULES if rule.sure)
_QUIET = frozenset((rule.id, str(rule.about), str(rule.severity)) for rule in RULES if not rule.asks)


def for_readers(findings: pd.DataFrame, audience: Audience) -> pd.DataFrame:
    """Return the findings that the pages of an audience show."""
    return findings if audience is Audience.PARTNERSHIP else on_own_figures(findings)


def on_own_figures(findings: pd.DataFrame) -> pd.DataFrame:
    """Return the findings on this area's own figures, and on what is printed beside them."""
    if findings.empty:
        return findings
    # One that rests on hidden figures has lost its rule with its words, and tells nothing.
    own = ~findings["about"].isin([str(one) for one in _PARTNERSHIP])
    return findings[own & (findings["rule"].fillna("") != "")]


def impossible(findings: pd.DataFrame) -> "pd.Series[bool]":
    """Return whether no reading of the published numbers behind each finding can be right."""
    sure = [pair in _IMPOSSIBLE for pair in zip(findings["rule"], findings["about"], strict=True)]
    return (findings["severity"] == Severity.ERROR) & np.array(sure, dtype=bool)


def ranked(findings: pd.DataFrame) -> pd.DataFrame:
    """Return one row for each question that findings raise, the weightiest first.

    A question is on a measure; on one class of print in a scorecard, or of lateness, which one answer may settle;
    or on a class of fault in a document, unless a graver finding stands at the same places. What nobody need be
    asked about, because it is known or settled, has no weight.

    Parameters
    ----------
    findings : as `quality.findings` returns them, signals included; from several tables at once.

    Returns
    -------
    The weightiest finding of each question with its columns, and weight, why (in words), more (how many further
    findings there are about the same) and others (the numbers of other measures that the question is on).
    """
    if findings.empty:
        return findings.assign(weight=0.0, why="", more=0, others="")
    severity = findings["severity"].astype("str")
    many = findings.groupby([findings["rule"], severity])["rule"].transform("size").astype(float)
    weight = severity.map({str(one): points for one, points in _WEIGHTS.items()}).astype(float)
    weight *= np.fmax(1 - _COMMON * np.log2(many), 0.1)
    findings = findings.reindex(columns=[*findings, *({"about", "place"} - set(findings))], fill_value="")
    key = zip(findings["rule"], findings["about"], severity, strict=True)
    quiet = pd.Series([one in _QUIET for one in key], findings.index) | findings["status"].isin(_SETTLED)
    about = findings["measure"].where(findings["measure"] != "", findings["document"] + findings["rule"])
    together = findings["about"].isin([About.PRINT, About.SUPPLY]) & (severity != Severity.ERROR)
    from_document = findings["about"] == About.DOCUMENT
    told = findings.assign(
        weight=weight.mask(from_document, weight * _DOCUMENT).mask(quiet, 0.0),
        why=severity.map({str(one): word for one, word in _WHY.items()}).mask(impossible(findings), _SURE),
        question=about.mask(together, findings["rule"]),
        from_document=from_document,
    )
    told = told.assign(more=told.groupby("question")["rule"].transform("size") - 1)
    # Of equal weight, the partnership's own figures come before what documents say.
    told = told.sort_values(
        ["weight", "from_document", "number"], ascending=[False, True, True], kind="stable", ignore_index=True
    )
    first = told[~told["from_document"] | told.index.isin(_new_places(told))].drop_duplicates("question")
    others = _others(told)
    first = first.assign(others=[others.get(question, "") for question in first["question"]])
    return first.drop(columns=["question", "from_document"]).reset_index(drop=True)


def _others(told: pd.DataFrame) -> dict[str, str]:
    """Return the numbers of the measures after the first that each question is on: "17, 19"."""
    numbered = told.dropna(subset="number").drop_duplicates(["question", "measure"])
    later = numbered[numbered["question"].duplicated()]
    return {
        str(question): ", ".join(f"{one:.0f}" for one in numbers)
        for question, numbers in later.groupby("question")["number"]
    }


def _new_places(told: pd.DataFrame) -> pd.Index:
    """Return the findings that stand at a place of a document at which no finding before them does."""
    places: pd.Series[str] = told.loc[told["from_document"], "place"].str.split("; ").explode()
    return places.drop_duplicates().index.unique()
