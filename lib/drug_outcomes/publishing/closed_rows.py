"""Restricted words and rows of a real area that stand where git takes them in: found by `check` and before a commit.

`python -m drug_outcomes.publishing.closed_rows` is the hook: 1 and a line for each, 0 where there is none.
"""

import sys
from collections.abc import Iterator

from drug_outcomes.definitions import alerts, areas, commentary, edited_tables, framework
from drug_outcomes.definitions.areas import CLOSED, Area
from drug_outcomes.definitions.framework import Definitions
from drug_outcomes.definitions.vocabulary import Release

#: Tables that repeat figures, and the column that does; rows on measures of restricted sources belong in restricted/.
_REPEATS = {"corrections.csv": "expect", "targets.csv": "baseline"}


def in_the_open(area: Area, definitions: Definitions) -> Iterator[tuple[str, str, str, str]]:
    """Yield file, place, what is wrong and what to do, for everything of the partnership's outside restricted/."""
    for file in sorted((area.folder / commentary.FOLDER).glob("*.partnership.md")):
        name = file.name.replace(".partnership", "")
        what = "Words for the partnership stand where git takes them in."
        yield f"{commentary.FOLDER}/{file.name}", "", what, f"Move it to {CLOSED}/{commentary.FOLDER}/{name}."
    if (area.folder / alerts.FILE).exists():
        yield alerts.FILE, "", "Alerts stand where git takes them in, and nobody reads them.", f"Move it to {CLOSED}."
    sources = definitions.sources
    closed = sources.loc[sources["release"] == Release.RESTRICTED, "source"]
    measures = set(definitions.measures.loc[definitions.measures["source"].isin(set(closed)), "measure"])
    for name, column in _REPEATS.items():
        file = area.folder / name
        if not file.exists():
            continue
        table = edited_tables.read(file, edited_tables.free("measure", column))
        for at in table.index[table["measure"].isin(measures) & (table[column].str.strip() != "")]:
            what = f"The row repeats a figure of a restricted source, in {column}, where git takes it in."
            yield name, f"row {at + 2}", what, f"Move the row to {CLOSED}/{name}."


def main() -> int:
    """Print what stands in the open of all real areas."""
    root = framework.home()
    found = [
        f"data/areas/{name}/{file} {place}: {what} {tell}"
        for name in areas.all_ids(root)
        for definitions, area in [areas.with_definitions(root, name)]
        if not area.fictional
        for file, place, what, tell in in_the_open(area, definitions)
    ]
    sys.stdout.write("".join(f"{line}\n" for line in found))
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
