"""The national framework as rows: complete against its own text, and every slip refused in words."""

import csv
import os
import re
import shutil
from pathlib import Path

import pytest

from drug_outcomes import figures, framework, national, national_report, report
from drug_outcomes.document_page import DocumentPage
from drug_outcomes.errors import UnreadableInput
from drug_outcomes.framework import Definitions
from drug_outcomes.national import NationalFramework

PAGES = {
    name: getattr(national_report, name)
    for name in ("counts", "metrics", "breakdowns", "releases", "ambitions", "coverage")
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
def test_every_metric_of_the_document_is_a_row(
    shipped: NationalFramework, document: str, tier: str, heading: str
):
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
    _, area = figures.definitions_and_area(project, "southampton")
    page = DocumentPage(project, figures.cleared(project, asked), definitions, area, asked.period)
    return {name: build(page).text for name, build in PAGES.items()}


@pytest.mark.parametrize(
    ("section", "words"),
    [
        ("counts", "11 headline metrics, 22 supporting metrics and 9 additional"), ("counts", "19 supporting"),
        ("counts", "12 headline metrics"), ("counts", "Figure 2"),
        ("releases", "First printed as 2.96m; corrected on 27 February 2024"), ("ambitions", "54,500 places"),
        ("ambitions", "Replaced by 8,800 disruptions"), ("ambitions", "over 2,000 lines"),
        ("ambitions", "nearly 1,000 deaths"), ("ambitions", "24,000 people"), ("metrics", "Complement"),
        ("coverage", "local measures stand for no national metric"),
    ],
)  # fmt: skip
def test_the_page_says_what_the_documents_leave_open(told: dict[str, str], section: str, words: str):
    assert words in told[section]


def test_every_metric_and_breakdown_stands_on_the_page(told: dict[str, str], shipped: NationalFramework):
    lost = [title for title in shipped.metrics["title"] if title not in told["metrics"]]
    assert lost == []
    assert told["breakdowns"].count(" | ") // 3 == len(shipped.breakdowns) + 1  # its header too


def test_a_measure_of_the_opposite_is_called_a_complement(shipped: NationalFramework):
    complements = shipped.metrics.loc[shipped.metrics["match"] == "complement", "local_measures"]
    assert list(complements) == ["mental_health_unmet_need"]


def test_the_correction_of_the_annual_report_is_declared(shipped: NationalFramework):
    crime = shipped.releases.set_index("series").loc["neighbourhood_crime"]
    assert (crime["first_printed"], crime["baseline_text"], crime["corrected_on"]) == (
        "2.96m",
        "1.96m",
        "2024-02-27",
    )


def test_every_headline_metric_has_a_release_row(shipped: NationalFramework):
    headline = shipped.metrics.loc[shipped.metrics["tier"] == "headline", "metric"]
    assert set(headline) <= set(shipped.releases["metric"])


@pytest.mark.parametrize(
    ("target", "status"), [(54400, "superseded"), (6400, "superseded"), (8800, "current")]
)
def test_an_ambition_says_whether_it_still_stands(shipped: NationalFramework, target: int, status: str):
    assert list(shipped.milestones.loc[shipped.milestones["target"] == target, "status"]) == [status]


@pytest.mark.parametrize(
    ("file", "row", "column", "value", "expected"),
    [
        ("national_metrics", 3, "metric", "drug_use_last_year", "no other row"),
        ("national_metrics", 3, "number", "1", "each once"),
        ("national_metrics", 3, "outcome", "reduce_use", "reduce_drug_use"),
        ("national_metrics", 3, "tier", "main", "headline"),
        ("national_metrics", 3, "match", "none", "if and only if"),
        ("national_metrics", 2, "match", "near", "if and only if"),
        ("national_metrics", 3, "local_measures", "treatment", "measures.csv"),
        ("national_metrics", 3, "local_sources", "prevalance", "sources.csv"),
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
    ],
)
def test_a_wrong_cell_is_refused(
    project: Path,
    definitions: Definitions,
    tmp_path: Path,
    file: str,
    row: int,
    column: str,
    value: str,
    expected: str,
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
