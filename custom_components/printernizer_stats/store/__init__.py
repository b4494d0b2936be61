"""The event store: one SQLite file, one writer thread, readers wherever they block nobody.

`UsageStore` is all that other rooms use. Nothing here knows Home Assistant.
"""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, text

from ..models import Snapshot, UsageEvent
from . import aggregates
from .engine import make_engine, move_away_if_damaged, remove_files
from .ledger import Ledger
from .migrations import StoreTooNewError, migrate
from .schema import event_data, event_types, usage_events
from .writer import Append, Commit, Task, Writer

__all__ = ["Commit", "StoreClosedError", "StoreTooNewError", "UsageStore", "remove_files"]

_ERASED: Final = (
    usage_events,
    event_data,
    event_types,
    aggregates.usage_reports,
    aggregates.usage_intervals,
    aggregates.usage_aggregates,
    aggregates.usage_sessions,
    aggregates.usage_printers,
)
_FORGOTTEN_SETTINGS: Final = "DELETE FROM usage_settings WHERE key = 'last_print'"


class StoreClosedError(RuntimeError):
    """The store was closed before this could be done."""

    def __init__(self) -> None:
        """Say so."""
        super().__init__("The statistics store is closed")


class UsageStore:
    """One open statistics file."""

    def __init__(self, file: Path, zone: tzinfo, notify: Callable[[Commit], None]) -> None:
        """Remember where the file is; `notify` will be called in the writer's thread."""
        self.file = file
        self.moved_away: Path | None = None
        self._zone = zone
        self._notify = notify
        self._engine: Engine | None = None
        self._writer: Writer | None = None

    def open(self) -> Snapshot:
        """Open or create the file and start the writer; blocking.

        Raises StoreTooNewError, or SQLAlchemyError and OSError when the file cannot be used.
        """
        now = datetime.now(UTC).timestamp()
        self.moved_away = move_away_if_damaged(self.file, now)
        engine = make_engine(self.file)
        with engine.begin() as conn:
            migrate(conn, now)
            ledger = Ledger.load(conn, self._zone, now)
        self._engine = engine
        self._writer = Writer(engine, ledger, self._zone, self._notify)
        self._writer.start()
        return ledger.snapshot()

    def close(self) -> None:
        """Write everything, end the writer and fold the log into the file; blocking, idempotent."""
        writer, self._writer = self._writer, None
        if writer is None or self._engine is None:
            return
        writer.stop()
        writer.join()
        with self._engine.connect() as conn:
            conn.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
        self._engine.dispose()

    def record(
        self,
        events: tuple[UsageEvent, ...],
        *,
        sessions: Mapping[str, Any] | None = None,
        amounts: Mapping[str, int] | None = None,
        at: float = 0.0,
    ) -> None:
        """Queue events, session states and counter amounts for one transaction; never blocks."""
        if self._writer is not None:
            message = Append(events, dict(sessions or {}), dict(amounts or {}), at)
            self._writer.queue.put(message)

    def run[T](self, function: Callable[[Connection], T]) -> Future[T]:
        """Run a function in a transaction of the writer, after everything queued before it."""
        return self._submit(Task(function, Future()))

    def flush(self) -> Future[None]:
        """Return a future that is done when everything queued so far is on the disk."""
        return self._submit(Task(lambda _: None, Future(), fresh=False))

    def refresh(self) -> Future[None]:
        """Close an interval whose week is over and publish the counters anew."""
        return self.run(lambda _: None)

    def erase(self) -> Future[None]:
        """Delete all events, counters, intervals and reports so that no byte of them is left."""

        def delete(conn: Connection) -> None:
            aggregates.erase(conn, _ERASED)
            conn.execute(text(_FORGOTTEN_SETTINGS))

        return self._submit(Task(delete, Future(), after=_vacuum))

    @contextmanager
    def reader(self) -> Iterator[Connection]:
        """Give a read connection with one consistent view; blocking, for the executor."""
        if self._engine is None:
            raise StoreClosedError
        with self._engine.connect() as conn:
            conn.exec_driver_sql("BEGIN")
            yield conn

    def _submit[T](self, task: Task[T]) -> Future[T]:
        if self._writer is None:
            task.done.set_exception(StoreClosedError())
        else:
            self._writer.queue.put(task)
        return task.done


def _vacuum(engine: Engine) -> None:
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        conn.execute(text("VACUUM"))
        conn.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
