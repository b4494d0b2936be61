"""What one home can have done in a week, and the most that it counts for.

Two bounds, both pure functions of its rows. What is impossible is clipped, in all sums: a report is not
refused for it, because a home whose counter is wrong would lose its week. And beside each plain sum there is
one in which a home counts for no more than a stated amount, whatever it reports.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from aggregation.rollups.facts import is_told_again

type Row = Mapping[str, Any]
type Usage = dict[str, int]
type Counts = dict[str, int]

HOUR = 3600
DAY = 24 * HOUR
WEEK_DAYS = 7
LONGEST_DAYS = 8
"""A week's periods may be a day longer together: clients begin theirs at different hours."""
UNTOLD_PRINTERS = 24
"""Printers of a home that does not tell how many it has."""
CARRIED_HOURS = 168
"""Hours that a printer may have printed before the period: a print counts when it ends."""
JOBS_AN_HOUR = 12
ERRORS_AN_HOUR = 60
"""Of a kind."""
FLEET = 100
"""So many printers of a home are counted: what they can do together bounds the plain sums, too."""
OUTCOMES = ("job_count", "completed_count", "failed_count", "cancelled_count")
FILES = ("file_count", "upload_count")
USAGE = (*OUTCOMES, "print_hours", *FILES, "uptime_hours")

MOST_JOBS = 24
MOST_HOURS = 96
MOST_FILES = 48
MOST_ERRORS = 10
MOST_PRINTERS = 20
LARGEST_BUCKET = 1024
SUCCESS_BANDS = (0, 50, 70, 80, 90, 95, 100)
"""Where the bands of the success rate begin, in percent."""


class _Span(NamedTuple):
    """The part that is taken of what the periods of a home tell, of what whole, and how many hours it is."""

    part: int
    whole: int
    hours: int


def told_once(group: Sequence[Row]) -> list[Row]:
    """Return the rows with what none before them has told: whole, in proportion, or not at all."""
    return [_as_new(row) for row in group if not is_told_again(row)]


def _as_new(row: Row) -> Row:
    """Return a row without the part of its period that was told before."""
    start, begin, end = row["period_start"], row["told_from"], row["period_end"]
    if begin is None or begin == start:
        return row
    part, whole = end - begin, end - start
    counts = {name: _part_of(row[name], part, whole) for name in USAGE if row[name] is not None}
    errors = {kind: _part_of(count, part, whole) for kind, count in (row["error_summary"] or {}).items()}
    told = {**counts, "period_start": begin}
    return {**row, **told} if row["error_summary"] is None else {**row, **told, "error_summary": errors}


def _part_of(count: int, part: int, whole: int) -> int:
    """Return a part of a count, to the nearest."""
    return (2 * count * part + whole) // (2 * whole)


def week_usage(group: Sequence[Row]) -> Usage:
    """Return what a home did in a week, as far as it is possible.

    Where its periods are longer than a week together, the counts are taken in proportion.
    """
    part, whole, hours = _span(group)
    usage = {name: count * part // whole for name, count in _told(group).items()}
    told = [row["printer_count"] for row in group if row["printer_count"] is not None]
    printers = min(FLEET, max(1, *told)) if told else UNTOLD_PRINTERS
    jobs = printers * hours * JOBS_AN_HOUR
    _limit(usage, OUTCOMES, jobs)
    for name in FILES:
        usage[name] = min(usage[name], jobs)
    usage["print_hours"] = min(usage["print_hours"], printers * (hours + CARRIED_HOURS))
    usage["uptime_hours"] = min(usage["uptime_hours"], hours + DAY // HOUR)
    return usage


def week_errors(group: Sequence[Row]) -> Counts:
    """Return the errors of a home in a week by kind, as far as they are possible."""
    part, whole, hours = _span(group)
    most = hours * ERRORS_AN_HOUR
    errors: Counter[str] = Counter()
    for row in group:
        errors.update(row["error_summary"] or {})
    return {kind: min(most, max(1, count * part // whole)) for kind, count in errors.items() if count}


def capped_usage(usage: Usage) -> Usage:
    """Return what a home counts for at most; its outcomes keep their shares."""
    capped = dict(usage)
    _limit(capped, OUTCOMES, MOST_JOBS)
    for name in FILES:
        capped[name] = min(capped[name], MOST_FILES)
    capped["print_hours"] = min(capped["print_hours"], MOST_HOURS)
    return capped


def capped_counts(counts: Mapping[str, int], most: int) -> dict[str, int]:
    """Return counts that are no more than so many together: of the largest first."""
    capped: dict[str, int] = {}
    for name, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        capped[name] = min(count, most)
        most -= capped[name]
    return {name: count for name, count in capped.items() if count}


def in_proportion(counts: Mapping[str, int], most: int) -> Counts:
    """Return counts that are no more than so many together, with the same shares."""
    total = sum(counts.values())
    return {name: count * most // max(most, total) for name, count in counts.items()}


def success_band(usage: Mapping[str, int]) -> str | None:
    """Return where the share of completed prints lies, in percent; None where none ended."""
    ended = usage["completed_count"] + usage["failed_count"] + usage["cancelled_count"]
    if not ended:
        return None
    percent = 100 * usage["completed_count"] // ended
    return str(max(low for low in SUCCESS_BANDS if low <= percent))


def clipped(group: Sequence[Row], usage: Usage, capped: Usage) -> list[str]:
    """Return why a home counts for less than it tells: it cannot have done so much, or counts for no more."""
    is_more = any(count > usage[name] for name, count in _told(group).items())
    return [why for why, holds in (("impossible", is_more), ("bounded", usage != capped)) if holds]


def _told(group: Sequence[Row]) -> Usage:
    """Return what rows tell together."""
    told = dict.fromkeys(USAGE, 0)
    for row in group:
        for name in USAGE:
            if count := row[name]:
                told[name] += count
    return told


def hours_of_failed(usage: Mapping[str, int]) -> int:
    """Return the hours that failed prints took, if they were as long as the others."""
    ended = usage["completed_count"] + usage["failed_count"] + usage["cancelled_count"]
    return usage["print_hours"] * usage["failed_count"] // ended if ended else 0


def bucket(count: int) -> int:
    """Return the smallest number of a bucket: 0, 1, 2, 4, 8 and so on."""
    return min(LARGEST_BUCKET, 1 << count.bit_length() - 1) if count > 0 else 0


def _span(group: Sequence[Row]) -> _Span:
    """Return how much of what the periods tell is taken."""
    seconds = 0
    for row in group:
        seconds += row["period_end"] - row["period_start"]
    part, whole = (WEEK_DAYS * DAY, seconds) if seconds > LONGEST_DAYS * DAY else (1, 1)
    return _Span(part, whole, -(-seconds * part // (whole * HOUR)))


def _limit(usage: Usage, names: Sequence[str], most: int) -> None:
    """Take the first to so many at most, and the others with it in proportion."""
    total = usage[names[0]]
    if total > most:
        for name in names:
            usage[name] = usage[name] * most // total
