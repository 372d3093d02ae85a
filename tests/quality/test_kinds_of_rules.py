"""Rules on small inputs of their own: what is found, what is only rounded, corrected or expected, and who is told."""

import random

import pandas as pd
import pytest

from drug_outcomes import quality
from drug_outcomes.definitions import statements
from drug_outcomes.definitions.vocabulary import Audience
from drug_outcomes.quality import About, Evidence, arithmetic, presentation_rules, recomputed_rules
from small_evidence import COUNT, ENGLAND, MONTHLY, RATE, SHARE, WEIGHT, evidence, year, years


def rules_of(found: pd.DataFrame) -> list[str]:
    return sorted(found["rule"])


# A change in per cent beside its two levels.


def told(*rows: dict) -> pd.DataFrame:
    return statements.of_rows({"document": "report.txt", "line": at} | row for at, row in enumerate(rows, 1))


def change(start: str, end: str, said: str, *, unit: str = "people", **more: str) -> pd.DataFrame:
    levels = [
        {"kind": "figure", "fact": fact, "text": text, "value": float(text.replace(",", "").rstrip("%")), "unit": unit}
        for fact, text in (("before", start), ("now", end))
    ]
    grown = {"kind": "change", "fact": "grown", "text": said, "value": float(said.rstrip("%")), "unit": "%"}
    return told(*levels, grown | {"of": "before;now", "relation": "difference"} | more)


@pytest.mark.parametrize(
    ("start", "end", "said", "unit", "found"),
    [
        ("36.1%", "40.7%", "4.5%", "%", ["percent_vs_points", "stated_percent_change"]),
        ("22.4%", "25.0%", "2.6%", "%", ["percent_vs_points", "stated_percent_change"]),
        ("22.4%", "25.0%", "11.6%", "%", []),
        ("22.4%", "25.0%", "7%", "%", ["stated_percent_change"]),
        ("10,987", "15,987", "50%", "people", ["stated_percent_change"]),
        ("10,987", "15,987", "45.5%", "people", []),
        ("10,987", "15,987", "46%", "people", []),
        ("640", "512", "-20%", "people", []),
        ("640", "512", "-25%", "people", ["stated_percent_change"]),
    ],
)  # fmt: skip
def test_a_change_in_per_cent_is_worked_out_again_from_its_two_levels(start, end, said, unit, found):
    seen = quality.found(evidence([], statements=change(start, end, said, unit=unit)), About.DOCUMENT)

    assert rules_of(seen[~seen["rule"].eq("arithmetic")]) == found


def test_a_fall_may_be_told_without_its_sign():
    fallen = evidence([], statements=change("640", "512", "20%", direction="down"))

    assert recomputed_rules.stated_percent_change(fallen).empty


@pytest.mark.parametrize(("said", "wrong"), [("25%", False), ("40%", True)])
def test_two_figures_of_one_measure_in_the_line_of_a_change_are_its_levels(said, wrong):
    line = [
        {"kind": "figure", "measure": COUNT, "text": text, "value": float(text), "line": 7} for text in ("515", "412")
    ]
    grown = {"kind": "change", "measure": COUNT, "text": said, "value": float(said[:-1]), "unit": "%", "line": 7}
    found = recomputed_rules.stated_percent_change(evidence([], statements=told(*line, grown)))

    assert len(found) == wrong


@pytest.mark.parametrize("seed", range(40))
def test_no_true_change_is_questioned_however_its_numbers_were_rounded_and_a_false_one_is(seed):
    draw = random.Random(seed)  # noqa: S311 - nothing secret
    start, end = draw.uniform(50, 9000), draw.uniform(50, 9000)
    units, decimals = (draw.choice([0.1, 1, 10]), draw.choice([0.1, 1, 10])), draw.choice([0, 1])
    levels = [round(level / unit) * unit for level, unit in zip((start, end), units, strict=True)]
    percent = round(100 * (end / start - 1), decimals)
    numbers = (levels[0], units[0], levels[1], units[1])
    least, most, _ = arithmetic.stated_percent_change(*numbers, percent, decimals)

    assert not arithmetic.stated_percent_change(*numbers, percent, decimals).flag
    assert arithmetic.stated_percent_change(*numbers, most + 1.5, decimals).flag
    assert arithmetic.stated_percent_change(*numbers, least - 1.5, decimals).flag


def test_one_number_told_of_two_times_is_found_and_one_told_twice_of_one_time_is_not():
    rows = [
        {"kind": "figure", "fact": "kits", "text": "950", "value": 950, "period": label} for label in
        ("2023/24", "2024/25", "Apr 23 - Mar 24")
    ]  # fmt: skip
    both = quality.found(evidence([], statements=told(*rows[:2])), About.DOCUMENT)
    one = quality.found(evidence([], statements=told(rows[0], rows[2])), About.DOCUMENT)

    assert (rules_of(both), rules_of(one)) == (["two_dates"], [])


# What a scorecard prints.


def printed(measure: str, title: str, unit: str) -> Evidence:
    words = {"published_title": title, "published_unit": unit, "source": "scorecard_edition"}
    return evidence([year(measure, "2023/24", 12, **words)])


@pytest.mark.parametrize(
    ("measure", "title", "unit", "found"),
    [
        (SHARE, "In paid work", "Quarterly percentage", ["windows_agree"]),
        (SHARE, "In paid work in the latest 12 months", "Quarterly percentage", ["windows_agree"]),
        (SHARE, "In paid work in the last 28 days", "Rolling 12 month percentage", []),
        (SHARE, "In paid work", "Annual percentage", ["windows_agree"] * 0),
        (MONTHLY, "Number of networks", "Annual count", ["windows_agree"]),
        (MONTHLY, "Number of networks in the month", "Monthly count", []),
        (RATE, "Rate of offences per 100,000 people", "Rate per 1k population", ["unit_base_agree"]),
        (RATE, "Rate of offences", "Rate per 1k population", []),
        (RATE, "Rate of offences", "Rate per 100,000 people", ["unit_base_agree"]),
        (RATE, "Rate of offences per 1,000", "Per 1000 people", []),
        (WEIGHT, "Weight of drugs seized (kg)", "Monthly volume (gm)", ["unit_base_agree"]),
        (WEIGHT, "Weight of drugs seized", "Monthly volume (gm)", []),
    ],
)  # fmt: skip
def test_titles_and_units_that_name_another_base_or_window_are_found(measure, title, unit, found):
    seen = quality.found(printed(measure, title, unit), About.PRINT)

    assert [rule for rule in rules_of(seen) if rule in ("windows_agree", "unit_base_agree")] == found


def test_two_windows_in_one_print_weigh_more_than_one_that_may_be_meant_as_how_often_it_comes_out():
    both = printed(SHARE, "In paid work in the latest 12 months", "Quarterly percentage")
    alone = printed(SHARE, "In paid work", "Quarterly percentage")

    assert [len(presentation_rules.windows_contradict(one)) for one in (both, alone)] == [1, 0]
    assert [len(presentation_rules.windows_relabelled(one)) for one in (both, alone)] == [0, 1]


def test_a_weight_with_a_decimal_point_is_no_fault_of_a_count():
    words = {"published_title": "t", "published_unit": "u", "source": "scorecard_edition", "period_end": "2024-03"}
    rows = [{"measure": name, "value": 5, "text": text} | words
            for name, text in ((MONTHLY, "51.0"), (WEIGHT, "20187.0"), (COUNT, "830"))]  # fmt: skip

    assert list(presentation_rules.decimal_points(evidence(rows))["measure"]) == [MONTHLY]


# Single values.


def value_rules_of(rows: list[dict]) -> list[tuple[str, str]]:
    found = quality.found(evidence(rows), About.VALUE)
    return list(zip(found["rule"], found["period_label"], strict=True))


@pytest.mark.parametrize(
    ("own", "england", "found"),
    [
        ([81.9, 83.0, 1.8], [85.1, 85.3, 85.4], "2020/21"),
        ([83.0, 1.8], [85.3, 85.4], "2019/20"),
        ([8.3, 82.0], [80.3, 81.4], "2018/19"),
        ([81.9, 8.3, 80.0, 79.1], [], "2019/20"),
        ([83.0, 1.8], [], ""),
        ([81.9, 83.0, 61.0], [85.1, 85.3, 85.4], ""),
        ([0.9, 1.0, 6.1], [1.0, 1.0, 1.0], ""),
        ([20.0, 45.0, 4.0], [], ""),
    ],
)
def test_a_slip_in_a_short_series_of_percentages_is_found_beside_others_that_agree(own, england, found):
    rows = [*years(SHARE, *own), *years(SHARE, *england, area=ENGLAND)]

    assert value_rules_of(rows) == ([("order_of_magnitude", found)] if found else [])


@pytest.mark.parametrize(
    ("own", "found"),
    [([830, 8350, 842], "2019/20"), ([830, 84, 842], "2019/20"), ([1, 7, 1], ""), ([830, 1660, 842], "")]
)  # fmt: skip
def test_a_slip_in_a_short_series_of_counts_is_found_and_small_numbers_may_vary(own, found):
    assert value_rules_of(years(COUNT, *own)) == ([("order_of_magnitude", found)] if found else [])


@pytest.mark.parametrize("base", [5, 10, 100])
def test_what_a_column_is_rounded_to_is_concluded_from_the_column(base):
    rows = years("school_permanent_exclusions", *[base * (7 + at % 5) for at in range(30)], area=ENGLAND)
    exact = years("school_permanent_exclusions", *[11 + at for at in range(30)])
    known = evidence([*rows, *exact])
    bases = known.rounding_base(known.series)

    assert set(bases[: len(rows)]) == {base}
    assert set(bases[len(rows) :]) == {1}


def test_a_restricted_source_gives_whole_numbers_whatever_the_public_is_shown():
    rows = [*years(COUNT, 12, source="ndtms_local_outcomes"), *years(COUNT, 12, source="ndtms_viewit")]
    known = evidence(rows)

    assert list(known.rounding_base(known.series)) == [1, 5]


# Who is told.


def finding(rule: str, about: str, severity: str = "error", measure: str = "", **more: object) -> dict:
    return {"rule": rule, "about": about, "severity": severity, "measure": measure, "number": None, "title": "",
            "document": "report.txt", "place": "", "status": "open", "what": "", "suggestion": ""} | more  # fmt: skip


EVERY = [finding(f"rule_{about}", str(about)) for about in About]


def test_public_pages_show_findings_on_the_areas_own_figures_alone():
    shown = quality.for_readers(pd.DataFrame(EVERY), Audience.PUBLIC)

    assert set(shown["about"]) == {"value", "figures", "print", "signal"}
    assert len(quality.for_readers(pd.DataFrame(EVERY), Audience.PARTNERSHIP)) == len(EVERY)


def test_only_what_no_reading_can_save_is_said_to_be_impossible():
    table = pd.DataFrame([finding("percentage_range", "value"), finding("order_of_magnitude", "value"),
                          finding("same_fact_twice", "figures"), finding("same_fact_twice", "document")])  # fmt: skip

    assert list(quality.impossible(table)) == [True, False, False, True]
    assert list(quality.ranked(table.assign(measure=list("abcd"), document=""))["why"][:2]) == [
        "cannot be right",
        "does not fit with what stands beside it",
    ]


def test_one_print_of_several_measures_is_one_question_and_one_place_of_a_document_another():
    table = pd.DataFrame([
        *(finding("significance", "print", "warning", f"m{at}", number=at) for at in (16, 17, 19)),
        finding("list_count", "document", place="report.txt:3; report.txt:9"),
        finding("same_fact_twice", "document", place="report.txt:9"),
    ])  # fmt: skip
    ranked = quality.ranked(table)

    assert list(zip(ranked["rule"], ranked["others"], strict=True)) == [("list_count", ""), ("significance", "17, 19")]


@pytest.mark.parametrize("rule", ["overlapping_windows", "modifier_drift", "back_calculation", "name_mismatch"])
def test_facts_about_what_is_printed_are_no_question(rule):
    mine = next(one for one in quality.RULES if one.id == rule)
    ranked = quality.ranked(pd.DataFrame([finding(rule, str(mine.about), str(mine.severity))]))

    assert list(ranked["weight"]) == [0]
