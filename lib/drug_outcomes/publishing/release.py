"""Releasing a snapshot: audited against everything released before, written into the ledger, marked and frozen.

Building is not releasing: `snapshot` makes drafts, which may be replaced at any time. What is released here
is never built over, and its figures count as known to everybody in every later edition.
"""

import argparse
import json
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from drug_outcomes import disclosure, figures, fingerprints
from drug_outcomes.definitions import framework, logbook
from drug_outcomes.definitions.vocabulary import Audience
from drug_outcomes.disclosure import CLEARED, ledger, words
from drug_outcomes.errors import DisclosureRefused, UnreadableInput, UsageError
from drug_outcomes.figures import Known, Question, known, path, released
from drug_outcomes.intake import received
from drug_outcomes.publishing import outputs_folder, outputs_index, site, steps
from drug_outcomes.publishing.compare import SCORECARD
from drug_outcomes.reporting import board_pack, downloads, word_document, wording

_RELEASED, _WITHDRAWN = "Released on {}", "Withdrawn on {}"
_BUILD_AGAIN = "build it again with drug-outcomes snapshot, read it, and release that"


def release(
    root: Path, folder: Path, *, by: str, on: str, edition: str = "", owners: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Release the snapshot in `folder`, and return what its manifest then says of that.

    Parameters
    ----------
    by, on : who releases it, and the ISO date.
    edition : its name in the ledger; by default its period, audience and date of knowledge.
    owners : by source, which approval of the data owner is at hand, for figures that no owner has published.

    Raises
    ------
    DisclosureRefused : a hidden figure can be worked out from it and what was released before, or an owner's
        approval is missing.
    UsageError, UnreadableInput : it is no snapshot, released already, or not what the data give today.
    """
    with outputs_folder.one_run_at_a_time(root), _ledger_alone(root, _draft(root, folder)):
        manifest = _draft(root, folder)
        asked = _asked(root, manifest)
        if not by.strip() or on < asked.as_of:
            raise UsageError(f"released by {by!r} on {on}", expected=f"a name, a date from {asked.as_of} on")
        held = known(root, asked)
        defined = held.definitions
        ledger.require_named(held.rules.context.ledger, defined.measures["measure"], defined.sources["source"])
        if _text(folder / SCORECARD) != downloads.csv_text(downloads.scorecard(released(held, asked.period))):
            raise UsageError(f"{folder.name} is not what the data give today", try_next=_BUILD_AGAIN)
        edition = edition or f"{asked.period.label} for the {asked.audience}, as known on {asked.as_of}"
        told = held.shown[held.shown["period_end"] <= asked.period.end_month]
        lines = held.rules.lines(told, edition=edition, on=on, by=by)
        record = {"edition": edition, "by": by, "on": on, "sources": sources(held, owners or {})}
        require_safe(held, lines)
        latest = max([asked.as_of, *ledger.known_before(held.rules.context.ledger)["as_of"]])
        if latest > asked.as_of:  # what a later edition hid was not known to this one
            require_safe(known(root, replace(asked, as_of=latest)), lines)
        if asked.audience is Audience.PUBLIC:
            words.refuse_elsewhere(path.untold(held, asked.period))
        marks = site.DRAFT, _RELEASED.format(wording.date_in_words(on))
        _put(root, folder, manifest | {"released": record}, marks, lines)
    return record


def withdraw(root: Path, folder: Path, *, by: str, on: str) -> None:
    """Mark a released snapshot as withdrawn. Its entries in the ledger stay: what was seen stays known."""
    with outputs_folder.one_run_at_a_time(root), _ledger_alone(root, _manifest(folder)):
        manifest = _manifest(folder)
        if not outputs_index.stands_released(folder):
            raise UsageError(f"{folder.name} is not released", expected="a snapshot that was released")
        told = manifest["released"]
        lines = ledger.withdrawal(_ledger(root, manifest), edition=told["edition"], on=on, by=by)
        days = told["on"], on
        before, now = (
            words.format(wording.date_in_words(day)) for words, day in zip((_RELEASED, _WITHDRAWN), days, strict=True)
        )
        _put(root, folder, manifest | {"withdrawn": {"by": by, "on": on}}, (before, now), lines)


def require_safe(held: Known, lines: pd.DataFrame) -> None:
    """Refuse an edition if what it shows, with all that was released before, gives a hidden figure away.

    `lines` are its entries for the ledger: the audit takes them for known, whatever clearing thought of them.
    """
    rules = held.rules
    if rules.audience is not Audience.PUBLIC:
        return
    seen = ledger.all_known(pd.concat([rules.context.ledger, lines], ignore_index=True), rules.as_of)
    context = replace(rules.context, ledger=seen)
    found = disclosure.leaks(held.newest, rules.policies, as_of=rules.as_of, context=context)
    accepted = held.area.folder / ledger.FOLDER / "accepted_disclosures.csv"
    ledger.refuse_leaks(found, ledger.read_accepted(accepted))


def sources(held: Known, owners: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return by source how many figures of the area are shown, and with whose approval.

    Figures that no owner has published need one of `owners`; `DisclosureRefused` names the sources without.
    """
    strange = set(owners) - set(held.definitions.sources["source"])
    if strange:
        raise UsageError(f"unknown source {min(strange)!r}", try_next="--approval SOURCE=WORDS")
    shown = held.shown[(held.shown["withheld"] == "") & held.shown["value"].notna()]
    mine = shown[(shown["area"] == held.area.code) & (shown["measure"] != "")]
    unpublished = mine["release_basis"] == CLEARED
    lacking = sorted({*mine.loc[unpublished, "source"]} - set(owners))
    if lacking and held.rules.audience is Audience.PUBLIC:
        raise DisclosureRefused(
            f"figures are shown that their owners have not published: {', '.join(lacking)}",
            expected="the data owner's approval for each of these sources",
            try_next=f'--approval {lacking[0]}="who, when, in which message"',
        )
    basis = mine["release_basis"].mask(unpublished, mine["source"].map(dict(owners)))
    words = basis.mask(basis.fillna("") == "", "shared within the partnership")
    counted = mine.assign(approval=words).groupby(["source", "publisher", "licence", "approval"]).size()
    return [
        {str(key): value for key, value in row.items()}
        for row in counted.reset_index(name="figures").to_dict("records")
    ]


def _asked(root: Path, manifest: Mapping[str, Any]) -> Question:
    return figures.question(root, *(manifest[name] for name in ("area", "period", "as_of", "audience")))


def _text(file: Path) -> str:
    return file.read_bytes().decode("utf-8")


def _manifest(folder: Path) -> dict[str, Any]:
    """Return what a snapshot says of itself; one that was edited since is `UnreadableInput`."""
    if not fingerprints.intact(folder):
        raise UnreadableInput(
            f"{folder} is not a snapshot as it was built",
            expected="outputs/<area>/<period>/<audience>",
            try_next=_BUILD_AGAIN,
        )
    told: dict[str, Any] = json.loads(_text(folder / "snapshot.json"))
    return told


def _draft(root: Path, folder: Path) -> dict[str, Any]:
    manifest = _manifest(folder)
    if manifest["partial"] or manifest.get("released"):
        state = "holds only some of the pages" if manifest["partial"] else "was released already"
        raise UsageError(f"{folder.name} {state}", expected="a whole draft", try_next=_BUILD_AGAIN)
    if not folder.resolve().is_relative_to(root / "outputs"):
        raise UsageError(f"{folder} is not in this project", expected=f"a folder below {root.name}/outputs")
    return manifest


def _ledger_alone(root: Path, manifest: Mapping[str, Any]) -> AbstractContextManager[None]:
    """Hold the ledger from its audit to its new lines: what another machine releases meanwhile would go unseen."""
    return logbook.one_at_a_time(root / "data" / "areas" / manifest["area"] / ledger.FOLDER / ledger.FILE)


def _ledger(root: Path, manifest: Mapping[str, Any]) -> pd.DataFrame:
    return ledger.of_area(root / "data" / "areas" / _asked(root, manifest).area)


def _put(root: Path, folder: Path, manifest: dict[str, Any], marks: tuple[str, str], lines: pd.DataFrame) -> None:
    """Mark a copy of the folder, write the ledger, and only then put the copy in its place, read-only.

    Stopped in between, the ledger says too much rather than too little.
    """
    with tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as beside:
        copy = Path(beside) / "copy"
        shutil.copytree(folder, copy, copy_function=shutil.copyfile)
        for page in copy.glob("*.html"):
            page.write_text(_text(page).replace(*marks), encoding="utf-8", newline="")
        for file in copy.glob(f"downloads/{board_pack.FILE}"):
            file.write_bytes(word_document.remarked(file.read_bytes(), *marks))
        (copy / "snapshot.json").unlink()
        steps.write_manifest(copy, manifest)
        for file in copy.rglob("*"):
            if file.is_file():
                file.chmod(0o444)
        ledger.append(root / "data" / "areas" / manifest["area"] / ledger.FOLDER / ledger.FILE, lines)
        outputs_folder.put_in_place(copy, folder)
    outputs_index.write(root)


def run(options: argparse.Namespace) -> int:
    """Run `drug-outcomes release`."""
    root, on = framework.home(), received.day(options.on)
    if options.withdraw:
        withdraw(root, options.folder, by=options.by, on=on)
        print(f"Withdrawn: {options.folder}. What it showed stays in the ledger as known.")
        return 0
    record = release(
        root, options.folder, by=options.by, on=on, edition=options.edition, owners=_owners(options.approval)
    )
    print(f"Released: {options.folder}, as {record['edition']}, by {options.by}. Figures by source:")
    for row in record["sources"]:
        print(f"  {row['source']}: {row['figures']}, {row['approval']} ({row['publisher']}; {row['licence']})")
    return 0


def _owners(words: Sequence[str]) -> dict[str, str]:
    pairs = {word.partition("=")[0]: word.partition("=")[2].strip() for word in words}
    empty = [source for source, told in pairs.items() if not told]
    if empty:
        raise UsageError(f"no approval is told for {empty[0]!r}", try_next='--approval SOURCE="who, when"')
    return pairs
