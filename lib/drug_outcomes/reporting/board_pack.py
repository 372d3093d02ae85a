"""The pack for the board: one Word document of a snapshot, made from the objects that its pages show."""

import pandas as pd

from drug_outcomes.reporting import (
    charts,
    front_page,
    headlines,
    markup,
    pictures,
    plan_report,
    tables,
    word_document,
    wording,
)
from drug_outcomes.reporting.charts import Drawn, Place
from drug_outcomes.reporting.document_page import DocumentPage
from drug_outcomes.reporting.markup import Display

FILE = "board_pack.docx"
_THINGS = 3


def pack(page: DocumentPage, place: Place, marking: str, changed: tuple[str, pd.DataFrame] | None) -> bytes:
    """Return the document: three things, scorecard, what changed, one measure in depth, targets, plan, decisions.

    `changed` is what changed since which release, None where there was none; `marking` stands above the title.
    """
    released, area = page.released, page.area
    measures = list(page.definitions.scorecard["measure"])
    aims = headlines.targets(released, measures)
    shown = _in_depth(page, place, measures)
    body = markup.together(
        markup.paragraph(wording.covers(area, page.period, released.as_of)),
        front_page.fictional(area),
        _part("Three things", tables.points(headlines.first_things(released, _THINGS)[:_THINGS])),
        _part("Scorecard", tables.scorecard(released, page.definitions, measures, {})),
        _part("What changed", _changed(changed)),
        _part(f"In depth: {shown[0]}", shown[2]) if shown else None,
        _part("Targets", tables.points(aims) if aims else None),
        _part("Plan", plan_report.in_brief(page)),
        _part("Decisions", plan_report.decisions(page)),
    )
    drawn = {shown[1].alt: _png(shown[1])} if shown else {}
    title = f"Board pack, {page.period.label}"
    return word_document.document(
        title, area.partnership, released.as_of, f"{marking}. {area.partnership}", body, drawn, without=("Trend",)
    )


def _part(title: str, shown: Display | None) -> Display | None:
    return markup.together(markup.heading(title, 2), shown) if shown else None


def _changed(changed: tuple[str, pd.DataFrame] | None) -> Display:
    if changed is None:
        return markup.paragraph("No edition was released before this one.")
    named, found = changed
    if found.empty:
        return markup.paragraph(f"Nothing has changed since the release {named}.")
    return front_page.changes_table(named, found)


def _in_depth(page: DocumentPage, place: Place, measures: list[str]) -> tuple[str, Drawn, Display] | None:
    """Return the weightiest measure that a chart can be drawn of: its name, the chart, and both with its figures."""
    rows = headlines.of_measures(page.released, measures)
    for row in sorted(rows, key=lambda row: (-headlines.weight(row), row["number"])):
        drawn = charts.measure(page.released, row, place) if headlines.weight(row) else None
        if drawn:
            told = markup.together(drawn.display(level=3), tables.figures_of(row))
            return wording.named(row), drawn, told
    return None


def _png(drawn: Drawn) -> bytes:
    """Return the chart of a page as PNG."""
    picture = drawn.picture
    assert picture.draw is not None  # noqa: S101 - only pictures that were never kept have lost it
    with pictures.look():
        axes = pictures.axes()
        return pictures.png(axes, picture.draw(axes), pictures.WIDE, picture.height)
