"""Runs jobs: one warm process per notebook, several at a time, none harming another.

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
from concurrent.futures import FIRST_COMPLETED, Executor, Future
from concurrent.futures import wait as wait_for
from dataclasses import dataclass, replace
from multiprocessing import forkserver
from multiprocessing.connection import Connection, wait
from typing import Any

from drug_outcomes.batch.job import Job, Outcome, Task
from drug_outcomes.batch.shell import FORKS
from drug_outcomes.errors import OutcomesError

#: A cell that runs longer than this is stopped; a process may address no more memory than this.
SECONDS_PER_CELL = 300.0
_MEMORY = 16 * 2**30
#: Imported in the warm process: what notebooks need, then what clears their figures and writes the other pages.
_WARM = ("drug_outcomes.batch.warm", "drug_outcomes.snapshots")


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
    at_a_time : processes at once; 0 is one per core.
    executor : anything with `submit`, such as a cluster's, that carries the jobs elsewhere instead.
    """
    if executor is not None:
        yield from _elsewhere(queue, executor, seconds_per_cell)
        return
    running: list[_Child] = []
    slots = at_a_time or os.cpu_count() or 1
    try:
        while queue or running:
            while queue and len(running) < slots:
                running.append(_Child.start(queue.popleft(), seconds_per_cell))
            soonest = min(child.deadline for child in running) - time.monotonic()
            ready = wait([child.pipe for child in running], timeout=max(0.0, soonest))
            for child in list(running):
                if (outcome := child.heard(child.pipe in ready)) is not None:
                    running.remove(child)
                    yield outcome
    finally:
        for stop in (_Child.kill, _Child.end):
            for child in running:
                stop(child)


def _elsewhere(queue: deque[Task], executor: Executor, seconds_per_cell: float) -> Iterator[Outcome]:
    futures: set[Future[Outcome]] = set()
    while queue or futures:
        futures |= {executor.submit(run_alone, task, seconds_per_cell) for task in queue}
        queue.clear()
        done, futures = wait_for(futures, return_when=FIRST_COMPLETED)
        yield from (future.result() for future in done)


def run_alone(task: Task, seconds_per_cell: float = SECONDS_PER_CELL) -> Outcome:
    """Do one task in a process of its own, wherever this is called.

    Dask's workers are daemons, which may have no children lest these outlive them; ours end with their parent.
    """
    multiprocessing.current_process()._config["daemon"] = False  # type: ignore[attr-defined]
    return next(run(deque([task]), 1, seconds_per_cell=seconds_per_cell))


@dataclass
class _Child:
    """A process at work on a task. It says over the pipe which cell it runs, and at last what became of it."""

    job: Task
    process: Any
    pipe: Connection
    limit: float
    began: float
    cell: int = -1
    cell_began: float = 0.0

    @classmethod
    def start(cls, job: Task, seconds_per_cell: float) -> "_Child":
        warm_up()
        context: Any = multiprocessing.get_context("forkserver" if FORKS else "spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=_work, args=(job, theirs), name=job.name)
        process.start()
        theirs.close()
        now = time.monotonic()
        return cls(job, process, ours, job.limit or seconds_per_cell, now, cell_began=now)

    @property
    def deadline(self) -> float:
        return self.cell_began + self.limit

    def heard(self, ready: bool) -> Outcome | None:
        """Take what the pipe brings; return the outcome once there is one."""
        now = time.monotonic()
        try:
            if ready:
                said = self.pipe.recv()
                if isinstance(said, int):
                    self.cell, self.cell_began = said, now
                    return None
                return self._ended(replace(said, seconds=now - self.began))
        except (EOFError, OSError):
            self.process.join()
            return self._failed(f"its process ended without a word (exit code {self.process.exitcode})")
        if now < self.deadline:
            return None
        return self._failed(f"stopped after {self.limit:,.0f} seconds{' in this cell' * (self.cell >= 0)}")

    def _failed(self, reason: str) -> Outcome:
        place = f"notebook {self.job.name}" if isinstance(self.job, Job) else self.job.name
        told = f"{place}{f', cell {self.cell}' * (self.cell >= 0)}: {reason}"
        return self._ended(Outcome(self.job, told, 1, time.monotonic() - self.began))

    def _ended(self, outcome: Outcome) -> Outcome:
        self.end()
        return outcome

    def kill(self) -> None:
        """Kill the process and all it started."""
        if self.process.is_alive():
            _signal_group(self.process.pid)

    def end(self) -> None:
        """Kill the process and all it started, and wait until it is gone."""
        self.kill()
        self.process.join()
        self.pipe.close()


def _signal_group(pid: int) -> None:
    """Kill a process and its group; right after its start it may not lead one yet."""
    for kill in (getattr(os, "killpg", os.kill), os.kill):
        try:
            kill(pid, getattr(signal, "SIGKILL", signal.SIGTERM))
        except (ProcessLookupError, PermissionError):
            continue


def _work(job: Task, pipe: Connection) -> None:
    """Do a task in this process, which ends afterwards."""
    _settle()
    from drug_outcomes.batch import shell

    shell.on_cell = pipe.send
    _end_with(pipe)
    reason, code, result = "", 0, None
    try:
        result = job.do()
    except OutcomesError as refusal:
        reason, code = str(refusal), refusal.exit_code
    except BaseException as failure:
        reason, code = f"{job.name}: {type(failure).__name__}: {failure}", 1
    pipe.send(Outcome(job, reason, code, memory=_peak_memory(), result=result))


def _settle() -> None:
    """Make this process a leader of its group, with limits and fixed seeds, deaf to the driver's Ctrl-C."""
    import random

    import numpy as np
    import pandas as pd
    import pyarrow as pa

    # Rows that say the same share one text, and what Arrow frees goes back: half the memory, and quicker.
    pd.set_option("mode.string_storage", "python")
    pa.set_memory_pool(pa.system_memory_pool())

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

    def watch() -> None:
        wait([pipe])
        leave: Callable[[], None] = lambda: os._exit(1)  # noqa: E731
        if hasattr(os, "killpg"):
            os.killpg(os.getpid(), signal.SIGKILL)
        leave()

    threading.Thread(target=watch, daemon=True).start()


def _peak_memory() -> float:
    try:
        import resource
    except ImportError:
        return float("nan")
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
