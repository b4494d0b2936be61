"""A service killed whole or in part, while it stores and folds: all it acknowledged is there, once."""

import asyncio
from hashlib import sha256
import json
import os
from pathlib import Path
import random
import signal
from typing import Any

import httpx
import pytest

from aggregation.storage.engine import Database
from aggregation.storage.schema import SUBMISSIONS
from tests.made import count, fold_all, verified
from tests.proofs import tries
from tests.support import KEY, SECONDS, ServiceProcess, encoded

pytestmark = pytest.mark.programs

KILLS = tries(6, full=100)
HEADERS = {"X-API-Key": KEY, "Content-Type": "application/json"}
CLIENTS = 16
type Acknowledged = dict[bytes, int]


async def send(
    client: httpx.AsyncClient,
    known: Acknowledged,
    chance: random.Random,
    service: ServiceProcess,
    begun: asyncio.Event,
) -> None:
    """Send new reports, and now and then an old one again, until the service is gone.

    Tell once something is acknowledged. While the process that writes is gone nothing is acknowledged.
    """
    while True:
        again = known and chance.random() < 0.2
        body = chance.choice(list(known)) if again else encoded()
        try:
            answer = await client.post("/submit", content=body, headers=HEADERS)
        except httpx.TransportError:
            begun.set()
            return
        if answer.status_code == 503:
            await asyncio.sleep(0.01)
            continue
        assert answer.status_code == 200, answer.text + service.log
        number = answer.json()["submission_id"]
        assert known.setdefault(body, number) == number
        begun.set()


async def load(url: str, known: Acknowledged, chance: random.Random, service: ServiceProcess) -> None:
    """Let clients send, and kill the service in the midst of it."""
    begun = asyncio.Event()
    async with httpx.AsyncClient(base_url=url, timeout=SECONDS) as client, asyncio.TaskGroup() as group:
        for _ in range(CLIENTS):
            group.create_task(send(client, known, chance, service, begun))
        await begun.wait()  # a busy machine takes its time
        await asyncio.sleep(chance.uniform(0.05, 0.4))
        if chance.random() < 0.3 and (writer := service.writer):
            os.kill(writer, signal.SIGKILL)
            await asyncio.sleep(chance.uniform(0.05, 2.0))
        if chance.random() < 0.3:
            service.process.kill()
            await asyncio.sleep(chance.uniform(0.0, 0.1))
        service.kill()


def test_killed_again_and_again(database: Path, tmp_path: Path) -> None:
    chance = random.Random(7)
    known: Acknowledged = {}
    for number in range(KILLS):
        service = ServiceProcess(database, tmp_path / f"log{number}", V1_PER_HOUR="0", NETWORK_PER_MINUTE="0")
        try:
            asyncio.run(load(service.url(), known, chance, service))
        finally:
            service.kill()
    assert len(known) >= KILLS
    check(database, known)


def check(database: Path, known: Acknowledged) -> None:
    """Compare what was acknowledged with what is stored."""
    opened = Database(f"sqlite:///{database}", 5)
    with opened.reading() as connection:
        rows = connection.execute(SUBMISSIONS.select()).all()
    stored = {row.installation_id: row.body_sha256 for row in rows}
    assert len(stored) == len(rows)
    assert {installation(body): sha256(body).hexdigest() for body in known}.items() <= stored.items()
    fold_all(opened)
    found = verified(opened)
    assert found.agrees, found
    assert found.submissions == len(rows) == count(opened, SUBMISSIONS)
    opened.close()


def installation(body: bytes) -> str:
    """Return whose report it is."""
    document: dict[str, Any] = json.loads(body)
    return str(document["installation"]["installation_id"])
