"""Schedule: all that has its time, and when that is."""

from collections.abc import Collection, Sequence
from datetime import datetime
import logging

from sqlalchemy import Connection, select

from aggregation.alerts.work import (
    judge_week,
    look_for_silence,
    observe_week,
    weeks_to_judge,
    weeks_to_observe,
)
from aggregation.insight.jobs import Job
from aggregation.public.noise import MissingLibraryError, Noise, discrete_laplace
from aggregation.public.publish import publish_or_hold, weeks_to_publish
from aggregation.settings import Settings
from aggregation.storage.schema import WORKS

LOGGER = logging.getLogger(__name__)

OBSERVE, JUDGE, SILENCE, PUBLISH = "observe", "judge", "silence", "publish"


def schedule(channels: Collection[str], noise: Noise | None = None) -> list[Job]:
    """Return all jobs; those before are done first. Without noise nothing is published."""

    def judge(connection: Connection, week: int, now: datetime) -> None:
        """Judge a week."""
        judge_week(connection, week, channels, now)

    def listen(connection: Connection, _day: int, now: datetime) -> None:
        """Look whether reports come in."""
        look_for_silence(connection, channels, now)

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
    return jobs


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
