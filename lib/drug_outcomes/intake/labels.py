"""Whom the figures of a received file are for: the stricter of what the file's row in the log says and what it says.

No label makes a figure known. Public is only what a named public release of a publisher prints: a file of a public
source, logged with a reference. Everything else that may leave is approved, and cleared before it does.
"""

import numpy as np
import pandas as pd

from drug_outcomes.definitions.framework import Definitions
from drug_outcomes.definitions.vocabulary import Audience, Release
from drug_outcomes.intake.received import Entry

_UNTIL = f"{Release.RESTRICTED}_until "


def of(rows: pd.DataFrame, entry: Entry, definitions: Definitions) -> pd.Series:
    """Return the label of every row of a file: public, approved, restricted_until DATE or restricted."""
    word = str(Release.RESTRICTED) if entry.approved_for == Audience.PARTNERSHIP else entry.approved_for
    log = pd.Series(word, rows.index, dtype="str")
    own = rows["release"].where(rows["release"] != "", log)
    stricter = own.where(_rank(own) >= _rank(log), log)
    opened = (stricter == Release.PUBLIC) & ~_published(rows, entry, definitions)
    return stricter.mask(opened, str(Release.APPROVED)).astype("str")


def _rank(label: pd.Series) -> pd.Series:
    """Return a text that sorts labels by how strict they are; of two embargoes the later is the stricter."""
    until = label.where(label.str.startswith(_UNTIL), "")
    return until.where(until != "", label.map({Release.PUBLIC: "a", Release.APPROVED: "b"}).fillna("z"))


def _published(rows: pd.DataFrame, entry: Entry, definitions: Definitions) -> pd.Series:
    """Say which rows a named public release prints: one of a public source, on what that source publishes.

    A form may name any measure; its figure is published only by the measure's own sources, or by the partnership
    itself, in a release of its own. A count that its publisher would have hidden by rounding was never published.
    """
    sources = definitions.sources.set_index("source")
    public = set(sources.index[(sources["release"] == Release.PUBLIC) & (sources["audience"] == Audience.PUBLIC)])
    source = rows["source"].where(rows["source"] != "", entry.source)
    own = set(sources.index[sources["coverage"] == "local"])
    tables = (definitions.measures, definitions.published_series, definitions.alternative_sources)
    pairs = pd.concat([table[["measure", "source"]] for table in tables])
    given = (rows["measure"] + "|" + source).isin(set(pairs["measure"] + "|" + pairs["source"]))
    named = pd.Series(entry.source in public and entry.reference.strip() != "", rows.index) & source.isin(public)
    rule = sources.loc[entry.source]
    below = rows["numerator"].between(1, rule["threshold"], inclusive="left")
    rounded_away = (rule["rounding_base"] > 1) & below & np.equal(rows["numerator"] % 1, 0)
    return named & ((rows["measure"] == "") | given | source.isin(own)) & ~rounded_away
