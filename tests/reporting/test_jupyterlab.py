"""The workbench in JupyterLab, in a real browser: open, run all, change the measure, record an explanation, find it."""

import csv
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from browser import chromium, executable
from drug_outcomes.definitions import project
from drug_outcomes.quality import explanations
from material import PROJECT

AREA, NOTEBOOK = "southampton", "investigate_measure.ipynb"
#: The finding that the workbench opens at, and two measures with a chart of several years.
CHARTS = ("school_suspensions", "unmet_need_alcohol")
#: A busy machine needs long to start a kernel and to read the files; every wait ends with what it waits for.
PATIENCE = 240_000
FAILED = ".jp-OutputArea [data-mime-type='application/vnd.jupyter.error']"
STARTED = "is running at"
#: Asks whether to fetch news, which covers what lies below and wants a network.
NEWS = "@jupyterlab/apputils-extension:announcements"


@pytest.fixture
def home(tmp_path) -> Path:
    """A copy of the project's definitions, of one area and of its notebook, with a store of its own."""
    for folder in ("framework", "received", f"areas/{AREA}"):
        if (PROJECT / "data" / folder).is_dir():
            shutil.copytree(PROJECT / "data" / folder, tmp_path / "data" / folder)
    (tmp_path / "notebooks").mkdir()
    shutil.copy(PROJECT / "notebooks" / NOTEBOOK, tmp_path / "notebooks")
    (tmp_path / "data" / "areas" / AREA / explanations.FILE).unlink(missing_ok=True)
    return tmp_path


@contextmanager
def jupyterlab(home: Path) -> Iterator[str]:
    """Run JupyterLab on a free port of this machine alone; yield its address."""
    own = {f"JUPYTER_{name}_DIR": str(home / "jupyter" / name.lower()) for name in ("CONFIG", "DATA", "RUNTIME")}
    settings = {"IPYTHONDIR": str(home / "jupyter" / "ipython"), project.HOME_VARIABLE: str(home)}
    page_config = home / "jupyter" / "config" / "labconfig" / "page_config.json"
    page_config.parent.mkdir(parents=True)
    page_config.write_text(json.dumps({"disabledExtensions": {NEWS: True}}), encoding="utf-8")
    words = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1", "--port=0"]
    words += ["--IdentityProvider.token=", "--ServerApp.password=", f"--ServerApp.root_dir={home}"]
    log = home / "jupyterlab.log"
    with log.open("w", encoding="utf-8") as lines:
        server = subprocess.Popen(words, cwd=home, stdout=lines, stderr=lines, env=os.environ | own | settings)
    try:
        yield _address(server, home / "jupyter" / "runtime", log)
    finally:
        server.terminate()
        server.wait(60)


def _address(server: "subprocess.Popen[bytes]", runtime: Path, log: Path) -> str:
    """Return the address that the server writes down once it listens."""
    for _ in range(600):
        files = sorted(runtime.glob("jpserver-*.json"))
        if files and STARTED in log.read_text(encoding="utf-8"):
            return str(json.loads(files[0].read_text(encoding="utf-8"))["url"])
        with pytest.raises(subprocess.TimeoutExpired):  # else it has stopped, and the log says why
            server.wait(0.2)
    raise AssertionError(log.read_text(encoding="utf-8"))


def drawn(page: Any) -> str:
    """Return the chart of the chosen measure."""
    return str(page.locator(".widget-tab img").first.get_attribute("src"))


def test_a_figure_is_investigated_and_explained_in_jupyterlab(home):
    executable()
    with chromium() as browser, jupyterlab(home) as address:
        page = browser.new_page(viewport={"width": 1400, "height": 1000})
        page.set_default_timeout(PATIENCE)
        page.goto(f"{address}lab/tree/notebooks/{NOTEBOOK}?reset")
        # Before the kernel is there, running asks which kernel to take.
        page.locator(".jp-Notebook .jp-CodeCell").first.wait_for()
        page.get_by_text("(ipykernel) | Idle").wait_for()
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.locator(".lm-Menu-item[data-command='runmenu:run-all']").click()
        page.locator(f".widget-tab, {FAILED}").first.wait_for()
        assert page.locator(FAILED).all_inner_texts() == []
        measure = page.get_by_label("Measure", exact=True)

        asked = measure.input_value()
        charts = []
        for name in CHARTS:
            title = _title(home, name)
            measure.select_option(label=title)
            page.locator(".widget-tab h3", has_text=title.partition(". ")[2]).first.wait_for()
            page.locator(".widget-tab img").first.wait_for()
            charts.append(drawn(page))
        measure.select_option(value=asked)
        page.locator(".widget-tab h3", has_text=asked.partition(". ")[2]).first.wait_for()

        page.get_by_label("Explanation", exact=True).fill("Compared with the estimate of another year")
        page.get_by_label("Who", exact=True).fill("A. Person")
        page.get_by_role("button", name="Record the explanation").click()
        page.get_by_text("Recorded in explanations.csv.").wait_for()
        offered = page.get_by_label("About", exact=True).inner_text()

    with (home / "data" / "areas" / AREA / explanations.FILE).open(encoding="utf-8", newline="") as lines:
        written = list(csv.DictReader(lines))
    assert charts[0] != charts[1]
    assert [(row["explanation"], row["who"]) for row in written] == [
        ("Compared with the estimate of another year", "A. Person")
    ]
    assert "(explained)" in offered


def _title(home: Path, measure: str) -> str:
    """Return a measure as the workbench offers it."""
    with (home / "data" / "framework" / "measures.csv").open(encoding="utf-8", newline="") as lines:
        rows = {row["measure"]: row for row in csv.DictReader(lines)}
    own = home / "data" / "areas" / AREA / "measures.csv"
    assert not own.exists()
    return f"{rows[measure]['number']}. {rows[measure]['title']}"
