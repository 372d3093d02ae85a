"""The observation form: the one layout for returns that no publisher lays out.

Local partners fill it in (police, commissioning returns, restricted treatment reports), and figures
re-typed from older publications stand in it. One row is one figure. `measure`, `area`, `period` and `value`
are needed; everything else may be left out. The form is written by `form_template`.
"""

import difflib
import re
from pathlib import Path

import openpyxl
import pandas as pd

from drug_outcomes import areas, framework, observations, periods
from drug_outcomes.errors import OutcomesError, UnreadableInput
from drug_outcomes.framework import Definitions
from drug_outcomes.sources import READERS, markers, reading
from drug_outcomes.vocabulary import VALUED, Compared, Direction, Kind, Release, Status

#: The sheet of a workbook that holds the return; a workbook of one sheet may call it anything.
SHEET = "Return"

REQUIRED = {
    "measure": ("measure", "measure no", "measure number"),
    "area": ("area", "area code"),
    "period": ("period", "time period"),
    "value": ("value",),
}
OPTIONAL = {
    "breakdown": ("breakdown",),
    "lower": ("lower", "lower ci"),
    "upper": ("upper", "upper ci"),
    "numerator": ("numerator",),
    "denominator": ("denominator",),
    "text": ("text", "value text"),
    "status": ("status", "flag"),
    "note": ("note",),
    "released": ("released", "retrieved"),
    "publisher": ("publisher",),
    "release": ("release",),
    "licence": ("licence",),
    "source": ("source",),
    "segment": ("segment",),
    "reference": ("reference",),
    "release_basis": ("release basis",),
    "published_number": ("published number",),
    "published_title": ("published title",),
    "published_unit": ("published unit",),
    "published_direction": ("published direction",),
    "published_compared": ("published compared",),
}
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
_KEY = (*observations.KEY, "received", "source", "vintage")
_FIGURES = ("value", "lower", "upper", "numerator", "denominator", "status", "text")
_SIDE_FIGURES = ("lower", "upper", "numerator", "denominator")
_TOTALS = ("persons", "all", "total", "all ages")
_VALUED = [str(status) for status in VALUED]


def is_form(file: Path) -> bool:
    """Whether a file is in this layout, whatever source it came from; a file that cannot be read is not."""
    try:
        reading.find_header(_sheet(file), REQUIRED, optional=OPTIONAL)
    except UnreadableInput:
        return False
    return True


def read(file: Path, *, source: str = "", definitions: Definitions | None = None) -> pd.DataFrame:
    """Read a filled-in form into observations.

    Parameters
    ----------
    file : CSV or workbook.
    source : id of the source that returned it, for rows that do not say; rows may not say another.
    definitions : the measures that may be named, by id or number; the framework's where none are given.

    Raises
    ------
    UnreadableInput : with the row, for an unknown measure, area, status or source, a period that is not of
        the measure's kind, text that is no number, statements that contradict each other, and two
        different figures for one thing. Whether a number is plausible is not judged here.
    """
    definitions = definitions or framework.load(framework.home() / "data" / "framework")
    sheet = _sheet(file)
    header = reading.find_header(sheet, REQUIRED, optional=OPTIONAL)
    _refuse_near_misses(header, file)
    table = reading.body(sheet, header)
    table = table.assign(**{name: "" for name in OPTIONAL if name not in table.columns})
    table = table.assign(note=_with_formulas(table, sheet, header))
    measured = table.assign(measure=_measures(table, definitions, file))
    described = _described(measured, definitions)
    rows = pd.concat(
        [_who_and_when(measured, described, source, file), _figures(measured, described, file)], axis=1
    )
    checked = reading.check_limits(rows, file=file)
    return observations.conform(reading.merge_duplicates(checked, _KEY, _FIGURES, file=file)).assign(
        sheet=sheet.name
    )


def _sheet(file: Path) -> reading.Sheet:
    wanted = [name for name in reading.sheets(file) if reading.squeeze(name) == reading.squeeze(SHEET)]
    return reading.read_sheet(file, wanted[0] if wanted else None)


def _refuse_near_misses(header: reading.Header, file: Path) -> None:
    """Refuse a header that looks like a misspelt column of the form; other columns are the sender's own."""
    absent = {reading.squeeze(name): name for name in OPTIONAL if name not in header.columns}
    taken = set(header.columns.values())
    for place, text in enumerate(header.texts):
        near = difflib.get_close_matches(reading.squeeze(text), absent, n=1, cutoff=0.8)
        if place not in taken and near:
            raise UnreadableInput(
                f"the header {text!r} is not a column of the form, but much like {absent[near[0]]!r}",
                try_next=f"correct it to {absent[near[0]]!r}, or rename the column if it is your own",
                file=file,
                row=header.row,
            )


def _with_formulas(table: pd.DataFrame, sheet: reading.Sheet, header: reading.Header) -> pd.Series:
    """Return the notes, saying so where the workbook calculated a figure of the row."""
    if sheet.file.suffix.casefold() not in (".xlsx", ".xlsm"):
        return table["note"]
    book = openpyxl.load_workbook(sheet.file, read_only=True)
    try:
        cells = [list(row) for row in book[sheet.name].iter_rows(values_only=True)]
    finally:
        book.close()
    places = [header.columns[name] for name in ("value", *_SIDE_FIGURES) if name in header.columns]
    found = {
        number: "; ".join(
            str(row[place]) for place in places if str(row[place : place + 1]).startswith("['=")
        )
        for number, row in enumerate(cells, start=1)
    }
    formulas = table["row"].map(found).fillna("")
    said = (
        table["note"].mask(table["note"] != "", table["note"] + "; ")
        + "calculated in the workbook: "
        + formulas
    )
    return table["note"].where(formulas == "", said)


def _measures(table: pd.DataFrame, definitions: Definitions, file: Path) -> pd.Series:
    """Return measure ids for what stands in the column, ids or numbers."""
    known = definitions.measures
    by_name = {str(name): str(name) for name in known["measure"]} | {
        str(number): str(name) for number, name in zip(known["number"], known["measure"], strict=True)
    }
    found = table["measure"].str.casefold().map(by_name)
    bad = table[found.isna()]
    if not bad.empty:
        name = bad["measure"].iloc[0]
        near = difflib.get_close_matches(name.casefold(), by_name, n=3)
        reading.refuse_rows(
            bad,
            f"there is no measure {name!r}",
            file=file,
            expected="the id of a measure, or its number",
            try_next=f"did you mean {' or '.join(near)}?"
            if near
            else "look the id up on the Notes sheet of the form",
        )
    return found.astype("str")


def _described(table: pd.DataFrame, definitions: Definitions) -> pd.DataFrame:
    """Return kind, per, basis and window_months of each row's measure."""
    columns = definitions.measures.set_index("measure")[["kind", "per", "basis", "window_months"]]
    return columns.loc[table["measure"]].set_axis(table.index)


def _who_and_when(table: pd.DataFrame, described: pd.DataFrame, source: str, file: Path) -> pd.DataFrame:
    release = _one_of(
        table, "release", rf"public|restricted|{Release.RESTRICTED}_until \d{{4}}-\d\d-\d\d", file
    )
    return pd.concat(
        [
            table[["measure", "row", "note", "publisher", "licence", "segment", "release_basis"]],
            table[["published_number", "published_title", "published_unit"]],
            table_periods(table, described, file),
            pd.DataFrame(
                {
                    "area": _areas(table, file),
                    "period_label": table["period"],
                    "breakdown": _breakdowns(table, file),
                    "received": _dates(table, file),
                    "source": _sources(table, source, file),
                    "release": release,
                    "vintage": table["reference"],
                    "published_direction": _one_of(table, "published_direction", "|".join(Direction), file),
                    "published_compared": _one_of(table, "published_compared", "|".join(Compared), file),
                }
            ),
        ],
        axis=1,
    )


def _one_of(table: pd.DataFrame, name: str, pattern: str, file: Path) -> pd.Series:
    text = table[name].str.casefold().str.replace(r"(?<=\w)[ -](?=[a-z])", "_", regex=True)
    bad = table[~text.str.fullmatch(pattern) & (text != "")]
    if not bad.empty:
        wanted = pattern.replace("|", ", ").replace(r"\d{4}-\d\d-\d\d", "2025-06-01")
        reading.refuse_rows(
            bad, f"{name} is {bad[name].iloc[0]!r}", file=file, expected=f"blank or one of: {wanted}"
        )
    return text


def table_periods(table: pd.DataFrame, described: pd.DataFrame, file: Path) -> pd.DataFrame:
    """Read the column `period` with each measure's own basis.

    A label that is ambiguous by itself has the measure's basis. A label of another kind is taken where it
    covers as many months as the measure's window ("year ending Jun 2025" for a financial year), else refused.

    Returns `period_start`, `period_end`, `period_basis`.
    """
    keys = pd.DataFrame(
        {"label": table["period"], "basis": described["basis"], "window": described["window_months"]}
    )
    unique = keys.drop_duplicates()
    read_ones = [
        _period(label, str(basis), int(window), file, int(table["row"].loc[place]))
        for place, label, basis, window in unique.itertuples(name=None)
    ]
    found = unique.assign(
        period_start=[period.start_month if period else "" for period in read_ones],
        period_end=[period.end_month if period else "" for period in read_ones],
        period_basis=[str(period.basis) if period else "" for period in read_ones],
    )
    joined = keys.merge(found, on=["label", "basis", "window"], how="left", validate="many_to_one")
    return joined[["period_start", "period_end", "period_basis"]].set_axis(table.index)


def _period(label: str, basis: str, window: int, file: Path, row: int) -> periods.Period | None:
    if re.fullmatch(r"\d{4}-\d\d-\d\d.*", label):
        raise UnreadableInput(
            f"{label!r} is a day, not a period; spreadsheets turn Dec 24 into one",
            expected="a period as text, such as Dec 24 or 2023/24 Q4",
            try_next="format the column as text and type the period again",
            file=file,
            row=row,
        )
    try:
        return periods.parse(label, periods.Basis(basis))
    except OutcomesError as refusal:
        try:
            other = periods.parse(label)
        except OutcomesError:
            other = None
        if other is not None and other.months == window:
            return other
        raise UnreadableInput(
            refusal.found,
            expected=f"a period of this measure's kind, {basis}, or of {window} months",
            file=file,
            row=row,
        ) from refusal


def _areas(table: pd.DataFrame, file: Path) -> pd.Series:
    codes = table["area"].str.upper()
    named = table["area"].str.casefold().map(areas.names(framework.home()))
    found = codes.where(codes.map(areas.is_code), named)
    bad = table[found.isna()]
    if not bad.empty:
        reading.refuse_rows(
            bad,
            f"there is no area {bad['area'].iloc[0]!r}",
            file=file,
            expected="a GSS code such as E06000045, or the name of an area with a folder under data/areas",
        )
    return found


def _breakdowns(table: pd.DataFrame, file: Path) -> pd.Series:
    wrong = (table["breakdown"] != "") & ~table["breakdown"].str.fullmatch(
        r"\s*\w+\s*=[^=;]+(;\s*\w+\s*=[^=;]+)*"
    )
    reading.refuse_rows(
        table[wrong],
        "the breakdown is not readable",
        file=file,
        expected="pairs such as age=18-29;sex=Female",
    )
    unique = {text: _canonical(text) for text in table["breakdown"].unique()}
    return table["breakdown"].map(unique)


def _canonical(text: str) -> str:
    pairs = [pair.split("=") for pair in text.split(";") if pair]
    kept = [
        f"{key.strip().casefold()}={value.strip()}"
        for key, value in pairs
        if reading.plain(value) not in _TOTALS
    ]
    return ";".join(sorted(kept))


def _dates(table: pd.DataFrame, file: Path) -> pd.Series:
    """Return ISO dates; 31/03/2025, which a spreadsheet in Britain makes of 2025-03-31, is read as well."""
    iso = table["released"].str.replace(r"^(\d\d?)/(\d\d?)/(\d{4})$", r"\3-\2-\1", regex=True)
    iso = iso.str.replace(r"-(\d)(?=-|$)", r"-0\1", regex=True)
    dates = pd.to_datetime(iso.where(iso != ""), format="%Y-%m-%d", errors="coerce")
    bad = table[dates.isna() & (iso != "")]
    if not bad.empty:
        reading.refuse_rows(
            bad, f"released is {bad['released'].iloc[0]!r}", file=file, expected="a date such as 2025-03-31"
        )
    return iso


def _sources(table: pd.DataFrame, source: str, file: Path) -> pd.Series:
    unknown = table[~table["source"].isin(["", *READERS])]
    if not unknown.empty:
        reading.refuse_rows(unknown, f"there is no source {unknown['source'].iloc[0]!r}", file=file)
    other = table[(table["source"] != source) & (table["source"] != "")] if source else table.iloc[:0]
    if not other.empty:
        reading.refuse_rows(
            other, f"the row says source {other['source'].iloc[0]!r}, the file is of {source!r}", file=file
        )
    return table["source"].where(table["source"] != "", source)


def _figures(table: pd.DataFrame, described: pd.DataFrame, file: Path) -> pd.DataFrame:
    """Return value, limits, numerator, denominator, status, bounds and text of each row."""
    stated = _one_of(table, "status", "|".join(Status), file)
    cell = table["value"].where(table["value"] != "", table["text"])
    excused = (stated != "") & ~stated.isin(_VALUED) & ~cell.str.contains(r"\d")
    read_ones = reading.numbers(cell.mask(excused, ""), MARKERS, file=file, rows=table["row"], name="value")
    sides = {name: _plain_numbers(table, name, file) for name in _SIDE_FIGURES}
    figures = read_ones.assign(
        **sides,
        text=table["text"].where(table["text"] != "", table["value"]),
        per=pd.to_numeric(described["per"]),
    )
    figures = _with_parts(figures, described)
    found = figures["status"].mask(
        figures["value"].notna() & ~figures["status"].isin(_VALUED), Status.PUBLISHED
    )
    _refuse_contradictions(table, figures, stated, file)
    return figures.assign(status=stated.where(stated != "", found)).drop(columns="per")


def _plain_numbers(table: pd.DataFrame, name: str, file: Path) -> pd.Series:
    return reading.numbers(table[name], {"": Status.NOT_SUPPLIED}, file=file, rows=table["row"], name=name)[
        "value"
    ]


def _with_parts(figures: pd.DataFrame, described: pd.DataFrame) -> pd.DataFrame:
    """Give a count its numerator, and a share or rate without a value what its two parts make."""
    counted = described["kind"] == Kind.COUNT
    shared = described["kind"].isin([Kind.PROPORTION, Kind.CRUDE_RATE]) & (figures["text"] == "")
    numerator = figures["numerator"].mask(counted & figures["numerator"].isna(), figures["value"])
    ratio = reading.with_ratio(figures, 1)["value"] * figures["per"]
    return figures.assign(
        numerator=numerator, value=figures["value"].mask(shared & figures["value"].isna(), ratio)
    )


def _refuse_contradictions(table: pd.DataFrame, figures: pd.DataFrame, stated: pd.Series, file: Path) -> None:
    valued, has = stated.isin(_VALUED), figures["value"].notna()
    reading.refuse_rows(
        table[valued & ~has],
        "the status says that there is a figure, and there is none",
        file=file,
        expected="a number under value, or another status",
    )
    reading.refuse_rows(
        table[(stated != "") & ~valued & has],
        "a number stands beside a status that says there is none",
        file=file,
        expected="no number, or another status",
    )
    reading.refuse_rows(
        table[has & (table["period"].map(reading.plain).isin(["", "no value", "tbc"]))],
        "a figure without a period",
        file=file,
        expected="the period that the figure covers",
    )
    shown = pd.to_numeric(table["text"].str.replace(",", ""), errors="coerce")
    reading.refuse_rows(
        table[has & shown.notna() & (shown != figures["value"])],
        "value and text are different numbers",
        file=file,
        expected="text: the figure as it was published",
    )
