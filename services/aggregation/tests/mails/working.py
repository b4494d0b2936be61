"""A process that makes and sends mails by a clock that a test sets, until it is killed."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from multiprocessing import get_context
from multiprocessing.context import ForkServerProcess
import os
from pathlib import Path
import ssl
import time
from typing import Any

from aggregation.insight.process_main import outbox_of
from aggregation.insight.schedule import schedule
from aggregation.insight.worker import Worker
from aggregation.mails.smtp import Mailer
from aggregation.mails.timetable import Timetable, timetable_of
from aggregation.settings import Settings
from aggregation.storage.engine import Database
from tests.support import SECONDS, wait_until

PAUSE = 0.005
CONTEXT = get_context("forkserver")
CONTEXT.set_forkserver_preload([__name__])


class Clock:
    """A moment in a file, for all processes."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __call__(self) -> datetime:
        return datetime.fromtimestamp(float(self.path.read_text()), UTC)

    def set(self, moment: datetime) -> None:
        unfinished = self.path.with_suffix(".part")
        unfinished.write_text(str(moment.timestamp()))
        unfinished.replace(self.path)


class Setting:
    """What a process is made from."""

    def __init__(self, database: Path, clock: Path, server: dict[str, Any], **changes: Any) -> None:
        self.url = f"sqlite:///{database}"
        self.clock = clock
        self.folder = clock.parent
        self.certificate = server["certificate"]
        values = {name: value for name, value in server.items() if name != "certificate"}
        self.values = {
            "database_url": self.url,
            "public_url": "https://stats.example.org",
            **values,
            **changes,
        }

    @property
    def settings(self) -> Settings:
        return Settings(**self.values)

    @property
    def timetable(self) -> Timetable:
        return timetable_of(self.settings)

    def idle(self, process: int | None) -> Path:
        """Return the file in which a process notes how often it found nothing to do."""
        return self.folder / f"idle-{process}"

    def worker(self, database: Database, *, sends: bool = True) -> Worker:
        """Return what makes mails, and sends them unless told otherwise."""
        mailer = Mailer(self.settings, ssl.create_default_context(cafile=self.certificate))
        outboxes = [outbox_of(self.settings, mailer)] if sends else []
        return Worker(database, schedule((), None, self.timetable), {}, Clock(self.clock), outboxes)


def work(setting: Setting) -> None:
    """Work until killed."""
    worker = setting.worker(Database(setting.url, SECONDS))
    parent = os.getppid()
    with setting.idle(os.getpid()).open("ab", buffering=0) as idle:
        while os.getppid() == parent:
            if not worker.step():
                idle.write(b".")
                time.sleep(PAUSE)


def started(setting: Setting) -> ForkServerProcess:
    """Start a process."""
    process = CONTEXT.Process(target=work, args=(setting,), daemon=True)
    process.start()
    return process


def let_all_look(setting: Setting, processes: Sequence[ForkServerProcess]) -> None:
    """Wait until each process has looked for something to do from now on, and found nothing."""
    files = [setting.idle(process.pid) for process in processes]
    wait_until(lambda: all(file.exists() for file in files))
    before = [file.stat().st_size for file in files]
    # The first look may have begun before.
    wait_until(lambda: all(file.stat().st_size > size + 1 for file, size in zip(files, before, strict=True)))


def killed(process: ForkServerProcess) -> None:
    """Kill a process as a power cut would."""
    with suppress(ProcessLookupError):
        process.kill()
    process.join(SECONDS)
    process.close()
