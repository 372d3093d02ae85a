"""One notebook of one snapshot: executed by papermill, converted to a page, checked by the gate.

A job is plain text, so that any executor can carry it, to another process or another machine.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from drug_outcomes.errors import NotebookFailed, OutcomesError, PageRefused

#: Where `Report.open` finds the figures that the driver cleared for this audience.
CLEARED = "DRUG_OUTCOMES_CLEARED"
HOME = "DRUG_OUTCOMES_HOME"


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

    @property
    def name(self) -> str:
        """Which notebook of which snapshot, for people."""
        asked = " ".join(self.parameters[name] for name in ("area", "period", "audience"))
        return f"{Path(self.notebook).stem} ({asked})"


@dataclass(frozen=True)
class Outcome:
    """What became of a job: no `reason` means that its page stands. Memory is the process's peak in MiB."""

    job: Job
    reason: str = ""
    exit_code: int = 0
    seconds: float = 0.0
    memory: float = 0.0


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


def refusal(failed: Sequence[Outcome]) -> OutcomesError:
    """Return the error that failed outcomes stand for, all of them named."""
    pages_only = all(outcome.exit_code == PageRefused.exit_code for outcome in failed)
    kind = PageRefused if pages_only else NotebookFailed
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


def _cell(cell: Any) -> dict[str, Any]:  # noqa: ANN401
    tags = list(cell.metadata.get("tags", []))
    identity = "injected-parameters" if "injected-parameters" in tags else cell["id"]
    return {**cell, "id": identity, "metadata": {"tags": tags} if tags else {}}
