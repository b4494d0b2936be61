"""Fixtures of the tests of Printernizer."""

from collections.abc import AsyncIterator

from aiohttp.test_utils import TestServer
from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
import pytest

from .at_home import Home
from .standin import StandIn


@pytest.fixture
async def app(socket_enabled: None) -> AsyncIterator[StandIn]:
    """Run a stand-in of Printernizer on the loopback network."""
    running = StandIn()
    server = TestServer(running.application_of())
    # The access log does not like a clock that is moved.
    await server.start_server(access_log=None)
    running.url = str(server.make_url("")).rstrip("/")
    yield running
    running.open.set()
    await running.async_hang_up()
    await server.close()


@pytest.fixture
async def home(hass: HomeAssistant, app: StandIn, freezer: FrozenDateTimeFactory) -> AsyncIterator[Home]:
    """Return a Home Assistant beside that Printernizer, which it leaves before that stops."""
    made = Home(hass, app, freezer)
    yield made
    await made.async_leave()
