"""What is due when: on the page and in the calendar file, and what a correction notice says."""

from dataclasses import replace
from types import SimpleNamespace

import pandas as pd
import pytest

from drug_outcomes.definitions import areas
from drug_outcomes.definitions.vocabulary import Audience
from drug_outcomes.publishing import compare
from drug_outcomes.reporting import year
from drug_outcomes.reporting.document_page import DocumentPage
from exampleshire.timeline import AS_OF
from material import PROJECT


def page(audience: Audience, area: str = "exampleshire") -> DocumentPage:
    """A page of which only the day and the audience are asked for."""
    definitions, place = areas.with_definitions(PROJECT, area, audience)
    released = SimpleNamespace(as_of=AS_OF, audience=audience)
    return DocumentPage(PROJECT, released, definitions, place, SimpleNamespace())  # type: ignore[arg-type]


@pytest.mark.parametrize("audience", Audience)
def test_the_calendar_holds_what_the_page_shows_in_the_form_of_its_standard(audience):
    shown, text = year.entries(page(audience)), year.calendar(page(audience))
    lines = text.removesuffix("\r\n").split("\r\n")
    whole = text.replace("\r\n ", "").split("\r\n")

    assert max(len(line.encode()) for line in lines) <= 75 and "\n" not in "".join(lines)
    assert (whole.count("BEGIN:VEVENT"), whole.count("END:VEVENT")) == (len(shown), len(shown))
    assert len({line for line in whole if line.startswith("UID:")}) == len(shown) >= 10
    assert [line.split(":", 1)[1] for line in whole if line.startswith("SUMMARY:")] == [
        year._escaped(f"{one.kind}: {one.what}") for one in shown
    ]
    assert text == year.calendar(page(audience))


def test_everything_that_is_due_is_in_the_year_and_who_owes_it_is_the_partnerships():
    public, whole = (year.entries(page(audience)) for audience in (Audience.PUBLIC, Audience.PARTNERSHIP))
    kinds = {one.kind for one in whole}

    assert kinds - {one.kind for one in public} == {"Return due", "Sign-off", "Agreement to look at again"}
    assert kinds >= {"Meeting", "Papers close", "Decision due", "Action due", "Figures released", "Usually published"}
    assert set(public) < set(whole) and all(AS_OF < one.day <= "2027-03-31" for one in whole)


def test_a_real_area_without_a_plan_still_has_the_dates_of_publishers():
    assert {one.kind for one in year.entries(page(Audience.PUBLIC, "southampton"))} == {"Usually published"}


def snapshot(folder, value, *more):
    """The downloads of a snapshot that hold one figure."""
    (folder / "downloads").mkdir(parents=True)
    row = {"measure": "deaths", "area": "E06999001", "period": "2021-23", "period_start": "2021-01",
           "period_end": "2023-12", "breakdown": "", "segment": "", "value": value, "source": "ons_drug_deaths",
           "received": "2025-10-17"}  # fmt: skip
    pd.DataFrame([row, *more]).to_csv(folder / compare.FIGURES, index=False)
    pd.DataFrame({"measure": ["deaths"], "title": ["Deaths from drug misuse"]}).to_csv(folder / compare.SCORECARD)
    return folder


@pytest.mark.parametrize(("now", "told"), [("5.4", "released as 5.1, now 5.4"), ("5.1", ""), ("", "")])
def test_a_released_figure_that_changed_gets_a_notice(tmp_path, now, told):
    area = areas.load(PROJECT, "exampleshire")
    before, after = snapshot(tmp_path / "2023-24-q4" / "public", "5.1"), snapshot(tmp_path / "now", now)
    notice = compare.correction_notice(before, after, replace(area, contact=""))

    assert (told in notice) and bool(notice) == bool(told)
    assert "Deaths from drug misuse, 2021-23" in notice or not told
    assert compare.correction_notice(None, after, area) == ""
