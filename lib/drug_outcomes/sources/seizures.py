"""Seizures of drugs by police force and drug, and for England and Wales: Home Office tables.

Four layouts: numbers of seizures by force (SeizuresYY-YY), quantities by force (QuantitiesYY-YY), bands of
weight with drugs across (WeightsYY-YY), and years with drugs across (seizures_EW, quantities_EW).
"""

import re
from pathlib import Path

import pandas as pd

from drug_outcomes.definitions import ground, observations, periods
from drug_outcomes.definitions.vocabulary import Status
from drug_outcomes.errors import UnreadableInput
from drug_outcomes.sources import checks, forces, labelling, markers, parsing, reading, seizure_bands, stacking
from drug_outcomes.sources.seizure_columns import (
    drug,
    is_drug,
    members,
    misfits,
    refuse_swapped,
    refuse_unknown,
    resolve,
    unit,
)

_FORCE: labelling.Fields = {"place": ("Police force", "Force", "Police force area")}
_YEAR: labelling.Fields = {"place": ("Year", "Financial year")}
_TWO_YEARS = re.compile(r"(?<!\d)((?:20)?\d\d)[-_/ ](?:20)?(\d\d)(?!\d)")
_OLD_RUN = ["anabolic_steroids", "benzodiazepines", "ghb", "ketamine"]
_OLD_UNTIL = "2013/14"
_NOT_READ = (
    "not read: the header has ketamine in its place before it became a class B drug in 2014, and may not belong to "
    "the figures below it"
)
_COMPARABLE = "class totals are not comparable across June 2014, when ketamine moved from class C to class B"


def read(file: Path) -> pd.DataFrame:
    """Read one table of seizures.

    Indicators: seizures_<drug>, seizures_all_drugs, seizures_class_a (numbers of seizures),
    quantity_<drug>_<unit> with unit kg, thousand_doses, number or thousands, and both with "banded_" before
    them from tables of weight bands. Areas: forces, England and Wales; "force=Border Force" and its like
    mark services that police no area of their own.

    Raises `UnreadableInput` for a year that nothing states, for headers under which totals and parts do not
    agree, for numbers of seizures that are not whole and for quantities without a known unit.
    """
    sheet = reading.read_sheet(file)
    words = {labelling.squeeze(cell) for row in sheet.rows for cell in row[:1]}
    if {"class", "seizures"} <= words:
        table = seizure_bands.rows(sheet).assign(period=_stated_year(sheet, 1))
    else:
        table = _by_drug(sheet)
    return observations.conform(parsing.dated(table.assign(sheet=sheet.name), periods.Basis.FIN_YEAR))


def _by_drug(sheet: reading.Sheet) -> pd.DataFrame:
    top = {labelling.squeeze(cell) for row in sheet.rows[:80] for cell in row}
    header = reading.find_header(sheet, _YEAR if "year" in top else _FORCE)
    reading.refuse_unnamed(sheet, header)
    table, labels = _labelled(sheet, header)
    cells = stacking.stack(table, ["place", "row"], list(labels), markers.USUAL)
    silent = cells.groupby("row")["text"].transform("max") == ""
    cells = cells.assign(status=cells["status"].where(~silent, str(Status.NOT_SUPPLIED)))
    figures = cells.pivot(index="row", columns="indicator", values="value")[list(labels)]  # noqa: PD010
    names = [drug(label) for label in labels.values()]
    refuse_unknown(list(labels.values()), row=header.row)
    if len(set(names)) == len(names):
        refuse_swapped(names, row=header.row)
    if {"all_drugs", "class_a", "class_b"} & set(names):
        names = resolve(list(labels.values()), figures, row=header.row)
        cells = _numbers(cells, dict(zip(labels, names, strict=True)), labels, figures)
    else:
        by_year = table["place"].str.fullmatch(r"\d{4}.*").all()
        year = _financial_year(table["place"].max()) if by_year else _stated_year(sheet, header.row)
        cells = _quantities(cells, labels, figures, year)
    return _placed(cells, sheet, header)


def _labelled(sheet: reading.Sheet, header: reading.Header) -> tuple[pd.DataFrame, dict[str, str]]:
    """Return the table as text and, for each of its columns, the header's label; labels may repeat."""
    columns = {
        f"{' '.join(text.split())} (column {place + 1})": place
        for place, text in enumerate(header.texts)
        if text.strip() and place != header.columns["place"]
    }
    table = reading.body(sheet, reading.Header(header.row, {**header.columns, **columns}, header.texts))
    # A force that sent nothing has a row of its own, all blank; a footer has words in the same place.
    table = table[(table[list(columns)] != "").any(axis="columns") | (forces.codes(table["place"]) != "")]
    checks.refuse_rows(
        table[~table["place"].str.match(r"[A-Za-z]|(?:19|20)\d\d")],
        "this is not the name of a force, nor a year",
        expected="names of police forces in the first column",
    )
    table = checks.merge_duplicates(table, ["place"], list(columns))
    # A column that nobody has published before is a drug if it holds numbers, and a remark if not.
    kept = {
        column: header.texts[place]
        for column, place in columns.items()
        if is_drug(header.texts[place]) or table[column].str.fullmatch(r"[\d,. ]*").all()
    }
    return table, kept


def _numbers(cells: pd.DataFrame, names: dict[str, str], labels: dict[str, str], figures: pd.DataFrame) -> pd.DataFrame:
    """Name the columns of a table of numbers and note where header, total and parts disagree."""
    checks.refuse_rows(
        cells[cells["value"] % 1 > 0],
        "a number of seizures is not whole",
        expected="whole numbers; quantities stand in a table without totals",
    )
    wrong = misfits(figures.rename(columns=names))
    checks.refuse_rows(
        wrong[wrong.sum(axis="columns") > 1].reset_index(),
        "several totals disagree with their parts, so this row may be shifted",
        try_next="fetch the file again",
    )
    name = cells["indicator"].map(names)
    doubtful = pd.Series(data=False, index=cells.index)
    for total in wrong:
        of_class = name.isin(members(str(total), list(names.values())))
        doubtful |= of_class & cells["row"].isin(wrong.index[wrong[total]])
    renamed = {
        column: ""
        if drug(labels[column]) == one
        else f'the header says "{" ".join(labels[column].split())}"; '
        f"its figures are those of {one.replace('_', ' ')}, as the totals show; "
        for column, one in names.items()
    }
    note = (
        cells["indicator"].map(renamed)
        + name.isin(["class_b", "class_c"]).map({True: f"{_COMPARABLE}; ", False: ""})
        + doubtful.map({True: "total and parts disagree in this row", False: ""})
    )
    return cells.assign(
        indicator="seizures_" + name,
        note=note.str.strip("; "),
        status=cells["status"].where(~doubtful | cells["value"].isna(), str(Status.UNRELIABLE)),
    )


def _quantities(cells: pd.DataFrame, labels: dict[str, str], figures: pd.DataFrame, year: str) -> pd.DataFrame:
    """Name the columns of a table of quantities with their units.

    Nothing in such a table checks its header. In one release the header kept ketamine's old place after the
    figures had moved, so from then on the columns of the old order are left out.
    """
    names = [drug(label) for label in labels.values()]
    if len(set(names)) < len(names):
        repeated = sorted({name for name in names if names.count(name) > 1})
        raise UnreadableInput(
            f"two columns are headed {', '.join(repeated)}, and no total tells them apart",
            expected="one column for each drug",
        )
    start = names.index(_OLD_RUN[0]) if _OLD_RUN[0] in names else 0
    moved = names[start : start + 4] == _OLD_RUN and year > _OLD_UNTIL
    doubtful = cells["indicator"].isin(list(labels)[start : start + 4]) & moved
    ids = {
        column: f"quantity_{name}_{unit(labels[column], name, figures[column])}"
        for column, name in zip(labels, names, strict=True)
    }
    return cells.assign(
        indicator=cells["indicator"].map(ids),
        value=cells["value"].where(~doubtful),
        numerator=cells["numerator"].where(~doubtful),
        status=cells["status"].where(~doubtful, str(Status.NOT_PUBLISHED)),
        note=doubtful.map({True: _NOT_READ, False: ""}),
    )


def _placed(cells: pd.DataFrame, sheet: reading.Sheet, header: reading.Header) -> pd.DataFrame:
    """Give areas and years to the rows: forces in one year, or England and Wales by year."""
    place = cells["place"]
    if labelling.squeeze(header.texts[header.columns["place"]]) in {"year", "financialyear"}:
        odd = ~place.str.fullmatch(r"(?:19|20)\d\d(?:[/-](?:20)?\d\d)?")
        checks.refuse_rows(cells[odd], "this is not a year")
        ends = place.str.fullmatch(r"\d{4}")
        said = ends.map({True: "the file gives the year in which the financial year ends", False: ""})
        note = said.str.cat(cells["note"], sep="; ").str.strip("; ")
        cells = cells.assign(area=forces.NATIONAL, period=place.map(_financial_year), note=note)
        return cells.drop(columns="place")
    found = forces.codes(place)
    found = found.where(found != "", ground.codes(place))
    apart = (found == "") | forces.is_national(place)
    return cells.drop(columns="place").assign(
        area=found,
        breakdown=labelling.breakdown({"force": forces.tidy(place).where(apart, "")}),
        note=cells["note"].where(found != "", "no code is known for the force " + place),
        period=_stated_year(sheet, header.row),
    )


def _financial_year(written: str) -> str:
    """Return "2018/19" for "2019", the year in which it ends, and for "2018-19"."""
    first = int(written[:4]) - (len(written) == 4)
    return f"{first}/{(first + 1) % 100:02}" if len(written) == 4 else f"{first}/{written[-2:]}"


def _stated_year(sheet: reading.Sheet, above: int) -> str:
    """Return the one financial year that the file's name or the rows above its header state."""
    said = " ".join(" ".join(row) for row in sheet.rows[: above - 1])
    pairs = _TWO_YEARS.findall(f"{sheet.file.stem} {said}")
    found = {f"20{one[-2:]}/{two}" for one, two in pairs if (int(one) + 1 - int(two)) % 100 == 0}
    found |= {_financial_year(year) for year in re.findall(r"(?i)(?:year ending|to) march (20\d\d)", said)}
    return checks.only(
        found,
        "which financial year it covers",
        expected="one financial year, as in Seizures18-19.csv",
        try_next="name the file as it was published",
    )
