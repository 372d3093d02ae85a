"""What the rules find: published vectors, the published documents, and everything planted in Exampleshire."""

import ast
import csv
import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from drug_outcomes import figures, quality
from drug_outcomes.definitions import observations
from drug_outcomes.definitions.framework import load
from drug_outcomes.definitions.vocabulary import Audience, Severity
from drug_outcomes.disclosure import Context, Policies, Rules
from drug_outcomes.quality import arithmetic, timing_rules
from drug_outcomes.reporting import report
from material import PROJECT, vectors_folder
from small_evidence import DEFINITIONS, SHARE, evidence, years

VECTORS = vectors_folder()
CASES = json.loads((VECTORS / "consistency_rules.json").read_text("utf-8"))
SEEDS = list(csv.DictReader((VECTORS / "seed_anomalies.csv").read_text("utf-8").splitlines()))
RULES = {rule.id for rule in quality.RULES}
Case = dict[str, Any]


# The arithmetic, against published vectors.


def _by_numbers(case: Case) -> Any:
    """Translate the names of a vector into a call; nothing is computed here."""
    given = dict(case["input"])
    match given.pop("rule").split(" ")[0]:
        case "parts_sum":
            return arithmetic.parts_sum(**given)
        case "growth_hull":
            return arithmetic.growth_hull(**given)
        case "percent_granularity":
            return arithmetic.percent_granularity(**given)
        case "order_of_magnitude":
            return arithmetic.order_of_magnitude(given["value"], given["reference_median"])
        case "digit_slip":
            return arithmetic.digit_slip(given["value"], *given["plausible"])
        case "union_between_parts":
            return arithmetic.union_between_parts(**given)
        case "truncated_digits":
            return arithmetic.truncated_from(given["value"], given["other_statements_of_same_fact"])
        case "stated_percent_change":
            return arithmetic.stated_percent_change(**given)
        case rule:
            raise AssertionError(f"no rule for {rule}")


def _told(answer: Any) -> Case:
    if type(answer) is tuple:
        return {"truncated_from": answer, "flag": bool(answer)}
    own = answer._asdict()
    ends = ("hull", "feasible_range") if "low" in own else ()
    return own | dict.fromkeys(ends, (own.get("low"), own.get("high")))


@pytest.mark.parametrize("case", [pytest.param(case, id=case["id"]) for case in CASES])
def test_a_published_vector_of_consistency_is_met(case, record_property: Callable[[str, object], None]):
    record_property("cases of", "consistency_rules")
    told = _told(_by_numbers(case))

    for name, expected in case["expected"].items():
        if isinstance(expected, list):
            assert list(told[name]) == pytest.approx(expected), name
        elif isinstance(expected, float):
            assert told[name] == pytest.approx(expected), name
        else:
            assert told[name] == expected, name


# The published documents: each row of the list of known anomalies.


@pytest.fixture(scope="module")
def of_the_documents() -> pd.DataFrame:
    """Everything found in the area whose scorecard and reports are the published ones."""
    return figures.cleared(PROJECT, report.question(PROJECT, "southampton")).findings


def _places(seed: Case) -> tuple[set[str], set[int]]:
    """Return the lines of documents and the numbers of measures that a known anomaly lies in."""
    parts = [part.strip() for part in seed["places"].split("|")]
    numbers = {int(found[1]) for part in parts if (found := re.search(r"measure (\d+)", part))}
    lines = {re.sub(r" \(\+\d+\)$", "", part) for part in parts if "measure" not in part}
    return lines, numbers


def _raised(seed: Case, findings: pd.DataFrame) -> pd.DataFrame:
    rule = seed["rule"].split(" ")[1].rstrip(":")
    mine = findings[findings["rule"] == rule]
    lines, numbers = _places(seed)
    beside = mine["place"].map(lambda place: bool(lines & set(place.split("; ")))).astype(bool)
    return mine[beside | mine["number"].isin(numbers)]


@pytest.mark.parametrize("seed", [pytest.param(seed, id=seed["id"]) for seed in SEEDS])
def test_a_known_anomaly_is_raised_and_what_is_sound_is_not(
    seed, of_the_documents, record_property: Callable[[str, object], None]
):
    found = _raised(seed, of_the_documents)
    manual = found["status"] == "manual"
    rule = seed["rule"].split(" ")[1].rstrip(":")
    raised = "manual" if manual.any() else "yes" if len(found) else "no"
    record_property("anomaly", (rule, seed["id"], raised, "expected" if seed["expected_flag"] == "True" else "sound"))

    assert (len(found) > 0) == (seed["expected_flag"] == "True"), of_the_documents[of_the_documents["rule"] == rule][
        ["number", "place", "what"]
    ].to_string()


def test_judgements_of_prose_are_counted_apart(of_the_documents):
    manual = of_the_documents[of_the_documents["status"] == "manual"]

    assert not set(manual["rule"]) & RULES - {"name_mismatch"}


# Rules are classes: none knows a measure, a document, an area or a value of the published material.


def _literals(file: Path) -> list[str]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    documented = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef))
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    return [
        str(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and not isinstance(node.value, bool) and id(node) not in documented
    ]


@pytest.mark.parametrize(
    "file", sorted((PROJECT / "lib/drug_outcomes/quality").glob("*.py")), ids=lambda file: file.stem
)
def test_no_rule_mentions_a_measure_a_document_an_area_or_a_value(file):
    definitions = load(PROJECT / "data" / "framework")
    documents = {place.split(":")[0] for seed in SEEDS for place in re.findall(r"[\w.-]+\.(?:tsv|txt)", seed["places"])}
    numbers = {
        number
        for seed in SEEDS
        for number in re.findall(r"\d[\d,]*\.?\d*", seed["values"])
        if len(number.strip("0.,")) > 2
    }
    areas = set(pd.read_csv(PROJECT / "data/framework/areas.csv", dtype=str)["code"])
    literals = _literals(file)
    named = [word for word in literals if word in {*definitions.measures["measure"], *documents, *areas}]
    valued = [word for word in literals if word in {number.replace(",", "") for number in numbers}]

    assert (named, valued) == ([], [])


# Exampleshire: everything that is planted, and hardly anything else.

PLANTED = pd.read_csv(PROJECT / "data/areas/exampleshire/planted.csv", dtype=str, keep_default_na=False)
#: Facts about what is printed, true of every such arrow or percentage: told once each, and no alarm.
FACTS = {"overlapping_windows", "back_calculation", "small_count_watch", "correction_applied"}


@pytest.fixture(scope="module")
def of_the_example() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Everything found in the fictional area, and its figures."""
    asked = report.question(PROJECT, "exampleshire", audience="partnership")
    released = figures.cleared(PROJECT, asked)
    own = (released.series["area"] == released.latest["area"].iloc[0]) & (released.series["breakdown"] == "")
    return released.findings, released.series[own & released.series["value"].notna()]


@pytest.mark.parametrize("one", PLANTED.to_dict("records"), ids=lambda one: f"{one['rule']}-{one['measure']}")
def test_what_is_planted_is_found_by_the_rule_of_its_class(
    one, of_the_example, record_property: Callable[[str, object], None]
):
    found, _ = of_the_example
    mine = found[(found["rule"] == one["rule"]) & (found["measure"] == one["measure"])]
    at = mine[mine["period_label"] == one["period"]]
    record_property("planted", (one["rule"], one["measure"], one["period"], "found" if len(at) else "MISSED"))

    assert len(at)


def test_at_most_one_false_alarm_in_a_hundred_clean_measure_periods(
    of_the_example, record_property: Callable[[str, object], None]
):
    found, held = of_the_example
    # What follows from a fault is no false alarm: one number can be out of range and out of scale.
    corrected = pd.read_csv(PROJECT / "data/areas/exampleshire/corrections.csv", dtype=str)
    planted = {
        *zip(PLANTED["measure"], PLANTED["period"], strict=True),
        *zip(corrected["measure"], corrected["period"], strict=True),
    }
    signals = set(PLANTED.loc[PLANTED["kind"] == "signal", "measure"])
    grave = found["severity"].isin([Severity.ERROR, Severity.WARNING, Severity.QUERY]) & ~found["rule"].isin(FACTS)
    at = pd.Series(list(zip(found["measure"], found["period_label"], strict=True)), found.index).isin(planted)
    alarms = found[grave & ~at & ~(found["rule"].isin({"spike", "step", "drift"}) & found["measure"].isin(signals))]
    clean = len(held.drop_duplicates(["measure", "period_label"])) - len(planted)
    record_property(
        "false alarms", f"{len(alarms)} in {clean} clean measure-periods ({100 * len(alarms) / clean:.2f}%)"
    )

    assert len(alarms) <= clean / 100, alarms[["rule", "measure", "period_label", "what"]].to_string()


def test_the_usual_step_of_a_series_is_one_that_it_has():
    held = [0, 1, 2, 4, 7]  # steps of 1, 1, 2 and 3 years: half-way between the middle ones no year begins
    rows = years(SHARE, *range(8), source=DEFINITIONS.measure(SHARE).source)
    found = timing_rules.period_gap(evidence([rows[at] for at in held]))

    assert list(found["period_label"]) == ["2021/22", "2023/24"]


# What the public may not see, no rule sees.


def test_rules_for_the_public_see_no_release_that_is_not_published():
    rows = [
        {"measure": "m", "area": "E06000001", "value": value, "file": file, "release": release, "status": "published"}
        for value, file, release in [
            (1, "a", "public"),
            (2, "b", "restricted"),
            (3, "c", "restricted_until 2025-01-01"),
        ]
    ]
    known = observations.frame(rows)
    hidden = known.assign(withheld=["", "restricted", "restricted"])
    asked = report.question(PROJECT, "southampton", as_of="2024-12-31")
    later = replace(asked, as_of="2025-06-30")
    partners = replace(asked, audience=Audience.PARTNERSHIP)

    rules = [Rules(Policies({}), Context(), one.audience, one.as_of) for one in (asked, later, partners)]

    assert [list(one.every_release(known, hidden)["value"]) for one in rules] == [[1.0], [1.0], [1.0, 2.0, 3.0]]


def test_the_list_ranks_what_cannot_be_right_first_and_what_is_explained_last():
    names = ["rule", "severity", "measure", "number", "document", "status"]
    told = [
        ("odd", "query", "a", 1, "", "open"),
        ("everywhere", "warning", "b", 2, "", "open"),
        ("everywhere", "warning", "c", 3, "", "open"),
        ("wrong", "error", "c", 3, "", "open"),
        ("wrong", "error", "d", 4, "", "explained"),
    ]
    ranked = quality.ranked(pd.DataFrame(told, columns=names))

    assert list(zip(ranked["measure"], ranked["more"], strict=True)) == [("c", 1), ("a", 0), ("b", 0), ("d", 0)]
