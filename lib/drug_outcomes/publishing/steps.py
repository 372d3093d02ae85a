"""The steps of building a snapshot, each done in a process of its own: read files, clear figures, close the folder.

The notebooks between clearing and closing are `batch.job`'s.
"""

import json
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from drug_outcomes import figures, fingerprints
from drug_outcomes.definitions import areas
from drug_outcomes.definitions.vocabulary import Audience
from drug_outcomes.disclosure import Released, released_files
from drug_outcomes.errors import OutcomesError
from drug_outcomes.intake import store
from drug_outcomes.publishing import outputs_folder, outputs_index
from drug_outcomes.publishing.batch.job import Job
from drug_outcomes.publishing.site import EVERYTHING, Request, Site, inputs


@dataclass(frozen=True)
class Prepared:
    """A snapshot whose figures are cleared: where it is being built, its keys, and the notebooks to run."""

    request: Request
    folder: Path = Path()
    handed: Path = Path()
    keys: dict[str, dict[str, str]] = field(default_factory=dict)
    jobs: tuple[Job, ...] = ()
    refused: str = ""
    exit_code: int = 0

    def sweep(self) -> None:
        """Remove what is temporary."""
        if self.handed.name:
            shutil.rmtree(self.folder, ignore_errors=True)
            shutil.rmtree(self.handed, ignore_errors=True)


@dataclass(frozen=True)
class Step:
    """What every step knows: the project's root."""

    root: Path
    limit = 3600.0

    @property
    def home(self) -> str:
        """The root as text, for processes elsewhere."""
        return str(self.root)


@dataclass(frozen=True)
class Reading(Step):
    """Reads the new files of an area once, before its quarters are cleared side by side.

    In a process of its own, because reading takes memory that clearing needs.
    """

    area: str
    clearings: tuple["Clearing", ...]

    @property
    def name(self) -> str:
        """What is read, for people."""
        return f"files ({self.area})"

    def do(self, _: object = None) -> None:
        """Keep what is new."""
        definitions, area = areas.with_definitions(self.root, self.area)
        store.take_in(self.root, area, definitions)


@dataclass(frozen=True)
class Clearing(Step):
    """Clears figures for some quarters of an area and an audience."""

    requests: tuple[Request, ...]
    force: bool

    @property
    def name(self) -> str:
        """What is cleared, for people."""
        first, last = (self.requests[place].asked for place in (0, -1))
        span = first.period.label + (f" to {last.period.label}" if len(self.requests) > 1 else "")
        return f"figures ({first.area} {span} {first.audience})"

    def do(self, _: object = None) -> list[Prepared]:
        """Clear the quarters one after another; a quarter that is refused does not keep the others back."""
        known = figures.in_turn(self.root, [request.asked for request in self.requests])
        return [self._prepared(*pair) for pair in zip(self.requests, known, strict=True)]

    def _prepared(self, request: Request, known: figures.Known) -> Prepared:
        try:
            released = figures.released(known, request.asked.period)
            pa.default_memory_pool().release_unused()
            return prepare(self.root, request, released, self.force)
        except OutcomesError as refused:
            told = f"{request.asked.area} {request.asked.period.label} {request.asked.audience}: {refused}"
            return Prepared(request, refused=told, exit_code=refused.exit_code)


@dataclass(frozen=True)
class Closing(Step):
    """Writes the pages and downloads that no notebook makes, and the manifest."""

    prepared: Prepared

    @property
    def name(self) -> str:
        """What is closed, for people."""
        asked = self.prepared.request.asked
        return f"library's pages ({asked.area} {asked.period.label} {asked.audience})"

    def do(self, _: object = None) -> None:
        """Write them into the temporary folder, the manifest last."""
        request, folder = self.prepared.request, self.prepared.folder
        definitions, area = areas.with_definitions(self.root, request.asked.area, request.asked.audience)
        released = released_files.load(self.prepared.handed / EVERYTHING)
        site = Site.of(self.root, request, definitions, area)
        site.write_library_pages(folder, released, _baseline(self.root, request))
        _write_manifest(self.root, self.prepared, released)
        # As open as what stands round it; what is for the partnership stays its owner's.
        public = request.asked.audience is Audience.PUBLIC
        folder.chmod(folder.parent.stat().st_mode & 0o777 if public else 0o700)


def prepare(root: Path, request: Request, released: Released, force: bool) -> Prepared:
    """Hand each notebook its figures, and take over the pages that would come out the same."""
    target = request.folder(root)
    target.parent.mkdir(parents=True, exist_ok=True)
    definitions, area = areas.with_definitions(root, request.asked.area, request.asked.audience)
    site = Site.of(root, request, definitions, area)
    # Beside the outputs, because every machine of a cluster sees those; nobody but the owner can open it.
    handed = Path(tempfile.mkdtemp(prefix="handed-", dir=outputs_folder.runs(root)))
    folder = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    (folder / "notebooks").mkdir()
    site.hand_over(EVERYTHING, released, handed)
    keys_of = {name: site.key(root, name, released, handed) for name in request.notebooks}
    before = {} if force else _earlier_keys(target)
    same = {name for name in request.notebooks if keys_of[name] == before.get(name)}
    for name in same:
        for file in (f"notebooks/{name}.ipynb", f"{name}.html"):
            shutil.copyfile(target / file, folder / file)
    jobs = [site.job(root, name, released, folder, handed) for name in request.notebooks if name not in same]
    return Prepared(request, folder, handed, keys_of, tuple(jobs))


def _baseline(root: Path, request: Request) -> Path | None:
    """Return the snapshot that changes are counted from."""
    if request.since:
        return Path(request.since)
    asked = request.asked
    before = (asked.period.slug, asked.as_of)
    return outputs_index.last_released(root, asked.area, str(asked.audience), before)


def _earlier_keys(target: Path) -> dict[str, dict[str, str]]:
    """Return the keys of the notebooks of the snapshot that stands, if it stands as its manifest says.

    The pages of one that was released carry its mark, and serve no draft.
    """
    if not fingerprints.intact(target):
        return {}
    told = json.loads((target / "snapshot.json").read_text(encoding="utf-8"))
    earlier: dict[str, dict[str, str]] = {} if "released" in told else told["notebooks"]
    return earlier


def _write_manifest(root: Path, prepared: Prepared, released: Released) -> None:
    """Write snapshot.json last: what was asked, with which versions, from which inputs."""
    asked, folder = prepared.request.asked, prepared.folder
    manifest = {
        "area": asked.area,
        "period": asked.period.label,
        "as_of": asked.as_of,
        "audience": str(asked.audience),
        "partial": prepared.request.partial,
        "packages": fingerprints.versions(),
        "inputs": inputs(root, prepared.request, released),
        "notebooks": prepared.keys,
    }
    write_manifest(folder, manifest)


def write_manifest(folder: Path, manifest: dict[str, Any]) -> None:
    """Write snapshot.json, with the hashes of all files that stand in the folder."""
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    hashes = {file.relative_to(folder).as_posix(): fingerprints.sha256(file) for file in files}
    text = json.dumps(manifest | {"files": hashes}, indent=1, ensure_ascii=False) + "\n"
    (folder / "snapshot.json").write_text(text, encoding="utf-8", newline="\n")
