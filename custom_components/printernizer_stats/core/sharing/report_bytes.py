"""Bytes of a report: canonical, and by protocol 2 no more than 1.2 KiB. What is longer is told more coarsely.

Only a home with many types of printers, or many kinds of errors in a week, comes near. The longest of its
counts by kind gives up its smallest to `other`, as often as needed, then its printers do, and last of all
what it used for the first time loses a name. Sums stay what they are.
"""

from collections.abc import Mapping
import json
from typing import Any, Final

MOST_BYTES: Final = 1228
MOST_COUNT: Final = 1_000_000
"""The most that a count may be."""
OTHER: Final = "other"
OTHER_ERROR: Final = "other_error"
_BY_TYPE: Final = ("completed_by_type", "failed_by_type", "cancelled_by_type", "errors_by_type")

type Content = dict[str, Any]


def canonical(content: Mapping[str, Any]) -> bytes:
    """Serialize so that equal content gives equal bytes: sorted keys, no spaces, ASCII, no floats."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False).encode("ascii")


def fitted(content: Content) -> Content:
    """Return a report that is short enough."""
    while len(canonical(content)) > MOST_BYTES:
        shorter = next((each for step in (_counts, _printers, _features) if (each := step(content))), None)
        if shorter is None:
            break
        content = shorter
    return content


def _counts(content: Content) -> Content | None:
    """Let the longest counts by kind give up the smallest; None where none can."""
    usage = content.get("usage_stats", {})
    found: list[tuple[Mapping[str, int], str, tuple[str, ...]]]
    found = [(usage[name], OTHER, ("usage_stats", name)) for name in _BY_TYPE if name in usage]
    found.append((content.get("error_summary", {}), OTHER_ERROR, ("error_summary",)))
    able = [each for each in found if len(each[0]) > 1]
    if not able:
        return None
    counts, rest, path = max(able, key=lambda each: len(canonical(each[0])))
    return _with(content, path, _merged(counts, rest))


def _printers(content: Content) -> Content | None:
    """Let the types of printers give up the one with the fewest."""
    fleet = content.get("printer_fleet", {})
    counts = fleet.get("printer_type_counts", {})
    if len(counts) < 2:  # noqa: PLR2004 - one and another
        return None
    fewer = _merged(counts, OTHER)
    return content | {"printer_fleet": fleet | {"printer_types": sorted(fewer), "printer_type_counts": fewer}}


def _features(content: Content) -> Content | None:
    """Leave out the last of what was used for the first time."""
    first_used = content.get("usage_stats", {}).get("features_first_used")
    return _with(content, ("usage_stats", "features_first_used"), first_used[:-1]) if first_used else None


def _merged(counts: Mapping[str, int], rest: str) -> dict[str, int]:
    """Return counts of which the smallest is told as one of the rest."""
    _, least = min((count, name) for name, count in counts.items() if name != rest)
    told = {name: count for name, count in counts.items() if name not in {least, rest}}
    return told | {rest: min(MOST_COUNT, counts.get(rest, 0) + counts[least])}


def _with(content: Content, path: tuple[str, ...], value: object) -> Content:
    """Return a report with another value; an empty one is left out of its group."""
    *groups, name = path
    if not groups:
        return content | {name: value}
    group = {key: each for key, each in content[groups[0]].items() if key != name}
    return content | {groups[0]: group | ({name: value} if value else {})}
