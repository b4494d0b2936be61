"""Builds, starts and stops everything that belongs to the config entry."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from functools import partial
import os
from pathlib import Path
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.const import EVENT_HOMEASSISTANT_FINAL_WRITE
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers.start import async_at_started
from homeassistant.loader import async_get_integration
from homeassistant.util import dt as dt_util
from homeassistant.util.hass_dict import HassKey
from sqlalchemy import Connection

from . import clock
from .background.community_receiver import CommunityReceiver
from .background.connections import async_connect
from .background.consent_head import ConsentHead
from .background.deployment import async_deployment, home_assistant_version
from .background.feature_use import async_take_features
from .background.lifecycle import (
    Uptime,
    app_start,
    platform_name,
    python_version,
)
from .background.maintenance import MaintenanceBook
from .background.remote_deletion import RemoteDeletion
from .background.report_scheduler import ReportScheduler
from .background.retention import async_schedule_purge
from .background.run_marker import RunMarker, end_run
from .background.timers import async_start_timers
from .const import CONF_COMMUNITY, DATABASE_FILE, DOMAIN
from .coordinator import StatsCoordinator
from .core.community.comparison import Figure, Range, ranges
from .core.community.download import public_url
from .core.counters import jobs_ended
from .core.country import country, zone_countries
from .core.models import Observation, Snapshot, UsageEvent
from .core.report_intervals import utc_day
from .core.sharing import feature_use, own_reports
from .core.sharing.consent import news
from .core.sharing.report import HOME_ASSISTANT, InstallationInfo
from .core.sharing.settings import SharingSettings
from .core.sharing.status import Status
from .core.store import Commit, UsageStore
from .core.store.settings import load_sessions
from .fleet_coordinator import async_coordinators
from .issues import (
    async_ask_again,
    async_ask_for_protocol_1,
    async_report_clock,
    async_report_damage,
    async_report_renewal,
)
from .printers.entities import FoundPrinter
from .printers.handover import Handover, async_hand_over, async_take_over
from .printers.keys import PrinterKeys
from .printers.manager import PrinterManager
from .printers.tracker import Tracker

_PATIENCE_SECONDS: Final = 10.0
_STARTED: Final[HassKey[bool]] = HassKey(f"{DOMAIN}_started")

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
            clock.now,
        )
        self.maintenance = MaintenanceBook(self.store, self._maintenance_changed)
        self.tracker = Tracker(hass, self.store, self._read)
        self.printer_manager = PrinterManager(hass, entry, self.keys, self.tracker, self._prints)
        sharing = self.sharing = SharingSettings.of(entry.options, os.environ)

        connect = partial(async_connect, hass)
        self.report_scheduler = ReportScheduler(
            hass,
            self.store,
            sharing,
            installation=self.installation_info,
            connect=connect,
            on_change=self._sharing_changed,
            on_renewed=lambda: async_report_renewal(hass),
        )
        self.remote_deletion = RemoteDeletion(hass, self.store, sharing, connect, self._sharing_changed)
        url = public_url(sharing.endpoint) if entry.options.get(CONF_COMMUNITY) else None
        show = self.coordinator.async_update_listeners
        self.community = CommunityReceiver(hass, self.store, url, connect, show)
        self.fleet = async_coordinators(hass, entry, self.store)
        self._hass = hass
        self._entry = entry
        self._sessions: Mapping[str, Any] = {}
        self._zones: Mapping[str, str] = {}
        self._deployment = HOME_ASSISTANT
        self._stop_callbacks: list[Callable[[], None]] = []
        self._closed = False
        self._clock_wrong = False

    @classmethod
    async def async_create(cls, hass: HomeAssistant, entry: StatsConfigEntry) -> Runtime:
        """Build the parts of an entry."""
        integration = await async_get_integration(hass, DOMAIN)
        return cls(hass, entry, str(integration.version))

    async def async_start(self) -> None:
        """Open the store and start counting; raises what opening the file raises."""
        now = clock.now()
        self._zones = await self._hass.async_add_executor_job(zone_countries)
        self._deployment = await async_deployment(self._hass)
        snapshot: Snapshot = await self._hass.async_add_executor_job(self.store.open, now)
        self._async_committed(Commit(snapshot, moved=self.store.moved_away))
        await self.keys.async_load()
        run = await self.store.async_run(self._begin_run)
        self._go_on(now)
        self._record_start(run)
        self._maintenance_changed()
        self._note_features()
        await self.printer_manager.async_choose()
        consent = ConsentHead(self._hass)
        await consent.async_check(self.store)
        await self.report_scheduler.async_start()
        await consent.async_keep(self.store)
        async_ask_again(self._hass, self._entry.entry_id, outdated=bool(news(self.sharing)[0]))
        await self.remote_deletion.async_start()
        await self.community.async_start()
        listen = self._hass.bus.async_listen_once
        self._stop_callbacks = [
            listen(EVENT_HOMEASSISTANT_FINAL_WRITE, self._async_final_write),
            *async_start_timers(
                self._hass, self.store, self.report_scheduler, self.community, self.async_measure
            ),
            async_schedule_purge(self._hass, self._entry, self.store),
            async_at_started(self._hass, self.printer_manager.async_follow),
            async_at_started(self._hass, self.printer_manager.async_watch_entries),
        ]

    async def async_stop(self) -> None:
        """Stop everything and close the file; may be called twice."""
        if self._closed:
            return
        self._closed = True
        while self._stop_callbacks:
            self._stop_callbacks.pop()()
        self.printer_manager.async_stop()
        self.report_scheduler.async_stop()
        self.remote_deletion.async_stop()
        self.community.async_stop()
        self.tracker.async_stop()
        self._hand_over()
        self.store.run(end_run)
        await self._hass.async_add_executor_job(self.store.close)

    @property
    def printers(self) -> Mapping[str, FoundPrinter]:
        """The printers that are counted, by our own key."""
        return self.printer_manager.printers

    @property
    def printer_types(self) -> list[str]:
        """The types of the printers that are counted, in words of the dictionary."""
        return sorted(self.printer_manager.fleet.types)

    @callback
    def async_community_ranges(self) -> Mapping[Figure, Range]:
        """Where most homes are, as far as it was received and there are enough prints of one's own."""
        if (numbers := self.community.numbers) is None:
            return {}
        return ranges(numbers, jobs_ended(self.coordinator.data.of()), self.printer_types)

    @callback
    def installation_info(self) -> InstallationInfo:
        """What reports say of this installation."""
        config = self._hass.config
        version, mode = self.printer_manager.apps.reported
        return InstallationInfo(
            app_version=self.app_version,
            python_version=python_version(),
            platform=platform_name(),
            deployment_mode=self._deployment,
            country_code=country(config.country, config.time_zone, self._zones),
            fleet=self.printer_manager.fleet,
            features=self.printer_manager.apps.features,
            ha_version=home_assistant_version(),
            printernizer_version=version,
            printernizer_mode=mode,
        )

    @callback
    def async_measure(self, at: float | None = None) -> None:
        """Count the uptime since the last time, and the features in use, as of an instant (None: now)."""
        self.tracker.async_save(self.uptime.take(), at)
        self._note_features(at)

    async def async_catch_up(self) -> None:
        """Wait until all that was counted is on the disk; TimeoutError when that does not work for long."""
        async with asyncio.timeout(_PATIENCE_SECONDS):
            await self.store.async_flush()

    def _notify(self, commit: Commit) -> None:
        """Carry a commit from the writer's thread to the event loop."""
        if not self._hass.loop.is_closed():
            self._hass.loop.call_soon_threadsafe(self._async_committed, commit)

    @callback
    def _async_committed(self, commit: Commit) -> None:
        if commit.moved is not None:
            async_report_damage(self._hass, commit.moved)
            self.maintenance.async_store_again()
        if commit.snapshot.clock_wrong is not self._clock_wrong:
            self._clock_wrong = commit.snapshot.clock_wrong
            async_report_clock(self._hass, wrong=self._clock_wrong)
        self.coordinator.async_committed(commit)

    @callback
    def _read(self, printer: str) -> Observation:
        return self.printer_manager.async_read(printer)

    def _prints(self, printer: str) -> int:
        return self.coordinator.data.of(printer=printer).get("job_completed", 0)

    @callback
    def _sharing_changed(self) -> None:
        state = replace(self.report_scheduler.state, deletions=self.remote_deletion.waiting)
        needed = state.status is Status.UNAGREED
        async_ask_for_protocol_1(self._hass, self.sharing.endpoint, needed=needed)
        self.coordinator.async_show_sharing(state)

    @callback
    def _maintenance_changed(self) -> None:
        self.coordinator.async_show_maintenance(self.maintenance.printers)

    def _note_features(self, at: float | None = None) -> None:
        names = async_take_features(self._hass, self._entry, self.maintenance.printers)
        today = utc_day(clock.now() if at is None else at)
        self.store.run(lambda conn: feature_use.note(conn, names, today))
        if (version := self.printer_manager.apps.shared_by) is not None:
            self.note_app_shares(version, today)

    @callback
    def note_app_shares(self, version: str, today: date | None = None) -> None:
        """Remember that a connected Printernizer shares by itself."""
        day = today or utc_day(clock.now())
        self.store.run(lambda conn: own_reports.note(conn, version, day))

    def _begin_run(self, conn: Connection) -> RunMarker:
        self._sessions = load_sessions(conn)
        self.maintenance.load(conn)
        return RunMarker.begin(conn, self._entry.options)

    def _go_on(self, now: float) -> None:
        """Take up the prints that were open, as if nothing had been when that was a moment ago."""
        handover = async_take_over(self._hass, now, self._sessions)
        self.tracker.async_restore(self._sessions, handover.sessions if handover else {})
        self.printer_manager.async_restore(handover.views if handover else {})

    def _hand_over(self) -> None:
        """Store what is open, and keep it for a reload."""
        stored = self.tracker.async_save(self.uptime.take())
        sessions, views = self.tracker.sessions, self.printer_manager.views
        now = clock.now()
        async_hand_over(self._hass, Handover(at=now, sessions=sessions, stored=stored, views=views))

    def _record_start(self, run: RunMarker) -> None:
        now = clock.now()
        if not self._hass.data.get(_STARTED):
            self._hass.data[_STARTED] = True
            self.tracker.async_record(app_start(now, self.app_version))
        for event in run.events(now):
            self.tracker.async_record(event)

    async def _async_final_write(self, _event: Event) -> None:
        """Record the stop and close the file: entries are not unloaded at shutdown."""
        self._stop_callbacks.pop(0)
        data = {"uptime_seconds": self.uptime.seconds}
        at = clock.now()
        self.tracker.async_record(UsageEvent(type="app_shutdown", at=at, data=data))
        await self.async_stop()


def loaded_runtime(hass: HomeAssistant) -> Runtime | None:
    """Return the parts of the entry, None while it is not loaded."""
    for entry in hass.config_entries.async_entries(DOMAIN):
        if entry.state is ConfigEntryState.LOADED:
            runtime: Runtime = entry.runtime_data
            return runtime
    return None
