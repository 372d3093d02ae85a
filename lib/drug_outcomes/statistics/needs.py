"""Need and reach: estimated need, unmet need, who is reached, the way through treatment, what more would take.

Frames in, frames out, columns added. Estimates of need are uncertain, so whatever rests on one carries its
limits; numbers in treatment are counts and are taken as known, give or take their rounding.
"""

from collections.abc import Callable
from enum import StrEnum
from typing import NamedTuple

import numpy as np
import pandas as pd
import scipy
from numpy.typing import ArrayLike

from drug_outcomes.statistics.arrays import Array, Flags, flags, numbers, optional, pick_words
from drug_outcomes.statistics.intervals import LEVEL_95, normal_quantile, poisson_limits, ratio, wilson

#: Draws of a simulation, and where they start: the same figures give the same interval every time.
DRAWS, SEED = 10_000, 20_220_331
#: A group with fewer people than this, or than this many times what counts are rounded to, is too small to compare.
FEWEST, _ROUNDED = 5, 10
#: A share is another than the reference's from a tenth on, where chance does not explain it either.
_APART = 0.1


class Flag(StrEnum):
    """What has to be said beside an unmet need."""

    NONE = ""
    EXCEEDS = "treatment exceeds estimated need"
    EXCEEDS_LOWER = "treatment exceeds the lower limit of estimated need"
    UNKNOWN = "not known: the estimate or the number in treatment is missing"


class Reach(StrEnum):
    """How a group's share of those in treatment compares with its share of the reference."""

    OVER = "more than its share"
    UNDER = "less than its share"
    LIKE = "in line with its share"
    SMALL = "too few people to compare"
    UNKNOWN = "not known"
    UNSAID = "not stated"


class Refusal(StrEnum):
    """Why one stage of a cascade does not follow from the stage before."""

    NONE = ""
    COHORT = "other people are counted than in the stage before"
    PERIOD = "another period is counted than in the stage before"
    MORE = "more people than in the stage before, of whom they would have to be a part"
    UNKNOWN = "not held"
    BROKEN = "an earlier stage does not lead here"


class More(StrEnum):
    """What has to be said beside how many more people a scenario takes."""

    NONE = ""
    REACHED = "reached"
    PERHAPS = "perhaps reached"
    UNKNOWN = "not known"


class Estimate(NamedTuple):
    """A value with its limits, in the unit of the value."""

    value: Array
    lower: Array
    upper: Array


# Estimated need and unmet need.


def people(rate: ArrayLike, population: ArrayLike, per: ArrayLike) -> Array:
    """Return the number of people behind a rate per `per`; also used for the limits of a rate."""
    return np.asarray(numbers(rate) * numbers(population) / numbers(per))


def implied_need(in_treatment: ArrayLike, unmet: ArrayLike, decimals: int, rounded_to: float = 1) -> Estimate:
    """Return the estimate of need that a published percentage implies: treated / (1 - unmet need).

    The limits come from rounding alone, of the percentage to `decimals` and of the count to `rounded_to`; how
    uncertain the estimate itself is cannot be worked out. NaN where nobody would be in treatment.
    """
    treated, share = numbers(in_treatment), numbers(unmet)
    half, step = 0.5 * 10.0**-decimals, rounded_to / 2 if rounded_to > 1 else 0.0
    reached = [100 - share, 100 - share + half, 100 - share - half]
    value, lower, upper = (
        ratio(count, part, 100) for count, part in zip((treated, treated - step, treated + step), reached, strict=True)
    )
    return Estimate(value, lower, upper)


def add_unmet_need(figures: pd.DataFrame) -> pd.DataFrame:
    """Add the percentage of people in need who are not in treatment, with limits propagated from the estimate.

    Parameters
    ----------
    figures : columns in_treatment, prevalence, prevalence_lower, prevalence_upper (people of the same group,
        ages and area; limits may be missing) and, where counts are rounded, rounded_to (5: half of it is
        added to either side).

    Returns
    -------
    The same rows with unmet_pct, unmet_lower, unmet_upper (0 to 100) and unmet_flag, a word of `Flag`. Where
    more people are treated than are thought to be in need the result is cut off at 0 and flagged.
    Source: 100 (1 - T / P), whose limits follow from those of P because it rises with P.
    """
    treated = numbers(figures["in_treatment"])
    need, low, high = (numbers(figures[name]) for name in ("prevalence", "prevalence_lower", "prevalence_upper"))
    step = optional(figures, "rounded_to")
    step = np.where(step > 1, step / 2, 0.0)
    # A count of nobody that is not rounded is nobody.
    fewer = np.maximum(treated - step, 0.0)
    value, lower, upper = (
        100 - ratio(count, of, 100) for count, of in ((treated, need), (treated + step, low), (fewer, high))
    )
    cases = [np.isnan(value), value < 0, lower < 0]
    codes = np.select(cases, [3, 1, 2], 0)
    cut = {
        name: np.clip(part, 0.0, 100.0)
        for name, part in (("unmet_pct", value), ("unmet_lower", lower), ("unmet_upper", upper))
    }
    return figures.assign(**cut, unmet_flag=pick_words(list(Flag), codes, figures.index))


# Who is reached: ratios of two groups. Differences are in `changes.proportion_change`.


def risk_ratio(x1: ArrayLike, n1: ArrayLike, x0: ArrayLike, n0: ArrayLike, level: float = LEVEL_95) -> Estimate:
    """Return (x1 / n1) / (x0 / n0) of parts of two groups, with Katz's limits on the logarithm.

    Exact conditional limits where either part is nobody; no limits where both are.
    Source: Katz and others 1978, doi:10.2307/2530610.
    """
    a, b = numbers(x1), numbers(x0)
    spread = _inverse(a) - _inverse(n1) + _inverse(b) - _inverse(n0)
    return _ratio_limits(a, numbers(n1), b, numbers(n0), spread, level)


def rate_ratio(x1: ArrayLike, n1: ArrayLike, x0: ArrayLike, n0: ArrayLike, level: float = LEVEL_95) -> Estimate:
    """Return the ratio of two rates, events per person: limits of exp(ln RR +/- z sqrt(1/x1 + 1/x0)).

    Exact conditional limits where either count is nought.
    """
    a, b = numbers(x1), numbers(x0)
    return _ratio_limits(a, numbers(n1), b, numbers(n0), _inverse(a) + _inverse(b), level)


def _inverse(counts: ArrayLike) -> Array:
    x = numbers(counts)
    return 1 / np.where(x > 0, x, np.nan)


def _ratio_limits(a: Array, n1: Array, b: Array, n0: Array, variance: Array, level: float) -> Estimate:
    value = ratio(ratio(a, n1), ratio(b, n0))
    width = normal_quantile(level) * np.sqrt(variance)
    none = (a == 0) | (b == 0)
    exact = _conditional(a, n1, b, n0, level)
    lower, upper = (
        np.where(none, edge, value * np.exp(sign * width)) for edge, sign in ((exact.lower, -1), (exact.upper, 1))
    )
    return Estimate(value, lower, upper)


def _conditional(a: Array, n1: Array, b: Array, n0: Array, level: float) -> Estimate:
    """Return exact limits of a ratio of rates, given how many events there are in both groups together.

    Source: Clopper and Pearson 1934 for the share of events in the first group, turned into a ratio.
    """
    tail, scale = (1 - level) / 2, ratio(n0, n1)
    known = (a + b) > 0
    one, other = np.where(known, a, np.nan), np.where(known, b, np.nan)
    low = np.where(one == 0, 0.0, scipy.stats.beta.ppf(tail, np.maximum(one, 1), other + 1))
    high = np.where(other == 0, 1.0, scipy.stats.beta.isf(tail, one + 1, np.maximum(other, 1)))
    with np.errstate(divide="ignore"):
        lower, upper = (scale * share / (1 - share) for share in (low, high))
    return Estimate(ratio(ratio(a, n1), ratio(b, n0)), np.where(known, lower, np.nan), upper * known)


def add_representation(figures: pd.DataFrame) -> pd.DataFrame:
    """Add how a group's share of people in treatment compares with its share of those it is set beside.

    Parameters
    ----------
    figures : columns group, everybody (people in treatment), reference, reference_everybody (people in need,
        residents, or people in treatment elsewhere). A hidden count is missing. Perhaps also rounded_to, what the
        counts of people in treatment are rounded to, and unsaid, whether it was not stated where these belong.

    Returns
    -------
    The same rows with representation (1 is its share), representation_lower, representation_upper and reach,
    a word of `Reach`: over or under needs a tenth more or less, and more than chance. Nothing is worked out for
    a group that is hidden, has fewer people than FEWEST or ten times what counts are rounded to, or says nothing.
    """
    group, everybody, reference, whole = (
        numbers(figures[name]) for name in ("group", "everybody", "reference", "reference_everybody")
    )
    unsaid = flags(figures.get("unsaid", pd.Series(False, figures.index)))
    small = (group < _fewest(figures)) | (reference < FEWEST)
    counts = [np.where(small | unsaid, np.nan, part) for part in (group, everybody, reference, whole)]
    found = risk_ratio(counts[0], counts[1], counts[2], counts[3])
    return figures.assign(
        representation=found.value,
        representation_lower=found.lower,
        representation_upper=found.upper,
        reach=_reached(found, small, unsaid, figures.index),
    )


def add_rates(figures: pd.DataFrame) -> pd.DataFrame:
    """Add how often groups are in treatment among residents, and how that stands to what is expected of them.

    Parameters
    ----------
    figures : columns topic, group (people in treatment), residents, expected (in any unit that is the same within a
        topic), unsaid, and perhaps rounded_to as for `add_representation`. A hidden count is missing.

    Returns
    -------
    The same rows with rate, rate_lower, rate_upper (per 1,000 residents), ratio, ratio_lower, ratio_upper (1 is as
    expected; exact Poisson or Byar's limits of the people counted) and reach, a word of `Reach` by the rule of
    `add_representation`. Within a topic the groups that are known are expected to have as many as they have.
    """
    group, residents, expected = (numbers(figures[name]) for name in ("group", "residents", "expected"))
    usable = ~(np.isnan(group) | np.isnan(expected))
    sums = pd.DataFrame({"topic": figures["topic"], "group": np.where(usable, group, 0.0),
                         "expected": np.where(usable, expected, 0.0)}).groupby("topic").transform("sum")  # fmt: skip
    expected = expected * ratio(sums["group"], sums["expected"])
    limits = poisson_limits(group)
    small = (group < _fewest(figures)) | (residents < FEWEST)
    kept = np.where(small, np.nan, 1.0)
    rates = [kept * ratio(part, residents, 1000) for part in (group, *limits)]
    ratios = [kept * ratio(part, expected) for part in (group, *limits)]
    names = (*("rate", "rate_lower", "rate_upper"), *("ratio", "ratio_lower", "ratio_upper"))
    told = _reached(Estimate(*ratios), small, flags(figures["unsaid"]), figures.index)
    return figures.assign(**dict(zip(names, (*rates, *ratios), strict=True)), reach=told)


def _fewest(figures: pd.DataFrame) -> Array:
    """Return from how many people on a group is compared."""
    rounded = numbers(figures.get("rounded_to", pd.Series(1.0, figures.index)))
    return np.where(rounded > 1, np.maximum(FEWEST, _ROUNDED * rounded), float(FEWEST))


def _reached(found: Estimate, small: Flags, unsaid: Flags, index: pd.Index) -> pd.Series:
    over = (found.lower > 1) & (found.value >= 1 + _APART)
    under = (found.upper < 1) & (found.value <= 1 - _APART)
    missing = np.isnan(found.value) | np.isnan(found.lower)
    return pick_words(list(Reach), np.select([unsaid, small, missing, over, under], [5, 3, 4, 0, 1], 2), index)


# The way through treatment.


def add_cascade(stages: pd.DataFrame) -> pd.DataFrame:
    """Add what share of each stage reaches the next, and of the first; refused where they do not belong together.

    Parameters
    ----------
    stages : in order within each `cascade`: columns cascade, count, and cohort and period_label, which say
        whom and when a stage counts. A stage is a part of the stage before only if both are the same.

    Returns
    -------
    The same rows with of_previous, of_previous_lower, of_previous_upper (per cent, Wilson), of_first, and
    refused, a word of `Refusal`: why a stage has no shares. The first stage of each has none and needs none.
    """
    before = stages.groupby("cascade", sort=False)[["count", "cohort", "period_label"]].shift()
    first = stages.groupby("cascade", sort=False)["count"].transform("first")
    begins = ~stages.duplicated("cascade")
    cases = [
        (begins, Refusal.NONE),
        (stages["count"].isna() | before["count"].isna(), Refusal.UNKNOWN),
        (stages["cohort"] != before["cohort"], Refusal.COHORT),
        (stages["period_label"] != before["period_label"], Refusal.PERIOD),
        (stages["count"] > before["count"], Refusal.MORE),
    ]
    own = np.select([case.to_numpy(dtype=bool) for case, _ in cases], list(range(len(cases))), len(cases))
    words = [word for _, word in cases] + [Refusal.NONE]
    broken = pd.Series((own > 0) & (own < len(cases)), stages.index)
    after = broken.groupby(stages["cascade"], sort=False).cummax() & ~broken
    count, previous = (numbers(column) for column in (stages["count"], before["count"]))
    limits = wilson(count, previous, per=100)
    linked = (own == len(cases)) & ~begins.to_numpy(dtype=bool)
    refused = pick_words(words, own, stages.index)
    return stages.assign(
        of_previous=np.where(linked, ratio(count, previous, 100), np.nan),
        of_previous_lower=np.where(linked, limits.lower, np.nan),
        of_previous_upper=np.where(linked, limits.upper, np.nan),
        of_first=np.where(linked & ~after.to_numpy(dtype=bool), ratio(count, first, 100), np.nan),
        refused=refused.mask(after & (refused == ""), str(Refusal.BROKEN)),
    )


# What more would take.


def add_capacity(figures: pd.DataFrame) -> pd.DataFrame:
    """Add how many more people would have to be in treatment to bring unmet need down to a target.

    Parameters
    ----------
    figures : columns in_treatment, prevalence, prevalence_lower, prevalence_upper (people) and target (per
        cent of need unmet), with target_lower and target_upper where the target is itself an estimate.

    Returns
    -------
    The same rows with more_places, more_lower, more_upper (people; never below 0) and more_flag, a word of `More`:
    reached where nobody more is needed within the whole range, perhaps reached where the range begins at 0, not
    known where the number in treatment, the estimate, a limit of it or the target is missing. With a target that
    is known the limits follow from those of the estimate; with an uncertain one both are drawn.
    """
    treated, target = numbers(figures["in_treatment"]), numbers(figures["target"])
    need, low, high = (numbers(figures[name]) for name in ("prevalence", "prevalence_lower", "prevalence_upper"))
    value, lower, upper = (number * (1 - target / 100) - treated for number in (need, low, high))
    drawn = _drawn_capacity(figures, treated)
    both = ~np.isnan(drawn.lower)
    lower, upper = np.where(both, drawn.lower, lower), np.where(both, drawn.upper, upper)
    unknown = np.isnan(value) | np.isnan(lower) | np.isnan(upper)
    cases = [unknown, np.fmax(upper, value) <= 0, np.fmin(lower, value) <= 0]
    flags = [More.UNKNOWN, More.REACHED, More.PERHAPS, More.NONE]
    return figures.assign(
        more_places=np.maximum(value, 0.0),
        more_lower=np.maximum(lower, 0.0),
        more_upper=np.maximum(upper, 0.0),
        more_flag=pick_words(flags, np.select(cases, [0, 1, 2], 3), figures.index),
    )


def _drawn_capacity(figures: pd.DataFrame, treated: Array) -> Estimate:
    """Return the limits of P (1 - U) - T where both P and the part reached, 1 - U, are uncertain."""
    low, high = (100 - optional(figures, name) for name in ("target_upper", "target_lower"))
    need = Estimate(*(numbers(figures[name]) for name in ("prevalence", "prevalence_lower", "prevalence_upper")))
    part = Estimate(*(edge / 100 for edge in (100 - numbers(figures["target"]), low, high)))
    return combined(need, part, lambda one, other: one * other - treated[:, np.newaxis])


def combined(
    one: Estimate, other: Estimate, how: Callable[[Array, Array], Array], level: float = LEVEL_95, seed: int = SEED
) -> Estimate:
    """Return what two uncertain quantities make together: the median of 10,000 draws and its limits.

    Both are drawn from lognormal distributions whose 95 % limits are theirs (sigma is the logarithm of upper
    over lower, by 2 x 1.96); `how` takes two arrays of rows by draws. NaN where a limit is missing or not
    above nought. Source: the simulation of the methods guide, with a fixed seed.
    """
    random = np.random.default_rng(seed)
    shape = (np.size(one.value), DRAWS)
    first, second = (_lognormal(quantity, random.standard_normal(shape)) for quantity in (one, other))
    made = how(first, second)
    tail = (1 - level) / 2
    known = ~np.isnan(made).any(axis=1)
    cuts = np.full((3, shape[0]), np.nan)
    if known.any():
        cuts[:, known] = np.quantile(made[known], [0.5, tail, 1 - tail], axis=1)
    return Estimate(cuts[0], cuts[1], cuts[2])


def _lognormal(quantity: Estimate, noise: Array) -> Array:
    value, lower, upper = (np.atleast_1d(numbers(part)) for part in quantity)
    usable = (value > 0) & (lower > 0) & (upper >= lower)
    sigma = np.log(np.where(usable, upper, 1.0) / np.where(usable, lower, 1.0)) / (2 * normal_quantile(LEVEL_95))
    centre = np.where(usable, value, np.nan)
    return np.asarray(centre[:, np.newaxis] * np.exp(sigma[:, np.newaxis] * noise))
