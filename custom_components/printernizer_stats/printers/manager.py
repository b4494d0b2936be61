"""Follows the printers that are ticked: finds them, and connects the sources with the tracker."""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_send
from homeassistant.helpers.event import async_call_later

from .. import clock
from ..const import CONF_SHARE, DOMAIN
from ..core.models import Observation, PrinterFleet
from ..issues import async_keep_gone, async_offer_printers, async_report_apps, async_report_gone
from .bus_events import BusEventSource
from .config_entries import ConfigEntrySource
from .devices import async_remove_stale
from .entities import EntitySource, FoundPrinter, async_to_remember
from .keys import PrinterKeys
from .manual import MANUAL
from .printer_view import PrinterView
from .printernizer.profiles import APP_PROFILES
from .printernizer.source import AppSource, Notices
from .profiles import PROFILES
from .remembered import async_remembered
from .selection import (
    async_chosen_printers,
    async_count_new,
    async_gone,
    chosen_references,
    tuned_rules,
)
from .tracker import Tracker

SIGNAL_PRINTERS: Final = f"{DOMAIN}_printers"
_KNOWN: Final = {**PROFILES, **APP_PROFILES}
# An integration that is updated or set up anew has this long to bring its printers back, in seconds.
_PATIENCE: Final = 300.0
# Without a registry entry a printer that is switched off looks like one that is gone until it was seen.
_PATIENCE_UNSEEN: Final = 86400.0


class PrinterManager:
    """The printers that are counted, by our own key; `since` (epoch seconds) holds once `begun` is set."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        keys: PrinterKeys,
        tracker: Tracker,
        prints: Callable[[str], int],
    ) -> None:
        """Take who is told what is seen, and what says how many prints a printer completed."""
        self.printers: Mapping[str, FoundPrinter] = {}
        self.fleet = PrinterFleet()
        self.begun = asyncio.Event()
        self.since = 0.0
        self._hass = hass
        self._entry = entry
        self._keys = keys
        self._tracker = tracker
        self._prints = prints
        self._cancel_look: CALLBACK_TYPE | None = None
        self._there: set[str] = set()
        self._entities = EntitySource(hass, tracker.async_observe, self._printers_changed)
        self._bus_events = BusEventSource(hass, tracker.async_observe, tracker.async_record)
        self._config_entries = ConfigEntrySource(hass, tracker.async_record)
        self.apps = AppSource(
            hass, entry, self._app_saw, tracker.async_record, self._printers_changed, self._app_noticed
        )

    async def async_choose(self) -> None:
        """Find the printers to count."""
        if not self.begun.is_set():
            self.apps.async_recall()
        chosen = async_chosen_printers(self._hass, self._entry.options)
        self.printers = {await self._keys.async_key(printer.id): printer for printer in chosen}
        known = [printer for printer in chosen if printer.profile.key != MANUAL]
        await self._keys.async_remember({each.id: async_to_remember(self._hass, each) for each in known})
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
            self.since = clock.now()
            self.begun.set()
        self._entities.async_start(self.printers, chosen_references(options))
        self._bus_events.async_stop()
        self._bus_events.async_start(self.printers)
        self.apps.async_follow(self.printers)
        async_dispatcher_send(self._hass, SIGNAL_PRINTERS)
        async_remove_stale(self._hass, self._entry, self.printers)
        async_offer_printers(self._hass, self._entry.entry_id, async_count_new(self._hass, options))
        self._look_for_gone()

    async def async_watch_entries(self, _hass: HomeAssistant) -> None:
        """Watch the printers' integrations and apps, once those that start with us had their time."""
        self._config_entries.async_start()
        self.apps.async_start()

    @callback
    def async_stop(self) -> None:
        """Follow nothing any more."""
        self._entities.async_stop()
        self._bus_events.async_stop()
        self._config_entries.async_stop()
        self.apps.async_stop()
        if self._cancel_look is not None:
            self._cancel_look()
            self._cancel_look = None

    @property
    def views(self) -> Mapping[str, PrinterView]:
        """What the entities of the printers showed last, by our own key."""
        return self._entities.views

    @callback
    def async_restore(self, views: Mapping[str, PrinterView]) -> None:
        """Go on from what entities showed a moment ago."""
        self._entities.views = dict(views)

    @callback
    def async_read(self, printer: str) -> Observation:
        """Look at a printer as it is now."""
        seen = self._entities.read(printer)
        if self.printers[printer].instance is None:
            return seen
        # Of a printer of an app, entities show no more than a meter.
        return replace(seen, progress=self.apps.read(self.printers[printer]).progress)

    @callback
    def _app_saw(self, printer: str, seen: Observation) -> None:
        if seen.state is not None:
            beside = self._entities.read(printer)
            seen = replace(seen, energy_wh=beside.energy_wh, energy_price=beside.energy_price)
        self._tracker.async_observe(printer, seen)

    @callback
    def _app_noticed(self, notices: Notices) -> None:
        shares = notices.shares and bool(self._entry.options.get(CONF_SHARE))
        async_report_apps(self._hass, unasked=notices.unasked, refused=notices.refused, shares=shares)

    @callback
    def _printers_changed(self) -> None:
        self._entry.async_create_task(
            self._hass, self.async_follow(self._hass), "printernizer_stats printers"
        )

    def _look_for_gone(self) -> None:
        """Look again later whether printers are gone; what is back is no longer told."""
        gone = async_gone(self._hass, self._entry.options)
        self._there |= {each.id for each in self.printers.values()} - set(gone)
        async_keep_gone(self._hass, gone)
        if self._cancel_look is None:
            self._look_later()

    def _look_later(self) -> None:
        job = HassJob(self._async_tell_gone, "printernizer_stats gone", cancel_on_shutdown=True)
        self._cancel_look = async_call_later(self._hass, _PATIENCE, job)

    def _may_come(self, printer: str) -> bool:
        """Whether a printer without a registry entry may only not have been switched on yet."""
        waited = clock.now() - self.since
        return "." in printer and printer not in self._there and waited < _PATIENCE_UNSEEN

    async def _async_tell_gone(self, _now: datetime) -> None:
        self._cancel_look = None
        remembered = async_remembered(self._hass)
        gone = async_gone(self._hass, self._entry.options)
        if any(self._may_come(each) for each in gone):
            self._look_later()
        for each in (each for each in gone if not self._may_come(each)):
            key = await self._keys.async_key(each)
            profile = _KNOWN.get(remembered[each].profile) if each in remembered else None
            async_report_gone(
                self._hass,
                self._entry.entry_id,
                each,
                kind=profile.name if profile else "?",
                prints=self._prints(key),
            )
