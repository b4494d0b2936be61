import asyncio
from collections.abc import Sequence

import pytest

from aggregation.keeping.batches import AT_ONCE, BATCH_SIZE, Batches
from aggregation.storage.records import StorageUnavailableError


async def double(numbers: Sequence[int]) -> list[int]:
    return [2 * number for number in numbers]


def test_outcomes_in_order_and_in_batches() -> None:
    batches: list[int] = []

    async def store(numbers: Sequence[int]) -> list[int]:
        batches.append(len(numbers))
        return await double(numbers)

    async def run() -> list[int]:
        writer = Batches(store)
        return await asyncio.gather(*(writer.outcome_of(number) for number in range(1000)))

    assert asyncio.run(run()) == [2 * number for number in range(1000)]
    assert (sum(batches), max(batches)) == (1000, BATCH_SIZE)


def test_each_batch_takes_a_share_so_that_those_who_judge_and_who_store_work_at_once() -> None:
    async def run() -> list[int]:
        batches: list[int] = []
        go_on, begun = asyncio.Event(), asyncio.Semaphore(0)

        async def store(numbers: Sequence[int]) -> list[int]:
            batches.append(len(numbers))
            begun.release()
            await go_on.wait()
            return await double(numbers)

        writer = Batches(store)
        tasks = [asyncio.create_task(writer.outcome_of(number)) for number in range(64)]
        for _ in range(AT_ONCE):
            await begun.acquire()
        go_on.set()
        await asyncio.gather(*tasks)
        return batches

    assert asyncio.run(run()) == [22, 22, 20]


def test_what_comes_meanwhile_waits_for_the_next_batch() -> None:
    async def run() -> list[Sequence[int]]:
        batches: list[Sequence[int]] = []
        go_on, begun = asyncio.Event(), asyncio.Semaphore(0)

        async def store(numbers: Sequence[int]) -> list[int]:
            batches.append(numbers)
            begun.release()
            await go_on.wait()
            return await double(numbers)

        writer = Batches(store)
        tasks = []
        for number in range(5):
            tasks.append(asyncio.create_task(writer.outcome_of(number)))
            await (begun.acquire() if number < AT_ONCE else asyncio.sleep(0))
        assert len(batches) == AT_ONCE
        go_on.set()
        await asyncio.gather(*tasks)
        return batches

    assert asyncio.run(run()) == [[0], [1], [2], [3, 4]]


def test_what_comes_as_all_batches_end_is_not_left_waiting() -> None:
    async def run() -> list[int]:
        go_on, begun = asyncio.Event(), asyncio.Semaphore(0)

        async def store(numbers: Sequence[int]) -> list[int]:
            begun.release()
            await go_on.wait()
            return await double(numbers)

        writer = Batches(store)

        async def once_more(number: int) -> int:
            await writer.outcome_of(number)
            return await writer.outcome_of(10 * number)

        tasks = [asyncio.create_task(once_more(1))]
        await begun.acquire()
        for number in range(2, AT_ONCE + 1):
            tasks.append(asyncio.create_task(writer.outcome_of(number)))
            await begun.acquire()
        go_on.set()
        async with asyncio.timeout(30):
            return await asyncio.gather(*tasks)

    assert asyncio.run(run()) == [20, 4, 6]


def test_full_queue() -> None:
    async def run() -> int:
        writer = Batches(double, capacity=1)
        first = asyncio.create_task(writer.outcome_of(1))
        await asyncio.sleep(0)
        with pytest.raises(StorageUnavailableError):
            await writer.outcome_of(2)
        return await first

    assert asyncio.run(run()) == 2


def test_stop_stores_what_waits() -> None:
    async def run() -> None:
        writer = Batches(double)
        tasks = [asyncio.create_task(writer.outcome_of(number)) for number in range(10)]
        await asyncio.sleep(0)
        await writer.stop()
        assert len(await asyncio.gather(*tasks)) == 10
        with pytest.raises(StorageUnavailableError):
            await writer.outcome_of(11)

    asyncio.run(run())


def test_error_reaches_every_request_and_the_next_batch_is_stored() -> None:
    errors = [LookupError()]

    async def store(numbers: Sequence[int]) -> list[int]:
        if errors:
            raise errors.pop()
        return await double(numbers)

    async def run() -> list[int | BaseException]:
        writer = Batches(store)
        tasks = [writer.outcome_of(number) for number in range(3)]
        return [*await asyncio.gather(*tasks, return_exceptions=True), await writer.outcome_of(4)]

    *failed, stored = asyncio.run(run())
    assert [type(error) for error in failed] == [LookupError] * 3
    assert stored == 8


def test_request_that_no_longer_waits() -> None:
    async def run() -> int:
        reached, released = asyncio.Event(), asyncio.Event()

        async def store(numbers: Sequence[int]) -> list[int]:
            reached.set()
            await released.wait()
            return await double(numbers)

        writer = Batches(store)
        gone = asyncio.create_task(writer.outcome_of(1))
        await reached.wait()
        gone.cancel()
        released.set()
        return await writer.outcome_of(2)

    assert asyncio.run(run()) == 4
