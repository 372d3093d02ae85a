"""Snapshots: the notebooks run for one area, period and audience, written whole or not at all."""

import json
import shutil
import tempfile
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from contextlib import closing
from dataclasses import dataclass, field, replace
from itertools import groupby
from pathlib import Path
from typing import Any

import pyarrow as pa
from tqdm import tqdm

from drug_outcomes import areas, figures, framework, outputs_folder, outputs_index, periods, report, store
from drug_outcomes.batch import engine, keys
from drug_outcomes.batch.job import Job, Outcome, Task, refusal
from drug_outcomes.disclosure import Released, handover
from drug_outcomes.errors import OutcomesError, UsageError
from drug_outcomes.surroundings import EVERYTHING, Request, Surroundings, inputs
from drug_outcomes.vocabulary import Audience


def requests(
    *,
    area: str,
    period: str = "",
    first: str = "",
    last: str = "",
    as_of: str = "",
    audience: str = "public",
    only: Sequence[str] = (),
    since: str = "",
) -> list[Request]:
    """Turn the words of the command line into snapshots to build, in time order.

    Raises
    ------
    UsageError : an area, period, date, audience or notebook that is not known.
    """
    root = framework.home()
    if bool(first) != bool(last) or (period and first):
        raise UsageError(
            "--from and --to go together, and without --period",
            try_next='--from "2023/24 Q1" --to "2024/25 Q3"',
        )
    quarters = (
        [
            quarter.label
            for quarter in periods.financial_quarters(
                periods.parse_quarter(first), periods.parse_quarter(last)
            )
        ]
        if first
        else [period]
    )
    places = areas.all_ids(root) if area == "all" else (area,)
    audiences = list(map(str, Audience)) if audience == "both" else [audience]
    notebooks = _notebooks(root, only)
    return [
        Request(report.question(root, place, quarter, as_of, who), notebooks, bool(only), since)
        for place in places
        for quarter in quarters
        for who in audiences
    ]


#: Notebooks for JupyterLab only, which no snapshot holds.
_INTERACTIVE = ("investigate_measure",)


def _notebooks(root: Path, only: Sequence[str]) -> tuple[str, ...]:
    known = tuple(
        file.stem for file in sorted((root / "notebooks").glob("*.ipynb")) if file.stem not in _INTERACTIVE
    )
    for name in only:
        if name not in known:
            raise UsageError(f"there is no notebook {name!r}", expected=", ".join(known))
    return tuple(only) or known


def build_all(
    wanted: Sequence[Request],
    *,
    force: bool = False,
    jobs: int = 0,
    executor: Executor | None = None,
    seconds_per_cell: float = engine.SECONDS_PER_CELL,
) -> Iterator[Path]:
    """Build snapshots, several processes at a time; yield each folder as it takes its place.

    What fails holds back its own snapshot only: the others are built, and at the end an error tells what
    failed. Two runs at once are refused.
    """
    root = framework.home()
    with outputs_folder.one_run_at_a_time(root):
        kept = [request for request in wanted if outputs_index.stands_released(request.folder(root))]
        yield from (request.folder(root) for request in kept)
        wanted = [request for request in wanted if request not in kept]
        run = _Run(root, deque(_readings(root, wanted, force)))
        total = sum(len(request.notebooks) for request in wanted)
        try:
            with (
                tqdm(total=total, unit="notebook", disable=None) as progress,
                closing(
                    engine.run(run.queue, jobs, seconds_per_cell=seconds_per_cell, executor=executor)
                ) as outcomes,
            ):
                for outcome in outcomes:
                    yield from run.take(outcome)
                    progress.update(run.notebooks_done - progress.n)
        finally:
            run.end()
        if run.failed:
            raise refusal(run.failed)


#: Quarters of an area that one process clears: what they share is read once, and no core stands idle for long.
_TOGETHER = 4


def _readings(root: Path, wanted: Sequence[Request], force: bool) -> Iterator["Reading"]:
    clearings = _clearings(root, wanted, force)
    for area, mine in groupby(clearings, key=lambda one: one.requests[0].asked.area):
        yield Reading(root, area, tuple(mine))


def _clearings(root: Path, wanted: Sequence[Request], force: bool) -> Iterator["Clearing"]:
    ordered = sorted(
        wanted, key=lambda request: (request.asked.area, request.asked.audience, request.asked.as_of)
    )
    for _, group in groupby(ordered, key=lambda request: (request.asked.area, request.asked.audience)):
        alike = tuple(group)
        # What an earlier date shows counts for the later ones, so that different dates stay together.
        size = min(_TOGETHER, (len(alike) + 1) // 2)
        if len({request.asked.as_of for request in alike}) > 1:
            size = len(alike)
        for start in range(0, len(alike), size):
            yield Clearing(root, alike[start : start + size], force)


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
class Reading:
    """Reads the new files of an area once, before its quarters are cleared side by side.

    In a process of its own, because reading takes memory that clearing needs.
    """

    root: Path
    area: str
    clearings: tuple["Clearing", ...]
    limit = 3600.0

    @property
    def name(self) -> str:
        """What is read, for people."""
        return f"files ({self.area})"

    def do(self, _: object = None) -> None:
        """Keep what is new."""
        definitions, area = figures.definitions_and_area(self.root, self.area)
        store.take_in(self.root, area, definitions)


@dataclass(frozen=True)
class Clearing:
    """Clears figures for some quarters of an area and an audience."""

    root: Path
    requests: tuple[Request, ...]
    force: bool
    limit = 3600.0

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
            released = figures.cleared(self.root, request.asked, known)
            pa.default_memory_pool().release_unused()
            return prepare(self.root, request, released, self.force)
        except OutcomesError as refused:
            told = f"{request.asked.area} {request.asked.period.label} {request.asked.audience}: {refused}"
            return Prepared(request, refused=told, exit_code=refused.exit_code)


@dataclass(frozen=True)
class Closing:
    """Writes the pages and downloads that no notebook makes, and the manifest."""

    root: Path
    prepared: Prepared
    limit = 3600.0

    @property
    def name(self) -> str:
        """What is closed, for people."""
        asked = self.prepared.request.asked
        return f"library's pages ({asked.area} {asked.period.label} {asked.audience})"

    def do(self, _: object = None) -> None:
        """Write them into the temporary folder, the manifest last."""
        request, folder = self.prepared.request, self.prepared.folder
        definitions, area = figures.definitions_and_area(self.root, request.asked.area)
        released = handover.load(self.prepared.handed / EVERYTHING)
        surroundings = Surroundings.of(self.root, request, definitions, area)
        surroundings.write_library_pages(folder, released, _baseline(self.root, request))
        _write_manifest(self.root, self.prepared, released)
        folder.chmod(0o755)


@dataclass
class _Run:
    """What a run has to do, is doing and has done."""

    root: Path
    queue: "deque[Task]"
    notebooks_done: int = 0
    failed: list[Outcome] = field(default_factory=list)
    finished: list[Outcome] = field(default_factory=list)
    open: dict[str, tuple[Prepared, set[str]]] = field(default_factory=dict)  # by temporary folder
    placed: bool = False

    def take(self, outcome: Outcome) -> Iterator[Path]:
        """Take what became of a task, and add the tasks that follow from it before those that wait."""
        self.finished.append(outcome)
        if outcome.reason:
            self.failed.append(outcome)
        match outcome.job:
            case Reading(clearings=clearings) if not outcome.reason:
                self.queue.extendleft(reversed(clearings))
            case Clearing():
                for prepared in reversed(outcome.result or []):
                    self._open(prepared, outcome)
            case Job() as job:
                self._notebook_done(job, outcome)
            case Closing(prepared=prepared):
                yield from self._place(prepared, outcome)

    def _open(self, prepared: Prepared, outcome: Outcome) -> None:
        if prepared.refused:
            self.failed.append(replace(outcome, reason=prepared.refused, exit_code=prepared.exit_code))
            return
        self.notebooks_done += len(prepared.request.notebooks) - len(prepared.jobs)
        self.open[str(prepared.folder)] = prepared, {job.notebook for job in prepared.jobs}
        self.queue.extendleft(reversed(prepared.jobs or [Closing(self.root, prepared)]))

    def _notebook_done(self, job: Job, outcome: Outcome) -> None:
        self.notebooks_done += 1
        folder = str(Path(job.page).parent)
        prepared, waiting = self.open[folder]
        waiting.discard(job.notebook)
        if outcome.reason:
            outputs_folder.keep_for_the_analyst(self.root, job)
        if waiting:
            return
        if any(
            str(Path(each.job.page).parent) == folder for each in self.failed if isinstance(each.job, Job)
        ):
            self._forget(prepared)
        else:
            self.queue.appendleft(Closing(self.root, prepared))

    def _place(self, prepared: Prepared, outcome: Outcome) -> Iterator[Path]:
        target = prepared.request.folder(self.root)
        if not outcome.reason:
            outputs_folder.put_in_place(prepared.folder, target)
            self.placed = True
        self._forget(prepared)
        if not outcome.reason:
            yield target

    def _forget(self, prepared: Prepared) -> None:
        del self.open[str(prepared.folder)]
        prepared.sweep()

    def end(self) -> None:
        """Sweep what is not finished, list the snapshots, and leave the summary."""
        outputs_folder.sweep(self.root)
        if self.placed:
            outputs_index.write(self.root)
        outputs_folder.summarise(self.root, self.finished)


def prepare(root: Path, request: Request, released: Released, force: bool) -> Prepared:
    """Hand each notebook its figures, and take over the pages that would come out the same."""
    target = request.folder(root)
    target.parent.mkdir(parents=True, exist_ok=True)
    definitions, area = figures.definitions_and_area(root, request.asked.area)
    surroundings = Surroundings.of(root, request, definitions, area)
    # Beside the outputs, because every machine of a cluster sees those; nobody but the owner can open it.
    handed = Path(tempfile.mkdtemp(prefix="handed-", dir=outputs_folder.runs(root)))
    folder = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    (folder / "notebooks").mkdir()
    surroundings.hand_over(EVERYTHING, released, handed)
    keys_of = {name: surroundings.key(root, name, released, handed) for name in request.notebooks}
    before = {} if force else _earlier_keys(target)
    same = {name for name in request.notebooks if keys_of[name] == before.get(name)}
    for name in same:
        for file in (f"notebooks/{name}.ipynb", f"{name}.html"):
            shutil.copyfile(target / file, folder / file)
    jobs = [
        surroundings.job(root, name, released, folder, handed)
        for name in request.notebooks
        if name not in same
    ]
    return Prepared(request, folder, handed, keys_of, tuple(jobs))


def _baseline(root: Path, request: Request) -> Path | None:
    """Return the snapshot that changes are counted from."""
    if request.since:
        return Path(request.since)
    asked = request.asked
    before = (asked.period.slug, asked.as_of)
    return outputs_index.last_released(root, asked.area, str(asked.audience), before)


def _earlier_keys(target: Path) -> dict[str, dict[str, str]]:
    """Return the keys of the notebooks of the snapshot that stands, if it stands as its manifest says."""
    if not keys.intact(target):
        return {}
    told: dict[str, dict[str, str]] = json.loads((target / "snapshot.json").read_text(encoding="utf-8"))[
        "notebooks"
    ]
    return told


def _write_manifest(root: Path, prepared: Prepared, released: Released) -> None:
    """Write snapshot.json last: what was asked, with which versions, from which inputs."""
    asked, folder = prepared.request.asked, prepared.folder
    manifest = {
        "area": asked.area,
        "period": asked.period.label,
        "as_of": asked.as_of,
        "audience": str(asked.audience),
        "partial": prepared.request.partial,
        "packages": keys.versions(),
        "inputs": inputs(root, prepared.request, released),
        "notebooks": prepared.keys,
    }
    write_manifest(folder, manifest)


def write_manifest(folder: Path, manifest: dict[str, Any]) -> None:
    """Write snapshot.json, with the hashes of all files that stand in the folder."""
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    hashes = {file.relative_to(folder).as_posix(): keys.sha256(file) for file in files}
    text = json.dumps(manifest | {"files": hashes}, indent=1, ensure_ascii=False) + "\n"
    (folder / "snapshot.json").write_text(text, encoding="utf-8", newline="\n")
