"""When to send: a slot in the week that is this installation's own, and waits after failures. Pure."""

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Final

from ..const import HOUR_SECONDS

WEEK_SECONDS: Final = 7 * 24 * HOUR_SECONDS
START_DELAY_SECONDS: Final = 15 * 60
_BACKOFF_CAP_SECONDS: Final = 24 * HOUR_SECONDS


def choose_slot(random: Random) -> int:
    """Choose the second of the week at which this installation sends."""
    return random.randrange(WEEK_SECONDS)


def next_slot(now: float, slot: int) -> float:
    """The next time (epoch seconds) after `now` at which the slot comes round; weeks start on Monday, UTC."""
    today = datetime.fromtimestamp(now, UTC)
    monday = today.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=today.weekday())
    due = monday.timestamp() + slot
    return due if due > now else due + WEEK_SECONDS


def after_start(now: float, planned: float | None, slot: int, attempted: float | None = None) -> float:
    """When to send after a start: as planned, but not before 15 minutes, and an hour after an attempt.

    `attempted` is when the last attempt began: what came of it may never have been noted.
    """
    latest = next_slot(now, slot)
    if planned is None or planned > latest:
        # A plan beyond the next slot was made by a clock that ran ahead.
        return latest
    earliest = now + START_DELAY_SECONDS
    if attempted is not None and attempted <= now:
        earliest = max(earliest, attempted + HOUR_SECONDS)
    return max(planned, earliest)


def after_failure(now: float, failures: int, retry_after: float | None, random: Random) -> float:
    """When to try again: exponential with full jitter, at most once an hour, as late as we were asked."""
    ceiling = min(_BACKOFF_CAP_SECONDS, HOUR_SECONDS * 2.0 ** min(failures, 16))
    wait = max(HOUR_SECONDS, random.uniform(0, ceiling))
    if retry_after is not None:
        wait = max(wait, min(retry_after, WEEK_SECONDS))
    return now + wait
