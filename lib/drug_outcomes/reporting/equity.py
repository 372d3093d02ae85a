"""Who is in treatment among the people who live here: rates per 1,000 residents, and what nobody knows."""

import re

import numpy as np
import pandas as pd

from drug_outcomes.definitions.framework import parse_slice
from drug_outcomes.reporting import markup, wording
from drug_outcomes.reporting.document_page import DocumentPage
from drug_outcomes.reporting.markup import Column, Content, Display
from drug_outcomes.reporting.needs_figures import Cells, category_words, first
from drug_outcomes.reporting.numerals import number, printed
from drug_outcomes.statistics import needs

#: What rows of context.csv that hold residents of a group by age say under topic.
_RESIDENTS = "Residents"
_ADULT, _OLDEST = 18, 200


def rates(page: DocumentPage) -> pd.DataFrame:
    """Return groups of adults in treatment beside the adults who live here.

    Columns: topic, category, period_label, group (people in treatment), residents, residents_label, youngest (age
    from which residents are counted), expected (what the group's ages would make of the rates here), aged (whether
    ages allowed it; else expected goes by numbers alone), hidden, and what `needs.add_rates` adds. A row for each
    group of which both are held, and one for people of whom it was not stated.
    """
    defined = page.defined("representation").drop_duplicates("dimension")
    treated = {str(row["dimension"]): (row, _treated(page, row)) for row in defined.to_dict("records") if row["of"]}
    by_age = treated["age"][1].set_index("category")["value"] if "age" in treated else pd.Series(dtype="float64")
    found = [
        _beside_residents(page, row, groups, residents, by_age)
        for dimension, (row, groups) in treated.items()
        if len(groups) and len(residents := _residents(page, dimension, list(groups["category"])))
    ]
    return needs.add_rates(pd.concat(found, ignore_index=True)) if found else pd.DataFrame()


def _treated(page: DocumentPage, row: Cells) -> pd.DataFrame:
    mine = page.context[(page.context["context"] == row["context"]) & (page.context["area"] == page.area.code)]
    found: pd.DataFrame = mine[mine["category"] != ""].sort_values("category", kind="stable")
    return found


def _residents(page: DocumentPage, dimension: str, groups: list[str]) -> pd.DataFrame:
    """Return adult residents by group and age: category, low, high, value, label; bands that reach adults are whole."""
    table = page.context[(page.context["area"] == page.area.code) & (page.context["category"] != "")]
    if dimension == "age":
        mine = table[table["context"] == _RESIDENTS.casefold()]
        ages = mine["category"].map(_ages)
        group = ages.map(lambda edge: next((one for one in groups if _within(edge, _ages(one))), "")).astype("str")
    else:
        defined = page.definitions.context
        slices = defined[defined["topic"] == _RESIDENTS].set_index("context")["slice"]
        names = slices.map(lambda cell: parse_slice(cell).get(dimension, "")).astype("str")
        mine = table[table["context"].isin(names.index[names != ""])]
        ages = mine["category"].map(_ages)
        group = mine["context"].map(names).astype("str")
    low, high = (pd.Series([edge[end] for edge in ages], mine.index, dtype="int64") for end in (0, 1))
    found = mine.assign(category=group, low=low, high=high, label=mine["period_label"])
    adults: pd.DataFrame = found.loc[(high >= _ADULT) & (group != ""), ["category", "low", "high", "value", "label"]]
    return adults


def _ages(text: str) -> tuple[int, int]:
    """Return the first and last year of "18-29", "50+", "Aged 16 to 24 years" or "Aged 90 years and over"."""
    found = [int(one) for one in re.findall(r"\d+", text)]
    if not found:
        return 0, _OLDEST
    if len(found) > 1:
        return found[0], found[1]
    return found[0], _OLDEST if text.endswith("+") or "over" in text else found[0]


def _within(inner: tuple[int, int], outer: tuple[int, int]) -> bool:
    return outer[0] <= inner[0] and inner[1] <= outer[1]


def _beside_residents(
    page: DocumentPage, row: Cells, groups: pd.DataFrame, residents: pd.DataFrame, by_age: pd.Series
) -> pd.DataFrame:
    words = category_words(row)
    bands = [
        next((band for band in by_age.index if _within(edge, _ages(str(band)))), "")
        for edge in zip(residents["low"], residents["high"], strict=True)
    ]
    # Ages say something only of a group that is no age, and only where every band of residents lies in one of them.
    aged = bool(bands and all(bands) and by_age.notna().all() and row["dimension"] != "age")
    here = residents.assign(band=bands)
    rate = by_age / here.groupby("band")["value"].sum() if aged else pd.Series(1.0, index=sorted(set(bands)))
    sums = here.assign(expected=here["value"] * here["band"].map(rate)).groupby("category")[["value", "expected"]].sum()
    told = pd.DataFrame({
        "topic": row["topic"], "category": [words.get(one, one) for one in groups["category"]],
        "period_label": groups["period_label"].to_numpy(), "group": groups["value"].to_numpy(dtype="float64"),
        "residents": groups["category"].map(sums["value"]).to_numpy(dtype="float64"),
        "expected": groups["category"].map(sums["expected"]).to_numpy(dtype="float64"),
        "hidden": (groups["withheld"].ne("") | groups["status"].eq("suppressed")).to_numpy(), "unsaid": False,
    })  # fmt: skip
    everybody = first(page.of(str(row["of"]), page.area.code))["value"]
    # Nothing is taken from a total of which a group is hidden: the rest would be that group.
    bases = page.definitions.sources.set_index("source")["rounding_base"]
    base = float(bases.get(str(groups["source"].iloc[0]), 1))
    rest = np.nan if told["hidden"].any() else float(everybody - told["group"].sum())
    # What rounding alone can make of the difference is nobody.
    rest = 0.0 if rest <= (len(told) + 1) * (base / 2 if base > 1 else 0) else rest
    shut = bool(told["hidden"].any()) or 0 < rest < needs.FEWEST
    rest = np.nan if shut else rest
    unsaid = told.head(1).assign(category="not stated", group=rest, residents=np.nan, expected=np.nan, unsaid=True)
    return pd.concat([told, unsaid.assign(hidden=shut)], ignore_index=True).assign(
        residents_label=str(residents["label"].iloc[0]),
        youngest=int(residents["low"].min()),
        aged=aged,
        rounded_to=base,
    )


def per_resident(page: DocumentPage) -> Display:
    """Show rates of treatment per 1,000 residents, then of each characteristic what is held, hidden and unknown."""
    table = rates(page)
    columns: list[str | Column] = [
        "Group", Column("In treatment", number=True), Column("Per 1,000 residents (95% limits)", number=True),
        Column("Beside what is expected (95% limits)", number=True), "Reading",
    ]  # fmt: skip
    parts = [
        markup.table(
            columns,
            [_cells(one) for one in groups.to_dict("records")],
            f"{topic}: adults in treatment, {groups['period_label'].iloc[0]}, per 1,000 residents from "
            f"{groups['youngest'].iloc[0]}, {groups['residents_label'].iloc[0]}; "
            + ("expected allows for age" if groups["aged"].iloc[0] else "expected goes by numbers, not by age"),
        )
        for topic, groups in (table.groupby("topic", sort=False) if len(table) else [])
    ]
    note = (
        "Expected is what a group would have if people of each age were in treatment as often as everybody of that age "
        "here whose group is known. It says how often, not how many are in need. Gender reassignment, marriage and "
        "pregnancy are in no figure that is read here."
    )
    return markup.together(*parts, _known(page, table), markup.paragraph(note, class_="note"))


def _cells(one: Cells) -> list[Content]:
    hidden = "Hidden to protect people"
    if one["unsaid"]:
        return ["Not stated", hidden if one["hidden"] else number(one["group"], 0), "No rate", "No ratio", "Not stated"]
    return [
        wording.at_start(str(one["category"])),
        hidden if one["hidden"] else printed(one, "group"),
        _limits(one, "rate", 1),
        _limits(one, "ratio", 2),
        str(one["reach"]).capitalize(),
    ]


def _limits(one: Cells, name: str, decimals: int) -> Content:
    if pd.isna(one[name]):
        return f"No {name}"
    low, high = (number(one[f"{name}_{end}"], decimals) for end in ("lower", "upper"))
    return markup.stacked(number(one[name], decimals), f"{low} to {high}")


def _known(page: DocumentPage, table: pd.DataFrame) -> Display:
    """Show what is held of each characteristic, what is hidden, and of how many people nobody knows it."""
    rows: list[list[Content]] = []
    beside = set(table["topic"]) if len(table) else set()
    defined = page.defined("representation")
    for row in defined[defined["dimension"] != ""].drop_duplicates("topic").to_dict("records"):
        groups = _treated(page, row)
        shut = groups["withheld"].ne("") | groups["status"].eq("suppressed")
        unsaid = groups[groups["category"].isin(str(row["unsaid"]).split(";"))]
        whole = first(page.of(str(row["of"]), page.area.code))["value"]
        known = len(unsaid) and pd.notna(unsaid["value"].iloc[0]) and whole > 0
        share: str = f"{number(100 * unsaid['value'].iloc[0] / whole, 1)}%" if known else "Not published"
        if row["topic"] in beside:
            mine = table[table["topic"] == row["topic"]]
            rest, known_of = mine.loc[mine["unsaid"], "group"].iloc[0], mine["group"].sum()
            share = "Hidden" if pd.isna(rest) else f"{number(100 * rest / known_of, 1)}%"
        nothing = ["Not held", "Unknown", "Unknown"]
        held = [wording.plural(int((~shut).sum()), "group"), str(int(shut.sum())), share] if len(groups) else nothing
        rows.append([str(row["topic"]), *held, "Held" if row["topic"] in beside else "Not held"])
    columns: list[str | Column] = [
        "Characteristic", "In treatment", Column("Hidden groups", number=True), "Not stated", "Residents by it",
    ]  # fmt: skip
    return markup.table(columns, rows, "What is held, hidden and unknown")
