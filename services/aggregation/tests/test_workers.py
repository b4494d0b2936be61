import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import partial
import threading
from threading import Event

import pytest

from aggregation.workers import BusyError, Workers
from tests.support import SECONDS


@asynccontextmanager
async def running(threads: int, **options: int) -> AsyncGenerator[Workers]:
    workers = Workers(threads, **options)
    workers.start()
    yield workers
    await asyncio.to_thread(workers.stop)


def test_each_gets_its_own() -> None:
    def work(number: int) -> int:
        assert threading.current_thread() is not threading.main_thread()
        if number % 7 == 3:
            raise LookupError(number)
        return number * 2

    async def run() -> None:
        async with running(2) as workers:
            jobs = (workers.run(partial(work, number)) for number in range(500))
            outcomes = await asyncio.gather(*jobs, return_exceptions=True)
        for number, outcome in enumerate(outcomes):
            if number % 7 == 3:
                assert isinstance(outcome, LookupError)
                assert outcome.args == (number,)
            else:
                assert outcome == number * 2

    asyncio.run(run())


def test_loop_goes_on() -> None:
    async def run() -> None:
        async with running(1) as workers:
            enough = Event()
            job = asyncio.create_task(workers.run(partial(enough.wait, SECONDS)))
            await asyncio.sleep(0)
            enough.set()
            assert await job, "the loop could end what the thread waits for"

    asyncio.run(run())


def test_too_many_wait() -> None:
    async def run() -> None:
        async with running(1, capacity=2) as workers:
            enough = Event()
            jobs = [asyncio.create_task(workers.run(partial(enough.wait, SECONDS))) for _ in range(10)]
            await asyncio.sleep(0)
            enough.set()
            outcomes = await asyncio.gather(*jobs, return_exceptions=True)
        assert 0 < sum(isinstance(outcome, BusyError) for outcome in outcomes) < 10

    asyncio.run(run())


def test_who_went_away_is_not_answered() -> None:
    async def run() -> int:
        async with running(1) as workers:
            begun, enough = Event(), Event()

            def work() -> None:
                begun.set()
                enough.wait(SECONDS)

            first = asyncio.create_task(workers.run(work))
            second = asyncio.create_task(workers.run(lambda: 2))
            await asyncio.to_thread(begun.wait, SECONDS)
            first.cancel()
            enough.set()
            with pytest.raises(asyncio.CancelledError):
                await first
            return await second

    assert asyncio.run(run()) == 2
