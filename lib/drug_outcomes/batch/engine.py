"""Runs jobs, several at a time, and returns what they wrote in the order asked for."""

import multiprocessing
import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import Any

from tqdm import tqdm

from drug_outcomes.batch.job import Job, execute


def run(jobs: Sequence[Job], at_a_time: int, progress: "tqdm[Any]") -> list[str]:
    """Execute every job and return the notebooks they wrote; the first failure is raised."""
    workers = min(at_a_time or os.cpu_count() or 1, len(jobs))
    with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        futures = [pool.submit(execute, job) for job in jobs]
        for future in futures:
            future.add_done_callback(lambda _: progress.update())
        return [future.result() for future in futures]
