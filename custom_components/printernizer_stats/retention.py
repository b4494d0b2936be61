"""Every night, raw events that are older than the user wants to keep them are deleted; counters stay."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
import logging
from typing import Final
from zlib import crc32

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers.event import async_track_time_change
from homeassistant.util import dt as dt_util
from sqlalchemy.exc import SQLAlchemyError

from .const import CONF_RETENTION_DAYS, DEFAULT_RETENTION_DAYS
from .store import StoreClosedError, UsageStore
from .store.queries import purge

_LOGGER = logging.getLogger(__name__)

# The recorder purges at 04:12 too: not in the same second as everybody.
_BEGIN: Final = timedelta(hours=4, minutes=12)
_SPREAD_SECONDS: Final = 1800


def async_schedule_purge(hass: HomeAssistant, entry: ConfigEntry, store: UsageStore) -> Callable[[], None]:
    """Purge every night from now on, unless events are kept for ever; returns how to stop it."""
    days = entry.options.get(CONF_RETENTION_DAYS, DEFAULT_RETENTION_DAYS)
    if not days:
        return lambda: None

    async def purge_now(_now: datetime) -> None:
        before = (dt_util.utcnow() - timedelta(days=days)).timestamp()
        try:
            with suppress(StoreClosedError):
                purged = await asyncio.wrap_future(store.run(lambda conn: purge(conn, before)))
                _LOGGER.debug("%d events were older than %d days and are deleted", purged, days)
        except SQLAlchemyError as error:
            _LOGGER.warning(
                "Old events could not be deleted (%s); trying again tomorrow", type(error).__name__
            )

    due = _BEGIN + timedelta(seconds=crc32(entry.entry_id.encode()) % _SPREAD_SECONDS)
    minutes, second = divmod(int(due.total_seconds()), 60)
    hour, minute = divmod(minutes, 60)
    return async_track_time_change(hass, purge_now, hour=hour, minute=minute, second=second)
