"""Rules about what a published scorecard prints beside its figures: titles, units, arrows and comparisons."""

import numpy as np
import pandas as pd

from drug_outcomes.definitions import periods
from drug_outcomes.definitions.periods import Basis
from drug_outcomes.definitions.vocabulary import Compared, Direction, DirectionBasis, Kind, Status, Verdict
from drug_outcomes.errors import UnreadableInput
from drug_outcomes.quality.evidence import ARROWS, Evidence, text_of
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
_SIGNS = {Compared.HIGHER: 1.0, Compared.LOWER: -1.0}


def direction_needs_two_points(evidence: Evidence) -> pd.DataFrame:
    """Find published arrows beside a note that there is one point only."""
    rows = _arrows(evidence)
    rows = rows[rows["note"].str.contains(_ONE_POINT, case=False, regex=True)]
    return rows.assign(
        what="A direction of travel was published, although its own note says that there is one point only.",
        figures="published direction: " + rows["published_direction"],
    )


def suppressed_direction(evidence: Evidence) -> pd.DataFrame:
    """Find published arrows from or to a suppressed figure: whether hidden numbers are equal is not known."""
    rows, series = _arrows(evidence), evidence.headline
    hidden = rows["status"] == Status.SUPPRESSED
    small = series[(series["status"] == Status.SUPPRESSED) & (series.get("withheld", "") == "")]
    before = pd.MultiIndex.from_frame(small[["measure", "period_label"]])
    joined = rows.merge(
        series[["measure", "period_start", "period_end", "previous_period_label"]].drop_duplicates(
            ["measure", "period_start", "period_end"]
        ),
        on=["measure", "period_start", "period_end"],
        how="left",
        suffixes=("_", ""),
    )
    earlier = pd.MultiIndex.from_frame(joined[["measure", "previous_period_label"]]).isin(before)
    rows = rows[(hidden & (rows.get("withheld", "") == "")).to_numpy() | earlier]
    said = rows["text"].where(rows["text"] != "", "no figure")
    return rows.assign(
        what="A direction of travel was published beside a suppressed figure (" + said
        + "): whether two hidden numbers are equal is not known.",
        figures=said + "; published direction: " + rows["published_direction"],
    )  # fmt: skip


def direction_recomputes(evidence: Evidence) -> pd.DataFrame:
    """Find published arrows that the two points themselves contradict."""
    rows = _arrows(evidence)
    key = ["measure", "area", "period_start", "period_end", "period_basis", "breakdown"]
    computed = evidence.headline[
        evidence.headline["direction_basis"].isin([DirectionBasis.COMPUTED, DirectionBasis.OVERLAPPING])
    ]
    columns = {
        "value": "held",
        "direction": "computed",
        "previous_value": "before",
        "previous_period_label": "since",
    }
    rows = rows.drop(columns=[name for name in columns.values() if name in rows])
    told = computed[[*key, *columns]].rename(columns=columns).drop_duplicates(key)
    rows = rows.merge(told, on=key)
    same_figure = (rows["value"] - rows["held"]).abs() <= 10.0 ** -rows["decimals"] / 2
    opposed = rows["computed"].isin([Direction.UP, Direction.DOWN]) & (
        rows["computed"] != rows["published_direction"]
    )
    # Two values that print alike were the same to whoever drew the arrow.
    unit = 10.0 ** -pd.Series(printed_decimals(rows["value"]), rows.index)
    alike = (rows["published_direction"] == Direction.SAME) & ((rows["before"] - rows["value"]).abs() < unit)
    opposed &= ~alike
    rows = rows[same_figure & opposed]
    figures = (
        text_of(rows["before"]) + "; " + text_of(rows["value"]) + "; printed: " + rows["published_direction"]
    )
    return rows.assign(
        what="The arrow says " + rows["published_direction"] + ", and the figure went " + rows["computed"]
        + " since " + rows["since"] + ".",
        figures=figures,
    )  # fmt: skip


def comparison_recomputes(evidence: Evidence) -> pd.DataFrame:
    """Find printed comparisons that the two printed values contradict."""
    rows = evidence.editions
    sign = rows["published_compared"].map({str(word): sign for word, sign in _SIGNS.items()}).astype(float)
    rows = rows[np.sign(rows["value"] - rows["printed_england"]) * sign < 0]
    figures = rows["text"] + "; " + rows["printed_england_text"]
    return rows.assign(
        what="Printed as " + rows["published_compared"] + " than England: " + figures + ".", figures=figures
    )


def significance(evidence: Evidence) -> pd.DataFrame:
    """Find printed comparisons that chance alone could have made."""
    key = ["measure", "period_start", "period_end"]
    tested = evidence.latest[[*key, "verdict", "verdict_note"]]
    rows = evidence.newest_edition
    rows = rows.drop(columns=[name for name in ("verdict", "verdict_note") if name in rows]).merge(
        tested, on=key
    )
    rows = rows[rows["published_compared"].isin(list(_SIGNS)) & (rows["verdict"] == Verdict.SIMILAR)]
    return rows.assign(
        what="Printed as " + rows["published_compared"] + " than England, which the test does not support. "
        + rows["verdict_note"],
        figures=rows["text"] + "; " + rows["printed_england_text"].fillna(""),
    )  # fmt: skip


def overlapping_windows(evidence: Evidence) -> pd.DataFrame:
    """Find published arrows between windows that share months."""
    rows = _arrows(evidence)
    rows = rows[(rows["window_months"] > rows["cadence"]) & (rows["received"] == rows["received"].max())]
    window = rows["window_months"].astype("str")
    shared = (rows["window_months"] - rows["cadence"]).astype("str")
    told: pd.DataFrame = rows.assign(
        what="The arrow compares windows of " + window + " months that share " + shared
        + ": it shows the newest months against those that dropped out, and nothing of significance.",
        figures=rows["period_label"] + "; " + shared + " of " + window + " months shared",
    )  # fmt: skip
    return told


def title_unit_agree(evidence: Evidence) -> pd.DataFrame:
    """Find titles and units that say different things: a number beside a rate, a rate beside a count."""
    rows = evidence.wordings
    title, unit = rows["published_title"].str.casefold(), rows["published_unit"].str.casefold()
    share, per = unit.str.contains(_SHARE_UNIT), unit.str.contains(_PER_UNIT)
    shared, rated = title.str.contains(_SHARED), title.str.contains(_RATED)
    counted = title.str.contains(_COUNTED) & ~shared & ~rated
    said = unit != ""
    wrong = (counted & (share | per)) | (shared & ~share & said) | (rated & ~per & said)
    rows = rows[wrong]
    return rows.assign(
        what="The title and the unit disagree: \u201c" + rows["published_title"] + "\u201d in \u201c"
        + rows["published_unit"] + "\u201d.",
        figures=rows["text"] + " " + rows["published_unit"],
    )  # fmt: skip


def rate_needs_base(evidence: Evidence) -> pd.DataFrame:
    """Find units that call a figure a rate and do not say per how many."""
    rows = evidence.wordings
    unit = rows["published_unit"].str.casefold()
    rows = rows[unit.str.contains(r"\brate\b") & ~unit.str.contains(r"\bper\b|/|%")]
    return rows.assign(
        what="The unit is \u201c" + rows["published_unit"] + "\u201d: per how many people, and whether it allows for "
        "age, is not said.",
        figures=rows["text"] + " " + rows["published_unit"],
    )  # fmt: skip


def unit_period_agree(evidence: Evidence) -> pd.DataFrame:
    """Find units that say monthly, quarterly, annual or rolling beside a period of another kind."""
    rows = evidence.wordings
    bases = rows["period_label"].map(_basis)
    wrong = pd.Series(False, rows.index)
    for words, fitting in _WINDOWS.items():
        wrong |= rows["published_unit"].str.contains(words, case=False) & ~bases.isin(["", *fitting])
    rows = rows[wrong]
    return rows.assign(
        what="The unit is \u201c"
        + rows["published_unit"]
        + "\u201d beside the period "
        + rows["period_label"]
        + ".",
        figures=rows["period_label"],
    )


def _basis(label: str) -> str:
    """Return the kind of period that a label alone names; "" where it names none, or more than one."""
    try:
        period = periods.parse(label)
    except UnreadableInput:
        return ""
    return str(period.basis) if period else ""


def numbering(evidence: Evidence) -> pd.DataFrame:
    """Find numbers of measures that an edition prints twice, and gaps between them."""
    rows = evidence.newest_edition
    number = pd.to_numeric(rows["published_number"], errors="coerce")
    twice = number.duplicated(keep=False) & number.notna()
    gap = number.notna() & (number > number.min()) & ~(number - 1).isin(number)
    said = rows["published_number"]
    words = ("Two measures have this number: " + said).where(
        twice, "No measure has the number before " + said
    ) + "."
    told: pd.DataFrame = rows.assign(what=words, figures=said)[twice | gap]
    return told


def name_mismatch(evidence: Evidence) -> pd.DataFrame:
    """Find titles that use another name than the one agreed for a thing."""
    rows = evidence.wordings
    found = [
        rows[rows["published_title"].str.contains(variant, case=False, regex=False)].assign(
            variant=variant, term=term
        )
        for term, variant in evidence.terms.itertuples(index=False, name=None)
    ]
    rows = pd.concat([rows.iloc[:0].assign(variant="", term=""), *found], ignore_index=True)
    return rows.assign(
        what="The title says \u201c"
        + rows["variant"]
        + "\u201d; the name in use is \u201c"
        + rows["term"]
        + "\u201d.",
        figures=rows["variant"],
    )


def _arrows(evidence: Evidence) -> pd.DataFrame:
    """Return the rows of every edition that print an arrow."""
    rows = evidence.editions
    return rows[rows["published_direction"].isin(ARROWS)]


def kind_and_unit_agree(evidence: Evidence) -> pd.DataFrame:
    """Find printed units of another kind than the measure's definition."""
    rows = evidence.wordings
    unit = rows["published_unit"].str.casefold()
    share, count = unit.str.contains(_SHARE_UNIT), unit.str.contains(r"\bcounts?\b|\bnumber\b")
    wrong = (share & (rows["kind"] == Kind.COUNT)) | (
        count & rows["kind"].isin([Kind.PROPORTION, Kind.CRUDE_RATE])
    )
    rows = rows[wrong]
    return rows.assign(
        what="The unit is \u201c" + rows["published_unit"] + "\u201d, and the measure is defined as a "
        + rows["kind"].str.replace("_", " ") + ".",
        figures=rows["text"] + " " + rows["published_unit"],
    )  # fmt: skip
