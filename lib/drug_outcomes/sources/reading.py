"""What every reader shares: cells as text, a header found by its words, numbers with a status.

A reader calls `read_sheet`, `find_header`, `body` and `numbers`, then renames and reshapes. Nothing here
guesses: where a file leaves two readings open it is refused, in words that name file, row and value.
"""

import csv
import io
import math
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import pandas as pd

from drug_outcomes.definitions import periods
from drug_outcomes.definitions.vocabulary import Status
from drug_outcomes.errors import UnreadableInput
from drug_outcomes.sources import workbooks
from drug_outcomes.sources.markers import AFTER_A_NUMBER

Pattern = str | re.Pattern[str]
Fields = Mapping[str, Sequence[Pattern]]

#: A GSS code in full, as it stands in a cell of its own.
GSS_CODE = r"[EWKNS]\d{8}"
_WORKBOOKS = {".xls", ".xlsx", ".xlsm", ".xlsb", ".ods"}
_DELIMITERS = {".csv": ",", ".tsv": "\t"}
_NUMBER = r"[-+−]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:e[-+]?\d+)?"
_FEWER = r"(?:<|less than|fewer than)\s*(\d+)"
_HEADER_DEPTH = 80  # no preamble is as long; further down the words of a header are data


@dataclass(frozen=True)
class Sheet:
    """One table of a file: text cells as published; `rows[0]` is row 1 of the file, `name` is "" for CSV."""

    file: Path
    name: str
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Header:
    """Where a header stands (`row` counts from 1) and which column holds which field."""

    row: int
    columns: dict[str, int]
    texts: tuple[str, ...] = ()


def sheets(file: Path) -> list[str]:
    """Names of the sheets of a workbook; [""] for a CSV or TSV."""
    return workbooks.sheet_names(file) if _suffix(file) in _WORKBOOKS else [""]


def read_sheet(file: Path, name: str | None = None) -> Sheet:
    """Read one table as text. A workbook of several sheets needs a name; case and spaces do not matter.

    Raises `UnreadableInput` for a file that is absent, empty, binary, cut short, protected by a password
    or of an unknown kind, and for a sheet that is not in it.
    """
    if _suffix(file) in _DELIMITERS:
        return Sheet(file, "", _delimited(file))
    found = _choose_sheet(file, workbooks.sheet_names(file), name)
    sheet = Sheet(file, found, workbooks.cells(file, found))
    if not any(any(row) for row in sheet.rows):
        raise UnreadableInput(f"the sheet {found!r} is empty", expected="a table", file=file)
    return sheet


def _suffix(file: Path) -> str:
    suffix = file.suffix.casefold()
    if not file.is_file():
        raise UnreadableInput("there is no such file", try_next="check the name and the folder", file=file)
    if suffix not in _WORKBOOKS | set(_DELIMITERS):
        raise UnreadableInput(
            f"files named {suffix or 'without an ending'} are not read",
            expected=f"one of {', '.join(sorted(_WORKBOOKS | set(_DELIMITERS)))}",
            try_next="save the table as CSV",
            file=file,
        )
    if not file.read_bytes().strip():
        raise UnreadableInput("the file is empty", try_next="fetch it again", file=file)
    return suffix


def _choose_sheet(file: Path, names: Sequence[str], wanted: str | None) -> str:
    matching = [name for name in names if wanted is None or squeeze(name) == squeeze(wanted)]
    if wanted is not None and workbooks.is_ghost(wanted):
        raise UnreadableInput(f"{wanted!r} is a link to another file, not a sheet", file=file)
    if len(matching) != 1:
        raise UnreadableInput(
            f"there is no one sheet named {wanted!r}" if wanted else "the workbook has several sheets",
            expected=f"one of: {'; '.join(names)}",
            file=file,
        )
    return matching[0]


def _delimited(file: Path) -> tuple[tuple[str, ...], ...]:
    text = _decoded(file)
    delimiter = _delimiter(text, file)
    try:
        rows = tuple(
            tuple(row) for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        )
    except csv.Error as error:
        raise UnreadableInput(
            f"the quotation marks do not match ({error}); the file may be cut short or joined",
            try_next="fetch it again",
            file=file,
        ) from error
    _refuse_cut_short(file, text, rows)
    return rows


def _delimiter(text: str, file: Path) -> str:
    """Return what most lines are separated by: commas, or tabs that a spreadsheet saved under the name .csv.

    Semicolons are refused: where they separate cells, a comma may be a decimal point or a separator of
    thousands, and nothing in the file says which.
    """
    counts = [{one: line.count(one) for one in ",\t;"} for line in text.splitlines()]
    most = Counter(max(count, key=count.__getitem__) for count in counts if any(count.values()))
    usual = max(most, key=most.__getitem__, default=_DELIMITERS[file.suffix.casefold()])
    if usual == ";":
        raise UnreadableInput(
            "the cells are separated by semicolons",
            expected="commas between cells and points in decimals",
            try_next="save it as .xlsx, or as CSV UTF-8 (comma delimited)",
            file=file,
        )
    return usual


def _decoded(file: Path) -> str:
    content = file.read_bytes()
    encodings = ["utf-16"] if content[:2] in (b"\xff\xfe", b"\xfe\xff") else ["utf-8-sig", "cp1252"]
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if not re.search("[\x00-\x08\x0e-\x1f]", text):
            return text
    raise UnreadableInput(
        "this is not a text file, whatever its name says",
        expected="text in UTF-8 or Windows-1252",
        try_next="if it is a workbook give it its own ending (.xlsx, .xls, .ods)",
        file=file,
    )


def _refuse_cut_short(file: Path, text: str, rows: Sequence[Sequence[str]]) -> None:
    """Refuse a file that stops in the middle of a row: no line end, and fewer cells than the rows above."""
    if text.endswith(("\n", "\r")) or len(rows) < 2:
        return
    usual = Counter(len(row) for row in rows[:-1]).most_common(1)[0][0]
    prose = len(rows[-1]) == 1 and len(rows[-1][0].split()) > 1
    if len(rows[-1]) < usual and not prose:
        raise UnreadableInput(
            f"the last row has {len(rows[-1])} cells where the others have {usual}: the file is cut short",
            try_next="fetch it again",
            file=file,
            row=len(rows),
        )


@lru_cache(maxsize=2**15)
def plain(text: str) -> str:
    """Bring a label to one form: case, spaces, line ends, byte-order marks and "[note 4]" do not matter."""
    text = unicodedata.normalize("NFKC", text).replace("\ufeff", "").casefold()
    text = re.sub(r"[\[(]notes? [^\])]*[\])]", " ", text)
    return " ".join(text.split())


@lru_cache(maxsize=2**15)
def squeeze(text: str) -> str:
    """Compare labels as people do: `plain`, without spaces, hyphens, underscores and closing punctuation."""
    return re.sub(r"[\s_\-–—‐‑:.]+|(?<=.)\*+$", "", plain(text).replace("&", " and "))


@lru_cache(maxsize=2**15)
def _matches(cell: str, pattern: Pattern) -> bool:
    label = plain(cell)
    without_footnote = re.sub(r"(?<=[a-z)])\d{1,2}(?:,\d{1,2})*$", "", label)
    if isinstance(pattern, str):
        return squeeze(pattern) in {squeeze(label), squeeze(without_footnote)}
    return bool(pattern.fullmatch(label) or pattern.fullmatch(without_footnote))


def _columns(row: Sequence[str], fields: Fields) -> dict[str, list[int]]:
    named = [(place, cell) for place, cell in enumerate(row) if cell.strip()]
    return {
        field: [place for place, cell in named if any(_matches(cell, pattern) for pattern in patterns)]
        for field, patterns in fields.items()
    }


def find_header(sheet: Sheet, fields: Fields, *, optional: Fields | None = None) -> Header:
    """Find the one row that names every field, by its words and never by position.

    Parameters
    ----------
    fields : field -> texts (or compiled patterns for the whole label) that name it; all must be present.
    optional : fields that may be absent; two columns for one of them are refused all the same.

    Raises `UnreadableInput`, listing the labels found, when a field has no column or two, or when the
    header stands twice.
    """
    top = [_columns(row, fields) for row in sheet.rows[:_HEADER_DEPTH]]
    complete = [place for place, columns in enumerate(top) if all(columns.values())]
    if not complete:
        best = max(range(len(top)), key=lambda place: sum(map(bool, top[place].values())), default=0)
        absent = [field for field, columns in top[best].items() if not columns] if top else list(fields)
        raise _header_refusal(sheet, best, f"no column for {', '.join(absent)}", fields)
    row = complete[0]
    repeated = [place for place, cells in enumerate(sheet.rows) if place > row and cells == sheet.rows[row]]
    if len(complete) > 1 or repeated:
        again = (complete[1:] + repeated)[0] + 1
        raise _header_refusal(sheet, row, f"the header stands twice, in rows {row + 1} and {again}", fields)
    found = top[row] | _columns(sheet.rows[row], optional or {})
    for field, columns in found.items():
        if len(columns) > 1:
            labels = ", ".join(f"{sheet.rows[row][place]!r} (column {place + 1})" for place in columns)
            raise _header_refusal(sheet, row, f"two columns could be {field}: {labels}", fields)
    chosen = {field: columns[0] for field, columns in found.items() if columns}
    shared = [place for place, count in Counter(chosen.values()).items() if count > 1]
    if shared:
        raise _header_refusal(
            sheet, row, f"one column, {sheet.rows[row][shared[0]]!r}, fits two fields", fields
        )
    return Header(row + 1, chosen, sheet.rows[row])


def _header_refusal(sheet: Sheet, row: int, found: str, fields: Fields) -> UnreadableInput:
    labels = [cell.strip() for cell in sheet.rows[row] if cell.strip()] if sheet.rows else []
    wanted = "; ".join(f"{field} ({_example(patterns)})" for field, patterns in fields.items())
    return UnreadableInput(
        f"{found}. Headers found: {'; '.join(labels[:40])}{' ...' if len(labels) > 40 else ''}",
        expected=f"one header row with {wanted}",
        try_next="check that this is the right file of this source and that its header is as published",
        file=sheet.file,
        row=row + 1,
    )


def _example(patterns: Sequence[Pattern]) -> str:
    first = next((pattern for pattern in patterns if isinstance(pattern, str)), None)
    return repr(first) if first is not None else "by pattern"


def body(sheet: Sheet, header: Header, *, last_may_be_absent: bool = False) -> pd.DataFrame:
    """Return the named columns below the header as trimmed text, with `row`, the row of the file.

    Blank rows are left out; footers stay for the reader. A row of another width than its neighbours has
    lost or gained a cell, so that its figures stand under the wrong labels: it is refused.
    `last_may_be_absent`: the publisher writes rows without the last column that the header names.
    """
    rows = [
        (number, row) for number, row in enumerate(sheet.rows, start=1) if number > header.row and any(row)
    ]
    if not rows:
        raise UnreadableInput("there is a header and nothing below it", file=sheet.file, row=header.row)
    _refuse_other_widths(sheet, header, rows, allowed=1 if last_may_be_absent else 0)
    table = pd.DataFrame(
        [
            [row[place].strip() if place < len(row) else "" for place in header.columns.values()]
            for _, row in rows
        ],
        columns=list(header.columns),
        dtype="str",
    )
    return table.assign(row=[number for number, _ in rows])


def _refuse_other_widths(
    sheet: Sheet, header: Header, rows: Sequence[tuple[int, tuple[str, ...]]], *, allowed: int
) -> None:
    width = len(header.texts)
    data = [(number, row) for number, row in rows if _is_data(row)]
    usual = Counter(len(row) for _, row in data).most_common(1)[0][0] if data else width
    odd = [(number, len(row)) for number, row in data if len(row) != usual]
    spilled = any(cell.strip() for _, row in data for cell in row[width:])
    if not odd and data and (usual < width - allowed or spilled):
        odd, usual = [(data[0][0], usual)], width
    if odd:
        raise UnreadableInput(
            f"the row has {odd[0][1]} cells where {usual} are expected, so its figures may stand "
            f"under the wrong headers",
            try_next="fetch the file again, or save it again with every cell of the table",
            file=sheet.file,
            row=odd[0][0],
        )


def _is_data(row: Sequence[str]) -> bool:
    filled = [cell for cell in row if cell.strip()]
    return len(filled) > 1 and any(character.isdigit() for cell in filled for character in cell)


def code_rows(
    table: pd.DataFrame, column: str, figures: Sequence[str], *, file: Path, pattern: str = GSS_CODE
) -> pd.DataFrame:
    """Keep the rows whose `column` holds an area code; footers and headings fall away.

    A row without a code that nevertheless fills one of the columns `figures` is data that cannot be
    placed, so it is refused rather than dropped.
    """
    coded = table[column].str.fullmatch(pattern)
    stray = table[~coded & (table[list(figures)] != "").any(axis="columns")]
    if not stray.empty:
        raise UnreadableInput(
            f"{stray[column].iloc[0]!r} stands where an area code should",
            expected="a code such as E06000045 in every row with figures",
            file=file,
            row=int(stray["row"].iloc[0]),
        )
    if not coded.any():
        raise UnreadableInput("no row holds an area code", expected="codes such as E06000045", file=file)
    return table[coded].reset_index(drop=True)


def numbers(
    column: pd.Series,
    markers: Mapping[str, Status],
    *,
    file: Path,
    rows: pd.Series,
    name: "str | pd.Series",
) -> pd.DataFrame:
    """Turn published text into `value, status, bound_low, bound_high, text`, one row for each of `column`.

    Thousands separators, spaces and a percent sign are read; "<5" is suppressed between 1 and 4; "12 [p]"
    is provisional. Any other text must be a key of `markers` ("" as well), or it is refused with file,
    row, column and value. `name` is the column's, or each cell's own.
    """
    texts = [text.replace("\xa0", " ").strip() for text in column.astype("str")]
    meaning = {key.strip().casefold(): str(status) for key, status in markers.items()}
    known = {text: _figure(text) or _marked(text, meaning) for text in set(texts)}
    unknown = next((place for place, text in enumerate(texts) if known[text] is None), None)
    if unknown is not None:
        column_name = name if isinstance(name, str) else name.iloc[unknown]
        raise UnreadableInput(
            f"{texts[unknown]!r} in column {column_name!r} is neither a number nor a marker this source uses",
            expected="a number, or a marker with a known meaning",
            try_next="ask the publisher what it means; a formula must be saved as its value",
            file=file,
            row=int(rows.iloc[unknown]),
        )
    value, status, low, high = zip(*(known[text] or () for text in texts), strict=True) if texts else [()] * 4
    return pd.DataFrame(
        {
            "value": pd.array(value, dtype="float64"),
            "status": pd.array(status, dtype="str"),
            "bound_low": pd.array(low, dtype="float64"),
            "bound_high": pd.array(high, dtype="float64"),
            "text": pd.array(texts, dtype="str"),
        },
        index=column.index,
    )


_Cell = tuple[float, str, float, float]
_NONE = float("nan")


@lru_cache(maxsize=2**16)
def _figure(text: str) -> _Cell | None:
    """Return value, status and bounds of a cell that holds a number or "<5"; None for any other text."""
    label = _bare(text)
    found = re.fullmatch(rf"({_NUMBER})\s*%?\s*(\[[preu]\])?", label)
    if found:
        value = float(found[1].replace(",", "").replace("−", "-"))
        status = AFTER_A_NUMBER[found[2]] if found[2] else Status.PUBLISHED
        return None if math.isinf(value) else (value, str(status), _NONE, _NONE)  # no figure has 300 digits
    fewer = re.search(rf"{_FEWER}$", label)
    if fewer:
        most = float(fewer[1]) - 1
        return _NONE, str(Status.SUPPRESSED), min(most, 1.0), most
    return None


def _marked(text: str, meaning: Mapping[str, str]) -> _Cell | None:
    status = meaning.get(_bare(text))
    return None if status is None else (_NONE, status, _NONE, _NONE)


def _bare(text: str) -> str:
    return re.sub(r"\[notes?[^\]]*\]", "", text, flags=re.IGNORECASE).strip().casefold()


def merge_duplicates(
    frame: pd.DataFrame, key: Sequence[str], values: Sequence[str], *, file: Path | None = None
) -> pd.DataFrame:
    """Merge rows that say the same of one key; refuse rows that differ, naming them (column `row`)."""
    merged = frame.drop_duplicates([*key, *values])
    clashing = merged[merged.duplicated(list(key), keep=False)]
    if not clashing.empty:
        first = clashing.iloc[0]
        rows = clashing.loc[(clashing[list(key)] == first[list(key)]).all(axis="columns"), "row"]
        raise UnreadableInput(
            f"rows {', '.join(map(str, rows))} give different figures for the same "
            f"{', '.join(f'{name} {first[name]!r}' for name in key)}",
            expected="one figure for each, or the same one repeated",
            try_next="find out which row is right and ask the publisher",
            file=file,
            row=int(first["row"]),
        )
    return merged.reset_index(drop=True)


def refuse_rows(bad: pd.DataFrame, found: str, *, file: Path, expected: str = "", try_next: str = "") -> None:
    """Refuse the file when `bad` holds any row, naming the first and how many there are."""
    if not bad.empty:
        more = f" ({len(bad)} such rows)" if len(bad) > 1 else ""
        raise UnreadableInput(
            found + more, expected=expected, try_next=try_next, file=file, row=int(bad["row"].iloc[0])
        )


def check_limits(frame: pd.DataFrame, *, file: Path) -> pd.DataFrame:
    """Return `frame`; refuse it when a value lies outside its own limits (columns lower, value, upper)."""
    outside = (
        (frame["lower"] > frame["value"])
        | (frame["upper"] < frame["value"])
        | (frame["lower"] > frame["upper"])
    )
    refuse_rows(
        frame[outside],
        "the value lies outside its own confidence limits, so columns may be swapped or shifted",
        expected="lower limit <= value <= upper limit",
        try_next="compare the header with the publisher's page",
        file=file,
    )
    return frame


def with_ratio(frame: pd.DataFrame, per: float = 100) -> pd.DataFrame:
    """Fill an absent value by `per` x numerator / denominator where both stand; nothing else is changed."""
    ratio = per * frame["numerator"] / frame["denominator"].where(frame["denominator"] > 0)
    return frame.assign(value=frame["value"].where(frame["value"].notna(), ratio))


def plain_numbers(table: pd.DataFrame, name: str, *, file: Path, missing: Sequence[str] = ("",)) -> pd.Series:
    """Return column `name` of a `body` as numbers; texts of `missing` are NaN, any other is refused."""
    markers = dict.fromkeys(missing, Status.NOT_PUBLISHED)
    return numbers(table[name], markers, file=file, rows=table["row"], name=name)["value"]


def period_columns(
    table: pd.DataFrame,
    file: Path,
    basis: periods.Basis | None = None,
    where: Mapping[str, periods.Basis] | None = None,
) -> pd.DataFrame:
    """Read column `period` of a `body` that has a period in every row.

    `basis` is what the source states for every label, `where` for those that a pattern matches as a whole.

    Returns `period_label` as published, `period_start`, `period_end`, `period_basis` and `period_status`
    (revised for "2018 (Rev)"); a label that is not a period, or none, is refused with its row.
    """
    rules = where or {}

    def stated(label: str) -> periods.Basis | None:
        return next((rules[pattern] for pattern in rules if re.fullmatch(pattern, label)), basis)

    found = {
        label: _period(label, int(row), file, stated(label))
        for label, row in table.drop_duplicates("period")[["period", "row"]].itertuples(
            index=False, name=None
        )
    }
    names = ["period_label", "period_start", "period_end", "period_basis", "period_status"]
    rows = [found[label] for label in table["period"]]
    return pd.DataFrame(rows, columns=names, index=table.index, dtype="str")


def _period(label: str, row: int, file: Path, basis: periods.Basis | None) -> tuple[str, ...]:
    try:
        bare, status = periods.split_status(label)
        period = periods.parse(bare, basis)
    except UnreadableInput as error:
        raise UnreadableInput(
            error.found, expected=error.expected, try_next=error.try_next, file=file, row=row
        ) from error
    if period is None:
        raise UnreadableInput(f"{label!r} stands where a period should", file=file, row=row)
    return label, period.start_month, period.end_month, str(period.basis), str(status)


#: Words for everybody, which a breakdown leaves out.
TOTALS = frozenset(
    {"", "persons", "person", "people", "all", "total", "both", "all ages", "all persons", "both sexes"}
)
_SEXES = {
    **dict.fromkeys(("m", "male", "males", "men", "boys"), "Male"),
    **dict.fromkeys(("f", "female", "females", "women", "girls"), "Female"),
    **dict.fromkeys((*TOTALS, "not applicable", "n/a"), ""),
}


def sexes(table: pd.DataFrame, *, file: Path) -> pd.Series:
    """Return column `sex` of a `body` as Male, Female or "" for everybody; another word is refused."""
    found = table["sex"].map(plain).map(_SEXES)
    unknown = table[found.isna()]
    first = "" if unknown.empty else unknown["sex"].iloc[0]
    refuse_rows(unknown, f"{first!r} is not a sex", file=file, expected="male, female or persons")
    return found.astype("str")


def ages(column: pd.Series) -> pd.Series:
    """Return ages as "18+", "15-64" or "<15": no "yrs", no "aged", and "" for all ages."""
    label = column.map(plain)
    text = label.str.replace(r"\b(?:aged?|yrs?\.?|years?|old|and)\b", "", regex=True)
    text = text.str.replace(" ", "").str.replace(r"[–—‐‑]|(?<=\d)to(?=\d)", "-", regex=True)
    text = text.str.replace(r"^(\d+)over$", r"\1+", regex=True).str.replace(r"^under", "<", regex=True)
    return text.where(~label.isin(TOTALS), "").astype("str")


def breakdown(parts: Mapping[str, pd.Series]) -> pd.Series:
    """Join columns as "age=18-29;sex=Female": keys sorted, words for everybody left out."""
    joined: pd.Series | None = None
    for name in sorted(parts):
        text = parts[name].astype("str").str.replace(";", ",").str.strip()
        pair = (f"{name}=" + text).where(~text.map(plain).isin(TOTALS), "")
        if joined is None:
            joined = pair
        else:
            joined = joined + pd.Series(";", pair.index).where((joined != "") & (pair != ""), "") + pair
    if joined is None:
        raise ValueError("a breakdown needs at least one column")
    return joined
