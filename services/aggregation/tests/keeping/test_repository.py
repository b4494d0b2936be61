import asyncio
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import date
from pathlib import Path
import sqlite3

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from aggregation.keeping.fold_thread import GATHERING_SECONDS, IDLE_SECONDS, SMALLEST, FoldThread, Load
from aggregation.keeping.repository import Repository
from aggregation.keeping.writer import Writer, WriterHere
from aggregation.rollups.verify import Verification, verify
from aggregation.storage.engine import Database
from aggregation.storage.records import Deleted, Deletion, Outcome, StorageUnavailableError
from tests.made import fold_all, made, stored, verified
from tests.support import wait_until

DAY = date(2026, 11, 22)
DELETION = Deletion(installation_id="a", day=DAY, signed=False)


def opened(url: str, journal: Path, timeout: float = 0.1) -> Repository:
    """Return a repository whose writer notes deletions."""
    return Repository.open(url, timeout, lambda database: WriterHere(Writer(database, journal)))


def test_whole_life_of_a_report(storage_url: str, tmp_path: Path) -> None:
    async def run() -> None:
        journal = tmp_path / "journal"
        repository = opened(storage_url, journal, 5)
        await repository.start()
        assert await repository.find(made("a")) is None
        first = await repository.submit(made("a"))
        assert first.outcome is Outcome.NEW
        found = await repository.find(made("a"))
        assert found
        assert found.outcome is Outcome.SAME
        assert found.receipt == first.receipt
        await asyncio.to_thread(wait_until, lambda: repository.fold_lag() == 0)
        assert await repository.delete(DELETION) == Deleted(count=1, day=DAY)
        assert (await repository.submit(made("a"))).outcome is Outcome.GONE
        repository.check()
        assert repository.verify().agrees
        await repository.stop()
        assert journal.read_text().endswith(f" {DAY}\n")

    asyncio.run(run())


def test_reports_come_in_while_rollups_are_recounted(
    storage_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if storage_url.startswith("mssql"):
        pytest.skip("a reading there sees what is written meanwhile, so nothing is")
    repository = Repository.open(storage_url, 0.2)
    other = Database(storage_url, 0.2)
    stored(other, made())
    fold_all(other)

    def recount(connection: Connection) -> Verification:
        """Recount twice, and let a report be stored and folded between."""
        before = verify(connection)
        stored(other, made())
        fold_all(other)
        assert verify(connection) == before
        return before

    monkeypatch.setattr("aggregation.keeping.repository.verify", recount)
    found = repository.verify()
    assert (found.agrees, found.submissions) == (True, 1)
    assert verified(other).submissions == 2
    other.close()
    repository.close()


def test_locked_file(database: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def run() -> None:
        repository = opened(f"sqlite:///{database}", database.parent)
        with closing(sqlite3.connect(database, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(StorageUnavailableError):
                await repository.submit(made("a"))
            with pytest.raises(StorageUnavailableError):
                await repository.delete(DELETION)
        assert (await repository.submit(made("a"))).outcome is Outcome.NEW
        assert (await repository.submit(made("a"))).outcome is Outcome.SAME
        assert caplog.messages == [
            "The database cannot be written: SQLITE_BUSY",
            "No longer so: The database cannot be written",
        ]
        repository.close()

    asyncio.run(run())


def test_nothing_is_deleted_that_the_journal_cannot_note(
    database: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def run() -> None:
        repository = opened(f"sqlite:///{database}", database.parent)
        await repository.submit(made("a"))
        for _ in range(2):
            with pytest.raises(StorageUnavailableError):
                await repository.delete(DELETION)
            assert (await repository.submit(made("a"))).outcome is Outcome.SAME
        assert caplog.messages == ["The journal of deletions cannot be written: Is a directory"]
        repository.close()

    asyncio.run(run())


def test_file_is_gone(database: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def run() -> None:
        repository = opened(f"sqlite:///{database}", database.parent)
        database.rename(database.with_suffix(".gone"))
        with pytest.raises(OperationalError):
            repository.check()
        with pytest.raises(StorageUnavailableError):
            await repository.find(made("a"))
        assert caplog.messages == ["The database cannot be read: SQLITE_CANTOPEN"]
        repository.close()

    asyncio.run(run())


def test_folder_grows_its_steps_and_purges_once_a_day() -> None:
    sizes: list[int] = []
    failures: list[str] = []
    purges: list[date] = []

    def purge(today: date, _: object) -> Iterator[object]:
        purges.append(today)
        return iter(())

    def fold(limit: int) -> int:
        sizes.append(limit)
        return limit if len(sizes) < 4 else 0

    folder = FoldThread(fold, purge, lambda: Load.QUIET, failures.append)
    pauses = [folder._step() for _ in range(6)]
    assert sizes[:4] == [SMALLEST, 2 * SMALLEST, 4 * SMALLEST, 8 * SMALLEST]
    assert pauses == [0.0, 0.0, 0.0, 1.0, 1.0, 1.0]
    assert (len(purges), failures) == (1, [])


@pytest.mark.parametrize("error", [OperationalError("", {}, Exception()), LookupError()])
def test_folder_goes_on_after_an_error(error: Exception, caplog: pytest.LogCaptureFixture) -> None:
    def fold(_: int) -> int:
        raise error

    failures: list[str] = []
    folder = FoldThread(fold, lambda _, __: iter(()), lambda: Load.BUSY, failures.append)
    assert folder._step() == 1.0
    assert type(error).__name__ in caplog.text
    assert len(failures) == 1


def test_folder_leaves_room_for_requests() -> None:
    folder = FoldThread(lambda limit: limit, lambda _, __: iter(()), lambda: Load.BUSY, lambda _: None)
    assert folder._step() > 0.0


@pytest.mark.parametrize(
    ("load", "pause"),
    [
        (Load.CROWDED, GATHERING_SECONDS),
        (Load.BUSY, GATHERING_SECONDS),
        (Load.QUIET, IDLE_SECONDS),
    ],
)
def test_reports_wait_for_others_while_more_keep_coming(load: Load, pause: float) -> None:
    folder = FoldThread(lambda _: 1, lambda _, __: iter(()), lambda: load, lambda _: None)
    assert folder._step() == pause


def test_folder_hurries_unless_reports_crowd() -> None:
    load = Load.CROWDED
    folder = FoldThread(lambda limit: limit, lambda _, __: iter(()), lambda: load, lambda _: None)
    folder._step()
    assert folder._folds.behind == 0
    load = Load.BUSY
    folder._step()
    assert folder._folds.behind == 1


def test_folder_purges_in_steps_also_while_there_is_always_something_to_fold() -> None:
    left = [3]

    def purge(_: date, size: Callable[[], int]) -> Iterator[int]:
        while left[0]:
            left[0] -= 1
            yield size()

    folder = FoldThread(lambda limit: limit, purge, lambda: Load.BUSY, lambda _: None)
    pauses = [folder._step() for _ in range(2)]
    assert left == [1]
    assert all(pause > 0.0 for pause in pauses)
    for _ in range(5):
        folder._step()
    assert left == [0]


def test_purge_that_fails_is_begun_anew() -> None:
    begun: list[date] = []

    def purge(today: date, _: object) -> Iterator[int]:
        begun.append(today)
        yield 1
        raise OperationalError("", {}, Exception())

    folder = FoldThread(lambda _: 0, purge, lambda: Load.QUIET, lambda _: None)
    assert [folder._step() for _ in range(4)] == [0.0, 1.0, 0.0, 1.0]
    assert len(begun) == 2
