"""Which direction is good: agreed by each partnership for itself, proposed until then.

An area's `polarity.csv` has a row for each measure that its partnership has agreed on. What it says holds for
that area alone; the framework's own polarity is a proposal.
"""

from pathlib import Path

import pandas as pd

from drug_outcomes.definitions import edited_tables
from drug_outcomes.definitions.vocabulary import Polarity

FILE = "polarity.csv"
COLUMNS = (
    *edited_tables.ids("measure"),
    *edited_tables.word("polarity", Polarity),
    *edited_tables.free("agreed_by"),
    *edited_tables.dates("agreed_on"),
)
#: What each polarity means to whoever is asked to agree it.
WORDS = {
    Polarity.HIGH_IS_GOOD: "higher is better",
    Polarity.LOW_IS_GOOD: "lower is better",
    Polarity.TARGET_RANGE: "within a range is best",
    Polarity.ACTIVITY: "shows activity, neither good nor bad",
    Polarity.NO_JUDGEMENT: "no judgement",
}


def read(folder: Path, measures: pd.DataFrame) -> pd.DataFrame:
    """Read an area's polarity.csv: measure, polarity, agreed_by, agreed_on (ISO date); none without the file."""
    file = folder / FILE
    if not file.exists():
        return pd.DataFrame(columns=[one.name for one in COLUMNS], dtype="str")
    table = edited_tables.read(file, COLUMNS, "measure")
    edited_tables.known(table, file, "measure", set(measures["measure"]), "measures.csv")
    unsigned = (table["agreed_by"] == "") != (table["agreed_on"] == "")
    edited_tables.refuse(table, file, "agreed_by", unsigned, "a name, and a date beside it, or neither")
    return table


def applied(measures: pd.DataFrame, folder: Path) -> pd.DataFrame:
    """Return the measures with the polarity that the area's partnership has agreed, by whom and when."""
    own = read(folder, measures).set_index("measure").reindex(measures["measure"]).set_axis(measures.index)
    said = own["polarity"].notna()
    return measures.assign(
        polarity=own["polarity"].where(said, measures["polarity"]),
        polarity_agreed_by=own["agreed_by"].where(said, measures["polarity_agreed_by"]),
        polarity_agreed_on=own["agreed_on"].where(said, measures["polarity_agreed_on"]),
        polarity_agreed=(own["agreed_on"] != "").where(said, measures["polarity_agreed"]).astype(bool),
    )
