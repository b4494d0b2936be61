"""Fixtures: the service on a new database, and a client of it."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.support import live_server, settings_for


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """Return where the database is."""
    return tmp_path / "aggregation.db"


@pytest.fixture
def client(database: Path) -> Iterator[httpx.Client]:
    """Give a client of a running service."""
    settings = settings_for(database, database_timeout=0.2)
    with live_server(settings) as url, httpx.Client(base_url=url) as http:
        yield http
