"""The maker of many areas: the schema, sums that agree, the same frame for the same seed."""

import time

import pandas as pd
import pytest

from drug_outcomes.definitions import observations
from exampleshire.many import each_area, many_areas


@pytest.fixture(scope="module")
def made() -> pd.DataFrame:
    return many_areas(areas=5, measures=4, periods=6, breakdowns=4, seed=7)


def test_there_is_a_row_for_every_area_measure_period_and_breakdown(made):
    assert len(made) == 5 * 4 * 6 * 4
    assert not made.duplicated(["area", "measure", "period_start", "breakdown"]).any()


def test_rows_are_in_the_schema_of_observations(made):
    pd.testing.assert_frame_equal(made, observations.conform(made))


def test_groups_make_the_total(made):
    key = ["area", "measure", "period_start"]
    groups = made[made["breakdown"] != ""].groupby(key)["numerator"].sum()
    totals = made[made["breakdown"] == ""].set_index(key)["numerator"]

    assert (totals == groups.reindex(totals.index)).all()


def test_england_is_the_sum_of_all_areas(made):
    key = ["measure", "period_start", "breakdown"]
    england = made[made["area"] == "E92000001"].set_index(key)["numerator"]

    assert (made[made["area"] != "E92000001"].groupby(key)["numerator"].sum().reindex(england.index) == england).all()


def test_percentages_come_from_their_counts(made):
    shares = made[made["denominator"].notna()]

    assert len(shares) == len(made) / 2
    assert (100 * shares["numerator"] / shares["denominator"] - shares["value"]).abs().max() < 1e-9


def test_the_same_seed_makes_the_same_rows_and_another_seed_others(made):
    pd.testing.assert_frame_equal(made, many_areas(5, 4, 6, 4, seed=7))
    assert not made["value"].equals(many_areas(5, 4, 6, 4, seed=8)["value"])


def test_one_area_at_a_time_makes_the_same_rows(made):
    pd.testing.assert_frame_equal(pd.concat(each_area(5, 4, 6, 4, 7), ignore_index=True), made)


@pytest.mark.parametrize(("areas", "breakdowns"), [(1, 1), (1, 3), (2, 1)])
def test_small_sizes_work(areas, breakdowns):
    assert len(many_areas(areas, 2, 3, breakdowns)) == areas * 2 * 3 * breakdowns


def test_measures_bear_the_names_that_are_asked_for():
    assert set(many_areas(2, 2, 2, 1, names=["one", "two"])["measure"]) == {"one", "two"}


def test_five_million_rows_take_seconds(thorough):
    size = (151, 40, 60, 14) if thorough else (16, 40, 60, 14)
    start = time.process_time()
    rows = sum(len(one) for one in each_area(*size))
    seconds = time.process_time() - start
    print(f"{rows} rows in {seconds:.1f} s")

    assert seconds < rows / 100_000 + 5
