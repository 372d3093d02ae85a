"""The sections about the national framework: its metrics, what they are split by, releases, ambitions, gaps."""

import pandas as pd

from drug_outcomes.definitions import framework, national
from drug_outcomes.definitions.national import NationalFramework
from drug_outcomes.reporting import markup, wording
from drug_outcomes.reporting.document_page import DocumentPage
from drug_outcomes.reporting.markup import Column, Content, Display
from drug_outcomes.reporting.needs_figures import Cells
from drug_outcomes.reporting.numerals import in_three_digits, printed
from drug_outcomes.reporting.wording import Row
from drug_outcomes.statistics import milestones

_MATCHES = {"same": "The same", "near": "Near", "complement": "Complement: the opposite share", "none": "No match"}
_TIERS = {"headline": "Headline", "supporting": "Supporting", "ohid_additional": "Additional, treatment system"}
_HELD = {"yes": "Held", "partly": "Partly held", "no": "Not held"}


def _loaded(page: DocumentPage) -> NationalFramework:
    return national.load(page.root / framework.FRAMEWORK, page.definitions)


def counts(page: DocumentPage) -> Display:
    """Say how many metrics there are, and why documents give other numbers."""
    loaded = _loaded(page)
    tiers = loaded.metrics["tier"].value_counts()
    releases = loaded.releases
    beyond = releases[(releases["metric"] == "") & (releases["title"] != "")]
    extra = "; ".join(wording.in_kind(str(title)) for title in beyond["title"])
    headline, supporting, additional = (int(tiers[tier]) for tier in _TIERS)
    return markup.bullets(
        [
            f"Counted from the headings of the framework of May 2023: {headline} headline metrics, {supporting} "
            f"supporting metrics and {additional} additional metrics of the treatment system, "
            f"{len(loaded.metrics)} in all.",
            "The first annual report speaks of 19 supporting measures. The framework says 22, and its chapter of "
            f"details has {supporting} headings; its overview shows 19, because it takes paid work, voluntary work and "
            "training as one and leaves out young people who stop using other drugs.",
            f"The annual report's own table has 12 headline metrics: the {headline} of the framework and {extra}, "
            "which the framework does not list.",
            "Figure 2 of the framework, the additional metrics of the local outcomes framework, is a picture in the "
            "document. It is not held here; the additional metrics are taken from the headings in the text.",
        ]
    )


def metrics(page: DocumentPage) -> Display:
    """Show each metric by outcome: what it is, why it is there, its limits, and what stands for it here."""
    parts = []
    for outcome, rows in _loaded(page).metrics.groupby("outcome", sort=False):
        name = str(outcome).replace("_", " ").capitalize()
        every = rows.to_dict("records")
        here = [[_metric(one), markup.stacked(_MATCHES[str(one["match"])], *_standing(page, one))] for one in every]
        meant = [_metric_cells(one) for one in every]
        parts += [
            markup.table(["Metric", "Here"], here, name),
            markup.details(
                f"What each metric is, its source, and how well the figure here matches: {wording.in_kind(name)}",
                markup.table(["Metric", "What it is", "Source and reach", "Match"], meant, f"{name}: what it means"),
            ),
        ]
    return markup.together(*parts)


def _metric(one: Cells) -> Content:
    return markup.stacked(f"{one['number']}. {one['title']}", _TIERS[str(one["tier"])])


def _metric_cells(one: Cells) -> list[Content]:
    lag: str = "lag not stated" if pd.isna(one["lag_months"]) else f"{one['lag_months']:.0f} months after its period"
    return [
        _metric(one),
        markup.stacked(str(one["definition"]), f"Why: {one['inclusion_basis']}", f"Limits: {one['limitations']}"),
        markup.stacked(
            str(one["series"]),
            str(one["publisher"]),
            f"{one['coverage']}; {one['geography']}; {one['frequency']}; {lag}",
        ),
        str(one["match_note"]) or _MATCHES[str(one["match"])],
    ]


def _standing(page: DocumentPage, one: Cells) -> list[str]:
    """Return the local figures that stand for a metric."""
    found = [page.measure(name) for name in str(one["local_measures"]).split(";") if name]
    told = [f"{wording.named(row)}: {wording.local_value(row)}, {wording.period(row)}" for row in found if row]
    return told + [said for name in str(one["local_sources"]).split(";") if (said := _beside(page, name))]


def _beside(page: DocumentPage, name: str) -> str:
    """Return the newest local figure of `<source>:<indicator>` that is no measure's, "" where none is held."""
    source, _, indicator = name.partition(":")
    table = page.context
    mine = table[
        (table["area"] == page.area.code)
        & (table["source"] == source)
        & (table["indicator"] == indicator)
        & (table["category"] == "")
    ]
    row = page.row(mine.head(1))
    return f"{row['title']}: {_value(row)}, {wording.period(row)}" if row else ""


def _value(row: Row) -> str:
    return printed(row, "value", int(row["decimals"])) if wording.has_value(row) else wording.local_value(row)


def breakdowns(page: DocumentPage) -> Display:
    """Show everything a metric is split by, and whether it is held here."""
    loaded = _loaded(page)
    titles = loaded.metrics.set_index("metric")["title"]
    rows: list[list[Content]] = [
        [
            markup.stacked(str(titles[one["metric"]]), str(one["part"])),
            markup.stacked(str(one["dimension"]).capitalize(), str(one["categories"]).replace(";", "; ")),
            "Yes" if one["monitored_by"] == "yes" else "In the text only",
            markup.stacked(_HELD[str(one["held"])], str(one["note"])),
        ]
        for one in loaded.breakdowns.to_dict("records")
    ]
    held = loaded.breakdowns["held"].value_counts()
    told = (
        f"{len(rows)} ways of splitting a metric: the sources that are read here give {held.get('yes', 0)} of them for "
        f"an area, {held.get('partly', 0)} in part, and {held.get('no', 0)} not."
    )
    return markup.together(
        markup.paragraph(told),
        markup.details(
            "Every split, and whether it is held here",
            markup.table(["Metric", "Split by", "Monitored by", "Here"], rows, "What the metrics are split by"),
        ),
    )


def releases(page: DocumentPage) -> Display:
    """Show baseline, last and next release as the first annual report prints them, and its correction."""
    rows: list[list[Content]] = [
        [
            markup.stacked(str(one["title"]), str(one["unit"])),
            markup.stacked(_printed(one, "baseline"), str(one["baseline_period"]), _corrected(one)),
            markup.stacked(_printed(one, "last"), str(one["last_period"])),
            markup.stacked(str(one["next_release_text"]) or "Not stated", str(one["next_period_text"])),
            str(one["note"]),
        ]
        for one in _loaded(page).releases.to_dict("records")
    ]
    columns: list[str | Column] = ["Series", "Baseline", "Last release", "Next release", "Status and remarks"]
    return markup.together(
        markup.paragraph(
            "These are national figures of 2023 as they were printed, and not the newest. They are kept so that "
            "what was promised can be followed."
        ),
        markup.details(
            f"{wording.plural(len(rows), 'series', 'series')} with baseline, last and next release",
            markup.table(columns, rows, "As the first annual report, of July 2023, prints them"),
        ),
    )


def _printed(one: Cells, name: str) -> str:
    return str(one[f"{name}_text"]) or "None printed"


def _corrected(one: Cells) -> str:
    if not one["corrected_on"]:
        return ""
    return f"First printed as {one['first_printed']}; corrected on {wording.date_in_words(str(one['corrected_on']))}"


def ambitions(page: DocumentPage) -> Display:
    """Show the national ambitions: how much by when, how they stood, where it is said, and what replaced what."""
    loaded = _loaded(page)
    table, standing = loaded.milestones, milestones.judged(loaded).set_index("milestone")
    titles = table.set_index("milestone")["title"]
    goals = {str(one["milestone"]): _goal(one) for one in table.to_dict("records")}
    rows: list[list[Content]] = []
    for one in table.to_dict("records"):
        after = str(one["superseded_by"])
        state = f"Replaced by {goals[after]}: {wording.in_kind(str(titles[after]))}" if after else "In force"
        due = wording.month_in_words(str(one["due"])) if one["due"] else "No date"
        rows.append(
            [markup.stacked(str(one["title"]), str(one["note"])), goals[str(one["milestone"])], due,
             _judgement(one, standing.loc[one["milestone"]].to_dict()),
             markup.stacked(str(one["document"]), wording.month_in_words(str(one["document_date"]))), state]
        )  # fmt: skip
    columns: list[str | Column] = [
        "Ambition", Column("How much", number=True), "By", "How it stood", "Said in", "State"
    ]  # fmt: skip
    note = (
        "Judged by the last figure that the first annual report prints, which may be older than the date, and by where "
        "that figure should have been on a straight line. A later figure may change the judgement."
    )
    in_force = [
        f"{titles[name]}: {goal}, by {wording.month_in_words(str(due)) if due else 'no date'}."
        for name, goal, due, after in zip(
            table["milestone"], goals.values(), table["due"], table["superseded_by"], strict=True
        )
        if not after
    ]
    return markup.together(
        markup.bullets(in_force),
        markup.details(
            "How each ambition stood, where it is said, and what replaced what",
            markup.table(columns, rows, "National ambitions"),
            markup.paragraph(note, class_="note"),
        ),
    )


def _judgement(one: Cells, found: Cells) -> Content:
    """Say how an ambition stood and on which two numbers that rests, or why nobody can tell."""
    judgement, reason = str(found["judgement"]), str(found["reason"])
    if reason:
        return markup.stacked(wording.at_start(judgement), reason) if judgement else reason
    figure, needed, aim = (in_three_digits(found[name], name) for name in ("figure", "needed", "aim"))
    if one["counted_as"] == "cumulative":
        began = f"counted since {wording.month_in_words(str(one['counted_from']))}"
    else:
        since = wording.month_in_words(str(found["baseline_month"]))
        began = f"from {in_three_digits(found['baseline'], 'baseline')} in {since}"
    due = wording.month_in_words(str(one["due"]))
    return markup.stacked(
        f"At {wording.month_in_words(str(found['month']))}: {judgement}",
        f"{figure} {began}; {needed} on a straight line to {aim} by {due}",
    )


def _goal(one: Cells) -> str:
    amount: str = "No number" if pd.isna(one["target"]) else f"{printed(one, 'target')} {one['unit']}"
    return f"{one['qualifier']} {amount}".strip() if pd.notna(one["target"]) else amount


def coverage(page: DocumentPage) -> Display:
    """List national metrics that nothing local stands for, and local measures that stand for no metric."""
    loaded = _loaded(page).metrics
    bare = loaded[loaded["match"] == "none"]
    used = {name for cell in loaded["local_measures"] for name in cell.split(";")}
    alone = [
        row
        for name in page.definitions.scorecard["measure"]
        if name not in used and (row := page.measure(str(name))) is not None
    ]
    split: list[list[Content]] = [
        [f"{one['number']}. {one['title']}", _TIERS[str(one["tier"])], str(one["match_note"])]
        for one in bare.to_dict("records")
    ]
    own: list[list[Content]] = [[wording.named(row), wording.local_value(row), wording.period(row)] for row in alone]
    told = (
        f"Nothing local stands for {len(bare)} of the {len(loaded)} national metrics. {len(alone)} local measures "
        "stand for no national metric: they follow what the partnership itself decided to track."
    )
    return markup.together(
        markup.paragraph(told),
        markup.details(
            "Both lists",
            markup.table(
                ["National metric", "Kind", "Why nothing stands for it"], split, "National metrics without a match"
            ),
            markup.table(
                ["Local measure", "Newest figure", "Period"], own, "Local measures that no national metric uses"
            ),
        ),
    )
