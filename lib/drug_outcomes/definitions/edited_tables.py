"""Tables that people edit: CSV read with its columns declared, and every cell checked.

A slip is refused with file, row, column, value and what was expected, before it can become a wrong number.
"""

import csv
import difflib
import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from drug_outcomes.errors import UnreadableInput

YES_NO = ("yes", "no")


@dataclass(frozen=True)
class Column:
    """A column that a table must have: what a cell may hold, in words and as a test."""

    name: str
    expected: str
    valid: Callable[[str], bool]
    number: bool = False


def free(*names: str) -> tuple[Column, ...]:
    """Columns of any text, empty too."""
    return tuple(Column(name, "text", lambda _: True) for name in names)


def text(*names: str) -> tuple[Column, ...]:
    """Columns that must say something."""
    return tuple(Column(name, "text that is not empty", lambda value: value.strip() != "") for name in names)


def ids(*names: str) -> tuple[Column, ...]:
    """Columns of ids: lower-case words joined by _."""
    return matching(
        "an id: lower-case letters, digits and _, starting with a letter", r"[a-z][a-z0-9_]*", *names
    )


def codes(*names: str) -> tuple[Column, ...]:
    """Columns of GSS codes that may be empty."""
    return matching("a GSS code such as E92000001, or nothing", r"([A-Z][0-9]{8})?", *names)


def months(*names: str) -> tuple[Column, ...]:
    """Columns of ISO months that may be empty."""
    return matching("a month such as 2022-04, or nothing", r"([0-9]{4}-(0[1-9]|1[0-2]))?", *names)


def matching(expected: str, pattern: str, *names: str) -> tuple[Column, ...]:
    """Columns whose cells match a pattern as a whole."""
    return tuple(
        Column(name, expected, lambda value: re.fullmatch(pattern, value) is not None) for name in names
    )


def numbers(*names: str) -> tuple[Column, ...]:
    """Columns of numbers that may be empty."""
    found = matching("a number such as 7.1, or nothing", r"(-?[0-9]+(\.[0-9]+)?)?", *names)
    return tuple(Column(one.name, one.expected, one.valid, number=True) for one in found)


def whole(*names: str, least: int = 0, most: int = 10**9, blank: bool = False) -> tuple[Column, ...]:
    """Columns of whole numbers within limits."""
    limits = f"from {least}" + (f" to {most}" if most < 10**9 else "") + (", or nothing" if blank else "")

    def valid(value: str) -> bool:
        if re.fullmatch(r"[0-9]+", value) is None:
            return blank and value == ""
        return least <= int(value) <= most

    return tuple(Column(name, f"a whole number {limits}", valid, number=True) for name in names)


def word(name: str, allowed: Iterable[str]) -> tuple[Column, ...]:
    """Return a column that holds one of a few words."""
    words = [str(one) for one in allowed]
    return (Column(name, "one of " + ", ".join(one or "nothing" for one in words), words.__contains__),)


def dates(*names: str) -> tuple[Column, ...]:
    """Columns of ISO dates that may be empty."""
    return tuple(Column(name, "a date such as 2025-03-31, or nothing", _is_date) for name in names)


def _is_date(value: str) -> bool:
    try:
        return value == "" or date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def read(file: Path, columns: Sequence[Column], key: str = "") -> pd.DataFrame:
    """Read a CSV as text, check every declared column and turn the numbers into numbers.

    Parameters
    ----------
    file : UTF-8, with or without a byte-order mark.
    columns : those that must be there, in any order; others are kept as text, unchecked.
    key : a column whose values must differ from row to row.

    Returns
    -------
    Text columns (empty cells are "") and number columns (empty cells are NaN). Row `i` of the frame is row
    `i + 2` of the file.
    """
    header, cells = _cells(file)
    for name in header:
        if header.count(name) > 1:
            raise UnreadableInput(f"the column '{name}' stands twice", expected="each once", file=file, row=1)
    missing = [column.name for column in columns if column.name not in header]
    if missing:
        wanted = "a header with " + ", ".join(column.name for column in columns)
        raise UnreadableInput(f"the column '{missing[0]}' is missing", expected=wanted, file=file, row=1)
    table = pd.DataFrame(cells, columns=header, dtype="str")
    for column in columns:
        refuse(table, file, column.name, ~table[column.name].map(column.valid).astype(bool), column.expected)
    if key:
        refuse(table, file, key, table[key].duplicated(), f"a {key} that no other row has")
    return table.assign(**{one.name: pd.to_numeric(table[one.name]) for one in columns if one.number})


def _cells(file: Path) -> tuple[list[str], list[list[str]]]:
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            table = list(csv.reader(lines, strict=True))
    except FileNotFoundError:
        raise UnreadableInput(
            "the file is not there", expected=f"{file.name} in {file.parent.name}", file=file
        ) from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise UnreadableInput(
            f"this is not CSV text ({error})", expected="CSV saved as UTF-8", file=file
        ) from error
    if not table:
        raise UnreadableInput("the file is empty", expected="a header and rows", file=file)
    for place, row in enumerate(table, start=1):
        if len(row) != len(table[0]):
            found = f"{len(row)} values where the header has {len(table[0])} columns"
            raise UnreadableInput(found, expected="as many values as columns", file=file, row=place)
    return table[0], table[1:]


def known(table: pd.DataFrame, file: Path, column: str, allowed: Collection[str], where: str) -> None:
    """Refuse the first cell that is not one of the allowed ids; the nearest is offered."""
    refuse(table, file, column, ~table[column].isin(list(allowed)), f"an id that {where} holds", allowed)


def refuse(
    table: pd.DataFrame,
    file: Path,
    column: str,
    wrong: "pd.Series[bool]",
    expected: str,
    near: Iterable[str] = (),
) -> None:
    """Raise `UnreadableInput` for the first row that a mask marks as wrong."""
    places = np.flatnonzero(wrong)
    if len(places):
        cell = table[column].iloc[places[0]]
        value = "" if pd.isna(cell) else str(cell)
        raise UnreadableInput(
            f"the column '{column}' holds '{value}'",
            expected=expected,
            try_next=" or ".join(difflib.get_close_matches(value, [one for one in near if one], n=1)),
            file=file,
            row=int(places[0]) + 2,
        )
