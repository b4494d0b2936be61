"""What runs in the process: the worker with everything from the settings, until somebody ends it."""

from contextlib import closing
from datetime import UTC, datetime
import logging
import os
from signal import SIGINT, SIGTERM, signal
import sys
from threading import Event, Thread

from aggregation.alerts.send import senders
from aggregation.insight.schedule import noise_of, schedule
from aggregation.insight.worker import Outbox, Worker
from aggregation.mails.alarm_mails import AlarmMails
from aggregation.mails.alarm_readers import AlarmReaders
from aggregation.mails.outbox import MailOutbox
from aggregation.mails.smtp import Mailer
from aggregation.mails.timetable import timetable_of
from aggregation.observability import configure_logging
from aggregation.settings import Settings
from aggregation.storage.engine import Database
from aggregation.storage.migrate import opened

LOGGER = logging.getLogger(__name__)

PATIENCE = 10
"""How much one that is attached yields to those who wait for an answer, as `nice` has it."""


def work(settings: Settings, *, once: bool, attached: bool) -> int:
    """Do what is due, once or until a signal comes; raises DatabaseError.

    One that is attached ends with whoever holds the other end of its standard input.
    """
    configure_logging(settings.log_level)
    with closing(opened(settings.database_url, settings.database_timeout)) as database:
        worker = worker_of(settings, database)
        if once:
            return 0 if worker.once() else 1
        stop = Event()
        for number in (SIGINT, SIGTERM):
            signal(number, lambda *_: stop.set())
        if attached:
            os.nice(PATIENCE)
            Thread(target=_hold, args=(stop,), daemon=True).start()
        worker.run(stop)
    return 0


def worker_of(settings: Settings, database: Database) -> Worker:
    """Return the worker as the settings have it."""
    webhook = None
    if settings.alarm_webhook_url and settings.alarm_webhook_secret:
        webhook = (settings.alarm_webhook_url, settings.alarm_webhook_secret.get_secret_value())
    found = senders(webhook, settings.alertmanager_url)
    mailer = Mailer(settings) if settings.smtp_host and settings.smtp_from else None
    if mailer is None:
        return Worker(database, schedule(found.keys(), noise_of(settings)), found, _now)
    timetable = timetable_of(settings) if settings.can_mail else None
    readers = AlarmReaders(settings.report_recipients)
    jobs = schedule(found.keys(), noise_of(settings), timetable, readers.channels)
    outboxes: list[Outbox] = [alarm_mails_of(settings, mailer)]
    if timetable:
        outboxes.append(outbox_of(settings, mailer))
    return Worker(database, jobs, found, _now, outboxes)


def outbox_of(settings: Settings, mailer: Mailer) -> MailOutbox:
    """Return what sends mails."""
    return MailOutbox(lambda address, letter, taken: mailer.send([address], letter, taken), settings.base_url)


def alarm_mails_of(settings: Settings, mailer: Mailer) -> AlarmMails:
    """Return what sends alarms by mail."""
    readers = AlarmReaders(settings.report_recipients)
    return AlarmMails(
        lambda address, letter, taken: mailer.send([address], letter, taken), settings.public_url, readers
    )


def _now() -> datetime:
    """Return the moment."""
    return datetime.now(UTC)


def _hold(stop: Event) -> None:
    """Wait until nobody holds the other end any more."""
    while sys.stdin.buffer.read(1):
        pass
    stop.set()
