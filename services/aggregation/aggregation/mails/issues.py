"""Issue: a mail, made once for a kind and a week in one transaction with its outbox."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
from sqlalchemy import Connection, select

from aggregation.mails.content import Content, Kind, make_content
from aggregation.mails.recipients import readers
from aggregation.mails.timetable import Timetable, ends_month
from aggregation.storage.schema_alarms import FINDINGS
from aggregation.storage.schema_mails import MAIL_DELIVERIES, MAILS


def weekly_due(connection: Connection, timetable: Timetable, now: datetime) -> Sequence[int]:
    """Return the week that a summary is due about, once it was judged: what is not counted yet is no zero."""
    week = timetable.due(now)
    return [] if week is None else _judged(connection, week)


def monthly_due(connection: Connection, timetable: Timetable, now: datetime) -> Sequence[int]:
    """Return the last week of the month that a report is due about, once it was judged."""
    return [week for week in weekly_due(connection, timetable, now) if ends_month(week)]


def make_issue(connection: Connection, kind: Kind, week: int, timetable: Timetable, now: datetime) -> None:
    """Make a mail, and put it into the outbox of those who had confirmed it when it was due.

    Where no home reported in the period, nor in the one before, nobody gets any.
    """
    content = make_content(connection, kind, week, now)
    values = {"kind": kind.value, "week": week, "made": content.made}
    connection.execute(MAILS.insert().values(**values, content=msgspec.json.encode(content).decode()))
    if content.is_empty:
        return
    for reader in readers(connection, kind, int(timetable.moment(week).timestamp())):
        row = {"kind": kind.value, "week": week, "recipient_id": reader.id, "attempts": 0}
        connection.execute(MAIL_DELIVERIES.insert().values(row | {"due": content.made}))


def issue(connection: Connection, kind: str, week: int) -> Content | None:
    """Return what a mail said."""
    found = select(MAILS.c.content).where(MAILS.c.kind == kind, MAILS.c.week == week)
    text = connection.scalar(found)
    return None if text is None else msgspec.json.decode(text, type=Content)


def _judged(connection: Connection, week: int) -> Sequence[int]:
    """Return a week if it was judged."""
    known = connection.scalar(select(FINDINGS.c.week).where(FINDINGS.c.week == week))
    return [] if known is None else [week]
