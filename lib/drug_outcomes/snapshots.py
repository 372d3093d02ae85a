"""Snapshots: the notebooks run for one area, period and audience, written whole or not at all."""

import ctypes
import json
import os
import shutil
import sys
import tempfile
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from itertools import groupby
from pathlib import Path
from typing import Any

import nbformat
import pyarrow as pa
from filelock import FileLock, Timeout
from tqdm import tqdm

from drug_outcomes import (
    areas,
    brief,
    definitions_page,
    exports,
    figures,
    framework,
    outputs_index,
    pages,
    periods,
    report,
    wording,
)
from drug_outcomes.batch import engine, keys
from drug_outcomes.batch.job import Job, Outcome, Task, refusal
from drug_outcomes.disclosure import Released, handover
from drug_outcomes.errors import OutcomesError, UsageError
from drug_outcomes.figures import Question
from drug_outcomes.framework import Definitions
from drug_outcomes.frontpage import accessibility_page, front_page
from drug_outcomes.markup import Display
from drug_outcomes.vocabulary import Audience

DRAFT = "Draft - not cleared for release"


@dataclass(frozen=True)
class Request:
    """One snapshot to build: what is asked, and which notebooks."""

    asked: Question
    notebooks: tuple[str, ...]
    partial: bool
    since: str = ""  # the folder that changes are counted from; empty: the last released one

    def folder(self, root: Path) -> Path:
        """Where the snapshot stands; a partial one stands beside, and is never listed.

        So does one of another date than the released edition that stands there, which is kept.
        """
        name = f"{self.asked.audience}.partial" if self.partial else str(self.asked.audience)
        place = root / "outputs" / self.asked.area / self.asked.period.slug / name
        kept = outputs_index.stands_released(place)
        return place.with_name(f"{name}.{self.asked.as_of}") if kept not in ("", self.asked.as_of) else place


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
    with one_run_at_a_time(root):
        kept = [request for request in wanted if outputs_index.stands_released(request.folder(root))]
        yield from (request.folder(root) for request in kept)
        wanted = [request for request in wanted if request not in kept]
        run = _Run(root, deque(_clearings(root, wanted, force)))
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

    def do(self) -> list[Prepared]:
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

    def do(self) -> None:
        """Write them into the temporary folder, the manifest last."""
        request, folder = self.prepared.request, self.prepared.folder
        definitions, area = figures.definitions_and_area(self.root, request.asked.area)
        released = handover.load(self.prepared.handed / _ALL)
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
            _keep_for_the_analyst(self.root, job)
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
            put_in_place(prepared.folder, target)
            self.placed = True
        self._forget(prepared)
        if not outcome.reason:
            yield target

    def _forget(self, prepared: Prepared) -> None:
        del self.open[str(prepared.folder)]
        prepared.sweep()

    def end(self) -> None:
        """Sweep what is not finished, list the snapshots, and leave the summary."""
        _sweep(self.root)
        if self.placed:
            outputs_index.write(self.root)
        _summarise(self.root, self.finished)


#: The folder of everything that was cleared, beside those of single priorities.
_ALL = "all"


def prepare(root: Path, request: Request, released: Released, force: bool) -> Prepared:
    """Hand each notebook its figures, and take over the pages that would come out the same."""
    target = request.folder(root)
    target.parent.mkdir(parents=True, exist_ok=True)
    definitions, area = figures.definitions_and_area(root, request.asked.area)
    surroundings = Surroundings.of(root, request, definitions, area)
    # Beside the outputs, because every machine of a cluster sees those; nobody but the owner can open it.
    handed = Path(tempfile.mkdtemp(prefix="handed-", dir=_runs(root)))
    folder = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    (folder / "notebooks").mkdir()
    surroundings.hand_over(_ALL, released, handed)
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


@contextmanager
def one_run_at_a_time(root: Path) -> Iterator[None]:
    """Hold the lock on outputs/, and sweep what a killed run left."""
    try:
        with FileLock(_runs(root) / "lock", timeout=0):
            _sweep(root)
            yield
    except Timeout as busy:
        raise UsageError(
            "another run is building snapshots in this folder",
            try_next="wait until it has finished, or stop it",
        ) from busy


def _runs(root: Path) -> Path:
    """Return the folder of what runs leave beside snapshots: the lock, the summary, failed notebooks."""
    folder = root / "outputs" / ".runs"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _sweep(root: Path) -> None:
    """Remove what a killed run left; a snapshot that was moved aside to be replaced is put back first."""
    for leftover in (root / "outputs").glob("*/*/.*-*"):
        target = leftover.with_name(leftover.name[1:].rpartition("-")[0])
        if (leftover / _OLD).is_dir() and not target.exists():
            (leftover / _OLD).replace(target)
        shutil.rmtree(leftover, ignore_errors=True)
    for handed in _runs(root).glob("handed-*"):
        shutil.rmtree(handed, ignore_errors=True)


def _keep_for_the_analyst(root: Path, job: Job) -> None:
    """Keep the partly executed notebook of a failed run under outputs/.runs/failed."""
    output = Path(job.output)
    kept = _runs(root) / "failed" / f"{periods.slug(job.name)}.ipynb"
    if output.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(output, kept)


def _summarise(root: Path, finished: Sequence[Outcome]) -> None:
    """Write seconds and peak memory per notebook to outputs/.runs, and print them to a person at a terminal."""
    rows = [
        {
            "notebook" if isinstance(each.job, Job) else "step": each.job.name,
            "seconds": round(each.seconds, 2),
            "memory_mib": round(each.memory),
            "failed": each.reason,
        }
        for each in finished
    ]
    file = _runs(root) / "last.json"
    file.write_text(json.dumps(rows, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    if sys.stderr.isatty():
        for row in rows:
            name = row.get("notebook") or row["step"]
            print(f"{name}: {row['seconds']} s, {row['memory_mib']} MiB", file=sys.stderr)


@dataclass(frozen=True)
class Surroundings:
    """What stands round every page of one snapshot: whose it is, what it covers, where it leads."""

    request: Request
    definitions: Definitions
    area: areas.Area
    titles: dict[str, str]

    @classmethod
    def of(cls, root: Path, request: Request, definitions: Definitions, area: areas.Area) -> "Surroundings":
        """Return the surroundings of a request; page titles are the notebooks' own first headings."""
        order = [*definitions.priorities["priority"], "scorecard"]
        known = [name for name in order if name in request.notebooks]
        rest = [name for name in request.notebooks if name not in known]
        titles = {name: _first_heading(root / "notebooks" / f"{name}.ipynb") for name in [*known, *rest]}
        return cls(request, definitions, area, titles)

    def figures_of(self, name: str, released: Released) -> Released:
        """Return the figures that a page may see: its priority's, or all."""
        mine = self.definitions.measures
        measures = list(mine.loc[mine["priority"] == name, "measure"])
        return handover.only(released, measures) if measures else released

    def hand_over(self, scope: str, released: Released, handed: Path) -> Path:
        """Write the figures of a priority, or all, for notebooks to read; return where they stand."""
        folder = handed / scope
        if not folder.exists():
            folder.mkdir(parents=True)
            handover.save(released, folder)
        return folder

    def figures_for(self, name: str, released: Released, handed: Path) -> Path:
        """Return the folder of the figures that a notebook may see."""
        mine = self.figures_of(name, released)
        return self.hand_over(_ALL if mine is released else name, mine, handed)

    def key(self, root: Path, name: str, released: Released, handed: Path) -> dict[str, str]:
        """Return the key of a notebook's page: what it is made of."""
        folder = self.figures_for(name, released, handed)
        return {
            "code": keys.code(),
            "definitions": keys.digest(list(keys.tree([root / "data" / "framework"]).values())),
            "area": keys.digest(_own_words(self.area)),
            "notebook": keys.notebook(root / "notebooks" / f"{name}.ipynb"),
            "page": keys.digest(self.around(name, released)),
            "figures": keys.digest({Path(path).name: value for path, value in keys.tree([folder]).items()}),
        }

    def job(self, root: Path, name: str, released: Released, folder: Path, handed: Path) -> Job:
        """Return the run of a notebook."""
        asked = self.request.asked
        return Job(
            notebook=str(root / "notebooks" / f"{name}.ipynb"),
            output=str(folder / "notebooks" / f"{name}.ipynb"),
            page=str(folder / f"{name}.html"),
            parameters={
                "area": asked.area,
                "period": asked.period.label,
                "as_of": asked.as_of,
                "audience": str(asked.audience),
            },
            cleared=str(self.figures_for(name, released, handed)),
            home=str(root),
            words=self.around(name, released),
        )

    def around(self, name: str, released: Released, title: str = "") -> dict[str, Any]:
        """Return the words around one page."""
        asked = self.request.asked
        public = asked.audience == Audience.PUBLIC
        words = pages.PageWords(
            title=title or self.titles[name],
            period=f"{asked.period.label}, {wording.as_known_on(asked.as_of)}",
            partnership=self.area.partnership + (" (fictional)" if self.area.fictional else ""),
            marking=DRAFT if public else f"{DRAFT}. For the partnership only",
            navigation=[
                ("Front page", "index.html"),
                *((own, f"{stem}.html") for stem, own in self.titles.items()),
                ("Definitions", "definitions.html"),
                *([] if public else [("Meeting brief", "brief.html")]),
            ],
            links=[("Accessibility statement", "accessibility.html"), ("All periods", "../../../index.html")],
            provenance=wording.provenance(self.figures_of(name, released), self.area, asked.period),
            here=f"{name}.html",
        )
        return dict(words)

    def write_library_pages(self, folder: Path, released: Released, baseline: Path | None) -> None:
        """Write the downloads and pages that no notebook makes; the front page last, since it lists the others."""
        asked = self.request.asked
        self._write_downloads(folder / "downloads", released)
        self._write_page(
            folder, "definitions", "Definitions", released, definitions_page.body(released, self.definitions)
        )
        self._write_page(
            folder, "accessibility", "Accessibility statement", released, accessibility_page(self.area)
        )
        if asked.audience == Audience.PARTNERSHIP:
            body = brief.body(released, self.definitions, self.area, asked)
            self._write_page(folder, "brief", "Meeting brief", released, body)
        first = front_page(released, self.definitions, self.area, asked, self.titles, folder, baseline)
        self._write_page(folder, "index", "Local outcomes", released, first)

    def _write_downloads(self, folder: Path, released: Released) -> None:
        """Write the workbook, the tidy files and what their columns mean."""
        area, asked = self.area, self.request.asked
        title = (
            f"Local outcomes of {area.name}{' (fictional)' if area.fictional else ''}, {asked.period.label}"
        )
        licences = "; ".join(sorted({one for one in released.latest["licence"] if one}))
        tables = {"scorecard": exports.scorecard(released), "figures": exports.figures(released)}
        for name, table in tables.items():
            exports.write_csv(table, folder / f"{name}.csv")
            told = exports.metadata(f"{name}.csv", f"{title}: {name}", list(table.columns), licences)
            (folder / f"{name}.csv-metadata.json").write_text(told, encoding="utf-8", newline="\n")
        exports.write_csv(exports.findings(released), folder / "findings.csv")
        book = exports.workbook_of(released, title, area.partnership, area.contact)
        (folder / "outcomes.ods").write_bytes(book)

    def _write_page(self, folder: Path, name: str, title: str, released: Released, *parts: Display) -> None:
        html = pages.page(*parts, **self.around(name, released, title))
        pages.require(html, f"{name}.html")
        (folder / f"{name}.html").write_text(html, encoding="utf-8", newline="\n")


def _own_words(area: areas.Area) -> dict[str, str]:
    """Return the hashes of what a page takes from an area's folder beside figures: its words, events and targets."""
    return {file.name: keys.sha256(file) for file in _own_files(area)}


def _own_files(area: areas.Area) -> list[Path]:
    files = [*area.folder.glob("commentary/*.md"), *area.folder.glob("*.csv"), area.folder / "area.toml"]
    return sorted(file for file in files if file.name != "received.csv")


def _first_heading(notebook: Path) -> str:
    node = nbformat.read(notebook, as_version=4)
    return next(str(line[2:].strip()) for line in node.cells[0].source.splitlines() if line.startswith("# "))


def put_in_place(folder: Path, target: Path) -> None:
    """Put `folder` where `target` stands.

    On Linux the two change places in one step. Elsewhere the old snapshot is moved aside first, and a run
    that is killed just then leaves it for `_sweep` to put back.
    """
    if not target.exists():
        folder.replace(target)
    elif _exchanged(folder, target):
        shutil.rmtree(folder, ignore_errors=True)
    else:
        aside = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
        target.replace(aside / _OLD)
        folder.replace(target)
        shutil.rmtree(aside)


_OLD = "old"
_HERE, _EXCHANGE = -100, 2  # AT_FDCWD and RENAME_EXCHANGE of renameat2(2)


def _exchanged(folder: Path, target: Path) -> bool:
    """Let two folders change places at once; return whether the system and its file system can."""
    if sys.platform != "linux":
        return False
    try:
        rename = ctypes.CDLL(None).renameat2
    except AttributeError:
        return False
    return bool(rename(_HERE, os.fsencode(folder), _HERE, os.fsencode(target), _EXCHANGE) == 0)


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


def inputs(root: Path, request: Request, released: Released) -> dict[str, str]:
    """Return the hash of every file that a snapshot rests on, by its path below the root."""
    area = areas.load(root, request.asked.area)
    files = {
        *(root / "data" / file for file in released.series["file"] if file),
        *(root / "data" / "framework").rglob("*.csv"),
        *_own_files(area),
        *(root / "notebooks" / f"{name}.ipynb" for name in request.notebooks),
    }
    return {file.relative_to(root).as_posix(): keys.sha256(file) for file in sorted(files) if file.is_file()}
