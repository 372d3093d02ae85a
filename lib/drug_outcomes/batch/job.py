"""One notebook of one snapshot: executed by papermill, converted to a page, checked by the gate.

A job is plain text, so that any executor can carry it, to another process or another machine. What else a
snapshot needs done is carried the same way: see `Task`.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from drug_outcomes.errors import NotebookFailed, OutcomesError

#: Where `Report.open` finds the figures that the driver cleared for this audience.
CLEARED = "DRUG_OUTCOMES_CLEARED"
HOME = "DRUG_OUTCOMES_HOME"


class Task(Protocol):
    """Something to do in a process of its own, and what people call it."""

    @property
    def name(self) -> str:
        """What it is, for people."""

    @property
    def limit(self) -> float:
        """Seconds after which it is stopped; 0 is the run's own limit, for each cell."""

    def do(self) -> Any:  # noqa: ANN401 - whatever whoever asked for it wants back
        """Do it; what it returns has to be plain enough for a pipe."""


@dataclass(frozen=True)
class Job:
    """What one run needs: paths as text, parameters, and what the page says around the notebook."""

    notebook: str
    output: str
    page: str
    parameters: dict[str, str]
    cleared: str
    home: str
    words: dict[str, Any]

    limit = 0.0

    def do(self) -> None:
        """Run the notebook: in this very process where it was forked for it, else under the ordinary kernel."""
        from drug_outcomes.batch import shell

        perform(self, shell.NAME if shell.FORKS else None)

    @property
    def name(self) -> str:
        """Which notebook of which snapshot, for people."""
        asked = " ".join(self.parameters[name] for name in ("area", "period", "audience"))
        return f"{Path(self.notebook).stem} ({asked})"


@dataclass(frozen=True)
class Outcome:
    """What became of a task: no `reason` means that it is done. Memory is the process's peak in MiB."""

    job: Task
    reason: str = ""
    exit_code: int = 0
    seconds: float = 0.0
    memory: float = 0.0
    result: Any = None


def perform(job: Job, engine: str | None = None) -> None:
    """Run the notebook, save it without anything that differs between two runs, write its page.

    `engine` is papermill's name of the engine; None is the ordinary kernel.

    Raises
    ------
    NotebookFailed : with notebook, cell and reason.
    PageRefused : the page does not pass the gate.
    """
    import nbformat
    import papermill

    from drug_outcomes import pages

    with _environment({CLEARED: job.cleared, HOME: job.home}):
        try:
            node = papermill.execute_notebook(
                job.notebook,
                job.output,
                parameters=job.parameters,
                engine_name=engine,
                progress_bar=False,
                cwd=job.home,
            )
        except papermill.PapermillExecutionError as failure:
            raise NotebookFailed(
                f"notebook {job.name}, cell {failure.cell_index}: {failure.ename}: {failure.evalue}",
                try_next=f"open notebooks/{Path(job.notebook).name} in JupyterLab with the same parameters",
            ) from failure
    clean = reproducible(node)
    nbformat.write(clean, job.output)
    html = pages.convert(clean, **job.words)
    pages.require(html, Path(job.page).name)
    Path(job.page).write_text(html, encoding="utf-8", newline="\n")
    nbformat.write(light(clean), job.output)


def refusal(failed: Sequence[Outcome]) -> OutcomesError:
    """Return the error that failed outcomes stand for, all of them named."""
    codes = {outcome.exit_code for outcome in failed}
    same = [kind for kind in OutcomesError.__subclasses__() if codes == {kind.exit_code}]
    kind = same[0] if same else NotebookFailed
    return kind("\n".join(outcome.reason for outcome in failed))


@contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    """Set variables that the notebook reads, and put back what was there."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None) if value is None else os.environ.update({name: value})


def reproducible(node: Any) -> Any:  # noqa: ANN401 - nbformat's nodes are untyped
    """Return the executed notebook without times, paths and random ids, so that equal runs are equal bytes."""
    import nbformat

    metadata = {"kernelspec": node.metadata["kernelspec"], "language_info": {"name": "python"}}
    return nbformat.from_dict({**node, "metadata": metadata, "cells": [_cell(cell) for cell in node.cells]})


def light(node: Any) -> Any:  # noqa: ANN401
    """Return the notebook with its style once and without the plain text that repeats its HTML.

    The copy in a snapshot is for looking at; both would make it half as large again.
    """
    from copy import deepcopy

    from drug_outcomes import markup

    kept = deepcopy(node)
    shown = [
        output["data"]
        for cell in kept.cells
        for output in cell.get("outputs", [])
        if "text/html" in output.get("data", {})
    ]
    for place, data in enumerate(shown):
        data.pop("text/plain", None)
        if place:
            data["text/html"] = markup.without_style("".join(data["text/html"]))
    return kept


def _cell(cell: Any) -> dict[str, Any]:  # noqa: ANN401
    tags = list(cell.metadata.get("tags", []))
    identity = "injected-parameters" if "injected-parameters" in tags else cell["id"]
    return {**cell, "id": identity, "metadata": {"tags": tags} if tags else {}}
