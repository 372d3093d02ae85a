"""The batch: notebooks in processes of their own, faults that stay where they are, work that is not done twice."""

import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from drug_outcomes.batch import engine, shell
from drug_outcomes.batch.job import Job, Outcome
from material import PROJECT

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="processes are forked on Linux only")
EVERY_KIND_OF_OUTPUT = [
    "1 + 1",
    "print('out')\nprint('more')\nimport sys\nprint('err', file=sys.stderr)\nprint('again')",
    "import pandas as pd\npd.DataFrame({'a': [1, 2]})",
    "from IPython.display import HTML, display, clear_output\ndisplay(HTML('<b>x</b>'))\nHTML('<i>y</i>')",
    "handle = display('before', display_id='here')",
    "handle.update('after')",
    "print('gone')\nclear_output()\nprint('kept')",
    "print('gone later')\nclear_output(wait=True)\nprint('kept')",
    "import matplotlib.pyplot as plt\nfig, ax = plt.subplots(figsize=(2, 1))\nax.plot([1, 2, 3])\nplt.show()",
    "lines = plt.plot([3, 1])",
    "None",
    "x = 5;",
    "_ = 3\n'é ü'",
    "def broken():\n    return 1 / 0\n",
    ("broken()", "raises-exception"),
    ("def (", "raises-exception"),
    "import asyncio\nawait asyncio.sleep(0)\n'awaited'",
    "%%capture\nprint('swallowed')",
    "class Shown:\n    __repr__ = lambda self: 'plain'\n    _repr_html_ = lambda self: '<p>shown</p>'\nShown()",
    "import os\n__name__, os.getcwd() == os.path.abspath('.')",
]


def notebook(file: Path, cells: list[str | tuple[str, str]]) -> Path:
    made = [new_markdown_cell("# A page")]
    for cell in cells:
        source, tags = (cell, []) if isinstance(cell, str) else (cell[0], [cell[1]])
        made.append(new_code_cell(source, metadata={"tags": tags}))
    for place, cell in enumerate(made):
        cell["id"] = f"cell-{place}"
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    nbformat.write(new_notebook(cells=made, metadata={"kernelspec": kernel}), file)
    return file


def job(folder: Path, name: str, cells: list[str | tuple[str, str]]) -> Job:
    words = {
        "title": "A page",
        "period": "2024/25 Q3",
        "partnership": "Nobody",
        "here": "a.html",
        "marking": "Draft",
    }
    return Job(
        notebook=str(notebook(folder / f"{name}.ipynb", cells)),
        output=str(folder / f"{name}-done.ipynb"),
        page=str(folder / f"{name}.html"),
        parameters={"area": "nowhere", "period": "2024/25 Q3", "audience": "public"},
        cleared="",
        home=str(folder),
        words=words,
    )


def outcomes(jobs: list[Job], **options: float) -> dict[str, Outcome]:
    return {Path(each.job.notebook).stem: each for each in engine.run(jobs, 2, **options)}


@on_linux
def test_outputs_equal_the_ordinary_kernels_cell_for_cell(tmp_path):
    source = notebook(tmp_path / "kinds.ipynb", EVERY_KIND_OF_OUTPUT)
    # papermill raises at the end for any error in an output, expected or not, whatever the engine.
    script = (
        "import sys, contextlib, papermill\n"
        "with contextlib.suppress(papermill.PapermillExecutionError):\n"
        "    papermill.execute_notebook(sys.argv[1], sys.argv[2], engine_name=sys.argv[3] or None, progress_bar=False)"
    )
    for name, engine_name in (("ours", shell.NAME), ("theirs", "")):
        words = [sys.executable, "-c", script, source, tmp_path / f"{name}.ipynb", engine_name]
        subprocess.run(words, check=True, capture_output=True)

    ours, theirs = (
        nbformat.read(tmp_path / name, as_version=4).cells for name in ("ours.ipynb", "theirs.ipynb")
    )
    differing = [
        (mine.source, mine.get("outputs"), other.get("outputs"))
        for mine, other in zip(ours, theirs, strict=True)
        if (mine.get("outputs"), mine.get("execution_count"))
        != (other.get("outputs"), other.get("execution_count"))
    ]
    print(f"compared {len(ours)} cells with the ordinary kernel's")
    assert differing == []


def test_nothing_leaks_from_one_notebook_to_the_next(tmp_path):
    leak = job(
        tmp_path,
        "a",
        ["import os, sys, builtins\nos.environ['LEAK'] = '1'\nos.chdir('/')\nbuiltins.leak = 1"],
    )
    look = job(
        tmp_path,
        "b",
        ["import os, builtins\nassert 'LEAK' not in os.environ and not hasattr(builtins, 'leak')"],
    )

    done = list(engine.run([leak, look], 1))

    assert [each.reason for each in done] == ["", ""]


def test_a_failing_cell_is_named_and_the_others_finish(tmp_path):
    found = outcomes([job(tmp_path, "good", ["1"]), job(tmp_path, "bad", ["1", "raise ValueError('why')"])])

    assert found["good"].reason == ""
    assert "bad" in found["bad"].reason
    assert "ValueError: why" in found["bad"].reason


def test_a_hanging_cell_is_stopped_by_its_own_limit(tmp_path):
    hanging = ["1", "import time\ntry:\n    time.sleep(600)\nexcept BaseException:\n    time.sleep(600)"]
    found = outcomes([job(tmp_path, "hangs", hanging), job(tmp_path, "good", ["1"])], seconds_per_cell=10.0)

    assert ", cell 3: stopped after 10 seconds" in found["hangs"].reason
    assert found["good"].reason == ""


def test_a_crash_is_reported_with_its_cell_and_keeps_what_was_done(tmp_path):
    crashing = job(tmp_path, "dies", ["'first'", "import os\nos._exit(3)"])
    found = outcomes([crashing, job(tmp_path, "good", ["1"])])

    assert ", cell 3: its process ended" in found["dies"].reason
    assert Path(crashing.output).exists()
    assert found["good"].reason == ""


@on_linux
def test_children_end_with_their_driver(tmp_path):
    job(
        tmp_path,
        "hangs",
        [
            "import os, pathlib\npathlib.Path('pid').write_text(str(os.getpid()))\nimport time\ntime.sleep(600)"
        ],
    )
    program = f"""
import sys
sys.path.insert(0, {str(PROJECT / "tests")!r})
from pathlib import Path
import test_batch
from drug_outcomes.batch import engine
if __name__ == "__main__":
    folder = Path({str(tmp_path)!r})
    cells = ["import os, pathlib\\npathlib.Path('pid').write_text(str(os.getpid()))\\nimport time\\ntime.sleep(600)"]
    list(engine.run([test_batch.job(folder, "hangs", cells)], 1))
"""
    (tmp_path / "driver.py").write_text(program, encoding="utf-8")
    driver = subprocess.Popen([sys.executable, tmp_path / "driver.py"], start_new_session=True)
    pid = int(waited_for(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text(), 60))
    driver.kill()
    driver.wait()

    assert waited_for(lambda: not alive(pid), 10)


def alive(pid: int) -> bool:
    status = Path(f"/proc/{pid}/status")
    return status.exists() and "\nState:\tZ" not in status.read_text()


def waited_for(ready, seconds: float):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if found := ready():
            return found
        time.sleep(0.05)
    return ready()
