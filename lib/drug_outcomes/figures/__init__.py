"""The path of a figure: what is asked, what is known of it, and what of that an audience may see."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from drug_outcomes.figures.kept import cleared
    from drug_outcomes.figures.path import Known, in_turn, known, newest_of_each, released, with_definitions
    from drug_outcomes.figures.questions import Question, question

__all__ = [
    "Known",
    "Question",
    "cleared",
    "in_turn",
    "known",
    "newest_of_each",
    "question",
    "released",
    "with_definitions",
]
_WHERE = {"cleared": "kept"} | dict.fromkeys(("Question", "question"), "questions")


def __getattr__(name: str) -> Any:  # noqa: ANN401 - the protocol of a lazy module attribute
    """Import the path only when something on it is asked for: what is kept opens without it."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_WHERE.get(name, 'path')}"), name)
