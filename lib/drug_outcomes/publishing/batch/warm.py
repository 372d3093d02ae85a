"""Imports what every notebook needs, once, in the process that is forked for each of them.

Only imports, and the kept exporter: nothing here may read Parquet or start a thread, because threads do
not survive a fork.
"""

import signal
import sys

from drug_outcomes import fingerprints

signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the driver, which ends this process
fingerprints.code()  # the library as it is now, which is the one that runs, whatever becomes of its files

# jupyter_server's event schemas pull in a parser that takes a second to build; no notebook schema uses it.
# The debugger takes as long, and nobody debugs a batch.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
sys.modules.setdefault("debugpy", None)  # type: ignore[arg-type]

from importlib import import_module  # noqa: E402

import nbformat  # noqa: E402

from drug_outcomes.publishing import pages  # noqa: E402

for _module in (
    "IPython.core.completer", "IPython.core.magics", "drug_outcomes.publishing.executed",
    "drug_outcomes.reporting.report",
    "ipykernel.inprocess.blocking", "ipykernel.inprocess.ipkernel", "matplotlib.backends.backend_svg",
    "matplotlib.pyplot", "matplotlib_inline.backend_inline", "nbclient", "pandas.io.formats.csvs", "papermill",
    "pyarrow.dataset", "pyarrow.pandas_compat",
):  # fmt: skip
    import_module(_module)
nbformat.validate(nbformat.v4.new_notebook())  # compiles the schema
pages._exporter()
pages.style()
