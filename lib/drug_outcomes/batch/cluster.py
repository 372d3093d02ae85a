"""Handing the notebooks to a Dask cluster; data and outputs stand in a folder that all machines share."""

from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager

from drug_outcomes.errors import UsageError


@contextmanager
def executor(scheduler: str) -> Iterator[Executor | None]:
    """Give the executor of the cluster behind an address, or None where no address is given.

    Raises
    ------
    UsageError : the extra `cluster` is not installed, or nobody answers at the address.
    """
    if not scheduler:
        yield None
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
        yield client.get_executor(pure=False, retries=3)
