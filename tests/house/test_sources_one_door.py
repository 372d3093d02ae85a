"""Figures come in by one door: a logged file, its reader, the store."""

import ast
from pathlib import Path

import pandas as pd
import pytest

from drug_outcomes import sources
from drug_outcomes.definitions import areas, framework
from drug_outcomes.intake import received, store
from drug_outcomes.sources import form
from material import PROJECT

PACKAGE = PROJECT / "lib" / "drug_outcomes"
AREA = areas.load(PROJECT, "exampleshire")
DEFINITIONS = areas.own_definitions(framework.load(PROJECT / framework.FRAMEWORK), AREA)
CELLS = ["row", "area", "period_label", "period_end", "value", "status"]


def _modules_that(wanted) -> set[str]:
    return {
        file.relative_to(PACKAGE).parts[0].removesuffix(".py")
        for file in PACKAGE.rglob("*.py")
        if any(wanted(node) for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))))
    }


def _calls(name: str):
    return lambda node: isinstance(node, ast.Call) and ast.unparse(node.func).endswith(name)


@pytest.mark.parametrize("opened", ["load_workbook", "get_sheet_by_name", "pd.read_excel", "read_ods"])
def test_only_readers_open_workbooks(opened):
    assert _modules_that(_calls(opened)) <= {"sources"}


def test_only_the_store_and_the_commands_call_readers():
    called = _modules_that(_calls("sources.read")) | _modules_that(_calls("form.read"))

    assert called - {"sources"} <= {"intake", "cli"}


@pytest.fixture(scope="module")
def loaded() -> pd.DataFrame:
    return store.load(PROJECT, AREA, DEFINITIONS).observations


def test_every_figure_of_exampleshire_stands_in_a_logged_file(loaded):
    shelves = (store.shelf(PROJECT), store.shelf(PROJECT, AREA, DEFINITIONS))
    logged = {
        where.below(entry)
        for where in shelves
        for entry in received.log(where.folder, set(DEFINITIONS.sources["source"]))
    }

    assert set(loaded["file"]) <= logged


def test_every_source_gives_what_its_reader_gives(loaded, thorough):
    files = loaded.drop_duplicates("file")[["source", "file"]]
    for source, file in (files if thorough else files.drop_duplicates("source")).itertuples(index=False):
        path = PROJECT / "data" / Path(file)
        if form.is_form(path):
            said = form.read(path, source=source, definitions=DEFINITIONS, held=True)
        else:
            options = {"definitions": DEFINITIONS} if source == "scorecard_edition" else {}
            said = sources.read(source, path, **options)
        assert _figures(loaded[loaded["file"] == file]) <= _figures(said), file


def _figures(rows: pd.DataFrame) -> set[tuple[object, ...]]:
    """Return what stands in each row, a share worked out from its parts aside."""
    told = rows[CELLS].assign(value=rows["value"].round(9)).astype("object").fillna("none")
    return set(told.itertuples(index=False, name=None))
