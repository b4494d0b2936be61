"""The client against a real HTTP server that answers everything that servers answer."""

from collections.abc import Callable
import hashlib
import json
import math
from typing import Any

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer
import pytest

from custom_components.printernizer_stats.core.sharing import api
from custom_components.printernizer_stats.core.sharing.api import (
    Answer,
    Credentials,
    Verdict,
    async_discover,
    async_probe,
    async_submit,
)
from custom_components.printernizer_stats.core.sharing.service_info import ServiceInfo

KEY = Credentials(client_key="key")
BODY = b'{"a":1}'
SHA = hashlib.sha256(BODY).hexdigest()
GOOD = {"submission_id": 7, "receipt": {"body_sha256": SHA, "received_day": "2026-11-22", "evil": "x"}}

type Ask = Callable[..., Any]


@pytest.fixture
def ask(socket_enabled: None) -> Ask:
    """Submit to a server that gives the wanted answer; returns the verdict and the seen requests."""

    async def run(status: int, body: bytes, **headers: str) -> tuple[Answer, list[tuple[bytes, str]]]:
        seen: list[tuple[bytes, str]] = []

        async def answer(request: web.Request) -> web.Response:
            seen.append((await request.read(), request.headers["X-API-Key"]))
            return web.Response(status=status, body=body, headers=headers)

        app = web.Application()
        app.router.add_post("/submit", answer)
        async with TestServer(app) as server, aiohttp.ClientSession() as session:
            return await async_submit(
                session, ServiceInfo(endpoint=str(server.make_url("/submit"))), KEY, BODY
            ), seen

    return run


async def test_accepted_with_a_receipt_that_echoes_our_hash(ask: Ask) -> None:
    answer, seen = await ask(200, json.dumps(GOOD).encode())
    assert seen == [(BODY, "key")]
    assert answer == Answer(
        verdict=Verdict.ACCEPTED,
        status=200,
        receipt={"submission_id": 7, "body_sha256": SHA, "received_day": "2026-11-22"},
    )


async def test_a_foreign_v1_server_has_no_receipt_but_a_number(ask: Ask) -> None:
    answer, _ = await ask(200, b'{"status":"success","submission_id":3,"message":"ok"}')
    assert answer.receipt == {"submission_id": 3}


@pytest.mark.parametrize(
    "body",
    [
        b"<html>captive portal</html>",
        b"[]",
        b"{}",
        b'{"submission_id":"1"}',
        json.dumps({**GOOD, "receipt": {"body_sha256": "0" * 64}}).encode(),
        b"x" * 100_000,
    ],
)
async def test_a_200_that_acknowledges_nothing_is_no_acknowledgement(ask: Ask, body: bytes) -> None:
    answer, _ = await ask(200, body)
    assert answer == Answer(verdict=Verdict.UNREACHABLE, status=200)


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        (400, Verdict.HELD),
        (409, Verdict.CONFLICT),
        (410, Verdict.REJECTED),
        (413, Verdict.HELD),
        (415, Verdict.HELD),
        (422, Verdict.HELD),
        (401, Verdict.KEY_REFUSED),
        (403, Verdict.KEY_REFUSED),
        (404, Verdict.UNREACHABLE),
        (500, Verdict.UNREACHABLE),
        (502, Verdict.UNREACHABLE),
        (204, Verdict.UNREACHABLE),
    ],
)
async def test_statuses(ask: Ask, status: int, verdict: Verdict) -> None:
    answer, _ = await ask(status, b"{}" if status != 204 else b"")
    assert answer == Answer(verdict=verdict, status=status)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120.0),
        ("9" * 400, math.inf),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0),
        ("Wed, 21 Oct 2015 07:28:00 -0000", 0.0),
        ("Wed, 21 Oct 2015 07:28:00", 0.0),
        ("Wed, 21 Oct 2015 07:28:00 +9999999999", None),
        ("Wed, 99 Oct 2015 99:99:99 GMT", None),
        ("Mon, 01 Jan 0001 00:00:00 +2359", 0.0),
        ("soon", None),
        ("-5", None),
        ("\u0663", None),
    ],
)
async def test_retry_after(ask: Ask, header: str, seconds: float | None) -> None:
    answer, _ = await ask(429, b"", **{"Retry-After": header})
    assert answer == Answer(verdict=Verdict.DELAYED, status=429, retry_after=seconds)


async def test_a_redirect_is_not_followed(ask: Ask) -> None:
    answer, seen = await ask(307, b"", Location="http://127.0.0.1:9/steal")
    assert answer == Answer(verdict=Verdict.UNREACHABLE, status=307)
    assert len(seen) == 1


async def test_nobody_there(socket_enabled: None, unused_tcp_port: int) -> None:
    async with aiohttp.ClientSession() as session:
        url = f"http://127.0.0.1:{unused_tcp_port}/submit"
        assert await async_submit(session, ServiceInfo(endpoint=url), KEY, BODY) == Answer(
            verdict=Verdict.UNREACHABLE
        )
        assert await async_probe(session, url, "key") is Verdict.UNREACHABLE


_SPEAKS = b'{"protocols": ["1.0", "2.0"], "receipt_keys": []}'


@pytest.mark.parametrize(
    ("status", "page", "kind", "takes", "protocol"),
    [
        (200, _SPEAKS, "application/json", 422, "2.0"),
        (200, b'{"service": "stats"}', "application/json", 422, "1.0"),
        (404, b'{"detail": "Not Found"}', "application/json", 422, "1.0"),
        (200, b"<html>Statistics</html>", "text/html", 422, "1.0"),
        (200, b"<html>Log in first</html>", "text/html", 302, None),
        (200, b"", "application/octet-stream", 422, None),
        (200, b"[]", "application/json", 422, None),
        (302, b"", "text/plain", 422, None),
        (429, b"", "text/plain", 422, None),
        (500, _SPEAKS, "application/json", 422, None),
    ],
)
async def test_who_answers_for_the_service(
    socket_enabled: None, status: int, page: bytes, kind: str, takes: int, protocol: str | None
) -> None:
    async def root(_request: web.Request) -> web.Response:
        return web.Response(status=status, body=page, content_type=kind)

    async def submit(request: web.Request) -> web.Response:
        assert (await request.read(), request.headers["X-API-Key"]) == (b"{}", "key")
        return web.Response(status=takes)

    app = web.Application()
    app.router.add_get("/", root)
    app.router.add_post("/submit", submit)
    async with TestServer(app) as server, aiohttp.ClientSession() as session:
        found = await async_discover(session, str(server.make_url("/submit")), "key")
    assert (found.protocol if isinstance(found, ServiceInfo) else None) == protocol


@pytest.mark.parametrize("text", ["\ud800", "Jane Doe", "2026-11-23" * 500, 7, None, ["2026-11-23"]])
def test_a_receipt_keeps_only_what_has_its_form(text: object) -> None:
    body = b"{}"
    digest = hashlib.sha256(body).hexdigest()
    receipt = {"body_sha256": digest, "received_day": text, "protocol": text, "jws": text}
    taken = api._submission_receipt({"submission_id": 1, "receipt": receipt}, body)
    assert taken == {"submission_id": 1, "body_sha256": digest}
    assert api._submission_receipt({"submission_id": 2**80, "receipt": receipt}, body) is None
    deletion = {"jws": text, "published_weeks": text}
    assert api._deletion_receipt({"deleted_count": 1, "receipt": deletion}) == {"deleted_count": 1}
