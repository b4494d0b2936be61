"""Home Assistant's backups: the file is whole and still while it is copied.

Nothing here fails a backup. What is recorded meanwhile waits in memory and is written afterwards.
"""

import asyncio
import logging
import threading
from typing import Final

from homeassistant.core import HomeAssistant
from homeassistant.util.hass_dict import HassKey
from sqlalchemy.exc import SQLAlchemyError

from .const import DOMAIN
from .core.store import StoreClosedError
from .runtime import Runtime, StatsConfigEntry

_LOGGER = logging.getLogger(__name__)

_RELEASES: Final[HassKey[list[threading.Event]]] = HassKey(f"{DOMAIN}_backup")
# How long to wait for what is queued to be written, and how long the file stays still at most, in seconds.
_PATIENCE: Final = 30.0
_LONGEST: Final = 1800.0


async def async_pre_backup(hass: HomeAssistant) -> None:
    """Write everything into the file and keep it still; gives up after 30 s and lets the backup go on."""
    await async_post_backup(hass)
    entries: list[StatsConfigEntry] = hass.config_entries.async_loaded_entries(DOMAIN)
    for entry in entries:
        await _async_hold(hass, entry.runtime_data)


async def async_post_backup(hass: HomeAssistant) -> None:
    """Let writing go on; may be called at any time."""
    for release in hass.data.pop(_RELEASES, []):
        release.set()


async def _async_hold(hass: HomeAssistant, runtime: Runtime) -> None:
    runtime.async_measure()
    held, release = runtime.store.hold(_LONGEST)
    still = False
    try:
        async with asyncio.timeout(_PATIENCE):
            await asyncio.wrap_future(held)
        still = True
    except (TimeoutError, SQLAlchemyError, StoreClosedError) as error:
        _LOGGER.info("The statistics file is backed up as it is (%s)", type(error).__name__)
    finally:
        if still:
            hass.data.setdefault(_RELEASES, []).append(release)
        else:
            release.set()
