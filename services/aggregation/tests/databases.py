"""Databases for the tests: SQLite always, PostgreSQL for real, SQL Server when one is given."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import cache
import os
from pathlib import Path
import tempfile
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, make_url, text

from aggregation.storage.engine import Database
from aggregation.storage.migrate import migrate
from aggregation.storage.schema import METADATA

KINDS = ("sqlite", "postgresql", "mssql")
SQLITE = "storage.db"
MSSQL = "AGGREGATION_TEST_MSSQL_URL"


@contextmanager
def database_url(kind: str, folder: Path, server: str, template: str = "") -> Iterator[str]:
    """Give the URL of an empty database; `server` is that of a PostgreSQL, with one to copy, if any."""
    if kind == "sqlite":
        yield f"sqlite:///{folder / SQLITE}"
    elif kind == "postgresql":
        with created(server, template) as there:
            yield there
    elif url := os.environ.get(MSSQL):
        _empty(url)
        yield url
    else:
        pytest.skip(f"{MSSQL} names no SQL Server")


@contextmanager
def created(server: str, template: str = "") -> Iterator[str]:
    """Give a database of its own on a server, empty or a copy of one; it is dropped in the end."""
    name = f"test_{uuid4().hex}"
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        copied = f" TEMPLATE {make_url(template).database}" if template else ""
        connection.execute(text(f"CREATE DATABASE {name}{copied}"))
    try:
        yield make_url(server).set(database=name).render_as_string(hide_password=False)
    finally:
        with engine.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
        engine.dispose()


def make_tables(path: Path) -> None:
    """Make an SQLite database with its tables, if none is there: a copy of one that was migrated."""
    if path.exists():
        return
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(_migrated())


@cache
def _migrated() -> bytes:
    """Return the file of a database that the migrations made."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "migrated.db")
        with closing(Database(f"sqlite:///{path}", 60)) as database:
            migrate(database)
        return path.read_bytes()


def _empty(url: str) -> None:
    """Drop our tables from a SQL Server that is there for tests."""
    database = Database(url, 5)
    with database.writing() as connection:
        METADATA.drop_all(connection)
        connection.execute(text("DROP TABLE IF EXISTS alembic_version"))
    database.close()
