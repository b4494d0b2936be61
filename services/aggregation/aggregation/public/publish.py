"""Publication of a week: drawn once, when it has settled, and never again.

A week whose mix of homes jumped, or in which one network has too many of them, is held back until a person
releases it. All in the transaction of the caller.
"""

from collections.abc import Sequence
from datetime import date, datetime
from hashlib import sha256
from typing import Final

from sqlalchemy import Connection, func, select, update

from aggregation.alerts.watch import MIXES, SHARES, Cause
from aggregation.alerts.work import evidence_of_week, settled_week
from aggregation.keys import new_receipt_key
from aggregation.public.archive import errata
from aggregation.public.file import PublicKeys, numbers_of, weekly_file
from aggregation.public.homes import PublicHome, homes
from aggregation.public.milestones import reached
from aggregation.public.noise import Noise
from aggregation.public.numbers import Document, draw
from aggregation.public.tables import tables
from aggregation.storage.keys import ensure_receipt_key
from aggregation.storage.schema import SUBMISSIONS
from aggregation.storage.schema_alarms import OBSERVATIONS
from aggregation.storage.schema_public import EPSILON, HELD_WEEKS, MILESTONES, PUBLICATIONS
from aggregation.storage.versions import versions

CATCH_UP_WEEKS: Final = 4
"""Weeks that were missed, while nothing ran, are published if they are not older."""
_SUSPICIOUS: Final = {
    name: each.title
    for name, each in {**SHARES, **MIXES}.items()
    if each.cause in {Cause.MIX, Cause.SUBMISSIONS}
}
"""Not how many homes are new: a release that is talked about brings many."""


def weeks_to_publish(connection: Connection, now: datetime) -> list[int]:
    """Return the settled weeks that are observed, neither published nor held, the oldest first."""
    last = settled_week(now)
    first = connection.scalar(select(func.min(PUBLICATIONS.c.week)))
    begin = last if first is None else max(first, last - CATCH_UP_WEEKS + 1)
    known = {week for (week,) in connection.execute(select(OBSERVATIONS.c.week))}
    done = {
        week for table in (PUBLICATIONS, HELD_WEEKS) for (week,) in connection.execute(select(table.c.week))
    }
    return [week for week in range(begin, last + 1) if week in known and week not in done]


def publish_or_hold(connection: Connection, week: int, noise: Noise, now: datetime) -> None:
    """Publish a week, or hold it back where it looks suspicious."""
    if why := suspicion(connection, week):
        connection.execute(HELD_WEEKS.insert().values(week=week, reason=why[:200], held_day=now.date()))
    else:
        publish(connection, week, noise, now.date())


def suspicion(connection: Connection, week: int) -> str:
    """Return the titles of what jumped in a week; nothing where all is as usual."""
    alarms = (
        each.series.partition("/")[0] for each in evidence_of_week(connection, week) if each.judged.is_alarm
    )
    return "; ".join(dict.fromkeys(_SUSPICIOUS[name] for name in alarms if name in _SUSPICIOUS))


def release(connection: Connection, week: int, noise: Noise, today: date) -> bool:
    """Publish a week that was held back; tell whether there was one."""
    here = (HELD_WEEKS.c.week == week, HELD_WEEKS.c.released_day.is_(None))
    if connection.execute(update(HELD_WEEKS).where(*here).values(released_day=today)).rowcount != 1:
        return False
    publish(connection, week, noise, today)
    return True


def publish(connection: Connection, week: int, noise: Noise, today: date) -> None:
    """Draw the numbers of a week, sign and keep them with what they cost; raises IntegrityError if done."""
    before = previous(connection, week)
    found = homes_of_week(connection, week)
    drawn = draw(week, found, tables(versions(connection)), noise, before)
    known = {name for (name,) in connection.execute(select(MILESTONES.c.name))}
    for name in reached(drawn.document, known):
        connection.execute(MILESTONES.insert().values(name=name, week=week))
    known_errata = [{"week": each.week or "", "noted": str(each.noted_day)} for each in errata(connection)]
    document = {**drawn.document, "errata": known_errata}
    file = weekly_file(document, PublicKeys(ensure_receipt_key(connection, new_receipt_key()), today))
    values = {"sha256": sha256(file.encode()).hexdigest(), "file": file, "published_day": today}
    connection.execute(PUBLICATIONS.insert().values(week=week, **values))
    lines = [
        {
            "week": line.week,
            "table_name": line.table,
            "epsilon_permille": round(1000 * line.epsilon),
            "fewest": line.threshold,
            "code_version": line.code_version,
        }
        for line in drawn.spent
    ]
    connection.execute(EPSILON.insert(), lines)


def previous(connection: Connection, week: int) -> Document | None:
    """Return the numbers that were published last before a week."""
    statement = select(PUBLICATIONS.c.file).where(PUBLICATIONS.c.week < week)
    file = connection.scalar(statement.order_by(PUBLICATIONS.c.week.desc()).limit(1))
    return numbers_of(file) if file is not None else None


def homes_of_week(connection: Connection, week: int) -> Sequence[PublicHome]:
    """Return the homes that reported about a week."""
    statement = select(SUBMISSIONS).where(SUBMISSIONS.c.week == week).order_by(SUBMISSIONS.c.installation_id)
    return list(homes(dict(row) for row in connection.execute(statement).mappings()))
