"""Handing cleared figures from the driver to notebooks, through a folder that only the two of them know."""

import json
from dataclasses import fields
from pathlib import Path

import pandas as pd

from drug_outcomes.disclosure.released import Released
from drug_outcomes.vocabulary import Audience

_WORDS = ("audience", "as_of")


def save(released: Released, folder: Path) -> None:
    """Write cleared figures below `folder`: one Parquet file per frame and what they were cleared for."""
    for field in fields(Released):
        value = getattr(released, field.name)
        if isinstance(value, pd.DataFrame):
            value.to_parquet(folder / f"{field.name}.parquet")
    words = {name: str(getattr(released, name)) for name in _WORDS}
    (folder / "released.json").write_text(json.dumps(words), encoding="utf-8")


def load(folder: Path) -> Released:
    """Return what `save` wrote."""
    words = json.loads((folder / "released.json").read_text(encoding="utf-8"))
    frames = {file.stem: pd.read_parquet(file) for file in sorted(folder.glob("*.parquet"))}
    return Released(audience=Audience(words["audience"]), as_of=words["as_of"], **frames)
