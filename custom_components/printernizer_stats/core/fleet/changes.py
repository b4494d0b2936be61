"""Alarm changes: what became of alarms between two looks at them, each told once. Pure.

What is known of an alarm is its state and how often it was opened, so that nothing is missed in between.
"""

from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from typing import NamedTuple

from .figures import Alarm, AlarmState

type Known = Mapping[int, tuple[str, int]]
"""By the number of an alarm: its state, and how often it was opened."""


class AlarmEvent(StrEnum):
    """What happened to an alarm, in the service's own words."""

    OPENED = "opened"
    REGRESSED = "regressed"
    """Open again after it had ended."""
    ENDED = "ended"


class AlarmChange(NamedTuple):
    """What happened to which alarm."""

    event: AlarmEvent
    alarm: Alarm


def known_of(alarms: Iterable[Alarm]) -> dict[int, tuple[str, int]]:
    """Return what is to be remembered of alarms."""
    return {each.number: (each.state.value, each.times) for each in alarms}


def changes(known: Known | None, alarms: Iterable[Alarm]) -> list[AlarmChange]:
    """Return what happened since; nothing at the first look."""
    if known is None:
        return []
    return [AlarmChange(event, each) for each in alarms for event in _events(known.get(each.number), each)]


def _events(before: tuple[str, int] | None, now: Alarm) -> Iterator[AlarmEvent]:
    state, times = before or (None, 0)
    if now.times > times:
        yield AlarmEvent.OPENED if before is None else AlarmEvent.REGRESSED
    if not now.is_open and (now.times > times or state != AlarmState.ENDED):
        yield AlarmEvent.ENDED
