"""The sections of the delivery plan: actions beside the figures they should move, decisions, roles, documents."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from drug_outcomes.definitions import plan
from drug_outcomes.definitions.vocabulary import Audience
from drug_outcomes.quality import plan_rules
from drug_outcomes.quality.plan_rules import Doubt
from drug_outcomes.reporting import headlines, markup, tables, wording
from drug_outcomes.reporting.document_page import DocumentPage
from drug_outcomes.reporting.markup import Content, Display
from drug_outcomes.reporting.wording import Row

_STATUS = {
    plan.NOT_STARTED: "Not started", plan.UNDER_WAY: "Under way", plan.DONE: "Done", plan.STOPPED: "Stopped"
}  # fmt: skip
_COLUMNS = ("Action", "Due", "Status", "Measures it should move, as they stand")
_NOBODY = "Nobody is named"


@dataclass(frozen=True)
class _Looked:
    """The actions of a page, what the rules ask about each, and the rows of the measures that they name."""

    held: pd.DataFrame
    found: pd.DataFrame
    doubts: Mapping[Hashable, list[str]]
    rows: Mapping[str, Row]

    @classmethod
    def at(cls, page: DocumentPage) -> "_Looked | None":
        """Look at the actions of a page, where there are any."""
        held = page.plan.actions
        if held.empty:
            return None
        rows = {row["measure"]: row for row in headlines.of_measures(page.released, list(page.definitions.named))}
        trends = {measure: str(row.get("trend", "")) for measure, row in rows.items()}
        found = plan_rules.doubts(page.plan, trends, page.released.as_of)
        if page.released.audience is Audience.PUBLIC:
            found = found.head(0)  # who is late is the partnership's business
        return cls(held, found, found.groupby("action")["doubt"].agg(list).to_dict(), rows)


def actions(page: DocumentPage) -> Display | None:
    """Show every commitment with its lead, and its actions beside the measures that they should move."""
    looked = _Looked.at(page)
    if looked is None:
        return None
    held = looked.held
    parts = [
        markup.together(
            markup.heading(str(one["title"]), 3),
            markup.paragraph(f"Lead: {_holders(page, str(one['commitment']))}."),
            _table(page, looked, held[held["commitment"] == one["commitment"]], f"Actions: {one['title']}"),
        )
        for one in page.definitions.commitments.to_dict("records")
    ]
    return markup.together(_summary(page, held, looked.found), *parts)


def in_brief(page: DocumentPage) -> Display | None:
    """Show how many actions stand how, and those that the rules ask about."""
    looked = _Looked.at(page)
    if looked is None:
        return None
    asked = looked.held[looked.held["action"].isin(list(looked.doubts))]
    table = _table(page, looked, asked, "Actions that the rules ask about") if len(asked) else None
    return markup.together(_summary(page, looked.held, looked.found), table)


def _summary(page: DocumentPage, held: pd.DataFrame, found: pd.DataFrame) -> Display:
    """Say how many actions stand how and, to the partnership, what the rules ask."""
    stands = held["status"].map(_STATUS).value_counts()
    told = ", ".join(f"{stands[word]} {word.lower()}" for word in _STATUS.values() if word in stands)
    stands_beside = (
        "A measure stands beside an action to show what it should move: no change in it is told as the action's effect."
    )
    if page.released.audience is Audience.PUBLIC:
        return markup.paragraph(f"{wording.plural(len(held), 'action')}: {told}. {stands_beside}")
    return markup.together(
        markup.paragraph(
            f"{wording.plural(len(held), 'action')}: {told}. {len(Doubt)} rules looked at each. {stands_beside}"
        ),
        markup.bullets(tables.doubts(found["doubt"], plan_rules.WHY) or ["None of the rules asks about an action."]),
    )


def _table(page: DocumentPage, looked: _Looked, mine: pd.DataFrame, caption: str) -> Display:
    if mine.empty:
        return markup.paragraph("No action is held for this commitment.")
    cells: list[list[Content]] = [
        [
            markup.stacked(one["what"], f"Lead: {one['lead'] or _NOBODY}", _next(one)),
            wording.date_in_words(one["due"]),
            _status(one, looked.doubts.get(one["action"], [])),
            _measures(page, [looked.rows[name] for name in one["measures"].split(";") if name in looked.rows]),
        ]
        for one in mine.sort_values("due", kind="stable").to_dict("records")
    ]
    return markup.table(_COLUMNS, cells, caption)


def _next(one: Mapping[Hashable, Any]) -> str | None:
    return f"Next: {one['next_step']}" if one["next_step"] else None


def _status(one: Mapping[Hashable, Any], doubts: list[str]) -> Display:
    """Return how an action stands by its own words, and what the rules ask about it."""
    evidence = f"Evidence: {one['evidence']}" if one["evidence"] else None
    said = f"Updated {wording.date_in_words(one['updated'])}"
    tags = tables.doubt_tags(doubts)
    status = markup.together(_STATUS[one["status"]], " " if tags else None, tags)
    return markup.stacked(status, said, evidence)


def _measures(page: DocumentPage, rows: list[Row]) -> Content:
    """Return each measure with its figure, verdict and trend."""
    return markup.together(*(_measure(page, row) for row in rows)) if rows else "None named"


def _measure(page: DocumentPage, row: Row) -> Display:
    link = f"{row['priority']}.html#measure-{row['measure']}"
    query = headlines.in_question(page.released, row)
    told = (wording.short_verdict(row, query), "" if query else wording.trend(row))
    figure = f"{wording.in_cell(row)} ({wording.period(row)})" if wording.has_value(row) else wording.in_cell(row)
    name = page.definitions.short_titles[row["measure"]]
    return markup.stacked(
        markup.together(markup.link(name, link), f": {figure}"), ". ".join(part for part in told if part) or None
    )


def _holders(page: DocumentPage, role: str) -> str:
    """Return who holds a role, or leads a commitment: title and organisation, the name where it may stand here."""
    mine = page.plan.roles[page.plan.roles["role"] == role]
    parts = mine[["name", "holder", "organisation"]].to_numpy()
    told = [", ".join(part for part in row if part) for row in parts]
    return "; ".join(one or "vacant" for one in told) or "nobody is named"


def roles(page: DocumentPage) -> Display | None:
    """Show who holds the roles that national guidance asks for; a role that nobody holds says so."""
    held = page.plan.roles
    asked = page.plan.asked_for
    shown = asked[asked["role"].isin(held["role"]) | (asked["national"] == "yes")]
    if not held["role"].isin(asked["role"]).any():
        return None
    cells: list[list[Content]] = [
        [markup.stacked(row["title"], row["holds"]), wording.at_start(_holders(page, row["role"]))]
        for row in shown.to_dict("records")
    ]
    return markup.table(["Role", "Held by"], cells, "Roles of the partnership")


def documents(page: DocumentPage) -> Display | None:
    """Show the partnership's documents, newest first, and what superseded them."""
    held = page.plan.documents
    if held.empty:
        return None
    titles = held.set_index("document")["title"]
    cells: list[list[Content]] = [
        [
            markup.link(row["title"], row["address"]) if row["address"].startswith("https://") else row["title"],
            _dated(row["date"]),
            f"Superseded by {titles.get(row['superseded_by'], 'a document that is not published')}"
            if row["superseded_by"]
            else "Current",
        ]
        for row in held.sort_values("date", ascending=False, kind="stable").to_dict("records")
    ]
    return markup.table(["Document", "Date", "State"], cells, "Documents of the partnership")


def _dated(date: str) -> str:
    """Return a year, a month or a day in words."""
    if len(date) == len("2024"):
        return date
    return wording.month_in_words(date) if len(date) == len("2024-05") else wording.date_in_words(date)


def decisions(page: DocumentPage) -> Display | None:
    """Show what the last meeting decided, what is open from earlier ones, and what the next has to decide."""
    held, as_of = page.plan.held, page.released.as_of
    if held.empty:
        return None
    last, ahead = page.plan.last_meeting(as_of), page.plan.next_meeting(as_of)
    decided = held[held["kind"] == plan.DECIDED]
    shown = decided[(decided["date"] == last) | (decided["closed"] == "")]
    to_decide = held[(held["kind"] == plan.TO_DECIDE) & (held["date"] == ahead)]
    meetings = held["date"].nunique()
    told = f"{wording.plural(meetings, 'meeting')} since {wording.date_in_words(held['date'].min())}, "
    told += f"{wording.plural(len(decided), 'decision')}, {(decided['closed'] == '').sum()} of them open."
    return markup.together(
        markup.paragraph(told), _decided(shown, as_of) if len(shown) else None, _next_meeting(held, ahead, to_decide)
    )


def _decided(shown: pd.DataFrame, as_of: str) -> Display:
    cells: list[list[Content]] = [
        [
            row["decision"],
            wording.date_in_words(row["date"]),
            row["owner"] or _NOBODY,
            wording.date_in_words(row["due"]) if row["due"] else "No date",
            _carried_out(row, as_of),
        ]
        for row in shown.sort_values("date", ascending=False, kind="stable").to_dict("records")
    ]
    columns = ["Decision", "Meeting", "Owner", "Due", "State"]
    return markup.table(columns, cells, "Decisions of the last meeting, and open ones")


def _carried_out(row: Mapping[Hashable, Any], as_of: str) -> Content:
    if row["closed"]:
        return f"Done {wording.date_in_words(row['closed'])}"
    late = row["due"] and row["due"] < as_of
    return markup.tag(str(Doubt.OVERDUE), kind="query") if late else "Open"


def _next_meeting(held: pd.DataFrame, ahead: str, to_decide: pd.DataFrame) -> Display:
    if not ahead:
        return markup.paragraph("No later meeting is planned.")
    closes = held.loc[(held["date"] == ahead) & (held["papers_close"] != ""), "papers_close"].head(1)
    papers = "".join(f"; its papers close on {wording.date_in_words(day)}" for day in closes)
    return markup.together(
        markup.paragraph(f"The next meeting is on {wording.date_in_words(ahead)}{papers}."),
        markup.heading("To decide now", 3) if len(to_decide) else None,
        markup.bullets(_asked(row) for row in to_decide.to_dict("records")) if len(to_decide) else None,
    )


def _asked(row: Mapping[Hashable, Any]) -> str:
    return f"{row['decision']} ({row['owner'] or _NOBODY})"


def agreements(page: DocumentPage) -> Display | None:
    """Show the agreements on sharing data: with whom, for what, and until when."""
    held = page.plan.agreements
    if held.empty:
        return None
    cells: list[list[Content]] = [
        [
            markup.stacked(row["partner"], page.definitions.source(row["source"]).title),
            row["purpose"],
            *(wording.date_in_words(row[name]) for name in ("signed", "review", "delete_by")),
        ]
        for row in held.sort_values("review", kind="stable").to_dict("records")
    ]
    columns = ["With", "Purpose", "Signed", "Look at again", "Delete by"]
    return markup.table(columns, cells, "Agreements on sharing data")
