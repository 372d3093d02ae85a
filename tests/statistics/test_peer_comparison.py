"""Compared with the region, statistical neighbours and areas of like deprivation: what is pooled, and what never is."""

import dataclasses
import math
from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drug_outcomes import figures
from drug_outcomes.definitions import areas, observations
from drug_outcomes.definitions.areas import Area
from drug_outcomes.definitions.columns import COLUMNS
from drug_outcomes.definitions.vocabulary import Benchmark
from drug_outcomes.reporting import headlines, needs_report, report, tables, verdict_notes
from drug_outcomes.reporting.document_page import DocumentPage
from drug_outcomes.statistics import intervals, peer_comparison
from material import PROJECT

FEW = settings(max_examples=60)
OWN, REGION = "E06000001", "E12000001"
NEIGHBOURS = tuple(f"E0700000{number}" for number in range(1, 8))
PERIOD = {"period_start": "2023-04", "period_end": "2024-03", "period_basis": "fin_year", "period_label": "2023/24"}


@pytest.fixture(scope="module")
def area() -> Area:
    loaded = areas.load(PROJECT, "southampton")
    return dataclasses.replace(loaded, code=OWN, region=REGION, neighbours=NEIGHBOURS, peers=NEIGHBOURS[:3])


def row(area: str, events: float, people: float, **more: Any) -> dict[str, Any]:
    value = 100 * events / people if people else math.nan
    counts = {"value": value, "numerator": events, "denominator": people}
    return {"measure": "share", "area": area, "status": "published", **PERIOD, **counts, **more}


def frame(rows: list[dict[str, Any]], kind: str = "proportion") -> pd.DataFrame:
    """Figures as they come to be compared; what a row does not state is as it usually is."""
    table = observations.frame([{name: one[name] for name in one if name != "withheld"} for one in rows])
    withheld = [one.get("withheld", "") for one in rows]
    usual: dict[str, Any] = {
        "kind": kind, "per": 100.0, "decimals": 1, "polarity": "no_judgement", "polarity_agreed": False,
        "modelled": False, "denominator_bound": math.nan, "denominator_bound_note": "",
    }  # fmt: skip
    return intervals.add_intervals(table.assign(**usual, withheld=withheld))


def beside(area: Area, rows: list[dict[str, Any]], kind: str = "proportion", **own: Any) -> pd.Series:
    """Compare 40 of 400 people with other areas' figures."""
    series = frame([row(OWN, 40, 400, **own), *rows], kind)
    return peer_comparison.add_verdicts(series.iloc[[0]], series, area).iloc[0]


# The pool.

MEMBERS = st.lists(
    st.fixed_dictionaries(
        {
            "events": st.integers(0, 300),
            "more": st.integers(1, 900),
            "state": st.sampled_from(
                ["shown", "shown", "shown", "withheld", "suppressed", "earlier", "segment", "part"]
            ),
        }
    ),
    max_size=len(NEIGHBOURS),
)
STATES: dict[str, dict[str, Any]] = {
    "shown": {},
    "withheld": {"withheld": "suppressed"},
    "suppressed": {"status": "suppressed", "value": math.nan},
    "earlier": {"period_start": "2022-04", "period_end": "2023-03"},
    "segment": {"segment": "since 2020/21"},
    "part": {"breakdown": "sex=Female"},
}


@FEW
@given(MEMBERS)
def test_a_pool_is_all_that_was_counted_over_all_it_was_counted_among(members: list[dict[str, Any]]) -> None:
    area = areas.load(PROJECT, "southampton")
    area = dataclasses.replace(area, code=OWN, region=REGION, neighbours=NEIGHBOURS, peers=())
    rows = [
        row(code, one["events"], one["events"] + one["more"], **STATES[one["state"]])
        for code, one in zip(NEIGHBOURS, members, strict=False)
    ]
    found = beside(area, rows)

    events, people, number = 0, 0, 0  # one area at a time
    for one in members:
        if one["state"] == "shown":
            events, people, number = events + one["events"], people + one["events"] + one["more"], number + 1
    if number < 3:
        assert math.isnan(found["neighbours_value"]) and found["verdict_neighbours"] == "not_tested"
    else:
        pool = 100 * events / people
        lower, upper = intervals.wilson(40, 400, per=100)
        verdict = "higher" if pool < lower else "lower" if pool > upper else "similar"
        assert found["neighbours_value"] == pytest.approx(pool)
        assert found["verdict_neighbours"] == verdict
    assert found["neighbours_areas"] == (f"{number} of 7 areas" if number else "")


def test_what_is_hidden_changes_nothing(area: Area) -> None:
    shown = [row(code, 30, 400) for code in NEIGHBOURS[:4]]
    first, second = (
        beside(area, [*shown, row(NEIGHBOURS[5], secret, 400, withheld="restricted")]) for secret in (1, 390)
    )

    assert first.astype("str").equals(second.astype("str"))
    assert first["neighbours_areas"] == "4 of 7 areas"


def test_an_area_and_its_members_are_not_in_its_own_group(area: Area) -> None:
    own = dataclasses.replace(area, neighbours=(OWN, *NEIGHBOURS), members=NEIGHBOURS[:1])
    found = beside(own, [row(code, 20, 400) for code in NEIGHBOURS])

    assert found["neighbours_value"] == pytest.approx(5.0)
    assert found["neighbours_areas"] == "6 of 6 areas"


def test_an_area_that_was_received_twice_counts_once_with_its_newest_figure(area: Area) -> None:
    twice = [row(NEIGHBOURS[0], 390, 400, received="2024-05-01"), row(NEIGHBOURS[0], 20, 400, received="2024-06-01")]
    found = beside(area, [*twice, *(row(code, 20, 400) for code in NEIGHBOURS[1:3])])

    assert (found["peers_value"], found["peers_areas"]) == (pytest.approx(5.0), "3 of 3 areas")


@pytest.mark.parametrize(("number", "value"), [(2, math.nan), (3, 5.0)])
def test_fewer_than_three_areas_are_no_comparison(area: Area, number: int, value: float) -> None:
    found = beside(area, [row(code, 20, 400) for code in NEIGHBOURS[:number]])

    assert found["neighbours_value"] == pytest.approx(value, nan_ok=True)
    assert ("2 of 7 areas have a figure" in verdict_notes.not_pooled(found, "neighbours")) == (number == 2)


@pytest.mark.parametrize(
    ("kind", "counts", "reason"),
    [
        ("standardised_rate", {}, "rates adjusted for age cannot be pooled"),
        ("mean", {}, "averages and medians cannot be pooled"),
        ("proportion", {"numerator": math.nan}, "figures without their counts cannot be pooled"),
        ("crude_rate", {"denominator": math.nan}, "figures without their counts cannot be pooled"),
        ("proportion", {"value": 12.0}, "the counts do not make the figures of every area"),
    ],
)
def test_what_cannot_be_pooled_is_refused_with_its_reason_and_its_spread(
    area: Area, kind: str, counts: dict[str, float], reason: str
) -> None:
    rows = [row(code, 20 + place, 400) for place, code in enumerate(NEIGHBOURS)]
    found = beside(area, [{**rows[0], **counts}, *rows[1:]], kind)

    assert math.isnan(found["neighbours_value"])
    assert (found["verdict_neighbours"], found["compared_neighbours"]) == ("not_tested", "not_comparable")
    assert verdict_notes.not_pooled(found, "neighbours").startswith(f"Not tested: {reason}")
    assert "The middle of 7 of 7 areas is" in verdict_notes.not_pooled(found, "neighbours")


def test_counts_that_were_rounded_to_five_still_make_their_figures(area: Area) -> None:
    found = beside(area, [row(code, 20, 400, value=100 * 22.4 / 402.4) for code in NEIGHBOURS])

    assert found["neighbours_value"] == pytest.approx(5.0)


def test_the_regions_figure_is_the_published_one_whatever_its_kind(area: Area) -> None:
    found = beside(area, [row(REGION, 1, 2, value=5.5)], "standardised_rate", lower=9.0, upper=11.0)

    assert (found["region_value"], found["verdict_region"]) == (5.5, "higher")
    assert "lies above the region's 5.5" in verdict_notes.note(found, "region")


def test_counts_are_never_compared(area: Area) -> None:
    found = beside(area, [row(code, 20, 400) for code in (*NEIGHBOURS, REGION)], "count")

    assert found[[f"{one}_value" for one in Benchmark]].isna().all()
    assert set(found[[f"verdict_{one}" for one in Benchmark]]) == {"not_tested"}


def test_without_a_figure_of_its_own_nothing_is_compared(area: Area) -> None:
    found = beside(area, [row(code, 20, 400) for code in NEIGHBOURS], value=math.nan, status="suppressed")

    assert math.isnan(found["neighbours_value"]) and found["neighbours_refused"] == ""


def test_rows_of_any_index_get_their_own_verdicts(area: Area) -> None:
    rows = [row(OWN, 40, 400), *(row(code, 20, 400) for code in NEIGHBOURS)]
    year = {"period_start": "2024-04", "period_end": "2025-03"}
    later = [row(OWN, 40, 400, **year), *(row(code, 80, 400, **year) for code in NEIGHBOURS)]
    series = frame([*rows, *later])
    found = peer_comparison.add_verdicts(series.iloc[[8, 0]].set_axis([7, 3]), series, area)

    assert found["neighbours_value"].round(9).to_dict() == {7: 20.0, 3: 5.0}
    assert found["verdict_neighbours"].to_dict() == {7: "lower", 3: "higher"}


def test_a_limit_never_seems_to_lie_on_the_wrong_side_of_a_pool(area: Area) -> None:
    found = beside(area, [row(code, 511, 5000, value=10.2) for code in NEIGHBOURS], lower=10.24, upper=12.0)

    assert "10.24 to 12.00 lies above statistical neighbours' 10.22%" in verdict_notes.note(found, "neighbours")


# What an audience may see.


def _released(area: Area, hidden: str) -> pd.Series:
    """Return the comparison that is left where one area's figure was taken out."""
    out = {"value": math.nan, "withheld": "suppressed"}
    rows = [row(code, 40, 400, **(out if code == hidden else {})) for code in [OWN, *NEIGHBOURS]]
    shown = frame(rows)
    return peer_comparison.add_verdicts(shown.iloc[[0]], shown, area).iloc[0]


def test_beside_a_hidden_figure_nothing_is_tested(area: Area) -> None:
    found = _released(area, OWN)

    assert set(found[[f"verdict_{one}" for one in Benchmark]]) == {"not_tested"}
    assert set(found[[f"{one}_refused" for one in Benchmark]]) == {""}


def test_a_hidden_neighbour_is_left_out_of_the_pool(area: Area) -> None:
    found = _released(area, NEIGHBOURS[2])

    assert (found["neighbours_areas"], found["neighbours_value"]) == ("6 of 7 areas", 10.0)


def test_what_rests_on_shown_figures_is_shown(area: Area) -> None:
    assert _released(area, "none")["verdict_neighbours"] == "similar"


def test_every_column_that_a_comparison_adds_is_declared(area: Area) -> None:
    series = frame([row(OWN, 40, 400)])
    added = set(peer_comparison.add_verdicts(series, series, area)) - set(series)

    assert all(COLUMNS[name].derived for name in added)


# The fictional area, and the published scorecard.


@pytest.fixture(scope="module", params=["public", "partnership"])
def page(request: pytest.FixtureRequest) -> DocumentPage:
    asked = report.question(PROJECT, "exampleshire", audience=request.param)
    definitions, place = areas.with_definitions(PROJECT, "exampleshire")
    return DocumentPage(PROJECT, figures.cleared(PROJECT, asked), definitions, place, asked.period)


def _slow_pool(series: pd.DataFrame, one: Mapping[Hashable, Any], codes: tuple[str, ...]) -> float:
    events, people, number = 0.0, 0.0, 0
    for other in series.to_dict("records"):
        same = all(other[name] == one[name] for name in ("measure", "period_start", "period_end", "segment"))
        if same and other["area"] in codes and other["breakdown"] == "" and not other["withheld"]:
            if math.isnan(other["numerator"]) or math.isnan(other["denominator"]):
                return math.nan
            events, people, number = events + other["numerator"], people + other["denominator"], number + 1
    return one["per"] * events / people if number >= 3 else math.nan


def test_every_pool_of_the_fictional_area_is_the_sum_of_what_the_audience_sees(page: DocumentPage) -> None:
    wanted = [
        "measure",
        "area",
        "breakdown",
        "withheld",
        "period_start",
        "period_end",
        "segment",
        "numerator",
        "denominator",
    ]
    own = page.released.latest
    for one in own[own["kind"].isin(["proportion", "crude_rate"]) & own["value"].notna()].to_dict("records"):
        series = page.released.series.loc[page.released.series["measure"] == one["measure"], wanted]
        for other in (Benchmark.NEIGHBOURS, Benchmark.PEERS):
            slow = _slow_pool(series, one, getattr(page.area, other))
            assert one[f"{other}_value"] == pytest.approx(slow, nan_ok=True), (one["measure"], other)


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (19, "Compared with statistical neighbours Lower than 33.2%, pooled from 10 of 10 areas."),
        (12, "Compared with Example Midlands No clear difference from 48.8%."),
        (20, "Not tested: rates adjusted for age cannot be pooled. The middle of 6 of 6 areas is"),
        (4, "Compared with areas of like deprivation Higher than 3.7, pooled from 6 of 6 areas."),
    ],
)
def test_a_measures_section_tells_each_comparison_in_a_line(page: DocumentPage, number: int, words: str) -> None:
    latest = page.released.latest
    found = headlines.of_measures(page.released, list(latest.loc[latest["number"] == number, "measure"]))

    assert words in " ".join(tables.figures_of(found[0], "Example Midlands").text.split())


def test_a_count_has_no_line_for_other_areas(page: DocumentPage) -> None:
    found = headlines.of_measures(page.released, ["in_treatment_opiates"])

    assert "neighbours" not in tables.figures_of(found[0]).text


def test_the_needs_assessment_says_how_the_local_figure_stands(page: DocumentPage) -> None:
    shown = needs_report.beside(page)
    lines = [] if shown is None else shown.text.splitlines()
    told = {line.split(" | ")[0]: line for line in lines}
    alcohol = next(line for name, line in told.items() if "alcohol and non-opiates" in name)
    admissions = next(line for name, line in told.items() if name.startswith("Admissions of people aged 15 to 24"))

    assert "29.5% Local: no clear difference" in alcohol and alcohol.count("Local: lower") == 2
    assert "Local: higher" in admissions and "Pooled" not in admissions


def test_tests_against_other_areas_are_counted(page: DocumentPage) -> None:
    verdicts = page.released.latest[[f"verdict_{one}" for one in Benchmark]]
    number = int(np.sum(verdicts.to_numpy() != "not_tested"))

    told = headlines.checks_run(page.released, list(page.released.latest["measure"]))
    assert number > 20 and f"{number} with the region and similar areas" in told


def test_the_published_scorecard_is_told_as_before_where_no_other_area_is_held() -> None:
    asked = report.question(PROJECT, "southampton")
    whole = figures.cleared(PROJECT, asked).latest
    latest = whole[whole["on_scorecard"] == "yes"]

    assert len(latest) == 40 and (latest["verdict"] != "not_tested").sum() == 6
    assert set(np.ravel(latest[[f"verdict_basis_{one}" for one in Benchmark]])) == {"none"}
