"""Many requests, one call of what writes: reports that wait are stored in one commit, proofs judged too."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from itertools import islice

from aggregation.storage.records import StorageUnavailableError

CAPACITY = 4096
BATCH_SIZE = 256
AT_ONCE = 3
"""Batches under way: while one is stored, another is answered, and the next is at hand."""
SMALL = 16
"""So many go together in any case."""


class Batches[Item, Outcome]:
    """Has items done in batches and answers each only when its batch is done."""

    def __init__(
        self, store: Callable[[list[Item]], Awaitable[list[Outcome]]], *, capacity: int = CAPACITY
    ) -> None:
        """Take what stores a batch, or judges it, and how many items may wait."""
        self._store = store
        self._capacity = capacity
        self._waiting: dict[asyncio.Future[Outcome], Item] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._running = 0
        self._under_way = 0
        self._stopped = False

    async def outcome_of(self, item: Item) -> Outcome:
        """Return the outcome once its batch is done: on disk, if it is stored.

        Raises StorageUnavailableError, and what doing the batch raises.
        """
        if self._stopped or len(self._waiting) >= self._capacity:
            raise StorageUnavailableError
        future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._waiting[future] = item
        if self._running < AT_ONCE:
            self._running += 1
            task = asyncio.create_task(self._run())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return await future

    async def stop(self, seconds: float | None = None) -> None:
        """Store what waits, and nothing more; give up after so many seconds."""
        self._stopped = True
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=seconds)

    async def _run(self) -> None:
        """Store batch after batch until nothing waits."""
        try:
            while self._waiting:
                await asyncio.sleep(0)  # what came in the same turn of the loop goes along
                batch = dict(islice(self._waiting.items(), self._share()))
                for future in batch:
                    del self._waiting[future]
                if batch:
                    self._under_way += len(batch)
                    _answer(batch, await self._commit(list(batch.values())))
                    self._under_way -= len(batch)
        finally:
            # In the step that found nothing waiting: who comes before the loop notices the end begins anew.
            self._running -= 1

    def _share(self) -> int:
        """Return how many go together: if all did, who judges and who stores would wait for each other."""
        share = -(-(len(self._waiting) + self._under_way) // AT_ONCE)
        return min(max(share, SMALL), BATCH_SIZE)

    async def _commit(self, items: list[Item]) -> list[Outcome] | Exception:
        """Store items in one transaction; return their outcomes, or why there are none."""
        try:
            return await self._store(items)
        except Exception as error:  # noqa: BLE001 - every request must get an answer
            return error


def _answer[Outcome](futures: Iterable[asyncio.Future[Outcome]], outcomes: list[Outcome] | Exception) -> None:
    """Hand outcomes, or the one error, to the requests that still wait."""
    for position, future in enumerate(futures):
        if future.done():
            continue
        if isinstance(outcomes, Exception):
            future.set_exception(outcomes)
        else:
            future.set_result(outcomes[position])
