"""Levels: how often what is watched may alarm by chance, as somebody has set it."""

from sqlalchemy import Connection, delete, insert, select

from aggregation.alerts.watch import WATCHED
from aggregation.errors import InvalidError
from aggregation.storage.schema_alarms import WATCH_LEVELS

HIGHEST = 0.1


def levels(connection: Connection) -> dict[str, float]:
    """Return the levels that differ from those built in."""
    return {row.watched: row.level for row in connection.execute(select(WATCH_LEVELS))}


def set_level(connection: Connection, watched: str, level: float | None) -> None:
    """Set the level of something that is watched, 0 for not at all, None as it was; raises InvalidError."""
    check_level(watched, level)
    connection.execute(delete(WATCH_LEVELS).where(WATCH_LEVELS.c.watched == watched))
    if level is not None:
        connection.execute(insert(WATCH_LEVELS).values(watched=watched, level=level))


def check_level(watched: str, level: float | None) -> None:
    """Refuse what is not watched, and levels that make no sense; raises InvalidError."""
    if watched not in WATCHED:
        raise InvalidError(f"Only {', '.join(WATCHED)} are watched")
    if level is not None and not 0 <= level <= HIGHEST:
        raise InvalidError(f"A level is from 0 (off) to {HIGHEST}")
