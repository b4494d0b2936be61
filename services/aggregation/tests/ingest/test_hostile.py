"""Bodies and connections that mean harm: never a 5xx, never anything undeclared in the database."""

from collections.abc import Iterator
import gzip
import json
from pathlib import Path
import socket
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from aggregation import body as bodies
from tests.proofs import tries
from tests.stored import undeclared
from tests.support import ID, KEY, SECONDS, calling, encoded, live_server, report, settings_for, submit
from tests.v2 import WeeklyClient, canonical

INJECTIONS = [
    "' OR 1=1 --", "'; DROP TABLE submissions; --", "<script>alert(1)</script>", "${jndi:ldap://x}",
    "../../etc/passwd", "{{7*7}}", "%00", "\x00", "\ud800", "\u202e", "A" * 15000, "=cmd|'/c calc'!A1",
    "Jane Doe", "jane@example.org", "192.0.2.7", "00:1b:44:11:3a:b7", "benchy.gcode", "\r\nX-Evil: 1",
]  # fmt: skip
NUMBERS = [-1, 2**31, 2**63, 2**64, 10**400, 1e308, 1.5, -0.0]
PLACES = [
    "schema_version", ID, "installation.app_version", "installation.python_version", "installation.platform",
    "installation.deployment_mode", "installation.country_code", "period.start", "period.end",
    "printer_fleet.printer_count", "printer_fleet.printer_types", "printer_fleet.printer_type_counts",
    "usage_stats.job_count", "usage_stats.feature_usage", "error_summary", "made_up",
]  # fmt: skip
RAW = [
    b"", b" ", b"null", b"[]", b'""', b"0", b"{", b"}", b"{}", b'{"a":', b'{"a":1}{"b":2}', b"\x00",
    b"\xff\xfe", b"NaN", b"-Infinity", b'{"schema_version":NaN}', b"1" * 10000, b"[" * 16000, b'{"a":' * 3000,
    b'"' + b"\\u0000" * 100 + b'"', b'"\\ud800"', b'"\xc3\x28"', b"\xef\xbb\xbf{}",
    gzip.compress(bytes(10**6)), b'{"a":1e999}', b'{"a":0x1}', b"{'a':1}", b"/*x*/{}",
    b'{"__proto__":{"a":1}}',
]  # fmt: skip


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[httpx.Client, Path]]:
    path = tmp_path_factory.mktemp("hostile") / "aggregation.db"
    with live_server(settings_for(path), apart=True) as url, calling(url) as client:
        yield client, path
    assert undeclared(path) == []


def variants(text: Any) -> list[Any]:
    """Return a value by itself, as a member of a list, and as key and value of a map."""
    key = text if isinstance(text, str) else str(text)[:50]
    return [text, [text], {key: 1}, {key: text}, {"prusa": text}, [[text]]]


def part_of(values: list[Any], place: str) -> list[Any]:
    """Return the values that are tried in a place: every so-manieth, elsewhere those after them."""
    every = tries(1, fast=4)
    return values[PLACES.index(place) % every :: every]


@pytest.mark.parametrize("place", PLACES)
def test_any_value_in_any_place(served: tuple[httpx.Client, Path], place: str) -> None:
    client, path = served
    seen = set()
    for value in part_of([*INJECTIONS, *NUMBERS, None, True], place):
        for variant in variants(value):
            answer = submit(client, encoded({place: variant}))
            seen.add(answer.status_code)
            assert answer.status_code in {200, 401, 409, 413, 422}, answer.text
            assert answer.headers["content-type"] == "application/json"
            assert not isinstance(value, str) or len(value) < 5 or value not in answer.text
    assert 422 in seen or place == "made_up"
    assert undeclared(path) == []


@pytest.mark.parametrize("place", PLACES)
def test_nothing_undeclared_with_a_proof(served: tuple[httpx.Client, Path], place: str) -> None:
    client, path = served
    weekly = WeeklyClient(client)
    for value in part_of(INJECTIONS[:12], place):
        for variant in variants(value):
            body = json.dumps(weekly.report({place: variant}), sort_keys=True, separators=(",", ":")).encode()
            assert weekly.submit(body).status_code in {413, 422}
    assert undeclared(path) == []


@pytest.mark.parametrize("body", RAW)
@pytest.mark.parametrize("key", [None, KEY])
def test_bodies_that_are_no_report(served: tuple[httpx.Client, Path], body: bytes, key: str | None) -> None:
    client, _ = served
    headers = {"Content-Type": "application/json"} | ({"X-API-Key": key} if key else {})
    assert client.post("/submit", content=body, headers=headers).status_code in {403, 422}
    proof = WeeklyClient(client)
    assert proof.submit(body).status_code in {401, 422}


def test_gzip_bomb(served: tuple[httpx.Client, Path]) -> None:
    client, _ = served
    bomb = gzip.compress(b" " * 10**7)
    assert submit(client, bomb, **{"Content-Encoding": "gzip"}).status_code == 415


def send(client: httpx.Client, data: bytes) -> bytes:
    """Send bytes, say no more, and return what comes back."""
    address = urlsplit(str(client.base_url))
    with socket.create_connection((address.hostname or "", address.port or 0), SECONDS) as connection:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        return connection.recv(65536)


@pytest.mark.parametrize(
    "data",
    [
        b"\x16\x03\x01\x02\x00\x01\x00",
        b"POST /submit HTTP/9.9\r\n\r\n",
        b"POST /submit HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST /submit HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcde",
        b"POST /submit HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"POST /submit HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\n{",
        b"GET /" + b"a" * 100000 + b" HTTP/1.1\r\n\r\n",
        b"DELETE /installation/%00%ff HTTP/1.1\r\nHost: x\r\n\r\n",
        b"DELETE /installation/..%2f..%2fx HTTP/1.1\r\nHost: x\r\nX-API-Key: " + KEY.encode() + b"\r\n\r\n",
    ],
)
def test_requests_that_are_none(served: tuple[httpx.Client, Path], data: bytes) -> None:
    client, _ = served
    assert not send(client, data).startswith(b"HTTP/1.1 5")
    assert client.get("/health/live").status_code == 200


def test_slow_clients_hold_up_nobody(
    served: tuple[httpx.Client, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    client, _ = served
    monkeypatch.setattr(bodies, "BODY_SECONDS", 1.0)
    address = urlsplit(str(client.base_url))
    slow = [
        socket.create_connection((address.hostname or "", address.port or 0), SECONDS) for _ in range(200)
    ]
    for connection in slow:
        connection.sendall(b"POST /submit HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
    silent = [
        socket.create_connection((address.hostname or "", address.port or 0), SECONDS) for _ in range(100)
    ]
    for connection in silent:
        connection.sendall(b"POST /submit HTTP/1.1\r\nHost: ")
    assert submit(client, encoded()).status_code == 200
    assert all(connection.recv(1000).startswith(b"HTTP/1.1 408") for connection in slow)
    for connection in (*slow, *silent):
        connection.close()


def test_every_truncation(served: tuple[httpx.Client, Path]) -> None:
    client, _ = served
    body = canonical(report())
    for length in range(0, len(body), 7):
        assert submit(client, body[:length]).status_code == 422
