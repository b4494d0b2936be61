"""Builds, starts and stops everything that belongs to the config entry."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
import logging
import os
from pathlib import Path
from typing import Any, Final

from aiohttp import ClientSession
from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.const import EVENT_HOMEASSISTANT_FINAL_WRITE
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.dispatcher import async_dispatcher_send
from homeassistant.helpers.event import (
    async_track_time_change,
    async_track_time_interval,
    async_track_utc_time_change,
)
from homeassistant.helpers.start import async_at_started
from homeassistant.loader import async_get_integration
from homeassistant.util import dt as dt_util
from homeassistant.util.hass_dict import HassKey
from sqlalchemy import Connection

from .const import (
    CONF_DASHBOARD,
    CONF_SHARE,
    DATABASE_FILE,
    DOMAIN,
)
from .coordinator import StatsCoordinator
from .devices import async_remove_stale
from .issues import async_ask_again, async_offer_printers, async_report_damage, async_report_renewal
from .maintenance import MaintenanceBook
from .models import Observation, PrinterFleet, Snapshot, UsageEvent
from .printers import PrinterKeys
from .retention import async_schedule_purge
from .sharing.consent import news
from .sharing.eraser import Eraser
from .sharing.report import Facts
from .sharing.settings import SharingSettings
from .sharing.submitter import Submitter
from .sources.bus_events import BusEventSource
from .sources.chosen import async_chosen_printers, async_count_new, tuned_rules
from .sources.config_entries import ConfigEntrySource
from .sources.country import country, zone_countries
from .sources.entities import EntitySource, FoundPrinter
from .sources.lifecycle import Uptime, app_start, feature_changes, platform_name, python_version, unclean_stop
from .store import Commit, StoreClosedError, UsageStore
from .store.settings import get_setting, load_sessions, set_setting
from .tracker import Tracker

_LOGGER = logging.getLogger(__name__)

_HEARTBEAT: Final = timedelta(minutes=15)
_RUNNING: Final = "running"
_FEATURES: Final = "features"
_STARTED: Final[HassKey[bool]] = HassKey(f"{DOMAIN}_started")
SIGNAL_PRINTERS: Final = f"{DOMAIN}_printers"

type StatsConfigEntry = ConfigEntry[Runtime]


def database_path(hass: HomeAssistant) -> Path:
    """Where the statistics are: beside Home Assistant's own database."""
    return Path(hass.config.path(DATABASE_FILE))


class Runtime:
    """All parts of one loaded entry."""

    def __init__(self, hass: HomeAssistant, entry: StatsConfigEntry, app_version: str) -> None:
        """Build the parts; nothing runs and no file is open yet."""
        self.app_version = app_version
        self.uptime = Uptime()
        self.keys = PrinterKeys(hass)
        self.coordinator = StatsCoordinator(hass, entry, lambda: self.uptime.pending)
        self.store = UsageStore(
            database_path(hass),
            dt_util.get_default_time_zone(),
            self._notify,
            lambda: dt_util.utcnow().timestamp(),
        )
        self.maintenance = MaintenanceBook(self.store, self._maintenance_changed)
        self.source = EntitySource(hass, self._observe, self._printers_changed)
        self.tracker = Tracker(hass, self.store, self.source.read)
        self.bus_events = BusEventSource(hass, self._observe, self.tracker.async_record)
        self.config_entries = ConfigEntrySource(hass, self.tracker.async_record)
        sharing = self.sharing = SharingSettings.of(entry.options, os.environ)

        def session() -> ClientSession:
            return async_get_clientsession(hass)

        self.submitter = Submitter(
            hass,
            self.store,
            sharing,
            facts=self.facts,
            session=session,
            on_change=self._sharing_changed,
            on_renewed=lambda: async_report_renewal(hass),
        )
        self.eraser = Eraser(hass, self.store, sharing, session, self._sharing_changed)
        self.fleet = PrinterFleet()
        self.printers: Mapping[str, FoundPrinter] = {}
        self.following = asyncio.Event()
        self.followed_since = 0.0
        self._hass = hass
        self._entry = entry
        self._sessions: Mapping[str, Any] = {}
        self._zones: Mapping[str, str] = {}
        self._features: Mapping[str, bool] = {}
        self._stop_callbacks: list[Callable[[], None]] = []
        self._closed = False

    @classmethod
    async def async_create(cls, hass: HomeAssistant, entry: StatsConfigEntry) -> Runtime:
        """Build the parts of an entry."""
        integration = await async_get_integration(hass, DOMAIN)
        return cls(hass, entry, str(integration.version))

    async def async_start(self) -> None:
        """Open the store and start counting; raises what opening the file raises."""
        now = dt_util.utcnow().timestamp()
        self._zones = await self._hass.async_add_executor_job(zone_countries)
        snapshot: Snapshot = await self._hass.async_add_executor_job(self.store.open, now)
        self._async_committed(Commit(snapshot, moved=self.store.moved_away))
        await self.keys.async_load()
        clean = await asyncio.wrap_future(self.store.run(self._begin_run))
        self.tracker.async_restore(self._sessions)
        self._record_start(clean=clean)
        self._maintenance_changed()
        await self._async_choose()
        await self.submitter.async_start()
        async_ask_again(self._hass, self._entry.entry_id, outdated=bool(news(self.sharing)[0]))
        await self.eraser.async_start()
        listen = self._hass.bus.async_listen_once
        self._stop_callbacks = [
            listen(EVENT_HOMEASSISTANT_FINAL_WRITE, self._async_final_write),
            async_track_time_interval(self._hass, self._async_heartbeat, _HEARTBEAT, cancel_on_shutdown=True),
            async_track_time_change(self._hass, self._async_new_day, hour=0, minute=0, second=1),
            async_track_utc_time_change(self._hass, self._async_new_utc_day, hour=0, minute=0, second=0),
            async_schedule_purge(self._hass, self._entry, self.store),
            async_at_started(self._hass, self._async_follow),
            async_at_started(self._hass, self._async_watch_entries),
        ]

    async def async_stop(self) -> None:
        """Stop everything and close the file; may be called twice."""
        if self._closed:
            return
        self._closed = True
        while self._stop_callbacks:
            self._stop_callbacks.pop()()
        self.source.async_stop()
        self.bus_events.async_stop()
        self.config_entries.async_stop()
        self.submitter.async_stop()
        self.eraser.async_stop()
        self.tracker.async_stop()
        self.tracker.async_save(self.uptime.take())
        self.store.run(lambda conn: set_setting(conn, _RUNNING, value=False))
        await self._hass.async_add_executor_job(self.store.close)

    @callback
    def facts(self) -> Facts:
        """What reports say of this installation."""
        config = self._hass.config
        return Facts(
            app_version=self.app_version,
            python_version=python_version(),
            platform=platform_name(),
            deployment_mode="homeassistant",
            country_code=country(config.country, config.time_zone, self._zones),
            fleet=self.fleet,
        )

    @callback
    def async_measure(self) -> None:
        """Count the uptime up to now."""
        self.tracker.async_save(self.uptime.take())

    def _notify(self, commit: Commit) -> None:
        """Carry a commit from the writer's thread to the event loop."""
        if not self._hass.loop.is_closed():
            self._hass.loop.call_soon_threadsafe(self._async_committed, commit)

    @callback
    def _async_committed(self, commit: Commit) -> None:
        if commit.moved is not None:
            async_report_damage(self._hass, commit.moved)
            self.maintenance.async_store_again()
        self.coordinator.async_committed(commit)

    @callback
    def _observe(self, printer: str, seen: Observation) -> None:
        self.tracker.async_observe(printer, seen)

    @callback
    def _sharing_changed(self) -> None:
        state = replace(self.submitter.state, deletions=self.eraser.waiting)
        self.coordinator.async_show_sharing(state)

    @callback
    def _maintenance_changed(self) -> None:
        self.coordinator.async_show_maintenance(self.maintenance.printers)

    def _begin_run(self, conn: Connection) -> bool:
        """Mark the file as in use and return whether the run before this one ended properly."""
        clean = not get_setting(conn, _RUNNING)
        set_setting(conn, _RUNNING, value=True)
        self._sessions = load_sessions(conn)
        self.maintenance.load(conn)
        self._features = get_setting(conn, _FEATURES) or {}
        set_setting(conn, _FEATURES, self._features_now())
        return clean

    def _features_now(self) -> dict[str, bool]:
        switches = {"sharing_enabled": CONF_SHARE, "dashboard_enabled": CONF_DASHBOARD}
        return {name: bool(self._entry.options.get(key)) for name, key in switches.items()}

    def _record_start(self, *, clean: bool) -> None:
        now = dt_util.utcnow().timestamp()
        if not clean:
            self.tracker.async_record(unclean_stop(now))
        if not self._hass.data.get(_STARTED):
            self._hass.data[_STARTED] = True
            self.tracker.async_record(app_start(now, self.app_version))
        for change in feature_changes(self._features, self._features_now(), now):
            self.tracker.async_record(change)

    async def _async_final_write(self, _event: Event) -> None:
        """Record the stop and close the file: entries are not unloaded at shutdown."""
        self._stop_callbacks.pop(0)
        data = {"uptime_seconds": self.uptime.seconds}
        at = dt_util.utcnow().timestamp()
        self.tracker.async_record(UsageEvent(type="app_shutdown", at=at, data=data))
        await self.async_stop()

    async def _async_heartbeat(self, _now: datetime) -> None:
        self.async_measure()

    async def _async_new_day(self, _now: datetime) -> None:
        """Show the new day's counters."""
        yesterday = dt_util.start_of_local_day().timestamp() - 1
        self.tracker.async_save(self.uptime.take(), yesterday)
        with suppress(StoreClosedError):
            await asyncio.wrap_future(self.store.refresh())

    async def _async_new_utc_day(self, now: datetime) -> None:
        """Close the week that may have ended: reports go by UTC, whatever the user's midnight is."""
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
        self.tracker.async_save(self.uptime.take(), midnight.timestamp() - 1)
        with suppress(StoreClosedError):
            await asyncio.wrap_future(self.store.refresh())
            await self.submitter.async_close_week()

    async def _async_follow(self, _hass: HomeAssistant) -> None:
        """Follow the printers that the user ticked, and offer those that are new."""
        options = self._entry.options
        followed = await self._async_choose()
        rules = {key: tuned_rules(printer, options) for key, printer in followed.items()}
        self.tracker.async_follow(rules)
        self.source.async_stop()
        if not self.following.is_set():
            self.followed_since = dt_util.utcnow().timestamp()
            self.following.set()
        self.source.async_start(followed)
        self.bus_events.async_stop()
        self.bus_events.async_start(followed)
        async_dispatcher_send(self._hass, SIGNAL_PRINTERS)
        async_remove_stale(self._hass, self._entry, followed)
        async_offer_printers(self._hass, self._entry.entry_id, async_count_new(self._hass, options))

    async def _async_watch_entries(self, _hass: HomeAssistant) -> None:
        """Watch the printers' integrations, once those that start with us had their time."""
        self.config_entries.async_start()

    async def _async_choose(self) -> Mapping[str, FoundPrinter]:
        """Find the printers to count, by our own key."""
        chosen = async_chosen_printers(self._hass, self._entry.options)
        self.printers = {await self.keys.async_key(printer.id): printer for printer in chosen}
        self.fleet = PrinterFleet(types=_types(self.printers.values()))
        return self.printers

    @callback
    def _printers_changed(self) -> None:
        self._entry.async_create_task(
            self._hass, self._async_follow(self._hass), "printernizer_stats printers"
        )


def loaded_runtime(hass: HomeAssistant) -> Runtime | None:
    """Return the parts of the entry, None while it is not loaded."""
    for entry in hass.config_entries.async_entries(DOMAIN):
        if entry.state is ConfigEntryState.LOADED:
            runtime: Runtime = entry.runtime_data
            return runtime
    return None


def _types(printers: Iterable[FoundPrinter]) -> dict[str, int]:
    types: dict[str, int] = {}
    for printer in printers:
        kind = printer.profile.rules.printer_type
        types[kind] = types.get(kind, 0) + 1
    return types
