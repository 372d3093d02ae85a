"""Three earlier scorecards that the fictional partnership has published, as known on the day of each.

They print figures of restricted returns too: what a partnership has printed is public from then on.
"""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass

from drug_outcomes.definitions.framework import Definitions
from drug_outcomes.definitions.periods import Basis, Period, parse_quarter
from drug_outcomes.definitions.vocabulary import Kind
from exampleshire import model
from exampleshire.files import File, Row
from exampleshire.numerals import rounded, standardised, to_five
from exampleshire.places import ENGLAND, EXAMPLESHIRE, Place
from exampleshire.public import pooled_deaths
from exampleshire.returns import Figure, Sender, Told, told
from exampleshire.timeline import QUARTERS, SCHOOL_YEARS, WINDOWS, YEARS, acad_year, arrival, fin_year, pooled

#: What each edition is called, the day it came out, and the kind of file.
EDITIONS = (
    ("2022/23 Q4", "2023-07-11", "tsv"),
    ("2023/24 Q4", "2024-07-09", "csv"),
    ("2024/25 Q4", "2025-07-08", "xlsx"),
)
HEAD = ("Priority area", "Commitment", "", "Measure", "Unit", "Source", "Latest time period",
        "Exampleshire Sparkline", "Exampleshire value", "England value", "Direction of travel (last 2 time periods)",
        "Compared to England value")  # fmt: skip
_HOW_OFTEN = {
    Basis.MONTH: "Monthly",
    Basis.QUARTER_FIN: "Quarterly",
    Basis.FIN_YEAR: "Annual",
    Basis.ACAD_YEAR: "Annual",
    Basis.ROLLING12: "Rolling 12 month",
    Basis.POOLED_CAL: "Three-year",
}
_WHAT = {Kind.COUNT: "count", Kind.PROPORTION: "percentage", Kind.MEAN: "average"}


@dataclass(frozen=True)
class Known:
    """A headline figure: its value with the decimals of its measure, and from which day it was known."""

    measure: str
    area: str
    period: Period
    value: str
    day: str


def known(sent: dict[str, list[Figure]], senders: dict[str, Sender], definitions: Definitions) -> list[Known]:
    """Return every headline figure of Exampleshire and England, public and restricted."""
    decimals = {str(name): int(n) for name, n in definitions.measures.set_index("measure")["decimals"].items()}
    restricted = [
        Known(one.figure.measure, one.figure.area, one.figure.period, _shorter(one, decimals), one.day)
        for source, figures in sent.items()
        for one in told(senders[source], figures)
        if one.figure.breakdown == "" and one.figure.final[0] != ""
    ]
    return [*restricted, *(row for place in (EXAMPLESHIRE, ENGLAND) for row in _public(place))]


def _shorter(one: Told, decimals: dict[str, int]) -> str:
    """Return a told figure with the decimals that the scorecard prints."""
    figure = one.figure
    value, numerator, denominator = figure.final if one.final else figure.first
    if not numerator:
        return str(value)
    per = 1 if figure.measure.startswith("caseload") else 100
    return rounded(int(numerator), int(denominator), per, decimals[figure.measure])


_GROUPS = {"Opiate": "opiates", "Non-opiate only": "non_opiates", "Alcohol only": "alcohol",
           "Non-opiate & alcohol": "alcohol_and_non_opiates"}  # fmt: skip
_NEED = {"OCU": "opiates_and_or_crack", "Opiate": "opiates", "Crack": "crack", "Alcohol": "alcohol"}


def _public(place: Place) -> list[Known]:
    def one(measure: str, period: Period, value: str, lag: int, day: int) -> Known:
        return Known(measure, place.code, period, value, arrival(period, lag, day))

    groups = model.yearly(place)
    rows = []
    for substance, name in _GROUPS.items():
        for quarter in QUARTERS:
            found = groups[quarter.start, substance]
            done, treated = to_five(found["completed"]), to_five(found["in_treatment"])
            rows.append(one(f"completions_{name}", quarter, rounded(done, treated), 3, 25))
            if quarter.label.endswith("Q4"):
                whole = fin_year((quarter.start - 3) // 12)
                rows.append(one(f"in_treatment_{name}", whole, str(treated), 9, 11))
    for year, substance, treated, estimate, *_ in model.need(place).itertuples(index=False, name=None):
        share = rounded(estimate - treated, estimate)
        rows.append(one(f"unmet_need_{_NEED[substance]}", fin_year(year), share, 9, 11))
    for year, engaged, released in model.released(place).itertuples(index=False, name=None):
        rows.append(one("prison_release_engagement", fin_year(year), rounded(engaged, released), 9, 2))
    for end in WINDOWS:
        rate = standardised(*pooled_deaths(place, end))[0]
        rows.append(one("drug_misuse_deaths", pooled(end), f"{rate:.1f}", 10, 24))
    for year in YEARS:
        for measure, value in _crime(place, year).items():
            rows.append(one(measure, fin_year(year), value, 4, 24))
    for year in SCHOOL_YEARS:
        for measure, value in _schools(place, year).items():
            rows.append(one(measure, acad_year(year), value, 11, 17))
    return rows


_OFFENCES = {
    "drug_offences": "drugs",
    "drug_possession_offences": "Possession",
    "drug_trafficking_offences": "Trafficking",
}


def _crime(place: Place, year: int) -> dict[str, str]:
    counts = model.offences()
    mine = counts[(counts["quarter"] - 3) // 12 == year]
    mine = mine if place is ENGLAND else mine[mine["csp"] == place.name]
    ages = model.population(place)
    people = int(ages[(ages["year"] == year) & (ages["rebased"] == (year > 2020))][list(range(91))].sum(axis=1).iloc[0])
    return {
        measure: rounded(int((found["count"] - found["late"]).sum()), people, 1000)
        for measure, word in _OFFENCES.items()
        if (found := mine[mine["subgroup"].str.contains(word)]) is not None
    }


def _schools(place: Place, year: int) -> dict[str, str]:
    every = model.schools(place)
    mine = every[every["year"] == year]
    parts = mine[["fixed_drug_alcohol", "perm_drug_alcohol"]]
    fixed, perm = (int(n) for n in (parts.map(to_five) if place is ENGLAND else parts).sum())
    return {
        "school_suspensions": rounded(fixed, int(mine["headcount"].sum()), 100, 2),
        "school_permanent_exclusions": "<5" if 0 < perm < 5 else str(perm),
    }


def files(figures: list[Known], definitions: Definitions) -> list[File]:
    """Return the three editions, each in another kind of file."""
    return [
        File(
            f"received/scorecard_edition/{day}.{ending}",
            (("Scorecard", tuple(_edition(_as_of(figures, name, day), definitions))),),
            source="scorecard_edition",
            received=day,
            from_whom="Exampleshire Combating Drugs Partnership",
            release=f"Local Outcomes Framework, edition of {name}",
            reference="the partnership's published scorecard",
        )
        for name, day, ending in EDITIONS
    ]


def _as_of(figures: list[Known], name: str, day: str) -> list[Known]:
    """Return what was known on a day about periods up to the end of the edition's quarter."""
    last = parse_quarter(name).end
    return [one for one in figures if one.day <= day and one.period.end <= last]


def _edition(figures: list[Known], definitions: Definitions) -> list[Row]:
    """Return the rows: the header again for each priority area, its name and the commitment's once."""
    sources = definitions.sources.set_index("source")["scorecard_name"]
    titles = dict(zip(definitions.priorities["priority"], definitions.priorities["title"], strict=True))
    titles |= dict(zip(definitions.commitments["commitment"], definitions.commitments["title"], strict=True))
    rows: list[Row] = []
    printed: set[str] = set()
    for measure in definitions.measures.to_dict("records"):
        names = [str(measure[level]) for level in ("priority", "commitment")]
        if names[0] not in printed:
            rows.append(HEAD)
        heads = ["" if name in printed else str(titles[name]) for name in names]
        printed |= set(names)
        mine = [one for one in figures if one.measure == measure["measure"]]
        about = (str(measure["number"]), str(measure["title"]), _unit(measure), str(sources[measure["source"]]))
        rows.append((*heads, *about, *_cells(mine, str(measure["kind"]))))
    return rows


def _unit(measure: Mapping[Hashable, object]) -> str:
    often = _HOW_OFTEN[Basis(str(measure["basis"]))]
    if measure["counted"] == "no" and measure["kind"] == Kind.COUNT:
        return f"{often} {measure['unit']}"
    rate = f"rate {str(measure['unit'])[str(measure['unit']).find('per ') :]}"
    return f"{often} {_WHAT.get(Kind(str(measure['kind'])), rate)}"


def _cells(figures: list[Known], kind: str) -> Row:
    """Return period, sparkline, value, England's value, arrow and comparison of the newest figure."""
    here = _by_period([one for one in figures if one.area == EXAMPLESHIRE.code])
    if not here:
        return ("No Value", "", "No Value", "No Value", "×", "Not Comparable")
    period = max(here, key=lambda one: one.end)
    before = [one for one in here if one.end < period.end]
    value = here[period]
    previous = here[max(before, key=lambda one: one.end)] if before else ""
    england = _by_period([one for one in figures if one.area == ENGLAND.code]).get(period, "")
    england = "" if kind == Kind.COUNT else england
    words = {1: "Higher", -1: "Lower", 0: "Similar", None: "Not Comparable"}
    arrows = {1: "↑", -1: "↓", 0: "↔", None: "×"}
    return (
        *(period.label, "", value, england or "No Value"),
        *(arrows[_sign(value, previous)], words[_sign(value, england)]),
    )


def _by_period(figures: list[Known]) -> dict[Period, str]:
    """Return the newest value of each period."""
    return {one.period: one.value for one in sorted(figures, key=lambda one: one.day)}


def _sign(value: str, other: str) -> int | None:
    """Compare two values as printed; None where one of them is hidden or absent."""
    if not (other and value) or "<" in value + other:
        return None
    return (float(value) > float(other)) - (float(value) < float(other))
