"""The table of columns: what every column of a figure holds, which room makes it, and what becomes of it.

Clearing, downloads, the data dictionary and tests read it. A computed column is declared here once; one that is not
is hidden from every audience.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from itertools import product
from typing import Final

from drug_outcomes.definitions.vocabulary import (
    Benchmark,
    Compared,
    Direction,
    DirectionBasis,
    Status,
    Verdict,
    VerdictBasis,
)

#: What stands in place of a hidden text. Two markers, for small and for protecting, would tell which is which.
MARKER: Final = "[c]"


class Room(StrEnum):
    """Which room of the library makes a column."""

    DEFINITIONS = "definitions"
    SOURCES = "sources"
    INTAKE = "intake"
    STATISTICS = "statistics"
    DISCLOSURE = "disclosure"
    QUALITY = "quality"
    FIGURES = "figures"
    REPORTING = "reporting"


class Type(StrEnum):
    """What a column holds, in the words of the metadata of downloads."""

    TEXT = "string"
    NUMBER = "number"
    WHOLE = "integer"
    FLAG = "boolean"


@dataclass(frozen=True)
class Column:
    """One column of a figure.

    Attributes
    ----------
    meaning : a sentence for people who open a download.
    derived : whether it is computed from figures; a derived column is made after clearing, from cleared figures.
    stays : whether it stays in the row of a hidden figure, because it says only which figure that is.
    hidden_as : what stands there instead, where that is neither "" nor missing.
    download : its name in downloads, where that is another.
    """

    name: str
    type: Type
    room: Room
    meaning: str
    derived: bool = False
    stays: bool = False
    hidden_as: str = ""
    download: str = ""


_KEY: Final = [
    Column("measure", Type.TEXT, Room.INTAKE, "Stable id of the measure", stays=True),
    Column("indicator", Type.TEXT, Room.SOURCES, "What the source calls the figure", stays=True),
    Column("area", Type.TEXT, Room.SOURCES, "GSS code of the area", stays=True),
    Column("period_label", Type.TEXT, Room.SOURCES, "Period as published", stays=True, download="period"),
    Column("period_start", Type.TEXT, Room.SOURCES, "First month, ISO", stays=True),
    Column("period_end", Type.TEXT, Room.SOURCES, "Last month, ISO", stays=True),
    Column("period_basis", Type.TEXT, Room.SOURCES, "Kind of period", stays=True),
    Column("breakdown", Type.TEXT, Room.SOURCES, "Part of the population; empty for everybody", stays=True),
    Column(
        "segment",
        Type.TEXT,
        Room.INTAKE,
        "Stretch of the series; stretches are not comparable with one another",
        stays=True,
    ),
    Column("source", Type.TEXT, Room.SOURCES, "Id of the source", stays=True),
    Column("publisher", Type.TEXT, Room.INTAKE, "Publisher of the figure", stays=True),
    Column("licence", Type.TEXT, Room.INTAKE, "Licence of the figure", stays=True),
]
_OWN: Final = [
    Column("value", Type.NUMBER, Room.SOURCES, "The figure; empty where there is none to show, see status"),
    Column("lower", Type.NUMBER, Room.SOURCES, "Lower 95% limit as published", download="published_lower"),
    Column("upper", Type.NUMBER, Room.SOURCES, "Upper 95% limit as published", download="published_upper"),
    Column("numerator", Type.NUMBER, Room.SOURCES, "Events or people counted"),
    Column("denominator", Type.NUMBER, Room.SOURCES, "People the figure is a share or rate of"),
    Column("bound_low", Type.NUMBER, Room.SOURCES, "Least that a hidden figure can be"),
    Column("bound_high", Type.NUMBER, Room.SOURCES, "Most that a hidden figure can be"),
    Column("text", Type.TEXT, Room.SOURCES, "The cell as published", hidden_as=MARKER),
    Column(
        "status",
        Type.TEXT,
        Room.SOURCES,
        "published, provisional, revised, estimated, suppressed, awaited and so on",
        hidden_as=str(Status.SUPPRESSED),
    ),
    Column("note", Type.TEXT, Room.SOURCES, "Remark of the publisher, or why the figure is hidden"),
    Column("release", Type.TEXT, Room.INTAKE, "public, approved or restricted"),
    Column("release_basis", Type.TEXT, Room.INTAKE, "Why the figure is public"),
    Column("received", Type.TEXT, Room.INTAKE, "Date of receipt, ISO"),
    Column("vintage", Type.TEXT, Room.INTAKE, "Release in which the figure came"),
    Column("file", Type.TEXT, Room.INTAKE, "File as received"),
    Column("sheet", Type.TEXT, Room.SOURCES, "Sheet of that file"),
    Column("row", Type.WHOLE, Room.SOURCES, "Row of that file"),
    *(
        Column(f"published_{name}", Type.TEXT, Room.SOURCES, f"The {name} that a published scorecard printed")
        for name in ("direction", "compared", "title", "unit", "number")
    ),
]
_WORKED_WITH: Final = [
    Column("kind", Type.TEXT, Room.DEFINITIONS, "count, proportion, rate or mean", stays=True),
    Column("per", Type.WHOLE, Room.DEFINITIONS, "What a share or rate is multiplied by", stays=True),
    Column("decimals", Type.WHOLE, Room.DEFINITIONS, "Decimals to print", stays=True),
    Column("polarity", Type.TEXT, Room.DEFINITIONS, "Which direction is good, where anybody may say so", stays=True),
    Column("polarity_agreed", Type.FLAG, Room.DEFINITIONS, "Whether that has been agreed", stays=True),
    Column("counted", Type.FLAG, Room.DEFINITIONS, "Whether the value counts people or events", stays=True),
    Column("modelled", Type.FLAG, Room.DEFINITIONS, "Whether the denominator is an estimate", stays=True),
    Column(
        "carried_over",
        Type.TEXT,
        Room.DEFINITIONS,
        "Whether the next period counts the same again: no, people or stock",
        stays=True,
    ),
    Column("denominator_from", Type.TEXT, Room.DEFINITIONS, "Where the denominator comes from", stays=True),
    Column("benchmark", Type.TEXT, Room.DEFINITIONS, "GSS code of the area compared with", stays=True),
    Column("window_months", Type.WHOLE, Room.DEFINITIONS, "Months that a figure covers", stays=True),
]
_TOLD: Final = [
    Column("number", Type.WHOLE, Room.DEFINITIONS, "Number of the measure in the framework", stays=True),
    Column("priority", Type.TEXT, Room.DEFINITIONS, "Priority area of the strategy", stays=True),
    Column("commitment", Type.TEXT, Room.DEFINITIONS, "Commitment under the priority area", stays=True),
    Column("title", Type.TEXT, Room.DEFINITIONS, "Title of the measure", stays=True),
    Column("unit", Type.TEXT, Room.DEFINITIONS, "What the value counts, and per how many", stays=True),
    Column("definition", Type.TEXT, Room.DEFINITIONS, "What the measure counts", stays=True),
    Column("cadence", Type.WHOLE, Room.DEFINITIONS, "Months from one figure to the next", stays=True),
    Column("usual_lag", Type.WHOLE, Room.DEFINITIONS, "Months from its end to its publication", stays=True),
    Column(
        "on_scorecard",
        Type.TEXT,
        Room.DEFINITIONS,
        "Whether the partnership tracks it on its scorecard; else it is a published series beside it",
        stays=True,
    ),
]


#: What a derived column of words says of a figure that is hidden; the others say nothing.
_NOTHING_KNOWN: Final = {
    "direction": str(Direction.UNKNOWN),
    "direction_basis": str(DirectionBasis.NONE),
    "compared": str(Compared.NOT_COMPARABLE),
    "verdict": str(Verdict.NOT_TESTED),
    "verdict_basis": str(VerdictBasis.NONE),
}


#: What derived columns are called in downloads, where that is another name.
_DOWNLOADED: Final = {"interval_lower": "lower", "interval_upper": "upper", "england_period_label": "england_period"}


def _derived(room: Room, *columns: tuple[str, Type, str], stays: bool = False) -> list[Column]:
    return [
        Column(
            name,
            type_,
            room,
            meaning,
            derived=True,
            stays=stays,
            hidden_as=_NOTHING_KNOWN.get(_of_england(name), ""),
            download=_DOWNLOADED.get(name, ""),
        )
        for name, type_, meaning in columns
    ]


def _of_england(name: str) -> str:
    """Return the name of a comparison's column without the benchmark in it."""
    stem, _, last = name.rpartition("_")
    return stem if last in set(Benchmark) else name


_COMPARED: Final = (
    ("compared", Type.TEXT, "Bare sign against {other}, not a test"),
    ("verdict", Type.TEXT, "Tested comparison with {other}"),
    ("verdict_basis", Type.TEXT, "What the test against {other} rests on"),
    ("verdict_level", Type.NUMBER, "Level at which the figure differs from {other}"),
    ("verdict_sign", Type.NUMBER, "Side of {other} on which the test puts the figure"),
    ("verdict_apart", Type.NUMBER, "Side of {other} that rounding leaves no doubt about"),
    ("verdict_needed", Type.NUMBER, "People from whom on the rounded figure differs from {other}"),
)
_OTHERS: Final = {
    Benchmark.REGION: "the region",
    Benchmark.NEIGHBOURS: "statistical neighbours",
    Benchmark.PEERS: "areas of like deprivation",
}
_POOLED: Final = (
    ("areas", Type.TEXT, "How many of {other} that is made of"),
    ("refused", Type.TEXT, "Why the figures of {other} are not made one"),
    ("middle", Type.NUMBER, "Middle figure of {other}"),
    ("lowest", Type.NUMBER, "Lowest figure of {other}"),
    ("highest", Type.NUMBER, "Highest figure of {other}"),
)
_COMPUTED: Final = [
    *_derived(
        Room.STATISTICS,
        ("interval_lower", Type.NUMBER, "Lower end of the 95% interval"),
        ("interval_upper", Type.NUMBER, "Upper end of the 95% interval"),
        ("interval_lower_998", Type.NUMBER, "Lower end of the 99.8% interval"),
        ("interval_upper_998", Type.NUMBER, "Upper end of the 99.8% interval"),
        ("interval_method", Type.TEXT, "How the interval was made"),
        ("previous_value", Type.NUMBER, "The adjacent comparable figure before"),
        ("previous_period_label", Type.TEXT, "Period of the figure before"),
        ("change", Type.NUMBER, "Change since the figure before"),
        ("direction", Type.TEXT, "Direction of travel: up, down, same, unknown"),
        ("direction_basis", Type.TEXT, "What the direction rests on"),
        ("edition", Type.WHOLE, "How often the estimate behind the figure jumped in its series"),
        ("edition_from", Type.TEXT, "Last period before the estimates behind the figure changed"),
        ("edition_to", Type.TEXT, "First period after they changed"),
        ("edition_before", Type.NUMBER, "Figure of the last period before"),
        ("edition_after", Type.NUMBER, "Figure of the first period after"),
        ("edition_by_estimate", Type.NUMBER, "How much of that change is the new estimate"),
        ("edition_by_people", Type.NUMBER, "How much of it is people reached"),
        ("comparable_value", Type.NUMBER, "The figure that change is tested against"),
        ("comparable_period_label", Type.TEXT, "Period of that figure"),
        ("two_period", Type.TEXT, "Whether the two differ by more than chance"),
        ("two_period_note", Type.TEXT, "How that was tested, or why it was not"),
        ("trend", Type.TEXT, "Recent trend"),
        ("trend_method", Type.TEXT, "How the trend was tested"),
        ("trend_note", Type.TEXT, "Why there is no trend"),
        ("unusual", Type.TEXT, "How unusual the newest figure is in its own series"),
        ("unusual_note", Type.TEXT, "What that rests on"),
        ("process_centre", Type.NUMBER, "Centre line of the process chart"),
        ("process_lower", Type.NUMBER, "Lower process limit"),
        ("process_upper", Type.NUMBER, "Upper process limit"),
        ("process_chart", Type.TEXT, "Kind of process chart"),
        ("process_note", Type.TEXT, "Why there is no process chart"),
        ("signal", Type.TEXT, "Special cause that the point shows"),
        ("signal_side", Type.NUMBER, "On which side of the centre"),
        ("variation", Type.TEXT, "What the newest point says of the process"),
        ("baseline_value", Type.NUMBER, "Figure that change is counted from"),
        ("baseline_basis", Type.TEXT, "Whether that figure is held, hidden, doubtful or not held"),
        ("change_since_baseline", Type.NUMBER, "Change since the baseline"),
        ("target", Type.NUMBER, "Agreed target"),
        ("target_due", Type.TEXT, "Month in which the target is due"),
        ("target_status", Type.TEXT, "Standing against the target"),
        ("target_needed", Type.NUMBER, "Where the figure should be by now, on a straight line"),
        ("rank_among", Type.WHOLE, "Place among all authorities, the highest figure first"),
        ("rank_band", Type.WHOLE, "Fifth of authorities that the figure lies in, 1 the highest"),
        ("rank_held", Type.WHOLE, "How many authorities have a figure of this period"),
        ("rank_all", Type.WHOLE, "How many authorities there are"),
        ("denominator_bound", Type.NUMBER, "Bound on the number of people, known from elsewhere"),
        ("denominator_bound_note", Type.TEXT, "Where the bound comes from"),
        *((name, type_, meaning.format(other="England")) for name, type_, meaning in _COMPARED),
        *((f"{name}_{other}", type_, meaning.format(other=words))
          for (other, words), (name, type_, meaning) in product(_OTHERS.items(), _COMPARED)),
    ),
    # What is published of other areas stands beside a hidden figure too.
    *_derived(
        Room.STATISTICS,
        ("england_value", Type.NUMBER, "Figure for England of the same period"),
        ("england_lower", Type.NUMBER, "Lower end of England's interval"),
        ("england_upper", Type.NUMBER, "Upper end of England's interval"),
        ("england_text", Type.TEXT, "Figure for England as published"),
        ("england_reason", Type.TEXT, "Why there is no figure for England to compare with"),
        ("england_period_label", Type.TEXT, "Period of the figure for England"),
        *((f"{other}_value", Type.NUMBER, f"Figure of {words}, all counted over all it was counted among")
          for other, words in _OTHERS.items()),
        *((f"{other}_{name}", type_, meaning.format(other=words))
          for (other, words), (name, type_, meaning) in product(_OTHERS.items(), _POOLED)),
        stays=True,
    ),
    *_derived(
        Room.FIGURES,
        ("age_months", Type.WHOLE, "Months from the end of the figure's period to the end of the snapshot's"),
        stays=True,
    ),
    *_derived(
        Room.QUALITY,
        ("doubt", Type.TEXT, "Rule by which the figure is in doubt: it takes part in nothing until that is settled"),
        ("explanation", Type.TEXT, "What an analyst wrote about a signal"),
        ("explained_by", Type.TEXT, "Who wrote it"),
        ("explained_on", Type.TEXT, "When"),
        ("explained_until", Type.TEXT, "Until when it holds"),
    ),
]  # fmt: skip
_CLEARED: Final = [
    Column("withheld", Type.TEXT, Room.DISCLOSURE, "Why the figure is hidden; empty where it is shown", stays=True)
]
_SHOWN: Final = _derived(
    Room.REPORTING,
    ("value_text", Type.TEXT, "The figure as published"),
    ("verdict_note", Type.TEXT, "The test against England in a sentence"),
    ("out_of_date", Type.TEXT, "yes where the figure is older than expected"),
)
#: Every column, by name.
COLUMNS: Final = {one.name: one for one in (*_KEY, *_OWN, *_WORKED_WITH, *_TOLD, *_COMPUTED, *_CLEARED, *_SHOWN)}
#: The numbers that are held of a figure itself, before anything is derived.
HELD: Final = frozenset(one.name for one in _OWN if one.type is Type.NUMBER)


#: What of a definition travels with every figure, because statistics need it ...
WORKED_WITH: Final = tuple(one.name for one in _WORKED_WITH)
#: ... and what is looked up only where a figure is shown.
TOLD: Final = tuple(one.name for one in _TOLD)
#: The columns that downloads have, by the names that they have there.
IN_DOWNLOADS: Final = {one.download or one.name: one for one in COLUMNS.values()}


def known(names: Iterable[str]) -> list[str]:
    """Return those of some names that the table of columns knows, in their order."""
    return [name for name in names if name in COLUMNS]
