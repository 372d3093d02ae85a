"""What a snapshot keeps of an executed notebook: equal runs leave equal bytes."""

from collections.abc import Iterator
from itertools import count
from typing import Any

import nbformat
from nbformat import NotebookNode

from drug_outcomes.reporting import markup


def kept(executed: NotebookNode) -> Any:  # noqa: ANN401 - nbformat's nodes are untyped
    """Return the notebook without times, paths and random ids.

    The style that its objects share stands in it once, and plain text that repeats HTML not at all: both
    would make it half as large again.
    """
    metadata = {"kernelspec": executed.metadata["kernelspec"], "language_info": {"name": "python"}}
    pieces = count()
    cells = [_cell(cell, pieces) for cell in executed.cells]
    return nbformat.from_dict({**executed, "metadata": metadata, "cells": cells})


def _cell(cell: NotebookNode, pieces: Iterator[int]) -> dict[str, Any]:
    tags = list(cell.metadata.get("tags", []))
    identity = "injected-parameters" if "injected-parameters" in tags else cell["id"]
    own = {**cell, "id": identity, "metadata": {"tags": tags} if tags else {}}
    return own | {"outputs": [_output(one, pieces) for one in cell.outputs]} if "outputs" in cell else own


def _output(output: NotebookNode, pieces: Iterator[int]) -> dict[str, Any]:
    data = output.get("data", {})
    if "text/html" not in data:
        return output
    html = data["text/html"] if next(pieces) == 0 else markup.without_style("".join(data["text/html"]))
    return {**output, "data": {kind: data[kind] for kind in data if kind != "text/plain"} | {"text/html": html}}
