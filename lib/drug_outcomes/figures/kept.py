"""Figures that were cleared once, kept under the digest of everything that they rest on.

Whoever opens the same report again gets them from the store, without the path and all that it imports. A change of a
definition, of a file of the area, of the national files or of the library is another digest: then figures are cleared
again, and what was kept of the area before is erased.
"""

import contextlib
import shutil
import tempfile
from pathlib import Path

import pandas as pd

from drug_outcomes import fingerprints
from drug_outcomes.definitions import framework
from drug_outcomes.definitions.vocabulary import Audience
from drug_outcomes.disclosure import released_files
from drug_outcomes.disclosure.released import Released
from drug_outcomes.figures.questions import Question
from drug_outcomes.intake import store

#: Where cleared figures are kept, for whom; both folders can be opened by their owner alone.
_KEPT = {Audience.PUBLIC: store.CLEARED[0], Audience.PARTNERSHIP: store.CLEARED[1]}


def cleared(root: Path, asked: Question) -> Released:
    """Return everything that the audience of a question may see: kept, or cleared now and kept."""
    inputs = rests_on(root, asked.area)
    folder = _folder(root, asked, inputs)
    # What was cut short, or erased while it was read, counts as not kept.
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        return released_files.load(folder)
    from drug_outcomes.figures import path  # here: what is kept opens without all that clearing imports

    with pd.option_context("mode.string_storage", "python"):  # quicker than Arrow for many small tables
        released = path.released(path.known(root, asked), asked.period)
    if rests_on(root, asked.area) == inputs:  # nothing changed under our hands
        _keep(released, folder)
    return released


def rests_on(root: Path, area: str) -> str:
    """Return the digest of everything that an area's figures rest on: files, definitions, library and packages."""
    folders = (root / framework.FRAMEWORK, root / "data" / "areas" / area, root / "data" / "received")
    found = fingerprints.tree(folders)
    logs = sorted((root / "data").glob("*.csv"))
    files = {Path(name).relative_to(root).as_posix(): value for name, value in found.items()}
    return fingerprints.digest([files, {log.name: fingerprints.sha256(log) for log in logs}, fingerprints.code()])


def _folder(root: Path, asked: Question, inputs: str) -> Path:
    return root / _KEPT[asked.audience] / asked.area / inputs[:32] / f"{asked.period.slug}-{asked.as_of}"


def _keep(released: Released, folder: Path) -> None:
    """Keep cleared figures whole or not at all, and erase what rests on other inputs; a full disk keeps nothing."""
    own = folder.parent.parent
    with contextlib.suppress(OSError):
        own.mkdir(parents=True, exist_ok=True, mode=0o700)
        for earlier in own.iterdir():
            if earlier.name != folder.parent.name:
                shutil.rmtree(earlier, ignore_errors=True)
        folder.parent.mkdir(exist_ok=True, mode=0o700)
        beside = Path(tempfile.mkdtemp(prefix=".", dir=folder.parent))
        released_files.save(released, beside, {})
        beside.replace(folder)
