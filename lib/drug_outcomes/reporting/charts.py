"""Charts of cleared figures. They accept `Released` alone and compute nothing about figures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from drug_outcomes.definitions.areas import FEWEST_SIMILAR, Area
from drug_outcomes.definitions.happenings import Happening
from drug_outcomes.definitions.periods import month_index, month_number
from drug_outcomes.definitions.vocabulary import VALUED, Benchmark, Chart, Kind, Status
from drug_outcomes.disclosure import Released
from drug_outcomes.reporting import drawing, markup, tables, wording
from drug_outcomes.reporting.downloads import csv_text
from drug_outcomes.reporting.markup import Display
from drug_outcomes.reporting.wording import Row

#: Columns of the CSV behind a chart.
_CSV_COLUMNS = (
    "measure", "area", "period_label", "period_start", "period_end", "value", "interval_lower", "interval_upper",
    "status", "segment", "source",
)  # fmt: skip
#: What a chart needs of a point: its words and its place. Picking rows of the whole frame takes longest of all.
_POINT = (
    *("measure", "area", "segment", "period_basis", "period_label", "period_start", "period_end", "status"),
    *("value", "text", "kind", "decimals", "interval_lower", "interval_upper", "bound_high"),
    *("withheld", "source"),
    *("process_centre", "process_lower", "process_upper", "signal"),
)
_LIMITED = (Chart.XMR, Chart.P_PRIME, Chart.U_PRIME)
_ENGLAND = "England"
#: A chart shows the newest so many periods; the downloads hold them all.
_MOST_PERIODS = 60


@dataclass(frozen=True)
class Place:
    """The area that charts are about, what areas beside it are called, and what happened in it.

    `names` are the names of areas by code; `happened` holds by measure what to know beside its series.
    """

    area: Area
    names: Mapping[str, str]
    happened: Mapping[str, Sequence[Happening]]


def measure(released: Released, row: Row, place: Place) -> Display:
    """Return one measure: its chart over time, its similar areas, and what its newest figure says.

    With fewer than two points there is nothing to draw: the figure is told in words alone.
    """
    rows = headline_series(released, row, _POINT)
    points = _drawable(rows[rows["area"] == row["area"]])
    about = tables.figures_of(row, place.names.get(place.area.region, ""))
    if points < 2:
        name = markup.heading(wording.named(row), 3, anchor=f"measure-{row['measure']}")
        why = markup.paragraph(wording.why_no_chart(points), class_="note")
        return markup.together(name, about, why, similar_areas(released, row, place))
    happened = place.happened.get(row["measure"], ())
    return markup.together(
        _over_time(released, rows, row, place, happened), about, similar_areas(released, row, place)
    )


def headline_series(released: Released, row: Row, columns: Sequence[str] = ()) -> pd.DataFrame:
    """Return the points of a measure up to its newest, for the area and its benchmark, in time order.

    Points of another length than the newest (a pooled figure beside single years) stay out: a line may
    not join them. `columns` are those wanted, of which some may be absent; by default all.
    """
    wording.require_released(released)
    series = released.series
    wanted = (
        (series["measure"] == row["measure"])
        & (series["breakdown"] == "")
        & (series["period_end"] != "")
        & (series["period_end"] <= row["period_end"])
        & series["area"].isin([row["area"], row["benchmark"]])
        & (series["period_basis"] == row["period_basis"])
    )
    mine: pd.DataFrame = series[[name for name in series if not columns or name in columns]][wanted]
    ordered = mine.sort_values(["period_end", "period_start", "area"], kind="stable")
    shown = ordered["period_end"].drop_duplicates().tail(_MOST_PERIODS)
    return ordered[ordered["period_end"].isin(shown)]


def _over_time(
    released: Released, rows: pd.DataFrame, row: Row, place: Place, happened: Sequence[Happening]
) -> Display:
    title = wording.named(row)
    charted = row.get("process_chart", "") in _LIMITED
    dated = rows.assign(x=_months(rows["period_end"]))
    local, england = (dated[dated["area"] == code] for code in (row["area"], row["benchmark"]))
    # England's count is as much larger as England is, so beside it every local line would be flat.
    alone = charted or row["kind"] == Kind.COUNT or not _drawable(england)
    beside = [] if alone else [(_ENGLAND, england)]
    lines = [(place.area.name, local), *beside]
    told = [(name, wording.ends(released, points)) for name, points in lines]
    draw = _process if charted else _lines
    filled = [(name, _with_gaps(points)) for name, points in lines]
    drawn = draw(filled, _around(dated, row, local, filled[0][1], happened))
    shown = markup.figure(
        title,
        wording.subtitle(row, place.area.name),
        drawn,
        alt=wording.chart_alt(row, told, "Process chart" if charted else "Line chart"),
        source=f"{row['publisher']}, {row['vintage']}",
        data=tables.series(released, rows, row),
        download=markup.csv_link(
            f"Download the figures behind chart {row['number']} as CSV",
            f"{row['measure']}.csv",
            csv_text(rows[list(_CSV_COLUMNS)]),
        ),
        anchor=f"measure-{row['measure']}",
    )
    return markup.together(shown, tables.happenings(happened))


def _lines(lines: Sequence[tuple[str, pd.DataFrame]], around: drawing.Surroundings) -> str:
    """Return SVG of the area's line and England's."""
    return drawing.line_chart([_series(name, points) for name, points in lines], around)


def _process(lines: Sequence[tuple[str, pd.DataFrame]], around: drawing.Surroundings) -> str:
    """Return SVG of the area's points with their process limits, each run of signals named once."""
    [(name, dated)] = lines
    centre, lower, upper = (_numbers(dated, f"process_{limit}") for limit in ("centre", "lower", "upper"))
    limits = drawing.Limits(centre, lower, upper)
    rules = dated["signal"].fillna("")
    last_of_run = rules.where(rules != rules.shift(-1), "")
    marks = [
        drawing.Mark(x, word) for x, word, rule in zip(dated["x"], last_of_run, rules, strict=True) if rule
    ]
    return drawing.process_chart(_series(name, dated), limits, around, marks)


def _around(
    rows: pd.DataFrame, row: Row, local: pd.DataFrame, filled: pd.DataFrame, happened: Sequence[Happening]
) -> drawing.Surroundings:
    """Return what stands round the lines.

    `rows` and `local` have the month of each point as `x`; `filled` is `local` with its gaps.
    """
    x = rows["x"]
    labels = dict(zip(x, rows["period_label"], strict=True))
    gaps = filled[filled["value"].isna()]
    hidden = (gaps["status"] == Status.SUPPRESSED) | (gaps["withheld"] != "")
    marks = [(month_index(one.month), one.kind) for one in happened]
    inside = [(at, kind) for at, kind in marks if x.min() <= at <= x.max()]
    return drawing.Surroundings(
        ticks=sorted(labels.items()),
        gaps=[
            drawing.Mark(at, word) for at, word in zip(gaps["x"], hidden.map(wording.GAP_WORDS), strict=True)
        ],
        events=[drawing.Mark(at, wording.mark(at)) for at, kind in inside if kind == "context"],
        breaks=[drawing.Mark(at, wording.mark(at, "break")) for at, kind in inside if kind == "break"]
        + _new_segments(local),
        unit=_axis_unit(row),
        from_zero=True,
    )


def _series(name: str, dated: pd.DataFrame) -> drawing.Series:
    return drawing.Series(
        name,
        x=list(dated["x"]),
        y=_numbers(dated, "value"),
        lower=_numbers(dated, "interval_lower"),
        upper=_numbers(dated, "interval_upper"),
        segments=list(dated["segment"]),
    )


def _numbers(points: pd.DataFrame, column: str) -> list[float | None]:
    return [None if pd.isna(value) else float(value) for value in points[column]]


def _months(column: pd.Series) -> list[int]:
    return [int(month) for month in month_number(column)]


def _with_gaps(points: pd.DataFrame) -> pd.DataFrame:
    """Return the points by month, with an empty one where periods are missing, so that no line bridges them."""
    dated = points.drop_duplicates("x", keep="last")
    steps = dated["x"].diff()
    wide = dated[steps > 1.5 * steps.median()]
    between = wide[["x", "segment"]].assign(x=wide["x"] - steps[wide.index] / 2, status="", withheld="")
    return pd.concat([dated, between]).sort_values("x") if len(between) else dated


def _drawable(points: pd.DataFrame) -> int:
    return int((points["status"].isin(VALUED) & points["value"].notna()).sum())


def _new_segments(local: pd.DataFrame) -> list[drawing.Mark]:
    """Return where one segment ends and the next begins: half-way between the two points."""
    x = local["x"]
    changed = (local["segment"] != local["segment"].shift()) & x.shift().notna()
    halfway = ((x + x.shift()) / 2)[changed]
    names = local.loc[changed, "segment"]
    return [drawing.Mark(at, wording.new_segment(name)) for at, name in zip(halfway, names, strict=True)]


def similar_areas(released: Released, row: Row, place: Place) -> Display | None:
    """Return the newest figure beside those of similar areas for the same period, where enough are held."""
    wording.require_released(released)
    if row["kind"] == Kind.COUNT or not wording.has_value(row):
        return None
    held = _same_period(released, row)
    similar = {Benchmark.NEIGHBOURS: place.area.neighbours, Benchmark.PEERS: place.area.peers}
    groups = {wording.BENCHMARK_WORDS[name]: codes for name, codes in similar.items()}
    enough = [
        (name, codes) for name, codes in groups.items() if held["area"].isin(codes).sum() >= FEWEST_SIMILAR
    ]
    if not enough:
        return None
    name, codes = enough[0]
    ordered = held[held["area"].isin([row["area"], *codes])].sort_values(
        ["value", "area"], ascending=[False, True]
    )
    rows = wording.figures(released, ordered)
    title = f"{wording.named(row)}: beside {len(rows) - 1} {name}"
    return markup.figure(
        title,
        wording.subtitle(row, place.area.name),
        drawing.dot_plot(
            [_dot(one, row, place) for one in rows], reference=_england(row), unit=_axis_unit(row)
        ),
        alt=wording.dots_alt(row, rows, place.names),
        source=f"{row['publisher']}, {row['vintage']}",
        data=tables.areas(rows, place.names, title),
        level=4,
    )


def _same_period(released: Released, row: Row) -> pd.DataFrame:
    series = released.series
    same = (series["measure"] == row["measure"]) & (series["breakdown"] == "") & (series["withheld"] == "")
    for column in ("period_start", "period_end", "period_basis", "segment"):
        same &= series[column] == row[column]
    valued = series["status"].isin(VALUED) & series["value"].notna()
    held: pd.DataFrame = series[[name for name in series if name in _POINT]][same & valued]
    return held.drop_duplicates("area", keep="last")


def _dot(one: Row, row: Row, place: Place) -> drawing.Dot:
    lower, upper = (
        None if pd.isna(one[name]) else float(one[name]) for name in ("interval_lower", "interval_upper")
    )
    name = place.names.get(one["area"], one["area"])
    return drawing.Dot(
        name, float(one["value"]), wording.cell(one), lower, upper, local=one["area"] == row["area"]
    )


def _england(row: Row) -> drawing.Mark | None:
    if pd.isna(row["england_value"]) or row["england_reason"]:
        return None
    return drawing.Mark(float(row["england_value"]), f"England {wording.cell(row, 'england_value')}")


def _axis_unit(row: Row) -> str:
    return "%" if row["kind"] == Kind.PROPORTION else ""
