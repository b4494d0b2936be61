"""The connections to the database, and how its kinds differ."""

from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from enum import IntEnum
from threading import Lock
from typing import Any

import msgspec
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import SQLAlchemyError

from aggregation.storage import sqlite

POOL_SIZE = 5
STATEMENT_SECONDS = 60
"""How long PostgreSQL works on one statement at most, but for those that read or change everything."""
IDLE_SECONDS = 600
"""How long PostgreSQL waits for the next statement of a transaction: its client may be gone."""
NETWORK_SECONDS = 15
"""How long a connection to PostgreSQL may be dead before that is noticed."""
_NETWORK = {
    "keepalives": 1,
    "keepalives_idle": NETWORK_SECONDS,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": NETWORK_SECONDS * 1000,
    "connect_timeout": NETWORK_SECONDS,
}


class DatabaseError(Exception):
    """The database cannot be used; the message is one line without any data."""


class LockName(IntEnum):
    """What transactions wait for each other over, in the order in which they take them."""

    REPORTS = 7_105_001
    """Shared by those who store reports; whole for one who deletes an installation."""
    ROLLUPS = 7_105_002
    SCHEMA = 7_105_003
    MIRROR = 7_105_004
    """Held alone, without waiting, by the one process that writes the mirror."""
    INSIGHT = 7_105_005
    """Held alone, without waiting, by the one process that works out alarms, mails and public files."""


class Database:
    """One database: an engine for writing and one for reading."""

    def __init__(self, url: str, timeout: float) -> None:
        """Take its URL and the seconds to wait for a lock that another process holds."""
        target = make_url(url)
        self.url = target
        self.is_sqlite = target.get_backend_name() == "sqlite"
        if self.is_sqlite:
            options = _options(timeout=timeout)
            self.writer, self.reader = sqlite.writer(target, options), sqlite.reader(target, options)
        else:
            self.writer = self.reader = _server(target, timeout)
        # SQLite lets its writers poll for the lock; ours wait in line instead.
        self._turn: AbstractContextManager[Any] = Lock() if self.is_sqlite else nullcontext()

    @contextmanager
    def writing(self) -> Generator[Connection]:
        """Give a transaction that is durable once it ends; raises SQLAlchemyError."""
        with self._turn, self.writer.begin() as connection:
            yield connection

    @contextmanager
    def reading(self) -> Generator[Connection]:
        """Give a connection that sees one state of the whole; raises SQLAlchemyError."""
        with self.reader.connect() as connection:
            if connection.dialect.name == "postgresql":
                connection.execution_options(isolation_level="REPEATABLE READ")
            with connection.begin():
                yield connection

    @contextmanager
    def alone(self, name: LockName) -> Generator[bool]:
        """Hold a lock between processes, and tell whether it was free; raises SQLAlchemyError."""
        if self.is_sqlite:
            yield True
            return
        with self.writer.begin() as connection:
            yield _try_lock(connection, name)

    def leave_no_traces(self) -> bool:
        """Empty the log of SQLite; tell whether no reader held it. Raises the driver's errors."""
        if not self.is_sqlite:
            return True
        with self._turn, self.writer.connect() as connection:
            # Outside of a transaction, and without waiting for who reads: all who write would wait too.
            cursor = connection.connection.cursor()
            cursor.execute("PRAGMA busy_timeout")
            ((milliseconds,),) = cursor.fetchall()
            cursor.execute("PRAGMA busy_timeout = 0")
            try:
                cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                ((is_held, _, _),) = cursor.fetchall()
            finally:
                cursor.execute(f"PRAGMA busy_timeout = {milliseconds}")
            return not is_held

    def close(self) -> None:
        """Close all connections."""
        self.writer.dispose()
        self.reader.dispose()


def lock(connection: Connection, name: LockName, *, shared: bool = False) -> None:
    """Wait for a lock and hold it to the end of the transaction. SQLite has one writer anyway."""
    match connection.dialect.name:
        case "postgresql":
            function = f"pg_advisory_xact_lock{'_shared' if shared else ''}"
            connection.execute(text(f"SELECT {function}({name.value})"))
        case "mssql":
            mode = "Shared" if shared else "Exclusive"
            connection.execute(
                text(
                    f"EXEC sp_getapplock @Resource = '{name.name}', @LockMode = '{mode}',"
                    " @LockOwner = 'Transaction'"
                )
            )


def take_time(connection: Connection) -> None:
    """Let the statements of a transaction last as long as they do: they read or change everything."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL statement_timeout = 0"))


def _try_lock(connection: Connection, name: LockName) -> bool:
    """Take a lock of a server to the end of the transaction unless another holds it."""
    if connection.dialect.name == "postgresql":
        return bool(connection.execute(text(f"SELECT pg_try_advisory_xact_lock({name.value})")).scalar_one())
    taken: int = connection.execute(
        text(
            "DECLARE @taken int; "
            f"EXEC @taken = sp_getapplock @Resource = '{name.name}', @LockMode = 'Exclusive',"
            " @LockOwner = 'Transaction', @LockTimeout = 0; SELECT @taken"
        )
    ).scalar_one()
    return taken >= 0


def reason(error: SQLAlchemyError) -> str:
    """Return a short reason that holds no statement and no value."""
    original = getattr(error, "orig", None)
    name = getattr(original, "sqlite_errorname", None) or getattr(original, "sqlstate", None)
    return str(name or type(error).__name__)


def _options(**arguments: float) -> dict[str, Any]:
    """Return what the engines of all databases are made with: errors show no values, JSON is fast."""
    return {
        "connect_args": arguments,
        "hide_parameters": True,
        "json_serializer": json_text,
        "json_deserializer": msgspec.json.decode,
    }


def _server(url: URL, timeout: float) -> Engine:
    """Return an engine on a database server whose errors show no values."""
    engine = create_engine(
        url,
        **_options(**(_NETWORK if url.get_backend_name() == "postgresql" else {})),
        pool_pre_ping=True,
        pool_size=POOL_SIZE,
        pool_timeout=timeout,
    )
    if engine.dialect.name == "postgresql":
        event.listen(engine, "connect", _limit_waiting(timeout))
    return engine


def json_text(value: object) -> str:
    """Return a value as JSON, three times as fast as the standard library."""
    return msgspec.json.encode(value).decode()


def _limit_waiting(timeout: float) -> Callable[[DBAPIConnection, object], None]:
    """Return what tells PostgreSQL to wait so many seconds at most for a lock."""

    def prepare(connection: DBAPIConnection, _: object) -> None:
        cursor = connection.cursor()
        cursor.execute(f"SET lock_timeout = {int(timeout * 1000)}")
        cursor.execute(f"SET statement_timeout = {STATEMENT_SECONDS * 1000}")
        cursor.execute(f"SET idle_in_transaction_session_timeout = {IDLE_SECONDS * 1000}")
        cursor.execute("SET synchronous_commit = on")
        cursor.close()
        connection.commit()

    return prepare
