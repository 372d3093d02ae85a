"""One measure in depth: everything that an analyst looks at when a figure is odd, in the order of looking.

The sections are as good on a page as beside widgets. Figures come cleared, as everywhere; rows as received
and what publishers changed are shown to the partnership in full, to the public where they are published.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from drug_outcomes import disclosure, figures
from drug_outcomes.definitions import events
from drug_outcomes.definitions.areas import ENGLAND, Area
from drug_outcomes.definitions.framework import Definitions
from drug_outcomes.definitions.vocabulary import Audience, Status
from drug_outcomes.disclosure import Released
from drug_outcomes.figures import Question
from drug_outcomes.intake import vintages
from drug_outcomes.quality import explanations
from drug_outcomes.reporting import cards, charts, headlines, markup, tables, wording
from drug_outcomes.reporting.markup import Column, Content, Display
from drug_outcomes.reporting.numerals import as_held
from drug_outcomes.reporting.wording import Row

#: Rows of a table before the rest is left to the file itself; periods of a table of counts.
_MOST_ROWS, _MOST_PERIODS = 60, 12
#: Below so many events a figure changes by a tenth when one person more or less is counted.
_SMALL = 10
#: Relations whose two sides are parts of one another, and what to call them.
_PARTS = {
    "parts_total": "a total and its parts",
    "union": "two groups together, and each",
    "percentage_of": "a number, and the percentage of it",
    "moves_with": "figures that move together",
}


@dataclass(frozen=True)
class Inquiry:
    """What is known of an area's measures on a date, and what of it an audience may see."""

    asked: Question
    known: "figures.Known"
    released: Released
    names: Mapping[str, str]

    @classmethod
    def open(
        cls,
        root: Path,
        asked: Question,
        names: Mapping[str, str],
        *,
        known: "figures.Known | None" = None,
        released: Released | None = None,
    ) -> "Inquiry":
        """Read and clear what is asked, as far as it is not handed in; `names` are those of areas by code."""
        held = known or figures.known(root, asked)
        return cls(asked, held, released or figures.released(held, asked.period), names)

    @property
    def area(self) -> Area:
        """The area that is asked about."""
        return self.known.area

    @property
    def definitions(self) -> Definitions:
        """What its measures are."""
        return self.known.definitions

    @cached_property
    def received(self) -> pd.DataFrame:
        """Observations as received, every vintage, of which this audience may see all."""
        rows = self.known.received
        if self.asked.audience is Audience.PARTNERSHIP:
            return rows
        return rows[disclosure.is_public(rows)].reset_index(drop=True)

    def first(self) -> str:
        """Return the measure to look at first: the one with the gravest finding that is still open."""
        found = self.released.findings
        asking = found[(found["status"] != explanations.EXPLAINED) & (found["measure"] != "")]
        return str([*asking["measure"], *self.definitions.measures["measure"]][0])

    def subjects(self, measure: str) -> pd.DataFrame:
        """Return what can be explained, see `explanations.subjects`."""
        every = self._subjects
        return every[every["measure"] == measure].reset_index(drop=True)

    @cached_property
    def _subjects(self) -> pd.DataFrame:
        return explanations.subjects(self.released.findings, self.released.series, self.area.code)

    def sections(self, measure: str) -> dict[str, Display]:
        """Return everything about a measure, by heading."""
        self.definitions.measure(measure)
        row = headlines.of_measures(self.released, [measure])[0]
        return {name: section(self, row) for name, section in _SECTIONS.items()}

    def whole(self, measure: str) -> Display:
        """Return all sections as one page."""
        named = self.sections(measure).items()
        return markup.together(*(markup.together(markup.heading(name, 3), shown) for name, shown in named))


def _history(inquiry: Inquiry, row: Row) -> Display:
    """Show the figures over time with limits, segments, events and similar areas."""
    place = charts.Place(inquiry.area, inquiry.names, events.by_measure(inquiry.area, inquiry.definitions))
    shown = cards.Cards(inquiry.released, place, inquiry.definitions, {})
    return shown.card(row, charts.measure(inquiry.released, row, place), wide=True)


def _counts(inquiry: Inquiry, row: Row) -> Display:
    """Show numerator and denominator apart: a rate can move because either does."""
    local = charts.headline_series(inquiry.released, row)
    local = local[local["area"] == row["area"]].drop_duplicates("period_end", keep="last")
    held = local[local[["numerator", "denominator"]].notna().any(axis=None) & (local["withheld"] == "")]
    if held.empty:
        return markup.paragraph("The source publishes no count of people or events behind this figure.")
    columns_drawn = (("numerator", "Numerator alone"), ("denominator", "Denominator alone"))
    lines = [
        drawn.display()
        for name, title in columns_drawn
        if (drawn := charts.line(inquiry.released, row, inquiry.area, name, title))
    ]
    body: list[list[Content]] = [
        [wording.period(one), _plain(one["numerator"]), _plain(one["denominator"]), wording.local_value(one)]
        for one in wording.figures(inquiry.released, held.iloc[::-1].head(_MOST_PERIODS))
    ]
    columns: list[str | Column] = [
        "Period",
        *(Column(name, number=True) for name in ("Numerator", "Denominator", "Figure")),
    ]
    return markup.together(*lines, markup.table(columns, body, "Numerator and denominator", responsive=False))


def _beside(inquiry: Inquiry, row: Row) -> Display:
    """Show the same period of England, the region and other wider areas, the members and similar areas."""
    series, area = inquiry.released.series, inquiry.area
    wider = [area.code, ENGLAND, area.region, area.csp, area.pfa, *area.members, *area.neighbours, *area.peers]
    order = {code: place for place, code in enumerate(dict.fromkeys(code for code in wider if code))}
    same = series[
        (series["measure"] == row["measure"])
        & (series["breakdown"] == "")
        & (series["period_end"] == row["period_end"])
        & (series["period_start"] == row["period_start"])
        & series["area"].isin(list(order))
    ].drop_duplicates("area", keep="last")
    if len(same) < 2:
        return markup.paragraph(f"No other area's figure is held for {wording.period(row)}.")
    ranked = same.sort_values("area", key=lambda codes: codes.map(order), kind="stable")
    body: list[list[Content]] = [
        [_kind(inquiry, one["area"]), wording.local_value(one), wording.interval(one) or "No interval"]
        for one in wording.figures(inquiry.released, ranked)
    ]
    columns: list[str | Column] = ["Area", Column("Figure", number=True), Column("95% interval", number=True)]
    return markup.table(columns, body, f"Other areas, {wording.period(row)}", responsive=False)


def _kind(inquiry: Inquiry, code: str) -> Display:
    area = inquiry.area
    kinds = {
        area.pfa: "police force area",
        area.csp: "community safety partnership",
        area.region: "region",
        area.code: "this area",
    }
    similar = "similar area" if code in (*area.neighbours, *area.peers) else ""
    word = kinds.get(code, "member" if code in area.members else similar)
    return markup.stacked(inquiry.names.get(code, code), word)


def _parts(inquiry: Inquiry, row: Row) -> Display:
    """Show the measures that this one is a part of, or that are parts of it, newest figures side by side."""
    relations = inquiry.definitions.relations
    related = [
        (_PARTS[one["kind"]], one["note"], [one["total"], *one["parts"].split(";")])
        for one in relations[relations["kind"].isin(list(_PARTS))].to_dict("records")
    ]
    found = []
    for kind, note, ids in related:
        if row["measure"] in ids and len(rows := headlines.of_measures(inquiry.released, ids)) > 1:
            body: list[list[Content]] = [
                [wording.named(one), wording.local_value(one), wording.period(one)] for one in rows
            ]
            columns: list[str | Column] = ["Measure", Column("Figure", number=True), "Period"]
            found += [markup.paragraph(note), markup.table(columns, body, wording.at_start(kind), responsive=False)]
    return markup.together(*found) if found else markup.paragraph("It is neither a total nor a part.")


def _breakdowns(inquiry: Inquiry, row: Row) -> Display:
    """Show the newest figure of each group that the source tells apart."""
    series = inquiry.released.series
    mine = series[
        (series["measure"] == row["measure"])
        & (series["area"] == row["area"])
        & (series["breakdown"] != "")
        & (series["period_end"] <= inquiry.asked.period.end_month)
    ].sort_values(["period_end", "received"], kind="stable")
    newest = mine.drop_duplicates("breakdown", keep="last").sort_values("breakdown").head(_MOST_ROWS)
    if newest.empty:
        return markup.paragraph("No breakdown of this measure is held.")
    body: list[list[Content]] = [
        [
            one["breakdown"].replace("=", ": ").replace(";", ", ").replace("_", " "),
            wording.local_value(one),
            wording.interval(one) or "No interval",
            wording.period(one),
        ]
        for one in wording.figures(inquiry.released, newest)
    ]
    columns: list[str | Column] = [
        "Group",
        Column("Figure", number=True),
        Column("95% interval", number=True),
        "Period",
    ]
    return markup.table(columns, body, "Newest figure of each group", responsive=False)


def _revisions(inquiry: Inquiry, row: Row) -> Display:
    """Show what the publisher changed after it first printed a figure."""
    own = inquiry.received[
        (inquiry.received["measure"] == row["measure"]) & inquiry.received["area"].isin([row["area"], row["benchmark"]])
    ]
    changed = vintages.revisions(own).sort_values("new_received", ascending=False, kind="stable")
    if changed.empty:
        return markup.paragraph("No figure of this measure was changed after it was first received.")
    body: list[list[Content]] = [
        [
            markup.stacked(str(one["period_label"]), inquiry.names.get(str(one["area"]), "")),
            markup.stacked(_said(one, "old_"), f"received {one['old_received']}"),
            markup.stacked(_said(one, "new_"), f"received {one['new_received']}"),
            str(one["kind"]).capitalize(),
        ]
        for one in changed.head(_MOST_ROWS).to_dict("records")
    ]
    return markup.table(["Period", "Was", "Became", "Kind"], body, _titled("Revisions", changed), responsive=False)


def _as_received(inquiry: Inquiry, row: Row) -> Display:
    """Show the rows that stand behind the measure, newest period first, with the file and row of each."""
    known = inquiry.received
    mine = known[(known["measure"] == row["measure"]) & (known["area"] == row["area"])]
    ordered = mine.sort_values(["period_end", "received", "breakdown"], ascending=[False, False, True], kind="stable")
    note = (
        None
        if inquiry.asked.audience is Audience.PARTNERSHIP
        else markup.paragraph("Rows that are not published are shown to the partnership only.", class_="note")
    )
    if ordered.empty:
        return markup.together(markup.paragraph("No row is held."), note)
    body: list[list[Content]] = [
        [
            markup.stacked(str(one["period_label"]), str(one["breakdown"])),
            markup.stacked(_said(one), str(one["status"])),
            markup.stacked(str(one["vintage"]) or "No release named", f"received {one['received']}"),
            markup.stacked(str(one["file"]), _row_words(one)),
        ]
        for one in ordered.to_dict("records")
    ]
    columns: list[str | Column] = ["Period", "As received", "Release", "File and row"]
    return markup.together(markup.table(columns, body, "Rows as received, newest first", responsive=False), note)


def _titled(title: str, rows: pd.DataFrame) -> str:
    more = len(rows) - _MOST_ROWS
    return f"{title}, newest {_MOST_ROWS} of {len(rows):,}" if more > 0 else title


def _said(one: Mapping[Hashable, Any], when: str = "") -> str:
    text, value = str(one[f"{when}text"]), one[f"{when}value"]
    return text or ("no value" if pd.isna(value) else as_held(value, f"{when}value"))


def _row_words(one: Mapping[Hashable, Any]) -> str:
    sheet = f"{one['sheet']}, " if one["sheet"] else ""
    return f"{sheet}row {one['row']}" if pd.notna(one["row"]) else ""


def _plain(value: float) -> str:
    return "Not held" if pd.isna(value) else as_held(value)


def _findings(inquiry: Inquiry, row: Row) -> Display:
    """Show what the rules found, and the figures that stand out from their past."""
    return markup.together(
        tables.findings(inquiry.released, [row["measure"]]),
        tables.points(headlines.signals(inquiry.released, [row["measure"]])),
    )


def causes(inquiry: Inquiry, measure: str) -> dict[str, str]:
    """Return the usual causes of an odd figure, in the order of looking, with what is known of each here."""
    row = headlines.of_measures(inquiry.released, [measure])[0]
    known = events.by_measure(inquiry.area, inquiry.definitions).get(measure, ())
    breaks = [one for one in known if one.kind == "break"]
    told = [one for one in known if one.kind != "break"]
    own = inquiry.received[(inquiry.received["measure"] == measure) & (inquiry.received["area"] == row["area"])]
    provisional = int((own["status"] == Status.PROVISIONAL).sum())
    source = inquiry.definitions.source(inquiry.definitions.measure(measure).source)
    said = (
        _listed("Has what is counted changed?", [f"{one.month}: {one.what}" for one in breaks]),
        f"Are all services and places in it, for the whole period? It covers: {source.coverage}.",
        f"Is it recorded as it used to be? It is counted so: {row['definition']}",
        f"Were late records added? Rows as received that are marked provisional: {provisional}.",
        _listed("Did something happen?", [f"{one.month}: {one.what}" for one in told]),
        _small(row),
    )
    return dict(zip(CAUSES, said, strict=True))


def _listed(question: str, said: Sequence[str]) -> str:
    return f"{question} {' '.join(said) or 'Nothing is noted.'}"


def _small(row: Row) -> str:
    count = row["numerator"]
    if pd.isna(count):
        return "Would one person more or less change the figure? How many it rests on is not published."
    few = "few: chance alone moves such figures a great deal" if count < _SMALL else "not few"
    return f"Would one person more or less change the figure? It rests on {_plain(count)}, {few}."


def _usual_causes(inquiry: Inquiry, row: Row) -> Display:
    return markup.terms(list(causes(inquiry, row["measure"]).items()))


#: The usual causes of an odd figure, in the order of looking.
CAUSES = ("Definition", "Coverage", "Coding", "Catch-up", "Operation", "Small numbers")
_SECTIONS: dict[str, Callable[[Inquiry, Row], Display]] = {
    "History": _history,
    "Counts apart": _counts,
    "Beside others": _beside,
    "Parts": _parts,
    "Breakdowns": _breakdowns,
    "Revisions": _revisions,
    "Rows as received": _as_received,
    "Findings": _findings,
    "Usual causes": _usual_causes,
}
#: The sections, in the order of looking.
HEADINGS = tuple(_SECTIONS)
