"""An invented page as the suite makes them: a scorecard, two charts, text, a list. No real figure."""

import nbformat.v4 as notebooks
from nbformat import NotebookNode

from drug_outcomes.publishing import pages
from drug_outcomes.reporting import drawing, markup
from drug_outcomes.reporting.markup import Column, Display

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
        drawing.sparkline(points, "8 points, from 54.1 to 48.5; lowest 48.1, highest 54.1")
        if number % 7
        else "One point",
        markup.stacked("Oct 2023 to Sep 2024", "3 months old at the end of the period"),
    ]


def chart(number: int = 1) -> Display:
    """Return an invented chart with a gap, a break, events and an interval, and its data."""
    places = list(range(len(YEARS)))
    values = [6.1, 6.4, 6.0, None, None, 7.2, 7.4, 7.9, 8.2, 7.7, 7.5, 7.1, 6.9, 7.1]
    local = drawing.Series(
        "Exampleshire",
        places,
        values,
        lower=[value and value - 0.6 for value in values],
        upper=[value and value + 0.7 for value in values],
        segments=["before"] * 9 + ["after"] * 5,
    )
    around = drawing.Surroundings(
        list(zip(places, YEARS, strict=True)),
        gaps=[drawing.Mark(3, "Hidden: small"), drawing.Mark(4, "Hidden: small")],
        events=[drawing.Mark(7.9, "First lockdown")],
        breaks=[drawing.Mark(8.5, "New definition")],
        unit="%",
    )
    england = drawing.Series("England", places, [5.0 + 0.1 * place for place in places])
    title = f"People who complete treatment have become fewer since 2020, chart {number}"
    rows = [
        [year, "Hidden: small" if value is None else f"{value}%"]
        for year, value in zip(YEARS, values, strict=True)
    ]
    return markup.figure(
        title,
        "Successful completions, people who use opiates, Exampleshire and England, 2012/13 to 2025/26",
        drawing.line_chart([local, england], around),
        alt="Line chart: completions in Exampleshire rose to 8.2% in 2020/21 and fell to 7.1%; England rose to 6.3%.",
        source="Office for Health Improvement and Disparities, NDTMS",
        data=markup.table(["Year", Column("Exampleshire", True)], rows, f"Data: {title}", responsive=False),
        download=markup.csv_link(
            f"Download the figures of chart {number} as CSV", "completions.csv", "year,value\r\n"
        ),
    )


def dots() -> Display:
    """Return an invented dot plot of similar areas."""
    areas = [
        ("Northby", 8.1),
        ("Exampleshire", 7.1),
        ("Southby with Upper and Lower Westby", 6.6),
        ("Eastby", None),
    ]
    rows = [
        drawing.Dot(name, value, "Hidden: small", local=name == "Exampleshire")
        if value is None
        else drawing.Dot(name, value, f"{value}", value - 0.8, value + 0.9, local=name == "Exampleshire")
        for name, value in areas
    ]
    return markup.figure(
        "Completions are higher than in England and near those of similar areas",
        "Successful completions, people who use opiates, 2025/26, with 95% intervals",
        drawing.dot_plot(rows, reference=drawing.Mark(6.3, "England 6.3%"), unit="%"),
        alt="Dot plot: Exampleshire 7.1%, between Northby at 8.1% and Southby at 6.6%; England 6.3%.",
        source="Office for Health Improvement and Disparities, NDTMS",
    )


def shown(display: Display) -> NotebookNode:
    """Return the output that displaying an object leaves in a notebook."""
    return notebooks.new_output(
        "display_data", {"text/html": display._repr_html_(), "text/plain": repr(display)}
    )


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
            code(
                shown(
                    markup.notice(
                        "Every figure on this page is invented.", kind="warning", title="Fictional."
                    )
                )
            ),
            text("## Scorecard"),
            code(
                notebooks.new_output("stream", name="stderr", text="UserWarning: STDERR"),
                notebooks.new_output("stream", name="stdout", text="STDOUT"),
                shown(scorecard(rows)),
            ),
            text("## Capacity and quality of services\n\nWhat this commitment is, and why it matters."),
            code(
                shown(chart(1)), notebooks.new_output("display_data", {"application/javascript": "alert(1)"})
            ),
            code(shown(dots())),
            code(shown(markup.plain("EXPLORING")), tags=("interactive",)),
            text("## Data quality and sources"),
            code(
                shown(markup.terms([("Provisional", "may be revised"), ("Hidden", "fewer than 5 people")])),
                shown(
                    markup.table(["Source", "Licence"], [["NDTMS", "OGL v3"]], "Sources", responsive=False)
                ),
                notebooks.new_output("execute_result", {"text/plain": "<Axes: >"}),
            ),
        ]
    )


def page(rows: int = 8) -> str:
    """Return the page of the notebook."""
    return pages.convert(notebook(rows), **WORDS)
