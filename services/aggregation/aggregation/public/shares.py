"""Shares of a public table: noisy counts made consistent, without looking at the homes again.

No count is negative, all add up to the noisy number of homes, buckets with too few homes are shown together,
and the shares, in tenths of a percent, add up to 1,000. What is done after the noise costs no privacy.
"""

from collections.abc import Mapping, Sequence
from math import ceil, log
from typing import Final

FEWEST: Final = 10
"""No bucket with fewer homes, after the noise, is shown."""
WHOLE: Final = 1000
_FALSE_BUCKETS: Final = 0.5
"""So many empty buckets of a table may pass the threshold, on average."""


def threshold(buckets: int, scale: float) -> int:
    """Return how many homes a bucket needs, so that noise alone hardly ever shows one."""
    return max(FEWEST, ceil(scale * log(buckets / (2 * _FALSE_BUCKETS))))


def consistent(counts: Sequence[int], total: int) -> list[float]:
    """Return the counts nearest to these (least squares) that are not negative and add up to a total."""
    if total <= 0 or not counts:
        return [0.0] * len(counts)
    taken, shift = 0, 0.0
    for size, count in enumerate(sorted(counts, reverse=True), 1):
        taken += count
        candidate = (taken - total) / size
        if count <= candidate:
            break
        shift = candidate
    return [max(0.0, count - shift) for count in counts]


def shares(noisy: Mapping[str, int], total: int, fewest: int, rest: str) -> dict[str, int]:
    """Return the shares of the buckets that are shown, and of the rest, in tenths of a percent."""
    nearest = dict(zip(noisy, consistent(list(noisy.values()), total), strict=True))
    shown = {name: count for name, count in nearest.items() if count >= fewest and name != rest}
    hidden = total - sum(shown.values())
    return _rounded({**shown, rest: max(0.0, hidden)})


def _rounded(counts: Mapping[str, float]) -> dict[str, int]:
    """Return tenths of a percent that add up to all (largest remainders first, then the names' order)."""
    total = sum(counts.values())
    if total <= 0:
        return {}
    exact = {name: WHOLE * count / total for name, count in counts.items()}
    whole = {name: int(share) for name, share in exact.items()}
    missing = WHOLE - sum(whole.values())
    for name in sorted(exact, key=lambda name: whole[name] - exact[name])[:missing]:
        whole[name] += 1
    return {name: share for name, share in whole.items() if share}
