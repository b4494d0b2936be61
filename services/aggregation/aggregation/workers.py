"""Threads for work that would hold up the event loop: signatures.

An executor wakes the loop once for each job; under load these answer many jobs at once.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any

from aggregation.errors import UnavailableError

BATCH = 16
"""Jobs that one thread answers together at most."""
CAPACITY = 1024


class BusyError(UnavailableError):
    """Too many jobs wait."""

    def __init__(self) -> None:
        """Say so."""
        super().__init__("Too many requests wait")


@dataclass(slots=True)
class _Job:
    """A function without arguments, and who waits for what it returns."""

    function: Callable[[], Any]
    future: asyncio.Future[Any]
    result: Any = None
    error: Exception | None = None

    def work(self) -> None:
        """Call the function."""
        try:
            self.result = self.function()
        except Exception as error:  # noqa: BLE001 - it is raised where the job is waited for
            self.error = error

    def answer(self) -> None:
        """Hand over what came of it; runs on the loop."""
        if self.future.done():
            return
        if self.error is None:
            self.future.set_result(self.result)
        else:
            self.future.set_exception(self.error)


class Workers:
    """A few threads and a queue."""

    def __init__(self, threads: int, *, capacity: int = CAPACITY) -> None:
        """Take how many threads work, and how many jobs may wait for them."""
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._capacity = capacity
        self._threads = [Thread(target=self._run, name="worker", daemon=True) for _ in range(threads)]

    def start(self) -> None:
        """Start the threads."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End the threads after the jobs that wait. Blocks."""
        for _ in self._threads:
            self._jobs.put(None)
        for thread in self._threads:
            thread.join()

    async def run[Outcome](self, function: Callable[[], Outcome]) -> Outcome:
        """Return what a function returns when a thread calls it; raises what it raises, and BusyError."""
        if self._jobs.qsize() >= self._capacity:
            raise BusyError
        job = _Job(function, asyncio.get_running_loop().create_future())
        self._jobs.put(job)
        outcome: Outcome = await job.future
        return outcome

    def _run(self) -> None:
        """Do batch after batch until told to end."""
        ending = False
        while not ending:
            jobs, ending = self._next()
            for job in jobs:
                job.work()
            if jobs:
                jobs[0].future.get_loop().call_soon_threadsafe(_answer, jobs)

    def _next(self) -> tuple[list[_Job], bool]:
        """Return the jobs that wait, at least one, and whether the end was asked for."""
        jobs: list[_Job] = []
        try:
            job = self._jobs.get()
            while job is not None:
                jobs.append(job)
                if len(jobs) == BATCH:
                    return jobs, False
                job = self._jobs.get_nowait()
        except Empty:
            return jobs, False
        return jobs, True


def _answer(jobs: list[_Job]) -> None:
    """Answer all jobs; runs on the loop."""
    for job in jobs:
        job.answer()
