"""What an event adds to which counter. Pure: no clock, no storage, no Home Assistant."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta, tzinfo
from enum import StrEnum
from typing import Final, NamedTuple

from .models import Outcome, UsageEvent

PRINT_SECONDS: Final = "print_seconds"
FILAMENT_MM: Final = "filament_mm"
FILAMENT_G: Final = "filament_g"
UPTIME_SECONDS: Final = "uptime_seconds"
EVENTS_STORED: Final = "events_stored"
ERROR_PREFIX: Final = "error_type."

_ENDED: Final = {outcome.event_type: outcome for outcome in Outcome}
_SUMMED: Final = {
    "duration_seconds": PRINT_SECONDS,
    FILAMENT_MM: FILAMENT_MM,
    FILAMENT_G: FILAMENT_G,
}


class Scope(StrEnum):
    """Over which stretch of time a counter adds up."""

    TOTAL = "total"
    DAY = "day"
    INTERVAL = "interval"


class CounterKey(NamedTuple):
    """One counter: its scope, the stretch within it, the printer (empty for the whole fleet), the metric."""

    scope: str
    period: str
    printer: str
    metric: str


def outcome_of(event_type: str) -> Outcome | None:
    """The outcome that an event type reports, None for all other types."""
    return _ENDED.get(event_type)


def deltas(event: UsageEvent) -> dict[str, int]:
    """What the event adds, metric to amount."""
    added = {event.type: 1}
    if event.type in _ENDED:
        for key, metric in _SUMMED.items():
            if amount := event.data.get(key):
                added[metric] = int(amount)
    elif event.type == "error_occurred":
        added[f"{ERROR_PREFIX}{event.data['error_type']}"] = 1
    return added


def local_day(at: float, zone: tzinfo) -> str:
    """The user's calendar day of an instant, as YYYY-MM-DD."""
    return datetime.fromtimestamp(at, zone).date().isoformat()


def week_start(day: str) -> str:
    """The Monday of the ISO week that the day lies in."""
    parsed = datetime.fromisoformat(day).date()
    return (parsed - timedelta(days=parsed.weekday())).isoformat()


def spread(
    added: Mapping[str, int], *, day: str, interval: int, printer: str | None
) -> Iterator[tuple[CounterKey, int]]:
    """Yield every counter that the amounts go to: ever, that day and the report interval."""
    periods = ((Scope.TOTAL, ""), (Scope.DAY, day), (Scope.INTERVAL, str(interval)))
    owners = ("",) if printer is None else ("", printer)
    for metric, amount in added.items():
        for owner in owners:
            for scope, period in periods:
                # Reports never tell printers apart, so neither does the interval.
                if scope is Scope.INTERVAL and owner:
                    continue
                yield CounterKey(scope, period, owner, metric), amount


def jobs_ended(counts: Mapping[str, int]) -> int:
    """Prints that ended, however they ended."""
    return sum(counts.get(event_type, 0) for event_type in _ENDED)


def success_rate(counts: Mapping[str, int]) -> float | None:
    """Completed prints in percent of all that ended; None before the first one."""
    if not (ended := jobs_ended(counts)):
        return None
    return round(100 * counts.get(Outcome.COMPLETED.event_type, 0) / ended, 1)


def total(days: Mapping[str, Mapping[str, int]], metric: str, since: str) -> int:
    """The sum of one metric over all days from `since` (YYYY-MM-DD) on."""
    return sum(counts.get(metric, 0) for day, counts in days.items() if day >= since)
