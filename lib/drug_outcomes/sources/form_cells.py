"""The figures of the form: numbers, markers, statuses, and what a spreadsheet does to a cell."""

import re
from collections.abc import Sequence

import pandas as pd

from drug_outcomes.definitions.vocabulary import VALUED, Kind, Status
from drug_outcomes.errors import UnreadableInput
from drug_outcomes.sources import checks, labelling, markers, parsing, reading, refusals, workbooks

#: What may stand instead of a number. A blank says that nothing was supplied.
MARKERS = markers.mapping(
    markers.MISSING,
    {
        "": Status.NOT_SUPPLIED,
        "no value": Status.NOT_SUPPLIED,
        "x": Status.SUPPRESSED,
        "c": Status.SUPPRESSED,
        "*": Status.SUPPRESSED,
        "z": Status.NOT_APPLICABLE,
        "awaited": Status.AWAITED,
    },
)
SIDES = ("lower", "upper", "numerator", "denominator")
_VALUED = [str(status) for status in VALUED]
_TEXT_FILES = (".csv", ".tsv")
_EXCEL = (".xlsx", ".xlsm")


def as_shown(
    table: pd.DataFrame, sheet: reading.Sheet, header: reading.Header, names: Sequence[str] = ("value", *SIDES)
) -> pd.DataFrame:
    """Return the cells of columns `names` as the sender saw them, and a column `formula`.

    A spreadsheet keeps 7.1% as 0.071: such a cell becomes "7.1%" again. A figure that the workbook
    calculated is taken as it was last calculated, and `formula` says how. Other workbooks than Excel's tell
    neither apart, so they are refused.
    """
    suffix = sheet.file.suffix.casefold()
    if suffix in _TEXT_FILES:
        return table.assign(formula="")
    if suffix not in _EXCEL:
        raise UnreadableInput(
            f"{suffix} does not say which of its cells are percentages",
            expected=".csv or .xlsx",
            try_next="save it again as .xlsx",
        )
    columns = {name: place for name, place in header.columns.items() if name in names}
    cells = _cells(sheet, columns).set_index("row").reindex(table["row"]).set_axis(table.index)
    shown = {name: table[name].where(~cells[f"{name}_percent"].eq(True), _percent(table[name])) for name in columns}
    formulas = cells[[f"{name}_formula" for name in columns]].fillna("").agg("".join, axis="columns")
    return table.assign(**shown, formula=formulas.astype("str"))


def with_formulas(note: pd.Series, formula: pd.Series) -> pd.Series:
    """Return notes that say where the workbook calculated the figure."""
    said = note.mask(note != "", note + "; ") + "calculated in the workbook: " + formula
    return note.where(formula == "", said)


def _cells(sheet: reading.Sheet, columns: dict[str, int]) -> pd.DataFrame:
    """Return `row` and, for each column, `<name>_formula` (text) and `<name>_percent` (bool)."""
    found = []
    for number, row in enumerate(workbooks.cells_as_written(sheet.file, sheet.name), start=1):
        cells = {name: row[place] for name, place in columns.items() if place < len(row)}
        texts = {
            name: cell if isinstance(cell, str) and cell.startswith("=") else "" for name, (cell, _) in cells.items()
        }
        percents = {name: "%" in shown and not isinstance(cell, str | None) for name, (cell, shown) in cells.items()}
        found.append(
            {"row": number}
            | {f"{name}_formula": texts.get(name, "") for name in columns}
            | {f"{name}_percent": percents.get(name, False) for name in columns}
        )
    return pd.DataFrame(found)


def _percent(column: pd.Series) -> pd.Series:
    hundredfold = pd.to_numeric(column, errors="coerce") * 100
    return hundredfold.map("{:.10g}%".format)


def figures(table: pd.DataFrame, described: pd.DataFrame) -> pd.DataFrame:
    """Return value, limits, numerator, denominator, status, bounds and text of each row of a form.

    `described` holds the `kind` and `per` of each row's measure. A count is its own numerator; a share or
    crude rate told by its two parts alone has its value computed from them.
    """
    stated = one_of(table, "status", "|".join(Status))
    cell = table["value"].where(table["value"] != "", table["text"])
    excused = ~stated.isin(["", *_VALUED]) & ~cell.str.contains(r"\d")  # words beside a status that explains
    found = _read_or_told(table[["row"]].assign(value=cell.mask(excused, "")))
    sides = {name: parsing.plain_numbers(table, name) for name in SIDES}
    text = table["text"].where(table["text"] != "", table["value"])
    known = _with_parts(found.assign(**sides, text=text), described)
    _refuse_contradictions(table, known, stated, described)
    computed = known["value"].notna() & ~known["status"].isin(_VALUED)
    status = stated.where(stated != "", known["status"].mask(computed, str(Status.PUBLISHED)))
    return known.assign(status=status)


def _read_or_told(table: pd.DataFrame) -> pd.DataFrame:
    """Return the values of a return; the refusal of one says what to type instead."""
    try:
        return parsing.numbers(table, "value", MARKERS)
    except UnreadableInput as refusal:
        first = table.loc[table["row"] == refusal.row, "value"].iloc[0]
        raise UnreadableInput(
            f"{first!r} in column 'value' is neither a number nor a marker",
            expected="a number, <5, x (withheld), z (does not apply), or nothing where there is none yet",
            try_next=what_to_type(first),
            row=refusal.row,
        ) from refusal


def what_to_type(cell: str) -> str:
    """Return what to type instead of a cell that says more than a number: "12 (est)" is 12, status estimated."""
    label = cell.casefold()
    number = re.search(r"\d[\d,]*(?:\.\d+)?", label)
    if number is None:
        if re.search(r"\b(?:nil|none|zero)\b", label):
            return "type 0 where none were counted, and nothing where nobody counted"
        return "leave the cell empty, type awaited under status, and the words under note"
    if len(re.findall(r"\d[\d,.]*", label)) > 1:
        return "type one number, and the rest under note"
    status = next((word for word, said in _SAID.items() if re.search(said, label)), "")
    return f"type {number[0]}" + (f", status {status}" if status else ", and the words under note")


#: Words beside a number that are a status.
_SAID = {
    "estimated": r"\best|approx|about|around|circa|\bc\.|~|roughly",
    "provisional": r"\bprov|\bdraft|interim|unvalidated",
    "revised": r"\brev|corrected|updated",
}


def one_of(table: pd.DataFrame, name: str, pattern: str) -> pd.Series:
    """Return a column of words in lower case, joined by _; refuse a cell that does not match `pattern`."""
    text = table[name].str.casefold().str.replace(r"(?<=\w)[ -](?=[a-z])", "_", regex=True)
    checks.refuse_rows(
        table[~text.str.fullmatch(pattern) & (text != "")],
        f"{name} holds a word that is not known",
        expected="nothing, or one of: " + pattern.replace("|", ", ").replace(r"\d{4}-\d\d-\d\d", "2025-06-01"),
    )
    return text


def _with_parts(found: pd.DataFrame, described: pd.DataFrame) -> pd.DataFrame:
    counted = described["kind"] == Kind.COUNT
    shared = described["kind"].isin([Kind.PROPORTION, Kind.CRUDE_RATE]) & (found["text"] == "")
    ratio = parsing.with_ratio(found, 1)["value"] * described["per"]
    return found.assign(
        numerator=found["numerator"].mask(counted & found["numerator"].isna(), found["value"]),
        value=found["value"].mask(shared & found["value"].isna(), ratio),
    )


def _refuse_contradictions(
    table: pd.DataFrame, known: pd.DataFrame, stated: pd.Series, described: pd.DataFrame
) -> None:
    has, valued = known["value"].notna(), stated.isin(_VALUED)
    timeless = table["period"].map(labelling.plain).isin(["", "no value", "tbc"])
    printed = table["text"].str.replace(",", "").str.extract(r"^(-?\d+(?:\.(\d+))?)$")
    half = 0.5 * 10.0 ** -printed[1].str.len().fillna(0)  # the text may be rounded, and is no other number
    astray = (pd.to_numeric(printed[0]) - known["value"]).abs() > half * (1 + 1e-9)
    counted, share = (described["kind"] == kind for kind in (Kind.COUNT, Kind.PROPORTION))
    percent = table["value"].str.contains("%", regex=False) & counted
    for wrong, found in (
        (has & percent, "a percentage stands where a count should"),
        (valued & ~has, "the status says that there is a figure, and there is none"),
        ((stated != "") & ~valued & has, "a number stands beside a status that says there is none"),
        (has & timeless, refusals.WITHOUT_PERIOD),
        (has & astray, "value and text are different numbers"),
        (has & counted & (known["numerator"] != known["value"]), "a count whose numerator is another number"),
        (_exchanged(known, described), "value, numerator and denominator agree only when two change places"),
    ):
        checks.refuse_rows(table[wrong], found, expected="cells of a row that agree")
    made = parsing.with_ratio(known.assign(value=float("nan")))["value"]
    slip = share & (known["value"] > 0) & ((made - 100 * known["value"]).abs() <= 0.006 * made)
    said = known["value"].map("{:g}".format) + " or " + made.map("{:g}".format) + "?"
    checks.refuse_rows(
        table[slip],
        f"{said[slip].head(1).sum() or ''} The two counts make another percentage than the value",
        expected="a percentage from 0 to 100, as 62 for 31 of 50",
    )


def refuse_impossible(rows: pd.DataFrame, described: pd.DataFrame) -> None:
    """Refuse numbers below 0 and shares above the whole: nobody can have counted them."""
    described = described.loc[rows.index]
    above = rows[["value", "lower", "upper"]].gt(described["per"], axis="index").any(axis="columns")
    checks.refuse_rows(
        rows[(rows[["value", *SIDES]] < 0).any(axis="columns")],
        "a number is below 0",
        expected="0 or more; an empty cell where there is no figure",
    )
    checks.refuse_rows(
        rows[above & (described["kind"] == Kind.PROPORTION)],
        "a percentage is above 100; a count may stand in its place",
        expected="a percentage from 0 to 100",
        try_next="put the count under numerator and the people it is of under denominator",
    )


def _exchanged(known: pd.DataFrame, described: pd.DataFrame) -> "pd.Series[bool]":
    """Return where a part is above its whole, or a share is what its parts make with two columns exchanged."""
    value, numerator, denominator = known["value"], known["numerator"], known["denominator"]
    shared = described["kind"].isin([Kind.PROPORTION, Kind.CRUDE_RATE])

    def agree(whole: pd.Series, part: pd.Series, base: pd.Series) -> "pd.Series[bool]":
        made = described["per"] * part / base.where(base > 0)
        return (made - whole).abs() <= 0.06 + 0.01 * whole.abs()

    otherwise = agree(value, denominator, numerator) | agree(numerator, value, denominator)
    above_one = (described["kind"] == Kind.PROPORTION) & (numerator > denominator)
    return above_one | (shared & otherwise & ~agree(value, numerator, denominator))
