"""Prepared requests: reports of both protocols, each of an installation of its own.

The reports are those of the service's own tests, so that what it no longer takes is noticed there.
"""

import httpx
from tests.support import KEY, encoded
from tests.v2 import WeeklyClient


def _request(port: int, body: bytes, header: str) -> bytes:
    """Return the bytes of a whole HTTP request."""
    head = (
        f"POST /submit HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n{header}\r\n\r\n"
    )
    return head.encode() + body


def v1(port: int, count: int) -> list[bytes]:
    """Return so many requests of protocol 1.0."""
    return [_request(port, encoded(), f"X-API-Key: {KEY}") for _ in range(count)]


def v2(port: int, count: int) -> list[bytes]:
    """Return so many requests of protocol 2.0, each with a key and a proof of its own."""
    with httpx.Client(base_url=f"http://127.0.0.1:{port}") as service:
        return [_proven(port, WeeklyClient(service)) for _ in range(count)]


def _proven(port: int, home: WeeklyClient) -> bytes:
    """Return one request of protocol 2.0."""
    body = home.body()
    return _request(port, body, f"Authorization: Proof {home.proof(body)}")
