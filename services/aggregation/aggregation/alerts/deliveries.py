"""Deliveries: the outbox of alarms. What is to be told is put in with the change, and sent until it arrives.

Everything is sent at least once with a number of its own, so that whoever gets it twice can tell.
"""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, select, update

from aggregation.alerts.alarms import Alarm, Change, Event, alarm, evidence_of
from aggregation.alerts.evidence import decode
from aggregation.alerts.words import ends_when, event_title, sentence_of
from aggregation.storage.schema import DELIVERIES
from aggregation.weeks import iso_name, monday, week_of_day

MAIL, WEBHOOK, ALERTMANAGER = "mail", "webhook", "alertmanager"
"""The channels. One of mails is for one recipient: `mail:` and some of the SHA-256 of the address."""
FIRST_PAUSE = 60
"""Seconds until the second try; each further pause is twice as long."""
LONGEST_PAUSE = 12 * 3600
MOST_TRIES = 20
SENTENCES = 6
LASTING_WEEKS = 8
"""Alertmanager forgets what it hears no more of; an alarm that lasts longer than that is old news."""


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What is told of an alarm."""

    alarm: int
    cause: str
    event: Event
    title: str
    week: str
    """The ISO week that was judged."""
    since: str
    """The ISO week in which the alarm was opened."""
    affected_homes: int
    sentences: list[str]
    """The figures, with what was expected; at last what ends it."""
    is_strong: bool
    starts_at: str
    """Instants in UTC, as Alertmanager takes them."""
    ends_at: str


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """Something to be sent."""

    id: int
    alarm_id: int
    channel: str
    attempts: int
    body: str

    @property
    def told(self) -> Told:
        """Return what it says."""
        return msgspec.json.decode(self.body, type=Told)


def enqueue(
    connection: Connection, changes: Iterable[Change], channels: Collection[str], now: datetime
) -> None:
    """Put changes into the outbox of every channel; into that of mails only what is worth one."""
    for change in changes:
        body = msgspec.json.encode(_told(connection, change)).decode()
        for channel in sorted(channels):
            is_worth = change.is_strong or not channel.startswith(MAIL)
            if is_worth and not is_snoozed(change.alarm, now):
                values = {
                    "alarm_id": change.alarm.id,
                    "week": change.alarm.ended_week or change.alarm.last_week,
                    "event": change.event,
                    "channel": channel,
                    "body": body,
                    "attempts": 0,
                    "due": int(now.timestamp()),
                }
                connection.execute(DELIVERIES.insert().values(values))


def next_due(connection: Connection, now: datetime) -> Delivery | None:
    """Return what has waited longest of what is to be sent now."""
    here = select(DELIVERIES).where(DELIVERIES.c.due <= int(now.timestamp()))
    row = connection.execute(here.order_by(DELIVERIES.c.due, DELIVERIES.c.id).limit(1)).one_or_none()
    return _delivery(row) if row else None


def begin(connection: Connection, delivery: Delivery, now: datetime) -> bool:
    """Note a try before it is made; tell whether there is still something to send.

    An end between the try and its record is then one more try after a while, under the same number.
    """
    if is_snoozed(alarm(connection, delivery.alarm_id), now):
        give_up(connection, delivery)
        return False
    tries = delivery.attempts + 1
    pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2**delivery.attempts)
    due = int(now.timestamp()) + pause if tries < MOST_TRIES else None
    _set(connection, delivery.id, attempts=tries, due=due)
    return True


def done(connection: Connection, delivery: Delivery, now: datetime) -> None:
    """Note that something has arrived."""
    _set(connection, delivery.id, due=None, sent=int(now.timestamp()))


def give_up(connection: Connection, delivery: Delivery) -> None:
    """Note that something is not to be sent any more."""
    _set(connection, delivery.id, due=None)


def deliveries_of(connection: Connection, number: int) -> list[dict[str, Any]]:
    """Return what was sent of an alarm, or is to be."""
    columns = [DELIVERIES.c[name] for name in ("event", "channel", "week", "attempts", "due", "sent")]
    here = select(*columns).where(DELIVERIES.c.alarm_id == number).order_by(DELIVERIES.c.id)
    return [dict(row._mapping) for row in connection.execute(here)]  # noqa: SLF001 - its public name


def is_snoozed(which: Alarm, now: datetime) -> bool:
    """Tell whether nothing is to be sent of an alarm."""
    return which.snoozed_until is not None and week_of_day(now.date()) <= which.snoozed_until


def _told(connection: Connection, change: Change) -> Told:
    """Return what is told of a change."""
    which = change.alarm
    found = evidence_of(connection, which.id)
    sentences = [sentence_of(each) for each in decode(found[max(found)])][:SENTENCES]
    ends = monday(which.ended_week or which.last_week + LASTING_WEEKS)
    return Told(
        alarm=which.id,
        cause=which.cause,
        event=change.event,
        title=event_title(which, change.event),
        week=iso_name(which.last_week),
        since=iso_name(which.opened_week),
        affected_homes=round(which.affected),
        sentences=[*sentences, ends_when(which)],
        is_strong=change.is_strong,
        starts_at=f"{monday(which.opened_week).isoformat()}T00:00:00Z",
        ends_at=f"{ends.isoformat()}T00:00:00Z",
    )


def _set(connection: Connection, number: int, **values: Any) -> None:
    """Change a delivery."""
    connection.execute(update(DELIVERIES).where(DELIVERIES.c.id == number).values(values))


def _delivery(row: Row[Any]) -> Delivery:
    """Return a row as a delivery."""
    return Delivery(
        id=row.id,
        alarm_id=row.alarm_id,
        channel=row.channel,
        attempts=row.attempts,
        body=row.body,
    )
