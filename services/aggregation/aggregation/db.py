"""The database: its tables, and the connections to it."""

from collections.abc import Callable
from typing import Self
from urllib.parse import quote

from sqlalchemy import (
    JSON,
    URL,
    BigInteger,
    Column,
    Connection,
    Date,
    Engine,
    Integer,
    MetaData,
    NullPool,
    Pool,
    QueuePool,
    String,
    Table,
    UniqueConstraint,
    create_engine,
    event,
    make_url,
    select,
)
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import SQLAlchemyError

METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

SUBMISSIONS = Table(
    "submissions",
    METADATA,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("installation_id", String(36), nullable=False),
    Column("period_start", BigInteger, nullable=False, comment="Unix seconds, UTC"),
    Column("period_end", BigInteger, nullable=False, comment="Unix seconds, UTC"),
    Column("protocol", String(10), nullable=False),
    Column("body_sha256", String(64), nullable=False),
    Column("received_day", Date, nullable=False, comment="UTC"),
    Column("app_version", String(50), nullable=False),
    Column("python_version", String(50)),
    Column("platform", String(50), nullable=False),
    Column("deployment_mode", String(50), nullable=False),
    Column("country_code", String(2), nullable=False),
    Column("printer_count", Integer),
    Column("printer_types", JSON(none_as_null=True)),
    Column("printer_type_counts", JSON(none_as_null=True)),
    Column("job_count", Integer),
    Column("completed_count", Integer),
    Column("failed_count", Integer),
    Column("cancelled_count", Integer),
    Column("print_hours", Integer),
    Column("file_count", Integer),
    Column("upload_count", Integer),
    Column("uptime_hours", Integer),
    Column("feature_usage", JSON(none_as_null=True)),
    Column("error_summary", JSON(none_as_null=True)),
    UniqueConstraint("installation_id", "period_start"),
    # Numbers of receipts are never given out twice, not even after a deletion.
    sqlite_autoincrement=True,
)


class DatabaseError(Exception):
    """The database cannot be used; the message is one line without any data."""


class Database:
    """One SQLite file: an engine for the single writer and one for readers."""

    def __init__(self, url: str, timeout: float) -> None:
        """Take the URL of a file and the seconds to wait for a foreign lock."""
        self.writer = _engine(make_url(url), timeout, _prepare_writer)
        # Each reading opens the file anew, so that a file that is gone is noticed.
        self._reader = _engine(_existing_file(make_url(url)), timeout, _prepare_reader, poolclass=NullPool)
        event.listen(self.writer, "begin", _begin_immediate)

    @classmethod
    def open(cls, url: str, timeout: float) -> Self:
        """Return a database with its tables made; raises DatabaseError."""
        database = cls(url, timeout)
        try:
            with database.writer.begin() as connection:
                METADATA.create_all(connection)
                connection.execute(select(SUBMISSIONS).limit(0))
        except SQLAlchemyError as error:
            database.close()
            message = f"AGGREGATION_DATABASE_URL: the database cannot be used ({reason(error)})"
            raise DatabaseError(message) from None
        return database

    def check(self) -> None:
        """Read from the table; raises SQLAlchemyError. Blocks: never call it on the event loop."""
        with self._reader.connect() as connection:
            connection.execute(select(SUBMISSIONS.c.id).limit(1)).first()

    def close(self) -> None:
        """Close all connections."""
        self.writer.dispose()
        self._reader.dispose()


def reason(error: SQLAlchemyError) -> str:
    """Return a short reason that holds no statement and no value."""
    name = getattr(getattr(error, "orig", None), "sqlite_errorname", None)
    return str(name or type(error).__name__)


def _engine(
    url: URL,
    timeout: float,
    prepare: Callable[[DBAPIConnection, object], None],
    poolclass: type[Pool] = QueuePool,
) -> Engine:
    """Return an engine whose connections are prepared and whose errors show no values."""
    engine = create_engine(url, connect_args={"timeout": timeout}, hide_parameters=True, poolclass=poolclass)
    event.listen(engine, "connect", prepare)
    return engine


def _existing_file(url: URL) -> URL:
    """Return a URL that opens the same file but never creates it."""
    return url.set(database=f"file:{quote(url.database or '')}").update_query_dict(
        {"mode": "rw", "uri": "true"}
    )


def _prepare_writer(connection: DBAPIConnection, _: object) -> None:
    """Make commits durable, and leave the beginning of transactions to `_begin_immediate`."""
    connection.isolation_level = None
    _pragmas(connection, "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON")


def _prepare_reader(connection: DBAPIConnection, _: object) -> None:
    """Let a reader change nothing."""
    _pragmas(connection, "query_only=ON")


def _pragmas(connection: DBAPIConnection, *settings: str) -> None:
    """Apply SQLite settings to a new connection."""
    cursor = connection.cursor()
    for setting in settings:
        cursor.execute(f"PRAGMA {setting}")
    cursor.close()


def _begin_immediate(connection: Connection) -> None:
    """Take the write lock at once, so that what a transaction has read stays true."""
    connection.exec_driver_sql("BEGIN IMMEDIATE")
