"""Counters: what an event adds to which of them. Pure: no clock, no storage, no Home Assistant."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, tzinfo
from enum import StrEnum
from typing import Final, NamedTuple

from .models import FLEET, Outcome, Period, UsageEvent
from .week import monday

PRINT_SECONDS: Final = "print_seconds"
LONGEST_SECONDS: Final = "longest_print_seconds"
TIMED_PRINTS: Final = "timed_prints"
FILAMENT_MM: Final = "filament_mm"
FILAMENT_G: Final = "filament_g"
ENERGY_WH: Final = "energy_wh"
ENERGY_COST: Final = "energy_cost"
UPTIME_SECONDS: Final = "uptime_seconds"
EVENTS_STORED: Final = "events_stored"
ERROR_PREFIX: Final = "error_type."
FAILED_PREFIX: Final = "failed_"
TYPE_PREFIX: Final = "type."
"""Counters by type of printer: of a report interval only."""

MAXIMA: Final = frozenset({LONGEST_SECONDS})
"""Counters that keep the highest amount; all others add up."""

_ERROR: Final = "error_occurred"
_ENDED: Final = {outcome.event_type: outcome for outcome in Outcome}
COUNTED_BY_TYPE: Final = (*_ENDED, _ERROR)
"""The events that a report counts by type of printer, too."""


class Scope(StrEnum):
    """What a stored counter belongs to: all time, one calendar day, or one report interval."""

    TOTAL = "total"
    DAY = "day"
    INTERVAL = "interval"


class CounterKey(NamedTuple):
    """One counter: its scope, the stretch within it, the printer (FLEET for all), the metric."""

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
    if (outcome := outcome_of(event.type)) is not None:
        added |= _print_amounts(event, failed=outcome is Outcome.FAILED)
    elif event.type == _ERROR:
        added[f"{ERROR_PREFIX}{event.data['error_type']}"] = 1
    return added


def metric_of_type(event: UsageEvent) -> str | None:
    """The counter by type of printer that the event adds one to, if there is one."""
    kind = event.data.get("printer_type")
    return None if kind is None or event.type not in COUNTED_BY_TYPE else f"{TYPE_PREFIX}{event.type}.{kind}"


def _print_amounts(event: UsageEvent, *, failed: bool) -> dict[str, int]:
    added: dict[str, int] = {}
    if (seconds := event.data.get("duration_seconds")) is not None:
        added |= {PRINT_SECONDS: int(seconds), LONGEST_SECONDS: int(seconds), TIMED_PRINTS: 1}
    elif seen := event.data.get("seen_seconds"):
        added[PRINT_SECONDS] = int(seen)
    for metric in (FILAMENT_MM, FILAMENT_G, ENERGY_WH, ENERGY_COST):
        if amount := event.data.get(metric):
            added[metric] = int(amount)
    if failed:
        for metric in (PRINT_SECONDS, FILAMENT_MM, FILAMENT_G):
            if metric in added:
                added[f"{FAILED_PREFIX}{metric}"] = added[metric]
    return {metric: amount for metric, amount in added.items() if amount}


def combine(counts: dict[str, int], added: Mapping[str, int]) -> None:
    """Add amounts to counters in place."""
    for metric, amount in added.items():
        counts[metric] = merged(metric, counts.get(metric, 0), amount)


def merged(metric: str, known: int, amount: int) -> int:
    """What a counter becomes by an amount."""
    return max(known, amount) if metric in MAXIMA else known + amount


def local_day(at: float, zone: tzinfo) -> str:
    """The user's calendar day of an instant, as YYYY-MM-DD."""
    return datetime.fromtimestamp(at, zone).date().isoformat()


def first_day(period: Period, today: str) -> str:
    """The first day (YYYY-MM-DD) of the running period; empty for all time."""
    day = date.fromisoformat(today)
    match period:
        case Period.EVER:
            return ""
        case Period.YEAR:
            day = day.replace(month=1, day=1)
        case Period.MONTH:
            day = day.replace(day=1)
        case Period.WEEK:
            day = monday(day)
    return day.isoformat()


def group_days(days: Mapping[str, Mapping[str, int]], grouping: Period) -> dict[str, dict[str, int]]:
    """Return the counters of days by the first day of the week, month or year that they belong to."""
    groups: dict[str, dict[str, int]] = {}
    for day, counts in days.items():
        combine(groups.setdefault(first_day(grouping, day), {}), counts)
    return groups


def periods_of(day: str, today: str) -> Iterator[Period]:
    """The running periods that a day counts for; a day to come counts for all of them."""
    return (period for period in Period if day >= first_day(period, today))


def owners(printer: str | None) -> Iterable[str]:
    """Whose counters an amount goes to."""
    return (FLEET,) if printer is None else (FLEET, printer)


def jobs_ended(counts: Mapping[str, int]) -> int:
    """Prints that ended, however they ended."""
    return sum(counts.get(event_type, 0) for event_type in _ENDED)


def counts_by_type(counts: Mapping[str, int], event_type: str) -> dict[str, int]:
    """How often something happened in a report interval, by type of printer."""
    prefix = f"{TYPE_PREFIX}{event_type}."
    return {
        metric.removeprefix(prefix): count
        for metric, count in counts.items()
        if metric.startswith(prefix) and count
    }


def success_rate(counts: Mapping[str, int]) -> float | None:
    """Completed prints in percent of all that ended; None before the first one."""
    if not (ended := jobs_ended(counts)):
        return None
    return round(100 * counts.get(Outcome.COMPLETED.event_type, 0) / ended, 1)


def average_seconds(counts: Mapping[str, int]) -> int | None:
    """The mean duration of the prints whose duration is known; None before the first one."""
    if not (timed := counts.get(TIMED_PRINTS, 0)):
        return None
    return round(counts.get(PRINT_SECONDS, 0) / timed)
