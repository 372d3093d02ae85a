"""What is handed in as something that it is not: another source's return, another area's file, the future."""

from pathlib import Path

import pandas as pd

from drug_outcomes.definitions import ground
from drug_outcomes.definitions.areas import Area
from drug_outcomes.definitions.framework import Definitions
from drug_outcomes.errors import UnreadableInput, UsageError
from drug_outcomes.intake.received import Entry
from drug_outcomes.sources import form

#: A published table of many measures, whichever source each of them has.
_PRINTED = "scorecard_edition"


def refused_or_told(
    rows: pd.DataFrame, file: Path, entry: Entry, area: Area | None, definitions: Definitions
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
    return (*_other_source(said, file, entry, definitions), *_untitled(rows))


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
