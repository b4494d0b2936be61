"""Printer integrations that do not come up: counted as errors, by their kind only."""

from collections.abc import Callable
from typing import Final

from homeassistant.config_entries import (
    SIGNAL_CONFIG_ENTRY_CHANGED,
    SOURCE_REAUTH,
    ConfigEntry,
    ConfigEntryChange,
    ConfigEntryState,
)
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_connect

from .. import clock
from ..core.models import UsageEvent
from .profiles import PROFILES, Profile

_BROKEN: Final = {
    ConfigEntryState.SETUP_RETRY: "connection_error",
    ConfigEntryState.SETUP_ERROR: "setup_error",
}
# These integrations do much besides printers.
_NOT_ONLY_PRINTERS: Final = ("mqtt", "template")


class ConfigEntrySource:
    """Watches the config entries of printer integrations."""

    def __init__(self, hass: HomeAssistant, record: Callable[[UsageEvent], None]) -> None:
        """Report errors to `record`."""
        self._hass = hass
        self._record = record
        self._broken: dict[str, str] = {}
        self._unsubscribe: Callable[[], None] | None = None

    @callback
    def async_start(self) -> None:
        """Watch; entries that are broken already are counted now."""
        self._unsubscribe = async_dispatcher_connect(
            self._hass, SIGNAL_CONFIG_ENTRY_CHANGED, self._async_changed
        )
        for entry in self._hass.config_entries.async_entries(include_disabled=False):
            self._async_changed(ConfigEntryChange.UPDATED, entry)

    @callback
    def async_stop(self) -> None:
        """Stop watching."""
        if self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None

    @callback
    def _async_changed(self, _change: ConfigEntryChange, entry: ConfigEntry) -> None:
        """Count an error once, until the entry was loaded or has another one."""
        profile = PROFILES.get(entry.domain)
        if profile is None or entry.domain in _NOT_ONLY_PRINTERS:
            return
        if entry.state is ConfigEntryState.LOADED:
            self._broken.pop(entry.entry_id, None)
        elif (error := self._error(entry)) and self._broken.get(entry.entry_id) != error:
            self._broken[entry.entry_id] = error
            self._record(_event(profile, error))

    def _error(self, entry: ConfigEntry) -> str | None:
        if (error := _BROKEN.get(entry.state)) is None:
            return None
        asks = any(entry.async_get_active_flows(self._hass, {SOURCE_REAUTH}))
        return "authentication_error" if asks else error


def _event(profile: Profile, error: str) -> UsageEvent:
    data = {
        "error_type": error,
        "component": "integration",
        "printer_type": profile.rules.printer_type,
    }
    return UsageEvent(type="error_occurred", at=clock.now(), data=data)
