"""Snapshots: the notebooks run for one area, period and audience, written whole or not at all."""

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from contextlib import closing
from dataclasses import dataclass, field, replace
from itertools import groupby
from pathlib import Path

from tqdm import tqdm

from drug_outcomes import figures
from drug_outcomes.definitions import areas, framework, periods
from drug_outcomes.definitions.vocabulary import Audience
from drug_outcomes.errors import UsageError
from drug_outcomes.publishing import outputs_folder, outputs_index
from drug_outcomes.publishing.batch import engine
from drug_outcomes.publishing.batch.job import Job, Outcome, Task, refusal
from drug_outcomes.publishing.site import Request
from drug_outcomes.publishing.steps import Clearing, Closing, Prepared, Reading


def requests(
    *,
    area: str,
    period: str = "",
    first: str = "",
    last: str = "",
    as_of: str = "",
    audience: str = "public",
    only: Sequence[str] = (),
    since: str = "",
    charts: bool = False,
) -> list[Request]:
    """Turn the words of the command line into snapshots to build, in time order.

    Raises
    ------
    UsageError : an area, period, date, audience or notebook that is not known.
    """
    root = framework.home()
    if bool(first) != bool(last) or (period and first):
        raise UsageError(
            "--from and --to go together, and without --period", try_next='--from "2023/24 Q1" --to "2024/25 Q3"'
        )
    quarters = (
        [
            quarter.label
            for quarter in periods.financial_quarters(periods.parse_quarter(first), periods.parse_quarter(last))
        ]
        if first
        else [period]
    )
    places = areas.all_ids(root) if area == "all" else (area,)
    audiences = list(map(str, Audience)) if audience == "both" else [audience]
    notebooks = _notebooks(root, only)
    baseline = str(Path(since).resolve()) if since else ""
    return [
        Request(figures.question(root, place, quarter, as_of, who), notebooks, bool(only), baseline, charts)
        for place in places
        for quarter in quarters
        for who in audiences
    ]


#: Notebooks for JupyterLab only, which no snapshot holds.
_INTERACTIVE = ("explore_data", "investigate_measure")


def _notebooks(root: Path, only: Sequence[str]) -> tuple[str, ...]:
    known = tuple(file.stem for file in sorted((root / "notebooks").glob("*.ipynb")) if file.stem not in _INTERACTIVE)
    for name in only:
        if name not in known:
            raise UsageError(f"there is no notebook {name!r}", expected=", ".join(known))
    return tuple(dict.fromkeys(only)) or known


def build_all(
    wanted: Sequence[Request],
    *,
    force: bool = False,
    jobs: int = 0,
    executor: Executor | None = None,
    seconds_per_cell: float = engine.SECONDS_PER_CELL,
) -> Iterator[Path]:
    """Build snapshots, several processes at a time; yield each folder as it takes its place.

    What fails holds back its own snapshot only: the others are built, and at the end an error tells what
    failed. Two runs at once are refused.
    """
    root = framework.home()
    with outputs_folder.one_run_at_a_time(root):
        kept = [request for request in wanted if outputs_index.stands_released(request.folder(root))]
        yield from (request.folder(root) for request in kept)
        wanted = [request for request in wanted if request not in kept]
        run = _Run(root, deque(_readings(root, wanted, force)))
        total = sum(len(request.notebooks) for request in wanted)
        try:
            with (
                tqdm(total=total, unit="notebook", disable=None) as progress,
                closing(engine.run(run.queue, jobs, seconds_per_cell=seconds_per_cell, executor=executor)) as outcomes,
            ):
                for outcome in outcomes:
                    yield from run.take(outcome)
                    progress.update(run.notebooks_done - progress.n)
        finally:
            run.end()
        if run.failed:
            raise refusal(run.failed)


#: Quarters of an area that one process clears: what they share is read once, and no core stands idle for long.
_TOGETHER = 4


def _readings(root: Path, wanted: Sequence[Request], force: bool) -> Iterator[Reading]:
    clearings = _clearings(root, wanted, force)
    for area, mine in groupby(clearings, key=lambda one: one.requests[0].asked.area):
        yield Reading(root, area, tuple(mine))


def _clearings(root: Path, wanted: Sequence[Request], force: bool) -> Iterator[Clearing]:
    ordered = sorted(wanted, key=lambda request: (request.asked.area, request.asked.audience, request.asked.as_of))
    for _, group in groupby(ordered, key=lambda request: (request.asked.area, request.asked.audience)):
        alike = tuple(group)
        # What an earlier date shows counts for the later ones, so that different dates stay together.
        size = min(_TOGETHER, (len(alike) + 1) // 2)
        if len({request.asked.as_of for request in alike}) > 1:
            size = len(alike)
        for start in range(0, len(alike), size):
            yield Clearing(root, alike[start : start + size], force)


@dataclass
class _Run:
    """What a run has to do, is doing and has done."""

    root: Path
    queue: "deque[Task]"
    notebooks_done: int = 0
    failed: list[Outcome] = field(default_factory=list)
    finished: list[Outcome] = field(default_factory=list)
    open: dict[str, tuple[Prepared, set[str]]] = field(default_factory=dict)  # by temporary folder
    placed: bool = False

    def take(self, outcome: Outcome) -> Iterator[Path]:
        """Take what became of a task, and add the tasks that follow from it before those that wait."""
        self.finished.append(outcome)
        if outcome.reason:
            self.failed.append(outcome)
        match outcome.job:
            case Reading(clearings=clearings) if not outcome.reason:
                self.queue.extendleft(reversed(clearings))
            case Clearing():
                for prepared in reversed(outcome.result or []):
                    self._open(prepared, outcome)
            case Job() as job:
                self._notebook_done(job, outcome)
            case Closing(prepared=prepared):
                yield from self._place(prepared, outcome)

    def _open(self, prepared: Prepared, outcome: Outcome) -> None:
        if prepared.refused:
            self.failed.append(replace(outcome, reason=prepared.refused, exit_code=prepared.exit_code))
            return
        self.notebooks_done += len(prepared.request.notebooks) - len(prepared.jobs)
        self.open[str(prepared.folder)] = prepared, {job.notebook for job in prepared.jobs}
        self.queue.extendleft(reversed(prepared.jobs or [Closing(self.root, prepared)]))

    def _notebook_done(self, job: Job, outcome: Outcome) -> None:
        self.notebooks_done += 1
        folder = str(Path(job.page).parent)
        prepared, waiting = self.open[folder]
        waiting.discard(job.notebook)
        outputs_folder.keep_for_the_analyst(self.root, job, failed=bool(outcome.reason))
        if waiting:
            return
        if any(str(Path(each.job.page).parent) == folder for each in self.failed if isinstance(each.job, Job)):
            self._forget(prepared)
        else:
            self.queue.appendleft(Closing(self.root, prepared))

    def _place(self, prepared: Prepared, outcome: Outcome) -> Iterator[Path]:
        target, reason = prepared.request.folder(self.root), outcome.reason
        if not reason:
            try:
                outputs_folder.put_in_place(prepared.folder, target)
            except OSError as busy:  # on Windows a folder that a program has open cannot be replaced
                reason = f"{outcome.job.name}: it cannot take its place: {busy}"
                self.failed.append(replace(outcome, reason=reason, exit_code=1))
        self._forget(prepared)
        if not reason:
            self.placed = True
            yield target

    def _forget(self, prepared: Prepared) -> None:
        del self.open[str(prepared.folder)]
        prepared.sweep()

    def end(self) -> None:
        """Sweep what is not finished, leave the summary, and list the snapshots."""
        outputs_folder.sweep(self.root)
        outputs_folder.summarise(self.root, self.finished)
        if self.placed:
            outputs_index.write(self.root)
