"""Marks of a transaction: what the writer has to do once it is committed."""

from typing import Final

from sqlalchemy import Connection

_CHANGED: Final = "counters_changed"
_FORGOTTEN: Final = "forgotten"


def counters_changed(conn: Connection) -> None:
    """Have the writer read anew what it remembers: counters, intervals, or rows that events share."""
    conn.info[_CHANGED] = True


def have_counters_changed(conn: Connection) -> bool:
    """Whether what the writer remembers is outdated; asked once."""
    return bool(conn.info.pop(_CHANGED, False))


def forget_for_good(conn: Connection) -> None:
    """Have what this transaction deletes removed from SQLite's log, too, as soon as it is committed."""
    conn.info[_FORGOTTEN] = True


def has_forgotten(conn: Connection) -> bool:
    """Whether something was deleted that must leave no trace; asked once."""
    return bool(conn.info.pop(_FORGOTTEN, False))
