"""The whole framework at a glance: a strip for each measure, and the figures that the front page leads with."""

from collections.abc import Mapping, Sequence

import pandas as pd

from drug_outcomes.definitions.framework import Definitions
from drug_outcomes.definitions.periods import month_number
from drug_outcomes.definitions.vocabulary import VALUED, Compared, Kind, Verdict
from drug_outcomes.disclosure import Released
from drug_outcomes.reporting import charts, headlines, markup, strips, wording
from drug_outcomes.reporting.markup import Display
from drug_outcomes.reporting.strips import Line
from drug_outcomes.reporting.wording import Row, require_released


def overview(
    released: Released, definitions: Definitions, area: str, rows: Sequence[Row], pages: Mapping[str, str]
) -> Display:
    """Return a strip for each measure, grouped by priority where there are several.

    `pages` gives for each priority the address of the page that holds its cards.
    """
    require_released(released)
    names, lines = definitions.short_titles, lines_of(released)
    titles = dict(zip(definitions.priorities["priority"], definitions.priorities["title"], strict=True))
    several = len({row["priority"] for row in rows}) > 1
    groups = [
        (
            title if several else "",
            [
                _line(released, row, names, lines, f"{pages.get(priority, '')}#measure-{row['measure']}")
                for row in rows
                if row["priority"] == priority
            ],
        )
        for priority, title in titles.items()
        if any(row["priority"] == priority for row in rows)
    ]
    others = any(charts.authorities(released, row) for row in rows)
    intervals = any(wording.is_tested(row) and wording.interval(row) for row in rows)
    return markup.render("overview.html.j2", groups=groups, area=area, others=others, intervals=intervals)


def _line(
    released: Released, row: Row, names: Mapping[str, str], lines: Mapping[tuple[str, str], Line], href: str
) -> dict[str, object]:
    held = wording.has_value(row)
    compares = row["compared"] != Compared.NOT_COMPARABLE
    return {
        "href": href,
        "name": f"{row['number']}. {names[row['measure']]}",
        "old": wording.period(row) if wording.old(row) else "",
        "strip": picture(released, row, lines, past=not compares) if held else None,
        "local": wording.in_cell(row),
        "missing": not held,
        "england": wording.cell(row, "england_value") if held and compares else "",
        "glyph": wording.DIRECTION_GLYPHS.get(row["direction"], "") if held else "",
        "says": wording.short_verdict(row, headlines.in_question(released, row)),
        "firm": row["verdict"] not in (Verdict.NOT_TESTED, Verdict.SIMILAR),
    }


def lines_of(released: Released) -> dict[tuple[str, str], Line]:
    """Return by measure and area the points of its newest kind of period, in order of time, gaps included."""
    require_released(released)
    latest = released.latest
    key = ["measure", "period_basis", "breakdown"]
    until = latest[[*key, "area", "benchmark", "period_end"]].rename(columns={"period_end": "until", "area": "own"})
    series = released.series[["area", *key, "segment", "period_end", "value", "status", "doubt"]]
    points = series.merge(until.drop_duplicates(key), on=key)
    mine = points[
        (points["period_end"] != "")
        & (points["period_end"] <= points["until"])
        & ((points["area"] == points["own"]) | (points["area"] == points["benchmark"]))
    ].sort_values("period_end", kind="stable")
    mine = mine.assign(
        x=month_number(mine["period_end"]).astype(float),
        y=mine["value"].where(mine["status"].isin(VALUED) & (mine["doubt"] == "")),
    )
    return {
        (str(measure), str(area)): [
            (x, None if pd.isna(y) else y, str(segment))
            for x, y, segment in zip(group["x"], group["y"], group["segment"], strict=True)
        ]
        for (measure, area), group in mine.groupby(["measure", "area"])
    }


def picture(released: Released, row: Row, lines: Mapping[tuple[str, str], Line], *, past: bool) -> Display | None:
    """Return a measure the size of a word: its `past` as a line, or its place beside England and others.

    With one point its past is its place; a count with one point has neither.
    """
    local = lines.get((row["measure"], row["area"]), [])
    held = [y for _, y, _ in local if y is not None]
    england = [] if row["kind"] == Kind.COUNT else lines.get((row["measure"], row["benchmark"]), [])
    if past and len(held) > 1:
        return strips.sparkline(local, england, wording.sparkline_label(held, row))
    if row["compared"] == Compared.NOT_COMPARABLE or wording.in_doubt(row):
        return None
    others = charts.authorities(released, row)
    value, lower, upper, england_value = (
        float(row[name]) for name in ("value", "interval_lower", "interval_upper", "england_value")
    )
    return strips.strip(value, lower, upper, england_value, others, wording.strip_label(row, len(others)))


def tiles(released: Released, definitions: Definitions, pages: Mapping[str, str]) -> list[dict[str, str]]:
    """Return the figures that the front page leads with: those that the area, or else the framework, names."""
    table = definitions.presentation
    wanted = list(table[table["tile"].notna()].sort_values("tile")["measure"])
    rows = {row["measure"]: row for row in headlines.of_measures(released, wanted)}
    names = definitions.short_titles
    return [
        {
            "href": f"{pages.get(row['priority'], '')}#measure-{row['measure']}",
            "figure": wording.local_value(row),
            "name": names[measure],
            "period": wording.period(row),
            "moved": wording.moved(row),
            "england": wording.in_england(row),
            "verdict": wording.short_verdict(row, headlines.in_question(released, row)),
        }
        for measure in wanted
        if (row := rows.get(measure)) and wording.has_value(row)
    ]
