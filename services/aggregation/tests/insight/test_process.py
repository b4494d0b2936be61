"""The process as an operator has it: once, beside the server, and killed at any moment."""

from collections import Counter
from contextlib import closing
from datetime import UTC, datetime
from functools import partial
import os
from pathlib import Path
import random
import shutil
import signal
import subprocess
import sys
import time
from typing import Any

import pytest
from sqlalchemy import Table, select

from aggregation.alerts.work import settled_week
from aggregation.storage.engine import Database
from aggregation.storage.migrate import opened
from aggregation.storage.schema_alarms import ALARM_WEEKS, ALARMS, DELIVERIES, OBSERVATIONS, WORKS
from tests.alerts.test_send import SECRET, receiving
from tests.alerts.world import fill
from tests.support import ROOT, SECONDS, ServiceProcess, environment, wait_until

pytestmark = pytest.mark.programs

MOST_STEPS = 8
"""So many works are done at most between two kills."""
COMMAND = [sys.executable, "-m", "aggregation", "insight"]


@pytest.fixture
def dropped(same_day: None, database: Path) -> Path:
    """A database in which two of five homes have fallen silent in the last settled week."""
    with closing(opened(f"sqlite:///{database}", 5.0)) as found:
        fill(found, weeks=40, last=settled_week(datetime.now(UTC)), again=0.5)
    return database


def start(database: Path, *arguments: str, **settings: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [*COMMAND, *arguments],
        cwd=ROOT,
        env=environment(database, LOG_LEVEL="warning", **settings),
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def rows(database: Path, table: Table, *columns: str) -> list[Any]:
    with closing(Database(f"sqlite:///{database}", 5.0)) as found, found.reading() as connection:
        chosen = [table.c[name] for name in columns]
        return sorted((tuple(row) for row in connection.execute(select(*chosen))), key=repr)


def worked(database: Path) -> int:
    """How many works are done."""
    return len(rows(database, WORKS, "number"))


def made(database: Path) -> dict[str, list[Any]]:
    """All that was worked out, but for when."""
    return {
        "works": rows(database, WORKS, "kind", "number"),
        "observations": rows(database, OBSERVATIONS, "week", "numbers"),
        "alarms": rows(database, ALARMS, "cause", "state", "times", "opened_week", "last_week"),
        "evidence": rows(database, ALARM_WEEKS, "week", "evidence"),
        "deliveries": rows(database, DELIVERIES, "week", "event", "channel"),
    }


def test_once_does_what_is_due_and_ends(same_day: None, dropped: Path) -> None:
    for _ in range(2):
        process = start(dropped, "--once")
        assert process.communicate(timeout=SECONDS)[1] == b""
        assert process.returncode == 0
        assert rows(dropped, ALARMS, "cause")[0] == ("homes",)
        assert rows(dropped, ALARMS, "times")[0] == (1,)


def test_killed_at_any_moment_nothing_is_lost_and_nothing_made_twice(
    same_day: None, dropped: Path, tmp_path: Path
) -> None:
    whole = Path(shutil.copy(dropped, tmp_path / "whole.db"))
    chance = random.Random(3)
    with receiving() as server:
        settings = {"ALARM_WEBHOOK_URL": server.url, "ALARM_WEBHOOK_SECRET": SECRET}
        start(whole, "--once", **settings).communicate(timeout=SECONDS)
        works = worked(whole)
        expected = [body for _, _, body in server.taken]
        server.taken.clear()
        while (done := worked(dropped)) < works:
            processes = [start(dropped, **settings) for _ in range(2)]
            enough = min(works, done + chance.randint(1, MOST_STEPS))
            wait_until(lambda: worked(dropped) >= enough)  # noqa: B023 - called at once
            time.sleep(chance.uniform(0.0, 0.03))
            for process in processes:
                process.kill()
                process.communicate(timeout=SECONDS)
        last = start(dropped, "--once", **settings)
        assert last.communicate(timeout=SECONDS)[1] == b""
        came = Counter((headers["webhook-id"], body) for _, headers, body in server.taken)
    assert made(dropped) == made(whole)
    told = len([row for row in rows(dropped, DELIVERIES, "sent", "attempts") if row[0] or row[1]])
    assert len(came) <= told
    assert {body for _, body in came} <= set(expected)
    assert all(row[0] for row in rows(dropped, DELIVERIES, "sent", "due") if row[1] is None)


def test_it_ends_with_whoever_holds_its_input(dropped: Path) -> None:
    process = start(dropped, "--attached")
    wait_until(lambda: rows(dropped, ALARMS, "cause"))
    assert process.poll() is None
    assert process.stdin is not None
    process.stdin.close()
    assert process.wait(SECONDS) == 0
    assert process.stderr is not None
    process.stderr.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_gently(dropped: Path, number: int) -> None:
    process = start(dropped)
    wait_until(lambda: rows(dropped, ALARMS, "cause"))
    process.send_signal(number)
    assert process.communicate(timeout=SECONDS)[1] == b""
    assert process.returncode == 0


def children(service: ServiceProcess) -> list[int]:
    """The processes that a service has started for insight."""
    text = Path(f"/proc/{service.process.pid}/task/{service.process.pid}/children").read_text()
    return [int(pid) for pid in text.split() if b"insight" in _command(pid)]


def _command(pid: str) -> bytes:
    """The command line of a process; empty once it has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except FileNotFoundError, ProcessLookupError:
        return b""


def test_serve_starts_it_and_it_ends_with_the_service_however_that_ends(
    dropped: Path, tmp_path: Path
) -> None:
    for gently in (True, False):
        service = ServiceProcess(dropped, tmp_path / f"log-{gently}", INSIGHT="true")
        try:
            service.url()
            wait_until(partial(children, service), service)
            (pid,) = children(service)
            wait_until(lambda: rows(dropped, ALARMS, "cause"))
            if gently:
                service.stop()
            else:
                os.kill(service.process.pid, signal.SIGKILL)
            wait_until(partial(_is_dead, pid))
        finally:
            service.kill()


def _is_dead(pid: int) -> bool:
    """Tell whether a process has ended, be it that its number is left."""
    try:
        return ") Z " in Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError, ProcessLookupError:
        return True


def test_the_process_that_answers_is_as_light_as_it_was() -> None:
    code = "import sys, aggregation.server; print(*sorted({name.split('.')[0] for name in sys.modules}))"
    found = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True, timeout=SECONDS
    )
    heavy = {"numpy", "scipy", "pandas", "opendp", "statsmodels"}
    assert heavy.isdisjoint(found.stdout.split())
