"""What was received and takes no part: set aside as unreadable, or received after the day that is asked for."""

import contextlib
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from drug_outcomes.definitions import areas
from drug_outcomes.definitions.areas import Area
from drug_outcomes.errors import OutcomesError
from drug_outcomes.intake import received, store


def tell(root: Path, asked: Iterable[tuple[str, str]]) -> None:
    """Print, beside what a command prints, what areas hold that takes no part on a day; each pair once."""
    for area_id, as_of in dict.fromkeys(asked):
        with contextlib.suppress(OutcomesError):  # what cannot be loaded is told by whoever builds it
            definitions, area = areas.with_definitions(root, area_id)
            for line in told(store.load(root, area, definitions, every=False, after=as_of), area, as_of):
                print(line, file=sys.stderr)


def told(loaded: store.Loaded, area: Area, as_of: str) -> Iterator[str]:
    """Yield sentences about the files and figures of an area that a build as of a day leaves out."""
    closed = loaded.refused["rule"] == received.WITHDRAWN
    refused = loaded.refused[~closed & ~loaded.refused["note"].str.casefold().str.startswith(received.REPLACED)]
    if len(refused):
        names = ", ".join(Path(file).name for file in refused["file"].head(3))
        more = f" and {len(refused) - 3} more" if len(refused) > 3 else ""
        yield (
            f"{area.id}: {len(refused)} of the files received are set aside, and none of their figures is used: "
            f"{names}{more}. check says why."
        )
    rows = loaded.observations
    later = rows[(rows["received"] > as_of) & (rows["area"] == area.code) & (rows["measure"] != "")]
    if len(later):
        files, measures = later["file"].nunique(), later["measure"].nunique()
        yield (
            f"{area.id}: {len(later)} figures of {measures} measures, in {files} files, were received after {as_of} "
            f"and take no part; --as-of {later['received'].max()} takes them in."
        )
