"""What stands round the pages of one snapshot: its words, its links, the library's own pages, the downloads."""

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import nbformat

from drug_outcomes import fingerprints
from drug_outcomes.definitions import alerts, areas, commentary, events, framework, ground, plan
from drug_outcomes.definitions.framework import Definitions
from drug_outcomes.definitions.vocabulary import Audience, Release
from drug_outcomes.disclosure import Released, released_files
from drug_outcomes.figures import Question
from drug_outcomes.intake import received
from drug_outcomes.publishing import compare, outputs_index, pages
from drug_outcomes.publishing.batch.job import Job
from drug_outcomes.reporting import (
    alert_report,
    board_pack,
    brief,
    chart_files,
    definitions_page,
    downloads,
    wording,
    year,
)
from drug_outcomes.reporting.charts import Place
from drug_outcomes.reporting.document_page import DocumentPage
from drug_outcomes.reporting.front_page import accessibility_page, front_page
from drug_outcomes.reporting.markup import Display

DRAFT = "Draft - not cleared for release"


@dataclass(frozen=True)
class Request:
    """One snapshot to build: what is asked, and which notebooks."""

    asked: Question
    notebooks: tuple[str, ...]
    partial: bool
    since: str = ""  # the folder that changes are counted from; empty: the last released one
    charts: bool = False  # whether every chart is offered as a file too

    def folder(self, root: Path) -> Path:
        """Where the snapshot stands; a partial one stands beside, and is never listed.

        So does one of another date than the released edition that stands there, which is kept.
        """
        name = f"{self.asked.audience}.partial" if self.partial else str(self.asked.audience)
        place = root / "outputs" / self.asked.area / self.asked.period.slug / name
        kept = outputs_index.stands_released(place)
        return place.with_name(f"{name}.{self.asked.as_of}") if kept not in ("", self.asked.as_of) else place


#: What notebooks read of an area's folder; its commentary apart.
_READ_BY_PAGES = ("area.toml", "measures.csv", events.FILE)
#: The folder of everything that was cleared, beside those of single priorities.
EVERYTHING = "all"


@dataclass(frozen=True)
class Site:
    """What stands round every page of one snapshot: whose it is, what it covers, where it leads."""

    request: Request
    definitions: Definitions
    area: areas.Area
    titles: dict[str, str]
    labels: dict[str, str]

    @classmethod
    def of(cls, root: Path, request: Request, definitions: Definitions, area: areas.Area) -> "Site":
        """Return what stands round the pages of a request; page titles are the notebooks' own first headings."""
        order = ["scorecard", *definitions.priorities["priority"]]
        known = [name for name in order if name in request.notebooks]
        rest = [name for name in request.notebooks if name not in known]
        named = {name: _titles(root / "notebooks" / f"{name}.ipynb") for name in [*known, *rest]}
        titles = {name: title for name, (title, _) in named.items()}
        labels = {name: label or titles[name] for name, (_, label) in named.items()}
        return cls(request, definitions, area, titles, labels)

    def figures_of(self, name: str, released: Released) -> Released:
        """Return the figures that a page may see: its priority's, or all."""
        return released_files.of_page(released, name, self.definitions)

    def hand_over(self, scope: str, released: Released, handed: Path) -> Path:
        """Write the figures of a priority, or all, for notebooks to read; return where they stand."""
        folder = handed / scope
        if not folder.exists():
            folder.mkdir(parents=True)
            released_files.save(released, folder, self._names(released))
        return folder

    def figures_for(self, name: str, released: Released, handed: Path) -> Path:
        """Return the folder of the figures that a notebook may see."""
        mine = self.figures_of(name, released)
        return self.hand_over(EVERYTHING if mine is released else name, mine, handed)

    def key(self, root: Path, name: str, released: Released, handed: Path) -> dict[str, str]:
        """Return the key of a notebook's page: what it is made of."""
        folder = self.figures_for(name, released, handed)
        return {
            "code": fingerprints.code(),
            "definitions": fingerprints.digest(list(fingerprints.tree([root / "data" / "framework"]).values())),
            "area": fingerprints.digest(self._own_words),
            "notebook": fingerprints.notebook(root / "notebooks" / f"{name}.ipynb"),
            "page": fingerprints.digest(self.around(name, released)),
            "figures": fingerprints.digest(
                {Path(path).name: value for path, value in fingerprints.tree([folder]).items()}
            ),
        }

    @cached_property
    def _own_words(self) -> dict[str, Any]:
        """Return what a page takes from its area's folder beside figures: who it is, its events, its commentary.

        What else people write there shows in figures and findings alone.
        """
        asked, folder = self.request.asked, self.area.folder
        files = [file for name in _READ_BY_PAGES for file in self.area.tables(name)]
        passages = commentary.read(self.area, asked.period, asked.audience, self.definitions.subjects)
        told = {about: [replace(one, file="", line=0) for one in each] for about, each in passages.items()}
        return {
            "files": {file.relative_to(folder).as_posix(): fingerprints.sha256(file) for file in files},
            "commentary": repr(sorted(told.items())),
            "plan": plan.read(self.area, self.definitions).digest(),
            "alerts": alerts.read(self.area).to_csv(index=False),
        }

    def _names(self, released: Released) -> dict[str, str]:
        """Return the names of the areas that a page may show."""
        shown = {*released.series["area"], *released.beside["area"], *self.area.peers, *self.area.neighbours}
        known = ground.table()
        mine = known[known["code"].isin(shown)]
        return dict(zip(mine["code"], mine["name"], strict=True))

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
        order = self._pages
        here = [href for _, href in order].index(f"{name}.html") if name in self.labels else -1
        turn = [
            (f"{word}: {order[place][0]}", order[place][1])
            for word, place in (("Previous", here - 1), ("Next", here + 1))
            if here >= 0 and 0 <= place < len(order)
        ]
        words = pages.PageWords(
            title=title or self.titles[name],
            period=f"{asked.period.label}, {wording.as_known_on(asked.as_of, self.area)}",
            partnership=self.area.partnership + self.area.mark,
            marking=DRAFT if public else f"{DRAFT}. For the partnership only",
            navigation=order,
            turn=turn,
            links=[("Accessibility statement", "accessibility.html"), ("All periods", "../../../index.html")],
            provenance=wording.provenance(self.figures_of(name, released), self.area, asked.period),
            here=f"{name}.html",
        )
        return dict(words)

    @property
    def _pages(self) -> list[tuple[str, str]]:
        """Every page of the snapshot in the order of the navigation: what it is called there, and its file."""
        brief_too = self.request.asked.audience == Audience.PARTNERSHIP
        return [
            ("Overview", "index.html"),
            *((label, f"{stem}.html") for stem, label in self.labels.items()),
            ("Definitions", "definitions.html"),
            *([("Brief", "brief.html")] if brief_too else []),
        ]

    def write_library_pages(self, folder: Path, released: Released, baseline: Path | None) -> None:
        """Write the downloads and pages that no notebook makes; the front page last, since it lists the others."""
        asked = self.request.asked
        document = DocumentPage(framework.home(), released, self.definitions, self.area, asked.period)
        self._write_downloads(folder / "downloads", released)
        (folder / "downloads" / year.FILE).write_text(year.calendar(document), encoding="utf-8", newline="")
        self._write_page(
            folder, "definitions", "Definitions", released, definitions_page.body(released, self.definitions)
        )
        self._write_page(folder, "accessibility", "Accessibility statement", released, accessibility_page(self.area))
        if asked.audience == Audience.PARTNERSHIP:
            body = brief.body(document, asked)
            self._write_page(folder, "brief", "Meeting brief", released, body)
            for name, text in alert_report.notices(document).items():
                (folder / "downloads" / name).write_text(text, encoding="utf-8", newline="\n")
        changed = (_named(baseline), compare.snapshots(baseline, folder)) if baseline else None
        notice = compare.correction_notice(baseline, folder, self.area)
        if notice:
            (folder / "downloads" / compare.NOTICE).write_text(notice, encoding="utf-8", newline="\n")
        warned = alert_report.figures_that_warn(document, *changed) if changed else ""
        if warned:
            (folder / "downloads" / alert_report.FIGURES).write_text(warned, encoding="utf-8", newline="\n")
        place = Place(self.area, self._names(released), events.by_measure(self.area, self.definitions))
        marking = self.around("index", released, "Board pack")["marking"]
        pack = board_pack.pack(document, place, marking, changed)
        (folder / "downloads" / board_pack.FILE).write_bytes(pack)
        if self.request.charts:
            drawn = chart_files.archive(released, list(self.definitions.scorecard["measure"]), place, self._edition)
            (folder / "downloads" / chart_files.FILE).write_bytes(drawn)
        first = front_page(released, self.definitions, self.area, self.labels, folder, changed)
        title = f"{self.area.name}: drug outcomes at the end of {wording.month_in_words(asked.period.end_month)}"
        self._write_page(folder, "index", title, released, first)

    @property
    def _edition(self) -> str:
        """The area and the quarter, as downloads are titled."""
        return f"{self.area.name}{self.area.mark}, {self.request.asked.period.label}"

    def _write_downloads(self, folder: Path, released: Released) -> None:
        """Write the workbook, the tidy files and what their columns mean."""
        area, asked = self.area, self.request.asked
        title = f"Local outcomes of {self._edition}"
        licences = "; ".join(sorted({one for one in released.latest["licence"] if one}))
        until = asked.period.end_month
        tables = {"scorecard": downloads.scorecard(released), "figures": downloads.figures(released, until)}
        for name, table in tables.items():
            downloads.write_csv(table, folder / f"{name}.csv")
            told = downloads.metadata(
                f"{name}.csv", f"{title}: {name}", list(table.columns), licences, downloads.KEYS[name]
            )
            (folder / f"{name}.csv-metadata.json").write_text(told, encoding="utf-8", newline="\n")
        downloads.write_csv(downloads.findings(released), folder / "findings.csv")
        book = downloads.workbook_of(released, title, area.partnership, area.contact, until)
        (folder / "outcomes.ods").write_bytes(book)
        (folder / "measures.zip").write_bytes(downloads.measure_books(released, title, area.partnership, until))

    def _write_page(self, folder: Path, name: str, title: str, released: Released, *parts: Display) -> None:
        html = pages.page(*parts, **self.around(name, released, title))
        pages.require(html, f"{name}.html")
        (folder / f"{name}.html").write_text(html, encoding="utf-8", newline="\n")


def own_files(area: areas.Area) -> list[Path]:
    """Return the files of an area that people write: commentary, tables, and the area itself."""
    closed = (area.folder / received.CLOSED).glob("*.csv") if area.whole else ()
    files = [*area.folder.glob("commentary/*.md"), *area.folder.glob("*.csv"), *closed, area.folder / "area.toml"]
    return sorted(file for file in files if file.name != "received.csv")


def _titles(notebook: Path) -> tuple[str, str]:
    """Return the first heading of a notebook, and what its metadata call it where there is little room."""
    node = nbformat.read(notebook, as_version=4)
    title = next(line[2:].strip() for line in node.cells[0].source.splitlines() if line.startswith("# "))
    return str(title), str(node.metadata.get("label", ""))


#: Tables of an area's folder that may hold figures or rows which only the partnership sees.
_MAY_REPEAT = ("corrections.csv", "explanations.csv", "targets.csv", "verdicts.csv", *plan.TABLES)


def inputs(root: Path, request: Request, released: Released) -> dict[str, str]:
    """Return the hash of every file whose figures or words a snapshot shows, by its path below the root.

    For the public those that can hold what only the partnership sees are left out: from a hash one can tell whether a
    guess of what is in a file is right. A return that was approved and of which a figure is shown keeps its name, as
    in the downloads, without a hash.
    """
    definitions, area = areas.with_definitions(root, request.asked.area, request.asked.audience)
    shown = {root / "data" / file for file in released.files}
    files = {
        *shown,
        *(root / "data" / "framework").rglob("*.csv"),
        *own_files(area),
        *(root / "notebooks" / f"{name}.ipynb" for name in request.notebooks),
    }
    told = {file: fingerprints.sha256(file) for file in sorted(files) if file.is_file()}
    if request.asked.audience is Audience.PUBLIC:
        sources = definitions.sources
        restricted = set(sources.loc[sources["release"] == Release.RESTRICTED, "source"])
        returns = {file for file in told if restricted & set(file.parts)}
        closed = {
            file
            for file in told
            if received.CLOSED in file.parts or ".partnership." in file.name or file.name in _MAY_REPEAT
        }
        hidden = closed | (returns - shown)
        told = {file: "" if file in returns else sha for file, sha in told.items() if file not in hidden}
    return {file.relative_to(root).as_posix(): sha for file, sha in told.items()}


def _named(snapshot: Path) -> str:
    """Return what readers call a snapshot: its period and audience."""
    return f"{snapshot.parent.name}, {snapshot.name}"
