"""Runs tasks: one warm process for each, several at a time, none harming another.

On Linux a server process imports everything once and is forked for each notebook, which then runs without
a kernel. Elsewhere each notebook gets a new process and the ordinary kernel, with the same result. A
process that hangs or crashes is ended with everything it started; the others go on.
"""

import multiprocessing
import os
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Generator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor
from concurrent.futures import wait as wait_for
from contextlib import suppress
from dataclasses import replace
from multiprocessing import forkserver
from multiprocessing.connection import Connection, wait
from typing import Any

from drug_outcomes import fingerprints
from drug_outcomes.errors import OutcomesError
from drug_outcomes.publishing.batch.job import FORKS, HOME, Job, Outcome, Task

#: A cell that runs longer than this is stopped; a process may address no more memory than this.
SECONDS_PER_CELL = 300.0
_MEMORY = 16 * 2**30
#: Imported in the warm process: what notebooks need, then what clears their figures and writes the other pages.
_WARM = ("drug_outcomes.publishing.batch.warm", "drug_outcomes.publishing.steps")
#: multiprocessing keeps its list of children for one thread at a time.
_STARTING = threading.Lock()
#: Seconds between looks at whether a run is to stop, and seconds that it then waits for its processes to end.
_GLANCE, _PATIENCE = 0.2, 1.0


def warm_up() -> None:
    """Start the process that is forked for each task, so that it imports while the driver does."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
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
    at_a_time : tasks at once; 0 is one per core of this machine.
    executor : anything with `submit`, such as a cluster's, that carries the tasks elsewhere; without it a thread of
        this process waits for each.
    """
    slots = at_a_time or os.cpu_count() or 1
    stopped = threading.Event()
    carrier = executor or ThreadPoolExecutor(slots)
    local = () if executor else (stopped,)
    running: dict[Future[Outcome], Task] = {}
    try:
        while queue or running:
            while queue and len(running) < slots:
                task = queue.popleft()
                running[carrier.submit(run_alone, task, seconds_per_cell, fingerprints.code(), *local)] = task
            for future in wait_for(running, return_when=FIRST_COMPLETED).done:
                yield _outcome(future, running.pop(future))
    finally:
        stopped.set()
        for future in running:
            future.cancel()
        if executor is None:
            wait_for(running, timeout=_PATIENCE)
            carrier.shutdown(wait=False)


def _outcome(future: Future[Outcome], task: Task) -> Outcome:
    """Return what became of a task; a machine that was lost more often than an executor tries is told as such."""
    try:
        return future.result()
    except Exception as lost:
        return Outcome(task, f"{_place(task, -1)}: {type(lost).__name__}: {lost}", 1)


def run_alone(task: Task, seconds_per_cell: float, code: str, stopped: threading.Event | None = None) -> Outcome:
    """Do one task in a process of its own, wherever this is called, and wait for it.

    Dask's workers are daemons, which may have no children lest these outlive them; ours end with their parent.

    Parameters
    ----------
    code : the digest of the library and packages that the task is meant for; others are refused.
    stopped : once it is set the process is ended.
    """
    multiprocessing.current_process()._config["daemon"] = False  # type: ignore[attr-defined]
    stopped = stopped or threading.Event()
    began, limit, cell = time.monotonic(), task.limit or seconds_per_cell, -1
    process, pipe = _started(task, code)  # the first waits until the warm process has imported everything
    heard = time.monotonic()
    try:
        while not stopped.is_set() and time.monotonic() - heard < limit:
            if not pipe.poll(_GLANCE):
                continue
            said, heard = pipe.recv(), time.monotonic()
            if isinstance(said, Outcome):
                told = said.reason and f"{_place(task, cell)}: {said.reason}"
                return replace(said, reason=told, seconds=heard - began)
            cell = said
        reason = f"stopped after {limit:,.0f} seconds{' in this cell' * (cell >= 0)}"
    except (EOFError, OSError):
        with _STARTING:
            process.join(_PATIENCE)
        reason = f"its process ended without a word (exit code {process.exitcode})"
    finally:
        _end(process, pipe)
    return Outcome(task, f"{_place(task, cell)}: {reason}", 1, time.monotonic() - began)


def _place(task: Task, cell: int) -> str:
    return ("notebook " * isinstance(task, Job)) + task.name + (f", cell {cell}" * (cell >= 0))


def _started(task: Task, code: str) -> tuple[Any, Connection]:
    """Start a process for a task; return it and the driver's end of the pipe over which it speaks."""
    warm_up()
    context: Any = multiprocessing.get_context("forkserver" if FORKS else "spawn")
    with _STARTING:
        ours, theirs = context.Pipe()
        process = context.Process(target=_work, args=(task, code, theirs), name=task.name)
        process.start()
        theirs.close()
    return process, ours


def _end(process: Any, pipe: Connection) -> None:  # noqa: ANN401
    """Kill a process and all it started, and wait until it is gone; right after its start it may lead no group yet.

    The ordinary kernel stands in a group of its own and is found as a descendant.
    """
    end = getattr(signal, "SIGKILL", signal.SIGTERM)
    with _STARTING:
        alive = [process.pid] if process.is_alive() else []
    started = [] if FORKS else _descendants(process.pid)
    group = [(os.killpg, process.pid)] if hasattr(os, "killpg") else []
    for send, pid in (*group, *((os.kill, pid) for pid in (*alive, *started))):
        with suppress(OSError):  # it is gone
            send(pid, end)
    with _STARTING:
        process.join()
    pipe.close()


def _descendants(pid: int) -> list[int]:
    import psutil

    with suppress(psutil.Error):
        return [each.pid for each in psutil.Process(pid).children(recursive=True)]
    return []


def _work(task: Task, code: str, pipe: Connection) -> None:
    """Do a task in this process, which ends afterwards. It says which cell it runs, and at last what became of it."""
    threading.Thread(target=_end_with, args=(pipe,), daemon=True).start()
    reason, exit_code, result = "", 0, None
    try:
        _settle(task.home)
        _require(code)
        result = task.do(pipe.send)
    except OutcomesError as refusal:
        reason, exit_code = str(refusal), refusal.exit_code
    except BaseException as failure:
        reason, exit_code = f"{type(failure).__name__}: {failure}", 1
    pipe.send(Outcome(task, reason, exit_code, memory=_peak_memory(), result=result))


def _settle(home: str) -> None:
    """Give this process its home, its limits and fixed seeds, and make it deaf to the driver's Ctrl-C."""
    import gc
    import random

    import numpy as np
    import pandas as pd
    import pyarrow as pa

    os.environ[HOME] = home
    # Rows that say the same share one text, and what Arrow frees goes back: half the memory, and quicker.
    pd.set_option("mode.string_storage", "python")
    pa.set_memory_pool(pa.system_memory_pool())
    gc.freeze()  # what the warm process imported is never garbage; looking for it took a fifth of the time
    random.seed(0)
    np.random.seed(0)  # noqa: NPY002 - notebooks may use the old interface
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(os, "setsid"):
        os.setsid()
    if sys.platform == "linux":
        import resource

        most = resource.getrlimit(resource.RLIMIT_AS)[1]
        limit = _MEMORY if most == resource.RLIM_INFINITY else min(_MEMORY, most)
        resource.setrlimit(resource.RLIMIT_AS, (limit, most))


def _require(code: str) -> None:
    """Refuse to work with another library than the driver's: its pages would pass for the driver's."""
    if fingerprints.code() != code:
        raise OutcomesError(
            "the library or a package is not the one that the run began with",
            expected="the same versions on every machine, and no change while a run is going on",
            try_next="install the same versions, start the workers of a cluster again, and run again",
        )


def _end_with(pipe: Connection) -> None:
    """End this process, and all it started, as soon as the driver is gone."""
    wait([pipe])
    if hasattr(os, "killpg") and os.getpgrp() == os.getpid():
        os.killpg(os.getpid(), signal.SIGKILL)
    os._exit(1)


def _peak_memory() -> float:
    """Return the most memory that this process, or one it waited for, ever had in MiB; 0 where nobody tells."""
    try:
        import resource
    except ImportError:
        return 0.0
    peaks = [resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return max(peaks) / (1024**2 if sys.platform == "darwin" else 1024)
