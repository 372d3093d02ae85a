"""The meeting brief for the partnership: two printed pages to sit round a table with."""

from drug_outcomes.definitions.areas import Area
from drug_outcomes.definitions.framework import Definitions
from drug_outcomes.definitions.periods import month_index
from drug_outcomes.definitions.vocabulary import Audience
from drug_outcomes.disclosure import Released
from drug_outcomes.errors import DisclosureRefused
from drug_outcomes.figures import Question
from drug_outcomes.quality import explanations
from drug_outcomes.reporting import headlines, lateness, markup, plan_report, tables, wording
from drug_outcomes.reporting.document_page import DocumentPage
from drug_outcomes.reporting.lateness import Cause
from drug_outcomes.reporting.markup import Content, Display

_DISCUSSED = 5
#: Explanations that end within so many months of the snapshot's date are worth a word.
_SOON = 3


def body(page: DocumentPage, asked: Question) -> Display:
    """Return the brief's body. It is for the partnership: the public has no use for who owes a return."""
    released, definitions, area = page.released, page.definitions, page.area
    wording.require_released(released)
    if released.audience is not Audience.PARTNERSHIP:
        raise DisclosureRefused("the meeting brief was asked for the public", expected="the partnership")
    return markup.together(
        markup.paragraph(wording.covers(area, asked.period, asked.as_of), class_="lede"),
        markup.heading("What to discuss", 2),
        tables.points(headlines.first_things(released, _DISCUSSED)),
        markup.heading("Returns overdue", 2),
        _overdue(released, definitions, asked),
        markup.heading("Figures that could be newer", 2),
        _could_be_newer(released, definitions, asked),
        markup.heading("Explanations that expire", 2),
        _expiring(area, definitions, released.as_of),
        markup.heading("Decisions and owners", 2),
        plan_report.decisions(page),
        markup.bullets(["Decision: ............ Owner: ............ By: ............"] * _DISCUSSED, ordered=True),
    )


def _overdue(released: Released, definitions: Definitions, asked: Question) -> Display:
    late = [one for one in lateness.causes(released, definitions, asked.period) if one[0] is Cause.PARTNER]
    if not late:
        return markup.paragraph("No return is overdue.")
    lines = []
    for _, row, due in late:
        source = definitions.source(definitions.measure(row["measure"]).source)
        lines.append(
            (
                wording.at_start(source.publisher_on(asked.as_of)),
                f"{wording.named(row)}: {due} is due, {wording.period(row)} is held.",
            )
        )
    return tables.points(lines)


def _could_be_newer(released: Released, definitions: Definitions, asked: Question) -> Display:
    """Return what else is not as new as it could be, and why."""
    found = lateness.causes(released, definitions, asked.period)
    rows: list[list[Content]] = [
        [wording.named(row), wording.period(row), wording.age(row) or "No figure", due or "Not yet", str(cause)]
        for cause, row, due in found
        if cause is not Cause.PARTNER
    ]
    if not rows:
        return markup.paragraph("Every other figure is as new as its source allows.")
    return markup.table(["Measure", "Held", "Age", "Due", "Why"], rows, "Figures that could be newer")


def _expiring(area: Area, definitions: Definitions, as_of: str) -> Display:
    """Return the recorded explanations of an area that end soon; an area without the file has none."""
    held = explanations.read(area, definitions)
    titles = definitions.measures.set_index("measure")["title"]
    soon = [
        f"{titles.get(row['measure'], row['place'])}, {row['period']}: {row['about'].replace('_', ' ')}, "
        f"until {wording.date_in_words(row['until'])}."
        for row in held[held["until"] >= as_of].to_dict("records")
        if month_index(row["until"]) - month_index(as_of) <= _SOON
    ]
    if not soon:
        return markup.paragraph("No recorded explanation expires in the next three months.")
    return markup.bullets(soon)
