"""The sections of a progress report: change since a baseline, told so that it is safe to publish and checked first."""

import pandas as pd

from drug_outcomes.definitions.areas import ENGLAND
from drug_outcomes.definitions.statements import Relation, Told, of_rows
from drug_outcomes.definitions.vocabulary import Kind, Severity
from drug_outcomes.quality import About, Evidence, found
from drug_outcomes.reporting import headlines, markup, needs_figures, tables, wording
from drug_outcomes.reporting.document_page import DocumentPage
from drug_outcomes.reporting.markup import Column, Content, Display
from drug_outcomes.reporting.needs_figures import Cells
from drug_outcomes.reporting.numerals import number, printed
from drug_outcomes.reporting.wording import Row

#: What a statement of this document is called where a finding names its place.
_DOCUMENT = "this report"
_RESTRICTED = "restricted"
#: There is no change in per cent where nobody was counted before.
_FROM_NOBODY = "Not told from 0"
#: What the parts of the section on change are called, by the column `change` of context.csv.
_HEADINGS = {"unmet_need": "Unmet need", "continuity": "Continuity of care", "completions": "Successful completions"}
#: So many measures that changed or differ are told; the scorecard holds the rest.
_MOST = 8


def introduction(page: DocumentPage) -> Display:
    """Say where the other documents of the partnership stand."""
    return markup.together(
        markup.paragraph(
            "The partnership also keeps a needs assessment, a scorecard of all its measures and a page of definitions. "
            "They are pages of this snapshot, made from the same figures."
        ),
        markup.bullets(
            [
                markup.link("Needs assessment", "needs_assessment.html"),
                markup.link("Scorecard", "scorecard.html"),
                markup.link("Definitions", "definitions.html"),
            ]
        ),
        markup.paragraph(f"Contact: {page.area.contact}.") if page.area.contact else None,
    )


def this_report(page: DocumentPage) -> Display:
    """Say what the report answers, what its figures cover and what stands in it in words alone."""
    counts = headlines.counts(page.released)
    restricted = page.released.latest[page.released.latest["withheld"] == _RESTRICTED]
    names = ", ".join(wording.in_kind(str(title)) for title in restricted["title"])
    hidden = f" Held by the partnership and not for publication: {names}." if names else ""
    provisional = page.released.latest[page.released.latest["status"].isin(["provisional", "estimated"])]
    unsure = f" Provisional or estimated: {len(provisional)} of them; each says so." if len(provisional) else ""
    return markup.paragraph(
        f"The headings are those that the national unit asked for. The figures cover periods that end by "
        f"{wording.month_in_words(page.period.end_month)}. {counts['valued']} of {counts['measures']} measures have a "
        f"figure that may stand here.{unsure}{hidden}"
    )


def delivery_progress(page: DocumentPage) -> Display:
    """Show which measures changed or differ by more than chance, and how agreed targets stand."""
    measures = list(page.definitions.scorecard["measure"])
    lines = headlines.headlines(page.released, measures, most=len(measures))[:_MOST]
    aims = headlines.targets(page.released, measures)
    return markup.together(
        tables.points([*lines, ("", "The scorecard lists every measure.")]),
        markup.heading("Targets", 3) if aims else None,
        tables.points(aims) if aims else None,
    )


def national_measures(page: DocumentPage) -> Display:
    """Show by priority how many measures have a figure, compare with England and moved."""
    rows: list[list[Content]] = [
        [str(one["title"]), *map(str, headlines.priority_counts(page.released, str(one["priority"])))]
        for one in page.definitions.priorities.to_dict("records")
    ]
    names = ["Measures", "With a figure", "Comparable with England", "Tested", "Up", "Down"]
    columns: list[str | Column] = ["Priority", *(Column(name, number=True) for name in names)]
    table = markup.table(columns, rows, f"Measures: {page.area.scorecard_title}")
    national = markup.link("National framework", "national_framework.html")
    return markup.together(
        table, markup.paragraph(national, " lists each national metric and what stands for it here.")
    )


def local_measures(page: DocumentPage, baseline: str = "") -> Display:
    """Show change in treatment since the baseline, unmet need, continuity of care and completions."""
    table = page.definitions.context
    return markup.together(
        markup.heading("Adults in treatment", 3),
        _treatment(page, baseline),
        *(
            part
            for change, title in _HEADINGS.items()
            for part in _since(
                page, title, table.loc[table["change"] == change, "measure"].str.split(";").sum() or [], baseline
            )
        ),
    )


def supply(page: DocumentPage, baseline: str = "") -> Display:
    """Show the measures of supply and how they changed since the baseline."""
    measures = page.definitions.scorecard
    first_priority = page.definitions.priorities["priority"].iloc[0]
    mine = list(measures.loc[measures["priority"] == first_priority, "measure"])
    return markup.together(*_since(page, "Measures of supply", mine, baseline))


# Adults in treatment: every number printed is a statement that the rules check first.


def _treatment(page: DocumentPage, baseline: str) -> Display:
    table = needs_figures.changed(page, baseline)
    if table.empty or not (table["area"] == page.area.code).any():
        return _no_baseline(baseline)
    table = table.assign(line=range(1, len(table) + 1))
    told = statements_of(table)
    questioned = check(page, told)
    wrong = set(questioned.loc[questioned["severity"] == Severity.ERROR, "place"].str.findall(r":(\d+)").sum() or [])
    shown = table[~table["line"].astype("str").isin(wrong)]
    local = shown[shown["area"] == page.area.code]
    england = shown[shown["area"] == ENGLAND].set_index(["part", "group"])
    sentences = [_change_sentence(one, england) for one in local.to_dict("records")]
    label = str(local["before_label"].iloc[0]) if len(local) else ""
    basis = (
        f"Basis: adults in treatment at any time in {label}, the year that ended in "
        f"{wording.month_in_words(baseline)}, against the newest year held. People are counted once in each group; "
        "local counts are rounded to the nearest 5, so a change may differ in its last digit."
    )
    left_out = len(table) - len(shown)
    checked = (
        f"{len(told)} numbers were checked by the rules before they were printed: "
        + (f"{len(questioned)} findings" if len(questioned) else "nothing was questioned")
        + (f", and {left_out} lines were left out because they cannot be right." if left_out else ".")
    )
    rows: list[list[Content]] = [
        [wording.at_start(str(one["group"])), printed(one, "before"), printed(one, "now"),
         markup.stacked(_percent(one["change"]), f"{_percent(one['low'])} to {_percent(one['high'])} by rounding"
                        if pd.notna(one["low"]) and f"{one['low']:.1f}" != f"{one['high']:.1f}" else ""),
         _england_change(one, england)]
        for one in local.to_dict("records")
    ]  # fmt: skip
    columns: list[str | Column] = [
        "Adults in treatment",
        Column("Baseline", number=True),
        Column("Newest", number=True),
        Column("Change", number=True),
        Column("Change in England", number=True),
    ]
    return markup.together(
        markup.bullets(sentences),
        markup.table(columns, rows, f"Adults in treatment since {label}"),
        markup.paragraph(f"{basis} {checked}", class_="note"),
        markup.paragraph(
            "Groups that the public figures do not give, such as opiates with and without crack, are not told here.",
            class_="note",
        ),
    )


def _percent(value: float) -> str:
    return _FROM_NOBODY if pd.isna(value) else f"{number(value, 1, signed=value > 0)}%"


def _england_change(one: Cells, england: pd.DataFrame) -> str:
    key = (one["part"], one["group"])
    return _percent(float(england["change"][key])) if key in england.index else "Not held"


def _change_sentence(one: Cells, england: pd.DataFrame) -> str:
    change = 0.0 if one["now"] == one["before"] else one["change"]
    if pd.isna(change):
        size = f"a change in per cent is {wording.in_kind(_FROM_NOBODY)}"
    else:
        size = f"{'up' if change > 0 else 'down'} {number(abs(change), 1, 'change')}%" if change else "no change"
    group = wording.at_start(str(one["group"]))
    ends = f"from {printed(one, 'before')} in {one['before_label']} to {printed(one, 'now')} in {one['now_label']}"
    return f"{group}: {size}, {ends} (England {wording.in_kind(_england_change(one, england))})."


def statements_of(table: pd.DataFrame) -> pd.DataFrame:
    """Return the numbers of a table of changes as statements: both counts and the change, line by line.

    `table` : columns group, area, part, before, before_label, now, now_label, change and line.
    """
    told = [statement for one in table.to_dict("records") for statement in _told(one, table)]
    return of_rows(told)


def _told(one: Cells, table: pd.DataFrame) -> list[dict[str, object]]:
    fact = f"{one['part']}_{one['group']}_{one['area']}".replace(" ", "_").lower()
    shared = {"document": _DOCUMENT, "line": one["line"], "area": one["area"]}
    counts = [
        shared | {"kind": Told.FIGURE, "fact": f"{fact}_{end}", "text": f"{one[end]:,.0f}", "value": one[end],
                  "unit": "adults", "period": one[f"{end}_label"], "basis": "fin_year"}
        for end in ("before", "now")
    ]  # fmt: skip
    if pd.isna(one["change"]):
        return counts
    change = {"kind": Told.CHANGE, "fact": f"{fact}_change", "text": f"{one['change']:.1f}%", "unit": "%",
              "value": round(float(one["change"]), 1), "relation": Relation.PERCENT_CHANGE,
              "of": f"{fact}_before;{fact}_now", **_group_of(one, table)}  # fmt: skip
    return [*counts, shared | change]


def _group_of(one: Cells, table: pd.DataFrame) -> dict[str, str]:
    """Return of which groups a change is the total or a part: the parts share nobody and are everybody."""
    parts = [str(part) for part in table["part"].unique() if part != "all"]
    if one["part"] == "all":
        return {"group": ";".join(f"adults_by_{part}" for part in parts), "role": "total" if parts else ""}
    return {"group": f"adults_by_{one['part']}", "role": "part"}


def check(page: DocumentPage, told: pd.DataFrame) -> pd.DataFrame:
    """Return what the rules about statements find in some statements of this report."""
    evidence = Evidence(page.released.latest, page.released.series, page.definitions, statements=told)
    told = found(evidence, About.DOCUMENT)
    mine: pd.DataFrame = told[told["place"].str.startswith(f"{_DOCUMENT}:")]
    return mine


def _no_baseline(baseline: str) -> Display:
    return markup.notice(
        f"No number of adults in treatment is held for the year that ended in {wording.month_in_words(baseline)}, so "
        "change since then cannot be told. The yearly export of adult treatment statistics would fill the gap.",
        title="Missing.",
    )


# Other measures: the newest figure, what it was in the baseline, and England.


def _since(page: DocumentPage, title: str, measures: list[str], baseline: str) -> list[Display]:
    found = [row for name in measures if (row := page.measure(name)) is not None]
    if not found:
        return []
    rows: list[list[Content]] = [
        [
            markup.stacked(wording.named(row), wording.unit(row)),
            _at_baseline(page, row, baseline),
            markup.stacked(wording.local_value(row), wording.interval(row), wording.how_sure(row)),
            wording.england_value(row),
            wording.period(row),
        ]
        for row in found
    ]
    columns: list[str | Column] = [
        "Measure",
        Column("Baseline", number=True),
        Column("Newest", number=True),
        Column("England", number=True),
        "Period of the newest",
    ]
    sentences = [f"{row['title']}: {wording.in_kind(wording.sentence(row))}" for row in found]
    return [
        markup.heading(title, 3),
        markup.bullets(sentences),
        markup.table(columns, rows, f"{title}, since {wording.month_in_words(baseline)}"),
    ]


def _at_baseline(page: DocumentPage, row: Row, baseline: str) -> Content:
    series = page.headline[(page.headline["measure"] == row["measure"]) & (page.headline["area"] == row["area"])]
    same = series[series["segment"] == row["segment"]]
    before = page.row(same[same["period_end"] == baseline].tail(1))
    if before is None and len(series[series["period_end"] == baseline]):
        return "Not comparable: the series breaks"
    if before is None:
        return "Not held"
    change = ""
    doubted = wording.in_doubt(row) or wording.in_doubt(before)
    if wording.has_value(row) and not doubted and row["period_end"] > baseline:
        points = " points" if row["kind"] == Kind.PROPORTION else ""
        sign = "+" if row["value"] > before["value"] else "\u2212"
        apart = wording.step(row, before["value"])
        change = f"{sign}{apart}{points} since" if apart else "too close to tell apart"
    return markup.stacked(wording.local_value(before), wording.period(before), change)
