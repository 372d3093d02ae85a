"""How much faster the batch is than a loop of commands, on the same notebooks and periods.

Run with `uv run python tests/benchmarks/batch.py`. It prints ratios, processor seconds and memory of:
the loop of `papermill` and `jupyter nbconvert` commands; papermill's API in a process pool; the batch; and the
same computing and drawing in forked plain Python processes. Then an unchanged run, and many made areas.
"""

import argparse
import json
import multiprocessing
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from itertools import pairwise
from multiprocessing import forkserver
from pathlib import Path
from typing import Any

import pandas as pd

from drug_outcomes.definitions import framework
from drug_outcomes.disclosure.released_files import HANDED
from drug_outcomes.publishing import site, snapshots, steps
from drug_outcomes.publishing.batch import engine
from drug_outcomes.publishing.batch.job import Job
from drug_outcomes.reporting import report

PROJECT = Path(__file__).resolve().parents[2]
PRIORITIES = ("break_supply_chains", "treatment_and_recovery", "reduce_demand")
AT_A_TIME = 2


def measured(name: str, work: Callable[[], object]) -> tuple[str, float, float]:
    """Run `work` and return its name, wall seconds and processor seconds of all processes."""
    before, began = _used(), time.perf_counter()
    work()
    used = _used() - before
    seconds = time.perf_counter() - began
    print(f"{name}: {seconds:.1f} s", flush=True)
    return name, seconds, used


def _used() -> float:
    """Return the processor seconds of this process and of all that has ended below it.

    The warm process is not waited for, so what it and its children used is read from where Linux tells it.
    """
    pid = forkserver._forkserver._forkserver_pid
    told = Path(f"/proc/{pid}/stat")
    server = told.read_text().rpartition(")")[2].split()[11:15] if pid and told.exists() else []
    return sum(os.times()[:4]) + sum(map(int, server)) / os.sysconf("SC_CLK_TCK")


def commands(job: Job) -> None:
    """Run one notebook as two commands, as a shell loop would."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    environment = {**os.environ, "PATH": path, HANDED: job.cleared, framework.HOME_VARIABLE: job.home}
    quiet = {"env": environment, "check": True, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    parameters = [word for pair in job.parameters.items() for word in ("-p", *pair)]
    subprocess.run(["papermill", job.notebook, job.output, *parameters, "--cwd", job.home], **quiet)
    subprocess.run(["jupyter", "nbconvert", "--to", "html", "--no-input", job.output], **quiet)


def in_pool(job: Job) -> None:
    """Run one notebook with papermill's API and convert it with a kept exporter: the strong peer."""
    import papermill
    from nbconvert import HTMLExporter

    os.environ.update({HANDED: job.cleared, framework.HOME_VARIABLE: job.home})
    node = papermill.execute_notebook(
        job.notebook, job.output, parameters=job.parameters, progress_bar=False, cwd=job.home
    )
    global _exporter
    _exporter = _exporter or HTMLExporter(exclude_input=True)
    Path(job.page).write_text(_exporter.from_notebook_node(node)[0], encoding="utf-8")


_exporter = None


def plainly(job: Job) -> None:
    """Do what the cells of a notebook do in this process, without a notebook: the floor."""
    import nbformat

    os.environ.update({HANDED: job.cleared, framework.HOME_VARIABLE: job.home})
    names: dict[str, object] = dict(job.parameters)
    for cell in nbformat.read(job.notebook, as_version=4).cells:
        if cell.cell_type == "code" and "parameters" not in cell.metadata.get("tags", []):
            *first, last = cell.source.strip().splitlines()
            exec("\n".join(first), names)  # noqa: S102 - our own notebooks
            shown = eval(last, names)  # noqa: S307
            shown._repr_html_()


def forked(work: Callable[[list[Any]], object], parts: list[Any]) -> None:
    """Do the parts in two forked processes that have everything imported."""
    context = multiprocessing.get_context("fork")
    workers = [context.Process(target=work, args=(parts[place::AT_A_TIME],)) for place in range(AT_A_TIME)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    if failed := [worker.exitcode for worker in workers if worker.exitcode]:
        raise SystemExit(f"a plain process ended with {failed[0]}")


def all_plainly(jobs: list[Job]) -> None:
    """Do the notebooks of some jobs, without a notebook."""
    for job in jobs:
        plainly(job)


def cleared_and_plainly(requests: list[site.Request]) -> None:
    """Clear figures, and do the notebooks that show them, without a notebook."""
    home = framework.home()
    for prepared in steps.Clearing(home, tuple(requests), force=True).do():
        all_plainly(list(prepared.jobs))
        prepared.sweep()


def copied() -> Path:
    home = Path(tempfile.mkdtemp(prefix="benchmark-"))
    for name in ("data", "notebooks"):
        shutil.copytree(PROJECT / name, home / name, ignore=shutil.ignore_patterns("store"))
    os.environ[framework.HOME_VARIABLE] = str(home)
    return home


def compare(quarters: int) -> None:
    """Print how the ways compare on 3 notebooks x `quarters`: notebooks alone, then with clearing."""
    home = copied()
    last = report.question(home, "exampleshire").period
    first = last.shifted(-3 * (quarters - 1)).label
    wanted = snapshots.requests(area="exampleshire", first=first, last=last.label, only=PRIORITIES)
    began = time.perf_counter()
    ready = steps.Clearing(home, tuple(wanted), force=True).do()
    print(f"files parsed and figures cleared in one process: {time.perf_counter() - began:.1f} s", flush=True)
    jobs = [job for prepared in ready for job in prepared.jobs]
    print(f"\n{len(jobs)} notebooks, {AT_A_TIME} at a time, figures cleared before", flush=True)
    ways(ours=lambda: consumed(engine.run(deque(jobs), AT_A_TIME)), jobs=jobs, plain=lambda: forked(all_plainly, jobs))
    print(f"\n{len(jobs)} notebooks, {AT_A_TIME} at a time, clearing included", flush=True)
    ways(
        ours=lambda: consumed(snapshots.build_all(wanted, force=True, jobs=AT_A_TIME)),
        jobs=[aside(job, home / "aside" / str(number)) for number, job in enumerate(jobs)],
        plain=lambda: forked(cleared_and_plainly, wanted),
    )
    shutil.rmtree(home)


def aside(job: Job, folder: Path) -> Job:
    """Return a job that clears its own figures and writes where no run of the batch sweeps."""
    folder.mkdir(parents=True)
    return replace(job, cleared="", output=str(folder / "done.ipynb"), page=str(folder / "done.html"))


def consumed(items: Iterable[object]) -> None:
    """Take everything; stop at the first outcome that failed."""
    for item in items:
        if reason := getattr(item, "reason", ""):
            raise SystemExit(reason)


def ways(ours: Callable[[], object], jobs: list[Job], plain: Callable[[], object]) -> None:
    """Measure the four ways, and print how many times longer the others take than the batch."""
    context = multiprocessing.get_context("spawn")

    def pool() -> None:
        with ProcessPoolExecutor(AT_A_TIME, mp_context=context) as executor:
            list(executor.map(in_pool, jobs))

    results = [
        measured("the batch", ours),
        measured("papermill's API in a process pool", pool),
        measured("loop of commands", lambda: [commands(job) for job in jobs]),
        measured("plain forked processes", plain),
    ]
    _, own, own_used = results[0]
    for name, seconds, used in results:
        print(
            f"{name:36} {seconds:8.1f} s, {seconds / own:6.2f} x the batch; "
            f"{used:8.1f} processor seconds, {used / own_used:6.2f} x",
            flush=True,
        )
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"largest process so far {memory:.0f} MiB", flush=True)


def unchanged(quarters: int) -> None:
    """Print what share of a build an unchanged run takes, as whole commands."""
    home = copied()
    last = report.question(home, "exampleshire").period
    words = [
        "snapshot",
        "--area",
        "exampleshire",
        "--from",
        last.shifted(-3 * (quarters - 1)).label,
        "--to",
        last.label,
    ]
    command = [sys.executable, "-m", "drug_outcomes", *words]
    first = measured("build", lambda: subprocess.run(command, check=True, stdout=subprocess.DEVNULL))
    again = measured("unchanged run", lambda: subprocess.run(command, check=True, stdout=subprocess.DEVNULL))
    print(f"an unchanged run takes {100 * again[1] / first[1]:.2f} % of the build")
    shutil.rmtree(home)


def made(data: Path, areas: int) -> None:
    """Make areas like Exampleshire in place of the two that ship; they share its national extracts."""
    example = data / "areas" / "exampleshire"
    table = pd.read_csv(data / "framework" / "sources.csv", dtype=str)
    national = set(table.loc[table["coverage"] == "national", "source"])
    log = pd.read_csv(example / "received.csv", dtype=str, keep_default_na=False)
    shared = log["source"].isin(national) & log["file"].str.startswith("received/")
    log[shared].to_csv(data / "received.csv", index=False)
    log[~shared].to_csv(example / "received.csv", index=False)
    (data / "received").mkdir()
    for name in sorted(set(log.loc[shared, "source"])):
        shutil.move(example / "received" / name, data / "received" / name)
    for number in range(areas):
        shutil.copytree(example, data / "areas" / f"made-{number:03}")
    for name in ("southampton", "exampleshire"):
        shutil.rmtree(data / "areas" / name)


def many(areas: int) -> None:
    """Print seconds per snapshot in the first and last quarter of a run over made areas, and memory."""
    home = copied()
    made(home / "data", areas)
    stamps = [time.perf_counter()]
    wanted = snapshots.requests(area="all", only=(*PRIORITIES, "scorecard"))
    for _ in snapshots.build_all(wanted, jobs=AT_A_TIME):
        stamps.append(time.perf_counter())
    start, *each = [after - before for before, after in pairwise(stamps)]
    quarter = max(1, len(each) // 4)
    first, last = (sum(part) / len(part) for part in (each[:quarter], each[-quarter:]))
    rows = json.loads((home / "outputs" / ".runs" / "last.json").read_text(encoding="utf-8"))
    print(f"the first snapshot, which reads the national extracts: {start:.2f} s")
    print(f"{len(each)} more: {first:.2f} s each in the first quarter, {last:.2f} s in the last ({last / first:.2f})")
    peaks: dict[str, float] = {}
    for row in rows[1:]:
        kind = row.get("notebook") or row["step"]
        kind = kind.partition(" (")[0]
        peaks[kind] = max(peaks.get(kind, 0), row["memory_mib"])
    print(f"memory per worker at most {max(peaks.values()):.0f} MiB: {peaks}")
    print(f"memory of the worker that read the national extracts {rows[0]['memory_mib']:.0f} MiB")
    print(f"memory of the driver {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")
    shutil.rmtree(home)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quarters", type=int, default=8)
    parser.add_argument("--areas", type=int, default=151)
    parser.add_argument("--part", choices=("compare", "unchanged", "many"), help="one part alone")
    chosen = parser.parse_args()
    parts = {
        "compare": lambda: compare(chosen.quarters),
        "unchanged": lambda: unchanged(chosen.quarters),
        "many": lambda: many(chosen.areas),
    }
    for name, part in parts.items():
        if chosen.part in (None, name):
            part()
