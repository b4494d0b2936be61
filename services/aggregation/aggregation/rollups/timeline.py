"""Which rows a fold must look at besides those it adds."""

from typing import Any

from sqlalchemy import Select, and_, case, func, or_, select

from aggregation.rollups.facts import LAST_RECEIVED
from aggregation.storage.schema import PENDING, SUBMISSIONS
from aggregation.storage.submissions import SOME


def timeline_statement() -> Select[Any]:
    """Return a SELECT for `SOME` new rows and the folded ones of their installations.

    From the last folded week before the first new one: facts of earlier weeks stay as they are.
    """
    first = (
        select(SUBMISSIONS.c.installation_id, func.min(SUBMISSIONS.c.week).label("week"))
        .where(SUBMISSIONS.c.id.in_(SOME))
        .group_by(SUBMISSIONS.c.installation_id)
        .subquery("first")
    )
    row, waiting = SUBMISSIONS.alias("row"), PENDING.alias("waiting")
    folded = waiting.c.submission_id.is_(None)
    before = func.max(case((and_(folded, row.c.week < first.c.week), row.c.week)))
    last = func.max(case((folded, row.c.received_day)))
    bounds = (
        select(
            first.c.installation_id,
            func.coalesce(before, first.c.week).label("since"),
            last.label(LAST_RECEIVED),
        )
        .select_from(first.join(row, row.c.installation_id == first.c.installation_id))
        .outerjoin(waiting, waiting.c.submission_id == row.c.id)
        .group_by(first.c.installation_id, first.c.week)
        .subquery("bounds")
    )
    here = and_(
        SUBMISSIONS.c.installation_id == bounds.c.installation_id, SUBMISSIONS.c.week >= bounds.c.since
    )
    return (
        select(SUBMISSIONS, bounds.c[LAST_RECEIVED])
        .select_from(bounds.join(SUBMISSIONS, here))
        .outerjoin(PENDING, PENDING.c.submission_id == SUBMISSIONS.c.id)
        .where(or_(PENDING.c.submission_id.is_(None), SUBMISSIONS.c.id.in_(SOME)))
    )
