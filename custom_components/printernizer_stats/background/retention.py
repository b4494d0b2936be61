"""Retention: every night, raw events that are older than the user wants are deleted; counters stay."""

from collections.abc import Callable
from datetime import datetime, timedelta
import logging
from typing import Final
from zlib import crc32

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers.event import async_track_time_change
from homeassistant.util import dt as dt_util
from sqlalchemy.exc import SQLAlchemyError

from ..const import CONF_RETENTION_DAYS, DEFAULT_RETENTION_DAYS
from ..core.store import StoreClosedError, UsageStore
from ..core.store.queries import purge

_LOGGER = logging.getLogger(__name__)

# The recorder purges at 04:12 too: not in the same second as everybody.
_BEGIN: Final = timedelta(hours=4, minutes=12)
_SPREAD_SECONDS: Final = 1800


def async_schedule_purge(hass: HomeAssistant, entry: ConfigEntry, store: UsageStore) -> Callable[[], None]:
    """Purge every night from now on, unless events are kept for ever; returns how to stop it."""
    days = entry.options.get(CONF_RETENTION_DAYS, DEFAULT_RETENTION_DAYS)
    if not days:
        return lambda: None
    due = _BEGIN + timedelta(seconds=crc32(entry.entry_id.encode()) % _SPREAD_SECONDS)
    minutes, second = divmod(int(due.total_seconds()), 60)
    hour, minute = divmod(minutes, 60)
    purge_now = _Purge(store, days).async_run
    return async_track_time_change(hass, purge_now, hour=hour, minute=minute, second=second)


class _Purge:
    """Deletes what is older than so many days; tells once that it cannot, and once that it can again."""

    def __init__(self, store: UsageStore, days: int) -> None:
        self._store = store
        self._days = days
        self._failing = False

    async def async_run(self, _now: datetime) -> None:
        before = (dt_util.utcnow() - timedelta(days=self._days)).timestamp()
        try:
            purged = await self._store.async_run(lambda conn: purge(conn, before))
        except StoreClosedError:
            return
        except (SQLAlchemyError, OSError) as error:
            if not self._failing:
                name = type(error).__name__
                _LOGGER.warning("Old events could not be deleted (%s); trying again every night", name)
            self._failing = True
        else:
            if self._failing:
                _LOGGER.warning("Old events are deleted again")
            self._failing = False
            _LOGGER.debug("%d events were older than %d days and are deleted", purged, self._days)
