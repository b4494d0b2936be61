from pathlib import Path
import stat

import pytest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from aggregation.storage.engine import Database
from aggregation.storage.schema import SUBMISSIONS
from tests.made import count, made, stored


def test_sqlite_is_durable(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'a file?#%.db'}", 0.1)
    with database.writing() as connection:
        names = ("journal_mode", "synchronous", "foreign_keys", "secure_delete")
        pragmas = [connection.execute(text(f"PRAGMA {name}")).scalar() for name in names]
    with database.reading() as connection:
        assert connection.execute(text("SELECT 1")).scalar() == 1
    database.close()
    assert pragmas == ["wal", 2, 1, 1]


def test_files_are_for_their_owner_alone(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'a.db'}", 0.1)
    with database.writing() as connection:
        connection.execute(text("CREATE TABLE t (n INTEGER)"))
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()}
    database.close()
    assert modes == {"a.db": 0o600, "a.db-wal": 0o600, "a.db-shm": 0o600}


def test_postgres_is_durable(postgres_url: str) -> None:
    database = Database(postgres_url, 2)
    with database.reading() as connection:
        names = ("synchronous_commit", "lock_timeout")
        assert [connection.scalar(text(f"SHOW {name}")) for name in names] == ["on", "2s"]
    database.close()


def test_reader_sees_one_state(storage: Database) -> None:
    with storage.reading() as connection:
        before = connection.execute(SUBMISSIONS.select()).all()
        stored(storage, made())
        assert connection.execute(SUBMISSIONS.select()).all() == before == []
    assert count(storage, SUBMISSIONS) == 1


def test_reader_notices_that_the_file_is_gone(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    database = Database(f"sqlite:///{path}", 0.1)
    with database.writing() as connection:
        connection.execute(text("CREATE TABLE t (n INTEGER)"))
    path.rename(tmp_path / "gone")
    with pytest.raises(SQLAlchemyError), database.reading() as connection:
        connection.execute(text("SELECT n FROM t"))
    assert not path.exists()
    database.close()
