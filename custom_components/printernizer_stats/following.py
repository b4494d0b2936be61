"""Follows the printers that are ticked: finds them, and connects the sources with the tracker."""

import asyncio
from collections import Counter
from collections.abc import Mapping
from typing import Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_send
from homeassistant.util import dt as dt_util

from .const import DOMAIN
from .devices import async_remove_stale
from .issues import async_offer_printers
from .models import Observation, PrinterFleet
from .printers import PrinterKeys
from .sources.bus_events import BusEventSource
from .sources.chosen import async_chosen_printers, async_count_new, tuned_rules
from .sources.config_entries import ConfigEntrySource
from .sources.entities import EntitySource, FoundPrinter
from .tracker import Tracker

SIGNAL_PRINTERS: Final = f"{DOMAIN}_printers"


class Following:
    """The printers that are counted, by our own key; `since` (epoch seconds) holds once `begun` is set."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry, keys: PrinterKeys, tracker: Tracker) -> None:
        """Take who is told what is seen; nothing is followed yet."""
        self.printers: Mapping[str, FoundPrinter] = {}
        self.fleet = PrinterFleet()
        self.begun = asyncio.Event()
        self.since = 0.0
        self._hass = hass
        self._entry = entry
        self._keys = keys
        self._tracker = tracker
        self._entities = EntitySource(hass, tracker.async_observe, self._printers_changed)
        self._bus_events = BusEventSource(hass, tracker.async_observe, tracker.async_record)
        self._config_entries = ConfigEntrySource(hass, tracker.async_record)

    async def async_choose(self) -> None:
        """Find the printers to count."""
        chosen = async_chosen_printers(self._hass, self._entry.options)
        self.printers = {await self._keys.async_key(printer.id): printer for printer in chosen}
        self.fleet = PrinterFleet(
            types=Counter(each.profile.rules.printer_type for each in self.printers.values())
        )

    async def async_follow(self, _hass: HomeAssistant) -> None:
        """Follow the printers that the user ticked, and offer those that are new."""
        options = self._entry.options
        await self.async_choose()
        self._tracker.async_follow({key: tuned_rules(each, options) for key, each in self.printers.items()})
        self._entities.async_stop()
        if not self.begun.is_set():
            self.since = dt_util.utcnow().timestamp()
            self.begun.set()
        self._entities.async_start(self.printers)
        self._bus_events.async_stop()
        self._bus_events.async_start(self.printers)
        async_dispatcher_send(self._hass, SIGNAL_PRINTERS)
        async_remove_stale(self._hass, self._entry, self.printers)
        async_offer_printers(self._hass, self._entry.entry_id, async_count_new(self._hass, options))

    async def async_watch_entries(self, _hass: HomeAssistant) -> None:
        """Watch the printers' integrations, once those that start with us had their time."""
        self._config_entries.async_start()

    @callback
    def async_stop(self) -> None:
        """Follow nothing any more."""
        self._entities.async_stop()
        self._bus_events.async_stop()
        self._config_entries.async_stop()

    @callback
    def async_read(self, printer: str) -> Observation:
        """Look at a printer as it is now."""
        return self._entities.read(printer)

    @callback
    def _printers_changed(self) -> None:
        self._entry.async_create_task(
            self._hass, self.async_follow(self._hass), "printernizer_stats printers"
        )
