"""Explanations: recorded once, shown while the figure stands, never a way for hidden numbers to get out."""

import csv
import dataclasses
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

import partnership
from drug_outcomes.definitions import areas, framework
from drug_outcomes.definitions.areas import Area
from drug_outcomes.definitions.framework import Definitions
from drug_outcomes.errors import UnreadableInput, UsageError
from drug_outcomes.quality import explanations
from drug_outcomes.reporting import brief, headlines, markup, report, tables, wording
from drug_outcomes.reporting.document_page import DocumentPage
from material import PROJECT
from partnership import AREA, CODE

MEASURE, RULE, PERIOD = "drug_tests_on_arrest", "percentage_range", "2023/24"
COUNTED = "drug_intelligence_submissions"
HEADER = "about,measure,area,period,place,figure,figures,explanation,who,recorded,until\n"
WRITTEN = f"{RULE},{MEASURE},{CODE},{PERIOD},,539,539.0,Typed as a count,A. Person,2025-03-01,2025-06-30\n"
LATE = "2029-01-01"


@pytest.fixture(scope="module")
def definitions() -> Definitions:
    return framework.load(PROJECT / "data" / "framework")


@pytest.fixture
def area(tmp_path) -> Area:
    """An area whose folder holds nothing yet."""
    return dataclasses.replace(areas.load(PROJECT, "southampton"), folder=tmp_path, code=CODE)


def figures_of(value: float = 539, withheld: str = "", release: str = "public") -> pd.DataFrame:
    """Return two figures as the suite works them out: an impossible one, and one that stands out."""
    texts = {
        "area": CODE,
        "breakdown": "",
        "text": "",
        "withheld": ["", withheld],
        "unusual": "",
        "unusual_note": "",
        "release": release,
    }
    named = {
        "measure": [COUNTED, MEASURE], "period_label": ["Feb 25", PERIOD], "period_end": ["2025-02", "2024-03"],
        "signal": ["outside the process limits", ""],
    }  # fmt: skip
    return pd.DataFrame({"value": [90.0, value], **texts, **named})


def found(figures: str = "539.0", **more: str) -> pd.DataFrame:
    """Return what a rule found about the impossible figure."""
    row = {
        "rule": RULE, "measure": MEASURE, "area": CODE, "period_label": PERIOD, "document": "opcc.csv",
        "place": "row 2", "figures": figures,
        "what": "Not between 0 and 100.", "status": "open", "explanation": "",
    }  # fmt: skip
    return pd.DataFrame([row | more], dtype="str")


def candidates_series() -> pd.DataFrame:
    nothing = pd.DataFrame(columns=HEADER.strip().split(","), dtype="str")
    return explanations.explain_signals(figures_of(), nothing, LATE)


def candidates(**more: str) -> pd.DataFrame:
    return explanations.subjects(found(**more), candidates_series(), CODE)


def record(area: Area, definitions: Definitions, about: str = RULE, measure: str = MEASURE, **more: str) -> None:
    words = {"explanation": "Typed as a count", "who": "A. Person", "when": "2025-03-05", **more}
    explanations.record(area, definitions, candidates(), about, measure, as_of="2025-03-05", **words)


def status(
    area: Area, definitions: Definitions, as_of: str = LATE, finding: pd.DataFrame | None = None, value: float = 539,
    withheld: str = "",
) -> str:  # fmt: skip
    recorded, now = explanations.read(area, definitions), found() if finding is None else finding
    return str(explanations.explain_findings(now, recorded, figures_of(value, withheld), as_of)["status"].iloc[0])


def lines(folder: Path) -> list[dict[str, str]]:
    with (folder / explanations.FILE).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


# From the files as received to what a page says.


@pytest.fixture(scope="module")
def told(tmp_path_factory) -> Iterator[report.Report]:
    """Live through it: an impossible percentage and a leap are received, explained, and opened again."""
    base = tmp_path_factory.mktemp("told")
    root = partnership.make(base / "project")
    forms = {
        "opcc": [(MEASURE, PERIOD, 539)],
        "police": [(COUNTED, f"2024-{month:02}", n) for month, n in enumerate([20, 22, 19, 21, 20, 23, 18, 21, 90], 1)],
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(framework.HOME_VARIABLE, str(root))
        for source, rows in forms.items():
            assert partnership.receive(partnership.form(base / f"{source}.csv", *rows), source, "2025-03-01") == 0
        first = report.Report.open("scorecard", area=AREA, audience="partnership")
        signed = {"who": "A. Person", "when": "2025-03-05"}
        first.record_explanation(RULE, MEASURE, explanation="Typed as a count", until="2025-05-30", **signed)
        first.record_explanation("signal", COUNTED, explanation="One raid", **signed)
        yield report.Report.open("scorecard", area=AREA, audience="partnership")


def test_an_explained_finding_says_by_whom_when_and_until_when(told):
    shown = tables.findings(told.released, [MEASURE]).text

    assert "Explained: Typed as a count (A. Person, 5 March 2025; until 30 May 2025)" in shown


def test_an_explained_signal_says_so_beside_it(told):
    said = dict(headlines.signals(told.released, [COUNTED]))

    assert "Explained: One raid (A. Person, 5 March 2025)." in next(iter(said.values()))


def test_recording_never_changes_a_figure(told):
    shown = told.released.latest.set_index("measure")["value"]

    assert (shown[MEASURE], shown[COUNTED]) == (539, 90)


def test_the_brief_tells_which_explanations_end_within_three_months(told):
    page = DocumentPage(framework.home(), told.released, told.definitions, told.area, told.asked.period)

    assert "percentage range, until 30 May 2025" in brief.body(page, told.asked).text


# Recorded, and for how long it holds.


def test_an_explanation_is_one_line_that_says_on_which_figure_what_who_and_when(area, definitions):
    record(area, definitions, until="2025-06-30")

    assert (area.folder / explanations.FILE).read_text(encoding="utf-8") == HEADER + WRITTEN.replace("03-01", "03-05")


@pytest.mark.parametrize(
    ("until", "as_of", "word"),
    [
        ("2025-06-30", "2025-06-29", "explained"), ("2025-06-30", "2025-06-30", "explained"),
        ("2025-06-30", "2025-07-01", "open"), ("", LATE, "explained"),
    ],
)  # fmt: skip
def test_an_explanation_holds_through_its_last_day_and_without_one_as_long_as_the_figure(
    area, definitions, until, as_of, word
):
    record(area, definitions, until=until)

    assert status(area, definitions, as_of) == word


@pytest.mark.parametrize(
    ("changed", "word"),
    [
        ({}, "explained"),
        ({"value": 540.0}, "open"),
        ({"value": float("nan")}, "open"),
        ({"finding": found("539.0; 12")}, "open"),
        ({"finding": found(rule="staleness")}, "open"),
        ({"finding": found(period_label="2022/23")}, "open"),
        ({"finding": found(document="opcc_again.csv", place="row 9")}, "explained"),
        ({"withheld": "suppressed"}, "open"),
    ],
)
def test_a_finding_is_open_again_once_its_figure_is_another_or_hidden(area, definitions, changed, word):
    record(area, definitions)

    assert status(area, definitions, **changed) == word


def test_a_newer_explanation_that_has_ended_withdraws_the_one_before(area, definitions):
    record(area, definitions)
    record(area, definitions, when="2025-03-06", until="2025-03-06", explanation="That was wrong")

    assert status(area, definitions, "2025-03-07") == "open"
    assert len(lines(area.folder)) == 2


def test_a_finding_about_a_document_is_known_by_its_place(area, definitions):
    about = {"measure": "", "period_label": "", "document": "report.pdf", "place": "page 3"}
    explanations.record(
        area, definitions, candidates(**about), RULE, place="report.pdf page 3", explanation="Misprint", who="A"
    )

    assert status(area, definitions, finding=found(**about)) == "explained"
    assert status(area, definitions, finding=found(**(about | {"place": "page 4"}))) == "open"


@pytest.mark.parametrize(("value", "words"), [(90.0, "One raid"), (91.0, "")])
def test_a_signal_is_explained_while_its_figure_stands_even_when_its_limits_move(area, definitions, value, words):
    record(area, definitions, "signal", COUNTED, explanation="One raid")
    series = figures_of().assign(value=value, signal="seven points on one side of the mean").head(1)
    shown = explanations.explain_signals(series, explanations.read(area, definitions), LATE)

    assert shown["explanation"].iloc[0] == words


@pytest.mark.parametrize("recorded", [True, False])
@pytest.mark.parametrize(("findings", "figures"), [(0, 2), (1, 0), (0, 0)])
def test_where_there_is_nothing_there_is_nothing_to_explain(area, definitions, recorded, findings, figures):
    if recorded:
        record(area, definitions)
    every = explanations.read(area, definitions)
    series = explanations.explain_signals(figures_of().head(figures), every, LATE)
    shown = explanations.explain_findings(found().head(findings), every, series, LATE)

    assert list(shown["status"]) == ["open"] * findings
    assert len(explanations.subjects(shown, series, CODE)) == findings + (figures > 0)


# Refused.


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"explanation": ""}, "explanation is ''"),
        ({"explanation": "=HYPERLINK(1)"}, "explanation is '=HYPERLINK(1)'"),
        ({"explanation": "x" * 1001}, "explanation is 'xxx"),
        ({"who": " "}, "who is ''"),
        ({"until": "30/06/2025"}, "until is '30/06/2025'"),
        ({"until": "2025-03-04"}, "has ended by 2025-03-05"),
        ({"when": "yesterday"}, "'yesterday' is not a date"),
        ({"period": "2022/23"}, "nothing to explain under percentage_range, drug_tests_on_arrest, 2022/23"),
        ({"about": "percentage_rage"}, f"{RULE} of {PERIOD}"),
    ],
)
def test_what_cannot_be_kept_is_refused_and_the_file_stays_as_it_is(area, definitions, more, said):
    with pytest.raises(UsageError) as refusal:
        record(area, definitions, **more)

    assert said in str(refusal.value)
    assert not (area.folder / explanations.FILE).exists()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (HEADER.replace("until", "end"), "row 1: the column 'until' is missing"),
        (HEADER + WRITTEN.replace("2025-03-01", "1 March"), "row 2: the column 'recorded' holds '1 March'"),
        (HEADER + WRITTEN.replace("2025-03-01", "2025-02-30"), "row 2: the column 'recorded' holds '2025-02-30'"),
        (HEADER + WRITTEN + WRITTEN.replace(MEASURE, "drug_test"), "row 3: the column 'measure' holds 'drug_test'"),
        (HEADER + WRITTEN.replace("Typed", "+Typed"), "row 2: the column 'explanation' holds '+Typed"),
        (HEADER + WRITTEN.replace("Typed as a count", '"Typed\nout"'), "row 2: the column 'explanation'"),
        (HEADER + "<<<<<<< HEAD\n", "row 2: 1 values where the header has 11"),
        ("", "the file is empty"),
    ],
)  # fmt: skip
def test_a_file_with_a_slip_is_refused_with_its_row(area, definitions, text, said):
    (area.folder / explanations.FILE).write_text(text, encoding="utf-8")
    with pytest.raises(UnreadableInput) as refusal:
        explanations.read(area, definitions)

    assert f"{explanations.FILE}" in str(refusal.value)
    assert said in str(refusal.value)


def test_nothing_is_added_to_a_file_that_cannot_be_read(area, definitions):
    (area.folder / explanations.FILE).write_text("about\n", encoding="utf-8")
    with pytest.raises(UnreadableInput):
        record(area, definitions)

    assert (area.folder / explanations.FILE).read_text(encoding="utf-8") == "about\n"


def test_lines_are_added_in_the_order_of_columns_that_the_file_has(area, definitions):
    names = HEADER.strip().split(",")[::-1]
    (area.folder / explanations.FILE).write_text(",".join([*names, "remark"]), encoding="utf-8")  # and no line end
    record(area, definitions)

    assert lines(area.folder)[0]["explanation"] == "Typed as a count"
    assert status(area, definitions) == "explained"


def test_lines_under_the_files_earlier_name_still_count_and_new_ones_come_after(area, definitions):
    (area.folder / "verdicts.csv").write_text(HEADER + WRITTEN, encoding="utf-8")
    assert status(area, definitions, "2025-06-30") == "explained"
    record(area, definitions, when="2025-03-06", until="2025-03-06", explanation="That was wrong")

    assert status(area, definitions, "2025-03-07") == "open"
    assert [line["explanation"] for line in lines(area.folder)] == ["That was wrong"]


def test_an_area_without_explanations_has_none(area, definitions):
    assert explanations.read(area, definitions).empty


# Text that somebody typed.


@pytest.mark.parametrize(
    "words",
    ["<script>alert(1)</script> a slip", "a,b\"c'd;e", "two\nlines\r\nand\ttabs", "right\u202eleft", "50 % \\n &amp;"],
)  # fmt: skip
def test_hostile_words_stay_one_line_and_are_shown_as_text(area, definitions, words):
    record(area, definitions, explanation=f"Said: {words}", who='A, "B" <c>')
    line = lines(area.folder)[0]
    shown = markup.paragraph(wording.explained(line["explanation"], line["who"], line["recorded"], "")).html

    assert status(area, definitions) == "explained"
    assert len((area.folder / explanations.FILE).read_text(encoding="utf-8").splitlines()) == 2
    assert shown.count("<") == 2
    assert "\u202e" not in shown


def test_a_figure_that_a_spreadsheet_would_run_is_kept_as_text_and_still_recognised(area, definitions):
    finding = found("=1+1")
    every = explanations.subjects(finding, candidates_series(), CODE)
    explanations.record(area, definitions, every, RULE, MEASURE, explanation="Typed", who="A")

    assert lines(area.folder)[0]["figures"] == "'=1+1"
    assert status(area, definitions, finding=finding) == "explained"


def test_two_people_may_add_a_line_each_and_git_keeps_both(area, definitions, project):
    def git(*words: str) -> None:
        subprocess.run(["git", *words], cwd=area.folder, check=True, capture_output=True)

    def branch(name: str, explanation: str) -> None:
        git("checkout", "-q", "-B", name, "start")
        record(mine, definitions, explanation=explanation)
        git("commit", "-q", "-am", name)

    mine = dataclasses.replace(area, folder=area.folder / "data" / "areas" / AREA)
    mine.folder.mkdir(parents=True)
    (area.folder / ".gitattributes").write_bytes((project / ".gitattributes").read_bytes())
    (mine.folder / explanations.FILE).write_text(HEADER, encoding="utf-8")
    for words in (["init", "-q"], ["config", "user.email", "a@example.org"], ["config", "user.name", "A"],
                  ["add", "."], ["commit", "-q", "-m", "start"], ["branch", "start"]):  # fmt: skip
        git(*words)
    branch("one", "Late return")
    branch("two", "Typed as a count")
    git("merge", "-q", "one")

    assert {line["explanation"] for line in lines(mine.folder)} == {"Late return", "Typed as a count"}
    assert status(mine, definitions) == "explained"


# What the public may read of it.


def for_the_public(explanation: str, measure: str) -> "pd.Series[str]":
    """Return what is left for the public of an explanation, where one measure has a hidden 3 of 7."""
    before = pd.DataFrame(
        {"measure": [MEASURE, COUNTED], "value": [3.0, 44.0], "numerator": [3.0, 44.0], "denominator": [7.0, None]}
    )
    recorded = pd.DataFrame([{"measure": measure, "explanation": explanation, "who": "A. Person"}])
    after = before.assign(withheld=["suppressed", ""])
    return explanations.for_the_public(recorded, before, after).iloc[0]


@pytest.mark.parametrize("words", ["There were 3.", "Three of them", "only ３ came", "7: all", "(3.0)", "a1-3b"])
@pytest.mark.parametrize("beside", [True, False], ids=["in the same commitment", "on a document"])
def test_words_that_tell_a_hidden_number_are_kept_from_the_public(definitions, words, beside):
    group = definitions.measures_of(definitions.measure(MEASURE).commitment)
    neighbour = next(one.measure for one in group if one.measure != MEASURE)

    assert for_the_public(words, neighbour if beside else "")["explanation"] == explanations.KEPT_BACK


def test_words_about_a_measure_with_hidden_figures_are_kept_from_the_public_whatever_they_say():
    kept = for_the_public("Fewer than a handful", MEASURE)

    assert (kept["explanation"], kept["who"]) == (explanations.KEPT_BACK, "")


def test_other_words_reach_the_public():
    assert for_the_public("The form changed in 2024", COUNTED)["explanation"].startswith("The form")


def test_nobody_explains_a_figure_hidden_from_the_page(area, definitions):
    hidden = candidates().assign(hidden=True)
    with pytest.raises(UsageError, match="hidden from the public"):
        explanations.record(area, definitions, hidden, RULE, MEASURE, explanation="A", who="A")


@pytest.mark.parametrize(("fictional", "file"), [(False, "restricted/explanations.csv"), (True, "explanations.csv")])
def test_an_explanation_of_a_restricted_figure_stays_out_of_git(area, definitions, fictional, file):
    place = dataclasses.replace(area, fictional=fictional)
    series = explanations.explain_signals(figures_of(release="restricted"), explanations.read(place, definitions), LATE)
    subjects = explanations.subjects(found(), series, CODE)
    words = {"explanation": "Typed as a count", "who": "A. Person"}
    added = explanations.record(place, definitions, subjects, RULE, MEASURE, **words)

    written = [one.relative_to(place.folder).as_posix() for one in place.folder.rglob("*.csv")]
    assert written == [file]
    assert explanations.read(place, definitions)["figure"].tolist() == added["figure"].tolist() == ["539"]
