import asyncio
from collections.abc import AsyncIterator, Iterator
import socket
from urllib.parse import urlsplit

from fastapi import HTTPException
import httpx
import pytest

from aggregation import body as bodies
from tests.support import KEY, SECONDS, encoded, submit

LIMIT = 16384
ANY_PATH = pytest.mark.parametrize("path", ["/submit", "/reports/weekly", "/nothing"])


def padded(size: int) -> bytes:
    """Return a valid report of exactly so many bytes."""
    body = encoded()
    return body + b" " * (size - len(body))


def test_largest_body(client: httpx.Client) -> None:
    assert submit(client, padded(LIMIT)).status_code == 200


def test_body_over_the_limit(client: httpx.Client) -> None:
    answer = submit(client, padded(LIMIT + 1))
    assert answer.status_code == 413
    assert answer.json() == {"detail": "The body must not exceed 16384 bytes"}
    assert answer.headers["connection"] == "close"


@ANY_PATH
def test_declared_length_is_refused_unread(client: httpx.Client, path: str) -> None:
    answer = raw(client, b"Content-Length: 1000000000\r\n", path=path)
    assert answer.startswith(b"HTTP/1.1 413")


@ANY_PATH
def test_endless_body_is_refused_before_its_end(client: httpx.Client, path: str) -> None:
    chunk = b"1000\r\n" + b" " * 0x1000 + b"\r\n"
    answer = raw(client, b"Transfer-Encoding: chunked\r\n", chunk * 5, path)
    assert answer.startswith(b"HTTP/1.1 413")


def test_streamed_body(client: httpx.Client) -> None:
    def pieces(body: bytes) -> Iterator[bytes]:
        for start in range(0, len(body), 100):
            yield body[start : start + 100]

    answer = client.post("/submit", content=pieces(encoded()), headers={"X-API-Key": KEY})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "content_type",
    ["application/json; charset=utf-8", "Application/JSON", "application/vnd.x+json"],
)
def test_json_types(client: httpx.Client, content_type: str) -> None:
    assert submit(client, encoded(), **{"Content-Type": content_type}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "text/plain"},
        {"Content-Type": ""},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": "application/jsonp"},
        {"Content-Encoding": "gzip"},
    ],
)
def test_other_types(client: httpx.Client, headers: dict[str, str]) -> None:
    assert submit(client, encoded(), **headers).status_code == 415


def test_no_type_at_all(client: httpx.Client) -> None:
    assert client.post("/submit", content=encoded(), headers={"X-API-Key": KEY}).is_success


@ANY_PATH
def test_slow_body(client: httpx.Client, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    monkeypatch.setattr(bodies, "BODY_SECONDS", 0.1)
    assert raw(client, b"Content-Length: 100\r\n", b"{", path).startswith(b"HTTP/1.1 408")


@pytest.mark.parametrize("length", [b"x", b"9" * 5000])
def test_length_that_is_no_number(length: bytes) -> None:
    assert read(length, [b"{", b"}"]) == b"{}"


def test_client_goes_away() -> None:
    with pytest.raises(HTTPException) as caught:
        read(b"2", [b"{", None])
    assert caught.value.status_code == 400


def read(length: bytes, chunks: list[bytes | None]) -> bytes:
    """Read a body with a declared length; None means that the client is gone."""

    async def messages() -> AsyncIterator[dict[str, object]]:
        for position, chunk in enumerate(chunks, start=1):
            if chunk is None:
                yield {"type": "http.disconnect"}
            else:
                yield {"type": "http.request", "body": chunk, "more_body": position < len(chunks)}

    receive = messages().__anext__
    return asyncio.run(bodies.read_json_body({b"content-length": length}, receive, LIMIT))


def raw(client: httpx.Client, headers: bytes, body: bytes = b"", path: str = "/submit") -> bytes:
    """Send a request by hand and return all that comes back until the service hangs up."""
    address = urlsplit(str(client.base_url))
    with socket.create_connection((address.hostname or "", address.port or 0), SECONDS) as connection:
        head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n".encode()
        connection.sendall(head + headers + b"\r\n" + body)
        return connection.recv(65536)
