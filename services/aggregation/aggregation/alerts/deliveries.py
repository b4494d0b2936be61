"""Deliveries: the outbox of alarms. What is to be told is put in with the change, and sent until it arrives.

Everything is sent at least once with a number of its own, so that whoever gets it twice can tell. Webhooks
and Alertmanager are told of every change; what is mailed is in mailing.py.
"""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Row, select, update

from aggregation.alerts.alarms import Alarm, Change, Event, alarm, evidence_of
from aggregation.alerts.evidence import decode
from aggregation.alerts.words import ends_when, event_title, sentence_of
from aggregation.storage.schema_alarms import DELIVERIES
from aggregation.texts.catalog import ENGLISH, Texts
from aggregation.weeks import iso_name, monday, week_of_day

MAIL, WEBHOOK, ALERTMANAGER = "mail", "webhook", "alertmanager"
"""The channels. One of mails is for one reader: `mail:` and what tells which, but not the address."""
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


class Mailed(Told, frozen=True, kw_only=True):
    """What a mail tells: the gravest alarm, and the others of the same week."""

    others: list[Told] = []


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """Something to be sent."""

    id: int
    alarm_id: int
    channel: str
    attempts: int
    body: str
    made: int | None
    """When (Unix seconds) it was put in; unknown for what is older than this field."""

    @property
    def told(self) -> Told:
        """Return what it says."""
        return msgspec.json.decode(self.body, type=Told)

    @property
    def mailed(self) -> Mailed:
        """Return what it says as a mail."""
        return msgspec.json.decode(self.body, type=Mailed)


def enqueue(
    connection: Connection, changes: Iterable[Change], channels: Collection[str], now: datetime
) -> None:
    """Put changes into the outbox of every channel."""
    for change in changes:
        if not is_snoozed(change.alarm, now):
            told = told_of(connection, change)
            for channel in sorted(channels):
                put(connection, change, told, channel, now)


def put(connection: Connection, change: Change, told: Told, channel: str, now: datetime) -> None:
    """Put a change into the outbox of a channel."""
    values = {
        "alarm_id": change.alarm.id,
        "week": change.alarm.ended_week or change.alarm.last_week,
        "event": change.event,
        "channel": channel,
        "body": msgspec.json.encode(told).decode(),
        "attempts": 0,
        "due": int(now.timestamp()),
        "made": int(now.timestamp()),
    }
    connection.execute(DELIVERIES.insert().values(values))


def is_mail() -> ColumnElement[bool]:
    """Return what holds for what is mailed."""
    return DELIVERIES.c.channel.startswith(f"{MAIL}:")


def next_due(connection: Connection, now: datetime, *, mails: bool = False) -> Delivery | None:
    """Return what has waited longest of what is to be sent now: of mails, or of all else."""
    which = is_mail() if mails else ~is_mail()
    here = select(DELIVERIES).where(DELIVERIES.c.due <= int(now.timestamp()), which)
    row = connection.execute(here.order_by(DELIVERIES.c.due, DELIVERIES.c.id).limit(1)).one_or_none()
    return _delivery(row) if row else None


def begin(connection: Connection, delivery: Delivery, now: datetime, longest: int = 0) -> bool:
    """Note a try before it is made; tell whether it is ours to make, and there is still something to send.

    An end between the try and its record is then one more try after a while, under the same number: not
    before the seconds that a try may take at the longest.
    """
    if is_snoozed(alarm(connection, delivery.alarm_id), now):
        give_up(connection, delivery)
        return False
    tries = delivery.attempts + 1
    here = (DELIVERIES.c.id == delivery.id, DELIVERIES.c.attempts == delivery.attempts)
    pause = max(longest, pause_after(delivery.attempts))
    due = int(now.timestamp()) + pause if tries < MOST_TRIES else None
    claim = update(DELIVERIES).where(*here, DELIVERIES.c.due.is_not(None)).values(attempts=tries, due=due)
    return bool(connection.execute(claim).rowcount)


def pause_after(attempts: int) -> int:
    """Return the seconds until the next try, after so many before the one that is made."""
    return min(LONGEST_PAUSE, FIRST_PAUSE << attempts)


def again(connection: Connection, delivery: Delivery, now: datetime) -> None:
    """Note that a try was refused: the next one need not wait for as long as it could have taken."""
    if delivery.attempts + 1 < MOST_TRIES:
        _set(connection, delivery.id, due=int(now.timestamp()) + pause_after(delivery.attempts))


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


def told_of(connection: Connection, change: Change) -> Told:
    """Return what is told of a change."""
    which = change.alarm
    found = evidence_of(connection, which.id)
    ends = monday(which.ended_week or which.last_week + LASTING_WEEKS)
    return Told(
        alarm=which.id,
        cause=which.cause,
        event=change.event,
        title=event_title(which.cause, change.event),
        week=iso_name(which.last_week),
        since=iso_name(which.opened_week),
        affected_homes=round(which.affected),
        sentences=_sentences(found[max(found)], ENGLISH, is_open=which.is_open),
        is_strong=change.is_strong,
        starts_at=f"{monday(which.opened_week).isoformat()}T00:00:00Z",
        ends_at=f"{ends.isoformat()}T00:00:00Z",
    )


def told_in(connection: Connection, told: Told, texts: Texts) -> Told:
    """Return what is told in a language, from the evidence of the week that it was told of."""
    found = {iso_name(week): text for week, text in evidence_of(connection, told.alarm).items()}
    if texts.language == ENGLISH.language or told.week not in found:
        return told
    return msgspec.structs.replace(
        told,
        title=event_title(told.cause, told.event, texts),
        sentences=_sentences(found[told.week], texts, is_open=told.event is not Event.ENDED),
    )


def _sentences(text: str, texts: Texts, *, is_open: bool) -> list[str]:
    """Return what kept evidence says, and at last what ends it."""
    said = [sentence_of(each, texts) for each in decode(text)[:SENTENCES]]
    return [*said, ends_when(texts, is_open=is_open)]


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
        made=row.made,
    )
