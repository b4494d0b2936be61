"""A report that cannot be folded is put aside: it holds up no other."""

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import OperationalError

from aggregation.keeping.repository import Repository
from aggregation.keeping.writer import Writer, WriterHere
from aggregation.rollups import fold as folds
from aggregation.storage.engine import Database
from aggregation.storage.schema import PENDING, SUBMISSIONS
from tests.made import count, deleted, made, stored, sums, verified


@pytest.fixture
def damaged(storage: Database) -> int:
    """Give the number of a report in the middle of others that was damaged in the database."""
    numbers = [each.submission_id for each in stored(storage, *(made(name) for name in "abcde"))]
    damage(storage, numbers[2], [1, 2])
    return numbers[2]


def damage(storage: Database, number: int, value: object) -> None:
    """Let a map of errors be something else."""
    with storage.writing() as connection:
        changed = update(SUBMISSIONS).where(SUBMISSIONS.c.id == number)
        connection.execute(changed.values(error_summary=value))


def fold_all(writer: Writer) -> None:
    """Fold until nothing waits."""
    while writer.fold(100):
        pass


def test_those_behind_it_are_folded(
    storage: Database, damaged: int, caplog: pytest.LogCaptureFixture
) -> None:
    writer = Writer(storage)
    fold_all(writer)
    assert sums(storage)["active:"] == 4
    assert (writer.work.folded, writer.work.put_aside, writer.work.last_error) == (4, 1, "AttributeError")
    with storage.reading() as connection:
        assert connection.execute(select(PENDING.c.submission_id, PENDING.c.put_aside)).all() == [
            (damaged, "AttributeError")
        ]
    assert caplog.messages == ["A report cannot be folded and is put aside: AttributeError"]
    stored(storage, made("f"))
    fold_all(writer)
    assert sums(storage)["active:"] == 5
    assert len(caplog.messages) == 1
    assert verified(storage).submissions == 5


def test_it_is_listed_and_folded_once_it_can_be(
    storage: Database, damaged: int, caplog: pytest.LogCaptureFixture
) -> None:
    writer = Writer(storage)
    fold_all(writer)
    repository = Repository(storage, WriterHere(writer))
    (listed,) = repository.put_aside()
    assert (listed.submission_id, listed.error, listed.protocol) == (damaged, "AttributeError", "1.0")
    assert repository.fold_lag() == 0
    damage(storage, damaged, {"other": 1})
    assert repository.take_back() == 1
    assert repository.put_aside() == []
    fold_all(writer)
    assert sums(storage)["active:"] == 5
    assert verified(storage).agrees
    assert caplog.messages


def test_it_can_be_deleted(storage: Database, damaged: int, caplog: pytest.LogCaptureFixture) -> None:
    fold_all(Writer(storage))
    assert damaged
    assert deleted(storage, "c") == 1
    assert count(storage, PENDING) == 0
    assert verified(storage).agrees
    assert caplog.messages


def test_database_that_is_away_puts_nothing_aside(storage: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    stored(storage, made("a"))

    def away(*_: object) -> None:
        raise OperationalError("", {}, Exception())

    writer = Writer(storage)
    with monkeypatch.context() as context:
        context.setattr(folds, "apply", away)
        with pytest.raises(OperationalError):
            writer.fold(10)
    assert writer.work.put_aside == 0
    assert writer.fold(10) == 1
