"""Compared with England: what a verdict may say, and on which numbers."""

import csv
import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drug_outcomes.definitions.vocabulary import Compared, Verdict, VerdictBasis
from drug_outcomes.reporting import verdict_notes
from drug_outcomes.statistics import benchmarks, bounds, comparisons, funnels, intervals
from drug_outcomes.statistics.bounds import Bound, people_needed
from drug_outcomes.statistics.intervals import LEVEL_95, LEVEL_998
from material import PROJECT

FEW = settings(max_examples=60)
NUMBERS = ("value", "lower", "upper", "numerator", "denominator", "england_value", "denominator_bound")


def figures(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Figures with their intervals; what a row does not state is missing."""
    usual: dict[str, Any] = {
        **dict.fromkeys(NUMBERS, math.nan),
        "kind": "proportion", "per": 100.0, "decimals": 1, "polarity": "no_judgement",
        "polarity_agreed": False, "modelled": False, "denominator_bound_note": "",
    }  # fmt: skip
    return intervals.add_intervals(pd.DataFrame([{**usual, **row} for row in rows]))


def compared(**columns: Any) -> pd.Series:
    return comparisons.add_comparison(figures([columns])).iloc[0]


# By interval.


@FEW
@given(st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), st.floats(0.5, 99.5))
def test_a_verdict_is_the_interval_against_the_fixed_value(case: tuple[int, int], england: float) -> None:
    events, people = case
    row = compared(value=100 * events / people, numerator=events, denominator=people, england_value=england)
    lower, upper = intervals.wilson(events, people, per=100)

    expected = Verdict.HIGHER if england < lower else Verdict.LOWER if england > upper else Verdict.SIMILAR
    assert row["verdict"] == expected
    assert row["verdict_basis"] == VerdictBasis.INTERVAL


@pytest.mark.parametrize("england", [5.0, 9.0])
def test_a_limit_that_equals_england_makes_the_two_similar(england: float) -> None:
    assert compared(value=7.0, lower=5.0, upper=9.0, england_value=england)["verdict"] == Verdict.SIMILAR


@pytest.mark.parametrize(
    ("polarity", "agreed", "verdict"),
    [
        ("high_is_good", True, Verdict.BETTER),
        ("low_is_good", True, Verdict.WORSE),
        ("high_is_good", False, Verdict.HIGHER),
        ("activity", True, Verdict.HIGHER),
        ("target_range", True, Verdict.HIGHER),
    ],
)
def test_better_and_worse_need_an_agreed_polarity(polarity: str, agreed: bool, verdict: Verdict) -> None:
    row = compared(value=7.0, lower=6.0, upper=9.0, england_value=5.0, polarity=polarity, polarity_agreed=agreed)

    assert row["verdict"] == verdict


@pytest.mark.parametrize(("england", "level"), [(6.3, math.nan), (9.5, 95.0), (12.0, 99.8)])
def test_the_level_is_the_highest_at_which_the_two_differ(england: float, level: float) -> None:
    row = compared(value=7.108, numerator=59, denominator=830, england_value=england)

    assert row["verdict_level"] == pytest.approx(level, nan_ok=True)


@FEW
@given(st.integers(0, 300), st.integers(300, 900), st.floats(1, 99))
def test_counting_the_others_turns_the_verdict_round(events: int, people: int, england: float) -> None:
    signs = [
        benchmarks.against_value(100 * x / people, *intervals.wilson(x, people, per=100), value)
        for x, value in ((events, england), (people - events, 100 - england))
    ]

    assert signs[0] == -signs[1]


def test_without_a_figure_for_england_nothing_is_compared() -> None:
    row = compared(value=7.0, lower=6.0, upper=9.0)

    assert (row["compared"], row["verdict"]) == (Compared.NOT_COMPARABLE, Verdict.NOT_TESTED)
    assert (row["verdict_basis"], verdict_notes.note(row)) == (VerdictBasis.NONE, "")


def test_the_note_names_the_numbers_the_verdict_rests_on() -> None:
    row = compared(value=7.108, numerator=59, denominator=830, england_value=6.3)

    assert verdict_notes.note(row) == "7.1% of 830: 95% interval 5.6 to 9.1 contains England's 6.3%."


def test_a_note_never_shows_a_limit_that_looks_like_england() -> None:
    row = compared(value=7.0, lower=6.32, upper=9.0, england_value=6.3)

    assert "published 95% interval 6.32 to 9.00 lies above England's 6.3%" in verdict_notes.note(row)


def test_other_benchmarks_are_compared_by_the_same_rules() -> None:
    frame = figures([{"value": 7.0, "lower": 6.0, "upper": 9.0}]).assign(region_value=5.0)
    found = comparisons.add_comparison(frame, benchmark="region").iloc[0]

    assert found["verdict_region"] == Verdict.HIGHER
    assert "the region's 5.0%" in verdict_notes.note(found, "region")


def test_the_frame_compared_is_left_as_it_was() -> None:
    frame = figures([{"value": 7.0, "england_value": 5.0, "denominator_bound": 100.0}])
    before = frame.copy()
    comparisons.add_comparison(frame)

    pd.testing.assert_frame_equal(frame, before)


# As printed.


@pytest.mark.parametrize(
    ("value", "england", "sign"), [(5.6, 5.5, "higher"), (5.5, 5.5, "same"), (5.52, 5.5, "same"), (5.4, 5.5, "lower")]
)
def test_the_bare_sign_is_that_of_the_printed_values(value: float, england: float, sign: str) -> None:
    assert compared(value=value, england_value=england)["compared"] == sign


@FEW
@given(st.integers(0, 200), st.integers(0, 200), st.integers(0, 2))
def test_printed_values_one_unit_apart_are_never_told_apart(first: int, second: int, decimals: int) -> None:
    unit = 10.0**-decimals
    sign = benchmarks.as_printed(first * unit, decimals, second * unit, decimals)

    assert sign == (0 if abs(first - second) <= 1 else np.sign(first - second))


@pytest.mark.parametrize(("england", "sign"), [(12.0, "lower"), (3.0, "not_comparable"), (math.nan, "not_comparable")])
def test_a_suppressed_value_compares_only_when_all_it_may_be_is_on_one_side(england: float, sign: str) -> None:
    row = compared(value=math.nan, kind="count", decimals=0, bound_low=1.0, bound_high=4.0, england_value=england)

    assert row["compared"] == sign


def test_modelled_figures_are_compared_as_numbers_only_and_never_coloured() -> None:
    row = compared(value=48.5, england_value=57.2, numerator=485, denominator=1000, modelled=True)

    assert (row["verdict"], row["verdict_basis"]) == (Verdict.NOT_TESTED, VerdictBasis.NUMERIC_ONLY)
    assert "estimates published without their uncertainty" in verdict_notes.note(row)


def test_modelled_figures_with_published_limits_are_tested() -> None:
    row = compared(value=48.5, lower=45.0, upper=52.0, england_value=57.2, modelled=True)

    assert row["verdict"] == Verdict.LOWER


def test_a_standardised_rate_without_limits_is_a_number_only() -> None:
    row = compared(value=4.2, england_value=5.5, kind="standardised_rate", per=100_000)

    assert row["verdict_basis"] == VerdictBasis.NUMERIC_ONLY
    assert verdict_notes.note(row) == "We cannot say if this differs: its 95% interval was not published."


# By a bound on the number of people.


def excluded(value: float, people: int, england: float, kind: str, per: float) -> bool:
    """Whether the interval of a value with so many people leaves England out: the slow way."""
    method = intervals.wilson if kind == "proportion" else intervals.crude_rate
    lower, upper = method(value / per * people, people, LEVEL_95, per)
    return not lower <= england <= upper


@FEW
@given(st.integers(1, 999), st.integers(10, 990), st.sampled_from(["proportion", "crude_rate"]))
def test_from_the_people_needed_on_no_rounding_keeps_england_inside(value: int, england: int, kind: str) -> None:
    printed, fixed = value / 10, england / 10
    needed = people_needed(printed, fixed, kind, 100.0, 1)
    ends = (max(printed - 0.05, 0), min(printed + 0.1, 100))

    if math.isinf(needed.certain[0]):
        assert ends[0] <= fixed <= ends[1]
        return
    certain, possible = int(needed.certain[0]), int(needed.possible[0])
    # Where exact limits give way to Byar's, at ten events, the limits jump by half a per cent.
    slack = 1.02 if kind == "crude_rate" else 1
    for many in (1, 2, 10):
        people = math.ceil(certain * slack * many)
        assert all(excluded(end, people, fixed, kind, 100.0) for end in ends)
    if possible > 1:
        fewer = math.floor((possible - 1) / slack) or 1
        assert not any(excluded(end, fewer, fixed, kind, 100.0) for end in ends if end)


@FEW
@given(st.integers(1, 999), st.integers(10, 990))
def test_the_people_needed_are_the_same_for_the_complement_of_an_exact_value(value: int, england: int) -> None:
    if value == england:
        return
    needed = [
        people_needed(v / 10, e / 10, "proportion", 100.0, 9)
        for v, e in ((value, england), (1000 - value, 1000 - england))
    ]

    assert needed[0].certain == pytest.approx(needed[1].certain, rel=1e-3)


@FEW
@given(st.integers(1, 999), st.integers(1, 999), st.floats(-0.5, 0.5), st.floats(-0.5, 0.5))
def test_what_is_certain_of_two_printed_figures_holds_however_both_were_rounded(
    value: int, england: int, first: float, second: float
) -> None:
    needed = people_needed(value / 10, england / 10, "proportion", 100.0, 1, LEVEL_95, 1).certain[0]

    if math.isfinite(needed):
        assert excluded((value + first) / 10, int(needed), (england + second) / 10, "proportion", 100.0)


@pytest.mark.parametrize(
    ("printed", "usual", "needed"),
    [
        (("1.1", "0.9"), 1, 384_022),  # England's 0.9 may be 0.95
        (("0.5", "0.3"), 2, 15_297),  # printed with one decimal fewer than the measure has
        (("0.50", "0.30"), 2, 4_177),
        (("51.0", "40.0"), 1, 93),  # a trailing .0 proves nothing
        (("51.0", "40.3"), 1, 83),  # what stands beside it does
    ],
)
def test_the_people_needed_are_those_of_the_figures_as_printed(
    printed: tuple[str, str], usual: int, needed: float
) -> None:
    value, england = map(float, printed)
    kind = {"kind": "crude_rate", "per": 1000.0 if value > 1 else 100.0} if value < 2 else {}
    row = compared(value=value, england_value=england, text=printed[0], england_text=printed[1], decimals=usual, **kind)

    assert (row["verdict"], row["verdict_needed"]) == (Verdict.NOT_TESTED, needed)


def test_two_figures_that_rounding_may_have_put_apart_are_not_established() -> None:
    row = compared(value=1.1, england_value=0.9, kind="crude_rate", per=1000.0, denominator_bound=250_000.0)

    assert row["verdict"] == Verdict.NOT_TESTED


def test_a_value_that_may_round_to_englands_is_never_told_apart() -> None:
    assert np.isinf(people_needed(5.6, 5.55, "proportion", 100, 1).certain)
    # 5.5 cut off may be anything below 5.6.
    assert np.isinf(people_needed(5.5, 5.55, "proportion", 100, 1).certain)


@pytest.mark.parametrize(
    ("bound", "kind", "sign"),
    [
        (5000, Bound.EQUAL, 1),
        (5000, Bound.AT_LEAST, 1),
        (5000, Bound.AT_MOST, math.nan),
        (2000, Bound.EQUAL, 0),
        (2000, Bound.AT_LEAST, math.nan),
        (2000, Bound.AT_MOST, 0),
        (3500, Bound.EQUAL, math.nan),
        (math.nan, Bound.EQUAL, math.nan),
    ],
)
def test_a_bound_decides_only_what_holds_for_every_number_it_allows(bound: float, kind: Bound, sign: float) -> None:
    needed = people_needed(7.1, 6.3, "proportion", 100, 1)

    assert (needed.possible[0], needed.certain[0]) == (2800, 4032)
    assert bounds.decide(7.1, 6.3, bound, kind, needed) == pytest.approx(sign, nan_ok=True)


def test_a_population_known_to_be_large_makes_a_published_rate_firm() -> None:
    row = compared(value=5.6, england_value=2.9, kind="crude_rate", per=1000.0, denominator_bound=200_000.0)

    assert (row["verdict"], row["verdict_basis"]) == (Verdict.HIGHER, VerdictBasis.BOUNDED)
    assert "at least 200,000" in verdict_notes.note(row)


def test_a_lower_bound_on_a_population_never_shows_two_rates_to_be_similar() -> None:
    row = compared(value=5.6, england_value=5.5, kind="crude_rate", per=1000.0, denominator_bound=200.0)

    assert row["verdict"] == Verdict.NOT_TESTED


def test_the_own_denominator_beside_unknown_events_is_a_bound() -> None:
    row = compared(value=41.5, england_value=35.3, denominator=479)

    assert (row["verdict"], row["verdict_basis"]) == (Verdict.HIGHER, VerdictBasis.BOUNDED)


def test_without_any_bound_the_note_says_what_was_not_published() -> None:
    row = compared(value=81.6, england_value=85.5)

    assert row["verdict"] == Verdict.NOT_TESTED
    assert verdict_notes.note(row) == "We cannot say if this differs: the number of people behind it was not published."


def siblings() -> pd.DataFrame:
    row = {"measure": "in_treatment", "area": "E06000045", "breakdown": "", "period_label": "2023/24", "value": 830.0}
    return pd.DataFrame([{**row, "period_start": "2023-04", "period_end": "2024-03"}])


@pytest.mark.parametrize(("start", "end", "bound"), [("2023-04", "2024-03", 830), ("2023-10", "2024-09", math.nan)])
def test_a_sibling_counts_only_for_the_same_months(start: str, end: str, bound: float) -> None:
    frame = pd.DataFrame(
        [{"area": "E06000045", "denominator_from": "in_treatment", "period_start": start, "period_end": end}]
    )
    found = bounds.add_denominator_bound(frame, siblings()).iloc[0]

    assert found["denominator_bound"] == pytest.approx(bound, nan_ok=True)
    assert ("another period" in found["denominator_bound_note"]) == math.isnan(bound)


def test_a_refused_sibling_is_named_under_the_verdict() -> None:
    row = compared(
        value=81.6, england_value=85.5, denominator_bound_note="in_treatment is held for 2023/24, another period"
    )

    assert verdict_notes.note(row).endswith("In_treatment is held for 2023/24, another period.")


#: The published scorecard, as an analyst without any further file would compare it.
KINDS = {
    4: ("crude_rate", 1000.0),
    5: ("crude_rate", 1000.0),
    6: ("crude_rate", 1000.0),
    20: ("standardised_rate", 1e5),
}
BOUNDS = {16: 830.0, 17: 234.0, 18: 479.0, 19: 301.0, 4: 200_000.0, 5: 200_000.0, 6: 200_000.0}


@pytest.fixture(scope="module")
def scorecard() -> pd.DataFrame:
    path = PROJECT.parent / "shared" / "reference" / "scorecard_published.csv"
    if not path.exists():
        pytest.skip("the published scorecard is not here")
    with path.open(encoding="utf-8", newline="") as file:
        rows = [published(row) for row in csv.DictReader(file)]
    found = comparisons.add_comparison(figures([row for row in rows if row]))
    return found.set_index("number")


def published(row: dict[str, str]) -> dict[str, Any]:
    number = int(row["measure_no"])
    try:
        value, england = float(row["southampton_value"]), float(row["england_value"])
    except ValueError:
        return {}
    kind, per = KINDS.get(number, ("proportion", 100.0))
    return {
        "number": number, "value": value, "england_value": england, "kind": kind, "per": per,
        "modelled": 12 <= number <= 15, "denominator_bound": BOUNDS.get(number, math.nan),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("number", "verdict"),
    [
        (4, "higher"),
        (5, "higher"),
        (6, "not_tested"),
        (16, "similar"),
        (17, "similar"),
        (18, "higher"),
        (19, "similar"),
    ],
)
def test_the_published_scorecard_reads(scorecard: pd.DataFrame, number: int, verdict: str) -> None:
    assert scorecard.loc[number, ["verdict", "verdict_basis"]].tolist() == [verdict, VerdictBasis.BOUNDED]


@pytest.mark.parametrize(("number", "people"), [(27, 340), (28, 292)])
def test_the_published_scorecard_knows_what_a_verdict_would_take(
    scorecard: pd.DataFrame, number: int, people: int
) -> None:
    assert scorecard.loc[number, "verdict_needed"] == people
    assert scorecard.loc[number, "verdict"] == Verdict.NOT_TESTED


@pytest.mark.parametrize("number", [12, 13, 14, 15])
def test_unmet_need_on_the_published_scorecard_is_a_number_only(scorecard: pd.DataFrame, number: int) -> None:
    assert scorecard.loc[number, "verdict_basis"] == VerdictBasis.NUMERIC_ONLY


# Funnels and quantiles.


@FEW
@given(st.integers(1, 99), st.integers(5, 5000), st.sampled_from([LEVEL_95, LEVEL_998]))
def test_on_the_funnel_line_the_average_is_the_wilson_limit(average: int, n: int, level: float) -> None:
    for side, line in zip(("upper", "lower"), funnels.proportion_limits(average / 100, n, level), strict=True):
        if 0 <= line <= 1:
            assert getattr(intervals.wilson(line * n, n, level), side) == pytest.approx(average / 100, abs=1e-9)


@FEW
@given(st.integers(0, 300), st.floats(0.5, 300))
def test_a_ratio_funnel_holds_what_the_limits_of_the_events_hold(observed: int, expected: float) -> None:
    lower, upper = intervals.exact_poisson(observed)
    lines = funnels.ratio_lines(observed).expected

    assert (lines.upper <= expected <= lines.lower) == (lower <= expected <= upper)


def test_a_funnel_of_areas_marks_the_one_that_differs() -> None:
    frame = pd.DataFrame(
        {
            "kind": "proportion", "per": 100.0,
            "numerator": [50.0, 52.0, 90.0, 49.0, math.nan], "denominator": [500.0, 500.0, 500.0, 500.0, 100.0],
        }
    ).assign(value=lambda rows: rows["numerator"] / rows["denominator"] * 100)  # fmt: skip
    found = funnels.add_funnel(frame)

    assert found["funnel_sign"].tolist()[:4] == [0, 0, 2, 0]
    assert np.isnan(found["funnel_sign"].iloc[4])
    assert found["funnel_average"].iloc[0] == pytest.approx(100 * 241 / 2000)


def areas_like(rates: Any, people: int = 1000, kind: str = "proportion") -> pd.DataFrame:
    events = np.asarray(rates, dtype=float)
    codes = [f"E{place:08d}" for place in range(len(events))]
    frame = pd.DataFrame({"area": codes, "kind": kind, "per": 100.0, "numerator": events, "denominator": people})
    return frame.assign(value=100 * frame["numerator"] / people)


@pytest.mark.parametrize(("areas", "sign"), [(10, 2), (9, None)])
def test_an_area_is_told_its_place_among_ten_areas_or_more(areas: int, sign: int | None) -> None:
    found = funnels.standing(areas_like([190.0, *[100.0] * (areas - 1)]), "E00000000")

    assert (found and (found.sign, found.areas)) == (sign and (sign, areas))


@pytest.mark.parametrize("factor", [1.0, 1.5, 2.0, 6.0])
@pytest.mark.parametrize("kind", ["proportion", "crude_rate"])
def test_limits_of_a_funnel_allow_for_how_much_areas_differ_anyway(factor: float, kind: str) -> None:
    draws = np.random.default_rng(7)
    spread = math.sqrt(factor * 100 * (0.9 if kind == "proportion" else 1.0))
    outside = [
        (funnels.add_funnel(areas_like(draws.normal(100, spread, 150), kind=kind))["funnel_sign"] != 0).mean()
        for _ in range(20)
    ]

    assert np.mean(outside) <= 0.06


def test_the_few_areas_that_truly_differ_hardly_widen_the_limits() -> None:
    draws = np.random.default_rng(8)
    found = funnels.add_funnel(areas_like([*draws.poisson(100, 140), *[200.0] * 10], kind="crude_rate"))

    assert (found["funnel_sign"].tail(10) == 2).all()


def test_a_standardised_rate_below_ten_events_has_no_place_in_a_funnel() -> None:
    frame = pd.DataFrame(
        {
            "kind": "standardised_rate", "per": 1e5, "numerator": [9.0, 100.0, 120.0],
            "denominator": math.nan, "value": [4.0, 5.0, 6.0],
        }
    )  # fmt: skip

    assert funnels.add_funnel(frame)["funnel_sign"].isna().tolist() == [True, False, False]


@pytest.mark.parametrize(("value", "group"), [(1, 1), (3, 2), (5, 3), (7, 4), (9, 5), (10, 5)])
def test_a_value_falls_in_its_fifth_of_all_areas(value: float, group: int) -> None:
    fifths = range(1, 11)

    assert benchmarks.quantile_group(value, list(fifths), 5) == group
    assert benchmarks.quantile_group(value, list(fifths), 5, highest_first=True) == 6 - group


def test_too_few_areas_have_no_fifths() -> None:
    assert np.isnan(benchmarks.quantile_group([1.0], [1, 2, 3, 4], 5)).all()
