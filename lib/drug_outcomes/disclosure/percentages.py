"""Back-solving: which counts fit a printed percentage, rate or percentage change.

A printed value v with d decimals stands for everything that rounds, or is cut off, to v. About
denominator x 10^-d / per counts fit: 16 of 25 is the only way to print 64.0, 1.1 per 1,000 of 250,000 may be
any of 25 counts. That a count can be worked out is information, not harm, unless it leads to something hidden.
"""

import math
from collections.abc import Iterator
from itertools import product
from typing import Final

import numpy as np
import pandas as pd
from scipy.stats import beta

from drug_outcomes.definitions.periods import month_number
from drug_outcomes.disclosure.policy import Policy, is_small
from drug_outcomes.statistics import intervals

#: Beyond so many candidates nothing can be concluded from them.
_MANY: Final = 1_000_000
_METHODS: Final = ("rounding", "truncation")
_PERCENTAGE: Final = 100
#: Limits are compared with those of fewer events than this: of more nobody is hidden.
_FEW: Final = 200
_EXACT: Final = 1e-6
#: A percentage change that misses the counts by more than this is taken to be of others.
_NEARLY: Final = 5


def printed_range(value: float, decimals: int, method: str) -> tuple[float, float]:
    """Return the least and greatest number printed as `value`, by rounding or by cutting decimals off.

    Both ends are counted in, since publishers round halves up, down or to even.
    """
    unit = 10.0**-decimals
    if method == "rounding":
        return value - unit / 2, value + unit / 2
    cut = unit * (1 - 1e-9)
    return value - cut * (value <= 0), value + cut * (value >= 0)


def candidates(
    value: float, *, decimals: int, per: float = 100, denominators: tuple[int, int], methods: tuple[str, ...] = _METHODS
) -> pd.DataFrame:
    """Return every `numerator`, `denominator` (whole numbers) that may be printed as `value`.

    `denominators` is the least and the greatest denominator possible, twice the same where it is known. Of a
    percentage (`per` 100) `complement` is what is left of the denominator, else missing. With more than a
    million candidates the frame is empty and `attrs["many"]` true: nothing can be concluded.
    """
    sizes = np.arange(max(denominators[0], 1), denominators[1] + 1, dtype=float)
    found = [_fitting(sizes, *printed_range(value, decimals, method), per) for method in methods]
    if any(rows is None for rows in found):
        empty = pd.DataFrame({"numerator": [], "denominator": [], "complement": []}, dtype="float64")
        empty.attrs["many"] = True
        return empty
    table = pd.concat([rows for rows in found if rows is not None]).drop_duplicates()
    left = table["denominator"] - table["numerator"]
    complement = left.where((per == 100) & (left >= 0))
    return table.assign(complement=complement).sort_values(["denominator", "numerator"], ignore_index=True)


def _fitting(sizes: np.ndarray, low: float, high: float, per: float) -> pd.DataFrame | None:
    least = np.maximum(np.ceil(low * sizes / per - 1e-9), 0)
    counts = np.maximum(np.floor(high * sizes / per + 1e-9) - least + 1, 0).astype(int)
    if counts.sum() > _MANY:
        return None
    steps = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    return pd.DataFrame({"numerator": np.repeat(least, counts) + steps, "denominator": np.repeat(sizes, counts)})


def leads_to_hidden(fitting: pd.DataFrame, policy: Policy, *, restricted: bool = False) -> bool:
    """Say whether a printed value must be withheld because of the counts that fit it.

    The rule, for numerator and complement alike:
    - a restricted numerator: withheld if the counts that fit are closer together than a restricted count may
      be known (`Policy.needed_apart`);
    - withheld if every pair that fits is small, in numerator or complement;
    - withheld if a small one is possible and the counts that fit span less than the policy's width. A span that wide
      says no more than the marker does.
    Otherwise shown, however exactly it gives the count away. Small is `policy.is_small`, of people alone.
    """
    if fitting.attrs.get("many") or fitting.empty:
        return False
    if restricted:
        apart = fitting["numerator"].max() - fitting["numerator"].min()
        return bool((apart < policy.needed_apart(fitting["numerator"])).any())
    if not policy.people:
        return False
    small = {name: is_small(fitting[name], policy) for name in ("numerator", "complement")}
    if (small["numerator"] | small["complement"]).all():
        return True
    narrow = {name: fitting[name].max() - fitting[name].min() < policy.needed_width for name in small}
    return any(bool(small[name].any() and narrow[name]) for name in small)


def must_withhold(
    value: float,
    policy: Policy,
    *,
    decimals: int,
    denominators: tuple[int, int] | None = None,
    numerator: float = np.nan,
    limits: tuple[float, float] = (np.nan, np.nan),
    restricted: bool = False,
) -> bool:
    """Say whether a printed percentage or rate gives something hidden away, by rounding or by truncation.

    Of a denominator that is not told (`denominators` None) a numerator beside the value says about how large it is,
    and so do the 95% limits of the value. Where there are neither, nothing follows.
    """
    sizes = [denominators] if denominators else _sizes(value, policy.per, decimals, numerator, limits)
    for method, size in product(_METHODS, sizes):
        fitting = candidates(value, decimals=decimals, per=policy.per, denominators=size, methods=(method,))
        told = fitting["numerator"].eq(numerator) | np.isnan(numerator)
        if leads_to_hidden(fitting[told], policy, restricted=restricted):
            return True
    return False


def _sizes(
    value: float, per: float, decimals: int, numerator: float, limits: tuple[float, float]
) -> list[tuple[int, int]]:
    """Return between what a denominator that was not printed must lie, by each way of working it out."""
    unit = 10.0**-decimals
    if value <= 0:
        return []
    if not np.isnan(numerator):
        return [(math.floor(numerator * per / (value + unit)), math.ceil(numerator * per / max(value - unit, unit)))]
    few, ends = value, limits
    if 2 * value > per == _PERCENTAGE:  # a share: of those left over there are fewer
        few, ends = per - value, (per - limits[1], per - limits[0])
    if np.isnan(limits).any() or few <= 0:
        return []
    events = np.arange(1.0, _FEW)
    sizes = events * per / few
    found = []
    for lower, upper in _limits_of(events, sizes, per):
        near = [np.abs(own - end) <= unit * max(1, end / few) for own, end in ((lower, ends[0]), (upper, ends[1]))]
        found += [sizes[near[0] & near[1]]]
    return [(math.floor(own.min()), math.ceil(own.max())) for own in found if len(own)]


def _limits_of(events: np.ndarray, sizes: np.ndarray, per: float) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield the limits of shares or rates in each way in which they are usually worked out."""
    if per != _PERCENTAGE:
        yield intervals.crude_rate(events, sizes, per=per)
        return
    yield intervals.wilson(events, sizes, per=per)
    yield per * beta.ppf(0.025, events, sizes - events + 1), per * beta.isf(0.025, events + 1, sizes - events)
    share = events / sizes
    spread = intervals.normal_quantile(intervals.LEVEL_95) * np.sqrt(share * (1 - share) / sizes)
    yield per * (share - spread), per * (share + spread)


def relations_of_changes(lines: pd.DataFrame, cells: pd.DataFrame) -> pd.DataFrame:
    """Tie counts to their baselines by printed percentage changes: a relations frame (see `model`).

    `lines` are those of the ledger with a `change_of`, `cells` what `catalogue.cells_of` returns. The baseline is
    the count whose window ends the month before the change begins; the newer count's is as long, and ends with it.
    Where the counts fit both ways of printing both hold, so that neither gives a count away. A change that is
    far from the counts is one of other counts, and ties nothing.
    """
    pairs = _changed(lines, cells)
    now, before = pairs["count"], pairs["count_before"]
    cut, full = (_growth(pairs, method) for method in reversed(_METHODS))
    missed = [np.fmax(low * before - now, now - high * before) for low, high in (cut, full)]
    truncated = missed[0] <= _EXACT
    near = ~(missed[1] > _NEARLY + pairs["blur"])
    rounded = near & ((missed[1] <= _EXACT) | ~truncated)
    return pd.concat(
        [
            _limited(pairs[used], f"{method}_{end}", factor[used], end == "low")
            for method, used, factors in (("cut", truncated, cut), ("rounded", rounded, full))
            for end, factor in zip(("low", "high"), factors, strict=True)
        ],
        ignore_index=True,
    )


def _changed(lines: pd.DataFrame, cells: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each printed change and the two counts it may be of: the newer one and the one `_before`."""
    dated = cells[(cells["field"] == "n") & (cells["period_start"] != "") & (cells["period_end"] != "")]
    end = month_number(dated["period_end"])
    blur = (dated["shown_high"] - dated["shown_low"]).fillna(0)
    dated = dated.assign(end=end, months=end - month_number(dated["period_start"]), blur=blur)
    counts = dated[["name", "area", "breakdown", "months", "end", "cell", "count", "blur"]]
    told = lines[["change_of", "area", "breakdown", "value"]].assign(
        since=month_number(lines["period_start"]) - 1,
        end=month_number(lines["period_end"]),
        places=lines["text"].str.extract(r"\d\.(\d+)", expand=False).str.len().fillna(0).astype(int),
    )
    told = told.rename(columns={"change_of": "name"}).drop_duplicates()
    same = ["name", "area", "breakdown"]
    pairs = told.merge(counts, on=[*same, "end"]).merge(
        counts.rename(columns={"end": "since"}), on=[*same, "months", "since"], suffixes=("", "_before")
    )
    return pairs.assign(blur=pairs["blur"] + pairs["blur_before"])


def _growth(pairs: pd.DataFrame, method: str) -> tuple[pd.Series, pd.Series]:
    """Return the least and the greatest number that the baseline is multiplied by, as a change is printed."""
    printed = zip(pairs["value"], pairs["places"], strict=True)
    ends = np.array([printed_range(value, places, method) for value, places in printed]).reshape(-1, 2)
    low, high = (pd.Series(1 + ends[:, side] / 100, pairs.index) for side in (0, 1))
    return low, high


def _limited(pairs: pd.DataFrame, name: str, factor: pd.Series, least: bool) -> pd.DataFrame:
    """Say that each newer count is at least, or at most, the baseline times a factor."""
    printed = pairs["value"].astype("str") + "/" + pairs["places"].astype("str")
    relation = f"change_{name}:" + pairs["cell"] + ":" + pairs["cell_before"] + ":" + printed
    limits = {"low": 0.0 if least else -np.inf, "high": np.inf if least else 0.0}
    terms = ((pairs["cell"], 1.0), (pairs["cell_before"], -factor))
    return pd.concat(
        [pd.DataFrame({"relation": relation, "cell": cell, "coefficient": by, **limits}) for cell, by in terms]
    )
