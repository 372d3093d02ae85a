"""Tables that people edit: CSV read with its columns declared, and every cell checked.

A slip is refused with file, row, column, value and what was expected, before it can become a wrong number.
What a spreadsheet in Britain makes of a table when it saves it is read as what it was: 31/03/2025 and Oct-24
are 2025-03-31 and 2024-10, the text may be in Windows' own encoding, and empty rows may stand at the end.
"""

import csv
import difflib
import io
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from drug_outcomes.errors import UnreadableInput

YES_NO = ("yes", "no")


@dataclass(frozen=True)
class Column:
    """A column of a table: what a cell may hold, in words and as a test, and the form that it is brought to."""

    name: str
    expected: str
    valid: Callable[[str], bool]
    number: bool = False
    plain: Callable[[str], str] = str


def free(*names: str) -> tuple[Column, ...]:
    """Columns of any text, empty too."""
    return tuple(Column(name, "text", lambda _: True) for name in names)


def text(*names: str) -> tuple[Column, ...]:
    """Columns that must say something."""
    return tuple(Column(name, "text that is not empty", lambda value: value.strip() != "") for name in names)


def ids(*names: str) -> tuple[Column, ...]:
    """Columns of ids: lower-case words joined by _."""
    return matching("an id: lower-case letters, digits and _, starting with a letter", r"[a-z][a-z0-9_]*", *names)


def codes(*names: str) -> tuple[Column, ...]:
    """Columns of GSS codes that may be empty."""
    return matching("a GSS code such as E92000001, or nothing", r"([A-Z][0-9]{8})?", *names)


def matching(expected: str, pattern: str, *names: str) -> tuple[Column, ...]:
    """Columns whose cells match a pattern as a whole."""
    return tuple(Column(name, expected, lambda value: re.fullmatch(pattern, value) is not None) for name in names)


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


def dates(*names: str, blank: bool = True) -> tuple[Column, ...]:
    """Columns of dates, in ISO form once they are read; they may be empty unless `blank` says no."""
    return _days("a date such as 2025-03-31", _DATE, blank, *names)


def months(*names: str, blank: bool = True) -> tuple[Column, ...]:
    """Columns of ISO months; they may be empty unless `blank` says no."""
    return _days("a month such as 2022-04", _MONTH, blank, *names)


def dates_or_months(*names: str) -> tuple[Column, ...]:
    """Columns that name a day or a month, whichever is known."""
    return _days("a month or a date such as 2024-10 or 2024-10-01", f"{_MONTH}|{_DATE}", False, *names)


_MONTH, _DATE = r"\d{4}-(0[1-9]|1[0-2])", r"\d{4}-\d\d-\d\d"
_BRITISH = re.compile(r"(?P<day>\d\d?)/(?P<month>\d\d?)/(?P<year>\d{4})(?: 0?0:00(?::00)?)?")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NAMED = re.compile(r"(?P<month>[a-z]{3})[ -](?P<year>\d\d)")


def iso(text: str) -> str:
    """Return a date as ISO, or a month, whichever a spreadsheet in Britain made of it; other text as it is."""
    british, named = _BRITISH.fullmatch(text.strip()), _NAMED.fullmatch(text.strip().casefold())
    if named and named["month"] in _MONTHS:
        return f"20{named['year']}-{_MONTHS.index(named['month']) + 1:02d}"
    day = f"{british['year']}-{british['month']:0>2}-{british['day']:0>2}" if british else text
    return day if is_date(day) else text


def is_date(text: str) -> bool:
    """Whether text is a day of the calendar in ISO form."""
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _days(expected: str, pattern: str, blank: bool, *names: str) -> tuple[Column, ...]:
    def plain(text: str) -> str:
        return iso(text) if re.fullmatch(pattern, iso(text)) else text

    def valid(text: str) -> bool:
        if text == "":
            return blank
        return re.fullmatch(pattern, text) is not None and (len(text) == len("2022-04") or is_date(text))

    said = expected + (", or nothing" if blank else "")
    return tuple(Column(name, said, valid, plain=plain) for name in names)


def read(file: Path, columns: Sequence[Column], key: str = "", *, optional: Sequence[Column] = ()) -> pd.DataFrame:
    """Read a CSV as text, check every declared column and turn the numbers into numbers.

    Parameters
    ----------
    file : UTF-8, with or without a byte-order mark, or Windows-1252.
    columns : those that must be there, in any order; others are kept as text, unchecked.
    optional : those that are checked where they are there, and empty where they are not.
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
    absent = [column.name for column in optional if column.name not in header]
    columns = [*columns, *optional]
    table = table.assign(**dict.fromkeys(absent, ""))
    table = checked(table, file, columns)
    if key:
        refuse(table, file, key, table[key].duplicated(), f"a {key} that no other row has")
    return table


def checked(table: pd.DataFrame, file: Path, columns: Sequence[Column]) -> pd.DataFrame:
    """Return text as declared, with numbers as numbers; everything that is wrong with a row is told at once."""
    table = table.assign(**{one.name: table[one.name].map(one.plain).astype("str") for one in columns})
    wrong = {one.name: ~table[one.name].map(one.valid).astype(bool) for one in columns}
    refuse_rows(table, file, columns, wrong)
    return table.assign(**{one.name: pd.to_numeric(table[one.name]) for one in columns if one.number})


def refuse_rows(
    table: pd.DataFrame, file: Path, columns: Sequence[Column], wrong: "Mapping[str, pd.Series[bool]]"
) -> None:
    """Refuse the first row with a wrong cell, and tell all its wrong cells; `wrong` has a mask for each column."""
    rows = [places[0] for mask in wrong.values() if len(places := np.flatnonzero(mask))]
    if not rows:
        return
    row = int(min(rows))
    mistakes = [one for one in columns if wrong[one.name].iloc[row]]
    told = [f"the column '{one.name}' holds '{table[one.name].iloc[row]}'" for one in mistakes]
    wanted = [one.expected if len(mistakes) == 1 else f"{one.name}: {one.expected}" for one in mistakes]
    raise UnreadableInput("; ".join(told), expected="; ".join(wanted), file=file, row=row + 2)


def _cells(file: Path) -> tuple[list[str], list[list[str]]]:
    try:
        table = list(csv.reader(io.StringIO(_decoded(file), newline=""), strict=True))
    except FileNotFoundError:
        raise UnreadableInput(
            "the file is not there", expected=f"{file.name} in {file.parent.name}", file=file
        ) from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise UnreadableInput(f"this is not CSV text ({error})", expected="CSV saved as UTF-8", file=file) from error
    while len(table) > 1 and not any(table[-1]):
        del table[-1]
    if not table:
        raise UnreadableInput("the file is empty", expected="a header and rows", file=file)
    for place, row in enumerate(table, start=1):
        if len(row) != len(table[0]):
            found = f"{len(row)} values where the header has {len(table[0])} columns"
            raise UnreadableInput(found, expected="as many values as columns", file=file, row=place)
    return table[0], table[1:]


def _decoded(file: Path) -> str:
    content = file.read_bytes()
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252")  # as a spreadsheet saves "CSV" unless it is told otherwise


def known(table: pd.DataFrame, file: Path, column: str, allowed: Collection[str], where: str) -> None:
    """Refuse the first cell that is not one of the allowed ids; the nearest is offered."""
    refuse(table, file, column, ~table[column].isin(list(allowed)), f"an id that {where} holds", allowed)


def refuse(
    table: pd.DataFrame, file: Path, column: str, wrong: "pd.Series[bool]", expected: str, near: Iterable[str] = ()
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
