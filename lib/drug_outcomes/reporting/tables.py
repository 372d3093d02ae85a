"""Tables of cleared figures. They accept `Released` alone and compute nothing."""

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import pandas as pd

from drug_outcomes import quality
from drug_outcomes.definitions.commentary import Passage
from drug_outcomes.definitions.events import Event
from drug_outcomes.definitions.framework import Definitions, Measure
from drug_outcomes.definitions.vocabulary import Benchmark, Kind, Severity, Verdict
from drug_outcomes.disclosure import Released
from drug_outcomes.quality import explanations
from drug_outcomes.reporting import headlines, markup, overview, verdict_notes, wording
from drug_outcomes.reporting.headlines import Line
from drug_outcomes.reporting.markup import Column, Content, Display
from drug_outcomes.reporting.numerals import as_held, number
from drug_outcomes.reporting.strips import Line as Past
from drug_outcomes.reporting.wording import Row, require_released

SCORECARD_COLUMNS = ("Measure", "Period", "Trend", "Local", "England", "Direction", "Compared")


def scorecard(
    released: Released, definitions: Definitions, measures: Sequence[str], pages: Mapping[str, str]
) -> Display:
    """Return the scorecard of some measures: aligned rows, why and source folded under each name.

    `pages` gives for each priority the address of the page that holds its cards.
    """
    rows, lines = headlines.of_measures(released, measures), overview.lines_of(released)
    own = {one.measure: one for one in map(definitions.measure, definitions.measures["measure"])}
    priorities = dict(zip(definitions.priorities["priority"], definitions.priorities["title"], strict=True))
    groups = [
        (title, [_scorecard_row(released, row, definitions, own[row["measure"]], lines, pages) for row in mine])
        for priority, title in priorities.items()
        if (mine := [row for row in rows if row["priority"] == priority])
    ]
    return markup.render(
        "scorecard.html.j2",
        groups=groups,
        columns=SCORECARD_COLUMNS,
        numbers=("Local", "England"),
        nothing=(
            "Not compared",
            "Not published",
            "Not shown",
            "Not held",
            "None held",
            "One figure held",
            "No figure",
            "No period",
            "No earlier figure",
        ),
    )


def _scorecard_row(
    released: Released,
    row: Row,
    definitions: Definitions,
    measure: Measure,
    lines: Mapping[tuple[str, str], Past],
    pages: Mapping[str, str],
) -> dict[str, object]:
    query = headlines.in_question(released, row)
    held = wording.has_value(row)
    drawn = overview.picture(released, row, lines, past=True) if held else None
    return {
        "href": f"{pages.get(row['priority'], '')}#measure-{row['measure']}",
        "name": wording.named(row),
        "unit": wording.unit(row),
        "why": " ".join(part for part in (query, wording.evidence(row) or measure.definition) if part),
        "source": wording.after_colon(definitions.source(measure.source).title),
        "query": query,
        "period": wording.period(row),
        "age": wording.old(row),
        "picture": drawn or ("One figure held" if held else "None held"),
        "local": wording.in_cell(row),
        "missing": not held,
        "interval": wording.interval(row) if wording.is_tested(row) else "",
        "england": wording.england_value(row),
        "glyph": wording.DIRECTION_GLYPHS.get(row["direction"], "") if held else "",
        "direction": wording.direction(row) if held else "No figure",
        "compared": wording.short_verdict(row, query) or "Not compared",
        "firm": row["verdict"] not in (Verdict.NOT_TESTED, Verdict.SIMILAR),
    }


def verdict_tag(row: Row) -> Display | None:
    """Return the verdict in words; where nothing is compared, how the figure stands to its own past."""
    said = wording.verdict(row) or wording.beside_past(row)
    kind = row["verdict"] if row["verdict"] != Verdict.NOT_TESTED else "similar"
    return markup.tag(said, kind=str(kind)) if said else None


def points(lines: Sequence[Line]) -> Display:
    """Return sentences as a list; a measure's name stands out before what is said of it."""
    return markup.bullets(
        markup.together(markup.emphasis(f"{name}."), " ", said) if name else said for name, said in lines
    )


def doubts(found: "pd.Series[str]", why: Mapping[Any, str]) -> list[Display]:
    """Return a line for each doubt that rules have found, with how often and why, in the order of `why`."""
    counted = found.value_counts()
    return [
        markup.together(markup.emphasis(f"{doubt}, {counted[doubt]}:"), " ", said)
        for doubt, said in why.items()
        if doubt in counted
    ]


def doubt_tags(doubts: Sequence[str]) -> Display | None:
    """Return what rules ask about one row as tags; None where they ask nothing."""
    tags = [part for doubt in doubts for part in (" ", markup.tag(doubt, kind="query"))][1:]
    return markup.together(*tags) if tags else None


def figures_of(row: Row, region: str = "") -> Display:
    """Return all that is known of one measure's newest figure, under the names of the questions it answers.

    `region` is what the area's region is called.
    """
    called = wording.BENCHMARK_WORDS | ({Benchmark.REGION: region} if region else {})
    verdict, noted = wording.verdict(row), verdict_notes.note(row)
    told = "" if verdict and noted.startswith(verdict) else verdict
    compared = ". ".join(filter(None, (told, wording.at_start(wording.published_as(row)), noted.removesuffix("."))))
    changed = f"{wording.direction(row)} {wording.change(row)}".strip(), wording.two_period(row)
    pairs = [
        ("Figure", f"{wording.sentence(row)} {wording.how_sure(row)}".strip()),
        ("Compared with England", f"{compared}."),
        *((f"Compared with {name}", wording.beside_others(row, other)) for other, name in called.items()),
        ("Change", " ".join(f"{wording.at_start(part)}." for part in changed if part)),
        ("Change of the estimates", wording.new_edition(row)),
        ("Trend", wording.trend_in_full(row)),
        ("Signals", wording.signal(row)),
        ("Target", wording.target(row)),
    ]
    return markup.terms([(name, said) for name, said in pairs if said.strip(".")])


def findings(released: Released, measures: Sequence[str], gravest: bool = False) -> Display:
    """Return what the checks found about some measures, gravest first; `gravest` leaves all but errors out."""
    require_released(released)
    mine = _about_measures(released, measures)
    if gravest and len(mine):
        mine = mine[mine["severity"] == Severity.ERROR]
    if mine.empty:
        return markup.paragraph("The checks found nothing to question in these figures.")
    order = [str(severity) for severity in Severity]
    ranked = mine.assign(rank=mine["severity"].map(order.index)).sort_values(["rank", "number"], kind="stable")
    rows: list[list[Content]] = [
        [
            markup.stacked(markup.breakable(_about(row)), row["period_label"]),
            markup.tag(str(row["severity"]).capitalize(), kind="query"),
            row["what"],
            _what_to_do(row),
        ]
        for row in ranked.to_dict("records")
    ]
    told = markup.table(["Measure", "Weight", "What was found", "What to do"], rows, "What the checks found")
    return markup.details(f"What the checks found: {_counted(mine)}", told)


def to_look_at(released: Released, measures: Sequence[str], most: int = 12) -> Display:
    """Return what to look at first among findings and signals and why, the rest folded away, and what was run."""
    require_released(released)
    mine = _about_measures(released, measures)
    rows = quality.ranked(mine).to_dict("records") if len(mine) else []
    open_rows = [row for row in rows if row["weight"] > 0]
    items = [
        markup.together(
            markup.emphasis(
                markup.breakable(f"{_about(row)}{', ' if row['period_label'] else ''}{row['period_label']}")
            ),
            f" ({row['why']}): {row['what']} {row['suggestion']}",
            f" The same of {row['others']}." if row["others"] else "",
            f" {wording.plural(row['more'], 'more finding')} about it." if row["more"] and not row["others"] else "",
        )
        for row in open_rows[:most]
    ]
    figures = int(released.series["value"].notna().sum())
    ran = (
        f"{len({rule.id for rule in quality.RULES})} rules looked at {wording.plural(figures, 'figure')}. "
        f"{wording.plural(len(mine), 'finding')}: {_counted(mine)}."
    )
    return markup.together(
        markup.details(
            f"What to look at first: {len(items)} of {wording.plural(len(open_rows), 'open finding')}",
            markup.bullets(items, ordered=True),
        )
        if items
        else None,
        markup.paragraph(ran, class_="note"),
        findings(released, measures) if len(mine) else None,
    )


def _about_measures(released: Released, measures: Sequence[str]) -> pd.DataFrame:
    """Return the findings about some measures, and about none, that this audience's pages show."""
    told = quality.for_readers(released.findings, released.audience)
    return told[told["measure"].isin([*measures, ""])] if len(told) else told


def _counted(found: pd.DataFrame) -> str:
    """Return how many findings there are of each weight; judgements that people made are counted apart."""
    if found.empty:
        return "nothing to question"
    manual = found["status"] == "manual"
    sizes = found.loc[~manual, "severity"].value_counts()
    parts = [
        wording.plural(int(sizes[severity]), *words) for severity, words in _WEIGHED.items() if sizes.get(severity, 0)
    ]
    settled = int((found["status"] == explanations.EXPLAINED).sum())
    return ", ".join(
        [
            *parts,
            *([f"{settled} of them explained"] if settled else []),
            *([f"{manual.sum()} noted by people where no rule can judge"] if manual.any() else []),
        ]
    )


def _about(row: Mapping[Hashable, Any]) -> str:
    """Return what a finding is about: the measure with its number, the national series, or the document."""
    if not row["title"]:
        return str(row["document"] or "Documents")
    return f"{row['number']:.0f}. {row['title']}" if pd.notna(row["number"]) else str(row["title"])


def _what_to_do(row: Mapping[Hashable, Any]) -> str:
    recorded = [row.get(name, "") for name in explanations.CARRIED]
    if row["status"] == explanations.EXPLAINED and recorded[2]:
        return wording.explained(*recorded)
    return row["suggestion"] or "Nothing: it is explained"


def sources(released: Released, measures: list[str]) -> Display:
    """Return where the newest figures come from: publisher, release, file and row, licence."""
    rows: list[list[Content]] = [
        [
            f"{row['number']}. {row['title']}",
            markup.stacked(row["publisher"] or "Not stated", row["licence"]),
            markup.stacked(row["vintage"] or "Not shown", f"received {row['received']}" if row["received"] else ""),
            markup.stacked(
                markup.breakable(row["file"] or "Not shown"), f"row {row['row']}" if pd.notna(row["row"]) else ""
            ),
        ]
        for row in headlines.of_measures(released, measures)
        if row["source"]
    ]
    return markup.table(
        ["Measure", "Publisher and licence", "Release", "File and row"], rows, "Where each figure comes from"
    )


#: What findings of each weight are called.
_WEIGHED = {
    Severity.ERROR: ("error",), Severity.WARNING: ("warning",), Severity.QUERY: ("query", "queries"),
    Severity.INFO: ("note",),
}  # fmt: skip
#: The newest changes are told on a page; all of them are in the workbench.
_REVISIONS = 12
_COUNTED = ", the number that the rate is computed from"


def revisions(released: Released, measures: list[str]) -> Display:
    """Return which figures a later release changed: old, new, by how much, and both releases, newest first."""
    require_released(released)
    table = released.revisions
    mine = table[table["measure"].isin(measures) & table["kind"].ne("")] if len(table) else table
    if mine.empty:
        return markup.paragraph("No figure on this page was changed by a later release.")
    titles = released.latest.set_index("measure")
    rows: list[list[Content]] = [
        [
            markup.stacked(
                f"{titles['number'][row['measure']]}. {titles['title'][row['measure']]}",
                # A rate whose population comes in another file is received, and revised, as a count.
                f"{row['period_label']}{_COUNTED * (':' in titles['denominator_from'][row['measure']])}",
            ),
            markup.stacked(_released_as(row, "old_"), f"{row['old_vintage']}, received {row['old_received']}"),
            markup.stacked(_released_as(row, "new_"), f"{row['new_vintage']}, received {row['new_received']}"),
            _by_how_much(row),
        ]
        for row in mine.iloc[::-1].head(_REVISIONS).to_dict("records")
    ]
    newest = f", the newest {_REVISIONS} of {len(mine)}" * (len(mine) > _REVISIONS)
    caption = f"Figures that a later release changed{newest}"
    return markup.table(["Measure and period", "First", "Then", "Change"], rows, caption)


def _released_as(row: Mapping[Hashable, Any], when: str) -> str:
    value = row[f"{when}value"]
    if pd.notna(value):
        return as_held(value, f"{when}value")
    return str(row[f"{when}status"]).replace("_", " ").capitalize()


def _by_how_much(row: Mapping[Hashable, Any]) -> str:
    if pd.isna(row["difference"]) or row["difference"] == 0:
        return str(row["kind"]).capitalize()
    percent = "" if pd.isna(row["percent"]) else f" ({number(row['percent'], 1, 'percent', signed=True)}%)"
    return as_held(row["difference"], "difference", signed=True) + percent


def series(released: Released, rows: pd.DataFrame, row: Row) -> Display:
    """Return the figures behind a measure's chart, newest first; the rows are a part of the released series."""
    wording.require_released(released)
    ordered = rows.sort_values("period_end", ascending=False, kind="stable")
    by_period: dict[tuple[str, ...], dict[str, Row]] = {}
    for one in wording.figures(released, ordered):
        key = tuple(one[name] for name in ("period_start", "period_end", "segment"))
        by_period.setdefault(key, {})[one["area"]] = one
    england = bool((rows["area"] == row["benchmark"]).any())
    # Of a full count an interval means nothing until a model is stated.
    sure = row["kind"] != Kind.COUNT and bool(rows["interval_lower"].notna().any())
    body = [_period_cells(found, row, sure, england) for found in by_period.values()]
    columns: list[str | Column] = ["Period", Column("Local", number=True)]
    more: list[str | Column] = [Column("95% interval", number=True)] if sure else []
    more += [Column("England", number=True)] if england else []
    title = f"Figures of {wording.named(row)}"
    return markup.table([*columns, *more], body, title, responsive=False)


def _period_cells(found: Mapping[str, Row], row: Row, sure: bool, england: bool) -> list[Content]:
    mine, theirs = found.get(row["area"]), found.get(row["benchmark"])
    cells: list[Content] = [
        wording.period(next(iter(found.values()))),
        wording.local_value(mine) if mine else "No figure",
    ]
    cells += [(wording.interval(mine) if mine else "") or "No interval"] if sure else []
    return [*cells, wording.local_value(theirs) if theirs else "No figure"] if england else cells


def areas(rows: Sequence[Row], names: Mapping[str, str], title: str) -> Display:
    """Return the figures behind a dot plot, in its order."""
    said = [(wording.cell(row), wording.interval(row) or "No interval", row["area"]) for row in rows]
    body = [[names.get(area, area), figure, interval] for figure, interval, area in said]
    columns: list[str | Column] = ["Area", Column("Figure", number=True), Column("95% interval", number=True)]
    return markup.table(columns, body, f"Figures behind the chart: {title}", responsive=False)


def events(known: Sequence[Event]) -> Display | None:
    """Return what to know beside a series: month, what, and who says so."""
    if not known:
        return None
    lines = (
        markup.together(
            markup.emphasis(f"{wording.month_in_words(one.month)}:"),
            f" {one.what} ",
            markup.small(f"({one.source})") if one.source else None,
        )
        for one in known
    )
    return markup.bullets(lines)


def focus(released: Released, measures: Sequence[str]) -> Display:
    """Return which measures require focus and which do well: tested verdicts with agreed polarity only."""
    lists = [("Requiring focus", Verdict.WORSE), ("Doing well", Verdict.BETTER)]
    parts = [
        markup.together(markup.heading(name, 3), points(lines))
        for name, verdict in lists
        if (lines := headlines.by_verdict(released, measures, verdict))
    ]
    return markup.together(markup.paragraph(headlines.agreement(released, measures)), *parts)


def passages(written: Sequence[Passage]) -> Display:
    """Return commentary as people wrote it, signed; text carried forward from an earlier period says so."""
    return markup.together(
        *(
            markup.together(
                markup.markdown(passage.text, top=4), markup.paragraph(wording.signed(passage), class_="note")
            )
            for passage in written
        )
    )
