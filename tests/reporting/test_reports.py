"""What people read: words from cleared figures only, pages, downloads, the list of snapshots, comparisons."""

import inspect
import json
import math
import re
import shutil
import subprocess
import zipfile
from collections.abc import Iterator, Sequence
from io import BytesIO, StringIO
from itertools import product
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from browser import TEXT_SPACING, WIDTHS, axe_faults, chromium, opened, overflow
from drug_outcomes import cli, figures
from drug_outcomes.definitions import areas, framework
from drug_outcomes.definitions.vocabulary import VALUED, Audience, EnglandReason, Status
from drug_outcomes.disclosure import Released
from drug_outcomes.errors import DisclosureRefused, UnreadableInput
from drug_outcomes.publishing import compare, outputs_index, page_checks
from drug_outcomes.reporting import (
    brief,
    cards,
    chart_files,
    charts,
    downloads,
    headlines,
    lateness,
    report,
    tables,
    wording,
    workbook,
)  # fmt: skip
from drug_outcomes.reporting.document_page import DocumentPage
from drug_outcomes.reporting.wording import Row
from material import PROJECT
from searching import contents


@pytest.fixture(scope="module")
def asked() -> figures.Question:
    return report.question(PROJECT, "southampton")


@pytest.fixture(scope="module")
def released(asked) -> Released:
    return figures.cleared(PROJECT, asked)


@pytest.fixture(scope="module")
def rows(released) -> dict[int, Row]:
    return {row["number"]: row for row in wording.figures(released)}


# Cleared figures only.

_TAKES_FIGURES = ("released", "row", "rows")


def _public(module) -> list[Any]:
    own = [one for name, one in vars(module).items() if inspect.isfunction(one) and not name.startswith("_")]
    return [one for one in own if one.__module__ == module.__name__]


def _first(function) -> inspect.Parameter | None:
    return next(iter(inspect.signature(function).parameters.values()), None)


TAKING = [
    function
    for module in (chart_files, charts, tables, wording, headlines, downloads)
    for function in _public(module)
    if (first := _first(function)) and first.name in _TAKES_FIGURES
]


@pytest.mark.parametrize("function", TAKING, ids=lambda one: f"{one.__module__}.{one.__name__}")
def test_what_has_not_been_cleared_is_refused(function):
    needed = [one for one in inspect.signature(function).parameters.values() if one.default is inspect.Parameter.empty]
    table = pd.DataFrame({"measure": ["a"], "value": [5.0]})
    handed = [{"measure": "a"}] if needed[0].name == "rows" else table
    with pytest.raises(DisclosureRefused):
        function(handed, *[None] * (len(needed) - 1))


@pytest.mark.parametrize("module", [charts, tables, wording, headlines, downloads], ids=lambda one: one.__name__)
def test_frames_are_taken_only_beside_what_they_are_a_part_of(module):
    frames = [
        function.__name__
        for function in _public(module)
        if any(one.annotation is pd.DataFrame for one in inspect.signature(function).parameters.values())
        and (first := _first(function)) is not None
        and first.annotation is not Released
        and function.__name__ not in ("write_csv", "csv_text")
    ]
    assert frames == []


# Words.


def test_a_headline_says_each_number_once(released, rows):
    said = dict(headlines.headlines(released, [rows[18]["measure"]]))[wording.named(rows[18])]
    assert said == "Higher than England: 41.5% (about 2 in 5) against 35.3%, 2023/24 Q4."


@pytest.mark.parametrize(
    ("percentage", "words"),
    [(41.5, "about 2 in 5"), (7.1, "about 1 in 14"), (50, "about half"), (19.0, "about 1 in 5"),
     (33.3, "about 1 in 3"), (45, ""), (539, ""), (0, ""), (100, ""), (2.9, "")],
)  # fmt: skip
def test_a_percentage_is_told_as_a_fraction_where_one_is_near(percentage, words):
    assert wording.about(percentage) == words


def _row(row: Row, **changed: object) -> Row:
    return Row({**row, **changed})


@pytest.mark.parametrize(
    ("text", "value", "said"),
    [
        ("5.23", 5.23, "5.23"),
        ("4.2", 4.2, "4.2"),
        ("5.988078", 5.988078, "6.0"),
        ("", 5.25, "5.2"),
        ("460", 0.33, "0.3"),
    ],
)
def test_a_figure_is_printed_with_the_decimals_of_its_publisher(rows, text, value, said):
    assert wording.cell(_row(rows[20], text=text, value=value)) == said


@pytest.mark.parametrize(
    ("as_of", "who"),
    [("2025-11-30", "Office for Health Improvement"), ("2025-12-04", "Department of Health and Social Care")],
)
def test_who_has_a_figure_that_is_not_shown_is_named_as_on_the_day_of_the_page(rows, as_of, who):
    empty = _row(rows[27], value=math.nan, text="", status="not_supplied")
    told = cards.not_shown([empty], framework.load(PROJECT / framework.FRAMEWORK), as_of)
    assert told is not None and f"Who has it: {who}" in told.html


def test_a_count_has_no_decimals(rows):
    assert wording.quantity(rows[1]) == "51 networks"


def test_one_of_a_thing_is_not_many(rows):
    assert wording.quantity(_row(rows[32], value=1.0, text="1")) == "1 referral"


def test_the_unit_of_a_rate_is_said_once(rows):
    assert (wording.cell(rows[4]), wording.quantity(rows[4])) == ("5.6", "5.6 offences per 1,000 people")


def test_the_published_sign_stands_under_a_verdict_that_differs(rows):
    assert (wording.verdict(rows[16]), wording.published_as(rows[16])) == (
        "No clear difference from England", "published as Higher",
    )  # fmt: skip


def test_a_change_that_was_only_printed_says_so(rows):
    assert wording.change(rows[8]) == "as published"


def test_a_change_has_its_size(rows):
    moved = _row(
        rows[16], previous_value=7.5, previous_period_label="2023/24 Q3", change=-0.4, direction="down",
        direction_basis="computed_overlapping",
    )  # fmt: skip
    assert wording.change(moved) == "by 0.4 points from 7.5% in 2023/24 Q3; the two share months"


def test_the_measures_own_source_is_named_and_not_who_printed_it_again(released):
    definitions, _ = areas.with_definitions(PROJECT, "southampton")
    shown = tables.scorecard(released, definitions, list(released.latest["measure"]), {})
    assert "Adult treatment statistics (ViewIt)" in shown.text and "Reducing Drug Harm" not in shown.text


def test_forty_rows_of_a_scorecard_stay_below_sixty_kilobytes(released):
    definitions, _ = areas.with_definitions(PROJECT, "southampton")
    shown = tables.scorecard(released, definitions, list(released.latest["measure"]), {})
    assert 40 * len(shown.html.encode()) <= 60_000 * shown.html.count('scope="row"')


def test_no_polarity_no_judgement(released):
    shown = tables.focus(released, list(released.latest["measure"])).text
    assert "not yet agreed" in shown and "Requiring focus" not in shown


def test_the_number_of_tests_is_said(released):
    assert "chance alone would flag" in headlines.checks_run(released, list(released.latest["measure"]))


@pytest.mark.parametrize(
    ("expected", "said"), [(0.15, "less than one"), (0.9, "less than one"), (1.2, "about 1"), (7.6, "about 8")]
)
def test_chance_is_counted_as_it_is(expected, said):
    assert headlines._expected(expected) == said


def test_where_nothing_could_be_tested_nothing_is_called_usual(released):
    told = headlines.signals(released, ["drug_offences"])  # one year only

    assert "could be tested" in told[0][1]


@pytest.mark.parametrize("status", [one for one in Status if one not in VALUED])
def test_every_measure_without_a_figure_is_counted_by_its_reason(released, monkeypatch, status):
    bare = headlines.on_scorecard(released).assign(status=str(status), withheld="", value=math.nan)
    monkeypatch.setattr(headlines, "on_scorecard", lambda _: bare)
    told = headlines.summary(released)

    assert re.match(rf"0 of {len(bare)} measures have a figure; {len(bare)} are [^.,]+\.", told)


@pytest.fixture
def place() -> charts.Place:
    return charts.Place(areas.with_definitions(PROJECT, "southampton")[1], {}, {})


def test_a_figure_stands_beside_other_authorities_where_england_has_none(released, rows, place):
    row = next(row for row in rows.values() if charts.authorities(released, row))
    alone = Row({**row, "england_value": math.nan, "england_reason": str(EnglandReason.NOT_LOADED)})

    assert "england" not in dict(charts.beside(released, [alone], place).legend)


def test_the_chart_that_measures_share_stands_above_them_in_the_order_of_headings(released, rows, place):
    definitions, _ = areas.with_definitions(PROJECT, "southampton")
    shared = cards.Cards(released, place, definitions, {})
    html = shared._group("a family", [row for row in rows.values() if charts.authorities(released, row)][:2]).html

    assert re.findall(r"<h(\d)", html)[0] == "3"


def test_three_reasons_for_old_figures_are_kept_apart(released, asked):
    definitions, _ = areas.with_definitions(PROJECT, "southampton")
    found = {row["number"]: cause for cause, row, _ in lateness.causes(released, definitions, asked.period)}
    assert (found[2], found[16], found[20]) == (
        lateness.Cause.PARTNER, lateness.Cause.NOT_LOADED, lateness.Cause.SLOW,
    )  # fmt: skip


def test_the_meeting_brief_is_not_for_the_public(released, asked):
    definitions, area = areas.with_definitions(PROJECT, "southampton")
    with pytest.raises(DisclosureRefused):
        brief.body(DocumentPage(PROJECT, released, definitions, area, asked.period), asked)


# Downloads.


@pytest.fixture(scope="module")
def book(released) -> bytes:
    return downloads.workbook_of(released, "Local outcomes", "The partnership", "someone@example.org")


def _sheets(book: bytes) -> dict[str, pd.DataFrame]:
    return pd.read_excel(BytesIO(book), engine="odf", sheet_name=None, header=None)


def test_the_workbook_opens_in_pandas_with_one_table_a_sheet(book):
    sheets = _sheets(book)
    assert list(sheets) == ["Scorecard", "Cover", "Contents", "Notes", "Measures", "Figures"]
    assert sheets["Scorecard"].iloc[1, 0] == "This worksheet contains one table."


def test_the_workbook_holds_the_figures_as_numbers(book, released):
    cells = _sheets(book)["Measures"]
    table = cells.iloc[4:].set_axis(cells.iloc[3], axis=1).set_index("number")
    assert table.loc[18, "value"] == 41.5 and table.loc[39, "value"] == "[c]" and table.loc[21, "value"] == "[x]"


def test_the_workbook_opens_on_the_scorecard_in_the_words_of_its_page(book):
    cells = _sheets(book)["Scorecard"]
    table = cells.iloc[4:].set_axis(cells.iloc[3], axis=1).set_index("Number")
    shown = [table.loc[number, "Local"] for number in (8, 18, 39, 21)]
    assert len(table.columns) == 8 and len(table) == 40 and shown == [830, 41.5, "[c]", "[x]"]
    assert table.loc[18, "Compared with England"] == "Higher"


def test_the_scorecard_prints_on_two_sheets(book):
    with zipfile.ZipFile(BytesIO(book)) as archive:
        content, styles = (archive.read(name).decode() for name in ("content.xml", "styles.xml"))
    assert 'table:name="Scorecard" table:style-name="print2"' in content and 'style:scale-to-Y="2"' in styles


@pytest.mark.parametrize("name", downloads.KEYS)
def test_the_key_of_a_tidy_file_tells_its_rows_apart(released, name):
    table = getattr(downloads, name)(released)
    assert not table.duplicated(list(downloads.KEYS[name])).any()


def test_every_measure_with_a_figure_has_a_workbook_of_its_points(released):
    with zipfile.ZipFile(BytesIO(downloads.measure_books(released, "Local outcomes", "The partnership"))) as books:
        held = {name: books.read(name) for name in books.namelist()}
    cells = _sheets(held["drug_misuse_deaths.ods"])["Series"]
    table = cells.iloc[4:].set_axis(cells.iloc[3], axis=1)
    assert len(held) > 36 and "active_drug_networks.ods" in held
    assert 4.2 in list(table["value"]) and table["file"].notna().all()


def test_the_workbook_has_title_language_and_author(book):
    with zipfile.ZipFile(BytesIO(book)) as archive:
        meta = archive.read("meta.xml").decode()
    assert all(
        word in meta for word in ("<dc:title>Local outcomes<", "<dc:language>en-GB<", "<dc:creator>The partnership<")
    )


def test_every_table_of_the_workbook_is_named_and_has_a_header_row(book):
    with zipfile.ZipFile(BytesIO(book)) as archive:
        content = archive.read("content.xml").decode()
    assert content.count("<table:database-range ") == content.count("<table:table-header-rows>") == 4
    assert "number-columns-spanned" not in content


def test_the_workbook_says_what_it_is_in_its_first_bytes(book):
    assert book[30:38] == b"mimetype" and b"opendocument.spreadsheet" in book[:90]


def test_the_same_figures_give_the_same_workbook(book, released):
    assert downloads.workbook_of(released, "Local outcomes", "The partnership", "someone@example.org") == book


@pytest.mark.parametrize(("column", "letters"), [(1, "A"), (26, "Z"), (27, "AA"), (703, "AAA")])
def test_columns_have_letters(column, letters):
    assert workbook._letters(column) == letters


def test_markup_in_a_cell_stays_text():
    made = workbook.ods("T", "A", [workbook.Sheet("S", "<b>&\x00", (), ["a"], [["<i>"]])])
    assert _sheets(made)["S"].iloc[0, 0] == "<b>&"


def test_libreoffice_opens_the_workbook(book, tmp_path):
    office = shutil.which("soffice") or shutil.which("libreoffice")
    if not office:
        pytest.skip("no LibreOffice on this machine")
    (tmp_path / "a.ods").write_bytes(book)
    first_sheet = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,1"
    words = ["--convert-to", first_sheet, "--outdir", str(tmp_path), str(tmp_path / "a.ods")]
    subprocess.run([office, "--headless", *words], check=True, capture_output=True)
    assert any("41.5" in file.read_text(encoding="utf-8") for file in tmp_path.glob("*.csv"))


def test_the_tidy_file_has_a_status_and_no_text_among_numbers(released):
    table = pd.read_csv(StringIO(downloads.csv_text(downloads.figures(released))))
    assert table["status"].notna().all() and all(
        pd.api.types.is_numeric_dtype(table[name]) for name in ("value", "lower", "upper")
    )


@pytest.mark.parametrize("columns", [downloads.SCORECARD_COLUMNS, downloads.FIGURE_COLUMNS])
def test_metadata_describe_every_column(columns):
    told = json.loads(downloads.metadata("a.csv", "A", columns, "Open Government Licence v3.0"))
    assert [one["name"] for one in told["tableSchema"]["columns"]] == list(columns)
    assert all(one["dc:description"] for one in told["tableSchema"]["columns"])


# What changed, and why.

_CELLS = {
    "measure": "a", "number": "1", "title": "A", "unit": "people", "definition": "d", "value_text": "5",
    "period": "2023/24", "period_end": "2024-03", "status": "published", "out_of_date": "no",
}  # fmt: skip
_FOUND = pd.DataFrame({"measure": ["a"], "severity": ["error"]})


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"period": "2024/25", "period_end": "2025-03", "value_text": "6"}, "New period"),
        ({"value_text": "6"}, "Revised"),
        ({"definition": "e"}, "Definition changed"),
        ({"status": "suppressed", "value_text": ""}, "Withdrawn"),
        ({"period": "2022/23", "period_end": "2023-03"}, "Withdrawn"),
        ({"out_of_date": "yes"}, "Late"),
    ],
)
def test_a_change_has_its_reason(changed, reason):
    old, new = pd.DataFrame([_CELLS]), pd.DataFrame([_CELLS | changed])
    assert list(compare.changes(old, new, _FOUND.head(0), _FOUND.head(0))["reason"]) == [reason]


def test_a_check_that_fails_now_is_a_reason():
    old = pd.DataFrame([_CELLS])
    assert list(compare.changes(old, old, _FOUND.head(0), _FOUND)["reason"]) == ["Check failed"]


def test_nothing_changed_is_no_row():
    old = pd.DataFrame([_CELLS])
    assert compare.changes(old, old, _FOUND, _FOUND).empty


def test_measures_come_and_go():
    old, new = pd.DataFrame([_CELLS]), pd.DataFrame([_CELLS | {"measure": "b", "number": "2"}])
    assert set(compare.changes(old, new, _FOUND.head(0), _FOUND.head(0))["reason"]) == {
        "New measure",
        "Measure left out",
    }


def test_a_folder_that_is_no_snapshot_is_refused(tmp_path):
    with pytest.raises(UnreadableInput, match="not a snapshot"):
        compare.snapshots(tmp_path, tmp_path)


# Built pages, of both areas.

_BUILT = (("southampton", "public"), ("exampleshire", "both"))


def _build(home: Path, snapshots: Sequence[tuple[str, str]] = _BUILT) -> Path:
    """Build snapshots of the project's data in a folder of its own."""
    for name in ("data", "notebooks"):
        shutil.copytree(PROJECT / name, home / name, ignore=shutil.ignore_patterns("store"))
    for area, audience in snapshots:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv(framework.HOME_VARIABLE, str(home))
            files = ["--charts"] if area == "southampton" else []
            assert cli.main(["snapshot", "--area", area, "--audience", audience, *files]) == 0
    return home


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Path:
    return _build(tmp_path_factory.mktemp("one"))


def _pages(built: Path) -> list[Path]:
    return sorted((built / "outputs").rglob("*.html"))


def test_every_page_passes_the_gate_and_its_limit(built):
    faults = {page.name: page_checks.gate(page.read_text(encoding="utf-8")) for page in _pages(built)}
    assert {name: found for name, found in faults.items() if found} == {}


@pytest.mark.parametrize("document", ["needs_assessment", "progress_report", "national_framework", "delivery_plan"])
def test_the_documents_of_a_partnership_are_pages_of_every_snapshot(built, document):
    folders = {file.parent for file in (built / "outputs").rglob("snapshot.json")}
    full = [folder for folder in folders if "exampleshire" in folder.parts]

    assert all((folder / f"{document}.html").exists() for folder in folders)
    assert [folder for folder in full if "Not held." in (folder / f"{document}.html").read_text("utf-8")] == []


def test_every_file_that_a_snapshot_shows_figures_of_is_among_its_inputs(built):
    folder = built / "outputs" / "exampleshire" / "2025-26-q3" / "public"
    listed = json.loads((folder / "snapshot.json").read_text(encoding="utf-8"))["inputs"]
    used = [
        set(pd.read_csv(folder / "downloads" / "scorecard.csv", dtype=str)["file"].dropna()),
        {name for name in listed if "/prevalence/" in name},  # estimates of need, which belong to no measure
    ]

    assert min(map(len, used)) > 0
    assert {f"data/{name}" for name in used[0]} <= set(listed)


def test_the_limits_of_size_hold(built):
    folders = [file.parent for file in (built / "outputs").rglob("snapshot.json")]
    sizes = [sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) for folder in folders]
    assert max(sizes) <= 6_000_000
    assert max((folder / "index.html").stat().st_size for folder in folders) <= 100_000


def test_the_list_of_snapshots_leads_to_each_newest_first(built):
    text = (built / "outputs" / "index.html").read_text(encoding="utf-8")
    places = [text.index(f'href="{name}/index.html"') for name in (
        "exampleshire/2025-26-q3/partnership", "exampleshire/2025-26-q3/public", "southampton/2024-25-q3/public",
    )]  # fmt: skip
    assert places == sorted(places)


def test_every_link_of_a_snapshot_leads_to_a_file(built):
    from bs4 import BeautifulSoup

    lost = [
        f"{page.name}: {link['href']}"
        for page in _pages(built)
        for link in BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser").select("a[href]")
        if not link["href"].startswith(("#", "http", "mailto:", "data:"))
        and not (page.parent / link["href"].split("#")[0]).exists()
    ]
    assert lost == []


def test_comparing_a_snapshot_with_itself_finds_nothing(built, capsys):
    folder = str(built / "outputs" / "southampton" / "2024-25-q3" / "public")
    assert cli.main(["compare", folder, folder]) == 0
    assert capsys.readouterr().out == "Nothing changed.\n"


def test_the_public_build_holds_no_number_of_a_restricted_return_and_the_partnerships_does(built):
    folder = built / "outputs" / "exampleshire" / "2025-26-q3"
    open_to_all, full = (
        pd.read_csv(folder / audience / "downloads" / "figures.csv") for audience in ("public", "partnership")
    )
    keys = ["measure", "area", "period", "breakdown", "segment"]
    pairs = full.merge(open_to_all, on=keys, suffixes=("", "_public"))
    hidden = pairs.loc[pairs["value_public"].isna() & pairs["value"].between(10_000, 999_999), "value"]
    hidden = hidden[hidden % 1000 != 0]  # ticks of an axis are round
    secret = set(hidden.astype(int)) - set(open_to_all["value"].dropna()) - set(open_to_all["numerator"].dropna())
    written = {audience: b"\n".join(data for _, data in contents(folder / audience)) for audience in Audience}
    found = {audience: _among(secret, written[audience]) for audience in Audience}

    print(f"{len(secret)} restricted numbers of five digits or more looked for in every byte")
    assert len(secret) >= 20 and (found["public"], found["partnership"]) == (set(), secret)


def _among(numbers: set[int], data: bytes) -> set[int]:
    """Return the numbers that stand in the bytes, with or without commas, not inside a hash or a longer number."""
    standing = {int(one.replace(b",", b"")) for one in re.findall(rb"(?<![\w.,])\d{2,3},?\d{3}(?![\w,]|\.\d)", data)}
    return numbers & standing


def test_only_a_released_snapshot_is_a_baseline(built):
    folder = built / "outputs" / "southampton" / "2024-25-q3" / "public"
    later = ("2025-26-q1", "2025-12-31")
    assert outputs_index.last_released(built, "southampton", "public", later) is None
    manifest = folder / "snapshot.json"
    text = manifest.read_text(encoding="utf-8")
    manifest.write_text(json.dumps({**json.loads(text), "released": {"by": "A", "on": "2025-04-01"}}), encoding="utf-8")
    try:
        assert outputs_index.last_released(built, "southampton", "public", later) == folder
    finally:
        manifest.write_text(text, encoding="utf-8")


def test_the_brief_stands_in_the_partnerships_folder_alone(built):
    briefs = [page.parent.name for page in _pages(built) if page.name == "brief.html"]
    assert briefs == ["partnership"]


def test_every_page_of_the_fictional_area_says_so(built):
    silent = [
        page.name for page in (built / "outputs" / "exampleshire").rglob("*.html")
        if "fictional" not in page.read_text(encoding="utf-8")
    ]  # fmt: skip
    assert silent == []


def test_two_builds_in_two_folders_are_the_same_bytes(built, tmp_path, thorough):
    other = _build(tmp_path / "two", _BUILT if thorough else _BUILT[:1])
    areas = "[!.]*" if thorough else _BUILT[0][0]  # .runs holds how long a run took
    first, second = (
        {file.relative_to(home): file.read_bytes() for file in home.glob(f"outputs/{areas}/**/*") if file.is_file()}
        for home in (built, other)
    )
    print(f"{len(first)} files compared")
    assert first
    assert [str(name) for name in first if first[name] != second.get(name)] == []
    assert set(first) == set(second)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as running:
        yield running


def _seen(built: Path, place: int, thorough: bool) -> list[Path]:
    """Return every page, or in the ordinary run the fourth part that has this place among four ways to look."""
    every = _pages(built)
    seen = every if thorough else every[place::4]
    print(f"{len(seen)} of {len(every)} pages looked at")
    return seen


_WAYS = list(enumerate(product(WIDTHS, ["none", "active"])))


@pytest.mark.parametrize(("place", "way"), _WAYS)
def test_axe_finds_nothing_on_any_built_page(browser, built, thorough, place, way):
    faults = {}
    for page in _seen(built, place, thorough):
        with opened(browser, page, width=way[0], forced_colors=way[1]) as shown:
            shown.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
            faults[str(page.relative_to(built))] = axe_faults(shown)
    assert {name: found for name, found in faults.items() if found} == {}


@pytest.mark.parametrize("width", WIDTHS)
def test_no_built_page_scrolls_sideways(browser, built, width, thorough):
    wide = {}
    for page in _pages(built)[:: 1 if thorough else 3]:
        with opened(browser, page, width=width) as shown:
            shown.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
            plain = overflow(shown)
            shown.add_style_tag(content=TEXT_SPACING)
            wide[str(page.relative_to(built))] = plain, overflow(shown)
    assert {name: by for name, by in wide.items() if max(by) > 0} == {}
