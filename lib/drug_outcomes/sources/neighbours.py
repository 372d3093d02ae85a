"""Statistical neighbours of the Department for Education: the ten authorities most like each authority.

The file has a row for each authority and, for each rank, the neighbour's old local authority code (852) and
how close it is. Neighbours are observations like any other: `value` is the rank, 1 the nearest.
"""

import re
from pathlib import Path

import pandas as pd

from drug_outcomes.definitions import ground, observations, periods
from drug_outcomes.definitions.vocabulary import Status
from drug_outcomes.errors import UnreadableInput
from drug_outcomes.sources import checks, labelling, reading

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
    table = reading.code_rows(reading.body(sheet, header), "code", ["sn 1"], file=file, pattern=r"\d{3}")
    table = checks.merge_duplicates(table, ["code"], [*header.columns], file=file)
    parts = [
        table[["code", "row"]].assign(
            value=rank, neighbour=table[f"sn {rank}"], text=table.get(f"closeness {rank}", "")
        )
        for rank in range(1, _depth(header) + 1)
    ]
    long = pd.concat(parts, ignore_index=True)
    known = _codes()
    checks.refuse_rows(
        long[~long["code"].isin(known.index) | ~long["neighbour"].isin(known.index)],
        "a code belongs to no local authority",
        expected="the three figures of the Department for Education, such as 852",
        try_next="add the code to data/framework/areas.csv if the authority is new",
        file=file,
    )
    doubled = long.duplicated(["code", "neighbour"], keep=False) | (long["code"] == long["neighbour"])
    checks.refuse_rows(long[doubled], "an authority is its own neighbour, or has one twice", file=file)
    year = _year(file)
    return observations.conform(
        pd.DataFrame(
            {
                "indicator": "statistical_neighbour",
                "area": long["code"].map(known),
                "breakdown": "neighbour=" + long["neighbour"].map(known),
                "value": long["value"].astype("float64"),
                "text": long["text"].str.strip(),
                "status": str(Status.PUBLISHED),
                "period_label": year.label,
                "period_start": year.start_month,
                "period_end": year.end_month,
                "period_basis": str(year.basis),
                "row": long["row"],
                "sheet": sheet.name,
            }
        )
    )


def _header(sheet: reading.Sheet) -> reading.Header:
    header = reading.find_header(sheet, _AUTHORITY, optional=_NAME)
    ranks: dict[str, int] = {}
    for place, text in enumerate(header.texts):
        for kind, pattern in (("sn", _RANK), ("closeness", _CLOSENESS)):
            if found := pattern.fullmatch(labelling.plain(text)):
                field = f"{kind} {int(found.group(1))}"
                if field in ranks:
                    raise UnreadableInput(f"two columns are headed {text!r}", file=sheet.file, row=header.row)
                ranks[field] = place
    whole = reading.Header(header.row, {**header.columns, **ranks}, header.texts)
    if not _depth(whole) or any(f"sn {rank}" not in ranks for rank in range(1, _depth(whole) + 1)):
        raise UnreadableInput(
            f"not every rank has a column. Headers found: {'; '.join(header.texts)}",
            expected="SN_1 to SN_10",
            file=sheet.file,
            row=header.row,
        )
    order = sorted(ranks, key=lambda name: ranks[name])
    for kind in ("sn", "closeness"):
        mine = [name for name in order if name.startswith(kind)]
        rising = sorted(mine, key=lambda name: int(name.split()[1]))
        checks.refuse_swap(mine, [rising], file=sheet.file, row=header.row)
    return whole


def _depth(header: reading.Header) -> int:
    return max((int(name.removeprefix("sn ")) for name in header.columns if name.startswith("sn ")), default=0)


def _codes() -> "pd.Series[str]":
    """Return today's GSS code of each code of the Department for Education."""
    known = ground.table()
    known = known[known["dfe_code"] != ""].sort_values("until")  # those of today first
    return known.drop_duplicates("dfe_code").set_index("dfe_code")["code"]


def _year(file: Path) -> periods.Period:
    found = set(re.findall(r"(?<!\d)20\d\d(?!\d)", file.stem))
    period = periods.parse(found.pop(), periods.Basis.CAL_YEAR) if len(found) == 1 else None
    if period is None:
        raise UnreadableInput(
            "the file's name does not say which year's model this is",
            expected="one year, as in sn_model_2025_wide.csv",
            try_next="name the file as it was published",
            file=file,
        )
    return period
