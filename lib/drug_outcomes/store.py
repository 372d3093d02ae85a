"""From the files as received to observations, with where each came from.

`received.csv` beside a `received/` folder is the log: what a file is, when it came, from whom and for
whom. Dates come from the log, never from the file system.
"""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from drug_outcomes import sources
from drug_outcomes.areas import Area
from drug_outcomes.errors import UnreadableInput
from drug_outcomes.framework import Definitions
from drug_outcomes.slices import to_measures
from drug_outcomes.sources import form
from drug_outcomes.vocabulary import Audience, Release

LOG = "received.csv"
LOG_COLUMNS = (
    "file",
    "sha256",
    "source",
    "received",
    "from_whom",
    "release",
    "approved_for",
    "reference",
    "note",
)


@dataclass(frozen=True)
class Loaded:
    """What the files of an area hold, and what could not be read.

    Attributes
    ----------
    observations : rows of the observations schema, every vintage, matched to measures.
    refused : one row per file that was set aside: file, source, reason.
    """

    observations: pd.DataFrame
    refused: pd.DataFrame


def load(root: Path, area: Area, definitions: Definitions) -> Loaded:
    """Read everything received for an area, and the national extracts that may hold it.

    Parameters
    ----------
    root : the project's root.
    area : whose figures are wanted; benchmarks and peers in the same files are kept as well.
    definitions : the area's own set of measures.
    """
    logs = pd.concat([_log(root / "data"), _log(area.folder)], ignore_index=True)
    outcomes = [_read(root, entry, definitions) for entry in logs.itertuples()]
    rows = [outcome for outcome in outcomes if isinstance(outcome, pd.DataFrame)]
    refused = [outcome for outcome in outcomes if not isinstance(outcome, pd.DataFrame)]
    return Loaded(
        to_measures(pd.concat(rows, ignore_index=True), definitions),
        pd.DataFrame(refused, columns=["file", "source", "reason"]),
    )


def _log(folder: Path) -> pd.DataFrame:
    """Read a folder's log; a folder without one holds nothing."""
    file = folder / LOG if (folder / LOG).exists() else folder / "received" / LOG
    if not file.exists():
        return pd.DataFrame(columns=[*LOG_COLUMNS, "folder"])
    table = pd.read_csv(file, dtype=str, keep_default_na=False)
    missing = [name for name in LOG_COLUMNS if name not in table.columns]
    if missing:
        raise UnreadableInput(
            f"the log has no column {missing[0]!r}", expected=", ".join(LOG_COLUMNS), file=file, row=1
        )
    return table.assign(folder=str(folder))


def _read(root: Path, entry: object, definitions: Definitions) -> pd.DataFrame | tuple[str, str, str]:
    """Return one file's observations with its provenance, or (file, source, reason) where it is refused."""
    file = Path(entry.folder) / entry.file  # type: ignore[attr-defined]
    try:
        rows = (
            form.read(file, source=entry.source, definitions=definitions)  # type: ignore[attr-defined]
            if form.is_form(file)
            else sources.read(entry.source, file)  # type: ignore[attr-defined]
        )
    except UnreadableInput as refusal:
        return entry.file, entry.source, str(refusal)  # type: ignore[attr-defined]
    return _with_provenance(rows, entry, file.relative_to(root / "data").as_posix(), definitions)


def _with_provenance(rows: pd.DataFrame, entry: object, file: str, definitions: Definitions) -> pd.DataFrame:
    """Fill what the log knows and the file does not say itself."""
    source = definitions.source(entry.source)  # type: ignore[attr-defined]
    public = entry.approved_for == Audience.PUBLIC  # type: ignore[attr-defined]
    filling = {
        "received": entry.received,  # type: ignore[attr-defined]
        "vintage": entry.release,  # type: ignore[attr-defined]
        "publisher": source.publisher,
        "licence": source.licence,
        "source": entry.source,  # type: ignore[attr-defined]
        "release": str(Release.PUBLIC if public else Release.RESTRICTED),
        "release_basis": f"approved for the public, {entry.reference}" if public else "",  # type: ignore[attr-defined]
    }
    kept = {name: rows[name].where(rows[name] != "", value) for name, value in filling.items()}
    return rows.assign(**kept, file=file)
