"""Cells as figures: numbers with a status, and labels of periods."""

import math
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

import pandas as pd

from drug_outcomes.definitions import periods
from drug_outcomes.definitions.vocabulary import Status
from drug_outcomes.errors import UnreadableInput
from drug_outcomes.sources.markers import AFTER_A_NUMBER, SHORTHAND

_NUMBER = r"[-+−]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:e[-+]?\d+)?"

#: Shorthand after a number, as in "12 [r, p]"; "(p)" is an older way of writing it.
_MARK = r"\[[a-z](?:\s*,\s*[a-z])*\]|\([preu]\)"
_FEWER = r"(?:<|less than|fewer than)\s*(\d+)"


def numbers(
    column: pd.Series, markers: Mapping[str, Status], *, file: Path, rows: pd.Series, name: "str | pd.Series"
) -> pd.DataFrame:
    """Turn published text into `value, status, bound_low, bound_high, text`, one row for each of `column`.

    Thousands separators, spaces and a percent sign are read; "<5" is suppressed between 1 and 4; "12 [p]"
    is provisional. Any other text must be a key of `markers` ("" as well), or it is refused with file,
    row, column and value. `name` is the column's, or each cell's own.
    """
    texts = [text.replace("\xa0", " ").strip() for text in column.astype("str")]
    meaning = {key.strip().casefold(): str(status) for key, status in markers.items()}
    known = {text: _figure(text) or _marked(text, meaning) for text in set(texts)}
    unknown = next((place for place, text in enumerate(texts) if known[text] is None), None)
    if unknown is not None:
        column_name = name if isinstance(name, str) else name.iloc[unknown]
        raise UnreadableInput(
            f"{texts[unknown]!r} in column {column_name!r} is neither a number nor a marker this source uses",
            expected="a number, or a marker with a known meaning",
            try_next="ask the publisher what it means; a formula must be saved as its value",
            file=file,
            row=int(rows.iloc[unknown]),
        )
    value, status, low, high = zip(*(known[text] or () for text in texts), strict=True) if texts else [()] * 4
    return pd.DataFrame(
        {
            "value": pd.array(value, dtype="float64"),
            "status": pd.array(status, dtype="str"),
            "bound_low": pd.array(low, dtype="float64"),
            "bound_high": pd.array(high, dtype="float64"),
            "text": pd.array(texts, dtype="str"),
        },
        index=column.index,
    )


_Cell = tuple[float, str, float, float]

_NONE = float("nan")


@lru_cache(maxsize=2**16)
def _figure(text: str) -> _Cell | None:
    """Return value, status and bounds of a cell that holds a number or "<5"; None for any other text."""
    label = _bare(text)
    found = re.fullmatch(rf"({_NUMBER})\s*%?\s*({_MARK})?", label)
    if found:
        value = float(found[1].replace(",", "").replace("−", "-"))
        told = set(re.findall("[a-z]", found[2] or ""))
        if {f"[{letter}]" for letter in told} & set(SHORTHAND):
            return None  # a number and a word that there is none
        status = next((AFTER_A_NUMBER[mark] for mark in AFTER_A_NUMBER if mark[1] in told), Status.PUBLISHED)
        return None if math.isinf(value) else (value, str(status), _NONE, _NONE)  # no figure has 300 digits
    fewer = re.search(rf"{_FEWER}$", label)
    if fewer:
        most = float(fewer[1]) - 1
        return _NONE, str(Status.SUPPRESSED), min(most, 1.0), most
    return None


def _marked(text: str, meaning: Mapping[str, str]) -> _Cell | None:
    status = meaning.get(_bare(text))
    return None if status is None else (_NONE, status, _NONE, _NONE)


def _bare(text: str) -> str:
    return re.sub(r"\[notes?[^\]]*\]", "", text, flags=re.IGNORECASE).strip().casefold()


def with_ratio(frame: pd.DataFrame, per: float = 100) -> pd.DataFrame:
    """Fill an absent value by `per` x numerator / denominator where both stand; nothing else is changed."""
    ratio = per * frame["numerator"] / frame["denominator"].where(frame["denominator"] > 0)
    return frame.assign(value=frame["value"].where(frame["value"].notna(), ratio))


def plain_numbers(table: pd.DataFrame, name: str, *, file: Path, missing: Sequence[str] = ("",)) -> pd.Series:
    """Return column `name` of a `body` as numbers; texts of `missing` are NaN, any other is refused."""
    markers = dict.fromkeys(missing, Status.NOT_PUBLISHED)
    return numbers(table[name], markers, file=file, rows=table["row"], name=name)["value"]


def period_columns(
    table: pd.DataFrame,
    file: Path,
    basis: periods.Basis | None = None,
    where: Mapping[str, periods.Basis] | None = None,
) -> pd.DataFrame:
    """Read column `period` of a `body` that has a period in every row.

    `basis` is what the source states for every label, `where` for those that a pattern matches as a whole.

    Returns `period_label` as published, `period_start`, `period_end`, `period_basis` and `period_status`
    (revised for "2018 (Rev)"); a label that is not a period, or none, is refused with its row.
    """
    rules = where or {}

    def stated(label: str) -> periods.Basis | None:
        return next((rules[pattern] for pattern in rules if re.fullmatch(pattern, label)), basis)

    found = {
        label: _period(label, int(row), file, stated(label))
        for label, row in table.drop_duplicates("period")[["period", "row"]].itertuples(index=False, name=None)
    }
    names = ["period_label", "period_start", "period_end", "period_basis", "period_status"]
    rows = [found[label] for label in table["period"]]
    return pd.DataFrame(rows, columns=names, index=table.index, dtype="str")


def _period(label: str, row: int, file: Path, basis: periods.Basis | None) -> tuple[str, ...]:
    try:
        bare, status = periods.split_status(label)
        period = periods.parse(bare, basis)
    except UnreadableInput as error:
        raise UnreadableInput(
            error.found, expected=error.expected, try_next=error.try_next, file=file, row=row
        ) from error
    if period is None:
        raise UnreadableInput(f"{label!r} stands where a period should", file=file, row=row)
    return label, period.start_month, period.end_month, str(period.basis), str(status)
