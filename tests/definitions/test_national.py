"""The national framework as rows: complete against its own text, and every slip refused in words."""

import csv
import dataclasses
import math
import os
import re
import shutil
from pathlib import Path

import pandas as pd
import pytest

from drug_outcomes import figures
from drug_outcomes.definitions import areas, framework, national
from drug_outcomes.definitions.framework import Definitions
from drug_outcomes.definitions.national import NationalFramework
from drug_outcomes.disclosure import released_files
from drug_outcomes.errors import UnreadableInput
from drug_outcomes.reporting import national_report, report
from drug_outcomes.reporting.document_page import DocumentPage
from drug_outcomes.sources import form_template
from drug_outcomes.statistics import milestones
from material import PROJECT

PAGES = {
    name: getattr(national_report, name)
    for name in ("editions", "coverage", "metrics", "breakdowns", "releases", "ambitions")
}


@pytest.fixture(scope="module")
def definitions(project: Path) -> Definitions:
    return framework.load(project / framework.FRAMEWORK)


@pytest.fixture(scope="module")
def shipped(project: Path, definitions: Definitions) -> NationalFramework:
    return national.load(project / framework.FRAMEWORK, definitions)


@pytest.fixture(scope="module")
def document(project: Path) -> str:
    """The text of the national framework of May 2023, from where its details begin."""
    folder = Path(os.environ.get("OUTCOMES_REFERENCE", project.parent / "shared" / "reference"))
    file = folder / "national_outcomes_framework_2023.txt"
    if not file.exists():
        pytest.skip("the published documents are not here: set OUTCOMES_REFERENCE to their folder")
    text = file.read_text(encoding="utf-8")
    return text[text.index("Supporting metrics in detail\n\nThe following chapter") :]


@pytest.mark.parametrize(
    ("tier", "heading"),
    [
        ("headline", r"Headline measure"),
        ("supporting", r"(?<!additional )[Ss]upporting measure\b"),
        ("ohid_additional", r"OHID additional supporting measure"),
    ],
)
def test_every_metric_of_the_document_is_a_row(shipped: NationalFramework, document: str, tier: str, heading: str):
    assert (shipped.metrics["tier"] == tier).sum() == len(re.findall(heading, document))


def test_the_framework_has_11_headline_22_supporting_and_9_additional_metrics(shipped: NationalFramework):
    counts = shipped.metrics["tier"].value_counts()
    assert (counts["headline"], counts["supporting"], counts["ohid_additional"]) == (11, 22, 9)


def test_every_monitored_by_of_the_document_has_its_rows(shipped: NationalFramework, document: str):
    stated = shipped.breakdowns[shipped.breakdowns["monitored_by"] == "yes"]
    assert len(stated[["metric", "part"]].drop_duplicates()) == len(re.findall(r"[Mm]onitored by", document))


@pytest.mark.parametrize(
    "words",
    [
        "pupils aged 11 to 15", "drug finds in prisons", "young people with an unmet need at exit", "date of death",
        "date of registration", "16 to 24;over 25", "parent;child;other person", "adult;juvenile", "all;drug;theft",
        "OCU;non-OCU", "under 18;over 18", "all;class A;other", "source of seizure",
        "Rough Sleeping Drug and Alcohol Treatment Grant",
    ],
)  # fmt: skip
def test_a_breakdown_that_a_report_needs_is_a_row(shipped: NationalFramework, words: str):
    assert shipped.breakdowns[["dimension", "categories"]].eq(words).any(axis=None)


def test_every_breakdown_of_a_metric_is_a_row_with_its_reason(shipped: NationalFramework):
    told = shipped.breakdowns[(shipped.breakdowns["held"] != "yes")]
    assert (told["note"] != "").all()


def test_every_metric_is_counted_once_and_numbered_without_a_gap(shipped: NationalFramework):
    assert sorted(shipped.metrics["number"]) == list(range(1, 43))


@pytest.fixture(scope="module")
def told(project: Path, definitions: Definitions) -> dict[str, str]:
    """The text of each section of the page about the national framework, with what was cleared for the public."""
    asked = report.question(project, "southampton")
    _, area = areas.with_definitions(project, "southampton")
    page = DocumentPage(project, figures.cleared(project, asked), definitions, area, asked.period)
    return {name: build(page).text for name, build in PAGES.items()}


@pytest.mark.parametrize(
    ("section", "words"),
    [
        ("editions", "11 headline metrics, 22 supporting metrics and 9 additional"), ("editions", "19 supporting"),
        ("editions", "12 headline metrics"), ("editions", "Figure 2"),
        ("releases", "First printed as 2.96m; corrected on 27 February 2024"), ("ambitions", "54,500 places"),
        ("ambitions", "Replaced by 8,800 disruptions"), ("ambitions", "over 2,000 lines"),
        ("ambitions", "nearly 1,000 deaths"), ("ambitions", "24,000 people"), ("metrics", "Complement"),
        ("coverage", "local measures stand for no metric of any framework"),
        ("ambitions", "At March 2023: on course 1,364 counted since April 2022; 667 on a straight line to 2,000"),
        ("ambitions", "At March 2023: off course 12,074 from 10,987 in March 2022; 12,654 on a straight line"),
        ("ambitions", "No number is set, so nothing is judged."), ("ambitions", "Cannot tell No series counts places"),
        ("ambitions", "It has been replaced, so it is not judged."),
    ],
)  # fmt: skip
def test_the_page_says_what_the_documents_leave_open(told: dict[str, str], section: str, words: str):
    assert words in told[section]


def test_every_metric_and_breakdown_stands_on_the_page(told: dict[str, str], shipped: NationalFramework):
    lost = [title for title in shipped.metrics["title"] if title not in told["metrics"]]
    assert lost == []
    assert told["breakdowns"].count(" | ") // 3 == len(shipped.breakdowns) + 1  # its header too


def test_the_metrics_of_every_edition_have_a_match_or_a_reason(shipped: NationalFramework):
    rows = shipped.crosswalk
    editions = shipped.editions[shipped.editions["status"] != "local"]
    assert set(editions["edition"]) == set(rows["edition"])
    assert set(shipped.metrics["metric"]) == set(rows.loc[rows["edition"] == "national_2023", "metric"])
    assert (rows["note"] != "")[rows["match"] != "same"].all()


def test_no_two_frameworks_have_one_name(shipped: NationalFramework, told: dict[str, str]):
    titles = ["local outcomes framework", *filter(None, shipped.editions["title"].str.casefold())]
    assert len(set(titles)) == len(titles)
    assert told["editions"].count("calls its scorecard") == 1


@pytest.mark.parametrize(
    ("metric", "match"), [("multiple_disadvantage_progress", "none"), ("people_sleeping_rough", "same")]
)
def test_the_framework_for_councils_matches_no_completions(shipped: NationalFramework, metric: str, match: str):
    row = shipped.crosswalk.set_index(["edition", "metric"]).loc[("local_2026", metric)]
    assert row["match"] == match and not row["local_measures"].startswith("completions")


def test_the_headline_recovery_metric_is_a_measure_with_a_form(definitions: Definitions, tmp_path: Path):
    _, area = areas.with_definitions(PROJECT, "southampton")
    tracked = areas.own_definitions(definitions, area)
    form = form_template.template(tracked, "ndtms_local_outcomes", area.code, tmp_path, on="2026-03-31")[0]
    assert "Adults who make substantial progress in treatment" in form.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("as_of", "shown", "withheld"),
    [("2025-03-31", "310,863 adults", "329,646"), ("2025-12-04", "329,646 adults", "came out after")],
)
def test_national_values_are_those_known_on_the_day(
    project: Path, definitions: Definitions, as_of: str, shown: str, withheld: str
):
    _, area = areas.with_definitions(project, "southampton")
    asked = report.question(project, "southampton")
    released = dataclasses.replace(released_files.only(figures.cleared(project, asked), []), as_of=as_of)
    text = national_report.releases(DocumentPage(project, released, definitions, area, asked.period)).text
    assert shown in text and withheld not in text
    assert "Autumn 2023 Apr 22-Mar 23 Has passed: nothing later is held" in text


def test_a_measure_of_the_opposite_is_called_a_complement(shipped: NationalFramework):
    complements = shipped.metrics.loc[shipped.metrics["match"] == "complement", "local_measures"]
    assert list(complements) == ["mental_health_unmet_need"]


def test_the_correction_of_the_annual_report_is_declared(shipped: NationalFramework):
    crime = shipped.releases.set_index("series").loc["neighbourhood_crime"]
    assert (crime["first_printed"], crime["baseline_text"], crime["corrected_on"]) == ("2.96m", "1.96m", "2024-02-27")


def test_every_headline_metric_has_a_release_row(shipped: NationalFramework):
    headline = shipped.metrics.loc[shipped.metrics["tier"] == "headline", "metric"]
    assert set(headline) <= set(shipped.releases["metric"])


@pytest.mark.parametrize(("target", "status"), [(54400, "superseded"), (6400, "superseded"), (8800, "current")])
def test_an_ambition_says_whether_it_still_stands(shipped: NationalFramework, target: int, status: str):
    assert list(shipped.milestones.loc[shipped.milestones["target"] == target, "status"]) == [status]


# National ambitions, judged.


@pytest.mark.parametrize(
    ("milestone", "judgement", "month", "figure", "needed"),
    [
        # 12 of 36 months: a third of 2,000; of 8,800; of 5,000 on top of 10,987. Worked out by hand.
        ("county_lines_closed", "on course", "2023-03", 1364, 2000 / 3),
        ("disruptions_8800", "on course", "2023-03", 2974, 8800 / 3),
        ("disruptions_first_year", "met", "2023-03", 2974, 2934),
        ("young_people_in_treatment", "off course", "2023-03", 12074, 10987 + 5000 / 3),
    ],
)
def test_an_ambition_is_judged_at_the_month_of_its_last_figure(
    shipped: NationalFramework, milestone: str, judgement: str, month: str, figure: float, needed: float
):
    found = milestones.judged(shipped).set_index("milestone").loc[milestone]
    assert (found["judgement"], found["month"], found["figure"]) == (judgement, month, figure)
    assert found["needed"] == pytest.approx(needed)


@pytest.mark.parametrize(
    ("milestone", "judgement", "reason"),
    [
        ("treatment_places_54500", "cannot tell", "counts people"),
        ("crimes_prevented", "cannot tell", "did not happen"),
        ("deaths_prevented", "cannot tell", "did not happen"),
        ("tests_on_arrest", "cannot tell", "No series"),
        ("long_term_recovery", "cannot tell", "No series"),
        ("treatment_places_54400", "", "replaced"),
        ("disruptions_6400", "", "replaced"),
        ("drug_use_low", "", "No number is set"),
    ],
)
def test_what_cannot_be_judged_says_why(shipped: NationalFramework, milestone: str, judgement: str, reason: str):
    found = milestones.judged(shipped).set_index("milestone").loc[milestone]
    assert found["judgement"] == judgement and reason in found["reason"]
    assert found[["figure", "needed", "aim"]].isna().all()


def _judged(shipped: NationalFramework, milestone: dict[str, object], series: dict[str, object]) -> pd.Series:
    """Judge one milestone by one series, both changed from those of young people in treatment."""
    of = shipped.milestones["milestone"] == "young_people_in_treatment"
    by = shipped.releases["series"] == "treatment_young_people"
    changed = dataclasses.replace(
        shipped, milestones=shipped.milestones[of].assign(**milestone), releases=shipped.releases[by].assign(**series)
    )
    return milestones.judged(changed).iloc[0]


def _by_hand(counted_as: str, first: float, last: float, target: float, done: float) -> str:
    """Return the judgement by the rule in plain steps: where should it be by now, and is it there."""
    begin = 0.0 if counted_as == "cumulative" else first
    aim = first + target if counted_as == "increase" else target
    should_be = begin + (aim - begin) * min(done, 1)
    up = aim > begin
    if last >= aim if up else last <= aim:
        return "met"
    return "on course" if (last >= should_be if up else last <= should_be) else "off course"


@pytest.mark.parametrize(
    ("counted_as", "first", "last", "target", "due", "done"),
    [
        ("increase", 900, 999, 300, "2025-03", 1 / 3),  # one short of a third of the way
        ("increase", 900, 1000, 300, "2025-03", 1 / 3),  # just there
        ("increase", 900, 1199, 300, "2025-03", 1 / 3),
        ("increase", 900, 1200, 300, "2025-03", 1 / 3),  # as high as wanted, two years early
        ("increase", 900, 1199, 300, "2023-03", 1),  # on its day, one short
        ("increase", 900, 1199, 300, "2022-12", 1),  # after its day, one short
        ("cumulative", 900, 99, 300, "2025-03", 1 / 3),
        ("cumulative", 900, 100, 300, "2025-03", 1 / 3),
        ("cumulative", 900, 300, 300, "2025-03", 1 / 3),
        ("level", 900, 800, 600, "2025-03", 1 / 3),  # down is the way
        ("level", 900, 801, 600, "2025-03", 1 / 3),
        ("level", 900, 600, 600, "2025-03", 1 / 3),
        ("level", 900, 950, 600, "2025-03", 1 / 3),
    ],
)
def test_a_judgement_agrees_with_the_rule_worked_out_by_hand(
    shipped: NationalFramework, counted_as: str, first: float, last: float, target: float, due: str, done: float
):
    since = "2022-04" if counted_as == "cumulative" else ""
    found = _judged(
        shipped,
        {"counted_as": counted_as, "counted_from": since, "target": target, "due": due},
        {"baseline": first, "last": last},
    )
    assert (found["judgement"], found["reason"]) == (_by_hand(counted_as, first, last, target, done), "")


@pytest.mark.parametrize(
    ("milestone", "series", "reason"),
    [
        ({"due": ""}, {}, "No date is set"),
        ({}, {"last": math.nan}, "No figure is held"),
        ({}, {"last_period": ""}, "No figure is held"),
        ({}, {"baseline": math.nan}, "No baseline is held"),
        ({}, {"last_period": "Apr 21-Mar 22"}, "later than the baseline"),
        ({}, {"last_period": "Jul 22-Mar 23"}, "do not cover the same months"),
        ({}, {"last_period": "Jan-Dec 22"}, "do not cover the same months"),
        ({"counted_as": "cumulative", "counted_from": "2022-03"}, {}, "does not count from the month"),
    ],
)
def test_nobody_can_tell_what_the_figures_do_not_tell(
    shipped: NationalFramework, milestone: dict[str, object], series: dict[str, object], reason: str
):
    found = _judged(shipped, milestone, series)
    assert found["judgement"] == "cannot tell" and reason in found["reason"]
    assert math.isnan(found["figure"])


@pytest.mark.parametrize("changed", [{"target": math.nan}, {"superseded_by": "treatment_places_54500"}])
def test_without_a_number_in_force_nothing_is_judged(shipped: NationalFramework, changed: dict[str, object]):
    assert _judged(shipped, changed, {})["judgement"] == ""


def test_no_figure_of_an_area_stands_behind_a_judgement(project: Path, definitions: Definitions, told: dict[str, str]):
    asked = report.question(project, "exampleshire")
    _, area = areas.with_definitions(project, "exampleshire")
    nothing = released_files.only(figures.cleared(project, report.question(project, "southampton")), [])
    page = DocumentPage(project, nothing, definitions, area, asked.period)
    assert national_report.ambitions(page).text == told["ambitions"]


@pytest.mark.parametrize(
    ("file", "row", "column", "value", "expected"),
    [
        ("national_metrics", 3, "metric", "drug_use_last_year", "no other row"),
        ("national_metrics", 3, "number", "1", "each once"),
        ("national_metrics", 3, "outcome", "reduce_use", "reduce_drug_use"),
        ("national_metrics", 3, "tier", "main", "headline"),
        ("crosswalk", 3, "match", "none", "if and only if"),
        ("crosswalk", 2, "match", "near", "if and only if"),
        ("crosswalk", 2, "note", "", "why nothing does"),
        ("crosswalk", 3, "local_measures", "treatment", "measures.csv"),
        ("crosswalk", 3, "local_sources", "prevalance", "sources.csv"),
        ("crosswalk", 3, "edition", "national_2020", "framework_editions.csv"),
        ("crosswalk", 3, "metric", "drug_use_last_year", "only once"),
        ("framework_editions", 2, "published", "", "area.toml"),
        ("framework_editions", 2, "status", "old", "replaced"),
        ("national_values", 2, "metric", "treatment", "national_metrics.csv"),
        ("national_values", 2, "series", "adults", "national_releases.csv"),
        ("national_values", 2, "value", "", "the number that the document prints"),
        ("national_values", 2, "period", "last year", "2024/25"),
        ("national_values", 2, "released", "", "2025-03-31"),
        ("national_metrics", 3, "limitations", "", "not empty"),
        ("national_breakdowns", 2, "metric", "drug_use", "national_metrics.csv"),
        ("national_breakdowns", 3, "dimension", "age", "only once"),
        ("national_breakdowns", 2, "held", "maybe", "yes, partly, no"),
        ("national_breakdowns", 9, "held", "no", "local measures are named"),
        ("national_releases", 2, "metric", "drug_use", "national_metrics.csv"),
        ("national_releases", 2, "baseline", "9.4%", "a number"),
        ("national_releases", 2, "corrected_on", "2024-02-27", "if something was corrected"),
        ("milestones", 2, "superseded_by", "places", "this file"),
        ("milestones", 2, "superseded_by", "", "replaced a superseded one"),
        ("milestones", 2, "due", "March 2025", "2022-04"),
        ("milestones", 5, "series", "treatment_young", "national_releases.csv"),
        ("milestones", 5, "counted_as", "growth", "cumulative"),
        ("milestones", 5, "counted_as", "", "if and only if a series follows it"),
        ("milestones", 3, "counted_as", "level", "if and only if a series follows it"),
        ("milestones", 5, "counted_from", "2022-04", "only of such a one"),
        ("milestones", 9, "counted_from", "", "only of such a one"),
        ("milestones", 9, "counted_from", "April 2022", "2022-04"),
        ("milestones", 3, "unmeasured", "", "has a number and is in force"),
        ("milestones", 5, "unmeasured", "Nobody counts them.", "has a number and is in force"),
        ("national_releases", 2, "last_period", "spring 2022", "Apr 21-Mar 22"),
    ],
)
def test_a_wrong_cell_is_refused(
    project: Path, definitions: Definitions, tmp_path: Path, file: str, row: int, column: str, value: str, expected: str
):
    folder = Path(shutil.copytree(project / framework.FRAMEWORK, tmp_path / "framework"))
    with (folder / f"{file}.csv").open(encoding="utf-8", newline="") as lines:
        table = list(csv.reader(lines))
    table[row - 1][table[0].index(column)] = value
    with (folder / f"{file}.csv").open("w", encoding="utf-8", newline="") as lines:
        csv.writer(lines, lineterminator="\n").writerows(table)
    with pytest.raises(UnreadableInput) as refusal:
        national.load(folder, definitions)
    assert str(refusal.value).startswith(f"{file}.csv, row {row}: the column '{column}' holds '{value}'")
    assert expected in refusal.value.expected
