"""Rules about one figure at a time: its range, its form, and whether it fits the rest of its series."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from drug_outcomes.definitions.vocabulary import Kind, Severity
from drug_outcomes.quality.arithmetic import digit_slip as slips
from drug_outcomes.quality.arithmetic import order_of_magnitude as magnitudes
from drug_outcomes.quality.arithmetic import truncated_from
from drug_outcomes.quality.evidence import Evidence, text_of
from drug_outcomes.statistics.arrays import Array, numbers, precision, printed_decimals

#: A point this many typical deviations from its neighbours stands alone; fewer points show no deviation.
_ALONE, _POINTS = 6.0, 6
_MAD = 1.4826
#: A sum of several periods is this near to so many times the usual figure.
_NEARLY_WHOLE = 0.12
#: From this many usual events on, a period without any is improbable (once in a thousand).
_NEVER_NOUGHT = 7
_NEIGHBOURS = (1, -1, 2, -2, 3, -3, 4, -4)
_PER = (Kind.PROPORTION, Kind.CRUDE_RATE)


def percentage_range(evidence: Evidence) -> pd.DataFrame:
    """Find percentages below 0 or above 100."""
    values = evidence.told
    wrong = values["value"].notna() & ~values["value"].between(0, 100)
    rows = values[wrong & (values["kind"] == Kind.PROPORTION)]
    text = rows["text"].where(rows["text"] != "", text_of(rows["value"]))
    return rows.assign(
        what="Published as a percentage, but " + text + " is not between 0 and 100.", figures=text
    )


def count_range(evidence: Evidence) -> pd.DataFrame:
    """Find counts, rates and averages below 0."""
    values = evidence.told
    rows = values[(values["value"] < 0) & (values["kind"] != Kind.PROPORTION)]
    text = text_of(rows["value"])
    return rows.assign(what="It cannot be negative, and " + text + " was published.", figures=text)


def number_format(evidence: Evidence) -> pd.DataFrame:
    """Find counts that are not whole, and whole counts printed with a decimal point beside others without.

    A decimal point shows that a column was converted; a percentage that is impossible as one is taken for a
    count.
    """
    every = evidence.told
    counted = (every["kind"] == Kind.COUNT) & every["counted"]
    broken = every[counted & every["value"].notna() & (every["value"] % 1 != 0)]
    text = text_of(broken["value"])
    what = "People and events come in whole numbers, and " + text + " was published."
    broken = broken.assign(severity=str(Severity.ERROR), what=what, figures=text)
    rows = evidence.newest_edition
    counts = rows[(rows["kind"] == Kind.COUNT) | ((rows["kind"] == Kind.PROPORTION) & (rows["value"] > 100))]
    pointed = counts["text"].str.fullmatch(r"-?[\d,]+\.0+")
    rows = counts[pointed & (not pointed.all())]
    what = "A count is printed as " + rows["text"] + ", others in the same table without a decimal point."
    printed = rows.assign(severity=str(Severity.INFO), what=what, figures=rows["text"])
    return pd.concat([broken, printed], ignore_index=True)


def limits_enclose_value(evidence: Evidence) -> pd.DataFrame:
    """Find figures that lie outside their own published limits."""
    values = evidence.told
    rows = values[(values["value"] < values["lower"]) | (values["value"] > values["upper"])]
    figures = text_of(rows["value"]) + "; " + text_of(rows["lower"]) + " to " + text_of(rows["upper"])
    return rows.assign(what="The figure lies outside its own limits: " + figures + ".", figures=figures)


def rate_recomputes(evidence: Evidence) -> pd.DataFrame:
    """Find percentages and rates that are not their numerator over their denominator, however rounded."""
    values = evidence.told
    rows = values[values["kind"].isin(_PER) & ~values["modelled"] & (values["denominator"] > 0)]
    computed = rows["numerator"] / rows["denominator"] * rows["per"]
    base = evidence.rounding_base(rows).where(rows["release"] == "public", 1.0)
    half = 10.0 ** -np.minimum(precision(rows["value"], rows["decimals"]), 6) / 2
    loose = (base > 1) * base / 2 * (rows["per"] + rows["value"].abs()) / rows["denominator"]
    apart = (rows["value"] - computed).abs() > half * (1 + 1e-6) + loose
    rows, right = rows[apart], text_of(computed[apart].round(2))
    figures = (
        text_of(rows["value"]) + "; " + text_of(rows["numerator"]) + " of " + text_of(rows["denominator"])
    )
    return rows.assign(what="Numerator and denominator give " + right + ": " + figures + ".", figures=figures)


def plausible_range(evidence: Evidence) -> pd.DataFrame:
    """Find figures outside what has been seen anywhere, and no slip of one digit explains."""
    rows = _implausible(evidence)
    rows = rows[rows["candidates"] == ""]
    return rows.assign(
        what=rows["figures"] + " is outside the range seen in any area, "
        + text_of(rows["plausible_low"]) + " to " + text_of(rows["plausible_high"]) + "."
    )  # fmt: skip


def order_of_magnitude(evidence: Evidence) -> pd.DataFrame:
    """Find figures several times larger or smaller than their neighbours in time."""
    alone = _standing_alone(evidence)
    found = [magnitudes(value, usual) for value, usual in zip(alone["value"], alone["usual"], strict=True)]
    alone = alone.assign(slip=np.array([one.power_of_ten_slip for one in found], dtype=bool))
    rows = alone[np.array([one.flag for one in found], dtype=bool)]
    said = np.where(
        rows["slip"], " It is a power of ten away: the decimal point or a nought may have slipped.", ""
    )
    return rows.assign(
        what=rows["figures"] + " stands beside " + text_of(rows["usual"]) + " in neighbouring periods." + said
    )


def digit_slip(evidence: Evidence) -> pd.DataFrame:
    """Find figures that do not fit and would with one digit replaced, left out or exchanged."""
    alone = _standing_alone(evidence)
    scale = [
        magnitudes(value, usual).flag for value, usual in zip(alone["value"], alone["usual"], strict=True)
    ]
    alone = alone[~np.array(scale, dtype=bool)]
    band = 3 * alone["deviation"]
    odd = _with_candidates(alone, alone["usual"] - band, alone["usual"] + band)
    rows = pd.concat([odd, _implausible(evidence)], ignore_index=True)
    rows = rows[rows["candidates"] != ""].drop_duplicates(["measure", "area", "period_end", "file", "row"])
    return rows.assign(what=rows["figures"] + " does not fit; one digit away lie " + rows["candidates"] + ".")


def sum_of_years(evidence: Evidence) -> pd.DataFrame:
    """Find figures two to five times their neighbours: several periods may have been added up."""
    alone = _standing_alone(evidence)
    times = alone["value"] / alone["usual"].where(alone["usual"] > 0)
    whole = times.round()
    rows = alone[
        whole.between(2, 5)
        & ((times - whole).abs() <= _NEARLY_WHOLE * whole)
        & (alone["kind"] != Kind.PROPORTION)
    ]
    said = rows["figures"] + " is about " + text_of(whole[rows.index]) + " times " + text_of(rows["usual"])
    return rows.assign(what=said + ", the usual figure: that many periods may have been added up.")


def sudden_zeros(evidence: Evidence) -> pd.DataFrame:
    """Find counts of nought in a series in which chance would hardly bring one."""
    rows = evidence.headline[evidence.headline["value"].notna() & (evidence.headline["kind"] == Kind.COUNT)]
    keys = [rows[name] for name in ("measure", "segment", "period_basis")]
    usual = rows["value"].groupby(keys, sort=False).transform("median")
    odd = (rows["value"] == 0) & (usual >= _NEVER_NOUGHT)
    last = odd & ~odd.groupby(keys, sort=False).shift(-1, fill_value=False)
    rows, usual = rows[last], usual[last]
    what = "Nought stands where about " + text_of(usual) + " is usual: nothing may have been recorded."
    return rows.assign(what=what, figures="0; " + text_of(usual))


def truncated_digits(evidence: Evidence) -> pd.DataFrame:
    """Find figures of scorecards that are only the last digits of what the source itself says."""
    key = ["measure", "area", "period_start", "period_end", "breakdown"]
    every = evidence.vintages[evidence.vintages["source"] != "scorecard_edition"]
    held = every[[*key, "value"]].rename(columns={"value": "held"}).dropna().drop_duplicates()
    rows = evidence.editions[evidence.editions["value"].notna()].merge(held, on=key)
    ends = [
        bool(truncated_from(text, [f"{number:.{int(places)}f}"]))
        for text, number, places in zip(
            rows["text"], rows["held"], printed_decimals(rows["value"]), strict=True
        )
    ]
    rows = rows[np.array(ends, dtype=bool)].drop_duplicates([*key, "file", "row"])
    figures = rows["text"] + "; " + text_of(rows["held"].round(3))
    return rows.assign(
        what="The scorecard prints only the end of the number: " + figures + ".", figures=figures
    )


def _implausible(evidence: Evidence) -> pd.DataFrame:
    values = evidence.told
    outside = (values["value"] < values["plausible_low"]) | (values["value"] > values["plausible_high"])
    possible = (values["kind"] != Kind.PROPORTION) | values["value"].between(0, 100)
    rows = values[outside & possible & (values["breakdown"] == "")]
    return _with_candidates(
        rows, rows["plausible_low"].fillna(-np.inf), rows["plausible_high"].fillna(np.inf)
    )


def _with_candidates(rows: pd.DataFrame, low: "pd.Series[float]", high: "pd.Series[float]") -> pd.DataFrame:
    """Add figures (as printed) and candidates: up to three plausible numbers a digit away, in words."""
    texts = [_as_printed(value, row) for value, row in zip(rows["value"], rows["decimals"], strict=True)]
    found = [slips(text, *ends).candidates for text, *ends in zip(texts, low, high, strict=True)]
    middle = numbers(rows["usual"]) if "usual" in rows else (numbers(low) + numbers(high)) / 2
    words = [_nearest(*pair) for pair in zip(found, middle, strict=True)]
    return rows.assign(figures=pd.array(texts, dtype="str"), candidates=pd.array(words, dtype="str"))


def _nearest(found: Sequence[float], aim: float) -> str:
    return ", ".join(f"{one:.10g}" for one in sorted(sorted(found, key=lambda one: abs(one - aim))[:3]))


def _as_printed(value: float, decimals: float) -> str:
    places = int(min(max(float(printed_decimals([value])[0]), decimals or 0), 6))
    return f"{value:.{places}f}"


def _standing_alone(evidence: Evidence) -> pd.DataFrame:
    """Return the points far from all their neighbours, with `usual` (their median) and `deviation`."""
    points = evidence.points[(evidence.points["breakdown"] == "") & evidence.points["value"].notna()]
    keys = ["measure", "area", "segment", "period_basis"]
    points = points.sort_values([*keys, "period_end"], kind="stable").drop_duplicates(
        [*keys, "period_end"], keep="last"
    )
    # A weight varies by factors, not by amounts.
    factors = (points["kind"] == Kind.COUNT) & ~points["counted"] & (points["value"] > 0)
    scaled = points["value"].where(~factors, np.log(points["value"].where(factors)))
    groups = scaled.groupby([points[name] for name in keys], sort=False)
    near = np.column_stack([numbers(groups.shift(step)) for step in _NEIGHBOURS])
    near = np.where(np.cumsum(~np.isnan(near), axis=1) <= 4, near, np.nan)
    usual = pd.Series(_median(near), points.index)
    away = (scaled - usual).abs()
    spread = _MAD * away.groupby([points[name] for name in keys], sort=False).transform("median")
    deviation = np.fmax(spread, np.where(factors, 0.1, _least_deviation(points, usual)))
    nearest = np.fmin((scaled - groups.shift()).abs(), (scaled - groups.shift(-1)).abs())
    alone = (groups.transform("size") >= _POINTS) & (np.fmin(away, nearest) > _ALONE * deviation)
    back = np.where(factors, np.exp(usual.where(factors)), usual)
    rows = points.assign(usual=np.round(back, 2), deviation=np.where(factors, back * deviation, deviation))
    rows = rows[alone]
    texts = [_as_printed(*pair) for pair in zip(rows["value"], rows["decimals"], strict=True)]
    return rows.assign(figures=pd.array(texts, dtype="str"))


def _median(near: Array) -> Array:
    held = (~np.isnan(near)).any(axis=1)
    medians = np.full(len(near), np.nan)
    medians[held] = np.nanmedian(near[held], axis=1)
    return medians


def _least_deviation(points: pd.DataFrame, usual: "pd.Series[float]") -> Array:
    """Return the deviation that chance alone gives: by the count, or by the people behind a percentage."""
    n, x = numbers(points["denominator"]), numbers(usual)
    share = np.clip(x / 100, 0, 1)
    events = np.where(points["kind"] == Kind.COUNT, x, numbers(points["numerator"]))
    with np.errstate(invalid="ignore", divide="ignore"):
        proportion = 100 * np.sqrt(share * (1 - share) / n)
        rate = np.where(points["kind"] == Kind.COUNT, 1, x / events) * np.sqrt(np.maximum(events, 1))
    law = np.where(points["kind"] == Kind.PROPORTION, proportion, rate)
    return np.fmax(law, 10.0 ** -numbers(points["decimals"]))
