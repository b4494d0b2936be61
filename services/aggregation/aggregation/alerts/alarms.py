"""Alarms: one for each cause, from the week in which it is found to the one in which it ends.

All is written in the transaction of the caller, and judging a week twice changes nothing.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, select, update

from aggregation.alerts.causes import Found
from aggregation.alerts.evidence import encode
from aggregation.alerts.watch import Cause
from aggregation.errors import ConflictError, GoneError
from aggregation.storage.schema_alarms import ALARM_NOTES, ALARM_WEEKS, ALARMS

QUIET_WEEKS = 2
"""Weeks without a finding that end an alarm."""
LONGEST_NOTE = 2000
LONGEST_SNOOZE = 26


class State(StrEnum):
    """Where an alarm is."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    REGRESSED = "regressed"
    """Open again after it had ended."""
    ENDED = "ended"


class Event(StrEnum):
    """What is told of an alarm."""

    OPENED = "opened"
    REGRESSED = "regressed"
    ENDED = "ended"


class Alarm(msgspec.Struct, frozen=True, kw_only=True):
    """An alarm as it stands."""

    id: int
    cause: str
    state: State
    times: int
    """How often it was opened."""
    opened_week: int
    last_week: int
    """The last week in which it was found."""
    ended_week: int | None
    snoozed_until: int | None
    """The last week in which nothing is sent of it."""
    affected: float
    chance: float

    @property
    def is_open(self) -> bool:
        """Tell whether it has not ended."""
        return self.state is not State.ENDED


class Change(msgspec.Struct, frozen=True):
    """What has happened to an alarm, for those who are to be told."""

    alarm: Alarm
    event: Event
    is_strong: bool
    is_sure: bool = False


def update_alarms(
    connection: Connection, week: int, found: Sequence[Found], only: str | None = None
) -> list[Change]:
    """Open, keep on and end alarms by what was found in a week; return what has changed.

    `only` names the one cause that was looked at; without it all but the silence of the service were.
    """
    known = {
        alarm.cause: alarm
        for alarm in alarms(connection)
        if (alarm.cause == only if only else alarm.cause != Cause.SILENCE)
    }
    changes = [change for each in found if (change := _found(connection, week, each, known.get(each.cause)))]
    gone = known.keys() - {each.cause for each in found}
    ended = (_ended(connection, week, known[cause]) for cause in sorted(gone))
    return changes + [change for change in ended if change]


def alarms(connection: Connection) -> list[Alarm]:
    """Return all alarms: those that are open first, then by how many homes they affect."""
    rows = connection.execute(select(ALARMS)).all()
    found = [_alarm(row) for row in rows]
    return sorted(found, key=lambda each: (not each.is_open, -each.last_week, -each.affected, each.cause))


def alarm(connection: Connection, number: int) -> Alarm:
    """Return an alarm; raises GoneError."""
    row = connection.execute(select(ALARMS).where(ALARMS.c.id == number)).one_or_none()
    if row is None:
        raise GoneError("There is no such alarm")
    return _alarm(row)


def evidence_of(connection: Connection, number: int) -> dict[int, str]:
    """Return the evidence of an alarm by week, as it is kept."""
    here = select(ALARM_WEEKS).where(ALARM_WEEKS.c.alarm_id == number).order_by(ALARM_WEEKS.c.week)
    return {row.week: row.evidence for row in connection.execute(here)}


def causes_in(connection: Connection, week: int) -> set[str]:
    """Return the causes that were found in a week."""
    joined = ALARM_WEEKS.join(ALARMS, ALARMS.c.id == ALARM_WEEKS.c.alarm_id)
    found = select(ALARMS.c.cause).select_from(joined).where(ALARM_WEEKS.c.week == week)
    return set(connection.scalars(found))


def acknowledge(connection: Connection, number: int) -> None:
    """Note that somebody knows of an alarm; raises GoneError, and ConflictError for one that has ended."""
    if not alarm(connection, number).is_open:
        raise ConflictError("The alarm has ended")
    _set(connection, number, state=State.ACKNOWLEDGED)


def snooze(connection: Connection, number: int, until: int | None) -> None:
    """Send nothing of an alarm up to a week; None wakes it; raises GoneError."""
    alarm(connection, number)
    _set(connection, number, snoozed_until=until)


def add_note(connection: Connection, number: int, note: str, made: int) -> None:
    """Add a note; raises GoneError."""
    alarm(connection, number)
    connection.execute(ALARM_NOTES.insert().values(alarm_id=number, made=made, note=note))


def notes_of(connection: Connection, number: int) -> list[tuple[int, str]]:
    """Return the notes of an alarm with when they were made (Unix seconds), the oldest first."""
    here = select(ALARM_NOTES).where(ALARM_NOTES.c.alarm_id == number).order_by(ALARM_NOTES.c.id)
    return [(row.made, row.note) for row in connection.execute(here)]


def _found(connection: Connection, week: int, found: Found, known: Alarm | None) -> Change | None:
    """Open an alarm, open it again, or keep it on."""
    values: dict[str, Any] = {
        "last_week": week,
        "ended_week": None,
        "affected": found.affected,
        "chance": found.chance,
    }
    event = None
    if known is None:
        event = Event.OPENED
        fresh = {"cause": found.cause, "state": State.OPEN, "times": 1, "opened_week": week}
        connection.execute(ALARMS.insert().values(fresh | values))
        number = connection.scalars(select(ALARMS.c.id).where(ALARMS.c.cause == found.cause)).one()
    else:
        number = known.id
        if not known.is_open:
            event = Event.REGRESSED
            values |= {"state": State.REGRESSED, "times": known.times + 1, "opened_week": week}
        _set(connection, number, **values)
    if week not in evidence_of(connection, number):
        kept = {"alarm_id": number, "week": week, "is_strong": found.is_strong}
        connection.execute(ALARM_WEEKS.insert().values(kept | {"evidence": encode(found.evidence)}))
    return Change(alarm(connection, number), event, found.is_strong, found.is_sure) if event else None


def _ended(connection: Connection, week: int, known: Alarm) -> Change | None:
    """End an alarm that was not found for some weeks."""
    if not known.is_open or week - known.last_week < QUIET_WEEKS:
        return None
    return end(connection, known, week)


def end(connection: Connection, known: Alarm, week: int) -> Change:
    """End an alarm."""
    _set(connection, known.id, state=State.ENDED, ended_week=week)
    return Change(alarm(connection, known.id), Event.ENDED, _was_strong(connection, known))


def _was_strong(connection: Connection, known: Alarm) -> bool:
    """Tell whether an alarm was worth a mail since it was opened."""
    here = (ALARM_WEEKS.c.alarm_id == known.id, ALARM_WEEKS.c.week >= known.opened_week)
    strong = select(ALARM_WEEKS.c.week).where(*here, ALARM_WEEKS.c.is_strong)
    return connection.execute(strong.limit(1)).first() is not None


def _set(connection: Connection, number: int, **values: Any) -> None:
    """Change an alarm."""
    connection.execute(update(ALARMS).where(ALARMS.c.id == number).values(values))


def _alarm(row: Row[Any]) -> Alarm:
    """Return a row as an alarm."""
    values: dict[str, Any] = dict(row._mapping) | {"state": State(row.state)}  # noqa: SLF001 - its public name
    return Alarm(**values)
