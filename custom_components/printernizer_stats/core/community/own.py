"""Own figures: what was counted at home in the last four weeks, and in the four before."""

from datetime import date, timedelta
from typing import Final, NamedTuple

from sqlalchemy import Connection

from ..counters import PRINT_SECONDS, jobs_ended
from ..models import FLEET, Outcome
from ..store.counts import owner_counts
from .comparison import OwnPeriod

_DAYS: Final = 28
_HOUR_SECONDS: Final = 3600


class OwnFigures(NamedTuple):
    """Both stretches of four weeks, and all prints that ever ended."""

    lately: OwnPeriod
    before: OwnPeriod
    ever: int


def own_figures(conn: Connection, today: date) -> OwnFigures:
    """Return the figures of all printers together; `today` is the user's calendar day."""
    day = timedelta(days=1)
    begin = today - (_DAYS - 1) * day
    ever = owner_counts(conn, since="").get(FLEET, {})
    return OwnFigures(
        lately=_period(conn, begin, today),
        before=_period(conn, begin - _DAYS * day, begin - day),
        ever=jobs_ended(ever),
    )


def _period(conn: Connection, first: date, last: date) -> OwnPeriod:
    counts = owner_counts(conn, since=first.isoformat(), until=last.isoformat()).get(FLEET, {})
    return OwnPeriod(
        ended=jobs_ended(counts),
        completed=counts.get(Outcome.COMPLETED.event_type, 0),
        hours=counts.get(PRINT_SECONDS, 0) / _HOUR_SECONDS,
    )
