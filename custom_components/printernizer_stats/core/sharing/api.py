"""API of the service: sending, deleting, asking; answers are read with suspicion."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from http import HTTPStatus
import json
import re
from typing import Any, Final, TypeGuard

import aiohttp

from .endpoint import endpoint_error, installation_url, root_url
from .service_info import ServiceInfo, echoes

_TIMEOUT: Final = aiohttp.ClientTimeout(total=30)
# All that a request says beside its credentials: what aiohttp adds by itself tells what is installed here.
_HEADERS: Final = {
    "Accept": "*/*",
    "Accept-Encoding": "identity",
    "Content-Type": "application/json",
    "User-Agent": "printernizer-stats",
}
_ANSWER_BYTES: Final = 16384
_LARGEST_NUMBER: Final = 2**53
_LONGEST_TEXT: Final = 2048
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_FORMS: Final = {
    "body_sha256": _SHA256,
    "installation_sha256": _SHA256,
    "received_day": _DAY,
    "deleted_day": _DAY,
    "protocol": re.compile(r"[0-9]{1,2}\.[0-9]{1,2}"),
    "published_weeks": re.compile(r"[a-z]{1,24}"),
    "jws": re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]*){2}"),
}
_DELETED: Final = ("installation_sha256", "deleted_day", "published_weeks", "jws")
_UNSIGNED: Final = {"submission_id", "published_weeks"}
HELD: Final = (400, 413, 415, 422)


class Verdict(StrEnum):
    """What an answer means for what was sent."""

    ACCEPTED = "accepted"
    UNREACHABLE = "unreachable"
    DELAYED = "delayed"
    KEY_REFUSED = "key_refused"
    PROOF_REFUSED = "proof_refused"
    REJECTED = "rejected"
    HELD = "held"
    """The service does not understand it; time, or an update of either side, may cure that."""
    UNAGREED = "unagreed"
    """The service speaks only protocol 1, which was not agreed to: nothing was sent."""
    CONFLICT = "conflict"
    """The service has something else of the same week from the same installation."""
    UNTRUSTED = "untrusted"
    """The service's certificate is not one that this machine trusts: nothing was sent."""


_VERDICTS: Final[Mapping[int, Verdict]] = {
    HTTPStatus.OK: Verdict.ACCEPTED,
    HTTPStatus.UNAUTHORIZED: Verdict.KEY_REFUSED,
    HTTPStatus.FORBIDDEN: Verdict.KEY_REFUSED,
    HTTPStatus.CONFLICT: Verdict.CONFLICT,
    HTTPStatus.GONE: Verdict.REJECTED,
    HTTPStatus.TOO_MANY_REQUESTS: Verdict.DELAYED,
    HTTPStatus.SERVICE_UNAVAILABLE: Verdict.DELAYED,
    **dict.fromkeys(HELD, Verdict.HELD),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A verdict, and what came with it; `retry_after` in seconds, `date` as the service's clock has it."""

    verdict: Verdict
    status: int | None = None
    receipt: Mapping[str, Any] | None = None
    retry_after: float | None = None
    date: float | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What a request shows: the proof of its week's key, else the client key that all clients share."""

    client_key: str
    proof: str | None = None

    @property
    def headers(self) -> dict[str, str]:
        """The header that carries it."""
        if self.proof is not None:
            return {"Authorization": f"Proof {self.proof}"}
        return {"X-API-Key": self.client_key}


async def async_submit(
    session: aiohttp.ClientSession, service: ServiceInfo, credentials: Credentials, body: bytes
) -> Answer:
    """Send the bytes as they are; every failure is an answer, none is raised."""
    answer, content = await _async_exchange(session, "POST", service.endpoint, credentials, body)
    if answer.verdict is Verdict.ACCEPTED:
        return _acknowledged(answer, service, _submission_receipt(content, body))
    return answer


async def async_delete_installation(
    session: aiohttp.ClientSession, service: ServiceInfo, credentials: Credentials, installation_id: str
) -> Answer:
    """Have everything of an installation deleted; every failure is an answer, none is raised."""
    url = installation_url(service.endpoint, installation_id)
    answer, content = await _async_exchange(session, "DELETE", url, credentials, b"")
    if answer.verdict is Verdict.ACCEPTED:
        return _acknowledged(answer, service, _deletion_receipt(content))
    return answer


async def async_probe(session: aiohttp.ClientSession, endpoint: str, client_key: str) -> Verdict:
    """Ask with an empty body whether the endpoint is one and takes the key; nothing is stored there."""
    credentials = Credentials(client_key=client_key)
    answer, _ = await _async_exchange(session, "POST", endpoint, credentials, b"{}")
    if answer.status in (HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.TOO_MANY_REQUESTS):
        return Verdict.ACCEPTED
    if answer.verdict in (Verdict.KEY_REFUSED, Verdict.UNTRUSTED):
        return answer.verdict
    return Verdict.UNREACHABLE


async def async_discover(
    session: aiohttp.ClientSession, endpoint: str, client_key: str
) -> ServiceInfo | Answer:
    """Ask the service which protocols it speaks; what was answered instead when no service is there.

    One that knows only the first protocol has no page that says so; a web site may be there instead. What
    else answers is somebody in between.
    """
    answer, content, page = await _async_request(session, "GET", root_url(endpoint), _HEADERS, None)
    if answer.status == HTTPStatus.NOT_FOUND:
        return ServiceInfo(endpoint=endpoint)
    if answer.verdict is not Verdict.ACCEPTED:
        return answer
    if content:
        return replace(ServiceInfo.read(endpoint, content), date=answer.date)
    if page:
        credentials = Credentials(client_key=client_key)
        probed, _ = await _async_exchange(session, "POST", endpoint, credentials, b"{}")
        if probed.status == HTTPStatus.UNPROCESSABLE_ENTITY:
            return ServiceInfo(endpoint=endpoint)
    return replace(answer, verdict=Verdict.UNREACHABLE)


async def _async_exchange(
    session: aiohttp.ClientSession, method: str, url: str, credentials: Credentials, body: bytes
) -> tuple[Answer, dict[str, Any]]:
    """Make one request with credentials; returns what its status means, with the answer's JSON object."""
    answer, content, _ = await _async_request(session, method, url, _HEADERS | credentials.headers, body)
    if answer.verdict is Verdict.KEY_REFUSED and credentials.proof is not None:
        return replace(answer, verdict=Verdict.PROOF_REFUSED), content
    return answer, content


async def _async_request(
    session: aiohttp.ClientSession, method: str, url: str, headers: Mapping[str, str], body: bytes | None
) -> tuple[Answer, dict[str, Any], bool]:
    """Make one request; returns what its status means, its JSON object, and whether it is a web page."""
    if endpoint_error(url) is not None:
        return Answer(verdict=Verdict.UNREACHABLE), {}, False
    try:
        async with session.request(
            method, url, data=body, headers=headers, timeout=_TIMEOUT, allow_redirects=False
        ) as response:
            content = _json(await _bounded(response))
            page = response.content_type == "text/html"
    except aiohttp.ClientConnectorCertificateError:
        return Answer(verdict=Verdict.UNTRUSTED), {}, False
    except aiohttp.ClientError, OSError, TimeoutError, ValueError:
        # ValueError: a host that no resolver encodes, a key that no header can carry.
        return Answer(verdict=Verdict.UNREACHABLE), {}, False
    answer = _judge(response.status, _seconds(response.headers.get("Retry-After")))
    answer = replace(answer, date=_moment(response.headers.get("Date")))
    return answer, content if isinstance(content, dict) else {}, page


async def _bounded(response: aiohttp.ClientResponse) -> bytes:
    """Read the answer, as far as an honest one goes."""
    raw = bytearray()
    async for chunk in response.content.iter_any():
        raw += chunk
        if len(raw) > _ANSWER_BYTES:
            break
    return bytes(raw)


def _judge(status: int, retry_after: float | None) -> Answer:
    verdict = _VERDICTS.get(status, Verdict.UNREACHABLE)
    waits = retry_after if verdict is Verdict.DELAYED else None
    return Answer(verdict=verdict, status=status, retry_after=waits)


def _acknowledged(answer: Answer, service: ServiceInfo, receipt: dict[str, Any] | None) -> Answer:
    """Accept only what the answer proves; a service that has keys must have signed with one of them."""
    claims = {name: value for name, value in (receipt or {}).items() if name not in _UNSIGNED}
    if receipt is None or (service.receipt_keys and not service.is_signed(claims)):
        return Answer(verdict=Verdict.UNREACHABLE, status=answer.status)
    return Answer(verdict=Verdict.ACCEPTED, status=answer.status, receipt=receipt)


def _submission_receipt(content: dict[str, Any], body: bytes) -> dict[str, Any] | None:
    """The receipt with the submission's number; None unless it is one and names our bytes' hash."""
    if not _is_number(number := content.get("submission_id")):
        return None
    if not isinstance(receipt := content.get("receipt"), dict):
        return {"submission_id": number}
    if not echoes(receipt, body):
        return None
    return {"submission_id": number, **_texts(receipt, "body_sha256", "received_day", "protocol", "jws")}


def _deletion_receipt(content: dict[str, Any]) -> dict[str, Any] | None:
    """The deletion's receipt; None unless the answer says how many rows went."""
    if not _is_number(count := content.get("deleted_count")):
        return None
    if not isinstance(receipt := content.get("receipt"), dict):
        return {"deleted_count": count}
    return {"deleted_count": count, **_texts(receipt, *_DELETED)}


def _texts(content: dict[str, Any], *names: str) -> dict[str, str]:
    """What a receipt says, as far as it is of the form that it should be: it is stored and exported."""
    found = {name: content.get(name) for name in names}
    return {
        name: text
        for name, text in found.items()
        if isinstance(text, str) and len(text) <= _LONGEST_TEXT and _FORMS[name].fullmatch(text)
    }


def _is_number(value: object) -> TypeGuard[int]:
    """Whether a value is a whole number that everybody can read."""
    return type(value) is int and 0 <= value <= _LARGEST_NUMBER


def _json(raw: bytes) -> object:
    try:
        return json.loads(raw)
    except ValueError, RecursionError:
        return None


def _seconds(header: str | None) -> float | None:
    """Read Retry-After: seconds or an HTTP date."""
    if header is not None and header.isascii() and header.isdecimal():
        return float(header)
    moment = _moment(header)
    return None if moment is None else max(0.0, moment - datetime.now(UTC).timestamp())


def _moment(header: str | None) -> float | None:
    """Read an HTTP date as epoch seconds; one without a zone is in UTC, what is none is not there."""
    try:
        moment = parsedate_to_datetime(header or "")
        return moment.replace(tzinfo=moment.tzinfo or UTC).timestamp()
    except ValueError, TypeError, OverflowError, IndexError:
        return None
