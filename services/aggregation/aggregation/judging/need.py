"""How much would be needed for a change to be found often enough."""

from collections.abc import Callable
from typing import Final

SURE_ENOUGH: Final = 0.8
"""How often a change worth knowing must be found for its absence to mean anything."""
_MOST: Final = 1 << 20


def smallest(power: Callable[[int], float], sure: float = SURE_ENOUGH) -> int | None:
    """Return the smallest number for which a growing power is enough; None when none is below a million."""
    if power(_MOST) < sure:
        return None
    low, high = 1, _MOST
    while low < high:
        middle = (low + high) // 2
        if power(middle) < sure:
            low = middle + 1
        else:
            high = middle
    return low
