"""Fleet client: asks a statistics service with a read key; every answer is read with suspicion.

Raises KeyRefusedError where the key may not read, ServiceAwayError when nobody answers or with an error of
its own, and FleetAnswerError when what answers is not the service. No error names an address or a key.
"""

from http import HTTPStatus
import json
from typing import Final

import aiohttp
from yarl import URL

from ..sharing.endpoint import endpoint_error
from .figures import MOST_ALARMS, Alarm, FleetAnswerError, FleetFigures, alarms, figures, text

_TIMEOUT: Final = aiohttp.ClientTimeout(total=30)
_MOST_BYTES: Final = 1024 * 1024
_MOST_SECONDS: Final = 24 * 3600.0
_REFUSED: Final = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
_DAYS: Final = 8
"""What grew in seven days is the difference between two of these."""
_PAGES: Final = ("submit", "dashboard", "docs")
"""What people copy with the address of a service."""


class KeyRefusedError(Exception):
    """The key is unknown, was revoked, or may not read."""


class ServiceAwayError(Exception):
    """Nobody answers, or the service has a problem; `seconds` is how long it wants to be left alone."""

    def __init__(self, seconds: float = 0.0) -> None:
        """Take the wait."""
        super().__init__()
        self.seconds = seconds


def service_address(typed: str) -> str:
    """Return the address of a service as it is kept: no page, no slash at the end."""
    given = typed.strip()
    try:
        url = URL(given if "://" in given else f"https://{given}").with_query(None)
    except ValueError:
        return given
    if url.name in _PAGES:
        url = url.parent
    return str(url).rstrip("/")


class FleetClient:
    """Asks one service, over a session that keeps no cookie."""

    def __init__(self, session: aiohttp.ClientSession, url: str, key: str) -> None:
        """Take the session, which the caller closes; the address is one that `service_address` returned."""
        self._session = session
        self._url = url
        self._headers = {"X-API-Key": key, "User-Agent": "printernizer-stats", "Accept-Encoding": "identity"}

    async def async_check(self) -> None:
        """See that the service is there and takes the key."""
        alarms(await self._async_get("alarms"))

    async def async_figures(self) -> FleetFigures:
        """Return everything, with the texts of alarms that are open."""
        summary = await self._async_get("stats/summary")
        installations = await self._async_get("stats/installations", days=_DAYS)
        versions = await self._async_get("stats/versions", limit=1)
        return figures(summary, installations, versions, await self._async_alarms())

    async def _async_alarms(self) -> list[Alarm]:
        listed = alarms(await self._async_get("alarms"))
        told = [each.number for each in listed if each.is_open][:MOST_ALARMS]
        texts = {number: text(await self._async_get(f"alarms/{number}")) for number in told}
        return [each.with_text(texts.get(each.number, "")) for each in listed]

    async def _async_get(self, path: str, **query: int) -> object:
        if endpoint_error(self._url) is not None:
            raise ServiceAwayError
        try:
            async with self._session.get(
                URL(f"{self._url}/{path}").with_query(query),
                headers=self._headers,
                timeout=_TIMEOUT,
                allow_redirects=False,
            ) as response:
                _judge(response)
                body = await _async_bounded(response)
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            # ValueError: a host that no resolver encodes, a key that no header can carry.
            raise ServiceAwayError from error
        try:
            answer: object = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise FleetAnswerError from error
        return answer


def _judge(response: aiohttp.ClientResponse) -> None:
    """Raise what an answer other than a good one means."""
    if response.status in _REFUSED:
        raise KeyRefusedError
    if response.status == HTTPStatus.TOO_MANY_REQUESTS or response.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise ServiceAwayError(_seconds(response.headers.get("Retry-After", "")))
    if response.status != HTTPStatus.OK:
        raise FleetAnswerError


def _seconds(header: str) -> float:
    """The wait that is asked for, within bounds."""
    return min(float(header), _MOST_SECONDS) if header.isascii() and header.isdecimal() else 0.0


async def _async_bounded(response: aiohttp.ClientResponse) -> bytes:
    raw = bytearray()
    async for chunk in response.content.iter_any():
        raw += chunk
        if len(raw) > _MOST_BYTES:
            raise FleetAnswerError
    return bytes(raw)
