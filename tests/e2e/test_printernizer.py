"""The whole line with Printernizer: a stand-in of the app, Home Assistant, the service, its sums."""

import asyncio
from collections.abc import Iterator
from threading import Thread
import time

from aiohttp import web
import httpx
import pytest

from stack.integration import Integration
from stack.process import HOST, free_port, wait_until
from stack.service import AggregationService
from stack.standin import CONFIGURATION

from ..printers.printernizer.standin import StandIn
from .homes import Homes

STEP_SECONDS = 10.0
PROGRESS = (5, 15, 30, 45, 60, 75, 85, 95)


@pytest.fixture
def app() -> Iterator[StandIn]:
    """Run the stand-in in a thread of its own."""
    loop = asyncio.new_event_loop()
    running = StandIn()
    running.url = f"http://{HOST}:{free_port()}"

    async def async_begin() -> None:
        runner = web.AppRunner(running.application_of())
        await runner.setup()
        await web.TCPSite(runner, HOST, int(running.url.rpartition(":")[2])).start()

    thread = Thread(target=loop.run_forever, daemon=True)
    thread.start()
    asyncio.run_coroutine_threadsafe(async_begin(), loop).result(10)
    yield running
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)


def reports(service: AggregationService, key: str) -> int:
    """Return how many reports the maintainers' figures have; -1 until a new key is known."""
    headers = {"X-API-Key": key}
    answer = httpx.get(f"{service.url}/stats/summary", headers=headers, timeout=30)
    return int(answer.json()["total_submissions"]) if answer.is_success else -1


@pytest.mark.timeout(400)
def test_a_print_behind_printernizer_is_counted_reported_acknowledged_and_seen(
    homes: Homes, service: AggregationService, app: StandIn
) -> None:
    key = service.run("keys", "create", "printernizer", "--scope", "read")
    app.show("workshop", "online")
    home = homes.start(extra=CONFIGURATION)
    integration = Integration(home)
    integration.set_up(service)
    integration.add_app(app.url)
    for progress in PROGRESS:
        app.show("workshop", "printing", progress)
        time.sleep(STEP_SECONDS)
    app.show("workshop", "unknown", 100)
    wait_until("the print is counted", lambda: integration.count("prints_completed") == 1, timeout=90)

    before = reports(service, key)
    assert before >= 0
    preview = integration.ask("preview_report")
    answer = integration.ask("submit_now", sha256=preview["sha256"])
    assert answer["receipt"]["body_sha256"] == preview["sha256"]
    assert '"job_count":1' in preview["body"]
    wait_until("the maintainers see it", lambda: reports(service, key) > before, timeout=60)
    home.stop()
