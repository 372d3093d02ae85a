"""Is the newest point of a short series unusual? Tests that hold their false alarms at half a per cent.

Forty measures are looked at in every edition, so each test may cry wolf once in two hundred times at most.
The usual robust z alone does so once in seven at five points. Here a count is unusual (`query`) where it is
improbable as one more draw from its history, and beyond doubt (`error`) where its robust z agrees. The law is
negative binomial: local counts vary about twice as much as Poisson says, and five points cannot show how
much, so the estimate is drawn towards two. The tests measure the false alarms; see the calibration test.
EARS: Hutwagner and others 2003.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd
import scipy
from numpy.typing import ArrayLike

from drug_outcomes.definitions.vocabulary import CarriedOver, Kind, Severity
from drug_outcomes.statistics.arrays import Array, numbers
from drug_outcomes.statistics.changes import proportion_change
from drug_outcomes.statistics.intervals import ratio
from drug_outcomes.statistics.series import YEAR, each, thinned

#: Fewer earlier points than these allow no test.
COUNT_HISTORY, VALUE_HISTORY = 4, 5
_IMPROBABLE, _FAR = 0.002, 3.5
#: A median absolute deviation is this many times smaller than a standard deviation.
_MAD = 1.4826
#: What the dispersion of counts is drawn towards, and with the weight of how many points.
_PRIOR_DISPERSION, _PRIOR_POINTS = 2.0, 6.0


class Unusual(NamedTuple):
    """0 usual, 1 query, 2 error (NaN: not tested), with the two statistics behind it."""

    grade: Array
    p: Array
    z: Array


def robust_z(newest: ArrayLike, history: ArrayLike, floor: ArrayLike | None = None) -> Array:
    """Return the distance from the median in robust standard deviations; history along the last axis.

    The deviation is at least `floor`, for counts the square root of their median (at least 1): without it
    five equal points would make the sixth infinitely far away.
    """
    x, past = numbers(newest), numbers(history)
    median = np.median(past, axis=-1)
    spread = _MAD * np.median(np.abs(past - median[..., np.newaxis]), axis=-1)
    least = np.sqrt(np.maximum(median, 1)) if floor is None else numbers(floor)
    return np.asarray(np.abs(x - median) / np.maximum(spread, least))


def predictive_p(newest: ArrayLike, history: ArrayLike) -> Array:
    """Return twice the smaller tail of the newest count as one more draw after its history (last axis)."""
    x, past = numbers(newest), numbers(history)
    k = past.shape[-1]
    # No events at all in the history: half an event in all of it.
    mean = np.maximum(past.mean(axis=-1), 0.5 / k)
    observed = past.var(axis=-1, ddof=1) / mean
    drawn = (_PRIOR_POINTS * _PRIOR_DISPERSION + (k - 1) * observed) / (_PRIOR_POINTS + k - 1)
    # One draw more, and a mean that is itself estimated from k draws.
    dispersion = np.maximum(drawn, 1.0) * (1 + 1 / k)
    law = scipy.stats.nbinom(mean / (dispersion - 1), 1 / dispersion)
    return np.asarray(np.minimum(1.0, 2 * np.minimum(law.cdf(x), law.sf(x - 1))))


def unusual_count(newest: ArrayLike, history: ArrayLike) -> Unusual:
    """Return whether the newest count is unusual; not tested with fewer than four earlier points."""
    past = numbers(history)
    if past.shape[-1] < COUNT_HISTORY:
        return _not_tested(past)
    p, z = predictive_p(newest, past), robust_z(newest, past)
    return Unusual(_graded(p, z), p, z)


def unusual_proportion(
    events: ArrayLike, people: ArrayLike, history_events: ArrayLike, history_people: ArrayLike
) -> Unusual:
    """Return whether the newest proportion differs from its pooled history, by Fisher's exact test.

    `error` where the robust z of the proportions agrees, with the binomial deviation as its floor.
    """
    past_events, past_people = numbers(history_events), numbers(history_people)
    if past_events.shape[-1] < COUNT_HISTORY:
        return _not_tested(past_events)
    pooled_events, pooled_people = past_events.sum(axis=-1), past_people.sum(axis=-1)
    p = proportion_change(events, people, pooled_events, pooled_people, always_fisher=True).fisher
    share = ratio(pooled_events, pooled_people)
    # No events at all in the history: half an event in all of it.
    floor = np.sqrt(ratio(np.maximum(share * (1 - share), ratio(0.5, pooled_people)), people))
    z = robust_z(ratio(events, people), ratio(past_events, past_people), floor)
    p = p.reshape(np.shape(z))
    return Unusual(_graded(p, z), p, z)


def unusual_value(newest: ArrayLike, history: ArrayLike) -> Unusual:
    """Return whether a value without a denominator lies outside the 99.8 % prediction interval (Student's t).

    Never more than `query`; not tested with fewer than five earlier points or where they do not vary.
    """
    x, past = numbers(newest), numbers(history)
    k = past.shape[-1]
    if k < VALUE_HISTORY:
        return _not_tested(past)
    deviation = past.std(axis=-1, ddof=1)
    distance = np.abs(x - past.mean(axis=-1)) / np.where(deviation > 0, deviation, np.nan)
    p = 2 * scipy.stats.t.sf(distance / np.sqrt(1 + 1 / k), k - 1)
    return Unusual(np.where(np.isnan(p), np.nan, (p < _IMPROBABLE).astype(float)), p, distance)


def _graded(p: Array, z: Array) -> Array:
    improbable = p < _IMPROBABLE
    return np.where(np.isnan(p), np.nan, np.where(improbable & (z > _FAR), 2.0, improbable.astype(float)))


def _not_tested(past: Array) -> Unusual:
    nothing = np.full(past.shape[:-1], np.nan)
    return Unusual(nothing, nothing, nothing)


def ears(
    series: ArrayLike, method: str = "C1", *, alpha: float = 0.001, baseline: int = 7, least_deviation: float = 0.0
) -> pd.DataFrame:
    """Return columns upper_bound and alarm of the EARS C1 or C2 algorithm, NaN and False before it can start.

    C1 compares with the `baseline` points just before, C2 leaves out the two nearest. For monthly data set
    `least_deviation` to 1 or more. C3 is left out: its published form does not use the newest point.
    """
    y = numbers(series)
    lead = baseline + (0 if method == "C1" else 2)
    bound = np.full(y.shape, np.nan)
    if len(y) > lead:
        window = np.lib.stride_tricks.sliding_window_view(y, baseline)[: len(y) - lead]
        deviation = np.maximum(window.std(axis=1, ddof=1), least_deviation)
        bound[lead:] = window.mean(axis=1) + scipy.stats.norm.isf(alpha) * deviation
    return pd.DataFrame({"upper_bound": bound, "alarm": y > bound})


def add_unusual(series: pd.DataFrame) -> pd.DataFrame:
    """Add whether the newest point of each series is unusual beside its history; older points get "".

    Parameters
    ----------
    series : as for `trends.add_trends`. Overlapping windows are thinned; months and quarters with at least
        four of the same months in earlier years are compared with those alone, because figures have seasons.

    Returns
    -------
    The same rows with unusual ("", "query" or "error", words of vocabulary.Severity) and unusual_note.
    """
    words = {name: np.full(len(series), "", dtype=object) for name in ("unusual", "unusual_note")}
    for ordered in each(series, "value", "numerator", "denominator", "kind", "modelled", "carried_over"):
        place = int(ordered["_place"].iloc[-1])
        words["unusual"][place], words["unusual_note"][place] = _newest(ordered)
    return series.assign(**{name: pd.array(column, dtype="str") for name, column in words.items()})


def _newest(ordered: pd.DataFrame) -> tuple[str, str]:
    held = thinned(ordered)
    newest, history = held.iloc[-1], held.iloc[:-1].dropna(subset=["value"])
    same_months = history[(newest["_end"] - history["_end"]) % YEAR == 0]
    seasonal = len(same_months) >= COUNT_HISTORY and len(same_months) < len(history)
    history = same_months if seasonal else history
    if pd.isna(newest["value"]):
        return "", "the newest point has no value"
    if newest.get("carried_over", "") == CarriedOver.STOCK:
        return ("", "most of what is there at one time is still there at the next, so chance is no measure of it")
    found = _tested(newest, history)
    if np.isnan(found.grade):
        return "", f"{len(history)} earlier points: too few, or too alike, for a test"
    season = " of the same months" if seasonal else ""
    note = f"p {float(found.p):.4f} beside {len(history)} earlier points{season}"
    return ["", str(Severity.QUERY), str(Severity.ERROR)][int(found.grade)], note


def _tested(newest: pd.Series, history: pd.DataFrame) -> Unusual:
    events = pd.notna(newest["numerator"]) and history["numerator"].notna().all()
    people = pd.notna(newest["denominator"]) and history["denominator"].notna().all()
    modelled = bool(newest.get("modelled", False))
    if newest["kind"] == Kind.COUNT and events:
        return unusual_count(newest["numerator"], history["numerator"])
    if newest["kind"] == Kind.PROPORTION and events and people and not modelled:
        past = history["numerator"], history["denominator"]
        return unusual_proportion(newest["numerator"], newest["denominator"], *past)
    return unusual_value(newest["value"], history["value"])
