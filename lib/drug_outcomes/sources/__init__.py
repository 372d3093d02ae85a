"""Readers: a file as received becomes observations. One small module for each source, named by its id.

A reader renames and reshapes; it computes nothing but shares it must derive, and it hides nothing.
Its `read(file, **options)` returns every area and period in the file in the schema of `observations`.
"""

import difflib
import inspect
import re
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pandas as pd

from drug_outcomes.definitions import observations, reasons
from drug_outcomes.definitions.framework import Definitions
from drug_outcomes.errors import UnreadableInput, UsageError, naming

#: Source id -> (module under drug_outcomes.sources, options its reader is always called with).
READERS: Mapping[str, tuple[str, Mapping[str, Any]]] = MappingProxyType(
    {
        "fingertips": ("fingertips", {}),
        "ndtms_viewit": ("ndtms_viewit", {}),
        "ons_drug_deaths": ("ons_drug_deaths", {}),
        "ons_population": ("ons_population", {}),
        "prevalence": ("prevalence", {}),
        "area_lookup": ("areas_lookup", {}),
        "recorded_crime": ("recorded_crime", {}),
        "seizures": ("seizures", {}),
        "dfe_exclusions": ("dfe_exclusions", {}),
        "police_uk": ("police_uk", {}),
        "homelessness": ("homelessness", {}),
        "deprivation": ("deprivation", {}),
        "neighbours": ("neighbours", {}),
        "scorecard_edition": ("scorecard_edition", {}),
        "police": ("form", {"source": "police"}),
        "icu": ("form", {"source": "icu"}),
        "drugscope": ("form", {"source": "drugscope"}),
        "opcc": ("form", {"source": "opcc"}),
        "ndtms_domes": ("form", {"source": "ndtms_domes"}),
        "hospital_statistics": ("form", {"source": "hospital_statistics"}),
        "ndtms_local_outcomes": ("form", {"source": "ndtms_local_outcomes"}),
    }
)


def sources() -> list[str]:
    """Return the ids of all sources that are read: those with a reader, and those that layouts.csv describes."""
    mapped = import_module(f"{__name__}.mapped")
    return sorted({*READERS, *mapped.layouts()["source"]})


def reader(source: str) -> Callable[..., pd.DataFrame]:
    """Return the `read` function of a source; its module is imported only now."""
    if source not in READERS:
        known = sources()
        near = difflib.get_close_matches(source, known, n=3)
        raise UsageError(
            f"there is no source {source!r}",
            expected=f"one of: {', '.join(known)}",
            try_next=f"did you mean {' or '.join(near)}?" if near else "type one of these ids",
        )
    read_one: Callable[..., pd.DataFrame] = import_module(f"{__name__}.{READERS[source][0]}").read
    return read_one


def read(
    source: str,
    file: Path,
    *,
    definitions: Definitions | None = None,
    held: bool = False,
    sheet: str = "",
    **options: Any,  # noqa: ANN401 - each reader names its own
) -> pd.DataFrame:
    """Read one file of a source into observations, `source` and `file` filled in.

    The observation form is read under any source. `definitions` are the measures that forms and scorecards may
    name, the framework's where none are given; `held` says that the file was taken in before (see `form.read`);
    `sheet` is the one sheet of a workbook that is meant. A `period` of a file that names another is refused.

    Raises `UsageError` for an unknown source or option, `UnreadableInput` for a file that would have to be
    guessed at.
    """
    with import_module(f"{__name__}.reading").only_sheet(sheet):
        return _read(source, Path(file), definitions, held=held, options=options)


def _read(
    source: str, file: Path, definitions: Definitions | None, *, held: bool, options: Mapping[str, Any]
) -> pd.DataFrame:
    read_one, fixed = _reader(source, file)
    form = import_module(f"{__name__}.form")
    if form.is_form(file, definitions):
        read_one, fixed = form.read, {"source": source}
    names = inspect.signature(read_one).parameters
    fixed |= {name: told for name, told in (("definitions", definitions), ("held", held)) if name in names}
    known = [name for name in names if name != "file" and name not in fixed]
    unknown = [name for name in options if name not in known]
    if unknown:
        raise UsageError(
            f"the reader of {source} has no option {unknown[0]!r}",
            expected=f"one of: {', '.join(known)}" if known else "no option",
        )
    with naming(file):
        frame = observations.conform(read_one(file, **fixed, **options))
        _require_period(frame, options.get("period", ""))
    if frame.empty:
        raise UnreadableInput("nothing in this file is a figure of this source", file=file)
    reasons.require(frame, file.name)
    return frame.assign(
        source=frame["source"].where(frame["source"] != "", source),
        file=frame["file"].where(frame["file"] != "", file.name),
        note=_with_warning(frame if read_one is form.read else _with_new_words(frame, source), file),
    )


def _require_period(frame: pd.DataFrame, told: str) -> None:
    """Refuse a file that names other periods than the one it is said to be of."""
    years = frame["period_label"].str.replace(r"\D", "", regex=True)
    if told and len(frame) and not (years == re.sub(r"\D", "", told)).any():
        raise UnreadableInput(
            f"the file is of {frame['period_label'].iloc[0]} by its own words, and it was said to be of {told}",
            expected="no --period for a file that names its own",
        )


def _reader(source: str, file: Path) -> tuple[Callable[..., pd.DataFrame], dict[str, Any]]:
    """Return how a file of a source is read: by a described layout that it has, else by the source's own reader."""
    mapped = import_module(f"{__name__}.mapped")
    if source in set(mapped.layouts()["source"]) and (source not in READERS or mapped.fits(file, source)):
        return mapped.read, {"source": source}
    return reader(source), dict(READERS[source][1])


#: Source -> the key of its breakdowns that may have any word: deaths by every substance that is mentioned.
_FREE = {"ons_drug_deaths": "substance"}


def _with_new_words(frame: pd.DataFrame, source: str) -> pd.DataFrame:
    """Note the words of a breakdown that were not met before, under which rows were kept."""
    told = import_module(f"{__name__}.labelling").new_words(frame["breakdown"], _FREE.get(source, ""))
    also = frame["note"].where(frame["note"] == "", "; " + frame["note"])
    return frame.assign(note=frame["note"].mask(told != "", told + also))


def _with_warning(frame: pd.DataFrame, file: Path) -> pd.Series:
    """Say on the last row of a text without a final line end that its last cell may have been cut."""
    if file.suffix.casefold() not in {".csv", ".tsv"} or file.read_bytes().endswith((b"\n", b"\r", b"\n\0")):
        return frame["note"]
    last = frame["row"] == frame["row"].max()
    remark = "the file ends without a line end: if it was cut short, the last cell of this row is incomplete"
    return frame["note"].mask(last, frame["note"].where(frame["note"] == "", frame["note"] + "; ") + remark)
