"""The sections of a needs assessment: sentences, charts and tables of cleared figures."""

import pandas as pd

from drug_outcomes.definitions.areas import ENGLAND
from drug_outcomes.definitions.vocabulary import Benchmark, Kind, Verdict
from drug_outcomes.reporting import equity, markup, needs_figures, pictures, plots, wording
from drug_outcomes.reporting.document_page import DocumentPage
from drug_outcomes.reporting.markup import Column, Content, Display
from drug_outcomes.reporting.needs_figures import Cells
from drug_outcomes.reporting.numerals import number, printed
from drug_outcomes.reporting.plots import Words
from drug_outcomes.reporting.wording import VERDICT_WORDS
from drug_outcomes.statistics.needs import Flag, More, Reach

_HOLD = "Not held"


def _range(lower: float, upper: float, decimals: int = 0, unit: str = "") -> str:
    """Return "5,553 to 7,320", or "" where there are no limits."""
    if pd.isna(lower) or pd.isna(upper):
        return ""
    return f"{number(lower, decimals)}{unit} to {number(upper, decimals)}{unit}"


def _said(value: float, decimals: int = 0, unit: str = "") -> str:
    return _HOLD if pd.isna(value) else f"{number(value, decimals)}{unit}"


def _with_range(value: float, lower: float, upper: float, decimals: int = 0, unit: str = "") -> Content:
    return markup.stacked(_said(value, decimals, unit), _range(lower, upper, decimals, unit))


def prevalence(page: DocumentPage) -> Display | None:
    """Show how many people are thought to be in need, with the limits, the year and the ages of each estimate."""
    every = needs_figures.need(page)
    mine = every[every["area"] == page.area.code]
    held = mine[mine["prevalence"].notna()]
    if held.empty:
        return _implied(mine)
    england = every[every["area"] == ENGLAND].set_index("context")
    rows: list[list[Content]] = [
        [
            markup.stacked(one["group"], f"aged {one['ages']}"),
            _with_range(one["prevalence"], one["prevalence_lower"], one["prevalence_upper"]),
            one["estimate_label"],
            markup.stacked(_said(one["in_treatment"]), one["treated_label"]),
            _with_range(*england.loc[one["context"], ["prevalence", "prevalence_lower", "prevalence_upper"]]),
        ]
        for one in held.to_dict("records")
    ]
    columns: list[str | Column] = [
        "People in need",
        Column("Estimate (95% limits)", number=True),
        "Year of the estimate",
        Column("In treatment, same ages", number=True),
        Column("England (95% limits)", number=True),
    ]
    sentences = [
        f"{one['group']}, aged {one['ages']}: about {printed(one, 'prevalence')} in {one['estimate_label']}"
        f"{_doubt(one)}."
        for one in held.to_dict("records")
    ]
    note = "Groups overlap: somebody who uses both opiates and crack is counted in three of them."
    return markup.together(
        markup.bullets(sentences),
        markup.table(columns, rows, "Estimated need and people in treatment"),
        markup.paragraph(note, class_="note"),
    )


def _by_rounding(one: Cells) -> str:
    limits = _range(one["implied_lower"], one["implied_upper"])
    return f"; rounding alone makes it {limits}" if limits else ""


def _doubt(one: Cells) -> str:
    limits = _range(one["prevalence_lower"], one["prevalence_upper"]).replace(" to ", " and ")
    return (
        f", and between {limits} allowing for the uncertainty of the estimate"
        if limits
        else ", published without limits"
    )


def _implied(mine: pd.DataFrame) -> Display | None:
    """Return what published percentages imply where no estimate is held."""
    known = mine[mine["implied"].notna()]
    if known.empty:
        return None
    sentences = [
        f"{one['group']}: {printed(one, 'published', 1)}% not in treatment beside {printed(one, 'counted')} people "
        f"in treatment ({one['treated_label']}) would mean about {printed(one, 'implied')} people in need"
        f"{_by_rounding(one)}."
        for one in known.to_dict("records")
    ]
    return markup.together(
        markup.notice(
            "No estimate of need is held for this area, with or without limits. What the published percentages "
            "imply stands below. It is no estimate of its own: its uncertainty is not known, and the people in "
            "treatment may be of other ages than the estimate behind the percentage.",
            title="Missing.",
        ),
        markup.bullets(sentences),
    )


def unmet_need(page: DocumentPage) -> Display | None:
    """Show what share of the people in need is not in treatment, worked out again and as published."""
    every = needs_figures.need(page)
    mine = every[(every["area"] == page.area.code) & (every["published"].notna() | every["unmet_pct"].notna())]
    if mine.empty:
        return None
    others = {code: every[every["area"] == code].set_index("context")["published"] for code in page.places}
    rows: list[list[Content]] = [
        [
            markup.stacked(one["group"], f"aged {one['ages']}, {one['treated_label']}"),
            _with_range(one["unmet_pct"], one["unmet_lower"], one["unmet_upper"], 1, "%"),
            _with_range(one["published"], one["published_lower"], one["published_upper"], 1, "%"),
            *(_said(others[code][one["context"]], 1, "%") for code in page.places if code != page.area.code),
        ]
        for one in mine.to_dict("records")
    ]
    columns: list[str | Column] = [
        "People in need",
        Column("Worked out here (95% limits)", number=True),
        Column("As published (95% limits)", number=True),
        *(Column(name, number=True) for code, name in page.places.items() if code != page.area.code),
    ]
    return markup.together(
        markup.bullets(_unmet_sentence(one) for one in mine.to_dict("records")),
        _unmet_chart(page, every, mine),
        markup.table(columns, rows, "People in need who are not in treatment"),
    )


def _unmet_sentence(one: Cells) -> str:
    worked = bool(pd.notna(one["unmet_pct"]))
    value = one["unmet_pct"] if worked else one["published"]
    limits = (one["unmet_lower"], one["unmet_upper"]) if worked else (one["published_lower"], one["published_upper"])
    between = _range(*limits, 1, "%").replace(" to ", " and ")
    doubt = f" (between {between})" if between else ""
    share = wording.about(float(value))
    told = f"{one['group']}: {number(value, 1)}%{f', {share},' if share else ''} are not in treatment{doubt}"
    years = f"people in treatment in {one['treated_label']}"
    if one["estimate_label"]:
        years += f", need as estimated for {one['estimate_label']}"
    flag = f" Take care: {one['unmet_flag']}." if one["unmet_flag"] in (Flag.EXCEEDS, Flag.EXCEEDS_LOWER) else ""
    missing = "" if worked else " No estimate with limits is held, so its uncertainty is not known."
    return f"{told}; {years}.{flag}{missing}"


def _unmet_chart(page: DocumentPage, every: pd.DataFrame, mine: pd.DataFrame) -> Display:
    """Show each group's share beside England's, as dumbbells."""
    worked = every.assign(
        share=every["unmet_pct"].fillna(every["published"]),
        low=every["unmet_lower"].where(every["unmet_pct"].notna(), every["published_lower"]),
        high=every["unmet_upper"].where(every["unmet_pct"].notna(), every["published_upper"]),
    ).set_index(["area", "context"])
    local = worked.loc[page.area.code].loc[mine["context"]]
    england = worked.loc[ENGLAND]["share"].reindex(local.index)
    frame = pd.DataFrame({
        "value": local["share"], "lower": local["low"], "upper": local["high"], "england": england,
        "others": [[] for _ in range(len(local))],
    })  # fmt: skip
    rows = [(str(name), f"{number(value, 1)}%") for name, value in zip(local["group"], local["share"], strict=True)]
    height = 44.0 * len(rows) + 24
    drawn = pictures.picture(
        lambda axes: plots.beside(axes, frame.reset_index(drop=True), Words(rows=rows, unit="%")), height, height
    )
    ends = [rows[place] for place in (int(local["share"].argmax()), int(local["share"].argmin()))]
    starts = " The axis does not start at zero." if drawn.cut else ""
    return markup.figure(
        f"{ends[0][0]}: the largest share not in treatment, {ends[0][1]}",
        f"Share of people in need who are not in treatment, {page.area.name} and England.{starts}",
        drawn,
        alt=f"Points on a scale for {len(rows)} groups beside England. The largest share not in treatment: "
        f"{ends[0][0]} at {ends[0][1]}; the smallest: {ends[1][0]} at {ends[1][1]}.",
        source="published unmet need and estimates of need, see the sources below",
        legend=[("local", page.area.name), ("england", "England"), ("interval", "95% interval where it is known")],
        level=3,
    )


def cascade(page: DocumentPage) -> Display | None:
    """Show how many of each stage reach the next; stages that count other people are refused."""
    table = needs_figures.cascade(page)
    if table.empty:
        return None
    parts = []
    for name, stages in table.groupby("cascade", sort=False):
        rows: list[list[Content]] = [
            [
                markup.stacked(one["stage"], one["period_label"]),
                _said(one["count"]),
                _share(one, "of_previous"),
                _share(one, "of_first"),
            ]
            for one in stages.to_dict("records")
        ]
        columns: list[str | Column] = [
            "Stage",
            Column("People", number=True),
            Column("Of the stage before (95% limits)", number=True),
            Column("Of the first stage", number=True),
        ]
        parts.append(markup.table(columns, rows, f"From stage to stage: {wording.in_kind(str(name))}"))
    sentences = [
        f"{one['cascade']}: {wording.in_kind(str(one['stage']))}, {printed(one, 'of_previous', 1)}% of the stage before"
        f"{_bracketed(_range(one['of_previous_lower'], one['of_previous_upper'], 1, '%'))}."
        for one in table[table["of_previous"].notna()].to_dict("records")
    ]
    note = (
        "A share is given only where both stages count the same people in the same period. Estimates of need end at 64 "
        "for opiates and crack, treatment counts everybody from 18, so completions are not chained to need."
    )
    return markup.together(markup.bullets(sentences), *parts, markup.paragraph(note, class_="note"))


def _bracketed(limits: str) -> str:
    return f" ({limits})" if limits else ""


def _share(one: Cells, name: str) -> Content:
    if one["refused"]:
        return markup.stacked("Refused", str(one["refused"])) if name == "of_previous" else "Refused"
    if pd.isna(one[name]):
        return "Starting point"
    limits = (one["of_previous_lower"], one["of_previous_upper"]) if name == "of_previous" else (float("nan"),) * 2
    return _with_range(one[name], *limits, 1, "%")


def representation(page: DocumentPage) -> Display | None:
    """Show groups of people in treatment beside their share of residents, or of people treated in England."""
    table = needs_figures.groups_in_treatment(page)
    if table.empty:
        return None
    apart = table[table["reach"] == Reach.UNDER]
    sentences = [
        f"{one['topic']}, {one['category']}: {one['reach']} of {one['reference_name']} "
        f"({printed(one, 'representation', 2)} times, "
        f"{_range(one['representation_lower'], one['representation_upper'], 2)})."
        for one in apart.to_dict("records")
    ] or [
        "No group has less than its share of people treated in England by a tenth or more, beyond what chance explains."
    ]
    columns: list[str | Column] = [
        "Group",
        Column("People", number=True),
        Column("Share here", number=True),
        Column("Share of the reference", number=True),
        Column("Ratio (95% limits)", number=True),
        "Reading",
    ]
    parts = []
    for (topic, reference), groups in table.groupby(["topic", "reference_name"], sort=False):
        rows: list[list[Content]] = [_group_cells(one) for one in groups.to_dict("records")]
        base = f"{groups['base'].iloc[0]}, {groups['period_label'].iloc[0]}"
        parts.append(markup.table(columns, rows, f"{topic}: {wording.in_kind(base)}, beside {reference}"))
    note = (
        "Need is not estimated for groups of people. A ratio beside England says how the mix differs. Counts are "
        "rounded by the publisher; a group that is hidden, or has fewer than 5 people (50 where counts are rounded), "
        "has no ratio, nor have people of whom it was not stated."
    )
    return markup.together(
        equity.per_resident(page),
        markup.bullets(sentences),
        _ratio_chart(page, table),
        markup.details("Shares beside those of people treated in England", *parts),
        markup.paragraph(note, class_="note"),
    )


def _group_cells(one: Cells) -> list[Content]:
    share, reference = (
        100 * one[part] / one[whole] for part, whole in (("group", "everybody"), ("reference", "reference_everybody"))
    )
    hidden = "Hidden to protect people"
    return [
        wording.at_start(str(one["category"])),
        hidden if one["hidden"] else _said(one["group"]),
        hidden if one["hidden"] else _said(share, 1, "%"),
        _said(reference, 1, "%"),
        _with_range(one["representation"], one["representation_lower"], one["representation_upper"], 2)
        if pd.notna(one["representation"])
        else "No ratio",
        str(one["reach"]).capitalize(),
    ]


def _ratio_chart(page: DocumentPage, table: pd.DataFrame) -> Display | None:
    """Show the representation of groups as points on one scale, on which 1 is the same share."""
    shown = table[table["representation"].notna() & table["topic"].isin(_first_topics(table))]
    if shown.empty:
        return None
    once = shown.drop_duplicates(["topic", "category"]).reset_index(drop=True)
    frame = pd.DataFrame({
        "value": once["representation"], "lower": once["representation_lower"], "upper": once["representation_upper"],
        "england": 1.0, "others": [[] for _ in range(len(once))],
    })  # fmt: skip
    names = once["topic"] + ": " + once["category"]
    rows = [(name, number(value, 2)) for name, value in zip(names, frame["value"], strict=True)]
    height = 34.0 * len(rows) + 24
    drawn = pictures.picture(lambda axes: plots.beside(axes, frame, Words(rows=rows)), height, height)
    high, low = (rows[int(place)] for place in (frame["value"].argmax(), frame["value"].argmin()))
    return markup.figure(
        f"{high[0]}: {high[1]} times the share of the reference",
        f"Share of people in treatment over share of the reference, {page.area.name}; 1 is the same share.",
        drawn,
        alt=f"Points on a scale for {len(rows)} groups. Furthest above its share: {high[0]} at {high[1]} times; "
        f"furthest below: {low[0]} at {low[1]} times.",
        source="adults in treatment and residents, see the sources below",
        legend=[("local", "share here"), ("england", "same share"), ("interval", "95% interval")],
        level=3,
    )


def _first_topics(table: pd.DataFrame) -> list[str]:
    """Return the topics whose groups fit one chart."""
    sizes = table.drop_duplicates(["topic", "category"]).groupby("topic", sort=False).size().cumsum()
    return list(sizes[sizes <= 12].index)


def groups(page: DocumentPage) -> Display | None:
    """Show figures of groups of people by topic, and say which are not held."""
    return _by_topic(page, "groups")


def harm(page: DocumentPage) -> Display | None:
    """Show figures of harm by topic, and say which are not held."""
    return _by_topic(page, "harm")


def _by_topic(page: DocumentPage, section: str) -> Display | None:
    rows = page.defined(section)
    parts = [
        markup.table(
            [
                "Figure",
                Column("Local", number=True),
                Column("England", number=True),
                Column("Region", number=True),
                "Period",
            ],
            [_figure_cells(page, row) for row in mine.to_dict("records")],
            str(topic),
        )
        for topic, mine in rows.groupby("topic", sort=False)
    ]
    told = [said for row in rows.to_dict("records") if (said := _figure_sentence(page, row))]
    return markup.together(markup.bullets(told), *parts) if told else markup.together(*parts)


def _figure_cells(page: DocumentPage, row: Cells) -> list[Content]:
    if row["measure"]:
        return _measure_cells(page, str(row["measure"]))
    name = markup.stacked(str(row["title"]), row["note"])
    local = page.of(str(row["context"]), page.area.code)
    if local.empty:
        return [name, _HOLD, _HOLD, _HOLD, "No period"]
    cells: list[Content] = [
        _context_value(page, row, code, count=code == page.area.code)
        for code in (page.area.code, ENGLAND, page.area.region)
    ]
    found = page.row(local)
    return [name, *cells, wording.period(found) if found else "No period"]


def _measure_cells(page: DocumentPage, measure: str) -> list[Content]:
    found = page.measure(measure)
    if found is None:
        return [measure, "Not tracked here", _HOLD, _HOLD, "No period"]
    same = page.headline[
        (page.headline["measure"] == measure)
        & (page.headline["area"] == page.area.region)
        & (page.headline["period_label"] == found["period_label"])
    ]
    region = page.row(same.tail(1))
    compares = found["kind"] != Kind.COUNT
    return [
        markup.stacked(wording.named(found), wording.unit(found)),
        markup.stacked(wording.local_value(found), wording.interval(found), wording.verdict(found)),
        wording.england_value(found),
        wording.cell(region) if region and compares else _HOLD,
        wording.period(found),
    ]


def _context_value(page: DocumentPage, row: Cells, area: str, *, count: bool) -> Content:
    """Return a figure beside the measures: a rate with its limits, a count with its share of the whole."""
    figure = page.of(str(row["context"]), area)
    found = page.row(figure)
    if found is None:
        return _HOLD
    if not wording.has_value(found):
        return wording.local_value(found)
    if row["kind"] != Kind.COUNT:
        places = int(row["decimals"])
        return _with_range(found["value"], found["lower"], found["upper"], places)
    whole = page.row(page.of(str(row["of"]), area))
    same = whole is not None and wording.has_value(whole) and whole["period_end"] == found["period_end"]
    share = f"{number(100 * found['value'] / whole['value'], 1)}%" if whole and same else ""
    if not count:
        return share or "A count: not comparable"
    return markup.stacked(printed(found, "value"), f"{share} of {_base(page, row)}" if share else "")


def _base(page: DocumentPage, row: Cells) -> str:
    rows = page.definitions.context
    return wording.in_kind(str(rows.loc[rows["context"] == row["of"], "title"].iloc[0]))


def _figure_sentence(page: DocumentPage, row: Cells) -> str:
    """Return a figure that differs from England's by more than chance, as a sentence."""
    if not row["measure"]:
        return ""
    found = page.measure(str(row["measure"]))
    if found is None or found["verdict"] in ("not_tested", "similar"):
        return ""
    return wording.told(found)


def beside(page: DocumentPage) -> Display | None:
    """Show proportions and rates beside England, the region, statistical neighbours and areas of like deprivation."""
    table = needs_figures.compared(page)
    if table.empty:
        return None
    rows: list[list[Content]] = [
        [
            markup.stacked(one["title"], _period(page, one)),
            _cell(one, one["local"]),
            markup.stacked(_cell(one, one["england"]), _tested(one["verdict"])),
            markup.stacked(_cell(one, one["region"]), _tested(one["verdict_region"])),
            _spread_cell(one, Benchmark.NEIGHBOURS),
            _spread_cell(one, Benchmark.PEERS),
        ]
        for one in table.to_dict("records")
    ]
    columns: list[str | Column] = [
        "Figure",
        Column("Local", number=True),
        Column("England", number=True),
        Column("Region", number=True),
        "Statistical neighbours",
        "Areas of like deprivation",
    ]
    note = (
        "Of a group of areas the middle figure stands with the lowest and the highest, and how many lie above the "
        "local figure. Where a difference could be tested, a line says how the local figure stands, by its 95% "
        "interval: to England's, to the region's, and to all areas of a group pooled from their counts. Rates adjusted "
        "for age are not pooled. Higher is not better or worse by itself. Areas of like deprivation are those in the "
        "same tenth of the index."
    )
    return markup.together(
        markup.table(columns, rows, "Beside other areas, same period"), markup.paragraph(note, class_="note")
    )


def _period(page: DocumentPage, one: Cells) -> str:
    row = page.row(pd.DataFrame([one]))
    return wording.period(row) if row else ""


def _cell(one: Cells, value: float) -> str:
    unit = "%" if one["kind"] == Kind.PROPORTION else ""
    return _said(value, int(one["decimals"]), unit)


def _tested(verdict: str, pooled: str = "") -> str:
    """Return how the local figure stands to the one in the cell, "" where that was not tested."""
    if verdict not in VERDICT_WORDS or verdict == Verdict.NOT_TESTED:
        return ""
    return f"{pooled}Local: {VERDICT_WORDS[Verdict(verdict)].lower()}"


def _spread_cell(one: Cells, benchmark: Benchmark) -> Content:
    group, pooled = one[benchmark], one[f"{benchmark}_value"]
    if not group:
        return _HOLD
    ends = f"{_cell(one, group['lowest'])} to {_cell(one, group['highest'])}"
    above = f"{group['above']:.0f} of {group['number']:.0f} {'is' if group['above'] == 1 else 'are'} higher"
    tested = _tested(one[f"verdict_{benchmark}"], f"Pooled {_cell(one, pooled)}. ")
    return markup.stacked(_cell(one, group["middle"]), ends, above, tested)


def capacity(page: DocumentPage) -> Display | None:
    """Show how many more people would have to be in treatment for some scenarios, as ranges."""
    table = needs_figures.capacity(page)
    if table.empty:
        return None
    rows: list[list[Content]] = [
        [
            markup.stacked(one["group"], f"aged {one['ages']}"),
            markup.stacked(one["scenario"], f"{printed(one, 'target', 1)}% not in treatment"),
            _said(one["in_treatment"]),
            _more(one),
        ]
        for one in table.to_dict("records")
    ]
    columns: list[str | Column] = [
        "People in need",
        "Scenario",
        Column("In treatment now", number=True),
        "More people in treatment",
    ]
    sentences = [
        f"{one['group']}: {wording.in_kind(str(one['scenario'])).replace('england', 'England')} "
        f"({printed(one, 'target', 1)}% not in treatment) {_places(one)}."
        for one in table.to_dict("records")
    ]
    note = (
        "Ranges come from the uncertainty of the estimate of need and, beside other areas, of their level. They say "
        "how many more people would be in treatment in a year, not what staff, rooms or money that takes. Groups "
        "overlap: the rows must not be added up."
    )
    return markup.together(
        markup.bullets(sentences),
        markup.table(columns, rows, "More people in treatment, by scenario"),
        markup.paragraph(note, class_="note"),
    )


def _more(one: Cells) -> Content:
    if one["more_flag"] == More.REACHED:
        return "Nobody: it is reached"
    if one["more_flag"] == More.UNKNOWN:
        return markup.stacked("Not known", f"{wording.at_start(_unknown(one))} not held")
    ends = f"Between {printed(one, 'more_lower')} and {printed(one, 'more_upper')}"
    return markup.stacked(ends, one["more_flag"])


def _places(one: Cells) -> str:
    if one["more_flag"] == More.REACHED:
        return "means nobody more: it is reached already"
    if one["more_flag"] == More.UNKNOWN:
        return f"means a number that is not known: {_unknown(one)} not held"
    perhaps = "; it may be reached already" if one["more_flag"] else ""
    ends = f"between {printed(one, 'more_lower')} and {printed(one, 'more_upper')}"
    return f"means {ends} more people in treatment{perhaps}"


def _unknown(one: Cells) -> str:
    """Return what a scenario cannot be worked out without, as the subject of a sentence."""
    if pd.isna(one["in_treatment"]):
        return "the number of people of these ages in treatment is"
    return "the limits of the estimate of need are"


def gaps(page: DocumentPage) -> Display | None:
    """List what this page asks for and has not, by who could fill the gap, and why."""
    rows = [gap for row in page.definitions.context.to_dict("records") if row["section"] for gap in _gaps_of(page, row)]
    known = [
        ("Need by sex, age, ethnicity and other groups", "no estimate is published for groups of people",
         "The publisher of the estimates"),
        ("People with a need who never came near a service", "they are in no count; estimates of need stand for them",
         "Outreach, and the sections on lived experience"),
    ]  # fmt: skip
    who: dict[str, dict[str, str]] = {}
    for what, why, source in [*rows, *known]:
        who.setdefault(source, {}).setdefault(
            what, f"{wording.in_kind(what)} ({why})" if why else wording.in_kind(what)
        )
    return markup.bullets(
        markup.together(markup.emphasis(f"{source}:"), f" {'; '.join(found.values())}.")
        for source, found in who.items()
    )


def _gaps_of(page: DocumentPage, row: Cells) -> list[tuple[str, str, str]]:
    sources = page.definitions.sources.set_index("source")
    if row["source"]:
        held = page.context
        mine = held[(held["context"] == row["context"]) & (held["area"] == page.area.code)]
        if len(mine):
            return []
        name = f"{row['title']}, by {str(row['topic']).lower()}" if row["dimension"] else str(row["title"])
        return [(name, "", str(sources.loc[row["source"], "title"]))]
    found = [(name, page.measure(name)) for name in str(row["measure"]).split(";")]
    titles = page.definitions.measures.set_index("measure")["source"].map(sources["title"])
    return [
        (wording.named(one), wording.in_kind(wording.local_value(one)), str(titles.get(name, "")))
        for name, one in found
        if one is not None and not wording.has_value(one)
    ]


def beside_sources(page: DocumentPage) -> Display | None:
    """Show where the figures beside the measures come from."""
    mine = page.context[page.context["area"] == page.area.code].drop_duplicates(["source", "indicator", "file"])
    if mine.empty:
        return None
    titles = page.definitions.sources.set_index("source")["title"]
    rows: list[list[Content]] = [
        [
            markup.stacked(str(titles[str(source)]), str(files["publisher"].iloc[0])),
            str(vintage),
            ", ".join(sorted(set(files["file"].str.rpartition("/")[2]))),
        ]
        for (source, vintage), files in mine.groupby(["source", "vintage"], sort=False)
    ]
    return markup.table(["Source", "Release", "File"], rows, "Sources of the figures beside the measures")
