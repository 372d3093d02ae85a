"""A new edition of the estimates is a break; what it did and what people did add up."""

import math
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drug_outcomes.definitions import framework, observations
from drug_outcomes.intake import vintages
from drug_outcomes.reporting import wording
from drug_outcomes.reporting.cards import Cards
from drug_outcomes.statistics import changes, editions, intervals, trends
from material import PROJECT

FEW = settings(max_examples=60)


def shares(reached: list[float], estimates: list[float], **columns: Any) -> pd.DataFrame:
    """Shares of estimates that are not reached, one a year from 2015/16 on."""
    rows = [
        {
            "measure": "m", "area": "a", "period_basis": "fin_year", "numerator": whole - part, "denominator": whole,
            "value": 100 * (whole - part) / whole, "period_label": f"{2015 + at}/{16 + at}",
            "period_start": f"{2015 + at}-04", "period_end": f"{2016 + at}-03",
        }
        for at, (part, whole) in enumerate(zip(reached, estimates, strict=True))
    ]  # fmt: skip
    definition = {"kind": "proportion", "per": 100.0, "decimals": 1, "polarity": "", "polarity_agreed": False}
    frame = observations.conform(pd.DataFrame(rows)).assign(**definition, modelled=True, **columns)
    return editions.add_edition(intervals.add_intervals(frame))


@FEW
@given(st.integers(1, 5000), st.integers(5001, 9000), st.integers(1, 5000), st.integers(5001, 9000))
def test_the_estimate_and_people_add_up_to_the_change(
    reached: int, estimate: int, after: int, estimate_after: int
) -> None:
    parts = editions.decomposed(estimate - reached, estimate, estimate_after - after, estimate_after)
    change = 100 * (reached / estimate - after / estimate_after)

    assert sum(parts) == pytest.approx(change, abs=1e-9)
    assert (parts[0] == 0) >= (estimate == estimate_after) and (parts[1] == 0) >= (reached == after)
    back = editions.decomposed(estimate_after - after, estimate_after, estimate - reached, estimate)
    assert back == pytest.approx([-part for part in parts])


@pytest.mark.parametrize(
    ("reached", "estimates", "found"),
    [
        ([3000, 3010, 3020, 3030], [6000, 6000, 6000, 6500], [0, 0, 0, 1]),  # the estimate jumps, people do not
        ([3000, 3010, 3020, 3600], [6000, 6000, 6000, 6500], [0, 0, 0, 0]),  # people moved as much
        ([3000, 3010, 3020, 3030], [6000, 6020, 6040, 6060], [0, 0, 0, 0]),  # it grows with the population
        ([3000, 3010, 3020, 3030], [6000, 6400, 6000, 6450], [0, 0, 0, 0]),  # it always varies so
        ([3000, 3010], [6000, 5500], [0, 1]),
        ([3000], [6000], [0]),
    ],
)
def test_an_edition_is_seen_where_the_estimate_jumps_and_the_number_reached_does_not(
    reached: list[float], estimates: list[float], found: list[int]
) -> None:
    frame = shares(reached, estimates)

    assert frame["edition"].tolist() == found
    assert editions.add_edition(frame.assign(modelled=False))["edition"].tolist() == [0] * len(found)


def test_nothing_is_joined_across_a_new_edition() -> None:
    frame = trends.add_direction(shares([3000, 3010, 2900], [6000, 6500, 6500]))
    found = changes.add_two_period(frame)

    assert found["direction"].tolist() == ["unknown", "unknown", "up"]
    assert found["two_period"].tolist() == ["cannot_be_calculated"] * 2 + ["no_significant_change"]


@pytest.mark.parametrize("declared", [False, True])
def test_beside_a_new_edition_the_page_says_what_it_did_and_what_people_did(declared: bool) -> None:
    frame = shares([3000, 3010, 2900], [6000, 6500, 6500])
    if declared:
        frame = frame.assign(segment=["old", "new", "new"], edition=0)
    row = wording.Row(editions.add_change_of_edition(frame).iloc[-1])

    assert wording.new_edition(row) == (
        "The estimates behind 2015/16 and 2016/17 are different, so the two are not compared. From 50.0% to 53.7%: "
        "+3.9 points are the new estimate (method and real change together), \u22120.2 points are the number of people "
        "reached."
    )


def test_the_first_figure_of_a_new_edition_says_so_in_place_of_its_caveat() -> None:
    definitions = framework.load(PROJECT / framework.FRAMEWORK)
    rows = editions.add_change_of_edition(shares([3000, 3010, 2900], [6000, 6500, 6500]))
    first, later = (
        Cards(None, None, definitions, {})._caveat(wording.Row(row))
        for _, row in rows.assign(measure="unmet_need_opiates").iloc[1:].iterrows()
    )

    assert first.startswith("The estimates behind 2015/16 and 2016/17 are different")
    assert later == wording.caveat(definitions.measure("unmet_need_opiates").caveats) != ""


def test_without_a_new_edition_nothing_is_said_of_one() -> None:
    row = editions.add_change_of_edition(shares([3000, 3010], [6000, 6000])).iloc[-1]

    assert wording.new_edition(wording.Row(row)) == "" and math.isnan(row["edition_by_people"])


def test_an_edition_begins_with_its_release_and_not_with_a_year() -> None:
    told = {"measure": "m", "area": "a", "period_start": "2023-04", "period_end": "2024-03", "segment": "since 2021/22"}
    rows = [
        told | {"received": "2024-12-11", "source": "ndtms_viewit"},
        told | {"received": "2026-02-01", "source": "ndtms_viewit"},
        told | {"received": "2026-03-01", "source": vintages.PRINTED},
        told | {"received": "2026-02-01", "source": "ndtms_viewit", "measure": "other"},
        told | {"received": "2026-03-01", "source": vintages.PRINTED, "area": "only printed"},
    ]
    breaks = pd.DataFrame(
        [{"measure": "m", "area": "", "from_release": "2026-01-01", "edition": "estimates for 2022/23"}]
    )
    found = vintages.by_edition(observations.frame(rows), breaks)

    old, new = "since 2021/22", "estimates for 2022/23"
    assert found["segment"].tolist() == [old, new, old, old, new]
