"""Work that is killed at one of its steps on the disk, as by a cable that somebody pulls."""

import os
import signal
from collections.abc import Callable
from typing import Any

_STEPS = ("open", "fsync", "replace", "rename", "close", "mkdir", "unlink", "chmod")


def killed(step: int, work: Callable[[], object]) -> bool:
    """Do some work in a process of its own, which is killed at that step; return whether it had so many."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    try:
        _count(step)
        work()
    finally:
        os._exit(0)


def _count(step: int) -> None:
    done = [0]

    def counted(call: Callable[..., Any]) -> Callable[..., Any]:
        def each(*args: Any, **options: Any) -> Any:
            done[0] += 1
            if done[0] == step:
                os.kill(os.getpid(), signal.SIGKILL)
            return call(*args, **options)

        return each

    for name in _STEPS:
        setattr(os, name, counted(getattr(os, name)))
