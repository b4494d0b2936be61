"""Asking Printernizer: every answer is read by the allow-list, every failure is one of a few.

It allows 100 requests a minute; we need 2, and 5 more each hour. Raises AwayError when nobody answers,
RefusedError when a proxy wants other credentials, BusyError when there were too many requests, and
AnswerError when what answers is not the app. No error names an address.
"""

from http import HTTPStatus
from typing import Final

import aiohttp
from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import async_create_clientsession
from homeassistant.util.json import JSON_DECODE_EXCEPTIONS, json_loads

from . import decoding
from .decoding import AnswerError
from .server import Server
from .sighting import About, Listed

_TIMEOUT: Final = aiohttp.ClientTimeout(total=20)
_MOST_BYTES: Final = 2 * 1024 * 1024
_MOST_PAGES: Final = 10
_MOST_SECONDS: Final = 600.0
_REFUSED: Final = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.PROXY_AUTHENTICATION_REQUIRED)
_HEARTBEAT: Final = 45.0


class AwayError(Exception):
    """Nobody answers, or not in time, or with an error of its own."""


class RefusedError(Exception):
    """A proxy before the app does not let us in."""


class BusyError(Exception):
    """There were too many requests; `seconds` is how long to wait at least."""

    def __init__(self, seconds: float) -> None:
        """Take the wait."""
        super().__init__()
        self.seconds = seconds


def async_session(hass: HomeAssistant, server: Server) -> aiohttp.ClientSession:
    """Return a session for an instance, which keeps no cookie; the caller detaches it."""
    return async_create_clientsession(
        hass, verify_ssl=server.verify, auto_cleanup=False, cookie_jar=aiohttp.DummyCookieJar()
    )


class Client:
    """Asks one instance, over a session that keeps no cookie."""

    def __init__(self, session: aiohttp.ClientSession, server: Server) -> None:
        """Take the session, which the caller closes; a user name with a colon raises RefusedError."""
        self._session = session
        self._server = server
        self._headers: dict[str, str] = {}
        if ":" in server.user:
            raise RefusedError
        if server.user:
            self._headers["Authorization"] = aiohttp.encode_basic_auth(server.user, server.password)

    async def async_printers(self) -> list[Listed]:
        """Return all printers, with what the app saw of them last."""
        listed: list[Listed] = []
        for page in range(1, _MOST_PAGES + 1):
            answer = await self._async_ask("GET", f"/printers?page={page}&limit=100")
            listed += decoding.printers(answer)
            if page >= decoding.pages(answer):
                break
        return listed

    async def async_version(self) -> str | None:
        """Return the app's version; this is how the app is recognized."""
        return decoding.version(await self._async_ask("GET", "/health"))

    async def async_about(self) -> About:
        """Return what the app says of itself; what a version of it does not know is left out."""
        application = await self._async_maybe("/settings/application")
        folders = await self._async_maybe("/settings/watch-folders")
        return About(
            version=await self.async_version(),
            features=decoding.features(application, folders),
            errors=decoding.errors(await self._async_maybe("/errors/statistics")),
            shares=await self.async_shares(),
        )

    async def async_shares(self) -> bool | None:
        """Return whether the app sends statistics by itself."""
        return decoding.shares(await self._async_maybe("/usage-stats/status"))

    async def async_stop_sharing(self) -> bool:
        """Have the app send statistics no longer; returns whether it says so afterwards."""
        await self._async_ask("POST", "/usage-stats/opt-out")
        return await self.async_shares() is False

    async def async_socket(self) -> aiohttp.ClientWebSocketResponse:
        """Open the socket."""
        try:
            return await self._session.ws_connect(
                self._server.socket,
                headers=self._headers,
                heartbeat=_HEARTBEAT,
                max_msg_size=_MOST_BYTES,
            )
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise AwayError from error

    async def _async_maybe(self, path: str) -> object:
        """Return an answer, or None where the app does not have it."""
        try:
            return await self._async_ask("GET", path)
        except AnswerError, AwayError:
            return None

    async def _async_ask(self, method: str, path: str) -> object:
        try:
            async with self._session.request(
                method,
                self._server.api(path),
                headers=self._headers,
                timeout=_TIMEOUT,
                allow_redirects=False,
            ) as response:
                _judge(response)
                body = await _async_read(response)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise AwayError from error
        try:
            answer: object = json_loads(body)
        except JSON_DECODE_EXCEPTIONS as error:
            raise AnswerError("no JSON") from error
        return answer


def _judge(response: aiohttp.ClientResponse) -> None:
    """Raise what an answer other than a good one means."""
    if response.status == HTTPStatus.TOO_MANY_REQUESTS:
        raise BusyError(_seconds(response.headers.get("Retry-After", "")))
    if response.status in _REFUSED:
        raise RefusedError
    if response.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise AwayError
    if not HTTPStatus.OK <= response.status < HTTPStatus.MULTIPLE_CHOICES:
        raise AnswerError("another status")


def _seconds(text: str) -> float:
    """The wait that is asked for, within bounds."""
    return min(float(text), _MOST_SECONDS) if text.isascii() and text.isdigit() else 0.0


async def _async_read(response: aiohttp.ClientResponse) -> bytes:
    body = b""
    async for chunk in response.content.iter_chunked(65536):
        body += chunk
        if len(body) > _MOST_BYTES:
            raise AnswerError("too long")
    return body
