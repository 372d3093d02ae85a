"""Shares, rates and limits as text, rounded half up in whole numbers so that no machine rounds otherwise."""

from math import sqrt

Z95 = 1.959963984540054
Z998 = 3.090232306167813
#: Widths of the European Standard Population of 2013 by five-year band, per 100,000, the last from 90.
STANDARD = (5000, 5500, 5500, 5500, 6000, 6000, 6500, 7000, 7000, 7000, 7000, 6500, 6000, 5500, 5000, 4000,
            2500, 1500, 1000)  # fmt: skip


def rounded(numerator: int, denominator: int, per: int = 100, decimals: int = 1) -> str:
    """Return `per` x numerator / denominator with so many decimals, halves rounded away from zero."""
    scale = 10**decimals
    units = (2 * numerator * per * scale + denominator) // (2 * denominator)
    return f"{units // scale}.{units % scale:0{decimals}d}" if decimals else str(units)


def to_five(count: int) -> int:
    """Round a count to the nearest 5, as the treatment statistics do before they publish."""
    return (count + 2) // 5 * 5


def to_ten(count: int) -> int:
    """Round a count to the nearest 10."""
    return (count + 5) // 10 * 10


def wilson(numerator: int, denominator: int, z: float = Z95) -> tuple[float, float]:
    """Return Wilson's limits of a share, from 0 to 1 (Wilson 1927)."""
    x, n = float(numerator), float(denominator)
    half = z * sqrt(z * z + 4 * x * (1 - x / n))
    return (2 * x + z * z - half) / (2 * (n + z * z)), (2 * x + z * z + half) / (2 * (n + z * z))


def byar(count: int, z: float = Z95) -> tuple[float, float]:
    """Return Byar's limits of a count of 10 or more (Breslow and Day 1987)."""
    low = 1 - 1 / (9 * count) - z / (3 * sqrt(count))
    more = count + 1
    high = 1 - 1 / (9 * more) + z / (3 * sqrt(more))
    return count * low * low * low, more * high * high * high


def standardised(events: list[int], people: list[int], z: float = Z95) -> tuple[float, float, float]:
    """Return a directly standardised rate per 100,000 and its limits (Dobson 1991), by five-year bands."""
    bands = list(zip(STANDARD, events, people, strict=True))
    rate = sum(weight * x / n for weight, x, n in bands)
    spread = sqrt(sum(weight * weight * x / (n * n) for weight, x, n in bands) / sum(events))
    low, high = byar(sum(events), z)
    total = sum(events)
    return rate, rate + spread * (low - total), rate + spread * (high - total)
