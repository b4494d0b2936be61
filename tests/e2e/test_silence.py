"""With sharing off, no connection goes anywhere but to the printer; with receiving on, one more a week."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
import json
from pathlib import Path
import socket
from threading import Thread
from typing import Any

import httpx
import pytest

from stack.demo import wait_saved
from stack.home_assistant import HomeAssistant
from stack.integration import DOMAIN, Integration
from stack.octoprint import OctoPrint
from stack.once import print_and_count
from stack.parts import Parts
from stack.process import HOST, wait_until

from ..publisher import Publisher, running_publisher
from .conftest import CLIENT_KEY, MIN_PRINT_SECONDS
from .homes import Homes
from .websocket import refusal

OBSERVER = Path(__file__).parent / "observer"


class Listener:
    """An endpoint that takes connections, never answers, and counts them."""

    api_key = CLIENT_KEY

    def __init__(self) -> None:
        """Listen on a free loopback port."""
        self._socket = socket.create_server((HOST, 0), backlog=100)
        self._socket.setblocking(False)
        self._taken: list[socket.socket] = []
        self.port: int = self._socket.getsockname()[1]

    @property
    def submit_url(self) -> str:
        """Return the address that reports would be sent to."""
        return f"http://{HOST}:{self.port}/submit"

    def connections(self) -> int:
        """Return how many connections came so far."""
        with suppress(BlockingIOError):
            while True:
                self._taken.append(self._socket.accept()[0])
        return len(self._taken)

    def close(self) -> None:
        """Close everything."""
        for each in (self._socket, *self._taken):
            each.close()


@pytest.fixture
def listener() -> Iterator[Listener]:
    """Give an endpoint that only counts."""
    endpoint = Listener()
    yield endpoint
    endpoint.close()


def test_nothing_is_sent_while_sharing_is_off(
    homes: Homes, octoprint: OctoPrint, listener: Listener, tmp_path: Path
) -> None:
    noted = tmp_path / "connections"
    variables = {"PYTHONPATH": str(OBSERVER), "PRINTERNIZER_CONNECTIONS": str(noted)}
    home = homes.start(variables=variables)
    octoprint.add_to(home)
    integration = Integration(home)
    integration.set_up(listener, share=False, min_print_seconds=MIN_PRINT_SECONDS)

    service: Any = None  # there is none
    print_and_count(Parts(home=home, service=service, printer=octoprint, integration=integration), 10)
    _look_and_delete(home, integration)
    home.stop()
    home.start()
    assert integration.count("prints_completed") == 0
    assert integration.sensor("submission_status") == "off"
    assert listener.connections() == 0
    assert _destinations(noted) == {(HOST, octoprint.port)}

    _switch_on(home, listener)
    assert listener.connections() == 1
    assert _destinations(noted) == {(HOST, octoprint.port), (HOST, listener.port)}
    home.stop()


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    """Run a service that publishes, in a thread of its own."""
    loop = asyncio.new_event_loop()
    thread = Thread(target=loop.run_forever, daemon=True)
    thread.start()
    running = running_publisher()
    yield asyncio.run_coroutine_threadsafe(running.__aenter__(), loop).result(10)
    asyncio.run_coroutine_threadsafe(running.__aexit__(None, None, None), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)


def test_receiving_alone_asks_for_one_file_and_not_again_that_week(
    homes: Homes, publisher: Publisher, tmp_path: Path
) -> None:
    noted = tmp_path / "connections"
    noted.touch()
    variables = {"PRINTERNIZER_CONNECTIONS": str(noted), "PRINTERNIZER_EARLIEST": "1"}
    home = homes.start(variables={"PYTHONPATH": str(OBSERVER), **variables})
    server = {"url": publisher.url, "client_key": CLIENT_KEY}
    home.add_entry(DOMAIN, [{}, {"share": False, "server": server}])
    assert _destinations(noted) == set(), "before it is turned on"
    home.call_action(DOMAIN, "set_community", {"receive": True})
    wait_until("the file is received", lambda: _reception(home) == "received")
    wait_saved(home)
    home.stop()
    home.start()
    assert _reception(home) == "received"

    home.call_action(DOMAIN, "set_community", {"receive": False})
    wait_until("it is forgotten", lambda: _reception(home) is None)
    home.stop()
    address = publisher.url.removeprefix("http://").removesuffix("/submit")
    plain = f"GET /public/latest.json HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
    assert publisher.asked == [plain.encode()]
    lines = noted.read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)[1:] for line in lines] == [[HOST, int(address.partition(":")[2])]]


def _reception(home: HomeAssistant) -> Any:
    """Return what came of asking for the community's numbers, None while they are not received."""
    community = Integration(home).ask("get_statistics")["community"]
    return community and community["reception"]


def _look_and_delete(home: HomeAssistant, integration: Integration) -> None:
    """Use everything that could be tempted to send."""
    export = integration.ask("export_data")
    assert home.get(export["download_url"])["events"] == export["events"] != []
    assert json.loads(integration.ask("preview_report")["body"])["usage_stats"]["completed_count"] == 1
    error = refusal(home, "submit_now", {})
    assert error["translation_key"] == "sharing_off"
    home.call_action(DOMAIN, "delete_data", {"confirm": True})


def _switch_on(home: HomeAssistant, listener: Listener) -> None:
    """Show that a connection would have been seen: switch sharing on, which asks the service."""
    flows = "/api/config/config_entries/options/flow"
    flow_id = home.post(flows, {"handler": home.entries(DOMAIN)[0]["entry_id"]})["flow_id"]
    home.post(f"{flows}/{flow_id}", {"next_step_id": "sharing"})
    sharing = {"share": True, "server": {"url": listener.submit_url, "client_key": CLIENT_KEY}}
    with pytest.raises(httpx.ReadTimeout):
        home.request("POST", f"{flows}/{flow_id}", json=sharing, timeout=3)


def _destinations(noted: Path) -> set[tuple[Any, ...]]:
    """Return where the observed process connected to."""
    return {tuple(json.loads(line)[1:]) for line in noted.read_text(encoding="utf-8").splitlines()}
