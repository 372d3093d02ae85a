"""Notebooks are reports: narrative, one call per cell, nothing stored, no logic, no area's name."""

import ast
from pathlib import Path

import nbformat
import pytest

from material import PROJECT

NOTEBOOKS = sorted((PROJECT / "notebooks").glob("*.ipynb"))
LOGIC = (
    ast.FunctionDef, ast.Lambda, ast.ClassDef, ast.For, ast.While, ast.If, ast.IfExp, ast.Try, ast.With,
    ast.ListComp, ast.DictComp, ast.SetComp, ast.GeneratorExp, ast.BinOp, ast.Compare, ast.BoolOp, ast.Subscript,
)  # fmt: skip


def read(file: Path) -> nbformat.NotebookNode:
    return nbformat.read(file, as_version=4)


def code(file: Path) -> list[nbformat.NotebookNode]:
    return [cell for cell in read(file).cells if cell.cell_type == "code"]


def test_there_is_a_notebook_for_each_priority_area(project):
    priorities = (project / "data/framework/priorities.csv").read_text(encoding="utf-8").splitlines()[1:]

    assert {row.split(",")[0] for row in priorities} <= {file.stem for file in NOTEBOOKS}


@pytest.mark.parametrize("file", NOTEBOOKS, ids=lambda file: file.stem)
class TestNotebook:
    def test_stores_no_outputs(self, file):
        assert [cell for cell in code(file) if cell.outputs or cell.execution_count] == []

    def test_holds_no_logic(self, file):
        nodes = [node for cell in code(file) for node in ast.walk(ast.parse(cell.source)) if isinstance(node, LOGIC)]

        assert [ast.unparse(node) for node in nodes] == []

    def test_has_one_typed_and_commented_parameters_cell(self, file):
        tagged = [cell.source for cell in code(file) if "parameters" in cell.metadata.get("tags", [])]

        assert len(tagged) == 1
        assert all(": " in line and "  # " in line for line in tagged[0].splitlines())

    def test_imports_its_door_and_nothing_else(self, file):
        imports = [
            ast.unparse(node)
            for cell in code(file)
            for node in ast.walk(ast.parse(cell.source))
            if isinstance(node, (ast.Import, ast.ImportFrom))
        ]

        door = "open_area" if file.stem == "explore_data" else "Report"
        assert imports == [f"from drug_outcomes import {door}"]

    def test_keeps_to_few_cells_and_statements(self, file):
        sizes = [
            len(ast.parse(cell.source).body) for cell in code(file) if "parameters" not in cell.metadata.get("tags", [])
        ]

        assert len(read(file).cells) <= 40
        assert max(sizes) <= 3

    def test_has_one_first_level_heading_in_its_first_cell(self, file):
        headings = [
            (place, line)
            for place, cell in enumerate(read(file).cells)
            if cell.cell_type == "markdown"
            for line in cell.source.splitlines()
            if line.startswith("# ")
        ]

        assert [place for place, _ in headings] == [0]

    def test_names_no_area_in_its_narrative(self, file):
        text = " ".join(cell.source for cell in read(file).cells if cell.cell_type == "markdown").casefold()

        assert not [area.name for area in (PROJECT / "data/areas").iterdir() if area.name in text]

    def test_tells_enough_and_not_too_much(self, file):
        words = sum(len(cell.source.split()) for cell in read(file).cells if cell.cell_type == "markdown")

        assert 30 <= words <= 1000
