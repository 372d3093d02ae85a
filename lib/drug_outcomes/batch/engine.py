"""Runs tasks: one warm process for each, several at a time, none harming another.

On Linux a server process imports everything once and is forked for each notebook, which then runs without
a kernel. Elsewhere each notebook gets a new process and the ordinary kernel, with the same result. A
process that hangs or crashes is ended with everything it started; the others go on.
"""

import multiprocessing
import os
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor
from concurrent.futures import wait as wait_for
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import replace
from multiprocessing import forkserver
from multiprocessing.connection import Connection, wait
from typing import Any

from drug_outcomes.batch.job import FORKS, Job, Outcome, Task
from drug_outcomes.errors import OutcomesError

#: A cell that runs longer than this is stopped; a process may address no more memory than this.
SECONDS_PER_CELL = 300.0
_MEMORY = 16 * 2**30
#: Imported in the warm process: what notebooks need, then what clears their figures and writes the other pages.
_WARM = ("drug_outcomes.batch.warm", "drug_outcomes.snapshots")
#: multiprocessing keeps its list of children for one thread at a time.
_STARTING = threading.Lock()
#: Seconds between looks at whether a run is to stop.
_GLANCE = 0.2


def warm_up() -> None:
    """Start the process that is forked for each task, so that it imports while the driver does."""
    if FORKS:
        # What a process frees goes back at once, so that several at a time fit into a small machine.
        os.environ.setdefault("MALLOC_TRIM_THRESHOLD_", str(128 * 1024))
        multiprocessing.set_forkserver_preload(list(_WARM))
        forkserver.ensure_running()


def run(
    queue: deque[Task],
    at_a_time: int = 0,
    *,
    seconds_per_cell: float = SECONDS_PER_CELL,
    executor: Executor | None = None,
) -> Generator[Outcome, None, None]:
    """Do tasks and yield each outcome as it comes; a failure is an outcome, not an exception.

    Parameters
    ----------
    queue : tasks, taken from the left. Whoever takes an outcome may add the tasks that follow from it.
    at_a_time : processes at once on this machine; 0 is one per core.
    executor : anything with `submit`, such as a cluster's, that carries the tasks elsewhere instead.
    """
    slots = at_a_time or os.cpu_count() or 1
    carried = _this_machine(slots) if executor is None else nullcontext(_carrier(executor))
    running: dict[Future[Outcome], Task] = {}
    with carried as submit:
        try:
            while queue or running:
                while queue and (executor is not None or len(running) < slots):
                    task = queue.popleft()
                    running[submit(task, seconds_per_cell)] = task
                for future in wait_for(running, return_when=FIRST_COMPLETED).done:
                    yield _outcome(future, running.pop(future))
        finally:
            for future in running:
                future.cancel()  # what a cluster has not begun


_Carrier = Callable[[Task, float], Future[Outcome]]


def _carrier(executor: Executor) -> _Carrier:
    return lambda task, seconds_per_cell: executor.submit(run_alone, task, seconds_per_cell)


@contextmanager
def _this_machine(slots: int) -> Iterator[_Carrier]:
    """Give what starts a task on this machine: a thread of the driver waits for each process.

    At the end, and on Ctrl-C, what still runs is ended.
    """
    stopped = threading.Event()
    with ThreadPoolExecutor(slots) as threads:
        try:
            yield lambda task, seconds: threads.submit(run_alone, task, seconds, stopped)
        finally:
            stopped.set()


def _outcome(future: Future[Outcome], task: Task) -> Outcome:
    """Return what became of a task; a machine that was lost more often than an executor tries is told as such."""
    try:
        return future.result()
    except Exception as lost:
        return Outcome(task, f"{_place(task)}: {type(lost).__name__}: {lost}", 1)


def run_alone(task: Task, seconds_per_cell: float, stopped: threading.Event | None = None) -> Outcome:
    """Do one task in a process of its own, wherever this is called, and wait for it.

    Dask's workers are daemons, which may have no children lest these outlive them; ours end with their parent.
    """
    multiprocessing.current_process()._config["daemon"] = False  # type: ignore[attr-defined]
    stopped = stopped or threading.Event()
    began = heard = time.monotonic()
    limit, cell = task.limit or seconds_per_cell, -1
    process, pipe = _started(task)
    try:
        while not stopped.is_set() and time.monotonic() - heard < limit:
            if not pipe.poll(_GLANCE):
                continue
            said, heard = pipe.recv(), time.monotonic()
            if isinstance(said, Outcome):
                return replace(said, seconds=heard - began)
            cell = said
        reason = f"stopped after {limit:,.0f} seconds{' in this cell' * (cell >= 0)}"
    except (EOFError, OSError):
        process.join()
        reason = f"its process ended without a word (exit code {process.exitcode})"
    finally:
        _end(process, pipe)
    told = f"{_place(task)}{f', cell {cell}' * (cell >= 0)}: {reason}"
    return Outcome(task, told, 1, time.monotonic() - began)


def _place(task: Task) -> str:
    return f"notebook {task.name}" if isinstance(task, Job) else task.name


def _started(task: Task) -> tuple[Any, Connection]:
    """Start a process for a task; return it and the driver's end of the pipe over which it speaks."""
    warm_up()
    context: Any = multiprocessing.get_context("forkserver" if FORKS else "spawn")
    with _STARTING:
        ours, theirs = context.Pipe()
        process = context.Process(target=_work, args=(task, theirs), name=task.name)
        process.start()
        theirs.close()
    return process, ours


def _end(process: Any, pipe: Connection) -> None:  # noqa: ANN401
    """Kill a process and all it started, and wait until it is gone; right after its start it may lead no group yet."""
    for kill in (getattr(os, "killpg", os.kill), os.kill):
        with suppress(ProcessLookupError, PermissionError):
            kill(process.pid, getattr(signal, "SIGKILL", signal.SIGTERM))
    with _STARTING:
        process.join()
    pipe.close()


def _work(task: Task, pipe: Connection) -> None:
    """Do a task in this process, which ends afterwards. It says which cell it runs, and at last what became of it."""
    _settle()
    threading.Thread(target=_end_with, args=(pipe,), daemon=True).start()
    reason, code, result = "", 0, None
    try:
        result = task.do(pipe.send)
    except OutcomesError as refusal:
        reason, code = str(refusal), refusal.exit_code
    except BaseException as failure:
        reason, code = f"{task.name}: {type(failure).__name__}: {failure}", 1
    pipe.send(Outcome(task, reason, code, memory=_peak_memory(), result=result))


def _settle() -> None:
    """Make this process a leader of its group, with limits and fixed seeds, deaf to the driver's Ctrl-C."""
    import gc
    import random

    import numpy as np
    import pandas as pd
    import pyarrow as pa

    # Rows that say the same share one text, and what Arrow frees goes back: half the memory, and quicker.
    pd.set_option("mode.string_storage", "python")
    pa.set_memory_pool(pa.system_memory_pool())

    gc.freeze()  # what the warm process imported is never garbage; looking for it took a fifth of the time
    os.environ["OMP_NUM_THREADS"] = "1"
    random.seed(0)
    np.random.seed(0)  # noqa: NPY002 - notebooks may use the old interface
    if hasattr(os, "setsid"):
        import resource

        os.setsid()
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    else:
        signal.signal(signal.SIGINT, signal.SIG_IGN)


def _end_with(pipe: Connection) -> None:
    """End this process, and all it started, as soon as the driver is gone."""
    wait([pipe])
    if hasattr(os, "killpg"):
        os.killpg(os.getpid(), signal.SIGKILL)
    os._exit(1)


def _peak_memory() -> float:
    try:
        import resource
    except ImportError:
        return float("nan")
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
