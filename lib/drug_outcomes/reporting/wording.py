"""Words about one figure: what each cell says, and the sentence it is told in.

`figures` makes rows of cleared figures, and the functions here take such a row and nothing else; what is said
of several figures together is in `headlines`. Numbers are printed as published, with the decimals of the
source; nothing is computed that the reader would take for a figure.
"""

import datetime as dt
import re
from collections.abc import Callable, Hashable, Mapping, Sequence
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

import pandas as pd

from drug_outcomes.definitions import columns
from drug_outcomes.definitions.areas import Area
from drug_outcomes.definitions.commentary import Passage
from drug_outcomes.definitions.periods import Basis, Period, month_index
from drug_outcomes.definitions.vocabulary import (
    VALUED,
    Benchmark,
    Chart,
    Compared,
    Direction,
    DirectionBasis,
    EnglandReason,
    Kind,
    Polarity,
    Status,
    Verdict,
    VerdictBasis,
)
from drug_outcomes.disclosure import Released
from drug_outcomes.errors import DisclosureRefused
from drug_outcomes.reporting import verdict_notes
from drug_outcomes.reporting.numerals import in_three_digits, number, printed
from drug_outcomes.statistics.arrays import MOST_SHOWN
from drug_outcomes.statistics.recent_trends import Marker
from drug_outcomes.statistics.signals import Rule
from drug_outcomes.statistics.targets import BaselineBasis
from drug_outcomes.statistics.trends import TrendMethod

STATUS_WORDS = {
    Status.SUPPRESSED: "Hidden: small number",
    Status.NOT_PUBLISHED: "Not published",
    Status.NOT_COLLECTED: "Not collected",
    Status.NOT_CALCULATED: "Not calculated",
    Status.NOT_SUPPLIED: "Nothing held",
    Status.NOT_APPLICABLE: "Does not apply",
    Status.AWAITED: "Awaited",
}
WITHHELD_WORDS = {
    "suppressed": "Hidden to protect people",
    "restricted": "Not for publication",
    "undecided": "Hidden to be safe",
}
ENGLAND_WORDS = {
    EnglandReason.NOT_PUBLISHED: "Not published",
    EnglandReason.NOT_COMPARABLE: "Not compared",
    EnglandReason.NOT_LOADED: "Not held",
    EnglandReason.SUPPRESSED: "Not shown",
}
DIRECTION_WORDS = {
    Direction.UP: "Up",
    Direction.DOWN: "Down",
    Direction.SAME: "No change",
    Direction.UNKNOWN: "No earlier figure",
}
DIRECTION_GLYPHS = {Direction.UP: "\u2191", Direction.DOWN: "\u2193", Direction.SAME: "\u2194"}
VERDICT_WORDS = {
    Verdict.LOWER: "Lower",
    Verdict.SIMILAR: "No clear difference",
    Verdict.HIGHER: "Higher",
    Verdict.BETTER: "Better",
    Verdict.WORSE: "Worse",
    Verdict.NOT_TESTED: "Not tested",
}
COMPARED_WORDS = {
    Compared.HIGHER: "Higher",
    Compared.LOWER: "Lower",
    Compared.SAME: "The same",
    Compared.NOT_COMPARABLE: "Not comparable",
}
BASELINE_WORDS = {
    BaselineBasis.HIDDEN: "its baseline is hidden",
    BaselineBasis.NOT_HELD: "its baseline is not held",
    BaselineBasis.DOUBTFUL: "its baseline is under query",
}
BENCHMARK_WORDS = {
    Benchmark.REGION: "the region",
    Benchmark.NEIGHBOURS: "statistical neighbours",
    Benchmark.PEERS: "areas of like deprivation",
}
POLARITY_WORDS = {
    Polarity.HIGH_IS_GOOD: "Higher is good",
    Polarity.LOW_IS_GOOD: "Lower is good",
    Polarity.TARGET_RANGE: "Best within a range",
    Polarity.ACTIVITY: "Shows activity; neither better nor worse",
    Polarity.NO_JUDGEMENT: "Neither better nor worse",
}
TREND_WORDS = {
    Marker.INCREASING: "Rising",
    Marker.DECREASING: "Falling",
    Marker.NO_CHANGE: "No firm trend",
    Marker.INCREASING_BETTER: "Rising, getting better",
    Marker.INCREASING_WORSE: "Rising, getting worse",
    Marker.DECREASING_BETTER: "Falling, getting better",
    Marker.DECREASING_WORSE: "Falling, getting worse",
}
_TWO_PERIOD_WORDS = {
    Marker.INCREASING: "more than in {before}, by more than chance would explain",
    Marker.DECREASING: "less than in {before}, by more than chance would explain",
    Marker.NO_CHANGE: "no more than chance could explain beside {before}",
}
#: From this age in months on a figure's age stands beside it.
_OLD = 12
_PARTLY_SURE = (Status.PROVISIONAL, Status.REVISED, Status.ESTIMATED, Status.UNRELIABLE)
_RATES = (Kind.CRUDE_RATE, Kind.STANDARDISED_RATE)
_ONE = {"people": "person", "young people": "young person", "adults": "adult", "staff": "member of staff"}
_PLAIN_NUMBER = re.compile(r"-?\d+(?:\.(\d+))?")
#: What the text of a figure is called beside its number.
_TEXTS = {"value": "text", "england_value": "england_text"}
#: Fractions that everybody reads at a glance, and how far a percentage may lie from one.
_FRACTIONS = {
    10: "1 in 10", 20: "1 in 5", 25: "1 in 4", 100 / 3: "1 in 3", 40: "2 in 5", 50: "half", 60: "3 in 5",
    200 / 3: "2 in 3", 75: "3 in 4", 80: "4 in 5", 90: "9 in 10",
}  # fmt: skip
_NEAR = 1.6


class Row(dict[Hashable, Any]):
    """One cleared figure, by column. Made by `figures` alone."""


_Rest = ParamSpec("_Rest")
_Said = TypeVar("_Said")


def require_released(released: object) -> None:
    """Refuse anything that has not passed disclosure control, at run time as in the types."""
    if not isinstance(released, Released):
        raise DisclosureRefused(
            f"a {type(released).__name__} was handed to a table, chart, sentence or download",
            expected="figures cleared by disclosure.release",
        )


def figures(released: Released, part: pd.DataFrame | None = None) -> list[Row]:
    """Return the newest figures, or a part of the cleared frames, as rows that have words."""
    require_released(released)
    return [
        Row(cells) for cells in (released.newest if part is None else with_words(released, part).to_dict("records"))
    ]


def with_words(released: Released, part: pd.DataFrame) -> pd.DataFrame:
    """Return a part of the cleared frames with the words of each measure: number, title, unit, definition ..."""
    require_released(released)
    if "title" in part.columns:
        return part
    return part.merge(released.latest[["measure", *columns.TOLD]], on="measure", how="left").set_axis(part.index)


def require_rows(rows: Sequence[object]) -> None:
    """Refuse rows that `figures` has not made."""
    strange = next((one for one in rows if not isinstance(one, Row)), None)
    if strange is not None:
        raise DisclosureRefused(
            f"a {type(strange).__name__} was handed to a sentence", expected="a row of wording.figures"
        )


def cleared_only(say: Callable[Concatenate[Row, _Rest], _Said]) -> Callable[Concatenate[Row, _Rest], _Said]:
    """Let a function about one figure refuse whatever is not a cleared one."""

    @wraps(say)
    def checked(row: Row, *rest: _Rest.args, **named: _Rest.kwargs) -> _Said:
        require_rows([row])
        return say(row, *rest, **named)

    return cast("Callable[Concatenate[Row, _Rest], _Said]", checked)


def plural(count: int, one: str, many: str = "") -> str:
    """Return "1 measure", "2 measures"."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def at_start(text: str) -> str:
    """Return text as it stands at the start of a sentence."""
    return text[:1].upper() + text[1:]


def in_kind(text: str) -> str:
    """Return a title as it stands in the middle of a sentence."""
    keep = len(text) > 1 and text[1].isupper()
    return text if keep else text[:1].lower() + text[1:]


def about(percentage: float) -> str:
    """Return "about 2 in 5" where a percentage lies near a fraction that everybody knows, else ""."""
    if 3 <= percentage < 9:
        return f"about 1 in {100 / percentage:.0f}"
    near = min(_FRACTIONS, key=lambda fraction: abs(fraction - percentage))
    return f"about {_FRACTIONS[near]}" if abs(near - percentage) <= _NEAR else ""


@cleared_only
def has_value(row: Row) -> bool:
    """Whether a row carries a figure that may be shown."""
    return row["status"] in VALUED and bool(pd.notna(row["value"])) and not row["withheld"]


@cleared_only
def in_doubt(row: Row) -> bool:
    """Whether a figure has an open error: it is shown, marked, and takes part in nothing."""
    return bool(row.get("doubt", ""))


@cleared_only
def named(row: Row) -> str:
    """Return number and title: "16. Percentage who complete treatment: opiates"; beside the scorecard the title."""
    return f"{row['number']}. {row['title']}" if row.get("on_scorecard", "yes") == "yes" else str(row["title"])


@cleared_only
def shape(row: Row) -> str:
    """Return what a figure is without what it counts: "percentage", "rate", "number"."""
    return "percentage" if row["kind"] == Kind.PROPORTION else "rate" if row["kind"] in _RATES else "number"


@cleared_only
def short_name(row: Row, names: Mapping[str, str]) -> str:
    """Return number and short title: "16. Complete treatment: opiates"; `names` are the short titles by measure."""
    short = names.get(row["measure"], "")
    return f"{row['number']}. {short}" if short and row["on_scorecard"] == "yes" else named(row)


@cleared_only
def decimals(row: Row, column: str = "value") -> int:
    """Return how many decimals to print: as published, else the measure's own; counts of whole things have none."""
    value, text = row[column], str(row.get(_TEXTS.get(column, ""), ""))
    if row["kind"] == Kind.COUNT:
        return 0 if pd.isna(value) or float(value).is_integer() else int(row["decimals"])
    found = _PLAIN_NUMBER.fullmatch(text.replace(",", "").rstrip("%").strip())
    places = len(found[1] or "") if found and float(found[0]) == value else 0
    return places if 0 < places <= MOST_SHOWN else int(row["decimals"])


@cleared_only
def cell(row: Row, column: str = "value") -> str:
    """Return a number as it stands in a table, whose unit is named beside it: "48.5%", "5.6", "830"."""
    own = decimals(row, column) if column in _TEXTS else decimals(row)
    return number(row[column], own, column) + ("%" if row["kind"] == Kind.PROPORTION else "")


@cleared_only
def quantity(row: Row, column: str = "value") -> str:
    """Return a number with its unit as in a sentence: "48.5%", "5.6 offences per 1,000 people", "1 referral"."""
    said, unit = cell(row, column), str(row["unit"])
    if row["kind"] == Kind.PROPORTION:
        return said
    if said == "1" and row["kind"] == Kind.COUNT:
        unit = _ONE.get(unit, unit.removesuffix("s"))
    return f"{said} {unit}"


@cleared_only
def unit(row: Row) -> str:
    """Return the unit as it stands under a measure's name; a bare "%" says what it is."""
    return "percentage" if row["unit"] == "%" else str(row["unit"])


@cleared_only
def local_value(row: Row) -> str:
    """Return what the cell of the local figure says: the value, or why there is none."""
    if row["withheld"]:
        return WITHHELD_WORDS[row["withheld"]]
    if row["status"] == Status.SUPPRESSED and pd.notna(row["bound_high"]):
        return f"Fewer than {number(row['bound_high'] + 1, 0, 'bound_high')}"
    if not has_value(row):
        return STATUS_WORDS.get(row["status"], "No data")
    return f"{cell(row)} ({UNDER_QUERY})" if in_doubt(row) else cell(row)


@cleared_only
def interval(row: Row, lower: str = "interval_lower", upper: str = "interval_upper") -> str:
    """Return "5.6 to 9.1", or "" where there is no interval."""
    if pd.isna(row[lower]) or pd.isna(row[upper]):
        return ""
    low, high = (printed(row, name, decimals(row)) for name in (lower, upper))
    return f"{low} to {high}"


@cleared_only
def how_sure(row: Row) -> str:
    """Return "provisional", "revised", "estimated" or "unreliable" where a figure is marked so."""
    return str(row["status"]) if row["status"] in _PARTLY_SURE and has_value(row) else ""


@cleared_only
def england_value(row: Row) -> str:
    """Return what the cell of England's figure says."""
    if pd.notna(row["england_value"]) and row["england_reason"] == EnglandReason.NONE:
        return cell(row, "england_value")
    return ENGLAND_WORDS.get(row["england_reason"], "No data")


@cleared_only
def period(row: Row) -> str:
    """Return the label of a figure's period as published, or the usual label where that is a bare code."""
    label = str(row["period_label"])
    if not row["period_end"]:
        return "No period"
    return _period(row).label if label.isdecimal() and len(label) > 4 else label


def _label(label: str) -> str:
    """Return the label of a school or financial year that is a bare code, "202223", as people write it: "2022/23"."""
    return f"{label[:4]}/{label[4:]}" if label.isdecimal() and len(label) == 6 else label


def after_colon(text: str) -> str:
    """Return a name as it stands after a colon: without the capital of its article."""
    return f"the {text[4:]}" if text.startswith("The ") else text


@cleared_only
def covers_months(row: Row) -> str:
    """Return what a label does not tell by itself: "12 months to March 2024", "school year"."""
    if row["period_basis"] == Basis.ROLLING12 and "-" not in row["period_label"]:
        return f"12 months to {month_in_words(row['period_end'])}"
    return "school year" if row["period_basis"] == Basis.ACAD_YEAR else ""


def _period(row: Row) -> Period:
    return Period.between(row["period_start"], row["period_end"], Basis(row["period_basis"]))


@cleared_only
def age(row: Row) -> str:
    """Return how old a figure is at the end of the snapshot's period: "9 months old"."""
    months = row["age_months"]
    if pd.isna(months):
        return ""
    return "up to date" if months == 0 else f"{plural(int(months), 'month')} old"


@cleared_only
def step(row: Row, before: float) -> str:
    """Return the difference of a figure and an earlier one as both are printed, without its sign.

    It is "" where the two are too close to tell apart: the difference itself prints as nought.
    """
    places = decimals(row)
    apart = abs(round(row["value"], places) - round(before, places))
    return number(apart, places, "change") if round(abs(row["value"] - before), places) else ""


@cleared_only
def direction(row: Row) -> str:
    """Return the direction of travel in a word; two figures that print apart may be too close to say."""
    if row["direction"] == Direction.SAME and row["previous_period_label"]:
        alike = cell(row) == cell(row, "previous_value")
        return DIRECTION_WORDS[Direction.SAME] if alike else "Too close to tell apart"
    return DIRECTION_WORDS.get(row["direction"], "No earlier figure")


@cleared_only
def change(row: Row) -> str:
    """Return the size of the last step and what it rests on: "by 0.4 points from 7.5% in 2023/24 Q3"."""
    if row["direction_basis"] == DirectionBasis.AS_PUBLISHED:
        return "as published"
    if pd.isna(row["change"]) or not row["previous_period_label"]:
        return ""
    points = " points" if row["kind"] == Kind.PROPORTION else ""
    size = "" if row["direction"] == Direction.SAME else f"by {step(row, row['previous_value'])}{points} "
    overlap = "; the two share months" if row["direction_basis"] == DirectionBasis.OVERLAPPING else ""
    return f"{size}from {cell(row, 'previous_value')} in {_label(row['previous_period_label'])}{overlap}"


@cleared_only
def two_period(row: Row) -> str:
    """Return whether the figure differs from the comparable period before, or "" where that was not tested."""
    word = _TWO_PERIOD_WORDS.get(row.get("two_period", ""), "")
    return word.format(before=_label(str(row.get("comparable_period_label", ""))))


@cleared_only
def new_edition(row: Row) -> str:
    """Return what the change of the estimates did to a percentage: so much is the estimate, so much people."""
    if not row.get("edition_from", "") or pd.isna(row.get("edition_by_estimate")):
        return ""
    places = decimals(row)
    before, after = (round(row[f"edition_{when}"], places) for when in ("before", "after"))
    estimate = round(row["edition_by_estimate"], places)
    by_estimate, by_people = (
        number(part, places, "edition_by_estimate", signed=True) for part in (estimate, after - before - estimate)
    )
    return (
        f"The estimates behind {row['edition_from']} and {row['edition_to']} are different, so the two are not "
        f"compared. From {number(before, places)}% to {number(after, places)}%: {by_estimate} points are the new "
        f"estimate (method and real change together), {by_people} points are the number of people reached."
    )


@cleared_only
def trend(row: Row) -> str:
    """Return the trend in words, "" where none could be calculated."""
    return TREND_WORDS.get(row.get("trend", ""), "")


@cleared_only
def trend_in_full(row: Row) -> str:
    """Return the trend with its method and reason, or why there is none."""
    method, note = row.get("trend_method", ""), row.get("trend_note", "")
    if trend(row):
        years = "the five newest years" if method == TrendMethod.RECENT else "the periods held"
        return f"{trend(row)} over {years}, tested."
    if method == TrendMethod.PROCESS_LIMITS:
        return "Months and quarters are judged by process limits, see Signals."
    if method == TrendMethod.NONE:
        return f"{at_start(note)}." if note else ""
    return f"We cannot show a trend: {note}." if note else ""


@cleared_only
def signal(row: Row) -> str:
    """Return what the process chart says of the newest figure, or why there is no chart."""
    note = row.get("process_note", "")
    if not note:
        return ""
    if row.get("signal", ""):
        side = "high" if row["signal_side"] > 0 else "low"
        return f"The newest figure is a signal on the {side} side: {row['signal']}. {at_start(note)}."
    usual = "Nothing unusual" if row.get("process_chart", "") else "No process limits"
    return f"{usual}: {note}."


@cleared_only
def target(row: Row) -> str:
    """Return how the figure stands to an agreed target: "Off course: target 44 by March 2027, from 40: ..."."""
    status = row.get("target_status", "")
    if not status:
        return ""
    aim, needed = in_three_digits(row["target"], "target"), row["target_needed"]
    said = f"{status.capitalize()}: target {aim} by {month_in_words(row['target_due'])}"
    if row["baseline_basis"] != BaselineBasis.HELD:
        return f"{said}; {BASELINE_WORDS[row['baseline_basis']]}."
    said += f", from {in_three_digits(row['baseline_value'], 'baseline_value')}"
    if not has_value(row):
        return f"{said}; the newest figure: {in_kind(local_value(row))}."
    if pd.isna(needed):
        return f"{said}; no figure is later than the baseline and on the way to the target."
    on_line = in_three_digits(needed, "target_needed")
    return f"{said}: {in_three_digits(row['value'])} now, {on_line} on a straight line."


@cleared_only
def verdict(row: Row) -> str:
    """Return the tested comparison in words, or what stands in its place; "" where nothing is compared."""
    if row["verdict"] != Verdict.NOT_TESTED:
        return f"{VERDICT_WORDS[row['verdict']]} {'from' if row['verdict'] == Verdict.SIMILAR else 'than'} England"
    return "" if row["compared"] == Compared.NOT_COMPARABLE else _CANNOT_SAY


@cleared_only
def verdict_word(row: Row) -> str:
    """Return the comparison as a cell says it: "Higher", "No clear difference", "Cannot say", or a dash."""
    if row["verdict"] != Verdict.NOT_TESTED:
        return VERDICT_WORDS[row["verdict"]]
    return "\u2013" if row["compared"] == Compared.NOT_COMPARABLE else "Cannot say"


@cleared_only
def gap(row: Row) -> str:
    """Return England's figure as a sentence, "" where nothing is compared."""
    if row["compared"] == Compared.NOT_COMPARABLE:
        return ""
    return f"{in_england(row)}."


@cleared_only
def published_as(row: Row) -> str:
    """Return "published as Higher" where the bare sign of the printed figures says something else."""
    if row["compared"] == Compared.NOT_COMPARABLE or row["verdict"] == row["compared"]:
        return ""
    word = COMPARED_WORDS[row["compared"]]
    if row["verdict"] in (Verdict.BETTER, Verdict.WORSE):
        return f"{word.lower()} than England"
    return f"published as {word}" if row["published_compared"] else f"{word.lower()} as printed"


@cleared_only
def evidence(row: Row) -> str:
    """Return what a verdict rests on, without repeating from where the number of people is known."""
    source = row.get("denominator_bound_note", "")
    note = verdict_notes.note(row)
    return note.replace(f" ({source})", "") if source else note


@cleared_only
def beside_england(row: Row) -> str:
    """Return the comparison as the head of a sentence: "Higher than England: 41.5% against 35.3%"."""
    figure, england = quantity(row), cell(row, "england_value")
    share = about(row["value"]) if row["kind"] == Kind.PROPORTION else ""
    mine = f"{figure} ({share})" if share else figure
    if row["verdict"] == Verdict.NOT_TESTED:
        return f"{mine}, and {england} in England"
    return f"{verdict(row)}: {mine} against {england}"


@cleared_only
def beside_others(row: Row, benchmark: Benchmark) -> str:
    """Return "Higher than 6.4%, pooled from 9 of 10 areas", or why that was not tested; "" where nothing is held."""
    if pd.isna(row.get(f"{benchmark}_value")):
        return verdict_notes.not_pooled(row, benchmark) if f"{benchmark}_refused" in row else ""
    note = verdict_notes.note(row, benchmark)
    areas = row[f"{benchmark}_areas"]
    pooled = f", pooled from {areas}" if areas else ""
    beside, result = f"{cell(row, f'{benchmark}_value')}{pooled}", row[f"verdict_{benchmark}"]
    if result == Verdict.NOT_TESTED:
        return f"{_CANNOT_SAY}. {note}"
    word = {Verdict.SIMILAR: "No clear difference from"}.get(result, f"{VERDICT_WORDS[result]} than")
    # A verdict on the figure's own interval rests on what stands beside England already.
    more = "" if row[f"verdict_basis_{benchmark}"] == VerdictBasis.INTERVAL else f" {note}"
    return f"{word} {beside}.{more}"


@cleared_only
def sentence(row: Row) -> str:
    """Return a measure's figure as a plain sentence without its title."""
    if not has_value(row):
        return f"{local_value(row)}."
    if in_doubt(row):
        return f"{quantity(row)} ({UNDER_QUERY}), {period(row)}."
    beside = pd.notna(row["england_value"]) and row["england_reason"] == EnglandReason.NONE
    return f"{beside_england(row) if beside else quantity(row)}, {period(row)}."


@cleared_only
def told(row: Row) -> str:
    """Return title and sentence in one line of text."""
    return f"{row['title']}: {in_kind(sentence(row))}"


def sparkline_label(values: list[float], row: Row) -> str:
    """Return what a sparkline shows: "8 points, from 54.1 to 48.5; lowest 48.1, highest 54.1"."""
    places = decimals(row)
    first, last, low, high = (number(value, places) for value in (values[0], values[-1], min(values), max(values)))
    return f"{len(values)} points, from {first} to {last}; lowest {low}, highest {high}"


def date_in_words(date: str) -> str:
    """Return "31 March 2025" for an ISO date."""
    day = dt.date.fromisoformat(date)
    return f"{day.day} {day:%B %Y}"


def month_in_words(month: str) -> str:
    """Return "December 2024" for "2024-12"."""
    return f"{dt.date.fromisoformat(month + '-01'):%B %Y}"


def as_known_on(as_of: str, area: Area) -> str:
    """Return "as known on 31 March 2025 (assumed)" for an ISO date; it is assumed where nobody printed it."""
    assumed = area.edition_as_of_assumed and as_of == area.edition_as_of
    return f"as known on {date_in_words(as_of)}{' (assumed)' if assumed else ''}"


def covers(area: Area, period: Period, as_of: str) -> str:
    """Return what a page covers: "Southampton: figures for periods that end by December 2024, as known on ..."."""
    return (
        f"{area.name}: figures for periods that end by {month_in_words(period.end_month)} ({period.label}), "
        f"{as_known_on(as_of, area)}."
    )


def provenance(released: Released, area: Area, period: Period) -> list[tuple[str, str]]:
    """Return the pairs of the provenance footer."""
    require_released(released)
    used = released.latest[released.latest["source"] != ""]
    return [
        ("Area", f"{area.name} ({area.code})"),
        ("Period", period.label),
        ("As known on", released.as_of),
        ("Audience", str(released.audience).capitalize()),
        ("Sources", "; ".join(sorted(used["publisher"].unique()))),
        ("Newest file received", max(used["received"], default="none")),
    ]


def signed(passage: Passage) -> str:
    """Return who wrote a passage and when, and from which period it is carried forward unchanged."""
    since = f"; unchanged since {passage.carried_forward_from}" if passage.carried_forward_from else ""
    return f"{passage.author}, {date_in_words(passage.date)}{since}."


def explained(words: str, who: str, on: str, until: str) -> str:
    """Return a recorded explanation, signed: "Explained: ... (A. Person, 2 April 2025; until 30 June 2025)"."""
    since = ", ".join(filter(None, (who, date_in_words(on))))
    return f"Explained: {words} ({since}{f'; until {date_in_words(until)}' if until else ''})"


# Words of a card, a row and a tile.


@cleared_only
def is_hidden(row: Row) -> bool:
    """Whether a figure is held and hidden because it is small."""
    return bool(row["status"] == Status.SUPPRESSED and row["withheld"] != "restricted")


@cleared_only
def has_limits(row: Row) -> bool:
    """Whether a figure stands in a process chart that has limits; a run chart has none."""
    return has_value(row) and row.get("process_chart", "") in (Chart.XMR, Chart.P_PRIME, Chart.U_PRIME)


@cleared_only
def is_tested(row: Row) -> bool:
    """Whether a figure's difference from England was tested, so that its interval says something."""
    return bool(row["verdict"] != Verdict.NOT_TESTED)


@cleared_only
def of_what(row: Row) -> str:
    """Return of what and when a figure is: "of adults in treatment for alcohol alone, 12 months to March 2024"."""
    said = unit(row).removeprefix("% ") if row["kind"] == Kind.PROPORTION else unit(row)
    return ", ".join(part for part in (said, covers_months(row) or period(row), how_sure(row), old(row)) if part)


@cleared_only
def old(row: Row) -> str:
    """Return the age of a figure that is more than a year old: "33 months old"."""
    months = row["age_months"]
    return "" if pd.isna(months) or months <= _OLD else age(row)


@cleared_only
def said(row: Row) -> str:
    """Return what a card says of its figure: England, and the last step."""
    moved_by = change(row)
    step = f"{direction(row)} {moved_by}." if moved_by and row["direction"] != Direction.UNKNOWN else ""
    more = f" {at_start(firm)}." if (firm := firm_change(row)) else ""
    return f"{gap(row)} {step}{more}".strip() if has_value(row) else ""


def caveat(text: str) -> str:
    """Return the first sentence of a measure's caveats: the one to keep in mind beside its figure."""
    first, stop, _ = text.partition(". ")
    return first + stop.strip()


@cleared_only
def traced(row: Row) -> str:
    """Return where a figure comes from, to the row of a file."""
    place = f"{row['file']}, row {row['row']}" if row["file"] and pd.notna(row["row"]) else str(row["file"])
    parts = (from_where(row), str(row["licence"]), f"received {row['received']}" if row["received"] else "", place)
    return "; ".join(part for part in parts if part) + "."


@cleared_only
def beside_past(row: Row) -> str:
    """Return how a figure that nothing is compared with stands to its own past, "" where nothing is known."""
    if has_limits(row):
        return process_finding(row).rpartition(" in ")[0]
    return at_start(firm_change(row))


@cleared_only
def firm_change(row: Row) -> str:
    """Return the change beside the comparable period before where chance alone does not explain it."""
    return two_period(row) if row.get("two_period", "") in (Marker.INCREASING, Marker.DECREASING) else ""


@cleared_only
def short_verdict(row: Row, query: str = "") -> str:
    """Return in two or three words how a figure stands to England, or to its own past; "" where nothing is known."""
    if query:
        return at_start(UNDER_QUERY)
    if not has_value(row):
        return ""
    if row["compared"] != Compared.NOT_COMPARABLE:
        return verdict_word(row)
    if has_limits(row):
        return "Unusual" if row.get("signal", "") else "As usual"
    return ""


@cleared_only
def short_reason(row: Row) -> str:
    """Return in two words why no figure stands here."""
    if row["withheld"] == "restricted":
        return "not public"
    return "hidden" if is_hidden(row) else "not yet"


@cleared_only
def in_cell(row: Row) -> str:
    """Return the local figure as a narrow cell says it: the number, "Fewer than 5", else in two words why not."""
    if has_value(row):
        return cell(row)
    told = local_value(row)
    return told if is_hidden(row) and not row["withheld"] and pd.notna(row["bound_high"]) else short_reason(row)


@cleared_only
def moved(row: Row) -> str:
    """Return the last step as a tile says it: "Up from 810 in 2022/23", "Up, as published"."""
    if row["direction"] == Direction.UNKNOWN:
        return ""
    if row["direction_basis"] == DirectionBasis.AS_PUBLISHED or not row["previous_period_label"]:
        return f"{direction(row)}, as published"
    return f"{direction(row)} from {cell(row, 'previous_value')}"


@cleared_only
def in_england(row: Row) -> str:
    """Return "England 35.3%", or "" where nothing is compared."""
    return "" if row["compared"] == Compared.NOT_COMPARABLE else f"England {cell(row, 'england_value')}"


@cleared_only
def strip_label(row: Row, others: int) -> str:
    """Return what a strip shows: "48.5%, England 57.2%, 95% interval 45.0 to 52.0"."""
    parts = [cell(row)]
    parts += [f"England {cell(row, 'england_value')}"] if not row["england_reason"] else []
    parts += [f"95% interval {interval(row)}"] if interval(row) else []
    parts += [f"among {others} other authorities"] if others else []
    return ", ".join(parts)


# Words about a chart.

#: What stands where a series begins anew.
BREAK = "new basis"
#: What stands beside a figure that has an open error.
UNDER_QUERY = "under query"
#: Rules that hold of several points in a row.
RUNS = (Rule.SHIFT, Rule.TREND)
_CANNOT_SAY = "We cannot say if this differs"


@cleared_only
def tick(row: Row) -> str:
    """Return a period as it stands under an axis: of months that are spelled out the last one."""
    label = period(row)
    if " to " in label:
        return mark(month_index(row["period_end"]))
    return label.rpartition(" - ")[2] if row["period_basis"] == Basis.ROLLING12 else label


@cleared_only
def finding(row: Row, told: list[Row]) -> str:
    """Return what a chart over time shows: where it goes if that was tested, and how it stands to England."""
    first, last = told[0], told[-1]
    moved = trend(row)
    parts = [
        f"{moved} over the years tested" if moved and moved != TREND_WORDS[Marker.NO_CHANGE] else "",
        verdict(row) if row["verdict"] != Verdict.NOT_TESTED else "",
    ]
    said = ", and ".join(in_kind(part) for part in parts if part)
    return at_start(said) or f"{cell(first)} in {period(first)}, {cell(last)} in {period(last)}"


@cleared_only
def process_finding(row: Row) -> str:
    """Return what a process chart says of the newest figure."""
    if not row.get("signal", ""):
        return f"Within its usual range in {period(row)}"
    side = "Higher" if row["signal_side"] > 0 else "Lower"
    return f"{side} than usual in {period(row)}"


@cleared_only
def stands_beside(row: Row, others: bool) -> bool:
    """Whether a figure can be drawn beside England's, or beside `others` where they are held."""
    sound = has_value(row) and not in_doubt(row) and row["kind"] != Kind.COUNT
    return sound and (others or (bool(pd.notna(row["england_value"])) and not row["england_reason"]))


def beside_finding(rows: Sequence[Row], family: str = "") -> str:
    """Return how figures stand to England's, as the title of a picture of them; `family` is what several are."""
    require_rows(rows)
    row = rows[0]
    if len(rows) > 1:
        firm = [one for one in rows if one["verdict"] not in (Verdict.NOT_TESTED, Verdict.SIMILAR)]
        told = (f"{in_kind(VERDICT_WORDS[word])} than England: {numbers}" for word in VERDICT_WORDS
                if (numbers := " and ".join(str(one["number"]) for one in firm if one["verdict"] == word)))  # fmt: skip
        low, high = (choose(rows, key=lambda one: float(one["value"])) for choose in (min, max))
        return f"{family}: {'; '.join(told) or f'from {cell(low)} to {cell(high)}'}"
    if row["verdict"] != Verdict.NOT_TESTED:
        return verdict(row)
    if pd.isna(row["england_value"]) or row["england_reason"]:
        return f"{cell(row)}, {period(row)}"
    return f"{cell(row)}, and {cell(row, 'england_value')} in England"


@cleared_only
def limit(row: Row, value: float) -> str:
    """Return a limit of a process chart with the decimals of its figures, of counts whole."""
    return number(value, decimals(row)) + ("%" if row["kind"] == Kind.PROPORTION else "")


@cleared_only
def publisher(row: Row) -> str:
    """Return who published a figure."""
    return after_colon(str(row["publisher"])) or "not stated"


@cleared_only
def from_where(row: Row) -> str:
    """Return publisher and release: "Office for National Statistics, release of October 2025"."""
    return ", ".join(filter(None, (after_colon(str(row["publisher"])), str(row["vintage"])))) or "not stated"


def subtitle(rows: Sequence[Row], place: str, cut: bool = False, gaps: bool = False, counted: str = "") -> str:
    """Return measure, place and periods under a chart's title, and what to know of its axis and its gaps.

    `rows` are the first and the last point shown, or the only one; `counted` stands for its unit where the
    picture is of several measures.
    """
    require_rows(rows)
    span = " to ".join(dict.fromkeys(map(tick if len(rows) > 1 else period, rows)))
    parts = [f"{counted or at_start(unit(rows[-1]))}, {place}, {span}."]
    parts += ["The axis does not start at zero."] if cut else []
    parts += ["Gaps are figures hidden to protect people."] if gaps else []
    return " ".join(parts)


def mark(month: int) -> str:
    """Return the words at a line through a chart, "Nov 24"; what happened stands under it."""
    return Period(month, 1, Basis.MONTH).label


def ends(released: Released, points: pd.DataFrame) -> list[Row]:
    """Return the first and the last point of a line that have a value."""
    require_released(released)
    sound = points["value"].notna() & (points["doubt"] == "" if "doubt" in points else True)
    return figures(released, points[sound].iloc[[0, -1]])


@cleared_only
def chart_alt(row: Row, lines: list[tuple[str, list[Row]]], kind: str) -> str:
    """Return a chart's alternative text: its kind, then the message with the figures at both ends of each line."""
    said = [f"{name}: " + ", ".join(f"{cell(point)} in {period(point)}" for point in points) for name, points in lines]
    unusual = f" {process_finding(row)}." if kind == "Process chart" else ""
    return f"{kind}. {'; '.join(said)}.{unusual}"


def beside_alt(rows: Sequence[Row], place: str, others: Sequence[Sequence[float]]) -> str:
    """Return the alternative text of figures beside England's and those of other authorities."""
    require_rows(rows)
    if len(rows) > 1:
        pairs = (f"{row['number']}: {cell(row)}, {england_value(row)}" for row in rows)
        return f"{len(rows)} points on one scale, {place} and England. Measure {'; '.join(pairs)}."[:300]
    row, around = rows[0], others[0]
    england = "" if row["england_reason"] else f", England {cell(row, 'england_value')}"
    span = (
        f" {len(around)} other authorities lie between {limit(row, min(around))} and {limit(row, max(around))}."
        if len(around)
        else ""
    )
    return f"A point on a scale. {place}: {cell(row)}{england}, {period(row)}.{span}"
