"""What papermill finds under the entry point `drug-outcomes`: it runs a notebook in this very process.

The shell is ipykernel's, and what it sends is written into cells by nbclient, as under the ordinary kernel;
only the sockets between the two are left out, and the second that a kernel takes to start. For a process that
runs one notebook and then ends, so that nothing leaks into the next. papermill imports every registered engine
when it is imported itself, so this module is light, and nothing else imports it: it could meet papermill half
imported.
"""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import redirect_stderr, redirect_stdout, suppress
from typing import Any, cast

from papermill.engines import Engine


class InProcessEngine(Engine):  # type: ignore[misc] # papermill is untyped
    """Runs the cells of a notebook with an IPython shell of this process."""

    @classmethod
    def execute_managed_notebook(
        cls,
        nb_man: Any,  # noqa: ANN401
        kernel_name: str,  # noqa: ARG003
        on_cell_start: Callable[..., object] = lambda **_: None,
        **_: object,
    ) -> None:
        """Run every cell until one fails, as papermill's own engine does."""
        recorder = _Recorder(nb_man.nb)
        for index, cell in enumerate(nb_man.nb.cells):
            tags = cell.metadata.get("tags", [])
            if cell.cell_type != "code" or not cell.source.strip() or "skip-execution" in tags:
                continue  # nothing runs, and nobody waits for the whole notebook to be saved twice more
            nb_man.cell_start(cell, index)
            on_cell_start(cell=cell, cell_index=index)
            try:
                if not recorder.run(cell, index) and "raises-exception" not in tags:
                    nb_man.cell_exception(cell, cell_index=index)
                    break
            finally:
                nb_man.cell_complete(cell, cell_index=index)
        nb_man.nb.metadata["language_info"] = {"name": "python"}


class _Recorder:
    """The shell of one notebook, and nbclient's reader of what it sends."""

    def __init__(self, notebook: Any) -> None:  # noqa: ANN401
        from ipykernel.inprocess.blocking import BlockingInProcessKernelClient
        from ipykernel.inprocess.ipkernel import InProcessKernel
        from nbclient import NotebookClient

        asyncio.set_event_loop(asyncio.new_event_loop())  # the kernel looks whether one runs
        self.kernel = InProcessKernel()
        self.client = BlockingInProcessKernelClient(kernel=self.kernel, session=self.kernel.session)
        self.client.start_channels()
        self.reader = NotebookClient(notebook, record_timing=False)
        self.kernel.shell.enable_matplotlib("inline")

    def run(self, cell: Any, index: int) -> bool:  # noqa: ANN401
        """Run a code cell and write what it shows into it; return whether it succeeded."""
        from nbclient.exceptions import CellExecutionComplete

        cell.outputs, self.reader.clear_before_next_output = [], False
        with redirect_stdout(self.kernel.stdout), redirect_stderr(self.kernel.stderr):
            reply = _answered(self.kernel.do_execute(cell.source, silent=False))
        self.kernel.stdout.flush()
        self.kernel.stderr.flush()
        self.kernel.session.send(self.kernel.iopub_socket, "status", {"execution_state": "idle"})
        with suppress(CellExecutionComplete):
            while True:
                self.reader.process_message(self.client.get_iopub_msg(), cell, index)
        cell.execution_count = reply["execution_count"]
        return bool(reply["status"] == "ok")


def _answered(request: Coroutine[Any, Any, dict[str, Any]]) -> dict[str, Any]:
    """Return the kernel's answer; no loop of events runs round it, so that it waits for the cell instead."""
    try:
        request.send(None)
    except StopIteration as answer:
        return cast("dict[str, Any]", answer.value)
    raise RuntimeError("the kernel did not answer at once")  # a later ipykernel waits for something else
