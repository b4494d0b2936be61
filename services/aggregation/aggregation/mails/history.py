"""History: the mails that were made, and what became of each."""

from typing import NamedTuple

from sqlalchemy import Connection, func, select

from aggregation.storage.schema_mails import MAIL_DELIVERIES, MAILS

SHOWN = 26


class Made(NamedTuple):
    """A mail that was made, and to how many it was sent, will be, and will not be."""

    kind: str
    week: int
    made: int
    sent: int
    waiting: int
    given_up: int


def history(connection: Connection, most: int = SHOWN) -> list[Made]:
    """Return the newest mails first."""
    outcome = MAIL_DELIVERIES.c
    counted = select(
        outcome.kind,
        outcome.week,
        func.count().label("all"),
        func.count(outcome.sent).label("sent"),
        func.count(outcome.due).label("waiting"),
    ).group_by(outcome.kind, outcome.week)
    found = {(row.kind, row.week): row for row in connection.execute(counted)}
    columns = (MAILS.c.kind, MAILS.c.week, MAILS.c.made)
    mails = connection.execute(select(*columns).order_by(MAILS.c.made.desc(), MAILS.c.kind).limit(most))
    made = []
    for kind, week, at in mails:
        row = found.get((kind, week))
        sent, waiting = (row.sent, row.waiting) if row else (0, 0)
        made.append(Made(kind, week, at, sent, waiting, row.all - sent - waiting if row else 0))
    return made


def last_sent(connection: Connection) -> dict[int, int]:
    """Return when (Unix seconds) each recipient was sent a mail last."""
    who = MAIL_DELIVERIES.c.recipient_id
    found = select(who, func.max(MAIL_DELIVERIES.c.sent)).where(MAIL_DELIVERIES.c.sent.is_not(None))
    return {row[0]: row[1] for row in connection.execute(found.group_by(who))}
