"""The front page of a snapshot: how things stand, what changed, and where to read on."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from drug_outcomes.definitions.areas import Area
from drug_outcomes.definitions.framework import Definitions
from drug_outcomes.disclosure import Released
from drug_outcomes.reporting import headlines, markup, overview
from drug_outcomes.reporting.markup import Content, Display
from drug_outcomes.reporting.wording import at_start

#: What is offered first among the downloads, and what it is called.
_DOWNLOADS = {
    "outcomes.ods": "scorecard as a spreadsheet", "scorecard.csv": "as CSV", "figures.csv": "every figure as CSV",
    "measures.zip": "a workbook for each measure", "board_pack.docx": "board pack for Word",
    "charts.zip": "every chart as SVG and PNG",
}  # fmt: skip


def front_page(
    released: Released,
    definitions: Definitions,
    area: Area,
    labels: Mapping[str, str],
    folder: Path,
    changed: tuple[str, pd.DataFrame] | None = None,
) -> Display:
    """Return the body of index.html: how things stand, in two minutes.

    Parameters
    ----------
    labels : what the navigation calls each notebook's page, by its file stem.
    folder : the snapshot being built, whose downloads are offered.
    changed : what the release is called that changes are counted from, and what changed; None where there was none.
    """
    rows = headlines.of_measures(released, list(definitions.scorecard["measure"]))
    pages = {str(priority): f"{priority}.html" for priority in definitions.priorities["priority"]}
    return markup.render(
        "front_page.html.j2",
        warning=fictional(area) or "",
        summary=headlines.summary(released),
        tiles=overview.tiles(released, definitions, pages),
        overview=overview.overview(released, definitions, area.name, rows, pages),
        changes=_changed(changed) if changed else None,
        priorities=[
            (labels[priority], href, headlines.priority_sentence(released, priority))
            for priority, href in pages.items()
            if priority in labels
        ],
        downloads=[
            (label, f"downloads/{name}") for name, label in _DOWNLOADS.items() if (folder / "downloads" / name).exists()
        ],
    )


def _changed(changed: tuple[str, pd.DataFrame]) -> Display:
    named, found = changed
    if found.empty:
        return markup.paragraph(f"Nothing has changed since the release {named}.")
    counted = "; ".join(f"{str(reason).lower()}: {count}" for reason, count in found["reason"].value_counts().items())
    table = changes_table(named, found)
    return markup.together(markup.paragraph(f"{at_start(counted)}."), markup.details("Each of them", table))


def changes_table(named: str, found: pd.DataFrame) -> Display:
    """Return what changed since the release that is named so, a row for each measure."""
    rows: list[list[Content]] = [
        [
            f"{row['number']}. {row['title']}",
            row["reason"],
            markup.stacked(row["before"] or "No figure", row["before_period"]),
            markup.stacked(row["now"] or "No figure", row["now_period"]),
        ]
        for row in found.to_dict("records")
    ]
    return markup.table(["Measure", "Reason", "Before", "Now"], rows, f"Changes since the release {named}")


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
