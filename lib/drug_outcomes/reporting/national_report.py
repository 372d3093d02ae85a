"""The sections about national frameworks: editions, metrics, what they are split by, releases, ambitions, gaps."""

import pandas as pd

from drug_outcomes.definitions import framework, national
from drug_outcomes.definitions.national import NationalFramework
from drug_outcomes.quality import release_rules
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


def editions(page: DocumentPage) -> Display:
    """Show which frameworks there are, of which day and by whom, and tell names and counts apart that differ."""
    loaded, own = _loaded(page), page.area.scorecard_title
    rows: list[list[Content]] = []
    for one in loaded.editions.to_dict("records"):
        if one["status"] == "local":
            one = one | {"title": own, "published": page.released.as_of, "publisher": page.area.partnership}
        mine = loaded.crosswalk[loaded.crosswalk["edition"] == one["edition"]]
        here = f"{(mine['match'] != 'none').sum()} of {len(mine)}" if len(mine) else "All: they are the measures"
        day = wording.date_in_words(str(one["published"]))
        rows.append([markup.stacked(str(one["title"]), str(one["note"])), day, str(one["publisher"]), here])
    alike = loaded.editions[loaded.editions["printed_as"].str.casefold().str.startswith(own.casefold())]
    others = " and ".join(wording.in_kind(str(title)) for title in alike["title"])
    named = (
        f"{own} is what {page.area.partnership} calls its scorecard. The {others} print that name too; "
        "these pages use it for the partnership's own alone."
    )
    tiers = loaded.metrics["tier"].value_counts()
    beyond = loaded.releases[(loaded.releases["metric"] == "") & (loaded.releases["title"] != "")]
    extra = "; ".join(wording.in_kind(str(title)) for title in beyond["title"])
    headline, supporting, additional = (int(tiers[tier]) for tier in _TIERS)
    counted = [
        f"Counted from the headings of the framework of May 2023: {headline} headline metrics, {supporting} supporting "
        f"metrics and {additional} additional metrics of the treatment system, {len(loaded.metrics)} in all.",
        "The first annual report speaks of 19 supporting measures. The framework says 22, and its chapter of details "
        f"has {supporting} headings; its overview shows 19, because it takes paid work, voluntary work and training as "
        "one and leaves out young people who stop using other drugs.",
        f"The annual report's own table has 12 headline metrics: the {headline} of the framework and {extra}, which "
        "the framework does not list.",
        "Figure 2 of the framework, the additional metrics of the report of the treatment system, is a picture in the "
        "document. It is not held here; the additional metrics are taken from the headings in the text.",
    ]
    return markup.together(
        markup.paragraph(named) if others else None,
        markup.table(
            ["Framework", "Edition of", "Publisher", "Metrics that something here stands for"], rows, "Frameworks"
        ),
        markup.details("How many metrics the framework of May 2023 has", markup.bullets(counted)),
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
        str(one["note"]) or _MATCHES[str(one["match"])],
    ]


def _standing(page: DocumentPage, one: Cells) -> list[str]:
    """Return the local figures that stand for a metric."""
    found = [page.measure(name) for name in str(one["local_measures"]).split(";") if name]
    told = [
        f"{wording.named(row)}: {wording.local_value(row)}"
        + (f", {wording.period(row)}" if row["period_label"] else "")
        for row in found
        if row
    ]
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
    """Show the newest national values, then baseline, last and next release as the first annual report prints them."""
    loaded, as_of = _loaded(page), page.released.as_of
    known = loaded.later[loaded.later["released"] <= as_of]
    to_come = len(loaded.later) - len(known)
    newest = known.drop_duplicates(["metric", "title"], keep="last")
    later: list[list[Content]] = [
        [
            markup.stacked(str(one["title"]), str(one["note"])),
            markup.stacked(f"{printed(one, 'value')} {one['unit']}", str(one["period"])),
            _earlier(known[(known["title"] == one["title"]) & (known["period"] != one["period"])]),
            markup.stacked(
                markup.link(str(one["document"]), str(one["address"])),
                f"{one['publisher']}, {wording.date_in_words(str(one['released']))}",
            ),
        ]
        for one in newest.to_dict("records")
    ]
    rows: list[list[Content]] = [
        [
            markup.stacked(str(one["title"]), str(one["unit"])),
            markup.stacked(_printed(one, "baseline"), str(one["baseline_period"]), _corrected(one)),
            markup.stacked(_printed(one, "last"), str(one["last_period"])),
            markup.stacked(*_next(one, as_of, set(known["series"]))),
            str(one["note"]),
        ]
        for one in loaded.releases.to_dict("records")
    ]
    columns: list[str | Column] = ["Series", "Baseline", "Last release", "Next release", "Status and remarks"]
    beyond = f"{wording.plural(to_come, 'value')} came out after {wording.date_in_words(as_of)}, so this page has none."
    return markup.together(
        markup.table(
            ["What is counted", "Newest", "Before", "Said in"], later, "National values since the report of 2023"
        ),
        markup.paragraph(beyond, class_="note") if to_come else None,
        markup.details(
            f"{wording.plural(len(rows), 'series', 'series')} as the first annual report, of July 2023, promised them",
            markup.table(columns, rows, "As the first annual report, of July 2023, prints them"),
        ),
    )


def _earlier(values: pd.DataFrame) -> str:
    return "; ".join(f"{printed(one, 'value')} in {one['period']}" for one in values.to_dict("records")) or "None held"


def _next(one: Cells, as_of: str, followed: set[str]) -> list[str]:
    """Return what was promised as the next release, and what became of it once that time has passed."""
    month = release_rules.last_month(str(one["next_release_text"]))
    told = [str(one["next_release_text"]) or "Not stated", str(one["next_period_text"])]
    if month == "" or month >= as_of[:7]:
        return told
    return [*told, "Has passed: " + ("see the newest above" if one["series"] in followed else "nothing later is held")]


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
    """Show how the area looks in the other frameworks and what is missing, and measures that no framework has."""
    loaded = _loaded(page)
    others = loaded.crosswalk[loaded.crosswalk["number"].isna()]
    titles = loaded.editions.set_index("edition")["title"]
    parts: list[Display | None] = [
        markup.table(
            ["Metric", "Here", "What differs or is missing"],
            [
                [
                    str(one["title"]),
                    markup.stacked(_MATCHES[str(one["match"])], *_standing(page, one)),
                    str(one["note"]) or "Nothing",
                ]
                for one in rows.to_dict("records")
            ],
            str(titles[edition]),
        )
        for edition, rows in others.groupby("edition", sort=False)
    ]  # fmt: skip
    used = {name for cell in loaded.crosswalk["local_measures"] for name in cell.split(";")}
    alone = [
        row
        for name in page.definitions.scorecard["measure"]
        if name not in used and (row := page.measure(str(name))) is not None
    ]
    own: list[list[Content]] = [[wording.named(row), wording.local_value(row), wording.period(row)] for row in alone]
    bare = int((loaded.metrics["match"] == "none").sum())
    told = (
        f"Nothing local stands for {bare} of the {len(loaded.metrics)} metrics of May 2023; their table says why. "
        f"{len(alone)} local measures stand for no metric of any framework: they follow what the partnership itself "
        "decided to track."
    )
    return markup.together(
        *parts,
        markup.paragraph(told),
        markup.details(
            "Local measures that no framework uses",
            markup.table(["Local measure", "Newest figure", "Period"], own, "Local measures that no framework uses"),
        ),
    )
