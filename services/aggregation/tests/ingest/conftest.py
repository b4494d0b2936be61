"""A client of protocol 2.0 for the tests of this room."""

import httpx
import pytest

from tests.v2 import WeeklyClient


@pytest.fixture
def weekly(client: httpx.Client) -> WeeklyClient:
    """Return an installation in one week."""
    return WeeklyClient(client)
