"""Intervals: each against a slow, obvious second implementation, and the properties they must keep."""

import math
import statistics

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from drug_outcomes.statistics import intervals, standardisation
from drug_outcomes.statistics.arrays import improvement_direction, precision, printed, printed_decimals
from drug_outcomes.statistics.intervals import LEVEL_95, LEVEL_998, IntervalMethod, add_intervals

LEVELS = st.sampled_from([LEVEL_95, LEVEL_998])
FEW = settings(max_examples=60)


@st.composite
def proportions(draw: st.DrawFn) -> tuple[int, int]:
    people = draw(st.integers(1, 20_000))
    return draw(st.integers(0, people)), people


def halved(inside: object, low: float, high: float) -> float:
    """Find the edge between `inside(low)` false and `inside(high)` true."""
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (low, middle) if inside(middle) else (middle, high)
    return high


def slow_wilson(events: int, people: int, level: float) -> tuple[float, float]:
    """The proportions whose own standard error makes the observed one just possible, found by halving."""
    z, observed = statistics.NormalDist().inv_cdf(0.5 + level / 2), events / people

    def possible(p: float) -> bool:
        return abs(observed - p) <= z * math.sqrt(p * (1 - p) / people)

    lower = halved(possible, 0.0, observed) if events else 0.0
    upper = 1 - halved(lambda q: possible(1 - q), 0.0, 1 - observed) if events < people else 1.0
    return lower, upper


def slow_poisson(events: int, level: float) -> tuple[float, float]:
    """The means under which the observed events would be just too many, or just too few."""
    tail = (1 - level) / 2

    def at_most(mean: float, most: int) -> float:
        return math.fsum(math.exp(-mean + k * math.log(mean) - math.lgamma(k + 1)) for k in range(most + 1))

    lower = halved(lambda mean: 1 - at_most(mean, events - 1) > tail, 1e-12, events + 1.0) if events else 0.0
    upper = halved(lambda mean: at_most(mean, events) < tail, events + 1e-12, 10.0 * events + 50)
    return lower, upper


@FEW
@given(proportions(), LEVELS)
def test_wilson_limits_solve_the_score_equation(case: tuple[int, int], level: float) -> None:
    assert intervals.wilson(*case, level) == pytest.approx(slow_wilson(*case, level), abs=1e-9)


@given(st.integers(0, 9), LEVELS)
@FEW
def test_below_ten_events_the_limits_are_the_exact_ones(events: int, level: float) -> None:
    assert intervals.poisson_limits(events, level) == pytest.approx(slow_poisson(events, level), abs=1e-7)


@pytest.mark.parametrize("events", [10, 11, 100, 5000])
def test_from_ten_events_byar_comes_close_to_the_exact_limits(events: int) -> None:
    exact = (stats.chi2.ppf(0.025, 2 * events) / 2, stats.chi2.isf(0.025, 2 * events + 2) / 2)

    assert intervals.poisson_limits(events) == pytest.approx(exact, rel=2e-3)


@FEW
@given(proportions(), LEVELS)
def test_wilson_limits_hold_the_proportion_and_mirror_its_complement(case: tuple[int, int], level: float) -> None:
    events, people = case
    lower, upper = intervals.wilson(events, people, level)
    other = intervals.wilson(people - events, people, level)

    assert 0 <= lower <= events / people <= upper <= 1
    assert (1 - other.upper, 1 - other.lower) == pytest.approx((lower, upper), abs=1e-12)


@FEW
@given(st.integers(0, 100_000), LEVELS)
def test_poisson_limits_hold_the_count_and_rise_with_it(events: int, level: float) -> None:
    lower, upper = intervals.poisson_limits([events, events + 1], level)

    assert lower[0] <= events <= upper[0]
    # At the change from exact limits to Byar's the lower one may stand still, never fall.
    assert lower[0] <= lower[1]
    assert upper[0] < upper[1]


@FEW
@given(proportions())
def test_the_wider_level_holds_the_narrower_one(case: tuple[int, int]) -> None:
    narrow, wide = intervals.wilson(*case), intervals.wilson(*case, LEVEL_998)
    few, many = intervals.poisson_limits(case[0]), intervals.poisson_limits(case[0], LEVEL_998)

    assert wide.lower <= narrow.lower <= narrow.upper <= wide.upper
    assert many.lower <= few.lower <= few.upper <= many.upper


@FEW
@given(proportions(), st.integers(2, 50))
def test_more_people_at_the_same_proportion_narrow_the_interval(case: tuple[int, int], times: int) -> None:
    few, many = intervals.wilson(*case), intervals.wilson(case[0] * times, case[1] * times)

    assert many.upper - many.lower < few.upper - few.lower


def test_zero_events_have_a_lower_limit_of_zero() -> None:
    assert intervals.poisson_limits(0) == pytest.approx((0, 3.688879), abs=1e-6)
    assert intervals.wilson(0, 10).lower == 0
    assert intervals.wilson(10, 10).upper == 1


@pytest.mark.parametrize(
    ("numerator", "denominator"), [(1, 0), (0, 0), (1, -5), (-1, 5), (6, 5), (math.nan, 5), (1, math.nan)]
)
def test_an_impossible_proportion_has_no_limits_and_raises_nothing(numerator: float, denominator: float) -> None:
    assert np.isnan(intervals.wilson(numerator, denominator)).all()


@pytest.mark.parametrize(("events", "people"), [(1, 0), (-1, 10), (math.nan, 10), (5, math.nan)])
def test_an_impossible_rate_has_no_limits_and_raises_nothing(events: float, people: float) -> None:
    assert np.isnan(intervals.crude_rate(events, people)).all()


def test_byars_lower_limit_below_nought_is_no_limit() -> None:
    assert np.isnan(intervals.byar(0.2, LEVEL_998).lower)


def slow_standardised(events: list[int], people: list[int], per: float) -> tuple[float, float, float]:
    weight = float(sum(standardisation.ESP2013))
    rate = sum(w * x / n for w, x, n in zip(standardisation.ESP2013, events, people, strict=True)) / weight
    variance = (
        sum(w * w * x / n**2 for w, x, n in zip(standardisation.ESP2013, events, people, strict=True)) / weight**2
    )
    total = sum(events)
    z = statistics.NormalDist().inv_cdf(0.975)
    low = total * (1 - 1 / (9 * total) - z / (3 * total**0.5)) ** 3
    high = (total + 1) * (1 - 1 / (9 * (total + 1)) + z / (3 * (total + 1) ** 0.5)) ** 3
    step = math.sqrt(variance / total)
    return rate * per, (rate + step * (low - total)) * per, (rate + step * (high - total)) * per


bands = st.lists(st.tuples(st.integers(0, 60), st.integers(100, 9000)), min_size=19, max_size=19)


@FEW
@given(bands)
def test_a_standardised_rate_agrees_with_adding_up_band_by_band(case: list[tuple[int, int]]) -> None:
    events, people = (list(column) for column in zip(*case, strict=True))
    found = standardisation.directly_standardised(events, people)

    if sum(events) < 10:
        assert np.isnan(found[1:]).all()
    else:
        assert found[1:] == pytest.approx(slow_standardised(events, people, 100_000), rel=1e-9)


def test_the_standard_population_has_nineteen_bands_and_a_hundred_thousand_people() -> None:
    assert standardisation.ESP2013.sum() == 100_000
    assert list(standardisation.ESP2013[[0, 1, 3, 4, 7, 10, 18]]) == [5000, 5500, 5500, 6000, 7000, 7000, 1000]


def test_the_same_rate_in_every_band_is_the_standardised_rate() -> None:
    people = np.arange(1, 20) * 1000

    assert standardisation.directly_standardised(people * 0.01, people, per=100).value == pytest.approx(1.0)


def test_a_band_without_its_events_leaves_the_standardised_rate_unknown() -> None:
    events = [20.0] * 18 + [math.nan]

    assert np.isnan(standardisation.directly_standardised(events, [1000.0] * 19).value)


def test_many_areas_are_standardised_at_once_like_one_by_one() -> None:
    random = np.random.default_rng(3)
    events, people = random.integers(0, 9, (5, 19)), random.integers(100, 9000, (5, 19))
    together = standardisation.directly_standardised(events, people)
    one = [standardisation.directly_standardised(*area).upper for area in zip(events, people, strict=True)]

    assert together.upper == pytest.approx(one)


def test_events_of_the_same_people_widen_the_limits_and_leave_the_rate() -> None:
    once, twice = np.full(19, 6.0), np.full(19, 2.0)
    people = np.full(19, 1000.0)
    apart = standardisation.directly_standardised(once + 2 * twice, people)
    together = standardisation.directly_standardised(np.stack([once, twice]), people, repeats=[1, 2])

    assert together.value == pytest.approx(apart.value)
    # Variance per band: 1 x 6 + 4 x 2 = 14 where independent events have 10.
    assert together.upper - together.value == pytest.approx((apart.upper - apart.value) * math.sqrt(1.4))


@FEW
@given(bands, bands)
def test_an_indirect_ratio_agrees_with_adding_up_band_by_band(
    case: list[tuple[int, int]], reference: list[tuple[int, int]]
) -> None:
    events, people = (list(column) for column in zip(*case, strict=True))
    others, other_people = (list(column) for column in zip(*reference, strict=True))
    expected = sum(n * x / m for n, x, m in zip(people, others, other_people, strict=True))
    found = standardisation.indirectly_standardised(events, people, others, other_people)

    if expected:
        low, high = intervals.poisson_limits(sum(events))
        parts = [sum(events) / expected, low / expected, high / expected]
        assert [found.value, found.lower, found.upper] == pytest.approx(parts)
    else:
        assert np.isnan(found.value)


@FEW
@given(st.lists(st.floats(-1e6, 1e6).map(lambda x: round(x, 3)), min_size=2, max_size=40))
def test_a_mean_agrees_with_the_standard_library(values: list[float]) -> None:
    mean, deviation = statistics.fmean(values), statistics.stdev(values)
    margin = stats.t.ppf(0.975, len(values) - 1) * deviation / math.sqrt(len(values))

    assert intervals.mean_limits(values) == pytest.approx((mean, deviation, mean - margin, mean + margin), abs=1e-6)


def test_one_value_has_a_mean_and_no_limits() -> None:
    found = intervals.mean_limits([5.0, math.nan])

    assert found.value == 5
    assert np.isnan(found[1:]).all()


@FEW
@given(st.lists(st.integers(0, 30), min_size=1, max_size=60), st.sampled_from([4, 5, 10]))
def test_quantiles_follow_the_rank_and_share_ties(values: list[int], number: int) -> None:
    found = intervals.quantiles(values, number)

    if len(values) < number:
        assert np.isnan(found).all()
    else:
        order = np.argsort(values, kind="stable")
        assert (np.diff(found[order]) >= 0).all()
        assert found.min() == 1
        assert found.max() <= number
        assert all(found[i] == found[j] for i, a in enumerate(values) for j, b in enumerate(values) if a == b)


@pytest.mark.parametrize(("value", "decimals"), [(7.1, 1), (7.0, 0), (830, 0), (0.285, 3), (1 / 3, 6), (-2.5, 1)])
def test_decimals_are_those_it_takes_to_write_a_value(value: float, decimals: int) -> None:
    assert printed_decimals(value) == decimals


@pytest.mark.parametrize(
    ("value", "decimals", "shown"), [(0.285, 2, 0.29), (2.5, 0, 3), (-2.5, 0, -3), (7.149, 1, 7.1), (7.15, 1, 7.2)]
)
def test_values_are_printed_rounded_half_up(value: float, decimals: int, shown: float) -> None:
    assert printed(value, decimals) == pytest.approx(shown)


def test_a_value_is_known_to_the_measures_decimals_at_least() -> None:
    assert list(precision([85.0, 7.123], [1, 1])) == [1, 3]


def test_polarity_counts_only_where_it_is_agreed() -> None:
    words = pd.Series(["high_is_good", "low_is_good", "high_is_good", "activity"])

    assert list(improvement_direction(words, [True, True, False, True])) == [1, -1, 0, 0]


def figures(**columns: object) -> pd.DataFrame:
    """One or more figures; what is not stated is missing."""
    usual = dict.fromkeys(("value", "lower", "upper", "numerator", "denominator"), math.nan)
    frame = pd.DataFrame({**usual, "kind": "proportion", "per": 100.0, **columns}, index=columns.pop("index", None))
    return frame.astype({"kind": "str"})


def method(**columns: object) -> str:
    return str(add_intervals(figures(value=[columns.pop("value", 5.0)], **columns))["interval_method"].iloc[0])


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({"lower": 4.0, "upper": 6.0, "numerator": 5.0, "denominator": 100.0}, IntervalMethod.PUBLISHED),
        ({"numerator": 5.0, "denominator": 100.0}, IntervalMethod.WILSON),
        ({"numerator": 5.0, "kind": "count", "per": math.nan}, IntervalMethod.FULL_COUNT),
        ({"value": math.nan, "numerator": 5.0, "kind": "count"}, IntervalMethod.NO_VALUE),
        ({"lower": 4.0, "upper": 6.0, "kind": "count"}, IntervalMethod.PUBLISHED),
        ({"numerator": 5.0, "denominator": 1e3, "per": 1000, "kind": "crude_rate"}, IntervalMethod.EXACT),
        ({"numerator": 50.0, "denominator": 1e4, "per": 1000, "kind": "crude_rate"}, IntervalMethod.BYAR),
        ({"value": math.nan, "numerator": 5.0, "denominator": 100.0}, IntervalMethod.NO_VALUE),
        ({"value": math.nan, "numerator": 0.0, "denominator": 0.0}, IntervalMethod.NO_PEOPLE),
        ({"denominator": 100.0}, IntervalMethod.NO_NUMERATOR),
        ({"numerator": 5.0}, IntervalMethod.NO_DENOMINATOR),
        ({"numerator": 5.0, "denominator": 100.0, "per": math.nan}, IntervalMethod.NO_DENOMINATOR),
        ({"numerator": 101.0, "denominator": 100.0}, IntervalMethod.IMPOSSIBLE),
        ({"numerator": -1.0, "denominator": 100.0}, IntervalMethod.IMPOSSIBLE),
        ({"numerator": 50.0, "denominator": 100.0}, IntervalMethod.DISAGREES),
        ({"kind": "standardised_rate"}, IntervalMethod.NOT_COUNTED),
        ({"kind": "mean"}, IntervalMethod.NOT_COUNTED),
        ({"numerator": 5.0, "denominator": 100.0, "modelled": True}, IntervalMethod.MODELLED),
        ({"lower": 4.0, "upper": 6.0, "modelled": True}, IntervalMethod.PUBLISHED),
    ],
)
def test_every_figure_says_where_its_interval_comes_from_or_why_it_has_none(
    columns: dict[str, object], expected: IntervalMethod
) -> None:
    assert method(**columns) == expected


def test_figures_of_all_kinds_get_the_limits_of_their_own_method() -> None:
    mixed = figures(
        kind=["proportion", "count", "crude_rate", "mean", "proportion"],
        value=[7.1084, 4.0, 5.6, 14.0, 60.0],
        numerator=[59.0, 4.0, 56.0, math.nan, math.nan],
        denominator=[830.0, math.nan, 10_000.0, math.nan, math.nan],
        per=[100.0, math.nan, 1000.0, math.nan, 100.0],
        lower=[math.nan] * 4 + [55.0],
        upper=[math.nan] * 4 + [65.0],
        index=list("vwxyz"),
    )
    found = add_intervals(mixed)

    slow = [*slow_wilson(59, 830, LEVEL_95)], intervals.poisson_limits(56)
    wanted = [100 * slow[0][0], math.nan, slow[1].lower / 10, math.nan, 55]
    assert list(found.index) == list("vwxyz")
    np.testing.assert_allclose(found["interval_lower"], wanted)
    assert found["interval_upper_998"].notna().tolist() == [True, False, True, False, False]


def test_intervals_leave_the_frame_they_are_given_as_it_was() -> None:
    mixed = figures(value=[5.0], numerator=[5.0], denominator=[100.0])
    before = mixed.copy()
    add_intervals(mixed)

    pd.testing.assert_frame_equal(mixed, before)


def test_no_figures_have_no_intervals() -> None:
    assert len(add_intervals(figures(value=[5.0]).iloc[:0])) == 0


def test_counts_rounded_to_five_may_stand_beside_the_published_percentage() -> None:
    assert method(value=35.0, numerator=80.0, denominator=235.0) == IntervalMethod.WILSON


def test_a_published_interval_has_our_wider_level_only_where_the_two_agree() -> None:
    both = figures(value=[5.0, 5.0], numerator=5.0, denominator=100.0, lower=[2.2, 0.1], upper=[11.2, 60.0])

    assert add_intervals(both)["interval_lower_998"].notna().tolist() == [True, False]
