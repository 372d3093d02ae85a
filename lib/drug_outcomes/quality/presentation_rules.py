"""Rules about what a published scorecard prints beside its figures: titles, units, arrows and comparisons."""

import re

import numpy as np
import pandas as pd

from drug_outcomes.definitions import periods
from drug_outcomes.definitions.periods import Basis
from drug_outcomes.definitions.vocabulary import Compared, Direction, DirectionBasis, Kind, Status, Verdict
from drug_outcomes.errors import UnreadableInput
from drug_outcomes.quality.evidence import ARROWS, Evidence
from drug_outcomes.statistics.arrays import printed_decimals

_ONE_POINT = r"\b(?:only|just)\s+(?:1|one|a single)\b.*\b(?:point|period|year|quarter|month)"
_COUNTED = r"\b(?:numbers?|count|volume) of\b|^numbers?\b"
_SHARED, _RATED = r"\b(?:percentage|proportion)\b", r"\brate of\b|^rate\b"
_SHARE_UNIT, _PER_UNIT = r"percent|proportion|%", r"\brate\b|\bper\b(?!\s*cent)"
_YEARLY = (Basis.FIN_YEAR, Basis.CAL_YEAR, Basis.ACAD_YEAR, Basis.ROLLING12)
#: What the first words of a unit say about the periods beside it.
_WINDOWS = {
    r"\bmonthly\b": (Basis.MONTH,),
    r"\bquarterly\b": (Basis.QUARTER_FIN, Basis.QUARTER_CAL, Basis.ROLLING12),
    r"\bannual\b|\byearly\b": _YEARLY,
    r"\brolling\b": _YEARLY,
}
#: Words that say how long a window a figure covers, in months; "in the last 28 days" says another thing.
_LENGTHS = {"month": 1, "quarter": 3, "annual": 12, "year": 12}
_WINDOW = (
    r"\b(?:monthly|quarterly|annual|yearly|in the (?:month|quarter|year)"
    r"|(?:rolling|latest|last|past|previous) \d+[- ](?:month|year)s?"
    r"|\d+[- ](?:month|year)s? (?:rolling|period|window|total|count|percentage|average))\b"
)
#: Units of weight, by what their words look like.
_WEIGHTS = {"kilograms": r"\bkgs?\b|\bkilogram", "tonnes": r"\btonnes?\b", "grams": r"\bgms?\b|\bgrams?\b|\(g\)"}
_SIGNS = {Compared.HIGHER: 1.0, Compared.LOWER: -1.0}


def decimal_points(evidence: Evidence) -> pd.DataFrame:
    """Find whole counts printed with a decimal point beside others without: a column was converted.

    A percentage that is impossible as one is taken for a count.
    """
    rows = evidence.newest_edition
    counted = (rows["kind"] == Kind.COUNT) & rows["counted"]
    counts = rows[counted | ((rows["kind"] == Kind.PROPORTION) & (rows["value"] > 100))]
    pointed = counts["text"].str.fullmatch(r"-?[\d,]+\.0+")
    return counts[pointed & (not pointed.all())]


def direction_needs_two_points(evidence: Evidence) -> pd.DataFrame:
    """Find published arrows beside a note that there is one point only."""
    rows = _arrows(evidence)
    return rows[rows["note"].str.contains(_ONE_POINT, case=False, regex=True)]


def suppressed_direction(evidence: Evidence) -> pd.DataFrame:
    """Find published arrows from or to a suppressed figure: whether hidden numbers are equal is not known."""
    rows, series = _arrows(evidence), evidence.headline
    hidden = rows["status"] == Status.SUPPRESSED
    small = series[(series["status"] == Status.SUPPRESSED) & (series.get("withheld", "") == "")]
    before = pd.MultiIndex.from_frame(small[["measure", "period_label"]])
    key = ["measure", "period_start", "period_end"]
    told = series[[*key, "previous_period_label"]].drop_duplicates(key)
    joined = rows.merge(told, on=key, how="left", suffixes=("_", ""))
    earlier = pd.MultiIndex.from_frame(joined[["measure", "previous_period_label"]]).isin(before)
    rows = rows[(hidden & (rows.get("withheld", "") == "")).to_numpy() | earlier]
    return rows.assign(said=rows["text"].where(rows["text"] != "", "no figure"))


def direction_recomputes(evidence: Evidence) -> pd.DataFrame:
    """Find published arrows that the two points themselves contradict."""
    rows, series = _arrows(evidence), evidence.headline
    key = ["measure", "area", "period_start", "period_end", "period_basis", "breakdown"]
    computed = series[series["direction_basis"].isin([DirectionBasis.COMPUTED, DirectionBasis.OVERLAPPING])]
    columns = {"value": "held", "direction": "computed", "previous_value": "before", "previous_period_label": "since"}
    rows = rows.drop(columns=[name for name in columns.values() if name in rows])
    told = computed[[*key, *columns]].rename(columns=columns).drop_duplicates(key)
    rows = rows.merge(told, on=key)
    same_figure = (rows["value"] - rows["held"]).abs() <= 10.0 ** -rows["decimals"] / 2
    opposed = rows["computed"].isin([Direction.UP, Direction.DOWN]) & (rows["computed"] != rows["published_direction"])
    # Two values that print alike were the same to whoever drew the arrow.
    unit = 10.0 ** -pd.Series(printed_decimals(rows["value"]), rows.index)
    alike = (rows["published_direction"] == Direction.SAME) & ((rows["before"] - rows["value"]).abs() < unit)
    return rows[same_figure & opposed & ~alike]


def comparison_recomputes(evidence: Evidence) -> pd.DataFrame:
    """Find printed comparisons that the two printed values contradict."""
    rows = evidence.editions
    sign = rows["published_compared"].map({str(word): sign for word, sign in _SIGNS.items()}).astype(float)
    return rows[np.sign(rows["value"] - rows["printed_england"]) * sign < 0]


def significance(evidence: Evidence) -> pd.DataFrame:
    """Find printed comparisons that chance alone could have made."""
    key = ["measure", "period_start", "period_end"]
    rows = evidence.newest_edition.drop(columns="verdict", errors="ignore")
    rows = rows.merge(evidence.latest[[*key, "verdict"]], on=key)
    return rows[rows["published_compared"].isin(list(_SIGNS)) & (rows["verdict"] == Verdict.SIMILAR)]


def overlapping_windows(evidence: Evidence) -> pd.DataFrame:
    """Find published arrows between windows that share months."""
    rows = _arrows(evidence)
    newest = rows["received"] == rows["received"].max()
    rows = rows.assign(shared=rows["window_months"] - rows["cadence"])
    overlapping: pd.DataFrame = rows[newest & (rows["shared"] > 0)]
    return overlapping


def title_unit_agree(evidence: Evidence) -> pd.DataFrame:
    """Find titles and units that say different things: a number beside a rate, a rate beside a count."""
    rows = evidence.wordings
    title, unit = rows["published_title"].str.casefold(), rows["published_unit"].str.casefold()
    share, per = unit.str.contains(_SHARE_UNIT), unit.str.contains(_PER_UNIT)
    shared, rated = title.str.contains(_SHARED), title.str.contains(_RATED)
    counted = title.str.contains(_COUNTED) & ~shared & ~rated
    said = unit != ""
    return rows[(counted & (share | per)) | (shared & ~share & said) | (rated & ~per & said)]


def kind_and_unit_agree(evidence: Evidence) -> pd.DataFrame:
    """Find printed units of another kind than the measure's definition."""
    rows = evidence.wordings
    unit = rows["published_unit"].str.casefold()
    share, count = unit.str.contains(_SHARE_UNIT), unit.str.contains(r"\bcounts?\b|\bnumber\b")
    many = rows["kind"].isin([Kind.PROPORTION, Kind.CRUDE_RATE])
    wrong = (share & (rows["kind"] == Kind.COUNT)) | (count & many)
    return rows.assign(kind=rows["kind"].str.replace("_", " "))[wrong]


def unit_base_agree(evidence: Evidence) -> pd.DataFrame:
    """Find titles and units that count by another base than the definition: per 100 for per 1,000, kg for grams."""
    rows = evidence.wordings
    defined = _bases(rows["unit"])
    # A rate's own base says more than the words of its unit.
    rates = rows["kind"].isin([Kind.CRUDE_RATE, Kind.STANDARDISED_RATE])
    defined = defined.where(~rates, "per " + rows["per"].astype("int64").astype("str"))
    printed = [_bases(rows[name]) for name in ("published_title", "published_unit")]
    unlike = [(one != "") & (defined != "") & (one != defined) for one in printed]
    told = printed[0].where(unlike[0], printed[1])
    return rows.assign(told=told)[unlike[0] | unlike[1]]


def _bases(texts: "pd.Series[str]") -> "pd.Series[str]":
    """Return the base that a title or unit names: per 1000, or a unit of weight; "" where it names none."""
    words = texts.str.casefold().str.replace(",", "")
    per = words.str.extract(r"\bper (\d+)\s*(k|000)?\b")
    thousands = np.where(per[1].notna(), 1000, 1)
    number = "per " + (per[0].astype(float).fillna(0) * thousands).astype("int64").astype("str")
    weight = words.str.extract("|".join(f"({said})" for said in _WEIGHTS.values()))
    held = pd.Series("", texts.index, dtype="str")
    for name, found in zip(_WEIGHTS, weight, strict=True):
        held = held.where(weight[found].isna(), name)
    return number.where(per[0].notna(), held).astype("str")


def rate_needs_base(evidence: Evidence) -> pd.DataFrame:
    """Find units that call a figure a rate and do not say per how many."""
    rows = evidence.wordings
    unit = rows["published_unit"].str.casefold()
    return rows[unit.str.contains(r"\brate\b") & ~unit.str.contains(r"\bper\b|/|%")]


def unit_period_agree(evidence: Evidence) -> pd.DataFrame:
    """Find units that say monthly, quarterly, annual or rolling beside a period of another kind."""
    rows = evidence.wordings
    bases = rows["period_label"].map(_basis)
    wrong = pd.Series(False, rows.index)
    for words, fitting in _WINDOWS.items():
        wrong |= rows["published_unit"].str.contains(words, case=False) & ~bases.isin(["", *fitting])
    return rows[wrong]


def _basis(label: str) -> str:
    """Return the kind of period that a label alone names; "" where it names none, or more than one."""
    try:
        period = periods.parse(label)
    except UnreadableInput:
        return ""
    return str(period.basis) if period else ""


def windows_contradict(evidence: Evidence) -> pd.DataFrame:
    """Find titles and units that name two windows of different length."""
    rows = _windows(evidence)
    return rows[rows["lengths"].map(len) > 1]


def windows_relabelled(evidence: Evidence) -> pd.DataFrame:
    """Find titles and units that name another window than the figure covers.

    A "quarterly percentage" of people over twelve months is one: how often it comes out is not what it covers.
    """
    rows = _windows(evidence)
    unlike = [set(found) != {window} for found, window in zip(rows["lengths"], rows["window_months"], strict=True)]
    return rows[(rows["lengths"].map(len) == 1) & np.array(unlike, dtype=bool)]


def _windows(evidence: Evidence) -> pd.DataFrame:
    """Return the wordings with the windows that they name: `told` in words, and their `lengths` in months."""
    rows = evidence.wordings
    found = (rows["published_title"] + "; " + rows["published_unit"]).str.findall(_WINDOW, re.IGNORECASE)
    told = found.map(lambda texts: " and ".join(f"“{text}”" for text in dict.fromkeys(texts)))
    lengths = found.map(lambda texts: sorted({_months(text) for text in texts}))
    covers = rows["window_months"].map(_long)
    return rows.assign(told=told.astype("str"), lengths=lengths, covers=covers)


def _months(text: str) -> int:
    """Return how many months a word such as "quarterly" or "12 months" says."""
    number = re.search(r"\d+", text)
    named = next(months for word, months in _LENGTHS.items() if word in text.casefold())
    return int(number[0]) * named if number else named


def _long(months: int) -> str:
    return "one month" if months == 1 else f"{months} months"


def name_mismatch(evidence: Evidence) -> pd.DataFrame:
    """Find titles that use another name than the one agreed for a thing."""
    rows = evidence.wordings
    found = [
        rows[rows["published_title"].str.contains(variant, case=False, regex=False)].assign(variant=variant, term=term)
        for term, variant in evidence.terms.itertuples(index=False, name=None)
    ]
    return pd.concat([rows.iloc[:0].assign(variant="", term=""), *found], ignore_index=True)


def _arrows(evidence: Evidence) -> pd.DataFrame:
    """Return the rows of every edition that print an arrow."""
    rows = evidence.editions
    return rows[rows["published_direction"].isin(ARROWS)]
