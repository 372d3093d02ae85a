"""Imports what every notebook needs, once, in the process that is forked for each of them.

Only imports, and the kept exporter: nothing here may read Parquet or start a thread, because threads do
not survive a fork.
"""

import sys

# jupyter_server's event schemas pull in a parser that takes a second to build; no notebook schema uses it.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]

import matplotlib.figure  # noqa: E402
import nbformat  # noqa: E402
import papermill  # noqa: E402
import pyarrow.parquet  # noqa: E402
from IPython.core.interactiveshell import InteractiveShell  # noqa: E402
from matplotlib_inline import backend_inline  # noqa: E402

from drug_outcomes import Report, pages  # noqa: E402
from drug_outcomes.batch import shell  # noqa: E402

pages._exporter()
pages.style()

__all__ = [
    "InteractiveShell",
    "Report",
    "backend_inline",
    "matplotlib",
    "nbformat",
    "pages",
    "papermill",
    "pyarrow",
    "shell",
]
