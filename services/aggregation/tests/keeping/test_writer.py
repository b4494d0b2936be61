from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import Connection, func, select
from sqlalchemy.exc import IntegrityError, OperationalError

from aggregation.keeping.writer import ATTEMPTS, Writer
from aggregation.keys import make_signer, new_receipt_key
from aggregation.storage import keys, submissions
from aggregation.storage.engine import Database
from aggregation.storage.migrate import opened
from aggregation.storage.records import Deleted, Deletion, Outcome, Report, StorageUnavailableError, Stored
from aggregation.storage.schema import SUBMISSIONS
from tests.made import WEEK, made


@pytest.fixture
def opened_database(database: Path) -> Iterator[Database]:
    given = opened(f"sqlite:///{database}", 0.1)
    yield given
    given.close()


def fail(monkeypatch: pytest.MonkeyPatch, error: Exception, times: int) -> None:
    """Let the first tries to store fail."""
    left = [times]
    store = submissions.store

    def failing(connection: Connection, reports: Sequence[Report]) -> list[Stored]:
        if left[0]:
            left[0] -= 1
            raise error
        return store(connection, reports)

    monkeypatch.setattr(submissions, "store", failing)


@pytest.mark.parametrize("times", [1, ATTEMPTS - 1])
def test_what_another_process_stored_first_is_seen_at_the_next_try(
    opened_database: Database, monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    fail(monkeypatch, IntegrityError("", {}, Exception()), times)
    (stored,) = Writer(opened_database).store([made()])
    assert stored.outcome is Outcome.NEW


@pytest.mark.parametrize(
    ("error", "times"),
    [(IntegrityError("", {}, Exception()), ATTEMPTS), (OperationalError("", {}, Exception()), 1)],
)
def test_database_that_cannot_be_written(
    opened_database: Database,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    error: Exception,
    times: int,
) -> None:
    fail(monkeypatch, error, times)
    with pytest.raises(StorageUnavailableError):
        Writer(opened_database).store([made()])
    assert caplog.messages == [f"The database cannot be written: {type(error).__name__}"]


def test_key_that_is_new_signs_at_once(opened_database: Database) -> None:
    writer = Writer(opened_database)
    writer.store([made()])
    row = new_receipt_key()
    with opened_database.writing() as connection:
        keys.add_receipt_key(connection, row)
    report = made(receipt_kid=row.kid)
    (stored,) = writer.store([report])
    signer = make_signer([row])
    assert stored.receipt == signer.submission(report.body_sha256, report.received_day, "1.0")
    assert writer.find(report) == type(stored)(Outcome.SAME, stored.submission_id, stored.receipt)


def test_no_receipt_without_a_key(
    opened_database: Database, monkeypatch: pytest.MonkeyPatch, database: Path
) -> None:
    writer = Writer(opened_database)

    def unreadable(*_: object) -> None:
        raise OperationalError("", {}, Exception())

    with monkeypatch.context() as context:
        context.setattr(keys, "ensure_receipt_key", unreadable)
        with pytest.raises(StorageUnavailableError):
            writer.store([made("a")])
    (again,) = writer.store([made("a")])
    assert again.outcome is Outcome.SAME


def test_nothing_of_a_deleted_installation_stays_in_any_file(
    opened_database: Database, database: Path
) -> None:
    writer = Writer(opened_database)
    identifier, day = str(uuid4()), date(2026, 11, 22)
    writer.store([made(identifier), made(identifier, WEEK + 1), made()])
    while writer.fold(100):
        pass
    with opened_database.reading() as reader:
        count = reader.scalar(select(func.count()).select_from(SUBMISSIONS))
        deleted = writer.delete(Deletion(installation_id=identifier, day=day, signed=True))
        writer.fold(100)  # somebody still reads what was there before
        assert holds(database, identifier)
    assert (count, deleted) == (3, Deleted(count=2, day=day))
    writer.fold(100)
    assert not holds(database, identifier)


def holds(database: Path, identifier: str) -> bool:
    """Tell whether any of the database's files holds an id."""
    return any(identifier.encode() in file.read_bytes() for file in database.parent.glob(f"{database.name}*"))
