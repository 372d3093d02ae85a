"""Whether two figures of non-overlapping periods differ: exact tests for counts, rates and proportions.

Two intervals that overlap may still differ, so overlap is used only where nothing but intervals is known
(Schenker and Gentleman 2001, doi:10.1198/000313001317097960), as Fingertips does. Local counts vary more than
Poisson's law says, about twice as much, so they are tested with the dispersion that their own series shows.
"""

from enum import StrEnum
from typing import NamedTuple

import numpy as np
import pandas as pd
import scipy
from numpy.typing import ArrayLike

from drug_outcomes.definitions.vocabulary import CarriedOver, Kind
from drug_outcomes.statistics.arrays import Array, Flags, equals, flags, numbers, pick_words
from drug_outcomes.statistics.benchmarks import against_interval
from drug_outcomes.statistics.intervals import LEVEL_95, ratio, wilson
from drug_outcomes.statistics.recent_trends import Marker
from drug_outcomes.statistics.series import Points, in_order, thinned

#: Below this many expected in any cell of the two-by-two table Fisher's exact test replaces the interval.
_FISHER_BELOW = 5
#: As R does: probabilities this close count as equal.
_EQUAL = 1 + 1e-7
_SIGNIFICANCE = 0.05
#: From so many points on a series shows its own dispersion.
_ESTIMATED_FROM = 12
#: Degrees of freedom that are as good as endless.
_SURE = 1e6
_CHANGES = [Marker.CANNOT, Marker.DECREASING, Marker.NO_CHANGE, Marker.INCREASING]


class RateChange(NamedTuple):
    """Latest rate over the earlier one with exact limits, and the exact conditional two-sided p."""

    p: Array
    ratio: Array
    lower: Array
    upper: Array


class ProportionChange(NamedTuple):
    """Difference of two proportions with Newcombe's limits, and the p of chi-squared and Fisher's tests.

    `fisher` is computed where an expected count falls below five, or everywhere on request; else NaN.
    """

    difference: Array
    lower: Array
    upper: Array
    chi_squared: Array
    p: Array
    fisher: Array


def rate_change(
    events: ArrayLike,
    exposure: ArrayLike,
    earlier_events: ArrayLike,
    earlier_exposure: ArrayLike,
    level: float = LEVEL_95,
) -> RateChange:
    """Test two counts or rates by the exact conditional Poisson test.

    Given their sum, the latest events are binomial; exposures are people, or 1 and 1 for counts of equal
    periods. Two-sided p sums what is no likelier than the observed, as R's poisson.test does. NaN for
    missing or negative counts and exposures that are not positive; 1 where nothing happened in either.
    """
    new, new_base, old, old_base = np.broadcast_arrays(
        *(np.atleast_1d(numbers(part)) for part in (events, exposure, earlier_events, earlier_exposure))
    )
    possible = (new >= 0) & (old >= 0) & (new_base > 0) & (old_base > 0)
    new, old = np.where(possible, np.round(new), np.nan), np.where(possible, np.round(old), np.nan)
    total, share, tail = new + old, ratio(new_base, new_base + old_base), (1 - level) / 2
    lower = np.where(new == 0, 0.0, scipy.stats.beta.ppf(tail, np.maximum(new, 1), old + 1))
    upper = np.where(old == 0, 1.0, scipy.stats.beta.isf(tail, new + 1, np.maximum(old, 1)))
    scale = ratio(old_base, new_base)
    with np.errstate(divide="ignore", invalid="ignore"):
        odds = [part / (1 - part) * scale for part in (new / total, lower, upper)]
    return RateChange(_two_sided_binomial(new, total, share), *odds)


def _two_sided_binomial(successes: Array, trials: Array, share: Array) -> Array:
    """Sum the probabilities no larger than the observed; the far tail is found by halving."""
    law = scipy.stats.binom(trials, share)
    mean, most = trials * share, law.pmf(successes) * _EQUAL
    below = successes < mean
    # The far tail runs from `edge` outwards, where probabilities fall steadily.
    near = np.where(below, np.ceil(mean), np.floor(mean))
    far = np.where(below, trials + 1, -1.0)
    for _ in range(int(np.log2(np.nanmax(trials, initial=1.0))) + 2):
        middle = np.where(below, np.floor((near + far) / 2), np.ceil((near + far) / 2))
        small = law.pmf(middle) <= most
        near, far = np.where(small, near, middle), np.where(small, middle, far)
    edge = np.where(law.pmf(near) <= most, near, far)
    p = np.where(below, law.cdf(successes) + law.sf(edge - 1), law.sf(successes - 1) + law.cdf(edge))
    return np.where(np.isnan(successes), np.nan, np.where(successes == mean, 1.0, np.minimum(p, 1.0)))


def proportion_change(
    events: ArrayLike,
    people: ArrayLike,
    earlier_events: ArrayLike,
    earlier_people: ArrayLike,
    level: float = LEVEL_95,
    *,
    always_fisher: bool = False,
) -> ProportionChange:
    """Test two proportions: Newcombe's method 10 for the difference, chi-squared, Fisher's where small.

    NaN where a proportion cannot be formed. Chi-squared is without continuity correction; it is 0 with p 1
    where both proportions are 0 or both are 1.
    """
    new, n, old, m = np.broadcast_arrays(
        *(np.atleast_1d(numbers(part)) for part in (events, people, earlier_events, earlier_people))
    )
    possible = (new >= 0) & (old >= 0) & (new <= n) & (old <= m) & (n > 0) & (m > 0)
    new, n, old, m = (np.where(possible, part, np.nan) for part in (new, n, old, m))
    p, q = new / n, old / m
    first, second = wilson(new, n, level), wilson(old, m, level)
    lower = (p - q) - np.hypot(p - first.lower, second.upper - q)
    upper = (p - q) + np.hypot(first.upper - p, q - second.lower)
    pooled = (new + old) / (n + m)
    variance = pooled * (1 - pooled) * (1 / n + 1 / m)
    chi_squared = np.where(variance == 0, 0.0, (p - q) ** 2 / np.where(variance == 0, 1, variance))
    smallest = np.minimum(n, m) * np.minimum(pooled, 1 - pooled)
    wanted = possible & (always_fisher | (smallest < _FISHER_BELOW))
    return ProportionChange(
        p - q, lower, upper, chi_squared, scipy.stats.chi2.sf(chi_squared, 1), _fisher(new, n, old, m, wanted)
    )


def _fisher(new: Array, n: Array, old: Array, m: Array, wanted: Flags) -> Array:
    p = np.full(new.shape, np.nan)
    tables = np.round(np.stack([new, n - new, old, m - old], axis=-1)[wanted])
    # scipy tests one table at a time; few rows are small enough to need it.
    p[wanted] = [scipy.stats.fisher_exact(table.reshape(2, 2)).pvalue for table in tables]
    return p


class Dispersion(NamedTuple):
    """How many times Poisson's the variance of a series is, and the degrees of freedom that say so."""

    factor: float
    freedom: float


#: What local counts usually have.
_USUAL = Dispersion(2.0, np.inf)


def dispersion(events: ArrayLike, exposure: ArrayLike = 1.0) -> Dispersion:
    """Return the dispersion of counts or rates of successive periods: at least 1, and 2 where it cannot be estimated.

    Estimated from 12 points on, by the steps from each to the next, which a trend or a shift hardly touches; the
    newest step is left out, because it is what is tested. Source: von Neumann and others 1941, for the mean square
    successive difference; its degrees of freedom are those of its variance.
    """
    x, n = np.broadcast_arrays(numbers(events), numbers(exposure))
    held = (x >= 0) & (n > 0)
    x, n = x[held], n[held]
    if len(x) < _ESTIMATED_FROM or x.sum() == 0:
        return _USUAL
    rate, k = x.sum() / n.sum(), len(x) - 1
    squares = np.diff(x / n)[:-1] ** 2 / (rate * (1 / n[1:] + 1 / n[:-1]))[:-1]
    return Dispersion(max(float(squares.mean()), 1.0), 2 * (k - 1) ** 2 / (3 * k - 4))


def dispersed_p(
    events: ArrayLike, exposure: ArrayLike, earlier_events: ArrayLike, earlier_exposure: ArrayLike,
    factor: ArrayLike, freedom: ArrayLike,
) -> Array:  # fmt: skip
    """Return the two-sided p of two counts or rates that vary `factor` times as much as Poisson's law says.

    The conditional test of as many events fewer, with half an event for the steps of the law, and Student's t in
    place of the normal law for a factor that was itself estimated. 1 where nothing happened in either.
    """
    new, base, old, other = (numbers(part) for part in (events, exposure, earlier_events, earlier_exposure))
    possible = (new >= 0) & (old >= 0) & (base > 0) & (other > 0)
    share = np.where(possible, ratio(base, base + other), np.nan)
    law = scipy.stats.beta(*(np.where(possible, part, np.nan) / numbers(factor) + 0.5 for part in (new, old)))
    tail = np.minimum(law.cdf(share), law.sf(share))
    many = np.where(np.isinf(numbers(freedom)), _SURE, numbers(freedom))
    return np.where(new + old == 0, 1.0, 2 * scipy.stats.t.sf(scipy.stats.norm.isf(tail), many))


def add_two_period(series: pd.DataFrame) -> pd.DataFrame:
    """Add whether each point differs from the comparable one before: the same months, no overlap.

    For a month or quarter that is the same one a year earlier, for a year the year before, for a rolling
    year the window that ends twelve months earlier, for pooled years the pool before.

    Parameters
    ----------
    series : as for `trends.add_direction`, with numerator, denominator and the columns of
        `indicators.add_intervals`; where it exists, carried_over (a `vocabulary.CarriedOver`).

    Returns
    -------
    The same rows with comparable_value, comparable_period_label, two_period (increasing, decreasing,
    no_significant_change, cannot_be_calculated at 95 %) and two_period_note, a word of `Step`. Counts and rates:
    a conditional test with the dispersion of their series; proportions: Newcombe's interval, or Fisher's test where
    fewer than five are expected; figures with nothing but intervals: whether these overlap. A percentage of a
    modelled estimate moves, within one edition of the estimates, with the number reached, which is tested as such.
    """
    points = Points.of(series)
    before = points.at(points.comparable_end())
    spread = _dispersions(series, points)
    frame = series.assign(**{f"earlier_{name}": before[name] for name in before.columns}, **spread)
    differs, how = _differences(frame)
    side = np.sign(numbers(frame["value"]) - numbers(frame["earlier_value"]))
    sign = np.where(np.isnan(differs), np.nan, side * differs)
    return series.assign(
        comparable_value=before["value"],
        comparable_period_label=before["period_label"],
        two_period=pick_words(_CHANGES, np.where(np.isnan(sign), 0, sign + 2), series.index),
        two_period_note=pick_words(list(Step), how, series.index),
    )


class Step(StrEnum):
    """How two periods were tested, or why they were not."""

    NO_EARLIER = "no earlier period of the same months is held that does not overlap"
    LACKING = "the figures allow no test"
    STOCK = "what is there at one time is mostly still there at the next, so chance is no measure of the change"
    PEOPLE = "most people stay from one period into the next, so chance is no measure of the change"
    EDITION = "the estimates behind the two are of different editions"
    COUNTS = "conditional test, with the dispersion of the series"
    REACHED = "conditional test of the number reached, with the dispersion of the series"
    NEWCOMBE = "Newcombe's interval of the difference"
    FISHER = "Fisher's exact test"
    OVERLAP = "overlap of intervals"


_CODE = {word: number for number, word in enumerate(Step)}


def _dispersions(series: pd.DataFrame, points: Points) -> dict[str, Array]:
    """Return the dispersion of the series of each point, by points that do not overlap."""
    found = {"factor": np.full(len(series), _USUAL.factor), "freedom": np.full(len(series), _USUAL.freedom)}
    rows = pd.DataFrame(
        {
            "number": points.number, "_start": points.start, "_end": points.end, "events": _events(series),
            "exposure": np.where(equals(series["kind"], Kind.CRUDE_RATE), numbers(series["denominator"]), 1.0),
        }
    ).dropna()  # fmt: skip
    for _, group in rows.groupby("number"):
        apart = thinned(in_order(group))
        if len(apart) >= _ESTIMATED_FROM:
            own = dispersion(apart["events"], apart["exposure"])
            found["factor"][group.index], found["freedom"][group.index] = own
    return found


def _events(frame: pd.DataFrame, when: str = "") -> Array:
    """Return what was counted: events, or of a modelled estimate those who were reached."""
    counted, of = numbers(frame[f"{when}numerator"]), numbers(frame[f"{when}denominator"])
    return np.where(_modelled(frame), of - counted, counted)


def _modelled(frame: pd.DataFrame) -> Flags:
    return flags(frame["modelled"]) if "modelled" in frame else np.zeros(len(frame), dtype=bool)


def _differences(frame: pd.DataFrame) -> tuple[Array, Array]:
    """Return 1 or 0 for different or not, NaN for not tested, and the place in `Step` of how or why."""
    kind, held = frame["kind"], ~frame[["value", "earlier_value"]].isna().any(axis=1).to_numpy()
    modelled = _modelled(frame)
    new, old = _events(frame), _events(frame, "earlier_")
    now, then = numbers(frame["denominator"]), numbers(frame["earlier_denominator"])
    events = held & ~np.isnan(new + old)
    people = events & ~np.isnan(now + then)
    rates, proportions = (equals(kind, word) & people for word in (Kind.CRUDE_RATE, Kind.PROPORTION))
    counts, reached = equals(kind, Kind.COUNT) & events, modelled & people & (now == then)
    differs, how = _by_overlap(frame, held & ~modelled)
    rows = counts | rates | reached
    if rows.any():
        bases = (np.where(rates, part, 1.0)[rows] for part in (now, then))
        spread = frame.loc[rows, "factor"], frame.loc[rows, "freedom"]
        differs[rows] = _below(dispersed_p(new[rows], next(bases), old[rows], next(bases), *spread))
        how[rows] = np.where(modelled[rows], _CODE[Step.REACHED], _CODE[Step.COUNTS])
    rows = proportions & ~modelled
    if rows.any():
        differs[rows], how[rows] = _proportion_test(frame[rows])
    kept = frame.get("carried_over", pd.Series("", frame.index))
    refused = {
        Step.NO_EARLIER: frame["earlier_period_label"].eq("").to_numpy(),
        Step.STOCK: equals(kept, CarriedOver.STOCK),
        Step.EDITION: modelled & people & (now != then),
        Step.PEOPLE: equals(kept, CarriedOver.PEOPLE),
    }
    none = np.any(list(refused.values()), axis=0)
    why = np.select(list(refused.values()), [_CODE[word] for word in refused], how)
    return np.where(none, np.nan, differs), why


def _by_overlap(frame: pd.DataFrame, held: Flags) -> tuple[Array, Array]:
    ends = (
        frame[f"{when}{name}"] for when in ("", "earlier_") for name in ("value", "interval_lower", "interval_upper")
    )
    sign = np.where(held, against_interval(*ends), np.nan)
    return np.abs(sign), np.where(np.isnan(sign), _CODE[Step.LACKING], _CODE[Step.OVERLAP])


def _proportion_test(rows: pd.DataFrame) -> tuple[Array, Array]:
    now, then = ((rows["numerator"], rows["denominator"]), (rows["earlier_numerator"], rows["earlier_denominator"]))
    change = proportion_change(*now, *then)
    small = ~np.isnan(change.fisher)
    apart = np.where(np.isnan(change.lower), np.nan, (change.lower > 0) | (change.upper < 0))
    return np.where(small, _below(change.fisher), apart), np.where(small, _CODE[Step.FISHER], _CODE[Step.NEWCOMBE])


def _below(p: Array) -> Array:
    return np.where(np.isnan(p), np.nan, (p < _SIGNIFICANCE).astype(float))
