"""What happens in the fictional places: people, offences, deaths and pupils, drawn from plausible processes.

Everything that sources later publish is counted from these frames, so that parts make totals, quarters make
rolling years and shares come from their counts. All counts are exact; rounding and hiding belong to the
publishers' layouts.
"""

from collections.abc import Hashable, Mapping
from functools import cache

import pandas as pd

from exampleshire import draws
from exampleshire.numerals import to_five
from exampleshire.places import ENGLAND, EXAMPLESHIRE, FORCES, LOCAL, Place
from exampleshire.timeline import CALENDAR, MODELLED, SCHOOL_YEARS, YEARS

#: Per thousandth of Exampleshire's size: people at the start, new in a quarter, and the shares in
#: ten-thousandths that complete and that leave otherwise within a quarter; growth in thousandths a year.
SUBSTANCES = {
    "Opiate": (2050, 210, 210, 730, 6),
    "Non-opiate only": (330, 180, 1720, 1790, 22),
    "Alcohol only": (700, 350, 1850, 1490, 18),
    "Non-opiate & alcohol": (400, 188, 1480, 1730, 25),
}
#: England is not Exampleshire: fewer complete, and it is 48 times as large in people treated.
_ENGLAND = {"size": 48_000, "completed": 920, "left": 1030}
_SEXES = {"M": 70, "F": 30}
_AGES = {
    "Opiate": {"18-29": 8, "30-49": 63, "50+": 29},
    "Non-opiate only": {"18-29": 44, "30-49": 46, "50+": 10},
    "Alcohol only": {"18-29": 12, "30-49": 51, "50+": 37},
    "Non-opiate & alcohol": {"18-29": 29, "30-49": 57, "50+": 14},
}
_SEASON = (1010, 990, 960, 1040)  # by quarter of the financial year, in thousandths
_LOCKDOWN = {"2020-04": 720, "2020-07": 900, "2021-01": 930}
ETHNICITIES = {"white": 830, "mixed": 45, "asian": 62, "black": 43, "other": 20}


def _level(place: Place, *what: object) -> int:
    """How far a place differs from the ordinary, in thousandths; Exampleshire and England are as stated."""
    return 1000 if place in (EXAMPLESHIRE, ENGLAND) else draws.between(820, 1200, place.code, *what)


@cache
def treatment(place: Place) -> pd.DataFrame:
    """Return `quarter` (first month), `substance, sex, age` and `stock` (at its start), `new, completed, left`.

    People new in a quarter join those in treatment; of both together some complete and some leave otherwise;
    the rest are the stock of the next quarter.
    """
    rows = []
    for substance, (stock, new, completed, left, growth) in SUBSTANCES.items():
        for sex, sex_share in _SEXES.items():
            for age, age_share in _AGES[substance].items():
                cell = (substance, sex, age)
                scale = (_ENGLAND["size"] if place is ENGLAND else place.size) / 1000
                scale *= sex_share * age_share / 10_000 * _level(place, substance) / 1000
                here = round(stock * scale)
                shares = [
                    share / 10_000 * (_ENGLAND[name] / 1000 if place is ENGLAND else 1)
                    for name, share in (("completed", completed), ("left", left))
                ]
                shares[0] *= _level(place, substance, "completed") / 1000
                for number, quarter in enumerate(MODELLED):
                    mean = new * scale * (1 + growth * number / 4000) * _SEASON[number % 4] / 1000
                    mean *= _LOCKDOWN.get(quarter.start_month, 1000) / 1000
                    key = (place.code, quarter.start_month, *cell)
                    fresh = draws.poisson(mean, "new", *key)
                    done = draws.binomial(here + fresh, shares[0], "completed", *key)
                    gone = draws.binomial(here + fresh - done, shares[1], "left", *key)
                    rows.append((quarter.start, *cell, here, fresh, done, gone))
                    here += fresh - done - gone
    names = ["quarter", "substance", "sex", "age", "stock", "new", "completed", "left"]
    return pd.DataFrame(rows, columns=names)


def windows(flows: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Return the twelve months to the end of each quarter: `in_treatment, new, completed, left` by `keys`.

    In treatment in twelve months are those in treatment when they began and everybody new in their four
    quarters. Rows begin with the fourth quarter modelled; `quarter` is the last one of the window.
    """
    by = flows.groupby([*keys, "quarter"], as_index=False)[["stock", "new", "completed", "left"]].sum()
    by = by.sort_values([*keys, "quarter"], ignore_index=True)
    groups = by.groupby(keys, sort=False) if keys else None
    four = {
        name: (groups[name] if groups is not None else by[name]).rolling(4).sum().reset_index(drop=True)
        for name in ("new", "completed", "left")
    }
    began = (groups["stock"] if groups is not None else by["stock"]).shift(3)
    return (
        by[[*keys, "quarter"]]
        .assign(in_treatment=began + four["new"], **four)
        .dropna()
        .astype(dict.fromkeys(("in_treatment", *four), "int64"))
        .reset_index(drop=True)
    )


Counts = dict[str, int]


@cache
def yearly(place: Place) -> dict[tuple[int, str], Counts]:
    """Return `windows` of everybody by last quarter and substance."""
    found = windows(treatment(place), ["substance"])
    return {(int(row["quarter"]), str(row["substance"])): _counts(row) for row in found.to_dict("records")}


def twelve_months(flows: pd.DataFrame) -> dict[int, Counts]:
    """Return `windows` of all these people together, by last quarter."""
    return {int(row["quarter"]): _counts(row) for row in windows(flows, []).to_dict("records")}


def _counts(row: Mapping[Hashable, object]) -> Counts:
    return {name: int(str(row[name])) for name in ("in_treatment", "new", "completed", "left")}


FLOWS = ["stock", "new", "completed", "left"]


def everybody(place: Place) -> pd.DataFrame:
    """Return the flows of all adults in treatment: `quarter, stock, new, completed, left`."""
    return treatment(place).groupby("quarter", as_index=False)[FLOWS].sum()


def part_of(flows: pd.DataFrame, share: float, drift: float, *name: object) -> pd.DataFrame:
    """Return the flows of those of whom something is true: a share that drifts by the year."""
    rows = []
    here = round(int(flows["stock"].iloc[0]) * share)
    for number, row in enumerate(flows[["quarter", *FLOWS]].itertuples(index=False)):
        quarter, stock, new, completed, left = (int(cell) for cell in row)
        fresh = draws.binomial(new, share + drift * number / 4, "new", quarter, *name)
        part = (here + fresh) / (stock + new)
        done = draws.binomial(completed, part, "completed", quarter, *name)
        gone = min(draws.binomial(left, part, "left", quarter, *name), here + fresh - done)
        rows.append((quarter, here, fresh, done, gone))
        here += fresh - done - gone
    return pd.DataFrame(rows, columns=["quarter", *FLOWS])


#: Estimated need by place of Exampleshire's size: people who use opiates and/or crack, opiates, crack, and
#: adults dependent on alcohol; before and since the estimates were made anew, and the first year since.
NEED = {
    "OCU": (5950, 6310, 2021),
    "Opiate": (5120, 5460, 2021),
    "Crack": (3390, 3620, 2021),
    "Alcohol": (15_900, 17_600, 2019),
}
_ENGLAND_NEED = {"OCU": 1150, "Opiate": 1090, "Crack": 1420, "Alcohol": 1060}
_CRACK_OF = {"Opiate": 0.46, "Non-opiate only": 0.10, "Non-opiate & alcohol": 0.05}


@cache
def need(place: Place) -> pd.DataFrame:
    """Return `year, substance, treated` (to the nearest 5), `estimate, low, high` for each financial year."""
    rows = []
    for year in YEARS:
        last = {name: yearly(place)[(year + 1) * 12, name] for name in SUBSTANCES}
        treated = {name: counts["in_treatment"] for name, counts in last.items()}
        crack = {name: round(treated[name] * share) for name, share in _CRACK_OF.items()}
        together = {
            "OCU": treated["Opiate"] + crack["Non-opiate only"] + crack["Non-opiate & alcohol"],
            "Opiate": treated["Opiate"],
            "Crack": sum(crack.values()),
            "Alcohol": treated["Alcohol only"] + treated["Non-opiate & alcohol"],
        }
        for substance, (before, since, first) in NEED.items():
            size = _ENGLAND["size"] * _ENGLAND_NEED[substance] // 1000 if place is ENGLAND else place.size
            estimate = round(
                (since if year >= first else before) * size * _level(place, "need", substance == "Alcohol") / 10**6
            )
            low, high = round(estimate * 0.88), round(estimate * 1.16)
            rows.append((year, substance, to_five(together[substance]), estimate, low, high))
    return pd.DataFrame(rows, columns=["year", "substance", "treated", "estimate", "low", "high"])


_BANDS_OF_AGE = (
    [118] * 20 + [134] * 20 + [130] * 20 + [113] * 10 + [92] * 10 + [56] * 5 + [34] * 5 + [82]
)  # residents by single year of age, the last from 90


@cache
def population(place: Place) -> pd.DataFrame:
    """Return `year, rebased` and one column for each year of age (0 to 90).

    Estimates up to 2020 were made before the census and lie above those since 2021; the years 2015 to 2020
    are also held as they were made anew after it (`rebased` true), which rates of deaths use.
    """
    rows = []
    for year in CALENDAR:
        for rebased in (True,) if year > 2020 else (False, True):
            people = 914 * place.size * (1000 + 6 * (year - 2021)) // 1000
            people = people if rebased else people * 1023 // 1000
            weights = {
                str(age): weight * draws.between(960, 1040, place.code, "age", age)
                for age, weight in enumerate(_BANDS_OF_AGE)
            }
            rows.append((year, rebased, *draws.split(people, weights).values()))
    return pd.DataFrame(rows, columns=["year", "rebased", *range(91)])


#: Deaths from drug misuse by five-year band, in thousandths of all of them.
_DEATHS = (0, 0, 0, 8, 38, 62, 104, 148, 178, 172, 132, 82, 42, 20, 10, 4, 0, 0, 0)


@cache
def deaths(place: Place) -> pd.DataFrame:
    """Return deaths from drug misuse registered in each calendar year: `year`, and a column for each band."""
    rate = 51 if place is ENGLAND else 54
    rows = [
        (
            year,
            *(
                draws.poisson(
                    rate * place.size / 1000 * share / 1000 * (1 + 0.022 * (year - 2019)) * 0.93
                    * _level(place, "deaths") / 1000,
                    place.code, "deaths", year, band,
                )
                for band, share in enumerate(_DEATHS)
            ),
        )
        for year in CALENDAR
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["year", *range(19)])


#: Single years of age in each of the 19 bands of the standard population.
BANDS = [list(range(5 * band, 5 * band + 5)) if band < 18 else [90] for band in range(19)]
OFFENCES = {"Trafficking of drugs": 23, "Possession of drugs": 77}
_CRIME_YEAR = {2017: 930, 2018: 985, 2019: 1090, 2020: 1135, 2021: 985, 2022: 960, 2023: 1000, 2024: 1045}


@cache
def offences() -> pd.DataFrame:
    """Return drug offences: `quarter, force, csp, subgroup, count, late`, for every force and partnership.

    `late` of the count were added after the first release. "Unassigned" are those in no partnership.
    """
    grounds = [(place.force, place.name, place.size, _level(place, "crime")) for place in LOCAL]
    grounds += [(force.name, f"Rest of {force.name}", force.rest, 770) for force in FORCES if force.rest]
    grounds += [("Example Valley", "Unassigned Example Valley", 60, 1000)]
    rows = []
    for quarter in MODELLED:
        year = (quarter.start - 3) // 12
        if year not in _CRIME_YEAR:
            continue
        for force, csp, size, level in grounds:
            for subgroup, share in OFFENCES.items():
                mean = 8.9 * share * size / 1000 * level / 1000 * _CRIME_YEAR[year] / 1000
                count = draws.poisson(mean, "offences", quarter.start_month, csp, subgroup)
                late = draws.binomial(count, 0.006, "late", quarter.start_month, csp, subgroup)
                rows.append((quarter.start, force, csp, subgroup, count, late))
    return pd.DataFrame(rows, columns=["quarter", "force", "csp", "subgroup", "count", "late"])


REASONS = ("physical_pupils", "physical_adult", "verbal_pupil", "verbal_adult", "bullying", "racist_abuse",
           "sexual_misconduct", "drug_alcohol", "damage", "theft", "persistent_disruptive", "other")  # fmt: skip
_FIXED = (62, 25, 15, 58, 4, 4, 2, 17, 9, 7, 104, 72)  # per 10,000 pupils
_PERMANENT = (48, 36, 16, 32, 4, 4, 4, 16, 4, 4, 132, 64)  # per million
_SCHOOL_TYPES = {"State-funded primary": (580, 100), "State-funded secondary": (400, 2200), "Special": (20, 3000)}
_PANDEMIC = {2019: 760, 2020: 690}


@cache
def schools(place: Place) -> pd.DataFrame:
    """Return `year, school_type, headcount` and `fixed_*`, `perm_*` for each reason.

    Up to three reasons are recorded for one suspension or exclusion from the school year 2020/21.
    """
    rows = []
    for year in SCHOOL_YEARS:
        pupils = 149 * 914 * place.size * (1000 + 4 * (year - 2020)) // 10**6
        for kind, (share, level) in _SCHOOL_TYPES.items():
            heads = pupils * share // 1000
            times = heads * level / 1000 * _PANDEMIC.get(year, 1000) / 1000 * _level(place, "schools") / 1000
            several = 1.9 if year >= 2020 else 1.0
            few = 1.2 if place is EXAMPLESHIRE else 1.4
            key = (place.code, "schools", year, kind)
            fixed = [
                draws.poisson(times * rate * several / 10_000, "fixed", reason, *key)
                for reason, rate in zip(REASONS, _FIXED, strict=True)
            ]
            perm = [
                draws.poisson(times * rate * several * few / 10**6, "for good", reason, *key)
                for reason, rate in zip(REASONS, _PERMANENT, strict=True)
            ]
            rows.append((year, kind, heads, *perm, *fixed))
    columns = ["year", "school_type", "headcount"]
    columns += [f"{how}_{reason}" for how in ("perm", "fixed") for reason in REASONS]
    return pd.DataFrame(rows, columns=columns)


@cache
def released(place: Place) -> pd.DataFrame:
    """Return adults released from prison with a treatment need: `year, engaged, released`."""
    rows = []
    for year in YEARS:
        number = round(770 * (45 if place is ENGLAND else 1) * (1 if place is ENGLAND else place.size / 1000))
        number = draws.poisson(number * (1 + 0.01 * (year - 2020)), place.code, "released", year)
        share = (0.37 if place is ENGLAND else 0.43 * _level(place, "engaged") / 1000) + 0.019 * (year - 2017)
        rows.append((year, draws.binomial(number, share, place.code, "engaged", year), number))
    return pd.DataFrame(rows, columns=["year", "engaged", "released"])


@cache
def young_people(place: Place) -> pd.DataFrame:
    """Return flows of people under 18 in treatment: `quarter, substance, sex, stock, new, completed, left`."""
    rows = []
    for substance, share in {"Cannabis": 71, "Alcohol": 20, "Ketamine": 5, "Solvents": 4}.items():
        for sex, part in {"Male": 64, "Female": 36}.items():
            scale = share * part / 10_000 * (31 if place is ENGLAND else 1)
            here = round(150 * scale)
            for number, quarter in enumerate(MODELLED):
                key = (place.code, quarter.start_month, substance, sex)
                mean = 78 * scale * _LOCKDOWN.get(quarter.start_month, 1000) / 1000
                fresh = draws.poisson(mean * (1 + 0.01 * number / 4), "yp new", *key)
                done = draws.binomial(here + fresh, 0.24, "yp completed", *key)
                gone = draws.binomial(here + fresh - done, 0.13, "yp left", *key)
                rows.append((quarter.start, substance, sex, here, fresh, done, gone))
                here += fresh - done - gone
    names = ["quarter", "substance", "sex", "stock", "new", "completed", "left"]
    return pd.DataFrame(rows, columns=names)
