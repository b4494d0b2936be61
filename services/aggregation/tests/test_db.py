from pathlib import Path
import sqlite3

import pytest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from aggregation.db import Database, DatabaseError


def opened(path: Path) -> Database:
    return Database.open(f"sqlite:///{path}", 0.1)


def test_writer_is_durable(database: Path) -> None:
    store = opened(database)
    with store.writer.connect() as connection:
        pragmas = [
            connection.execute(text(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        ]
    store.close()
    assert pragmas == ["wal", 2, 1]


def test_check_reads(database: Path) -> None:
    store = opened(database)
    store.check()
    database.rename(database.with_suffix(".gone"))
    with pytest.raises(SQLAlchemyError):
        store.check()
    assert not database.exists()
    store.close()


def test_blank_in_path(tmp_path: Path) -> None:
    store = opened(tmp_path / "a file?#%.db")
    store.check()
    store.close()


def test_folder_is_missing(tmp_path: Path) -> None:
    with pytest.raises(DatabaseError, match=r"AGGREGATION_DATABASE_URL: .*SQLITE_CANTOPEN"):
        opened(tmp_path / "missing" / "aggregation.db")


def test_file_is_no_database(database: Path) -> None:
    database.write_bytes(b"something else, long enough for a header" * 10)
    with pytest.raises(DatabaseError, match="SQLITE_NOTADB"):
        opened(database)


def test_tables_of_another_program(database: Path) -> None:
    with sqlite3.connect(database) as connection:
        connection.execute("CREATE TABLE submissions (id INTEGER, other TEXT)")
    connection.close()
    with pytest.raises(DatabaseError, match="SQLITE_ERROR"):
        opened(database)


def test_locked(database: Path) -> None:
    opened(database).close()
    other = sqlite3.connect(database, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(DatabaseError, match="SQLITE_BUSY"):
        opened(database)
    other.close()
