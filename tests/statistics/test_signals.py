"""Process charts, special causes and unusual points: what is a signal and, above all, what is not."""

import math
import statistics
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drug_outcomes.definitions import observations
from drug_outcomes.definitions.periods import Basis
from drug_outcomes.definitions.vocabulary import Chart
from drug_outcomes.statistics import anomalies, intervals, process_charts, series_charts, signals
from drug_outcomes.statistics.signals import Assurance, Rule, Variation

FEW = settings(max_examples=60)
values = st.lists(st.integers(0, 40), min_size=1, max_size=40)
MONTHS = [f"{2020 + place // 12}-{place % 12 + 1:02}" for place in range(60)]


# Limits.


def slow_xmr(points: list[float], *, screen: bool) -> tuple[float, float]:
    """Mean and half-width, step by step."""
    steps = [abs(b - a) for a, b in pairwise(points) if not math.isnan(a + b)]
    mean = statistics.fmean(point for point in points if not math.isnan(point))
    if not steps:
        return mean, math.nan
    usual = statistics.fmean(steps)
    if screen and usual > 0:
        usual = statistics.fmean(step for step in steps if step < 3.267 * usual)
    return mean, 2.66 * usual


@FEW
@given(st.lists(st.one_of(st.integers(0, 40).map(float), st.just(math.nan)), min_size=1, max_size=40), st.booleans())
def test_xmr_limits_agree_with_a_walk_along_the_series(points: list[float], screen: bool) -> None:
    if all(math.isnan(point) for point in points):
        assert np.isnan(process_charts.xmr(points, screen=screen).centre).all()
        return
    limits = process_charts.xmr(points, screen=screen)
    mean, half = slow_xmr(points, screen=screen)

    assert limits.centre == pytest.approx(np.full(len(points), mean))
    assert limits.lower == pytest.approx(np.full(len(points), mean - half), nan_ok=True)
    assert limits.near_upper == pytest.approx(np.full(len(points), mean + 2 * half / 3), nan_ok=True)


@FEW
@given(values, st.integers(-5, 5), st.integers(1, 5))
def test_xmr_limits_move_and_stretch_with_the_values(points: list[int], shift: int, scale: int) -> None:
    plain = process_charts.xmr([float(point) for point in points])
    moved = process_charts.xmr([scale * float(point) + shift for point in points])

    assert moved.upper == pytest.approx(scale * plain.upper + shift, nan_ok=True)


def test_a_constant_series_has_its_mean_for_limits_and_no_signals() -> None:
    limits = process_charts.xmr([0.1] * 20)
    causes = signals.special_causes([0.1] * 20, limits)

    assert limits.lower == pytest.approx(limits.upper)
    assert set(causes.rule) == {Rule.NONE}


def test_a_missing_month_breaks_the_moving_range_on_both_sides() -> None:
    assert process_charts.mean_moving_range(np.array([1.0, 2.0, math.nan, 9.0, 10.0]), screen=False) == 1


def test_a_break_starts_new_limits_and_ends_every_run() -> None:
    points, groups = [1.0, 2.0] * 6 + [11.0, 12.0] * 6, [0] * 12 + [1] * 12
    limits = process_charts.xmr(points, groups=groups)

    assert sorted(set(limits.centre)) == [1.5, 11.5]
    assert set(signals.special_causes(points, limits, groups).rule) == {Rule.NONE}
    assert set(signals.special_causes(points, process_charts.xmr(points)).rule) != {Rule.NONE}


def test_limits_fixed_after_the_first_points_are_those_of_the_first_points() -> None:
    points = [5.0, 6.0, 5.0, 6.0, 20.0, 30.0]

    assert process_charts.xmr(points, fix_after=4).upper[5] == process_charts.xmr(points[:4]).upper[0]


def test_without_screening_an_outlier_widens_the_limits() -> None:
    points = [1.0, 2.0] * 4 + [10.0] + [1.0, 2.0] * 4

    assert process_charts.xmr(points, screen=False).upper[0] > process_charts.xmr(points).upper[0]


@FEW
@given(st.lists(st.tuples(st.integers(0, 50), st.integers(50, 500)), min_size=3, max_size=30))
def test_p_and_u_limits_agree_with_their_formulas_point_by_point(case: list[tuple[int, int]]) -> None:
    events, people = ([float(part) for part in column] for column in zip(*case, strict=True))
    centre = sum(events) / sum(people)
    p = process_charts.attribute_limits(Chart.P, events, people)
    u = process_charts.attribute_limits(Chart.U, events, people, per=1000)

    for place, n in enumerate(people):
        assert p.upper[place] == pytest.approx(min(1, centre + 3 * math.sqrt(centre * (1 - centre) / n)))
        assert u.lower[place] == pytest.approx(1000 * max(0, centre - 3 * math.sqrt(centre / n)))


def test_laneys_factor_is_about_one_where_chance_alone_moves_the_figures() -> None:
    random = np.random.default_rng(5)
    people = np.full(400, 300)
    steady = process_charts.laney(random.binomial(people, 0.2), people, Chart.P)
    moved = process_charts.laney(random.binomial(people, random.uniform(0.1, 0.3, 400)), people, Chart.P)

    assert steady == pytest.approx(1, abs=0.1)
    assert moved > 1.5


# Rules.


@FEW
@given(st.lists(st.sampled_from([-1, -1, -1, 0, 1, 1, 1, 1]), max_size=40))
def test_a_shift_is_seven_on_one_side_and_none_on_the_mean(sides: list[int]) -> None:
    slow = [
        any(i >= 6 and all(side == sign for side in sides[i - 6 : i + 1]) for sign in (-1, 1))
        for i in range(len(sides))
    ]

    assert signals.seventh_on_one_side(sides).tolist() == slow


@FEW
@given(st.lists(st.integers(0, 6), max_size=40))
def test_a_trend_is_seven_points_of_which_each_is_higher_than_the_last(points: list[int]) -> None:
    def rises(part: list[int]) -> bool:
        return all(a < b for a, b in pairwise(part))

    windows = [points[max(i - 6, 0) : i + 1] for i in range(len(points))]
    slow = [0 if len(part) < 7 else int(rises(part)) - int(rises(part[::-1])) for part in windows]
    assert signals.seventh_of_trend(points).tolist() == slow


@FEW
@given(st.lists(st.booleans(), max_size=40))
def test_part_of_seven_reaches_back_six_points_from_each_mark(marks: list[bool]) -> None:
    slow = [any(marks[i : i + 7]) for i in range(len(marks))]

    assert signals.part_of_seven(marks).tolist() == slow


@FEW
@given(st.lists(st.tuples(st.booleans(), st.sampled_from([-1, 0, 1, 1])), max_size=30))
def test_two_of_three_looks_at_every_three_points_in_a_row(case: list[tuple[bool, int]]) -> None:
    slow = [False] * len(case)
    for i in range(len(case) - 2):
        part = case[i : i + 3]
        if sum(near for near, _ in part) >= 2 and abs(sum(side for _, side in part)) == 3:
            slow[i : i + 3] = [True] * 3

    near, sides = [near for near, _ in case], [side for _, side in case]
    assert signals.two_of_three(near, sides).tolist() == slow


def test_the_gravest_rule_that_holds_is_named() -> None:
    points = [10.0, 10.5, 9.8, 10.2, 9.9, 10.1, 10.3, 9.7, 10.0, 10.2, 9.9, 10.1, 10.6, 11.1, 11.6, 12.1, 12.6, 13.1]
    causes = signals.special_causes(points, process_charts.xmr(points))

    assert causes.rule.iloc[-1] == Rule.OUTSIDE
    assert causes.rule.iloc[-6] == Rule.TREND


@FEW
@given(values)
def test_signals_of_the_mirrored_series_are_the_same_on_the_other_side(points: list[int]) -> None:
    here = np.array(points, dtype=float)
    found, mirrored = (signals.special_causes(each, process_charts.xmr(each)) for each in (here, -here))

    assert found.rule.tolist() == mirrored.rule.tolist()
    assert (found.side == -mirrored.side).all()


@pytest.mark.parametrize(
    ("side", "improvement", "kind"),
    [
        (1, 1, Variation.IMPROVEMENT), (-1, 1, Variation.CONCERN), (1, -1, Variation.CONCERN),
        (-1, -1, Variation.IMPROVEMENT), (1, 0, Variation.NEUTRAL_HIGH), (-1, 0, Variation.NEUTRAL_LOW),
        (0, 1, Variation.COMMON_CAUSE),
    ],
)  # fmt: skip
def test_a_signal_is_good_or_bad_only_by_polarity(side: float, improvement: float, kind: Variation) -> None:
    assert signals.variation([side], improvement).tolist() == [kind]


def test_assurance_needs_a_target_and_a_polarity() -> None:
    assert signals.assurance(1, 3, math.nan, 1) == Assurance.NONE
    assert signals.assurance(1, 3, 4, 0) == Assurance.NONE


# Runs.


@pytest.mark.parametrize("points", range(10, 60, 7))
def test_chance_breaks_the_run_rules_about_as_often_as_they_promise(points: int) -> None:
    random = np.random.default_rng(points)
    found = [process_charts.runs(random.normal(size=points)).signal for _ in range(300)]

    assert np.mean(found) < 0.15


@FEW
@given(values)
def test_runs_and_crossings_agree_with_a_walk_along_the_series(points: list[int]) -> None:
    middle = statistics.median(points)
    sides = [point > middle for point in points if point != middle]
    longest, crossings, here = 0, 0, 0
    for i, side in enumerate(sides):
        same = i > 0 and side == sides[i - 1]
        crossings += int(i > 0 and not same)
        here = here + 1 if same else 1
        longest = max(longest, here)

    found = process_charts.runs(points)
    assert (found.useful, found.longest, found.crossings) == (len(sides), longest, crossings)


def test_fewer_than_ten_useful_points_show_no_run() -> None:
    assert not process_charts.runs([1.0] * 4 + [2.0] * 5).signal


# Charts of series.


def monthly(points: list[float], months: list[str] | None = None, **columns: Any) -> pd.DataFrame:
    """A monthly series with its intervals."""
    months = months or MONTHS[: len(points)]
    usual = {"measure": "m", "area": "a", "period_basis": Basis.MONTH, "kind": "count", "per": 1.0}
    described = {"decimals": 0, "polarity": "low_is_good", "polarity_agreed": True, "modelled": False}
    rows = [
        {"value": value, "period_start": month, "period_end": month, "period_label": month}
        for value, month in zip(points, months, strict=True)
    ]
    stated = pd.DataFrame(rows).assign(**usual | described | columns)
    own = stated[[name for name in stated if name in observations.COLUMNS]]
    rest = stated.drop(columns=list(own))
    return intervals.add_intervals(pd.concat([observations.conform(own), rest], axis=1).astype({"kind": "str"}))


STEADY = [20.0, 24.0, 19.0, 22.0, 25.0, 18.0, 21.0, 23.0, 20.0, 22.0, 19.0, 24.0, 21.0, 20.0]


def test_a_point_beyond_the_limits_is_a_concern_where_low_is_good() -> None:
    row = series_charts.add_signals(monthly([*STEADY, 60.0])).iloc[-1]

    assert (row["signal"], row["variation"]) == (Rule.OUTSIDE, Variation.CONCERN)
    assert row["process_chart"] == Chart.XMR


def test_without_agreed_polarity_a_signal_is_high_or_low() -> None:
    row = series_charts.add_signals(monthly([*STEADY, 60.0], polarity_agreed=False)).iloc[-1]

    assert row["variation"] == Variation.NEUTRAL_HIGH


@pytest.mark.parametrize(("points", "chart"), [(4, ""), (5, Chart.RUN), (11, Chart.RUN), (12, Chart.XMR)])
def test_short_series_have_no_chart_then_a_run_chart_then_limits(points: int, chart: str) -> None:
    row = series_charts.add_signals(monthly(STEADY[:points])).iloc[-1]

    assert row["process_chart"] == chart
    assert math.isnan(row["process_upper"]) == (chart != Chart.XMR)


def test_limits_of_twelve_points_are_trial_limits() -> None:
    notes = [series_charts.add_signals(monthly(STEADY[:points]))["process_note"].iloc[0] for points in (12, 13)]

    assert ["trial limits" in note for note in notes] == [True, False]


@pytest.mark.parametrize("basis", [Basis.ROLLING12, Basis.POOLED_CAL])
def test_overlapping_windows_are_refused_with_the_reason(basis: Basis) -> None:
    frame = monthly(STEADY).assign(period_basis=str(basis))
    row = series_charts.add_signals(frame).iloc[-1]

    assert row["process_chart"] == ""
    assert "overlap" in row["process_note"]


def test_what_is_there_at_one_time_has_no_process_limits_and_no_test() -> None:
    frame = monthly([*STEADY[:-1], 400.0]).assign(carried_over="stock")
    row = anomalies.add_unusual(series_charts.add_signals(frame)).iloc[-1]

    assert (row["process_chart"], row["signal"], row["unusual"]) == ("", "", "")
    assert row["process_note"] == series_charts.STOCK


def test_a_break_event_starts_new_limits_and_nothing_else_does() -> None:
    points = STEADY + [value + 30 for value in STEADY]
    joined = series_charts.add_signals(monthly(points))
    parted = series_charts.add_signals(monthly(points).assign(rebase=[place == 14 for place in range(28)]))

    assert (joined["signal"] != "").any()
    assert (parted["signal"] == "").all()
    assert parted["process_centre"].nunique() == 2


@pytest.mark.parametrize(
    ("after", "shift", "restarts"), [(12, 30.0, True), (11, 30.0, False), (20, 0.0, False), (20, 30.0, True)]
)
def test_limits_restart_only_where_the_agreed_shift_shows_and_lasts(after: int, shift: float, restarts: bool) -> None:
    points = STEADY + [value + shift for value in (STEADY * 2)[:after]]
    agreed = [place == len(STEADY) for place in range(len(points))]
    found = series_charts.add_signals(monthly(points).assign(rebase=agreed))
    old = series_charts.add_signals(monthly(STEADY))

    assert (found["process_centre"].nunique() == 2) == restarts
    assert found["process_upper"].iloc[0] == pytest.approx(old["process_upper"].iloc[0])
    assert ("until a lasting shift shows" in found["process_note"].iloc[0]) != restarts
    assert (found["signal"].iloc[-1] != "") == (not restarts and shift > 0)


def test_a_spike_that_passes_is_no_new_level() -> None:
    points = STEADY + [value + 30 for value in STEADY[:7]] + STEADY
    agreed = [place == len(STEADY) for place in range(len(points))]

    found = series_charts.add_signals(monthly(points).assign(rebase=agreed))
    assert len(set(found["process_centre"])) == 1


def test_a_month_that_was_not_published_breaks_a_run_of_seven() -> None:
    points = [20.0, 27.0] * 6 + [25.0] * 7
    months = MONTHS[:12] + MONTHS[12:16] + MONTHS[17:20]
    whole = series_charts.add_signals(monthly(points))
    gapped = series_charts.add_signals(monthly(points, months))

    assert Rule.SHIFT in whole["signal"].tolist()
    assert Rule.SHIFT not in gapped["signal"].tolist()


def test_rows_in_any_order_and_of_any_index_get_their_own_signals() -> None:
    frame = monthly([*STEADY, 60.0])
    shuffled = frame.iloc[::-1].set_axis(["same"] * len(frame))

    found = series_charts.add_signals(shuffled)
    assert found["signal"].tolist() == series_charts.add_signals(frame)["signal"].tolist()[::-1]


def test_drawn_limits_of_a_percentage_stay_within_nought_and_a_hundred() -> None:
    points = [2.0, 99.0] * 8
    row = series_charts.add_signals(monthly(points, kind="proportion", per=100.0)).iloc[0]

    assert (row["process_lower"], row["process_upper"]) == (0, 100)


def test_proportions_of_many_people_have_limits_by_their_size() -> None:
    random = np.random.default_rng(8)
    events = random.binomial(5000, 0.3, 24).astype(float)
    frame = monthly(list(events / 50), kind="proportion", per=100.0).assign(numerator=events, denominator=5000.0)

    assert set(series_charts.add_signals(frame)["process_chart"]) == {Chart.P_PRIME}


def test_rare_events_have_no_limits() -> None:
    row = series_charts.add_signals(monthly([1.0, 2.0, 0.0] * 5)).iloc[-1]

    assert row["process_chart"] == ""
    assert "fewer than 4 events" in row["process_note"]


# Unusual points.


def draws(dispersion: float, mean: float, shape: tuple[int, ...], random: np.random.Generator) -> np.ndarray:
    """Counts whose variance is `dispersion` times their mean."""
    if dispersion == 1:
        return random.poisson(mean, shape)
    return random.negative_binomial(mean / (dispersion - 1), 1 / dispersion, shape)


@pytest.mark.parametrize("dispersion", [1, 2])
@pytest.mark.parametrize("points", [4, 5, 8, 12, 24])
def test_false_alarms_stay_below_half_a_per_cent(points: int, dispersion: float, thorough: bool) -> None:
    random = np.random.default_rng(points)
    means = (3, 10, 50, 400) if thorough else (3, 50)
    for mean in means:
        history, newest = (draws(dispersion, mean, (30_000, *shape), random) for shape in ((points,), ()))
        alarms = np.mean(anomalies.unusual_count(newest, history).grade > 0)
        print(f"{points} points, mean {mean}, variance {dispersion} x mean: {alarms:.2%} false alarms")

        assert alarms < 0.005


def test_false_alarms_of_proportions_and_plain_values_stay_below_half_a_per_cent() -> None:
    random = np.random.default_rng(4)
    people = np.full((3000, 8), 200)
    events = random.binomial(people, 0.3)
    shares = anomalies.unusual_proportion(events[:, 0], people[:, 0], events[:, 1:], people[:, 1:])
    plain = random.normal(50, 5, (30_000, 8))
    alone = anomalies.unusual_value(plain[:, 0], plain[:, 1:])

    assert np.mean(shares.grade > 0) < 0.005
    assert np.mean(alone.grade > 0) < 0.005


def test_a_doubling_is_noticed_more_often_than_not_at_twelve_points() -> None:
    random = np.random.default_rng(6)
    found = anomalies.unusual_count(random.poisson(45, 4000), random.poisson(20, (4000, 12)))

    assert np.mean(found.grade > 0) > 0.5


def test_five_equal_counts_do_not_make_the_sixth_infinitely_far() -> None:
    found = anomalies.unusual_count(9, [6, 6, 6, 6, 6])

    assert (found.grade, np.isfinite(found.z)) == (0, True)


@pytest.mark.parametrize("history", [[5, 6, 7], []])
def test_too_short_a_history_is_not_tested(history: list[int]) -> None:
    assert np.isnan(anomalies.unusual_count(50, history).grade)


def test_the_newest_point_says_whether_it_is_unusual_and_how_that_was_judged() -> None:
    frame = monthly([20.0, 22.0, 19.0, 21.0, 20.0, 90.0])
    found = anomalies.add_unusual(frame.assign(numerator=frame["value"]))

    assert found["unusual"].tolist() == ["", "", "", "", "", "error"]
    assert "beside 5 earlier points" in found["unusual_note"].iloc[-1]


def test_december_is_compared_with_decembers_where_four_are_held() -> None:
    year = [10.0] * 11 + [60.0]
    points = [value + (place % 3) for place, value in enumerate(year * 5)]
    frame = monthly(points).assign(numerator=points)
    row = anomalies.add_unusual(frame).iloc[-1]

    assert row["unusual"] == ""
    assert "of the same months" in row["unusual_note"]


@FEW
@given(
    st.lists(st.integers(0, 60), min_size=1, max_size=40), st.sampled_from(["C1", "C2"]), st.sampled_from([0.0, 1.0])
)
def test_ears_bounds_agree_with_a_walk_along_the_series(points: list[int], method: str, least: float) -> None:
    found = anomalies.ears(points, method, least_deviation=least)
    gap = 0 if method == "C1" else 2

    for place, bound in enumerate(found["upper_bound"]):
        past = points[place - gap - 7 : place - gap] if place >= 7 + gap else []
        if past:
            expected = statistics.fmean(past) + 3.0902323 * max(statistics.stdev(past), least)
            assert bound == pytest.approx(expected, abs=1e-6)
        else:
            assert math.isnan(bound)
