"""Treatment per 1,000 residents, against a slow second path through the fictional area's files."""

import csv
import dataclasses
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from drug_outcomes import figures
from drug_outcomes.definitions import areas
from drug_outcomes.reporting import entering, equity, report
from drug_outcomes.reporting.document_page import DocumentPage
from drug_outcomes.statistics import needs
from drug_outcomes.statistics.needs import Reach

BANDS = {"18-29": (18, 29), "30-49": (30, 49), "50+": (50, 200)}
WHOLE = {"TOTAL"}
ETHNIC = {
    "Asian, Asian British or Asian Welsh": "Asian",
    "Black, Black British, Black Welsh, Caribbean or African": "Black",
    "Mixed or Multiple ethnic groups": "Mixed",
    "White": "White",
    "Other ethnic group": "Other",
}


@pytest.fixture(scope="module")
def page(project: Path) -> DocumentPage:
    asked = report.question(project, "exampleshire")
    definitions, area = areas.with_definitions(project, "exampleshire")
    return DocumentPage(project, figures.cleared(project, asked), definitions, area, asked.period)


@pytest.fixture(scope="module")
def treated(project: Path) -> dict[str, dict[str, int]]:
    """Adults in treatment of the newest year, by sex, age and ethnic group, from the export alone."""
    file = project / "data/areas/exampleshire/received/ndtms_viewit/ViewIt Export Data_LAs 2024-25.csv"
    found: dict[str, dict[str, int]] = {"Sex": {}, "Age": {}, "Ethnicity": {}}
    with file.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            split = [name for name in ("sex", "age_group", "drug_group") if row[name].casefold() != "total"]
            if row["Area"] != "Exampleshire" or len(split) > 1 or "drug_group" in split:
                continue
            count = int(row["intreatment_allintx"])
            if split:
                group = {"F": "Female", "M": "Male"}.get(row[split[0]], row[split[0]])
                found["Sex" if split == ["sex"] else "Age"][group] = count
            else:
                found["Ethnicity"] = {one: int(row[f"eth_{one.lower()}_allintx"]) for one in ETHNIC.values()}
    return found


def _residents(project: Path, name: str, column: str) -> dict[tuple[str, str], int]:
    """Residents by group and age band of treatment, added up one line after the other."""
    found: dict[tuple[str, str], int] = {}
    file = project / f"data/areas/exampleshire/received/census/census_2021_{name}_age.csv"
    with file.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            age = int(row["Age (91 categories)"].split()[1])
            for band, (low, high) in BANDS.items():
                if low <= age <= high:
                    key = ETHNIC.get(row[column], row[column]), band
                    found[key] = found.get(key, 0) + int(row["Observation"])
    return found


@pytest.mark.parametrize(
    ("topic", "name", "column"),
    [("Sex", "sex", "Sex (2 categories)"), ("Ethnicity", "ethnic_group", "Ethnic group (6 categories)")],
)
def test_rates_and_what_ages_would_make_agree_with_a_slow_second_path(
    project: Path, page: DocumentPage, treated: dict[str, dict[str, int]], topic: str, name: str, column: str
):
    people = _residents(project, name, column)
    groups = treated[topic]
    expected = {}
    for group in groups:
        expected[group] = 0.0
        for band in BANDS:
            everybody = sum(number for (_, of), number in people.items() if of == band)
            expected[group] += people[group, band] * treated["Age"][band] / everybody
    scale = sum(groups.values()) / sum(expected.values())
    rows = equity.rates(page)
    rows = rows[(rows["topic"] == topic) & ~rows["unsaid"]].set_index("category")
    assert set(rows.index) == set(groups) and rows["aged"].all()
    for group, count in groups.items():
        living = sum(people[group, band] for band in BANDS)
        assert rows.loc[group, "rate"] == pytest.approx(1000 * count / living)
        assert rows.loc[group, "ratio"] == pytest.approx(count / (expected[group] * scale))
        exact = stats.chi2.ppf(0.025, 2 * count) / 2  # Byar's limits are this to a fraction of a per cent
        assert rows.loc[group, "rate_lower"] == pytest.approx(1000 * exact / living, rel=2e-3)


def test_ages_themselves_are_beside_residents_of_these_ages(
    project: Path, page: DocumentPage, treated: dict[str, dict[str, int]]
):
    file = project / "data/areas/exampleshire/received/ons_population/population_2024.csv"
    with file.open(encoding="utf-8", newline="") as lines:
        row = next(one for one in csv.DictReader(lines) if one["name"] == "Exampleshire")
    rows = equity.rates(page)
    rows = rows[(rows["topic"] == "Age") & ~rows["unsaid"]].set_index("category")
    for band, (low, high) in BANDS.items():
        living = sum(int(row[f"Age {age}" if age < 90 else "Age 90+"]) for age in range(low, min(high, 90) + 1))
        assert rows.loc[band, "rate"] == pytest.approx(1000 * treated["Age"][band] / living)
    assert not rows["aged"].any()


def _hidden(page: DocumentPage, group: str) -> DocumentPage:
    """The page with one ethnic group withheld, as a group of few people is."""
    beside = page.released.beside
    mine = (beside["breakdown"] == f"ethnicity={group}") & (beside["area"] == page.area.code)
    shut = beside.assign(value=beside["value"].mask(mine), withheld=beside["withheld"].mask(mine, "suppressed"))
    return dataclasses.replace(page, released=dataclasses.replace(page.released, beside=shut))


def test_a_hidden_group_has_no_rate_and_is_not_told_by_what_is_left(page: DocumentPage):
    shut = _hidden(page, "Other")
    rows = equity.rates(shut)
    rows = rows[rows["topic"] == "Ethnicity"].set_index("category")
    assert rows.loc[["Other", "not stated"], ["group", "rate", "ratio"]].isna().all(axis=None)
    assert "Ethnicity | 4 groups | 1 | Hidden | Held" in equity.per_resident(shut).text


def test_what_nobody_holds_is_told_in_one_table(page: DocumentPage):
    text = equity.per_resident(page).text
    assert "Disability | 3 groups | 0 | 6.8% | Not held" in text
    assert "Ethnicity | 5 groups | 0 | 0.0% | Held" in text


@pytest.mark.parametrize(
    ("group", "expected", "rounded_to", "reach"),
    [
        (100, 80, 1, Reach.OVER),
        (100, 95, 1, Reach.LIKE),  # a twentieth more is no more
        (20, 15, 1, Reach.LIKE),  # a third more, and no more than chance
        (60, 90, 1, Reach.UNDER),
        (45, 90, 5, Reach.SMALL),  # rounded to 5: too few
        (4, 9, 1, Reach.SMALL),
        (np.nan, 9, 1, Reach.UNKNOWN),
    ],
)
def test_a_group_is_apart_by_size_and_by_more_than_chance(group: float, expected: float, rounded_to: int, reach: str):
    rest = pd.DataFrame({
        "topic": "Sex", "group": [group, 1e6], "residents": [1000.0, 1e7], "expected": [expected, 1e6],
        "unsaid": False, "rounded_to": rounded_to,
    })  # fmt: skip
    assert needs.add_rates(rest)["reach"].iloc[0] == reach


@pytest.mark.parametrize(
    ("text", "ages"),
    [("18-29", (18, 29)), ("50+", (50, 200)), ("Aged 16 to 24 years", (16, 24)), ("Aged 7 years", (7, 7)),
     ("Aged 90 years and over", (90, 200)), ("90+", (90, 200))],
)  # fmt: skip
def test_ages_are_read_as_publishers_write_them(text: str, ages: tuple[int, int]):
    assert equity._ages(text) == ages


def test_people_entering_treatment_are_the_exports_own_by_substance(project: Path, page: DocumentPage):
    """The newest year of the chart's table, beside the rows of the export that are for all sexes and ages."""
    shown = entering.section(page)
    file = project / "data/areas/exampleshire/received/ndtms_viewit/ViewIt Export Data_LAs 2024-25.csv"
    with file.open(encoding="utf-8-sig") as lines:
        rows = [one for one in csv.DictReader(lines) if one["Area"] == "Exampleshire"]
    total = {
        one["drug_group"]: one["newpresentation_newtx"]
        for one in rows
        if {one["sex"].upper(), one["age_group"].upper()} <= WHOLE
    }
    wanted = [f"{int(total[name]):,}" for name in ("Opiate", "Alcohol only", "Non-opiate only", "Non-opiate & alcohol")]

    assert shown is not None
    assert " | ".join(["2024/25", *wanted]) in shown.text
