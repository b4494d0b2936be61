"""The statistics file: events and counters in SQLite, with one writer thread, and readers that block nobody.

`UsageStore` is all that other rooms use. Nothing here knows Home Assistant.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from datetime import tzinfo
from functools import partial
from pathlib import Path
import threading
import time
from typing import Any, Final

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from ..models import Snapshot, UsageEvent
from .engine import TracesLeftError, vacuum
from .erasing import erase_events, erase_everything
from .file import StatisticsFile
from .marks import counters_changed
from .migrations import StoreTooNewError
from .recovery import remove_files, remove_moved
from .writer import Append, Commit, Hold, Task, Writer

__all__ = [
    "STORE_ERRORS",
    "Commit",
    "StoreClosedError",
    "StoreTooNewError",
    "TracesLeftError",
    "UsageStore",
    "remove_files",
]


_PATIENCE_SECONDS: Final = 10.0


class StoreClosedError(RuntimeError):
    """The store was closed before this could be done."""

    def __init__(self) -> None:
        super().__init__("The statistics store is closed")


STORE_ERRORS: Final = (StoreClosedError, SQLAlchemyError, OSError)
"""What a task of the store can fail with: it was closed, or the file cannot be read or written."""


class UsageStore:
    """One open statistics file.

    What only reads uses a reader, beside the writer: it sees what was committed. What writes waits its turn,
    and costs no reading of counters unless it changed any.
    """

    def __init__(
        self,
        file: Path,
        zone: tzinfo,
        notify: Callable[[Commit], None],
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Remember where the file is; `notify` will be called in the writer's thread, `clock` never."""
        self.file = file
        self.moved_away: Path | None = None
        self._zone = zone
        self._notify = notify
        self._clock = clock
        self._opened: StatisticsFile | None = None
        self._writer: Writer | None = None

    def open(self, now: float) -> Snapshot:
        """Open or create the file at `now` (epoch seconds) and start the writer; blocking.

        Raises StoreTooNewError, or SQLAlchemyError and OSError when the file cannot be used.
        """
        opened = self._opened = StatisticsFile(self.file, self._zone)
        cache, self.moved_away = opened.open(now)
        self._writer = Writer(opened, cache, self._zone, self._notify)
        self._writer.start()
        return cache.snapshot()

    def close(self) -> None:
        """Write everything, end the writer and fold the log into the file; blocking, idempotent."""
        writer, self._writer = self._writer, None
        if writer is None or self._opened is None:
            return
        writer.stop()
        writer.join()
        self._opened.close()

    def record(
        self,
        events: tuple[UsageEvent, ...],
        *,
        sessions: Mapping[str, Any] | None = None,
        amounts: Mapping[str, int] | None = None,
        at: float | None = None,
        settings: Mapping[str, Any] | None = None,
    ) -> None:
        """Queue events, session states, amounts counted `at`, and settings for one transaction; never blocks.

        The mappings must not be changed afterwards.
        """
        if self._writer is not None:
            if at is None:
                at = events[-1].at if events else self._clock()
            self._writer.queue.put(Append(events, sessions, amounts, at, settings))

    def run[T](self, function: Callable[[Connection], T]) -> Future[T]:
        """Run a function that writes in a transaction of the writer, after everything queued before it."""
        return self._submit(Task(function, Future(), self._clock()))

    async def async_run[T](self, function: Callable[[Connection], T]) -> T:
        """Return what a function that writes returns, once it is committed."""
        return await asyncio.wrap_future(self.run(function))

    def read[T](self, function: Callable[[Connection], T]) -> T:
        """Return what a function that only reads finds; blocking."""
        with self.reader() as conn:
            return function(conn)

    async def async_read[T](self, function: Callable[[Connection], T]) -> T:
        """Return what a function that only reads finds in what was committed."""
        return await asyncio.get_running_loop().run_in_executor(None, self.read, function)

    def flush(self) -> Future[None]:
        """Return a future that is done when everything queued so far is on the disk."""
        return self.run(lambda _: None)

    async def async_flush(self) -> None:
        """Wait until everything queued so far is on the disk."""
        await asyncio.wrap_future(self.flush())

    def refresh(self) -> Future[None]:
        """Close an interval whose week is over and publish the counters anew."""
        return self.run(counters_changed)

    async def async_refresh(self) -> None:
        """Wait until the counters of today are published."""
        await asyncio.wrap_future(self.refresh())

    def erase(self, *, everything: bool) -> Future[None]:
        """Delete events and counters, or everything, so that no byte of it is left on the disk.

        The future raises TracesLeftError when only the traces could not be removed; calling again will.
        """
        now = self._clock()
        function = partial(erase_everything if everything else erase_events, now=now)

        def clean(engine: Engine) -> None:
            try:
                remove_moved(self.file)
                vacuum(engine)
            except (SQLAlchemyError, OSError) as error:
                raise TracesLeftError from error

        return self._submit(Task(function, Future(), now, after=clean))

    async def async_erase(self, *, everything: bool) -> None:
        """Wait until no byte is left; raises TracesLeftError as above."""
        await asyncio.wrap_future(self.erase(everything=everything))

    def hold(self, seconds: float) -> tuple[Future[None], threading.Event]:
        """Make the file whole and keep it still until the event is set, or for so long at most."""
        release = threading.Event()
        held: Future[None] = Future()
        if self._writer is None:
            held.set_exception(StoreClosedError())
        else:
            self._writer.queue.put(Hold(held, release, seconds))
        return held, release

    @contextmanager
    def reader(self) -> Iterator[Connection]:
        """Give a connection that cannot write, with one consistent view; blocking, for the executor."""
        if self._opened is None:
            raise StoreClosedError
        if self._opened.is_replaced:
            self.flush().result(_PATIENCE_SECONDS)
        with self._opened.engine.connect() as conn:
            conn.exec_driver_sql("PRAGMA query_only = ON")
            conn.exec_driver_sql("BEGIN")
            yield conn

    def _submit[T](self, task: Task[T]) -> Future[T]:
        if self._writer is None:
            task.done.set_exception(StoreClosedError())
        else:
            self._writer.queue.put(task)
        return task.done
