"""One notebook of one snapshot: executed by papermill, converted to a page.

A job is a plain function with plain arguments, so that any executor can run it, here or on a cluster.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from drug_outcomes.errors import NotebookFailed

#: Where `Report.open` finds the figures that the driver cleared for this audience.
CLEARED = "DRUG_OUTCOMES_CLEARED"
HOME = "DRUG_OUTCOMES_HOME"
_SECONDS_PER_CELL = 600


@dataclass(frozen=True)
class Job:
    """What one run needs, in text: paths, parameters, and what the page says around the notebook."""

    notebook: str
    output: str
    parameters: tuple[tuple[str, str], ...]
    cleared: str
    home: str


def execute(job: Job) -> str:
    """Run the notebook and save it without anything that differs between two runs; return its path."""
    import nbformat
    import papermill

    with _environment({CLEARED: job.cleared, HOME: job.home}):
        try:
            node = papermill.execute_notebook(
                job.notebook,
                job.output,
                parameters=dict(job.parameters),
                progress_bar=False,
                execution_timeout=_SECONDS_PER_CELL,
                cwd=job.home,
            )
        except papermill.PapermillExecutionError as failure:
            raise NotebookFailed(
                f"notebook {Path(job.notebook).stem}, cell {failure.cell_index}: {failure.ename}: {failure.evalue}",
                try_next=f"open notebooks/{Path(job.notebook).name} in JupyterLab with the same parameters",
            ) from failure
    nbformat.write(reproducible(node), job.output)
    return job.output


@contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    """Set variables that the kernel inherits, and put back what was there."""
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

    kept = {name: node.metadata[name] for name in ("kernelspec", "language_info") if name in node.metadata}
    cells = [_cell(cell, place) for place, cell in enumerate(node.cells)]
    return nbformat.from_dict({**node, "metadata": kept, "cells": cells})


def _cell(cell: Any, place: int) -> dict[str, Any]:  # noqa: ANN401
    injected = "injected-parameters" in cell.metadata.get("tags", [])
    metadata = {"tags": list(cell.metadata.tags)} if cell.metadata.get("tags") else {}
    identity = f"injected-parameters-{place}" if injected else cell["id"]
    return {**cell, "id": identity, "metadata": metadata}
