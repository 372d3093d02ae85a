"""What papermill finds under the entry point `drug-outcomes`.

papermill imports every registered engine when it is imported itself, so this module is light, and nothing
else imports it: it could meet papermill half imported.
"""

from typing import Any

from papermill.engines import Engine


class InProcessEngine(Engine):  # type: ignore[misc] # papermill is untyped
    """Runs the cells of a notebook with an IPython shell of this process."""

    @classmethod
    def execute_managed_notebook(cls, nb_man: Any, kernel_name: str, **_: object) -> None:  # noqa: ANN401, ARG003
        """Run every cell until one fails, as papermill's own engine does."""
        from drug_outcomes.batch import shell

        shell.run_cells(nb_man)
