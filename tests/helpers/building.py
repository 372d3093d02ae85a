"""Every page of a snapshot, built in this process by the library's own steps: no other process, no kernel."""

import ast
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
import nbformat.v4 as notebooks
import pandas as pd
import pytest
from bs4 import BeautifulSoup

from drug_outcomes import figures
from drug_outcomes.definitions import project
from drug_outcomes.disclosure import Released, released_files
from drug_outcomes.publishing import pages, snapshots
from drug_outcomes.publishing.batch.job import Job
from drug_outcomes.publishing.steps import Closing, prepare

#: So much of a failure is told.
_MOST = 400
_SKIPPED = {"parameters", "interactive"}


@dataclass
class Built:
    """What came of building: the folder of the snapshot, its pages, and whatever kept one from being one."""

    released: Released
    folder: Path = Path()
    pages: dict[str, str] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)


@contextmanager
def home(root: Path) -> Iterator[Path]:
    """Let the library take `root` for the project."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(project.HOME_VARIABLE, str(root))
        patch.delenv(released_files.HANDED, raising=False)
        yield root


def snapshot(root: Path, area: str, period: str = "", as_of: str = "", audience: str = "public") -> Built:
    """Build every page of a snapshot; the folder is the caller's to remove. Refusals of single pages are faults."""
    with home(root), pd.option_context("mode.string_storage", "python"):  # as every process of a run has it
        [request] = snapshots.requests(area=area, period=period, as_of=as_of, audience=audience)
        released = figures.cleared(root, request.asked)
        prepared = prepare(root, request, released, force=True)
        built = Built(released, prepared.folder)
        try:
            for job in prepared.jobs:
                _page(job, built)
            _library_pages(Closing(root, prepared), built)
        finally:
            shutil.rmtree(prepared.handed)
    return built


def _page(job: Job, built: Built) -> None:
    name = Path(job.page).stem
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(released_files.HANDED, job.cleared)
        try:
            node = executed(Path(job.notebook), job.parameters)
            nbformat.write(node, job.output)
            html = pages.convert(node, **job.words)
        except Exception as failure:  # whatever a notebook meets is a fault of this page, not of the others
            built.faults.append(f"{name}: {type(failure).__name__}: {str(failure)[:_MOST]}")
            return
    Path(job.page).write_text(html, encoding="utf-8", newline="\n")
    built.pages[name] = html
    built.faults += [f"{name}: {fault}" for fault in pages.gate(html)]


def _library_pages(closing: Closing, built: Built) -> None:
    try:
        closing.do()
    except Exception as failure:
        built.faults.append(f"library's pages: {type(failure).__name__}: {failure}")
    for file in sorted(built.folder.glob("*.html")):
        built.pages.setdefault(file.stem, file.read_text(encoding="utf-8"))


def executed(notebook: Path, parameters: dict[str, str]) -> Any:
    """Return a notebook with what its cells display, run by Python itself.

    Enough for notebooks that hold no logic: what the last line of a cell gives is displayed.
    """
    node, names = nbformat.read(notebook, as_version=4), dict[str, Any]()
    for cell in node.cells:
        if cell.cell_type != "code":
            continue
        tags = set(cell.metadata.get("tags", []))
        if "interactive" not in tags:
            shown = _run(cell.source, names)
            cell.outputs = [] if shown is None or tags & _SKIPPED else [_displayed(shown)]
        if "parameters" in tags:
            names |= parameters
    return node


def _run(source: str, names: dict[str, Any]) -> Any:
    tree = ast.parse(source)
    last = tree.body[-1] if tree.body else None
    if not isinstance(last, ast.Expr):
        exec(compile(tree, "<cell>", "exec"), names)  # noqa: S102 - the cells of our own notebooks
        return None
    exec(compile(ast.Module(tree.body[:-1], []), "<cell>", "exec"), names)  # noqa: S102
    return eval(compile(ast.Expression(last.value), "<cell>", "eval"), names)  # noqa: S307


def _displayed(shown: Any) -> Any:
    html = shown._repr_html_()
    html = html[0] if isinstance(html, tuple) else html  # beside metadata for JupyterLab
    return notebooks.new_output("execute_result", {"text/html": html, "text/plain": repr(shown)}, execution_count=1)


def words(html: str) -> str:
    """Return what a page says, as one line of text."""
    return " ".join(BeautifulSoup(html, "html.parser").get_text(" ").split())
