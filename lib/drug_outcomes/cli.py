"""The command `drug-outcomes`: words in, words out, an exit code by class of outcome."""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path

from drug_outcomes import __version__
from drug_outcomes.definitions.vocabulary import Audience
from drug_outcomes.errors import OutcomesError

INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0 done, 1 findings or failed notebook, 2 usage,
    3 unreadable input, 4 disclosure refused, 5 page gate, 130 interrupted.
    """  # noqa: D205 - the codes are the summary
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except OutcomesError as refusal:
        print(f"drug-outcomes: {refusal}", file=sys.stderr)
        return refusal.exit_code
    except KeyboardInterrupt:
        print("drug-outcomes: stopped. Earlier snapshots are untouched.", file=sys.stderr, flush=True)
        if arguments is None:
            os._exit(INTERRUPTED)  # taking the interpreter down in order lasts longer than people wait
        return INTERRUPTED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="drug-outcomes", description="Scorecards and reports for Combating Drugs Partnerships in England."
    )
    parser.add_argument("--version", action="version", version=f"drug-outcomes {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _snapshot_command(commands)
    _list_command(commands)
    _read_command(commands)
    _receive_command(commands)
    _start_command(commands)
    _national_command(commands)
    _template_command(commands)
    _requests_command(commands)
    _agree_command(commands)
    _check_command(commands)
    _compare_command(commands)
    _release_command(commands)
    return parser


def _command(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, summary: str, run: object
) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=summary, description=summary)
    command.set_defaults(run=run)
    return command


def _later(module: str, function: str = "run") -> Callable[[argparse.Namespace], int]:
    """Return a function that is imported when its command is run, so that the others start quickly."""

    def run(options: argparse.Namespace) -> int:
        return int(getattr(import_module(f"drug_outcomes.{module}"), function)(options))

    return run


_TODAY = "a date such as 2025-03-31; default: today"


def _snapshot_command(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    command = _command(commands, "snapshot", "Run the notebooks and write a folder of pages.", _snapshot)
    _which_snapshots(command)
    command.add_argument(
        "--since", default="", metavar="FOLDER", help="count changes from this snapshot; default: the last released"
    )
    command.add_argument(
        "--only", action="append", default=[], metavar="NOTEBOOK", help="a partial folder, never listed"
    )
    command.add_argument("--charts", action="store_true", help="offer every chart as SVG and PNG too; takes longer")
    command.add_argument("--force", action="store_true", help="build again what is up to date")
    command.add_argument(
        "--scheduler", default="", metavar="ADDRESS", help="a Dask scheduler that carries the notebooks: tcp://..."
    )
    command.add_argument("--jobs", type=_jobs, default=0, help="notebooks at a time; default: one per core")


def _jobs(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of notebooks at a time, such as 2")
    return int(text)


def _which_snapshots(command: argparse.ArgumentParser) -> None:
    command.add_argument("--area", default="southampton", help="a folder under data/areas, or all")
    command.add_argument("--period", default="", help='a financial quarter: "2024/25 Q3"; default: the edition')
    command.add_argument("--from", dest="first", default="", help="the first of several quarters")
    command.add_argument("--to", dest="last", default="", help="the last of several quarters")
    command.add_argument("--as-of", default="", help="what was known on this date: 2025-03-31")
    command.add_argument("--audience", default="public", choices=[*map(str, Audience), "both"])


def _list_command(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    command = _command(
        commands,
        "list",
        "Tell which pages are up to date, which would be built, and why.",
        _later("publishing.planned"),
    )
    _which_snapshots(command)


def _snapshot(options: argparse.Namespace) -> int:
    from drug_outcomes import fingerprints
    from drug_outcomes.definitions import project

    root = project.home()
    words = [f"{name}={value}" for name, value in sorted(vars(options).items()) if name not in _HOW]
    words += [f"since {fingerprints.stamp(Path(options.since))}"] if options.since else []
    folders = None if options.force else fingerprints.remembered(root, words)
    if folders is None:
        inputs = fingerprints.everything(root)
        folders = _build(options, root)
        fingerprints.remember(root, words, inputs, folders)
    for folder in folders:
        print(root / folder / "index.html")
    return 0


#: Options that change how a snapshot is built, not what is in it.
_HOW = ("run", "force", "jobs", "scheduler")


def _build(options: argparse.Namespace, root: Path) -> list[str]:
    from drug_outcomes.publishing.batch import cluster, engine

    engine.warm_up()  # imports in a process of its own while this one does
    from drug_outcomes.intake import aside
    from drug_outcomes.publishing import snapshots

    requests = snapshots.requests(
        area=options.area,
        period=options.period,
        first=options.first,
        last=options.last,
        as_of=options.as_of,
        audience=options.audience,
        only=options.only,
        since=options.since,
        charts=options.charts,
    )
    with cluster.executor(options.scheduler) as (executor, slots):
        jobs = options.jobs or slots
        stand = set(snapshots.build_all(requests, force=options.force, jobs=jobs, executor=executor))
    aside.tell(root, [(request.asked.area, request.asked.as_of) for request in requests])
    folders = dict.fromkeys(request.folder(root) for request in requests)
    return [folder.relative_to(root).as_posix() for folder in folders if folder in stand]


def _read_command(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    command = _command(commands, "read", "Print what the suite sees in one file, as CSV.", _read)
    command.add_argument("source", help="a source id, such as fingertips")
    command.add_argument("file", type=Path)
    command.add_argument("--area", default="", help="a GSS code such as E06000045, or an area's id")
    _said_of_a_file(command)


READ_COLUMNS = (
    "source",
    "measure_or_indicator",
    "area",
    "period_label",
    "period_start",
    "period_end",
    "breakdown",
    "value",
    "lower",
    "upper",
    "numerator",
    "denominator",
    "status",
    "text",
    "note",
    "row",
)


def _read(options: argparse.Namespace) -> int:
    from drug_outcomes import sources
    from drug_outcomes.definitions import areas, framework
    from drug_outcomes.intake import todays_ground

    root = framework.home()
    national = framework.load(root / framework.FRAMEWORK)
    area = areas.load(root, options.area) if options.area and not areas.is_code(options.area) else None
    own = areas.own_definitions(national, area) if area else national
    said = {name: text for name, text in (("sheet", options.sheet), ("period", options.period)) if text}
    rows = sources.read(options.source, options.file, definitions=own, **said)
    if options.area:
        rows = todays_ground.of_area(rows, area.code if area else options.area, national)
    table = rows.assign(
        source=options.source, measure_or_indicator=rows["measure"].where(rows["measure"] != "", rows["indicator"])
    )
    table[list(READ_COLUMNS)].to_csv(sys.stdout, index=False, lineterminator="\n")
    return 0


def _receive_command(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    command = _command(
        commands,
        "receive",
        "Copy a file in, or every file of a folder, and log it; or take one back.",
        _later("intake.deliveries"),
    )
    command.add_argument("file", type=Path, nargs="?", help="a file, or a folder of files")
    command.add_argument("--source", default="", help="a source id; default: recognised by the content")
    command.add_argument("--withdraw", default="", metavar="FILE", help="take back a file that came by mistake")
    command.add_argument(
        "--replace", default="", metavar="FILE", help="take this file back once the new one is taken in"
    )
    command.add_argument("--area", default="", help="a folder under data/areas; none for national extracts")
    command.add_argument("--on", default="", help=f"when it was received: {_TODAY}")
    command.add_argument("--from", dest="sender", default="", help="who sent it")
    command.add_argument("--release", default="", help="which release it is, in the publisher's words")
    command.add_argument("--approved-for", default="", help="public, partnership, or restricted_until and a date")
    command.add_argument("--reference", default="", help="the message or publication that it came with")
    command.add_argument("--note", default="")
    _said_of_a_file(command)


def _said_of_a_file(command: argparse.ArgumentParser) -> None:
    command.add_argument("--sheet", default="", metavar="NAME", help="the sheet of the workbook that is meant")
    command.add_argument("--period", default="", metavar="LABEL", help='where the file does not say it: "2024"')


def _start_command(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    command = _command(
        commands,
        "start",
        "Write the folder of a new area, and say what is held and what to fetch.",
        _later("intake.starting"),
    )
    command.add_argument("name", help='a council by name or code, or the name of a partnership: "Portsmouth"')
    command.add_argument(
        "--members", action="append", default=[], metavar="COUNCIL", help="a council of a partnership of several"
    )
    command.add_argument("--id", default="", help="the folder under data/areas; default: from the name")
    command.add_argument("--on", default="", help=f"the day that its edition is known on: {_TODAY}")


def _national_command(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    command = _command(
        commands,
        "national",
        "Take publishers' figures for every authority out of a folder of their files.",
        _later("intake.national_shelf"),
    )
    command.add_argument("folder", type=Path, metavar="FOLDER", help="files as publishers give them")


def _template_command(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    command = _command(
        commands, "template", "Write the form for a local return.", _later("intake.receiving", "write_template")
    )
    command.add_argument("--source", required=True, help="a source that comes back on the form, such as police")
    command.add_argument("--area", default="southampton", help="a folder under data/areas")
    command.add_argument("--folder", type=Path, default=Path(), help="where to write it; default: here")
    command.add_argument("--on", default="", help=f"the day that due is counted from: {_TODAY}")


def _requests_command(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    command = _command(commands, "requests", "Write what is due from whom, and its form.", _later("intake.requests"))
    command.add_argument("--area", default="southampton", help="a folder under data/areas")
    command.add_argument("--on", default="", help=f"the day that due is counted from: {_TODAY}")


def _agree_command(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    command = _command(
        commands,
        "agree",
        "Write the form that says which direction is good, or take in what was agreed.",
        _later("intake.agreeing"),
    )
    command.add_argument("form", type=Path, nargs="?", help="the form as filled in; without it, it is written")
    command.add_argument("--area", default="southampton", help="a folder under data/areas")
    command.add_argument("--all", action="store_true", help="everything is agreed as proposed")
    command.add_argument("--by", default="", metavar="NAME", help="who agreed it")
    command.add_argument("--on", default="", metavar="DATE", help="when it was agreed")


def _check_command(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    command = _command(
        commands, "check", "Read everything, run nothing, list every finding.", _later("publishing.checks")
    )
    command.add_argument("--area", default="southampton", help="a folder under data/areas")
    command.add_argument("--period", default="", help="a financial quarter; default: the edition")
    command.add_argument("--as-of", default="", help="what was known on this date; default: the edition's")
    command.add_argument("--on", default="", help=f"the day that retention is counted to: {_TODAY}")
    command.add_argument("--audience", default="public", choices=[*map(str, Audience)])
    command.add_argument("--format", default="table", choices=["table", "csv"])


def _compare_command(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    command = _command(
        commands, "compare", "Tell what changed between two snapshots, and why.", _later("publishing.compare")
    )
    command.add_argument("before", type=Path, metavar="FOLDER", help="the earlier snapshot")
    command.add_argument("now", type=Path, metavar="FOLDER", help="the later snapshot")


def _release_command(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    command = _command(
        commands, "release", "Audit a snapshot, take off its draft mark and freeze it.", _later("publishing.release")
    )
    command.add_argument("folder", type=Path, metavar="FOLDER", help="the snapshot")
    command.add_argument("--by", "--approved-by", required=True, metavar="NAME", help="who releases it")
    command.add_argument("--on", default="", help=f"the day of its release: {_TODAY}")
    command.add_argument("--edition", default="", help="its name in the ledger; default: period and date")
    command.add_argument(
        "--approval",
        action="append",
        default=[],
        metavar="SOURCE=WORDS",
        help="the data owner's approval, for figures that the owner has not published",
    )
    command.add_argument("--withdraw", action="store_true", help="withdraw it; what was seen stays known")
