"""The documents that a partnership writes: every heading filled or explained, and every number checked first."""

import os
import re
from pathlib import Path

import pandas as pd
import pytest

from drug_outcomes import figures
from drug_outcomes.definitions import areas, framework
from drug_outcomes.definitions.framework import Definitions
from drug_outcomes.disclosure import Released
from drug_outcomes.disclosure.words import require_untold
from drug_outcomes.errors import DisclosureRefused, UnreadableInput, UsageError
from drug_outcomes.figures import written
from drug_outcomes.reporting import documents, needs_figures, progress, report
from drug_outcomes.reporting.document_page import DocumentPage

AREA = "southampton"


@pytest.fixture(scope="module")
def definitions(project: Path) -> Definitions:
    return framework.load(project / framework.FRAMEWORK)


@pytest.fixture(scope="module", params=["public", "partnership"])
def page(project: Path, request: pytest.FixtureRequest) -> DocumentPage:
    asked = report.question(project, AREA, audience=request.param)
    own, area = areas.with_definitions(project, AREA)
    return DocumentPage(project, figures.cleared(project, asked), own, area, asked.period)


@pytest.fixture(scope="module")
def headings(project: Path) -> list[str]:
    """The headings of the report of October 2024: its short lines without a full stop, and two of its bullets."""
    folder = Path(os.environ.get("OUTCOMES_REFERENCE", project.parent / "shared" / "reference"))
    file = folder / "progress_report_2024-10.txt"
    if not file.exists():
        pytest.skip("the published documents are not here: set OUTCOMES_REFERENCE to their folder")
    lines = file.read_text(encoding="utf-8").splitlines()[2:]
    bullets = ("- Summary of the measures", "- Local measures")
    found = [
        line.removeprefix("- ")
        for line in lines
        if line.startswith(bullets) or (re.fullmatch(r"[A-Z][^.:]*", line) and len(line) < 90)
    ]
    assert len(found) >= 13
    return found


def words(text: str) -> str:
    """A heading without what differs from one partnership to the next: its name in full or in letters."""
    named = re.sub(r"\{\w+\}|[A-Z]\w+ Reducing Drug Harm Partnership|\bRDHP\b", "PARTNERSHIP", text)
    return re.sub(r"\W+", " ", named).casefold().strip()


def test_every_heading_of_the_2024_report_is_a_section(headings: list[str], definitions: Definitions):
    table = definitions.document_sections
    asked = {words(one) for one in table.loc[table["document"] == "progress_report", "asked_as"]}

    assert {words(one) for one in headings} - asked == set()


def test_a_section_without_figures_or_words_tells_the_partnership_what_belongs_there(page: DocumentPage):
    rows = page.definitions.document_sections.to_dict("records")
    shown = {row["section"]: documents.section(page, row["document"], row["section"], []) for row in rows}
    empty = {name for name, section in shown.items() if section is None}
    to_write = {row["section"] for row in rows if row["written"] == "yes"}

    assert all(section.text.strip() for section in shown.values() if section)
    if page.released.audience == "public":
        assert to_write < empty
    else:
        assert empty == {"report_detail"}
        assert all("commentary/2024-25-q3.md" in shown[name].text for name in to_write)


def test_every_section_stands_in_the_notebook_of_its_document(project: Path, definitions: Definitions):
    table = definitions.document_sections
    lacking = [
        (row["document"], row["section"])
        for row in table.to_dict("records")
        if f'report.section(\\"{row["section"]}\\")'
        not in (project / "notebooks" / f"{row['document']}.ipynb").read_text(encoding="utf-8")
    ]

    assert lacking == []


def test_a_section_that_nobody_knows_is_refused_with_those_that_there_are(page: DocumentPage):
    with pytest.raises(UsageError) as refusal:
        documents.section(page, "needs_assessment", "needs", [])

    assert "unmet_need" in str(refusal.value.expected)


def test_what_has_not_been_cleared_is_refused(page: DocumentPage):
    bare = DocumentPage(page.root, pd.DataFrame(), page.definitions, page.area, page.period)  # type: ignore[arg-type]
    with pytest.raises(DisclosureRefused):
        documents.section(bare, "needs_assessment", "prevalence", [])


def test_the_numbers_of_a_section_are_those_that_were_cleared(page: DocumentPage):
    assert isinstance(page.released, Released)
    told = documents.section(page, "needs_assessment", "unmet_need", []).text

    assert all(figure in told for figure in ("48.5%", "59.0%", "70.5%", "86.8%"))


# Statements about change are checked before they are printed.


def changes(**wrong: float) -> pd.DataFrame:
    rows = [
        {"group": "all adults", "part": "all", "before": 7835.0, "now": 8255.0},
        {"group": "women", "part": "sex", "before": 2320.0, "now": 2485.0},
        {"group": "men", "part": "sex", "before": 5515.0, "now": 5770.0},
    ]
    table = pd.DataFrame(rows).assign(area="E06999001", before_label="2021/22", now_label="2024/25", line=[1, 2, 3])
    table["change"] = 100 * (table["now"] / table["before"] - 1)
    for group, change in wrong.items():
        table.loc[table["group"] == group, "change"] = change
    return table


def test_changes_that_their_counts_make_are_not_questioned(page: DocumentPage):
    assert progress.check(page, progress.statements_of(changes())).empty


def test_a_change_that_its_counts_do_not_make_is_an_error_with_its_line(page: DocumentPage):
    found = progress.check(page, progress.statements_of(changes(women=17.1)))

    assert ("error", "this report:2") in set(zip(found["severity"], found["place"], strict=True))


def test_a_total_outside_its_parts_is_questioned(page: DocumentPage):
    found = progress.check(page, progress.statements_of(changes(women=1.0, men=2.0)))

    assert "growth_hull" in set(found["rule"])


# Definitions and words.


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"),
    [
        ("context.csv", "treated_all,,,", "treated_all,harms,,", "document_sections.csv"),
        ("context.csv", "residents,,,Residents,,ons_population", "residents,,,Residents,,ons", "sources.csv"),
        ("context.csv", ",,under_18s_in_treatment,", ",,under_18s,", "measures.csv"),
        ("context.csv", "indicator=households_owed_duty", "households_owed_duty", "key=value"),
        ("context.csv", ",homeless_owed,,,count,", ",homeless,,,count,", "this file"),
        ("document_sections.csv", "needs_assessment,harm,", "needs_assessment,groups,", "only once"),
        ("document_sections.csv", ",no,2022-03,", ",no,March 2022,", "2022-04"),
    ],
)  # fmt: skip
def test_a_slip_in_a_definition_is_refused(project: Path, tmp_path: Path, file: str, old: str, new: str, expected: str):
    for each in (project / framework.FRAMEWORK).glob("*.csv"):
        text = each.read_text(encoding="utf-8")
        if each.name == file:
            assert old in text
            text = text.replace(old, new, 1)
        (tmp_path / each.name).write_text(text, encoding="utf-8")
    with pytest.raises(UnreadableInput) as refusal:
        framework.load(tmp_path)

    assert Path(str(refusal.value.file)).name == file
    assert expected in str(refusal.value.expected)


def test_words_in_a_section_may_not_print_a_hidden_figure(project: Path, tmp_path: Path):
    own, area = areas.with_definitions(project, AREA)
    asked = report.question(project, AREA)
    moved = type(area)(**{**area.__dict__, "folder": tmp_path})
    (tmp_path / "commentary").mkdir()
    file = tmp_path / "commentary" / f"{asked.period.slug}.md"
    file.write_text(
        "## workplan\nAuthor: Somebody, 2025-01-31\n\nWe met 25 times; drugs seized weighed 4,117 grams in all.\n",
        "utf-8",
    )
    held = pd.DataFrame(
        {
            "measure": ["drug_seizure_volume"] * 2,
            "value": [4117.0, 25.0],
            "numerator": float("nan"),
            "denominator": float("nan"),
        }
    )
    none = pd.DataFrame(columns=["measure", "release", "row", "reason", "told", "status", "reference"], dtype="str")
    with pytest.raises(DisclosureRefused) as refusal:
        require_untold(written.lines(moved, asked.period, own, none), held, own, tmp_path)

    assert refusal.value.row == 4


def test_nobody_counted_before_gives_no_change_in_per_cent(page: DocumentPage, monkeypatch: pytest.MonkeyPatch):
    held = pd.DataFrame({"value": [0.0, 12.0], "withheld": "", "period_end": ["2022-03", "2024-03"], "received": "",
                         "period_label": ["2021/22", "2023/24"]})  # fmt: skip
    change = needs_figures._change(held, "2022-03", page, page.area.code, "women", "sex")
    monkeypatch.setattr(needs_figures, "changed", lambda *_: pd.DataFrame([change]))
    told = progress.local_measures(page, "2022-03").text

    assert "Women: a change in per cent is not told from 0, from 0 in 2021/22 to 12 in 2023/24" in told
