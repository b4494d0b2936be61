from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
import logging
from pathlib import Path

import pytest
from sqlalchemy import Connection, select

from aggregation.insight.jobs import Job
from aggregation.insight.records import note, worked
from aggregation.insight.worker import FAILED_SECONDS, Worker
from aggregation.storage.engine import Database
from aggregation.storage.migrate import opened
from aggregation.storage.schema_alarms import ALARM_NOTES, WORKS
from tests.alerts.world import NOW


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    found = opened(f"sqlite:///{tmp_path / 'insight.db'}", 5.0)
    yield found
    found.close()


def writes(connection: Connection, number: int, _now: datetime) -> None:
    """A job that leaves a trace each time."""
    connection.execute(ALARM_NOTES.insert().values(alarm_id=number, made=0, note="x"))


def job(*numbers: int, kind: str = "a job") -> Job:
    return Job(kind, lambda _connection, _now: numbers, writes)


def traces(database: Database) -> list[int]:
    with database.reading() as connection:
        return sorted(connection.scalars(select(ALARM_NOTES.c.alarm_id)))


def test_each_number_is_done_once_in_order(database: Database) -> None:
    assert Worker(database, [job(3, 4, 5)], {}, lambda: NOW).once()
    assert Worker(database, [job(3, 4, 5, 6)], {}, lambda: NOW).once()
    assert traces(database) == [3, 4, 5, 6]
    with database.reading() as connection:
        assert worked(connection, "a job", range(10)) == {3, 4, 5, 6}
        assert worked(connection, "a job", []) == set()


def test_several_workers_do_each_number_once(storage: Database) -> None:
    def work(_: int) -> bool:
        worker = Worker(storage, [job(*range(20))], {}, lambda: NOW)
        while len(traces(storage)) < 20:
            worker.step()
        return worker.once()

    with ThreadPoolExecutor(3) as pool:
        assert all(pool.map(work, range(3)))
    assert traces(storage) == list(range(20))


def test_what_is_not_done_to_its_end_is_not_noted(database: Database) -> None:
    class Killed(BaseException):
        """The process is gone."""

    def die(connection: Connection, number: int, now: datetime) -> None:
        writes(connection, number, now)
        raise Killed

    with pytest.raises(Killed):
        Worker(database, [job(1)._replace(run=die)], {}, lambda: NOW).once()
    assert traces(database) == []
    assert Worker(database, [job(1)], {}, lambda: NOW).once()
    assert traces(database) == [1]


def test_a_job_that_fails_keeps_no_other_from_being_done_and_is_tried_again(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    tries: list[datetime] = []
    now = NOW

    def fail(_connection: Connection, _number: int, moment: datetime) -> None:
        tries.append(moment)
        raise ValueError("a value that nobody may see")

    worker = Worker(database, [job(1, kind="bad")._replace(run=fail), job(7)], {}, lambda: now)
    assert not worker.once()
    assert traces(database) == [7]
    assert not worker.once()
    assert len(tries) == 1
    now += timedelta(seconds=FAILED_SECONDS)
    assert not worker.once()
    assert len(tries) == 2
    assert {record.levelno for record in caplog.records} == {logging.ERROR}
    assert "nobody may see" not in caplog.text
    caplog.clear()


def test_only_one_instance_leads(postgres_url: str) -> None:
    database = opened(postgres_url, 5.0)
    seen: list[Sequence[int]] = []

    def due(_connection: Connection, _now: datetime) -> Sequence[int]:
        other = Worker(database, [job(9, kind="other")], {}, lambda: NOW)
        seen.append([other.step()])
        return []

    Worker(database, [Job("a job", due, writes)], {}, lambda: NOW).step()
    assert seen == [[False]]
    assert traces(database) == []
    database.close()


def test_the_same_work_cannot_be_noted_twice(database: Database) -> None:
    with database.writing() as connection:
        note(connection, "kind", 1, 2)
    with database.reading() as connection:
        assert [tuple(row) for row in connection.execute(select(WORKS))] == [("kind", 1, 2)]
