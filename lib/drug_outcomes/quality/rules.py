"""Rules: each a row of rules.csv, which holds its words, and the function that finds what breaks it.

`about` says what a finding is on, `sure` that no reading of the published numbers can be right, and `asks`
that somebody should be asked. Words are templates: a name in braces is a column of what the function returns.
"""

import csv
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from importlib import resources
from string import Formatter

import pandas as pd

from drug_outcomes.definitions.vocabulary import Release, Severity
from drug_outcomes.quality import (
    narrative_rules,
    presentation_rules,
    recomputed_rules,
    relation_rules,
    release_rules,
    signal_rules,
    statement_rules,
    timing_rules,
    value_rules,
)
from drug_outcomes.quality.evidence import COLUMNS, Evidence, text_of

_MODULES = (
    *(value_rules, presentation_rules, relation_rules, timing_rules),
    *(signal_rules, statement_rules, recomputed_rules, narrative_rules, release_rules),
)


class About(StrEnum):
    """What a finding is on."""

    VALUE = "value"  # a single figure, which takes part in nothing while the finding is open
    FIGURES = "figures"  # figures of the area beside each other
    PRINT = "print"  # what a scorecard prints beside them
    SIGNAL = "signal"  # a question that chance alone hardly raises
    SUPPLY = "supply"  # who is late, and what is missing
    DISCLOSURE = "disclosure"  # what could be worked out
    DOCUMENT = "document"  # what the area's and other bodies' documents say


@dataclass(frozen=True)
class Rule:
    """One class of fault. `find` picks what is at fault, with the columns that the words name.

    Rows may bring a severity, suggestion, document, place or explanation of their own; else the rule's, and
    the file and row that the figure came from, are told.
    """

    id: str
    about: About
    severity: Severity
    sure: bool
    asks: bool
    what: str
    figures: str
    suggestion: str
    find: Callable[[Evidence], pd.DataFrame]


def _read() -> tuple[Rule, ...]:
    modules = {module.__name__.rpartition(".")[2]: module for module in _MODULES}
    lines = resources.files(__package__).joinpath("rules.csv").read_text(encoding="utf-8").splitlines()
    return tuple(
        Rule(
            row["rule"],
            About(row["about"]),
            Severity(row["severity"]),
            row["sure"] == "yes",
            row["asks"] == "yes",
            row["what"],
            row["figures"],
            row["suggestion"],
            getattr(modules[module], name),
        )
        for row in csv.DictReader(lines)
        for module, _, name in [row["finds"].partition(".")]
    )


RULES = _read()


def found(evidence: Evidence, *about: About) -> pd.DataFrame:
    """Return what the rules on some subjects (none named: on all) find, in the columns of COLUMNS."""
    wanted = [rule for rule in RULES if not about or rule.about in about]
    rows = [table for rule in wanted if len(table := described(rule, rule.find(evidence)))]
    return pd.concat(rows, ignore_index=True) if rows else pd.DataFrame(columns=list(COLUMNS))


def described(rule: Rule, rows: pd.DataFrame) -> pd.DataFrame:
    """Return what one rule found, in the columns of COLUMNS and with the index of the rows."""
    if rows.empty:
        return pd.DataFrame(columns=list(COLUMNS))
    figures = _filled(rule.figures, rows)
    defaults: dict[str, str | pd.Series] = {
        "severity": str(rule.severity),
        "suggestion": rule.suggestion,
        "document": rows.get("file", ""),
        "place": _row_words(rows),
        "release": str(Release.PUBLIC),
    }
    # `status` is a column of figures too; a rule that knows its finding's own says it as finding_status.
    own = {"status": rows.get("finding_status", "open"), "explanation": rows.get("explanation", "")}
    fixed = {"rule": rule.id, "about": str(rule.about), "what": _filled(rule.what, rows, figures=figures), **own}
    filled = {name: rows[name].fillna(value) if name in rows.columns else value for name, value in defaults.items()}
    return rows.reindex(columns=list(COLUMNS)).assign(figures=figures, **fixed, **filled)


def _filled(template: str, rows: pd.DataFrame, **beside: "pd.Series[str]") -> "pd.Series[str]":
    """Return a template with each row's values in it; numbers stand as they are written."""
    names = [name for _, name, _, _ in Formatter().parse(template) if name]
    cells = pd.DataFrame(
        {name: _texts(beside[name] if name in beside else rows[name]) for name in names}, rows.index
    ).to_dict("records")
    return pd.Series([template.format_map(one) for one in cells], rows.index, dtype="str")


def _texts(values: pd.Series) -> "pd.Series[str]":
    if pd.api.types.is_numeric_dtype(values):
        return text_of(values.astype(float))
    return values.fillna("").astype("str")


def _row_words(rows: pd.DataFrame) -> "pd.Series[str] | str":
    if "row" not in rows.columns:
        return ""
    return ("row " + rows["row"].astype("Int64").astype("str")).where(rows["row"].notna(), "")
