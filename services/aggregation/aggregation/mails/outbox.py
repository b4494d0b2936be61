"""Outbox of mails: each to each recipient until it is taken, and none that nobody wants any more.

A try is claimed before it is made, for longer than it can take, so that of several processes one makes it.
That a mail was taken is the first thing that is noted once the mail server has said so. After an end between
the two there is one more try under the same Message-ID, which mailboxes keep once.
"""

from collections.abc import Callable
from datetime import datetime
import logging
import secrets
from typing import Final

from msgspec import Struct
from sqlalchemy import Connection, select, update

from aggregation.alerts.deliveries import MOST_TRIES, pause_after
from aggregation.keys import digest
from aggregation.mails.content import Content
from aggregation.mails.issues import issue
from aggregation.mails.recipients import Recipient, give_leave_token, recipient
from aggregation.mails.render import letter_of
from aggregation.mails.smtp import Letter, MailError
from aggregation.storage.engine import Database
from aggregation.storage.schema_mails import MAIL_DELIVERIES
from aggregation.weeks import iso_name

LOGGER = logging.getLogger(__name__)

OLD_SECONDS: Final = 6 * 86_400
"""What was made longer ago is old news: the next one is about to come."""

LONGEST_TRY: Final = 600
"""Seconds that a try may take: some fifteen answers of the mail server, each within 20 seconds."""

type Post = Callable[[str, Letter, Callable[[], None]], None]
"""Sends a letter to one address, and calls as soon as it was taken; raises MailError."""


class Waiting(Struct, frozen=True, kw_only=True):
    """A mail that waits for somebody."""

    id: int
    kind: str
    week: int
    recipient_id: int
    attempts: int


class Claimed(Struct, frozen=True):
    """A mail that is ours to send."""

    to: Recipient
    content: Content
    token: str


class MailOutbox:
    """Sends what waits."""

    def __init__(self, post: Post, base: str) -> None:
        """Take what sends, and how the service is reached."""
        self._post = post
        self._base = base

    def step(self, database: Database, now: datetime) -> bool:
        """Send one mail that is due; tell whether there was one. Raises SQLAlchemyError. Blocks."""
        with database.reading() as connection:
            waiting = _next(connection, now)
        if waiting is None:
            return False
        with database.writing() as connection:
            claimed = _claim(connection, waiting, now)
        if claimed:
            self._send(database, waiting, claimed, now)
        return True

    def _send(self, database: Database, waiting: Waiting, claimed: Claimed, now: datetime) -> None:
        """Send a mail, and note that it has arrived, or will not."""
        name = f"{waiting.kind}-{iso_name(waiting.week).lower()}-{waiting.id}"
        letter = letter_of(
            claimed.content, claimed.to.language, self._base, token=claimed.token, identifier=name
        )

        def taken() -> None:
            """Note that it has arrived."""
            _set(database, waiting.id, due=None, sent=int(now.timestamp()))

        try:
            self._post(claimed.to.address, letter, taken)
        except MailError as error:
            LOGGER.warning("The mail %s was not taken: %s", name, error)
            if error.is_final:
                _set(database, waiting.id, due=None)
            elif waiting.attempts + 1 < MOST_TRIES:
                _set(database, waiting.id, due=int(now.timestamp()) + pause_after(waiting.attempts))


def _next(connection: Connection, now: datetime) -> Waiting | None:
    """Return what has waited longest."""
    columns = [MAIL_DELIVERIES.c[name] for name in Waiting.__struct_fields__]
    here = select(*columns).where(MAIL_DELIVERIES.c.due <= int(now.timestamp()))
    row = (
        connection.execute(here.order_by(MAIL_DELIVERIES.c.due, MAIL_DELIVERIES.c.id).limit(1))
        .mappings()
        .first()
    )
    return Waiting(**row) if row else None


def _claim(connection: Connection, waiting: Waiting, now: datetime) -> Claimed | None:
    """Note a try before it is made; None where another process was faster, or nobody wants it any more."""
    seconds = int(now.timestamp())
    tries = waiting.attempts + 1
    pause = max(LONGEST_TRY, pause_after(waiting.attempts))
    here = (MAIL_DELIVERIES.c.id == waiting.id, MAIL_DELIVERIES.c.attempts == waiting.attempts)
    due = seconds + pause if tries < MOST_TRIES else None
    claim = update(MAIL_DELIVERIES).where(*here, MAIL_DELIVERIES.c.due.is_not(None))
    if not connection.execute(claim.values(attempts=tries, due=due)).rowcount:
        return None
    to, content = recipient(connection, waiting.recipient_id), issue(connection, waiting.kind, waiting.week)
    if to is None or not to.wants(waiting.kind) or content is None or content.made < seconds - OLD_SECONDS:
        connection.execute(update(MAIL_DELIVERIES).where(here[0]).values(due=None))
        return None
    token = secrets.token_urlsafe(32)
    give_leave_token(connection, to.id, digest(token))
    return Claimed(to, content, token)


def _set(database: Database, number: int, **values: int | None) -> None:
    """Note what became of a mail."""
    with database.writing() as connection:
        connection.execute(update(MAIL_DELIVERIES).where(MAIL_DELIVERIES.c.id == number).values(values))
