"""Sending one report, and reading the answer with suspicion."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
import hashlib
import ipaddress
import json
from typing import Any, Final

import aiohttp
from yarl import URL

_TIMEOUT: Final = aiohttp.ClientTimeout(total=30)
# Home Assistant's own User-Agent would tell its version to a service that was not promised it.
_HEADERS: Final = {"Content-Type": "application/json", "User-Agent": "printernizer-stats"}
_ANSWER_BYTES: Final = 16384
_NEAR: Final = tuple(
    ipaddress.ip_network(network)
    for network in (
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "169.254.0.0/16",
        "fc00::/7",
        "fe80::/10",
    )
)
_REFUSED_KEY: Final = (401, 403)
_PARKED: Final = (400, 409, 410, 413, 415, 422)


class Verdict(StrEnum):
    """What an answer means for the report."""

    ACCEPTED = "accepted"
    UNREACHABLE = "unreachable"
    DELAYED = "delayed"
    KEY_REFUSED = "key_refused"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A verdict, and what came with it; `retry_after` in seconds."""

    verdict: Verdict
    status: int | None = None
    receipt: Mapping[str, Any] | None = None
    retry_after: float | None = None


def endpoint_error(endpoint: str) -> str | None:
    """Return why an endpoint cannot be used, as a translation key; None when it can."""
    try:
        url = URL(endpoint)
    except ValueError:
        return "invalid_endpoint"
    if url.scheme not in ("http", "https") or not url.host or url.user or url.fragment:
        return "invalid_endpoint"
    if url.scheme == "http" and not _is_near(url.host):
        return "insecure_endpoint"
    return None


def _is_near(host: str) -> bool:
    """Whether a host is this machine or in a private network."""
    if host == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or any(address in network for network in _NEAR)


async def async_submit(session: aiohttp.ClientSession, endpoint: str, client_key: str, body: bytes) -> Answer:
    """Send the bytes as they are; every failure is an answer, none is raised."""
    try:
        async with session.post(
            endpoint,
            data=body,
            headers={**_HEADERS, "X-API-Key": client_key},
            timeout=_TIMEOUT,
            allow_redirects=False,
        ) as response:
            return _judge(response, await _bounded(response), body)
    except aiohttp.ClientError, TimeoutError, ValueError:
        # ValueError: a host that no resolver encodes, a key that no header can carry.
        return Answer(verdict=Verdict.UNREACHABLE)


async def async_probe(session: aiohttp.ClientSession, endpoint: str, client_key: str) -> Verdict:
    """Ask with an empty body whether the endpoint is one and takes the key; nothing is stored there."""
    answer = await async_submit(session, endpoint, client_key, b"{}")
    if answer.status in (422, 429):
        return Verdict.ACCEPTED
    if answer.verdict is Verdict.KEY_REFUSED:
        return Verdict.KEY_REFUSED
    return Verdict.UNREACHABLE


async def _bounded(response: aiohttp.ClientResponse) -> bytes:
    """Read the answer, as far as an honest one goes."""
    raw = bytearray()
    async for chunk in response.content.iter_any():
        raw += chunk
        if len(raw) > _ANSWER_BYTES:
            break
    return bytes(raw)


def _judge(response: aiohttp.ClientResponse, raw: bytes, body: bytes) -> Answer:
    status = response.status
    if status == 200:  # noqa: PLR2004
        receipt = _receipt(raw, body)
        if receipt is None:
            return Answer(verdict=Verdict.UNREACHABLE, status=status)
        return Answer(verdict=Verdict.ACCEPTED, status=status, receipt=receipt)
    if status in _REFUSED_KEY:
        return Answer(verdict=Verdict.KEY_REFUSED, status=status)
    if status in _PARKED:
        return Answer(verdict=Verdict.REJECTED, status=status)
    if status in (429, 503):
        return Answer(
            verdict=Verdict.DELAYED,
            status=status,
            retry_after=_seconds(response.headers.get("Retry-After")),
        )
    return Answer(verdict=Verdict.UNREACHABLE, status=status)


def _receipt(raw: bytes, body: bytes) -> dict[str, Any] | None:
    """Return what proves the receipt; None unless the answer names a submission and echoes our hash."""
    try:
        answer = json.loads(raw)
    except ValueError:
        return None
    if not isinstance(answer, dict) or type(number := answer.get("submission_id")) is not int:
        return None
    receipt: dict[str, Any] = {"submission_id": number}
    if isinstance(signed := answer.get("receipt"), dict):
        if signed.get("body_sha256") != hashlib.sha256(body).hexdigest():
            return None
        receipt |= {
            key: str(signed[key]) for key in ("body_sha256", "received_day", "protocol") if key in signed
        }
    return receipt


def _seconds(header: str | None) -> float | None:
    """Read Retry-After: seconds or an HTTP date."""
    if header is None:
        return None
    if header.isdecimal():
        return float(header)
    try:
        moment = parsedate_to_datetime(header)
    except ValueError:
        return None
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())
