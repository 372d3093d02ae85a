"""Charts of cleared figures. They accept `Released` alone and compute nothing about figures."""

import pandas as pd

from drug_outcomes import drawing, markup, tables, wording
from drug_outcomes.disclosure import Released
from drug_outcomes.exports import csv_text
from drug_outcomes.markup import Display
from drug_outcomes.periods import month_number

#: Columns of the CSV behind a chart.
_CSV_COLUMNS = (
    "measure", "area", "period_label", "period_start", "period_end", "value", "interval_lower", "interval_upper",
    "status", "segment", "publisher", "file", "row",
)  # fmt: skip


def measure(released: Released, row: wording.Row, place: str) -> Display:
    """Return one measure: its chart over time beside England where two points or more may be drawn.

    With fewer points there is nothing to draw: the figure is told in a sentence. `place` is the area's name.
    """
    tables.require_released(released)
    rows = headline_series(released, row)
    local = rows[rows["area"] == row["area"]]
    told = markup.paragraph(wording.sentence(row))
    if wording.drawable(local) < 2:
        name = markup.heading(f"{row['number']}. {row['title']}", 3, anchor=f"measure-{row['measure']}")
        return markup.together(name, told, markup.paragraph(wording.why_no_chart(local), class_="note"))
    title = f"{row['number']}. {row['title']}"
    shown = markup.figure(
        title,
        wording.subtitle(row, place),
        _over_time(rows, row, place),
        alt=wording.chart_alt(rows, row, place),
        source=f"{row['publisher']}, {row['vintage']}",
        data=tables.series(rows, row["area"], title),
        download=markup.csv_link(
            f"Download the figures behind chart {row['number']} as CSV",
            f"{row['measure']}.csv",
            csv_text(rows[list(_CSV_COLUMNS)]),
        ),
        anchor=f"measure-{row['measure']}",
    )
    return markup.together(shown, told)


def headline_series(released: Released, row: wording.Row) -> pd.DataFrame:
    """Return the points of a measure up to its newest, for the area and its benchmark, in time order.

    Points of another length than the newest (a pooled figure beside single years) stay out: a line may
    not join them.
    """
    series = released.series
    mine: pd.DataFrame = series[
        (series["measure"] == row["measure"])
        & (series["breakdown"] == "")
        & (series["period_end"] != "")
        & (series["period_end"] <= row["period_end"])
        & series["area"].isin([row["area"], row["benchmark"]])
        & (series["period_basis"] == row["period_basis"])
    ]
    return mine.sort_values(["period_end", "period_start", "area"], kind="stable")


def _over_time(rows: pd.DataFrame, row: wording.Row, place: str) -> str:
    dated = rows.assign(x=month_number(rows["period_end"]).astype(int))
    local, england = (dated[dated["area"] == code] for code in (row["area"], row["benchmark"]))
    lines = [_line(place, local)]
    if wording.drawable(england):
        lines.append(_line("England", england))
    ticks = list(zip(dated["x"], dated["period_label"], strict=True))
    gaps = local[local["value"].isna()]
    around = drawing.Surroundings(
        ticks=sorted(dict(ticks).items()),
        gaps=[drawing.Mark(x, word) for x, word in zip(gaps["x"], wording.gap_words(gaps), strict=True)],
        breaks=[drawing.Mark(x, "series break") for x in _breaks(local)],
        unit="%" if row["kind"] == "proportion" else "",
        from_zero=True,
    )
    return drawing.line_chart(lines, around)


def _line(name: str, points: pd.DataFrame) -> drawing.Series:
    def numbers(column: str) -> list[float | None]:
        return [None if pd.isna(value) else float(value) for value in points[column]]

    return drawing.Series(
        name,
        x=list(points["x"]),
        y=numbers("value"),
        lower=numbers("interval_lower"),
        upper=numbers("interval_upper"),
        segments=list(points["segment"]),
    )


def _breaks(local: pd.DataFrame) -> list[float]:
    """Return where one segment ends and the next begins: half-way between the two points."""
    changed = local["segment"] != local["segment"].shift()
    before = local["x"].shift()
    return list(((local["x"] + before) / 2)[changed].dropna())
