"""The versions that were released, as the database knows them."""

from collections.abc import Iterable
from datetime import date

from sqlalchemy import Connection, insert, select

from aggregation.storage.engine import LockName, lock
from aggregation.storage.schema import VERSIONS


def versions(connection: Connection) -> dict[str, date]:
    """Return the versions with the days on which they were added."""
    return {row.version: row.added_day for row in connection.execute(select(VERSIONS))}


def add_versions(connection: Connection, names: Iterable[str], day: date) -> int:
    """Add those that are new, and return how many; what is folded afterwards is counted by their names."""
    lock(connection, LockName.ROLLUPS)
    known = versions(connection)
    fresh = [{"version": name, "added_day": day} for name in sorted(set(names)) if name not in known]
    if fresh:
        connection.execute(insert(VERSIONS), fresh)
    return len(fresh)
