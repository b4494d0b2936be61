"""Hostile requests against the service as it runs: it answers, stays up, and keeps only what is declared."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
import re
import sys
from urllib.parse import urlsplit

import pytest

from tests.hostile_requests import Hostile
from tests.proofs import tries
from tests.stored import undeclared
from tests.support import SECONDS, ServiceProcess, calling, encoded, submit, wait_until

pytestmark = pytest.mark.programs

COUNT = tries(400, full=10_000)
AT_ONCE = 200
HANGING_UP = 0.05
GROWTH = 200 * 2**20
LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)
STATUS = re.compile(rb"HTTP/1\.[01] (\d{3}) ")


@pytest.fixture
def service(database: Path, tmp_path: Path) -> Iterator[ServiceProcess]:
    limits = {"NETWORK_PER_MINUTE": "0", "DELETIONS_PER_HOUR": "0"}
    running = ServiceProcess(database, tmp_path / "log", **limits)
    yield running
    running.kill()


async def answers(address: tuple[str, int], data: bytes, *, hangs_up: bool) -> list[int]:
    """Send a request and return the statuses of what comes back; raises TimeoutError when nothing ends it.

    A client that goes silent loses its connection after ten seconds.
    """
    async with asyncio.timeout(SECONDS):
        reader, writer = await asyncio.open_connection(*address)
        received = b""
        try:
            writer.write(data)
            await writer.drain()
            if hangs_up:
                writer.write_eof()
            while not is_whole(received) and (piece := await reader.read(65536)):
                received += piece
        except ConnectionError:
            pass
        finally:
            writer.close()
    return [int(status) for status in STATUS.findall(received)]


def is_whole(received: bytes) -> bool:
    """Tell whether an answer is there."""
    head, end, body = received.partition(b"\r\n\r\n")
    length = LENGTH.search(head)
    return bool(end) and length is not None and len(body) >= int(length[1])


async def send_all(address: tuple[str, int], hostile: Hostile) -> tuple[Counter[int], list[bytes]]:
    """Send all requests; return how often each status came (0: none), and what never came to an end."""
    statuses: Counter[int] = Counter()
    stuck: list[bytes] = []
    requests = iter([(hostile.next(), hostile.chance.random() < HANGING_UP) for _ in range(COUNT)])

    async def work() -> None:
        for data, hangs_up in requests:
            try:
                statuses.update(await answers(address, data, hangs_up=hangs_up) or [0])
            except TimeoutError:
                stuck.append(data)

    await asyncio.gather(*(work() for _ in range(AT_ONCE)))
    return statuses, stuck


def memory(number: int) -> int:
    """Return how many bytes of memory a process has."""
    found = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{number}/status").read_text())
    assert found
    return int(found[1]) * 1024


def test_hostile_requests(service: ServiceProcess, database: Path) -> None:
    url = service.url()
    key = database.with_name(f"{database.name}.admin-key").read_text().strip()
    address = urlsplit(url)
    before = memory(service.process.pid)
    where = (address.hostname or "", address.port or 0)
    statuses, stuck = asyncio.run(send_all(where, Hostile(url, key, seed=11)))
    sys.stdout.write(f"{sorted(statuses.items())}\n")
    assert stuck == []
    assert {status for status in statuses if status >= 500} <= {503}
    assert {200, 400, 401, 403, 404, 405, 422, 431} <= statuses.keys()
    assert "Traceback" not in service.log
    assert '"level": "error"' not in service.log
    assert memory(service.process.pid) - before < GROWTH
    with calling(url) as client:
        assert submit(client, encoded()).status_code == 200
        wait_until(lambda: client.get("/health/ready").json()["fold_lag"] == 0)
        assert client.get("/health/ready").json()["put_aside"] == 0
    assert undeclared(database) == []
