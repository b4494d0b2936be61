"""Fleet coordinators: the figures of the services whose maintainer lives here, one for each sub-entry.

Without a sub-entry there is no connection, no look-up of a name and no timer.
"""

from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
import logging
from random import SystemRandom
from typing import Any, Final, override

from homeassistant.config_entries import (
    SIGNAL_CONFIG_ENTRY_CHANGED,
    ConfigEntry,
    ConfigEntryChange,
    ConfigSubentry,
)
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator, UpdateFailed

from .background.connections import async_connect
from .const import CONF_ENDPOINT, CONF_READ_KEY, DOMAIN, HOUR_SECONDS
from .core.fleet.changes import AlarmChange, Known, changes, known_of
from .core.fleet.client import FleetClient, KeyRefusedError, ServiceAwayError
from .core.fleet.figures import FleetAnswerError, FleetFigures
from .core.fleet.kept import keep, kept
from .core.store import STORE_ERRORS, UsageStore

_LOGGER = logging.getLogger(__name__)

SUBENTRY: Final = "maintainer"
_INTERVAL: Final = timedelta(hours=1)
_FIRST_WAIT_SECONDS: Final = 5 * 60
_LONGEST_WAIT_SECONDS: Final = 12 * HOUR_SECONDS
_REFUSED_SECONDS: Final = 24 * HOUR_SECONDS
"""A key that is refused is not tried again before it is changed, or a day has passed."""
_MOST_CHANGES: Final = 50


class FleetCoordinator(DataUpdateCoordinator[FleetFigures]):
    """Asks one service every hour; more and more rarely while it is away."""

    config_entry: ConfigEntry[Any]

    def __init__(
        self, hass: HomeAssistant, entry: ConfigEntry[Any], subentry: ConfigSubentry, store: UsageStore
    ) -> None:
        """Take the sub-entry that says which service; nothing is asked yet."""
        super().__init__(hass, _LOGGER, config_entry=entry, name="fleet figures", update_interval=_INTERVAL)
        self.subentry = subentry
        self.failures = 0
        self.reason: str | None = None
        """Why there are no new figures."""
        self._store = store
        self._known: Known | None = None
        self._changes: deque[AlarmChange] = deque(maxlen=_MOST_CHANGES)
        self._random = SystemRandom()

    @callback
    def async_take_changes(self) -> list[AlarmChange]:
        """Return what became of alarms since the last call."""
        taken = list(self._changes)
        self._changes.clear()
        return taken

    async def async_begin(self) -> None:
        """Ask for the first time, and from then on every hour."""
        with suppress(*STORE_ERRORS):
            number = self.subentry.subentry_id
            self._known = await self._store.async_read(lambda conn: kept(conn, number))
        await self.async_refresh()

    @override
    async def _async_update_data(self) -> FleetFigures:
        data = self.subentry.data
        try:
            async with async_connect(self.hass) as session:
                found = await FleetClient(session, data[CONF_ENDPOINT], data[CONF_READ_KEY]).async_figures()
        except KeyRefusedError as error:
            again = {"subentry_id": self.subentry.subentry_id}
            self.config_entry.async_start_reauth(self.hass, data=again)
            raise self._failed("fleet_key_refused", _REFUSED_SECONDS) from error
        except ServiceAwayError as error:
            raise self._failed("fleet_away", max(self._wait(), error.seconds)) from error
        except FleetAnswerError as error:
            raise self._failed("fleet_unreadable", self._wait()) from error
        self.failures, self.reason = 0, None
        await self._async_note(found)
        return found

    def _failed(self, reason: str, seconds: float) -> UpdateFailed:
        self.failures += 1
        self.reason = reason
        return UpdateFailed(translation_domain=DOMAIN, translation_key=reason, retry_after=seconds)

    def _wait(self) -> float:
        """The wait after one more failure: twice as long each time, and not the same in every home."""
        longest = min(_LONGEST_WAIT_SECONDS, _FIRST_WAIT_SECONDS * 2.0 ** min(self.failures, 16))
        return self._random.uniform(longest / 2, longest)

    async def _async_note(self, found: FleetFigures) -> None:
        """Tell what became of alarms, and remember that it was told."""
        self._changes.extend(changes(self._known, found.alarms))
        now = known_of(found.alarms)
        if now == self._known:
            return
        self._known = now
        with suppress(*STORE_ERRORS):
            number = self.subentry.subentry_id
            await self._store.async_run(lambda conn: keep(conn, number, now))


@callback
def async_coordinators(
    hass: HomeAssistant, entry: ConfigEntry[Any], store: UsageStore
) -> dict[str, FleetCoordinator]:
    """Return a coordinator for each sub-entry, by its id."""
    return {
        each.subentry_id: FleetCoordinator(hass, entry, each, store)
        for each in entry.get_subentries_of_type(SUBENTRY)
    }


@callback
def async_begin(
    hass: HomeAssistant, entry: ConfigEntry[Any], coordinators: Mapping[str, FleetCoordinator]
) -> None:
    """Ask the services, while Home Assistant goes on; start anew when a sub-entry comes, changes or goes."""
    running = {each: dict(coordinator.subentry.data) for each, coordinator in coordinators.items()}

    @callback
    def changed(change: ConfigEntryChange, which: ConfigEntry[Any]) -> None:
        if change is not ConfigEntryChange.UPDATED or which is not entry:
            return
        if {each.subentry_id: dict(each.data) for each in entry.get_subentries_of_type(SUBENTRY)} != running:
            hass.config_entries.async_schedule_reload(entry.entry_id)

    entry.async_on_unload(async_dispatcher_connect(hass, SIGNAL_CONFIG_ENTRY_CHANGED, changed))
    for coordinator in coordinators.values():
        entry.async_create_background_task(hass, coordinator.async_begin(), f"{DOMAIN} fleet figures")
