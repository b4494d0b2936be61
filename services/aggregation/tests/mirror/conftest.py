"""A ClickHouse of our own: its engine runs in this process."""

from collections.abc import Iterator
from itertools import count

from clickhouse_connect.driver import create_client
from clickhouse_connect.driver.client import Client
import pytest

NUMBERS = count()


@pytest.fixture(scope="session")
def engine() -> Iterator[Client]:
    """Give a client that keeps the engine's databases in memory."""
    client = create_client(dsn="chdb://memory")
    yield client
    client.close()


@pytest.fixture
def clickhouse_url(engine: Client) -> str:
    """Return the URL of an empty database."""
    name = f"test_{next(NUMBERS)}"
    engine.command(f"CREATE DATABASE {name}")
    return f"chdb://memory/{name}"


@pytest.fixture
def clickhouse(clickhouse_url: str) -> Iterator[Client]:
    """Give a client of an empty database."""
    client = create_client(dsn=clickhouse_url)
    yield client
    client.close()
