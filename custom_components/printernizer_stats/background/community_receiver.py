"""Community receiver: asks once a week for the public numbers, keeps the last good file, and tells of it."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime
import logging
from random import SystemRandom
from typing import Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.util import dt as dt_util

from .. import clock
from ..clock import Timer
from ..core.community.download import async_download
from ..core.community.kept import Kept, Reception, forget, is_kept
from ..core.community.public_numbers import PublicNumbers, is_outdated
from ..core.sharing.connect import Connect
from ..core.sharing.schedule import after_failure, after_start, is_astray, next_slot
from ..core.store import STORE_ERRORS, UsageStore

_LOGGER = logging.getLogger(__name__)
_FIRST_SECONDS: Final = (30, 600)
"""How soon after it is turned on."""


class CommunityReceiver:
    """Opens no connection, and keeps nothing, while receiving is off."""

    def __init__(
        self,
        hass: HomeAssistant,
        store: UsageStore,
        url: str | None,
        connect: Connect,
        on_change: Callable[[], None],
    ) -> None:
        """Take what is needed; `url` is None while receiving is off."""
        self.url = url
        self._kept = Kept(url=url or "")
        self._numbers: PublicNumbers | None = None
        self._store = store
        self._connect = connect
        self._on_change = on_change
        self._random = SystemRandom()
        self._timer = Timer(hass, "community", self._async_due)

    @property
    def reception(self) -> Reception:
        """What came of asking last."""
        return self._kept.reception

    @property
    def next(self) -> float | None:
        """When to ask next, in epoch seconds."""
        return self._kept.next

    @property
    def numbers(self) -> PublicNumbers | None:
        """The numbers to show, None where there are none of these weeks."""
        if self._numbers is None or is_outdated(self._numbers.week, _today()):
            return None
        return self._numbers

    async def async_start(self) -> None:
        """Go on as planned; while receiving is off, forget what was received."""
        if self.url is None:
            if await self._store.async_read(is_kept):
                await self._store.async_run(forget)
            return
        url, now = self.url, clock.now()
        kept = await self._store.async_read(lambda conn: Kept.load(conn, url))
        first = now + self._random.uniform(*_FIRST_SECONDS)
        due = first if kept.next is None else after_start(now, kept.next, self._random)
        await self._async_keep(replace(kept, next=due))
        self._show()

    @callback
    def async_stop(self) -> None:
        """Forget the timer."""
        self._timer.async_stop()

    async def async_mend_plan(self) -> None:
        """Plan again what was planned by a clock that was wrong."""
        now, planned = clock.now(), self._kept.next
        if self._timer.is_set and planned is not None and is_astray(now, planned):
            await self._async_keep(replace(self._kept, next=after_start(now, planned, self._random)))

    async def _async_due(self, _due: datetime) -> None:
        # Whatever happens in between, such as a full disk, there is a next turn, and not before next week.
        self._timer.async_set(next_slot(clock.now(), self._random))
        with suppress(*STORE_ERRORS):
            await self._async_ask(self._kept.url)

    async def _async_ask(self, url: str) -> None:
        async with self._connect() as session:
            body = await async_download(session, url)
        after = self._kept.after(body, _today())
        self._log_change(after.reception)
        await self._async_keep(replace(after, next=self._next(after.failures)))
        self._show()

    def _next(self, failures: int) -> float:
        """Return when to ask again: after what was heard, whatever it was, in another week."""
        now = clock.now()
        if failures:
            return after_failure(now, failures, None, self._random)
        return next_slot(now, self._random)

    async def _async_keep(self, kept: Kept) -> None:
        self._kept = kept
        await self._store.async_run(kept.save)
        if kept.next is not None:
            self._timer.async_set(kept.next)

    def _show(self) -> None:
        self._numbers = self._kept.numbers(_today())
        self._on_change()

    def _log_change(self, reception: Reception) -> None:
        """One line when something else came of it than the last time."""
        if reception is not self._kept.reception and reception is not Reception.RECEIVED:
            _LOGGER.info("No new public numbers (%s); the last good ones are kept", reception)


def _today() -> date:
    return dt_util.utcnow().astimezone(UTC).date()
