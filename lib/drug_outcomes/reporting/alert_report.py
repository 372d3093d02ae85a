"""Early warning for the partnership: the alerts with the time from report to notice, and the notices themselves."""

from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd

from drug_outcomes.definitions import alerts
from drug_outcomes.definitions.periods import iso_month, month_index
from drug_outcomes.definitions.vocabulary import Audience
from drug_outcomes.errors import DisclosureRefused
from drug_outcomes.quality import alert_rules
from drug_outcomes.reporting import headlines, markup, tables, wording
from drug_outcomes.reporting.document_page import DocumentPage
from drug_outcomes.reporting.markup import Content, Display

_COLUMNS = ("Received", "Substance", "What happened", "Graded", "Action and notice", "Delete by")
#: Among the downloads where figures are new since the last release.
FIGURES = "figures_that_warn.txt"
#: Why a figure is new since a release, in the words of what changed.
_NEW = "New period|Revised|New measure"
#: So many months back an alert is shown openly.
_FRESH = 12

Alert = Mapping[Hashable, Any]


def file(alert: str) -> str:
    """Return what the notice of an alert is called among the downloads."""
    return f"alert_{alert}.txt"


def notices(page: DocumentPage) -> dict[str, str]:
    """Return the notices that may be written, by the name of their file."""
    held = alerts.read(page.area, page.released.as_of)
    return {file(one["alert"]): notice(page, one) for one in held.to_dict("records") if not _refused(page, one)}


def notice(page: DocumentPage, alert: Alert) -> str:
    """Return the notice of an alert as plain text.

    Raises `DisclosureRefused` where nobody is named who approved it, or its words tell what a notice never holds.
    """
    why = _refused(page, alert)
    if why:
        told = f"no notice is written of the alert {alert['alert']}: {'; '.join(why)}"
        raise DisclosureRefused(told, expected="a named approver, and words without source, grading, place or count")
    area = page.area
    lines = [
        f"Drug alert of the {area.partnership}{area.mark}", "",
        f"Reported in {wording.month_in_words(alert['received'][:7])}, {alert['place']}.",
        f"Sold as: {alert['sold_as']}", f"Tested as: {alert['tested_as'] or 'not tested yet'}",
        f"What happened: {alert['harm']}", f"What to do: {alert['advice']}", "", area.contact or area.partnership, "",
    ]  # fmt: skip
    return "\n".join(lines)


def _refused(page: DocumentPage, alert: Alert) -> list[str]:
    return alert_rules.refusals(alert, page.released.as_of, page.plan.roles["name"])


def figures_that_warn(page: DocumentPage, since: str, changed: pd.DataFrame) -> str:
    """Return which figures moved beyond chance since a release, as plain text; "" where no figure is new.

    `changed` has a row for each measure that changed: measure, reason. Only cleared figures are told.
    """
    new = changed[changed["reason"].str.contains(_NEW)]
    if new.empty:
        return ""
    lines, looked = headlines.beyond_chance(page.released, list(new["measure"]))
    area = page.area
    told = [f"- {name}: {said}" for name, said in lines]
    return "\n".join([
        f"Figures that warn, {area.partnership}{area.mark}", "",
        f"Since the release {since}. {looked}", "", *told, "",
        "A change beyond chance is a question, not an answer: recording may have changed, or returns been caught up.",
        area.contact or area.partnership, "",
    ])  # fmt: skip


def section(page: DocumentPage) -> Display | None:
    """Show the alerts, how long notices took, and what the rules ask; for the partnership alone."""
    as_of = page.released.as_of
    held = alerts.read(page.area, as_of)
    if page.released.audience is not Audience.PARTNERSHIP or held.empty:
        return None
    found = alert_rules.doubts(held, as_of)
    asked = found.groupby("alert")["doubt"].agg(list).to_dict()
    since = iso_month(month_index(as_of) - _FRESH)
    fresh = (held["received"] >= since) | held["alert"].isin(list(asked))
    older = held[~fresh]
    return markup.together(
        markup.paragraph(_summary(held, as_of)),
        markup.bullets(tables.doubts(found["doubt"], alert_rules.WHY)),
        _table(page, held[fresh], asked, "Alerts of the last year, and those that the rules ask about"),
        markup.details("Earlier alerts", _table(page, older, asked, "Earlier alerts")) if len(older) else None,
    )


def _summary(held: pd.DataFrame, as_of: str) -> str:
    told = held[(held["told_on"] != "") & held["days"].notna()]
    days = alert_rules.waited(told, as_of)
    first = wording.date_in_words(held["received"].min())
    took = f" From report to notice took {days.median():.0f} days in the middle and {days.max():.0f} at most."
    return (
        f"{wording.plural(len(held), 'alert')} since {first}, {(held['closed'] == '').sum()} of them open; a notice "
        f"was given of {len(told)}.{took if len(told) else ''} A notice is written as plain text where a named person "
        "approved it, and never holds source, grading, exact place or a small count."
    )


def _table(page: DocumentPage, mine: pd.DataFrame, asked: Mapping[Hashable, list[str]], caption: str) -> Display:
    graded = alerts.matrix().set_index("code")["means"].str.partition(":")[0]
    days = alert_rules.waited(mine, page.released.as_of)
    tags = [tables.doubt_tags(asked.get(alert, [])) for alert in mine["alert"]]
    cells: list[list[Content]] = [
        [
            wording.date_in_words(one["received"]),
            markup.stacked(f"Sold as {one['sold_as']}", f"Tested as {one['tested_as'] or 'nothing yet'}"),
            markup.stacked(one["harm"], one["place"]),
            f"{one['source_grade']}{one['information_grade']}: {wording.in_kind(graded[one['source_grade']])}, "
            f"{wording.in_kind(graded[one['information_grade']])}",
            markup.stacked(
                one["action"] or "No action",
                _told(one, waited),
                _notice(page, one),
                tables.doubt_tags(asked.get(one["alert"], [])),
            ),
            wording.date_in_words(one["delete_by"]),
        ]
        for one, waited, tagged in zip(mine.to_dict("records"), days, tags, strict=True)
    ]
    return markup.table(_COLUMNS, cells, caption)


def _told(one: Alert, waited: float) -> str:
    if pd.isna(waited):
        return "No notice asked for"
    if not one["told_on"]:
        return f"No notice yet, after {wording.plural(int(waited), 'day')}"
    when = f"{wording.date_in_words(one['told_on'])}, after {wording.plural(int(waited), 'day')}"
    return f"Told {one['told'] or 'nobody named'} {when}"


def _notice(page: DocumentPage, one: Alert) -> Content | None:
    if pd.isna(one["days"]) or one["closed"]:
        return None
    why = _refused(page, one)
    if why:
        return f"No notice is written: {'; '.join(why)}."
    name = file(one["alert"])
    return markup.link("Notice as plain text", f"downloads/{name}", download=name)
