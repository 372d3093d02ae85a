"""What is handed in as something that it is not: another source's return, another area's file, the future."""

from pathlib import Path

import pandas as pd

from drug_outcomes.definitions import ground
from drug_outcomes.definitions.areas import Area
from drug_outcomes.definitions.framework import Definitions
from drug_outcomes.errors import UnreadableInput, UsageError
from drug_outcomes.intake import national_shelf, partitions
from drug_outcomes.intake.received import Entry
from drug_outcomes.sources import form

#: A published table of many measures, whichever source each of them has.
_PRINTED = "scorecard_edition"


#: Residents of an area change by less than half from one estimate to another.
_LEAST, _MOST = 0.5, 2.0
#: Nowhere have more than so many of its residents died of drugs in a few years.
_DIED = 0.005


def refused_or_told(
    root: Path, rows: pd.DataFrame, file: Path, entry: Entry, area: Area | None, definitions: Definitions
) -> tuple[str, ...]:
    """Refuse a readable file that is another source's, another area's or of the future; return remarks.

    Parameters
    ----------
    rows : its observations. file : where it stands. entry : the row that the log would get.
    area : whose log it is, None for national extracts.
    """
    said = rows[rows["value"].notna() | rows["numerator"].notna()]
    _refuse_future(said, file, entry)
    if area is not None:
        _refuse_elsewhere(rows, file, area)
    counted = said[(said["breakdown"] == "") & said["source"].isin(["ons_population", "ons_drug_deaths"])]
    if len(counted) and not (area is not None and area.fictional):
        refuse_implausible(counted, _residents(root, set(counted["area"])), file)
    return (*_other_source(said, file, entry, definitions), *_untitled(rows))


def _residents(root: Path, codes: set[str]) -> "pd.Series[float]":
    """Return the newest number of residents held, by area."""
    held = partitions.frame(national_shelf.read(root, codes, lambda names: names["source"] == "ons_population"))
    whole = held[(held["indicator"] == "population") & (held["breakdown"] == "") & held["value"].notna()]
    newest = whole.sort_values("period_end", kind="stable").drop_duplicates("area", keep="last")
    return newest.set_index("area")["value"]


def refuse_implausible(rows: pd.DataFrame, residents: "pd.Series[float]", file: Path) -> None:
    """Refuse residents and deaths that cannot be those of their areas, as far as their residents are known.

    Parameters
    ----------
    rows : headline figures of residents and of deaths. residents : by area code.
    """
    known = rows["area"].map(residents)
    share = rows["value"] / known
    people, deaths = rows["indicator"] == "population", rows["indicator"].str.endswith("_deaths")
    for wrong, what, usual in (
        (people & ((share < _LEAST) | (share > _MOST)), "residents", "a number near"),
        (deaths & (share > _DIED), "deaths", f"fewer than {_DIED:.1%} of"),
    ):
        if wrong.any():
            first = rows[wrong].iloc[0]
            raise UnreadableInput(
                f"{first['value']:,.0f} {what} of {first['area']} in {first['period_label']}, "
                f"where {known[wrong].iloc[0]:,.0f} people live",
                expected=f"{usual} its residents",
                try_next="find out what the file counts, and hand it in as that",
                file=file,
                row=int(first["row"]),
            )


def _refuse_future(said: pd.DataFrame, file: Path, entry: Entry) -> None:
    ahead = said[said["period_start"] > entry.received[:7]]
    if not ahead.empty:
        first = ahead.iloc[0]
        raise UnreadableInput(
            f"{len(ahead)} figures are of the future, the first of {first['period_label']}, "
            f"and the file was received on {entry.received}",
            expected="periods that have begun",
            try_next="correct the period, or the day with --on",
            file=file,
            row=int(first["row"]),
        )


def _refuse_elsewhere(rows: pd.DataFrame, file: Path, area: Area) -> None:
    own = {area.code, area.csp, area.pfa, *area.members} - {""}
    near = {old for code in own for old in ground.filed_under(code)} | own | ground.other_ground(area.code)
    near |= {part for cut in ground.cuts(area.code) for part in cut.parts}
    found = sorted(set(rows["area"]) - {""})
    if not near & set(found):
        names = ground.names()
        some = ", ".join(names.get(code, code) for code in found[:3]) or "no area with a code"
        raise UsageError(
            f"{file.name} holds no figure of {area.name}; it is of {some}",
            expected=f"a file with {area.code}, or another --area",
            try_next="leave out --area for a national extract that all areas read",
        )


def _other_source(said: pd.DataFrame, file: Path, entry: Entry, definitions: Definitions) -> tuple[str, ...]:
    if entry.source == _PRINTED or said.empty or not form.is_form(file, definitions):
        return ()
    owners = definitions.measures.set_index("measure")["source"]
    of = said["measure"].map(owners).fillna("")
    others = sorted(set(of) - {entry.source, ""})
    if others and not (of == entry.source).any():
        raise UsageError(
            f"the measures of this return come from {', '.join(others)}, and it is handed in as {entry.source}",
            expected=f"--source {others[0]}",
        )
    strange = (of != entry.source) & (of != "")
    return tuple(
        f"{len(some)} figures of {name} are of a measure that comes from {owners[str(name)]}."
        for name, some in said[strange].groupby("measure", sort=False)
    )


def _untitled(rows: pd.DataFrame) -> tuple[str, ...]:
    lost = rows[(rows["measure"] == "") & (rows["source"] == _PRINTED)].drop_duplicates("row")
    return tuple(
        f"Row {row} is of no measure and takes no part: {title}. {note}"
        for row, title, note in lost[["row", "indicator", "note"]].itertuples(index=False, name=None)
    )
