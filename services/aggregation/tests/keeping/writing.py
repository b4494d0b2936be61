"""A writer in a process of its own, for a test to work with."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date
from hashlib import sha256
from pathlib import Path
import time

import uvloop

from aggregation.keeping.process import WriterProcess
from aggregation.keeping.wire import Order
from aggregation.protocol.proof import Proof, Request, Verifier
from aggregation.storage.migrate import opened
from aggregation.storage.records import Deletion, Retention
from tests.support import calling, wait_until
from tests.v2 import WeeklyClient

BODY = b"{}"
DELETION = Deletion(installation_id="a", day=date(2026, 11, 22), signed=True)


def kept(url: str, work: Callable[[WriterProcess], Awaitable[None]], journal: Path | None = None) -> None:
    """Let something work with a writer on a new database."""
    opened(url, 60).close()
    order = Order(
        url=url,
        timeout=60,
        retention=Retention(),
        log_level="warning",
        journal=str(journal) if journal else None,
    )

    async def run() -> None:
        writer = WriterProcess(order)
        await writer.start()
        try:
            await work(writer)
        finally:
            await writer.stop()

    uvloop.run(run())


async def until(condition: Callable[[], bool]) -> None:
    """Wait until a condition holds."""
    await asyncio.to_thread(wait_until, condition)


def process_of(writer: WriterProcess) -> int:
    """Return the number of the process."""
    assert writer._process
    return writer._process.pid


def proof() -> Proof:
    """Return a proof for a report, made now by a key of its own."""
    with calling("http://statistics.invalid") as http:
        token = WeeklyClient(http).proof(BODY)
    request = Request(method="POST", path="/submit", body_sha256=sha256(BODY).hexdigest())
    return Proof(token=token, request=request, now=time.time(), verifier=Verifier(public_url=None, skew=300))
