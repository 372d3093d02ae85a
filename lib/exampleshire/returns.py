"""Restricted returns about Exampleshire: what local partners and the restricted reports send.

A figure comes first and is made final with the next return. Counts of a thousand and more are unmistakable:
each is moved to the nearest number that stands in no public file of the area, so that a search of what was
published shows whether one got out. (There are not enough smaller numbers for that: public files hold them all.)
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import pandas as pd

from drug_outcomes.definitions.periods import Period
from exampleshire import draws, model
from exampleshire.files import File, Row
from exampleshire.forms import form, line
from exampleshire.numerals import rounded
from exampleshire.places import ENGLAND, EXAMPLESHIRE, Place
from exampleshire.timeline import AS_OF, MODELLED, MONTHS, QUARTERS, YEARS, arrival, fin_year, rolling

#: Numbers from here on are unmistakable.
LEAST = 1000
#: The first month, or quarter, of each planted signal.
STEP_FROM, DRIFT_FROM, SPIKE_IN = "2024-03", "2023-10", "2024-11"
#: From this quarter case-loads count only workers who hold cases: a break in the series.
BREAK_FROM = "2023-04"
_STOPPED = "2025/26 Q1"  # the provider of diversion courses has sent nothing since
_BLANK = "2023/24 Q2"  # the provider had nothing to send for this quarter
_STALE_SINCE = "2023/24 Q3"  # the last quarter of the parents' report
_LATE = {("opcc", "2024/25"): "2026-01-09"}  # due in June


@dataclass(frozen=True)
class Figure:
    """One figure of a return: what it was at first (`first`, "" where it was final at once) and in the end.

    `final` and `first` are value, numerator and denominator as text.
    """

    measure: str
    area: str
    period: Period
    final: tuple[str, str, str]
    first: tuple[str, str, str] = ("", "", "")
    breakdown: str = ""


@dataclass(frozen=True)
class Sender:
    """Who sends a return, how many months after the period and on which day; until `history` once a year."""

    source: str
    from_whom: str
    cadence: int
    lag: int
    day: int
    history: str
    ending: str = "csv"


_SENDERS = (
    Sender("police", "Performance analyst, Example Valley Police", 1, 1, 14, "2024-06-30"),
    Sender("icu", "Substance use commissioner, Exampleshire Council", 3, 2, 27, "2024-05-31", "xlsx"),
    Sender("ndtms_local_outcomes", "Treatment commissioner, Exampleshire Council", 3, 3, 19, "2024-06-30"),
    Sender("ndtms_domes", "Treatment commissioner, Exampleshire Council", 3, 3, 19, "2024-06-30"),
    Sender("drugscope", "Contract manager, Second Turning courses", 3, 1, 18, "2024-04-30"),
    Sender("opcc", "Policy officer, office of the police and crime commissioner", 12, 3, 26, "2024-06-30"),
)


def figures(taken: frozenset[str]) -> dict[str, list[Figure]]:
    """Return every figure of every return by source; `taken` are the numbers of the public files."""
    used: set[int] = set()

    def free(number: int) -> int:
        """Return the nearest number, up and down, that no public file holds and no return has told yet."""
        near = (number + step * sign for step in range(number) for sign in (1, -1))
        found = next(one for one in near if one < LEAST or not (one in used or str(one) in taken))
        used.add(found)
        return found

    return {
        "police": _police(free),
        "icu": _icu(free),
        "ndtms_local_outcomes": [*_outcomes(EXAMPLESHIRE), *_outcomes(ENGLAND)],
        "ndtms_domes": [*_parents(EXAMPLESHIRE), *_parents(ENGLAND)],
        "drugscope": _diversions(free),
        "opcc": _tests(free),
    }


_Free = Callable[[int], int]


def _count(
    measure: str, period: Period, number: int, *, parts: dict[str, int] | None = None, free: _Free, late: int = 0
) -> list[Figure]:
    """Return a count, made unmistakable, with its parts by sex; `late` were added after the first return."""
    total = free(number)
    first = free(total - late) if late else total
    both = (str(total), "", ""), (str(first), "", "")
    rows = [Figure(measure, EXAMPLESHIRE.code, period, *both)]
    for name in parts or {}:
        split = (draws.split(whole, parts or {})[name] for whole in (total, first))
        finals = [(str(one), "", "") for one in split]
        rows.append(Figure(measure, EXAMPLESHIRE.code, period, finals[0], finals[1], f"sex={name}"))
    return rows


def _ratio(
    measure: str, place: Place, period: Period, numerator: int, denominator: int, per: int = 100, late: float = 0.006
) -> Figure:
    """Return a share with two decimals; of both its numbers a few were added after the first return."""
    name = (measure, place.code, period.start_month)
    first = (
        numerator - draws.binomial(numerator, late, "late", *name),
        denominator - draws.binomial(denominator, late / 2, "late of", *name),
    )
    final, told_first = ((rounded(x, n, per, 2), str(x), str(n)) for x, n in ((numerator, denominator), first))
    return Figure(measure, place.code, period, final, told_first)


def _walk(name: str, steps: int, width: int) -> list[int]:
    """Return a series that wanders about 0 and is drawn back to it."""
    found = [0]
    for step in range(steps):
        found.append(found[-1] * 85 // 100 + draws.between(-width, width, "walk", name, step))
    return found[1:]


def _police(free: _Free) -> list[Figure]:
    rows = []
    networks = _walk("networks", len(MONTHS), 5)
    for month, wander in zip(MONTHS, networks, strict=True):
        rows += _count("active_drug_networks", month, 141 + wander, free=free)
        grams = 21_000 * draws.between(60, 150, "grams", month.start) * draws.between(65, 150, "lot", month.start)
        grams = grams // 10_750 * (11 if month.start_month == SPIKE_IN else 1)
        rows += _count("drug_seizure_volume", month, grams, free=free)
        season = (960, 940, 1010, 1000, 1040, 1030, 1020, 990, 1010, 1030, 1000, 970)[month.start % 12]
        mean = 1240 * season / 1000 * (1.42 if month.start_month >= STEP_FROM else 1)
        told = draws.poisson(mean, "intelligence", month.start)
        rows += _count("drug_intelligence_submissions", month, told, free=free,
                       late=draws.between(0, 24, "late", month.start))  # fmt: skip
    for year in YEARS:
        crimes = draws.poisson(1870 * (1 + 0.015 * (year - 2017)), "violence", year)
        rows += _count("drug_related_violent_crime", fin_year(year), crimes, free=free)
    return rows


_SEX = {"Male": 66, "Female": 34}


def _icu(free: _Free) -> list[Figure]:
    rows = []
    staff, workers = _walk("staff", len(QUARTERS), 4), _walk("workers", len(QUARTERS), 3)
    adults, young = model.everybody(EXAMPLESHIRE), model.young_people(EXAMPLESHIRE)
    young = young.groupby("quarter", as_index=False)[model.FLOWS].sum()
    for number, quarter in enumerate(QUARTERS):
        rows += _count("treatment_workforce", quarter, 291 + number + staff[number], free=free)
        holding = 103 + workers[number] - (15 if quarter.start_month >= BREAK_FROM else 0)
        rows.append(_ratio("caseload_adults", EXAMPLESHIRE, quarter, _at_end(adults, quarter), holding, 1, 0))
        team = 10 + draws.between(0, 2, "team", quarter.start)
        rows.append(_ratio("caseload_young_people", EXAMPLESHIRE, quarter, _at_end(young, quarter), team, 1, 0))
        drift = 104 * (1 + 0.055 * max(0, (quarter.start_month >= DRIFT_FROM) * (number - 22)))
        term = (1050, 620, 1190, 1140)[(quarter.start - 3) % 12 // 3]
        for measure, mean, parts in (
            ("residential_rehabilitation_entries", 118.0, _SEX),
            ("drug_rehabilitation_requirement_clients", 217.0, {"Male": 82, "Female": 18}),
            ("employment_support_job_starts", drift, _SEX),
            ("childrens_services_referrals", 131.0, None),
            ("substance_education_sessions", 3100 * term / 1000, None),
        ):
            happened = draws.poisson(mean, measure, quarter.start)
            late = draws.between(0, 3, "late", measure, quarter.start)
            rows += _count(measure, quarter, happened, parts=parts, free=free, late=late)
    return rows


def _at_end(flows: pd.DataFrame, quarter: Period) -> int:
    """Return the people in treatment on the last day of a quarter."""
    mine = flows[flows["quarter"] == quarter.start].iloc[0]
    return int(mine["stock"] + mine["new"] - mine["completed"] - mine["left"])


def _outcomes(place: Place) -> list[Figure]:
    """Return the report on housing, work, mental health and young people, each over twelve months."""
    home = place is EXAMPLESHIRE
    everybody = model.everybody(place)
    ill = model.part_of(everybody, 0.69, 0.004, place.code, "mental health need")
    shares = {
        "stable_accommodation": (everybody, 0.812 if home else 0.846, 0.0015),
        "paid_work": (everybody, 0.236 if home else 0.252, 0.002),
        "criminal_justice_contact": (everybody, 0.207 if home else 0.194, -0.001),
        "mental_health_unmet_need": (ill, 0.212 if home else 0.188, -0.004),
    }
    rows = []
    for measure, (of, share, drift) in shares.items():
        these = model.twelve_months(model.part_of(of, share, drift, place.code, measure))
        all_ = model.twelve_months(of)
        for quarter in QUARTERS:
            period = quarter if measure == "criminal_justice_contact" else rolling(quarter)
            counts = [one[quarter.start]["in_treatment"] for one in (these, all_)]
            rows.append(_ratio(measure, place, period, *counts))
    return [*rows, *_young_people(place)]


def _young_people(place: Place) -> list[Figure]:
    """Return people under 18 in treatment, with small parts by sex and by substance, and who completed."""
    flows = model.young_people(place)
    whole = model.twelve_months(flows)
    parts = [
        (f"{key}={name}", model.twelve_months(flows[flows[key] == name]))
        for key in ("sex", "substance")
        for name in flows[key].unique()
    ]
    rows = []
    for quarter in QUARTERS:
        total = whole[quarter.start]["in_treatment"]
        rows.append(_young(place, quarter, total))
        rows += [
            _young(place, quarter, counts[quarter.start]["in_treatment"], breakdown)
            for breakdown, counts in parts
            if place is EXAMPLESHIRE
        ]
    for year in YEARS:
        left = whole[(year + 1) * 12]
        left_ = (left["completed"], left["completed"] + left["left"])
        rows.append(_ratio("under_18s_completions", place, fin_year(year), *left_, late=0))
    return rows


def _young(place: Place, quarter: Period, number: int, breakdown: str = "") -> Figure:
    return Figure("under_18s_in_treatment", place.code, rolling(quarter), (str(number), "", ""), breakdown=breakdown)


def _parents(place: Place) -> list[Figure]:
    share = 0.221 if place is EXAMPLESHIRE else 0.208
    flows = model.part_of(model.everybody(place), share, 0, place.code, "live with children")
    found = model.twelve_months(flows)
    return [
        _ratio("completions_parents", place, quarter, counts["completed"], counts["in_treatment"])
        for quarter in QUARTERS
        if quarter.label <= _STALE_SINCE and (counts := found[quarter.start])
    ]


def _diversions(free: _Free) -> list[Figure]:
    measure = "drug_diversion_referrals"
    rows = []
    for quarter in QUARTERS:
        if quarter.label == _BLANK:
            rows.append(Figure(measure, EXAMPLESHIRE.code, quarter, ("", "", "")))
        elif quarter.label < _STOPPED:
            sent = draws.poisson(246, measure, quarter.start)
            rows += _count(measure, quarter, sent, parts={"Male": 79, "Female": 21}, free=free)
    return rows


def _tests(free: _Free) -> list[Figure]:
    rows = []
    for year in YEARS:
        tested = free(draws.poisson(4870 * (1 + 0.02 * (year - 2017)), "tested", year))
        found = free(draws.binomial(tested, 0.474 + 0.006 * (year - 2017), "positive", year))
        rows.append(_ratio("drug_tests_on_arrest", EXAMPLESHIRE, fin_year(year), found, tested, late=0))
    return rows


def files(sent: dict[str, list[Figure]]) -> list[File]:
    """Return the returns as they came in: one history for each sender, then a file for every later day."""
    return [one for sender in _SENDERS for one in _sent_by(sender, sent[sender.source])]


@dataclass(frozen=True)
class Told:
    """A figure as one return told it, and on which day."""

    day: str
    figure: Figure
    final: bool


def told(sender: Sender, figures_: Iterable[Figure]) -> list[Told]:
    """Return what was told when: each figure with its own return, changed or confirmed with the next one."""
    found = []
    for figure in figures_:
        lag = sender.lag if figure.period.months < 12 or sender.cadence > 1 else 2
        due = arrival(figure.period, lag, sender.day)
        due = _LATE.get((sender.source, figure.period.label), due)
        provisional = figure.first[0] != "" and figure.first != figure.final
        found.append(Told(due, figure, final=not provisional))
        if provisional:
            found.append(Told(arrival(figure.period, lag + sender.cadence, sender.day), figure, final=True))
    return [one for one in found if one.day <= AS_OF and one.day <= _last_day(sender)]


def _last_day(sender: Sender) -> str:
    """Return the day of the newest return: after it no next one has come that would make a figure final."""
    return arrival(MODELLED[-1], sender.lag, sender.day)


def _sent_by(sender: Sender, figures_: list[Figure]) -> list[File]:
    every = sorted(told(sender, figures_), key=lambda one: one.day)
    revised = {
        (one.figure, one.day)
        for one in every
        if one.final and one.figure.first[0] and one.figure.first != one.figure.final
    }
    days: dict[str, dict[Figure, Told]] = {}
    for one in every:  # of a figure that one file would hold twice, the newer stays
        days.setdefault(_handed_over(sender, one.day), {})[one.figure] = one
    return [
        form(
            f"restricted/{sender.source}/{sender.source}_{day}.{sender.ending}",
            [_row(one, revised) for one in held.values()],
            source=sender.source,
            received=day,
            from_whom=sender.from_whom,
            release=f"return of {day}",
            approved_for="partnership",
            reference=f"e-mail of {day}",
        )
        for day, held in days.items()
    ]


def _handed_over(sender: Sender, day: str) -> str:
    """Return the day a return was handed over: at the end of a year until each came by itself."""
    if day > sender.history:
        return day
    year_end = day[:4] + sender.history[4:]
    return year_end if day <= year_end else f"{int(day[:4]) + 1}{sender.history[4:]}"


def _row(one: Told, revised: set[tuple[Figure, str]]) -> Row:
    figure = one.figure
    value, numerator, denominator = figure.final if one.final else figure.first
    status = "provisional" if not one.final else "revised" if (figure, one.day) in revised else ""
    note = "" if value else "not counted in this quarter"
    return line(
        figure.measure, figure.area, figure.period, value, breakdown=figure.breakdown, numerator=numerator,
        denominator=denominator, status=status if value else "not_supplied", note=note,
    )  # fmt: skip


def senders() -> dict[str, Sender]:
    """Return the senders by source."""
    return {sender.source: sender for sender in _SENDERS}
