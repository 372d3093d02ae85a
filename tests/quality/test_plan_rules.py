"""The plan of a partnership: what its tables may hold, who may read which row, and what rules ask about actions."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

import exampleshire.plan as fictional
import partnership
from drug_outcomes.definitions import areas, framework, plan
from drug_outcomes.definitions.plan import Plan
from drug_outcomes.disclosure.words import require_untold
from drug_outcomes.errors import DisclosureRefused, UnreadableInput
from drug_outcomes.figures import question, written
from drug_outcomes.quality import plan_rules
from drug_outcomes.quality.plan_rules import Doubt
from drug_outcomes.statistics.recent_trends import Marker
from exampleshire.timeline import AS_OF
from partnership import AREA

DEFINITIONS = framework.load(partnership.PROJECT / framework.FRAMEWORK)
ACTION = {
    "action": "clinics", "commitment": "services_capacity", "what": "Open clinics", "measures": "completions_opiates",
    "lead": "Commissioner", "due": "2026-06-30", "status": "under_way", "evidence": "", "updated": "2026-03-04",
    "next_step": "Recruit", "published": "yes",
}  # fmt: skip
ROLE = {
    "role": "chair", "holder": "Director", "organisation": "Council", "name": "A. Person", "name_published": "no",
    "published": "yes",
}  # fmt: skip


def read(root: Path, *, whole: bool = False, **tables: list[dict[str, str]]) -> Plan:
    """Write an area's tables and read them as the public, or the partnership as a whole, may."""
    for name, rows in tables.items():
        pd.DataFrame(rows).to_csv(root / "data" / "areas" / AREA / f"{name}.csv", index=False)
    return plan.read(replace(areas.load(root, AREA), whole=whole), DEFINITIONS)


@pytest.fixture
def root(tmp_path, monkeypatch) -> Path:
    made = partnership.make(tmp_path / "project")
    monkeypatch.setenv(framework.HOME_VARIABLE, str(made))
    return made


def asked(held: Plan, trends: dict[str, str] | None = None, as_of: str = AS_OF) -> dict[str, set[str]]:
    """What the rules ask, by action."""
    found = plan_rules.doubts(held.known_on(as_of), trends or {}, as_of)
    return found.groupby("action")["doubt"].agg(set).to_dict()


def test_what_is_planted_in_the_fictional_plan_is_found_and_nothing_else(project, record_property):
    area = replace(areas.load(project, "exampleshire"), whole=True)
    held = plan.read(area, DEFINITIONS)
    found = asked(held)
    alarms = sum(len(doubts - fictional.PLANTED.get(action, set())) for action, doubts in found.items())
    record_property("false alarms", f"{alarms} in {len(held.actions)} actions of the plan, {len(Doubt)} rules each")

    assert found == fictional.PLANTED
    assert held.held["date"].nunique() == len(fictional.meetings()) >= 8 * 4


@pytest.mark.parametrize(
    ("changed", "doubt"),
    [
        ({}, set()),
        ({"due": "2026-03-31"}, set()),  # today is not late
        ({"due": "2026-03-30"}, {Doubt.OVERDUE}),
        ({"due": "2026-03-30", "status": "stopped"}, set()),
        ({"updated": "2025-12-10"}, {Doubt.NOT_UPDATED}),
        ({"updated": "2025-12-11"}, set()),
        ({"status": "done", "next_step": ""}, {Doubt.UNEVIDENCED}),
        ({"status": "done", "evidence": "Report"}, {Doubt.CONTRADICTS}),
        ({"status": "not_started", "evidence": "Report"}, {Doubt.CONTRADICTS}),
        ({"measures": ""}, {Doubt.NO_MEASURE}),
    ],
)
def test_rules_ask_about_an_action_and_say_why(root, changed, doubt):
    meetings = [{"date": day, "papers_close": "", "due": "", "closed": "", "kind": "", "decision": "", "owner": "",
                 "published": "yes"} for day in ("2025-12-10", "2026-03-11")]  # fmt: skip
    held = read(root, actions=[ACTION | changed], meetings=meetings)

    assert asked(held).get("clinics", set()) == doubt
    assert set(plan_rules.WHY) == set(Doubt)


@pytest.mark.parametrize(("trend", "doubt"), [(Marker.DECREASING, set()), (Marker.DECREASING_WORSE, {Doubt.WRONG_WAY})])
def test_a_wrong_way_needs_a_direction_that_was_agreed(root, trend, doubt):
    held = read(root, actions=[ACTION])

    assert asked(held, {"completions_opiates": trend}).get("clinics", set()) == doubt


def test_the_public_reads_marked_rows_alone_and_no_name_that_is_not_marked(root):
    tables = {"actions": [ACTION, ACTION | {"action": "secret", "published": "no"}], "roles": [ROLE]}
    held, whole = read(root, **tables), read(root, whole=True)

    assert (list(held.actions["action"]), list(held.roles["name"])) == (["clinics"], [""])
    assert (list(whole.actions["action"]), list(whole.roles["name"])) == (["clinics", "secret"], ["A. Person"])
    assert "secret" not in held.digest() and "Person" not in held.digest()


def test_rows_in_restricted_are_the_partnerships(root):
    closed = root / "data" / "areas" / AREA / "restricted"
    closed.mkdir()
    pd.DataFrame([ACTION]).to_csv(closed / "actions.csv", index=False)

    assert (len(read(root).actions), len(read(root, whole=True).actions)) == (0, 1)


def test_a_published_row_may_not_name_somebody_who_is_not_marked(root):
    with pytest.raises(UnreadableInput, match="names somebody") as refusal:
        read(root, roles=[ROLE], actions=[ACTION, ACTION | {"action": "two", "lead": "A. Person, Council"}])

    assert refusal.value.row == 3 and "Person" not in str(refusal.value)


@pytest.mark.parametrize(
    ("table", "row", "column"),
    [
        ("actions", ACTION | {"commitment": "nothing"}, "commitment"),
        ("actions", ACTION | {"measures": "nothing"}, "measures"),
        ("actions", ACTION | {"status": "finished"}, "status"),
        ("actions", ACTION | {"due": "soon"}, "due"),
        ("actions", ACTION | {"published": ""}, "published"),
        ("roles", ROLE | {"role": "tsar"}, "role"),
    ],
)
def test_a_slip_is_refused_with_its_row_and_column(root, table, row, column):
    with pytest.raises(UnreadableInput, match=f"the column '{column}'") as refusal:
        read(root, **{table: [row]})

    assert refusal.value.row == 2


def test_nothing_is_known_before_it_was_written(root):
    meetings = [{"date": day, "papers_close": "", "due": "", "closed": "2026-01-05", "kind": "decided",
                 "decision": "A", "owner": "", "published": "yes"} for day in ("2025-12-10", "2026-03-11")]  # fmt: skip
    held = read(root, actions=[ACTION], meetings=meetings).known_on("2025-12-31")

    assert len(held.actions) == 0
    assert held.meetings[["date", "closed"]].to_numpy().tolist() == [["2025-12-10", ""]]


@pytest.mark.parametrize("column", ["what", "evidence", "next_step", "lead"])
def test_no_published_row_prints_a_hidden_number(root, column):
    read(root, actions=[ACTION | {column: "It reached 1,242 people"}])
    lost = pd.DataFrame(
        {"measure": ["completions_opiates"], "value": [24.78], "numerator": [1242.0], "denominator": [5012.0]}
    )
    area, period = areas.load(root, AREA), question(root, AREA).period

    with pytest.raises(DisclosureRefused) as refusal:
        require_untold(written.lines(area, period, DEFINITIONS), lost, DEFINITIONS, area.folder)

    assert (refusal.value.file, refusal.value.row) == ("actions.csv", 2)
