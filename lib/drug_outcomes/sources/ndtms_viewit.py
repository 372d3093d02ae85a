"""NDTMS ViewIt, adults in treatment: the wide exports, and tables saved by hand (`ndtms_tables`).

The wide export has a row for each period, area, sex, age group and substance group, and a column for each
count; totals are rows of their own and are never added up again. Local counts are rounded to the nearest 5,
so a share of two of them is approximate. Areas are names.
"""

import re
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from drug_outcomes.definitions import observations
from drug_outcomes.definitions.vocabulary import Status
from drug_outcomes.errors import UnreadableInput
from drug_outcomes.sources import areas_lookup, checks, labelling, markers, ndtms_tables, parsing, reading, stacking

_KEY: labelling.Fields = {
    "period": ["ReportingPeriod", "ReportingPeriod_Data"],
    "area_name": ["Area", "Area_Data", "Area name"],
    "sex": ["sex", "Sex_Data", "Gender", "Gender_Data"],
    "age": ["age_group", "AgeGroup", "AgeGroup_Data"],
    "substance": ["drug_group", "DrugGroup", "DrugGroup_Data"],
    "in_treatment": ["intreatment_allintx", "Num_InTreatment_AllInTx"],
}
_NEW: labelling.Fields = {"new_presentations": [re.compile(r"(num_)?newpresentations?_newtx")]}
_FAMILIES = re.compile(
    r"(?:num_)?(age|alc|disability|drug|employmentstatus|eth|exits|housingsituation|injecting|interventions"
    r"|lengthintreatment|referralsource|religion|safeguarding|scnr|sexuality|substanceanycitation|waitsfirst"
    r"|waitssub)_(.+?)(_allintx|_newtx)?"
)
_EXITS = (
    *("successfulcompletion", "died", "droppedout", "movedaway", "noappropriatetreatment", "notknown"),
    *("other", "prison", "transferrednotincustody", "transferredincustody", "referredon"),
    *("treatmentdeclined", "treatmentwithdrawn", "inconsistent"),
)
_ETHNICITIES = ("white", "mixed", "asian", "black", "other")
_BASES = {"_allintx": "in_treatment", "_newtx": "new_presentations", "": "in_treatment"}
_COMPLETED = "exits_successfulcompletion"
_MARKERS = markers.mapping({"null": Status.NOT_COLLECTED, "*": Status.SUPPRESSED, "": Status.NOT_SUPPLIED})
_ROUNDED_TO = 5
_ROUNDED = "rounded by the publisher to the nearest 5"


def read(file: Path, *, area: str = "", indicator: str = "") -> pd.DataFrame:
    """Read a ViewIt export of any width, or a table saved by hand.

    Indicators: in_treatment, new_presentations, exits_* (counts); successful_completions (percentage of
    those in treatment); from saved tables also unmet_need and others named there. Breakdown keys: substance,
    sex, age, ethnicity, and for the totals of sex and age every further family of columns.

    Parameters
    ----------
    area, indicator : what a saved table is about, where it does not say: a name or code, and an indicator.
    """
    sheet = reading.read_sheet(file)
    if not any(labelling.squeeze("drug_group") in labelling.squeeze(cell) for row in sheet.rows[:20] for cell in row):
        return ndtms_tables.read(sheet, area=area, indicator=indicator)
    header = reading.find_header(sheet, _KEY, optional=_NEW)
    families = _families(sheet, header)
    wide = reading.Header(header.row, header.columns | families, header.texts)
    table = _described(reading.body(sheet, wide), file)
    same = ["period_label", "area", "place", "sex", "age", "substance"]
    figures = [name for name in wide.columns if name == "in_treatment" or name not in _KEY]
    table = checks.merge_duplicates(table, same, figures, file=file)
    core = ["in_treatment", *(name for name in header.columns if name == "new_presentations")]
    exits = [name for name in families if name.startswith("exits_")]
    counts = {name: _whole(table, name, file) for name in (*core, *exits)}
    _cross_checks(table.assign(**counts), exits, [name for name in families if name.startswith("eth_")], file)
    return observations.conform(_observed(table, [*core, *exits], families, file))


def _families(sheet: reading.Sheet, header: reading.Header) -> dict[str, int]:
    """Return name -> column of every further count; a name that comes twice, or two exchanged, is refused."""
    found: dict[str, int] = {}
    for column, cell in enumerate(header.texts):
        label = re.sub(r"\s+", "_", labelling.plain(cell))
        matched = _FAMILIES.fullmatch(label)
        if matched and column not in header.columns.values():
            name = f"{matched[1]}_{matched[2]}" + ("" if matched[1] == "exits" else matched[3] or "")
            if name in found:
                raise _refusal(sheet, header, f"two columns are named {cell!r}")
            found[name] = column
    _refuse_exchanged(sheet, header, [f"exits_{name}" for name in _EXITS], found)
    for suffix in ("_allintx", "_newtx"):
        _refuse_exchanged(sheet, header, [f"eth_{name}{suffix}" for name in _ETHNICITIES], found)
    return found


def _refuse_exchanged(
    sheet: reading.Sheet, header: reading.Header, usual: Iterable[str], found: dict[str, int]
) -> None:
    """Refuse a header in which exactly two labels of a family stand in each other's place.

    Nothing in the figures could show it: parts of one total may come in any size.
    """
    expected = [name for name in usual if name in found]
    actual = sorted(expected, key=found.__getitem__)
    differing = [name for name, other in zip(expected, actual, strict=True) if name != other]
    if len(differing) == 2:
        raise _refusal(sheet, header, f"{differing[0]} and {differing[1]} stand in each other's place")


def _refusal(sheet: reading.Sheet, header: reading.Header, found: str) -> UnreadableInput:
    return UnreadableInput(
        found,
        expected="the columns as ViewIt exports them",
        try_next="export the file again",
        file=sheet.file,
        row=header.row,
    )


def _described(table: pd.DataFrame, file: Path) -> pd.DataFrame:
    """Add area, period, sex, age and substance in the suite's words."""
    when = parsing.period_columns(table, file, None, ndtms_tables.PERIODS).drop(columns="period_status")
    placed = areas_lookup.named(table["area_name"], table["row"], file=file, when=when["period_end"])
    return table.drop(columns=["sex", "age", "substance", "area_name"]).assign(
        **when,
        area=placed["area"],
        place=placed["area_name"],
        note=placed["area_note"],
        gone=areas_lookup.discontinued(table["area_name"]),
        sex=labelling.sexes(table, file=file),
        age=_ages(table, file),
        substance=ndtms_tables.substances(table, file=file),
    )


def _ages(table: pd.DataFrame, file: Path) -> pd.Series:
    found = labelling.ages(table["age"])
    odd = table[~found.str.fullmatch(r"\d+-\d+|\d+\+|<\d+|")]
    checks.refuse_rows(odd, "the age group is not one", file=file, expected="such as 18-29, 50+ or Total")
    return found


def _whole(table: pd.DataFrame, name: str, file: Path) -> pd.Series:
    values = parsing.numbers(table[name], _MARKERS, file=file, rows=table["row"], name=name)["value"]
    checks.refuse_rows(table[(values % 1 > 0) | (values < 0)], f"{name} is not a whole number of people", file=file)
    return values


def _rounded(counts: pd.DataFrame, table: pd.DataFrame, file: Path) -> bool:
    """Whether the publisher rounded; a single count that is not rounded among thousands that are is refused."""
    off = (counts % _ROUNDED_TO > 0).any(axis="columns")
    if 0 < off.mean() < 0.02:
        checks.refuse_rows(
            table[off],
            "a count is not a multiple of 5 in a file whose counts are rounded to 5, so a digit may be lost",
            file=file,
        )
    return not off.any()


def _cross_checks(table: pd.DataFrame, exits: list[str], ethnicities: list[str], file: Path) -> None:
    """Compare totals with their parts, and every count with the people in treatment that it is part of."""
    counts = [name for name in ("in_treatment", "new_presentations", *exits) if name in table]
    rounded = _rounded(table[counts], table, file)
    slack = _ROUNDED_TO / 2 if rounded else 0.0
    numbers = table.assign(
        exits=table[exits].sum(axis="columns") if exits else 0,
        **{name: _whole(table, name, file) for name in ethnicities},
    )
    for suffix, whole in _BASES.items():
        parts = [name for name in ethnicities if suffix and name.endswith(suffix)]
        if parts and whole in numbers:
            numbers = numbers.assign(**{f"ethnicity{suffix}": numbers[parts].sum(axis="columns")})
            _at_most(numbers, f"ethnicity{suffix}", whole, slack * (len(parts) + 1), file)
    for part in ("new_presentations", "exits"):
        if part in numbers:
            _at_most(numbers, part, "in_treatment", slack * (len(exits) + 1), file)
    for split in ("substance", "sex", "age"):
        _check_totals(numbers, counts, split, slack, file)


def _at_most(table: pd.DataFrame, part: str, whole: str, slack: float, file: Path) -> None:
    checks.refuse_rows(
        table[table[part] > table[whole] + slack],
        f"{part} is more than {whole}, of which it is a part: columns may be swapped",
        file=file,
    )


def _check_totals(table: pd.DataFrame, counts: list[str], split: str, slack: float, file: Path) -> None:
    """Refuse a total to which the rows that divide it do not add up, within what rounding allows."""
    others = [*("period_label", "area", "place"), *(name for name in ("substance", "sex", "age") if name != split)]
    parts = table[table[split] != ""].groupby(others)
    size, sums, held = parts.size(), parts[counts].sum(), parts[counts].count()
    totals = table[table[split] == ""].drop_duplicates(others).set_index(others)[[*counts, "row"]]
    totals = totals[totals.index.isin(size.index)]
    size, sums, held = (size.reindex(totals.index), sums.reindex(totals.index), held.reindex(totals.index))
    for column in counts:
        known = held[column] == size
        complete = known & (size == size[known].max())
        checks.refuse_rows(
            totals[complete & ((totals[column] - sums[column]).abs() > slack * (size + 1) + 0.5)],
            f"the rows by {split} do not add up to the total of {column}",
            file=file,
            expected="parts that add up, within what rounding to 5 allows",
        )


def _observed(table: pd.DataFrame, core: list[str], families: dict[str, int], file: Path) -> pd.DataFrame:
    keep = ["area", "place", "note", "gone", "row", "substance", "sex", "age", *_WHEN]
    rounded = _rounded(table[core].apply(pd.to_numeric, errors="coerce"), table, file)
    counts = stacking.stack(table, keep, core, _MARKERS, file=file).assign(family="", member="")
    further = [name for name in families if not name.startswith("exits_")]
    headline = table[(table["sex"] == "") & (table["age"] == "")]
    if further and not headline.empty:
        more = stacking.stack(headline, keep, further, _MARKERS, file=file)
        counts = pd.concat([counts, _named_family(more)], ignore_index=True)
    remark = _ROUNDED if rounded else ""
    counts = counts.assign(note=_joined(counts["note"], remark))
    gone = counts["gone"] & (counts["value"] == 0)
    counts = counts.assign(
        value=counts["value"].mask(gone),
        numerator=counts["numerator"].mask(gone),
        status=counts["status"].mask(gone, str(Status.NOT_SUPPLIED)),
    )
    rows = pd.concat([counts, _completions(counts, rounded)], ignore_index=True)
    parts = {"substance": rows["substance"], "sex": rows["sex"], "age": rows["age"], "area_name": rows["place"]}
    marked = rows.assign(breakdown=_with_family(labelling.breakdown(parts), rows))
    figures = ["value", "numerator", "denominator"]
    merged = checks.merge_duplicates(marked, ["indicator", "area", "period_label", "breakdown"], figures, file=file)
    return merged.drop(columns=["place", "gone", "substance", "sex", "age", "family", "member"])


_WHEN = ["period_label", "period_start", "period_end", "period_basis"]


def _named_family(rows: pd.DataFrame) -> pd.DataFrame:
    """Turn `eth_white_allintx` into indicator in_treatment, family ethnicity, member white."""
    parts = rows["indicator"].str.extract(r"^([a-z]+)_(.+?)(_allintx|_newtx)?$")
    return rows.assign(
        indicator=parts[2].fillna("").map(_BASES),
        family=parts[0].where(parts[0] != "eth", "ethnicity"),
        member=parts[1].where(parts[0] != "eth", parts[1].str.capitalize()),
    )


def _with_family(breakdown: pd.Series, rows: pd.DataFrame) -> pd.Series:
    pair = rows["family"] + "=" + rows["member"]
    joined = {
        key: ";".join(sorted(filter(None, (*key[0].split(";"), key[1] if key[1] != "=" else ""))))
        for key in set(zip(breakdown, pair, strict=True))
    }
    return pd.Series([joined[key] for key in zip(breakdown, pair, strict=True)], rows.index, dtype="str")


def _completions(counts: pd.DataFrame, rounded: bool) -> pd.DataFrame:
    """Return successful completions as a percentage of those in treatment, from the two counts."""
    key = ["area", "place", "row", "substance", "sex", "age", *_WHEN]
    all_in = counts[(counts["indicator"] == "in_treatment") & (counts["family"] == "")].set_index(key)["value"]
    done = counts[counts["indicator"] == _COMPLETED]
    denominator = all_in.reindex(pd.MultiIndex.from_frame(done[key])).to_numpy()
    shares = parsing.with_ratio(done.assign(value=float("nan"), denominator=denominator, text=""))
    remark = "approximate: worked out from counts rounded to the nearest 5" if rounded else "worked out here"
    status = str(Status.ESTIMATED) if rounded else str(Status.PUBLISHED)
    worked_out = shares["status"].mask(shares["value"].notna(), status)
    undefined = shares["value"].isna() & shares["numerator"].notna()
    return shares.assign(
        indicator="successful_completions", status=worked_out.mask(undefined, str(Status.NOT_CALCULATED)), note=remark
    )


def _joined(notes: pd.Series, remark: str) -> pd.Series:
    return notes.where(notes == "", notes + "; ") + remark if remark else notes
