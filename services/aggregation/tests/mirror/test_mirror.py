"""The copy in a real ClickHouse engine, from SQLite and from a real PostgreSQL."""

from base64 import b64encode
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from clickhouse_connect.driver.client import Client
import pytest
from sqlalchemy import select

from aggregation.keeping.backup import backup, restore
from aggregation.mirror.clickhouse import COLUMNS, TABLE, ClickHouse
from aggregation.mirror.worker import FAILED_SECONDS, IDLE_SECONDS, Mirror
from aggregation.rollups.retention import purge
from aggregation.storage.changes import forget
from aggregation.storage.engine import Database, LockName
from aggregation.storage.migrate import migrate
from aggregation.storage.records import Retention
from aggregation.storage.schema import CHANGES, SUBMISSIONS
from tests.made import WEEK, count, deleted, fold_all, folded, made, stored, verified
from tests.mirror.bridge import served

TODAY = date(2026, 11, 22)
FULL: dict[str, Any] = {
    "printer_count": 2,
    "printer_types": ["bambu_lab", "prusa"],
    "printer_type_counts": {"bambu_lab": 1, "prusa": 1},
    "job_count": 7,
    "feature_usage": {"timelapse_enabled": True},
    "error_summary": {"store_error": 3},
}


@pytest.fixture
def mirror(storage: Database, clickhouse_url: str) -> Iterator[Mirror]:
    mirror = Mirror(storage, ClickHouse(clickhouse_url))
    assert mirror.step() == 0.0
    yield mirror
    mirror.stop()


def copy_all(mirror: Mirror) -> None:
    while mirror.step() == 0.0:
        pass


def copied(clickhouse: Client) -> list[dict[str, Any]]:
    names = ", ".join(COLUMNS)
    return list(
        clickhouse.query(f"SELECT {names} FROM {TABLE} FINAL ORDER BY id", tz_mode="aware").named_results()
    )


def expected(database: Database) -> list[dict[str, Any]]:
    """Return the rows of the database as ClickHouse should show them."""
    statement = select(*(SUBMISSIONS.c[name] for name in COLUMNS)).order_by(SUBMISSIONS.c.id)
    with database.reading() as connection:
        rows = [dict(row) for row in connection.execute(statement).mappings()]
    for row in rows:
        for name in ("period_start", "period_end"):
            row[name] = datetime.fromtimestamp(row[name], UTC)
        for name, kind in COLUMNS.items():
            if row[name] is None and kind.startswith(("Array", "Map")):
                row[name] = [] if kind.startswith("Array") else {}
    return rows


def everywhere(clickhouse: Client, number: int) -> int:
    """Return how many versions of a report any part of the table holds."""
    return int(clickhouse.query(f"SELECT count() FROM {TABLE} WHERE id = {number}").result_rows[0][0])


def test_reports_arrive_with_what_the_fold_derives(
    storage: Database, mirror: Mirror, clickhouse: Client
) -> None:
    folded(storage, made("a", **FULL), made("b", protocol="2.0"), made("a", WEEK + 1))
    copy_all(mirror)
    rows = copied(clickhouse)
    assert rows == expected(storage)
    assert [row["weeks_since_previous_report"] for row in rows] == ["none", "1", "1"]
    folded(storage, made("a", WEEK - 3))
    copy_all(mirror)
    assert copied(clickhouse) == expected(storage)
    assert count(storage, CHANGES) == 0


def test_waiting_reports_come_when_they_are_folded(
    storage: Database, mirror: Mirror, clickhouse: Client
) -> None:
    stored(storage, made("a"))
    copy_all(mirror)
    assert copied(clickhouse) == []
    fold_all(storage)
    copy_all(mirror)
    assert len(copied(clickhouse)) == 1


def test_deletion_removes_every_version(storage: Database, mirror: Mirror, clickhouse: Client) -> None:
    folded(storage, made("a", WEEK + 1), made("b"))
    copy_all(mirror)
    folded(storage, made("a"))
    copy_all(mirror)
    assert everywhere(clickhouse, 1) >= 1
    deleted(storage, "a")
    copy_all(mirror)
    assert [row["installation_id"] for row in copied(clickhouse)] == ["b"]
    assert everywhere(clickhouse, 1) == everywhere(clickhouse, 3) == 0


def test_retention_is_carried_over(storage: Database, mirror: Mirror, clickhouse: Client) -> None:
    folded(storage, made("old", WEEK - 120), made("nameless", WEEK - 70), made("new"))
    copy_all(mirror)
    purge(storage, Retention(), TODAY)
    copy_all(mirror)
    assert copied(clickhouse) == expected(storage)
    assert [row["installation_id"][:8] for row in copied(clickhouse)] == ["dropped-", "new"]
    assert everywhere(clickhouse, 2) == 1


def test_a_batch_that_is_written_twice_counts_once(
    storage: Database, mirror: Mirror, clickhouse: Client, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    folded(storage, made("a"), made("b"))
    with monkeypatch.context() as patch:
        patch.setattr("aggregation.storage.changes.done", lambda *_: 1 / 0)
        assert mirror.step() == mirror.step() == FAILED_SECONDS
    assert caplog.messages == ["The mirror cannot be written: ZeroDivisionError"]
    copy_all(mirror)
    assert caplog.messages[1:] == ["The mirror can be written again"]
    assert copied(clickhouse) == expected(storage)
    assert clickhouse.query(f"SELECT count(), sum(week) FROM {TABLE} FINAL").result_rows == [(2, 2 * WEEK)]


def test_deletion_while_a_batch_is_under_way(
    storage: Database, clickhouse_url: str, clickhouse: Client
) -> None:
    class Slow(ClickHouse):
        def write(self, *arguments: Any) -> None:
            deleted(storage, "a")
            super().write(*arguments)

    mirror = Mirror(storage, Slow(clickhouse_url))
    mirror.step()
    folded(storage, made("a"), made("b"))
    copy_all(mirror)
    mirror.stop()
    assert [row["installation_id"] for row in copied(clickhouse)] == ["b"]


def test_nothing_is_noted_without_a_mirror(storage: Database) -> None:
    folded(storage, made("a"), made("b"))
    deleted(storage, "a")
    assert count(storage, CHANGES) == 0


def test_begun_late_and_begun_again(storage: Database, clickhouse_url: str, clickhouse: Client) -> None:
    folded(storage, made("a"), made("b"))
    mirror = Mirror(storage, ClickHouse(clickhouse_url))
    copy_all(mirror)
    assert copied(clickhouse) == expected(storage)
    with storage.writing() as connection:
        forget(connection)
    deleted(storage, "a")
    copy_all(mirror)
    assert [row["installation_id"] for row in copied(clickhouse)] == ["b"]
    mirror.stop()


def test_one_process_at_a_time(
    postgres_url: str, clickhouse_url: str, clickhouse: Client, tmp_path: Path
) -> None:
    database = Database(postgres_url, 5)
    migrate(database)
    mirror = Mirror(database, ClickHouse(clickhouse_url))
    with database.alone(LockName.MIRROR) as is_free:
        assert is_free
        assert mirror.step() == IDLE_SECONDS
    copy_all(mirror)
    assert copied(clickhouse) == []
    mirror.stop()
    database.close()


def test_restored_database_fills_it_anew(
    storage: Database, mirror: Mirror, clickhouse_url: str, clickhouse: Client, tmp_path: Path
) -> None:
    folded(storage, made("a"))
    with storage.reading() as connection:
        backup(connection, tmp_path / "backup")
    folded(storage, made("later"))
    copy_all(mirror)
    other = Database(f"sqlite:///{tmp_path / 'other.db'}", 1)
    restore(other, tmp_path / "backup", None)
    again = Mirror(other, ClickHouse(clickhouse_url))
    copy_all(again)
    assert [row["installation_id"] for row in copied(clickhouse)] == ["a"]
    assert verified(other).agrees
    again.stop()
    other.close()


def test_over_http(clickhouse_url: str, clickhouse: Client, database: Path) -> None:
    storage = Database(f"sqlite:///{database}", 1)
    migrate(storage)
    name = clickhouse_url.rpartition("/")[2]
    with served(name, b64encode(b"stats:p@ss").decode()) as address:
        mirror = Mirror(storage, ClickHouse(f"http://stats:p%40ss@{address}/{name}?compress=false"))
        folded(storage, made("a", **FULL), made("b", protocol="2.0"))
        copy_all(mirror)
        assert copied(clickhouse) == expected(storage)
        deleted(storage, "a")
        copy_all(mirror)
        assert everywhere(clickhouse, 1) == 0
        assert copied(clickhouse) == expected(storage)
        mirror.stop()
    storage.close()


def test_wrong_password(clickhouse_url: str, database: Path, caplog: pytest.LogCaptureFixture) -> None:
    storage = Database(f"sqlite:///{database}", 1)
    migrate(storage)
    with served(clickhouse_url.rpartition("/")[2], b64encode(b"stats:right").decode()) as address:
        mirror = Mirror(storage, ClickHouse(f"http://stats:wrong@{address}/x"))
        assert mirror.step() == FAILED_SECONDS
        mirror.stop()
    assert caplog.messages[-1] == "The mirror cannot be written: DatabaseError"
    assert "wrong" not in caplog.text
    storage.close()
