"""Where the project stands. Standard library alone: commands ask before anything costly is imported."""

import os
from pathlib import Path

from drug_outcomes.errors import UsageError

HOME_VARIABLE = "DRUG_OUTCOMES_HOME"
FRAMEWORK = Path("data") / "framework"


def home() -> Path:
    """Return the project's root: DRUG_OUTCOMES_HOME, else the nearest folder upward with data/framework.

    It never depends on where the library is installed, because notebooks start in different folders.
    """
    stated = os.environ.get(HOME_VARIABLE)
    if stated:
        if not (Path(stated) / FRAMEWORK).is_dir():
            raise UsageError(
                f"{HOME_VARIABLE} is '{stated}', which holds no data/framework",
                expected="the project's folder, the one that holds data, notebooks and lib",
                try_next=f"set {HOME_VARIABLE} to that folder, or unset it and start inside the project",
            )
        return Path(stated).resolve()
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / FRAMEWORK).is_dir():
            return folder
    raise UsageError(
        f"neither {here} nor any folder above it holds data/framework",
        expected="to be started inside the project, the folder that holds data, notebooks and lib",
        try_next=f"go to the project's folder, or set {HOME_VARIABLE} to it",
    )
