"""Every published test vector of the statistics, one case each, through public functions.

The adapters translate the vectors' names into the library's; they compute nothing. The summary at the end of
the run says how many vectors of each file ran.
"""

import csv
import json
import math
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from drug_outcomes.definitions.vocabulary import Chart, Verdict
from drug_outcomes.statistics import (
    anomalies,
    benchmarks,
    changes,
    comparisons,
    funnels,
    intervals,
    process_charts,
    recent_trends,
    signals,
    standardisation,
    targets,
)
from drug_outcomes.statistics.arrays import improvement_direction
from drug_outcomes.statistics.intervals import LEVEL_95, LEVEL_998
from drug_outcomes.statistics.recent_trends import Marker
from drug_outcomes.statistics.signals import Assurance, Rule
from material import vectors_folder

VECTORS = vectors_folder()
LEVELS = {"95": LEVEL_95, "998": LEVEL_998}
#: A level as peers state it: the tail outside, or the confidence on one side.
TAILS = {0.025: LEVEL_95, 0.001: LEVEL_998, 0.975: LEVEL_95, 0.999: LEVEL_998}
POLARITY = {"high_good": "high_is_good", "low_good": "low_is_good"}

Case = dict[str, Any]


def json_cases(name: str) -> list[Case]:
    path = VECTORS / name
    return json.loads(path.read_text("utf-8")) if path.exists() else []


def csv_cases(name: str) -> list[Case]:
    path = VECTORS / name
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return [{key: typed(value) for key, value in row.items()} for row in csv.DictReader(file)]


def chart_cases(name: str) -> list[Case]:
    """The rows of one chart are one case."""
    charts: dict[str, list[Case]] = {}
    for row in csv_cases(name):
        charts.setdefault(row["id"], []).append(row)
    return [{"id": each, "table": pd.DataFrame(rows)} for each, rows in charts.items()]


def typed(text: str) -> Any:
    try:
        return float(text)
    except ValueError:
        return {"": math.nan, "NA": math.nan, "True": True, "False": False, "TRUE": True, "FALSE": False}.get(
            text, text
        )


def vectors(name: str, read: Callable[[str], list[Case]]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("case", [pytest.param(case, id=case["id"]) for case in read(name)])


@pytest.fixture(autouse=True)
def counted(request: pytest.FixtureRequest, record_property: Callable[[str, object], None]) -> None:
    """Let the summary say how many vectors each test ran."""
    record_property("cases of", request.node.originalname.removeprefix("test_"))


def close(found: Any, expected: Any, *, relative: float = 1e-7, absolute: float = 1e-9) -> None:
    """Compare numbers; None and NaN are both "no value"."""
    __tracebackhide__ = True
    wanted = [math.nan if each is None else each for each in np.atleast_1d(np.asarray(expected, dtype=object))]
    np.testing.assert_allclose(
        np.atleast_1d(np.asarray(found, dtype=float)), np.asarray(wanted, dtype=float), relative, absolute
    )


def improvement(polarity: str) -> float:
    return float(improvement_direction(pd.Series([POLARITY.get(polarity, polarity)]))[0])


# Intervals and standardised rates.


@vectors("proportion_wilson.csv", csv_cases)
def test_proportion_wilson(case: Case) -> None:
    for name, level in LEVELS.items():
        found = intervals.wilson(case["x"], case["n"], level, case["multiplier"])
        close(found, [case[f"lower{name}"], case[f"upper{name}"]])
    close(intervals.ratio(case["x"], case["n"], case["multiplier"]), case["value"])


@vectors("rate_byar_exact.csv", csv_cases)
def test_rate_byar_exact(case: Case) -> None:
    for name, level in LEVELS.items():
        found = intervals.crude_rate(case["count"], case["denominator"], level, case["multiplier"])
        close(found, [case[f"lower{name}"], case[f"upper{name}"]])
    close(intervals.ratio(case["count"], case["denominator"], case["multiplier"]), case["value"])
    if not math.isnan(case["byars_lower95_raw"]):
        close(intervals.byar(case["count"]), [case["byars_lower95_raw"], case["byars_upper95_raw"]])


@vectors("dsr.json", json_cases)
def test_dsr(case: Case) -> None:
    given, expected = case["input"], case["expected"]
    for name, level in LEVELS.items():
        found = standardisation.directly_standardised(
            given["count"], given["pop"], given["stdpop"], level, given["multiplier"], given.get("eventfreq")
        )
        close(found[1:], [expected["value"], expected[f"lower{name}"], expected[f"upper{name}"]])
    close(found.events, expected["total_count"])


@vectors("indirect_standardisation.json", json_cases)
def test_indirect_standardisation(case: Case) -> None:
    given, expected = case["input"], case["expected"]
    bands = [given[name] for name in ("count", "pop", "ref_count", "ref_pop")]
    rate = given["statistic"] == "rate"
    for name, level in LEVELS.items():
        found = standardisation.indirectly_standardised(*bands, level, given["scale"], as_rate=rate)
        close(found[3:], [expected["value"], expected[f"lower{name}"], expected[f"upper{name}"]])
    close([found.observed, found.expected], [expected["observed"], expected["expected"]])
    if rate:
        close(found.reference_rate, expected["ref_rate"])


@vectors("mean_t.json", json_cases)
def test_mean_t(case: Case) -> None:
    expected = case["expected"]
    for name, level in LEVELS.items():
        found = intervals.mean_limits(case["input"]["values"], level)
        close(found, [expected["value"], expected["stdev"], expected[f"lower{name}"], expected[f"upper{name}"]])


@vectors("quantiles.json", json_cases)
def test_quantiles(case: Case) -> None:
    given = case["input"]
    found = intervals.quantiles(given["values"], given["nquantiles"], highest_first=given["invert"])
    close(found, case["expected"]["quantile"])


# Funnels and comparisons.


@vectors("funnel_proportion_limits.csv", csv_cases)
def test_funnel_proportion_limits(case: Case) -> None:
    found = funnels.proportion_limits(case["average"], case["n"], TAILS[case["p"]])
    close(found, [case["lower"], case["upper"]])


@vectors("funnel_ratio_limits.csv", csv_cases)
def test_funnel_ratio_limits(case: Case) -> None:
    for name, level in (("2s", LEVEL_95), ("3s", LEVEL_998)):
        line = funnels.ratio_lines(case["observed_events"], level)
        # A lower line of the funnel stands where fewer events were observed than expected.
        for side in ("lower", "upper"):
            exp, count, isr = (case[f"{side}_{name}_{what}"] for what in ("exp_events", "count", "isr"))
            # The peer finds its lines by bisection to seven digits.
            close(getattr(line.expected, side), exp, relative=1e-4)
            close(getattr(line.excess, side), count, relative=1e-4)
            close(getattr(line.ratio, side), isr, relative=1e-4)


SIGNIFICANCE = {
    -2: "Low (0.001)", -1: "Low (0.025)", 0: "Not significant", 1: "High (0.025)", 2: "High (0.001)"
}  # fmt: skip


def significance(sign: float) -> str:
    return SIGNIFICANCE.get(sign, "Not applicable for events less than 10 for dsrs")


@vectors("funnel_significance.json", json_cases)
def test_funnel_significance(case: Case) -> None:
    given = case["input"]
    statistic = given.get("statistic", "rate")
    if statistic == "ratio":
        signs = funnels.ratio_significance(given["observed"], given["expected"])
    elif statistic == "proportion":
        signs = funnels.proportion_significance(given["numerator"], given["denominator"])
    else:
        standardised = given["rate_type"] == "dsr"
        signs = funnels.rate_significance(
            given["count"], given["rate"], given["multiplier"], given["pop"], standardised=standardised
        )
    assert [significance(sign) for sign in signs] == case["expected"]["significance"]


@vectors("observed_expected_significance.csv", csv_cases)
def test_observed_expected_significance(case: Case) -> None:
    for low, high, level in (("low95", "high95", LEVEL_95), ("low998", "high998", LEVEL_998)):
        found = intervals.crude_rate(case["observed"], case["expected"], level)
        close(found, [case[low], case[high]])
    sign = funnels.ratio_significance([case["observed"]], [case["expected"]])
    assert significance(sign[0]) == case["significance"]


@vectors("benchmark_comparison.json", json_cases)
def test_benchmark_comparison(case: Case) -> None:
    given, better = case["input"], improvement(case["input"]["polarity"])
    if given["method"] == "target_value":
        reached = targets.against_target(given["value"], given["target"], better)
        found = {1.0: "better", -1.0: "worse"}.get(float(reached), "not_compared")
    elif given["polarity"] in UNUSED_POLARITY:
        found = "not_compared"
    else:
        words = {Verdict.NOT_TESTED: "not_compared"}
        verdict = Verdict(comparisons.judged(signed(given), better)[0])
        found = {("better", 2): "best", ("worse", 2): "worst"}.get(
            (verdict, level_of(given)), words.get(verdict, verdict)
        )
    assert found == case["expected"]


UNUSED_POLARITY = ("not_applicable", "none", None)


def signed(given: Case) -> Any:
    """Call the method that the names of a vector's fields stand for."""
    low, high = given.get("lower"), given.get("upper")
    if "target" in given:
        return targets.interval_against_target(low, high, given["target"])
    unit = given.get("unit", 1)
    if "z" in given:
        limits = funnels.proportion_control_limits(given["benchmark"], given["denominator"], unit, given["z"])
        return funnels.outside(given["value"], limits)
    if "p" in given:
        level = TAILS[given["p"]]
        return funnels.outside(
            given["value"], funnels.rate_control_limits(given["benchmark"], given["denominator"], unit, level)
        )
    if "benchmark_lower" in given:
        other = given["benchmark"], given["benchmark_lower"], given["benchmark_upper"]
        return benchmarks.against_interval(given["value"], low, high, *other)
    return benchmarks.against_value(given["value"], low, high, given["benchmark"])


def level_of(given: Case) -> int:
    """Return 2 where the 99.8 % limits of a vector with two levels exclude the benchmark too."""
    outer = [value for key, value in given.items() if re.fullmatch(r"(lower|upper)_?99[._]?8.*", key)]
    if len(outer) < 2:
        return 1
    sign = benchmarks.against_value(given["value"], min(outer), max(outer), given["benchmark"])
    return 2 if abs(sign) == 1 else 1


PRINTED = {-1: "lower_numeric", 1: "higher_numeric", 0: "indistinguishable"}


@vectors("rounded_comparison.json", json_cases)
def test_rounded_comparison(case: Case) -> None:
    given = case["input"]
    local, local_ends = cell(given["local"])
    other, other_ends = cell(given["benchmark"])
    decimals, other_decimals = (given[name] or 0 for name in ("local_decimals", "benchmark_decimals"))
    sign = benchmarks.as_printed(local, decimals, other, other_decimals, *local_ends, *other_ends)
    found = PRINTED.get(float(sign), "not_comparable")
    assert case["expected"].startswith(found)


def cell(published: Any) -> tuple[float, tuple[float, float]]:
    """A suppressed cell, "<5", is no value but 1 to 4."""
    if isinstance(published, str) and published.startswith("<"):
        return math.nan, (1, float(published[1:]) - 1)
    return (math.nan if published in (None, "") else float(published)), (math.nan, math.nan)


# Change and trend.


@vectors("two_period_change.json", json_cases)
def test_two_period_change(case: Case) -> None:
    given, expected = case["input"], case["expected"]
    if "latest" in given:
        points = [
            [math.nan if part is None else part for part in given[name] or [None] * 3]
            for name in ("latest", "previous")
        ]
        sign = benchmarks.against_interval(*points[0], *points[1])
        markers = {-1: Marker.DECREASING, 0: Marker.NO_CHANGE, 1: Marker.INCREASING}
        found = markers.get(float(sign), Marker.CANNOT)
        assert {"no_change": Marker.NO_CHANGE}.get(expected, expected) == found
    elif "exposure1" in given:
        rate = changes.rate_change(given["x1"], given["exposure1"], given["x0"], given["exposure0"])
        names = ("p", "rate_ratio", "rr_lower95", "rr_upper95")
        close([part[0] for part in rate], [unbounded(expected[name]) for name in names])
    else:
        people = (given[name] for name in ("x1", "n1", "x0", "n0"))
        proportion = changes.proportion_change(*people, always_fisher=True)
        found_parts = [part[0] for part in (proportion.chi_squared, proportion.p, proportion.fisher)]
        close(found_parts, [expected[name] for name in ("chi2_no_continuity", "p_no_continuity", "p_fisher")])


def unbounded(value: Any) -> Any:
    """JSON has no infinity; vectors write it as text or leave it out."""
    return math.inf if value is None or isinstance(value, str) else value


@vectors("recent_trend.json", json_cases)
def test_recent_trend(case: Case) -> None:
    given, expected = case["input"], case["expected"]
    found = recent_trends.Trend(Marker(given["marker"]), "") if "marker" in given else trend(given)
    marker = recent_trends.with_improvement(found.marker, improvement(given.get("polarity", "")))
    # The peer says "no change" where nothing was computed; the vector's note states that we do not.
    assert marker == (Marker.CANNOT if "WE return cannot" in case.get("note", "") else expected["marker"])
    for name, value in (("chi2", found.statistic), ("slope", found.slope), ("slope_logit", found.slope)):
        if expected.get(name) is not None:
            # Printed statistics are rounded, and peers divide intervals by 3.92 or by 2 x 1.959964.
            digits = len(str(expected[name]).partition(".")[2])
            close(value, expected[name], absolute=max(0.6 * 10**-digits, 0.002 if name == "chi2" else 0))


#: Value types of peers that have a recent trend, and what they are here.
VALUE_TYPES = {
    "proportion": "proportion",
    "crude rate": "crude_rate",
    "directly standardised rate": "standardised_rate",
    "other": "crude_rate",
}


def trend(given: Case) -> recent_trends.Trend:
    kind = VALUE_TYPES.get(given.get("value_type", given["kind"]).lower(), "count")
    counts = ("count", "denominator") if given["kind"] == "proportion" else ("", "")
    columns = {
        name: None if key not in given else [math.nan if each is None else each for each in given[key]]
        for name, key in zip(
            ("counts", "denominators", "values", "lowers", "uppers"), (*counts, "value", "lower", "upper"), strict=True
        )
    }
    width = {"width": given["ci_divisor"]} if "ci_divisor" in given else {}
    months = {1: 12, 3: 36}.get(given.get("year_range", 1), 0)
    return recent_trends.recent_trend(kind, given["time"], months=months, **columns, **width)


@vectors("mann_kendall.json", json_cases)
def test_mann_kendall(case: Case) -> None:
    found = recent_trends.kendall(case["input"]["values"])
    names = ("S", "var_S", "z", "p_normal", "p_exact", "sen_slope")
    close(found, [case["expected"][name] for name in names])


@vectors("runs_anhoej.csv", csv_cases)
def test_runs_anhoej(case: Case) -> None:
    close(process_charts.run_limits(int(case["n"])), [case["longest_run_max"], case["crossings_min"]])


# Process charts and surveillance.


@vectors("spc_xmr.csv", chart_cases)
def test_spc_xmr(case: Case) -> None:
    table = case["table"]
    first = table.iloc[0]
    fixed = first["fix_after_n_points"]
    limits = process_charts.xmr(
        table["y"],
        groups=table["rebase_group"],
        screen=bool(first["screen_outliers"]),
        fix_after=None if math.isnan(fixed) else int(fixed),
    )
    causes = signals.special_causes(table["y"], limits, table["rebase_group"])
    held = table["y"].notna().to_numpy()
    close(limits.centre, table["mean"])
    if constant(table):
        # The peer has no limits here (its screening drops every step of 0); ours meet in the mean.
        close(limits.lower, limits.centre)
        close(limits.upper, limits.centre)
        assert set(causes.rule) == {Rule.NONE}
        return
    close(limits.lower, table["lpl"])
    close(limits.upper, table["upl"])
    close(causes.side_of_mean[held], table["relative_to_mean"][held])
    assert [bool(each) for each in table["outside_limits"][held]] == list(causes.outside[held])
    assert [bool(each) for each in table["close_to_limits"][held]] == list(causes.near[held])
    assert [named(*each) for each in zip(causes.rule, causes.side, strict=True)] == list(table["special_cause_type"])
    kinds = signals.variation(causes.side, first["improvement_direction"])
    assert list(kinds) == list(table["point_type"])


def constant(table: pd.DataFrame) -> bool:
    return bool((table["y"] == table["y"][0]).all()) and bool(table["lpl"].isna().all())


def named(rule: str, side: float) -> str:
    """Name a special cause as the peer does."""
    high = side > 0
    return {
        Rule.NONE: "Common Cause",
        Rule.OUTSIDE: "Above UCL" if high else "Below LCL",
        Rule.TREND: f"7 Point Trend ({'Increasing' if high else 'Decreasing'})",
        Rule.NEAR: f"2 in 3 {'Above' if high else 'Below'} CL",
        Rule.SHIFT: f"7 Points {'Above' if high else 'Below'} CL",
    }[Rule(rule)]


@vectors("spc_rules.json", json_cases)
def test_spc_rules(case: Case) -> None:
    given, expected = case["input"], case["expected"]
    match given["rule"]:
        case "assurance":
            better = {"increase": 1.0, "decrease": -1.0, "neutral": 0.0}[given["improvement_direction"]]
            target = math.nan if given.get("target") is None else given["target"]
            found = signals.assurance(given["lpl"], given["upl"], target, better)
            assert found == (Assurance.NONE if expected is None else expected)
        case "xmr_limits_screened" | "xmr_limits_unscreened" | "xmr_limits":
            limits = process_charts.xmr(given["values"], screen="unscreened" not in given["rule"])
            names = ("mean", "lpl", "upl", "near_lpl", "near_upl")
            if given["values"]:
                close([part[0] for part in limits], [expected[name] for name in names], relative=1e-9)
            else:
                assert all(part.size == 0 for part in limits)
        case rule:
            close_or_empty(RULES[rule](given), expected)


RULES: dict[str, Callable[[Case], Any]] = {
    "seventh_point_one_side": lambda given: signals.seventh_on_one_side(given["relative_to_mean"]),
    "seventh_point_trend": lambda given: signals.seventh_of_trend(given["values"]),
    "part_of_seven": lambda given: signals.part_of_seven(given["flag"]),
    "two_in_three_window": lambda given: signals.two_of_three(given["close_to_limits"], given["relative_to_mean"]),
    "two_in_three_flagged_points": lambda given: signals.near_in_two_of_three(
        given["close_to_limits"], given["relative_to_mean"]
    ),
}


def close_or_empty(found: Any, expected: list[float]) -> None:
    assert [float(each) for each in found] == [float(each) for each in expected]


CHARTS = {
    "i": Chart.INDIVIDUALS,
    "mr": Chart.MOVING_RANGE,
    "c": Chart.C,
    "t": Chart.T,
    "p": Chart.P,
    "pp": Chart.P_PRIME,
    "u": Chart.U,
    "up": Chart.U_PRIME,
}


@vectors("spc_attribute_charts.csv", chart_cases)
def test_spc_attribute_charts(case: Case) -> None:
    table = case["table"]
    settings = {"per": printed_per(table)} | chart_settings(case["id"])
    chart = CHARTS[str(table["chart"].iloc[0])]
    denominator = table["denominator"] if table["denominator"].notna().any() else None
    groups = pd.Series(range(len(table))) >= settings.pop("part", len(table))
    limits = process_charts.attribute_limits(
        chart, table["numerator"], denominator, groups=groups.astype(float), **settings
    )
    close(limits.centre, table["cl"])
    close(limits.lower, table["lcl"])
    close(limits.upper, table["ucl"])


def printed_per(table: pd.DataFrame) -> float:
    """Return the unit in which a chart's values are printed: 1, or 50 metres, or 1,000 days."""
    ratio = table["value"] * table["denominator"] / table["numerator"]
    held = ratio[(table["numerator"] > 0) & ratio.notna()]
    return float(held.iloc[0]) if len(held) else 1.0


def chart_settings(name: str) -> Case:
    """Read freeze, exclude, part and multiply from the name of a chart, where its source states them."""
    found: Case = {}
    for word in ("freeze", "part"):
        stated = re.search(rf"_{word}_?(\d+)", name)
        if stated:
            found[word] = int(stated[1])
    excluded = re.search(r"_exclude((?:_?\d+)+)", name)
    if excluded:
        found["exclude"] = [int(place) - 1 for place in re.findall(r"\d+", excluded[1])]
    per = re.search(r"_mult(?:iply)?_?(\d+)", name)
    if per:
        found["per"] = float(per[1])
    return found


@vectors("ears.json", json_cases)
def test_ears(case: Case) -> None:
    given, expected = case["input"], case["expected"]
    settings = {"alpha": given["alpha"], "baseline": given["baseline"], "least_deviation": given["min_sigma"]}
    found = anomalies.ears(given["series"], given["method"], **settings)
    tested = found[found["upper_bound"].notna()]
    assert [place + 1 for place in tested.index] == expected["t"]
    close(tested["upper_bound"], expected["upperbound"])
    assert list(tested["alarm"]) == expected["alarm"]
