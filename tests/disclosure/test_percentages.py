"""Which counts fit a printed value, and when that is a reason to withhold it."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drug_outcomes.disclosure import Policy, candidates, leads_to_hidden, must_withhold
from drug_outcomes.statistics import intervals

POLICY = Policy(per=100)


def numerators(table: pd.DataFrame) -> list[int]:
    return table["numerator"].astype(int).tolist()


@settings(max_examples=60)
@given(st.integers(1, 400), st.data(), st.integers(0, 2))
def test_the_true_count_is_always_among_the_candidates(size: int, data: st.DataObject, decimals: int) -> None:
    count = data.draw(st.integers(0, size))
    printed = round(100 * count / size, decimals)
    assert count in numerators(candidates(printed, decimals=decimals, denominators=(size, size)))


@settings(max_examples=40)
@given(st.floats(0, 100), st.integers(1, 120), st.integers(0, 2))
def test_candidates_are_those_that_trying_every_count_finds(value: float, size: int, decimals: int) -> None:
    printed = round(value, decimals)
    half = 0.5 * 10**-decimals
    fitting = [k for k in range(size + 1) if printed - half - 1e-7 <= 100 * k / size <= printed + half + 1e-7]
    found = candidates(printed, decimals=decimals, denominators=(size, size), methods=("rounding",))
    assert [count for count in numerators(found) if count <= size] == fitting


@pytest.mark.parametrize(
    ("method", "value", "fits"), [("rounding", 66.7, [2]), ("truncation", 66.6, [2]), ("rounding", 66.6, [])]
)
def test_both_ways_of_printing_are_tried(method: str, value: float, fits: list[int]) -> None:
    assert numerators(candidates(value, decimals=1, denominators=(3, 3), methods=(method,))) == fits


def test_a_denominator_within_bounds_gives_a_candidate_for_each_size_that_fits() -> None:
    found = candidates(50.0, decimals=1, denominators=(10, 14))
    assert list(zip(numerators(found), found["denominator"].astype(int), strict=True)) == [(5, 10), (6, 12), (7, 14)]


@pytest.mark.parametrize(
    ("value", "size", "hidden"),
    [
        (18.8, 16, True),  # 3 of 16
        (88.0, 25, True),  # 3 of 25 are left over
        (64.0, 25, False),  # 16 of 25 can be worked out, and hides nothing
        (35.0, 234, False),  # so can 82 of 234
        (0.0, 25, False),
        (100.0, 25, False),
        (5.0, 80, True),  # 4 of 80
        (6.3, 80, False),  # 5 of 80
    ],
)
def test_a_percentage_is_withheld_only_if_it_leads_to_a_small_number(value: float, size: int, hidden: bool) -> None:
    assert must_withhold(value, POLICY, decimals=1, denominators=(size, size)) is hidden


def test_nothing_follows_from_a_percentage_of_an_unknown_number() -> None:
    assert not must_withhold(18.8, POLICY, decimals=1)


@pytest.mark.parametrize(
    ("per", "size", "value", "hidden"), [(1000, 250_000, 0.0, False), (100_000, 50_000, 6.0, True)]
)
def test_rates_follow_the_same_rule(per: float, size: int, value: float, hidden: bool) -> None:
    assert must_withhold(value, Policy(per=per), decimals=1, denominators=(size, size)) is hidden


@pytest.mark.parametrize(
    ("counts", "hidden"),
    [
        ([1, 2, 3, 4], True),  # every candidate is small
        ([4, 5], True),  # a small one is possible, in a span narrower than the marker's
        ([3, 4, 5, 6], False),  # as wide as what the marker says
        ([9], False),
        ([], False),
    ],
)
def test_mixed_candidates_follow_the_stated_rule(counts: list[int], hidden: bool) -> None:
    fitting = pd.DataFrame({"numerator": counts, "complement": float("nan")}, dtype="float64")
    assert leads_to_hidden(fitting, POLICY) is hidden


@pytest.mark.parametrize(("counts", "hidden"), [([82], True), ([70, 90], False)])
def test_a_restricted_count_is_protected_whatever_its_size(counts: list[int], hidden: bool) -> None:
    fitting = pd.DataFrame({"numerator": counts, "complement": float("nan")}, dtype="float64")
    assert leads_to_hidden(fitting, POLICY, restricted=True) is hidden


def test_small_counts_of_things_are_not_withheld() -> None:
    assert not must_withhold(18.8, Policy(people=False, per=100), decimals=1, denominators=(16, 16))


def test_more_candidates_than_can_be_listed_prove_nothing() -> None:
    assert not must_withhold(1.0, POLICY, decimals=0, denominators=(1, 100_000))


@settings(max_examples=60)
@given(st.integers(1, 90), st.data())
def test_limits_tell_how_many_a_percentage_is_of(size: int, data: st.DataObject) -> None:
    count = data.draw(st.integers(1, size))
    limits = tuple(round(float(end), 1) for end in intervals.wilson(count, size, per=100))
    small = count < 5 or 0 < size - count < 5
    told = must_withhold(round(100 * count / size, 1), POLICY, decimals=1, limits=limits)
    assert told or not small or count == size


@pytest.mark.parametrize(("events", "hidden"), [(2, True), (4, True), (12, False), (40, False)])
def test_limits_tell_how_many_events_a_rate_is_of(events: int, hidden: bool) -> None:
    policy, limits = Policy(per=100_000), intervals.crude_rate(events, 48_000, per=100_000)
    printed = [round(float(each), 1) for each in (events / 0.48, *limits)]
    assert must_withhold(printed[0], policy, decimals=1, limits=tuple(printed[1:])) is hidden


@pytest.mark.parametrize(
    ("value", "count", "hidden"), [(97.6, 41, True), (93.2, 41, True), (82.0, 41, False), (100.0, 41, False)]
)
def test_a_count_beside_its_percentage_tells_how_many_are_left_over(value: float, count: float, hidden: bool) -> None:
    assert must_withhold(value, POLICY, decimals=1, numerator=count) is hidden
