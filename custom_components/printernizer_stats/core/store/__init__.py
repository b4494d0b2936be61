"""The event store: one SQLite file, one writer thread, readers wherever they block nobody.

`UsageStore` is all that other rooms use. Nothing here knows Home Assistant.
"""

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
from sqlalchemy.exc import DatabaseError, SQLAlchemyError

from ..models import Snapshot, UsageEvent
from .consent_ledger import guard
from .counter_cache import CounterCache
from .counts import add_counts, save_last_prints
from .engine import TracesLeftError, anchor, checkpoint, keep_to_owner, make_engine, vacuum
from .erasing import erase_events, erase_everything
from .migrations import StoreTooNewError, migrate
from .recovery import (
    check,
    drop_log,
    identities,
    is_damage,
    is_empty,
    move_away,
    recount_events,
    remove_files,
    remove_moved,
    salvage,
)
from .settings import ensure_origin
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
    """One open statistics file."""

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
        self._engine: Engine | None = None
        self._anchor: Connection | None = None
        self._ours: dict[str, tuple[int, int]] = {}
        self._writer: Writer | None = None

    def open(self, now: float) -> Snapshot:
        """Open or create the file at `now` (epoch seconds) and start the writer; blocking.

        Raises StoreTooNewError, or SQLAlchemyError and OSError when the file cannot be used.
        """
        engine = self._engine = make_engine(self.file)
        cache = self._load(engine, now) if check(self.file) else None
        if cache is None:
            cache, self.moved_away = self._start_new_file(engine, now)
        self._hold_on(engine)
        self._writer = Writer(
            engine, cache, self._zone, notify=self._notify, recover=self._recover, follow=self._follow
        )
        self._writer.start()
        return cache.snapshot()

    def close(self) -> None:
        """Write everything, end the writer and fold the log into the file; blocking, idempotent."""
        writer, self._writer = self._writer, None
        if writer is None or self._engine is None:
            return
        writer.stop()
        writer.join()
        self._let_go()
        try:
            checkpoint(self._engine)
        except DatabaseError:
            # The log stays beside the file and is folded in at the next start.
            return

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
        """Run a function in a transaction of the writer, after everything queued before it."""
        return self._submit(Task(function, Future(), self._clock()))

    def flush(self) -> Future[None]:
        """Return a future that is done when everything queued so far is on the disk."""
        return self._submit(Task(lambda _: None, Future(), self._clock(), fresh=False))

    def refresh(self) -> Future[None]:
        """Close an interval whose week is over and publish the counters anew."""
        return self.run(lambda _: None)

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
        """Give a read connection with one consistent view; blocking, for the executor."""
        if self._engine is None:
            raise StoreClosedError
        if self._is_replaced():
            self.flush().result(_PATIENCE_SECONDS)
        with self._engine.connect() as conn:
            conn.exec_driver_sql("BEGIN")
            yield conn

    def _submit[T](self, task: Task[T]) -> Future[T]:
        if self._writer is None:
            task.done.set_exception(StoreClosedError())
        else:
            self._writer.queue.put(task)
        return task.done

    def _load(self, engine: Engine, now: float) -> CounterCache | None:
        """Bring the file up to date and read it; None when it proves to be damaged."""
        try:
            with engine.begin() as conn:
                migrate(conn, self._zone, now)
                guard(conn)
                ensure_origin(conn)
                return CounterCache.load(conn, self._zone, now)
        except DatabaseError as error:
            if is_damage(error):
                return None
            raise

    def _start_new_file(self, engine: Engine, now: float) -> tuple[CounterCache, Path | None]:
        """Keep the damaged file aside and bring over whatever can still be read of it."""
        moved = None if is_empty(self.file) else move_away(self.file, now)
        with engine.begin() as conn:
            migrate(conn, self._zone, now)
            if moved is not None:
                salvage(conn, moved)
                recount_events(conn)
            ensure_origin(conn)
            return CounterCache.load(conn, self._zone, now), moved

    def _let_go(self) -> None:
        if self._anchor is not None:
            self._anchor.close()
            self._anchor = None

    def _recover(self, known: CounterCache, now: float) -> tuple[CounterCache, Path | None]:
        """Begin anew while running: what the ledger remembers replaces what could not be read."""
        assert self._engine is not None
        self._let_go()
        cache, moved = self._start_new_file(self._engine, now)
        with self._engine.begin() as conn:
            add_counts(conn, known.missing_from(cache))
            save_last_prints(conn, known.last_prints)
            cache = CounterCache.load(conn, self._zone, now)
        self._hold_on(self._engine)
        return cache, moved

    def _is_replaced(self) -> bool:
        """Whether another file took the place of ours; one that comes back where none was did not."""
        now, ours = identities(self.file).get(""), self._ours.get("")
        return now is not None and ours is not None and now != ours

    def _follow(self, now: float) -> tuple[CounterCache, Path | None] | None:
        """Go on with a file that was put in place of ours, without our log; None when there is none."""
        if self._engine is None or not self._is_replaced():
            return None
        self._let_go()
        drop_log(self.file, self._ours)
        cache, moved = (self._load(self._engine, now) if check(self.file) else None), None
        if cache is None:
            cache, moved = self._start_new_file(self._engine, now)
        keep_to_owner(self.file)
        self._hold_on(self._engine)
        return cache, moved

    def _hold_on(self, engine: Engine) -> None:
        self._anchor = anchor(engine)
        self._ours = identities(self.file)
