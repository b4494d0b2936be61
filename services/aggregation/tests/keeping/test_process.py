"""The writer in a process of its own, and what happens when that one dies."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date
import os
from pathlib import Path
import signal
import subprocess
import sys

from msgspec import structs
import pytest
import uvloop

from aggregation.keeping import process, repository as repositories
from aggregation.keeping.process import WriterError, WriterProcess
from aggregation.keeping.repository import Repository
from aggregation.keeping.wire import Order
from aggregation.storage.engine import Database, DatabaseError
from aggregation.storage.migrate import opened
from aggregation.storage.records import Deleted, Deletion, Outcome, Retention, StorageUnavailableError
from aggregation.storage.schema import PENDING, SUBMISSIONS
from tests.made import WEEK, count, made
from tests.support import SECONDS, wait_until

DELETION = Deletion(installation_id="a", day=date(2026, 11, 22), signed=True)


def kept(url: str, work: Callable[[WriterProcess], Awaitable[None]], journal: Path | None = None) -> None:
    """Let something work with a writer on a new database."""
    opened(url, 60).close()
    order = Order(
        url=url,
        timeout=60,
        retention=Retention(),
        log_level="warning",
        journal=str(journal) if journal else None,
    )

    async def run() -> None:
        writer = WriterProcess(order)
        await writer.start()
        try:
            await work(writer)
        finally:
            await writer.stop()

    uvloop.run(run())


async def until(condition: Callable[[], bool]) -> None:
    """Wait until a condition holds."""
    await asyncio.to_thread(wait_until, condition)


def process_of(writer: WriterProcess) -> int:
    """Return the number of the process."""
    assert writer._process
    return writer._process.pid


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


def test_a_call_at_the_moment_of_its_death_finds_it_unavailable(database: Path) -> None:
    """Before the event loop has heard of it; any other error would be an answer 500."""

    async def work(writer: WriterProcess) -> None:
        number = process_of(writer)
        os.kill(number, signal.SIGKILL)
        os.waitid(os.P_PID, number, os.WEXITED | os.WNOWAIT)  # noqa: ASYNC222 - as a busy machine would
        first = asyncio.Task(writer.find(made()), loop=asyncio.get_running_loop(), eager_start=True)
        results = await asyncio.gather(first, writer.find(made()), return_exceptions=True)
        assert {type(result) for result in results} == {StorageUnavailableError}

    kept(f"sqlite:///{database}", work)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
def test_process_that_dies_is_started_again(
    database: Path, number: int, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(process, "AGAIN_SECONDS", 0.2)
    monkeypatch.setattr(process, "REPLACE_SECONDS", 0.5)
    monkeypatch.setattr(process, "STOP_SECONDS", SECONDS)
    url = f"sqlite:///{database}"

    async def work(writer: WriterProcess) -> None:
        await writer.store([made("a")])
        first = process_of(writer)
        monkeypatch.setattr(process, "STUCK_SECONDS", 0.5)
        os.kill(first, number)
        under_way = asyncio.create_task(writer.store([made("b")]))
        with pytest.raises(StorageUnavailableError):
            await under_way
        with pytest.raises(StorageUnavailableError):
            await writer.find(made("a"))
        await until(lambda: process_of(writer) != first)
        monkeypatch.setattr(process, "STUCK_SECONDS", SECONDS)
        await until(lambda: writer.is_working)
        outcomes = [stored.outcome for stored in await writer.store([made("a"), made("b")])]
        assert outcomes[0] is Outcome.SAME

    kept(url, work)
    messages = ["The process that writes has ended with -9 and is started again"]
    if number == signal.SIGSTOP:
        messages.insert(0, "The process that writes does not answer and is killed")
    assert caplog.messages == messages


def test_no_caller_and_no_end_waits_for_a_process_that_hangs(
    database: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(process, "STUCK_SECONDS", 0.3)
    monkeypatch.setattr(process, "STOP_SECONDS", 0.3)

    async def work(writer: WriterProcess) -> None:
        os.kill(process_of(writer), signal.SIGSTOP)
        calls = [writer.store([made("a")]), writer.find(made("b")), writer.delete(DELETION)]
        async with asyncio.timeout(SECONDS):
            answers = await asyncio.gather(*calls, return_exceptions=True)
            assert {type(answer) for answer in answers} == {StorageUnavailableError}
            await writer.stop()

    kept(f"sqlite:///{database}", work)
    assert caplog.messages == ["The process that writes does not end and is killed"]


def test_repository_on_a_process_that_hangs_ends_in_time(
    database: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(repositories, "STOP_SECONDS", 0.3)
    monkeypatch.setattr(process, "STOP_SECONDS", 0.3)
    url = f"sqlite:///{database}"
    order = Order(url=url, timeout=60, retention=Retention(), log_level="warning")
    writer = WriterProcess(order)

    async def run() -> None:
        repository = Repository.open(url, 5, lambda _: writer)
        await repository.start()
        os.kill(process_of(writer), signal.SIGSTOP)
        waiting = asyncio.create_task(repository.submit(made("a")))
        await until(lambda: bool(writer._waiting))
        async with asyncio.timeout(SECONDS):
            await repository.stop()
            with pytest.raises(StorageUnavailableError):
                await waiting

    asyncio.run(run())
    assert len(caplog.messages) == 1


def test_process_that_hangs_while_it_starts(
    database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "hanging.py").write_text("import time; time.sleep(600)")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    for name, value in (("MODULE", "hanging"), ("START_SECONDS", 0.5), ("STOP_SECONDS", 0.2)):
        monkeypatch.setattr(process, name, value)

    async def work(_: WriterProcess) -> None:
        raise AssertionError

    with pytest.raises(DatabaseError, match="does not start"):
        kept(f"sqlite:///{database}", work)
    assert "does not end and is killed" in caplog.text


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


def test_process_that_does_not_answer_is_asked_no_more_until_it_does(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "STUCK_SECONDS", 1.0)

    async def work(writer: WriterProcess) -> None:
        os.kill(process_of(writer), signal.SIGSTOP)
        under_way = asyncio.create_task(writer.store([made("a")]))
        await asyncio.sleep(0)
        assert writer.is_working
        await until(lambda: not writer.is_working)
        with pytest.raises(StorageUnavailableError):
            await writer.find(made("a"))
        with pytest.raises(StorageUnavailableError):
            await under_way
        os.kill(process_of(writer), signal.SIGCONT)
        await until(lambda: writer.is_working)
        monkeypatch.setattr(process, "STUCK_SECONDS", SECONDS)
        found = await writer.find(made("a"))
        assert found
        assert found.outcome is Outcome.SAME

    kept(f"sqlite:///{database}", work)


def test_signals_do_not_end_it_while_it_starts(tmp_path: Path) -> None:
    """The service ends it, and a terminal or a supervisor may tell both."""
    signals = "; ".join(f"os.kill(os.getpid(), {number})" for number in (signal.SIGINT, signal.SIGTERM))
    (tmp_path / "sqlalchemy.py").write_text(f"import os; {signals}; raise SystemExit('still there')")
    result = subprocess.run(
        [sys.executable, "-P", "-m", process.MODULE, "0"],
        env=os.environ | {"PYTHONPATH": f"{process.PACKAGES}:{tmp_path}"},
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )
    assert (result.returncode, result.stderr) == (1, "still there\n")


def test_call_that_cannot_be_sent_shifts_no_answers(database: Path) -> None:
    async def work(writer: WriterProcess) -> None:
        with pytest.raises(TypeError):
            await writer.store([made("a", app_version=object())])
        (stored,) = await writer.store([made("b")])
        assert stored.outcome is Outcome.NEW
        assert await writer.find(made("a")) is None

    kept(f"sqlite:///{database}", work)


def test_process_that_cannot_start(
    database: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    async def work(_: WriterProcess) -> None:
        raise AssertionError

    for module in ("aggregation.keeping.nothing", "aggregation.keeping.wire"):
        monkeypatch.setattr(process, "MODULE", module)
        with pytest.raises(DatabaseError, match="does not start"):
            kept(f"sqlite:///{database}", work)
    assert "No module named aggregation.keeping.nothing" in capfd.readouterr().err
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(DatabaseError, match="does not start"):
        kept(f"sqlite:///{database}", work)


def test_process_that_cannot_start_again_is_tried_until_it_does(
    database: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(process, "AGAIN_SECONDS", 0.05)

    async def work(writer: WriterProcess) -> None:
        with monkeypatch.context() as context:
            context.setattr(sys, "executable", "/nowhere/python")
            os.kill(process_of(writer), signal.SIGKILL)
            await until(lambda: len(caplog.records) == 3)
        await until(lambda: writer.is_working)
        assert (await writer.store([made()]))[0].outcome is Outcome.NEW

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
