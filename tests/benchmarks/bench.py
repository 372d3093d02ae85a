"""How long the everyday commands take, as ratios to a unit that every machine has.

Run with `uv run python tests/benchmarks/bench.py`. The unit is the processor time of importing pandas, pyarrow and
matplotlib.figure in a fresh process, measured beside every run, so that what else the machine does takes no side;
each line is the median of three runs, beside what is asked of it.
"""

import os
import resource
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

PROJECT = Path(__file__).resolve().parents[2]
UNIT = "import pandas, pyarrow, matplotlib.figure"
REPORT = "from drug_outcomes import Report"
OPEN = REPORT + "; Report.open('scorecard', area='{}')"
RUNS = 3


def processor(code: list[str], home: Path) -> float:
    """Run a command in a fresh process, and return the processor seconds of it and its children."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment |= {"DRUG_OUTCOMES_HOME": str(home)}
    ran = subprocess.run([sys.executable, *code], env=environment, cwd=home, capture_output=True, check=False)
    if ran.returncode not in (0, 1):
        raise SystemExit(ran.stderr.decode())
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def forget(home: Path) -> None:
    """Forget what was cleared, and keep what was read."""
    for kept in (home / "data/store/cleared", home / "data/store/restricted/cleared"):
        shutil.rmtree(kept, ignore_errors=True)


def main() -> None:
    """Measure on a copy of the project, and print the table."""
    with tempfile.TemporaryDirectory() as place:
        home = Path(place) / "project"
        for name in ("data", "notebooks"):
            shutil.copytree(PROJECT / name, home / name, ignore=shutil.ignore_patterns("store"))
        (home / "outputs").mkdir()
        for area in ("southampton", "exampleshire"):
            processor(["-c", OPEN.format(area)], home)  # everything is read once
        print(f"{'what':58}{'ratio':>8}{'asked':>8}", flush=True)

        def line(what: str, code: list[str], asked: str, *, first: bool = False) -> None:
            ratios = []
            for _ in range(RUNS):
                if first:
                    forget(home)
                imports = processor(["-c", REPORT], home) if first else 0.0
                ratios.append((processor(code, home) - imports) / processor(["-c", UNIT], home))
            print(f"{what:58}{median(ratios):8.2f}{asked:>8}", flush=True)

        line(REPORT, ["-c", REPORT], "1.3")
        for area, again, once in (("southampton", "1.5", "0.8"), ("exampleshire", "1.6", "2")):
            line(f"import and open {area}, nothing changed", ["-c", OPEN.format(area)], again)
            line(f"opening {area}, first time, files stored", ["-c", OPEN.format(area)], once, first=True)
        command = ["-m", "drug_outcomes"]
        processor([*command, "snapshot"], home)
        line("list, nothing changed", [*command, "list"], "1.6")
        line("check, nothing changed", [*command, "check"], "1.8")
        line("snapshot, nothing changed", [*command, "snapshot"], "0.15")


if __name__ == "__main__":
    main()
