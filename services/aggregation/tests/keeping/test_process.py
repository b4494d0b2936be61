"""The writer in a process of its own: what it answers, and what it tells of itself."""

import asyncio
import os
from pathlib import Path
import signal

from msgspec import structs
import pytest

from aggregation.keeping import process
from aggregation.keeping.process import WriterError, WriterProcess
from aggregation.storage.engine import Database
from aggregation.storage.records import Deleted, Outcome, StorageUnavailableError
from aggregation.storage.schema import PENDING, SUBMISSIONS
from tests.keeping.writing import DELETION, kept, process_of, until
from tests.made import WEEK, count, made

pytestmark = pytest.mark.programs


def test_whole_life_of_a_report(storage_url: str, tmp_path: Path) -> None:
    journal = tmp_path / "journal"

    async def work(writer: WriterProcess) -> None:
        report = made("a", error_summary={"other": 2}, printer_types=["prusa"])
        assert await writer.find(report) is None
        first, same, other = await writer.store([report, report, made("b")])
        assert [each.outcome for each in (first, same, other)] == [Outcome.NEW, Outcome.SAME, Outcome.NEW]
        assert first.receipt == same.receipt
        assert await writer.find(report) == same
        database = Database(storage_url, 5)
        await until(lambda: count(database, PENDING) == 0)
        database.close()
        assert await writer.delete(DELETION) == Deleted(count=1, day=DELETION.day)
        assert (await writer.store([report]))[0].outcome is Outcome.GONE

    kept(storage_url, work, journal)
    assert journal.read_text().endswith(" 2026-11-22\n")


def test_calls_are_answered_in_order_and_to_who_asked(database: Path) -> None:
    async def work(writer: WriterProcess) -> None:
        batches = [[made(f"{batch}-{number}") for number in range(40)] for batch in range(10)]
        tasks = [asyncio.create_task(writer.store(batch)) for batch in batches]
        await asyncio.sleep(0)
        tasks[3].cancel()
        for batch, task in zip(batches, tasks, strict=True):
            if task is not tasks[3]:
                receipts = [stored.receipt["body_sha256"] for stored in await task]
                assert receipts == [report.body_sha256 for report in batch]

    kept(f"sqlite:///{database}", work)


def test_calls_that_wait_are_limited(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "CAPACITY", 2)

    async def work(writer: WriterProcess) -> None:
        calls = [writer.find(made()) for _ in range(5)]
        answers = await asyncio.gather(*calls, return_exceptions=True)
        assert [type(answer) for answer in answers] == [type(None)] * 2 + [StorageUnavailableError] * 3
        assert await writer.find(made()) is None

    kept(f"sqlite:///{database}", work)


def test_process_tells_what_it_has_done(
    database: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(process, "ASK_SECONDS", 0.05)
    monkeypatch.setattr(process, "AGAIN_SECONDS", 0.05)

    async def work(writer: WriterProcess) -> None:
        await writer.store([made("a"), made("b")])
        await until(lambda: writer.work.folded == 2 and writer.work.purge_seconds > 0)
        work = writer.work
        assert (work.batches, work.batched, work.restarts, work.errors) == (1, 2, 0, 0)
        assert min(work.batch_seconds, work.fold_seconds) > 0
        os.kill(process_of(writer), signal.SIGKILL)
        await until(lambda: writer.work.restarts == 1 and writer.work.batched == 0)

    kept(f"sqlite:///{database}", work)
    assert "started again" in caplog.text


def test_call_that_cannot_be_sent_shifts_no_answers(database: Path) -> None:
    async def work(writer: WriterProcess) -> None:
        with pytest.raises(TypeError):
            await writer.store([made("a", app_version=object())])
        (stored,) = await writer.store([made("b")])
        assert stored.outcome is Outcome.NEW
        assert await writer.find(made("a")) is None

    kept(f"sqlite:///{database}", work)


def test_nothing_is_loaded_from_the_working_directory(
    database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("aggregation", "msgspec", "sqlalchemy"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('from the working directory')")
    monkeypatch.chdir(tmp_path)

    async def work(writer: WriterProcess) -> None:
        assert (await writer.store([made()]))[0].outcome is Outcome.NEW

    kept(f"sqlite:///{database}", work)


def test_database_that_cannot_be_written(database: Path, capfd: pytest.CaptureFixture[str]) -> None:
    url = f"sqlite:///{database}"

    async def work(writer: WriterProcess) -> None:
        other = Database(url, 5)
        with other.writing() as connection:
            connection.exec_driver_sql("DROP TABLE submissions")
        other.close()
        with pytest.raises(StorageUnavailableError):
            await writer.store([made()])

    kept(url, work)
    assert "The database cannot be written: SQLITE_ERROR" in capfd.readouterr().err


def test_error_that_nobody_foresaw(database: Path, capfd: pytest.CaptureFixture[str]) -> None:
    async def work(writer: WriterProcess) -> None:
        broken = structs.replace(made("a"), columns={"app_version": "secret"})
        with pytest.raises(WriterError, match="KeyError"):
            await writer.store([broken])
        assert (await writer.store([made("b")]))[0].outcome is Outcome.NEW

    kept(f"sqlite:///{database}", work)
    logged = capfd.readouterr().err
    assert "Nothing was written" in logged
    assert "secret" not in logged


def test_reports_of_the_last_batch_are_there_after_the_end(database: Path) -> None:
    async def work(writer: WriterProcess) -> None:
        await writer.store([made(week=WEEK + number) for number in range(100)])

    kept(f"sqlite:///{database}", work)
    reopened = Database(f"sqlite:///{database}", 5)
    assert count(reopened, SUBMISSIONS) == 100
    reopened.close()
