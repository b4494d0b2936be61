"""The one writer thread: many requests, one durable commit."""

import asyncio
from collections.abc import Callable, Sequence
import logging
from queue import Empty, SimpleQueue
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


type _Waiting[Item, Outcome] = tuple[Item, asyncio.Future[Outcome]]
"""One item, and where the request waits for its outcome."""


class Writer[Item, Outcome]:
    """Stores items in batches and answers each only after its commit."""

    def __init__(self, store: Callable[[Sequence[Item]], list[Outcome]], *, capacity: int = CAPACITY) -> None:
        """Take what stores a batch in one transaction, and how many items may wait."""
        self._store = store
        self._capacity = capacity
        self._queue: SimpleQueue[_Waiting[Item, Outcome] | None] = SimpleQueue()
        self._stopped = False
        self._thread = Thread(target=self._run, name="writer", daemon=True)
        self._last_batch = -BUSY_SECONDS

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """Store what waits and end the thread. Blocks: never call it on the event loop."""
        self._stopped = True
        self._queue.put(None)
        if self._thread.is_alive():
            self._thread.join()

    def is_busy(self) -> bool:
        """Tell whether items came in just now."""
        return time.monotonic() - self._last_batch < BUSY_SECONDS

    async def write(self, item: Item) -> Outcome:
        """Return the outcome once it is on disk; raises StorageUnavailableError."""
        if self._stopped or self._queue.qsize() >= self._capacity:
            raise StorageUnavailableError
        future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._queue.put((item, future))
        return await future

    def _run(self) -> None:
        """Commit batch after batch until told to end."""
        ending = False
        while not ending:
            batch, ending = self._next_batch()
            if batch:
                outcomes = self._commit([item for item, _ in batch])
                self._last_batch = time.monotonic()
                batch[0][1].get_loop().call_soon_threadsafe(_answer, batch, outcomes)

    def _next_batch(self) -> tuple[list[_Waiting[Item, Outcome]], bool]:
        """Return what waits, at most a batch, and whether the end was asked for."""
        batch: list[_Waiting[Item, Outcome]] = []
        try:
            waiting = self._queue.get()
            time.sleep(GATHER_SECONDS)
            while waiting is not None:
                batch.append(waiting)
                if len(batch) == BATCH_SIZE:
                    return batch, False
                waiting = self._queue.get_nowait()
        except Empty:
            return batch, False
        return batch, True

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
    for position, (_, future) in enumerate(batch):
        if future.done():
            continue
        if isinstance(outcomes, Exception):
            future.set_exception(outcomes)
        else:
            future.set_result(outcomes[position])
