"""A service as it is started first: nothing that anybody could guess opens what is not for everybody."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from aggregation.settings import PUBLIC_CLIENT_KEY
from tests.proofs import tries
from tests.support import KEY, calling, encoded, live_server, settings_for, submit

OPEN = {"/", "/health", "/health/live", "/health/ready", "/openapi.json", "/docs", "/redoc"}
SENDING = {"/submit", "/installation/{installation_id}"}
"""What clients of 1.0 do with the public key."""
GUESSES = [
    None, "", "admin", "Admin", "password", "changeme", "change-me", "secret", "default", "test", "key",
    "api-key", "your-api-key-here", "0", "null", "None", "Bearer", "printernizer", "aggregation", KEY,
    PUBLIC_CLIENT_KEY, PUBLIC_CLIENT_KEY.upper(), "' OR 1=1 --", "\u00e9", "a" * 5000,
]  # fmt: skip
EVERY = tries(1, fast=5)
"""Each operation is asked with every so-manieth guess, the next one with those after them."""


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """Give a client of a new service that is reached through a proxy, with the default key of clients."""
    path: Path = tmp_path_factory.mktemp("default") / "aggregation.db"
    settings = settings_for(path, api_key=PUBLIC_CLIENT_KEY, behind_proxy=True)
    with live_server(settings) as url, calling(url) as http:
        yield http


def headers(guess: str | None) -> list[dict[bytes, bytes]]:
    """Return the ways to show a key."""
    if guess is None:
        return [{}]
    key = guess.encode()
    return [
        {b"X-API-Key": key},
        {b"Authorization": (b"Bearer %b" % key).strip()},
        {b"Authorization": (b"Basic %b" % key).strip()},
    ]


def operations(http: httpx.Client) -> list[tuple[str, str]]:
    """Return method and path of everything that is not for everybody."""
    paths = http.get("/openapi.json").json()["paths"]
    return sorted((method, path) for path in paths.keys() - OPEN - SENDING for method in paths[path])


def test_nothing_is_read_or_sent_with_a_guess(started: httpx.Client) -> None:
    closed = operations(started)
    assert {"/metrics", "/stats/overview", "/reports/weekly"} <= {path for _, path in closed}
    for number, (method, path) in enumerate(closed):
        for guess in GUESSES[number % EVERY :: EVERY]:
            statuses = {started.request(method, path, headers=shown).status_code for shown in headers(guess)}
            assert statuses <= {401, 403}, (method, path, guess)


def test_only_the_public_key_sends(started: httpx.Client) -> None:
    for guess in GUESSES:
        for shown in headers(guess):
            accepted = guess == PUBLIC_CLIENT_KEY and b"X-API-Key" in shown
            kind = {b"Content-Type": b"application/json"} | shown
            answer = started.post("/submit", content=encoded(), headers=kind)
            assert answer.is_success == accepted, (guess, shown)
            gone = started.delete(f"/installation/{uuid4()}", headers=shown)
            assert gone.is_success == accepted, (guess, shown)


def test_a_key_of_ones_own_replaces_the_public_one(tmp_path: Path) -> None:
    with live_server(settings_for(tmp_path / "a.db")) as url, calling(url) as http:
        assert submit(http, encoded(), **{"X-API-Key": PUBLIC_CLIENT_KEY}).status_code == 401
        assert submit(http, encoded()).status_code == 200
