"""Statistical neighbours of the Department for Education: the ten authorities most like each authority.

The file has a row for each authority and, for each rank, the neighbour's old local authority code (852) and
how close it is. Neighbours are observations like any other: `value` is the rank, 1 the nearest.
"""

import re
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from drug_outcomes.definitions import ground, observations, periods
from drug_outcomes.definitions.vocabulary import Status
from drug_outcomes.errors import UnreadableInput
from drug_outcomes.sources import checks, labelling, parsing, reading

_AUTHORITY: labelling.Fields = {"code": ("old_la_code", "LA code", "LA number")}
_NAME: labelling.Fields = {"name": ("la_name", "LA name", "Local authority")}
_RANK = re.compile(r"sn[_ ]?(\d{1,2})")
_CLOSENESS = re.compile(r"sn[_ ]?(\d{1,2})[_ ]?p(?:rox|roximity)?")


def read(file: Path) -> pd.DataFrame:
    """Read the neighbours of every authority.

    Indicator: statistical_neighbour; breakdown "neighbour=E06000026"; `value` the rank, `text` the
    closeness in the publisher's words.

    Raises `UnreadableInput` for a rank without a column, for codes that belong to no authority, and for an
    authority that is its own neighbour or has one twice.
    """
    sheet = reading.read_sheet(file)
    header = _header(sheet)
    table = reading.code_rows(reading.body(sheet, header), "code", ["sn 1"], pattern=r"\d{3}")
    table = checks.merge_duplicates(table, ["code"], [*header.columns])
    ranks = range(1, _depth(header.columns) + 1)
    closeness = {rank: table.get(f"closeness {rank}", pd.Series("", table.index)) for rank in ranks}
    parts = [
        table[["code", "row"]].assign(
            value=float(rank), neighbour=table[f"sn {rank}"], text=closeness[rank].str.strip()
        )
        for rank in ranks
    ]
    long = pd.concat(parts, ignore_index=True)
    known = _codes()
    checks.refuse_rows(
        long[~long["code"].isin(known.index) | ~long["neighbour"].isin(known.index)],
        "a code belongs to no local authority",
        expected="the three figures of the Department for Education, such as 852",
        try_next="add the code to data/framework/areas.csv if the authority is new",
    )
    doubled = long.duplicated(["code", "neighbour"], keep=False) | (long["code"] == long["neighbour"])
    checks.refuse_rows(long[doubled], "an authority is its own neighbour, or has one twice")
    year = checks.only(
        re.findall(r"(?<!\d)20\d\d(?!\d)", file.stem),
        "which year's model this is",
        expected="one year in the file's name, as in sn_model_2025_wide.csv",
        try_next="name the file as it was published",
    )
    rows = long.drop(columns=["code", "neighbour"]).assign(
        indicator="statistical_neighbour",
        area=long["code"].map(known),
        breakdown="neighbour=" + long["neighbour"].map(known),
        status=str(Status.PUBLISHED),
        period=year,
        sheet=sheet.name,
    )
    return observations.conform(parsing.dated(rows, periods.Basis.CAL_YEAR))


def _header(sheet: reading.Sheet) -> reading.Header:
    header = reading.find_header(sheet, _AUTHORITY, optional=_NAME)
    ranks: dict[str, int] = {}
    for place, text in enumerate(header.texts):
        for kind, pattern in (("sn", _RANK), ("closeness", _CLOSENESS)):
            if found := pattern.fullmatch(labelling.plain(text)):
                field = f"{kind} {int(found.group(1))}"
                if field in ranks:
                    raise UnreadableInput(f"two columns are headed {text!r}", row=header.row)
                ranks[field] = place
    depth = _depth(ranks)
    if not depth or any(f"sn {rank}" not in ranks for rank in range(1, depth + 1)):
        raise UnreadableInput(
            f"not every rank has a column. Headers found: {'; '.join(header.texts)}",
            expected="SN_1 to SN_10",
            row=header.row,
        )
    for kind in ("sn", "closeness"):
        mine = [name for name in ranks if name.startswith(kind)]
        checks.refuse_swap(mine, [sorted(mine, key=lambda name: int(name.split()[1]))], row=header.row)
    return reading.Header(header.row, {**header.columns, **ranks}, header.texts)


def _depth(names: Iterable[str]) -> int:
    return max((int(name.removeprefix("sn ")) for name in names if name.startswith("sn ")), default=0)


def _codes() -> "pd.Series[str]":
    """Return today's GSS code of each code of the Department for Education."""
    known = ground.table()
    known = known[known["dfe_code"] != ""].sort_values("until")  # those of today first
    return known.drop_duplicates("dfe_code").set_index("dfe_code")["code"]
