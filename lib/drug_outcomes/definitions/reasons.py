"""Absent is a value with a reason: which column says why a number is missing, checked where frames change rooms.

A number stands in a row exactly when its reason column says that there is one; a hidden row has none at all. Text
is never missing: where there is nothing to say it is "".
"""

from dataclasses import dataclass
from typing import Final

import pandas as pd

from drug_outcomes.definitions.vocabulary import VALUED, Benchmark, DirectionBasis, Status, VerdictBasis
from drug_outcomes.errors import UnreadableInput


@dataclass(frozen=True)
class Reason:
    """The column that says why some numbers of a row are missing, and the words that say so.

    A number is missing where the reason begins with one of the words of `gone`, which "" does alone.
    """

    column: str
    gone: tuple[str, ...]

    def missing(self, table: pd.DataFrame) -> "pd.Series[bool]":
        """Say in which rows there can be no number."""
        said = table[self.column].astype("str")
        words = tuple(word for word in self.gone if word)
        nothing = said.str.startswith(words) if words else pd.Series(False, table.index)
        return nothing | ((said == "") & ("" in self.gone))


_ENGLAND = Reason("england_reason", ("not_", "suppressed"))
_TARGET = Reason("target_status", ("",))
#: Why each number of a figure may be missing.
REASONS: Final[dict[str, Reason]] = {
    "value": Reason("status", tuple(str(one) for one in Status if one not in VALUED)),
    "interval_lower": Reason("interval_method", ("none", "")),
    "interval_upper": Reason("interval_method", ("none", "")),
    "change": Reason("direction_basis", (str(DirectionBasis.NONE), str(DirectionBasis.AS_PUBLISHED))),
    "england_value": _ENGLAND,
    "age_months": Reason("period_end", ("",)),
    "signal_side": Reason("signal", ("",)),
    "process_centre": Reason("process_chart", ("",)),
    "target": _TARGET,
    "baseline_value": Reason("baseline_basis", ("", "hidden", "not_held", "doubtful")),
    **{f"{other}_value": Reason(f"verdict_basis_{other}", (str(VerdictBasis.NONE),)) for other in Benchmark},
}
#: What a hidden row may not tell.
_TOLD: Final = ("value", "numerator", "denominator", "lower", "upper", "interval_lower", "interval_upper")
_KEY: Final = ("measure", "indicator", "area", "period_label", "breakdown")


def require_texts(table: pd.DataFrame, what: str) -> None:
    """Refuse a frame in which text is missing, or a column holds more than one kind of value.

    `what` is what the frame holds, in words.
    """
    kinds = table.dtypes
    mixed = [name for name, kind in kinds.items() if pd.api.types.is_object_dtype(kind)]
    if mixed:
        raise UnreadableInput(f"{what}: {mixed[0]} is a column of any kind of value", expected="text or numbers")
    texts = [name for name, kind in kinds.items() if isinstance(kind, pd.StringDtype)]
    for name in table[texts].columns[table[texts].isna().any()]:
        _refuse(table, table[name].isna(), f"{what}: {name} is missing", 'text, "" where nothing is said')


def require(table: pd.DataFrame, what: str) -> None:
    """Refuse figures of which a number is missing and no reason is given, a hidden one stands, or text is missing.

    `what` is what the frame holds, in words. Only columns that are there are looked at.

    Raises
    ------
    UnreadableInput : with the column, its reason and the first row that is at fault.
    """
    require_texts(table, what)
    hidden = table["withheld"] != "" if "withheld" in table else pd.Series(False, table.index, dtype="bool")
    for name in table.columns.intersection(list(_TOLD)):
        _refuse(table, hidden & table[name].notna(), f"{what}: {name} is hidden and stands there", "nothing")
    for name, reason in REASONS.items():
        if name in table and reason.column in table:
            bare = table[name].isna() & ~reason.missing(table) & ~hidden
            _refuse(table, bare, f"{what}: {name} is missing", f"a reason in {reason.column}", reason.column)


def _refuse(table: pd.DataFrame, wrong: "pd.Series[bool]", found: str, expected: str, reason: str = "") -> None:
    if not wrong.any():
        return
    row = table[wrong].iloc[0]
    which = ", ".join(str(row[name]) for name in _KEY if row.get(name, ""))
    said = f"; {reason} says {row[reason]!r}" if reason else ""
    raise UnreadableInput(
        f"{found}{said} ({which or 'row ' + str(row.name)}; {int(wrong.sum())} such)", expected=expected
    )
