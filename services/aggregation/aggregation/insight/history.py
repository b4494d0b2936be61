"""History: weeks that are over already, worked through as if each had just settled."""

from datetime import UTC, datetime, time, timedelta

from aggregation.alerts.work import settled_week
from aggregation.analytics.completeness import SETTLED_WEEKS
from aggregation.insight.schedule import schedule
from aggregation.insight.worker import Worker
from aggregation.public.noise import Noise
from aggregation.storage.engine import Database
from aggregation.weeks import monday


def work_through(database: Database, now: datetime, weeks: int, noise: Noise | None = None) -> bool:
    """Work out the last weeks one after the other, and tell nobody; tell whether everything went well.

    For a database whose reports came all at once: nothing of it may have been worked out before.
    """
    last = settled_week(now)
    went_well = True
    for week in range(last - weeks + 1, last + 1):
        moment = datetime.combine(monday(week + SETTLED_WEEKS), time(), UTC) + timedelta(hours=1)
        went_well &= Worker(database, schedule((), noise), {}, lambda then=moment: then).once()
    return went_well
