"""Fixtures that all tests share."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from functools import partial
import logging
from pathlib import Path

from aiohttp import web
from aiohttp.test_utils import TestServer
from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from hypothesis import HealthCheck, settings
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.printernizer_stats import runtime  # before the plugin's own custom_components
from custom_components.printernizer_stats.background.lifecycle import Uptime
from custom_components.printernizer_stats.core.store import engine as store_engine

from .engines import sharing_engine
from .frozen import freeze_quickly
from .helpers import StatisticsService, async_act, async_setup
from .maintained import MaintainedService, running_service
from .proofs import tries
from .publisher import Publisher, running_publisher
from .second_service import SecondService
from .threads import keep_to_its_thread

_ALLOWED_LOGS = "allowed_logs"
# What Home Assistant says of every custom integration, and of a missing accelerator; what it and asyncio say
# of a moved clock and of a busy machine.
_ALWAYS_LOGGED = (
    "We found a custom integration",
    "zlib_ng and isal are not available",
    "Executing <",
    "is taking over",
)
_TALKATIVE = ("asyncio", "homeassistant", "pytest_homeassistant_custom_component", "sqlalchemy.engine")


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker of tests that may log warnings; keep what nobody reads out of the log."""
    freeze_quickly()
    config.addinivalue_line("markers", f"{_ALLOWED_LOGS}: the test may log warnings and errors")
    # How long an example takes says how busy the machine is.
    settings.register_profile(
        "any machine",
        deadline=None,
        max_examples=tries(100, fast=20),
        suppress_health_check=[HealthCheck.too_slow],
    )
    settings.load_profile("any machine")
    for talkative in _TALKATIVE:
        logging.getLogger(talkative).setLevel(logging.WARNING)


@pytest.fixture(autouse=True, scope="session")
def _statements_are_compiled_once() -> Iterator[None]:
    """Let the engines of all tests share the statements that SQLAlchemy compiled."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store_engine, "create_engine", sharing_engine)
        yield


@pytest.fixture
def hass_config_dir(hass_tmp_config_dir: str) -> str:
    """Give each test a configuration folder, and so a statistics file, of its own."""
    return hass_tmp_config_dir


@pytest.fixture(autouse=True)
def _custom_integrations(request: pytest.FixtureRequest) -> None:
    """Let Home Assistant load this repository's integration, in tests that have one."""
    if "recorder_mock" in request.fixturenames:
        request.getfixturevalue("recorder_mock")
    if "hass" in request.fixturenames:
        request.getfixturevalue("enable_custom_integrations")
        request.getfixturevalue("_at_rest")


@pytest.fixture(autouse=True)
async def enable_event_loop_debug(monkeypatch: pytest.MonkeyPatch) -> None:
    """Check which thread uses the event loop, in place of the plugin's debug mode."""
    keep_to_its_thread(asyncio.get_running_loop(), monkeypatch)


@pytest.fixture
async def _at_rest(hass: HomeAssistant) -> AsyncIterator[None]:
    """Let what is under way at the end of a test, such as a reload, come to its end."""
    yield
    await hass.async_block_till_done()


@pytest.fixture(autouse=True)
def _uptime_stands_still(monkeypatch: pytest.MonkeyPatch) -> None:
    """Count no seconds of the machine that runs the test: how many there are depends on what else it does."""
    monkeypatch.setattr(runtime, "Uptime", partial(Uptime, float))


@pytest.fixture(autouse=True)
def _no_warnings(request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Fail a test that logs a warning or worse, unless it is marked."""
    yield
    if request.node.get_closest_marker(_ALLOWED_LOGS):
        return
    seen = [
        f"{record.name}: {record.getMessage()}"
        for record in caplog.get_records("call")
        if record.levelno >= logging.WARNING
        and not any(known in record.getMessage() for known in _ALWAYS_LOGGED)
    ]
    assert not seen, seen


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Statistics files are waited for a hundredth as long as usual, when somebody else is at them."""
    pragmas = tuple(each.replace("busy_timeout=5000", "busy_timeout=50") for each in store_engine._PRAGMAS)
    assert pragmas != store_engine._PRAGMAS
    monkeypatch.setattr(store_engine, "_PRAGMAS", pragmas)


@pytest.fixture
def database(hass: HomeAssistant) -> Path:
    """Return where the statistics file of the test is."""
    return Path(hass.config.path("printernizer_stats.db"))


@pytest.fixture
async def service(socket_enabled: None) -> AsyncIterator[StatisticsService]:
    """Run a statistics service on the loopback network."""
    running = StatisticsService()
    app = web.Application()
    app.router.add_get("/", running.async_introduce)
    app.router.add_post("/submit", running.async_answer)
    server = TestServer(app)
    await server.start_server(access_log=None)
    running.url = str(server.make_url("/submit"))
    yield running
    running.open.set()
    await server.close()


@pytest.fixture
async def sharing_entry(
    hass: HomeAssistant, service: StatisticsService, freezer: FrozenDateTimeFactory
) -> MockConfigEntry:
    """Set up an entry that shares, on a Wednesday, with something to report."""
    freezer.move_to("2026-10-14 10:00:00+00:00")
    entry = await async_setup(hass, **service.options())
    await async_act(hass, "record_event", {"event_type": "file_uploaded"})
    return entry


@pytest.fixture
async def second(socket_enabled: None) -> AsyncIterator[SecondService]:
    """Run a service of the second protocol."""
    async with _running() as running:
        yield running


@pytest.fixture
async def publisher(socket_enabled: None) -> AsyncIterator[Publisher]:
    """Run a service that publishes a file each week."""
    async with running_publisher() as running:
        yield running


@pytest.fixture
async def maintained(socket_enabled: None) -> AsyncIterator[MaintainedService]:
    """Run a service that its maintainer asks."""
    async with running_service() as running:
        yield running


@pytest.fixture
async def another(socket_enabled: None) -> AsyncIterator[SecondService]:
    """Run another one, with keys of its own."""
    async with _running() as running:
        yield running


@asynccontextmanager
async def _running() -> AsyncIterator[SecondService]:
    running = SecondService()
    server = TestServer(running.application())
    # The access log does not like a clock that is moved.
    await server.start_server(access_log=None)
    running.url = str(server.make_url("/submit"))
    yield running
    await server.close()
