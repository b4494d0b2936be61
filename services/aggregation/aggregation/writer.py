"""The one writer thread: many requests, one durable commit."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
import logging
import queue
from threading import Thread

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from aggregation.db import reason

LOGGER = logging.getLogger(__name__)

CAPACITY = 4096
BATCH_SIZE = 256


class StorageUnavailableError(Exception):
    """Nothing was stored; the same request may succeed later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Waiting[Item, Outcome]:
    """One item and the request that waits for its outcome."""

    item: Item
    future: asyncio.Future[Outcome]


class Writer[Item, Outcome]:
    """Stores items in batches and answers each only after its commit."""

    def __init__(
        self,
        engine: Engine,
        store: Callable[[Connection, Sequence[Item]], list[Outcome]],
        *,
        capacity: int = CAPACITY,
    ) -> None:
        """Take what stores a batch within a transaction, and how many items may wait."""
        self._engine = engine
        self._store = store
        self._queue: queue.Queue[_Waiting[Item, Outcome]] = queue.Queue(capacity)
        self._thread = Thread(target=self._run, name="writer", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """Store what waits and end the thread. Blocks: never call it on the event loop."""
        self._queue.shutdown()
        self._thread.join()

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
            loop = batch[0].future.get_loop()
            loop.call_soon_threadsafe(_answer, batch, outcomes)

    def _next_batch(self) -> list[_Waiting[Item, Outcome]]:
        """Return what waits, at least one item and at most a batch; empty at the end."""
        batch: list[_Waiting[Item, Outcome]] = []
        try:
            batch.append(self._queue.get())
            while len(batch) < BATCH_SIZE:
                batch.append(self._queue.get_nowait())
        except queue.Empty, queue.ShutDown:
            pass
        return batch

    def _commit(self, items: Sequence[Item]) -> list[Outcome] | Exception:
        """Store items in one transaction; return their outcomes, or why there are none."""
        try:
            with self._engine.begin() as connection:
                return self._store(connection, items)
        except SQLAlchemyError as error:
            LOGGER.error("The database cannot be written: %s", reason(error))  # noqa: TRY400
            return StorageUnavailableError()
        except Exception as error:  # noqa: BLE001 - every request must get an answer
            return error


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
