"""Statements: every number that a report prints, as a row that rules can check.

`statements.csv` of an area holds what its reports say, that of data/framework what the national documents
say. Rows that tell the same fact share its id. What a number may stand for follows from how it is printed:
"1.96m" lies between 1.955 and 1.965 million, "over 40" above 40, "nearly 500" a little below.
"""

import re
from collections.abc import Iterable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from drug_outcomes.definitions import edited_tables, periods
from drug_outcomes.definitions.framework import Definitions
from drug_outcomes.definitions.periods import Basis
from drug_outcomes.definitions.vocabulary import Compared, Direction, Polarity
from drug_outcomes.errors import UnreadableInput

FILE = "statements.csv"


class Told(StrEnum):
    """What a statement is."""

    FIGURE = "figure"  # how much or how many there is
    CHANGE = "change"  # by how much something grew or fell
    TARGET = "target"  # an ambition in force
    SUPERSEDED = "superseded"  # an ambition that the text itself calls replaced
    LISTED = "listed"  # how many things the document itself lists, as we counted them
    COVERAGE = "coverage"  # of how many (`of`) the figures beside it tell
    CLAIM = "claim"  # words without a number
    BASELINE = "baseline"  # the period from which change is counted
    EDITION = "edition"  # which edition of a scorecard is cited
    NEXT = "next_release"  # which period the next release will cover
    PUBLISHED = "published"  # when a series came out, or will
    DATED = "dated"  # the date in a document's title
    SIGNED = "signed"  # the date of its sign-off


class Qualifier(StrEnum):
    """The word before a number."""

    EXACT = ""
    OVER = "over"
    AT_LEAST = "at_least"
    NEARLY = "nearly"
    UP_TO = "up_to"
    UNDER = "under"
    AROUND = "around"


class Relation(StrEnum):
    """How a number follows from others, whose facts `of` names."""

    NONE = ""
    DIFFERENCE = "difference"  # the second less the first
    PERCENT_CHANGE = "percent_change"  # of the second on the first
    RATIO = "ratio"  # the second over the first
    SHARE = "share"  # the first in per cent of the second
    SUM = "sum"


#: Statements of a number that others may contradict.
NUMBERED = (Told.FIGURE, Told.CHANGE, Told.TARGET)
LEVELS = tuple(str(word) for word in Compared if word is not Compared.NOT_COMPARABLE)
_COLUMNS = (
    edited_tables.text("document")
    + edited_tables.whole("line", least=1)
    + edited_tables.word("kind", Told)
    + edited_tables.free("fact", "measure", "series", "period", "text", "unit", "group", "of", "note")
    + edited_tables.codes("area")
    + edited_tables.word("basis", ["", *Basis])
    + edited_tables.numbers("value")
    + edited_tables.word("qualifier", Qualifier)
    + edited_tables.word("role", ("", "total", "part", "baseline", "last"))
    + edited_tables.word("relation", Relation)
    + edited_tables.word("direction", ("", Direction.UP, Direction.DOWN, Direction.SAME))
    + edited_tables.word("compared", ("", *LEVELS))
    + edited_tables.word("polarity", ("", Polarity.HIGH_IS_GOOD, Polarity.LOW_IS_GOOD))
)
_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
_SCALES = (1, 1000, 1_000_000, 1_000_000_000)
#: "Nearly" and "around" reach this share of the number; a number in words is as loose.
_LOOSE = 0.1


def empty() -> pd.DataFrame:
    """Return the columns of `read` and no rows."""
    return _with_ranges(_typed(pd.DataFrame(columns=[one.name for one in _COLUMNS], dtype="str")))


def read(folders: Iterable[Path], definitions: Definitions) -> pd.DataFrame:
    """Read the statements under some folders: data/framework for the national documents, and an area's.

    Returns
    -------
    The columns of the files and place ("report.txt:51"), low and high (what the number may stand for),
    exact (no word before it), period_start and period_end (ISO months, "" where there is no period).

    Raises
    ------
    UnreadableInput : with file, row, column, the value found and what was expected.
    """
    tables = [_read(place / FILE, definitions) for place in folders if (place / FILE).exists()]
    return _with_ranges(_typed(pd.concat(tables, ignore_index=True))) if tables else empty()


def of_rows(told: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """Return statements of one's own as `read` returns those of files; columns left out are empty."""
    table = pd.DataFrame(list(told), columns=[one.name for one in _COLUMNS])
    texts = {
        name: table[name].astype("str").where(table[name].notna(), "")
        for name in map(str, table)
        if name not in ("line", "value")
    }
    return _with_ranges(_typed(table.assign(**texts)))


def _typed(table: pd.DataFrame) -> pd.DataFrame:
    return table.astype({"value": "float64", "line": "int64"})


def _read(file: Path, definitions: Definitions) -> pd.DataFrame:
    table = edited_tables.read(file, _COLUMNS)
    known = {*definitions.named, ""}
    strange = ~table["measure"].map(lambda cell: set(cell.split(";")) <= known).astype(bool)
    edited_tables.refuse(table, file, "measure", strange, "measures of measures.csv, separated by ;", known)
    facts = {*table["fact"], ""}
    lacking = ~table["of"].map(lambda cell: set(cell.split(";")) <= facts).astype(bool)
    edited_tables.refuse(table, file, "of", lacking, "facts of this file, separated by ;", facts)
    wrong = [_contrary(text, value) for text, value in zip(table["text"], table["value"], strict=True)]
    edited_tables.refuse(table, file, "value", pd.Series(wrong, dtype=bool), "the number that `text` prints, in full")
    unread = [not _is_period(*pair) for pair in zip(table["period"], table["basis"], strict=True)]
    edited_tables.refuse(table, file, "period", pd.Series(unread, dtype=bool), "a period, or nothing; state its basis")
    return table.assign(measure=definitions.tracked(table["measure"]))


def _contrary(text: str, value: float) -> bool:
    """Whether a printed number is not this value, in ones, thousands, millions or thousand millions."""
    printed = _NUMBER.search(text)
    if printed is None or np.isnan(value):
        return False
    bare = float(printed[0].replace(",", ""))
    return all(abs(bare * scale - abs(value)) > 1e-9 * max(1.0, abs(value)) for scale in _SCALES)


def _is_period(label: str, basis: str) -> bool:
    try:
        return label == "" or periods.parse(label, Basis(basis) if basis else None) is not None
    except UnreadableInput:
        return False


def printed_step(text: str, value: float) -> float:
    """Return the unit that a number is printed to: 0.1 for 18.8, 100 for 54,500, 10,000 for 1.96m.

    Closing noughts of a whole number are taken for rounding. A number in words is loose by a tenth.
    """
    printed = _NUMBER.search(text)
    if printed is None:
        return 2 * _LOOSE * abs(value)
    bare = printed[0].replace(",", "")
    scale = abs(value) / float(bare) if float(bare) else 1.0
    if "." in bare:
        return float(scale * 10.0 ** -len(bare.partition(".")[2]))
    return float(scale * 10.0 ** (len(bare) - len(bare.rstrip("0")))) if float(bare) else 1.0


def _with_ranges(table: pd.DataFrame) -> pd.DataFrame:
    value = table["value"]
    # An ambition of at least 5,000 is told as 5,000 is: the word says how it is meant, not how much it is.
    word = table["qualifier"].mask(table["kind"] == Told.TARGET, str(Qualifier.EXACT))
    steps = [printed_step(*pair) for pair in zip(table["text"], value, strict=True)]
    half, loose = np.array(steps, dtype=float) / 2, _LOOSE * value.abs()
    above, below = (word.isin([Qualifier.OVER, Qualifier.AT_LEAST]), word.isin([Qualifier.UP_TO, Qualifier.UNDER]))
    nearly, around = word == Qualifier.NEARLY, word == Qualifier.AROUND
    low = np.select([above, below, nearly | around], [value, value - np.inf, value - loose], value - half)
    high = np.select([above, below | nearly, around], [value + np.inf, value, value + loose], value + half)
    parsed = [
        periods.parse(label, Basis(basis) if basis else None)
        for label, basis in zip(table["period"], table["basis"], strict=True)
    ]
    return table.assign(
        place=table["document"] + ":" + table["line"].astype("str"),
        step=steps,
        low=low,
        high=high,
        exact=(word == Qualifier.EXACT).astype(bool),
        period_start=pd.array([one.start_month if one else "" for one in parsed], dtype="str"),
        period_end=pd.array([one.end_month if one else "" for one in parsed], dtype="str"),
    )
