"""The worker: does what is due, one thing after the other, while it leads."""

from collections.abc import Mapping, Sequence
from datetime import datetime
import logging
from threading import Event
from typing import Protocol

from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from aggregation.alerts.deliveries import Delivery, begin, done, give_up, next_due
from aggregation.alerts.send import Sender, SendError
from aggregation.insight.jobs import Job
from aggregation.insight.records import note, worked
from aggregation.storage.engine import Database, LockName, reason

LOGGER = logging.getLogger(__name__)

IDLE_SECONDS = 60.0
FAILED_SECONDS = 300.0


class Now(Protocol):
    """A clock."""

    def __call__(self) -> datetime:
        """Return the moment, in UTC."""


class Outbox(Protocol):
    """What is to be sent, beside alarms."""

    def step(self, database: Database, now: datetime) -> bool:
        """Send one thing that is due; tell whether there was one."""


class Worker:
    """Works out what is due on a database; of several processes one does so at a time."""

    def __init__(
        self,
        database: Database,
        jobs: Sequence[Job],
        senders: Mapping[str, Sender],
        now: Now,
        outboxes: Sequence[Outbox] = (),
    ) -> None:
        """Take what it works on, what there is to do, how alarms are told, the clock, and other outboxes."""
        self._database = database
        self._jobs = jobs
        self._senders = senders
        self._now = now
        self._outboxes = outboxes
        self._failed: dict[str, float] = {}

    def run(self, stop: Event) -> None:
        """Work until stopped."""
        pause = 0.0
        while not stop.wait(pause):
            pause = 0.0 if self.step() else IDLE_SECONDS

    def once(self) -> bool:
        """Do all that is due; tell whether everything went well."""
        while self.step():
            pass
        return not self._failed

    def step(self) -> bool:
        """Do one thing that is due; tell whether there was one."""
        try:
            with self._database.alone(LockName.INSIGHT) as leads:
                return leads and (self._work() or self._deliver() or self._empty())
        except SQLAlchemyError as error:
            self._fail("database", reason(error))
            return False

    def _work(self) -> bool:
        """Do the first job that is due."""
        return any(self._do(job) for job in self._jobs if self._may_try(job.kind))

    def _do(self, job: Job) -> bool:
        """Do the first of a job that is due; tell whether there was one."""
        now = self._now()
        with self._database.reading() as connection:
            due = list(job.due(connection, now))
            missing = [number for number in due if number not in worked(connection, job.kind, due)]
        if not missing:
            return False
        try:
            with self._database.writing() as connection:
                note(connection, job.kind, missing[0], int(now.timestamp()))
                job.run(connection, missing[0], now)
        except IntegrityError:
            # Another process was faster: on SQLite nothing keeps two from trying.
            LOGGER.info("%s %d was done elsewhere", job.kind, missing[0])
        except Exception as error:  # noqa: BLE001 - one job that fails keeps no other from being done
            self._fail(job.kind, type(error).__name__)
            return False
        self._failed.pop(job.kind, None)
        return True

    def _deliver(self) -> bool:
        """Send what is due; tell whether there was anything."""
        now = self._now()
        with self._database.reading() as connection:
            delivery = next_due(connection, now)
        if delivery is None:
            return False
        sender = self._senders.get(delivery.channel)
        with self._database.writing() as connection:
            if sender is None:
                give_up(connection, delivery)
                return True
            is_wanted = begin(connection, delivery, now)
        if is_wanted:
            self._send(sender, delivery)
        return True

    def _empty(self) -> bool:
        """Send the first thing that is due from the other outboxes."""
        return any(outbox.step(self._database, self._now()) for outbox in self._outboxes)

    def _send(self, sender: Sender, delivery: Delivery) -> None:
        """Send a delivery, and note it when it has arrived."""
        channel = delivery.channel.partition(":")[0]
        try:
            sender(delivery, int(self._now().timestamp()))
        except SendError as error:
            LOGGER.warning("Alarm %d was not taken by %s: %s", delivery.alarm_id, channel, error)
            return
        with self._database.writing() as connection:
            done(connection, delivery, self._now())

    def _may_try(self, kind: str) -> bool:
        """Tell whether a job that failed has waited long enough."""
        return self._now().timestamp() >= self._failed.get(kind, 0.0)

    def _fail(self, kind: str, why: str) -> None:
        """Say so, and let it wait."""
        LOGGER.error("What is to be worked out (%s) fails: %s", kind, why)
        self._failed[kind] = self._now().timestamp() + FAILED_SECONDS
