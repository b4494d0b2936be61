"""Has everything that was sent deleted at the service, and does not stop before it is confirmed."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
import logging
from random import SystemRandom
from typing import Final

import aiohttp
from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.helpers.event import async_track_point_in_utc_time
from homeassistant.util import dt as dt_util
from sqlalchemy import Connection

from ..const import HOUR_SECONDS
from ..store import STORE_ERRORS, UsageStore
from . import deletion, identity, renewal, service
from .client import Answer, Credentials, Verdict, async_delete
from .deletion import Deletion
from .endpoint import installation_url
from .renewal import Sent
from .schedule import after_failure
from .settings import SharingSettings

_LOGGER = logging.getLogger(__name__)
_FIRST_WAIT_SECONDS: Final = 60
# The service knows nothing of the id, or will not hear of it again: gone is gone.
_GONE: Final = (404, 410)


class Eraser:
    """Asks for deletions and repeats them until they are confirmed."""

    def __init__(
        self,
        hass: HomeAssistant,
        store: UsageStore,
        settings: SharingSettings,
        session: Callable[[], aiohttp.ClientSession],
        on_change: Callable[[], None],
    ) -> None:
        """Take what is needed; `session` is asked for only when there is something to delete."""
        self.waiting = 0
        self._hass = hass
        self._store = store
        self._settings = settings
        self._session = session
        self._on_change = on_change
        self._random = SystemRandom()
        self._failures = 0
        self._cancel_timer: CALLBACK_TYPE | None = None

    async def async_start(self) -> None:
        """Go on with what was not confirmed before the restart."""
        if await self._async_left():
            self._plan(dt_util.utcnow().timestamp() + _FIRST_WAIT_SECONDS)

    @callback
    def async_stop(self) -> None:
        """Forget the timer."""
        if self._cancel_timer is not None:
            self._cancel_timer()
            self._cancel_timer = None

    async def async_has_sent(self) -> bool:
        """Whether a service may have anything of us; what was sent without an answer may be there too."""
        return await self._run(deletion.has_sent)

    async def async_request(self) -> list[Deletion]:
        """Ask for the deletion of all that was ever sent and try at once; returns what is still waiting.

        What is sent from now on is from a new identity.
        """
        now = dt_util.utcnow().timestamp()
        await self._run(lambda conn: renewal.delete_sent(conn, now))
        return await self._async_erase()

    async def async_rotate(self, sent: Sent) -> list[Deletion]:
        """Take a new identity; returns the deletions that are still waiting if what was sent goes too."""
        match sent:
            case Sent.DELETE:
                return await self.async_request()
            case Sent.FORGET:
                await self._run(renewal.forget_sent)
            case Sent.KEEP:
                await self._run(renewal.renew)
        return []

    async def _async_due(self, _now: datetime) -> None:
        self._cancel_timer = None
        with suppress(*STORE_ERRORS):
            await self._async_erase()

    async def _async_erase(self) -> list[Deletion]:
        """Delete one id after the other, as long as their service answers; returns those that are left."""
        # Until the file has taken the answers: a full disk, say, may raise out of here.
        self._plan(dt_util.utcnow().timestamp() + HOUR_SECONDS)
        away: dict[str, Answer] = {}
        for each in await self._run(deletion.waiting):
            if each.endpoint in away:
                continue
            answer = await self._async_delete(each)
            if answer.verdict is not Verdict.ACCEPTED and answer.status not in _GONE:
                away[each.endpoint] = answer
        left = await self._async_left()
        self.async_stop()
        if away:
            self._failures += 1
            now = dt_util.utcnow().timestamp()
            asked = max(answer.retry_after or 0 for answer in away.values())
            self._plan(after_failure(now, self._failures, asked, self._random))
            _LOGGER.info("A statistics service has not confirmed a deletion yet; it will be asked again")
        return left

    async def _async_left(self) -> list[Deletion]:
        """Return what no service has confirmed, and show how much that is."""
        left = await self._run(deletion.waiting)
        self.waiting = len(left)
        self._on_change()
        return left

    async def _async_delete(self, each: Deletion) -> Answer:
        """Ask the service that the id was sent to, in the way in which it was sent."""
        now = dt_util.utcnow().timestamp()
        endpoint = each.endpoint or self._settings.endpoint
        known = await self._run(lambda conn: service.load(conn, endpoint))
        proof = None
        if each.key_seed is not None:
            url = installation_url(endpoint, each.installation_id)
            proof = identity.from_seed(each.key_seed).prove("DELETE", url, b"", now)
        client_key = each.client_key or self._settings.client_key
        credentials = Credentials(client_key=client_key, proof=proof)
        answer = await async_delete(self._session(), known, credentials, each.installation_id)
        if answer.verdict is Verdict.ACCEPTED or answer.status in _GONE:
            await self._run(lambda conn: deletion.confirm(conn, each, now, answer.receipt))
        return answer

    def _plan(self, due: float) -> None:
        self.async_stop()
        self._cancel_timer = async_track_point_in_utc_time(
            self._hass,
            HassJob(self._async_due, "printernizer_stats deletion", cancel_on_shutdown=True),
            datetime.fromtimestamp(due, UTC),
        )

    async def _run[T](self, function: Callable[[Connection], T]) -> T:
        return await asyncio.wrap_future(self._store.run(function))
