"""One instance of Printernizer, followed: its list every 30 seconds, and its socket in between.

That it is away is a state: it is asked again, and logged once. Whoever cannot be reached sees no printer, so
its printers are out of sight meanwhile. Nothing here raises or blocks.
"""

import asyncio
from datetime import datetime
from json import dumps
import logging
from typing import Final, Protocol

import aiohttp
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_send
from homeassistant.helpers.event import async_call_later
from homeassistant.util.json import JSON_DECODE_EXCEPTIONS, json_loads
from homeassistant.util.signal_type import SignalType

from ... import clock
from ...const import DOMAIN
from . import decoding
from .client import AwayError, BusyError, Client, RefusedError, async_session
from .decoding import AnswerError
from .server import Server
from .sighting import About, Heard, Listed, Sighting, Transfer

_LOGGER = logging.getLogger(__name__)

POLL_SECONDS: Final = 30.0
ABOUT_SECONDS: Final = 3600.0
"""How often the app is asked about itself."""


class Listener(Protocol):
    """Who is told what an instance shows."""

    def listed(self, at: float, printers: list[Listed]) -> None:
        """Take the whole list of printers."""

    def heard(self, at: float, printer: str, seen: Sighting) -> None:
        """Take one printer's state, by the app's id."""

    def transferred(self, at: float, transfer: Transfer) -> None:
        """Take the end of a download."""

    def told(self, at: float, about: About) -> None:
        """Take what the app says of itself."""

    def lost(self, at: float) -> None:
        """Note that the app cannot be reached."""

    def refused(self, *, refused: bool) -> None:
        """Note whether a proxy refuses the credentials."""


SIGNAL_CONNECTION: Final[SignalType[()]] = SignalType(f"{DOMAIN}_connection")
"""An instance is there, or is not any more, or was never asked before."""


class Instance:
    """Polls and listens, from `async_start` to `async_stop`."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry, server: Server, listener: Listener) -> None:
        """Build the parts; no connection is opened yet."""
        self.connected: bool | None = None
        self._hass = hass
        self._entry = entry
        self._listener = listener
        self._session = async_session(hass, server)
        self._client = Client(self._session, server)
        self._socket: asyncio.Task[None] | None = None
        self._subscribed: set[str] = set()
        self._wanted: set[str] = set()
        self._ws: aiohttp.ClientWebSocketResponse | None = None
        self._asked_about: float | None = None
        self._cancel_poll: CALLBACK_TYPE | None = None
        self._task: asyncio.Task[None] | None = None
        self._stopped = False

    @property
    def is_waiting(self) -> bool:
        """Whether the last look is over and the next one has its time."""
        return self._cancel_poll is not None

    @callback
    def async_start(self) -> None:
        """Look now, and again and again."""
        self._begin_poll()

    @callback
    def async_stop(self) -> None:
        """Look and listen no more."""
        self._stopped = True
        if self._cancel_poll is not None:
            self._cancel_poll()
            self._cancel_poll = None
        for task in (self._task, self._socket):
            if task is not None:
                task.cancel()
        self._session.detach()

    @callback
    def _async_due(self, _now: datetime) -> None:
        self._cancel_poll = None
        self._begin_poll()

    def _begin_poll(self) -> None:
        self._task = self._entry.async_create_background_task(
            self._hass, self._async_poll(), "printernizer_stats printernizer poll"
        )

    async def _async_poll(self) -> None:
        wait = POLL_SECONDS
        try:
            await self._async_look()
        except BusyError as error:
            # What was seen last holds: the app is there.
            wait = max(wait, error.seconds)
        except (AwayError, RefusedError, AnswerError) as error:
            self._lose(refused=isinstance(error, RefusedError))
        except Exception:
            # Whatever it is, the next look is due all the same.
            _LOGGER.exception("What Printernizer said could not be read")
        if not self._stopped:
            job = HassJob(self._async_due, "printernizer_stats printernizer", cancel_on_shutdown=True)
            self._cancel_poll = async_call_later(self._hass, wait, job)

    async def _async_look(self) -> None:
        printers = await self._client.async_printers()
        self._find()
        self._listener.listed(clock.now(), printers)
        self._wanted = {each.id for each in printers}
        if self._socket is None or self._socket.done():
            self._socket = self._entry.async_create_background_task(
                self._hass, self._async_listen(), "printernizer_stats printernizer socket"
            )
        else:
            await self._async_subscribe()
        now = self._hass.loop.time()
        if self._asked_about is None or now - self._asked_about >= ABOUT_SECONDS:
            self._listener.told(clock.now(), await self._client.async_about())
            self._asked_about = now

    def _find(self) -> None:
        if self.connected is False:
            _LOGGER.info("Printernizer is back")
        self._connect(connected=True)
        self._listener.refused(refused=False)

    def _lose(self, *, refused: bool) -> None:
        if self.connected is not False:
            _LOGGER.info("Printernizer cannot be reached; it is asked again every 30 seconds")
        self._connect(connected=False)
        self._asked_about = None
        self._listener.refused(refused=refused)
        self._listener.lost(clock.now())

    def _connect(self, *, connected: bool) -> None:
        if self.connected is not connected:
            self.connected = connected
            async_dispatcher_send(self._hass, SIGNAL_CONNECTION)

    async def _async_listen(self) -> None:
        """Take what the socket says until it closes; the next poll opens it anew."""
        self._subscribed = set()
        try:
            self._ws = await self._client.async_socket()
            await self._async_subscribe()
            async for each in self._ws:
                if each.type is aiohttp.WSMsgType.TEXT:
                    self._take(each.data)
        except AwayError, aiohttp.ClientError, OSError:
            pass
        finally:
            ws, self._ws = self._ws, None
            if ws is not None:
                await ws.close()

    async def _async_subscribe(self) -> None:
        """Ask for the printers that are not told of yet."""
        if self._ws is None or self._ws.closed:
            return
        for printer in sorted(self._wanted - self._subscribed):
            self._subscribed.add(printer)
            await self._ws.send_str(dumps({"type": "subscribe_printer", "printer_id": printer}))

    @callback
    def _take(self, text: str) -> None:
        try:
            said = decoding.message(json_loads(text))
        except JSON_DECODE_EXCEPTIONS:
            return
        if isinstance(said, Heard):
            self._listener.heard(clock.now(), said.id, said.sighting)
        elif said is not None:
            self._listener.transferred(clock.now(), said)
