"""What a run does to outputs/ beside building: the lock, the sweep, putting a snapshot in its place, the summary.

A snapshot is built in a folder of its own beside the place where it will stand, so that a run killed at any
moment leaves every earlier snapshot whole.
"""

import ctypes
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from drug_outcomes.definitions import periods
from drug_outcomes.errors import UsageError
from drug_outcomes.publishing.batch.job import Job, Outcome


@contextmanager
def one_run_at_a_time(root: Path) -> Iterator[None]:
    """Hold the lock on outputs/, and sweep what a killed run left."""
    try:
        with FileLock(runs(root) / "lock", timeout=0):
            sweep(root)
            yield
    except Timeout as busy:
        raise UsageError(
            "another run is building snapshots in this folder", try_next="wait until it has finished, or stop it"
        ) from busy


def runs(root: Path) -> Path:
    """Return the folder of what runs leave beside snapshots: the lock, the summary, failed notebooks."""
    folder = root / "outputs" / ".runs"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def sweep(root: Path) -> None:
    """Remove what a killed run left; a snapshot that was moved aside to be replaced is put back first."""
    for leftover in (root / "outputs").glob("*/*/.*-*"):
        target = leftover.with_name(leftover.name[1:].rpartition("-")[0])
        if (leftover / _OLD).is_dir() and not target.exists():
            (leftover / _OLD).replace(target)
        _remove(leftover)
    for handed in runs(root).glob("handed-*"):
        shutil.rmtree(handed, ignore_errors=True)


def keep_for_the_analyst(root: Path, job: Job, *, failed: bool) -> None:
    """Keep the partly executed notebook of a failed run under outputs/.runs/failed, until it succeeds.

    Nobody but the owner can open it: it may hold what only the partnership sees.
    """
    output, folder = Path(job.output), runs(root) / "failed"
    kept = folder / f"{periods.slug(job.name)}.ipynb"
    if not failed:
        kept.unlink(missing_ok=True)
    elif output.exists():
        folder.mkdir(mode=0o700, exist_ok=True)
        shutil.copyfile(output, kept)


def summarise(root: Path, finished: Sequence[Outcome]) -> None:
    """Write seconds and peak memory per notebook to outputs/.runs, and print them to a person at a terminal."""
    rows = [
        {
            "notebook" if isinstance(each.job, Job) else "step": each.job.name,
            "seconds": round(each.seconds, 2),
            "memory_mib": round(each.memory),
            "failed": each.reason,
        }
        for each in finished
    ]
    file = runs(root) / "last.json"
    file.write_text(json.dumps(rows, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    if sys.stderr.isatty():
        for row in rows:
            name = row.get("notebook") or row["step"]
            print(f"{name}: {row['seconds']} s, {row['memory_mib']} MiB", file=sys.stderr)


def put_in_place(folder: Path, target: Path) -> None:
    """Put `folder` where `target` stands.

    On Linux the two change places in one step. Elsewhere the old snapshot is moved aside first, and a run
    that is killed just then leaves it for `sweep` to put back.
    """
    if not target.exists():
        folder.replace(target)
    elif _exchanged(folder, target):
        _remove(folder)
    else:
        aside = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
        target.replace(aside / _OLD)
        folder.replace(target)
        _remove(aside)


def _remove(folder: Path) -> None:
    """Remove a folder, read-only files of a released edition too; what cannot be removed now is swept next time."""
    for file in folder.rglob("*"):
        with suppress(OSError):
            file.chmod(0o700)
    shutil.rmtree(folder, ignore_errors=True)


_OLD = "old"
_HERE, _EXCHANGE = -100, 2  # AT_FDCWD and RENAME_EXCHANGE of renameat2(2)


def _exchanged(folder: Path, target: Path) -> bool:
    """Let two folders change places at once; return whether the system and its file system can."""
    if sys.platform != "linux":
        return False
    try:
        rename = ctypes.CDLL(None).renameat2
    except AttributeError:
        return False
    return bool(rename(_HERE, os.fsencode(folder), _HERE, os.fsencode(target), _EXCHANGE) == 0)
