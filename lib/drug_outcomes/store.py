"""From the files as received to observations, each file parsed once and kept as Parquet.

A parsed file is kept under a name made of its bytes, its row in the log, the definitions and the reader, so
that a change of any of them is parsed again and nothing else is. Rows of one area stand together, and
reading an area touches its rows alone. What only the partnership may see is kept in a tree of its own that
nobody but its owner can open.

A file comes in two parts: the restricted one is written first, then the public one, which says how many
rows the other has. Both are renamed into place, so that a run killed at any moment leaves nothing that
would be read wrongly. The whole folder can be deleted at any time; it is rebuilt to the same bytes.
"""

import contextlib
import hashlib
import importlib.metadata
import json
import shutil
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import pandas as pd
import pyarrow as pa

from drug_outcomes import areas, events, framework, observations, parts, periods, received, sources
from drug_outcomes.areas import Area
from drug_outcomes.errors import OutcomesError
from drug_outcomes.framework import Definitions
from drug_outcomes.received import Entry
from drug_outcomes.slices import to_measures
from drug_outcomes.sources import form
from drug_outcomes.vocabulary import Audience, Release

STORE = Path("data") / "store"
REFUSED_COLUMNS = ("file", "source", "reason", "rule", "received", "closed", "note")
#: What decides how a file is read, beside the definitions: change it and everything is parsed again.
_MODULES = (__file__, parts.__file__, received.__file__, periods.__file__, observations.__file__)
_PACKAGES = ("openpyxl", "pandas", "pyarrow", "python-calamine")
#: What an area's folder says about how its files are read.
_OWN = ("area.toml", "measures.csv", "scorecard_map.csv", "area_names.csv")


@dataclass(frozen=True)
class Loaded:
    """What the files of an area hold, and what could not be read.

    Attributes
    ----------
    observations : rows of the observations schema, every vintage, matched to measures.
    refused : one row per file that was set aside: file, source, reason, rule (refused_file,
        edited_after_receipt, file_missing, log_row, reader_defect), received, closed (whether its contents
        are for the partnership only), note.
    """

    observations: pd.DataFrame
    refused: pd.DataFrame


@dataclass(frozen=True)
class Shelf:
    """One log, how its files are read, and where their observations are kept."""

    folder: Path
    root: Path
    name: str
    version: str
    own: Definitions | None = None  # an area's own set of measures

    @cached_property
    def definitions(self) -> Definitions:
        """The measures that its forms may name: the framework's, and the area's where it has its own."""
        national = framework.load(self.root / framework.FRAMEWORK)
        if self.own is None:
            return national
        omitted = ~national.measures["measure"].isin(self.own.measures["measure"])
        # Returns received before a measure was left out still name it; a number means the area's own.
        every = pd.concat([national.measures[omitted], self.own.measures], ignore_index=True)
        return replace(self.own, measures=every)

    def part(self, key: str, *, private: bool) -> Path:
        """Where a part of a file is kept."""
        top = self.root / STORE / "restricted" if private else self.root / STORE
        return top / self.name / f"{key}.parquet"

    def key(self, entry: Entry) -> str:
        """Return the name under which a file is kept; it changes with all that its observations rest on."""
        told = json.dumps(
            entry.logged | {"sha256": entry.sha256 or received.sha256(entry.path)}, sort_keys=True
        )
        return hashlib.sha256((self.version + told).encode()).hexdigest()[:32]


def load(root: Path, area: Area, definitions: Definitions) -> Loaded:
    """Read what was received for an area: its own files, and its rows of the national extracts.

    Parameters
    ----------
    root : the project's root.
    area : whose figures are wanted. England, its region, force, members, peers and neighbours come along.
    definitions : the area's own set of measures; figures of other measures are left out.
    """
    codes = around(area, definitions)
    tables: list[pa.Table] = []
    refused: list[tuple[object, ...]] = []
    for held in (shelf(root), shelf(root, area, definitions)):
        entries = received.log(held.folder, set(definitions.sources["source"]))
        good = [entry for entry in entries if not entry.rule]
        outcomes = [_fetched(held, entry, codes) for entry in good]
        _sweep(held, good)
        tables += [outcome for outcome in outcomes if isinstance(outcome, pa.Table)]
        refused += [_refusal(entry, held) for entry in entries if entry.rule]
        refused += [_refusal(outcome, held) for outcome in outcomes if isinstance(outcome, Entry)]
    rows = to_measures(
        parts.frame(pa.concat_tables([parts.SCHEMA.empty_table(), *tables])),
        events.with_breaks(definitions, area),
    )
    tracked = rows["measure"].isin(["", *definitions.measures["measure"]])
    return Loaded(rows[tracked].reset_index(drop=True), pd.DataFrame(refused, columns=list(REFUSED_COLUMNS)))


def around(area: Area, definitions: Definitions) -> frozenset[str]:
    """Return the codes of an area and of those it is set beside."""
    named = (area.code, areas.ENGLAND, area.region, area.csp, area.pfa)
    beside = (*area.members, *area.peers, *area.neighbours, *definitions.measures["benchmark"])
    return frozenset((*named, *beside)) - {""}


def shelf(root: Path, area: Area | None = None, definitions: Definitions | None = None) -> Shelf:
    """Return the shelf of an area's own files with its own measures, or that of the national extracts."""
    package = Path(sources.__file__).parent
    readers = _digest(
        [*map(Path, _MODULES), *package.glob("*.py"), *(root / framework.FRAMEWORK).glob("*.csv")],
        "".join(importlib.metadata.version(name) for name in _PACKAGES),
    )
    if area is None:
        return Shelf(root / "data", root, "national", readers)
    version = _digest([area.folder / name for name in _OWN], readers)
    return Shelf(area.folder, root, f"areas/{area.id}", version, definitions)


def _digest(files: Iterable[Path], start: str) -> str:
    parts = [f"{file.name} {received.sha256(file)}" for file in sorted(files) if file.exists()]
    return hashlib.sha256("\n".join([start, *parts]).encode()).hexdigest()


def _refusal(entry: Entry, where: Shelf) -> tuple[object, ...]:
    file = f"{where.folder.relative_to(where.root / 'data').as_posix()}/{entry.file}".removeprefix("./")
    return (file, entry.source, entry.problem, entry.rule, entry.received, entry.closed, entry.note)


def _fetched(where: Shelf, entry: Entry, codes: Collection[str]) -> pa.Table | Entry:
    """Return a file's observations of some areas, or the entry with the reason why it is set aside."""
    key = where.key(entry)
    try:
        return _held(where, key, codes)
    except (OSError, ValueError, KeyError):  # not parsed yet, or damaged: parse it
        pass
    outcome = parsed(where, entry)
    if isinstance(outcome, Entry):
        return outcome
    secret = outcome["release"] != Release.PUBLIC
    tables = [parts.table(outcome[secret == private]) for private in (False, True)]
    with contextlib.suppress(OSError):  # where nothing can be written, everything is read from the files
        _keep(where, key, *tables)
    return pa.concat_tables([parts.among(table, codes) for table in tables])


def parsed(where: Shelf, entry: Entry) -> pd.DataFrame | Entry:
    """Read one file; return its observations, or the entry with the reason why it cannot be read."""
    try:
        rows = _read(where, entry)
    except OutcomesError as refusal:
        return replace(entry, rule="refused_file", problem=str(refusal))
    except Exception as defect:  # one file must not keep the others from being read
        told = f"the reader of {entry.source} stopped with {type(defect).__name__}: {defect}"
        return replace(entry, rule="reader_defect", problem=f"{Path(entry.file).name}: {told}")
    return _with_provenance(rows, entry, where)


def _read(where: Shelf, entry: Entry) -> pd.DataFrame:
    if form.is_form(entry.path):
        return form.read(entry.path, source=entry.source, definitions=where.definitions)
    options = {"definitions": where.definitions} if entry.source == "scorecard_edition" else {}
    return sources.read(entry.source, entry.path, **options)


def _with_provenance(rows: pd.DataFrame, entry: Entry, where: Shelf) -> pd.DataFrame:
    """Fill what the log knows and the file does not say itself.

    A row that says it is public needs a basis for that where its file is not for the public. What is public
    was known from the day it came out; anything else from the day on which it was received.
    """
    source = where.definitions.source(entry.source)
    approved = entry.approved_for == Audience.PUBLIC
    otherwise = (
        entry.approved_for if entry.approved_for.startswith(Release.RESTRICTED) else Release.RESTRICTED
    )
    unfounded = (rows["release"] == Release.PUBLIC) & (rows["release_basis"] == "") & (not approved)
    filling = {
        "release": str(Release.PUBLIC if approved else otherwise),
        "vintage": entry.release,
        "publisher": source.publisher,
        "licence": source.licence,
        "source": entry.source,
        "release_basis": f"approved for the public, {entry.reference}" if approved else "",
        "received": entry.received,
    }
    told = rows.assign(release=rows["release"].mask(unfounded, ""))
    kept = {name: told[name].where(told[name] != "", value) for name, value in filling.items()}
    public = kept["release"] == Release.PUBLIC
    kept["received"] = kept["received"].where(public, entry.received)
    return rows.assign(**kept, file=entry.path.relative_to(where.root / "data").as_posix())


def _keep(where: Shelf, key: str, public: pa.Table, private: pa.Table) -> None:
    """Write the two parts of a file; the public one last, because it says that both are there."""
    closed = where.part(key, private=True)
    if private.num_rows:
        for folder in (where.root / STORE / "restricted", closed.parent.parent, closed.parent):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        received.place(closed, parts.encoded(private), private=True)
    received.place(where.part(key, private=False), parts.encoded(public, beside=private.num_rows))


def _held(where: Shelf, key: str, codes: Collection[str]) -> pa.Table:
    public, beside = parts.decoded(where.part(key, private=False), codes)
    if not beside:
        return public
    return pa.concat_tables([public, parts.decoded(where.part(key, private=True), codes)[0]])


def _sweep(where: Shelf, entries: Iterable[Entry]) -> None:
    """Remove what no row of the log stands behind any more, and areas that are gone."""
    keys = {where.key(entry) for entry in entries}
    with contextlib.suppress(OSError):
        for private in (False, True):
            folder = where.part("", private=private).parent
            for file in folder.iterdir() if folder.exists() else ():
                if file.stem not in keys:
                    file.unlink(missing_ok=True)
            for place in folder.parent.glob("*") if where.name.startswith("areas/") else ():
                if place.name not in areas.all_ids(where.root):
                    shutil.rmtree(place, ignore_errors=True)
