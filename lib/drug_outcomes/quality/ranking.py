"""One list of findings and signals: what to look at first, and why."""

import numpy as np
import pandas as pd

from drug_outcomes.definitions.vocabulary import Severity

#: Points of a finding by its severity, and why one like it comes where it does.
_WEIGHTS = {
    Severity.ERROR: 100,
    Severity.DISCLOSURE: 60,
    Severity.QUERY: 50,
    Severity.WARNING: 50,
    Severity.INFO: 10,
}
_WHY = {
    Severity.ERROR: "cannot be right as it stands",
    Severity.DISCLOSURE: "could give away a small number",
    Severity.QUERY: "needs an answer",
    Severity.WARNING: "may mislead",
    Severity.INFO: "good to know",
}
#: A class of finding loses this much each time twice as many figures show it: what is everywhere is known.
_COMMON = 5.0
#: What somebody has explained, or found and written down without a rule, comes last.
_SETTLED = ("explained", "closed")


def ranked(findings: pd.DataFrame) -> pd.DataFrame:
    """Return one row for each measure, or each class of finding in documents, the weightiest first.

    Parameters
    ----------
    findings : as `quality.findings` returns them, signals included; from several tables at once.

    Returns
    -------
    The weightiest finding of each with its columns, and weight, why (in words) and more: how many further
    findings there are about the same.
    """
    if findings.empty:
        return findings.assign(weight=0.0, why="", more=0)
    severity = findings["severity"].astype("str")
    many = findings.groupby([findings["rule"], severity])["rule"].transform("size").astype(float)
    weight = severity.map({str(one): points for one, points in _WEIGHTS.items()}) - _COMMON * np.log2(many)
    weight = weight.where(~findings["status"].isin(_SETTLED), 0.0)
    document = findings["document"].fillna("") + " " + findings["rule"].fillna("")
    about = findings["measure"].where(findings["measure"] != "", document)
    told = findings.assign(
        weight=weight,
        why=severity.map({str(one): word for one, word in _WHY.items()}),
        more=findings.groupby(about)["rule"].transform("size") - 1,
        about=about,
        from_document=findings["measure"] == "",
    )
    # Of equal weight, the partnership's own figures come before what documents say.
    told = told.sort_values(
        ["weight", "from_document", "number"], ascending=[False, True, True], kind="stable"
    )
    first = told.drop_duplicates("about")
    return first.drop(columns=["about", "from_document"]).reset_index(drop=True)
