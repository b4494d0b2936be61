"""Schedule: all that has its time, and when that is."""

from collections.abc import Collection, Sequence
from datetime import datetime
import logging

from sqlalchemy import Connection, select

from aggregation.alerts.mailing import Readers
from aggregation.alerts.work import (
    judge_week,
    look_for_silence,
    observe_week,
    tell,
    weeks_to_judge,
    weeks_to_observe,
)
from aggregation.insight.jobs import Job
from aggregation.mails.content import Kind
from aggregation.mails.issues import make_issue, monthly_due, weekly_due
from aggregation.mails.timetable import Timetable
from aggregation.public.noise import MissingLibraryError, Noise, discrete_laplace
from aggregation.public.publish import publish_or_hold, weeks_to_publish
from aggregation.settings import Settings
from aggregation.storage.schema_alarms import WORKS

LOGGER = logging.getLogger(__name__)

OBSERVE, JUDGE, SILENCE, PUBLISH = "observe", "judge", "silence", "publish"
WEEKLY_MAIL, MONTHLY_MAIL = "weekly mail", "monthly mail"


def _nobody(_connection: Connection) -> Sequence[str]:
    """Return who reads alarms where no mail can be sent."""
    return ()


def schedule(
    channels: Collection[str],
    noise: Noise | None = None,
    timetable: Timetable | None = None,
    readers: Readers = _nobody,
) -> list[Job]:
    """Return all jobs; those before are done first.

    Without noise nothing is published, without a timetable no summary is made, without readers no alarm is
    mailed.
    """

    def judge(connection: Connection, week: int, now: datetime) -> None:
        """Judge a week."""
        tell(connection, judge_week(connection, week), channels, readers(connection), now)

    def listen(connection: Connection, _day: int, now: datetime) -> None:
        """Look whether reports come in."""
        tell(connection, look_for_silence(connection, now), channels, readers(connection), now)

    jobs = [
        Job(OBSERVE, weeks_to_observe, lambda connection, week, _now: observe_week(connection, week)),
        Job(JUDGE, _to_judge, judge),
        Job(SILENCE, _today, listen),
    ]
    if noise:

        def publish(connection: Connection, week: int, now: datetime) -> None:
            """Publish a week, or hold it back."""
            publish_or_hold(connection, week, noise, now)

        jobs.append(Job(PUBLISH, weeks_to_publish, publish))
    return jobs + (mail_jobs(timetable) if timetable else [])


def mail_jobs(timetable: Timetable) -> list[Job]:
    """Return the jobs that make mails."""

    def weekly(connection: Connection, week: int, now: datetime) -> None:
        """Make the summary of a week."""
        make_issue(connection, Kind.WEEKLY, week, timetable, now)

    def monthly(connection: Connection, week: int, now: datetime) -> None:
        """Make the report of the month that ends with a week."""
        make_issue(connection, Kind.MONTHLY, week, timetable, now)

    return [
        Job(WEEKLY_MAIL, lambda connection, now: weekly_due(connection, timetable, now), weekly),
        Job(MONTHLY_MAIL, lambda connection, now: monthly_due(connection, timetable, now), monthly),
    ]


def noise_of(settings: Settings) -> Noise | None:
    """Return what adds noise to public numbers; None where nothing is to be published, or cannot be."""
    if not settings.public_numbers:
        return None
    try:
        return discrete_laplace()
    except MissingLibraryError as error:
        LOGGER.info("%s", error)
        return None


def _to_judge(connection: Connection, _now: datetime) -> Sequence[int]:
    """Return the weeks that are observed and not judged."""
    judged = connection.execute(select(WORKS.c.number).where(WORKS.c.kind == JUDGE))
    return weeks_to_judge(connection, {number for (number,) in judged})


def _today(_connection: Connection, now: datetime) -> Sequence[int]:
    """Return the day."""
    return [now.date().toordinal()]
