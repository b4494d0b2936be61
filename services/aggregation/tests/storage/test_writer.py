import asyncio
from collections.abc import Sequence
import threading

import pytest
from sqlalchemy.exc import IntegrityError, OperationalError

from aggregation.storage.writer import ATTEMPTS, BATCH_SIZE, StorageUnavailableError, Writer


def double(numbers: Sequence[int]) -> list[int]:
    return [2 * number for number in numbers]


def test_outcomes_in_order_and_in_batches() -> None:
    batches: list[int] = []

    def store(numbers: Sequence[int]) -> list[int]:
        batches.append(len(numbers))
        return double(numbers)

    writer = Writer(store)

    async def run() -> list[int]:
        tasks = [asyncio.create_task(writer.write(number)) for number in range(1000)]
        await asyncio.sleep(0)
        assert not writer.is_busy()
        writer.start()
        return await asyncio.gather(*tasks)

    assert asyncio.run(run()) == double(range(1000))
    assert batches == [BATCH_SIZE, BATCH_SIZE, BATCH_SIZE, 1000 - 3 * BATCH_SIZE]
    assert writer.is_busy()
    writer.stop()


def test_full_queue() -> None:
    writer = Writer(double, capacity=1)

    async def run() -> int:
        first = asyncio.create_task(writer.write(1))
        await asyncio.sleep(0)
        with pytest.raises(StorageUnavailableError):
            await writer.write(2)
        writer.start()
        return await first

    assert asyncio.run(run()) == 2
    writer.stop()


def test_stop_stores_what_waits() -> None:
    writer = Writer(double)

    async def run() -> None:
        tasks = [asyncio.create_task(writer.write(number)) for number in range(10)]
        await asyncio.sleep(0)
        writer.start()
        await asyncio.to_thread(writer.stop)
        assert len(await asyncio.gather(*tasks)) == 10
        with pytest.raises(StorageUnavailableError):
            await writer.write(11)

    asyncio.run(run())


def failing(error: Exception, times: int) -> Writer[int, int]:
    """Return a writer whose first tries fail."""
    left = [times]

    def store(numbers: Sequence[int]) -> list[int]:
        if left[0]:
            left[0] -= 1
            raise error
        return double(numbers)

    return Writer(store)


def outcome(writer: Writer[int, int]) -> int:
    async def run() -> int:
        writer.start()
        try:
            return await writer.write(1)
        finally:
            await asyncio.to_thread(writer.stop)

    return asyncio.run(run())


@pytest.mark.parametrize("times", [1, ATTEMPTS - 1])
def test_what_another_process_stored_first_is_seen_at_the_next_try(times: int) -> None:
    assert outcome(failing(IntegrityError("", {}, Exception()), times)) == 2


@pytest.mark.parametrize(
    ("error", "times"),
    [(IntegrityError("", {}, Exception()), ATTEMPTS), (OperationalError("", {}, Exception()), 1)],
)
def test_database_that_cannot_be_written(
    error: Exception, times: int, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(StorageUnavailableError):
        outcome(failing(error, times))
    assert caplog.messages == [f"The database cannot be written: {type(error).__name__}"]


def test_unexpected_error_reaches_every_request() -> None:
    writer = failing(LookupError(), 1)

    async def run() -> list[int | BaseException]:
        tasks = [asyncio.create_task(writer.write(number)) for number in range(3)]
        await asyncio.sleep(0)
        writer.start()
        return await asyncio.gather(*tasks, return_exceptions=True)

    assert [type(error) for error in asyncio.run(run())] == [LookupError] * 3
    writer.stop()


def test_request_that_no_longer_waits() -> None:
    reached, released = threading.Event(), threading.Event()

    def store(numbers: Sequence[int]) -> list[int]:
        reached.set()
        released.wait()
        return double(numbers)

    writer = Writer(store)

    async def run() -> int:
        writer.start()
        gone = asyncio.create_task(writer.write(1))
        await asyncio.to_thread(reached.wait)
        gone.cancel()
        released.set()
        return await writer.write(2)

    assert asyncio.run(run()) == 4
    writer.stop()
