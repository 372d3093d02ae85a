"""Text that others wrote: shown as text, never run by a browser or a spreadsheet, never a way out of a folder."""

import csv
import io
import zipfile

import pandas as pd
import pytest

import partnership
from drug_outcomes import cli
from drug_outcomes.definitions import areas, framework
from drug_outcomes.errors import UnreadableInput
from drug_outcomes.publishing import pages
from drug_outcomes.reporting import downloads
from drug_outcomes.reporting.report import Report
from partnership import AREA, TOML

SCRIPT = "<script>alert(1)</script>"
IMAGE = '<img src="x" onerror="alert(1)">'
FORMULA = '=HYPERLINK("http://example.org","open")'
COMMENTARY = f"""## active_drug_networks
Author: A. {SCRIPT} Analyst, 2025-03-01

Words {SCRIPT} and {IMAGE}, [a link](javascript:alert(1)) and a number, 12345.
"""


@pytest.fixture(scope="module")
def hostile(tmp_path_factory) -> Report:
    """A partnership whose names, notes, events and commentary all try."""
    base = tmp_path_factory.mktemp("hostile")
    root = partnership.make(base / "project")
    folder = root / "data/areas" / AREA
    named = TOML.replace("Anyborough Combating", f"Any{SCRIPT} Combating")
    (folder / "area.toml").write_text(named, encoding="utf-8")
    (folder / "commentary").mkdir()
    (folder / "commentary/2024-25-q3.md").write_text(COMMENTARY, encoding="utf-8")
    rows = [("active_drug_networks", "Dec 24", 51), ("drug_seizure_volume", "Dec 24", 20187)]
    sent = partnership.form(base / "return.csv", rows[0], note=f"{FORMULA} {SCRIPT}{IMAGE}")
    more = partnership.form(base / "more.csv", rows[1], note=f"@SUM(1) {SCRIPT}")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(framework.HOME_VARIABLE, str(root))
        assert partnership.receive(sent, "police", "2025-01-14") == 0
        assert partnership.receive(more, "police", "2025-01-15") == 0
        return Report.open("break_supply_chains", area=AREA, audience="partnership")


def test_script_in_names_notes_and_commentary_is_shown_as_text(hostile):
    sections = [hostile.title(), hostile.scorecard(), hostile.signals(), hostile.data_quality(), hostile.sources()]
    sections += [hostile.commitment("middle_market"), hostile.commentary("active_drug_networks")]
    words = {"title": f"A page {SCRIPT}", "period": IMAGE, "partnership": hostile.area.partnership}
    html = pages.page(*sections, **words)

    assert "<script" not in html and '<img src="x"' not in html and 'href="javascript' not in html
    assert html.count("&lt;script&gt;alert(1)&lt;/script&gt;") >= 4


#: Equals, plus, minus and at, plain and full-width.
SIGNS = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")


@pytest.mark.parametrize("text", [FORMULA, "\t=1", "\r=1", "\n=1", " =1+1", *(f"{sign}SUM(1)" for sign in SIGNS)])
def test_formula_looking_text_cannot_run_in_a_spreadsheet(text):
    [[_], [cell]] = list(csv.reader(io.StringIO(downloads.csv_text(pd.DataFrame({"note": [text]})), newline="")))

    assert cell == "'" + text


@pytest.mark.parametrize("text", ["-3.5", "12", "words = more", "'quoted", ""])
def test_other_text_stays_as_it_is(text):
    assert downloads.inert(text) == text


def test_no_cell_of_the_downloads_is_a_formula(hostile):
    released = hostile.released
    texts = [downloads.csv_text(table) for table in (downloads.scorecard(released), downloads.figures(released))]
    cells = [cell for text in texts for row in csv.reader(io.StringIO(text, newline="")) for cell in row]
    book = downloads.workbook_of(released, FORMULA, "=1+1", "@SUM(1)")
    with zipfile.ZipFile(io.BytesIO(book)) as archive:
        content = archive.read("content.xml").decode()

    assert [cell for cell in cells if cell.startswith(("=", "+", "@"))] == []
    assert any(cell.startswith("'=HYPERLINK") for cell in cells)
    assert "formula" not in content and "<script" not in content


@pytest.mark.parametrize(
    "words",
    [
        ["snapshot", "--area", ".."],
        ["snapshot", "--area", "/etc"],
        ["snapshot", "--area", "anyborough/../anyborough"],
        ["snapshot", "--area", "any\nborough"],
        ["snapshot", "--area", AREA, "--period", "../../2024/25 Q3"],
        ["snapshot", "--area", AREA, "--as-of", "../2025-03-05"],
        ["snapshot", "--area", AREA, "--only", "../scorecard"],
        ["template", "--source", "../police", "--area", AREA],
        ["read", "../police", "file.csv"],
        ["check", "--area", "..%2f"],
    ],
)
def test_no_name_leads_out_of_its_folder(words, tmp_path, monkeypatch, capsys):
    root = partnership.make(tmp_path / "project")
    monkeypatch.setenv(framework.HOME_VARIABLE, str(root))
    monkeypatch.chdir(tmp_path)

    assert cli.main(words) == 2
    assert "Traceback" not in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["project"]


def test_an_id_of_a_measure_is_no_path(tmp_path):
    root = partnership.make(tmp_path / "project")
    rows = "action,measure,title\nretitle,../../active_drug_networks,A title\n"
    (root / "data/areas" / AREA / "measures.csv").write_text(rows, encoding="utf-8")
    with pytest.raises(UnreadableInput, match="an id"):
        areas.own_definitions(framework.load(root / framework.FRAMEWORK), areas.load(root, AREA))
