"""Which source a file is of, by its content alone."""

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path

from drug_outcomes import sources
from drug_outcomes.definitions.framework import Definitions
from drug_outcomes.errors import OutcomesError, UnreadableInput, UsageError
from drug_outcomes.sources import form, mapped, reading

#: Reads any table with a column of codes, so that it says nothing of what a file is.
_ANYTHING = "area_lookup"
#: Words in the names of a workbook and its sheets. Opening every sheet once for each reader takes minutes.
_HINTS = {
    "homelessness": r"homeless|\ba[13]\b",
    "ons_population": r"population|popest|\bmye|mye ?\d",
    "ons_drug_deaths": r"death|poison|misuse|registration",
    "recorded_crime": r"crime|offence|\bprc\b|\bc2\b|table ?c2",
    "seizures": r"seizure|quantit|weight",
    "neighbours": r"neighbour|\bsn\b",
    "dfe_exclusions": r"exclusion|suspension",
    "prevalence": r"prevalence|unmet",
    "ndtms_viewit": r"ndtms|viewit|treatment",
    "deprivation": r"depriv|\bimd",
    "fingertips": r"fingertips|indicator",
    "scorecard_edition": r"scorecard|outcome|dashboard",
}


def source_of(file: Path, definitions: Definitions) -> str:
    """Return the one source whose reader reads a file, or whose measures a return names.

    Raises `UnreadableInput` where no reader does, `UsageError` with what to type where several do.
    """
    reading.refuse_kind(file)
    if form.is_form(file, definitions):
        found = _owners(file, definitions)
    else:
        described = sorted(set(mapped.layouts()["source"]))
        found = [name for name in described if _quietly(partial(mapped.fits, file, name))]
        found = found or next(
            (
                fitting
                for names in _candidates(file)
                if (fitting := [one for one in names if _quietly(partial(sources.read, one, file))])
            ),
            [],
        )
    if not found:
        raise UnreadableInput(
            "no source has files like this",
            expected=f"a file of one of: {', '.join(sources.sources())}",
            try_next="name its source with --source, and the refusal says what is missing",
            file=file,
        )
    if len(found) > 1:
        raise UsageError(f"{file.name} may be of {' or '.join(found)}", expected=f"--source {found[0]}, for example")
    return found[0]


def _candidates(file: Path) -> list[list[str]]:
    """Return the readers to try: those that the names of a workbook hint at, then the others."""
    names = [name for name, (module, _) in sources.READERS.items() if module != "form" and name != _ANYTHING]
    words = reading.sheets(file)
    if words == [""]:
        return [names]
    said = re.sub(r"[_\W]+", " ", " ".join([file.stem, *words])).casefold()
    hinted = [name for name in names if re.search(_HINTS.get(name, "$^"), said)]
    return [hinted, [name for name in names if name not in hinted]]


def _owners(file: Path, definitions: Definitions) -> list[str]:
    """Return the source of most measures that a return names."""
    rows = form.read(file, definitions=definitions, held=True)
    owners = rows["measure"].map(definitions.measures.set_index("measure")["source"])
    return list(owners.mode().head(1))


def _quietly(attempt: Callable[[], object]) -> bool:
    try:
        done = attempt()
    except OutcomesError:
        return False
    except Exception:  # a reader that breaks on another source's file does not recognise it
        return False
    return done is not False
