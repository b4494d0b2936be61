"""The one writer thread: many requests, one durable commit."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
import logging
import queue
from threading import Thread
import time

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from aggregation.storage.engine import reason

LOGGER = logging.getLogger(__name__)

CAPACITY = 4096
BATCH_SIZE = 256
GATHER_SECONDS = 0.0005
"""How long a batch is open: fewer commits, each of more items, cost less than the wait."""
BUSY_SECONDS = 0.5
ATTEMPTS = 5
RETRIED = {"23505", "40001", "40P01", "23000", "IntegrityError"}
"""Another process stored the same first, or waited for us as we did for it: again, it is seen."""


class StorageUnavailableError(Exception):
    """Nothing was stored; the same request may succeed later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Waiting[Item, Outcome]:
    """One item and the request that waits for its outcome."""

    item: Item
    future: asyncio.Future[Outcome]


class Writer[Item, Outcome]:
    """Stores items in batches and answers each only after its commit."""

    def __init__(self, store: Callable[[Sequence[Item]], list[Outcome]], *, capacity: int = CAPACITY) -> None:
        """Take what stores a batch in one transaction, and how many items may wait."""
        self._store = store
        self._queue: queue.Queue[_Waiting[Item, Outcome]] = queue.Queue(capacity)
        self._thread = Thread(target=self._run, name="writer", daemon=True)
        self._last_batch = -BUSY_SECONDS

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """Store what waits and end the thread. Blocks: never call it on the event loop."""
        self._queue.shutdown()
        if self._thread.is_alive():
            self._thread.join()

    def is_busy(self) -> bool:
        """Tell whether items came in just now."""
        return time.monotonic() - self._last_batch < BUSY_SECONDS

    async def write(self, item: Item) -> Outcome:
        """Return the outcome once it is on disk; raises StorageUnavailableError."""
        future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        try:
            self._queue.put_nowait(_Waiting(item=item, future=future))
        except queue.Full, queue.ShutDown:
            raise StorageUnavailableError from None
        return await future

    def _run(self) -> None:
        """Commit batch after batch until the queue is shut down and empty."""
        while batch := self._next_batch():
            outcomes = self._commit([waiting.item for waiting in batch])
            self._last_batch = time.monotonic()
            loop = batch[0].future.get_loop()
            loop.call_soon_threadsafe(_answer, batch, outcomes)

    def _next_batch(self) -> list[_Waiting[Item, Outcome]]:
        """Return what waits, at least one item and at most a batch; empty at the end."""
        batch: list[_Waiting[Item, Outcome]] = []
        try:
            batch.append(self._queue.get())
            time.sleep(GATHER_SECONDS)
            while len(batch) < BATCH_SIZE:
                batch.append(self._queue.get_nowait())
        except queue.Empty, queue.ShutDown:
            pass
        return batch

    def _commit(self, items: Sequence[Item]) -> list[Outcome] | Exception:
        """Store items in one transaction; return their outcomes, or why there are none."""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return self._store(items)
            except SQLAlchemyError as error:
                if attempt < ATTEMPTS and _passes(error):
                    continue
                LOGGER.error("The database cannot be written: %s", reason(error))  # noqa: TRY400
                return StorageUnavailableError()
            except Exception as error:  # noqa: BLE001 - every request must get an answer
                return error
        raise AssertionError


def _passes(error: SQLAlchemyError) -> bool:
    """Tell whether a transaction may succeed when it is tried again at once."""
    return isinstance(error, DBAPIError) and bool(
        RETRIED & {reason(error), type(error).__name__} or error.connection_invalidated
    )


def _answer[Item, Outcome](
    batch: Sequence[_Waiting[Item, Outcome]], outcomes: list[Outcome] | Exception
) -> None:
    """Hand outcomes, or the one error, to the requests that still wait; runs on the loop."""
    for position, waiting in enumerate(batch):
        if waiting.future.done():
            continue
        if isinstance(outcomes, Exception):
            waiting.future.set_exception(outcomes)
        else:
            waiting.future.set_result(outcomes[position])
