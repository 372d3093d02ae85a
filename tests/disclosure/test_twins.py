"""Two partnerships that differ only in what is hidden read the same in public: figures, marks, charts, comparisons.

Whatever an intruder could learn of a hidden number from what is published would be a difference between the two. One
has hidden counts far below the public figure beside them, the other far above, so that another rule queries it.
"""

from dataclasses import replace
from pathlib import Path

import pytest

import partnership
from drug_outcomes import figures
from drug_outcomes.definitions import framework
from drug_outcomes.definitions.vocabulary import Audience
from drug_outcomes.disclosure import Released
from drug_outcomes.figures import Known, path
from drug_outcomes.publishing import compare
from drug_outcomes.reporting import charts, downloads, wording
from partnership import AREA, COUNTED

QUERIED = "active_drug_networks"
OPEN = "Nov 24"
HIDDEN = [f"{name} 24" for name in ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Dec")]
BELOW = [60 + at % 3 for at in range(11)]
ABOVE = [6100 + 10 * (at % 3) for at in range(11)]
#: Of another measure every second month is published, and a line is drawn through those.
DRAWN = [(COUNTED, f"2024-{month:02}", 20 + month % 5) for month in range(1, 13)]
EARLIER, LATER = "2025-02-01", "2025-03-05"
ALLOWED = ("--approved-for", "public", "--reference", "minutes")


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The projects of the two. All counts are revised between two dates."""
    roots = []
    for counts in (BELOW, ABOVE):
        root = partnership.make(tmp_path_factory.mktemp("world") / "project")
        between = [(name, month, count + counts[0] % 7) for name, month, count in DRAWN[1::2]]
        kept = [
            [*((QUERIED, *each) for each in zip(HIDDEN, counts, strict=True)), *between]
            for counts in (counts, [2 * count for count in counts])
        ]
        told = [[(QUERIED, OPEN, count), *DRAWN[::2]] for count in (612, 615)]
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv(framework.HOME_VARIABLE, str(root))
            for at, on in enumerate(("2025-01-14", "2025-03-01")):
                for name, rows, words in (("kept", kept[at], ()), ("told", told[at], ALLOWED)):
                    file = partnership.form(root.parent / f"{name}{at}.csv", *rows)
                    assert partnership.receive(file, "police", on, *words) == 0
        roots.append(root)
    return roots


def known(root: Path, as_of: str, audience: Audience = Audience.PUBLIC) -> Known:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(framework.HOME_VARIABLE, str(root))
        return figures.known(root, replace(figures.question(root, AREA), audience=audience, as_of=as_of))


def printed(root: Path, audience: Audience = Audience.PUBLIC) -> dict[str, str]:
    """Everything that is published of two editions in turn, as text."""
    editions = [known(root, as_of, audience) for as_of in (EARLIER, LATER)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(framework.HOME_VARIABLE, str(root))
        period = figures.question(root, AREA).period
        sealed = [figures.released(held, period) for held in editions]
    tables = [(downloads.scorecard(one), one.findings) for one in sealed]
    changes = compare.changes(*(table.astype("str") for pair in zip(*tables, strict=True) for table in pair))
    return {
        "figures": "".join(frame.to_csv() for one in sealed for frame in (one.latest, one.series)),
        "findings": "".join(one.findings.to_csv() for one in sealed),
        "comparison": changes.to_csv(),
        "chart": "".join(chart(one, editions[0]) for one in sealed),
    }


def chart(released: Released, held: Known) -> str:
    """The chart of a measure: where its line and points lie."""
    [row] = [row for row in wording.figures(released) if row["measure"] == COUNTED]
    drawn = charts.over_time(released, row, charts.Place(held.area, {}, {}))
    return drawn.title + drawn.subtitle + drawn.alt + drawn.picture.wide


def test_what_is_hidden_changes_nothing_that_is_published(worlds: list[Path]) -> None:
    below, above = (printed(root) for root in worlds)
    assert {name for name in below if below[name] != above[name]} == set()
    assert path.QUERIED in below["figures"] and "<svg" in below["chart"]


def test_the_partnership_reads_the_difference_everywhere(worlds: list[Path], thorough: bool) -> None:
    if not thorough:
        pytest.skip("what is published is held against it whenever all cases are asked for: --thorough")
    below, above = (printed(root, Audience.PARTNERSHIP) for root in worlds)
    assert {name for name in below if below[name] != above[name]} == set(below)
