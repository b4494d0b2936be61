import asyncio
from collections.abc import Iterator, Sequence
from pathlib import Path
import sqlite3
import threading

import pytest
from sqlalchemy import Connection, Engine, text

from aggregation.db import Database
from aggregation.writer import BATCH_SIZE, StorageUnavailableError, Writer


@pytest.fixture
def engine(database: Path) -> Iterator[Engine]:
    store = Database.open(f"sqlite:///{database}", 0.1)
    with store.writer.begin() as connection:
        connection.execute(text("CREATE TABLE numbers (number INTEGER)"))
    yield store.writer
    store.close()


def double(connection: Connection, numbers: Sequence[int]) -> list[int]:
    """Store numbers and return them doubled."""
    connection.execute(text("INSERT INTO numbers VALUES (:n)"), [{"n": n} for n in numbers])
    return [2 * number for number in numbers]


def stored(path: Path) -> int:
    connection = sqlite3.connect(path)
    (count,) = connection.execute("SELECT count(*) FROM numbers").fetchone()
    connection.close()
    return int(count)


def test_outcomes_in_order_and_in_batches(engine: Engine, database: Path) -> None:
    batches: list[int] = []

    def store(connection: Connection, numbers: Sequence[int]) -> list[int]:
        batches.append(len(numbers))
        return double(connection, numbers)

    writer = Writer(engine, store)

    async def run() -> list[int]:
        tasks = [asyncio.create_task(writer.write(number)) for number in range(1000)]
        await asyncio.sleep(0)
        writer.start()
        return await asyncio.gather(*tasks)

    assert asyncio.run(run()) == [2 * number for number in range(1000)]
    assert batches == [BATCH_SIZE, BATCH_SIZE, BATCH_SIZE, 1000 - 3 * BATCH_SIZE]
    writer.stop()
    assert stored(database) == 1000


def test_full_queue(engine: Engine) -> None:
    writer = Writer(engine, double, capacity=1)

    async def run() -> int:
        first = asyncio.create_task(writer.write(1))
        await asyncio.sleep(0)
        with pytest.raises(StorageUnavailableError):
            await writer.write(2)
        writer.start()
        return await first

    assert asyncio.run(run()) == 2
    writer.stop()


def test_stop_stores_what_waits(engine: Engine, database: Path) -> None:
    writer = Writer(engine, double)

    async def run() -> None:
        tasks = [asyncio.create_task(writer.write(number)) for number in range(10)]
        await asyncio.sleep(0)
        writer.start()
        await asyncio.to_thread(writer.stop)
        assert len(await asyncio.gather(*tasks)) == 10
        with pytest.raises(StorageUnavailableError):
            await writer.write(11)

    asyncio.run(run())
    assert stored(database) == 10


def test_locked_database(engine: Engine, database: Path, caplog: pytest.LogCaptureFixture) -> None:
    writer = Writer(engine, double)
    other = sqlite3.connect(database, isolation_level=None)

    async def run() -> int:
        writer.start()
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StorageUnavailableError):
            await writer.write(1)
        other.execute("ROLLBACK")
        return await writer.write(2)

    assert asyncio.run(run()) == 4
    writer.stop()
    other.close()
    assert stored(database) == 1
    assert caplog.messages == ["The database cannot be written: SQLITE_BUSY"]


def test_unexpected_error_reaches_every_request_and_stores_nothing(engine: Engine, database: Path) -> None:
    def store(connection: Connection, numbers: Sequence[int]) -> list[int]:
        double(connection, numbers)
        raise LookupError

    writer = Writer(engine, store)

    async def run() -> list[int | BaseException]:
        tasks = [asyncio.create_task(writer.write(number)) for number in range(3)]
        await asyncio.sleep(0)
        writer.start()
        return await asyncio.gather(*tasks, return_exceptions=True)

    assert [type(outcome) for outcome in asyncio.run(run())] == [LookupError] * 3
    writer.stop()
    assert stored(database) == 0


def test_request_that_no_longer_waits(engine: Engine, database: Path) -> None:
    reached, released = threading.Event(), threading.Event()

    def store(connection: Connection, numbers: Sequence[int]) -> list[int]:
        reached.set()
        released.wait()
        return double(connection, numbers)

    writer = Writer(engine, store)

    async def run() -> int:
        writer.start()
        gone = asyncio.create_task(writer.write(1))
        await asyncio.to_thread(reached.wait)
        gone.cancel()
        released.set()
        return await writer.write(2)

    assert asyncio.run(run()) == 4
    writer.stop()
    assert stored(database) == 2
