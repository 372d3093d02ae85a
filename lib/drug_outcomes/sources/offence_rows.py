"""Home Office open data of recorded crime: one row for each offence, quarter and partnership or force.

The names of forces and partnerships become codes; quarters are added up to financial years.
"""

from collections.abc import Sequence

import pandas as pd

from drug_outcomes.definitions import ground, observations, periods
from drug_outcomes.errors import UnreadableInput
from drug_outcomes.sources import checks, forces, markers, offence_areas, parsing, reading, stacking

_FIELDS = {
    "year": ("Financial Year",),
    "quarter": ("Financial Quarter",),
    "force_name": ("Police Force", "Force Name", "Force"),
    "group": ("Offence Group",),
    "subgroup": ("Offence Subgroup",),
    "count": ("Offence Count", "Number of Offences"),
}
_ALSO = {"csp_name": ("CSP Name", "CSP"), "offence": ("Offence Description",), "code": ("Offence Code",)}
#: Another word may be drug offences under a new name.
_GROUPS = (
    r"(?i)(?:violence against the person|sexual|robbery|theft|burglary|vehicle|criminal damage and arson"
    r"|drugs?|possession of weapons?|public order|miscellaneous crimes.*|fraud.*|computer misuse.*)"
    r"(?: offences?)?"
)
#: Columns of a sum; the others say of what.
_SUMMED = ("value", "numerator", "status", "row", "parts")


def observe(sheets: Sequence[reading.Sheet]) -> pd.DataFrame:
    """Return observations of all sheets (one financial year each, or all in one table)."""
    added = pd.concat([_quarterly(sheet) for sheet in sheets], ignore_index=True)
    checks.merge_duplicates(added, [*offence_areas.KEYS, *_names(added)], ["sheet"])
    parts, totals = _places(added)
    table = offence_areas.by_area(_with_years(parts), _with_years(totals))
    return observations.conform(parsing.dated(table, periods.Basis.FIN_YEAR, {".*Q.*": periods.Basis.QUARTER_FIN}))


def _names(table: pd.DataFrame) -> list[str]:
    return [name for name in ("force_name", "csp_name") if name in table]


def _quarterly(sheet: reading.Sheet) -> pd.DataFrame:
    """Add up the drug offences of one sheet by quarter, force and partnership."""
    header = reading.find_header(sheet, _FIELDS, optional=_ALSO)
    table = reading.body(sheet, header, each_row_one_figure=False)
    table = table[(table["group"] != "") | (table["count"] != "")]  # a footer has neither
    known = table["group"].str.fullmatch(_GROUPS)
    checks.refuse_rows(
        table[checks.strangers(known)], "this is not a known group of offences", expected="Drug offences"
    )
    drugs = table[table["group"].str.casefold().str.fullmatch(r"drugs? offences?")]
    if drugs.empty:
        groups = ", ".join(sorted(set(table["group"])))
        raise UnreadableInput(f"no offence group is drug offences; groups found: {groups[:300]}")
    kind = drugs["subgroup"].str.extract(r"(?i)(traffick|possess)")[0].str.casefold()
    checks.refuse_rows(drugs[kind.isna()], "a drug offence is neither trafficking nor possession")
    key = [name for name in header.columns if name != "count"]
    drugs = checks.merge_duplicates(drugs.assign(kind=kind), key, ["count"])
    drugs = drugs.assign(period=_quarters(drugs), sheet=sheet.name)
    names = _names(drugs)
    counts = stacking.stack(drugs, ["kind", "period", *names, "row", "sheet"], ["count"], markers.USUAL)
    one = counts["kind"].map({"traffick": "drug_trafficking", "possess": "drug_possession"})
    counts = pd.concat([counts.assign(indicator="drug_offences"), counts.assign(indicator=one)], ignore_index=True)
    return stacking.add_up(counts, [*offence_areas.KEYS, *names, "sheet"])


def _quarters(table: pd.DataFrame) -> pd.Series:
    year = table["year"].str.extract(r"^\s*(\d{4})\s*[/_-]\s*((?:20)?\d\d)\s*$")
    quarter = table["quarter"].str.extract(r"(?i)^\s*(?:q|quarter)?\s*([1-4])(?:\.0)?\s*$")[0]
    wrong = year[0].isna() | quarter.isna()
    checks.refuse_rows(table[wrong], "this is not a financial year and quarter", expected="2018/19 and 1 to 4")
    return year[0] + "/" + year[1].str[-2:] + " Q" + quarter


def _places(added: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Give codes to the names of open data; return the rows of partnerships and the sums of forces."""
    councils = ground.of_one_council()
    added = added.assign(force=forces.codes(added["force_name"]))
    names = added["csp_name"] if "csp_name" in added else pd.Series("", index=added.index)
    loose = names.str.match(r"(?i)\s*unassigned|\s*$")
    csp = ground.codes(names, kinds=["csp"]).where(~loose, "")
    council = csp.map(councils).fillna(ground.codes(names).where(csp == "", "")).where(~loose, "")
    unknown = (csp == "") & (council == "") & ~loose
    parts = added.assign(
        csp=csp,
        csp_name=names,
        council=council,
        recording=names.where(unknown, "").where(~loose, "Unassigned"),
        place_note=unknown.map({True: "no code is known for this partnership", False: ""}),
    )
    totals = stacking.add_up(added, [*offence_areas.KEYS, "force", "force_name", "sheet"])
    return (parts if "csp_name" in added else parts.head(0)), totals.assign(place_note="")


def _with_years(quarters: pd.DataFrame) -> pd.DataFrame:
    """Add the financial years of which all four quarters are in the file."""
    keys = [name for name in quarters.columns if name not in _SUMMED]
    years = stacking.add_up(quarters.assign(period=quarters["period"].str[:7]), keys)
    return pd.concat([quarters, years[years["parts"] == 4]], ignore_index=True)
