"""A process of its own that stores and folds: `python -m tests.rollups.processes URL NUMBER COUNT`."""

import asyncio
import sys

from aggregation.keeping.repository import Repository
from tests.made import WEEK, made


async def submit(repository: Repository, number: int, count: int) -> None:
    """Store reports that all processes share some installations of, 32 at a time."""
    room = asyncio.Semaphore(32)

    async def one(position: int) -> None:
        shared = position % 40
        reports = [made(f"{number}-{position}"), made(f"shared-{shared}", WEEK + (position + number) % 9)]
        async with room:
            for report in reports:
                await repository.submit(report)

    await asyncio.gather(*(one(position) for position in range(count)))


async def run(url: str, number: int, count: int) -> None:
    """Store, say so, then fold until killed or told to stop."""
    repository = Repository.open(url, 120)
    await repository.start()
    await submit(repository, number, count)
    sys.stdout.write("stored\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.readline)
    await repository.stop()


if __name__ == "__main__":
    asyncio.run(run(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
