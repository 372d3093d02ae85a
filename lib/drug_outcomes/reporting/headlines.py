"""Sentences about several figures: what a reader meets first, counted and ordered from cleared figures.

One sentence tells one measure, and the most noteworthy come first: worse than England or off course, then firm
differences, signals, changes and trends. A line is a pair: the measure's name, and what is said of it.
"""

from collections.abc import Callable, Sequence

import pandas as pd

from drug_outcomes import quality
from drug_outcomes.definitions.vocabulary import VALUED, Benchmark, Compared, Severity, Status, Verdict, VerdictBasis
from drug_outcomes.disclosure import Released
from drug_outcomes.quality import explanations
from drug_outcomes.reporting import wording
from drug_outcomes.reporting.wording import Row, figures, plural, require_released
from drug_outcomes.statistics import funnels
from drug_outcomes.statistics.recent_trends import Marker
from drug_outcomes.statistics.signals import Variation
from drug_outcomes.statistics.targets import TargetStatus
from drug_outcomes.statistics.trends import TrendMethod

Line = tuple[str, str]


#: How much a fact about a figure matters; the sentence of a measure ranks with its weightiest.
_WEIGHTS: tuple[tuple[int, Callable[[Row], bool]], ...] = (
    (100, lambda row: row["verdict"] == Verdict.WORSE),
    (90, lambda row: row.get("target_status", "") == TargetStatus.OFF_COURSE),
    (85, lambda row: row.get("variation", "") == Variation.CONCERN),
    (80, lambda row: row["verdict"] in (Verdict.HIGHER, Verdict.LOWER) and row["verdict_level"] > 95),
    (75, lambda row: str(row.get("trend", "")).endswith("worse")),
    (70, lambda row: row["verdict"] in (Verdict.HIGHER, Verdict.LOWER)),
    (60, lambda row: row["verdict"] == Verdict.BETTER),
    (50, lambda row: bool(row.get("signal", "")) or bool(row.get("unusual", ""))),
    (40, lambda row: wording.firm_change(row) != ""),
    (30, lambda row: wording.trend(row) not in ("", wording.TREND_WORDS[Marker.NO_CHANGE])),
    (20, lambda row: row.get("target_status", "") in (TargetStatus.MET, TargetStatus.ON_COURSE)),
)
#: Fifths of authorities: a single rank would be read as more than chance lets it say.
_BANDS = ("In the highest fifth", "In the second highest fifth", "In the middle fifth", "In the second lowest fifth",
          "In the lowest fifth")  # fmt: skip
_STANDING = {
    -2: "below even the 99.8% limits",
    -1: "below the 95% limits",
    0: "within the 95% limits",
    1: "above the 95% limits",
    2: "above even the 99.8% limits",
}
_AUTHORITY = r"E0[6-9]|E10"
#: What a funnel needs of each area's figure.
_FUNNEL = ("area", "kind", "value", "numerator", "denominator", "per")
#: How often each kind of test flags a figure by chance alone.
_COMPARISON, _RECENT_TREND, _UNUSUAL, _CHARTED = 0.05, 0.002, 0.005, 0.03
#: Why a measure has no figure although nothing is hidden: the statuses of each reason, and its words.
_ABSENT = {
    "awaited": ((Status.NOT_SUPPLIED, Status.AWAITED, Status.NOT_COLLECTED), "not held yet"),
    "unpublished": ((Status.NOT_PUBLISHED,), "not published"),
    "uncalculated": ((Status.NOT_CALCULATED,), "not calculated"),
    "inapplicable": ((Status.NOT_APPLICABLE,), "not applicable here"),
}
#: A figure is old when it is later than this many cadences and its usual lag.
_LATE = 1.5


def weight(row: Row) -> int:
    """Return how much a figure matters; 0 where there is nothing firm to say."""
    if not wording.has_value(row):
        return 0
    return max((points for points, holds in _WEIGHTS if holds(row)), default=0)


def of_measures(released: Released, measures: Sequence[str]) -> list[Row]:
    """Return the newest figures of some measures, in the framework's order."""
    # What has not been cleared is refused before anything else.
    rows, wanted = figures(released), set(measures)
    return [row for row in rows if row["measure"] in wanted]


def headlines(released: Released, measures: Sequence[str], most: int = 8) -> list[Line]:
    """Return what matters most of some measures, then the measures that are similar to England in one line."""
    rows = of_measures(released, measures)
    ranked = sorted((row for row in rows if weight(row)), key=lambda row: (-weight(row), row["number"]))
    lines = [(wording.named(row), _story(row)) for row in ranked[:most]]
    if len(ranked) > most:
        lines.append(("", f"{plural(len(ranked) - most, 'more measure')} changed or differ: see below."))
    return lines + _similar(rows) + _untested(rows)


def _story(row: Row) -> str:
    """Return the sentence of one measure: its figure beside England, then what else is firm about it."""
    trend = wording.trend(row)
    more = [
        wording.firm_change(row),
        f"{trend} over the years tested" if trend and trend != wording.TREND_WORDS[Marker.NO_CHANGE] else "",
        f"the newest figure is unusual: {row['signal']}" if row.get("signal", "") else "",
        f"{row['target_status']} for its target" if row.get("target_status", "") else "",
    ]
    said = [f"{wording.at_start(part)}." for part in more if part]
    return " ".join([wording.sentence(row), *said])


def _similar(rows: list[Row]) -> list[Line]:
    alike = [row for row in rows if row["verdict"] == Verdict.SIMILAR and not weight(row)]
    pairs = (f"{row['number']} ({wording.cell(row)}, England {wording.cell(row, 'england_value')})" for row in alike)
    return [("", f"No clear difference from England: {', '.join(pairs)}.")] if alike else []


def _untested(rows: list[Row]) -> list[Line]:
    comparable = [row for row in rows if row["compared"] != Compared.NOT_COMPARABLE]
    untested = [row for row in comparable if row["verdict"] == Verdict.NOT_TESTED]
    if not untested:
        return [] if comparable else [("", "No figure on this page can be compared with England.")]
    return [
        (
            "",
            f"For {plural(len(untested), 'measure')} we cannot say if there is a difference from England: the number "
            "of people, or the uncertainty of an estimate, was not published.",
        )
    ]


def first_things(released: Released, most: int = 5) -> list[Line]:
    """Return what to look at first: the weightiest figures, then published cells that cannot be right."""
    rows = figures(released)
    ranked = sorted((row for row in rows if weight(row)), key=lambda row: (-weight(row), row["number"]))
    lines = [(wording.named(row), _story(row)) for row in ranked[:most]]
    errors = _errors(released)
    wrong = int(quality.impossible(errors).sum()) if len(errors) else 0
    if not lines:
        lines = [("", "No local figure differs from England, or from its own past, by more than chance.")]
    if wrong:
        lines.append(("", f"{plural(wrong, 'published cell')} cannot be right as printed: see the list below."))
    if len(errors) > wrong:
        more = f"{plural(len(errors) - wrong, 'published cell')}{' more' if wrong else ''}"
        lines.append(("", f"{more} to check: what stands beside does not fit. See the list below."))
    return lines


def _errors(released: Released) -> pd.DataFrame:
    """Return the gravest findings, one for each figure: what cannot be right, or does not fit."""
    found = quality.on_own_figures(released.findings)
    return found[found["severity"] == Severity.ERROR] if len(found) else found


def in_question(released: Released, row: Row) -> str:
    """Return what the checks hold against a newest figure that does not fit, "" where nothing is open."""
    require_released(released)
    found = released.findings
    if found.empty or not row.get("doubt", ""):
        return ""
    mine = found[
        (found["measure"] == row["measure"])
        & (found["period_label"] == row["period_label"])
        & (found["rule"] == row["doubt"])
    ]
    return str(mine["what"].iloc[0]) if len(mine) else ""


def counts(released: Released) -> dict[str, int]:
    """Return how many measures have a figure, or why they have none, compare with England and so on."""
    latest = on_scorecard(released)
    rows = figures(released, latest)
    open_to_all, held_back = latest["withheld"] == "", latest["withheld"] == "restricted"
    absent = {
        name: int((latest["status"].isin(statuses) & open_to_all).sum()) for name, (statuses, _) in _ABSENT.items()
    }
    return {
        "measures": len(latest),
        "valued": sum(wording.has_value(row) for row in rows),
        "hidden": int((((latest["status"] == Status.SUPPRESSED) | ~open_to_all) & ~held_back).sum()),
        "restricted": int(held_back.sum()),
        **absent,
        "comparable": int((latest["compared"] != Compared.NOT_COMPARABLE).sum()),
        "higher": int((latest["compared"] == Compared.HIGHER).sum()),
        "lower": int((latest["compared"] == Compared.LOWER).sum()),
        "tested": int((latest["verdict"] != Verdict.NOT_TESTED).sum()),
        "similar": int((latest["verdict"] == Verdict.SIMILAR).sum()),
        "numeric": int(
            ((latest["verdict_basis"] == VerdictBasis.NUMERIC_ONLY) & (latest["verdict"] == Verdict.NOT_TESTED)).sum()
        ),
        "one_point": int((points_held(released) == 1).sum()),
        "old": len(out_of_date(released)),
        "questioned": _errors(released)["measure"].nunique() if len(_errors(released)) else 0,
    }  # fmt: skip


def on_scorecard(released: Released) -> pd.DataFrame:
    """Return the newest figures of the measures that the partnership tracks, without the series beside them."""
    require_released(released)
    latest = released.latest
    found: pd.DataFrame = latest[latest["on_scorecard"] == "yes"]
    return found


def points_held(released: Released) -> pd.Series:
    """Return per measure how many points its newest stretch has: what a line could join."""
    wording.require_released(released)
    key = ["measure", "area", "segment", "period_basis", "breakdown"]
    points = released.series.merge(on_scorecard(released)[key].drop_duplicates(), on=key)
    return points[points["status"].isin(VALUED)].groupby("measure").size()


def out_of_date(released: Released) -> list[Row]:
    """Return the figures that are older than 1.5 times their cadence plus their usual lag."""
    latest = on_scorecard(released)
    limit = _LATE * latest["cadence"] + latest["usual_lag"]
    old = latest["age_months"].astype("Float64") > limit
    return figures(released, latest[old.fillna(False).astype(bool)])


def summary(released: Released) -> str:
    """Return how everything stands in two or three sentences, every number counted from the figures."""
    n = counts(released)
    differ, untested = n["tested"] - n["similar"], n["comparable"] - n["tested"]
    parts = [
        f"{differ} {_do('differs', 'differ', differ)} from England by more than chance would explain" if differ else "",
        f"{n['similar']} {_do('shows', 'show', n['similar'])} no clear difference" if n["similar"] else "",
        f"{untested} cannot be tested from what was published" if untested else "",
    ]
    missing = [
        f"{count} {_do('is', 'are', count)} {why}"
        for count, why in (
            (n["hidden"], "hidden to protect people"),
            (n["restricted"], "not for publication"),
            *((n[name], why) for name, (_, why) in _ABSENT.items()),
        )
        if count
    ]  # fmt: skip
    held = f"{n['valued']} of {plural(n['measures'], 'measure')} {_do('has', 'have', n['valued'])} a figure"
    said = [f"{held}; {', '.join(missing)}" if missing else held, "; ".join(part for part in parts if part)]
    said += [f"{n['old']} {_do('is', 'are', n['old'])} older than expected"] if n["old"] else []
    return " ".join(f"{one}." for one in said if one)


def _do(one: str, many: str, count: int) -> str:
    return one if count == 1 else many


def priority_sentence(released: Released, priority: str) -> str:
    """Return how the measures of a priority stand, in one sentence."""
    require_released(released)
    latest = on_scorecard(released)
    rows = figures(released, latest[latest["priority"] == priority])
    held = sum(wording.has_value(row) for row in rows)
    apart = {
        word: [str(row["number"]) for row in rows if row["verdict"] == verdict]
        for verdict, word in (
            (Verdict.WORSE, "worse than England"), (Verdict.HIGHER, "higher than England"),
            (Verdict.LOWER, "lower than England"), (Verdict.BETTER, "better than England"),
        )
    }  # fmt: skip
    told = [
        f"{wording.plural(len(found), 'is', 'are')} {word} ({', '.join(found)})"
        for word, found in apart.items()
        if found
    ]
    return "; ".join([f"{held} of {plural(len(rows), 'measure')} have a figure", *told]) + "."


def priority_counts(released: Released, priority: str) -> tuple[int, ...]:
    """Return the measures of a priority: all, with a figure, comparable with England, tested, up, down."""
    mine = on_scorecard(released)
    mine = mine[mine["priority"] == priority]
    return (
        len(mine),
        sum(wording.has_value(row) for row in figures(released, mine)),
        int((mine["compared"] != Compared.NOT_COMPARABLE).sum()),
        int((mine["verdict"] != Verdict.NOT_TESTED).sum()),
        int((mine["direction"] == "up").sum()),
        int((mine["direction"] == "down").sum()),
    )


def agreement(released: Released, measures: Sequence[str]) -> str:
    """Return for how many measures the partnership has agreed which direction is good."""
    rows = of_measures(released, measures)
    agreed = sum(row["polarity_agreed"] is True for row in rows)
    if not agreed:
        return (
            "The partnership has not yet agreed for any measure which direction is good, "
            "so none is called better or worse."
        )
    return f"The partnership has agreed which direction is good for {agreed} of {plural(len(rows), 'measure')}."


def by_verdict(released: Released, measures: Sequence[str], verdict: Verdict) -> list[Line]:
    """Return the measures with a verdict, a line each."""
    found = [row for row in of_measures(released, measures) if row["verdict"] == verdict]
    return [(wording.named(row), _story(row)) for row in found]


def signals(released: Released, measures: Sequence[str]) -> list[Line]:
    """Return what is unusual among some measures: newest figures against their own past."""
    rows = [row for row in of_measures(released, measures) if wording.has_value(row)]
    lines = [
        (
            wording.named(row),
            f"{wording.quantity(row)}, {wording.period(row)}. {_why_unusual(row)} {_explained(row)}".strip(),
        )
        for row in rows
        if row.get("signal", "") or row.get("unusual", "")
    ]
    if lines or any(_judged_by_past(row) for row in rows):
        return lines or [("", "No newest figure on this page is unusual beside its own past.")]
    return [("", "No newest figure on this page could be tested against its own past: too little of it is held.")]


def _judged_by_past(row: Row) -> bool:
    """Whether a newest figure was tested against its own past, by a test or by process limits."""
    return str(row.get("unusual_note", "")).startswith("p ") or wording.has_limits(row)


def _explained(row: Row) -> str:
    recorded = [row.get(name, "") for name in explanations.CARRIED]
    return f"{wording.explained(*recorded)}." if row.get("explained_on", "") else ""


def _why_unusual(row: Row) -> str:
    if row.get("signal", ""):
        return wording.signal(row)
    weight_of = {str(Severity.ERROR): "Far from its history", str(Severity.QUERY): "Unusual beside its history"}
    return f"{weight_of[row['unusual']]}: {row['unusual_note']}."


def beyond_chance(released: Released, measures: Sequence[str]) -> tuple[list[Line], str]:
    """Return which of some newest figures moved beyond chance, and how many were looked at for it.

    Each is tested against the comparable period before, or by its process limits; a figure under query is left out.
    """
    rows = [row for row in of_measures(released, measures) if wording.has_value(row) and not in_question(released, row)]
    charted = [row for row in rows if wording.has_limits(row)]
    stepped = [row for row in rows if row.get("two_period", "") not in ("", Marker.CANNOT)]
    moved = [
        (wording.named(row), f"{wording.quantity(row)}, {wording.period(row)}. {said}")
        for row in rows
        if (said := wording.signal(row) if row.get("signal", "") else wording.at_start(wording.firm_change(row)))
    ]
    chance = _COMPARISON * len(stepped) + _CHARTED * len(charted)
    looked = f"{plural(len(rows), 'new figure')} looked at"
    tests = len(stepped) + len(charted)
    if not tests:
        return moved, f"{looked}: too little is held to test any."
    none = "" if moved else " None of them moved beyond chance."
    return moved, f"{looked}, with {plural(tests, 'test')}: chance alone would flag {_expected(chance)} of them.{none}"


def targets(released: Released, measures: Sequence[str]) -> list[Line]:
    """Return how the measures with an agreed target stand to it."""
    rows = of_measures(released, measures)
    return [(wording.named(row), said) for row in rows if (said := wording.target(row))]


@wording.cleared_only
def place(row: Row) -> str:
    """Say where a figure stands among those of all authorities, or of how few there is one; "" where none is held."""
    if pd.isna(row.get("rank_held")):
        return ""
    held, every = int(row["rank_held"]), int(row["rank_all"])
    if pd.isna(row["rank_among"]):
        return f"{held} of {every} authorities have a figure here, so no rank is drawn."
    missing = every - held
    band = _BANDS[int(row["rank_band"]) - 1]
    return f"{band} of {held} authorities{f'; {missing} have no figure' if missing else ''}."


def funnel(released: Released, row: Row) -> str:
    """Say where a figure stands among all authorities held for its period; "" where they are too few.

    Shares of modelled estimates have no funnel: their limits would leave out what the model does not know.
    """
    require_released(released)
    few = pd.notna(row.get("rank_held")) and pd.isna(row["rank_among"])
    if row["modelled"] or few or not wording.has_value(row) or wording.in_doubt(row):
        return ""
    series = released.series
    same = (series["breakdown"] == "") & (series["withheld"] == "") & (series["doubt"] == "")
    for name in ("measure", "period_start", "period_end", "segment"):
        same &= series[name] == row[name]
    held = series[list(_FUNNEL)][same]
    authorities = held[held["area"].str.match(_AUTHORITY)]
    found = funnels.standing(authorities.drop_duplicates("area", keep="last"), row["area"])
    if found is None:
        return ""
    return (
        f"Among the {found.areas} authorities held for this period it stands {_STANDING[found.sign]} round their "
        f"average of {found.average:.3g}, set by chance and by how much authorities differ anyway."
    )


def _expected(number: float) -> str:
    """Return how many of some tests chance alone would flag: "about 3", "less than one"."""
    return "less than one" if number < 0.95 else f"about {round(number)}"


def checks_run(released: Released, measures: Sequence[str]) -> str:
    """Return how many tests some measures went through, and how many of them chance alone would flag."""
    rows = of_measures(released, measures)
    compared = sum(row["verdict"] != Verdict.NOT_TESTED for row in rows)
    beside = sum(
        row.get(f"verdict_{other}", Verdict.NOT_TESTED) != Verdict.NOT_TESTED for row in rows for other in Benchmark
    )
    stepped = sum(row.get("two_period", "") not in ("", Marker.CANNOT) for row in rows)
    trends = [row["trend_method"] for row in rows if row.get("trend", "") not in ("", Marker.CANNOT)]
    recent = sum(method == TrendMethod.RECENT for method in trends)
    charted = sum(wording.has_limits(row) for row in rows)
    unusual = sum(str(row.get("unusual_note", "")).startswith("p ") for row in rows)
    chance = (
        _COMPARISON * (compared + beside + stepped + len(trends) - recent)
        + _RECENT_TREND * recent
        + _UNUSUAL * unusual
        + _CHARTED * charted
    )
    tests = compared + beside + stepped + len(trends) + unusual + charted
    others = f"{beside} with the region and similar areas, " if beside else ""
    return (
        f"Tests run: {compared} comparisons with England, {others}{stepped} changes between two periods, "
        f"{plural(len(trends), 'trend')}, {unusual} newest figures against their past and {charted} process charts. "
        f"If nothing had changed and nothing differed, chance alone would flag {_expected(chance)} of the "
        f"{tests} tests."
        if tests
        else "No test could be run: see the note beside each figure."
    )
