"""What is due from whom, and the words to ask for it."""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from drug_outcomes.definitions import areas, framework
from drug_outcomes.definitions.areas import Area
from drug_outcomes.definitions.due import LAST_DAY, due_on, last_due
from drug_outcomes.definitions.framework import Definitions, Measure, Source
from drug_outcomes.intake import received, store
from drug_outcomes.intake.vintages import SILENT
from drug_outcomes.sources import form_template

HELD, DUE, LATE = "held", "due", "late"


def due(known: pd.DataFrame, area: Area, definitions: Definitions, on: str) -> pd.DataFrame:
    """Return what should have come by a day, one row for each measure of a source.

    Parameters
    ----------
    known : observations received by that day.
    on : ISO date.

    Returns
    -------
    source, measure, title, period (the newest that is due by cadence and usual lag), due_on (ISO date, by
    the source's due day), last_period, last_said, last_received ("" where nothing is held) and state: held,
    due, or late, which is due and past its day.
    """
    mine = known[(known["area"] == area.code) & (known["breakdown"] == "") & (known["measure"] != "")]
    said = mine[~mine["status"].isin([str(status) for status in SILENT])]
    last = said.sort_values(["period_end", "received"], kind="stable").groupby("measure").tail(1)
    held = last.set_index("measure").to_dict("index")
    tracked = definitions.measures.loc[definitions.measures["retired"] == "", "measure"]
    rows = [_row(definitions.measure(name), definitions, held.get(name, {}), on) for name in tracked]
    return pd.DataFrame(rows)


def _row(measure: Measure, definitions: Definitions, held: Mapping[Any, Any], on: str) -> dict[str, str]:
    period = last_due(measure, on)
    by = due_on(period, measure, definitions.source(measure.source).due_day or LAST_DAY)
    missing = str(held.get("period_end", "")) < period.end_month
    value = held.get("value")
    return {
        "source": measure.source,
        "measure": measure.measure,
        "title": measure.title,
        "period": period.label,
        "due_on": by,
        "last_period": str(held.get("period_label", "")),
        "last_said": f"{value:,.{measure.decimals}f}" if pd.notna(value) else str(held.get("text", "")),
        "last_received": str(held.get("received", "")),
        "state": (LATE if on > by else DUE) if missing else HELD,
    }


def letter(area: Area, source: Source, wanted: pd.DataFrame, attached: str) -> str:
    """Return the words that ask a partner for figures; `wanted` holds rows of `due` that are not held."""
    by = wanted["due_on"].min()
    figures = [
        "- {title}: {period}\n  last held: {last_period} {last_said} {last_received}".format(
            **row | {"last_period": row["last_period"] or "nothing yet"}
        )
        for row in wanted.to_dict("records")
    ]
    ask = (
        f"Please fill in the attached form ({attached}) and send it back."
        if attached
        else f"These figures are published; fetch them yourself: {source.steps or source.url_words}."
    )
    return "\n".join(
        [
            f"To: {source.publisher_role} ({source.publisher_on(by)})",
            f"Subject: Figures for the {area.partnership}, due by {by}",
            "",
            f"{ask} {'They were' if (wanted['state'] == LATE).any() else 'They are'} due by {by}.",
            "",
            *figures,
            "",
            "If a figure does not exist yet, leave its cell empty; if it was changed, say so under note.",
            area.contact or area.partnership,
            "",
        ]
    )


def write(root: Path, area: Area, definitions: Definitions, on: str, folder: Path) -> pd.DataFrame:
    """Write a letter for each source with something due, and its form; return the rows of `due`.

    Letters repeat restricted figures to those who sent them, so that only the folder's owner can open it.
    """
    known = store.load(root, area, definitions).observations
    rows = due(known[known["received"] <= on], area, definitions, on)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name, wanted in rows[rows["state"] != HELD].groupby("source", sort=False):
        source = definitions.source(str(name))
        attached = ""
        if source.route == "form":
            attached = form_template.template(
                definitions, source.source, area.code, folder, on=on, known=known[known["received"] <= on]
            )[1].name
        text = letter(area, source, wanted, attached)
        received.place(folder / f"{source.source}.txt", text.encode(), private=True)
    return rows


def run(options: argparse.Namespace) -> int:
    """Run `drug-outcomes requests`: write what is due, and list it without any figure."""
    root = framework.home()
    on = received.day(options.on)
    area = areas.load(root, options.area)
    definitions = areas.own_definitions(framework.load(root / framework.FRAMEWORK), area)
    folder = root / "outputs" / area.id / "requests" / on
    rows = write(root, area, definitions, on, folder)
    for row in rows[rows["state"] != HELD].itertuples():
        print(f"{row.state:5}  by {row.due_on}  {row.source}: {row.title}, {row.period}")
    print(folder)
    return 0
