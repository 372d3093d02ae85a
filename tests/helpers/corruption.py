"""Ways in which a file goes wrong between a publisher and a reader, and what a reader may answer.

A corruption takes the text of a CSV and returns the bytes of another file. The right answers to it are the
figures of the sound file, some of them where rows are gone, or a refusal; everything else is a wrong number.
"""

import csv
import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import openpyxl
import pandas as pd
from openpyxl.utils.exceptions import IllegalCharacterError

from drug_outcomes import sources
from drug_outcomes.errors import OutcomesError

_OLE = bytes.fromhex("d0cf11e0a1b11ae1")
KEY = ["measure", "indicator", "area", "period_start", "period_end", "period_basis", "breakdown"]


@dataclass(frozen=True)
class Sample:
    """A sound file: source, name, text, where its header stands (from 0) and the column of one figure.

    `figure` is the header's text of a column of figures; `label` that of a column of words; `codes` that of
    the areas. `header_above` says that words above the header's row name columns too. A name that
    ends in .xlsx or .ods is a workbook with the one sheet `sheet`.
    """

    source: str
    name: str
    text: str
    figure: str
    label: str = ""
    codes: str = ""
    header: int = 0
    options: dict[str, str] = field(default_factory=dict)
    encoding: str = "utf-8"
    sheet: str = "Sheet1"
    header_above: bool = False

    @property
    def rows(self) -> list[list[str]]:
        return list(csv.reader(io.StringIO(self.text, newline=""), delimiter=self.delimiter))

    @property
    def delimiter(self) -> str:
        return "\t" if self.suffix == ".tsv" else ","

    @property
    def suffix(self) -> str:
        return Path(self.name).suffix


@dataclass(frozen=True)
class Corruption:
    """What was done, the bytes that came of it, and whether whole rows may be gone."""

    what: str
    content: bytes
    loses_rows: bool = False
    name: str = ""


def trimmed(file: Path, keep: Callable[[list[str]], bool], header: int = 0, encoding: str = "utf-8-sig") -> str:
    """Return the text of a published file with its preamble, its header and the rows to keep."""
    rows = list(csv.reader(io.StringIO(file.read_bytes().decode(encoding), newline="")))
    return _text([*rows[: header + 1], *(row for row in rows[header + 1 :] if keep(row))])


def _text(rows: list[list[str]], delimiter: str = ",") -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator="\n").writerows(rows)
    return out.getvalue()


#: What becomes of a text, and not of the cells of a workbook.
_OF_TEXT = {
    *(
        "cut in half",
        "cut after nine tenths",
        "UTF-16",
        "UTF-16 without a mark",
        "with a byte-order mark",
        "line ends of Windows",
        "tabs for commas",
    ),
    *("semicolons for commas", "a quotation mark not closed", "the last row cut short", "a workbook's ending"),
}


def corruptions(sample: Sample, *, thorough: bool = False) -> Iterator[Corruption]:
    """Yield every corruption of a sample; `thorough` exchanges every two headers, not only some."""
    of_cells = sample.suffix in (".xlsx", ".ods")
    for one in _corruptions(sample, thorough=thorough):
        if not of_cells:
            yield one
        elif one.what not in _OF_TEXT:
            yield replace(one, content=saved(one.content, sample))


def saved(content: bytes, sample: Sample) -> bytes:
    """Return a text as the workbook that it would be, numbers as numbers; what is no text stays as it is."""
    try:
        rows = list(csv.reader(io.StringIO(content.decode(), newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error):
        return content
    width = max(map(len, rows), default=0)
    rows = [[*row, *[""] * (width - len(row))] for row in rows]
    cells = [[float(text) if re.fullmatch(r"-?\d+(\.\d+)?", text) else text for text in row] for row in rows]
    out = io.BytesIO()
    if sample.suffix == ".xlsx":
        book = openpyxl.Workbook()
        book.worksheets[0].title = sample.sheet
        try:
            for row in cells:
                book.worksheets[0].append(row)
        except IllegalCharacterError:
            return content
        book.save(out)
    else:
        with pd.ExcelWriter(out, engine="odf") as book:
            pd.DataFrame(cells).to_excel(book, sheet_name=sample.sheet, header=False, index=False)
    return out.getvalue()


def _corruptions(sample: Sample, *, thorough: bool) -> Iterator[Corruption]:
    rows = sample.rows
    top, head, body = rows[: sample.header], rows[sample.header], rows[sample.header + 1 :]
    figure = head.index(sample.figure)
    middle = next(
        place
        for place in [*range(len(body) // 2, len(body)), *range(len(body) // 2)]
        if body[place][figure].replace(",", "").replace(".", "").strip().isdigit()
    )

    def whole(new_head: list[str], new_body: list[list[str]], delimiter: str = sample.delimiter) -> bytes:
        return _text([*top, new_head, *new_body], delimiter).encode(sample.encoding, "replace")

    def cell(text: str, column: int = figure, at: int = middle) -> bytes:
        changed = [list(row) for row in body]
        changed[at][column] = text
        return whole(head, changed)

    sound = sample.text.encode(sample.encoding)
    yield Corruption("nothing changed", sound)
    yield Corruption("empty", b"")
    yield Corruption("blank lines only", b"\n\n \n")
    yield Corruption("the header alone", whole(head, []))
    yield Corruption("cut in half", sound[: len(sound) // 2], loses_rows=True)
    yield Corruption("cut after nine tenths", sound[: len(sound) * 9 // 10], loses_rows=True)
    yield Corruption(
        "the last row cut short", sound[: sound.rstrip().rfind(sample.delimiter.encode())], loses_rows=True
    )
    yield Corruption("a quotation mark not closed", sound + b'"E06000045,1')
    yield Corruption("binary", bytes(range(256)) * 8)
    yield Corruption("a picture under this name", b"\x89PNG\r\n\x1a\n" + bytes(200))
    yield Corruption("a workbook under this name", b"PK\x03\x04" + bytes(200))
    yield Corruption("a web page", b"<!DOCTYPE html><html><body>Not found</body></html>\n")
    yield Corruption("UTF-16", sample.text.encode("utf-16"))
    yield Corruption("UTF-16 without a mark", sample.text.encode("utf-16-le"))
    yield Corruption("with a byte-order mark", b"\xef\xbb\xbf" + sound)
    yield Corruption("line ends of Windows", sound.replace(b"\n", b"\r\n"))
    yield Corruption("tabs for commas", whole(head, body, "\t"))
    yield Corruption("semicolons for commas", whole(head, body, ";"))
    for name in {sample.figure, sample.codes} - {""}:
        renamed = ["Something else" if text == name else text for text in head]
        yield Corruption(f"the header {name} renamed", whole(renamed, body))
        yield Corruption(f"the header {name} missing", whole(["" if text == name else text for text in head], body))
    yield Corruption("a header twice", whole([*head, sample.figure], [[*row, "1"] for row in body]))
    yield Corruption("the header twice", whole(head, [*body, head, *body]))
    if not sample.header_above:
        yield Corruption("no header", _text([*top, *body], sample.delimiter).encode(sample.encoding))
    for first, second in _exchanges(head, figure, thorough=thorough):
        exchanged = list(head)
        exchanged[first], exchanged[second] = head[second], head[first]
        yield Corruption(f"headers {head[first]!r} and {head[second]!r} exchanged", whole(exchanged, body))
    yield Corruption("headers in capitals", whole([text.upper() for text in head], body))
    yield Corruption("headers with spaces", whole([f" {text}  " for text in head], body))
    yield Corruption("every header in its neighbour's place", whole([*head[1:], head[0]], body))
    yield Corruption(
        "a cell lost in one row",
        whole(head, [*body[:middle], body[middle][:figure] + body[middle][figure + 1 :], *body[middle + 1 :]]),
    )
    yield Corruption(
        "a cell gained in one row",
        whole(head, [*body[:middle], [*body[middle][:figure], "7", *body[middle][figure:]], *body[middle + 1 :]]),
    )
    yield Corruption(
        "cells of one row moved right", whole(head, [*body[:middle], ["", *body[middle][:-1]], *body[middle + 1 :]])
    )
    yield Corruption(
        "the column of figures lost below the header", whole(head, [row[:figure] + row[figure + 1 :] for row in body])
    )
    yield Corruption("the first column lost below the header", whole(head, [row[1:] for row in body]))
    yield Corruption("columns the other way round", whole(head[::-1], [row[::-1] for row in body]))
    yield Corruption("rows the other way round", whole(head, body[::-1]))
    yield Corruption("a column more", whole(["Extra", *head], [["x", *row] for row in body]))
    yield Corruption("a preamble", b"Published figures\n\nSee the notes\n" + sound)
    yield Corruption("a footer", sound + b"\nNotes: figures may be revised\n")
    yield Corruption("a row twice", whole(head, [*body, body[middle]]))
    for what, text in (
        ("an unknown marker", "?"), ("words", "see note"), ("a formula", "=SUM(A1:A2)"),
        ("an error of a sheet", "#REF!"),
        ("a misplaced separator", "1,23"), ("a comma for the point", "5,31"), ("two points", "1.2.3"),
        ("a date", "2016-04-01"), ("nan", "nan"), ("infinity", "inf"), ("a huge number", "1e999"),
        ("a negative number", "-5"), ("letters after the number", f"{body[middle][figure]}abc"),
        ("a letter O", f"{body[middle][figure]}O"),
    ):  # fmt: skip
        yield Corruption(what, cell(text))
    yield Corruption("a row twice with another figure", whole(head, [*body, *_other(body, middle, figure)]))
    yield Corruption(
        "spaces around figures",
        whole(
            head, [[*row[:figure], f" {row[figure]}\u00a0" if row[figure] else "", *row[figure + 1 :]] for row in body]
        ),
    )
    if sample.codes:
        code = head.index(sample.codes)
        yield Corruption("an area code cut", cell(body[middle][code][:-1], code))
        yield Corruption("no area code", cell("", code), loses_rows=False)
        yield Corruption("names for codes", whole(head, [[*row[:code], "Somewhere", *row[code + 1 :]] for row in body]))
    if sample.label:
        label = head.index(sample.label)
        yield Corruption(
            "labels in capitals", whole(head, [[*row[:label], row[label].upper(), *row[label + 1 :]] for row in body])
        )
        yield Corruption(
            "labels in small letters",
            whole(head, [[*row[:label], row[label].lower(), *row[label + 1 :]] for row in body]),
        )
        yield Corruption("an unknown label", cell("Xyzzy", label))
    if sample.suffix in (".xlsx", ".ods"):
        book = saved(sound, sample)
        yield Corruption("a workbook cut in half", book[: len(book) // 2])
        yield Corruption("a workbook without its end", book[:-20])
        yield Corruption("a password", _OLE + "EncryptedPackage".encode("utf-16-le") + bytes(500))
    yield Corruption("the wrong ending", sound, name="file.pdf")
    yield Corruption("a workbook's ending", sound, name="file.xlsx")


def _other(body: list[list[str]], at: int, figure: int) -> list[list[str]]:
    changed = list(body[at])
    changed[figure] = "3" if changed[figure] != "3" else "4"
    return [changed]


def _exchanges(head: list[str], figure: int, *, thorough: bool) -> Iterator[tuple[int, int]]:
    named = [place for place, text in enumerate(head) if text.strip()][:60]
    pairs = [(first, second) for first in named for second in named if first < second and head[first] != head[second]]
    if thorough:
        yield from pairs
    else:
        yield from [pair for pair in pairs if figure in pair][:12]


def answer(sample: Sample, corruption: Corruption, sound: pd.DataFrame, folder: Path) -> str:
    """Return right, refused, or what is wrong with the answer of the reader to a corrupted file."""
    file = folder / (corruption.name or sample.name)
    file.write_bytes(corruption.content)
    try:
        found = sources.read(sample.source, file, **sample.options)
    except OutcomesError:
        return "refused"
    return compared(sound, found, loses_rows=corruption.loses_rows)


_NEW_WORD = "not met before: the (?:sex|substance|age) "
_TOLD = f"no code is|no measure has this title|{_NEW_WORD}"


def _told(rows: pd.DataFrame) -> int:
    """Return how many rows say in their note that their name, title or group is not known."""
    return int(rows["note"].str.contains(_TOLD).sum())


def compared(sound: pd.DataFrame, found: pd.DataFrame, *, loses_rows: bool) -> str:
    """Return right, or the first figure that differs from the sound file's, is new or is lost."""
    figures = ["value", "lower", "upper", "numerator", "denominator"]
    told = _told(found) - _told(sound)
    found = found[~found["note"].str.contains(_NEW_WORD)]  # kept under their own word, and told
    both = sound[[*KEY, *figures]].merge(
        found[[*KEY, *figures]], on=KEY, how="outer", suffixes=("", "_found"), indicator=True
    )
    both = both[~both["area"].eq("") | both["_merge"].ne("right_only")]  # a name without a code is told in a note
    new = both[(both["_merge"] == "right_only") & both["value_found"].notna()]
    new = new[~new["indicator"].isin(found.loc[found["note"].str.contains(_TOLD), "indicator"])]
    if not new.empty:
        return f"new: {new.iloc[0][[*KEY, 'value_found']].to_dict()}"
    lost = both[(both["_merge"] == "left_only") & both["value"].notna()]
    if len(lost) > told and not loses_rows:
        return f"lost: {lost.iloc[0][[*KEY, 'value']].to_dict()}"
    kept = both[both["_merge"] == "both"]
    for name in figures:
        differs = ~((kept[name] == kept[f"{name}_found"]) | (kept[name].isna() & kept[f"{name}_found"].isna()))
        if differs.any():
            return f"{name}: {kept[differs].iloc[0][[*KEY, name, f'{name}_found']].to_dict()}"
    return "right"
