"""Rules about one figure at a time: its range, its form, and whether it fits the rest of its series."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from drug_outcomes.definitions.vocabulary import Kind
from drug_outcomes.quality.arithmetic import digit_slip as slips
from drug_outcomes.quality.arithmetic import exchanged, truncated_from
from drug_outcomes.quality.arithmetic import order_of_magnitude as magnitudes
from drug_outcomes.quality.evidence import Evidence, once, text_of
from drug_outcomes.quality.outliers import as_printed
from drug_outcomes.statistics.arrays import numbers, precision, printed_decimals

#: A sum of several periods is this near to so many times the usual figure.
_NEARLY_WHOLE = 0.12
#: From this many usual events on, a period without any is improbable (once in a thousand).
_NEVER_NOUGHT = 7
_PER = (Kind.PROPORTION, Kind.CRUDE_RATE)
_SLIPPED = " It is a power of ten away: the decimal point or a nought may have slipped."


def percentage_range(evidence: Evidence) -> pd.DataFrame:
    """Find percentages below 0 or above 100."""
    values = evidence.told
    wrong = values["value"].notna() & ~values["value"].between(0, 100)
    rows = values[wrong & (values["kind"] == Kind.PROPORTION)]
    return rows.assign(printed=rows["text"].where(rows["text"] != "", text_of(rows["value"])))


def count_range(evidence: Evidence) -> pd.DataFrame:
    """Find counts, rates and averages below 0."""
    values = evidence.told
    return values[(values["value"] < 0) & (values["kind"] != Kind.PROPORTION)]


def not_whole(evidence: Evidence) -> pd.DataFrame:
    """Find counts of people and events that are not whole."""
    values = evidence.told
    return values[(values["kind"] == Kind.COUNT) & values["counted"] & (values["value"] % 1 > 0)]


def limits_enclose_value(evidence: Evidence) -> pd.DataFrame:
    """Find figures that lie outside their own published limits."""
    values = evidence.told
    return values[(values["value"] < values["lower"]) | (values["value"] > values["upper"])]


def rate_recomputes(evidence: Evidence) -> pd.DataFrame:
    """Find percentages and rates that are not their numerator over their denominator, however rounded."""
    values = evidence.told
    rows = values[values["kind"].isin(_PER) & ~values["modelled"] & (values["denominator"] > 0)]
    computed = rows["numerator"] / rows["denominator"] * rows["per"]
    base = evidence.rounding_base(rows).where(rows["release"] == "public", 1.0)
    half = 10.0 ** -np.minimum(precision(rows["value"], rows["decimals"]), 6) / 2
    loose = (base > 1) * base / 2 * (rows["per"] + rows["value"].abs()) / rows["denominator"]
    apart = (rows["value"] - computed).abs() > half * (1 + 1e-6) + loose
    return rows.assign(computed=computed.round(2))[apart]


def plausible_range(evidence: Evidence) -> pd.DataFrame:
    """Find figures outside what has been seen anywhere, and no slip of one digit explains."""
    rows = _implausible(evidence)
    return rows[rows["candidates"] == ""]


def order_of_magnitude(evidence: Evidence) -> pd.DataFrame:
    """Find figures several times larger or smaller than their neighbours in time."""
    alone = evidence.alone
    found = [magnitudes(value, usual) for value, usual in zip(alone["value"], alone["usual"], strict=True)]
    slip = np.array([one.power_of_ten_slip for one in found], dtype=bool)
    rows = alone.assign(slip=np.where(slip, _SLIPPED, ""))
    return rows[np.array([one.flag for one in found], dtype=bool)]


def digits_exchanged(evidence: Evidence) -> pd.DataFrame:
    """Find figures of three digits or more that do not fit and would with two neighbouring digits exchanged."""
    rows = _one_digit_away(evidence)
    return rows[rows["exchanged"]]


def digit_slip(evidence: Evidence) -> pd.DataFrame:
    """Find figures that do not fit and would with one digit replaced or left out, as many a number would."""
    rows = _one_digit_away(evidence)
    return rows[~rows["exchanged"]]


@once
def _one_digit_away(evidence: Evidence) -> pd.DataFrame:
    """Return figures that do not fit, with numbers a digit away that would, and whether two are `exchanged`."""
    alone = evidence.alone
    scale = [magnitudes(value, usual).flag for value, usual in zip(alone["value"], alone["usual"], strict=True)]
    alone = alone[~np.array(scale, dtype=bool)]
    band = 3 * alone["deviation"]
    low, high = alone["usual"] - band, alone["usual"] + band
    rows = _with_candidates(alone, low, high)
    swapped = [_is_exchange(*each) for each in zip(rows["written"], low, high, strict=True)]
    return rows.assign(exchanged=np.array(swapped, dtype=bool))[rows["candidates"] != ""]


def _is_exchange(text: str, low: float, high: float) -> bool:
    long = sum(map(str.isdigit, text)) > 2
    return long and any(low <= float(one) <= high for one in exchanged(text) if not one.startswith("0"))


def implausible_slip(evidence: Evidence) -> pd.DataFrame:
    """Find figures outside what has been seen anywhere that one digit replaced, left out or exchanged explains."""
    rows, key = _implausible(evidence), ["measure", "area", "period_end", "file", "row"]
    known = pd.MultiIndex.from_frame(evidence.alone[key])
    return rows[(rows["candidates"] != "") & ~pd.MultiIndex.from_frame(rows[key]).isin(known)]


def sum_of_years(evidence: Evidence) -> pd.DataFrame:
    """Find figures two to five times their neighbours: several periods may have been added up."""
    alone = evidence.alone
    times = alone["value"] / alone["usual"].where(alone["usual"] > 0)
    whole = times.round()
    near = whole.between(2, 5) & ((times - whole).abs() <= _NEARLY_WHOLE * whole)
    return alone.assign(times=whole)[near & (alone["kind"] != Kind.PROPORTION)]


def sudden_zeros(evidence: Evidence) -> pd.DataFrame:
    """Find counts of nought in a series in which chance would hardly bring one."""
    rows = evidence.headline[evidence.headline["value"].notna() & (evidence.headline["kind"] == Kind.COUNT)]
    keys = [rows[name] for name in ("measure", "segment", "period_basis")]
    usual = rows["value"].groupby(keys, sort=False).transform("median")
    odd = (rows["value"] == 0) & (usual >= _NEVER_NOUGHT)
    last = odd & ~odd.groupby(keys, sort=False).shift(-1, fill_value=False)
    return rows.assign(usual=usual)[last]


def truncated_digits(evidence: Evidence) -> pd.DataFrame:
    """Find figures of scorecards that are only the last digits of what the source itself says."""
    key = ["measure", "area", "period_start", "period_end", "breakdown"]
    every = evidence.vintages[evidence.vintages["source"] != "scorecard_edition"]
    held = every[[*key, "value"]].rename(columns={"value": "held"}).dropna().drop_duplicates()
    rows = evidence.editions[evidence.editions["value"].notna()].merge(held, on=key)
    places = printed_decimals(rows["value"])
    ends = [
        bool(truncated_from(text, [f"{number:.{int(place)}f}"]))
        for text, number, place in zip(rows["text"], rows["held"], places, strict=True)
    ]
    rows = rows[np.array(ends, dtype=bool)].drop_duplicates([*key, "file", "row"])
    return rows.assign(held=rows["held"].round(3))


@once
def _implausible(evidence: Evidence) -> pd.DataFrame:
    values = evidence.told
    outside = (values["value"] < values["plausible_low"]) | (values["value"] > values["plausible_high"])
    possible = (values["kind"] != Kind.PROPORTION) | values["value"].between(0, 100)
    rows = values[outside & possible & (values["breakdown"] == "")]
    return _with_candidates(rows, rows["plausible_low"].fillna(-np.inf), rows["plausible_high"].fillna(np.inf))


def _with_candidates(rows: pd.DataFrame, low: "pd.Series[float]", high: "pd.Series[float]") -> pd.DataFrame:
    """Add written (as printed) and candidates: up to three plausible numbers a digit away, in words."""
    texts = [as_printed(value, row) for value, row in zip(rows["value"], rows["decimals"], strict=True)]
    found = [slips(text, *ends).candidates for text, *ends in zip(texts, low, high, strict=True)]
    middle = numbers(rows["usual"]) if "usual" in rows else (numbers(low) + numbers(high)) / 2
    words = [_nearest(*pair) for pair in zip(found, middle, strict=True)]
    return rows.assign(written=pd.array(texts, dtype="str"), candidates=pd.array(words, dtype="str"))


def _nearest(found: Sequence[float], aim: float) -> str:
    return ", ".join(f"{one:.10g}" for one in sorted(sorted(found, key=lambda one: abs(one - aim))[:3]))
