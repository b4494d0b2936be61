"""The process that writes dies, hangs or does not start: nobody waits for it, and another takes its place."""

import asyncio
import os
from pathlib import Path
import signal
import subprocess
import sys

import pytest

from aggregation.keeping import process, repository as repositories
from aggregation.keeping.process import WriterProcess
from aggregation.keeping.repository import Repository
from aggregation.keeping.wire import Order
from aggregation.storage.engine import DatabaseError
from aggregation.storage.records import Outcome, Retention, StorageUnavailableError
from tests.keeping.writing import DELETION, kept, process_of, proof, until
from tests.made import made
from tests.support import SECONDS

pytestmark = pytest.mark.programs


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
        proven = proof()
        first = process_of(writer)
        monkeypatch.setattr(process, "STUCK_SECONDS", 0.5)
        os.kill(first, number)
        under_way = (writer.store([made("b")]), writer.prove([proven]))
        results = await asyncio.gather(*under_way, return_exceptions=True)
        assert [type(result) for result in results] == [StorageUnavailableError, StorageUnavailableError]
        with pytest.raises(StorageUnavailableError):
            await writer.find(made("a"))
        await until(lambda: process_of(writer) != first)
        monkeypatch.setattr(process, "STUCK_SECONDS", SECONDS)
        await until(lambda: writer.is_working)
        outcomes = [stored.outcome for stored in await writer.store([made("a"), made("b")])]
        assert outcomes[0] is Outcome.SAME
        assert await writer.prove([proven]) == [proven.judged()]

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
        calls = [
            writer.store([made("a")]),
            writer.prove([proof()]),
            writer.find(made("b")),
            writer.delete(DELETION),
        ]
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
