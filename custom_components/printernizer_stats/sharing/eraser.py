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

from ..store import StoreClosedError, UsageStore
from . import deletion, identity, outbox, service
from .client import Answer, Credentials, Verdict, async_delete
from .deletion import Deletion
from .endpoint import installation_url
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
    ) -> None:
        """Take what is needed; `session` is asked for only when there is something to delete."""
        self._hass = hass
        self._store = store
        self._settings = settings
        self._session = session
        self._random = SystemRandom()
        self._failures = 0
        self._cancel_timer: CALLBACK_TYPE | None = None

    async def async_start(self) -> None:
        """Go on with what was not confirmed before the restart."""
        if await self._run(deletion.waiting):
            self._plan(dt_util.utcnow().timestamp() + _FIRST_WAIT_SECONDS)

    @callback
    def async_stop(self) -> None:
        """Forget the timer."""
        if self._cancel_timer is not None:
            self._cancel_timer()
            self._cancel_timer = None

    async def async_has_sent(self) -> bool:
        """Whether anything was ever sent that the service may still have."""
        reports = await self._run(outbox.all_reports)
        return any(report.attempts for report in reports)

    async def async_request(self) -> list[Deletion]:
        """Ask for the deletion of all that was ever sent and try at once; returns what is still waiting."""
        now = dt_util.utcnow().timestamp()
        await self._run(lambda conn: deletion.request(conn, now))
        return await self._async_erase()

    async def _async_due(self, _now: datetime) -> None:
        self._cancel_timer = None
        with suppress(StoreClosedError):
            await self._async_erase()

    async def _async_erase(self) -> list[Deletion]:
        """Delete one id after the other until one cannot be; returns those that are left."""
        answer: Answer | None = None
        for each in await self._run(deletion.waiting):
            answer = await self._async_delete(each)
            if answer.verdict is not Verdict.ACCEPTED and answer.status not in _GONE:
                break
        left = await self._run(deletion.waiting)
        self.async_stop()
        if left and answer is not None:
            self._failures += 1
            now = dt_util.utcnow().timestamp()
            self._plan(after_failure(now, self._failures, answer.retry_after, self._random))
            _LOGGER.info("The statistics service has not confirmed a deletion yet; it will be asked again")
        return left

    async def _async_delete(self, each: Deletion) -> Answer:
        now = dt_util.utcnow().timestamp()
        known = await self._run(lambda conn: service.load(conn, self._settings.endpoint))
        proof = None
        if each.key_seed is not None:
            url = installation_url(known.endpoint, each.installation_id)
            proof = identity.from_seed(each.key_seed).prove("DELETE", url, b"", now)
        credentials = Credentials(client_key=self._settings.client_key, proof=proof)
        answer = await async_delete(self._session(), known, credentials, each.installation_id)
        if answer.verdict is Verdict.ACCEPTED or answer.status in _GONE:
            await self._run(lambda conn: deletion.confirm(conn, each.installation_id, now, answer.receipt))
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
