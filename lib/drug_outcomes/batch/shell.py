"""Runs the cells of a notebook in this very process, without a kernel.

Only for a process that runs one notebook and then ends: nothing leaks into the next notebook, and starting
a kernel costs more than most notebooks compute. What a cell leaves equals what the ordinary kernel leaves.
"""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import takewhile
from types import SimpleNamespace
from typing import Any

NAME = "drug-outcomes"
#: Where a process can be forked safely; elsewhere notebooks run under the ordinary kernel, to the same result.
FORKS = sys.platform == "linux"
_BACKEND = "module://matplotlib_inline.backend_inline"
#: Told the index of each cell before it runs, so that a driver can name the cell that hangs or crashes.
on_cell: Callable[[int], object] = id


def run_cells(nb_man: Any) -> None:  # noqa: ANN401 - papermill's manager of a notebook is untyped
    """Run every cell until one fails, as papermill's own engine does."""
    recorder = _Recorder()
    for index, cell in enumerate(nb_man.nb.cells):
        if cell.cell_type != "code" or not cell.source.strip():
            continue  # nothing runs, and nobody waits for the whole notebook to be saved twice more
        nb_man.cell_start(cell, index)
        try:
            on_cell(index)
            failed = recorder.run(cell)
            if failed and "raises-exception" not in cell.metadata.get("tags", []):
                nb_man.cell_exception(cell, cell_index=index)
                break
        finally:
            nb_man.cell_complete(cell, cell_index=index)
    nb_man.nb.metadata["language_info"] = {"name": "python"}


class _Recorder:
    """The shell of one notebook; what a cell shows is written into the cell, as a kernel's client does it."""

    def __init__(self) -> None:
        self.cell: Any = None
        self.clear_next = False
        self.shown: dict[str, list[Any]] = {}
        self.shell = _shell(self)

    def run(self, cell: Any) -> bool:  # noqa: ANN401
        """Run a code cell; return whether it failed."""
        self.cell, self.clear_next = cell, False
        cell.outputs = []
        with self._streams():
            result = self.shell.run_cell(cell.source, store_history=True)
        cell.execution_count = self.shell.execution_count - 1
        return not result.success

    @contextmanager
    def _streams(self) -> Iterator[None]:
        before = sys.stdout, sys.stderr
        sys.stdout, sys.stderr = _Stream("stdout", self), _Stream("stderr", self)
        try:
            yield
        finally:
            sys.stdout, sys.stderr = before

    def add(self, kind: str, **fields: Any) -> Any:  # noqa: ANN401
        """Append an output to the cell; return it."""
        from nbformat.v4 import new_output

        if self.clear_next:
            self.cell.outputs, self.clear_next = [], False
        output = new_output(kind, **fields)
        self.cell.outputs.append(output)
        return output

    def write(self, name: str, text: str) -> None:
        """Add text to a stream; what a cell prints between two displays is one output per stream."""
        outputs = [] if self.clear_next else self.cell.outputs
        latest = takewhile(lambda output: output.output_type == "stream", reversed(outputs))
        mine = next((output for output in latest if output.name == name), None)
        if mine is not None:
            mine.text += text
        elif text:
            self.add("stream", name=name, text=text)

    def display(self, data: Any, metadata: Any, transient: Any, update: bool) -> None:  # noqa: ANN401
        """Show data; an update by display id changes what was shown under it before, in any cell."""
        from nbformat import from_dict

        display_id = (transient or {}).get("display_id", "")
        if update:
            for output in self.shown.get(display_id, []):
                output.update(data=from_dict(data), metadata=from_dict(metadata or {}))
            return
        output = self.add("display_data", data=data, metadata=metadata or {})
        self.shown.setdefault(display_id, []).append(output)

    def clear(self, wait: bool) -> None:
        """Clear the cell's output, now or when the next output comes."""
        self.clear_next = wait
        if not wait:
            self.cell.outputs = []


class _Stream:
    """What a cell prints; also what asks whether it is a terminal."""

    encoding, errors = "utf-8", "strict"

    def __init__(self, name: str, recorder: _Recorder) -> None:
        self.name, self.recorder = name, recorder

    def write(self, text: str) -> int:
        self.recorder.write(self.name, text)
        return len(text)

    def writelines(self, lines: list[str]) -> None:
        self.write("".join(lines))

    def flush(self) -> None:
        """Nothing waits."""

    def isatty(self) -> bool:
        return False

    def writable(self) -> bool:
        return True


def _shell(recorder: _Recorder) -> Any:  # noqa: ANN401 - IPython's shell
    """Return a new IPython shell of this process whose displays and errors go to the recorder."""
    from ipykernel.compiler import XCachingCompiler
    from IPython.core.displayhook import DisplayHook
    from IPython.core.displaypub import DisplayPublisher
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    class Publisher(DisplayPublisher):
        def publish(
            self,
            data: Any,  # noqa: ANN401
            metadata: Any = None,  # noqa: ANN401
            source: Any = None,  # noqa: ANN401, ARG002
            *,
            transient: Any = None,  # noqa: ANN401
            update: bool = False,
            **_: Any,  # noqa: ANN401
        ) -> None:
            recorder.display(data, metadata, transient, update)

        def clear_output(self, wait: bool = False) -> None:
            recorder.clear(wait)

    class Hook(DisplayHook):
        def write_output_prompt(self) -> None:
            """Leave the prompt out: the output carries the count."""

        def write_format_data(self, format_dict: Any, md_dict: Any = None) -> None:  # noqa: ANN401
            recorder.add(
                "execute_result", data=format_dict, metadata=md_dict or {}, execution_count=self.prompt_count
            )

        def finish_displayhook(self) -> None:
            """Print no line after the output."""

    class Shell(InteractiveShell):
        display_pub_class, displayhook_class, compiler_class = Publisher, Hook, XCachingCompiler

        def _showtraceback(self, etype: type, evalue: Exception, stb: list[str]) -> None:
            recorder.add("error", ename=etype.__name__, evalue=str(evalue), traceback=stb)

        def init_sys_modules(self) -> None:
            """Keep the program's own __main__ for whoever unpickles; cells have their own namespace."""

    quiet = Config({"HistoryManager": {"enabled": False}})
    shell = Shell.instance(config=quiet, user_ns={"__name__": "__main__"})
    _draw_inline(shell)
    return shell


def _draw_inline(shell: Any) -> None:  # noqa: ANN401
    """Let a cell's open figures be shown at its end, as under a kernel."""
    os.environ["MPLBACKEND"] = _BACKEND
    import matplotlib
    from matplotlib_inline.backend_inline import flush_figures
    from matplotlib_inline.config import InlineBackend

    matplotlib.rcParams["backend"] = _BACKEND
    matplotlib.interactive(True)
    settings = InlineBackend.instance(parent=shell)
    settings.shell = shell
    shell.configurables.append(settings)
    shell.events.register("post_execute", flush_figures)
    from IPython.core.pylabtools import select_figure_formats

    select_figure_formats(  # type: ignore[no-untyped-call]
        shell, settings.figure_formats, **settings.print_figure_kwargs
    )
    shell.kernel = SimpleNamespace()
