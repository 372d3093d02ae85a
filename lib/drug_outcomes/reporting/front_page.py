"""The front page of a snapshot: the first screen in plain words, then where to go."""

from pathlib import Path

import pandas as pd

from drug_outcomes.definitions.areas import Area
from drug_outcomes.definitions.framework import Definitions
from drug_outcomes.disclosure import Released
from drug_outcomes.figures import Question
from drug_outcomes.reporting import headlines, lateness, markup, tables, wording
from drug_outcomes.reporting.lateness import Cause
from drug_outcomes.reporting.markup import Content, Display


def front_page(
    released: Released,
    definitions: Definitions,
    area: Area,
    asked: Question,
    titles: dict[str, str],
    folder: Path,
    changed: tuple[str, pd.DataFrame] | None = None,
) -> Display:
    """Return the body of index.html.

    Parameters
    ----------
    titles : title of each notebook's page, by its file stem.
    folder : the snapshot being built, whose downloads are listed with their sizes.
    changed : the snapshot that changes are counted from, and the changes (number, title, reason, before, before_period,
        now, now_period); None where none was released before.
    """
    return markup.together(
        fictional(area),
        markup.paragraph(wording.covers(area, asked.period, asked.as_of), class_="lede"),
        markup.heading("Main points", 2),
        markup.bullets(headlines.main_points(released)),
        markup.heading("What to look at first", 2),
        tables.points(headlines.first_things(released)),
        markup.heading("Priority areas", 2),
        _priorities(released, definitions, titles),
        markup.heading("What changed since the last release", 2),
        _changed(changed),
        markup.heading("Old, not loaded or late", 2),
        _late(released, definitions, asked),
        markup.heading("Published cells that need checking", 2),
        tables.findings(released, list(released.latest["measure"]), gravest=True),
        markup.paragraph(
            f"{len(released.findings)} findings of every weight are in findings.csv, under Downloads."
        ),
        markup.heading("Downloads", 2),
        _downloads(folder),
        markup.heading("Accessibility", 2),
        markup.paragraph(
            "How these pages meet the accessibility regulations, and whom to tell of a fault: ",
            markup.link("accessibility statement", "accessibility.html"),
            ".",
        ),
    )


def _changed(changed: tuple[str, pd.DataFrame] | None) -> Display:
    if changed is None:
        return markup.paragraph(
            "No earlier snapshot for this audience has been released, so nothing is compared."
        )
    named, found = changed
    if found.empty:
        return markup.paragraph(f"Nothing changed since the snapshot {named}.")
    rows: list[list[Content]] = [
        [
            f"{row['number']}. {row['title']}",
            row["reason"],
            markup.stacked(row["before"] or "No figure", row["before_period"]),
            markup.stacked(row["now"] or "No figure", row["now_period"]),
        ]
        for row in found.to_dict("records")
    ]
    return markup.table(["Measure", "Reason", "Before", "Now"], rows, f"Changes since the snapshot {named}")


def _late(released: Released, definitions: Definitions, asked: Question) -> Display:
    found = lateness.causes(released, definitions, asked.period)
    if not found:
        return markup.paragraph("Every figure is as new as its source allows.")
    parts = [
        markup.table(
            ["Measure", "Held", "Age", "Due"],
            [
                [wording.named(row), wording.period(row), wording.age(row) or "No figure", due or "Not yet"]
                for one, row, due in found
                if one is cause
            ],
            str(cause),
        )
        for cause in Cause
        if any(one is cause for one, _, _ in found)
    ]
    return markup.together(*parts)


def accessibility_page(area: Area) -> Display:
    """Return the draft of the accessibility statement: what the partnership has yet to state, it has to state.

    Compliance, known faults and dates of tests are claims (`accessibility.statement`); none is invented here.
    """
    ask: Content = markup.link(area.contact, f"mailto:{area.contact}") if area.contact else area.partnership
    return markup.together(
        markup.notice(
            "Before these pages are published, the partnership has to state how far they comply, which faults "
            "are known, and when they were tested.",
            kind="warning",
            title="Draft.",
        ),
        markup.paragraph(
            "Every page can be read with a keyboard alone, enlarged, printed, and without a network. "
            "Each chart has its message in words and its figures in a table."
        ),
        markup.heading("Feedback and contact information", 2),
        markup.paragraph("Tell us about anything you cannot use, or ask for another format: ", ask, "."),
    )


def fictional(area: Area) -> Display | None:
    """Return the warning that stands on every page of an invented area."""
    return (
        markup.notice(f"{area.name} is fictional: every figure on this page is invented.", kind="warning")
        if area.fictional
        else None
    )


def _priorities(released: Released, definitions: Definitions, titles: dict[str, str]) -> Display:
    rows: list[list[Content]] = [
        [
            markup.link(titles[row["priority"]], f"{row['priority']}.html"),
            *map(str, headlines.priority_counts(released, row["priority"])),
        ]
        for row in definitions.priorities.to_dict("records")
        if row["priority"] in titles
    ]
    columns: list[str | markup.Column] = [
        "Priority area",
        *(
            markup.Column(name, number=True)
            for name in ("Measures", "With a figure", "Beside England", "Tested", "Up", "Down")
        ),
    ]
    return markup.table(columns, rows, "Measures by priority area")


def _downloads(folder: Path) -> Display:
    files = sorted((folder / "downloads").glob("*"))
    return markup.bullets(
        markup.together(
            markup.link(file.name, f"downloads/{file.name}"), f" ({file.stat().st_size / 1000:,.1f} kB)"
        )
        for file in files
    )
