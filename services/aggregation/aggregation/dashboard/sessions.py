"""Sessions: a read key exchanged for a random secret that only the browser holds.

The key itself is needed once. What is kept is a hash, so that neither the database nor a backup opens the
dashboard; see `aggregation.storage.sessions` for when a session is over.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
import hmac
import secrets
import time

from sqlalchemy import Connection

from aggregation.keys import digest
from aggregation.storage import sessions as rows
from aggregation.storage.records import KeyScope

SESSION_SECONDS = 12 * 3600

type Opening = Callable[[], AbstractContextManager[Connection]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """Who is signed in."""

    sha256: str
    key_sha256: str
    token: str
    """What forms carry, so that no other site can send them."""
    may_change: bool
    """An admin key may note something for all; a read key only reads, and shares what it reads."""

    def sent_by_its_own_form(self, token: str) -> bool:
        """Tell whether a form has the token of this session."""
        return hmac.compare_digest(token.encode(), self.token.encode())


class Sessions:
    """The sessions in a database. Everything blocks."""

    def __init__(self, reading: Opening, writing: Opening, *, clock: Callable[[], float] = time.time) -> None:
        """Take how the database is opened, and a clock in Unix seconds."""
        self.reading = reading
        self._writing = writing
        self._clock = clock

    def now(self) -> int:
        """Return the time in Unix seconds."""
        return int(self._clock())

    def moment(self) -> datetime:
        """Return the time (UTC)."""
        return datetime.fromtimestamp(self._clock(), UTC)

    def begin(self, key: str) -> str | None:
        """Begin a session and return its secret; None for a key that may not read."""
        secret = secrets.token_urlsafe(32)
        now = self.now()
        with self.reading() as connection:
            if not rows.may_read(connection, digest(key)):
                return None
        with self._writing() as connection:
            rows.begin_session(connection, digest(secret), digest(key), now, now + SESSION_SECONDS)
        return secret

    def find(self, connection: Connection, secret: str) -> Session | None:
        """Return the session of a secret, if it is not over."""
        row = rows.find_session(connection, digest(secret), self.now()) if secret else None
        if row is None:
            return None
        return Session(
            sha256=row.sha256,
            key_sha256=row.key_sha256,
            token=digest(f"form {secret}"),
            may_change=row.scope is KeyScope.ADMIN,
        )

    def end(self, session: Session) -> None:
        """End a session."""
        with self._writing() as connection:
            rows.end_session(connection, session.sha256)
