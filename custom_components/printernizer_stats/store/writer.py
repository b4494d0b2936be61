"""The one thread that writes: takes messages from a queue and commits them in groups.

A message is done when its transaction is on the disk. When the file cannot be written, the group is kept
and tried again; nothing is given up before the store is closed.
"""

from collections.abc import Callable, Iterable
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
import logging
from queue import Empty, SimpleQueue
import threading
from typing import Any, Final

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from ..models import Snapshot, UsageEvent
from . import aggregates
from .ledger import Ledger

_LOGGER = logging.getLogger(__name__)

_GROUP_SIZE: Final = 5000
_RETRY_SECONDS: Final = (0.2, 1.0, 5.0, 30.0)


@dataclass(frozen=True, slots=True)
class Append:
    """Store events, with the state of the sessions that they came from."""

    events: tuple[UsageEvent, ...] = ()
    sessions: dict[str, Any] = field(default_factory=dict)
    amounts: dict[str, int] = field(default_factory=dict)
    at: float = 0.0


@dataclass(frozen=True, slots=True)
class Task[T]:
    """Run a function in a transaction of its own; `fresh`: it may have changed counters or intervals."""

    run: Callable[[Connection], T]
    done: Future[T]
    fresh: bool = True
    after: Callable[[Engine], None] | None = None


@dataclass(frozen=True, slots=True)
class Stop:
    """Write what is there and end."""


type Message = Append | Task[Any] | Stop


@dataclass(frozen=True, slots=True)
class Commit:
    """What a transaction brought; `problem` is an exception's class name while writing fails."""

    snapshot: Snapshot
    events: tuple[UsageEvent, ...] = ()
    problem: str | None = None


class Writer(threading.Thread):
    """Owns the write connection and the ledger."""

    def __init__(
        self, engine: Engine, ledger: Ledger, zone: tzinfo, notify: Callable[[Commit], None]
    ) -> None:
        """Prepare the thread; `notify` is called in it after every commit."""
        super().__init__(name="PrinternizerStats", daemon=True)
        self.queue: SimpleQueue[Message] = SimpleQueue()
        self._engine = engine
        self._ledger = ledger
        self._zone = zone
        self._notify = notify
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
                if isinstance(message, Stop):
                    running = False
                    break
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
        events = tuple(event for message in group for event in message.events)
        attempt = 0
        while True:
            try:
                self._write_once(group, events)
            except SQLAlchemyError as error:
                if not self._wait_to_retry(attempt, error, len(events)):
                    return
                attempt += 1
            except Exception:  # a defect must cost one group at most, never the thread
                _LOGGER.exception("%d events could not be stored", len(events))
                self._reload()
                return
            else:
                break
        if self._failing:
            self._failing = False
            _LOGGER.warning("The statistics file can be written again; nothing was lost")
        self._notify(Commit(self._ledger.snapshot(), events))

    def _write_once(self, group: list[Append], events: tuple[UsageEvent, ...]) -> None:
        if self._failing:
            self._reload()
        with self._engine.begin() as conn:
            self._ledger.append(conn, events)
            for message in group:
                if message.amounts:
                    self._ledger.add(conn, message.amounts, message.at)
                if message.sessions:
                    aggregates.save_sessions(conn, message.sessions)

    def _wait_to_retry(self, attempt: int, error: SQLAlchemyError, count: int) -> bool:
        """Report the failure once and wait; False when the store is closing and the group is lost."""
        if not self._failing:
            self._failing = True
            _LOGGER.warning("The statistics file cannot be written (%s); trying again", type(error).__name__)
            self._notify(Commit(self._ledger.snapshot(), problem=type(error).__name__))
        if self._closing.is_set() and attempt >= 1:
            _LOGGER.error("%d events could not be written before the shutdown", count)
            return False
        self._closing.wait(_RETRY_SECONDS[min(attempt, len(_RETRY_SECONDS) - 1)])
        return True

    def _perform(self, task: Task[Any]) -> None:
        if not task.done.set_running_or_notify_cancel():
            return
        try:
            with self._engine.begin() as conn:
                result = task.run(conn)
            if task.after is not None:
                task.after(self._engine)
            if task.fresh:
                self._reload()
        except Exception as error:  # noqa: BLE001 - handed to whoever waits for the task
            task.done.set_exception(error)
            return
        task.done.set_result(result)
        if task.fresh:
            self._notify(Commit(self._ledger.snapshot()))

    def _reload(self) -> None:
        """Read the ledger anew, since the transaction may have changed or lost what it knew."""
        with self._engine.begin() as conn:
            self._ledger = Ledger.load(conn, self._zone, datetime.now(UTC).timestamp())
