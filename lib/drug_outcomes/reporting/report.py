"""What a notebook talks to: one short method per section of a page."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from drug_outcomes import figures
from drug_outcomes.definitions import areas, commentary, events, framework, ground
from drug_outcomes.definitions.areas import Area
from drug_outcomes.definitions.commentary import Passage
from drug_outcomes.definitions.framework import Definitions
from drug_outcomes.disclosure import Released, released_files
from drug_outcomes.errors import UsageError
from drug_outcomes.figures import Question, question
from drug_outcomes.quality import explanations
from drug_outcomes.reporting import cards, charts, documents, front_page, headlines, markup, tables, wording
from drug_outcomes.reporting.document_page import DocumentPage
from drug_outcomes.reporting.investigation import Inquiry
from drug_outcomes.reporting.markup import Display

if TYPE_CHECKING:
    from drug_outcomes.reporting.workbench import Workbench


@dataclass(frozen=True)
class Report:
    """One page's worth of cleared figures, and the sections that show them."""

    stem: str
    asked: Question
    area: Area
    definitions: Definitions
    released: Released
    passages: dict[str, list[Passage]]

    @classmethod
    def open(cls, stem: str, *, area: str, period: str = "", as_of: str = "", audience: str = "public") -> Report:
        """Open the report that a notebook shows.

        Inside a snapshot the figures come from the driver, cleared once for this audience; in JupyterLab, under
        plain papermill and nbval they are read and cleared here. Either way the notebook gets the same.
        """
        root = framework.home()
        asked = question(root, area, period, as_of, audience)
        definitions, place = areas.with_definitions(root, area, asked.audience)
        handed = os.environ.get(released_files.HANDED)
        every = released_files.load(Path(handed)) if handed else figures.cleared(root, asked)
        released = released_files.of_page(every, stem, definitions)
        if released.audience != asked.audience:
            raise UsageError(f"figures cleared for {released.audience} were handed to a {asked.audience} page")
        passages = commentary.read(place, asked.period, asked.audience, definitions.subjects)
        return cls(stem, asked, place, definitions, released, passages)

    @property
    def measures(self) -> list[str]:
        """Ids of the measures on this page: those of the priority that the notebook is named after, else all."""
        table = self.definitions.scorecard
        mine = table[table["priority"] == self.stem]
        return list((table if mine.empty else mine)["measure"])

    @property
    def with_series(self) -> list[str]:
        """Ids of the page's measures and of the published series beside them that have a figure."""
        table, latest = self.definitions.measures, self.released.latest
        mine = table[table["priority"] == self.stem]
        held = latest.loc[latest["value"].notna() & (latest["on_scorecard"] == "no"), "measure"]
        named = (table if mine.empty else mine)["measure"]
        return [*self.measures, *named[named.isin(held)]]

    def title(self) -> Display:
        """Say which area, which period and what was known."""
        covers = wording.covers(self.area, self.asked.period, self.asked.as_of)
        return markup.together(front_page.fictional(self.area), markup.paragraph(covers, class_="lede"))

    def headlines(self) -> Display:
        """Show the sentences that matter most, in order."""
        return tables.points(headlines.headlines(self.released, self.with_series))

    def focus(self) -> Display:
        """Show which measures require focus and which do well, from tested verdicts and agreed polarity only."""
        return tables.focus(self.released, self.measures)

    def scorecard(self) -> Display:
        """Show the page's measures, one row each, grouped by priority."""
        pages = {str(name): f"{name}.html" for name in self.definitions.priorities["priority"]}
        return tables.scorecard(self.released, self.definitions, self.measures, pages)

    def commitment(self, commitment: str) -> Display | None:
        """Show the cards of one commitment's measures, then of published series, with what people wrote."""
        known = self.definitions.commitment(commitment)
        mine = self.definitions.measures
        measures = list(mine.loc[mine["commitment"] == known.commitment, "measure"])
        rows = headlines.of_measures(self.released, measures)
        tracked, beside = (
            self._cards.of([row for row in rows if row["on_scorecard"] == answer], side_by_side=answer == "no")
            for answer in ("yes", "no")
        )
        written = self.passages.get(commitment)
        if not (tracked or beside or written):
            return None
        title = markup.heading("Published for every authority, beside the scorecard", 3) if beside else None
        return markup.together(self.commentary(commitment), tracked, title, beside)

    def not_shown(self) -> Display | None:
        """List the page's measures without a figure that may be shown, and who has it; nothing where there are none."""
        rows = headlines.of_measures(self.released, self.measures)
        return cards.not_shown(rows, self.definitions, self.released.as_of)

    @cached_property
    def _cards(self) -> cards.Cards:
        return cards.Cards(self.released, self._place, self.definitions, self.passages)

    @cached_property
    def _place(self) -> charts.Place:
        return charts.Place(self.area, self._names, events.by_measure(self.area, self.definitions))

    @cached_property
    def _names(self) -> dict[str, str]:
        """Names of areas by code: in a snapshot those that the driver handed over with the figures."""
        handed = os.environ.get(released_files.HANDED)
        return released_files.names(Path(handed)) if handed else ground.names()

    @cached_property
    def _page(self) -> DocumentPage:
        return DocumentPage(framework.home(), self.released, self.definitions, self.area, self.asked.period)

    def commentary(self, about: str) -> Display:
        """Show what people wrote about a commitment or measure, with author and date."""
        return tables.passages(self.passages.get(about, []))

    def signals(self) -> Display:
        """Show what is unusual, how targets stand, and how many tests were run."""
        aims = headlines.targets(self.released, self.measures)
        return markup.together(
            tables.points(headlines.signals(self.released, self.with_series)),
            markup.heading("Targets", 3) if aims else None,
            tables.points(aims) if aims else None,
            markup.paragraph(headlines.checks_run(self.released, self.with_series), class_="note"),
        )

    def to_look_at(self) -> Display:
        """Show one ranked list of findings and signals: what to look at first and why; the rest folded away."""
        return tables.to_look_at(self.released, self.measures)

    def data_quality(self) -> Display:
        """Show how many things the checks found, and on request each of them."""
        return tables.findings(self.released, self.measures)

    def record_explanation(
        self, about: str, measure: str = "", *, explanation: str, who: str, until: str = "",
        when: str = "", period: str = "", place: str = "",
    ) -> Display:  # fmt: skip
        """Record in the area's `explanations.csv` what a finding or signal turned out to be.

        `about` is the id of the rule that found it, or "signal"; `until` the ISO date from which it has to be
        looked at again (empty: as long as the figure stands), `when` today unless it is said. Open the report
        again to see it explained. See `explanations.record` for what is refused.
        """
        if os.environ.get(released_files.HANDED):
            raise UsageError("a snapshot records no explanations", try_next="record it in JupyterLab")
        mine = explanations.subjects(self.released.findings, self.released.series, self.area.code)
        added = explanations.record(
            self.area, self.definitions, mine, about, measure, explanation=explanation, who=who, until=until,
            when=when, period=period, place=place, as_of=self.asked.as_of,
        )  # fmt: skip
        row = added.iloc[-1]
        told = wording.explained(row["explanation"], row["who"], row["recorded"], row["until"])
        return markup.paragraph(f"Recorded in {explanations.FILE}. {told}")

    def investigate(self, measure: str = "") -> Display:
        """Show everything about one measure, by default the one with the gravest finding."""
        opened = self._inquiry()
        return opened.whole(measure or opened.first())

    def explore(self, measure: str = "") -> Workbench:
        """Open the workbench: the same with widgets, and a form for an explanation."""
        from drug_outcomes.reporting.workbench import (
            Workbench,  # here: widgets cost a second, and one notebook has them
        )

        root = framework.home()

        first = self._inquiry()
        # What was read serves every period, and a new explanation changes none of it.
        read = {(self.asked.area, str(self.asked.audience)): first.known}

        def opener(area: str, period: str, audience: str) -> Inquiry:
            as_of = self.asked.as_of if area == self.asked.area else ""
            asked = question(root, area, period, as_of, audience)
            opened = Inquiry.open(root, asked, first.names, known=read.get((area, audience)))
            read[area, audience] = opened.known
            return opened

        return Workbench(first, opener, areas.all_ids(root), measure)

    def _inquiry(self) -> Inquiry:
        return Inquiry.open(framework.home(), self.asked, self._names, released=self.released)

    def section(self, name: str) -> Display | None:
        """Show one section of a document: what people wrote and the figures; nothing where there is neither."""
        return documents.section(self._page, self.stem, name, self.passages.get(name, []))

    def sources(self) -> Display:
        """Show where every figure comes from, and which figures their publishers changed."""
        return markup.together(
            markup.details("Where each figure comes from", tables.sources(self.released, self.with_series)),
            markup.details("Figures that a later release changed", tables.revisions(self.released, self.with_series)),
        )
