"""NDTMS ViewIt, adults in treatment: the wide exports, and tables saved by hand (`ndtms_tables`).

The wide export has a row for each period, area, sex, age group and substance group, and a column for each
count; totals are rows of their own and are never added up again. Local counts are rounded to the nearest 5,
so a share of two of them is approximate. Areas are names.
"""

import contextlib
import re
from collections.abc import Callable, Sequence
from functools import partial
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
_LEAVING = (
    *("successfulcompletion", "died", "droppedout", "movedaway", "noappropriatetreatment", "notknown", "other"),
    *("prison", "transferrednotincustody", "transferredincustody", "referredon", "treatmentdeclined"),
    *("treatmentwithdrawn", "inconsistent"),
)
_ETHNICITIES = ("white", "mixed", "asian", "black", "other")
#: Orders in which ViewIt exports the parts of one total: their figures cannot tell them apart.
_ORDERS = (
    [f"exits_{name}" for name in _LEAVING],
    *([f"eth_{name}{people}" for name in _ETHNICITIES] for people in ("_allintx", "_newtx")),
)
_BASES = {"_allintx": "in_treatment", "_newtx": "new_presentations", "": "in_treatment"}
_MARKERS = markers.mapping({"null": Status.NOT_COLLECTED, "*": Status.SUPPRESSED, "": Status.NOT_SUPPLIED})
_ROUNDED_TO = 5
_FEW = 0.02  # rows that are not rounded, in a file that is: a digit lost
_PLACED = ("period_label", "area", "place")
_SPLITS = ("substance", "sex", "age")
_KEPT = (*_PLACED, "period_start", "period_end", "period_basis", "note", "area_name", *_SPLITS, "row")
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
    families = _families(header)
    table = reading.body(sheet, reading.Header(header.row, header.columns | families, header.texts))
    core = [name for name in header.columns if name in ("in_treatment", "new_presentations")]
    core += [name for name in families if name.startswith("exits_")]
    table = checks.merge_duplicates(_described(table), [*_PLACED, *_SPLITS], [*core, *families])
    checked = [name for name in families if name.startswith("eth_")]
    every = stacking.stack(table, _KEPT, [*core, *checked], _MARKERS, whole="people")
    counts, ethnic = (every[every["indicator"].isin(names)] for names in (core, checked))
    rounded = _rounded(counts)
    _cross_checks(counts, ethnic, rounded)
    headline = table[(table["sex"] == "") & (table["age"] == "")]
    further = stacking.stack(headline, _KEPT, [name for name in families if name not in core], _MARKERS)
    return observations.conform(_observed(counts, further, rounded))


def _families(header: reading.Header) -> dict[str, int]:
    """Return name -> column of every further count; a name that comes twice, or two exchanged, is refused."""
    found: dict[str, int] = {}
    for column, cell in enumerate(header.texts):
        matched = _FAMILIES.fullmatch(re.sub(r"\s+", "_", labelling.plain(cell)))
        if matched and column not in header.columns.values():
            name = f"{matched[1]}_{matched[2]}" + ("" if matched[1] == "exits" else matched[3] or "")
            if name in found:
                raise UnreadableInput(f"two columns are named {cell!r}", expected="each once", row=header.row)
            found[name] = column
    for usual in _ORDERS:
        checks.refuse_swap(list(found), [usual], row=header.row)
    return found


def _described(table: pd.DataFrame) -> pd.DataFrame:
    """Add area, period, sex, age and substance in the suite's words."""
    table = parsing.dated(table, None, ndtms_tables.PERIODS)
    age = labelling.ages(table["age"])
    odd = table[checks.strangers(age.str.fullmatch(r"\d+-\d+|\d+\+|<\d+|"))]
    checks.refuse_rows(odd, "the age group is not one", expected="such as 18-29, 50+ or Total")
    return table.assign(
        **areas_lookup.named(table, when=table["period_end"]),
        sex=labelling.sexes(table),
        age=age,
        substance=ndtms_tables.substances(table),
    )


def _rounded(counts: pd.DataFrame) -> bool:
    """Whether the publisher rounded; a single row that is not rounded among many that are is refused."""
    off = counts[counts["value"] % _ROUNDED_TO > 0]
    few = off["row"].nunique() < _FEW * counts["row"].nunique()
    checks.refuse_rows(
        off[off["value"].notna() & few],
        "a count is not a multiple of 5 in a file whose counts are rounded to 5, so a digit may be lost",
    )
    return off.empty


def _cross_checks(counts: pd.DataFrame, ethnic: pd.DataFrame, rounded: bool) -> None:
    """Compare totals with the rows that divide them, and counts with the people that they are part of."""
    slack = _ROUNDED_TO / 2 if rounded else 0.0
    for split in _SPLITS:
        keys = [name for name in ("indicator", *_PLACED, *_SPLITS) if name != split]
        whole = counts[split] == ""
        new = labelling.new_words(f"{split}=" + counts[split]) != ""
        # A group that was not met before is one of the parts, or made of them ("any drug").
        ways = [~whole & ~new, ~whole] if new.any() else [~whole]
        sums = partial(checks.refuse_gap, counts, keys, whole, what=f"the rows by {split}", rounding=slack)
        _refuse_unless_one(sums, [(parts, max(counts.loc[parts, split].nunique(), 1)) for parts in ways])
    wide = pd.concat([counts, ethnic]).pivot(index="row", columns="indicator", values="value")  # noqa: PD010
    for parts, whole_name in (
        ("^exits_", "in_treatment"),
        ("^new_presentations$", "in_treatment"),
        ("^eth_.*_allintx$", "in_treatment"),
        ("^eth_.*_newtx$", "new_presentations"),
    ):
        some = wide.filter(regex=parts)
        if whole_name in wide and some.shape[1]:
            more = some.sum(axis="columns") > wide[whole_name] + slack * (some.shape[1] + 1)
            found = f"{some.columns[0]} and its like are more than {whole_name}, of which they are parts"
            checks.refuse_rows(wide[more].reset_index(), found, try_next="compare the header: columns may be swapped")


def _refuse_unless_one(sums: Callable[..., None], ways: Sequence[tuple["pd.Series[bool]", int]]) -> None:
    """Refuse a file whose totals are the sum of their parts in none of the ways in which parts may be meant."""
    for parts, least in ways[:-1]:
        with contextlib.suppress(UnreadableInput):
            return sums(parts=parts, least=least)
    parts, least = ways[-1]
    return sums(parts=parts, least=least)


def _observed(counts: pd.DataFrame, further: pd.DataFrame, rounded: bool) -> pd.DataFrame:
    """Name the family of every further count, add completions, and put the groups into the breakdown."""
    parts = further["indicator"].str.extract(r"^([a-z]+)_(.+?)(_allintx|_newtx)?$")
    ethnic = parts[0] == "eth"
    further = further.assign(
        indicator=parts[2].fillna("").map(_BASES),
        family=parts[0].mask(ethnic, "ethnicity"),
        member=parts[1].mask(ethnic, parts[1].str.capitalize()),
    )
    rows = pd.concat([counts.assign(family="", member=""), further], ignore_index=True)
    remark = rows["note"].where(rows["note"] == "", rows["note"] + "; ") + _ROUNDED
    rows = areas_lookup.not_supplied(rows.assign(note=remark if rounded else rows["note"]), rows["area_name"])
    rows = pd.concat([rows, _completions(rows, rounded)], ignore_index=True)
    groups = {name: rows[name] for name in _SPLITS} | {"area_name": rows["place"]}
    groups |= {name: rows["member"].where(rows["family"] == name, "") for name in rows["family"].unique() if name != ""}
    marked = rows.assign(breakdown=labelling.breakdown(groups))
    figures = ["value", "numerator", "denominator"]
    merged = checks.merge_duplicates(marked, ["indicator", "area", "period_label", "breakdown"], figures)
    return merged.drop(columns=["place", "area_name", *_SPLITS, "family", "member"])


def _completions(counts: pd.DataFrame, rounded: bool) -> pd.DataFrame:
    """Return successful completions as a percentage of those in treatment, from the two counts."""
    headline = counts[counts["family"] == ""].set_index("row")
    everybody = headline.loc[headline["indicator"] == "in_treatment", "value"]
    done = counts[counts["indicator"] == "exits_successfulcompletion"]
    shares = parsing.with_ratio(done.assign(value=float("nan"), denominator=done["row"].map(everybody), text=""))
    worked_out = shares["status"].mask(shares["value"].notna(), str(Status.ESTIMATED if rounded else Status.PUBLISHED))
    undefined = shares["value"].isna() & shares["numerator"].notna()
    return shares.assign(
        indicator="successful_completions",
        status=worked_out.mask(undefined, str(Status.NOT_CALCULATED)),
        note="approximate: worked out from counts rounded to the nearest 5" if rounded else "worked out here",
    )
