"""An invented page as the suite makes them: a scorecard, two charts, text, a list. No real figure."""

import nbformat.v4 as notebooks
import pandas as pd
from nbformat import NotebookNode

from drug_outcomes.publishing import pages
from drug_outcomes.reporting import markup, pictures, plots, strips
from drug_outcomes.reporting.markup import Column, Display
from drug_outcomes.reporting.pictures import Picture
from drug_outcomes.reporting.plots import End, Mark, Words

YEARS = [f"{year}/{(year + 1) % 100}" for year in range(2012, 2026)]
VERDICTS = (
    ("Higher", "higher", "▲"),
    ("Lower", "lower", "▼"),
    ("Similar", "similar", "="),
    ("Better", "better", ""),
    ("Worse", "worse", ""),
    ("Not tested", "neutral", ""),
)
COLUMNS = (
    "Measure",
    "Compared with England",
    Column("Local", number=True),
    Column("England", number=True),
    "Change since last period",
    "Trend",
    "Latest period",
)
WORDS = pages.PageWords(
    title="Treatment and recovery",
    period="2024/25 Q3",
    partnership="Exampleshire Combating Drugs Partnership",
    marking="Draft - not cleared for release",
    navigation=[
        ("Front page", "index.html"),
        ("Break supply chains", "break_supply_chains.html"),
        ("Treatment and recovery", "treatment_and_recovery.html"),
        ("Reduce demand", "reduce_demand.html"),
        ("Scorecard", "scorecard.html"),
        ("Definitions", "definitions.html"),
    ],
    provenance=[
        ("As known on", "31 March 2025"),
        ("Audience", "Public"),
        ("Data", "sha256 0c5b8b4f1f0d1f8e4a0d7a3a8a5ad0f3f0b9e6a4c1f3f6a1"),
        ("Licence", "Open Government Licence v3.0"),
    ],
    links=[("Accessibility statement", "accessibility.html"), ("All periods", "../../../index.html")],
    here="treatment_and_recovery.html",
)


def scorecard(rows: int = 40) -> Display:
    """Return an invented scorecard of so many rows."""
    return markup.table(
        COLUMNS, [_row(number) for number in range(1, rows + 1)], "Every measure, newest figures first known"
    )


def _row(number: int) -> list[Display | str]:
    word, kind, glyph = VERDICTS[number % len(VERDICTS)]
    points = [54.1 - 0.4 * step + (number * step) % 7 for step in range(8)]
    published = f"published as {'Higher' if number % 3 else 'Lower'}" if number % 4 == 0 else None
    return [
        markup.stacked(
            f"{number}. Unmet need for treatment among people who use opiates or crack",
            "Percentage of estimated number. NDTMS",
        ),
        markup.stacked(markup.tag(word, kind=kind, glyph=glyph), published),
        markup.stacked("53.1%", "51.0 to 55.2") if number % 5 else "Fewer than 5",
        markup.stacked("57.9%", "57.6 to 58.2") if number % 6 else "Not published",
        markup.tag("Up", glyph="↑") if number % 2 else markup.tag("Down", glyph="↓"),
        strips.sparkline(
            [(float(step), value, "") for step, value in enumerate(points)],
            [],
            "8 points, from 54.1 to 48.5; lowest 48.1, highest 54.1",
        )
        if number % 7
        else "One point",
        markup.stacked("Oct 2023 to Sep 2024", "3 months old at the end of the period"),
    ]


def line(values: list[float | None], who: str = "Exampleshire", spread: float = float("nan")) -> pd.DataFrame:
    """Return points of an invented line, one a year; a missing value is a gap."""
    frame = pd.DataFrame({"x": [12.0 * place for place in range(len(values))], "value": values})
    gap = frame["value"].isna()
    return frame.astype({"value": float}).assign(
        lower=frame["value"] - spread, upper=frame["value"] + spread, who=who, run=gap.cumsum()
    )


def trend() -> Picture:
    """Return an invented chart with a gap, a break, an event and an interval."""
    values = [6.1, 6.4, 6.0, None, None, 7.2, 7.4, 7.9, 8.2, 7.7, 7.5, 7.1, 6.9, 7.1]
    england = line([5.0 + 0.1 * place for place in range(len(YEARS))], "England")
    points = pd.concat([line(values, spread=0.6), england], ignore_index=True)
    words = Words(
        ticks=[(12.0 * place, year) for place, year in enumerate(YEARS)],
        ends=[End(7.1, "7.1%", "Exampleshire"), End(6.3, "6.3%", "England")],
        marks=[Mark(95, "Mar 20"), Mark(102, "new basis", breaks=True)],
        unit="%",
    )
    return pictures.picture(lambda axes: plots.trend(axes, points, words))


def chart(number: int = 1) -> Display:
    """Return an invented chart, and its data."""
    title = f"People who complete treatment have become fewer since 2020, chart {number}"
    rows = [[year, f"{number}%"] for year in YEARS]
    shown = markup.figure(
        title,
        "Successful completions, people who use opiates, Exampleshire and England, 2012/13 to 2025/26",
        trend(),
        alt="Line chart: completions in Exampleshire rose to 8.2% in 2020/21 and fell to 7.1%; England rose to 6.3%.",
        source="Office for Health Improvement and Disparities, NDTMS",
        legend=[("shade", "95% interval")],
        level=3,
        anchor=f"chart-{number}",
    )
    data = markup.table(["Year", Column("Exampleshire", True)], rows, f"Data: {title}", responsive=False)
    csv = markup.csv_link(f"Download the figures of chart {number} as CSV", "completions.csv", "year,value\r\n")
    return markup.together(shown, markup.details(f"Data behind chart {number}", data, markup.paragraph(csv)))


def dots() -> Display:
    """Return an invented figure beside England's and those of other authorities."""
    frame = pd.DataFrame(
        {"value": [7.1], "lower": [6.3], "upper": [8.0], "england": [6.3], "others": [[5.0, 6.6, 8.1]]}
    )
    words = Words(rows=[("", "7.1%")], unit="%")
    return markup.figure(
        "Completions are higher than in England and near those of similar areas",
        "Successful completions, people who use opiates, 2025/26, with 95% intervals",
        pictures.picture(lambda axes: plots.beside(axes, frame, words), 62, 62),
        alt="A point on a scale: Exampleshire 7.1%, among three others between 5.0% and 8.1%; England 6.3%.",
        source="Office for Health Improvement and Disparities, NDTMS",
        level=3,
    )


def shown(display: Display) -> NotebookNode:
    """Return the output that displaying an object leaves in a notebook."""
    made = display._repr_html_()
    html, metadata = made if isinstance(made, tuple) else (made, {})
    kinds = {"text/html": html, "text/plain": repr(display)}
    return notebooks.new_output("display_data", kinds, metadata={"text/html": metadata} if metadata else {})


def code(*outputs: NotebookNode, tags: tuple[str, ...] = ()) -> NotebookNode:
    """Return an executed code cell."""
    return notebooks.new_code_cell("report.section()", metadata={"tags": list(tags)}, outputs=list(outputs))


def notebook(rows: int = 8) -> NotebookNode:
    """Return an executed notebook of every kind of output that is published, and of those that are not."""
    text = notebooks.new_markdown_cell
    points = ["Of 40 measures, **31** have a figure.", "7 are [compared with England](#scorecard)."]
    return notebooks.new_notebook(
        cells=[
            text("# Treatment and recovery\n\nHow to read this page: the verdict stands first."),
            code(shown(markup.plain("PARAMETERS")), tags=("parameters",)),
            text("## What changed"),
            code(shown(markup.markdown("\n".join(f"- {point}" for point in points)))),
            code(shown(markup.notice("Every figure on this page is invented.", kind="warning", title="Fictional."))),
            text("## Scorecard"),
            code(
                notebooks.new_output("stream", name="stderr", text="UserWarning: STDERR"),
                notebooks.new_output("stream", name="stdout", text="STDOUT"),
                shown(scorecard(rows)),
            ),
            text("## Capacity and quality of services\n\nWhat this commitment is, and why it matters."),
            code(shown(chart(1)), notebooks.new_output("display_data", {"application/javascript": "alert(1)"})),
            code(shown(dots())),
            code(shown(markup.plain("EXPLORING")), tags=("interactive",)),
            text("## Data quality and sources"),
            code(
                shown(markup.terms([("Provisional", "may be revised"), ("Hidden", "fewer than 5 people")])),
                shown(markup.table(["Source", "Licence"], [["NDTMS", "OGL v3"]], "Sources", responsive=False)),
                notebooks.new_output("execute_result", {"text/plain": "<Axes: >"}),
            ),
        ]
    )


def page(rows: int = 8) -> str:
    """Return the page of the notebook."""
    return pages.convert(notebook(rows), **WORDS)
