"""Small sums that the answers have in common."""

from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import accumulate, pairwise

from packaging.version import InvalidVersion, Version

from aggregation.rollups.bounds import SUCCESS_BANDS


def now() -> str:
    """Return the time (UTC) as protocol 1.0 writes it: without an offset."""
    return datetime.now(UTC).replace(tzinfo=None).isoformat()


def percent(part: int, whole: int) -> float:
    """Return a share in percent, 0 of nothing."""
    return round(100 * part / whole, 1) if whole else 0.0


def change(now_: int, before: int) -> float:
    """Return a change in percent, 0 where there was nothing before."""
    return round(100 * (now_ - before) / before, 1) if before else 0.0


def median_bucket(homes: Mapping[str, int]) -> int | None:
    """Return the smallest number of the bucket that holds the middle home, None without any home."""
    buckets = sorted((int(low), count) for low, count in homes.items() if count > 0)
    before = accumulate(count for _, count in buckets)
    middle = sum(count for _, count in buckets) / 2
    return next((low for (low, _), so_far in zip(buckets, before, strict=True) if so_far >= middle), None)


def middle_success(homes: Mapping[str, int]) -> float | None:
    """Return how many percent of its prints the middle home completed, of homes by band; None without any.

    Within a band homes are taken to lie evenly, so one home moves it by half a home's part of its band.
    """
    middle, before = sum(homes.values()) / 2, 0
    for low, high in pairwise((*SUCCESS_BANDS, 100)):
        here = homes.get(str(low), 0)
        if here and before + here >= middle:
            return round(low + (middle - before) / here * (high - low), 2)
        before += here
    return None


def ranked(counts: Mapping[str, int], limit: int) -> list[tuple[str, int]]:
    """Return the most frequent values; all when the limit is negative."""
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return ranked if limit < 0 else ranked[:limit]


def age_of_version(text: str) -> tuple[bool, bool, Version, str]:
    """Return what sorts versions: what is no version first, then preliminary ones."""
    try:
        version = Version(text)
    except InvalidVersion:
        return False, False, Version("0"), text
    return True, not version.is_prerelease, version, text
