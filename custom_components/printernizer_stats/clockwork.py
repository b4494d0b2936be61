"""What the clock brings: uptime every 15 minutes, a new day for sensors, a new UTC day for reports."""

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

from .sharing.submitter import Submitter
from .store import STORE_ERRORS, UsageStore

_HEARTBEAT: Final = timedelta(minutes=15)


def async_start_clockwork(
    hass: HomeAssistant, store: UsageStore, submitter: Submitter, measure: Callable[[float | None], None]
) -> list[Callable[[], None]]:
    """Begin; `measure` counts uptime as of an instant (epoch seconds, None: now). Returns how to stop."""

    async def heartbeat(_now: datetime) -> None:
        measure(None)

    async def new_day(_now: datetime) -> None:
        """Show the new day's counters."""
        measure(dt_util.start_of_local_day().timestamp() - 1)
        with suppress(*STORE_ERRORS):
            await asyncio.wrap_future(store.refresh())

    async def new_utc_day(now: datetime) -> None:
        """Close the week that may have ended: reports go by UTC, whatever the user's midnight is."""
        measure(now.replace(hour=0, minute=0, second=0, microsecond=0).timestamp() - 1)
        with suppress(*STORE_ERRORS):
            await asyncio.wrap_future(store.refresh())
            await submitter.async_close_week()

    return [
        async_track_time_interval(hass, heartbeat, _HEARTBEAT, cancel_on_shutdown=True),
        async_track_time_change(hass, new_day, hour=0, minute=0, second=1),
        async_track_utc_time_change(hass, new_utc_day, hour=0, minute=0, second=0),
    ]
