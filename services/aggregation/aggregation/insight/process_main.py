"""What runs in the process: the worker with everything from the settings, until somebody ends it."""

from contextlib import closing
from datetime import UTC, datetime
import logging
from signal import SIGINT, SIGTERM, signal
import sys
from threading import Event, Thread

from aggregation.alerts.send import SendError, senders
from aggregation.insight.schedule import noise_of, schedule
from aggregation.insight.worker import Worker
from aggregation.mails.smtp import Mailer, MailError
from aggregation.observability import configure_logging
from aggregation.settings import Settings
from aggregation.storage.engine import Database
from aggregation.storage.migrate import opened

LOGGER = logging.getLogger(__name__)


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
            Thread(target=_hold, args=(stop,), daemon=True).start()
        worker.run(stop)
    return 0


def worker_of(settings: Settings, database: Database) -> Worker:
    """Return the worker as the settings have it."""
    webhook = None
    if settings.alarm_webhook_url and settings.alarm_webhook_secret:
        webhook = (settings.alarm_webhook_url, settings.alarm_webhook_secret.get_secret_value())
    mailer = Mailer(settings) if settings.smtp_host and settings.smtp_from else None

    def post(recipient: str, subject: str, text: str, html: str, identifier: str) -> None:
        """Send a mail."""
        assert mailer is not None
        try:
            mailer.send([recipient], subject, text, html, identifier)
        except MailError as error:
            raise SendError(str(error)) from None

    found = senders(webhook, settings.alertmanager_url, post if mailer else None, settings.report_recipients)
    return Worker(database, schedule(found.keys(), noise_of(settings)), found, lambda: datetime.now(UTC))


def _hold(stop: Event) -> None:
    """Wait until nobody holds the other end any more."""
    while sys.stdin.buffer.read(1):
        pass
    stop.set()
