"""The command `list`: which pages are up to date, which would be built, and what changed."""

import argparse
import json
import tempfile
from collections.abc import Collection, Iterator, Mapping
from itertools import groupby
from pathlib import Path

import pandas as pd

from drug_outcomes import figures, fingerprints
from drug_outcomes.definitions import areas, project
from drug_outcomes.disclosure import Released
from drug_outcomes.errors import OutcomesError
from drug_outcomes.intake import aside
from drug_outcomes.publishing import outputs_index, snapshots
from drug_outcomes.publishing.site import Request, Site, inputs

#: What the parts of a page's key are called, and below which folders their files stand.
_PARTS = {
    "code": ("the library or a package", ()),
    "definitions": ("definitions", ("data/framework/",)),
    "area": ("the area's own words", ("data/areas/",)),
    "notebook": ("the notebook", ()),
    "page": ("what stands round the page", ()),
    "figures": ("figures or names of areas", ("data/",)),
}


def run(options: argparse.Namespace) -> int:
    """Print one line for each snapshot, and below it one for each notebook that would be built, and why."""
    root = project.home()
    wanted = snapshots.requests(
        area=options.area,
        period=options.period,
        first=options.first,
        last=options.last,
        as_of=options.as_of,
        audience=options.audience,
    )
    # As in the processes that build: what notebooks are handed is compared byte by byte.
    with pd.option_context("mode.string_storage", "python"):
        for line in told(root, wanted):
            print(line, flush=True)
    aside.tell(root, [(request.asked.area, request.asked.as_of) for request in wanted])
    return 0


def told(root: Path, wanted: list[Request]) -> Iterator[str]:
    """Yield the lines about some snapshots. Nothing is run or written, and nothing cleared where nothing changed."""
    ordered, same = sorted(wanted, key=_together), fingerprints.unchanged(root)
    for _, group in groupby(ordered, key=_together):
        alike = list(group)
        settled = [_settled(root, request, same) for request in alike]
        if all(settled):
            yield from settled
            continue
        try:
            known = list(figures.in_turn(root, [request.asked for request in alike]))
        except OutcomesError as refused:
            yield f"{alike[0].asked.area} {alike[0].asked.audience}: cannot be built: {refused}"
            continue
        for request, held, line in zip(alike, known, settled, strict=True):
            yield from [line] if line else _told(root, request, held)


def _together(request: Request) -> tuple[str, str]:
    return request.asked.area, str(request.asked.audience)


def _settled(root: Path, request: Request, same: Collection[Path]) -> str:
    """Return the line about a snapshot that needs no figures: released, or built from what stands there still."""
    folder = request.folder(root)
    if outputs_index.stands_released(folder):
        return f"{_name(request)}: released, and kept as it is"
    if folder in same and json.loads((folder / "snapshot.json").read_text("utf-8"))["as_of"] == request.asked.as_of:
        return f"{_name(request)}: up to date"
    return ""


def _name(request: Request) -> str:
    asked = request.asked
    return f"{asked.area} {asked.period.label} {asked.audience}"


def _told(root: Path, request: Request, known: figures.Known) -> Iterator[str]:
    name = _name(request)
    try:
        why = reasons(root, request, figures.released(known, request.asked.period))
    except OutcomesError as refused:
        yield f"{name}: cannot be built: {refused}"
        return
    yield f"{name}: {f'{len(why)} of {len(request.notebooks)} notebooks would be built' if why else 'up to date'}"
    yield from (f"  {notebook}: {reason}" for notebook, reason in why.items())


def reasons(root: Path, request: Request, released: Released) -> dict[str, str]:
    """Return why notebooks would be built, by name; those that are up to date are left out."""
    target = request.folder(root)
    if not (target / "snapshot.json").exists():
        return dict.fromkeys(request.notebooks, "not built yet")
    if not fingerprints.intact(target):
        return dict.fromkeys(request.notebooks, "the snapshot is damaged")
    manifest = json.loads((target / "snapshot.json").read_text(encoding="utf-8"))
    if "released" in manifest:
        return dict.fromkeys(request.notebooks, "the snapshot was withdrawn")
    definitions, area = areas.with_definitions(root, request.asked.area, request.asked.audience)
    around = Site.of(root, request, definitions, area)
    changed = _changed(manifest["inputs"], inputs(root, request, released))
    why = {}
    with tempfile.TemporaryDirectory() as handed:
        for name in request.notebooks:
            key, before = around.key(root, name, released, Path(handed)), manifest["notebooks"].get(name, {})
            files = {f"data/{file}" for file in around.figures_of(name, released).files}
            mine = {file: how for file, how in changed.items() if file in files or how == "gone"}
            parts = [
                _part(part, mine if part == "figures" else changed) for part in key if key[part] != before.get(part)
            ]
            why[name] = "; ".join(parts)
    return {name: reason for name, reason in why.items() if reason}


def _changed(before: Mapping[str, str], now: Mapping[str, str]) -> dict[str, str]:
    """Return which files are new, changed or gone."""
    words = {file: "changed" if file in before else "new" for file in now if now[file] != before.get(file)}
    return words | {file: "gone" for file in before if file not in now}


def _part(part: str, changed: Mapping[str, str]) -> str:
    name, folders = _PARTS[part]
    files = [f"{file} ({how})" for file, how in sorted(changed.items()) if file.startswith(folders)]
    return f"{name}: {', '.join(files)}" if files and folders else name
