"""Series break where the definitions say, under the same names in every source."""

import dataclasses

import pandas as pd
import pytest

from drug_outcomes.definitions import framework, observations, segments


@pytest.fixture(scope="module")
def definitions(project):
    return framework.load(project / framework.FRAMEWORK)


def with_breaks(definitions: framework.Definitions, *breaks: tuple[str, str, str]) -> framework.Definitions:
    rows = [
        {"measure": measure, "area": area, "from_period": start, "reason": "r", "kind": "break", "source": ""}
        for measure, area, start in breaks
    ]
    return dataclasses.replace(definitions, series_breaks=pd.DataFrame(rows, dtype="str"))


def row(
    start: str, *, area: str = "E06000045", measure: str = "school_suspensions", segment: str = ""
) -> dict[str, str]:
    return {"measure": measure, "area": area, "period_start": start, "segment": segment}


def names(definitions: framework.Definitions, *rows: dict[str, str]) -> list[str]:
    return list(segments.named(observations.frame(rows), definitions)["segment"])


@pytest.mark.parametrize(("start", "name"), [("2019-09", "before 2020/21"), ("2020-09", "since 2020/21"), ("", "")])
def test_a_figure_stands_before_or_since_the_break(definitions, start, name):
    assert names(definitions, row(start)) == [name]


def test_a_series_without_a_break_has_no_segments(definitions):
    assert names(definitions, row("2019-04", measure="paid_work")) == [""]


def test_a_segment_that_is_named_already_stays(definitions):
    assert names(definitions, row("2019-09", segment="trial")) == ["trial"]


def test_two_breaks_make_three_stretches(definitions):
    two = with_breaks(definitions, ("paid_work", "", "Apr 22 - Mar 23"), ("paid_work", "", "Apr 20 - Mar 21"))
    rows = [row(start, measure="paid_work") for start in ("2019-04", "2020-04", "2021-04", "2022-04")]
    first, second = "Apr 20 - Mar 21", "Apr 22 - Mar 23"
    assert names(two, *rows) == [f"before {first}", f"since {first}", f"since {first}", f"since {second}"]


def test_a_break_of_one_area_leaves_the_others_whole(definitions):
    one = with_breaks(definitions, ("school_suspensions", "E06000044", "2020/21"))
    assert names(one, row("2021-09"), row("2021-09", area="E06000044")) == ["", "since 2020/21"]


def test_a_context_is_no_break(definitions):
    assert names(definitions, row("2022-04", measure="drug_offences")) == [""]
