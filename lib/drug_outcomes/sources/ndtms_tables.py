"""Tables of treatment figures saved by hand from ViewIt: what a visual shows, in one of two shapes.

Long: one row for each figure, with columns for period, area, substance group and value. Across: one column
for each period, under a title such as "Number in treatment: Southampton".
"""

import contextlib
import re
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path

import pandas as pd

from drug_outcomes.definitions import ground, observations
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
_MOSTLY = 0.5
_SPLITS = ("substance", "sex", "age", "ethnicity")


def substance_of(label: str) -> str:
    """Return the substance group that a label names, in the suite's words; "" for none or for everybody."""
    return _SUBSTANCES.get(labelling.squeeze(label), "")


def substances(table: pd.DataFrame) -> pd.Series:
    """Return column `substance` in the suite's words, "" for everybody, or its own: see `labelling.known_words`."""
    return labelling.known_words(table, "substance", _SUBSTANCES, "substance group")


def read(sheet: reading.Sheet, *, area: str, indicator: str) -> pd.DataFrame:
    """Read a long table, or one with the periods across; refused where it does not say what it is about."""
    first = next((row for row, cells in enumerate(sheet.rows[:30], start=1) if _is_header(cells)), 0)
    across = 0 if first else _across_row(sheet)
    table = _melted(sheet, across) if across else _long(sheet)
    titles = [cell.strip() for row in sheet.rows[: (across or first) - 1] for cell in row if cell.strip()]
    table = table.assign(**{name: "" for name in ("value", *_SPLITS, "note") if name not in table.columns})
    table = table[(table["period"] != "") | (table["value"] != "")].reset_index(drop=True)
    table = parsing.dated(table.assign(**_named(table, titles, indicator, sheet.file)), None, PERIODS)
    names = "area" if "area" in table.columns else "area_name"
    if names not in table.columns:
        table = table.assign(area_name=_told_area(titles, area, sheet.file))
    return _observed(table, names)


def _is_header(cells: Sequence[str]) -> bool:
    """Whether a row is the header of a long table."""
    labels = [labelling.plain(cell) for cell in cells if cell.strip()]
    return len(labels) > 1 and any(pattern.fullmatch(label) for label in labels for pattern in _PERIOD)


def _across_row(sheet: reading.Sheet) -> int:
    """Return the row whose cells, after the first, are all periods; 0 where there is none."""
    for row, cells in enumerate(sheet.rows[:30], start=1):
        labels = [cell.strip() for cell in cells[1:] if cell.strip()]
        with contextlib.suppress(OutcomesError):
            if labels and not parsing.dated(pd.DataFrame({"period": labels, "row": row}), None, PERIODS).empty:
                return row
    return 0


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
            row=header.row,
        )
    table = reading.body(sheet, reading.Header(header.row, header.columns | figures, header.texts))
    if not figures:
        return table
    kept = [name for name in table.columns if name not in figures]
    return table.melt(kept, list(figures), var_name="indicator", value_name="value")


def _melted(sheet: reading.Sheet, row: int) -> pd.DataFrame:
    """Turn one column for each period into rows; the first column holds substances or areas."""
    texts = sheet.rows[row - 1]
    labels = {cell.strip(): column for column, cell in enumerate(texts) if column and cell.strip()}
    if len(labels) < sum(bool(cell.strip()) for cell in texts[1:]):
        raise UnreadableInput("a period stands twice in the header", row=row)
    table = reading.body(sheet, reading.Header(row, {"label": 0, **labels}, texts))
    table = table[(table[list(labels)] != "").any(axis="columns")]
    known = table["label"].map(labelling.squeeze).isin(list(_SUBSTANCES))
    name = "substance" if known.mean() > _MOSTLY else "area_name"
    long = table.melt(["label", "row"], list(labels), var_name="period", value_name="value")
    return long.rename(columns={"label": name})


def indicator_of(text: str) -> str:
    """Return the indicator that a label names, in the suite's words; other labels become lower-case words."""
    label = labelling.plain(text)
    found = next((name for name, pattern in _INDICATORS.items() if pattern.fullmatch(label)), "")
    if found == "successful_completions" and _NUMBER.search(label) and not _PERCENT.search(label):
        return "exits_successfulcompletion"
    return found or re.sub(r"[^a-z0-9]+", "_", label).strip("_")


def _named(table: pd.DataFrame, titles: list[str], indicator: str, file: Path) -> dict[str, pd.Series]:
    """Return `indicator` and `said`, the words it was taken from."""
    said = table.get("indicator")
    if said is None:
        stem = re.sub(r"[_\W]+", " ", file.stem)
        fractions = table["value"].str.fullmatch(r"\d{1,2}\.\d+").any()  # which can be nothing but a share
        in_name = [stem] if fractions and indicator_of(stem) in _SHARES else []
        words = [indicator] if indicator else [one for one in titles if indicator_of(one) in _INDICATORS] or in_name
        title = 'a title such as "Number in treatment: Southampton", or a column Indicator'
        said = pd.Series(checks.only(words, "which figure this is", expected=title), table.index, dtype="str")
    unique = {text: indicator_of(re.sub(r":.*", "", text)) for text in said.unique()}
    return {"indicator": said.map(unique), "said": said.map(labelling.plain)}


def _told_area(titles: list[str], area: str, file: Path) -> str:
    """Return the area that the caller, a title or any run of words in the file's name names."""
    words = re.split(r"[_\W]+", file.stem)
    runs = [" ".join(words[first:last]) for first, last in combinations(range(len(words) + 1), 2)]
    told = [re.sub(r"^[^:]*:\s*", "", title) for title in titles]
    named = (pd.Series(some, dtype="str") for some in ([area], told, runs))
    known = (list(some[ground.codes(some) != ""]) for some in named)
    return checks.only(
        next(filter(None, known), []),
        "which area this is",
        expected='a column Area, or a title such as "Number in treatment: Southampton"',
        try_next="add a column Area with the name or code of the area",
    )


def _observed(table: pd.DataFrame, names: str) -> pd.DataFrame:
    placed = areas_lookup.named(table, names, table["period_end"])
    parts = {
        "substance": substances(table),
        "sex": labelling.sexes(table),
        "age": labelling.ages(table["age"]),
        "ethnicity": table["ethnicity"],
        "area_name": placed["place"],
    }
    rows = table[["indicator", "said", "row", "period_label", "period_start", "period_end", "period_basis"]].assign(
        **parsing.figures(table, _MARKERS),
        area=placed["area"],
        note=table["note"].where(placed["area"] != "", placed["note"]),
        breakdown=labelling.breakdown(parts),
    )
    rows = _checked(areas_lookup.not_supplied(rows, table[names]))
    key = ["indicator", "area", "period_label", "breakdown"]
    return observations.conform(checks.merge_duplicates(rows, key, parsing.FIGURES).drop(columns="said"))


def _checked(rows: pd.DataFrame) -> pd.DataFrame:
    """Refuse a count where a percentage should stand and the reverse; put counts into `numerator` as well."""
    percent = rows["text"].str.endswith("%")
    share = rows["indicator"].isin(_SHARES)
    count = rows["indicator"].isin((*_COUNTS, "exits_successfulcompletion"))
    value, denominator = rows["value"], rows["denominator"]
    ratio = 100 * rows["numerator"] / denominator
    whole = (value.fillna(0) % 1 == 0).groupby(rows["indicator"]).transform("all")
    stated = percent | rows["said"].str.contains(_PERCENT) | denominator.notna() | ~whole
    highest = value.where(share).groupby(rows["indicator"]).transform("max")
    for wrong, found in (
        (count & ((value % 1 > 0) | percent | (value < 0)), "a number of people is not a whole number"),
        (share & ~value.fillna(0).between(0, 100), "a percentage is above 100"),
        (
            share & ((ratio - value).abs() > 0.06 + 250 / denominator * (1 + ratio / 100)),
            "the percentage is not its own numerator over denominator",
        ),
        (share & value.notna() & ~stated, "nothing says whether this is a number or a percentage"),
        (share & (highest <= 1) & (value > 0), "percentages up to 100 are expected, but none is above 1"),
    ):
        checks.refuse_rows(rows[wrong], found, expected="whole numbers of people, or percentages that are said to be")
    derived = parsing.with_ratio(rows)["value"]
    return rows.assign(
        value=value.mask(share & rows["status"].eq(str(Status.PUBLISHED)), derived),
        numerator=rows["numerator"].mask(count & rows["numerator"].isna(), value),
    )
