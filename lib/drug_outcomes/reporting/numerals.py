"""Numbers as readers meet them. What is no number is refused here, so that its reason has to be told instead."""

import math
from collections.abc import Hashable, Mapping
from typing import Any, Final

from drug_outcomes.errors import PageRefused

#: From here on a number in about three digits is told without decimals.
_WHOLE: Final = 100


def number(value: float, decimals: int, column: str = "value", *, signed: bool = False) -> str:
    """Return a number with thousands separators and a real minus sign, which nought has not.

    `signed` puts a plus sign before what is not below nought.

    `column` is where the number stands, for whoever has to find out why it is missing.

    Raises
    ------
    PageRefused : `value` is missing, endless or no number at all.
    """
    # "z": what rounds to nought from below is nought.
    return f"{_number(value, column):{'+' * signed}z,.{decimals}f}".replace("-", "\u2212")


def printed(cells: Mapping[Hashable, Any], column: str, decimals: int = 0) -> str:
    """Return the number that stands in a column of a row."""
    return number(cells[column], decimals, column)


def in_three_digits(value: float, column: str = "value") -> str:
    """Return a number as people read one, in about three digits or whole: 3,100, 53.3, 0.33."""
    size = abs(_number(value, column))
    text = number(value, 0 if size >= _WHOLE else 1 if size >= _WHOLE / 10 else 2, column)
    return text.rstrip("0").rstrip(".") if "." in text else text


def as_held(value: float, column: str = "value", *, signed: bool = False) -> str:
    """Return a number with the digits that it has, for tables of figures as received; `signed` also when above 0."""
    return f"{_number(value, column):{'+' * signed}z,.10g}".replace("-", "\u2212")


def _number(value: float, column: str) -> float:
    """Return a value that is a number."""
    try:
        held = float(value)
    except (TypeError, ValueError):
        held = math.nan
    if not math.isfinite(held):
        raise PageRefused(
            f"{column} is {value!r} where a page wants a number",
            expected="a number, or the reason why there is none in its place",
            try_next=f"let whoever maintains the library tell a missing {column} by its reason: status, withheld, "
            "england_reason or whatever column says why",
        )
    return held
