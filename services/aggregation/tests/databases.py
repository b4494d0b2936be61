"""Databases for the tests: SQLite always, PostgreSQL for real, SQL Server when one is given."""

from collections.abc import Iterator
from contextlib import contextmanager
import os
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from aggregation.storage.engine import Database
from aggregation.storage.schema import METADATA

KINDS = ("sqlite", "postgresql", "mssql")
MSSQL = "AGGREGATION_TEST_MSSQL_URL"


@contextmanager
def database_url(kind: str, folder: Path, server: str) -> Iterator[str]:
    """Give the URL of an empty database; `server` is that of a PostgreSQL."""
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'storage.db'}"
    elif kind == "postgresql":
        yield _emptied(server)
    elif url := os.environ.get(MSSQL):
        _empty(url)
        yield url
    else:
        pytest.skip(f"{MSSQL} names no SQL Server")


def _emptied(server: str) -> str:
    """Empty the database of a server, whoever still uses it."""
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        others = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        connection.execute(text(f"SELECT pg_terminate_backend(pid) {others}"))
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    engine.dispose()
    return server


def _empty(url: str) -> None:
    """Drop our tables from a SQL Server that is there for tests."""
    database = Database(url, 5)
    with database.writing() as connection:
        METADATA.drop_all(connection)
        connection.execute(text("DROP TABLE IF EXISTS alembic_version"))
    database.close()
