"""Snapshots: the notebooks run for one area, period and audience, written whole or not at all."""

import hashlib
import json
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import nbformat
from tqdm import tqdm

from drug_outcomes import areas, exports, figures, framework, pages, periods, report, wording
from drug_outcomes.batch import engine
from drug_outcomes.batch.job import Job
from drug_outcomes.disclosure import Released, handover
from drug_outcomes.errors import UsageError
from drug_outcomes.figures import Question
from drug_outcomes.frontpage import front_page
from drug_outcomes.markup import Display
from drug_outcomes.vocabulary import Audience

DRAFT = "Draft - not cleared for release"
#: Packages whose version can change a page.
_PACKAGES = ("drug-outcomes", "pandas", "numpy", "scipy", "matplotlib", "seaborn", "papermill", "nbconvert")


@dataclass(frozen=True)
class Request:
    """One snapshot to build: what is asked, and which notebooks."""

    asked: Question
    notebooks: tuple[str, ...]
    partial: bool

    def folder(self, root: Path) -> Path:
        """Where the snapshot stands; a partial one stands beside, and is never listed."""
        name = f"{self.asked.audience}.partial" if self.partial else str(self.asked.audience)
        return root / "outputs" / self.asked.area / self.asked.period.slug / name


def requests(
    *,
    area: str,
    period: str = "",
    first: str = "",
    last: str = "",
    as_of: str = "",
    audience: str = "public",
    only: Sequence[str] = (),
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
        Request(report.question(root, place, quarter, as_of, who), notebooks, bool(only))
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


def build_all(wanted: Sequence[Request], *, force: bool = False, jobs: int = 0) -> Iterator[Path]:
    """Build snapshots one after another, notebooks in parallel; yield each folder as it stands."""
    root = framework.home()
    total = sum(len(request.notebooks) for request in wanted)
    with tqdm(total=total, unit="notebook", disable=None) as progress:
        for request in wanted:
            yield build(root, request, jobs=jobs, progress=progress)


def build(root: Path, request: Request, *, jobs: int, progress: "tqdm[Any]") -> Path:
    """Build one snapshot in a temporary folder, check every page, and put it in its place at once."""
    definitions, _ = figures.definitions_and_area(root, request.asked.area)
    released = figures.cleared(root, request.asked)
    target = request.folder(root)
    with _whole_or_nothing(target) as folder, tempfile.TemporaryDirectory() as handed:
        handover.save(released, Path(handed))
        executed = engine.run(
            [_job(root, request, name, folder, handed) for name in request.notebooks], jobs, progress
        )
        surroundings = Surroundings.of(root, request, released)
        for name, path in zip(request.notebooks, executed, strict=True):
            surroundings.write_notebook(folder, name, path)
        exports.write_csv(exports.scorecard(released), folder / "downloads" / "scorecard.csv")
        body = front_page(
            released, definitions, surroundings.area, request.asked, surroundings.titles, folder
        )
        surroundings.write_page(folder, "index", "Local outcomes", body)
        _write_manifest(root, request, released, folder)
    return target


def _job(root: Path, request: Request, name: str, folder: Path, handed: str) -> Job:
    asked = request.asked
    parameters = {
        "area": asked.area,
        "period": asked.period.label,
        "as_of": asked.as_of,
        "audience": str(asked.audience),
    }
    return Job(
        notebook=str(root / "notebooks" / f"{name}.ipynb"),
        output=str(folder / "notebooks" / f"{name}.ipynb"),
        parameters=tuple(parameters.items()),
        cleared=handed,
        home=str(root),
    )


@dataclass(frozen=True)
class Surroundings:
    """What stands round every page of one snapshot: whose it is, what it covers, where it leads."""

    request: Request
    area: areas.Area
    titles: dict[str, str]
    words: pages.PageWords

    @classmethod
    def of(cls, root: Path, request: Request, released: Released) -> "Surroundings":
        """Return the surroundings of a request; page titles are the notebooks' own first headings."""
        area = areas.load(root, request.asked.area)
        titles = {name: _first_heading(root / "notebooks" / f"{name}.ipynb") for name in request.notebooks}
        navigation = [
            ("Front page", "index.html"),
            *((title, f"{name}.html") for name, title in titles.items()),
        ]
        asked = request.asked
        marking = DRAFT if asked.audience == Audience.PUBLIC else f"{DRAFT}. For the partnership only"
        words = pages.PageWords(
            title="",
            period=f"{asked.period.label}, {wording.as_known_on(asked.as_of)}",
            partnership=area.partnership + (" (fictional)" if area.fictional else ""),
            marking=marking,
            navigation=navigation,
            provenance=wording.provenance(released, area, asked.period),
        )
        return cls(request, area, titles, words)

    def around(self, title: str, name: str) -> pages.PageWords:
        """Return the words around one page."""
        return {**self.words, "title": title, "here": f"{name}.html"}

    def write_notebook(self, folder: Path, name: str, executed: str) -> None:
        """Convert an executed notebook to a page that passed the gate."""
        node = nbformat.read(executed, as_version=4)
        self._write(folder, name, pages.convert(node, **self.around(self.titles[name], name)))

    def write_page(self, folder: Path, name: str, title: str, *parts: Display) -> None:
        """Write a page that the library makes itself."""
        self._write(folder, name, pages.page(*parts, **self.around(title, name)))

    def _write(self, folder: Path, name: str, html: str) -> None:
        pages.require(html, f"{name}.html")
        (folder / f"{name}.html").write_text(html, encoding="utf-8", newline="\n")


def _first_heading(notebook: Path) -> str:
    node = nbformat.read(notebook, as_version=4)
    return next(str(line[2:].strip()) for line in node.cells[0].source.splitlines() if line.startswith("# "))


@contextmanager
def _whole_or_nothing(target: Path) -> Iterator[Path]:
    """Give a temporary folder beside the target that takes its place only when the body succeeds."""
    target.parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        (folder / "notebooks").mkdir()
        yield folder
        folder.chmod(0o755)
        _replace(folder, target)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _replace(folder: Path, target: Path) -> None:
    """Put `folder` where `target` stands: the old snapshot is moved aside first and only then removed."""
    if not target.exists():
        folder.replace(target)
        return
    with tempfile.TemporaryDirectory(prefix=f".{target.name}-", dir=target.parent) as aside:
        target.replace(Path(aside) / "old")
        folder.replace(target)


def _write_manifest(root: Path, request: Request, released: Released, folder: Path) -> None:
    """Write snapshot.json last: what was asked, with which versions, from which inputs."""
    asked = request.asked
    inputs = sorted({root / "data" / file for file in released.series["file"] if file})
    manifest = {
        "area": asked.area,
        "period": asked.period.label,
        "as_of": asked.as_of,
        "audience": str(asked.audience),
        "partial": request.partial,
        "packages": {name: version(name) for name in _PACKAGES},
        "inputs": {file.relative_to(root).as_posix(): sha256(file) for file in inputs},
        "notebooks": dict.fromkeys(request.notebooks, "done"),
        "files": {
            file.relative_to(folder).as_posix(): sha256(file)
            for file in sorted(folder.rglob("*"))
            if file.is_file()
        },
    }
    text = json.dumps(manifest, indent=1, ensure_ascii=False) + "\n"
    (folder / "snapshot.json").write_text(text, encoding="utf-8", newline="\n")


def sha256(file: Path) -> str:
    """Return the hash of a file's bytes, in hexadecimal."""
    return hashlib.sha256(file.read_bytes()).hexdigest()
