"""Every rule has a plant: a fault of its own, small enough to read, that it finds and tells in its words.

Worlds made at random and the fictional area plant faults as well (test_recall, test_rules). What none of them
has stands here, so that a rule which can never speak is noticed.
"""

import csv
from collections.abc import Callable
from dataclasses import replace
from importlib import resources

import numpy as np
import pandas as pd
import pytest

from drug_outcomes.definitions import national, statements
from drug_outcomes.quality import RULES, Evidence, rules
from drug_outcomes.statistics.signals import Rule as Cause
from material import PROJECT
from random_faults import found_in
from small_evidence import COUNT, DEFINITIONS, MONTHLY, RATE, SHARE, SUSPENSIONS, evidence, year, years

FINDS = [
    row["finds"]
    for row in csv.DictReader(resources.files("drug_outcomes.quality").joinpath("rules.csv").read_text().splitlines())
]
BY_FINDS = dict(zip(FINDS, RULES, strict=True))
NATIONAL = national.load(PROJECT / "data" / "framework", DEFINITIONS)
EDITION = {"source": "scorecard_edition", "published_title": "Suspensions", "published_unit": "Annual count"}


def said(*rows: dict, figures: list[dict] | None = None, **more: object) -> Evidence:
    """Return evidence of statements: each a line of one report, beside a figure of a measure."""
    told = [{"document": "report.txt", "line": at, "kind": "figure"} | row for at, row in enumerate(rows, 1)]
    return evidence(figures or years(SHARE, 40.0, 50.0), statements=statements.of_rows(told), **more)


def newest(one: Evidence, **columns: object) -> Evidence:
    return replace(one, latest=one.latest.drop_duplicates("measure", keep="last").assign(**columns))


def series(**columns: object) -> Evidence:
    """Return evidence of one national series, whose cells are empty but for `columns`."""
    row = NATIONAL.releases.iloc[[0]]
    texts = {name: "" for name in row.select_dtypes(exclude="number") if name not in ("series", "title")}
    numbers = {"baseline": np.nan, "last": np.nan}
    return evidence(years(SHARE, 40.0), national=replace(NATIONAL, releases=row.assign(**texts | numbers | columns)))


def claim(**more: object) -> dict:
    return {"kind": "claim", "measure": SHARE, "text": "well up"} | more


def edition(measure: str = SUSPENSIONS, **more: object) -> Evidence:
    return evidence([year(measure, "2023/24", 1.0, **(EDITION | more))])


def charted(values: list[float], **columns: object) -> Evidence:
    """Return twelve years with process limits from 80 to 120."""
    one = evidence([year(COUNT, f"{2012 + at}/{13 + at}", value) for at, value in enumerate(values)])
    limits = {"process_lower": 80.0, "process_centre": 100.0, "process_upper": 120.0, "signal": "", "signal_side": 0.0}
    return replace(one, series=one.series.assign(**limits | columns))


def need(**columns: object) -> Evidence:
    """Return two years in which unmet need and the number in treatment both rise."""
    names = ("unmet_need_opiates", COUNT)
    one = evidence([row for name in names for row in years(name, 50.0, 60.0, **columns)])
    return newest(one, direction="up", previous_period_label="2018/19", title="Opiates")


def aims(**columns: object) -> Evidence:
    row = {"measure": SHARE, "baseline_period": "2030/31", "baseline": 1.0, "baseline_month": "2031-03", "row": 2}
    return evidence(
        years(SHARE, 40.0), targets=pd.DataFrame([{"area": "E06999001", "file": "targets.csv"} | row | columns])
    )


def target() -> tuple[float, str, str]:
    """Return a superseded ambition of the framework: its number, unit, and a month after it was replaced."""
    old = NATIONAL.milestones[NATIONAL.milestones["status"] == "superseded"].iloc[0]
    return float(old["target"]), str(old["unit"]), "2030-12"


def superseded() -> Evidence:
    number, unit, month = target()
    dated = {"kind": "dated", "text": month, "period": "December 2030"}
    return said(dated, {"kind": "target", "value": number, "unit": unit, "text": f"{number:g}"}, national=NATIONAL)


def away() -> Evidence:
    one = series(baseline=50.0, last=40.0, unit="people")
    code = one.releases["series"].iloc[0]
    aim = {"kind": "target", "series": code, "direction": "up", "text": "20%", "value": 20, "unit": "people"}
    return replace(said(aim), national=one.national)


def substituted() -> Evidence:
    one = series(unit="people")
    told = claim(series=one.releases["series"].iloc[0], unit="households")
    return replace(said(told), national=one.national)


PLANTS: dict[str, Callable[[], Evidence]] = {
    "value_rules.plausible_range": lambda: evidence(years(RATE, 777.0)),
    "value_rules.implausible_slip": lambda: evidence(years(RATE, 34.0)),
    "presentation_rules.decimal_points": lambda: evidence(
        [year(MONTHLY, "2023/24", 51, **EDITION | {"text": "51.0"}), year(COUNT, "2023/24", 830, **EDITION)]
    ),
    "presentation_rules.significance": lambda: newest(edition(published_compared="higher"), verdict="similar"),
    "presentation_rules.overlapping_windows": lambda: edition(SHARE, published_direction="up"),
    "presentation_rules.unit_base_agree": lambda: edition(RATE, published_unit="Rate per 100,000 people"),
    "presentation_rules.windows_contradict": lambda: edition(
        SHARE, published_title="In work in the latest 12 months", published_unit="Quarterly percentage"
    ),
    "presentation_rules.windows_relabelled": lambda: edition(SHARE, published_unit="Quarterly percentage"),
    "presentation_rules.name_mismatch": lambda: replace(
        edition(), terms=pd.DataFrame([{"term": "school exclusions", "variant": "suspensions"}])
    ),
    "relation_rules.hidden_national": lambda: evidence(
        [year("school_permanent_exclusions", "2023/24", 4.0, **EDITION),
         year("school_permanent_exclusions", "2023/24", np.nan, area="E92000001", status="suppressed",
              **EDITION | {"text": "<5"})]
    ),
    "relation_rules.measures_apart": lambda: evidence(
        [year(name, "2023/24", value) for name, value in
         ((RATE, 9.9), ("drug_possession_offences", 4.4), ("drug_trafficking_offences", 1.1))]
    ),
    "relation_rules.union_between_parts": lambda: evidence(
        [year(f"unmet_need_{of}", "2023/24", value) for of, value in
         (("opiates_and_or_crack", 40.0), ("opiates", 50.0), ("crack", 60.0))]
    ),
    "relation_rules.against_its_parts": lambda: need(denominator=500.0),
    "relation_rules.perhaps_against_its_parts": need,
    "relation_rules.cut_off": lambda: evidence(years(SHARE, 66.6, denominator=3.0, source="ndtms_local_outcomes")),
    "relation_rules.back_calculation": lambda: evidence(
        [year(name, "2023/24", value, source="ndtms_local_outcomes") for name, value in
         ((COUNT, 40.0), ("completions_opiates", 42.5))]
    ),
    "relation_rules.small_count_watch": lambda: newest(
        evidence(years("residential_rehabilitation_entries", 9.0)), kind="count"
    ),
    "timing_rules.behind": lambda: newest(
        evidence([year(SHARE, "2023/24", 40.0), year("stable_accommodation", "2022/23", 80.0)]),
        cadence=3.0, usual_lag=3.0, age_months=3.0,
    ),
    "timing_rules.baseline_after_release": aims,
    "timing_rules.missing_value": lambda: aims(baseline=np.nan),
    "signal_rules.spike": lambda: charted(
        [100, 101] * 5 + [100, 150], signal=[""] * 11 + [str(Cause.OUTSIDE)], signal_side=[0.0] * 11 + [1.0]
    ),
    "signal_rules.step": lambda: charted([90] * 4 + [115] * 8),
    "signal_rules.drift": lambda: charted([100, 99, 98, 97, 101, 102, 103, 104, 105, 106, 107, 108]),
    "signal_rules.unusual": lambda: charted([100] * 12, unusual=[""] * 11 + ["query"], unusual_note="one in 900"),
    "statement_rules.two_bounds": lambda: said(
        {"fact": "a", "text": "40", "value": 40, "qualifier": "over"},
        {"fact": "a", "text": "50", "value": 50, "qualifier": "over"},
    ),
    "statement_rules.statement_vs_figure": lambda: said(
        {"measure": SHARE, "area": "E06999001", "period": "2019/20", "text": "61%", "value": 61, "unit": "%"},
    ),
    "statement_rules.two_dates": lambda: said(
        *({"fact": "kits", "text": "950", "value": 950, "period": label} for label in ("2023/24", "2024/25"))
    ),
    "recomputed_rules.stated_percent_change": lambda: grown("640", "512", "-25%", "people"),
    "recomputed_rules.percent_vs_points": lambda: said(
        {"kind": "change", "measure": SHARE, "text": "3%", "value": 3, "unit": "%"}
    ),
    "recomputed_rules.percent_for_points": lambda: grown("22.4%", "25.0%", "2.6%", "%"),
    "narrative_rules.narrative_vs_direction": lambda: newest(said(claim(direction="up")), direction="down"),
    "narrative_rules.narrative_vs_values": lambda: newest(
        said(claim(compared="higher")), verdict="lower", compared="lower", england_value=60.0
    ),
    "narrative_rules.claim_without_comparator": lambda: newest(said(claim(compared="higher"))),
    "narrative_rules.polarity_and_definition": lambda: said(
        claim(measure="completions_opiates", polarity="low_is_good"), figures=years("completions_opiates", 6.0)
    ),
    "narrative_rules.polarity_of_two": lambda: said(
        claim(fact="a", polarity="high_is_good"), claim(fact="a", polarity="low_is_good")
    ),
    "narrative_rules.measure_substitution": substituted,
    "narrative_rules.ambiguous_period_label": lambda: said({"period": "2022-23", "basis": "fin_year"}),
    "narrative_rules.baseline_definition": lambda: newest(
        said(claim(kind="baseline", text="March 2023", period="March 2023"))
    ),
    "narrative_rules.edition_mismatch": lambda: replace(
        edition(), statements=said({"kind": "edition", "text": "2020", "period": "March 2020"}).statements
    ),
    "release_rules.superseded_target": superseded,
    "release_rules.progress_against_target": away,
    "release_rules.release_after_period_end": lambda: series(
        next_release_text="Autumn 2023", next_period_text="2023/24"
    ),
    "release_rules.next_release_equals_last": lambda: series(last_period="2022/23", next_period_text="2022/23"),
    "release_rules.baseline_after_release": lambda: series(
        baseline_period="2023/24", baseline=5.0, last_period="2022/23"
    ),
    "release_rules.baseline_equals_last": lambda: series(baseline_period="2022/23", last_period="2022/23"),
    "release_rules.comparable_periods": lambda: series(baseline_period="2021/22", last_period="Dec 2022"),
    "release_rules.missing_value": lambda: series(baseline_period="2021/22"),
    "release_rules.restatement": lambda: series(
        corrected_on="2023-12-18", first_printed="24,201", baseline_text="24,208", baseline=24208.0
    ),
}  # fmt: skip


def grown(start: str, end: str, change: str, unit: str) -> Evidence:
    levels = [
        {"fact": fact, "text": text, "value": float(text.rstrip("%")), "unit": unit}
        for fact, text in (("before", start), ("now", end))
    ]
    told = {"kind": "change", "fact": "grown", "text": change, "value": float(change.rstrip("%")), "unit": "%"}
    return said(*levels, told | {"of": "before;now", "relation": "difference"})


@pytest.mark.parametrize("finds", PLANTS)
def test_a_rule_finds_its_plant_and_tells_it(finds):
    rule = BY_FINDS[finds]
    told = rules.described(rule, rule.find(PLANTS[finds]()))

    assert len(told) and told["what"].str.len().gt(10).all() and not told["what"].str.contains(r"\bnan\b|\{").any()


@pytest.fixture(scope="module")
def spoken(tmp_path_factory) -> set[str]:
    """Which rules speak of a world made at random: the names of their functions."""
    names: set[str] = set()

    def heard(name: str, find: Callable[[Evidence], pd.DataFrame]) -> Callable[[Evidence], pd.DataFrame]:
        def told(one: Evidence) -> pd.DataFrame:
            rows = find(one)
            names.update([name][: len(rows)])
            return rows

        return told

    with pytest.MonkeyPatch.context() as patch:
        listening = [replace(rule, find=heard(name, rule.find)) for name, rule in BY_FINDS.items()]
        patch.setattr(rules, "RULES", tuple(listening))
        found_in(0, tmp_path_factory.mktemp("world"))
    return names


def test_every_rule_has_a_plant(spoken):
    assert set(FINDS) - set(PLANTS) - spoken == set()
