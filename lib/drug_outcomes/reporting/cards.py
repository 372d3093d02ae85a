"""A measure as a card: its figure, what it says, and its chart; how it was worked out is folded away."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from drug_outcomes.definitions.areas import FEWEST_SIMILAR
from drug_outcomes.definitions.commentary import Passage
from drug_outcomes.definitions.framework import Definitions
from drug_outcomes.definitions.vocabulary import Benchmark, Kind
from drug_outcomes.disclosure import Released
from drug_outcomes.reporting import charts, downloads, headlines, markup, tables, wording
from drug_outcomes.reporting.charts import Drawn, Place
from drug_outcomes.reporting.markup import Display
from drug_outcomes.reporting.wording import Row

#: What groups cards that only stand side by side.
_BESIDE = "beside"


@dataclass(frozen=True)
class Cards:
    """What cards are made from: cleared figures, the area, the definitions, and what people wrote."""

    released: Released
    place: Place
    definitions: Definitions
    passages: Mapping[str, Sequence[Passage]]

    def of(self, rows: Sequence[Row], *, side_by_side: bool = False) -> Display | None:
        """Return the cards of some measures, nothing where none has anything to show.

        Those that belong together, and neighbours without a chart, stand side by side, as all do that are asked
        to; what is to be kept in mind of all of them is said once.
        """
        told = [row for row in rows if wording.has_value(row) or wording.is_hidden(row)]
        groups = groupby(told, lambda row: _BESIDE if side_by_side else self._family(row))
        parts = [self._group(family, list(mine)) for family, mine in groups]
        return markup.together(*parts) if parts else None

    def _family(self, row: Row) -> str:
        table = self.definitions.presentation
        found = table.loc[table["measure"] == row["measure"], "family"]
        return str(found.iloc[0]) if len(found) else ""

    def _group(self, family: str, rows: list[Row]) -> Display:
        """Return the cards of a family, or of neighbours that belong to none."""
        if family and len(rows) > 1:
            lines = [charts.has_line(self.released, row) for row in rows]
            if family == _BESIDE or all(lines):
                return self._together([(row, self._small(row, rows)) for row in rows], "family")
            above = charts.beside(self.released, rows, self.place, self._short_names(rows), family)
            told = self._together([(row, None) for row in rows], "family few", lines)
            return markup.group(markup.together(above.display(level=3), told), "shared") if above else told
        drawn = [(row, charts.measure(self.released, row, self.place)) for row in rows]
        parts = []
        for bare, several in groupby(drawn, lambda one: one[1] is None):
            mine = list(several)
            if bare and len(mine) > 1:
                parts.append(self._together(mine, "family few"))
            else:
                parts += [self.card(row, chart, self._caveat(row), wide=True) for row, chart in mine]
        return markup.together(*parts)

    def _small(self, row: Row, rows: Sequence[Row]) -> Drawn | None:
        """Return the chart of a measure of a family, on one scale with those of its unit."""
        alike = [one for one in rows if one["unit"] == row["unit"]]
        scale = charts.common_scale(self.released, alike) if len(alike) > 1 else None
        return charts.measure(self.released, row, self.place, scale, small=True)

    def _together(self, drawn: Sequence[tuple[Row, Drawn | None]], kind: str, lines: Sequence[bool] = ()) -> Display:
        """Return cards side by side; what to keep in mind of all of them is said once. `lines`: to fold away."""
        kept = {self._caveat(row) for row, _ in drawn}
        shared = kept.pop() if len(kept) == 1 else ""
        folded = lines or [False] * len(drawn)
        cards = [
            self.card(row, chart, "" if shared else self._caveat(row), earlier=line)
            for (row, chart), line in zip(drawn, folded, strict=True)
        ]
        below = markup.paragraph(shared, class_="caveat") if shared else None
        return markup.together(below, markup.group(markup.together(*cards), kind))

    def _short_names(self, rows: Sequence[Row]) -> dict[str, str]:
        return {row["measure"]: wording.short_name(row, self.definitions.short_titles) for row in rows}

    def _caveat(self, row: Row) -> str:
        broken = wording.new_edition(row) if row.get("edition_to", "") == row["period_label"] else ""
        return broken or wording.caveat(self.definitions.measure(row["measure"]).caveats)

    def card(
        self, row: Row, chart: Drawn | None, caveat: str = "", *, wide: bool = False, earlier: bool = False
    ) -> Display:
        """Return one card; a `wide` one stands alone, its chart beside the words; `earlier`: its line is folded."""
        few = None if chart or earlier else self._few(row)
        return markup.render(
            "card.html.j2",
            anchor=f"measure-{row['measure']}",
            measure=row["measure"],
            name=wording.named(row) if wide else self._short_names([row])[row["measure"]],
            figure=wording.local_value(row),
            number=wording.has_value(row),
            of=wording.of_what(row),
            verdict=tables.verdict_tag(row),
            said=wording.said(row),
            query=headlines.in_question(self.released, row),
            caveat=caveat,
            chart=chart.display() if chart else few,
            wide=wide and chart is not None,
            commentary=tables.passages(written) if (written := self.passages.get(row["measure"])) else None,
            behind=self._behind(row, earlier, with_data=few is None),
        )

    def _few(self, row: Row) -> Display | None:
        """Return a short table in place of a chart of which most would be hidden."""
        rows = charts.headline_series(self.released, row)
        local = rows[rows["area"] == row["area"]]
        return tables.series(self.released, local.tail(4), row) if len(local) > 1 else None

    def _behind(self, row: Row, earlier: bool, *, with_data: bool) -> Display:
        rows = charts.headline_series(self.released, row)
        data = None
        if with_data and len(rows) > 1:
            csv = markup.csv_link(
                f"Download these figures of measure {row['number']} as CSV",
                f"{row['measure']}.csv",
                downloads.csv_text(rows[list(downloads.CHART_COLUMNS)]),
            )
            data = markup.together(tables.series(self.released, rows, row), markup.paragraph(csv))
        standing = " ".join(filter(None, (headlines.place(row), headlines.funnel(self.released, row))))
        return markup.together(
            tables.figures_of(row, self.place.names.get(self.place.area.region, "")),
            markup.paragraph(standing) if standing else None,
            charts.over_time(self.released, row, self.place, small=True).display() if earlier else None,
            tables.events(self.place.events.get(row["measure"], ())),
            self._similar(row),
            data,
            markup.paragraph(f"Source: {wording.traced(row)}", class_="note"),
        )

    def _similar(self, row: Row) -> Display | None:
        """Return the newest figure beside those of similar areas for the same period, where enough are held."""
        if row["kind"] == Kind.COUNT or not wording.has_value(row):
            return None
        held, area = charts.same_period(self.released, row), self.place.area
        groups = {Benchmark.NEIGHBOURS: area.neighbours, Benchmark.PEERS: area.peers}
        for benchmark, codes in groups.items():
            mine = held[held["area"].isin([row["area"], *codes])]
            if len(mine) > FEWEST_SIMILAR:
                ordered = mine.sort_values(["value", "area"], ascending=[False, True])
                beside = f"beside {wording.BENCHMARK_WORDS[benchmark]}, {wording.period(row)}"
                title = f"{wording.named(row)}: {beside}"
                return tables.areas(wording.figures(self.released, ordered), self.place.names, title)
        return None


def not_shown(rows: Sequence[Row], definitions: Definitions, as_of: str) -> Display | None:
    """List the measures without a figure that may be shown: why, and who has it on the ISO date `as_of`."""
    missing = [row for row in rows if not (wording.has_value(row) or wording.is_hidden(row))]
    if not missing:
        return None
    lines = []
    for row in missing:
        source = definitions.source(definitions.measure(row["measure"]).source)
        name = markup.render("anchored.html.j2", anchor=f"measure-{row['measure']}", text=wording.named(row))
        who = wording.after_colon(source.publisher_on(as_of))
        lines.append(markup.together(name, f" {wording.local_value(row)}. Who has it: {who}."))
    return markup.together(markup.heading("Not shown here", 2), markup.bullets(lines))
