"""The workbench without a browser: every control is moved, and what it shows has to follow."""

import csv
import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

import partnership
from drug_outcomes import quality
from drug_outcomes.definitions import areas, framework
from drug_outcomes.errors import UsageError
from drug_outcomes.quality import explanations
from drug_outcomes.reporting import investigation, report, workbench
from partnership import AREA, CODE, COUNTED, GROUPED

IMPOSSIBLE = "drug_tests_on_arrest"


@pytest.fixture(scope="module")
def root(tmp_path_factory) -> Iterator[Path]:
    """A partnership with an impossible percentage, a year and a half of counts, and a figure sent twice."""
    base = tmp_path_factory.mktemp("explore")
    made = partnership.make(base / "project")
    odd = ("opcc", "2025-03-01", [(IMPOSSIBLE, "2023/24", 539)])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(framework.HOME_VARIABLE, str(made))
        partnership.receive_all(base, odd, *partnership.RETURNS)
        yield made


@pytest.fixture(scope="module")
def shared(root) -> workbench.Workbench:
    return report.Report.open("investigate_measure", area=AREA, audience="partnership").explore()


@pytest.fixture
def bench(shared) -> workbench.Workbench:
    """The workbench at the impossible percentage; tests that open anything else make one of their own."""
    shared.measure.value = IMPOSSIBLE
    return shared


@pytest.fixture
def another(shared, monkeypatch) -> workbench.Workbench:
    """A workbench that may be moved away; no rule runs on what it opens, which saves most of the time."""
    nothing = pd.DataFrame(columns=list(quality.COLUMNS), dtype="str").astype({"number": "Int64"})
    monkeypatch.setattr(quality, "findings", lambda *_figures, **_more: nothing)
    return workbench.Workbench(shared._opened, shared._opener, [AREA], COUNTED)


def said(bench: workbench.Workbench, section: str) -> str:
    return str(bench.sections[section].value)


def test_it_opens_at_the_gravest_finding_where_no_measure_is_named(shared):
    assert shared.measure.value == IMPOSSIBLE


def test_another_measure_changes_the_chart_and_every_section(bench):
    before = {name: box.value for name, box in bench.sections.items()}
    bench.measure.value = COUNTED

    assert "<img" in said(bench, "History")
    assert before["History"] != said(bench, "History")
    assert "539" in before["Rows as received"]
    assert "539" not in "".join(box.value for box in bench.sections.values())


def test_rows_as_received_name_file_and_row(bench):
    assert f"areas/{AREA}/restricted/opcc/0.csv" in said(bench, "Rows as received")
    assert "row 2" in said(bench, "Rows as received")


def test_a_figure_sent_twice_is_told_among_the_revisions(bench):
    bench.measure.value = GROUPED

    assert "41" in said(bench, "Revisions")
    assert "47" in said(bench, "Revisions")


def test_the_checklist_holds_the_usual_causes_with_what_is_known_of_each(bench):
    assert list(bench.causes) == list(investigation.CAUSES)
    assert all(hint.value for hint in bench.hints.values())


def test_another_audience_takes_away_what_is_not_for_the_public(another):
    another.measure.value = IMPOSSIBLE
    another.audience.value = "public"
    shown = "".join(box.value for box in another.sections.values())

    assert "539" not in shown
    assert "shown to the partnership only" in said(another, "Rows as received")


def test_an_earlier_period_shows_what_was_held_by_then_and_keeps_the_later_on_offer(another):
    before, offered = said(another, "History"), another.period.options
    another.period.value = "2023/24 Q4"

    assert "2024-06" in before
    assert "2024-06" not in said(another, "History")
    assert another.period.options == offered


def test_what_cannot_be_opened_is_said_and_leaves_everything_as_it_was(shared):
    def refusing(*_words: str) -> investigation.Inquiry:
        raise UsageError("there is <no> such area")

    bench = workbench.Workbench(shared._opened, refusing, [AREA, "elsewhere"], IMPOSSIBLE)
    bench.area.value = "elsewhere"

    assert "there is &lt;no&gt; such area" in bench.message.value
    assert (bench.area.value, bench.measure.value) == (AREA, IMPOSSIBLE)


@pytest.mark.parametrize(("words", "who", "found"), [("", "A. Person", "explanation"), ("Typed", "", "who")])
def test_an_explanation_without_words_or_name_is_refused_beside_the_form(bench, root, words, who, found):
    bench.explanation.value, bench.who.value = words, who
    bench.causes["Coding"].value = True
    bench.button.click()

    assert f"{found} is" in bench.message.value
    assert explanations.read(areas.load(root, AREA), framework.load(root / framework.FRAMEWORK)).empty


def test_a_measure_with_nothing_to_explain_has_no_button(bench):
    asking = {measure for _, measure in bench.measure.options if len(bench._opened.subjects(measure))}
    bench.measure.value = next(name for _, name in bench.measure.options if name not in asking)
    bench.button.click()

    assert bench.button.disabled
    assert bench.subject.value == "Nothing was found"


def test_a_recorded_explanation_stands_in_the_file_and_is_shown_as_explained(bench, root):
    bench.causes["Coding"].value = True
    bench.explanation.value, bench.who.value = "A count was typed", "A. Person"
    bench.until.value = dt.date(2030, 6, 30)
    chosen = bench.subject.value
    bench.button.click()
    file = root / "data/areas" / AREA / explanations.RESTRICTED
    with file.open(encoding="utf-8", newline="") as lines:
        written = list(csv.DictReader(lines))
    file.unlink()

    assert [line["explanation"] for line in written] == ["Coding: A count was typed"]
    assert (written[0]["measure"], written[0]["area"], written[0]["until"]) == (IMPOSSIBLE, CODE, "2030-06-30")
    assert "Recorded in explanations.csv." in bench.message.value
    assert "Explained: Coding: A count was typed (A. Person" in said(bench, "Findings")
    assert f"{chosen} (explained)" in bench.subject.options


def test_the_same_sections_stand_on_a_page_without_widgets(shared):
    shown = shared._opened.whole(IMPOSSIBLE).text

    assert [name for name in investigation.HEADINGS if name not in shown] == []
