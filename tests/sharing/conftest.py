"""The store's fixtures, for what sharing keeps in it, and services of the second protocol."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp.test_utils import TestServer
import pytest

from ..store.conftest import commits, file, store
from .second_service import SecondService

__all__ = ["commits", "file", "store"]


@pytest.fixture
async def second(socket_enabled: None) -> AsyncIterator[SecondService]:
    """Run a service of the second protocol."""
    async with _running() as running:
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
