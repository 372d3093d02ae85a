"""What is handed in: a file, a folder of files told in one table, or a file to be taken back."""

import argparse
import sys
from collections import Counter
from pathlib import Path

from drug_outcomes.definitions import framework
from drug_outcomes.errors import OutcomesError, UnreadableInput, UsageError
from drug_outcomes.intake import receiving, withdrawing
from drug_outcomes.intake.receiving import Outcome

_HEAD = ("file", "source", "figures", "measures", "periods", "areas", "what became of it")


def run(options: argparse.Namespace) -> int:
    """Run `drug-outcomes receive`: 0 taken in, known or withdrawn, 3 taken in and set aside as unreadable."""
    root = framework.home()
    if options.withdraw:
        return withdrawing.run(root, options)
    if options.file is None:
        raise UsageError("no file was named", expected="a file, a folder of files, or --withdraw FILE")
    if options.file.is_dir():
        return _folder(root, options)
    before = withdrawing.found(root, options, options.replace) if options.replace else None
    source = options.source or (before.source if before else "")
    outcome = receiving.taken(root, options, options.file, source)
    if outcome.entry.rule == "known":
        print(f"The same file was received on {outcome.entry.received}: {outcome.entry.path}. Nothing was added.")
        return 0
    if before:
        withdrawing.withdraw(root, before, options, f"replaced by {outcome.entry.file}")
    return _say(outcome, options.file, chosen=source)


def _say(outcome: Outcome, file: Path, *, chosen: str) -> int:
    logged, rows = outcome.entry, outcome.rows
    print(logged.path)
    if not chosen:
        print(f"It was recognised as {logged.source}.")
    if Path(logged.file).name != file.name:
        print(f"Another file came under the name {file.name} before: this one is a new vintage of it.")
    if rows is None:
        print(f"It is set aside, because it cannot be read: {logged.problem}", file=sys.stderr)
        return UnreadableInput.exit_code
    print(f"{len(rows)} figures, {rows['period_label'].nunique()} periods, {rows['area'].nunique()} areas.")
    for line in outcome.told:
        print(line, file=sys.stderr)
    return 0


def _folder(root: Path, options: argparse.Namespace) -> int:
    """Take in every file of a folder: 0 all taken in or known, 3 where one was refused or set aside."""
    files = sorted(file for file in options.file.rglob("*") if file.is_file() and not _hidden(file))
    if not files:
        raise UsageError(f"no file stands in {options.file.name}", expected="the files that were sent")
    rows, codes = zip(*(_tried(root, options, file) for file in files), strict=True)
    widths = [max(len(row[place]) for row in (_HEAD, *rows)) for place in range(len(_HEAD) - 1)]
    for row in (_HEAD, *rows):
        print("  ".join([*map(str.ljust, row[:-1], widths), row[-1]]).rstrip())
    counted = Counter("refused or set aside" if code else "taken in or known" for code in codes)
    print(", ".join(f"{count} {words}" for words, count in sorted(counted.items())))
    return UnreadableInput.exit_code if any(codes) else 0


def _hidden(file: Path) -> bool:
    return file.name.startswith(".") and not file.name.startswith(".~lock")


def _tried(root: Path, options: argparse.Namespace, file: Path) -> tuple[tuple[str, ...], int]:
    name = file.relative_to(options.file).as_posix()
    try:
        outcome = receiving.taken(root, options, file, options.source)
    except OutcomesError as refusal:
        return (name, "", "", "", "", "", "refused: " + _one_line(str(refusal))), refusal.exit_code
    return (name, outcome.entry.source, *_gave(outcome)), 0 if outcome.rows is not None else 3


def _gave(outcome: Outcome) -> tuple[str, ...]:
    rows = outcome.rows
    if rows is None:
        return "", "", "", "", f"set aside: {_one_line(outcome.entry.problem)}"
    named = rows["measure"].where(rows["measure"] != "", rows["indicator"])
    labels = rows.sort_values("period_end", kind="stable")["period_label"]
    first, last = labels.iloc[0], labels.iloc[-1]
    became = f"known since {outcome.entry.received}" if outcome.entry.rule == "known" else "taken in"
    remarks = "; ".join([became, *map(_one_line, outcome.told)])
    return (
        str(len(rows)),
        str(named.nunique()),
        first if first == last else f"{first} to {last}",
        str(rows["area"].nunique()),
        remarks,
    )


def _one_line(text: str) -> str:
    return " ".join(text.split())
