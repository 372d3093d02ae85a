"""Runs jobs: one warm process per notebook, several at a time, none harming another.

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
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, as_completed
from dataclasses import dataclass, replace
from itertools import islice
from multiprocessing.connection import Connection, wait
from typing import Any

from drug_outcomes.batch.job import Job, Outcome
from drug_outcomes.errors import OutcomesError

#: A cell that runs longer than this is stopped; a process may address no more memory than this.
SECONDS_PER_CELL = 300.0
_MEMORY = 16 * 2**30
_WARM = "drug_outcomes.batch.warm"
_FORKS = sys.platform == "linux"


def run(
    jobs: Iterable[Job],
    at_a_time: int = 0,
    *,
    seconds_per_cell: float = SECONDS_PER_CELL,
    executor: Executor | None = None,
) -> Iterator[Outcome]:
    """Run jobs and yield each outcome as it comes; a failure is an outcome, not an exception.

    Parameters
    ----------
    at_a_time : processes at once; 0 is one per core.
    executor : anything with `submit`, such as a cluster's, that carries the jobs elsewhere instead.
    """
    if executor is not None:
        futures = [executor.submit(run_alone, job, seconds_per_cell) for job in jobs]
        yield from (future.result() for future in as_completed(futures))
        return
    waiting, running = iter(jobs), list[_Child]()
    slots = at_a_time or os.cpu_count() or 1
    try:
        while True:
            running += [_Child.start(job) for job in islice(waiting, slots - len(running))]
            if not running:
                return
            soonest = min(child.deadline(seconds_per_cell) for child in running) - time.monotonic()
            ready = wait([child.pipe for child in running], timeout=max(0.0, soonest))
            for child in list(running):
                if (outcome := child.heard(child.pipe in ready, seconds_per_cell)) is not None:
                    running.remove(child)
                    yield outcome
    finally:
        for child in running:
            child.end()


def run_alone(job: Job, seconds_per_cell: float = SECONDS_PER_CELL) -> Outcome:
    """Run one job in a process of its own, wherever this is called."""
    return next(run([job], 1, seconds_per_cell=seconds_per_cell))


@dataclass
class _Child:
    """A process at work on a job. It says over the pipe which cell it runs, and at last what became of it."""

    job: Job
    process: Any
    pipe: Connection
    began: float
    cell: int = 0
    cell_began: float = 0.0

    @classmethod
    def start(cls, job: Job) -> "_Child":
        context: Any = multiprocessing.get_context("forkserver" if _FORKS else "spawn")
        if _FORKS:
            context.set_forkserver_preload([_WARM])
        ours, theirs = context.Pipe()
        process = context.Process(target=_work, args=(job, theirs), name=job.name)
        process.start()
        theirs.close()
        now = time.monotonic()
        return cls(job, process, ours, now, cell_began=now)

    def deadline(self, seconds_per_cell: float) -> float:
        return self.cell_began + seconds_per_cell

    def heard(self, ready: bool, seconds_per_cell: float) -> Outcome | None:
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
        if now < self.deadline(seconds_per_cell):
            return None
        return self._failed(f"stopped after {seconds_per_cell:,.0f} seconds in this cell")

    def _failed(self, reason: str) -> Outcome:
        told = f"notebook {self.job.name}, cell {self.cell}: {reason}"
        return self._ended(Outcome(self.job, told, 1, time.monotonic() - self.began))

    def _ended(self, outcome: Outcome) -> Outcome:
        self.end()
        return outcome

    def end(self) -> None:
        """End the process and all it started."""
        if self.process.is_alive():
            _signal_group(self.process.pid)
        self.process.join()
        self.pipe.close()


def _signal_group(pid: int) -> None:
    """Kill a process and its group; right after its start it may not lead one yet."""
    for kill in (getattr(os, "killpg", os.kill), os.kill):
        try:
            kill(pid, getattr(signal, "SIGKILL", signal.SIGTERM))
        except (ProcessLookupError, PermissionError):
            continue


def _work(job: Job, pipe: Connection) -> None:
    """Do a job in this process, which ends afterwards."""
    _settle()
    from drug_outcomes.batch import shell
    from drug_outcomes.batch.job import perform

    shell.on_cell = pipe.send
    _end_with(pipe)
    reason, code = "", 0
    try:
        perform(job, shell.NAME if _FORKS else None)
    except OutcomesError as refusal:
        reason, code = str(refusal), refusal.exit_code
    except BaseException as failure:
        reason, code = f"notebook {job.name}: {type(failure).__name__}: {failure}", 1
    pipe.send(Outcome(job, reason, code, memory=_peak_memory()))


def _settle() -> None:
    """Make this process a leader of its group, with limits and fixed seeds, deaf to the driver's Ctrl-C."""
    import random

    import numpy as np

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
