"""What goes over the wire, seen from a plain socket."""

import asyncio
from contextlib import closing
import re
import socket
import struct
from urllib.parse import urlsplit

import httpx
import pytest

from aggregation import body as bodies, transport
from aggregation.transport import MANY, Gathering
from tests.support import KEY, SECONDS, encoded, submit

LIVE = b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n"
RESET = struct.pack("ii", 1, 0)


def connected(client: httpx.Client) -> socket.socket:
    """Return a connection to the service."""
    address = urlsplit(str(client.base_url))
    return socket.create_connection((address.hostname or "", address.port or 0), SECONDS)


def report() -> bytes:
    """Return a whole request."""
    body = encoded()
    head = f"POST /submit HTTP/1.1\r\nHost: x\r\nX-API-Key: {KEY}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def parts(answer: bytes) -> tuple[bytes, bytes, int]:
    """Return status line and body of an answer, and the length that it declares."""
    head, _, body = answer.partition(b"\r\n\r\n")
    fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
    return head.partition(b"\r\n")[0], body, int(fields[b"content-length"])


def test_head_and_body_come_together(client: httpx.Client) -> None:
    with closing(connected(client)) as connection:
        for request in (report(), LIVE, report()):
            connection.sendall(request)
            status, body, length = parts(connection.recv(65536))
            assert (status, len(body)) == (b"HTTP/1.1 200 OK", length)


def test_requests_in_a_row_are_answered_in_order(client: httpx.Client) -> None:
    with closing(connected(client)) as connection:
        connection.sendall(LIVE + report() + b"GET /nothing HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        received = b""
        while piece := connection.recv(65536):
            received += piece
    assert re.findall(rb"HTTP/1.1 (\d+)", received) == [b"200", b"200", b"404"]


def test_large_answer_does_not_wait_for_its_end() -> None:
    """What is written within one turn of the loop arrives before the turn ends."""
    here, there = socket.socketpair()

    async def run() -> bytes:
        loop = asyncio.get_running_loop()
        connection, _ = await loop.create_connection(asyncio.Protocol, sock=here)
        gathering = Gathering(connection, loop)
        for _ in range(MANY + 1):
            gathering.write(b"x")
        arrived = there.recv(100)
        gathering.close()
        assert gathering.is_closing()
        return arrived

    with closing(there):
        assert asyncio.run(run()) == b"x" * MANY
        assert there.recv(100) == b"x"


@pytest.mark.parametrize(
    "data", [b"", b"POST /submit HTTP/1.1\r\nHost: ", LIVE + b"GET / HTTP/1.1\r\n", LIVE + LIVE[:-2]]
)
def test_connection_without_a_request_is_closed(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch, data: bytes
) -> None:
    monkeypatch.setattr(transport, "HEAD_SECONDS", 1.0)
    with closing(connected(client)) as connection:
        connection.sendall(data)
        received = b""
        while piece := connection.recv(65536):
            received += piece
    assert received.count(b"HTTP/1.1 200") == data.count(LIVE)


def test_request_under_way_keeps_its_connection(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "HEAD_SECONDS", 1.0)
    monkeypatch.setattr(bodies, "BODY_SECONDS", 2.5)
    with closing(connected(client)) as connection:
        connection.sendall(report()[:-1])
        assert connection.recv(65536).startswith(b"HTTP/1.1 408")


def test_client_that_hangs_up_before_its_answer(client: httpx.Client) -> None:
    for _ in range(10):
        with closing(connected(client)) as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            connection.sendall(report())
    assert submit(client, encoded()).status_code == 200


def received(connection: socket.socket) -> bytes:
    """Return all that comes until the connection is closed."""
    pieces = b""
    while piece := connection.recv(65536):
        pieces += piece
    return pieces


def flood(client: httpx.Client, first: bytes, piece: bytes, most: int = 8 * 2**20) -> tuple[int, bytes]:
    """Send a beginning and then one piece after another; return how many bytes, and the answer."""
    sent = 0
    with closing(connected(client)) as connection:
        connection.sendall(first)
        try:
            while sent < most:
                connection.sendall(piece)
                sent += len(piece)
            return sent, received(connection)
        except ConnectionError:
            return sent, b""


@pytest.mark.parametrize(
    ("first", "piece"),
    [
        (b"GET /", b"a" * 65536),
        (b"GET / HTTP/1.1\r\nHost: a\r\n", b"a: b\r\n" * 10000),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX: ", b"a" * 65536),
        (b"GET / HTTP/1.1\r\nHost: a\r\n", b"a" * 65536),
        (LIVE + b"GET / HTTP/1.1\r\nHost: a\r\n", b"a: b\r\n" * 10000),
        (b"POST /submit HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", b"a: b\r\n" * 10000),
        (b"POST /submit HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1;", b"a" * 65536),
    ],
    ids=["url", "many", "value", "name", "second", "trailers", "extension"],
)
def test_head_without_end_is_cut_off(client: httpx.Client, first: bytes, piece: bytes) -> None:
    sent, _ = flood(client, first, piece)
    assert sent < 8 * 2**20
    assert client.get("/health/live").status_code == 200


@pytest.mark.parametrize(("length", "status"), [(20_000, b"200"), (40_000, b"431")])
def test_head_of_a_length(client: httpx.Client, length: int, status: bytes) -> None:
    head = LIVE[:-2] + b"X: " + b"a" * length
    with closing(connected(client)) as connection:
        connection.sendall(head if status == b"431" else head + b"\r\nConnection: close\r\n\r\n")
        answer = received(connection)
    assert answer.startswith(b"HTTP/1.1 " + status)
    assert b"x-content-type-options: nosniff" in answer.lower()


def test_body_in_small_pieces_is_no_long_head(client: httpx.Client) -> None:
    body = encoded()
    head = f"POST /submit HTTP/1.1\r\nHost: x\r\nX-API-Key: {KEY}\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunks = b"".join(b"1;%b\r\n%c\r\n" % (b"x" * 100, byte) for byte in body)
    assert len(chunks) > 2 * transport.HEAD_BYTES
    with closing(connected(client)) as connection:
        connection.sendall(head.encode() + chunks + b"0\r\n\r\n")
        assert connection.recv(65536).startswith(b"HTTP/1.1 200")
