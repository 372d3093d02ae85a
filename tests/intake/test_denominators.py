"""A rate is computed with the people that its count is of: the same area, the same breakdown, the same time."""

import pytest

from drug_outcomes.definitions import framework, observations
from drug_outcomes.intake import measure_mapping
from material import PROJECT

YEAR = {"period_start": "2023-09", "period_end": "2024-08", "period_basis": "acad_year", "area": "E06000045"}
PUPILS = {"": 36_400.0, "school_type=Special": 850.0, "school_type=State-funded primary": 21_000.0}


@pytest.fixture(scope="module")
def definitions():
    return framework.load(PROJECT / framework.FRAMEWORK)


def _rated(definitions, breakdown: str, suspended: float, **pupils: object):
    suspensions = YEAR | {"measure": "school_suspensions", "source": "dfe_exclusions", "breakdown": breakdown,
                          "numerator": suspended, "value": suspended, "status": "published"}  # fmt: skip
    heads = [
        YEAR | {"source": "dfe_exclusions", "indicator": "headcount", "breakdown": of, "value": count} | pupils
        for of, count in PUPILS.items()
    ]
    known = observations.frame([suspensions, *heads])
    return measure_mapping.with_denominators(known, definitions).iloc[0]


@pytest.mark.parametrize(
    ("breakdown", "suspended", "rate"),
    [("", 182, 0.5), ("school_type=Special", 9, 1.0588235), ("school_type=State-funded primary", 21, 0.1)],
)
def test_a_breakdown_is_divided_by_its_own_people(definitions, breakdown, suspended, rate):
    found = _rated(definitions, breakdown, suspended)
    assert (found["value"], found["denominator"]) == (pytest.approx(rate), PUPILS[breakdown])


@pytest.mark.parametrize("breakdown", ["school_type=Alternative provision", "sex=Female", "age=18-24"])
def test_a_breakdown_without_people_of_its_own_has_no_rate(definitions, breakdown):
    found = _rated(definitions, breakdown, 9)
    assert (str(found["value"]), found["status"]) == ("nan", "not_calculated")


def test_people_of_another_area_are_no_denominator(definitions):
    assert _rated(definitions, "", 182, area="E06000044")["status"] == "not_calculated"
