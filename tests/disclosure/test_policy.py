"""Policies: read from the definitions, and only ever made stricter."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import partnership
from drug_outcomes import figures
from drug_outcomes.definitions import framework
from drug_outcomes.definitions.vocabulary import Audience
from drug_outcomes.disclosure import Policies, Policy, Shows, policies, rounded
from drug_outcomes.errors import UnreadableInput
from drug_outcomes.reporting import report

POLICY = st.builds(
    Policy,
    threshold=st.integers(1, 12),
    show_zero=st.booleans(),
    rounding_base=st.sampled_from([1, 5, 10]),
    people=st.booleans(),
    audience=st.sampled_from(Audience),
    shows=st.sampled_from(Shows),
)


def definitions(**source: str) -> SimpleNamespace:
    stated = {"source": "returns", "threshold": "5", "show_zero": "yes", "rounding_base": "1"} | source
    measures = [
        {"measure": "entries", "source": "returns", "disclosive": "people"},
        {"measure": "weights", "source": "returns", "disclosive": "not"},
        {"measure": "orphan", "source": "unheard", "disclosive": "people"},
    ]
    return SimpleNamespace(sources=pd.DataFrame([stated]), measures=pd.DataFrame(measures).assign(per=1))


def test_a_policy_is_read_from_the_source_and_the_measure() -> None:
    found = policies(definitions(audience="public", threshold="8", rounding_base="5", show_zero="no", shows="band"))
    assert found["entries"] == Policy(8, False, 5, True, Audience.PUBLIC, Shows.BAND)
    assert not found["weights"].people


@pytest.mark.parametrize("measure", ["orphan", "never stated"])
def test_nothing_restricted_leaves_where_no_policy_is_stated(measure: str) -> None:
    assert policies(definitions(audience="public"))[measure] == Policy(audience=Audience.PARTNERSHIP)


@pytest.mark.parametrize(
    "wrong", [{"threshold": "few"}, {"threshold": "0"}, {"show_zero": "maybe"}, {"audience": "press"}, {"shows": "all"}]
)
def test_a_policy_that_is_not_understood_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(UnreadableInput, match="the disclosure policy of returns"):
        policies(definitions(**wrong))


def test_an_area_can_only_be_stricter() -> None:
    area = pd.DataFrame({"measure": ["", "entries"], "threshold": ["3", "10"], "audience": ["", "partnership"]})
    found = policies(definitions(audience="public"), area)
    assert (found["entries"].threshold, found["entries"].audience) == (10, Audience.PARTNERSHIP)
    assert (found["weights"].threshold, found["weights"].audience) == (5, Audience.PUBLIC)


def test_a_policy_for_an_unknown_measure_is_refused() -> None:
    with pytest.raises(UnreadableInput, match="unknown measure 'nonsense'"):
        policies(definitions(), pd.DataFrame({"measure": ["nonsense"]}))


@settings(max_examples=50)
@given(POLICY, POLICY)
def test_combining_policies_is_never_laxer_and_does_not_depend_on_order(one: Policy, other: Policy) -> None:
    both = one.combined(other)
    assert both == other.combined(one) and both.combined(one) == both
    assert both.threshold >= one.threshold and both.show_zero <= one.show_zero and both.people >= one.people


@pytest.mark.parametrize(("count", "to"), [(0, 0), (2, 0), (3, 5), (7, 5), (8, 10), (12, 10), (13, 15)])
def test_counts_are_rounded_half_up(count: int, to: int) -> None:
    assert rounded(pd.Series([count]), 5)[0] == to


def test_halves_go_up_where_the_base_is_even() -> None:
    assert rounded(pd.Series([5, 15, 25]), 10).tolist() == [10, 20, 30]


def test_only_whole_numbers_are_rounded() -> None:
    with pytest.raises(ValueError, match="only whole numbers"):
        rounded(pd.Series([7.4]), 5)


@pytest.mark.parametrize(("threshold", "width"), [(5, 3), (3, 1), (2, 1), (8, 6)])
def test_a_hidden_count_must_stay_as_wide_as_what_the_marker_says(threshold: int, width: int) -> None:
    assert Policy(threshold=threshold).needed_width == width


def test_every_measure_of_the_framework_has_a_policy(project) -> None:
    found = framework.load(project / "data" / "framework")
    assert set(policies(found)) == set(found.measures["measure"])


def with_policy(root: Path, text: str) -> Policies:
    partnership.make(root)
    (root / "data/areas" / partnership.AREA / "policy.csv").write_text(text, encoding="utf-8")
    return figures.known(root, report.question(root, partnership.AREA)).rules.policies


def test_an_area_tightens_its_policy_in_a_file_of_its_folder(tmp_path) -> None:
    text = "measure,threshold,audience\n,8,\nschool_suspensions,10,partnership\n"
    found = with_policy(tmp_path / "project", text)
    assert found["drug_misuse_deaths"].threshold == 8
    assert found["school_suspensions"] == replace(
        found["drug_misuse_deaths"], threshold=10, audience=Audience.PARTNERSHIP, per=100
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("measure,threshold\nschool_suspensions,3\n", "laxer than the framework's"),
        ("measure,shows\nactive_drug_networks,band\n", "laxer than the framework's"),
        ("measure,audience\nactive_drug_networks,public\n", "laxer than the framework's"),
        ("measure,treshold\nschool_suspensions,9\n", "no column 'treshold'"),
        ("measure,threshold\nnonsense,9\n", "unknown measure 'nonsense'"),
    ],
)
def test_an_areas_policy_that_is_laxer_or_not_understood_is_refused(tmp_path, text: str, told: str) -> None:
    with pytest.raises(UnreadableInput, match=told):
        with_policy(tmp_path / "project", text)
