"""Tables of cleared figures. They accept `Released` alone and compute nothing."""

import pandas as pd

from drug_outcomes import drawing, markup, wording
from drug_outcomes.commentary import Passage
from drug_outcomes.disclosure import Released
from drug_outcomes.errors import DisclosureRefused
from drug_outcomes.markup import Content, Display
from drug_outcomes.vocabulary import VALUED, Severity, Verdict

SCORECARD_COLUMNS = (
    "Measure",
    "Compared with England",
    markup.Column("Local", number=True),
    markup.Column("England", number=True),
    "Change",
    "Trend",
    "Latest period",
)


def require_released(released: object) -> None:
    """Refuse anything that has not passed disclosure control, at run time as in the types."""
    if not isinstance(released, Released):
        raise DisclosureRefused(
            f"a {type(released).__name__} was handed to a table, chart or download",
            expected="figures cleared by disclosure.release",
        )


def scorecard(released: Released, measures: list[str], caption: str) -> Display:
    """Return the scorecard of some measures: the verdict first, then the figures it rests on."""
    require_released(released)
    latest = released.latest[released.latest["measure"].isin(measures)]
    lines = trend_lines(released)
    rows = [_scorecard_row(row, lines.get(row["measure"], [])) for row in latest.to_dict("records")]
    return markup.table(list(SCORECARD_COLUMNS), rows, caption, class_="scorecard")


def trend_lines(released: Released) -> dict[str, list[tuple[str, float]]]:
    """Return per measure the points that a sparkline may join: one segment, one kind of period, values only."""
    latest = released.latest
    key = ["measure", "area", "segment", "period_basis", "breakdown"]
    points = released.series.merge(latest[key].drop_duplicates(), on=key)
    valued = points[points["status"].isin([str(word) for word in VALUED]) & (points["withheld"] == "")]
    until = valued.merge(
        latest[["measure", "period_end"]].rename(columns={"period_end": "until"}), on="measure"
    )
    ordered = until[until["period_end"] <= until["until"]].sort_values("period_end")
    return {
        str(measure): list(zip(group["period_label"], group["value"], strict=True))
        for measure, group in ordered.groupby("measure")
    }


def _scorecard_row(row: wording.Row, line: list[tuple[str, float]]) -> list[Display | str]:
    return [
        markup.stacked(f"{row['number']}. {row['title']}", f"{row['unit']}. {row['publisher']}".strip(". ")),
        _verdict(row),
        markup.stacked(wording.local_value(row), wording.interval(row)),
        markup.stacked(wording.england_value(row), wording.interval(row, "england_lower", "england_upper")),
        _direction(row),
        _trend(row, line),
        markup.stacked(row["period_label"] or "No period", wording.age(row)),
    ]


def _verdict(row: wording.Row) -> Display:
    word = wording.verdict(row)
    kind = row["verdict"] if row["verdict"] != Verdict.NOT_TESTED else "neutral"
    return markup.together(
        markup.tag(word, kind=str(kind)),
        *(
            markup.together(" ", markup.small(line))
            for line in (wording.published_as(row), row["verdict_note"])
            if line
        ),
    )


def _direction(row: wording.Row) -> Display:
    glyph = wording.DIRECTION_GLYPHS.get(row["direction"], "")
    return markup.tag(wording.direction(row), glyph=glyph) if glyph else markup.plain(wording.direction(row))


def _trend(row: wording.Row, line: list[tuple[str, float]]) -> Display:
    values = [value for _, value in line]
    if len(values) < 2:
        return markup.plain("One point" if values else "No points")
    return drawing.sparkline(values, wording.sparkline_label(values, row))


def findings(released: Released, measures: list[str]) -> Display:
    """Return what the checks found about some measures, gravest first, or a sentence that they found nothing."""
    require_released(released)
    table = released.findings
    mine = table[table["measure"].isin([*measures, ""])] if len(table) else table
    if mine.empty:
        return markup.paragraph("The checks found nothing to question in these figures.")
    order = [str(severity) for severity in Severity]
    ranked = mine.assign(rank=mine["severity"].map(order.index)).sort_values(
        ["rank", "number"], kind="stable"
    )
    rows: list[list[Content]] = [
        [
            markup.stacked(
                f"{row['number']}. {row['title']}" if row["title"] else row["document"], row["period_label"]
            ),
            markup.tag(str(row["severity"]).capitalize(), kind="query"),
            row["what"],
            row["suggestion"],
        ]
        for row in ranked.to_dict("records")
    ]
    return markup.table(["Measure", "Weight", "What was found", "What to do"], rows, "What the checks found")


def sources(released: Released, measures: list[str]) -> Display:
    """Return where the newest figures come from: publisher, release, file and row, licence."""
    require_released(released)
    latest = released.latest[released.latest["measure"].isin(measures) & (released.latest["source"] != "")]
    rows: list[list[Content]] = [
        [
            f"{row['number']}. {row['title']}",
            markup.stacked(row["publisher"], row["licence"]),
            markup.stacked(row["vintage"], f"received {row['received']}"),
            markup.stacked(row["file"], f"row {row['row']}" if pd.notna(row["row"]) else ""),
        ]
        for row in latest.to_dict("records")
    ]
    return markup.table(
        ["Measure", "Publisher and licence", "Release", "File and row"], rows, "Where each figure comes from"
    )


def series(rows: pd.DataFrame, area: str, title: str) -> Display:
    """Return the figures behind a measure's chart, newest first; the rows come from a released series."""
    body: list[list[Content]] = [
        [
            row["period_label"],
            "Local" if row["area"] == area else "England",
            wording.local_value(row),
            wording.interval(row) or "not published",
        ]
        for row in rows.sort_values(["period_end", "area"], ascending=False, kind="stable").to_dict("records")
    ]
    columns: list[str | markup.Column] = [
        "Period",
        "Area",
        markup.Column("Figure", number=True),
        "95% interval",
    ]
    return markup.table(columns, body, f"Figures behind the chart: {title}", responsive=False)


def focus(released: Released, measures: list[str]) -> Display:
    """Return which measures require focus and which do well: tested verdicts with agreed polarity only."""
    require_released(released)
    latest = released.latest[released.latest["measure"].isin(measures)]
    lists = [("Requiring focus", Verdict.WORSE), ("Doing well", Verdict.BETTER)]
    parts = [
        markup.together(
            markup.heading(name, 3),
            markup.bullets([wording.sentence(row) for row in rows.to_dict("records")])
            if len(rows := latest[latest["verdict"] == verdict])
            else markup.paragraph("None."),
        )
        for name, verdict in lists
    ]
    agreed = int(latest["polarity_agreed"].sum())
    return markup.together(markup.paragraph(wording.agreement(agreed, len(latest))), *parts)


def passages(written: list[Passage]) -> Display:
    """Return commentary as people wrote it, signed; text carried forward from an earlier period says so."""
    return markup.together(
        *(
            markup.together(
                markup.markdown(passage.text, top=4),
                markup.paragraph(wording.signed(passage), class_="note"),
            )
            for passage in written
        )
    )
