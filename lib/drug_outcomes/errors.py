"""Errors in the reader's words: what was found, what was expected, what to type next.

Every refusal of the suite is one of these classes; the command line turns the class into an exit code.
An ordinary exception that escapes is a defect of the suite, never a way to refuse input.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class OutcomesError(Exception):
    """A refusal. `str()` of it is what the analyst reads.

    Parameters
    ----------
    found : what was met, in words, with the value.
    expected : what should have been there.
    try_next : what to type or change.
    file, row : where, when the refusal is about a file; rows count from 1 with the header as row 1.
    """

    exit_code = 1

    def __init__(
        self,
        found: str,
        *,
        expected: str = "",
        try_next: str = "",
        file: Path | str | None = None,
        row: int | None = None,
    ) -> None:
        self.found, self.expected, self.try_next = found, expected, try_next
        self.file = Path(file).name if file is not None else None
        self.row = row
        super().__init__(self._sentence())

    def _sentence(self) -> str:
        place = ", ".join([self.file or "", f"row {self.row}"] if self.row is not None else [self.file or ""])
        parts = [f"{place.removeprefix(', ')}: {self.found}" if place else self.found]
        if self.expected:
            parts.append(f"  Expected: {self.expected}")
        if self.try_next:
            parts.append(f"  Try: {self.try_next}")
        return "\n".join(parts)


class NotebookFailed(OutcomesError):
    """A cell of a notebook raised; the message names notebook, cell and reason."""

    exit_code = 1


class UsageError(OutcomesError):
    """An unknown area, period, measure, source or option."""

    exit_code = 2


class UnreadableInput(OutcomesError):
    """A file or definition that cannot be read without guessing."""

    exit_code = 3


class DisclosureRefused(OutcomesError):
    """Publishing would let a hidden figure be worked out."""

    exit_code = 4


class PageRefused(OutcomesError):
    """A page failed the accessibility and safety gate."""

    exit_code = 5


@contextmanager
def naming(file: Path) -> Iterator[None]:
    """Add the file to refusals of what it holds, so that what looks at its rows need not know it."""
    try:
        yield
    except UnreadableInput as told:
        if told.file is not None:
            raise
        raise UnreadableInput(
            told.found, expected=told.expected, try_next=told.try_next, file=file, row=told.row
        ) from told
