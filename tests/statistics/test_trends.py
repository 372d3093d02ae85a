"""Direction of travel, whether two periods differ, trends, targets: each with what it must not claim."""

import dataclasses
import math
from itertools import pairwise, permutations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats

from drug_outcomes.definitions import areas, framework, observations
from drug_outcomes.definitions.periods import Basis
from drug_outcomes.reporting import wording
from drug_outcomes.statistics import changes, intervals, recent_trends, series_analysis, targets, trends
from drug_outcomes.statistics.anomalies import add_unusual
from drug_outcomes.statistics.changes import Step
from drug_outcomes.statistics.recent_trends import Marker
from drug_outcomes.statistics.series_charts import add_signals
from drug_outcomes.statistics.trends import TrendMethod
from material import PROJECT

FEW = settings(max_examples=60)
YEARS = [(f"{year}-04", f"{year + 1}-03", f"{year}/{(year + 1) % 100:02}") for year in range(2010, 2025)]
QUARTERS = [
    (f"{year}-{m:02}", f"{year}-{m + 2:02}", f"{year} Q{m // 3 + 1}")
    for year in range(2015, 2024)
    for m in (1, 4, 7, 10)
]


def series(rows: list[dict[str, Any]], **columns: Any) -> pd.DataFrame:
    """Observations of one measure with what the statistics add; `columns` hold for every row."""
    usual = {"measure": "m", "area": "a", "period_basis": Basis.FIN_YEAR, "kind": "proportion", "per": 100.0}
    described = {"decimals": 1, "polarity": "high_is_good", "polarity_agreed": True, "modelled": False}
    stated = pd.DataFrame([{**usual, **described, **columns, **row} for row in rows])
    own = stated[[name for name in stated if name in observations.COLUMNS]]
    rest = stated.drop(columns=list(own))
    return intervals.add_intervals(pd.concat([observations.conform(own), rest], axis=1).astype({"kind": "str"}))


def yearly(values: list[float], periods: list[tuple[str, str, str]] = YEARS, **columns: Any) -> pd.DataFrame:
    """A series of values, one for each period from the first on."""
    rows = [
        {"value": value, "period_start": start, "period_end": end, "period_label": label}
        for value, (start, end, label) in zip(values, periods, strict=False)
    ]
    return series(rows, **columns)


def last(frame: pd.DataFrame) -> pd.Series:
    return frame.sort_values("period_end").iloc[-1]


# Direction.


@pytest.mark.parametrize(
    ("values", "direction"),
    [([7.1, 7.5], "up"), ([7.5, 7.1], "down"), ([7.1, 7.1], "same"), ([7.1, 7.2], "same"), ([7.1, 7.3], "up")],
)
def test_the_arrow_follows_the_printed_values_and_not_their_rounding(values: list[float], direction: str) -> None:
    row = last(trends.add_direction(yearly(values)))

    assert (row["direction"], row["direction_basis"]) == (direction, "computed")


def test_a_count_that_rises_by_one_has_risen() -> None:
    assert last(trends.add_direction(yearly([12, 13], kind="count", decimals=0)))["direction"] == "up"


def test_the_size_of_the_change_stands_beside_the_arrow() -> None:
    row = last(trends.add_direction(yearly([7.1, 7.5])))

    assert (row["previous_value"], row["previous_period_label"], row["change"]) == (7.1, "2010/11", 0.4)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ((3.84, 3.96), "Up by 0.2 from 3.8"),
        ((0.84, 0.86), "Too close to tell apart from 0.8"),
        ((0.81, 0.84), "No change from 0.8"),
        ((47.96, 47.04), "Down by 1.0 from 48.0"),
    ],
)
def test_a_difference_is_that_of_the_two_printed_figures(values: tuple[float, float], said: str) -> None:
    row = wording.Row(last(trends.add_direction(yearly(list(values), kind="crude_rate"))))

    assert f"{wording.direction(row)} {wording.change(row)}".startswith(said)


@FEW
@given(st.floats(0, 99), st.floats(0, 99))
def test_no_step_is_told_that_prints_as_nought(before: float, now: float) -> None:
    row = wording.Row(last(trends.add_direction(yearly([before, now]))))

    assert "by 0.0" not in wording.change(row)
    assert (row["direction"] == "same") >= (wording.step(row, before) == "")


def test_the_first_point_of_a_series_has_no_direction() -> None:
    row = trends.add_direction(yearly([7.1])).iloc[0]

    assert (row["direction"], row["direction_basis"], row["previous_period_label"]) == ("unknown", "none", "")


def test_a_missing_year_between_leaves_the_direction_unknown() -> None:
    frame = yearly([7.1, 7.5, 8.0]).drop(index=1)

    assert last(trends.add_direction(frame))["direction"] == "unknown"


def test_where_no_earlier_point_is_held_the_published_arrow_is_marked_as_such() -> None:
    row = trends.add_direction(yearly([7.1], published_direction="down")).iloc[0]

    assert (row["direction"], row["direction_basis"]) == ("down", "as_published")


def test_a_computed_direction_wins_over_the_published_one() -> None:
    row = last(trends.add_direction(yearly([7.1, 7.5], published_direction="down")))

    assert (row["direction"], row["direction_basis"]) == ("up", "computed")


@pytest.mark.parametrize(
    ("earlier", "later", "direction"),
    [
        ({"bound_low": 1, "bound_high": 4}, {"value": 12}, "up"),
        ({"value": 12}, {"bound_low": 1, "bound_high": 4}, "down"),
        ({"bound_low": 1, "bound_high": 4}, {"bound_low": 1, "bound_high": 4}, "unknown"),
        ({"value": 3}, {"bound_low": 1, "bound_high": 4}, "unknown"),
        ({"value": math.nan}, {"value": 12}, "unknown"),
    ],
)
def test_beside_a_suppressed_count_a_direction_is_known_only_where_it_must_be(
    earlier: dict[str, float], later: dict[str, float], direction: str
) -> None:
    rows = [
        {**row, "period_start": start, "period_end": end}
        for row, (start, end, _) in zip((earlier, later), YEARS, strict=False)
    ]

    assert last(trends.add_direction(series(rows, kind="count", decimals=0)))["direction"] == direction


def test_a_break_starts_a_new_series() -> None:
    frame = yearly([7.1, 7.5]).assign(segment=["earlier estimates", ""])

    assert set(trends.add_direction(frame)["direction"]) == {"unknown"}


def test_a_part_year_is_never_set_beside_a_full_year() -> None:
    periods = [("2019-04", "2020-03", "2019/20"), ("2020-04", "2020-12", "Apr-Dec 20")]
    frame = yearly([7.1, 7.5], periods).assign(period_basis=["fin_year", "part_year"])

    assert set(trends.add_direction(frame)["direction"]) == {"unknown"}


def test_rolling_windows_compare_with_the_one_published_before_and_say_that_they_overlap() -> None:
    periods = [("2022-04", "2023-03", "a"), ("2022-07", "2023-06", "b"), ("2022-10", "2023-09", "c")]
    row = last(trends.add_direction(yearly([7.1, 7.5, 8.0], periods, period_basis=Basis.ROLLING12)))

    assert (row["direction"], row["direction_basis"]) == ("up", "computed_overlapping")
    assert row["previous_period_label"] == "b"


@FEW
@given(st.lists(st.integers(0, 60), min_size=2, max_size=15), st.randoms())
def test_directions_agree_with_a_walk_along_the_series_in_any_order_of_rows(values: list[int], random: Any) -> None:
    order = list(range(len(values)))
    random.shuffle(order)
    frame = yearly([float(value) for value in values], kind="count", decimals=0).iloc[order]
    found = trends.add_direction(frame)

    steps = [0, *np.sign(np.diff(values))]
    words = {1: "up", -1: "down", 0: "same"}
    slow = ["unknown" if place == 0 else words[steps[place]] for place in order]
    assert found["direction"].tolist() == slow
    assert found.index.tolist() == frame.index.tolist()


def test_series_of_different_areas_and_breakdowns_never_touch() -> None:
    first, second = yearly([7.1, 7.5]), yearly([9.0, 3.0])
    frame = pd.concat([first, second.assign(area="b"), second.assign(breakdown="sex=Female")], ignore_index=True)

    assert trends.add_direction(frame)["direction"].tolist() == ["unknown", "up", "unknown", "down", "unknown", "down"]


# Two periods.


def slow_binomial(successes: int, trials: int, share: float) -> float:
    """Add every outcome no likelier than the observed one."""
    law = [math.comb(trials, k) * share**k * (1 - share) ** (trials - k) for k in range(trials + 1)]
    return min(1.0, sum(each for each in law if each <= law[successes] * (1 + 1e-7)))


@FEW
@given(st.integers(0, 60), st.integers(0, 60), st.floats(0.2, 5))
def test_the_exact_test_of_two_rates_adds_up_what_is_no_likelier(new: int, old: int, exposure: float) -> None:
    found = changes.rate_change(new, exposure, old, 1.0)

    assert found.p[0] == pytest.approx(slow_binomial(new, new + old, exposure / (1 + exposure)), rel=1e-6)


@FEW
@given(st.integers(0, 3000), st.integers(0, 3000))
def test_the_test_of_two_counts_does_not_mind_which_came_first(new: int, old: int) -> None:
    forth, back = changes.rate_change(new, 1, old, 1), changes.rate_change(old, 1, new, 1)

    assert forth.p[0] == pytest.approx(back.p[0])
    assume(new and old)
    assert (forth.lower[0] * back.upper[0], forth.ratio[0] * back.ratio[0]) == pytest.approx((1, 1))
    assert forth.lower[0] <= forth.ratio[0] <= forth.upper[0]


@FEW
@given(st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), st.integers(1, 400))
def test_newcombes_interval_holds_the_difference_and_turns_round_with_it(case: tuple[int, int], people: int) -> None:
    events, first = case
    other = min(events, people)
    forth = changes.proportion_change(events, first, other, people, always_fisher=True)
    back = changes.proportion_change(other, people, events, first)

    assert forth.lower[0] <= forth.difference[0] <= forth.upper[0]
    assert (-back.upper[0], -back.lower[0]) == pytest.approx((forth.lower[0], forth.upper[0]))
    table = [[events, first - events], [other, people - other]]
    assert forth.fisher[0] == pytest.approx(stats.fisher_exact(table).pvalue)


@pytest.mark.parametrize("case", [(1, 0, 2, 10), (5, 4, 1, 10), (math.nan, 10, 1, 10), (-1, 10, 1, 10)])
def test_impossible_figures_are_not_tested(case: tuple[float, ...]) -> None:
    assert np.isnan(changes.proportion_change(*case).p).all()
    assert np.isnan(changes.rate_change(case[0], case[1] - 4, case[2], case[3]).p).all()


def test_nothing_in_either_period_is_no_difference() -> None:
    assert changes.rate_change(0, 1, 0, 1).p == 1


@pytest.mark.parametrize(("counts", "word"), [((336, 360), "no_significant_change"), ((200, 360), "increasing")])
def test_counts_of_two_years_are_tested(counts: tuple[int, int], word: str) -> None:
    frame = yearly([float(each) for each in counts], kind="count").assign(numerator=[float(each) for each in counts])
    row = last(changes.add_two_period(intervals.add_intervals(frame)))

    assert row["two_period"] == word
    assert row["two_period_note"] == Step.COUNTS


def test_amounts_that_are_not_counts_of_events_are_not_tested() -> None:
    row = last(changes.add_two_period(yearly([20_000.0, 30_000.0], kind="count")))

    assert row["two_period"] == "cannot_be_calculated"
    assert row["two_period_note"] == Step.LACKING


def test_a_quarter_is_tested_against_the_same_quarter_a_year_earlier() -> None:
    frame = yearly([50.0, 10.0, 10.0, 10.0, 12.0], QUARTERS, kind="count", period_basis=Basis.QUARTER_CAL)
    row = last(changes.add_two_period(frame.assign(numerator=frame["value"])))

    assert (row["comparable_period_label"], row["comparable_value"], row["two_period"]) == ("2015 Q1", 50, "decreasing")


def test_overlapping_windows_are_never_tested_against_each_other() -> None:
    periods = [("2022-04", "2023-03", "a"), ("2022-07", "2023-06", "b"), ("2023-07", "2024-06", "c")]
    frame = yearly([7.1, 30.0, 60.0], periods, period_basis=Basis.ROLLING12).assign(
        numerator=[71, 300, 600], denominator=1000
    )
    found = changes.add_two_period(intervals.add_intervals(frame)).set_index("period_label")

    assert found.loc["b", "two_period"] == "cannot_be_calculated"
    assert found.loc["c", ["comparable_period_label", "two_period"]].tolist() == ["b", "increasing"]


def test_small_proportions_are_tested_exactly() -> None:
    frame = yearly([0.0, 15.0]).assign(numerator=[0, 3], denominator=20)
    row = last(changes.add_two_period(intervals.add_intervals(frame)))

    assert (row["two_period"], row["two_period_note"]) == ("no_significant_change", Step.FISHER)


def test_figures_with_published_limits_alone_are_tested_by_their_overlap() -> None:
    frame = intervals.add_intervals(yearly([5.0, 9.0]).assign(lower=[4.0, 8.0], upper=[6.0, 10.0]))
    row = last(changes.add_two_period(frame))

    assert (row["two_period"], row["two_period_note"]) == ("increasing", Step.OVERLAP)


def needed(unmet: list[float], estimates: list[float], **columns: Any) -> pd.DataFrame:
    """Shares of estimates that are not reached, with published limits that are far apart."""
    shares = [100 * part / whole for part, whole in zip(unmet, estimates, strict=True)]
    frame = yearly(shares, modelled=True, **columns)
    counts = {"numerator": unmet, "denominator": estimates}
    return intervals.add_intervals(frame.assign(**counts, lower=frame["value"] - 9, upper=frame["value"] + 9))


@pytest.mark.parametrize(
    ("unmet", "estimates", "found", "note"),
    [
        ([2000, 2040], [6000, 6000], "no_significant_change", Step.REACHED),
        ([2000, 2600], [6000, 6000], "increasing", Step.REACHED),  # 4,000 to 3,400 people reached
        ([4000, 4600], [6000, 6000], "increasing", Step.REACHED),
        ([5900, 5905], [6000, 6000], "no_significant_change", Step.REACHED),  # 100 to 95, not 5 of 6,000
        ([2000, 2600], [6000, 7000], "cannot_be_calculated", Step.EDITION),
    ],
)
@pytest.mark.parametrize("limits", [True, False])
def test_a_share_of_an_estimate_moves_with_the_number_reached_of_one_edition(
    unmet: list[float], estimates: list[float], found: str, note: str, limits: bool
) -> None:
    frame = needed(unmet, estimates)
    row = last(changes.add_two_period(frame if limits else frame.assign(lower=math.nan, upper=math.nan)))

    assert (row["two_period"], row["two_period_note"]) == (found, note)


def test_limits_of_an_estimate_say_nothing_of_a_trend_or_of_a_newest_share() -> None:
    frame = needed([3000.0 + 200 * year for year in range(5)], [6000.0] * 5)
    row = last(add_unusual(trends.add_trends(frame)))

    assert (row["trend"], row["unusual"]) == ("cannot_be_calculated", "")


@pytest.mark.parametrize(
    ("carried_over", "note"), [("no", Step.COUNTS), ("people", Step.PEOPLE), ("stock", Step.STOCK), ("", Step.COUNTS)]
)
@pytest.mark.parametrize("kind", ["count", "crude_rate"])
def test_people_who_stay_and_stocks_are_not_tested_between_two_years(carried_over: str, note: str, kind: str) -> None:
    frame = yearly([360.0, 200.0], kind=kind, carried_over=carried_over)
    row = last(changes.add_two_period(frame.assign(numerator=[360, 200], denominator=1000)))

    assert row["two_period_note"] == note
    assert row["two_period"] == ("decreasing" if note == Step.COUNTS else "cannot_be_calculated")


@pytest.mark.parametrize(("points", "factor"), [(11, 2.0), (12, 1.0)])
def test_a_series_of_twelve_points_shows_its_own_dispersion(points: int, factor: float) -> None:
    found = changes.dispersion([100.0, 101.0] * (points // 2) + [100.0] * (points % 2))

    assert found.factor == factor
    assert math.isinf(found.freedom) == (points < 12)


@FEW
@given(st.lists(st.integers(5, 300), min_size=12, max_size=40), st.integers(0, 5000))
def test_the_newest_step_never_widens_the_law_it_is_tested_by(counts: list[int], newest: int) -> None:
    rate = (sum(counts) + newest) / (len(counts) + 1)
    steps = [(later - earlier) ** 2 / (2 * rate) for earlier, later in pairwise(counts)]

    assert changes.dispersion([*counts, newest]).factor == pytest.approx(max(1.0, sum(steps) / len(steps)))


# Trends.


@FEW
@given(st.lists(st.tuples(st.integers(1, 199), st.just(200)), min_size=5, max_size=5))
def test_the_trend_of_proportions_is_chi_squared_for_trend(case: list[tuple[int, int]]) -> None:
    counts, people = (np.array(column, dtype=float) for column in zip(*case, strict=True))
    assume(len(set(counts)) > 1)
    found = recent_trends.recent_trend("proportion", range(5), counts=counts, denominators=people)

    # Score test of a straight line through people who each count 0 or 1: N times their squared correlation.
    when = np.concatenate([np.full(200, t) for t in range(5)])
    what = np.concatenate([np.repeat([1.0, 0.0], [int(c), 200 - int(c)]) for c in counts])
    assert found.statistic == pytest.approx(len(when) * np.corrcoef(when, what)[0, 1] ** 2, abs=1e-8)


@FEW
@given(st.lists(st.tuples(st.integers(-50, 50), st.integers(1, 20)), min_size=5, max_size=5))
def test_the_trend_of_other_figures_is_a_weighted_straight_line(case: list[tuple[int, int]]) -> None:
    values, halves = (np.array(column, dtype=float) for column in zip(*case, strict=True))
    found = recent_trends.recent_trend(
        "crude_rate", range(5), values=values, lowers=values - halves, uppers=values + halves
    )

    weights = 1.959964 / halves
    design = np.stack([weights, weights * np.arange(1, 6)], axis=1)
    line, *_ = np.linalg.lstsq(design, weights * values, rcond=None)
    error = np.linalg.inv(design.T @ design)[1, 1]
    assert (found.slope, found.statistic) == pytest.approx((line[1], line[1] ** 2 / error), rel=1e-5, abs=1e-6)


@FEW
@given(st.lists(st.integers(1, 199), min_size=5, max_size=5))
def test_a_trend_turned_round_in_time_or_in_kind_turns_its_sign(counts: list[int]) -> None:
    opposite = {Marker.INCREASING: Marker.DECREASING, Marker.DECREASING: Marker.INCREASING}

    def marker(part: list[int]) -> Marker:
        return recent_trends.recent_trend("proportion", range(5), counts=part, denominators=[200] * 5).marker

    expected = opposite.get(marker(counts), marker(counts))
    assert marker(counts[::-1]) == expected
    assert marker([200 - each for each in counts]) == expected


def test_only_the_five_newest_points_make_the_recent_trend() -> None:
    times, counts = [2024, 2020, 2022, 2021, 2023, 2010], [60, 20, 40, 30, 50, 199]
    found = recent_trends.recent_trend("proportion", times, counts=counts, denominators=[200] * 6)

    assert found.marker == Marker.INCREASING


def test_a_trend_that_hangs_on_one_point_is_no_trend() -> None:
    values = np.array([10.0, 10.2, 9.9, 10.0, 14.0])
    found = recent_trends.recent_trend("crude_rate", range(5), values=values, lowers=values - 0.5, uppers=values + 0.5)

    assert found.statistic > recent_trends.THRESHOLD
    assert (found.marker, found.reason) == (Marker.NO_CHANGE, "the trend hangs on a single point")


@pytest.mark.parametrize(
    ("counts", "reason"),
    [
        ([0, 5, 6, 7, 8], "log odds"),
        ([200, 5, 6, 7, 8], "log odds"),
        ([math.nan, 5, 6, 7, 8], "missing"),
        ([5, 6, 7, 8], "5 are needed"),
    ],
)
def test_a_recent_trend_that_cannot_be_calculated_says_why(counts: list[float], reason: str) -> None:
    found = recent_trends.recent_trend(
        "proportion", range(len(counts)), counts=counts, denominators=[200] * len(counts)
    )

    assert found.marker == Marker.CANNOT
    assert reason in found.reason


@FEW
@given(st.lists(st.integers(0, 50), min_size=4, max_size=6, unique=True))
def test_kendalls_p_counts_all_orders_of_the_values(values: list[int]) -> None:
    def score(order: Any) -> int:
        return sum(int(np.sign(b - a)) for i, a in enumerate(order) for b in order[i + 1 :])

    observed = abs(score(values))
    orders = [abs(score(order)) for order in permutations(values)]
    assert recent_trends.kendall(values).p == pytest.approx(sum(each >= observed for each in orders) / len(orders))


@FEW
@given(st.lists(st.floats(-100, 100).map(lambda x: round(x, 2)), min_size=3, max_size=15))
def test_the_slope_is_the_median_of_all_slopes_and_turns_with_the_series(values: list[float]) -> None:
    slopes = [(b - a) / (j - i) for i, a in enumerate(values) for j, b in enumerate(values) if j > i]
    forth, back = recent_trends.kendall(values), recent_trends.kendall(values[::-1])

    assert forth.slope == pytest.approx(np.median(slopes))
    assert (back.s, back.slope) == pytest.approx((-forth.s, -forth.slope))


@pytest.mark.parametrize(
    ("basis", "kind", "points", "testable", "method"),
    [
        (Basis.MONTH, "count", 60, 0, TrendMethod.PROCESS_LIMITS),
        (Basis.QUARTER_FIN, "proportion", 60, 60, TrendMethod.PROCESS_LIMITS),
        (Basis.FIN_YEAR, "proportion", 5, 5, TrendMethod.RECENT),
        (Basis.ACAD_YEAR, "crude_rate", 9, 4, TrendMethod.KENDALL),
        (Basis.CAL_YEAR, "count", 6, 6, TrendMethod.KENDALL),
        (Basis.CAL_YEAR, "count", 5, 5, TrendMethod.NONE),
        (Basis.ROLLING12, "proportion", 5, 5, TrendMethod.RECENT),
        (Basis.POOLED_CAL, "standardised_rate", 5, 5, TrendMethod.NONE),
        (Basis.POOLED_CAL, "standardised_rate", 6, 6, TrendMethod.KENDALL),
    ],
)
def test_each_kind_of_period_has_its_method(
    basis: str, kind: str, points: int, testable: int, method: TrendMethod
) -> None:
    found, reason = trends.trend_method(basis, kind, points, testable)

    assert found == method
    assert reason


def test_the_newest_point_of_each_series_carries_the_trend_with_polarity() -> None:
    counts = [40.0, 60.0, 80.0, 100.0, 120.0]
    frame = yearly([each / 10 for each in counts]).assign(numerator=counts, denominator=1000.0)
    found = trends.add_trends(intervals.add_intervals(frame))

    assert found["trend"].tolist() == ["", "", "", "", "increasing_and_getting_better"]
    assert found["trend_method"].iloc[-1] == TrendMethod.RECENT


def test_rolling_windows_are_thinned_to_those_that_do_not_overlap() -> None:
    ends = [(f"{2010 + i // 4}-{3 * (i % 4) + 1:02}", f"{2011 + i // 4}-{3 * (i % 4) or 12:02}") for i in range(25)]
    periods = [(start, f"{int(end[:4]) - (end[5:] == '12')}-{end[5:]}", end) for start, end in ends]
    row = last(trends.add_trends(yearly([float(i) for i in range(25)], periods, period_basis=Basis.ROLLING12)))

    assert row["trend_method"] == TrendMethod.KENDALL
    assert "over 7 points" in row["trend_note"]


def windows(months: int, number: int, each: int = 3) -> list[tuple[str, str, str]]:
    """Windows of so many months, one beginning every three from April 2010 on."""
    firsts = [2010 * 12 + 3 + each * place for place in range(number)]
    iso = [tuple(f"{at // 12}-{at % 12 + 1:02}" for at in (first, first + months - 1)) for first in firsts]
    return [(start, end, f"to {end}") for start, end in iso]


def test_twelve_month_windows_have_a_recent_trend_of_one_window_a_year() -> None:
    counts = [40.0 + 5 * place for place in range(17)]
    frame = yearly([each / 10 for each in counts], windows(12, 17), period_basis=Basis.ROLLING12)
    found = last(trends.add_trends(intervals.add_intervals(frame.assign(numerator=counts, denominator=1000.0))))
    yearly_ones = recent_trends.recent_trend("proportion", range(5), counts=counts[::4], denominators=[1000.0] * 5)

    assert found["trend_method"] == TrendMethod.RECENT
    assert found["trend"].startswith(str(yearly_ones.marker)) and yearly_ones.marker == Marker.INCREASING


@pytest.mark.parametrize("months", [12, 24, 36])
def test_a_window_is_tested_against_the_one_that_ends_as_many_months_earlier(months: int) -> None:
    frame = yearly(
        [float(place) for place in range(20)], windows(months, 20), kind="count", period_basis=Basis.ROLLING12
    ).assign(numerator=range(20))
    found = last(changes.add_two_period(frame))

    assert found["comparable_value"] == 19 - months // 3


def test_a_trend_never_crosses_a_break() -> None:
    frame = yearly([float(i) for i in range(12)], kind="count").assign(segment=["old"] * 6 + [""] * 6)
    found = trends.add_trends(frame)

    assert found["trend"].ne("").sum() == 2
    assert found["trend_note"].str.contains("over 6 points").sum() == 2


# Targets.


@pytest.mark.parametrize(
    ("value", "lower", "upper", "status"),
    [
        (40.0, math.nan, math.nan, "met"),
        (45.0, math.nan, math.nan, "met"),
        (35.0, math.nan, math.nan, "on course"),
        (31.0, math.nan, math.nan, "off course"),
        (31.0, 30.0, 32.0, "off course"),
        (34.0, 33.5, 34.5, "on course"),
        (34.0, 30.0, 38.0, "cannot tell"),
        (math.nan, math.nan, math.nan, "cannot tell"),
    ],
)
def test_a_figure_stands_to_its_target_by_the_line_from_the_baseline(
    value: float, lower: float, upper: float, status: str
) -> None:
    figures = pd.DataFrame(
        [{"measure": "m", "period_end": "2022-03", "value": value, "interval_lower": lower, "interval_upper": upper}]
    )
    found = targets.add_targets(figures, agreed()).iloc[0]

    assert found["target_status"] == status
    assert found["change_since_baseline"] == pytest.approx(value - 25, nan_ok=True)


@pytest.mark.parametrize(
    ("baseline", "due", "now"),
    [
        ("2024-03", "2024-03", "2023-03"),  # the baseline ends when the target is due
        ("2024-03", "2024-03", "2025-03"),
        ("2020-03", "2024-03", "2020-03"),  # no later than the baseline
        ("2020-03", "2024-03", "2019-03"),
    ],
)
@pytest.mark.parametrize("value", [20.0, 45.0])
def test_where_there_is_no_way_from_baseline_to_target_nobody_can_tell(
    baseline: str, due: str, now: str, value: float
) -> None:
    figures = pd.DataFrame(
        [{"measure": "m", "period_end": now, "value": value, "interval_lower": value, "interval_upper": value}]
    )
    found = targets.add_targets(figures, agreed(baseline_month=baseline, due=due)).iloc[0]

    assert (found["target_status"], math.isnan(found["target_needed"])) == ("cannot tell", True)


@pytest.mark.parametrize(
    ("doubt", "withheld", "basis"),
    [("", "", "held"), ("percentage_range", "", "doubtful"), ("", "suppressed", "hidden")],
)
@pytest.mark.parametrize("stated", ["", "61"])
def test_a_baseline_with_an_open_error_is_no_baseline(
    tmp_path: Path, doubt: str, withheld: str, basis: str, stated: str
) -> None:
    head = "measure,baseline_period,baseline,target,due,agreed_by,agreed_on,superseded_by\n"
    (tmp_path / "targets.csv").write_text(
        f"{head}paid_work,Apr 22 - Mar 23,{stated},70,2027-03,The board,2024-01-01,\n"
    )
    area = dataclasses.replace(areas.load(PROJECT, "southampton"), folder=tmp_path)
    own = pd.DataFrame([{"measure": "paid_work", "period_end": "2023-03", "value": 61.0, "withheld": withheld}])
    definitions = framework.load(PROJECT / "data" / "framework")
    found = series_analysis.read_targets(area, definitions, own.assign(doubt=doubt)).iloc[0]

    assert found["baseline_basis"] == basis
    assert found["baseline"] == pytest.approx(61.0 if basis == "held" else math.nan, nan_ok=True)


def agreed(**columns: str) -> pd.DataFrame:
    """A target of 40 by March 2024 from 25 in March 2020: 32.5 half-way."""
    row = {"measure": "m", "baseline": 25.0, "baseline_basis": "held", "baseline_month": "2020-03"}
    aim = {"target": 40.0, "due": "2024-03"}
    return pd.DataFrame([{**row, **aim, "agreed_by": "the board", "superseded_by": "", **columns}])


@pytest.mark.parametrize("columns", [{"superseded_by": "a later one"}, {"agreed_by": ""}, {"measure": "another"}])
def test_without_an_agreed_target_in_force_there_is_no_judgement(columns: dict[str, str]) -> None:
    row = {"measure": "m", "period_end": "2022-03", "value": 30.0, "interval_lower": 1.0, "interval_upper": 99.0}
    found = targets.add_targets(pd.DataFrame([row]), agreed(**columns)).iloc[0]

    assert (found["target_status"], found["baseline_basis"], found["target_due"]) == ("", "", "")


@pytest.mark.parametrize(("now", "expected"), [(0, 25), (10, 25), (15, 32.5), (20, 40), (30, 40)])
def test_the_line_runs_from_the_baseline_to_the_target_and_stays_there(now: float, expected: float) -> None:
    assert targets.required(25.0, 10, 40.0, 20, now) == expected


def test_a_falling_target_is_met_from_above() -> None:
    assert targets.against_target([9.0, 10.0, 11.0], 10.0, -1).tolist() == [1, 1, -1]


# Nothing raises.


@pytest.mark.parametrize(
    "add",
    [trends.add_direction, trends.add_trends, changes.add_two_period, add_signals, add_unusual],
    ids=lambda add: add.__name__,
)
@pytest.mark.parametrize(
    "spoil",
    [
        lambda frame: frame.iloc[:0],
        lambda frame: frame.assign(period_start="", period_end=""),
        lambda frame: frame.assign(value=math.nan),
        lambda frame: pd.concat([frame, frame]),
        lambda frame: frame.assign(kind="", per=math.nan, decimals=math.nan),
        lambda frame: frame.assign(value=0.0, numerator=0.0, denominator=0.0),
        lambda frame: frame.assign(value=-5.0, numerator=-5.0, denominator=10.0),
    ],
    ids=["no rows", "no periods", "no values", "every row twice", "no kind", "nobody", "below nought"],
)
def test_poor_input_gives_as_many_rows_and_no_exception(add: Any, spoil: Any) -> None:
    frame = spoil(yearly([float(value) for value in range(8)]))

    assert add(frame).index.tolist() == frame.index.tolist()
