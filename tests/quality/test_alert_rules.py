"""Alerts: what rules ask about them, and which may go out as a notice."""

import re
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

import exampleshire.alerts as fictional
import partnership
from drug_outcomes import figures
from drug_outcomes.definitions import alerts, areas, framework, plan
from drug_outcomes.definitions.vocabulary import Audience
from drug_outcomes.errors import DisclosureRefused, UnreadableInput
from drug_outcomes.figures import question
from drug_outcomes.publishing import closed_rows
from drug_outcomes.quality import alert_rules
from drug_outcomes.quality.alert_rules import Doubt
from drug_outcomes.reporting import alert_report, headlines, wording
from drug_outcomes.reporting.document_page import DocumentPage
from exampleshire.timeline import AS_OF
from partnership import AREA

ALERT = {
    "alert": "one", "received": "2026-03-02", "source": "Nurse, hostel", "source_grade": "1", "information_grade": "B",
    "sold_as": "Heroin", "tested_as": "Nitazene", "harm": "People stopped breathing", "people": "3",
    "place": "the east of the county", "exact_place": "Flat 2, Mill Lane", "response": "warn", "action": "Told",
    "advice": "Carry naloxone", "approved_by": "Nora Notional", "told": "Services", "told_on": "2026-03-04",
    "closed": "", "delete_by": "2036-03-02",
}  # fmt: skip


@pytest.fixture
def root(tmp_path, monkeypatch) -> Path:
    made = partnership.make(tmp_path / "project")
    monkeypatch.setenv(framework.HOME_VARIABLE, str(made))
    return made


def read(root: Path, *, whole: bool = True, as_of: str = AS_OF, **changed: str) -> pd.DataFrame:
    area = replace(areas.load(root, AREA), whole=whole)
    file = alerts.file_of(area)
    file.parent.mkdir(exist_ok=True)
    pd.DataFrame([ALERT | changed]).to_csv(file, index=False)
    return alerts.read(area, as_of)


def asked(held: pd.DataFrame, as_of: str = AS_OF) -> dict[str, set[str]]:
    """What the rules ask, by alert."""
    return alert_rules.doubts(held, as_of).groupby("alert")["doubt"].agg(set).to_dict()


def fictional_page() -> DocumentPage:
    """A page of the fictional partnership of which only day and audience are asked for."""
    definitions, place = areas.with_definitions(partnership.PROJECT, "exampleshire", Audience.PARTNERSHIP)
    released = SimpleNamespace(as_of=AS_OF, audience=Audience.PARTNERSHIP)
    return DocumentPage(partnership.PROJECT, released, definitions, place, SimpleNamespace())  # type: ignore[arg-type]


def test_what_is_planted_in_the_fictional_alerts_is_found_and_nothing_else(record_property):
    page = fictional_page()
    held = alerts.read(page.area, AS_OF)
    found = asked(held)
    alarms = sum(len(doubts - fictional.PLANTED.get(alert, set())) for alert, doubts in found.items())
    record_property("false alarms", f"{alarms} in {len(held)} alerts, {len(Doubt)} rules each")
    names = plan.read(page.area, page.definitions).roles["name"]
    why = {one["alert"]: alert_rules.refusals(one, AS_OF, names) for one in held.to_dict("records")}
    refused = {alert: " ".join(reasons) for alert, reasons in why.items() if set(reasons) - {"it is closed"}}

    assert found == fictional.PLANTED and set(alert_rules.WHY) == set(Doubt)
    assert {alert for alert, told in refused.items() if fictional.REFUSED.get(alert, "-") in told} == set(refused)
    assert set(refused) == set(fictional.REFUSED)
    assert set(alert_report.notices(page)) == {"alert_counterfeit_pregabalin.txt"}


def test_the_partnership_sees_how_long_notices_took_and_what_is_past_its_day():
    shown = alert_report.section(fictional_page())

    assert shown is not None
    assert "From report to notice took 2 days in the middle and 8 at most" in shown.html
    assert all(word in shown.html for word in [*Doubt, "No notice is written: nobody is named in approved_by."])


@pytest.mark.parametrize(
    ("changed", "doubt"),
    [
        ({}, set()),  # two days are within the matrix
        ({"told_on": "2026-03-05"}, {Doubt.LATE}),
        ({"told_on": "2026-03-05", "response": "inform"}, set()),
        ({"told_on": ""}, {Doubt.LATE}),
        ({"told_on": "", "response": "watch", "approved_by": ""}, set()),
        ({"approved_by": " "}, {Doubt.NO_APPROVER}),
        ({"delete_by": "2026-03-30"}, {Doubt.KEPT}),
        ({"delete_by": "2026-03-31"}, set()),
    ],
)
def test_rules_ask_about_an_alert(root, changed, doubt):
    assert asked(read(root, **changed)).get("one", set()) == doubt


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"approved_by": ""}, "nobody is named"),
        ({"approved_by": "  "}, "nobody is named"),
        ({"closed": "2026-03-20"}, "closed"),
        ({"advice": ""}, "no advice"),
        ({"response": "watch"}, "no notice"),
        ({"delete_by": "2026-03-30"}, "delete-by"),
        ({"harm": "A NURSE found people"}, "the source"),
        ({"place": "near mill  lane"}, "exact place"),
        ({"place": "7 High Street"}, "exact place"),
        ({"harm": "Found at SO14 7LY"}, "exact place"),
        ({"harm": "Reported as 1B"}, "grading"),
        ({"advice": "The report is graded well"}, "grading"),
        ({"harm": "3 stopped breathing"}, "number below"),
        ({"harm": "Four people stopped breathing"}, "number below"),
        ({"harm": "Both stopped breathing"}, "number below"),
        ({"advice": "Ask Cora Invented"}, "name somebody"),
        ({"advice": "Ask nora notional"}, "name somebody"),
    ],
)
def test_no_notice_is_written_and_the_refusal_repeats_nothing(root, changed, why):
    row = read(root, **changed).iloc[0].to_dict()
    page = replace(fictional_page(), area=replace(areas.load(root, AREA), whole=True))
    cora = root / "data" / "areas" / AREA / "roles.csv"
    cora.write_text("role,holder,organisation,name,name_published,published\nchair,Chair,,Cora Invented,no,yes\n")

    with pytest.raises(DisclosureRefused, match=why) as refusal:
        alert_report.notice(page, row)
    assert not any(word in str(refusal.value) for word in ("urse", "lane", "Street", "7LY", "Invented", "notional"))


def test_a_dose_is_no_count_and_a_name_of_a_substance_no_grade(root):
    row = read(root, sold_as="2C-B, 2 mg", source_grade="2", information_grade="C").iloc[0].to_dict()
    page = replace(fictional_page(), area=replace(areas.load(root, AREA), whole=True))

    assert "Sold as: 2C-B, 2 mg\n" in alert_report.notice(page, row)


def test_the_public_reads_none_and_nothing_is_known_before_it_happened(root):
    assert len(read(root, whole=False)) == 0
    assert list(read(root, as_of="2026-03-03")[["told", "told_on"]].iloc[0]) == ["", ""]
    assert len(read(root, as_of="2026-03-01")) == 0


@pytest.mark.parametrize(
    ("column", "cell"),
    [("source_grade", "9"), ("information_grade", "1"), ("response", "shout"), ("told_on", "2026-03-01"),
     ("delete_by", ""), ("people", "some")],
)  # fmt: skip
def test_a_slip_is_refused_with_its_row_and_column(root, column, cell):
    with pytest.raises(UnreadableInput, match=f"the column '{column}'") as refusal:
        read(root, **{column: cell})

    assert refusal.value.row == 2


def test_alerts_in_the_open_are_found_before_a_commit(root):
    area = areas.load(root, AREA)
    (area.folder / alerts.FILE).write_text("alert\n")

    assert alerts.FILE in [file for file, *_ in closed_rows.in_the_open(area, framework.load(root / "data/framework"))]


def test_figures_that_warn_moved_beyond_chance_and_say_how_many_were_looked_at(released_page):
    measures = released_page.definitions.scorecard["measure"]
    changed = pd.DataFrame({"measure": measures, "reason": "New period"})
    text = alert_report.figures_that_warn(released_page, "an edition", changed)
    lines = [line for line in text.splitlines() if line.startswith("- ")]
    released = released_page.released
    rows = [row for row in headlines.of_measures(released, list(measures)) if wording.has_value(row)]
    sound = [row for row in rows if not headlines.in_question(released, row)]
    moved = [row for row in sound if row.get("signal") or row["two_period"] in ("increasing", "decreasing")]

    assert re.search(r"\d+ new figures looked at, with \d+ tests: chance alone would flag", text)
    assert [line.split(": ")[0] for line in lines] == [f"- {wording.named(row)}".split(": ")[0] for row in moved]
    assert len(moved) >= 1
    assert alert_report.figures_that_warn(released_page, "an edition", changed.assign(reason="Late")) == ""


@pytest.fixture(scope="module")
def released_page() -> DocumentPage:
    asked_for = question(partnership.PROJECT, "exampleshire", audience=Audience.PARTNERSHIP)
    definitions, place = areas.with_definitions(partnership.PROJECT, "exampleshire", Audience.PARTNERSHIP)
    cleared = figures.cleared(partnership.PROJECT, asked_for)
    return DocumentPage(partnership.PROJECT, cleared, definitions, place, asked_for.period)
