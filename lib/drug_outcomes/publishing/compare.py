"""What changed between two snapshots, and why: from the downloads of their folders, which are cleared figures."""

import argparse
from enum import StrEnum
from pathlib import Path

import pandas as pd

from drug_outcomes.definitions.areas import Area
from drug_outcomes.definitions.vocabulary import VALUED, Severity
from drug_outcomes.errors import UnreadableInput

SCORECARD, FINDINGS = Path("downloads", "scorecard.csv"), Path("downloads", "findings.csv")
FIGURES = Path("downloads", "figures.csv")
#: Among the downloads where a released figure changed.
NOTICE = "correction_notice.txt"
COLUMNS = ("number", "measure", "title", "before", "before_period", "now", "now_period", "reason")
#: What of a definition decides whether two figures count the same thing.
_MEANING = ("unit", "definition")
_SHOWN = ("value_text", "period", "period_end", "status", "out_of_date", *_MEANING)


class Reason(StrEnum):
    """Why a cell of the scorecard is not as it was."""

    NEW = "New measure"
    LEFT_OUT = "Measure left out"
    DEFINITION = "Definition changed"
    WITHDRAWN = "Withdrawn"
    PERIOD = "New period"
    REVISED = "Revised"
    CHECK = "Check failed"
    LATE = "Late"


def snapshots(before: Path, now: Path) -> pd.DataFrame:
    """Return what changed between two folders, in the columns of COLUMNS; a measure may have several reasons.

    Raises `UnreadableInput` where a folder is no snapshot.
    """
    return changes(_table(before, SCORECARD), _table(now, SCORECARD), _table(before, FINDINGS), _table(now, FINDINGS))


def _table(folder: Path, name: Path) -> pd.DataFrame:
    try:
        return pd.read_csv(folder / name, dtype="str", keep_default_na=False)
    except (OSError, ValueError) as error:
        raise UnreadableInput(
            f"{folder.name} is not a snapshot: {name.as_posix()} cannot be read",
            expected="a folder that drug-outcomes snapshot wrote, such as outputs/southampton/2024-25-q3/public",
            try_next="build it again",
        ) from error


def changes(
    before: pd.DataFrame, now: pd.DataFrame, found_before: pd.DataFrame, found_now: pd.DataFrame
) -> pd.DataFrame:
    """Return what changed between two scorecards in the columns of `exports.scorecard`, and their findings."""
    old, new = (_asked(table) for table in (before, now))
    both = old.merge(new, on="measure", how="outer", suffixes=("_old", "_new")).fillna("")
    failed = _errors(found_now) - _errors(found_before)
    reasons = [_reasons(row, failed) for row in both.to_dict("records")]
    told = both.assign(
        number=pd.to_numeric(both["number_new"].where(both["number_new"] != "", both["number_old"])),
        title=both["title_new"].where(both["title_new"] != "", both["title_old"]),
        before=both["value_text_old"], before_period=both["period_old"],
        now=both["value_text_new"], now_period=both["period_new"],
        reason=["; ".join(each) for each in reasons],
    )  # fmt: skip
    changed = told[told["reason"] != ""].sort_values("number", kind="stable")
    return changed[list(COLUMNS)].reset_index(drop=True)


def _asked(table: pd.DataFrame) -> pd.DataFrame:
    return table.reindex(columns=["measure", "number", "title", *_SHOWN]).fillna("").astype("str")


def _errors(findings: pd.DataFrame) -> set[str]:
    """Return the measures with a grave finding."""
    if "severity" not in findings:
        return set()
    return set(findings.loc[findings["severity"] == Severity.ERROR, "measure"].astype("str"))


def _reasons(row: dict[object, str], failed: set[str]) -> list[str]:
    if not row["number_old"]:
        return [Reason.NEW]
    if not row["number_new"]:
        return [Reason.LEFT_OUT]
    held, holds = row["status_old"] in VALUED, row["status_new"] in VALUED
    later = row["period_end_new"] > row["period_end_old"]
    same = row["period_end_new"] == row["period_end_old"] and row["value_text_new"] == row["value_text_old"]
    told = {
        Reason.DEFINITION: any(row[f"{name}_old"] != row[f"{name}_new"] for name in _MEANING),
        Reason.WITHDRAWN: held and (not holds or row["period_end_new"] < row["period_end_old"]),
        Reason.PERIOD: later,
        Reason.REVISED: holds and not later and not same and row["period_end_new"] == row["period_end_old"],
        Reason.CHECK: row["measure"] in failed,
        Reason.LATE: same and row["out_of_date_new"] == "yes" != row["out_of_date_old"],
    }
    return [str(reason) for reason, holds_true in told.items() if holds_true]


def correction_notice(before: Path | None, now: Path, area: Area) -> str:
    """Return the words that correct an area's released figures which are not what was released; "" where none is.

    `before` is the released snapshot, `now` the new one: both cleared for the same audience.
    """
    if before is None:
        return ""
    keys = ["measure", "area", "period", "period_start", "period_end", "breakdown", "segment"]
    old, new = (_table(folder, FIGURES).drop_duplicates(keys) for folder in (before, now))
    both = old.merge(new, on=keys, suffixes=("_old", "_new"), validate="one_to_one")
    both = both[both["area"] == area.code]
    told = (both["value_old"] != "") & (both["value_new"] != "") & (both["value_old"] != both["value_new"])
    names = _table(now, SCORECARD).set_index("measure")["title"]
    lines = [
        f"- {names.get(row['measure'], row['measure'])}, {row['period']}{_group(row['breakdown'])}: released as "
        f"{row['value_old']}, now {row['value_new']} ({row['source_new']}, received {row['received_new']})."
        for row in both[told & both["measure"].isin(names.index)].to_dict("records")
    ]
    head = [
        f"Correction notice of the {area.partnership}",
        "",
        f"Figures released for {before.parent.name} have changed:",
        "",
    ]
    tail = ["", "The pages of the new edition hold the figures as they are now.", area.contact or area.partnership, ""]
    return "\n".join([*head, *lines, *tail]) if lines else ""


def _group(breakdown: str) -> str:
    return f" ({breakdown.replace(';', ', ')})" if breakdown else ""


def run(options: argparse.Namespace) -> int:
    """Print what changed between two folders."""
    found = snapshots(options.before, options.now)
    for row in found.to_dict("records"):
        before, now = (
            f"{row[name] or 'no figure'} ({row[name + '_period'] or 'no period'})" for name in ("before", "now")
        )
        print(f"{row['number']}. {row['title']}: {before} -> {now}: {row['reason']}")
    if found.empty:
        print("Nothing changed.")
    return 0
