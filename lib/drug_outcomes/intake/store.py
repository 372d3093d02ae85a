"""From the files as received to observations, each file parsed once and kept as Parquet.

A file counts as parsed under a key made of its bytes, its row in the log, the definitions and the reader, so
that a change of any of them is parsed again and nothing else is. The folder can be deleted at any time; it
is rebuilt to the same bytes.
"""

import contextlib
import hashlib
import importlib.metadata
import json
import shutil
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from filelock import FileLock

from drug_outcomes import sources
from drug_outcomes.definitions import areas, events, framework, ground, observations, periods, reasons
from drug_outcomes.definitions.areas import Area
from drug_outcomes.definitions.framework import Definitions
from drug_outcomes.definitions.vocabulary import Release
from drug_outcomes.errors import OutcomesError
from drug_outcomes.intake import labels, national_shelf, partitions, received, todays_ground, vintages
from drug_outcomes.intake.measure_mapping import asked_for, to_measures
from drug_outcomes.intake.partitions import Index, Kept
from drug_outcomes.intake.received import Entry

STORE = Path("data") / "store"
#: Where cleared figures are kept, for the public and for the partnership: see figures.kept.
CLEARED = (STORE / "cleared", STORE / "restricted" / "cleared")
REFUSED_COLUMNS = ("file", "source", "reason", "rule", "received", "closed", "note")
#: What decides how a file is read, beside the definitions: change it and everything is parsed again.
_MODULES = (__file__, labels.__file__, partitions.__file__, received.__file__, periods.__file__, observations.__file__)
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
    left_out : one row per file that says something of a part of the area's ground, or of more than it, that
        stands for nothing: source, file, rows, periods, reason.
    """

    observations: pd.DataFrame
    refused: pd.DataFrame
    left_out: pd.DataFrame


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

    @property
    def kept(self) -> Kept:
        """The folders in which its observations are kept."""
        return Kept(self.root / STORE / self.name, self.root / STORE / "restricted" / self.name)

    def below(self, entry: Entry) -> str:
        """Return the path of a file below data/, as observations carry it."""
        above = self.folder.relative_to(self.root / "data").as_posix()
        return entry.file if above == "." else f"{above}/{entry.file}"

    def key(self, entry: Entry) -> str:
        """Return the name under which a file is kept; it changes with all that its observations rest on."""
        told = json.dumps(
            entry.logged | {"sha256": entry.sha256 or received.sha256(entry.path), "retouched": entry.retouched},
            sort_keys=True,
        )
        return hashlib.sha256((self.version + told).encode()).hexdigest()[:32]


def load(root: Path, area: Area, definitions: Definitions, *, every: bool = True, after: str = "") -> Loaded:
    """Read what was received for an area: its own files, and its rows of the national extracts.

    Parameters
    ----------
    root : the project's root.
    area : whose figures are wanted. England, its region, force, members, peers and neighbours come along.
    definitions : the area's own set of measures; figures of other measures are left out.
    every : whether observations come along that no definition names: half of all.
    after : the ISO date after which they were received; "" for all.
    """
    near = around(area, definitions)
    codes = {old for code in near for old in ground.filed_under(code)} | ground.other_ground(area.code)
    wanted = None if every else partial(asked_for, definitions=definitions)
    tables: list[pa.Table] = []
    refused: list[tuple[object, ...]] = []
    for where, entries in _logs(root, area, definitions):
        table, unread = _observed(where, [entry for entry in entries if not entry.rule], codes, wanted)
        tables += [table]
        refused += [_refusal(entry, where) for entry in (*(one for one in entries if one.rule), *unread)]
    if not area.fictional:
        tables.append(national_shelf.read(root, codes, wanted))
    _forget(root)
    held = pa.concat_tables(tables)
    rows = partitions.frame(held.filter(pc.greater(held["received"], after)) if after else held)
    del tables, table, held
    matched = to_measures(todays_ground.recoded(rows), events.with_breaks(definitions, area))
    del rows
    tracked = matched["measure"].isin(["", *definitions.measures["measure"]])
    found = todays_ground.resolve(matched[tracked].reset_index(drop=True), near, definitions, area.code)
    reasons.require(found.rows, "what was received")
    pa.default_memory_pool().release_unused()  # reading takes more than what is read, and more is to come
    return Loaded(found.rows, pd.DataFrame(refused, columns=list(REFUSED_COLUMNS)), found.left_out)


def known_on(root: Path, area: Area, definitions: Definitions, as_of: str) -> pd.DataFrame:
    """Return the observations that definitions name and that were received on or before an ISO date."""
    received = load(root, area, definitions, every=False).observations
    known = received[received["received"] <= as_of].reset_index(drop=True)
    return vintages.by_edition(known, definitions.series_breaks)


def take_in(root: Path, area: Area, definitions: Definitions) -> None:
    """Keep what was received for an area and is not kept yet, so that `load` has nothing left to read.

    Where nothing can be written `load` reads the files themselves.
    """
    for where, entries in _logs(root, area, definitions):
        with contextlib.suppress(OSError):
            _renewed(where, [entry for entry in entries if not entry.rule], where.kept.index)


def erase_cleared(root: Path, area: str) -> None:
    """Erase what is kept of an area's cleared figures."""
    for kept in CLEARED:
        shutil.rmtree(root / kept / area, ignore_errors=True)


def _logs(root: Path, area: Area, definitions: Definitions) -> Iterator[tuple[Shelf, tuple[Entry, ...]]]:
    """Yield the shelf of the national extracts and the area's own, each with what its log names.

    Real and invented figures never meet: a fictional area has its own shelf alone.
    """
    own = shelf(root, area, definitions)
    for where in (own,) if area.fictional else (shelf(root), own):
        yield where, received.log(where.folder, set(definitions.sources["source"]))


def _forget(root: Path) -> None:
    """Remove what is kept of areas that are gone."""
    for place in (*(root / STORE / "areas").glob("*"), *(root / STORE / "restricted" / "areas").glob("*")):
        if place.name not in areas.all_ids(root):
            shutil.rmtree(place, ignore_errors=True)


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
    told = (entry.source, entry.problem, entry.rule, entry.received, entry.closed, entry.note)
    return (where.below(entry), *told)


def _observed(
    where: Shelf, entries: Collection[Entry], codes: Collection[str], wanted: partitions.Wanted | None
) -> tuple[pa.Table, list[Entry]]:
    """Return the rows of some areas, and the entries that had to be set aside.

    Only files that are not kept yet are read. What is kept and damaged is rebuilt, and where nothing can be
    written everything is read from the files themselves.
    """
    for held in (where.kept.index, Index):
        try:
            renewed, refused = _renewed(where, entries, held)
            return where.kept.read(renewed, codes, wanted), refused
        except (OSError, pa.ArrowException):
            continue
    fresh, refused = _parsed(where, entries)
    return partitions.only(partitions.in_order(fresh, codes), wanted), refused


def _renewed(where: Shelf, entries: Collection[Entry], held: Callable[[], Index]) -> tuple[Index, list[Entry]]:
    """Take in what is not kept yet; return what is kept now, and the entries that had to be set aside."""
    keys = {where.below(entry): where.key(entry) for entry in entries}
    if dict((index := held()).files) == keys:
        return index, []
    where.kept.public.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(where.kept.public.with_name(f".{where.kept.public.name}.lock")):
        index = held()  # another process may have taken in the same files meanwhile
        new = [entry for entry in entries if index.files.get(where.below(entry)) != keys[where.below(entry)]]
        fresh, refused = _parsed(where, new)
        good = {file: key for file, key in keys.items() if file not in {where.below(one) for one in refused}}
        return where.kept.renewed(index, good, fresh) if dict(index.files) != good else index, refused


def _parsed(where: Shelf, entries: Iterable[Entry]) -> tuple[pa.Table, list[Entry]]:
    outcomes = (parsed(where, entry) for entry in entries)
    # Each becomes Arrow before the next is read: texts in frames take three times the memory.
    done = [one if isinstance(one, Entry) else partitions.table(one) for one in outcomes]
    rows = [one for one in done if isinstance(one, pa.Table)]
    return pa.concat_tables([partitions.SCHEMA.empty_table(), *rows]), [one for one in done if isinstance(one, Entry)]


def parsed(where: Shelf, entry: Entry, *, held: bool = True, file: Path | None = None) -> pd.DataFrame | Entry:
    """Read one file; return its observations, or the entry with the reason why it cannot be read.

    `held` : whether it was taken in already; impossible figures are then told by the rules of quality.
    `file` : where it stands before it is taken in.
    """
    try:
        with pd.option_context("mode.string_storage", "python"):  # quicker than Arrow for many small tables
            rows = sources.read(
                entry.source, file or entry.path, definitions=where.definitions, held=held, **entry.options
            )
    except OutcomesError as refusal:
        return replace(entry, rule="refused_file", problem=str(refusal))
    except Exception as defect:  # one file must not keep the others from being read
        told = f"the reader of {entry.source} stopped with {type(defect).__name__}: {defect}"
        return replace(entry, rule="reader_defect", problem=f"{Path(entry.file).name}: {told}")
    return _with_provenance(rows, entry, where)


def _with_provenance(rows: pd.DataFrame, entry: Entry, where: Shelf) -> pd.DataFrame:
    """Fill what the log knows and the file does not say itself.

    What is public was known from the day it came out; anything else from the day on which it was received.
    """
    source = where.definitions.source(entry.source)
    release = labels.of(rows, entry, where.definitions)
    public = release == Release.PUBLIC
    # A label that was typed into the log afterwards is no approval: a release asks for one.
    approved = public | ((release == Release.APPROVED) & (not entry.retouched))
    filling = {"vintage": entry.release, "licence": source.licence, "source": entry.source, "received": entry.received}
    kept = {name: rows[name].where(rows[name] != "", value) for name, value in filling.items()}
    kept["received"] = kept["received"].where(public, entry.received)
    signed = kept["received"].map(source.publisher_on).astype("str")
    kept["publisher"] = rows["publisher"].where(rows["publisher"] != "", signed)
    said = rows["release_basis"].where(
        public & (rows["release_basis"] != ""), f"approved for the public, {entry.reference}"
    )
    basis = said.where(approved, "").astype("str")
    return rows.assign(**kept, release=release, release_basis=basis, file=where.below(entry))
