"""Definitions: what the partnership tracks and where it comes from, from the rows under data/framework.

Definitions are rows that analysts edit; the library only interprets them. Everything is checked when it is
read: a slip is refused with its file, row, column and value and never becomes a wrong number.
"""

import dataclasses
import difflib
import types
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pandas as pd

from drug_outcomes import fingerprints
from drug_outcomes.definitions import framework_tables as tables
from drug_outcomes.definitions.framework_tables import RelationKind, parse_slice
from drug_outcomes.definitions.periods import Basis
from drug_outcomes.definitions.project import FRAMEWORK, HOME_VARIABLE, home
from drug_outcomes.definitions.vocabulary import Audience, CarriedOver, Kind, Polarity, Release
from drug_outcomes.errors import UsageError

__all__ = [
    "FRAMEWORK",
    "HOME_VARIABLE",
    "Commitment",
    "Definitions",
    "Measure",
    "Priority",
    "RelationKind",
    "Source",
    "home",
    "load",
    "parse_slice",
]

_READ: "dict[str, Definitions]" = {}


@dataclass(frozen=True)
class Priority:
    """One of the strategy's priority areas."""

    priority: str
    number: int
    title: str
    description: str
    why_it_matters: str


@dataclass(frozen=True)
class Commitment:
    """What the strategy commits to under a priority area."""

    commitment: str
    number: int
    priority: str
    title: str
    description: str
    why_it_matters: str


@dataclass(frozen=True)
class Source:
    """Who publishes or sends figures, when, and what may be done with them.

    Since `later_from` (an ISO date) `later_publisher` signs the releases; `announced` is a change that is not yet made.
    """

    source: str
    title: str
    publisher: str
    publisher_role: str
    licence: str
    url_words: str
    coverage: str
    on_scorecard: bool
    scorecard_name: str
    cadence_months: int
    usual_lag_months: int
    due_day: int | None
    release: Release
    audience: Audience
    threshold: int
    show_zero: bool
    rounding_base: int
    shows: str
    route: str
    retention_months: int | None
    description: str
    steps: str
    later_publisher: str
    later_from: str
    announced: str

    def publisher_on(self, day: str) -> str:
        """Return who signed what came out on an ISO date."""
        return self.later_publisher if self.later_from and day >= self.later_from else self.publisher


@dataclass(frozen=True)
class Measure:
    """What the partnership decided to track.

    Attributes
    ----------
    basis : the kind of period that its labels name.
    window_months : months that a figure covers, whatever its label says.
    cadence, usual_lag : months from one figure to the next; months from its end to its publication.
    per : what a proportion or rate is multiplied by: 100, 1,000, 100,000.
    plausible_low, plausible_high : outside them a figure is queried, not refused.
    modelled : its denominator is an estimate, and its value the share of it that is not reached.
    counted : the value counts people or events; a weight or an average is not counted.
    carried_over : whether the same people or things are counted again in the next period.
    on_scorecard : the partnership tracks it on its scorecard; else it is a published series beside it.
    """

    measure: str
    number: int
    priority: str
    commitment: str
    title: str
    unit: str
    kind: Kind
    per: float
    basis: Basis
    window_months: int
    cadence: int
    usual_lag: int
    polarity: Polarity
    polarity_agreed_by: str
    polarity_agreed_on: str
    source: str
    slice: str
    benchmark: str
    denominator_from: str
    disclosive: str
    decimals: int
    plausible_low: float | None
    plausible_high: float | None
    definition: str
    why_it_matters: str
    caveats: str
    reviewed_by: str
    next_review: str
    active_from: str
    retired: str
    replaces: str
    replaced_by: str
    modelled: bool
    counted: bool
    carried_over: CarriedOver
    on_scorecard: bool

    @property
    def polarity_agreed(self) -> bool:
        """Whether the partnership has agreed which direction is good."""
        return self.polarity_agreed_on != ""

    @property
    def overlapping(self) -> bool:
        """Whether neighbouring figures share months."""
        return self.window_months > self.cadence


_Row = TypeVar("_Row", Priority, Commitment, Source, Measure)


@dataclass(frozen=True)
class Definitions:
    """Everything under data/framework, as frames and one row at a time.

    Attributes
    ----------
    priorities, commitments, measures, sources : one row each, in the framework's order. `measures` has also
        `polarity_agreed` (bool).
    published_series : measures beside the scorecard, which publishers give for every authority; they are among
        the `measures` of every area that is real.
    alternative_sources : other places where the same figure is published: measure, source, slice, note.
    scorecard_titles : how published scorecards have worded a measure: measure, title, unit.
    presentation : how pages name a measure in few words, which measures stand side by side (`family`), and the
        order of those that the front page shows as tiles (`tile`).
    relations : how figures hang together; `parts` are ids separated by ";".
    series_breaks : where a series may not be joined (`break`) or needs a word beside it (`context`);
        an empty `from_period` means that the bases differ in every period.
    context : figures beside the measures that a needs assessment asks for: which rows of which source they are,
        of which other figure they are a part (`of`), what their groups are set beside (`reference`),
        and whether change since a baseline is told of them (`change`: the total in
        treatment, parts of it, or under which heading).
    document_sections : what the documents that a partnership writes consist of; `asked_as` is how the heading
        was asked for, `explained` what stands there when nothing fills it, `written` whether people fill it.
    omitted : ids of measures of the framework that the area does not track.
    """

    priorities: pd.DataFrame
    commitments: pd.DataFrame
    measures: pd.DataFrame
    sources: pd.DataFrame
    alternative_sources: pd.DataFrame
    scorecard_titles: pd.DataFrame
    presentation: pd.DataFrame
    relations: pd.DataFrame
    series_breaks: pd.DataFrame
    context: pd.DataFrame
    document_sections: pd.DataFrame
    published_series: pd.DataFrame
    omitted: frozenset[str] = frozenset()

    @property
    def named(self) -> frozenset[str]:
        """Ids of measures that a table may name: tracked, beside the scorecard, or omitted by the area."""
        return self.omitted | frozenset(self.measures["measure"]) | frozenset(self.published_series["measure"])

    def tracked(self, cells: pd.Series) -> pd.Series:
        """Return cells of ids of measures, separated by ";", without those that the area omits."""
        if not self.omitted:
            return cells
        parts = cells.str.split(";").explode()
        return parts[~parts.isin(self.omitted)].groupby(level=0).agg(";".join).reindex(cells.index, fill_value="")

    @property
    def scorecard(self) -> pd.DataFrame:
        """The measures that the partnership tracks on its scorecard."""
        found: pd.DataFrame = self.measures[self.measures["on_scorecard"] == "yes"]
        return found

    @property
    def subjects(self) -> frozenset[str]:
        """Ids that commentary may be about: commitments, measures and sections of documents."""
        return frozenset(
            (*self.commitments["commitment"], *self.measures["measure"], *self.document_sections["section"])
        )

    @property
    def short_titles(self) -> dict[str, str]:
        """What each measure is called where there is little room: its short title, else its title."""
        full = dict(zip(self.measures["measure"], self.measures["title"], strict=True))
        few = self.presentation[self.presentation["short_title"] != ""]
        return full | dict(zip(few["measure"], few["short_title"], strict=True))

    def measure(self, name: str) -> Measure:
        """Return a measure by id. `UsageError` suggests near ids, and the id behind a number."""
        return _one(Measure, self.measures, name)

    def commitment(self, name: str) -> Commitment:
        """Return a commitment by id, or `UsageError` with near ids."""
        return _one(Commitment, self.commitments, name)

    def priority(self, name: str) -> Priority:
        """Return a priority area by id, or `UsageError` with near ids."""
        return _one(Priority, self.priorities, name)

    def source(self, name: str) -> Source:
        """Return a source by id, or `UsageError` with near ids."""
        return _one(Source, self.sources, name)

    def measures_of(self, group: str) -> tuple[Measure, ...]:
        """Return the measures of a commitment or of a priority area, in the framework's order."""
        column = "priority" if group in set(self.priorities["priority"]) else "commitment"
        if column == "commitment":
            self.commitment(group)
        return tuple(self.measure(name) for name in self.measures.loc[self.measures[column] == group, "measure"])

    def commitments_of(self, priority: str) -> tuple[Commitment, ...]:
        """Return the commitments of a priority area, in the framework's order."""
        wanted = self.commitments["priority"] == self.priority(priority).priority
        return tuple(self.commitment(name) for name in self.commitments.loc[wanted, "commitment"])


def load(folder: Path) -> Definitions:
    """Read and check the definitions; the same bytes are read once in a process.

    Parameters
    ----------
    folder : data/framework.

    Raises
    ------
    UnreadableInput : with file, row, column, the value found and what was expected.
    """
    contents = sorted((Path(file).name, sha) for file, sha in fingerprints.tree([folder]).items())
    # Text of two storages, joined, is no longer text to pandas.
    key = fingerprints.digest([contents, pd.get_option("mode.string_storage")])
    if key not in _READ:
        if len(_READ) > 1:
            _READ.clear()  # another project's, or what stood before an edit, is seldom asked for again
        _READ[key] = _load(folder)
    return _READ[key]


def _load(folder: Path) -> Definitions:
    priorities = tables.priorities(folder / "priorities.csv")
    commitments = tables.commitments(folder / "commitments.csv", priorities)
    sources = tables.sources(folder / "sources.csv")
    measures = tables.measures(folder / "measures.csv", commitments, sources)
    sections = tables.document_sections(folder / "document_sections.csv")
    published = tables.published_series(folder / "published_series.csv", measures, commitments, sources)
    return Definitions(
        priorities=priorities,
        commitments=commitments,
        measures=measures.sort_values("number", ignore_index=True),
        sources=sources,
        alternative_sources=tables.alternatives(folder / "alternative_sources.csv", measures, sources),
        scorecard_titles=tables.titles(folder / "scorecard_titles.csv", measures),
        presentation=tables.presentation(folder / "presentation.csv", measures),
        relations=tables.relations(folder / "relations.csv", measures, sources),
        series_breaks=tables.breaks(folder / "series_breaks.csv", measures, sources),
        context=tables.context(folder / "context.csv", measures, sources, sections),
        document_sections=sections,
        published_series=published,
    )


def _one(kind: type[_Row], table: pd.DataFrame, name: str) -> _Row:
    """Return the row with this id, typed as its fields are declared."""
    key = kind.__name__.lower()
    found = table.loc[table[key] == name]
    if found.empty:
        raise _unknown(key, table, name)
    row = found.iloc[0]
    return kind(**{field.name: _typed(row[field.name], field.type) for field in dataclasses.fields(kind)})


def _typed(value: Any, kind: Any) -> Any:  # noqa: ANN401 - a cell, and the type that its field declares
    if isinstance(kind, types.UnionType):
        return None if pd.isna(value) else kind.__args__[0](value)
    return value == "yes" if kind is bool else kind(value)


def _unknown(key: str, table: pd.DataFrame, name: str) -> UsageError:
    plain = name.casefold().replace(" ", "_").replace("-", "_")
    near = difflib.get_close_matches(plain, list(table[key]), n=3, cutoff=0.5)
    if name.isdecimal() and "number" in table:
        near = list(table.loc[table["number"] == int(name), key])
    return UsageError(
        f"there is no {key} '{name}'",
        expected=f"one of the {len(table)} ids in the column {key} under data/framework",
        try_next=" or ".join(near),
    )
