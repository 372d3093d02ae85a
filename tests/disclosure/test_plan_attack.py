"""Attacks on what a plan adds to the public's files: rows and names that are the partnership's, and hidden numbers."""

import io
import zipfile
from dataclasses import replace
from types import SimpleNamespace

import pandas as pd
import pytest

import partnership
from drug_outcomes import figures
from drug_outcomes.definitions import alerts, areas, events, framework, plan
from drug_outcomes.definitions.vocabulary import Audience
from drug_outcomes.disclosure.words import require_untold
from drug_outcomes.figures import question, written
from drug_outcomes.reporting import alert_report, board_pack, documents, year
from drug_outcomes.reporting.charts import Place
from drug_outcomes.reporting.document_page import DocumentPage
from exampleshire.timeline import AS_OF
from material import PROJECT
from partnership import AREA

FICTIONAL = "exampleshire"
DEFINITIONS = framework.load(PROJECT / framework.FRAMEWORK)


def secrets() -> dict[str, set[str]]:
    """What the partnership's rows alone say, and the names that nobody marked."""
    whole = plan.read(replace(areas.load(PROJECT, FICTIONAL), whole=True), DEFINITIONS)
    rows = {
        "actions": whole.actions.loc[whole.actions["published"] == "no", "what"],
        "meetings": whole.meetings.loc[whole.meetings["published"] == "no", "decision"],
        "documents": whole.documents.loc[whole.documents["published"] == "no", "title"],
        "agreements": whole.agreements.loc[whole.agreements["published"] == "no", "purpose"],
        **alerts_words(),
        "names": whole.roles.loc[(whole.roles["name"] != "") & (whole.roles["name_published"] == "no"), "name"],
    }
    return {name: set(words) for name, words in rows.items()}


def alerts_words() -> dict[str, set[str]]:
    """What alerts say that no public file and no notice may: who reported it, where, and who approved the notice."""
    held = alerts.read(replace(areas.load(PROJECT, FICTIONAL), whole=True))
    return {f"alerts {name}": {*held[name]} - {""} for name in ("source", "exact_place", "approved_by", "harm")}


@pytest.fixture(scope="module")
def public() -> dict[str, str]:
    """Everything that the plan adds to the public's folder, as text: sections, calendar, and the pack's every part."""
    asked = question(PROJECT, FICTIONAL)
    definitions, area = areas.with_definitions(PROJECT, FICTIONAL)
    page = DocumentPage(PROJECT, figures.cleared(PROJECT, asked), definitions, area, asked.period)
    table = definitions.document_sections
    names = table.loc[table["document"] == "delivery_plan", "section"]
    shown = {name: documents.section(page, "delivery_plan", name, []) for name in names}
    pack = board_pack.pack(page, Place(area, {}, events.by_measure(area, definitions)), "Draft", None)
    with zipfile.ZipFile(io.BytesIO(pack)) as archive:
        parts = {name: archive.read(name).decode("utf-8", "replace") for name in archive.namelist()}
    sections = {name: display.html for name, display in shown.items() if display}
    return sections | parts | {year.FILE: year.calendar(page).replace("\r\n ", "")}


@pytest.mark.parametrize("kind", secrets())
def test_what_is_not_marked_is_in_no_public_page_calendar_or_document(public, kind):
    hidden = secrets()[kind]
    found = {(words, file) for words in hidden for file, text in public.items() if words.casefold() in text.casefold()}
    print(f"{len(hidden)} texts of {kind} looked for in {len(public)} files")

    assert hidden and found == set()
    assert {"plan", "decisions", "holders", year.FILE, "word/document.xml"} <= set(public)


def test_a_notice_of_any_year_holds_no_source_place_grade_name_or_small_count():
    definitions, area = areas.with_definitions(PROJECT, FICTIONAL, Audience.PARTNERSHIP)
    written = {}
    for as_of in alerts.read(area)["told_on"].replace("", AS_OF):
        released = SimpleNamespace(as_of=as_of, audience=Audience.PARTNERSHIP)
        page = DocumentPage(PROJECT, released, definitions, area, SimpleNamespace())  # type: ignore[arg-type]
        written |= alert_report.notices(page)
    hidden = {words for kind, told in alerts_words().items() if kind != "alerts harm" for words in told}
    hidden |= secrets()["names"]
    held = alerts.read(area)
    graded = {f"{one['source_grade']}{one['information_grade']}" for one in held.to_dict("records")}
    print(f"{len(hidden)} texts looked for in {len(written)} notices")

    assert len(written) >= 4
    assert [(one, name) for one in hidden for name, text in written.items() if one.casefold() in text.casefold()] == []
    assert not any(word in text.split() for text in written.values() for word in [*graded, *"1234"])


def test_the_search_finds_what_the_partnership_reads():
    area = replace(areas.load(PROJECT, FICTIONAL), whole=True)
    whole, open_to_all = (
        plan.read(replace(area, whole=audience is Audience.PARTNERSHIP), DEFINITIONS).digest()
        for audience in (Audience.PARTNERSHIP, Audience.PUBLIC)
    )
    every = {words for name, kind in secrets().items() if not name.startswith("alerts") for words in kind}

    assert [words for words in every if words not in whole] == []
    assert [words for words in every if words in open_to_all] == []


@pytest.mark.parametrize(
    ("name", "row"),
    [
        ("meetings", {"date": "2025-03-01", "kind": "decided", "decision": "{}", "owner": "Chair"}),
        ("meetings", {"date": "2025-03-01", "kind": "decided", "decision": "Write", "owner": "{}"}),
        ("documents", {"document": "plan", "title": "{}", "date": "2025"}),
        ("roles", {"role": "chair", "holder": "{}", "name_published": "no"}),
        ("agreements", {"agreement": "one", "source": "police", "partner": "Police", "purpose": "{}",
                        "signed": "2025-01-01", "review": "2026-01-01", "delete_by": "2030-01-01"}),
    ],
)  # fmt: skip
@pytest.mark.parametrize("said", ["It reached 1,242 people", "twelve hundred and forty-two, so 24.8% of 5,012 people"])
def test_a_hidden_number_in_any_table_of_the_plan_holds_a_release_back(tmp_path, monkeypatch, name, row, said):
    root = partnership.make(tmp_path / "project")
    monkeypatch.setenv(framework.HOME_VARIABLE, str(root))
    columns = [column.name for column in plan.TABLES[f"{name}.csv"]]
    cells = {column: row.get(column, "").format(said) for column in columns} | {"published": "yes"}
    area = areas.load(root, AREA)
    pd.DataFrame([cells]).to_csv(area.folder / f"{name}.csv", index=False)
    lost = pd.DataFrame(
        {"measure": ["completions_opiates"], "value": [24.78], "numerator": [1242.0], "denominator": [5012.0]}
    )
    lines = written.lines(area, question(root, AREA).period, DEFINITIONS)
    found = require_untold(lines, lost, DEFINITIONS, area.folder)

    assert list(found["file"]) == [f"{name}.csv"]
