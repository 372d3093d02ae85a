"""Random whole numbers that are the same on every machine and in every version of numpy.

numpy promises that the raw bits of a generator never change; what its distributions make of them may.
So every draw here compares raw 32-bit numbers with a whole threshold. Each draw has a name and its own
stream of bits: a series added later changes no other.
"""

import zlib

import numpy as np

SEED = 20260331
_SPAN = 1 << 32


def _bits(count: int, *name: object) -> np.ndarray:
    stream = np.random.PCG64([SEED, zlib.crc32("/".join(map(str, name)).encode())])
    return np.atleast_1d(stream.random_raw(max(count, 1)))[:count] >> np.uint64(32)


def binomial(tries: int, share: float, *name: object) -> int:
    """Return how many of `tries` happen when each does with probability `share`."""
    threshold = round(min(max(share, 0.0), 1.0) * _SPAN)
    return int(np.count_nonzero(_bits(tries, *name) < np.uint64(threshold)))


def poisson(mean: float, *name: object) -> int:
    """Return a count of rare events, as a binomial of many tries: its variance is 2% too small at most.

    A large count, whose variance nobody will measure here, gets fewer tries for each event.
    """
    tries = (64 if mean < 1000 else 8) * (int(mean) + 1)
    return binomial(tries, mean / tries, *name)


def between(low: int, high: int, *name: object) -> int:
    """Return a whole number from `low` to `high`, both included, each as likely."""
    return low + int(_bits(1, *name)[0]) * (high - low + 1) // _SPAN


def split(total: int, weights: dict[str, int]) -> dict[str, int]:
    """Share out a whole number by weights, by largest remainder, so that the parts make the total."""
    whole = sum(weights.values())
    parts = {name: total * weight // whole for name, weight in weights.items()}
    order = sorted(weights, key=lambda name: (-(total * weights[name] % whole), name))
    for name in order[: total - sum(parts.values())]:
        parts[name] += 1
    return parts
