"""Files that no measure comes from but that analysts set beside them: need, homes, crime, deprivation, likeness."""

from drug_outcomes.definitions.periods import Period
from exampleshire import draws, model
from exampleshire.files import File, Row, table
from exampleshire.numerals import to_ten
from exampleshire.places import ENGLAND, EVERYWHERE, EXAMPLESHIRE, FORCES, LOCAL, REGION_NAME, Place
from exampleshire.timeline import QUARTERS, arrival, fin_year


def files() -> list[File]:
    """Return the files of context as they were received."""
    return [
        *_prevalence(),
        *(_homelessness(quarter) for quarter in QUARTERS[-5:-1]),
        *(_street(month) for month in ("2025-10", "2025-11")),
        *(_seizures(year) for year in (2023, 2024)),
        _deprivation(),
        _alike(),
    ]


def _prevalence() -> list[File]:
    """Return the estimates of alcohol dependence, and those of opiates and crack, of each method."""
    head = ("PHE_Centre", "Local_Authority", "Area_Code_GSS", "Substance", "Estimate", "Lower_CI", "Upper_CI", "Year")
    found = []
    for years, received in (((2017, 2020), "2022-03-08"), ((2021, 2024), "2025-12-11")):
        rows = [
            ("" if place is ENGLAND else REGION_NAME, place.name, place.code, substance, str(estimate), str(low),
             str(high), fin_year(year).label)
            for place in EVERYWHERE
            for year, substance, _, estimate, low, high in model.need(place).itertuples(index=False, name=None)
            if years[0] <= year <= years[1]
        ]  # fmt: skip
        name = f"{years[0]}-{(years[1] + 1) % 100}"
        found.append(
            table(
                f"received/prevalence/prevalence_{name}.csv",
                [head, *rows],
                source="prevalence",
                received=received,
                release=f"Estimates of need, {name}",
                reference="opiates, crack and alcohol by local authority",
            )
        )
    return found


# Homelessness: two sheets whose headers stand spread over several rows.

_A1 = (
    ("", "", "", "", "Total number of households assessed1,2", "", "Total households assessed as owed a duty",
     "Threatened with homelessness - Prevention duty owed", "Homeless - Relief duty owed", "",
     "Not threatened with homelessness within 56 days - no duty owed"),
    ("", "", "", "", "Total initial assessments1,2", "", "Total owed a prevention or relief duty",
     "Threatened with homelessness within 56 days - \nPrevention duty owed", "Homeless - \nRelief duty owed4", "",
     "Not homeless nor threatened with homelessness within 56 days - no duty owed"),
)  # fmt: skip
_NEEDS = {"History of mental health problems": 250, "Offending history": 110, "History of rough sleeping": 90,
          "Drug dependency needs": 95, "Alcohol dependency needs": 80}  # fmt: skip
_A3 = (
    ("", "", "", "", "Households with no support needs owed duty1,2", "Households with unknown support needs owed duty",
     "", "Households with one or more support needs owed duty1,2", "", *("" for _ in _NEEDS)),
    ("", "", "", "", "", "", "", "Total households with support needs", "", *_NEEDS),
)  # fmt: skip
_MONTHS = {4: "April to June", 7: "July to September", 10: "October to December", 1: "January to March"}


def _homelessness(quarter: Period) -> File:
    months = f"{_MONTHS[quarter.start % 12 + 1]} {quarter.end // 12}"
    title = f"England, {months}"
    owed = [(place, _households(place, quarter)) for place in (ENGLAND, *LOCAL)]
    first: list[Row] = [
        (f"Table A1 - Number of households by initial assessment of homelessness circumstances and needs\n{title}",),
        *_A1,
        *((*_name(place), one["all"], "", one["owed"], one["prevention"], one["relief"], "", one["none"])
          for place, one in owed),
    ]  # fmt: skip
    third: list[Row] = [
        (f"Table A3 – Number of households owed a homelessness duty by support needs of household\n{title}",),
        *_A3,
        *((*_name(place), one["no need"], one["unknown"], "", one["need"], "", *(one[name] for name in _NEEDS))
          for place, one in owed),
    ]  # fmt: skip
    return File(
        f"received/homelessness/Detailed_LA_{quarter.end // 12}{quarter.end % 12 + 1:02d}.ods",
        (("A1", _even(first)), ("A3", _even(third))),
        source="homelessness",
        received=arrival(quarter, 5, 26),
        release=f"Statutory homelessness, {months}",
        reference="detailed local authority tables",
    )


def _name(place: Place) -> Row:
    return (place.code, "ENGLAND" if place is ENGLAND else place.name, "", "")


def _even(rows: list[Row]) -> tuple[Row, ...]:
    width = max(map(len, rows))
    return tuple((*row, *[""] * (width - len(row))) for row in rows)


def _households(place: Place, quarter: Period) -> dict[str, str]:
    """Return the households of a quarter; England's parts are rounded to ten one by one."""
    key = (place.code, quarter.start_month)
    owed = draws.poisson(1.12 * place.size, "owed", *key)
    prevention = draws.binomial(owed, 0.46, "prevention", *key)
    need = draws.binomial(owed, 0.54, "need", *key)
    unknown = draws.binomial(owed - need, 0.04, "unknown", *key)
    none = draws.binomial(owed, 0.05, "no duty", *key)
    counts = {
        "all": owed + none,
        "owed": owed,
        "prevention": prevention,
        "relief": owed - prevention,
        "none": none,
        "no need": owed - need - unknown,
        "unknown": unknown,
        "need": need,
        **{name: draws.binomial(owed, share / 1000, name, *key) for name, share in _NEEDS.items()},
    }
    return {name: str(to_ten(count) if place is ENGLAND else count) for name, count in counts.items()}


# Street crime: one row for each crime of two months, with places in no real part of the country.

_TYPES = {"Drugs": 30, "Violence and sexual offences": 60, "Shoplifting": 40, "Burglary": 20}
_STREET = ("Crime ID", "Month", "Reported by", "Falls within", "Longitude", "Latitude", "Location", "LSOA code",
           "LSOA name", "Crime type", "Last outcome category", "Context")  # fmt: skip


def _street(month: str) -> File:
    force = "Example Valley Police"
    rows: list[Row] = [_STREET]
    for kind, often in _TYPES.items():
        for number in range(draws.poisson(often, "street", month, kind)):
            key = (month, kind, number)
            area = draws.between(1, 24, "area", *key)
            identity = "".join(f"{draws.between(0, 2**32 - 1, part, *key):08x}" for part in range(8))
            rows.append(
                (identity, month, force, force, f"-9.{draws.between(100000, 199999, 'x', *key)}",
                 f"49.{draws.between(100000, 199999, 'y', *key)}", f"On or near Example Street {area}",
                 f"E01999{area:03d}", f"{EXAMPLESHIRE.name} {area:03d}A", kind, "Under investigation", "")
            )  # fmt: skip
    return table(
        f"received/police_uk/{month}-example-valley-street.csv",
        rows,
        source="police_uk",
        received=f"{'2025-12' if month < '2025-11' else '2026-01'}-28",
        release=f"Street-level crime, {month}",
        reference="street file of Example Valley Police",
    )


# Seizures by force and drug, under the headers in use since 2015/16.

_CLASSES = {
    "Class A": ("Cocaine", "Crack", "Ecstasy", "Heroin", "LSD", "Methadone", "Morphine", "Other Class A"),
    "Class B": ("All Cannabis", "Amphetamines", "Barbiturates", "Ketamine", "Mephedrone\n(non-injection)",
                "Other Class B"),
    "Class C": ("Anabolic-steroids", "Benzodiazepines", "GHB", "Temazepam", "Other Class C"),
}  # fmt: skip
_OFTEN = {"Cocaine": 130, "Crack": 60, "Heroin": 85, "Ecstasy": 24, "All Cannabis": 690, "Amphetamines": 40,
          "Ketamine": 18, "Benzodiazepines": 30}  # fmt: skip


def _seizures(year: int) -> File:
    heads = [name for letter, drugs in _CLASSES.items() for name in (*drugs, f"Total {letter}")]
    rows: list[Row] = [("Police force", "All drugs", *heads, "Unknown")]
    for force in FORCES:
        size = (force.rest or 1560) / 1000
        counts: list[int] = []
        whole = 0
        for drugs in _CLASSES.values():
            found = [draws.poisson(_OFTEN.get(drug, 2) * size, "seized", year, force.name, drug) for drug in drugs]
            counts += [*found, sum(found)]
            whole += sum(found)
        unknown = draws.poisson(6 * size, "seized", year, force.name, "unknown")
        rows.append((force.name, str(whole + unknown), *map(str, counts), str(unknown)))
    return table(
        f"received/seizures/Seizures{year % 100}-{year % 100 + 1}.csv",
        rows,
        source="seizures",
        received=arrival(fin_year(year), 11, 20),
        release=f"Seizures of drugs in England and Wales, {fin_year(year).label}",
        reference="number of seizures by force",
        encoding="utf-8-sig",
    )


def _deprivation() -> File:
    head = ("upper_tier_local_authority_district_code_2025", "upper_tier_local_authority_district_name_2025",
            "imd_average_score", "imd_decile")  # fmt: skip
    scores = {place: draws.between(11_000, 37_000, "deprivation", place.code) for place in LOCAL}
    rows = [
        (place.code, place.name, f"{score // 1000}.{score % 1000:03d}", str(1 + (score - 11_000) * 10 // 26_001))
        for place, score in scores.items()
    ]
    return table(
        "received/deprivation/utla_imd_decile_2025.csv",
        [head, *rows],
        source="deprivation",
        received="2025-11-04",
        release="English indices of deprivation 2025",
        reference="summaries of upper-tier authorities; decile 10 is the most deprived",
    )


def _alike() -> File:
    """Return the model of statistical neighbours, in which only fictional authorities stand."""
    ranks = [name for rank in range(1, 11) for name in (f"SN_{rank}", f"SN_{rank}P")]
    rows: list[Row] = [("old_la_code", "la_name", "region_ind", "region_name", *ranks)]
    for place in LOCAL:
        others = sorted((one for one in LOCAL if one is not place), key=lambda one: abs(one.size - place.size))
        words = ["Very close "] * 3 + ["Close "] * 4 + ["Somewhat close "] * 3
        cells = (cell for one, word in zip(others, words, strict=True) for cell in (one.dfe, word))
        rows.append((place.dfe, place.name, "99", REGION_NAME, *cells))
    return table(
        "received/neighbours/sn_model_2025_wide.csv",
        rows,
        source="neighbours",
        received="2025-09-30",
        release="Statistical neighbours, 2025 model",
        reference="local authority interactive tool",
        encoding="utf-8-sig",
    )
