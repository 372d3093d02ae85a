"""Sentences about figures. All prose that the library writes is composed here, from cleared figures only."""

import datetime as dt
from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd

from drug_outcomes.areas import Area
from drug_outcomes.commentary import Passage
from drug_outcomes.disclosure import Released
from drug_outcomes.periods import Period
from drug_outcomes.vocabulary import (
    VALUED,
    Compared,
    Direction,
    DirectionBasis,
    EnglandReason,
    Kind,
    Polarity,
    Severity,
    Status,
    Verdict,
    VerdictBasis,
)

Row = Mapping[Hashable, Any]

STATUS_WORDS = {
    Status.SUPPRESSED: "Hidden: small number",
    Status.NOT_PUBLISHED: "Not published",
    Status.NOT_COLLECTED: "Not collected",
    Status.NOT_CALCULATED: "Not calculated",
    Status.NOT_SUPPLIED: "Never supplied",
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
    EnglandReason.NOT_COMPARABLE: "A count: not comparable",
    EnglandReason.NOT_LOADED: "Not loaded",
    EnglandReason.SUPPRESSED: "Hidden by the publisher",
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
    Verdict.SIMILAR: "Similar",
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
POLARITY_WORDS = {
    Polarity.HIGH_IS_GOOD: "Higher is good",
    Polarity.LOW_IS_GOOD: "Lower is good",
    Polarity.TARGET_RANGE: "Best within a range",
    Polarity.ACTIVITY: "Shows activity; neither better nor worse",
    Polarity.NO_JUDGEMENT: "Neither better nor worse",
}


def number(value: float, decimals: int) -> str:
    """Return a number with thousands separators and a real minus sign; halves round away from zero."""
    text = f"{value:,.{decimals}f}"
    return text.replace("-", "\u2212")


def quantity(value: float, row: Row) -> str:
    """Return a value with its unit: "48.5%", "5.6 per 1,000", "830"."""
    text = number(value, int(row["decimals"]))
    if row["kind"] == Kind.PROPORTION:
        return f"{text}%"
    if row["kind"] in (Kind.CRUDE_RATE, Kind.STANDARDISED_RATE):
        return f"{text} per {row['per']:,.0f}"
    return text


def has_value(row: Row) -> bool:
    """Whether a row carries a figure that may be shown."""
    return row["status"] in VALUED and pd.notna(row["value"]) and not row["withheld"]


def local_value(row: Row) -> str:
    """Return what the cell of the local figure says: the value, or why there is none."""
    if row["withheld"]:
        return WITHHELD_WORDS[row["withheld"]]
    if row["status"] == Status.SUPPRESSED and pd.notna(row["bound_high"]):
        return f"Fewer than {row['bound_high'] + 1:.0f}"
    if has_value(row):
        return quantity(row["value"], row)
    return STATUS_WORDS.get(row["status"], "No data")


def interval(row: Row, lower: str = "interval_lower", upper: str = "interval_upper") -> str:
    """Return "5.6 to 9.1", or "" where there is no interval."""
    if pd.isna(row[lower]) or pd.isna(row[upper]):
        return ""
    places = int(row["decimals"])
    return f"{number(row[lower], places)} to {number(row[upper], places)}"


def england_value(row: Row) -> str:
    """Return what the cell of England's figure says."""
    if pd.notna(row["england_value"]) and row["england_reason"] == EnglandReason.NONE:
        return quantity(row["england_value"], row)
    if row["england_reason"] == EnglandReason.SUPPRESSED and row["england_text"]:
        return f"Published as {row['england_text']}"
    return ENGLAND_WORDS.get(row["england_reason"], "No data")


def age(row: Row) -> str:
    """Return how old the newest figure is: "9 months before the end of this snapshot"."""
    months = row["age_months"]
    if pd.isna(months):
        return ""
    if months == 0:
        return "up to date"
    return f"{months} month{'s' if months != 1 else ''} old"


def direction(row: Row) -> str:
    """Return the direction of travel and what it rests on."""
    word = DIRECTION_WORDS.get(row["direction"], "No earlier figure")
    basis = {
        DirectionBasis.AS_PUBLISHED: "as published",
        DirectionBasis.OVERLAPPING: "the two periods overlap",
    }.get(row["direction_basis"], "")
    return f"{word} ({basis})" if basis and row["direction"] != Direction.UNKNOWN else word


def verdict(row: Row) -> str:
    """Return the tested comparison in a word, or what stands in its place."""
    if row["verdict"] != Verdict.NOT_TESTED:
        return VERDICT_WORDS[row["verdict"]]
    if row["compared"] == Compared.NOT_COMPARABLE:
        return COMPARED_WORDS[Compared.NOT_COMPARABLE]
    return "Not tested"


def published_as(row: Row) -> str:
    """Return "published as higher" where the bare sign says something else than the verdict."""
    if row["compared"] == Compared.NOT_COMPARABLE or row["verdict"] == row["compared"]:
        return ""
    return f"published as {COMPARED_WORDS[row['compared']].lower()}"


def in_kind(text: str) -> str:
    """Return a title as it stands in the middle of a sentence."""
    keep = len(text) > 1 and text[1].isupper()
    return text if keep else text[:1].lower() + text[1:]


def plural(count: int, one: str, many: str = "") -> str:
    """Return "1 measure", "2 measures"."""
    return f"{count} {one if count == 1 else many or one + 's'}"


def sentence(row: Row) -> str:
    """Return one measure's figure as a plain sentence, with what it can and cannot say."""
    if not has_value(row):
        return f"{row['title']}: {in_kind(local_value(row))}."
    sure = interval(row)
    beginning = f"{row['title']}: {quantity(row['value'], row)} in {row['period_label']}"
    beginning += f" (95% interval {sure})" if sure else ""
    if pd.isna(row["england_value"]) or row["england_reason"]:
        return beginning + "."
    middle = f"{beginning}; England {quantity(row['england_value'], row)}."
    return f"{middle} {row['verdict_note']}".strip()


def headlines(latest: pd.DataFrame, most: int = 8) -> list[str]:
    """Return the sentences that matter most, in order: firm differences first, then tested similarities.

    Only tested comparisons and computed directions are headlines; a page where nothing could be tested says so.
    """
    tested = latest[latest["verdict"] != Verdict.NOT_TESTED]
    order = {Verdict.WORSE: 0, Verdict.BETTER: 1, Verdict.HIGHER: 2, Verdict.LOWER: 2, Verdict.SIMILAR: 3}
    ranked = tested.assign(rank=tested["verdict"].map(order)).sort_values(["rank", "number"], kind="stable")
    sentences = [sentence(row) for row in ranked.head(most).to_dict("records")]
    if not sentences:
        return ["No comparison on this page could be tested: see the notes beside each figure."]
    return sentences


def counts(released: Released) -> dict[str, int]:
    """Return how many measures have a figure, are hidden, were never supplied, compare with England and so on."""
    latest = released.latest
    rows = latest.to_dict("records")
    local = released.series[
        released.series["area"].isin(latest["area"]) & (released.series["breakdown"] == "")
    ]
    points = (
        local[local["status"].isin([str(word) for word in VALUED])].groupby(["measure", "segment"]).size()
    )
    current_segment = list(zip(latest["measure"], latest["segment"], strict=True))
    return {
        "measures": len(latest),
        "valued": sum(has_value(row) for row in rows),
        "hidden": int(((latest["status"] == Status.SUPPRESSED) & (latest["withheld"] != "restricted")).sum()),
        "restricted": int((latest["withheld"] == "restricted").sum()),
        "awaited": int(
            latest["status"].isin([Status.NOT_SUPPLIED, Status.AWAITED, Status.NOT_COLLECTED]).sum()
        ),
        "comparable": int((latest["compared"] != Compared.NOT_COMPARABLE).sum()),
        "higher": int((latest["compared"] == Compared.HIGHER).sum()),
        "lower": int((latest["compared"] == Compared.LOWER).sum()),
        "tested": int((latest["verdict"] != Verdict.NOT_TESTED).sum()),
        "similar": int((latest["verdict"] == Verdict.SIMILAR).sum()),
        "numeric": int(
            (
                (latest["verdict_basis"] == VerdictBasis.NUMERIC_ONLY)
                & (latest["verdict"] == Verdict.NOT_TESTED)
            ).sum()
        ),
        "one_point": sum(points.get(key, 0) == 1 for key in current_segment),
        "old": len(out_of_date(latest)),
        "questioned": int(released.findings["measure"].nunique()) if len(released.findings) else 0,
    }


def out_of_date(latest: pd.DataFrame) -> pd.DataFrame:
    """Return the measures whose newest figure is older than 1.5 times its cadence plus its usual lag."""
    limit = 1.5 * latest["cadence"] + latest["usual_lag"]
    return latest[
        latest["age_months"].notna() & (latest["age_months"].astype("Float64") > limit).fillna(False)
    ]


def main_points(released: Released) -> list[str]:
    """Return the first screen in plain words, every number counted from the figures."""
    n = counts(released)
    said = [
        f"{n['valued']} of the {plural(n['measures'], 'measure')} have a figure; "
        f"{n['hidden']} {'is' if n['hidden'] == 1 else 'are'} hidden because the number is small"
        + (f", {n['restricted']} may not be published" if n["restricted"] else "")
        + f", and {n['awaited']} {'was' if n['awaited'] == 1 else 'were'} never supplied.",
        f"{n['comparable']} can be set beside England: {n['higher']} higher and {n['lower']} lower as printed. "
        f"Of these {n['tested']} could be tested, and {n['similar']} of them "
        f"{'is' if n['similar'] == 1 else 'are'} similar to England.",
    ]
    if n["one_point"]:
        said.append(
            f"{plural(n['one_point'], 'measure')} {'has' if n['one_point'] == 1 else 'have'} one published point only, "
            "so no trend can be shown for them until earlier scorecards are added."
        )
    if n["old"]:
        said.append(f"{plural(n['old'], 'figure')} {'is' if n['old'] == 1 else 'are'} older than expected.")
    if n["questioned"]:
        said.append(
            f"{plural(n['questioned'], 'measure')} {'has' if n['questioned'] == 1 else 'have'} "
            "published cells that need checking."
        )
    return said


def sparkline_label(values: list[float], row: Row) -> str:
    """Return what a sparkline shows: "8 points, from 54.1 to 48.5; lowest 48.1, highest 54.1"."""
    first, last, low, high = (
        number(value, int(row["decimals"])) for value in (values[0], values[-1], min(values), max(values))
    )
    return f"{len(values)} points, from {first} to {last}; lowest {low}, highest {high}"


def as_known_on(as_of: str) -> str:
    """Return "as known on 31 March 2025" for an ISO date."""
    date = dt.date.fromisoformat(as_of)
    return f"as known on {date.day} {date:%B %Y}"


def covers(area: Area, period: Period, as_of: str) -> str:
    """Return what a page covers: "Southampton: figures for periods that end by December 2024, as known on ..."."""
    return (
        f"{area.name}: figures for periods that end by {month_in_words(period.end_month)} ({period.label}), "
        f"{as_known_on(as_of)}."
    )


def month_in_words(month: str) -> str:
    """Return "December 2024" for "2024-12"."""
    return f"{dt.date.fromisoformat(month + '-01'):%B %Y}"


def first_things(released: Released, most: int = 5) -> list[str]:
    """Return what to look at first: tested differences, then published cells that cannot be right."""
    tested = released.latest[
        released.latest["verdict"].isin([Verdict.HIGHER, Verdict.LOWER, Verdict.BETTER, Verdict.WORSE])
    ]
    said = headlines(tested, most) if len(tested) else ["No local figure differs from England beyond chance."]
    wrong = released.findings[released.findings["severity"] == Severity.ERROR]
    if len(wrong):
        said.append(f"{plural(len(wrong), 'published cell')} cannot be right as printed: see the list below.")
    return said


def priority_counts(released: Released, priority: str) -> tuple[int, int, int, int]:
    """Return the measures of a priority: all, with a figure, comparable with England, tested."""
    mine = released.latest[released.latest["priority"] == priority]
    return (
        len(mine),
        sum(has_value(row) for row in mine.to_dict("records")),
        int((mine["compared"] != Compared.NOT_COMPARABLE).sum()),
        int((mine["verdict"] != Verdict.NOT_TESTED).sum()),
    )


def expected_age(row: Row) -> str:
    """Return how old a figure may be before it counts as late: one cadence plus the usual lag."""
    return f"up to {int(row['cadence'] + row['usual_lag'])} months"


def provenance(released: Released, area: Area, period: Period) -> list[tuple[str, str]]:
    """Return the pairs of the provenance footer."""
    used = released.latest[released.latest["source"] != ""]
    return [
        ("Area", f"{area.name} ({area.code})"),
        ("Period", period.label),
        ("As known on", released.as_of),
        ("Audience", str(released.audience).capitalize()),
        ("Sources", "; ".join(sorted(used["publisher"].unique()))),
        ("Newest file received", max(used["received"], default="none")),
    ]


def agreement(agreed: int, measures: int) -> str:
    """Return for how many measures the partnership has agreed which direction is good."""
    if not agreed:
        return (
            "The partnership has not yet agreed for any measure which direction is good, "
            "so none is called better or worse."
        )
    return (
        f"The partnership has agreed which direction is good for {agreed} of {plural(measures, 'measure')}."
    )


def drawable(rows: pd.DataFrame) -> int:
    """Return how many points of a series may be drawn."""
    return int((rows["status"].isin([str(word) for word in VALUED]) & rows["value"].notna()).sum())


def why_no_chart(local: pd.DataFrame) -> str:
    """Return why a measure has no chart."""
    points = drawable(local)
    if points:
        return "One point is held, so there is no line to draw. Earlier scorecards would add its history."
    return "No figure may be drawn."


def subtitle(row: Row, place: str) -> str:
    """Return measure, place and period under a chart's title."""
    per = f" per {row['per']:,.0f}" if row["kind"] in (Kind.CRUDE_RATE, Kind.STANDARDISED_RATE) else ""
    return f"{row['unit'].capitalize()}{per if ' per ' not in row['unit'] else ''}, {place}, to {row['period_label']}"


def gap_words(gaps: pd.DataFrame) -> list[str]:
    """Return the word that stands where a point is missing."""
    return [
        "hidden" if row["status"] == Status.SUPPRESSED else "no figure" for row in gaps.to_dict("records")
    ]


def chart_alt(rows: pd.DataFrame, row: Row, place: str) -> str:
    """Return a chart's alternative text: its kind, then the message with the figures."""
    valued = rows[rows["value"].notna()]
    local, england = (valued[valued["area"] == code] for code in (row["area"], row["benchmark"]))
    said = f"Line chart. {place}: {_from_to(local, row)}"
    said += f"; England: {_from_to(england, row)}." if len(england) else "."
    return said


def _from_to(points: pd.DataFrame, row: Row) -> str:
    first, last = points.iloc[0], points.iloc[-1]
    ends = (f"{quantity(point['value'], row)} in {point['period_label']}" for point in (first, last))
    return ", ".join(ends)


def signed(passage: Passage) -> str:
    """Return who wrote a passage and when, and from which period it is carried forward unchanged."""
    since = f"; unchanged since {passage.carried_forward_from}" if passage.carried_forward_from else ""
    return f"{passage.author}, {passage.date}{since}."


def signals(released: Released, measures: list[str]) -> list[str]:
    """Return what is unusual among some measures, or why nothing could be tested."""
    return [
        f"No series on this page has enough comparable points to look for signals ({len(measures)} measures)."
    ]
