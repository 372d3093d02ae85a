"""The batch: notebooks in processes of their own, faults that stay where they are, work that is not done twice."""

import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import deque
from functools import partial
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from drug_outcomes import cli, figures, fingerprints
from drug_outcomes.definitions import framework
from drug_outcomes.errors import UsageError
from drug_outcomes.publishing import outputs_folder, outputs_index, snapshots
from drug_outcomes.publishing.batch import engine
from drug_outcomes.publishing.batch.job import ORDINARY, Job, Outcome
from drug_outcomes.reporting import report
from material import PROJECT

#: Where a process of its own finds this module and what it shares.
TOGETHER = (PROJECT / "tests" / "publishing", PROJECT / "tests" / "helpers")
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
    "!echo shell",
    "%%bash\necho bash\necho err >&2",
    ("input('?')", "raises-exception"),
    "import logging\nlogging.getLogger('a').warning('logged')",
    "from threading import Thread\nthread = Thread(target=lambda: print('aside'))\nthread.start()\nthread.join()",
    "class Bad:\n    def __repr__(self):\n        raise ValueError('no')",
    ("Bad()", "raises-exception"),
    "from IPython.display import JSON, SVG, Markdown\ndisplay(Markdown('**x**'), JSON({'a': 1}))",
    "display(SVG('<svg xmlns=\"http://www.w3.org/2000/svg\"/>'))",
    ("import sys\nsys.exit(3)", "raises-exception"),
    ("raise KeyboardInterrupt", "raises-exception"),
    "later = display(display_id='later')\nfor number in range(3):\n    later.update(number)",
    "for number in range(2000):\n    print(number)",
    "print('no end of line', end='')",
    "print('', end='')",
    "async def answered():\n    await asyncio.sleep(0.01)\n    return 7\nawait answered()",
    "async def told():\n    print('task')\nawait asyncio.create_task(told())",
    "'a'; 'b'",
    "%%javascript\n1",
    "%config InlineBackend.figure_format = 'svg'",
    "print('\\x1b[31mred\\x1b[0m')",
    "sys.stdout.encoding, sys.stdout.isatty()",
    ("print('never')", "skip-execution"),
    "raise ValueError('the last that runs')",
    "'never'",
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
    words = {"title": "A page", "period": "2024/25 Q3", "partnership": "Nobody", "here": "a.html", "marking": "Draft"}
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
    return {Path(each.job.notebook).stem: each for each in engine.run(deque(jobs), 2, **options)}


@on_linux
def test_outputs_equal_the_ordinary_kernels_cell_for_cell(tmp_path):
    source = notebook(tmp_path / "kinds.ipynb", EVERY_KIND_OF_OUTPUT)
    # papermill raises at the end for any error in an output, expected or not, whatever the engine.
    script = (
        "import sys, contextlib, papermill\n"
        "with contextlib.suppress(papermill.PapermillExecutionError):\n"
        "    papermill.execute_notebook(sys.argv[1], sys.argv[2], engine_name=sys.argv[3] or None, progress_bar=False)"
    )
    for name, engine_name in (("ours", "drug-outcomes"), ("theirs", "")):
        words = [sys.executable, "-c", script, source, tmp_path / f"{name}.ipynb", engine_name]
        subprocess.run(words, check=True, capture_output=True)

    ours, theirs = (nbformat.read(tmp_path / name, as_version=4).cells for name in ("ours.ipynb", "theirs.ipynb"))
    differing = [
        (mine.source, mine.get("outputs"), other.get("outputs"))
        for mine, other in zip(ours, theirs, strict=True)
        if (mine.get("outputs"), mine.get("execution_count")) != (other.get("outputs"), other.get("execution_count"))
    ]
    print(f"compared {len(ours)} cells with the ordinary kernel's")
    assert differing == []


def test_nothing_leaks_from_one_notebook_to_the_next(tmp_path):
    leak = job(tmp_path, "a", ["import os, sys, builtins\nos.environ['LEAK'] = '1'\nos.chdir('/')\nbuiltins.leak = 1"])
    look = job(
        tmp_path, "b", ["import os, builtins\nassert 'LEAK' not in os.environ and not hasattr(builtins, 'leak')"]
    )

    done = list(engine.run(deque([leak, look]), 1))

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


def test_another_library_than_the_drivers_is_refused(tmp_path):
    found = engine.run_alone(job(tmp_path, "good", ["1"]), 60, "another")

    assert "the library or a package is not the one that the run began with" in found.reason


@on_linux
def test_a_lower_limit_of_memory_is_kept(tmp_path):
    script = (
        "import resource, sys, test_batch, pathlib\n"
        "from collections import deque\n"
        "from drug_outcomes.publishing.batch import engine\n"
        "if __name__ == '__main__':\n"
        "    resource.setrlimit(resource.RLIMIT_AS, (2**31, 2**31))\n"
        "    cells = ['import resource\\nresource.getrlimit(resource.RLIMIT_AS)[0]']\n"
        "    done = list(engine.run(deque([test_batch.job(pathlib.Path(sys.argv[1]), 'a', cells)]), 1))\n"
        "    sys.exit(done[0].reason or 0)\n"
    )
    (tmp_path / "driver.py").write_text(script, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([*map(str, TOGETHER), os.environ.get("PYTHONPATH", "")])}
    subprocess.run([sys.executable, tmp_path / "driver.py", tmp_path], check=True, env=environment)

    shown = nbformat.read(tmp_path / "a-done.ipynb", as_version=4).cells[-1].outputs[0]["data"]
    assert shown["text/plain"] == str(2**31)


def test_a_crash_is_reported_with_its_cell_and_keeps_what_was_done(tmp_path):
    crashing = job(tmp_path, "dies", ["'first'", "import os\nos._exit(3)"])
    found = outcomes([crashing, job(tmp_path, "good", ["1"])])

    assert ", cell 3: its process ended" in found["dies"].reason
    assert Path(crashing.output).exists()
    assert found["good"].reason == ""


@on_linux
def test_children_end_with_their_driver(tmp_path):
    program = f"""
import sys
sys.path[:0] = {[str(folder) for folder in TOGETHER]!r}
from collections import deque
from pathlib import Path
import test_batch
from drug_outcomes.publishing.batch import engine
if __name__ == "__main__":
    folder = Path({str(tmp_path)!r})
    cells = ["import os, pathlib\\npathlib.Path('pid').write_text(str(os.getpid()))\\nimport time\\ntime.sleep(600)"]
    list(engine.run(deque([test_batch.job(folder, "hangs", cells)]), 1))
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


# Snapshots

NOTEBOOKS = ("break_supply_chains", "reduce_demand", "scorecard")


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    """A copy of the project with Southampton and three notebooks alone."""
    copy = tmp_path_factory.mktemp("project")
    shutil.copytree(PROJECT / "data", copy / "data", ignore=shutil.ignore_patterns("store", "exampleshire"))
    (copy / "notebooks").mkdir()
    for name in NOTEBOOKS:
        shutil.copyfile(PROJECT / "notebooks" / f"{name}.ipynb", copy / "notebooks" / f"{name}.ipynb")
    return copy


@pytest.fixture
def there(home, monkeypatch) -> Path:
    monkeypatch.setenv(framework.HOME_VARIABLE, str(home))
    return home


def public(home: Path) -> Path:
    return home / "outputs" / "southampton" / "2024-25-q3" / "public"


def contents(folder: Path) -> dict[str, bytes]:
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def ran(home: Path) -> list[str]:
    told = json.loads((home / "outputs" / ".runs" / "last.json").read_text(encoding="utf-8"))
    return sorted(row["notebook"].split(" ")[0] for row in told if "notebook" in row)


@pytest.fixture
def built(there) -> Path:
    assert cli.main(["snapshot"]) == 0
    return there


def test_an_unchanged_run_runs_nothing(built, capsys):
    before = contents(public(built))
    (built / "outputs" / ".runs" / "last.json").unlink(missing_ok=True)

    assert cli.main(["snapshot"]) == 0
    assert capsys.readouterr().out.strip().endswith("index.html")
    assert not (built / "outputs" / ".runs" / "last.json").exists()
    assert contents(public(built)) == before


def test_a_command_takes_no_snapshot_of_another_date_for_its_own(built):
    before = contents(public(built))
    assert cli.main(["snapshot", "--as-of", "2025-03-30"]) == 0
    assert contents(public(built)) != before

    assert cli.main(["snapshot"]) == 0
    assert contents(public(built)) == before


@pytest.mark.parametrize("left", ["", "{", "[]"])
def test_a_record_that_was_cut_short_is_no_record(built, left):
    for record in (built / "outputs" / ".runs").glob("*.json"):
        record.write_text(left, encoding="utf-8")

    assert cli.main(["snapshot"]) == 0


def test_a_damaged_snapshot_is_built_again(built):
    before = contents(public(built))
    (public(built) / "scorecard.html").write_text("damaged", encoding="utf-8")

    assert cli.main(["snapshot"]) == 0
    assert contents(public(built)) == before


def test_a_new_file_rebuilds_only_the_notebooks_that_show_its_figures(built, tmp_path, capsys):
    sent = tmp_path / "referrals.csv"
    sent.write_text("measure,area,period,value\ndrug_diversion_referrals,E06000045,2024/25 Q3,31\n", encoding="utf-8")
    words = ["--source", "drugscope", "--area", "southampton", "--on", "2025-03-30"]
    assert cli.main(["receive", str(sent), *words, "--approved-for", "public", "--reference", "Minutes"]) == 0
    capsys.readouterr()
    assert cli.main(["list"]) == 0
    told = capsys.readouterr().out
    assert cli.main(["snapshot"]) == 0

    assert ran(built) == ["reduce_demand", "scorecard"]
    assert [name for name in NOTEBOOKS if f"  {name}: " in told] == ["reduce_demand", "scorecard"]
    assert "referrals.csv (new)" in told
    # A return keeps its name in a public manifest, and no hash by which a guess of what is in it could be tried.
    manifest = json.loads((built / "outputs/southampton/2024-25-q3/public/snapshot.json").read_text(encoding="utf-8"))
    assert [sha for file, sha in manifest["inputs"].items() if file.endswith("referrals.csv")] == [""]


def test_what_is_up_to_date_is_listed_as_such_and_nothing_is_cleared_for_it(built, capsys, monkeypatch):
    monkeypatch.setattr(figures, "in_turn", lambda *_: refuse("cleared"))
    capsys.readouterr()

    assert cli.main(["list"]) == 0
    assert capsys.readouterr().out == "southampton 2024/25 Q3 public: up to date\n"
    assert cli.main(["list", "--as-of", "2025-03-30"]) == 0
    assert capsys.readouterr().out == "southampton public: cannot be built: cleared\n"


def refuse(words: str) -> None:
    raise UsageError(words)


def test_a_changed_notebook_rebuilds_itself_alone(built):
    assert cli.main(["snapshot"]) == 0
    file = built / "notebooks" / "reduce_demand.ipynb"
    text = file.read_text(encoding="utf-8")
    file.write_text(
        text.replace("Many of the figures here are small", "Several figures here are small"), encoding="utf-8"
    )
    try:
        assert cli.main(["snapshot"]) == 0
        assert ran(built) == ["reduce_demand"]
    finally:
        file.write_text(text, encoding="utf-8")


def test_a_changed_alternative_text_changes_a_notebooks_digest(tmp_path):
    file = notebook(tmp_path / "a.ipynb", ["1"])
    before = fingerprints.notebook(file)
    read = nbformat.read(file, as_version=4)
    read.cells[1].metadata["scrolled"] = True
    nbformat.write(read, file)
    assert fingerprints.notebook(file) == before

    read.cells[1].metadata["alt"] = "Deaths fell from 2021 on"
    nbformat.write(read, file)
    assert fingerprints.notebook(file) != before


def test_commentary_for_the_partnership_rebuilds_no_public_page(built):
    written = built / "data" / "areas" / "southampton" / "commentary" / "2024-25-q3.partnership.md"
    written.parent.mkdir(exist_ok=True)
    written.write_text("## services_capacity\nAuthor: A. Name, 2025-03-30\n\nNot for all.\n", encoding="utf-8")
    (built / "outputs" / ".runs" / "last.json").unlink(missing_ok=True)
    try:
        assert cli.main(["snapshot"]) == 0
        assert ran(built) == []
        assert b"2024-25-q3.partnership" not in b"".join(contents(public(built)).values())
    finally:
        written.unlink()


def test_notebooks_named_twice_are_built_once(built):
    assert cli.main(["snapshot", "--only", "scorecard", "--only", "scorecard", "--force"]) == 0
    assert ran(built) == ["scorecard"]


@on_linux
def test_what_is_for_the_partnership_stays_its_owners(built):
    assert cli.main(["snapshot", "--audience", "both", "--only", "reduce_demand"]) == 0
    found = {
        name: public(built).with_name(f"{name}.partial").stat().st_mode & 0o777 for name in ("public", "partnership")
    }

    assert found == {"public": public(built).parent.stat().st_mode & 0o777, "partnership": 0o700}


def test_a_snapshot_that_cannot_take_its_place_fails_alone(built, monkeypatch, capsys):
    def busy(folder, target):
        raise PermissionError("open elsewhere")

    before = contents(public(built))
    monkeypatch.setattr(outputs_folder, "put_in_place", busy)

    assert cli.main(["snapshot", "--force"]) == 1
    assert "southampton 2024/25 Q3 public" in (told := capsys.readouterr().err)
    assert "it cannot take its place: open elsewhere" in told
    assert contents(public(built)) == before


def test_two_runs_at_once_are_refused_in_words(built, capsys):
    with outputs_folder.one_run_at_a_time(built):
        assert cli.main(["snapshot", "--force"]) == 2

    assert "another run" in capsys.readouterr().err


def test_a_failed_notebook_holds_back_its_own_snapshot_only(built, capsys):
    before = contents(public(built))
    file = built / "notebooks" / "scorecard.ipynb"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("report.focus()", "report.focuss()"), encoding="utf-8")
    try:
        assert cli.main(["snapshot"]) == 1
    finally:
        file.write_text(text, encoding="utf-8")

    assert contents(public(built)) == before
    kept = next((built / "outputs" / ".runs" / "failed").glob("scorecard*.ipynb"))
    assert "report.focuss()" in kept.read_text(encoding="utf-8")
    told = capsys.readouterr().err
    assert "notebook scorecard (southampton 2024/25 Q3 public), cell " in told
    assert "AttributeError" in told

    assert cli.main(["snapshot", "--force"]) == 0
    assert not kept.exists()


def test_the_list_of_snapshots_stands_though_an_areas_folder_is_gone(built):
    left = built / "outputs" / "gone" / "2024-25-q3" / "public"
    shutil.copytree(public(built), left)
    manifest = json.loads((left / "snapshot.json").read_text(encoding="utf-8"))
    (left / "snapshot.json").write_text(json.dumps(manifest | {"area": "gone"}), encoding="utf-8")
    try:
        assert "gone, 2024/25 Q3, public" in outputs_index.write(built).read_text(encoding="utf-8")
    finally:
        shutil.rmtree(left.parents[1])
        outputs_index.write(built)


def command(home: Path, *options: str, **variables: str) -> subprocess.Popen[bytes]:
    environment = {**os.environ, framework.HOME_VARIABLE: str(home), **variables}
    words = [sys.executable, "-m", "drug_outcomes", "snapshot", "--force", *options]
    quiet = subprocess.DEVNULL
    # A shell starts what runs in the background deaf to Ctrl-C, and so would be what the tests start.
    hearing = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    posix = {"start_new_session": True, "preexec_fn": hearing} if os.name == "posix" else {}
    return subprocess.Popen(words, env=environment, stdout=quiet, stderr=quiet, **posix)


@on_linux
@pytest.mark.parametrize("begun", ["*lock", "handed-*"])
def test_ctrl_c_stops_within_two_seconds(built, begun):
    (built / "outputs" / ".runs" / "lock").unlink(missing_ok=True)
    run = command(built)
    waited_for(lambda: list((built / "outputs" / ".runs").glob(begun)), 90)
    os.kill(run.pid, signal.SIGINT)
    began = time.monotonic()
    run.wait(20)

    assert run.returncode == 130
    assert time.monotonic() - began < 2


@on_linux
def test_a_killed_run_leaves_every_earlier_snapshot_whole_and_the_next_completes(built, thorough):
    before = contents(public(built))
    began = time.monotonic()
    command(built).wait(300)
    length = time.monotonic() - began
    chance = random.Random(11)  # noqa: S311 - moments, not secrets
    wanted, killed = 50 if thorough else 2, []
    while sum(killed) < wanted:
        moment = chance.uniform(0.0, length)
        began, run = time.monotonic(), command(built)
        with contextlib.suppress(subprocess.TimeoutExpired):
            run.wait(moment)
            length = time.monotonic() - began  # it was done before it could be killed
        killed.append(run.poll() is None)
        if killed[-1]:
            (os.killpg if len(killed) % 2 else os.kill)(run.pid, signal.SIGKILL)
        run.wait()
        assert contents(public(built)) == before, f"after {moment:.2f} s"
    print(f"killed {wanted} of {len(killed)} runs of {length:.1f} s before they were done")

    assert command(built).wait(300) == 0
    assert contents(public(built)) == before
    assert [path.name for path in public(built).parent.glob(".*")] == []
    assert list((built / "outputs" / ".runs").glob("handed-*")) == []


def test_new_processes_and_the_ordinary_kernel_build_the_same_bytes(built):
    words = ("--only", "reduce_demand")
    assert cli.main(["snapshot", "--force", *words]) == 0
    partial = public(built).with_name("public.partial")
    before = contents(partial)
    shutil.rmtree(partial)

    assert command(built, *words, **{ORDINARY: "1"}).wait(600) == 0
    assert contents(partial) == before


@pytest.fixture
def cluster(tmp_path):
    """Two workers that were started elsewhere than in the project, and were not told where it is."""
    distributed = pytest.importorskip("distributed", reason="the extra for clusters is not installed")
    with pytest.MonkeyPatch.context() as elsewhere:
        elsewhere.delenv(framework.HOME_VARIABLE)
        elsewhere.chdir(tmp_path)
        started = distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, local_directory=tmp_path
        )
    with started:
        yield started


@on_linux
def test_a_cluster_builds_the_same_bytes_though_a_worker_is_lost(built, thorough, request):
    if not thorough:
        pytest.skip("two workers are started and one is killed with --thorough")
    cluster = request.getfixturevalue("cluster")
    before = contents(public(built))
    run = command(built, "--scheduler", cluster.scheduler_address)
    started = waited_for(lambda: list(public(built).parent.glob(".public-*/notebooks/*.ipynb")), 120)
    workers = cluster.scheduler.workers.values()
    lost = max(workers, key=lambda worker: len(worker.processing))
    at_work = [name for name in lost.processing if "run_alone" in str(name)]
    os.kill(next(each.pid for each in cluster.workers.values() if each.worker_address == lost.address), signal.SIGKILL)

    assert started
    assert at_work
    assert run.wait(300) == 0
    assert contents(public(built)) == before


def test_a_scheduler_that_does_not_answer_is_refused(there):
    assert cli.main(["snapshot", "--force", "--scheduler", "tcp://127.0.0.1:9"]) == 2


@pytest.mark.parametrize("number", ["-1", "1.5", "many"])
def test_a_number_of_jobs_that_is_none_is_refused(number, capsys):
    with pytest.raises(SystemExit) as refused:
        cli.main(["snapshot", "--jobs", number])

    assert refused.value.code == 2
    assert repr(number) in capsys.readouterr().err


def test_requests_come_in_time_order_and_refuse_what_is_unknown(there):
    wanted = snapshots.requests(area="southampton", first="2024/25 Q1", last="2024/25 Q3")

    assert [request.asked.period.label for request in wanted] == ["2024/25 Q1", "2024/25 Q2", "2024/25 Q3"]
    assert report.question(there, "southampton").as_of == "2025-03-31"
