"""Cells as figures: numbers with a status, and labels of periods."""

import math
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

import pandas as pd

from drug_outcomes.definitions import periods
from drug_outcomes.definitions.vocabulary import Status
from drug_outcomes.errors import UnreadableInput
from drug_outcomes.sources import checks
from drug_outcomes.sources.markers import AFTER_A_NUMBER, SHORTHAND

_NUMBER = r"[-+−]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:e[-+]?\d+)?"

#: Shorthand after a number, as in "12 [r, p]"; "(p)" is an older way of writing it.
_MARK = r"\[[a-z](?:\s*,\s*[a-z])*\]|\([preu]\)"
_FEWER = r"(?:<|less than|fewer than)\s*(\d+)"


def numbers(
    table: pd.DataFrame, name: str, markers: Mapping[str, Status], *, names: pd.Series | None = None
) -> pd.DataFrame:
    """Turn text into `value, status, bound_low, bound_high, text`, one row for each of `table` (column `row`).

    Thousands separators, spaces and a percent sign are read; "<5" is suppressed between 1 and 4; "12 [p]"
    is provisional. Any other text must be a key of `markers` ("" as well), or it is refused with row, column
    and value. `name` is the column's; `names` what each cell's own was called.
    """
    column = table[name]
    texts = [text.replace("\xa0", " ").strip() for text in column.astype("str")]
    meaning = {key.strip().casefold(): str(status) for key, status in markers.items()}
    known = {text: _figure(text) or _marked(text, meaning) for text in set(texts)}
    unknown = next((place for place, text in enumerate(texts) if known[text] is None), None)
    if unknown is not None:
        column_name = name if names is None else names.iloc[unknown]
        raise UnreadableInput(
            f"{texts[unknown]!r} in column {column_name!r} is neither a number nor a marker this source uses",
            expected="a number, or a marker with a known meaning",
            try_next="ask the publisher what it means; a formula must be saved as its value",
            row=int(table["row"].iloc[unknown]),
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


def plain_numbers(table: pd.DataFrame, name: str, *, missing: Iterable[str] = ("",)) -> pd.Series:
    """Return column `name` of a `body` as numbers; texts of `missing` are NaN, any other is refused."""
    return numbers(table, name, dict.fromkeys(missing, Status.NOT_PUBLISHED))["value"]


#: The figures of one row: a value with its 95% limits, and the two counts behind it.
FIGURES = ("value", "lower", "upper", "numerator", "denominator")


def figures(table: pd.DataFrame, markers: Mapping[str, Status]) -> pd.DataFrame:
    """Return what `numbers` makes of column `value`, and the other `FIGURES`, NaN where there is no column.

    A value outside its own limits is refused.
    """
    beside = {
        name: plain_numbers(table, name, missing=markers) if name in table else float("nan") for name in FIGURES[1:]
    }
    found = numbers(table, "value", markers).assign(**beside)
    checks.check_limits(found.assign(row=table["row"]))
    return found


def dated(
    rows: pd.DataFrame, basis: periods.Basis | None = None, where: Mapping[str, periods.Basis] | None = None
) -> pd.DataFrame:
    """Replace column `period` by `period_label, period_start, period_end, period_basis`; it is refused where none.

    `basis` is what the source states for every label, `where` for those that a pattern matches as a whole.
    A label such as "2018 (Rev)" says of published figures, in column `status`, that they are revised.
    """
    rules = where or {}
    found = {
        label: _period(label, int(row), next((rules[one] for one in rules if re.fullmatch(one, label)), basis))
        for label, row in rows.drop_duplicates("period")[["period", "row"]].itertuples(index=False, name=None)
    }
    names = ["period_label", "period_start", "period_end", "period_basis", "said"]
    when = pd.DataFrame([found[label] for label in rows["period"]], columns=names, index=rows.index, dtype="str")
    joined = rows.drop(columns="period").join(when.drop(columns="said"))
    if "status" not in rows:
        return joined
    published = rows["status"] == str(Status.PUBLISHED)
    return joined.assign(status=rows["status"].mask(published, when["said"]))


def _period(label: str, row: int, basis: periods.Basis | None) -> tuple[str, ...]:
    try:
        bare, status = periods.split_status(label)
        period = periods.parse(bare, basis)
    except UnreadableInput as error:
        raise UnreadableInput(error.found, expected=error.expected, try_next=error.try_next, row=row) from error
    if period is None:
        raise UnreadableInput(f"{label!r} stands where a period should", row=row)
    return label, period.start_month, period.end_month, str(period.basis), str(status)
