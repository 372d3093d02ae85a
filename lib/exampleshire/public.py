"""National releases about the fictional area, its neighbours and England, each in its publisher's layout."""

from dataclasses import replace
from functools import cache
from itertools import product
from math import isnan, nan

import pandas as pd

from drug_outcomes.definitions.periods import Basis, Period, slug
from exampleshire import model
from exampleshire.draws import between, split
from exampleshire.files import File, Row, table
from exampleshire.numerals import Z95, Z998, rounded, standardised, to_five, wilson
from exampleshire.places import (
    ENGLAND,
    ENGLAND_CODE,
    EVERYWHERE,
    EXAMPLESHIRE,
    LOCAL,
    NEIGHBOURS,
    REGION_CODE,
    REGION_NAME,
    Place,
)
from exampleshire.timeline import QUARTERS, SCHOOL_YEARS, WINDOWS, YEARS, acad_year, arrival, fin_year, pooled

#: Quarters up to this one came together, in a history that says when each figure was first published.
HISTORY_UP_TO = "2023/24 Q4"


def files() -> list[File]:
    """Return every public file as it was received, before any fault is planted."""
    return [
        *_viewit(),
        *_completions(),
        *_unmet_need(),
        *_fingertips(),
        *_deaths(),
        *_crime(),
        *_schools(),
        *_population(),
        *_census(),
    ]


# Treatment: the wide table of local authorities, once a year, everything rounded to the nearest 5.

_EXITS = {"droppedout": 56, "movedaway": 5, "noappropriatetreatment": 1, "prison": 7, "transferrednotincustody": 15,
          "transferredincustody": 9, "treatmentdeclined": 4, "died": 3}  # fmt: skip
_REFERRALS = {"criminal_justice": 17, "health_services_social_care": 16, "other": 7, "self_family_friends": 55,
              "substance_misuse_service": 5}  # fmt: skip
_TOTAL = {"sex": "TOTAL", "age": "TOTAL", "substance": "Total"}
#: Who people are and what they get, in thousandths; the export holds these columns from this year on.
_WIDER_FROM = 2023
_SHARED_OUT = {
    ("housingsituation", "newtx"): {"urgentproblem": 80, "housingproblem": 120, "noproblem": 760, "other": 40},
    ("safeguarding", "allintx"): {"parentlivingwithchildren": 180, "othercontactlivingwithchildren": 70,
                                  "parentsnotwithchildren": 330, "notparentnocontactwithchildren": 420},
    ("employmentstatus", "newtx"): {"regularemployment": 240, "unemployedinactive": 420, "longtermsickdisabled": 260,
                                    "ineducation": 20, "unpaidvoluntary": 10, "other": 50},
    ("disability", "newtx"): {"any": 290, "nodisability": 640, "notstated": 70},
    ("sexuality", "newtx"): {"hetero": 880, "gaylesbian": 25, "bi": 25, "other": 20, "notstated": 50},
    ("religion", "newtx"): {"christian": 230, "muslim": 40, "other": 45, "none": 585, "decline": 100},
}  # fmt: skip
_AMONG_OTHERS = {
    ("substanceanycitation", "allintx"): {"opiatesandcrack": 310, "opiatesnotcrack": 250, "cracknotopiates": 45,
                                          "alcohol": 520},
    ("interventions", ""): {"inpatient_setting": 35, "residentialrehab_setting": 22},
    ("scnr", "allintx"): {"intreatment": 1000, "completion": 225, "representation": 21, "scrn": 204},
}  # fmt: skip
_MEASURED = ["in_treatment", "new", "completed", "left"]


def _viewit() -> list[File]:
    return [
        table(
            f"received/ndtms_viewit/ViewIt Export Data_LAs {year}-{year % 100 + 1}.csv",
            [_viewit_header(year), *(row for place in EVERYWHERE for row in _viewit_rows(place, year))],
            source="ndtms_viewit",
            received=arrival(fin_year(year), 9, 11),
            release=f"Adult treatment statistics {fin_year(year).label}",
            reference="ViewIt, all indicators for local authorities",
        )
        for year in YEARS
    ]


def _viewit_header(year: int) -> Row:
    families = [
        *(f"eth_{name}_{flow}" for flow in ("allintx", "newtx") for name in model.ETHNICITIES),
        *(f"referralsource_{name}_newtx" for name in _REFERRALS),
        "exits_successfulcompletion_allintx",
        *(f"exits_{name}_allintx" for name in _EXITS),
        "injecting_currently_injecting_newtx",
    ]
    first = ("ReportingPeriod", "Area", "sex", "age_group", "drug_group")
    wider = (
        "_".join(filter(None, (family, name, flow)))
        for (family, flow), names in (_SHARED_OUT | _AMONG_OTHERS).items()
        for name in names
        if year >= _WIDER_FROM
    )
    return (*first, "intreatment_allintx", "newpresentation_newtx", *families, *wider)


@cache
def _windows(place: Place) -> pd.DataFrame:
    return model.windows(model.treatment(place), ["substance", "sex", "age"])


def _viewit_rows(place: Place, year: int) -> list[Row]:
    """Return sex by age by substance with all their totals; neighbours have the totals alone."""
    keys = ["substance", "sex", "age"]
    mine = _windows(place)
    mine = mine[mine["quarter"] == (year + 1) * 12]
    rows = []
    for whole in product((False, True), repeat=3):
        over = [name for name, total in zip(keys, whole, strict=True) if not total]
        if place in NEIGHBOURS and {"sex", "age"} & set(over):
            continue
        summed = mine.groupby(over, as_index=False)[_MEASURED].sum() if over else mine[_MEASURED].sum().to_frame().T
        for cell in summed.to_dict("records"):
            names = {str(name): str(value) for name, value in cell.items() if name in keys}
            rows.append(_viewit_row(place, year, _TOTAL | names, [int(cell[name]) for name in _MEASURED]))
    return sorted(rows, key=lambda row: (row[2] == "TOTAL", row[2], row[3] == "TOTAL", row[3], row[4]))


def _viewit_row(place: Place, year: int, names: dict[str, str], counts: list[int]) -> Row:
    """Return one row; each family of columns shares out its own total."""
    treated, new, completed, left = counts
    figures = [
        treated,
        new,
        *split(treated, model.ETHNICITIES).values(),
        *split(new, model.ETHNICITIES).values(),
        *split(new, _REFERRALS).values(),
        completed,
        *split(left, _EXITS).values(),
    ]
    collected = str(to_five(new * 8 // 100)) if year >= 2020 else "NULL"
    first = (f"{year}/{year % 100 + 1}", place.name, names["sex"], names["age"], names["substance"])
    wider = _wider(place, treated, new) if year >= _WIDER_FROM else []
    return (*first, *(str(to_five(figure)) for figure in figures), collected, *(str(to_five(n)) for n in wider))


def _wider(place: Place, treated: int, new: int) -> list[int]:
    """Return the further columns of a row: families that share out a total, then those that overlap."""

    def here(names: dict[str, int], *key: str) -> dict[str, int]:
        return {name: weight * between(860, 1140, place.code, *key, name) for name, weight in names.items()}

    shared = [split(new if key[1] == "newtx" else treated, here(names, *key)) for key, names in _SHARED_OUT.items()]
    among = [
        {name: treated * weight // 10**6 for name, weight in here(names, *key).items()}
        for key, names in _AMONG_OTHERS.items()
    ]
    cohort = among.pop()
    cohort |= {"intreatment": treated, "scrn": cohort["completion"] - cohort["representation"]}
    return [count for family in (*shared, *among, cohort) for count in family.values()]


# Treatment: tables of ViewIt's pages that export nothing better, saved by hand each quarter and each year.

_SAVED = ("Time period", "Area", "Substance", "Indicator", "Value", "Lower limit", "Upper limit", "Numerator",
          "Denominator")  # fmt: skip


def _completions() -> list[File]:
    """Return the shares that completed in twelve months, from rounded counts, as the pages show them."""
    together: dict[str, list[Period]] = {}
    for quarter in QUARTERS:  # a year in one file, until each quarter was saved by itself
        name = quarter.label if quarter.label > HISTORY_UP_TO else fin_year((quarter.start - 3) // 12).label
        together[name] = [*together.get(name, []), quarter]
    return [
        table(
            f"received/ndtms_viewit/completions_{slug(name)}.csv",
            [_SAVED, *(row for quarter in quarters for row in _completed(quarter))],
            source="ndtms_viewit",
            received=arrival(quarters[-1], 3, 25),
            release=f"ViewIt pages, {name}",
            reference="saved by hand from the completion pages of ViewIt",
        )
        for name, quarters in together.items()
    ]


def _completed(quarter: Period) -> list[Row]:
    """Return the quarter's rows; neighbours are saved with the newest quarters alone."""
    rows: list[Row] = []
    for place in EVERYWHERE if quarter.label > HISTORY_UP_TO else (EXAMPLESHIRE, ENGLAND):
        groups = model.yearly(place)
        for substance in model.SUBSTANCES:
            found = groups[quarter.start, substance]
            done, treated = to_five(found["completed"]), to_five(found["in_treatment"])
            figures = (rounded(done, treated), "", "", str(done), str(treated))
            rows.append((quarter.label, place.name, substance, "Successful completions (%)", *figures))
    return rows


def _unmet_need() -> list[File]:
    return [
        table(
            f"received/ndtms_viewit/unmet_need_{fin_year(year).slug}.csv",
            [_SAVED, *_not_treated(year)],
            source="ndtms_viewit",
            received=arrival(fin_year(year), 9, 11),
            release=f"ViewIt pages, {fin_year(year).label}",
            reference="saved by hand from the unmet need page of ViewIt",
        )
        for year in YEARS
    ]


def _not_treated(year: int) -> list[Row]:
    rows = []
    for place in EVERYWHERE:
        for found in _need_of(place, year):
            numbers = [int(str(found[name])) for name in ("treated", "estimate", "low", "high")]
            rows.append(_share_not_treated(year, place.name, str(found["substance"]), *numbers))
    return rows + (_region_not_treated(year) if year >= _WIDER_FROM else [])


def _share_not_treated(year: int, name: str, substance: str, treated: int, *need: int) -> Row:
    shares = [rounded(number - treated, number) for number in need]
    figures = (*shares, str(need[0] - treated), str(need[0]))
    return (fin_year(year).label, name, substance, "Unmet need (%)", *figures)


def _region_not_treated(year: int) -> list[Row]:
    """Return the rows of the region, whose authorities are all here; doubts are taken to go together."""
    parts = pd.concat([model.need(place)[model.need(place)["year"] == year] for place in LOCAL])
    sums = parts.groupby("substance", sort=False)[["treated", "estimate", "low", "high"]].sum()
    return [
        _share_not_treated(year, REGION_NAME, str(substance), *(int(number) for number in row))
        for substance, *row in sums.itertuples()
    ]


def _need_of(place: Place, year: int) -> list[dict[str, object]]:
    table_ = model.need(place)
    return [
        {str(name): cell for name, cell in row.items()} for row in table_[table_["year"] == year].to_dict("records")
    ]


# Fingertips: one export for each indicator, in which England stands twice.

_EXPORT = ("Indicator ID", "Indicator Name", "Parent Code", "Parent Name", "Area Code", "Area Name", "Area Type",
           "Sex", "Age", "Category Type", "Category", "Time period", "Value", "Lower CI 95.0 limit",
           "Upper CI 95.0 limit", "Lower CI 99.8 limit", "Upper CI 99.8 limit", "Count", "Denominator", "Value note",
           "Recent Trend", "Compared to England value or percentiles", "Column not used", "Time period Sortable",
           "New data", "Compared to goal", "Time period range")  # fmt: skip


def _fingertips() -> list[File]:
    prison = "Adults with substance misuse treatment need who successfully engage in community-based treatment"
    misuse = "Deaths from drug misuse"
    crack = "Proportion of opiates and/or crack cocaine users (i.e. OCU) not in treatment (%)"
    drink = "Proportion of dependent drinkers not in treatment (%) (Current method)"
    releases = {arrival(fin_year(year), 9, 2): year for year in YEARS if year >= 2021}
    return [
        *(
            _export("92544", received, _prison_rows(prison, last), wide=last >= 2022)
            for received, last in releases.items()
        ),
        *(_export("92432", arrival(pooled(end), 12, 3), _misuse_rows(misuse, end), wide=True) for end in WINDOWS[-2:]),
        _export("93517", "2022-03-08", _need_rows("93517", crack, "15-64 yrs", "OCU", range(2017, 2021)), wide=True),
        _export("93532", "2026-01-13", _need_rows("93532", drink, "18+ yrs", "Alcohol", range(2019, 2025)), wide=True),
        *(
            _export(indicator, "2026-02-03", _harm_rows(indicator, *harm), wide=True)
            for indicator, harm in _HARM.items()
        ),
    ]


#: Harm that no measure counts: name, age, length in years, and the usual rate per 100,000 people a year.
_HARM: dict[str, tuple[str, str, int, float]] = {
    "91380": ("Alcohol-specific mortality", "All ages", 3, 15.2),
    "91414": ("Admission episodes for alcohol-related conditions (Narrow)", "All ages", 1, 486.0),
    "90808": ("Hospital admissions due to substance misuse (15-24 years)", "15-24 yrs", 3, 47.0),
}


def _harm_rows(indicator: str, name: str, age: str, years: int, usual: float) -> list[Row]:
    """Return rates with their limits, for the area, its region, the others and England."""
    region = replace(ENGLAND, name=REGION_NAME, code=REGION_CODE, size=sum(place.size for place in LOCAL))
    rows = []
    for place in (*EVERYWHERE, region):
        for end in range(2020, 2025):
            people = 914 * place.size * years * (1 if age == "All ages" else 0.12)
            level = 1000 if place is ENGLAND else between(880, 1220, place.code, indicator)
            mean = people * usual / 100_000 * level / 1000 * (1 + 0.012 * (end - 2020))
            wide = mean**0.5
            events = round(mean + wide * between(-1000, 1000, place.code, indicator, end) / 1000)
            limits = [events + z * sign * events**0.5 for z in (Z95, Z998) for sign in (-1, 1)]
            rates = [100_000 * number / people for number in (events, *limits)]
            figures = (*_long(*rates), str(events), str(round(people)))
            period = f"{end - 2} - {end % 100}" if years == 3 else fin_year(end).label
            rows += _export_rows(indicator, name, age, place, period, f"{years}y", figures)
    return [(*row[:6], "Regions (statistical)", *row[7:]) if row[4] == REGION_CODE else row for row in rows]


def _export(indicator: str, received: str, rows: list[Row], *, wide: bool) -> File:
    """Return one export; those before 2022 have no last column."""
    width = len(_EXPORT) if wide else len(_EXPORT) - 1
    return table(
        f"received/fingertips/{indicator}_{received[:7]}.csv",
        [_EXPORT[:width], *(row[:width] for row in rows)],
        source="fingertips",
        received=received,
        release=f"Fingertips {indicator}, {received[:7]}",
        reference=f"all data of indicator {indicator}, upper-tier authorities",
        line_end="\r\n",
    )


def _export_rows(
    indicator: str, name: str, age: str, place: Place, period: str, span: str, figures: tuple[str, ...], note: str = ""
) -> list[Row]:
    """Return the row of an area, or the two of England: by itself, and as its own part."""
    kind = "England" if place is ENGLAND else "Counties & UAs (from Apr 2023)"
    parents = [("", ""), (ENGLAND_CODE, "England")] if place is ENGLAND else [(ENGLAND_CODE, "England")]
    compared = ["Not compared", "Similar"] if place is ENGLAND else ["Not compared"]
    sortable = f"{period[:4]}0000"
    return [
        (indicator, name, *parent, place.code, place.name, kind, "Persons", age, "", "", period, *figures, note,
         "", word, "Not compared", sortable, "", "", span)
        for parent, word in zip(parents, compared, strict=True)
    ]  # fmt: skip


def _long(*numbers: float) -> tuple[str, ...]:
    return tuple("" if isnan(number) else f"{number:.6f}" for number in numbers)


def _prison_rows(name: str, last: int) -> list[Row]:
    rows = []
    for place in EVERYWHERE:
        for year, engaged, released in model.released(place).itertuples(index=False, name=None):
            if year <= last:
                limits = [100 * limit for z in (Z95, Z998) for limit in wilson(engaged, released, z)]
                figures = (*_long(100 * engaged / released, *limits), str(engaged), str(released))
                rows += _export_rows("92544", name, "18+ yrs", place, fin_year(year).label, "1y", figures)
    return rows


def _misuse_rows(name: str, last: int) -> list[Row]:
    rows = []
    for place in EVERYWHERE:
        for end in WINDOWS:
            if end > last:
                continue
            events, people = pooled_deaths(place, end)
            total, period = sum(events), f"{end - 2} - {end % 100}"
            rates, note = [nan] * 5, "Value cannot be calculated"
            if total >= 10:
                rates, note = [*standardised(events, people), *standardised(events, people, Z998)[1:]], ""
            figures = (*_long(*rates), str(total), str(sum(people)))
            rows += _export_rows("92432", name, "All ages", place, period, "3y", figures, note)
    return rows


def _need_rows(indicator: str, name: str, age: str, substance: str, years: range) -> list[Row]:
    rows = []
    for place in EVERYWHERE:
        for year in years:
            found = next(row for row in _need_of(place, year) if row["substance"] == substance)
            treated, estimate, low, high = (int(str(found[part])) for part in ("treated", "estimate", "low", "high"))
            share, lower, upper = (100 * (n - treated) / n for n in (estimate, low, high))
            figures = (*_long(share, lower, upper), "", "", str(estimate - treated), str(estimate))
            rows += _export_rows(indicator, name, age, place, fin_year(year).label, "1y", figures)
    return rows


# Deaths: the published sheet of each three years, saved as CSV.


@cache
def pooled_deaths(place: Place, end: int) -> tuple[list[int], list[int]]:
    """Return deaths and residents of three years by five-year band."""
    three = model.deaths(place)
    events = three[three["year"].between(end - 2, end)].drop(columns="year").sum()
    people = model.population(place)
    mine = people[people["year"].between(end - 2, end) & people["rebased"]].sum()
    return [int(n) for n in events], [int(mine[band].sum()) for band in model.BANDS]


def _deaths() -> list[File]:
    return [
        table(
            f"received/ons_drug_deaths/drug_misuse_{pooled(end).label}.csv",
            _deaths_rows(end),
            source="ons_drug_deaths",
            received=arrival(pooled(end), 10, 24),
            release=f"Deaths related to drug poisoning by local authority, {end} registrations",
            reference="Table 6, drug misuse",
            encoding="cp1252",
            line_end="\r\n",
        )
        for end in WINDOWS
    ]


def _deaths_rows(end: int) -> list[Row]:
    span = f"{end - 2} to {end}"
    title = (
        "Table 6: Number of deaths and age-standardised mortality rate for deaths related to drug misuse, "
        f"by local authority, England, deaths registered in {span}"
    )
    head = ("id", "", "", "Deaths", "Rate", "", "Lower Confidence Limit", "Upper Confidence Limit")
    rows = [(title, *[""] * 7), ("",) * 8, head]
    for place in (ENGLAND, *LOCAL):
        events, people = pooled_deaths(place, end)
        total = sum(events)
        name = ("", "") if place is ENGLAND else (place.name, "")
        figures = (":", "", ":", ":")
        if total >= 10:
            rate, low, high = (f"{number:.1f}" for number in standardised(events, people))
            figures = (rate, "U" if total < 20 else "", low, high)
        rows.append((place.code, *name, f"{total:,}", *figures))
    notes = [
        "1 Age-standardised rates per 100,000 people, standardised to the 2013 European Standard Population.",
        "2 Figures are for deaths registered, rather than deaths occurring, in each calendar year.",
        "3 A colon says that a rate was not calculated because there were fewer than 10 deaths.",
        "4 Rates with the letter U rest on fewer than 20 deaths and are unreliable \x96 see the rate\x92s limits.",
    ]
    return [*rows, *((note.encode("latin-1").decode("cp1252"), *[""] * 7) for note in notes)]


# Recorded crime: the open data by partnership, offence and quarter. Later releases restate the year before.

_CODES = {"Trafficking of drugs": ("Trafficking in controlled drugs", "92A"),
          "Possession of drugs": ("Possession of controlled drugs", "92E")}  # fmt: skip


def _crime() -> list[File]:
    return [_crime_file(year, [year - 1, year] if year >= 2022 else [year]) for year in YEARS]


def _crime_file(release: int, years: list[int]) -> File:
    head = ("Financial Year", "Financial Quarter", "Police Force", "CSP Name", "Offence Description", "Offence Group",
            "Offence Subgroup", "Offence Code", "Offence Count")  # fmt: skip
    counts = model.offences()
    rows = [
        (f"{year}/{year % 100 + 1}", str((quarter - 3) % 12 // 3 + 1), force, csp, _CODES[subgroup][0], "Drug offences",
         subgroup, _CODES[subgroup][1], str(count - late if year == release else count))
        for quarter, force, csp, subgroup, count, late in counts.itertuples(index=False, name=None)
        if (year := (quarter - 3) // 12) in years
    ]  # fmt: skip
    return table(
        f"received/recorded_crime/prc-csp-mar{release + 1}.csv",
        [head, *rows],
        source="recorded_crime",
        received=arrival(fin_year(release), 4, 24),
        release=f"Police recorded crime open data, year ending March {release + 1}",
        reference="community safety partnership tables",
        line_end="\r\n",
    )


# Schools: suspensions and exclusions by reason, and the number of pupils, three school years in a release.

_SCHOOL_HEAD = ("time_identifier", "time_period", "geographic_level", "country_code", "country_name", "region_code",
                "region_name", "old_la_code", "new_la_code", "la_name")  # fmt: skip


def _schools() -> list[File]:
    return [one for year in SCHOOL_YEARS for one in _school_files(year)]


def _school_files(release: int) -> list[File]:
    years = [year for year in SCHOOL_YEARS if release - 2 <= year <= release]
    counts = [f"{how}_{reason}" for how in ("perm", "fixed") for reason in model.REASONS]
    marker = "x" if release < 2019 else "c"
    reasons: list[Row] = [(*_SCHOOL_HEAD, "school_type", *counts)]
    heads: list[Row] = [(*_SCHOOL_HEAD, "school_type", "headcount", "perm_excl", "fixed_excl")]
    for year, place in product(reversed(years), (ENGLAND, *LOCAL)):
        for kind, row in _school_types(place, year):
            where = _school_place(place, year)
            cells = [int(row[name]) for name in counts]
            reasons.append((*where, kind, *(_school_cell(place, cell, marker) for cell in cells)))
            total = [str(sum(cells[:12])), str(sum(cells[12:]))]
            heads.append((*where, kind, str(int(row["headcount"])), *total))
    about = {
        "source": "dfe_exclusions",
        "received": arrival(acad_year(release), 11, 17),
        "release": f"Suspensions and permanent exclusions in England, {acad_year(release).label}",
        "line_end": "\r\n",
    }
    folder, slug = "received/dfe_exclusions", acad_year(release).slug
    return [
        table(f"{folder}/exclusions_by_reason_{slug}.csv", reasons, reference="exclusions by reason", **about),
        table(f"{folder}/exclusions_by_geographic_level_{slug}.csv", heads, reference="number of pupils", **about),
    ]


def _school_types(place: Place, year: int) -> list[tuple[str, "pd.Series"]]:
    every = model.schools(place)
    mine = every[every["year"] == year]
    whole = mine.drop(columns=["year", "school_type"]).sum()
    if place is ENGLAND:  # the published total of England is that of its rounded parts
        parts = mine.drop(columns=["year", "school_type"]).map(to_five)
        whole = parts.sum()
    return [("Total", whole), *((str(row["school_type"]), row) for _, row in mine.iterrows())]


def _school_cell(place: Place, count: int, marker: str) -> str:
    if place is ENGLAND:
        return str(to_five(count))
    return marker if 0 < count < 5 else str(count)


def _school_place(place: Place, year: int) -> Row:
    level = "National" if place is ENGLAND else "Local authority"
    local = ("", "", "", "", "") if place is ENGLAND else (REGION_CODE, REGION_NAME, place.dfe, place.code, place.name)
    return ("Academic year", f"{year}{(year + 1) % 100:02d}", level, ENGLAND_CODE, "England", *local)


# Residents by single year of age: estimates made before the census, then those since.


def _population() -> list[File]:
    return [
        _population_file("2017-2020", [2017, 2018, 2019, 2020], "2021-06-25", rebased=False),
        *(
            _population_file(str(year), [year], arrival(Period(year * 12 + 5, 1, Basis.MONTH), 12, 22), rebased=True)
            for year in range(2021, 2025)
        ),
    ]


def _population_file(name: str, years: list[int], received: str, *, rebased: bool) -> File:
    head = ("name", "code", "year", *(f"Age {age}" for age in range(90)), "Age 90+")
    rows = [
        (place.name, place.code, str(year), *(str(people) for people in ages))
        for place in EVERYWHERE
        for year, _, *ages in _ages(place, years, rebased=rebased)
    ]
    return table(
        f"received/ons_population/population_{name}.csv",
        [head, *rows],
        source="ons_population",
        received=received,
        release=f"Mid-year population estimates, mid-{name}",
        reference="residents by single year of age",
    )


def _census() -> list[File]:
    """Return residents on the day of the census by sex and by ethnic group, each with single years of age."""
    [(_, _, *people)] = _ages(EXAMPLESHIRE, [2021], rebased=True)
    groups = {"Sex (2 categories)": _SEXES, "Ethnic group (6 categories)": _ETHNIC_GROUPS}
    return [
        table(
            f"received/census/census_2021_{'sex' if labels is _SEXES else 'ethnic_group'}_age.csv",
            [
                (
                    *_CENSUS_PLACE,
                    f"{header} Code",
                    header,
                    "Age (91 categories) Code",
                    "Age (91 categories)",
                    "Observation",
                ),
                *(
                    (EXAMPLESHIRE.code, EXAMPLESHIRE.name, str(code), label, str(age), _aged(age), str(number))
                    for age, everybody in enumerate(people)
                    for (code, label), number in zip(
                        enumerate(labels, start=1), split(everybody, _of_age(labels, age)).values(), strict=True
                    )
                ),
            ],
            source="census",
            received="2023-03-28",
            release="Census 2021, England and Wales",
            reference="a table built from the publisher's own choices",
        )
        for header, labels in groups.items()
    ]


_CENSUS_PLACE = ("Lower tier local authorities Code", "Lower tier local authorities")
_SEXES = {"Female": 51, "Male": 49}
_ETHNIC_GROUPS = {
    "Asian, Asian British or Asian Welsh": 70, "Black, Black British, Black Welsh, Caribbean or African": 30,
    "Mixed or Multiple ethnic groups": 35, "White": 845, "Other ethnic group": 20,
}  # fmt: skip


def _of_age(labels: dict[str, int], age: int) -> dict[str, int]:
    """Return the weights of groups at an age: more men among the young, more White people among the old."""
    old = {"Female": age // 6, "White": 10 * age}
    return {label: weight + old.get(label, 0) for label, weight in labels.items()}


def _aged(age: int) -> str:
    return "Aged 90 years and over" if age == 90 else f"Aged {age} year{'' if age == 1 else 's'}"


def _ages(place: Place, years: list[int], *, rebased: bool) -> list[tuple[int, ...]]:
    people = model.population(place)
    mine = people[people["year"].isin(years) & (people["rebased"] == rebased)]
    return [tuple(int(cell) for cell in row) for row in mine.itertuples(index=False, name=None)]
