"""Connections that stay open read the file that is there now, and no other."""

from contextlib import closing, suppress
from pathlib import Path
import shutil
import sqlite3
import subprocess
import sys

import pytest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from aggregation.storage.engine import Database

IS_FREE = """
import fcntl, sys
with open(sys.argv[1], "rb+") as file:
    try:
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 510, 0x40000002)
    except OSError:
        sys.exit("in use")
"""
"""Asks for the lock that SQLite takes before it removes the log: nobody else may have the file open."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file with one number, 1."""
    return _made(tmp_path / "a.db", 1)


def test_a_connection_that_reads_stays_open(path: Path) -> None:
    with closing(Database(f"sqlite:///{path}", 0.1)) as database:
        with database.reading() as connection:
            first = connection.connection.dbapi_connection
        with database.reading() as connection:
            assert connection.connection.dbapi_connection is first


def test_what_was_written_meanwhile_is_read(path: Path) -> None:
    with closing(Database(f"sqlite:///{path}", 0.1)) as database:
        assert _numbers(database) == [1]
        with database.writing() as connection:
            connection.execute(text("INSERT INTO t VALUES (2)"))
        assert _numbers(database) == [1, 2]


def test_a_file_that_was_replaced_is_opened_anew(path: Path) -> None:
    other = _made(path.with_name("b.db"), 2)
    with closing(Database(f"sqlite:///{path}", 0.1)) as database:
        assert _numbers(database) == [1]
        other.rename(path)
        assert _numbers(database) == [2]
        assert not [one for one in _open_files() if one.endswith("(deleted)") and str(path) in one]


def test_the_log_of_a_file_that_was_replaced_is_not_read(path: Path) -> None:
    """A restored backup comes without the log, of which the old connections know."""
    other = _made(path.with_name("b.db"), 3)
    with closing(Database(f"sqlite:///{path}", 0.1)) as database, closing(sqlite3.connect(path)) as writing:
        writing.execute("INSERT INTO t VALUES (2)")
        writing.commit()
        assert _numbers(database) == [1, 2]
        for log in ("-wal", "-shm"):
            path.with_name(path.name + log).unlink()
        other.rename(path)
        with closing(sqlite3.connect(path)) as restored:
            restored.execute("INSERT INTO t VALUES (4)")
            restored.commit()
            assert _numbers(database) == [3, 4]
    assert _rows(path) == [3, 4]


def test_a_file_that_was_removed_is_not_read(path: Path) -> None:
    kept = path.with_name("kept.db")
    shutil.copyfile(path, kept)
    with closing(Database(f"sqlite:///{path}", 0.1)) as database:
        assert _numbers(database) == [1]
        path.unlink()
        for _ in range(2):
            with pytest.raises(SQLAlchemyError):
                _numbers(database)
        assert not path.exists()
        kept.rename(path)
        assert _numbers(database) == [1]


def test_a_closed_database_has_no_file_open(path: Path) -> None:
    database = Database(f"sqlite:///{path}", 0.1)
    with database.reading() as one, database.reading() as other:
        for connection in (one, other):
            connection.execute(text("SELECT n FROM t"))
    assert [one for one in _open_files() if str(path) in one]
    database.close()
    assert not [one for one in _open_files() if str(path) in one]


def test_another_process_sees_that_the_file_is_in_use(path: Path) -> None:
    """Else the one who closes it takes itself for the last one, and may remove the log."""
    with closing(Database(f"sqlite:///{path}", 0.1)) as database:
        assert _numbers(database) == [1]
        with database.writing() as connection:
            connection.execute(text("INSERT INTO t VALUES (2)"))
        assert subprocess.run([sys.executable, "-c", IS_FREE, path], check=False).returncode == 1
    assert subprocess.run([sys.executable, "-c", IS_FREE, path], check=False).returncode == 0


def _made(path: Path, number: int) -> Path:
    """Make a file with one number."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE t (n INTEGER)")
        connection.execute("INSERT INTO t VALUES (?)", (number,))
        connection.commit()
    return path


def _numbers(database: Database) -> list[int]:
    """Read the numbers of a database."""
    with database.reading() as connection:
        return list(connection.scalars(text("SELECT n FROM t ORDER BY n")))


def _rows(path: Path) -> list[int]:
    """Read the numbers of a file by a connection of its own."""
    with closing(sqlite3.connect(path)) as connection:
        return [number for (number,) in connection.execute("SELECT n FROM t ORDER BY n")]


def _open_files() -> list[str]:
    """Return what the descriptors of this process are of."""
    found: list[str] = []
    for one in Path("/proc/self/fd").iterdir():
        with suppress(OSError):  # the one of the folder itself
            found.append(str(one.readlink()))
    return found
