"""Handing cleared figures, and the names of their areas, to notebooks through a folder that nobody else knows."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from pathlib import Path

import pandas as pd

from drug_outcomes.definitions.framework import Definitions
from drug_outcomes.definitions.vocabulary import Audience
from drug_outcomes.disclosure.released import Released

#: The environment variable in which a driver says where the figures that it cleared are.
HANDED = "DRUG_OUTCOMES_CLEARED"
_WORDS = ("audience", "as_of")
_NAMES = "names.json"


def save(released: Released, folder: Path, names: Mapping[str, str]) -> None:
    """Write cleared figures below `folder`: one Parquet file per frame, what they were cleared for, names by code."""
    for field in fields(Released):
        value = getattr(released, field.name)
        if isinstance(value, pd.DataFrame):
            value.to_parquet(folder / f"{field.name}.parquet")
    words = {name: str(getattr(released, name)) for name in _WORDS}
    (folder / "released.json").write_text(json.dumps(words), encoding="utf-8")
    (folder / _NAMES).write_text(json.dumps(names, sort_keys=True), encoding="utf-8")


def names(folder: Path) -> dict[str, str]:
    """Return the names of areas by code that `save` wrote."""
    told: dict[str, str] = json.loads((folder / _NAMES).read_text(encoding="utf-8"))
    return told


def load(folder: Path) -> Released:
    """Return what `save` wrote."""
    words = json.loads((folder / "released.json").read_text(encoding="utf-8"))
    # Python's texts are quicker than Arrow's for the few rows of a page.
    with pd.option_context("mode.string_storage", "python"):
        frames = {file.stem: pd.read_parquet(file) for file in sorted(folder.glob("*.parquet"))}
    return Released(audience=Audience(words["audience"]), as_of=words["as_of"], **frames).checked()


def of_page(released: Released, stem: str, definitions: Definitions) -> Released:
    """Return the figures that the page of a notebook shows: its priority's, or all.

    Findings on no measure stand on every page. A page is handed the same in a snapshot as anywhere else.
    """
    measures = definitions.measures
    mine = measures.loc[measures["priority"] == stem, "measure"]
    return only(released, mine) if len(mine) else released


def only(released: Released, measures: Iterable[str]) -> Released:
    """Return the part of cleared figures that is about some measures; findings on no measure stay."""
    kept = {*measures, ""}

    def part(frame: pd.DataFrame) -> pd.DataFrame:
        return frame[frame["measure"].isin(kept)].reset_index(drop=True) if "measure" in frame else frame

    return replace(
        released,
        latest=part(released.latest),
        series=part(released.series),
        findings=part(released.findings),
        corrections=part(released.corrections),
        revisions=part(released.revisions),
        suppressions=part(released.suppressions),
        beside=released.beside.iloc[:0],
    )
