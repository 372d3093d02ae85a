"""Charts of cleared figures: which kind, which points, and the words round it. They accept `Released` alone.

They compute nothing about figures; how a kind of chart looks is in `plots`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd
from matplotlib.axes import Axes

from drug_outcomes.definitions.areas import Area
from drug_outcomes.definitions.events import Event
from drug_outcomes.definitions.periods import month_index, month_number
from drug_outcomes.definitions.vocabulary import VALUED, Kind, Status
from drug_outcomes.disclosure import Released
from drug_outcomes.reporting import markup, pictures, plots, theme, wording
from drug_outcomes.reporting.markup import Display
from drug_outcomes.reporting.numerals import as_held
from drug_outcomes.reporting.pictures import Picture
from drug_outcomes.reporting.plots import End, Mark, Words
from drug_outcomes.reporting.wording import Row

#: What a chart needs of a point: its words and its place. Picking rows of the whole frame takes longest of all.
_POINT = (
    *("measure", "area", "segment", "edition", "period_basis", "period_label", "period_start", "period_end", "status"),
    *("value", "text", "kind", "decimals", "interval_lower", "interval_upper", "bound_high", "withheld"),
    *("source", "process_centre", "process_lower", "process_upper", "signal", "doubt"),
)
_ENGLAND = "England"
#: A chart shows the newest so many periods; the downloads hold them all.
_MOST_PERIODS = 60
#: Counts that never reach this are drawn as bars.
_SMALL = 20
_AUTHORITY = r"E0[6-9]|E10"
#: A break that is declared so near to where a series begins anew is the same one.
_SAME_BREAK = 18


@dataclass(frozen=True)
class Place:
    """The area that charts are about, what areas beside it are called, and the events in it.

    `names` are the names of areas by code; `events` holds by measure what to know beside its series.
    """

    area: Area
    names: Mapping[str, str]
    events: Mapping[str, Sequence[Event]]


@dataclass(frozen=True)
class Drawn:
    """A chart with its words: the finding, the measure under it, the message for people who hear it, the legend."""

    title: str
    subtitle: str
    alt: str
    source: str
    picture: Picture
    legend: Sequence[tuple[str, str]] = ()
    icon: str = ""

    def display(self, level: int = 4) -> Display:
        """Return the chart as it stands on a page."""
        return markup.figure(
            self.title, self.subtitle, self.picture, alt=self.alt, source=self.source, legend=self.legend,
            level=level, icon=self.icon,
        )  # fmt: skip


def measure(
    released: Released, row: Row, place: Place, scale: tuple[float, float] | None = None, *, small: bool = False
) -> Drawn | None:
    """Return the chart of a measure: over time where a line can be drawn, else beside England and other areas.

    None where there is nothing to draw, or most of it is hidden. `scale` is what its axis has to hold, for
    measures that stand side by side; a `small` one is drawn narrow for every screen.
    """
    rows = headline_series(released, row, _POINT)
    local = rows[rows["area"] == row["area"]]
    held = int(_drawable(local).sum())
    if len(local) > 3 and held * 2 < len(local):
        return None
    if held < 2:
        return beside(released, [row], place, scale=scale, small=small)
    return over_time(released, row, place, scale, small=small)


def has_line(released: Released, row: Row) -> bool:
    """Whether a measure has at least two points, and half of what is published, to draw."""
    local = headline_series(released, row, _POINT)
    local = local[local["area"] == row["area"]]
    return bool(_drawable(local).sum() >= max(2, len(local) / 2 if len(local) > 3 else 0))


def over_time(
    released: Released, row: Row, place: Place, scale: tuple[float, float] | None = None, *, small: bool = False
) -> Drawn:
    """Return the chart over time of a measure that `has_line`."""
    rows = headline_series(released, row, _POINT)
    dated = rows.assign(x=month_number(rows["period_end"]).astype(float))
    own, england = (dated[dated["area"] == code] for code in (row["area"], row["benchmark"]))
    around = Words(
        ticks=sorted(dict(zip(dated["x"], map(wording.tick, wording.figures(released, rows)), strict=True)).items()),
        marks=_marks(own, place.events.get(row["measure"], ())),
        unit="%" if row["kind"] == Kind.PROPORTION else "", small=small,
    )  # fmt: skip
    told = wording.ends(released, own)
    if wording.has_limits(row):
        return _process(row, place, own, around, told)
    if row["kind"] == Kind.COUNT and own["value"].max() < _SMALL:
        return _bars(row, place, own, around, told)
    # England's count is as much larger as England is, so beside it every local line would be flat.
    alone = row["kind"] == Kind.COUNT or not _drawable(england).any()
    beside = [] if alone else [(_ENGLAND, england, wording.ends(released, england))]
    return _trend(row, place, [(place.area.name, own, told), *beside], around, scale)


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


def same_period(released: Released, row: Row, columns: Sequence[str] = _POINT) -> pd.DataFrame:
    """Return the figures of every area for the newest period of a measure, one each."""
    wording.require_released(released)
    series = released.series
    same = (series["measure"] == row["measure"]) & (series["breakdown"] == "") & (series["withheld"] == "")
    for column in ("period_start", "period_end", "period_basis", "segment"):
        same &= series[column] == row[column]
    held: pd.DataFrame = series[[name for name in series if name in columns]][same & _drawable(series)]
    return held.drop_duplicates("area", keep="last")


def authorities(released: Released, row: Row) -> list[float]:
    """Return the figures of other authorities for the newest period of a measure; counts do not compare."""
    wording.require_released(released)
    if row["kind"] == Kind.COUNT or not wording.has_value(row):
        return []
    held = same_period(released, row, ("area", "value", "status"))
    other = held["area"].str.match(_AUTHORITY) & (held["area"] != row["area"])
    return sorted(map(float, held.loc[other, "value"]))


def common_scale(released: Released, rows: Sequence[Row]) -> tuple[float, float] | None:
    """Return the lowest and highest value that charts of some measures side by side have to hold."""
    wording.require_released(released)
    parts = [headline_series(released, row, (*_POINT, "kind")) for row in rows if row["period_end"]]
    shown = [part[(part["area"] == row["area"]) | (row["kind"] != Kind.COUNT)]
             for row, part in zip((row for row in rows if row["period_end"]), parts, strict=True)]  # fmt: skip
    names = ["value", "interval_lower", "interval_upper"]
    drawn = [part.loc[_drawable(part), names] for part in shown]
    values = pd.concat(drawn) if drawn else pd.DataFrame(columns=names)
    return (float(values.min().min()), float(values.max().max())) if len(values) > len(shown) else None


def line(released: Released, row: Row, place: Area, column: str, title: str) -> Drawn | None:
    """Return the chart of a column of a measure's series by itself, such as its numerator; None for one point."""
    series = headline_series(released, row)
    own = series[(series["area"] == row["area"]) & series[column].notna() & (series["withheld"] == "")]
    if len(own) < 2:
        return None
    labels = [wording.tick(one) for one in wording.figures(released, own)]
    frame = pd.DataFrame({
        "x": month_number(own["period_end"]).astype(float), "value": own[column], "who": place.name,
        "lower": float("nan"), "upper": float("nan"), "run": _begins(own).cumsum(),
    })  # fmt: skip
    first, last = (as_held(own[column].iloc[at], column) for at in (0, -1))
    words = Words(
        ticks=list(zip(frame["x"], labels, strict=True)), ends=[End(frame["value"].iloc[-1], last, "", theme.LOCAL)]
    )
    drawn = pictures.picture(lambda axes: plots.trend(axes, frame, words))
    said = f"Line chart, {len(own)} points: {first} in {labels[0]}, {last} in {labels[-1]}."
    subtitle = wording.subtitle([row], place.name, drawn.cut)
    return Drawn(title, subtitle, said, wording.publisher(row), drawn)


def _trend(
    row: Row,
    place: Place,
    lines: Sequence[tuple[str, pd.DataFrame, list[Row]]],
    around: Words,
    scale: tuple[float, float] | None,
) -> Drawn:
    points = pd.concat([_points(dated, name) for name, dated, _ in lines], ignore_index=True)
    # Of England the interval is as narrow as its line; of a full count it means nothing until a model is stated.
    unshaded = (points["who"] != place.area.name) | (row["kind"] == Kind.COUNT)
    points = points.assign(**{name: points[name].mask(unshaded) for name in ("lower", "upper")})
    colours = (theme.LOCAL, theme.ENGLAND)
    ends = [
        End(float(told[-1]["value"]), wording.cell(told[-1]), name, colour)
        for (name, _, told), colour in zip(lines, colours, strict=False)
    ]
    drawn = _picture(lambda axes, words: plots.trend(axes, points, words, scale), around, ends)
    shade = points["lower"].notna().any()
    said = [(name, told) for name, _, told in lines]
    return Drawn(
        wording.finding(row, lines[0][2]),
        wording.subtitle(lines[0][2], place.area.name, drawn.cut, _gaps(lines[0][1])),
        wording.chart_alt(row, said, "Line chart"), wording.publisher(row), drawn,
        [("shade", "95% interval")] if shade else [],
    )  # fmt: skip


def _process(row: Row, place: Place, own: pd.DataFrame, around: Words, told: list[Row]) -> Drawn:
    rules = own["signal"].fillna("")
    points = _points(own, place.area.name).merge(
        own.assign(unusual=rules != "", in_run=rules.isin(wording.RUNS)).rename(
            columns={"process_centre": "centre", "process_lower": "low", "process_upper": "high"}
        )[["x", "centre", "low", "high", "unusual", "in_run"]],
        on="x", how="left",
    )  # fmt: skip
    points = points.assign(**{name: points[name].fillna(value=False).astype(bool) for name in ("unusual", "in_run")})
    newest = points[points["centre"].notna()].iloc[-1]
    limits = [(newest[name], f"{word} {wording.limit(row, newest[name])}")
              for name, word in (("centre", "average"), ("low", "lower"), ("high", "upper"))]  # fmt: skip
    ends = [
        End(float(told[-1]["value"]), wording.cell(told[-1]), "", theme.LOCAL),
        *(End(value, "", said, theme.QUIET) for value, said in limits),
    ]
    drawn = _picture(lambda axes, words: plots.process(axes, points, words), around, ends)
    legend = [("band", "usual range"), ("average", "average")]
    legend += [("unusual", "unusual")] if points["unusual"].any() else []
    legend += [("run", "seven or more in a row")] if points["in_run"].any() else []
    return Drawn(
        wording.process_finding(row), wording.subtitle(told, place.area.name, drawn.cut, _gaps(own)),
        wording.chart_alt(row, [(place.area.name, told)], "Process chart"), wording.publisher(row), drawn, legend,
        str(row.get("variation", "")),
    )  # fmt: skip


def _bars(row: Row, place: Place, own: pd.DataFrame, around: Words, told: list[Row]) -> Drawn:
    points = _points(own, place.area.name)
    drawn = _picture(lambda axes, words: plots.bars(axes, points, words), around, [], height=150.0)
    return Drawn(
        wording.finding(row, told), wording.subtitle(told, place.area.name, gaps=_gaps(own)),
        wording.chart_alt(row, [(place.area.name, told)], "Bar chart"), wording.publisher(row), drawn,
    )  # fmt: skip


def beside(
    released: Released,
    rows: Sequence[Row],
    place: Place,
    names: Mapping[str, str] | None = None,
    family: str = "",
    *,
    scale: tuple[float, float] | None = None,
    small: bool = False,
) -> Drawn | None:
    """Return the newest figures of measures beside England's and other authorities', each a line of one picture.

    `names` are the names of several measures by id, `family` what they are. None where nothing may stand beside
    any of them.
    """
    wording.require_released(released)
    around = {row["measure"]: authorities(released, row) for row in rows}
    shown = [row for row in rows if wording.stands_beside(row, bool(around[row["measure"]]))]
    if not shown:
        return None
    first, several = shown[0], len(shown) > 1
    others = [around[row["measure"]] for row in shown]
    frame = pd.DataFrame({
        "value": [row["value"] for row in shown], "lower": [row["interval_lower"] for row in shown],
        "upper": [row["interval_upper"] for row in shown], "others": others,
        "england": [float("nan") if row["england_reason"] else row["england_value"] for row in shown],
    })  # fmt: skip
    labels = [((names or {}).get(row["measure"], "") if several else "", wording.cell(row)) for row in shown]
    words = Words(rows=labels, unit="%" if first["kind"] == Kind.PROPORTION else "", small=small)
    height = 35.0 * len(shown) + 27
    drawn = pictures.picture(lambda axes: plots.beside(axes, frame, words, scale), height, height, small=small)
    england = [row for row in shown if not row["england_reason"]]
    said = f" {wording.cell(first, 'england_value')}" if england and not several else ""
    legend = [("local", place.area.name)]
    legend += [("england", f"England{said}")] if england else []
    legend += [("interval", "95% interval")] if frame["lower"].notna().any() else []
    legend += [("others", "other authorities")] if any(others) else []
    counted = wording.at_start(wording.shape(first)) if several else ""
    return Drawn(
        wording.beside_finding(shown, family), wording.subtitle(shown[:1], place.area.name, drawn.cut, counted=counted),
        wording.beside_alt(shown, place.area.name, others), wording.publisher(first), drawn, legend,
    )  # fmt: skip


def _picture(
    draw: Callable[[Axes, Words], Words], around: Words, ends: Sequence[End], height: float = 170.0
) -> Picture:
    words = replace(around, ends=ends)
    narrow = height * 0.75 if around.small else height
    return pictures.picture(lambda axes: draw(axes, words), height, narrow, small=around.small)


def _points(dated: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return the points of a line by month; `run` changes where periods are missing and where a series begins anew."""
    own = dated.drop_duplicates("x", keep="last")
    value = own["value"].where(_drawable(own))
    steps = own["x"].diff()
    anew = _begins(own) | (steps > 1.5 * steps.median()) | value.isna()
    return pd.DataFrame({
        "x": own["x"], "value": value, "lower": own["interval_lower"], "upper": own["interval_upper"],
        "who": name, "run": (anew | anew.shift(fill_value=False) & value.shift().isna()).cumsum(),
    })  # fmt: skip


def _begins(own: pd.DataFrame) -> "pd.Series[bool]":
    """Whether a stretch begins at each point that may not be joined with the one before: another basis or edition."""
    names = [name for name in ("segment", "edition") if name in own]
    return own[names].ne(own[names].shift()).any(axis=1)


def _drawable(points: pd.DataFrame) -> "pd.Series[bool]":
    """Whether each point may stand in a line: it has a value, and no open error."""
    sound = points["doubt"] == "" if "doubt" in points else True
    found: pd.Series[bool] = points["status"].isin(VALUED) & points["value"].notna() & sound
    return found


def _gaps(own: pd.DataFrame) -> bool:
    """Return whether points are missing because they are hidden."""
    hidden = (own["status"] == Status.SUPPRESSED) | (own["withheld"] != "")
    return bool(hidden.any())


def _marks(own: pd.DataFrame, known: Sequence[Event]) -> list[Mark]:
    """Return events, breaks and figures under query inside the chart, one mark for one month, in order of time."""
    x = own["x"]
    anew = _begins(own) & x.shift().notna()
    breaks = [Mark(at, wording.BREAK, breaks=True) for at in ((x + x.shift()) / 2)[anew]]
    for one in known:
        at = float(month_index(one.month))
        if not x.min() <= at <= x.max():
            continue
        if one.kind != "break":
            breaks.append(Mark(at, wording.mark(month_index(one.month))))
        elif not any(mark.breaks and abs(mark.x - at) <= _SAME_BREAK for mark in breaks):
            breaks.append(Mark(at, wording.BREAK, breaks=True))
    doubted = own["doubt"] != "" if "doubt" in own else pd.Series(False, own.index)
    queried = [Mark(at, wording.UNDER_QUERY) for at in x[doubted]]
    merged = {round(mark.x): mark for mark in (*breaks, *queried)}
    return sorted(merged.values(), key=lambda mark: mark.x)
