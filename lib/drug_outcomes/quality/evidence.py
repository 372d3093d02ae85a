"""What rules look at."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property, wraps

import numpy as np
import pandas as pd

from drug_outcomes.definitions import observations, statements
from drug_outcomes.definitions.framework import Definitions
from drug_outcomes.definitions.national import NationalFramework
from drug_outcomes.definitions.periods import month_number
from drug_outcomes.definitions.vocabulary import Direction, Release
from drug_outcomes.quality import outliers

#: One finding, in the order in which it is listed.
COLUMNS = (
    *("rule", "severity", "number", "measure", "title", "area", "period_label", "document", "place"),
    *("what", "figures", "suggestion", "status", "explanation", "release", "about"),
)
ARROWS = (Direction.UP, Direction.DOWN, Direction.SAME)
_AIMED = ("measure", "baseline_period", "baseline", "baseline_month", "area", "file", "row")
_RELEASED = (
    *("series", "title", "unit", "baseline_text", "baseline", "baseline_period", "last_text", "last", "last_period"),
    *("next_release_text", "next_period_text", "first_printed", "corrected_on"),
)
#: A column of so many counts that are all multiples of one of these is rounded to it.
_COLUMN, _BASES = 20, (1000.0, 100.0, 50.0, 10.0, 5.0)
#: Which figures can be added up or compared: of one place, time and source.
TOGETHER = ["area", "period_start", "period_end", "breakdown", "source"]


def _blank(*names: str) -> pd.DataFrame:
    return pd.DataFrame({name: pd.array([], dtype="str") for name in names})


@dataclass(frozen=True)
class Evidence:
    """What rules look at. All of it is what the audience may see; hidden figures have no numbers.

    Attributes
    ----------
    latest, series : figures, as `quality.findings` gets them.
    definitions : what is measured and how figures hang together.
    vintages : every release of every figure, those of no measure too; without it, rules about what was
        printed look at `series`.
    statements : what `statements.read` returns; national : the national framework.
    terms : names in use (term, variant); targets : the area's targets with their baselines.
    manual : what people found in prose, where no arithmetic can.
    as_of : ISO date on which all this was known.
    code : the area that is looked at, where `latest` may not begin with it.
    """

    latest: pd.DataFrame
    series: pd.DataFrame
    definitions: Definitions
    vintages: pd.DataFrame = field(default_factory=observations.empty)
    statements: pd.DataFrame = field(default_factory=statements.empty)
    national: NationalFramework | None = None
    terms: pd.DataFrame = field(default_factory=lambda: _blank("term", "variant"))
    targets: pd.DataFrame = field(default_factory=lambda: _blank(*_AIMED))
    manual: pd.DataFrame = field(default_factory=lambda: _blank(*COLUMNS))
    as_of: str = ""
    code: str = ""

    @cached_property
    def shared(self) -> dict[Callable[..., pd.DataFrame], pd.DataFrame]:
        """What rules share, see `once`."""
        return {}

    @cached_property
    def area(self) -> str:
        """Code of the area that is looked at."""
        return self.code or str(self.latest["area"].iloc[0])

    @cached_property
    def points(self) -> pd.DataFrame:
        """Every figure of the area and of its benchmarks that has a period, with its definition."""
        series = self.defined(self.series)
        here = series["area"].isin([self.area, *series["benchmark"].unique()])
        return series[here & (series["period_end"] != "")].reset_index(drop=True)

    @cached_property
    def headline(self) -> pd.DataFrame:
        """The area's own figures that are not broken down, with `end` (month number), in order of time."""
        mine = self.points[(self.points["area"] == self.area) & (self.points["breakdown"] == "")]
        return mine.assign(end=month_number(mine["period_end"])).sort_values(["measure", "end"], kind="stable")

    @cached_property
    def editions(self) -> pd.DataFrame:
        """Rows of published scorecards, with England's figure of the same row as printed_england."""
        every = self.vintages if len(self.vintages) else self.series
        rows = every[(every["published_title"] != "") & (every["measure"] != "")]
        rows = self.defined(rows.drop_duplicates(["file", "row", "area", "measure"]))
        # England stands in the same row, or in one of its own in tables that have been made long.
        key = ["file", "sheet", "measure", "period_end"]
        away = rows["area"] != self.area
        england = rows.loc[away, [*key, *_BESIDE]].rename(columns=_BESIDE).drop_duplicates(key)
        return rows[~away].merge(england, on=key, how="left").reset_index(drop=True)

    @cached_property
    def newest_edition(self) -> pd.DataFrame:
        """Rows of the newest published scorecard."""
        newest: pd.DataFrame = self.editions[self.editions["received"] == self.editions["received"].max()]
        return newest

    @cached_property
    def wordings(self) -> pd.DataFrame:
        """Rows of every edition, the newest of each title and unit; what repeats from year to year counts once."""
        rows = self.editions.sort_values("received", kind="stable")
        return rows.drop_duplicates(["measure", "published_title", "published_unit"], keep="last")

    @cached_property
    def told(self) -> pd.DataFrame:
        """The points, and the figures of scorecards that others stand for by now."""
        both = pd.concat([self.points, self.editions], ignore_index=True)
        return both.drop_duplicates(["measure", "area", "period_end", "breakdown", "segment", "file", "row"])

    @cached_property
    def alone(self) -> pd.DataFrame:
        """The points that lie far from all their neighbours, see `outliers.standing_alone`."""
        return outliers.standing_alone(self.points)

    @cached_property
    def releases(self) -> pd.DataFrame:
        """The national series with their baselines, last and next releases; none without the framework."""
        return self.national.releases if self.national is not None else _blank(*_RELEASED)

    @cached_property
    def added_up(self) -> pd.DataFrame:
        """Values by place, time and release, a column for each measure or <source>:<indicator>."""
        valued = self._named[self._named["value"].notna() & (self._named["period_end"] != "")]
        keyed = valued.sort_values("received", kind="stable")
        return keyed.pivot_table("value", index=TOGETHER, columns="name", aggfunc="last").reset_index()

    @cached_property
    def pairs(self) -> pd.DataFrame:
        """Return every two statements of one fact, each pair once; columns end in _x and _y."""
        told = self.statements
        # What its publisher has corrected since is no second opinion.
        fixed = self.releases[self.releases["corrected_on"] != ""]
        slips = set(zip(fixed["series"], fixed["first_printed"], strict=True))
        corrected = [pair in slips for pair in zip(told["series"], told["text"], strict=True)]
        numbered = told["kind"].isin(statements.NUMBERED) & (told["fact"] != "") & told["value"].notna()
        told = told[numbered & ~np.array(corrected, dtype=bool)].reset_index()
        pairs = told.merge(told, on="fact")
        return pairs[pairs["index_x"] < pairs["index_y"]]

    @cached_property
    def claims(self) -> pd.DataFrame:
        """Return statements, one for each measure that they name, with its newest figure and national series."""
        told = self.statements
        each = told.assign(measure=told["measure"].str.split(";")).explode("measure", ignore_index=True)
        newest = {
            "value": "latest_value", "england_value": "england_value", "direction": "latest_direction",
            "compared": "latest_compared", "verdict": "latest_verdict", "period_end": "latest_end",
        }  # fmt: skip
        latest = self.latest[["measure", *newest]].rename(columns=newest)
        own = self.definitions.measures[["measure", "kind", "polarity", "window_months"]]
        own = own.rename(columns=lambda name: name if name == "measure" else f"measure_{name}")
        joined = each.merge(latest, on="measure", how="left").merge(own, on="measure", how="left")
        ends = told[told["role"].isin(["baseline", "last"]) & (told["series"] != "")]
        places = ends.groupby("series")["place"].agg("; ".join)
        releases = self.releases.set_index("series")
        return joined.assign(
            series_unit=joined["series"].map(releases["unit"]).astype("str").fillna(""),
            series_baseline=joined["series"].map(releases["baseline"]).astype(float),
            series_last=joined["series"].map(releases["last"]).astype(float),
            series_places=joined["series"].map(places).astype("str").fillna(""),
        )

    def rounding_base(self, rows: pd.DataFrame) -> "pd.Series[float]":
        """Return what counts as received are rounded to, by source, area and name (or measure); 1 where they are exact.

        That is what a public source says of itself, or what its column shows: a column of an area's kind in which
        every number is a multiple of 5 is rounded, whoever says so. A restricted source gives whole numbers: its base
        is for what leaves the partnership.
        """
        sources = self.definitions.sources.set_index("source")
        declared = rows["source"].map(sources["rounding_base"].where(sources["release"] == Release.PUBLIC, 1))
        name = rows["name"] if "name" in rows else rows["measure"]
        column = pd.MultiIndex.from_arrays([rows["source"], name, rows["area"].str[:3]])
        concluded = pd.Series(self._bases.reindex(column).to_numpy(float), rows.index)
        return pd.Series(np.fmax(declared.astype(float), concluded), rows.index).fillna(1.0)

    @cached_property
    def _bases(self) -> "pd.Series[float]":
        """What the counts of each column are multiples of, by source, name and kind of area."""
        counts = self._named["numerator"].fillna(self._named["value"])
        counts = counts[counts > 0]
        column = [self._named["source"], self._named["name"], self._named["area"].str[:3]]
        many = counts.groupby(column).size() >= _COLUMN
        bases = pd.Series(np.nan, many.index)
        for base in _BASES:
            fits = (counts % base == 0).groupby(column).all()
            bases = bases.mask(bases.isna() & fits & many, base)
        return bases

    @cached_property
    def _named(self) -> pd.DataFrame:
        """Every release of every figure with its name: its measure, or <source>:<indicator>."""
        every = self.vintages if len(self.vintages) else self.series
        own = every["measure"] != ""
        return every.assign(name=every["measure"].where(own, every["source"] + ":" + every["indicator"]))

    def of(self, measure: str, rows: pd.DataFrame) -> pd.DataFrame:
        """Return rows of `added_up` as figures of one measure, with its definition and the file they came from."""
        every = self.vintages if len(self.vintages) else self.series
        own = every.loc[every["measure"] == measure, [*TOGETHER, "received", "file", "row", "release", "period_label"]]
        newest = own.sort_values("received", kind="stable").drop_duplicates(TOGETHER, keep="last")
        told = rows.merge(newest, on=TOGETHER, how="left")
        return self.defined(told.assign(measure=measure))

    def defined(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Return rows of measures with the definition in place of what they carried of it."""
        own = self.definitions.measures[["measure", *_DEFINED, "source"]].rename(columns={"source": "own_source"})
        flags = {name: own[name] == "yes" for name in ("counted", "modelled")}
        carried = [name for name in own.columns if name in rows.columns and name != "measure"]
        return rows.drop(columns=carried).merge(own.assign(**flags), on="measure")


#: What an edition prints for England in the same row, and what it is called beside the area's figure.
_BESIDE = {
    "value": "printed_england", "text": "printed_england_text", "status": "printed_england_status",
    "bound_high": "printed_england_bound",
}  # fmt: skip
_DEFINED = (
    *("number", "title", "unit", "kind", "per", "decimals", "benchmark", "cadence", "usual_lag", "window_months"),
    *("disclosive", "plausible_low", "plausible_high", "retired", "counted", "modelled"),
)


def once(find: Callable[[Evidence], pd.DataFrame]) -> Callable[[Evidence], pd.DataFrame]:
    """Let several rules share what they look through: it is worked out once for the same evidence."""

    @wraps(find)
    def found(evidence: Evidence) -> pd.DataFrame:
        if find not in evidence.shared:
            evidence.shared[find] = find(evidence)
        return evidence.shared[find]

    return found


def text_of(values: "pd.Series[float]") -> "pd.Series[str]":
    """Return numbers as they are written, without a tail of noughts."""
    return values.map("{:.10g}".format, na_action="ignore").astype("str").where(values.notna(), "")


def joined(rows: pd.DataFrame, measures: Sequence[str]) -> "pd.Series[str]":
    """Return the values of several measures in one line: "48.5; 59; 70.5"."""
    texts = text_of(rows[measures[0]])
    for name in measures[1:]:
        texts = texts + "; " + text_of(rows[name])
    return texts
