"""The front page of a snapshot: the first screen in plain words, then where to go."""

from pathlib import Path

from drug_outcomes import headlines, markup, tables, wording
from drug_outcomes.areas import Area
from drug_outcomes.disclosure import Released
from drug_outcomes.figures import Question
from drug_outcomes.framework import Definitions
from drug_outcomes.markup import Content, Display


def front_page(
    released: Released,
    definitions: Definitions,
    area: Area,
    asked: Question,
    titles: dict[str, str],
    folder: Path,
) -> Display:
    """Return the body of index.html.

    Parameters
    ----------
    titles : title of each notebook's page, by its file stem.
    folder : the snapshot being built, whose downloads are listed with their sizes.
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
        markup.heading("Out of date", 2),
        _out_of_date(released),
        markup.heading("Published cells that need checking", 2),
        tables.findings(released, list(released.latest["measure"])),
        markup.heading("Downloads", 2),
        _downloads(folder),
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


def _out_of_date(released: Released) -> Display:
    old = headlines.out_of_date(released)
    if not old:
        return markup.paragraph("Every figure is as new as its source allows.")
    rows: list[list[Content]] = [
        [wording.named(row), wording.period(row), wording.age(row), wording.expected_age(row)] for row in old
    ]
    return markup.table(["Measure", "Latest period", "Age", "Expected"], rows, "Figures older than expected")


def _downloads(folder: Path) -> Display:
    files = sorted((folder / "downloads").glob("*"))
    return markup.bullets(
        markup.together(
            markup.link(file.name, f"downloads/{file.name}"), f" ({file.stat().st_size / 1000:,.1f} kB)"
        )
        for file in files
    )
