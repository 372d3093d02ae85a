"""The Home Office table of seizures by weight band: drugs across, bands and totals down.

Its averages tell what its totals are: "Average kg" is in grams, and "Total doses" is in thousands except
for plants, which are thousands in the oldest tables. A total that no unit reconciles with its average is
left out, with the reason.
"""

import pandas as pd

from drug_outcomes.definitions.vocabulary import Status
from drug_outcomes.errors import UnreadableInput
from drug_outcomes.sources import checks, forces, labelling, markers, parsing, reading
from drug_outcomes.sources.seizure_columns import drug, refuse_swapped, refuse_unknown

_MARKERS = markers.mapping({"": Status.NOT_APPLICABLE, "..": Status.NOT_PUBLISHED})
_ROWS = ("seizures", "totalkg", "averagekg", "totaldoses", "averagedoses")
_NOTE = "of seizures whose weight or number of doses is known"


def rows(sheet: reading.Sheet) -> pd.DataFrame:
    """Return banded_seizures_<drug> and banded_quantity_<drug>_<unit> for England and Wales."""
    table, labels = _across(sheet)
    parsed = {name: parsing.numbers(table, name, _MARKERS) for name in _ROWS}
    for name in _ROWS:
        wrong = table[(parsed[name]["value"] < 0) | (parsed[name]["value"] > 1e10)]
        checks.refuse_rows(wrong, f"a number of {name} is below 0 or beyond counting")
    number = parsed["seizures"].assign(indicator="banded_seizures_" + labels, row=table["row"])
    weight = parsed["totalkg"].assign(indicator="banded_quantity_" + labels + "_kg", row=table["row"])
    weight = weight.assign(fits=_agree(parsed, "kg", 1000))
    doses = _doses(parsed, labels).assign(row=table["row"])
    quantities = pd.concat([part[part["text"] != ""] for part in (weight, doses)], ignore_index=True)
    fits = quantities.pop("fits").astype("bool")
    quantities = quantities.assign(
        value=quantities["value"].where(fits),
        status=quantities["status"].where(fits, str(Status.NOT_PUBLISHED)),
        note=fits.map({True: _NOTE, False: "total and average contradict each other in the file; not read"}),
    )
    found = pd.concat([number.assign(note=_NOTE), quantities], ignore_index=True)
    return found.assign(area=forces.NATIONAL, numerator=found["value"])


def _across(sheet: reading.Sheet) -> tuple[pd.DataFrame, pd.Series]:
    """Turn the sheet on its side: one row for each drug, `row` being its column in the file."""
    keyed = {labelling.squeeze(row[0]): row for row in sheet.rows if row and row[0].strip()}
    top = next((row for row in sheet.rows if sum(bool(cell.strip()) for cell in row) > 2), ())
    found = [labelling.squeeze(row[0]) for row in set(sheet.rows) if row]
    missing = [name for name in _ROWS if found.count(name) != 1]
    widths = {len(row) for row in sheet.rows if any(row)}
    if missing or len(widths) != 1 or top in keyed.values():
        raise UnreadableInput(
            f"the rows {', '.join(missing) or 'of this table'} are missing, doubled or of different length",
            expected="a row of drugs, then Class, Seizures, bands, Total kg, Average kg, Total doses, Average doses",
        )
    reading.refuse_unnamed(sheet, reading.Header(1, {}, ("drugs", *top[1:])))
    places = [place for place, cell in enumerate(top) if cell.strip()]
    cells = {name: [keyed[name][place].strip() for place in places] for name in _ROWS}
    labels = pd.Series([drug(top[place]) for place in places], dtype="str")
    if labels.duplicated().any():
        raise UnreadableInput(f"{labels[labels.duplicated()].iloc[0]} stands twice", row=1)
    refuse_unknown([top[place] for place in places], row=1)
    refuse_swapped(list(labels), row=1)
    return pd.DataFrame(cells, dtype="str").assign(row=[place + 1 for place in places]), labels


def _doses(parsed: dict[str, pd.DataFrame], labels: pd.Series) -> pd.DataFrame:
    plants = labels.str.contains("plant")
    in_ones, in_thousands = _agree(parsed, "doses", 1), _agree(parsed, "doses", 1000)
    unchecked = parsed["averagedoses"]["value"].isna() & ~plants
    unit = pd.Series("number", index=labels.index).where(plants & in_ones, "thousand_doses")
    unit = unit.where(~plants | in_ones, "thousands")
    return parsed["totaldoses"].assign(
        indicator="banded_quantity_" + labels + "_" + unit, fits=(plants & in_ones) | in_thousands | unchecked
    )


def _agree(parsed: dict[str, pd.DataFrame], unit: str, scale: float) -> "pd.Series[bool]":
    """Whether total x scale / seizures is the average, as far as the total's last figure can tell."""
    total, average = parsed[f"total{unit}"], parsed[f"average{unit}"]["value"]
    decimals = total["text"].str.extract(r"\.(\d+)$")[0].str.len().fillna(0)
    seizures = parsed["seizures"]["value"]
    allowed = 0.005 * average + 0.006 + scale * 0.5 * 10.0**-decimals / seizures
    return (total["value"] * scale / seizures - average).abs() <= allowed
