"""Need and reach: the published cases, slow simulations beside every interval, and what must be refused."""

import json
import math
from typing import Any

import numpy as np
import pandas as pd
import pytest

from drug_outcomes.statistics import changes, needs
from drug_outcomes.statistics.needs import Estimate, Flag, Reach, Refusal
from material import vectors_folder

FILE = vectors_folder() / "needs_assessment.json"
CASES = json.loads(FILE.read_text("utf-8")) if FILE.exists() else []
Case = dict[str, Any]


def _unmet(case: Case) -> list[float | None]:
    row = needs.add_unmet_need(pd.DataFrame([case["input"]]).astype("float64")).iloc[0]
    return [*row[["unmet_pct", "unmet_lower", "unmet_upper"]], row["unmet_flag"] or None]


def _risk(case: Case) -> list[float]:
    given = case["input"]
    found = needs.risk_ratio(*([given[name]] for name in ("x1", "n1", "x0", "n0")))
    return [float(part[0]) for part in found]


def _difference(case: Case) -> list[float]:
    given = case["input"]
    found = changes.proportion_change(*(np.array([given[name]]) for name in ("x1", "n1", "x0", "n0")))
    return [float(part[0]) for part in (found.difference, found.lower, found.upper)]


ANSWERS = {"unmet_pct": _unmet, "rr": _risk, "diff": _difference}


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_every_published_case(case: Case, record_property):
    record_property("cases of", FILE.name)
    answer = next(how for name, how in ANSWERS.items() if name in case["expected"])(case)

    for found, expected in zip(answer, case["expected"].values(), strict=True):
        if isinstance(expected, str) or expected is None:
            assert found == expected or (isinstance(found, float) and math.isnan(found))
        else:
            assert found == pytest.approx(expected, rel=1e-9)


def unmet(treated: float, need: float, low: float = math.nan, high: float = math.nan, **more: float) -> pd.Series:
    row = {"in_treatment": treated, "prevalence": need, "prevalence_lower": low, "prevalence_upper": high}
    return needs.add_unmet_need(pd.DataFrame([row | more])).iloc[0]


@pytest.mark.parametrize(
    ("treated", "value", "lower", "flag"),
    [
        (899, 10.1, 899 / 900, Flag.NONE),
        (900, 10.0, 1.0, Flag.NONE),
        (901, 9.9, 1.0, Flag.EXCEEDS_LOWER),
        (1000, 0.0, 1.0, Flag.EXCEEDS_LOWER),
        (1001, 0.0, 1.0, Flag.EXCEEDS),
    ],
)
def test_unmet_need_is_cut_off_at_nought_and_says_so(treated, value, lower, flag):
    row = unmet(treated, 1000, 900, 1100)

    assert (row["unmet_pct"], row["unmet_flag"]) == (pytest.approx(value), str(flag))
    assert row["unmet_lower"] == pytest.approx(100 * (1 - lower))


def test_a_rounded_number_in_treatment_widens_the_limits_by_half_its_step():
    row = unmet(400, 1000, 900, 1100, rounded_to=5)

    assert row["unmet_lower"] == pytest.approx(100 * (1 - 402.5 / 900))
    assert row["unmet_upper"] == pytest.approx(100 * (1 - 397.5 / 1100))


@pytest.mark.parametrize(("treated", "need"), [(math.nan, 1000), (400, math.nan), (400, 0)])
def test_what_is_not_known_is_flagged_and_has_no_value(treated, need):
    row = unmet(treated, need)

    assert math.isnan(row["unmet_pct"])
    assert row["unmet_flag"] == str(Flag.UNKNOWN)


def test_a_published_percentage_implies_its_estimate_within_rounding():
    found = needs.implied_need([830], [59.0], 1)

    assert [round(float(part[0])) for part in found] == [2024, 2022, 2027]


def test_need_from_a_rate_and_its_population():
    assert needs.people([9.4], [170_000], 1000) == pytest.approx([1598])


# A slow simulation agrees with every propagated interval.


def skewed(value: float, low: float, high: float, random: np.random.Generator, size: int) -> np.ndarray:
    """Draw one number at a time from two half-lognormals whose 95 % limits are those given."""
    found = []
    for _ in range(size):
        z = random.standard_normal()
        edge = high if z > 0 else low
        found.append(value * math.exp(abs(z) / 1.959964 * math.log(edge / value)))
    return np.array(found)


@pytest.mark.parametrize(("treated", "need", "low", "high"), [(410, 1000, 900, 1150), (2995, 5460, 4805, 6334)])
def test_a_simulation_agrees_with_the_limits_of_unmet_need(treated, need, low, high):
    drawn = skewed(need, low, high, np.random.default_rng(1), 20_000)
    row = unmet(treated, need, low, high)

    limits = np.quantile([100 * (1 - treated / one) for one in drawn], [0.025, 0.975])
    assert [row["unmet_lower"], row["unmet_upper"]] == pytest.approx(list(limits), abs=0.25)


def capacity(**row: float) -> pd.Series:
    return needs.add_capacity(pd.DataFrame([row])).iloc[0]


NEED = {"in_treatment": 2995.0, "prevalence": 5460.0, "prevalence_lower": 4805.0, "prevalence_upper": 6334.0}


def test_a_simulation_agrees_with_the_range_of_places_for_a_known_target():
    drawn = skewed(5460, 4805, 6334, np.random.default_rng(2), 20_000)
    row = capacity(**NEED, target=40.0)

    limits = np.quantile([one * 0.6 - 2995 for one in drawn], [0.025, 0.975])
    assert [row["more_lower"], row["more_upper"]] == pytest.approx([max(limit, 0) for limit in limits], abs=12)


def test_a_simulation_agrees_with_the_range_of_places_for_an_uncertain_target():
    random = np.random.default_rng(3)
    sigma = [math.log(high / low) / (2 * 1.959964) for low, high in ((4805, 6334), (0.62, 0.68))]
    drawn = [
        5460 * math.exp(sigma[0] * random.standard_normal()) * 0.65 * math.exp(sigma[1] * random.standard_normal())
        - 2995
        for _ in range(40_000)
    ]
    row = capacity(**NEED, target=35.0, target_lower=32.0, target_upper=38.0)

    assert [row["more_lower"], row["more_upper"]] == pytest.approx(list(np.quantile(drawn, [0.025, 0.975])), abs=15)


@pytest.mark.parametrize(("x1", "n1", "x0", "n0"), [(160, 250, 120, 240), (45, 600, 900, 20_000)])
def test_a_simulation_agrees_with_the_limits_of_a_ratio(x1, n1, x0, n0):
    random = np.random.default_rng(4)
    drawn = random.binomial(n1, x1 / n1, 20_000) / n1 / (random.binomial(n0, x0 / n0, 20_000) / n0)
    found = needs.risk_ratio([x1], [n1], [x0], [n0])

    limits = [float(found.lower[0]), float(found.upper[0])]
    assert limits == pytest.approx(list(np.quantile(drawn, [0.025, 0.975])), rel=0.05)


def test_a_simulation_agrees_with_the_combination_of_two_quantities():
    random = np.random.default_rng(5)
    one = Estimate(*(np.array([number]) for number in (100.0, 80.0, 125.0)))
    found = needs.combined(one, one, lambda first, second: first / second)
    sigma = math.log(125 / 80) / (2 * 1.959964)
    drawn = [math.exp(sigma * (random.standard_normal() - random.standard_normal())) for _ in range(40_000)]

    assert [float(found.lower[0]), float(found.upper[0])] == pytest.approx(
        list(np.quantile(drawn, [0.025, 0.975])), rel=0.02
    )


def test_the_same_figures_give_the_same_range_every_time():
    rows = [capacity(**NEED, target=35.0, target_lower=32.0, target_upper=38.0)["more_upper"] for _ in range(2)]

    assert rows[0] == rows[1]


@pytest.mark.parametrize(
    ("target", "flag"), [(60.0, "reached"), (45.0, "perhaps reached"), (20.0, ""), (math.nan, "not known")]
)
def test_capacity_says_when_nobody_more_is_needed(target, flag):
    row = capacity(**NEED, target=target)

    assert row["more_flag"] == flag
    assert not row["more_lower"] < 0


# Ratios where one group has nobody.


def binomial_tail(least: int, tries: int, share: float) -> float:
    return sum(math.comb(tries, n) * share**n * (1 - share) ** (tries - n) for n in range(least, tries + 1))


def test_nobody_in_one_group_has_a_lower_limit_of_nought_and_an_exact_upper_one():
    found = needs.rate_ratio([0], [1000], [8], [2000])
    share = float(found.upper[0]) * 1000 / (float(found.upper[0]) * 1000 + 2000)

    assert float(found.lower[0]) == 0
    assert 1 - binomial_tail(1, 8, share) == pytest.approx(0.025)


def test_nobody_in_the_reference_has_no_upper_limit():
    found = needs.risk_ratio([8], [1000], [0], [2000])

    assert math.isnan(found.value[0]) and math.isinf(found.upper[0])


def test_nobody_in_either_group_has_no_ratio():
    found = needs.risk_ratio([0], [1000], [0], [2000])

    assert all(math.isnan(part[0]) for part in found)


@pytest.mark.parametrize(
    ("group", "reach"),
    [
        (300, Reach.OVER), (200, Reach.LIKE), (120, Reach.UNDER), (4, Reach.SMALL), (0, Reach.SMALL),
        (math.nan, Reach.UNKNOWN),
    ],
)  # fmt: skip
def test_a_group_is_told_by_its_share_and_a_small_or_hidden_one_not_at_all(group, reach):
    counts = {"group": group, "everybody": 1000, "reference": 20_000, "reference_everybody": 100_000}
    row = needs.add_representation(pd.DataFrame([counts]).astype("float64")).iloc[0]

    assert row["reach"] == str(reach)
    assert math.isnan(row["representation"]) == (reach in (Reach.SMALL, Reach.UNKNOWN))


@pytest.mark.parametrize(
    ("group", "more", "reach"),
    [
        (19_600, {}, Reach.LIKE), (20_400, {}, Reach.LIKE), (17_900, {}, Reach.UNDER), (22_200, {}, Reach.OVER),
        (19_600, {"rounded_to": 5}, Reach.LIKE), (15_000, {"unsaid": True}, Reach.UNSAID),
    ],
)  # fmt: skip
def test_a_difference_of_less_than_a_tenth_is_none_however_sure_and_not_stated_says_nothing(group, more, reach):
    counts = {"group": group, "everybody": 100_000, "reference": 200_000, "reference_everybody": 1_000_000} | more
    row = needs.add_representation(pd.DataFrame([counts])).iloc[0]

    assert row["reach"] == str(reach)


@pytest.mark.parametrize(("group", "base", "told"), [(45, 5, False), (50, 5, True), (45, 1, True), (95, 10, False)])
def test_no_ratio_comes_from_a_small_count_that_was_rounded(group, base, told):
    counts = {"group": group, "everybody": 1000, "reference": 2000, "reference_everybody": 100_000}
    row = needs.add_representation(pd.DataFrame([counts | {"rounded_to": base}])).iloc[0]

    assert math.isnan(row["representation"]) != told


def cascade(*stages: tuple[float, str, str]) -> pd.DataFrame:
    rows = [{"cascade": "a", "count": n, "cohort": who, "period_label": when} for n, who, when in stages]
    return needs.add_cascade(pd.DataFrame(rows))


@pytest.mark.parametrize(
    ("second", "refused"),
    [
        ((400, "adults", "2024/25"), Refusal.NONE),
        ((400, "aged 15 to 64", "2024/25"), Refusal.COHORT),
        ((400, "adults", "2023/24"), Refusal.PERIOD),
        ((1001, "adults", "2024/25"), Refusal.MORE),
        ((math.nan, "adults", "2024/25"), Refusal.UNKNOWN),
    ],
)
def test_a_stage_of_other_people_is_refused(second, refused):
    found = cascade((1000, "adults", "2024/25"), second)

    assert list(found["refused"]) == ["", str(refused)]
    assert bool(found["of_previous"].notna().iloc[1]) == (refused is Refusal.NONE)


def test_shares_of_a_cascade_are_of_the_stage_before_and_of_the_first():
    found = cascade((1000, "adults", "y"), (400, "adults", "y"), (100, "adults", "y"))

    assert list(found["of_previous"])[1:] == [40.0, 25.0]
    assert list(found["of_first"])[1:] == [40.0, 10.0]


def test_after_a_refused_stage_shares_of_the_first_are_refused_too():
    found = cascade((1000, "aged 15 to 64", "y"), (400, "adults", "y"), (100, "adults", "y"))

    assert list(found["of_previous"].fillna(-1)) == [-1, -1, 25.0]
    assert found["of_first"].isna().all()
    assert found["refused"].iloc[2] == str(Refusal.BROKEN)


@pytest.mark.parametrize("absent", ["in_treatment", "prevalence", "prevalence_lower", "prevalence_upper"])
def test_capacity_is_not_known_where_anything_it_rests_on_is_missing(absent):
    row = capacity(**{**NEED, absent: math.nan}, target=20.0)

    assert row["more_flag"] == needs.More.UNKNOWN
