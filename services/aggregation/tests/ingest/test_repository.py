from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, delete, func, select
from sqlalchemy.exc import IntegrityError

from aggregation.db import SUBMISSIONS, Database
from aggregation.ingest.repository import StoredSubmission, Submission, store

DAY = date(2026, 11, 22)


@pytest.fixture
def engine(database: Path) -> Iterator[Engine]:
    opened = Database.open(f"sqlite:///{database}", 0.1)
    yield opened.writer
    opened.close()


def submission(installation: str, start: int, sha256: str = "0" * 64) -> Submission:
    columns: dict[str, Any] = {
        "installation_id": installation,
        "period_start": start,
        "period_end": start + 1,
        "protocol": "1.0",
        "body_sha256": sha256,
        "received_day": DAY,
        "app_version": "1.0",
        "platform": "linux",
        "deployment_mode": "docker",
        "country_code": "XX",
        "error_summary": {"store_error": 1},
    }
    return Submission(key=(installation, start), columns=columns)


def stored(engine: Engine, *submissions: Submission) -> list[StoredSubmission]:
    with engine.begin() as connection:
        return store(connection, submissions)


def count(engine: Engine) -> int:
    with engine.connect() as connection:
        return connection.execute(select(func.count()).select_from(SUBMISSIONS)).scalar_one()


def test_new_rows_in_order(engine: Engine) -> None:
    batch = [submission(f"id-{number}", number) for number in range(200)]
    assert [entry.submission_id for entry in stored(engine, *batch)] == list(range(1, 201))
    assert count(engine) == 200


def test_first_stays(engine: Engine) -> None:
    first = stored(engine, submission("a", 1, "1" * 64))
    assert stored(engine, submission("a", 1, "1" * 64)) == first
    assert stored(engine, submission("a", 1, "2" * 64)) == first
    assert first == [StoredSubmission(submission_id=1, body_sha256="1" * 64, received_day=DAY)]
    assert count(engine) == 1


def test_first_of_a_batch_stays(engine: Engine) -> None:
    known = submission("a", 1, "1" * 64)
    stored(engine, known)
    batch = [
        submission("b", 1, "2" * 64),
        known,
        submission("b", 1, "3" * 64),
        submission("a", 2, "4" * 64),
    ]
    entries = stored(engine, *batch)
    assert [entry.body_sha256[0] for entry in entries] == ["2", "1", "2", "4"]
    assert count(engine) == 3


def test_numbers_are_never_used_again(engine: Engine) -> None:
    stored(engine, submission("a", 1))
    with engine.begin() as connection:
        connection.execute(delete(SUBMISSIONS))
    assert stored(engine, submission("a", 1))[0].submission_id == 2


def test_database_itself_refuses_a_second_row(engine: Engine) -> None:
    stored(engine, submission("a", 1))
    with pytest.raises(IntegrityError), engine.begin() as connection:
        connection.execute(SUBMISSIONS.insert(), dict(submission("a", 1).columns))
