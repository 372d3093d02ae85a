"""Corrections: declared, guarded, shown; and what publishers revise themselves."""

from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as some

from drug_outcomes.definitions import areas, framework, observations
from drug_outcomes.errors import UnreadableInput
from drug_outcomes.intake import corrections, vintages

CODE = "E06000044"
HEADER = "correction,measure,area,period,breakdown,action,value,expect,reason,told,status,reference,declared\n"


def area(folder: Path, *lines: str) -> areas.Area:
    (folder / corrections.FILE).write_text(HEADER + "\n".join(lines) + "\n", encoding="utf-8")
    return areas.Area("any", "Any", CODE, "Any Partnership", False, "2024/25 Q3", "2025-03-31", folder)


def line(action="replace", value="15", expect="51", period="Dec 24", status="told", declared="") -> str:
    start = f"swapped,paid_work,,{period},,{action},{value},{expect}"
    return f"{start},Digits exchanged,The sender,{status},e-mail,{declared}"


def row(value: float = 51, received: str = "2025-01-14", **more: object) -> dict[str, object]:
    return {
        "measure": "paid_work", "area": CODE, "period_label": "Dec 24", "period_start": "2024-12",
        "period_end": "2024-12", "period_basis": "month", "status": "published", "text": f"{value:g}",
        "source": "ndtms_local_outcomes", "release": "restricted", "file": "a.csv", "row": 2, "value": value,
        "numerator": value, "lower": 40.0, "received": received, **more,
    }  # fmt: skip


def frame(*rows: dict[str, object]) -> pd.DataFrame:
    return observations.frame(rows)


def test_a_wrong_figure_is_replaced_and_says_so(tmp_path):
    fixed = corrections.apply(frame(row()), area(tmp_path, line())).iloc[0]

    assert (fixed["value"], fixed["numerator"], fixed["text"]) == (15, 15, "15")
    assert pd.isna(fixed["lower"])
    assert "published as 51" in fixed["note"]
    assert "Digits exchanged" in fixed["note"]


def test_a_numerator_that_is_not_the_value_is_emptied(tmp_path):
    fixed = corrections.apply(frame(row(numerator=255.0, denominator=500.0)), area(tmp_path, line()))

    assert fixed["numerator"].isna().all()


def test_a_figure_without_a_correction_stays_as_it_is(tmp_path):
    known = frame(row(), row(period_label="Nov 24", period_start="2024-11", period_end="2024-11"))
    fixed = corrections.apply(known, area(tmp_path, line()))

    pd.testing.assert_frame_equal(fixed.iloc[[1]], known.iloc[[1]])


def test_a_dropped_figure_lets_the_earlier_vintage_stand(tmp_path):
    known = frame(row(14, "2024-12-14"), row(51))
    fixed = corrections.apply(known, area(tmp_path, line("drop", value="")))

    assert fixed["value"].tolist() == [14]


def test_a_note_changes_nothing_else(tmp_path):
    known = frame(row())
    fixed = corrections.apply(known, area(tmp_path, line("note", value="")))

    pd.testing.assert_frame_equal(fixed.drop(columns="note"), known.drop(columns="note"))
    assert "Digits exchanged" in fixed["note"].iloc[0]


def test_a_suppressed_figure_is_expected_by_its_text(tmp_path):
    known = frame(row(float("nan"), text="<5", status="suppressed", bound_low=1, bound_high=4))
    fixed = corrections.apply(known, area(tmp_path, line(value="565", expect="<5"))).iloc[0]

    assert (fixed["value"], fixed["status"]) == (565, "published")


@pytest.mark.parametrize(
    ("newer", "outcome", "severity"), [(51, "applied", "info"), (15, "changed", "error"), (16, "changed", "error")]
)
def test_the_guard_fails_loudly_when_the_publisher_prints_something_else(tmp_path, newer, outcome, severity):
    place, known = area(tmp_path, line()), frame(row(), row(newer, "2025-02-14", file="b.csv"))
    made = corrections.outcomes(known, place)
    measures = framework.load(Path(__file__).parents[2] / framework.FRAMEWORK).measures

    assert made["outcome"].tolist() == [outcome]
    assert corrections.findings(made, measures)["severity"].tolist() == [severity]
    assert corrections.apply(known, place)["value"].tolist() == ([15, 15] if newer == 51 else [51, newer])


def test_a_correction_that_fits_nothing_is_an_error(tmp_path):
    assert corrections.outcomes(frame(row()), area(tmp_path, line(period="Dec 23")))["outcome"].tolist() == [
        "unmatched"
    ]


def test_a_correction_marked_as_fixed_is_silent_once_the_publisher_has_mended_it(tmp_path):
    known = frame(row(), row(15, "2025-02-14", file="b.csv"))
    made = corrections.outcomes(known, area(tmp_path, line(status="fixed")))
    measures = framework.load(Path(__file__).parents[2] / framework.FRAMEWORK).measures

    assert corrections.findings(made, measures).empty


@pytest.mark.parametrize(("as_of", "value"), [("2025-04-09", 51), ("2025-04-10", 15), ("", 15)])
def test_a_correction_is_made_from_the_day_it_was_declared(tmp_path, as_of, value):
    fixed = corrections.apply(frame(row()), area(tmp_path, line(declared="2025-04-10")), as_of)

    assert fixed["value"].tolist() == [value]


def test_a_withdrawn_correction_is_not_made(tmp_path):
    assert corrections.apply(frame(row()), area(tmp_path, line(status="withdrawn")))["value"].tolist() == [51]


@pytest.mark.parametrize(
    "wrong",
    [
        *(line(value=""), line("drop"), line("mend"), line(expect="")),
        *(line(declared="April"), line(value="fifteen"), line(period="")),
    ],
)
def test_a_slip_in_the_table_is_refused_with_its_row(tmp_path, wrong):
    with pytest.raises(UnreadableInput, match=r"corrections\.csv, row 2"):
        corrections.apply(frame(row()), area(tmp_path, wrong))


@given(some.lists(some.sampled_from([51, 15, 16]), min_size=1, max_size=6))
def test_a_correction_is_made_only_while_the_newest_vintage_is_wrong(tmp_path_factory, values):
    known = frame(*(row(value, f"2025-01-{day:02d}", file=f"{day}.csv") for day, value in enumerate(values, 1)))
    fixed = corrections.apply(known, area(tmp_path_factory.mktemp("area"), line()))
    slowly = [15 if value == 51 and values[-1] == 51 else value for value in values]

    assert fixed["value"].tolist() == slowly


@pytest.mark.parametrize(
    ("older", "newer", "kind"),
    [
        ({}, {"value": 50}, "revised"),
        ({"status": "provisional"}, {"value": 50}, "revised"),
        ({"status": "provisional"}, {}, "final"),
        ({}, {"value": float("nan"), "status": "not_published"}, "withdrawn"),
        ({"value": float("nan"), "status": "suppressed"}, {}, "supplied"),
    ],
)
def test_what_a_publisher_changes_is_listed_with_both_releases(older, newer, kind):
    known = frame(row() | {"vintage": "first"} | older, row(received="2025-02-14") | {"vintage": "second"} | newer)
    found = vintages.revisions(known)

    assert found["kind"].tolist() == [kind]
    assert found[["old_vintage", "new_vintage"]].to_numpy().tolist() == [["first", "second"]]


def test_a_revision_says_how_much():
    found = vintages.revisions(frame(row(50), row(40, "2025-02-14"))).iloc[0]

    assert (found["difference"], found["percent"]) == (-10, -20)


@pytest.mark.parametrize(
    "newer",
    [
        {},
        {"value": float("nan"), "status": "not_supplied"},
        {"value": 50, "source": "scorecard_edition"},
        {"value": 50, "area": "E92000001"},
    ],
)
def test_the_same_again_an_empty_form_and_another_source_are_no_revision(newer):
    assert vintages.revisions(frame(row(), row(received="2025-02-14") | newer)).empty


def test_a_revision_of_a_restricted_figure_is_restricted():
    found = vintages.revisions(frame(row(), row(50, "2025-02-14", release="public")))

    assert found["release"].tolist() == ["restricted"]


def test_a_rate_is_never_set_beside_the_count_that_it_is_made_of():
    counted = {"value": 35.0, "numerator": 35.0}
    bare, whole = {"value": 0.11, "numerator": float("nan")}, {"value": 0.11, "numerator": 35.0}

    for later, changed in ((bare, []), (whole, []), (whole | {"numerator": 36.0}, [1.0])):
        found = vintages.revisions(frame(row() | counted, row(received="2025-02-14") | later))
        assert found["difference"].tolist() == changed
