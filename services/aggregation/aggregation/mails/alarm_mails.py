"""Alarm mails: what is in the outbox of alarms for those who read mails, each until it is taken.

A try is claimed before it is made, and that it was taken is noted before anything else: as in outbox.py.
"""

from datetime import datetime
import logging
import secrets

from msgspec import Struct
from sqlalchemy import Connection

from aggregation.alerts.alarms import alarm
from aggregation.alerts.deliveries import (
    Delivery,
    Told,
    again,
    begin,
    done,
    give_up,
    is_snoozed,
    next_due,
    told_in,
)
from aggregation.keys import digest
from aggregation.mails.alarm_readers import AlarmReader, AlarmReaders
from aggregation.mails.outbox import LONGEST_TRY, OLD_SECONDS, Post
from aggregation.mails.recipients import give_leave_token
from aggregation.mails.render import alarm_letter
from aggregation.mails.smtp import MailError
from aggregation.mails.words import Words
from aggregation.storage.engine import Database

LOGGER = logging.getLogger(__name__)


class Claimed(Struct, frozen=True):
    """An alarm that is ours to mail."""

    to: AlarmReader
    shown: list[Told]
    """What it tells, in the language of who reads it."""
    token: str | None


class AlarmMails:
    """Sends what waits."""

    def __init__(self, post: Post, base: str | None, readers: AlarmReaders) -> None:
        """Take what sends, how links begin if there are any, and who gets alarms."""
        self._post = post
        self._base = base
        self._readers = readers

    def step(self, database: Database, now: datetime) -> bool:
        """Send one mail that is due; tell whether there was one. Raises SQLAlchemyError. Blocks."""
        with database.reading() as connection:
            delivery = next_due(connection, now, mails=True)
        if delivery is None:
            return False
        with database.writing() as connection:
            claimed = self._claim(connection, delivery, now)
        if claimed:
            self._send(database, delivery, claimed, now)
        return True

    def _claim(self, connection: Connection, delivery: Delivery, now: datetime) -> Claimed | None:
        """Note a try before it is made; None where it is not ours, or nobody wants it any more."""
        to = self._readers.reader(connection, delivery.channel)
        if to is None or (delivery.made or 0) < now.timestamp() - OLD_SECONDS:
            give_up(connection, delivery)
            return None
        if not begin(connection, delivery, now, LONGEST_TRY):
            return None
        told, words = delivery.mailed, Words(to.language)
        others = (each for each in told.others if not is_snoozed(alarm(connection, each.alarm), now))
        shown = [told_in(connection, each, words) for each in (told, *others)]
        token = None
        if to.number is not None and self._base:
            token = secrets.token_urlsafe(32)
            give_leave_token(connection, to.number, digest(token))
        return Claimed(to, shown, token)

    def _send(self, database: Database, delivery: Delivery, claimed: Claimed, now: datetime) -> None:
        """Send a mail, and note that it has arrived, or will not."""
        name = f"alarm-{delivery.id}"
        letter = alarm_letter(
            claimed.shown, claimed.to.language, self._base, token=claimed.token, identifier=name
        )

        def taken() -> None:
            """Note that it has arrived."""
            with database.writing() as connection:
                done(connection, delivery, now)

        try:
            self._post(claimed.to.address, letter, taken)
        except MailError as error:
            LOGGER.warning("The mail %s was not taken: %s", name, error)
            with database.writing() as connection:
                if error.is_final:
                    give_up(connection, delivery)
                else:
                    again(connection, delivery, now)
