from pathlib import Path
import stat

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import SQLAlchemyError

from aggregation.storage import sqlite
from aggregation.storage.engine import Database, take_time
from aggregation.storage.migrate import opened
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


def test_log_of_sqlite_shrinks_once_no_reader_holds_it(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "LOG_BYTES", 100_000)
    opened_database = opened(f"sqlite:///{database}", 5)
    log = database.with_name(f"{database.name}-wal")
    with opened_database.reading() as connection:
        connection.execute(select(SUBMISSIONS.c.id)).all()
        while log.stat().st_size < 6_000_000:
            stored(opened_database, *(made() for _ in range(100)))
    for _ in range(5):
        stored(opened_database, made())
    assert log.stat().st_size < 1_000_000
    opened_database.close()


def test_connections_to_a_server_notice_that_it_is_gone(postgres_url: str) -> None:
    database = Database(postgres_url, 2.5)
    with database.writing() as connection:
        settings = {
            name: connection.scalar(text(f"SHOW {name}"))
            for name in ("lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout")
        }
        driver = connection.connection.dbapi_connection
        assert driver
        given = driver.info.get_parameters()
        take_time(connection)
        assert connection.scalar(text("SHOW statement_timeout")) == "0"
    with database.writing() as connection:
        assert connection.scalar(text("SHOW statement_timeout")) == "1min"
    database.close()
    assert settings == {
        "lock_timeout": "2500ms",
        "statement_timeout": "1min",
        "idle_in_transaction_session_timeout": "10min",
    }
    assert {"connect_timeout", "keepalives_idle", "tcp_user_timeout"} <= given.keys()
