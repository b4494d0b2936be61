"""Sessions of the dashboard, links to single views of it, and notes on its time lines, as rows.

Instants are Unix seconds. Of what a browser or a link holds only the SHA-256 is kept. A session or link is
valid until its end, and only as long as the key that it was made with is in use with the same secret.
"""

from typing import Any

from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, Table, delete, func, insert, select

from aggregation.storage.records import KeyScope
from aggregation.storage.schema import API_KEYS, LINKS, NOTES, SESSIONS

MOST_SESSIONS = 20
"""Of one key; the oldest end when there are more."""
MOST_LINKS = 100
MOST_NOTES = 500
_MAY_READ = (KeyScope.READ.value, KeyScope.ADMIN.value)


class SessionRow(Struct, frozen=True, kw_only=True):
    """Who is signed in, and with which key."""

    sha256: str
    key_sha256: str
    ends: int
    scope: KeyScope


class LinkRow(Struct, frozen=True, kw_only=True):
    """A view that is shared; `query` holds its filters as they stand in the address."""

    sha256: str
    name: str
    page: str
    query: str
    ends: int


class NoteRow(Struct, frozen=True, kw_only=True):
    """What was noted about a week."""

    id: int
    week: int
    text: str


def may_read(connection: Connection, key_sha256: str) -> bool:
    """Tell whether a key is in use and may read."""
    here = (API_KEYS.c.sha256 == key_sha256, API_KEYS.c.revoked_day.is_(None))
    scope = connection.scalar(select(API_KEYS.c.scope).where(*here))
    return scope in _MAY_READ


def begin_session(connection: Connection, sha256: str, key_sha256: str, now: int, ends: int) -> None:
    """Keep a session, and drop those that are over."""
    connection.execute(delete(SESSIONS).where(SESSIONS.c.ends <= now))
    row = {"sha256": sha256, "key_sha256": key_sha256, "began": now, "ends": ends}
    connection.execute(insert(SESSIONS), row)
    mine = SESSIONS.c.key_sha256 == key_sha256
    newest = select(SESSIONS.c.sha256).where(mine).order_by(SESSIONS.c.began.desc(), SESSIONS.c.ends.desc())
    too_many = connection.scalars(newest.offset(MOST_SESSIONS)).all()
    connection.execute(delete(SESSIONS).where(SESSIONS.c.sha256.in_(too_many)))


def find_session(connection: Connection, sha256: str, now: int) -> SessionRow | None:
    """Return a session that is valid now."""
    columns = (SESSIONS.c.sha256, SESSIONS.c.key_sha256, SESSIONS.c.ends, API_KEYS.c.scope)
    here = (SESSIONS.c.sha256 == sha256, *_is_valid(SESSIONS, now))
    row = connection.execute(
        select(*columns).select_from(SESSIONS.join(API_KEYS, _key(SESSIONS))).where(*here)
    )
    found = row.first()
    return SessionRow(**{**found._mapping, "scope": KeyScope(found.scope)}) if found else None  # noqa: SLF001


def end_session(connection: Connection, sha256: str) -> None:
    """Forget a session."""
    connection.execute(delete(SESSIONS).where(SESSIONS.c.sha256 == sha256))


def add_link(connection: Connection, row: LinkRow, key_sha256: str, now: int) -> bool:
    """Keep a link, and drop those that are over; tell whether there was room for it."""
    connection.execute(delete(LINKS).where(LINKS.c.ends <= now))
    if (connection.scalar(select(func.count()).select_from(LINKS)) or 0) >= MOST_LINKS:
        return False
    values = {name: getattr(row, name) for name in row.__struct_fields__}
    connection.execute(insert(LINKS), values | {"key_sha256": key_sha256, "began": now})
    return True


def find_link(connection: Connection, sha256: str, now: int) -> LinkRow | None:
    """Return a link that is valid now."""
    row = connection.execute(_links(now).where(LINKS.c.sha256 == sha256)).first()
    return LinkRow(**row._mapping) if row else None  # noqa: SLF001


def links(connection: Connection, now: int) -> list[LinkRow]:
    """Return all links that are valid now, the first to end first."""
    rows = connection.execute(_links(now).order_by(LINKS.c.ends, LINKS.c.sha256))
    return [LinkRow(**row._mapping) for row in rows]  # noqa: SLF001


def revoke_link(connection: Connection, sha256: str) -> None:
    """End a link."""
    connection.execute(delete(LINKS).where(LINKS.c.sha256 == sha256))


def add_note(connection: Connection, week: int, text: str) -> bool:
    """Keep a note about a week; tell whether there was room for it."""
    if (connection.scalar(select(func.count()).select_from(NOTES)) or 0) >= MOST_NOTES:
        return False
    connection.execute(insert(NOTES), {"week": week, "text": text})
    return True


def notes(connection: Connection) -> list[NoteRow]:
    """Return all notes, the newest week first."""
    rows = connection.execute(select(NOTES).order_by(NOTES.c.week.desc(), NOTES.c.id))
    return [NoteRow(**row._mapping) for row in rows]  # noqa: SLF001


def remove_note(connection: Connection, number: int) -> None:
    """Forget a note."""
    connection.execute(delete(NOTES).where(NOTES.c.id == number))


def _links(now: int) -> Any:
    """Return a SELECT for the links that are valid now."""
    columns = [LINKS.c[name] for name in LinkRow.__struct_fields__]
    joined = LINKS.join(API_KEYS, _key(LINKS))
    return select(*columns).select_from(joined).where(*_is_valid(LINKS, now))


def _key(table: Table) -> ColumnElement[bool]:
    """Return what joins a row with its key."""
    return API_KEYS.c.sha256 == table.c.key_sha256


def _is_valid(table: Table, now: int) -> tuple[ColumnElement[bool], ...]:
    """Return what holds for rows that are not over, and whose key is in use and may read."""
    return table.c.ends > now, API_KEYS.c.revoked_day.is_(None), API_KEYS.c.scope.in_(_MAY_READ)
