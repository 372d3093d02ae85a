"""Snapshots: the notebooks run for one area, period and audience, written whole or not at all."""

import json
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import nbformat
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
from drug_outcomes.batch.job import Job, Outcome, refusal
from drug_outcomes.disclosure import Released, handover
from drug_outcomes.errors import UsageError
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
    """Build snapshots, their notebooks in parallel; yield each folder as it takes its place.

    A notebook that fails holds back its own snapshot only: the others are built, and at the end
    `NotebookFailed` or `PageRefused` tells what failed. Two runs at once are refused.
    """
    root = framework.home()
    with one_run_at_a_time(root):
        builds: dict[str, Build] = {}
        failed: list[Outcome] = []
        finished: list[Outcome] = []
        kept = [request for request in wanted if outputs_index.stands_released(request.folder(root))]
        yield from (request.folder(root) for request in kept)
        wanted = [request for request in wanted if request not in kept]
        try:
            coming = _jobs(root, wanted, builds, force)
            total = sum(len(request.notebooks) for request in wanted)
            with tqdm(total=total, unit="notebook", disable=None) as progress:
                outcomes = engine.run(coming, jobs, seconds_per_cell=seconds_per_cell, executor=executor)
                yield from _placed(builds)
                for outcome in outcomes:
                    progress.update()
                    finished.append(outcome)
                    build = builds[str(Path(outcome.job.page).parent)]
                    build.waiting.discard(outcome.job.notebook)
                    if outcome.reason:
                        failed.append(outcome)
                        build.failed = True
                        _keep_for_the_analyst(root, outcome)
                    yield from _placed(builds)
                yield from _placed(builds)
        finally:
            for build in builds.values():
                build.sweep()
            _summarise(root, finished)
        if failed:
            raise refusal(failed)


def _jobs(root: Path, wanted: Sequence[Request], builds: dict[str, "Build"], force: bool) -> Iterator[Job]:
    """Yield the notebooks to run. All quarters of an area and audience are cleared, in time order, before the first."""
    for _, together in groupby(wanted, key=lambda request: (request.asked.area, request.asked.audience)):
        in_time = sorted(together, key=lambda request: request.asked.as_of)
        known = figures.in_turn(root, [request.asked for request in in_time])
        prepared = [Build.prepare(root, *pair, force) for pair in zip(in_time, known, strict=True)]
        builds.update({str(build.folder): build for build in prepared})
        for build in prepared:
            yield from build.jobs()


def _placed(builds: dict[str, "Build"]) -> Iterator[Path]:
    """Put the snapshots in their places whose notebooks are all done."""
    for name in [name for name, build in builds.items() if not build.waiting]:
        build = builds.pop(name)
        try:
            if not build.failed:
                yield build.finish()
        finally:
            build.sweep()


@dataclass
class Build:
    """One snapshot being built in a temporary folder beside its place."""

    root: Path
    request: Request
    folder: Path
    handed: Path
    released: Released
    surroundings: "Surroundings"
    keys: dict[str, dict[str, str]]
    waiting: set[str]
    failed: bool = False

    @classmethod
    def prepare(cls, root: Path, request: Request, known: figures.Known, force: bool) -> "Build":
        """Clear the figures, hand each notebook its own, and take over the pages that would come out the same."""
        asked = request.asked
        target = request.folder(root)
        target.parent.mkdir(parents=True, exist_ok=True)
        released = figures.cleared(root, asked, known)
        definitions, area = known.definitions, known.area
        folder = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
        (folder / "notebooks").mkdir()
        handed = Path(tempfile.mkdtemp(prefix="drug-outcomes-"))
        surroundings = Surroundings.of(root, request, definitions, area)
        keys = {
            name: surroundings.hand_over(root, name, released, handed / name) for name in request.notebooks
        }
        before = {} if force else _earlier_keys(target)
        same = {name for name in request.notebooks if keys[name] == before.get(name)}
        for name in same:
            for file in (f"notebooks/{name}.ipynb", f"{name}.html"):
                shutil.copyfile(target / file, folder / file)
        paths = {str(root / "notebooks" / f"{name}.ipynb") for name in request.notebooks if name not in same}
        return cls(root, request, folder, handed, released, surroundings, keys, paths)

    def jobs(self) -> list[Job]:
        """Return the notebooks that have to run."""
        asked = self.request.asked
        parameters = {
            "area": asked.area,
            "period": asked.period.label,
            "as_of": asked.as_of,
            "audience": str(asked.audience),
        }
        return [
            Job(
                notebook=path,
                output=str(self.folder / "notebooks" / f"{Path(path).stem}.ipynb"),
                page=str(self.folder / f"{Path(path).stem}.html"),
                parameters=parameters,
                cleared=str(self.handed / Path(path).stem),
                home=str(self.root),
                words=self.surroundings.around(Path(path).stem, self.released),
            )
            for path in sorted(self.waiting)
        ]

    def finish(self) -> Path:
        """Write what the library makes itself, the manifest last, and put the folder in its place at once."""
        target = self.request.folder(self.root)
        self.surroundings.write_library_pages(self.folder, self.released, self._baseline())
        _write_manifest(self.root, self)
        self.folder.chmod(0o755)
        put_in_place(self.folder, target)
        outputs_index.write(self.root)
        return target

    def _baseline(self) -> Path | None:
        """Return the snapshot that changes are counted from."""
        asked = self.request.asked
        if self.request.since:
            return Path(self.request.since)
        before = (asked.period.slug, asked.as_of)
        return outputs_index.last_released(self.root, asked.area, str(asked.audience), before)

    def sweep(self) -> None:
        """Remove what is temporary."""
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.rmtree(self.handed, ignore_errors=True)


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
    runs = root / "outputs" / ".runs"
    runs.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(runs / "lock", timeout=0):
            for leftover in (root / "outputs").glob("*/*/.*-*"):
                shutil.rmtree(leftover, ignore_errors=True)
            yield
    except Timeout as busy:
        raise UsageError(
            "another run is building snapshots in this folder",
            try_next="wait until it has finished, or stop it",
        ) from busy


def _keep_for_the_analyst(root: Path, outcome: Outcome) -> None:
    """Keep the partly executed notebook of a failed run under outputs/.runs/failed."""
    output = Path(outcome.job.output)
    kept = root / "outputs" / ".runs" / "failed" / f"{periods.slug(outcome.job.name)}.ipynb"
    if output.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(output, kept)


def _summarise(root: Path, finished: Sequence[Outcome]) -> None:
    """Write seconds and peak memory per notebook to outputs/.runs, and print them to a person at a terminal."""
    rows = [
        {
            "notebook": each.job.name,
            "seconds": round(each.seconds, 2),
            "memory_mib": round(each.memory),
            "failed": each.reason,
        }
        for each in finished
    ]
    file = root / "outputs" / ".runs" / "last.json"
    file.write_text(json.dumps(rows, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    if sys.stderr.isatty():
        for row in rows:
            print(f"{row['notebook']}: {row['seconds']} s, {row['memory_mib']} MiB", file=sys.stderr)


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

    def hand_over(self, root: Path, name: str, released: Released, folder: Path) -> dict[str, str]:
        """Write the figures that a notebook may see, and return the key of its page: what it is made of."""
        folder.mkdir(parents=True)
        handover.save(self.figures_of(name, released), folder)
        handed = {Path(path).name: value for path, value in keys.tree([folder]).items()}
        return {
            "code": keys.code(),
            "definitions": keys.digest(list(keys.tree([root / "data" / "framework"]).values())),
            "area": keys.digest(_own_words(self.area)),
            "notebook": keys.notebook(root / "notebooks" / f"{name}.ipynb"),
            "page": keys.digest(self.around(name, released)),
            "figures": keys.digest(handed),
        }

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
    files = [*area.folder.glob("commentary/*.md"), *area.folder.glob("*.csv"), area.folder / "area.toml"]
    return {file.name: keys.sha256(file) for file in sorted(files) if file.name != "received.csv"}


def _first_heading(notebook: Path) -> str:
    node = nbformat.read(notebook, as_version=4)
    return next(str(line[2:].strip()) for line in node.cells[0].source.splitlines() if line.startswith("# "))


def put_in_place(folder: Path, target: Path) -> None:
    """Put `folder` where `target` stands: the old snapshot is moved aside first and only then removed."""
    if not target.exists():
        folder.replace(target)
        return
    with tempfile.TemporaryDirectory(prefix=f".{target.name}-", dir=target.parent) as aside:
        target.replace(Path(aside) / "old")
        folder.replace(target)


def _write_manifest(root: Path, build: Build) -> None:
    """Write snapshot.json last: what was asked, with which versions, from which inputs."""
    asked = build.request.asked
    inputs = sorted({root / "data" / file for file in build.released.series["file"] if file})
    manifest = {
        "area": asked.area,
        "period": asked.period.label,
        "as_of": asked.as_of,
        "audience": str(asked.audience),
        "partial": build.request.partial,
        "packages": keys.versions(),
        "inputs": {file.relative_to(root).as_posix(): keys.sha256(file) for file in inputs},
        "notebooks": build.keys,
    }
    write_manifest(build.folder, manifest)


def write_manifest(folder: Path, manifest: dict[str, Any]) -> None:
    """Write snapshot.json, with the hashes of all files that stand in the folder."""
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    hashes = {file.relative_to(folder).as_posix(): keys.sha256(file) for file in files}
    text = json.dumps(manifest | {"files": hashes}, indent=1, ensure_ascii=False) + "\n"
    (folder / "snapshot.json").write_text(text, encoding="utf-8", newline="\n")
