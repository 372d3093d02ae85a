"""Handing the notebooks to a Dask cluster; data and outputs stand in a folder that all machines share."""

from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager

from drug_outcomes.errors import UsageError

#: Tasks handed over for each of the cluster's threads: one to do and one to begin with at once.
_AHEAD = 2


@contextmanager
def executor(scheduler: str) -> Iterator[tuple[Executor | None, int]]:
    """Give the executor of the cluster behind an address, and how many tasks it takes at once.

    Without an address: None and 0.

    Raises
    ------
    UsageError : the extra `cluster` is not installed, nobody answers at the address, or no worker has joined.
    """
    if not scheduler:
        yield None, 0
        return
    try:
        from distributed import Client
    except ImportError as error:
        raise UsageError(
            "the package for clusters is not installed", try_next='pip install "drug-outcomes[cluster]"'
        ) from error
    try:
        client = Client(scheduler, timeout="10s", set_as_default=False)
    except (OSError, ValueError) as error:
        raise UsageError(
            f"no scheduler answers at {scheduler!r}", expected="an address such as tcp://host:8786"
        ) from error
    with client:
        threads = sum(client.nthreads().values())
        if not threads:
            raise UsageError(f"no worker has joined {scheduler}", try_next=f"dask worker {scheduler}")
        yield client.get_executor(pure=False, retries=3), _AHEAD * threads
