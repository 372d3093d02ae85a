"""Checks: everything is read, nothing is run, and everything that is wrong is listed."""

import argparse
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import pandas as pd

from drug_outcomes import disclosure, figures
from drug_outcomes.definitions import alerts, areas, events, framework, periods, plan
from drug_outcomes.definitions.areas import Area
from drug_outcomes.definitions.framework import Definitions
from drug_outcomes.definitions.vocabulary import Audience, Release, Severity
from drug_outcomes.disclosure import words
from drug_outcomes.figures import Question, path, written
from drug_outcomes.intake import aside, received, store
from drug_outcomes.intake.received import Entry
from drug_outcomes.publishing import closed_rows
from drug_outcomes.quality import explanations
from drug_outcomes.sources.checks import NEW_WORD

COLUMNS = (
    *("rule", "severity", "number", "measure", "area", "period", "document", "place"),
    *("what", "figures", "suggestion", "status"),
)
OPEN, CLOSED = "open", "closed"
_SUGGESTIONS = {
    "refused_file": "Ask the sender for it again. When the right file is in, write 'replaced by' and its name "
    "at the start of this one's note in the log.",
    "edited_after_receipt": "Put the file back as it came: receive the original again.",
    "file_missing": "Put the file back as it came, or take its row out of the log.",
    "log_row": "Correct the row of the log.",
    "reader_defect": "The file may be sound: send its name, its source and this line to whoever keeps the suite.",
}


def findings(root: Path, asked: Question, on: str) -> pd.DataFrame:
    """Return everything found about an area's files and figures, gravest first, in the columns of COLUMNS.

    `on` is the ISO date that retention dates are compared with. What the contents of restricted files show
    is told to the partnership only.
    """
    definitions, area = areas.with_definitions(root, asked.area, asked.audience)
    events.read(area, definitions)
    plan.read(area, definitions)
    alerts.read(area)
    loaded = store.load(root, area, definitions)
    released = figures.cleared(root, asked)
    tables = [
        _refused(loaded.refused, asked.audience),
        _left_out(loaded.left_out),
        _received_later(loaded, area, asked.as_of),
        _new_words(loaded.observations, asked.audience),
        pd.DataFrame(_about_files(root, area, definitions, on)),
        released.findings.rename(columns={"period_label": "period"}),
        suppressed(released.suppressions, definitions, area),
        words_elsewhere(root, asked),
    ]
    found = pd.concat([table.reindex(columns=list(COLUMNS)) for table in tables if len(table)] or [pd.DataFrame()])
    order = {str(severity): place for place, severity in enumerate(Severity)}
    found = found.reindex(columns=list(COLUMNS))
    return found.sort_values("severity", key=lambda words: words.map(order), kind="stable", ignore_index=True)


def words_elsewhere(root: Path, asked: Question) -> pd.DataFrame:
    """Say which lines that the public may read print a number which is hidden about something else."""
    definitions, area = areas.with_definitions(root, asked.area)
    said = written.lines(area, asked.period, definitions)
    if not any(words.printed(text) for text in said["text"]):
        return pd.DataFrame()  # nothing is cleared again for words without a number
    held = figures.known(root, replace(asked, audience=Audience.PUBLIC))
    what = "This line prints a number that equals a hidden figure of another commitment: a release asks about it."
    tell = f"Reword it, or wave it through in {words.ACCEPTED.as_posix()}, with reason, name and date."
    rows = [
        _finding("words_may_tell", Severity.WARNING, str(row["file"]), what, tell) | {"place": f"row {row['row']}"}
        for row in path.untold(held, asked.period).to_dict("records")
    ]
    return pd.DataFrame(rows)


def _refused(refused: pd.DataFrame, audience: Audience) -> pd.DataFrame:
    """Say why files were set aside; a reason may quote the file, and restricted files are not quoted in public."""
    secret = refused["closed"].astype(bool) & (audience == Audience.PUBLIC)
    told = refused["reason"].mask(secret, "It cannot be read; check --audience partnership says why.")
    closed = refused["note"].str.casefold().str.startswith(received.REPLACED) | (refused["rule"] == received.WITHDRAWN)
    severity = pd.Series(str(Severity.ERROR), refused.index).mask(closed, str(Severity.INFO))
    return pd.DataFrame(
        {
            "rule": refused["rule"],
            "severity": severity,
            "document": refused["file"],
            "what": "The file was set aside, and none of its figures is used. " + told,
            "suggestion": refused["rule"].map(_SUGGESTIONS),
            "status": pd.Series(OPEN, refused.index).mask(closed, CLOSED),
        }
    )


def _left_out(rows: pd.DataFrame) -> pd.DataFrame:
    """Count the rows of files that are about a part of the area's ground, or about more than it."""
    return pd.DataFrame(
        {
            "rule": "other_ground",
            "severity": str(Severity.INFO),
            "document": rows["file"],
            "period": rows["periods"],
            "what": rows["rows"].astype("str") + " rows are left out: " + rows["reason"] + ".",
            "suggestion": "",
            "status": OPEN,
        }
    )


def _received_later(loaded: store.Loaded, area: Area, as_of: str) -> pd.DataFrame:
    """Say how many figures lie after the day that is asked for: what was received must not look as if it never was."""
    lines = [line for line in aside.told(loaded, area, as_of) if "received after" in line]
    return pd.DataFrame(
        {
            "rule": "received_later",
            "severity": str(Severity.INFO),
            "what": [line.partition(": ")[2] for line in lines],
            "suggestion": "Set edition_as_of in area.toml to the day of this edition.",
            "status": OPEN,
        }
    )


def _new_words(rows: pd.DataFrame, audience: Audience) -> pd.DataFrame:
    """List the words that readers had not met before, under which they kept their rows."""
    told = rows[(rows["release"] == Release.PUBLIC) | (audience == Audience.PARTNERSHIP)]
    marked = told["text"].str.extract(r"\d\s*\[([a-z, ]*)\]$")[0].fillna("")
    odd = marked.str.replace(r"[preu, ]", "", regex=True) != ""
    new = told["note"].str.extract(rf"^({NEW_WORD}[^;]*)")[0].fillna("")
    word = new.mask(odd, NEW_WORD + "mark [" + marked + "]")
    counted = told[word != ""].groupby(["file", word[word != ""].rename("word")], as_index=False).size()
    return pd.DataFrame(
        {
            "rule": "new_word",
            "severity": str(Severity.INFO),
            "document": counted["file"],
            "what": counted["size"].astype("str") + " rows keep a word of their own, " + counted["word"] + ".",
            "suggestion": "",
            "status": OPEN,
        }
    )


def suppressed(hidden: pd.DataFrame, definitions: Definitions, area: Area) -> pd.DataFrame:
    """Say of each hidden series why it is hidden, and what would have to change for it to be shown.

    `hidden` is `Released.suppressions`; a row tells of all periods of a measure, area and breakdown that are
    hidden for the same reason.
    """
    policies = disclosure.policies(definitions, disclosure.area_policy(area.folder))
    measures = definitions.measures.set_index("measure")
    series = ["measure", "area", "breakdown", "why", "what_would_show_it", "withheld"]
    told = []
    for key, rows in hidden.sort_values("period_end", kind="stable").groupby(series, sort=False):
        measure, code, breakdown, why, remedy, withheld = map(str, key)
        labels = list(rows["period_label"].drop_duplicates())
        several = f"{len(labels)} figures, from {labels[0]} to {labels[-1]}. " if len(labels) > 1 else ""
        group = f"{breakdown.replace(';', ', ')}: " if breakdown else ""
        role = definitions.source(str(measures["source"][measure])).publisher_role
        restricted = withheld == disclosure.RESTRICTED
        small = "" if restricted else f" Numbers from 1 to {policies[measure].threshold - 1} count as small."
        told.append(
            {
                "rule": "suppressed",
                "severity": str(Severity.INFO),
                "number": measures["number"][measure],
                "measure": measure,
                "area": code,
                "period": labels[-1],
                "what": group + several + why + small,
                "suggestion": remedy + (f" Ask: {role}." if restricted else ""),
                "status": OPEN,
            }
        )
    return pd.DataFrame(told)


def _finding(rule: str, severity: Severity, document: str, what: str, suggestion: str) -> dict[str, str]:
    told = {"document": document, "what": what, "suggestion": suggestion}
    return {"rule": rule, "severity": str(severity), **told, "status": OPEN}


def _about_files(root: Path, area: Area, definitions: Definitions, on: str) -> list[dict[str, str]]:
    found: list[dict[str, str]] = []
    for folder in (root / "data", area.folder):
        entries = received.log(folder, set(definitions.sources["source"]))
        name = folder.relative_to(root).as_posix()
        found += [
            _finding(
                "not_logged",
                Severity.WARNING,
                f"{name}/{file}",
                "The file is not in the log, so it is not read.",
                f"drug-outcomes receive {name}/{file} --source ID",
            )
            for file in received.unlogged(folder, entries)
        ]
        found += [one for entry in entries for one in _about_entry(entry, f"{name}/{entry.file}", definitions, on)]
    if area.fictional:
        return found
    open_rows = [
        _finding("restricted_row", Severity.ERROR, name, what, tell) | {"place": place}
        for name, place, what, tell in closed_rows.in_the_open(area, definitions)
    ]
    return [*found, *open_rows, *_about_git(root, area)]


def _about_entry(entry: Entry, name: str, definitions: Definitions, on: str) -> Iterable[dict[str, str]]:
    if entry.rule == "log_row":
        return
    if entry.closed and entry.file.startswith(f"{received.OPEN}/"):
        what = "The file is for the partnership only and stands where files for everybody stand."
        yield _finding("restricted_in_the_open", Severity.ERROR, name, what, "Move it to restricted/, in the log too.")
    if entry.retouched and definitions.source(entry.source).release == Release.RESTRICTED:
        what = "Its label in the log was opened to the public by hand: a release asks for the owner's approval."
        tell = "Write partnership into approved_for again, or have the approval at hand when it is released."
        yield _finding("label_opened", Severity.ERROR, name, what, tell)
    if not entry.sha256:
        what = "The log does not say what the file was like when it came, so that an edit would not be noticed."
        yield _finding("not_fingerprinted", Severity.WARNING, name, what, "Write its sha256 into the log.")
    until = retained_until(entry, definitions)
    if until and until < on:
        what = f"The file was to be kept until {until}."
        yield _finding("retention_passed", Severity.WARNING, name, what, "Delete it and its row in the log.")


def retained_until(entry: Entry, definitions: Definitions) -> str:
    """Return the ISO date until which a restricted file may be kept; "" for one that is not restricted."""
    months = definitions.source(entry.source).retention_months
    if months is None or entry.approved_for != Audience.PARTNERSHIP:
        return ""
    last = periods.month_index(entry.received) + int(months)
    return f"{periods.iso_month(last)}-{min(int(entry.received[8:]), 28):02d}"


def _about_git(root: Path, area: Area) -> Iterable[dict[str, str]]:
    """Find restricted folders that git would take in, or has taken in already."""
    if _git(root, "rev-parse", "--is-inside-work-tree") is None:
        return
    for folder in (area.folder / received.CLOSED, root / store.STORE / "restricted"):
        name = folder.relative_to(root).as_posix()
        if _git(root, "ls-files", "--", name):
            what = "Restricted files are in git, and stay in its history when they are deleted."
            yield _finding("restricted_committed", Severity.ERROR, name, what, "Have them removed from the history.")
        elif _git(root, "check-ignore", "-q", "--", f"{name}/any.csv") is None:
            what = "Restricted files could be committed: nothing in .gitignore keeps git from this folder."
            yield _finding("restricted_could_be_committed", Severity.ERROR, name, what, f"Add /{name}/ to .gitignore.")


def _git(root: Path, *words: str) -> str | None:
    """Return what git prints, None where it says no or is not there."""
    try:
        done = subprocess.run(["git", *words], cwd=root, capture_output=True, text=True, check=False)  # noqa: S603, S607 - fixed words
    except OSError:
        return None
    return done.stdout if done.returncode == 0 else None


def as_text(found: pd.DataFrame) -> str:
    """Return findings as lines for a terminal."""
    lines = []
    for row in found.astype("object").fillna("").to_dict("records"):
        about = " ".join(str(row[name]) for name in ("measure", "period", "document", "place") if row[name])
        lines.append(f"{row['severity']}  {about}  [{row['rule']}]\n    {row['what']}")
        lines += [f"    {row['suggestion']}"] if row["suggestion"] else []
    return "\n".join([*lines, f"{len(found)} findings"]) + "\n"


def run(options: argparse.Namespace) -> int:
    """Run `drug-outcomes check`: 0 where nothing is found but information and what is explained, else 1."""
    root = framework.home()
    asked = figures.question(root, options.area, options.period, options.as_of, options.audience)
    found = findings(root, asked, received.day(options.on))
    write: dict[str, Callable[[pd.DataFrame], str]] = {
        "table": as_text,
        "csv": lambda table: table.to_csv(index=False, lineterminator="\n"),
    }
    sys.stdout.write(write[options.format](found))
    asking = (found["severity"] != Severity.INFO) & (found["status"] != explanations.EXPLAINED)
    return int(asking.any())
