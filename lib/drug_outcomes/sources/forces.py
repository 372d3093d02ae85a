"""Police forces by name, as the Home Office, the Office for National Statistics and police.uk write them."""

import pandas as pd

from drug_outcomes.definitions import ground

#: Services that police no area of their own; their figures stand under England and Wales, kept apart.
NATIONAL = "K04000001"
_NATIONAL_NAMES = "british transport police|border force|.*fraud.*|cifas|uk finance|national crime agency"
_SUFFIX = r"(?i)\s+(?:constabulary|police(?: service)?)\s*$"


def codes(names: pd.Series) -> pd.Series:
    """Return the code of each force's area: E23..., `NATIONAL` for a national service, "" if unknown."""
    each = pd.Series(names.unique(), dtype="str")
    shorter = each.str.replace(_SUFFIX, "", regex=True)
    both = ground.codes(pd.concat([each, shorter], ignore_index=True), kinds=["pfa"])
    whole, short = both.iloc[: len(each)], both.iloc[len(each) :].set_axis(each.index)
    found = whole.where(whole != "", short).where(~is_national(each), NATIONAL)
    return names.map(dict(zip(each, found, strict=True))).astype("str")


def is_national(names: pd.Series) -> "pd.Series[bool]":
    """Whether a name is that of a service which polices no area of its own."""
    return names.str.strip().str.casefold().str.fullmatch(_NATIONAL_NAMES)


def tidy(names: pd.Series) -> pd.Series:
    """Write the names of national services in one way, whatever the file's case; others as they are."""
    return names.where(~is_national(names), names.str.strip().str.title())
