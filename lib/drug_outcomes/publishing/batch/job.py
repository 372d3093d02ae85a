"""One notebook of one snapshot: executed by papermill, converted to a page, checked by the gate.

A job is plain text, so that any executor can carry it, to another process or another machine. What else a
snapshot needs done is carried the same way: see `Task`.
"""

import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from drug_outcomes.disclosure import released_files
from drug_outcomes.errors import NotebookFailed, OutcomesError

HOME = "DRUG_OUTCOMES_HOME"
#: Set to anything, notebooks run under the ordinary kernel, to the same pages: slower, for finding faults.
ORDINARY = "DRUG_OUTCOMES_ORDINARY_KERNEL"
#: Where a process can be forked safely; elsewhere notebooks run under the ordinary kernel.
FORKS = sys.platform == "linux" and not os.environ.get(ORDINARY)


class Task(Protocol):
    """Something to do in a process of its own, and what people call it."""

    @property
    def name(self) -> str:
        """What it is, for people."""

    @property
    def limit(self) -> float:
        """Seconds after which it is stopped; 0 is the run's own limit, for each cell."""

    @property
    def home(self) -> str:
        """The project's root."""

    def do(self, at_cell: Callable[[int], object], /) -> Any:  # noqa: ANN401 - whatever whoever asked for it wants back
        """Do it, telling the index of each cell that begins, at last -1; what it returns has to go through a pipe."""


@dataclass(frozen=True)
class Outcome:
    """What became of a task: no `reason` means that it is done. Memory is the process's peak in MiB."""

    job: Task
    reason: str = ""
    exit_code: int = 0
    seconds: float = 0.0
    memory: float = 0.0
    result: Any = None


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

    @property
    def name(self) -> str:
        """Which notebook of which snapshot, for people."""
        asked = " ".join(self.parameters[name] for name in ("area", "period", "audience"))
        return f"{Path(self.notebook).stem} ({asked})"

    def do(self, at_cell: Callable[[int], object]) -> None:
        """Run the notebook in this process, save it without anything that differs between two runs, write its page.

        Raises
        ------
        NotebookFailed : with the reason; which notebook and cell, whoever was told knows.
        PageRefused : the page does not pass the gate.
        """
        import nbformat
        import papermill

        from drug_outcomes.publishing import executed, pages

        os.environ[released_files.HANDED] = self.cleared
        try:
            node = papermill.execute_notebook(
                self.notebook,
                self.output,
                parameters=self.parameters,
                engine_name="drug-outcomes" if FORKS else None,
                progress_bar=False,
                cwd=self.home,
                on_cell_start=lambda cell, cell_index: at_cell(cell_index),  # noqa: ARG005 (nbclient's names)
            )
        except papermill.PapermillExecutionError as failure:
            raise NotebookFailed(
                f"{failure.ename}: {failure.evalue}",
                try_next=f"open notebooks/{Path(self.notebook).name} in JupyterLab with the same parameters",
            ) from failure
        at_cell(-1)
        html = pages.convert(node, **self.words)
        pages.require(html, Path(self.page).name)
        Path(self.page).write_text(html, encoding="utf-8", newline="\n")
        nbformat.write(executed.kept(node), self.output)


def refusal(failed: Sequence[Outcome]) -> OutcomesError:
    """Return the error that failed outcomes stand for, all of them named."""
    codes = {outcome.exit_code for outcome in failed}
    same = [kind for kind in OutcomesError.__subclasses__() if codes == {kind.exit_code}]
    kind = same[0] if same else NotebookFailed
    return kind("\n".join(outcome.reason for outcome in failed))
