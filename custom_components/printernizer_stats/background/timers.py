"""Timers: uptime every 15 minutes, a new day for sensors, a new UTC day for reports."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final

from homeassistant.core import HomeAssistant
from homeassistant.helpers.event import (
    async_track_time_change,
    async_track_time_interval,
    async_track_utc_time_change,
)
from homeassistant.util import dt as dt_util

from ..core.store import STORE_ERRORS, UsageStore
from .community_receiver import CommunityReceiver
from .report_scheduler import ReportScheduler

_HEARTBEAT: Final = timedelta(minutes=15)

type Measure = Callable[[float | None], None]


class Timers:
    """Follows the clock, also one that is set back: timers would wait until its old time."""

    def __init__(
        self,
        hass: HomeAssistant,
        store: UsageStore,
        report_scheduler: ReportScheduler,
        community: CommunityReceiver,
        measure: Measure,
    ) -> None:
        """Take who is told; `measure` counts uptime as of an instant (epoch seconds, None: now)."""
        self._hass = hass
        self._store = store
        self._submitter = report_scheduler
        self._community = community
        self._measure = measure
        self._seen = dt_util.utcnow()
        self._midnights: list[Callable[[], None]] = []

    def start(self) -> list[Callable[[], None]]:
        """Begin; returns how to stop."""
        self._wait_for_midnights()
        beat = async_track_time_interval(self._hass, self._heartbeat, _HEARTBEAT, cancel_on_shutdown=True)
        return [beat, self._stop_waiting]

    def _wait_for_midnights(self) -> None:
        self._midnights = [
            async_track_time_change(self._hass, self._new_day, hour=0, minute=0, second=1),
            async_track_utc_time_change(self._hass, self._new_utc_day, hour=0, minute=0, second=0),
        ]

    def _stop_waiting(self) -> None:
        while self._midnights:
            self._midnights.pop()()

    async def _heartbeat(self, _now: datetime) -> None:
        self._measure(None)
        before, self._seen = self._seen, dt_util.utcnow()
        if self._seen < before:
            self._stop_waiting()
            self._wait_for_midnights()
            await self._close_week()
        # What is due at this moment has its turn first.
        await asyncio.sleep(0)
        with suppress(*STORE_ERRORS):
            await self._submitter.async_mend_plan()
            await self._community.async_mend_plan()

    async def _new_day(self, _now: datetime) -> None:
        """Show the new day's counters."""
        self._measure(dt_util.start_of_local_day().timestamp() - 1)
        with suppress(*STORE_ERRORS):
            await self._store.async_refresh()

    async def _new_utc_day(self, now: datetime) -> None:
        """Close the week that may have ended: reports go by UTC, whatever the user's midnight is."""
        self._measure(now.replace(hour=0, minute=0, second=0, microsecond=0).timestamp() - 1)
        await self._close_week()

    async def _close_week(self) -> None:
        with suppress(*STORE_ERRORS):
            await self._store.async_refresh()
            await self._submitter.async_close_week()


def async_start_timers(
    hass: HomeAssistant,
    store: UsageStore,
    report_scheduler: ReportScheduler,
    community: CommunityReceiver,
    measure: Measure,
) -> list[Callable[[], None]]:
    """Begin to follow the clock; returns how to stop."""
    return Timers(hass, store, report_scheduler, community, measure).start()
