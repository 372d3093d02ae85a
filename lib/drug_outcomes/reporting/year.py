"""The partnership's year: what is due when, as a section of a page and as a calendar file."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from drug_outcomes.definitions import due, plan
from drug_outcomes.definitions.periods import iso_month, month_index
from drug_outcomes.definitions.vocabulary import Audience
from drug_outcomes.reporting import markup, wording
from drug_outcomes.reporting.document_page import DocumentPage
from drug_outcomes.reporting.markup import Content, Display

FILE = "year.ics"
#: So many months ahead are told; of them so many on the page before anything is opened.
_MONTHS, _FIRST = 12, 3
_FORM = "form"
#: The most bytes of a line of a calendar file; the rest follows on the next, after a space.
_OCTETS = 75
_KINDS = {plan.RELEASE: "Figures released", plan.SIGN_OFF: "Sign-off"}


@dataclass(frozen=True, order=True)
class Entry:
    """Something that is due: by which day (ISO), what kind of thing, what, and who; a publisher names a month alone."""

    day: str
    kind: str
    what: str
    who: str = ""
    in_month: bool = False


def entries(page: DocumentPage) -> list[Entry]:
    """Return what is due in the year after the page's day, in order; who owes a return is for the partnership."""
    as_of = page.released.as_of
    last = f"{iso_month(month_index(as_of) + _MONTHS)}-{as_of[8:]}"
    found = [*_planned(page), *_expected(page, as_of, last)]
    return sorted({one for one in found if as_of < one.day <= last})


def _planned(page: DocumentPage) -> Iterator[Entry]:
    """Yield what the partnership's own tables say."""
    held = page.plan
    for row in held.meetings.to_dict("records"):
        if row["kind"] in _KINDS:
            yield Entry(row["date"], _KINDS[row["kind"]], row["decision"], row["owner"])
            continue
        yield Entry(row["date"], "Meeting", page.area.partnership)
        yield Entry(row["papers_close"], "Papers close", f"For the meeting on {wording.date_in_words(row['date'])}")
    decided = held.meetings[(held.meetings["kind"] == plan.DECIDED) & (held.meetings["closed"] == "")]
    yield from (Entry(row["due"], "Decision due", row["decision"], row["owner"]) for row in decided.to_dict("records"))
    going = held.actions[~held.actions["status"].isin([plan.DONE, plan.STOPPED])]
    yield from (Entry(row["due"], "Action due", row["what"], row["lead"]) for row in going.to_dict("records"))
    for row in held.agreements.to_dict("records"):
        yield Entry(row["review"], "Agreement to look at again", row["purpose"], row["partner"])
        yield Entry(row["delete_by"], "Data to delete", row["purpose"], row["partner"])


def _expected(page: DocumentPage, as_of: str, last: str) -> Iterator[Entry]:
    """Yield when partners' returns are due, and publishers usually publish."""
    tracked = page.definitions.measures.query("retired == ''")
    for name, measures in tracked.groupby("source", sort=False)["measure"]:
        source = page.definitions.source(str(name))
        returned = source.route == _FORM
        if returned and page.released.audience is Audience.PUBLIC:
            continue
        days = {
            day
            for one in measures
            for day in due.ahead(page.definitions.measure(one), as_of, last, source.due_day or due.LAST_DAY)
        }
        kind = "Return due" if returned else "Usually published"
        yield from (Entry(day, kind, source.title, source.publisher_on(day), not returned) for day in days)


def section(page: DocumentPage) -> Display | None:
    """Show what is due when, the first months openly, and offer it as a calendar file."""
    found = entries(page)
    if not found:
        return None
    until = iso_month(month_index(page.released.as_of) + _FIRST + 1)
    soon, later = ([one for one in found if (one.day < until) is answer] for answer in (True, False))
    return markup.together(
        markup.paragraph(markup.link("All dates as a calendar file", f"downloads/{FILE}", download=FILE)),
        _table(soon, "Due in the next months") if soon else None,
        markup.details("Later in the year", _table(later, "Due later in the year")) if later else None,
    )


def _table(found: list[Entry], caption: str) -> Display:
    cells: list[list[Content]] = [
        [wording.month_in_words(one.day[:7]) if one.in_month else wording.date_in_words(one.day), one.kind, one.what,
         one.who or "The partnership"]
        for one in found
    ]  # fmt: skip
    return markup.table(["By", "What", "About", "Who"], cells, caption)


def calendar(page: DocumentPage) -> str:
    """Return what is due as an iCalendar file (RFC 5545): the same bytes from the same tables, no clock in it."""
    stamp = page.released.as_of.replace("-", "") + "T000000Z"
    name = f"X-WR-CALNAME:{_escaped(page.area.partnership)}"
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Drug Outcomes//EN", name]
    for one in entries(page):
        first, last = _days(one)
        uid = hashlib.sha256(repr(one).encode()).hexdigest()[:32]
        lines += [
            "BEGIN:VEVENT", f"UID:{uid}@{page.area.id}", f"DTSTAMP:{stamp}",
            f"DTSTART;VALUE=DATE:{first:%Y%m%d}", f"DTEND;VALUE=DATE:{last:%Y%m%d}",
            f"SUMMARY:{_escaped(f'{one.kind}: {one.what}')}", f"DESCRIPTION:{_escaped(one.who)}",
            "TRANSP:TRANSPARENT", "END:VEVENT",
        ]  # fmt: skip
    return "".join(f"{folded}\r\n" for line in [*lines, "END:VCALENDAR"] for folded in _folded(line))


def _days(one: Entry) -> tuple[date, date]:
    """Return the first day, and the day after the last: a month as a whole where no day is known."""
    if one.in_month:
        month = month_index(one.day)
        return date.fromisoformat(f"{iso_month(month)}-01"), date.fromisoformat(f"{iso_month(month + 1)}-01")
    day = date.fromisoformat(one.day)
    return day, day + timedelta(days=1)


def _escaped(text: str) -> str:
    plain = " ".join(text.split())
    return plain.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")


def _folded(line: str) -> Iterator[str]:
    """Yield a line in parts that are short enough, none of which ends inside a letter."""
    start = ""
    for letter in line:
        if len((start + letter).encode()) > _OCTETS:
            yield start
            start = " "
        start += letter
    yield start
