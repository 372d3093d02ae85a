"""Tables of treatment figures saved by hand from ViewIt: what a visual shows, in one of two shapes.

Long: one row for each figure, with columns for period, area, substance group and value. Across: one column
for each period, under a title such as "Number in treatment: Southampton".
"""

import re
from pathlib import Path

import pandas as pd

from drug_outcomes.definitions import ground, observations, periods
from drug_outcomes.definitions.periods import Basis
from drug_outcomes.definitions.vocabulary import Status
from drug_outcomes.errors import OutcomesError, UnreadableInput
from drug_outcomes.sources import areas_lookup, checks, labelling, markers, parsing, reading

#: Two years in a row are a financial year here, however they are joined, and quarters are its quarters.
PERIODS = {
    r"\d{4}\s*(?:[-–/]|to)\s*\d{2,4}": Basis.FIN_YEAR,
    r"(?i)\d{2,4}\s*q[1-4]|q(?:uarter)?\s*[1-4],?\s*\d{2,4}": Basis.QUARTER_FIN,
}
_SUBSTANCES = {
    **dict.fromkeys(("total", "all", "alladults", "allsubstances", "allgroups", "alldrugs", ""), ""),
    **dict.fromkeys(("opiate", "opiates", "opioid", "opioids"), "Opiate"),
    **dict.fromkeys(("nonopiateonly", "nonopiatesonly"), "Non-opiate only"),
    **dict.fromkeys(("alcoholonly",), "Alcohol only"),
    **dict.fromkeys(
        ("nonopiateandalcohol", "nonopiatesandalcohol", "alcoholandnonopiate", "alcoholandnonopiates"),
        "Non-opiate & alcohol",
    ),
    **dict.fromkeys(
        ("ocu", "ocus", "opiateandorcrack", "opiatesandorcrack", "opiateandorcrackcocaine", "opiatesandorcrackcocaine",
         "opiateandorcrackusers", "opiatesandorcrackusers"),
        "OCU",
    ),
    **dict.fromkeys(("crack", "crackcocaine"), "Crack"),
    **dict.fromkeys(("alcohol",), "Alcohol"),
    **dict.fromkeys(("nonopiate", "nonopiates"), "Non-opiate"),
}  # fmt: skip
_INDICATORS = {
    "unmet_need": re.compile(r".*(unmet (treatment )?need|not in treatment).*"),
    "met_need": re.compile(r".*\bmet (treatment )?need.*"),
    "successful_completions": re.compile(r".*(successful.* complet|complet.* successful).*"),
    "new_presentations": re.compile(r".*(new presentation|newly present|new to treatment).*"),
    "in_treatment": re.compile(r"(?!.*not in).*\bin treatment.*"),
}
_SHARES = ("unmet_need", "met_need", "successful_completions")
_COUNTS = ("in_treatment", "new_presentations")
_PERCENT = re.compile(r"%|\bper ?cent|percentage|proportion|\brate\b")
_NUMBER = re.compile(r"\bnumbers?\b|\bcounts?\b")
_PERIOD = (re.compile(r"(reporting|time|financial)? ?(period|year)(_data)?"),)
_LONG: labelling.Fields = {"period": _PERIOD}
_LONG_MORE: labelling.Fields = {
    "area": ["area code", "la code", "dat code", "dat"],
    "area_name": ["area", "area name", "local authority", "partnership", "local authority name"],
    "substance": [re.compile(r"(substance|drug)[ _]?(group|category|type)?"), "unit"],
    "sex": ["sex", "gender"],
    "age": ["age", "age group", "age band"],
    "ethnicity": ["ethnicity", "ethnic group"],
    "indicator": ["indicator", "measure", "metric"],
    "value": ["value", "number", "count", "percentage", "%", "number of people"],
    "lower": [re.compile(r"(lower|lcl)\b.*")],
    "upper": [re.compile(r"(upper|ucl)\b.*")],
    "numerator": ["numerator"],
    "denominator": ["denominator"],
    "note": ["note", "notes"],
}
_MARKERS = markers.mapping(
    markers.MISSING,
    {"-": Status.NOT_PUBLISHED, "": Status.NOT_PUBLISHED, "null": Status.NOT_COLLECTED, "*": Status.SUPPRESSED},
    {"c": Status.SUPPRESSED, "x": Status.NOT_PUBLISHED, "z": Status.NOT_APPLICABLE, ":": Status.NOT_CALCULATED},
)
_FIGURES = ("value", "lower", "upper", "numerator", "denominator")
_SPLITS = ("substance", "sex", "age", "ethnicity")


def substance_of(label: str) -> str:
    """Return the substance group that a label names, in the suite's words; "" for none or for everybody."""
    return _SUBSTANCES.get(labelling.squeeze(label), "")


def substances(table: pd.DataFrame, *, file: Path) -> pd.Series:
    """Return column `substance` in the suite's words, "" for everybody; another word is refused."""
    found = table["substance"].map(labelling.squeeze).map(_SUBSTANCES)
    unknown = table[found.isna()]
    first = "" if unknown.empty else unknown["substance"].iloc[0]
    checks.refuse_rows(
        unknown,
        f"{first!r} is not a substance group",
        file=file,
        expected="Opiate, Non-opiate only, Alcohol only, Non-opiate & alcohol, OCU, Crack, Alcohol or Total",
    )
    return found.astype("str")


def read(sheet: reading.Sheet, *, area: str, indicator: str) -> pd.DataFrame:
    """Read a long table, or one with the periods across; refused where it does not say what it is about."""
    across = 0 if _long_row(sheet) else _across_row(sheet)
    table = _melted(sheet, across) if across else _long(sheet)
    titles = [cell.strip() for row in sheet.rows[: (across or _long_row(sheet)) - 1] for cell in row]
    table = table.assign(**{name: "" for name in (*_FIGURES, *_SPLITS, "note") if name not in table.columns})
    table = table[(table["period"] != "") | (table["value"] != "")].reset_index(drop=True)
    when = parsing.period_columns(table, sheet.file, None, PERIODS).drop(columns="period_status")
    placed = _placed(table, when["period_end"], [title for title in titles if title], area, sheet.file)
    named = _named(table, titles, indicator, sheet.file)
    return _observed(table.assign(**placed, **named, **when), sheet.file)


def _long_row(sheet: reading.Sheet) -> int:
    """Return the row of the header of a long table, 0 where there is none."""
    for row, cells in enumerate(sheet.rows[:30], start=1):
        labels = [labelling.plain(cell) for cell in cells]
        named = any(pattern.fullmatch(label) for label in labels for pattern in _PERIOD)
        if named and sum(bool(label) for label in labels) > 1:
            return row
    return 0


def _across_row(sheet: reading.Sheet) -> int:
    """Return the row whose cells, after the first, are all periods; 0 where there is none."""
    for row, cells in enumerate(sheet.rows[:30], start=1):
        labels = [cell for cell in cells[1:] if cell.strip()]
        if labels and all(map(_is_period, labels)):
            return row
    return 0


def _is_period(text: str) -> bool:
    basis = next((PERIODS[pattern] for pattern in PERIODS if re.fullmatch(pattern, text.strip())), None)
    try:
        return periods.parse(text.strip(), basis) is not None
    except OutcomesError:
        return False


def _long(sheet: reading.Sheet) -> pd.DataFrame:
    """Read one row for each figure, or one column for each of the indicators that the header names."""
    header = reading.find_header(sheet, _LONG, optional=_LONG_MORE)
    taken = set(header.columns.values())
    figures = {
        cell.strip(): column
        for column, cell in enumerate(header.texts)
        if column not in taken and indicator_of(cell) in _INDICATORS
    }
    if ("value" in header.columns) == bool(figures):
        labels = "; ".join(cell for cell in header.texts if cell)
        raise UnreadableInput(
            f"{'two kinds of' if figures else 'no'} columns hold figures. Headers found: {labels}",
            expected="a column Value, or columns such as Number in treatment",
            file=sheet.file,
            row=header.row,
        )
    wide = reading.Header(header.row, header.columns | figures, header.texts)
    table = reading.body(sheet, wide)
    if not figures:
        return table
    kept = [name for name in table.columns if name not in figures]
    return table.melt(id_vars=kept, value_vars=list(figures), var_name="indicator", value_name="value")


def _melted(sheet: reading.Sheet, row: int) -> pd.DataFrame:
    """Turn one column for each period into rows; the first column holds substances or areas."""
    texts = sheet.rows[row - 1]
    labels = {cell.strip(): column for column, cell in enumerate(texts) if column and cell.strip()}
    if len(labels) < sum(bool(cell.strip()) for cell in texts[1:]):
        raise UnreadableInput("a period stands twice in the header", file=sheet.file, row=row)
    table = reading.body(sheet, reading.Header(row, {"label": 0, **labels}, texts))
    table = table[(table[list(labels)] != "").any(axis="columns")]
    known = table["label"].map(labelling.squeeze).isin(list(_SUBSTANCES))
    name = "substance" if known.all() else "area_name"
    return table.rename(columns={"label": name}).melt(
        id_vars=[name, "row"], value_vars=list(labels), var_name="period", value_name="value"
    )


def indicator_of(text: str) -> str:
    """Return the indicator that a label names, in the suite's words; other labels become lower-case words."""
    label = labelling.plain(text)
    found = next((name for name, pattern in _INDICATORS.items() if pattern.fullmatch(label)), "")
    if found == "successful_completions" and _NUMBER.search(label) and not _PERCENT.search(label):
        return "exits_successfulcompletion"
    return found or re.sub(r"[^a-z0-9]+", "_", label).strip("_")


def _named(table: pd.DataFrame, titles: list[str], indicator: str, file: Path) -> pd.DataFrame:
    """Return `indicator` and `said`, the words it was taken from."""
    if "indicator" in table.columns:
        said = table["indicator"]
    else:
        named = [title for title in titles if indicator_of(title) in _INDICATORS]
        words = [indicator] if indicator else named or _share_in_name(table, file)
        if len(words) != 1:
            raise UnreadableInput(
                "nothing in the file says which figure this is",
                expected='a title such as "Number in treatment: Southampton", or a column Indicator',
                file=file,
            )
        said = pd.Series(words[0], table.index, dtype="str")
    unique = {text: indicator_of(re.sub(r":.*", "", text)) for text in said.unique()}
    return pd.DataFrame({"indicator": said.map(unique), "said": said.map(labelling.plain)}, index=table.index)


def _areas(words: list[str]) -> list[str]:
    return [one for one, code in zip(words, ground.codes(pd.Series(words, dtype="str")), strict=True) if code]


def _in_name(file: Path) -> list[str]:
    """Return every run of words in a file's name, any of which may be an area's."""
    words = re.split(r"[_\W]+", file.stem)
    return [" ".join(words[first:last]) for first in range(len(words)) for last in range(first + 1, len(words) + 1)]


def _share_in_name(table: pd.DataFrame, file: Path) -> list[str]:
    """Return the words of a file's name that tell a share, where its numbers can be nothing else."""
    said = re.sub(r"[_\W]+", " ", file.stem)
    fractions = table["value"].str.fullmatch(r"\d{1,2}\.\d+").any()
    return [said] if fractions and indicator_of(said) in _SHARES else []


def _placed(table: pd.DataFrame, when: pd.Series, titles: list[str], area: str, file: Path) -> pd.DataFrame:
    """Return `area`, `place` (a name without a code), `gone` (the area is discontinued) and `note`."""
    if "area" in table.columns or "area_name" in table.columns:
        names = table["area" if "area" in table.columns else "area_name"]
    else:
        told = [re.sub(r"^[^:]*:\s*", "", title) for title in titles]
        known = next((one for words in ([area], told, _in_name(file)) if len(one := _areas(words))), [])
        if len(set(known)) != 1:
            raise UnreadableInput(
                "nothing in the file says which area this is",
                expected='a column Area, or a title such as "Number in treatment: Southampton"',
                try_next="add a column Area with the name or code of the area",
                file=file,
            )
        names = pd.Series(known[0], table.index, dtype="str")
    found = areas_lookup.named(names, table["row"], file=file, when=when)
    gone = areas_lookup.discontinued(names)
    note = table["note"].where(found["area"] != "", found["area_note"])
    return pd.DataFrame({"area": found["area"], "place": found["area_name"], "gone": gone, "note": note})


def _observed(table: pd.DataFrame, file: Path) -> pd.DataFrame:
    figures = parsing.numbers(table["value"], _MARKERS, file=file, rows=table["row"], name="Value")
    others = {name: parsing.plain_numbers(table, name, file=file, missing=tuple(_MARKERS)) for name in _FIGURES[1:]}
    parts = {
        "substance": substances(table, file=file),
        "sex": labelling.sexes(table, file=file),
        "age": labelling.ages(table["age"]),
        "ethnicity": table["ethnicity"],
        "area_name": table["place"],
    }
    rows = table[
        ["area", "indicator", "said", "note", "row", "period_label", "period_start", "period_end", "period_basis"]
    ]
    rows = rows.assign(**figures, **others, breakdown=labelling.breakdown(parts))
    zero = table["gone"] & (rows["value"] == 0)
    rows = rows.assign(value=rows["value"].mask(zero), status=rows["status"].mask(zero, str(Status.NOT_SUPPLIED)))
    rows = _checked(rows, file)
    merged = checks.merge_duplicates(rows, ["indicator", "area", "period_label", "breakdown"], _FIGURES, file=file)
    return observations.conform(merged.drop(columns="said"))


def _checked(rows: pd.DataFrame, file: Path) -> pd.DataFrame:
    """Refuse a count where a percentage should stand and the reverse; put counts into `numerator` as well."""
    checks.check_limits(rows, file=file)
    percent = rows["text"].str.endswith("%")
    share = rows["indicator"].isin(_SHARES)
    count = rows["indicator"].isin((*_COUNTS, "exits_successfulcompletion"))
    checks.refuse_rows(
        rows[count & ((rows["value"] % 1 > 0) | percent | (rows["value"] < 0))],
        "a number of people is not a whole number",
        file=file,
        expected="counts of people",
    )
    checks.refuse_rows(rows[share & ~rows["value"].fillna(0).between(0, 100)], "a percentage is above 100", file=file)
    ratio = 100 * rows["numerator"] / rows["denominator"]
    checks.refuse_rows(
        rows[share & ((ratio - rows["value"]).abs() > 0.06 + 250 / rows["denominator"] * (1 + ratio / 100))],
        "the percentage is not its own numerator over denominator",
        file=file,
    )
    whole = (rows["value"].fillna(0) % 1 == 0).groupby(rows["indicator"]).transform("all")
    stated = percent | rows["said"].str.contains(_PERCENT) | rows["denominator"].notna() | ~whole
    checks.refuse_rows(
        rows[share & rows["value"].notna() & ~stated],
        "nothing says whether this is a number or a percentage",
        file=file,
        expected="a % sign, or Percentage or Number in the name of the indicator",
    )
    small = share & (rows["value"].where(share).groupby(rows["indicator"]).transform("max") <= 1) & (rows["value"] > 0)
    checks.refuse_rows(rows[small], "percentages up to 100 are expected, but none is above 1", file=file)
    derived = parsing.with_ratio(rows)["value"]
    return rows.assign(
        value=rows["value"].mask(share & rows["status"].eq(str(Status.PUBLISHED)), derived),
        numerator=rows["numerator"].mask(count & rows["numerator"].isna(), rows["value"]),
    )
