"""The arithmetic of consistency: what published numbers allow, and what they rule out.

Each function answers for one set of numbers and says whether it is at fault (`flag`). Published numbers are
rounded: a fault is only what no unrounded numbers behind them could explain. Sources: Brown and Heathers
2017 (attainable percentages); the rest follows from rounding alone.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

#: Binary fractions of decimal numbers miss them by this much at most, beside their size.
_HAIR = 1e-9
#: A value this many powers of ten from the usual is out of scale; this near to a whole power it is a slip.
_SCALE, _WHOLE_POWER = 0.7, 0.06


class Parts(NamedTuple):
    """Total less its parts, and how far rounding alone may take them apart."""

    difference: float
    tolerance: float
    flag: bool


class Hull(NamedTuple):
    """The growth that a total may have, from the smallest to the largest of its parts."""

    low: float
    high: float
    flag: bool


class Change(NamedTuple):
    """The change in per cent that two rounded levels allow, at least and at most."""

    low: float
    high: float
    flag: bool


class Attainable(NamedTuple):
    """The whole numbers of people that a percentage may stand for, rounded and cut off."""

    numerators: tuple[int, ...]
    truncated: tuple[int, ...]
    flag: bool


class Magnitude(NamedTuple):
    """How many powers of ten a value lies from the usual, and whether that is a shifted decimal point."""

    log10_ratio: float
    power_of_ten_slip: bool
    flag: bool


class Slip(NamedTuple):
    """Whether a value is plausible, and the plausible values one slip of a digit away."""

    in_range: bool
    candidates: tuple[float, ...]
    flag: bool


class Union(NamedTuple):
    """Unmet need of a union below both of its parts, and how many of the second part alone it would reach."""

    implied_min_penetration_of_b_only: float | None
    flag: bool


def half_unit(decimals: float) -> float:
    """Return half of the last decimal printed."""
    return float(10.0**-decimals / 2)


def parts_sum(
    total: float,
    parts: Sequence[float],
    total_decimals: int = 0,
    part_decimals: Sequence[int] = (),
    *,
    rounded: bool = True,
) -> Parts:
    """Compare a total with the sum of its parts: each rounded by itself may be half a unit out."""
    units = [total_decimals, *(part_decimals or [0] * len(parts))]
    tolerance = sum(map(half_unit, units)) if rounded else 0.0
    difference = total - sum(parts)
    return Parts(difference, tolerance, abs(difference) > tolerance + _HAIR * max(1.0, abs(total)))


def growth_hull(
    total_growth: float, part_growth: Sequence[float], total_decimals: int = 0, part_decimals: Sequence[int] = ()
) -> Hull:
    """Compare the growth of a total with that of its parts, which are all of it and share nobody."""
    halves = list(map(half_unit, part_decimals or [0] * len(part_growth)))
    low = min(growth - half for growth, half in zip(part_growth, halves, strict=True))
    high = max(growth + half for growth, half in zip(part_growth, halves, strict=True))
    own = half_unit(total_decimals)
    return Hull(low, high, total_growth - own > high + _HAIR or total_growth + own < low - _HAIR)


def stated_percent_change(
    start: float, start_unit: float, end: float, end_unit: float, stated_percent: float, stated_decimals: int
) -> Change:
    """Compare a change told in per cent with that between two levels, each rounded to its unit."""
    low = 100 * ((end - end_unit / 2) / (start + start_unit / 2) - 1)
    high = 100 * ((end + end_unit / 2) / (start - start_unit / 2) - 1) if start > start_unit / 2 else math.inf
    half, hair = half_unit(stated_decimals), _HAIR * max(1.0, abs(stated_percent))
    return Change(low, high, stated_percent + half < low - hair or stated_percent - half > high + hair)


def percent_granularity(value: float, decimals: int, n: int) -> Attainable:
    """Return which numbers of `n` people make a percentage as printed; at fault where none does."""
    half, unit = half_unit(decimals), 10.0**-decimals
    rounded = _whole_between((value - half) * n / 100, (value + half) * n / 100, n)
    cut = tuple(k for k in _whole_between(value * n / 100, (value + unit) * n / 100, n) if 100 * k < (value + unit) * n)
    return Attainable(rounded, cut, not rounded)


def _whole_between(low: float, high: float, most: int) -> tuple[int, ...]:
    first, last = math.ceil(low - _HAIR * max(1, low)), math.floor(high + _HAIR * max(1, high))
    return tuple(range(max(first, 0), min(last, most) + 1))


def order_of_magnitude(value: float, usual: float) -> Magnitude:
    """Return how far a value is from the usual one, the median of its series, in powers of ten."""
    if value <= 0 or usual <= 0:
        return Magnitude(math.nan, power_of_ten_slip=False, flag=False)
    ratio = math.log10(value / usual)
    slip = round(ratio) != 0 and abs(ratio - round(ratio)) <= _WHOLE_POWER
    return Magnitude(ratio, slip, abs(ratio) >= _SCALE)


def digit_slip(text: str, low: float, high: float) -> Slip:
    """Return the plausible values one digit away: one replaced, one left out, or two neighbours exchanged.

    `text` is the number as printed. A value that is plausible itself has no candidates.
    """
    if low <= float(text) <= high:
        return Slip(in_range=True, candidates=(), flag=False)
    places = [place for place, sign in enumerate(text) if sign.isdigit()]
    written = {text[:place] + digit + text[place + 1 :] for place in places for digit in "0123456789"}
    written |= {text[:place] + text[place + 1 :] for place in places}
    numbers = {float(one) for one in {*written, *exchanged(text)} if any(map(str.isdigit, one))}
    return Slip(in_range=False, candidates=tuple(sorted(one for one in numbers if low <= one <= high)), flag=True)


def exchanged(text: str) -> set[str]:
    """Return a number as printed with each two neighbouring digits exchanged."""
    return {
        text[:place] + text[place + 1] + text[place] + text[place + 2 :]
        for place in range(len(text) - 1)
        if text[place : place + 2].isdigit()
    }


def truncated_from(text: str, others: Sequence[str]) -> tuple[str, ...]:
    """Return the other statements of the same fact whose last digits are all of this one."""
    return tuple(other for other in others if other != text and other.endswith(text))


def union_between_parts(unmet_union: float, unmet_a: float, unmet_b: float) -> Union:
    """Compare unmet need (0 to 1) among people in either of two groups with that in each of them."""
    flag = unmet_union < min(unmet_a, unmet_b) - _HAIR
    return Union(1 - unmet_union if flag else None, flag)
