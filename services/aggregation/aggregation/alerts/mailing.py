"""Mailing: which alarms are mailed. One mail for all of a week, and at most one in five weeks.

So there is at most one in a month, but for a cause that is graver than what was mailed: one that is all but
sure and affects more homes, or that no reports come in at all. What is held back is in the next weekly
summary, which tells first what is more than chance, on the pages, and on the other channels.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, time

import msgspec
from sqlalchemy import Connection, select

from aggregation.alerts.alarms import Change, Event
from aggregation.alerts.deliveries import Mailed, is_mail, is_snoozed, put, told_of
from aggregation.alerts.watch import Cause
from aggregation.storage.schema_alarms import ALARMS, DELIVERIES
from aggregation.weeks import monday, week_of_day

MAIL_WEEKS = 5
"""So many weeks from one mail to the next: four would let two come within a month of 31 days."""

type Readers = Callable[[Connection], Sequence[str]]
"""Returns the channels of those who get alarms by mail."""


def enqueue_mail(
    connection: Connection, changes: Iterable[Change], readers: Sequence[str], now: datetime
) -> None:
    """Put what is worth a mail into the outbox of each reader, all of it as one mail."""
    worth = [each for each in changes if _is_worth_it(each) and not is_snoozed(each.alarm, now)]
    if not worth:
        return
    first = max(worth, key=lambda each: (each.is_sure, *_gravity(each.alarm.cause, each.alarm.affected)))
    if not _may_mail(connection, first, now):
        return
    others = [told_of(connection, each) for each in worth if each is not first]
    told = Mailed(**msgspec.structs.asdict(told_of(connection, first)), others=others)
    for channel in readers:
        put(connection, first, told, channel, now)


def _is_worth_it(change: Change) -> bool:
    """Tell whether a change is worth a mail: that something has ended is nothing to be woken up for."""
    return change.event is not Event.ENDED and change.is_strong


def _may_mail(connection: Connection, change: Change, now: datetime) -> bool:
    """Tell whether the budget has room for a mail, or its cause is graver than what was mailed lately."""
    first = datetime.combine(monday(week_of_day(now.date()) - MAIL_WEEKS + 1), time(), UTC)
    joined = DELIVERIES.join(ALARMS, ALARMS.c.id == DELIVERIES.c.alarm_id)
    lately = select(ALARMS.c.cause, ALARMS.c.affected).select_from(joined).distinct()
    rows = connection.execute(lately.where(is_mail(), DELIVERIES.c.made >= int(first.timestamp())))
    mailed = [_gravity(row.cause, row.affected) for row in rows]
    here = _gravity(change.alarm.cause, change.alarm.affected)
    return not mailed or (change.is_sure and here > max(mailed))


def _gravity(cause: str, affected: float) -> tuple[bool, float]:
    """Return what causes are compared by."""
    return cause == Cause.SILENCE, affected
