"""The store as other rooms see it: what is recorded is there, once, whatever happens in between."""

from pathlib import Path
import signal
import sqlite3
import subprocess
import sys
import textwrap
import time
from typing import Any

import pytest
from sqlalchemy.dialects.sqlite.base import SQLiteCompiler

from custom_components.printernizer_stats.core.models import LastPrint, Outcome, Period, UsageEvent
from custom_components.printernizer_stats.core.store import Commit, UsageStore
from custom_components.printernizer_stats.core.store.queries import EventFilter, iter_events
from custom_components.printernizer_stats.core.store.settings import load_sessions

from .conftest import NOON, ZONE, completed


def test_events_become_counters(store: UsageStore, commits: list[Commit]) -> None:
    store.record((completed(), completed(seconds=60, printer="q")))
    store.record((UsageEvent(type="job_failed", at=NOON + 1, printer="p"),))
    store.flush().result()
    snapshot = commits[-1].snapshot
    assert snapshot.of() == {
        "job_completed": 2,
        "print_seconds": 3660,
        "longest_print_seconds": 3600,
        "timed_prints": 2,
        "job_failed": 1,
        "events_stored": 3,
    }
    assert snapshot.of(Period.EVER, "q")["print_seconds"] == 60
    assert snapshot.of(Period.WEEK, "p")["job_failed"] == 1
    assert snapshot.interval["job_completed"] == 2
    assert snapshot.events_stored == 3
    assert snapshot.last_prints == {
        "": LastPrint(result=Outcome.FAILED, at=NOON + 1, printer="p"),
        "p": LastPrint(result=Outcome.FAILED, at=NOON + 1, printer="p"),
        "q": LastPrint(result=Outcome.COMPLETED, at=NOON, printer="q", duration=60),
    }


def test_a_restart_changes_nothing(store: UsageStore, commits: list[Commit]) -> None:
    store.record((completed(),), sessions={"p": {"connected": True, "job": None}})
    store.flush().result()
    before = commits[-1].snapshot
    store.close()
    assert store.open(NOON) == before
    with store.reader() as conn:
        assert load_sessions(conn) == {"p": {"connected": True, "job": None}}


def test_amounts_without_an_event(store: UsageStore, commits: list[Commit]) -> None:
    store.record((), amounts={"uptime_seconds": 900})
    store.flush().result()
    assert commits[-1].snapshot.of() == {"uptime_seconds": 900}
    assert commits[-1].snapshot.events_stored == 0


def test_events_are_read_as_they_were_recorded(store: UsageStore) -> None:
    store.record((completed(),))
    store.record((UsageEvent(type="app_shutdown", at=NOON + 1),))
    store.flush().result()
    with store.reader() as conn:
        events = list(iter_events(conn))
        assert list(iter_events(conn, EventFilter(event_type="app_shutdown"))) == events[1:]
        assert list(iter_events(conn, limit=1)) == events[:1]
    assert events == [
        {
            "id": 1,
            "type": "job_completed",
            "time": "2026-11-22T11:00:00+00:00",
            "printer": "p",
            "interval": 1,
            "data": {"printer_type": "octoprint", "duration_seconds": 3600, "estimated": True},
        },
        {
            "id": 2,
            "type": "app_shutdown",
            "time": "2026-11-22T11:00:01+00:00",
            "printer": None,
            "interval": 1,
            "data": {},
        },
    ]


def test_a_failing_task_harms_nothing(store: UsageStore, commits: list[Commit]) -> None:
    def fail(_conn: object) -> None:
        message = "no"
        raise ValueError(message)

    store.record((completed(),))
    with pytest.raises(ValueError, match="no"):
        store.run(fail).result()
    store.record((completed(),))
    store.flush().result()
    assert commits[-1].snapshot.events_stored == 2


def test_a_closed_store_says_so_and_closes_twice(store: UsageStore) -> None:
    store.close()
    store.close()
    store.record((completed(),))
    with pytest.raises(RuntimeError, match="closed"):
        store.flush().result()


@pytest.mark.allowed_logs
@pytest.mark.usefixtures("impatient")
def test_a_locked_file_only_delays(store: UsageStore, file: Path, commits: list[Commit]) -> None:
    """Another program holds the file for longer than SQLite waits: kept, told once, written later."""
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    store.record((completed(),))
    while not any(commit.problem for commit in commits):
        time.sleep(0.01)
    other.execute("COMMIT")
    other.close()
    store.flush().result()
    assert commits[-1].problem is None
    assert commits[-1].snapshot.events_stored == 1


def test_a_read_only_folder_is_an_error_at_the_start(tmp_path: Path) -> None:
    folder = tmp_path / "missing" / "stats.db"
    store = UsageStore(folder, ZONE, lambda _: None)
    with pytest.raises(FileNotFoundError):
        store.open(NOON)
    store.close()


_CHILD = """
    import sys
    from pathlib import Path
    from zoneinfo import ZoneInfo
    from custom_components.printernizer_stats.core.models import UsageEvent
    from custom_components.printernizer_stats.core.store import UsageStore
    store = UsageStore(Path(sys.argv[1]), ZoneInfo("UTC"), lambda _: None)
    store.open(1795345200.0)
    for number in range(1_000_000):
        store.record((UsageEvent(type="job_completed", at=1795345200.0 + number, printer="p"),))
        store.flush().result()
        print(number + 1, flush=True)
"""


def test_kill_9_loses_nothing_acknowledged_and_doubles_nothing(file: Path) -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(_CHILD), str(file)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[3],
    )
    assert child.stdout is not None
    acknowledged = 0
    while acknowledged < 50:
        acknowledged = int(child.stdout.readline())
    child.send_signal(signal.SIGKILL)
    rest = child.stdout.read().split()
    child.wait()
    acknowledged = int(rest[-1]) if rest else acknowledged
    store = UsageStore(file, ZONE, lambda _: None)
    snapshot = store.open(NOON)
    with store.reader() as conn:
        stored = len(list(iter_events(conn)))
    store.close()
    assert stored in (acknowledged, acknowledged + 1)
    assert snapshot.events_stored == snapshot.of()["job_completed"] == stored


def test_statements_are_compiled_once(store: UsageStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLAlchemy compiles its own ON CONFLICT anew at each use, whatever keeps the statement."""

    def record() -> None:
        sessions = {"p": {"connected": True, "job": None}}
        store.record((completed(),), sessions=sessions, amounts={"uptime_seconds": 1}, settings={"a": 1})
        store.flush().result()

    record()
    compiled: list[str] = []
    compile_anew = SQLiteCompiler.__init__

    def counted(self: SQLiteCompiler, *args: Any, **options: Any) -> None:
        compile_anew(self, *args, **options)
        compiled.append(self.string)

    monkeypatch.setattr(SQLiteCompiler, "__init__", counted)
    record()
    assert not compiled
