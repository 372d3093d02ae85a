"""How much memory all areas take, and how much faster one area is read: `python tests/benchmarks/store.py`.

151 areas x 40 measures x 60 quarters x 14 rows each, about 5 million, taken in as ten national extracts are.
Each reading runs in a process of its own, so that its peak of memory is its own.
"""

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from drug_outcomes.intake import partitions
from exampleshire.many import many_areas
from exampleshire.places import ENGLAND_CODE

AREAS, MEASURES, QUARTERS, ROWS, FILES = 151, 40, 60, 14, 10
LIMIT_MIB, TIMES_FASTER = 2048, 50


def kept(folder: Path) -> partitions.Kept:
    """Return the trees below a folder."""
    return partitions.Kept(folder / "national", folder / "restricted" / "national")


def make(folder: Path) -> None:
    """Take the files in, one after another."""
    each = MEASURES // FILES
    index, keys = partitions.Index(), {}
    for number in range(FILES):
        names = [f"measure_{number * each + place + 1:02d}" for place in range(each)]
        rows = many_areas(AREAS, each, QUARTERS, ROWS, seed=number + 1, names=names)
        keys = keys | {f"{number}.csv": str(number)}
        fresh = partitions.table(rows.assign(file=f"{number}.csv"))
        index = kept(folder).renewed(index, keys, fresh)


def read(folder: Path, what: str) -> None:
    """Read all areas, or one, alone or with England; print rows, the median of seconds and the peak of memory."""
    where, seconds = kept(folder), []
    index = where.index()
    one = next(code for code in index.public if code != ENGLAND_CODE)
    codes = {"one": {one}, "with_england": {one, ENGLAND_CODE}}
    for _ in range(3 if what == "all" else 9):
        rows = None  # what was read before must not stand beside what is read now
        start = time.perf_counter()
        rows = (
            partitions.every_area(where.public / name for name in index.public.values())
            if what == "all"
            else partitions.frame(where.read(where.index(), codes[what]))
        )
        seconds.append(time.perf_counter() - start)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(len(rows), sorted(seconds)[len(seconds) // 2], peak)


def main() -> int:
    """Print both figures and say whether they hold."""
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-P", __file__, "make", folder], check=True)
        size = sum(file.stat().st_size for file in Path(folder).rglob("*.parquet")) / 2**20
        print(f"{AREAS} areas in {size:,.0f} MiB of Parquet")
        for what in ("all", "one", "with_england"):
            told = [sys.executable, "-P", __file__, what, folder]
            done = subprocess.run(told, check=True, capture_output=True, text=True)
            rows, seconds, peak = map(float, done.stdout.split())
            found[what] = (seconds, peak)
            print(f"{what:>12}: {rows:>9,.0f} rows in {seconds:8.4f} s, peak of memory {peak:,.0f} MiB")
    faster = found["all"][0] / found["one"][0]
    print(f"one area is read {faster:,.0f} times faster than all (at least {TIMES_FASTER} wanted)")
    print(f"all areas take {found['all'][1]:,.0f} MiB at their peak (at most {LIMIT_MIB:,} wanted)")
    return int(faster < TIMES_FASTER or found["all"][1] > LIMIT_MIB)


if __name__ == "__main__":
    if len(sys.argv) == 1:
        sys.exit(main())
    task, place = sys.argv[1], Path(sys.argv[2])
    make(place) if task == "make" else read(place, task)
