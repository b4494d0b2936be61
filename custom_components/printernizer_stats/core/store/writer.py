"""Writer: the one thread that takes messages from a queue and commits them in groups.

A message is done when its transaction is on the disk. When the file cannot be written, the group is kept
and tried again; when the file is damaged or gone, it is moved away and the group goes into a new one.
"""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import tzinfo
from itertools import chain
import logging
from pathlib import Path
from queue import Empty, SimpleQueue
import threading
import time
from typing import Any, Final

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from ..models import Snapshot, UsageEvent
from .counter_cache import CounterCache
from .engine import checkpoint
from .file import StatisticsFile
from .marks import has_forgotten, have_counters_changed
from .recovery import is_damage
from .settings import save_sessions, set_setting

_LOGGER = logging.getLogger(__name__)

_GROUP_SIZE: Final = 20_000
_RETRY_SECONDS: Final = (0.2, 1.0, 5.0, 30.0)


@dataclass(slots=True)
class Append:
    """Store events, with the state of their sessions, amounts counted at `at`, and settings."""

    events: tuple[UsageEvent, ...]
    sessions: Mapping[str, Any] | None
    amounts: Mapping[str, int] | None
    at: float
    settings: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Task[T]:
    """Run a function in a transaction of its own, and something on the file once it is committed."""

    run: Callable[[Connection], T]
    done: Future[T]
    at: float
    after: Callable[[Engine], None] | None = None


@dataclass(frozen=True, slots=True)
class Hold:
    """Make the file whole and write nothing until released, or for so many seconds."""

    held: Future[None]
    release: threading.Event
    seconds: float


@dataclass(frozen=True, slots=True)
class Stop:
    """Write what is there and end."""


type Message = Append | Task[Any] | Hold | Stop


@dataclass(frozen=True, slots=True)
class Commit:
    """What a transaction brought; `problem` names what keeps it from being written, `moved` a file kept."""

    snapshot: Snapshot
    events: tuple[UsageEvent, ...] = ()
    problem: str | None = None
    moved: Path | None = None


class Writer(threading.Thread):
    """Owns the writing and the counter cache."""

    def __init__(
        self,
        file: StatisticsFile,
        cache: CounterCache,
        zone: tzinfo,
        notify: Callable[[Commit], None],
    ) -> None:
        """Prepare the thread; `notify` is called in it."""
        super().__init__(name="PrinternizerStats", daemon=True)
        self.queue: SimpleQueue[Message] = SimpleQueue()
        self._file = file
        self._engine = file.engine
        self._cache = cache
        self._zone = zone
        self._notify = notify
        self._has_traces = False
        self._closing = threading.Event()
        self._failing = False

    def stop(self) -> None:
        """Ask the thread to finish its queue and end; does not wait."""
        self._closing.set()
        self.queue.put(Stop())

    def run(self) -> None:
        """Commit group after group until told to stop."""
        running = True
        while running:
            group: list[Append] = []
            for message in self._take():
                if isinstance(message, Append):
                    group.append(message)
                    continue
                self._write(group)
                group = []
                match message:
                    case Stop():
                        running = False
                        break
                    case Hold():
                        self._hold(message)
                    case Task():
                        self._perform(message)
            self._write(group)

    def _take(self) -> Iterable[Message]:
        """Wait for a message and return it with all that came meanwhile, bounded."""
        messages = [self.queue.get()]
        try:
            while len(messages) < _GROUP_SIZE:
                messages.append(self.queue.get_nowait())
        except Empty:
            pass
        return messages

    def _write(self, group: list[Append]) -> None:
        if not group:
            return
        events = tuple(chain.from_iterable(message.events for message in group))
        attempt = 0
        while not self._try_to_write(group, events):
            if self._closing.is_set() and attempt:
                _LOGGER.error("%d events could not be written before the shutdown", len(events))
                return
            self._closing.wait(_RETRY_SECONDS[min(attempt, len(_RETRY_SECONDS) - 1)])
            attempt += 1

    def _try_to_write(self, group: list[Append], events: tuple[UsageEvent, ...]) -> bool:
        """Commit the group; True when there is nothing more to be done about it."""
        moved = None
        try:
            try:
                moved = self._take_up(group[-1].at)
                self._write_once(group, events)
            except SQLAlchemyError as error:
                if not (is_damage(error) or self._file.is_gone):
                    raise
                self._cache, moved = self._file.recover(self._cache, group[-1].at)
                self._write_once(group, events)
        except (SQLAlchemyError, OSError) as error:
            self._report(error)
            return False
        except Exception:  # a defect must cost one group at most, never the thread
            _LOGGER.exception("%d events could not be stored", len(events))
            self._failing = True
            return True
        if self._failing:
            self._failing = False
            _LOGGER.warning("The statistics file can be written again; nothing was lost")
        self._notify(Commit(self._cache.snapshot(), events, moved=moved))
        return True

    def _take_up(self, at: float) -> Path | None:
        """Look whether the file is still ours; return the name of one that proved to be damaged."""
        if (found := self._file.follow(at)) is None:
            return None
        self._cache, moved = found
        _LOGGER.warning("Another statistics file was put in place; counting goes on in it")
        return moved

    def _write_once(self, group: list[Append], events: tuple[UsageEvent, ...]) -> None:
        if self._failing:
            self._reload(group[-1].at)
        with self._engine.begin() as conn:
            self._cache.append(conn, events)
            for message in group:
                if message.amounts:
                    self._cache.add(conn, message.amounts, message.at)
                if message.sessions:
                    save_sessions(conn, message.sessions)
                for key, value in (message.settings or {}).items():
                    set_setting(conn, key, value)

    def _report(self, error: Exception) -> None:
        """Tell once that the file cannot be written."""
        if self._failing:
            return
        self._failing = True
        name = type(error).__name__
        _LOGGER.warning("The statistics file cannot be written (%s); trying again", name)
        self._notify(Commit(self._cache.snapshot(), problem=name))

    def _perform(self, task: Task[Any]) -> None:
        if not task.done.set_running_or_notify_cancel():
            return
        before = self._cache
        moved = None
        try:
            moved = self._take_up(task.at)
            with self._engine.begin() as conn:
                result = task.run(conn)
                self._has_traces = self._has_traces or has_forgotten(conn)
                changed = have_counters_changed(conn)
            if self._has_traces:
                self._has_traces = not checkpoint(self._engine)
            if changed:
                self._reload(task.at)
            if task.after is not None:
                task.after(self._engine)
        except Exception as error:  # noqa: BLE001 - handed to whoever waits for the task
            self._tell_of_change(before, moved)
            task.done.set_exception(error)
        else:
            self._tell_of_change(before, moved)
            task.done.set_result(result)

    def _tell_of_change(self, before: CounterCache, moved: Path | None) -> None:
        """Show counters that were read anew, before whoever waits for it goes on."""
        if self._cache is not before:
            self._notify(Commit(self._cache.snapshot(), moved=moved))

    def _hold(self, hold: Hold) -> None:
        """Let somebody copy the file in peace; what comes meanwhile waits in the queue."""
        if not hold.held.set_running_or_notify_cancel():
            return
        try:
            checkpoint(self._engine)
        except SQLAlchemyError as error:
            hold.held.set_exception(error)
            return
        hold.held.set_result(None)
        deadline = time.monotonic() + hold.seconds
        while not hold.release.wait(0.1) and not self._closing.is_set():
            if time.monotonic() >= deadline:
                break

    def _reload(self, now: float) -> None:
        """Read the counters again, since the transaction may have changed or lost what it knew."""
        with self._engine.begin() as conn:
            self._cache = CounterCache.load(conn, self._zone, now)
