"""People entering treatment by substance over the years: one chart that several documents show."""

import pandas as pd

from drug_outcomes.definitions.periods import month_number
from drug_outcomes.reporting import markup, pictures, plots
from drug_outcomes.reporting.document_page import DocumentPage
from drug_outcomes.reporting.markup import Column, Content, Display
from drug_outcomes.reporting.needs_figures import category_words
from drug_outcomes.reporting.numerals import number
from drug_outcomes.reporting.plots import COLOURS, End, Words

#: The row of context.csv that is drawn, a line for each of its categories.
_CONTEXT = "new_by_substance"
_HEIGHT = 240.0


def section(page: DocumentPage) -> Display | None:
    """Draw how many people of each substance group entered treatment each year; None where too few years are held."""
    defined = page.definitions.context.set_index("context").loc[_CONTEXT]
    names = category_words(defined.to_dict())
    held = page.every_context
    mine = held[
        (held["context"] == _CONTEXT)
        & (held["area"] == page.area.code)
        & held["category"].isin(list(names))
        & (held["period_end"] <= page.period.end_month)
        & held["value"].notna()
        & (held["withheld"] == "")
    ]
    newest = mine.sort_values(["period_end", "received"], kind="stable").drop_duplicates(
        ["category", "period_end"], keep="last"
    )
    years = newest.groupby("category")["period_end"].transform("nunique")
    shown = newest[years > 1].assign(who=lambda rows: rows["category"].map(names), x=lambda rows: _month(rows))
    return _chart(page, shown, names) if len(shown) else None


def _month(rows: pd.DataFrame) -> "pd.Series[float]":
    found: pd.Series[float] = pd.Series(month_number(rows["period_end"]), rows.index).astype("float")
    return found


def _chart(page: DocumentPage, shown: pd.DataFrame, names: dict[str, str]) -> Display:
    order = [name for name in names.values() if name in set(shown["who"])]
    lines = {name: shown[shown["who"] == name] for name in order}
    points = pd.concat(
        [
            line.assign(lower=float("nan"), upper=float("nan"), run=(line["x"].diff() > 12).cumsum())
            for line in lines.values()
        ],
        ignore_index=True,
    )[["x", "value", "lower", "upper", "who", "run"]]  # fmt: skip
    ends = [
        End(float(line["value"].iloc[-1]), number(line["value"].iloc[-1], 0), name, colour)
        for (name, line), colour in zip(lines.items(), COLOURS, strict=False)
    ]
    ticks = sorted(dict(zip(shown["x"], shown["period_label"], strict=True)).items())
    told = "; ".join(
        f"{name}: {number(line['value'].iloc[0], 0)} in {line['period_label'].iloc[0]}, "
        f"{number(line['value'].iloc[-1], 0)} in {line['period_label'].iloc[-1]}"
        for name, line in lines.items()
    )
    drawn = pictures.picture(
        lambda axes: plots.trend(axes, points, Words(ticks=ticks, ends=ends)), _HEIGHT, _HEIGHT
    )  # fmt: skip
    most = max(lines, key=lambda name: float(lines[name]["value"].iloc[-1]))
    figure = markup.figure(
        f"Of the groups, most people entered treatment for {most}",
        f"Adults new to treatment in the year by substance, {page.area.name}; rounded to the nearest 5.",
        drawn, alt=f"Line chart with {len(lines)} lines. {told}.", source=str(shown["publisher"].iloc[-1]), level=3,
    )  # fmt: skip
    return markup.together(figure, markup.details("People entering treatment as a table", _table(shown, order)))


def _table(shown: pd.DataFrame, order: list[str]) -> Display:
    wide = shown.sort_values("x").pivot_table(index="period_label", columns="who", values="value")
    rows: list[list[Content]] = [
        [str(label), *("Not held" if pd.isna(one[name]) else number(one[name], 0) for name in order)]
        for label, one in wide.iterrows()
    ]
    columns: list[str | Column] = ["Year", *(Column(name.capitalize(), number=True) for name in order)]
    return markup.table(columns, rows, "Adults new to treatment in the year, by substance")
