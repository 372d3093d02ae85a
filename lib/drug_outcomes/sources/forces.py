"""Police forces by name, as the Home Office, the Office for National Statistics and police.uk write them."""

import pandas as pd

from drug_outcomes.sources import areas_lookup

#: Services that police no area of their own; their figures stand under England and Wales, kept apart.
NATIONAL = "K04000001"
_NATIONAL_NAMES = "british transport police|border force|.*fraud.*|cifas|uk finance|national crime agency"
_SUFFIX = r"(?i)\s+(?:constabulary|police(?: service)?)\s*$"


def codes(names: pd.Series) -> pd.Series:
    """Return the code of each force's area: E23..., `NATIONAL` for a national service, "" if unknown."""
    found = areas_lookup.codes(names, kinds=["pfa"])
    shorter = areas_lookup.codes(names.str.replace(_SUFFIX, "", regex=True), kinds=["pfa"])
    found = found.where(found != "", shorter)
    return found.where(~is_national(names), NATIONAL)


def is_national(names: pd.Series) -> "pd.Series[bool]":
    """Whether a name is that of a service which polices no area of its own."""
    return names.str.strip().str.casefold().str.fullmatch(_NATIONAL_NAMES)


def tidy(names: pd.Series) -> pd.Series:
    """Write the names of national services in one way, whatever the file's case; others as they are."""
    return names.where(~is_national(names), names.str.strip().str.title())
