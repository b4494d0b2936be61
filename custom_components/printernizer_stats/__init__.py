"""Printernizer Usage Statistics: counts prints at home, shares a weekly aggregate only if asked to."""

import sqlite3

from homeassistant.components import websocket_api
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ConfigEntryError, ConfigEntryNotReady
from homeassistant.helpers import config_validation as cv, device_registry as dr
from homeassistant.helpers.typing import ConfigType
from sqlalchemy.exc import SQLAlchemyError

from . import http, websocket
from .background.consent_head import ConsentHead
from .const import DOMAIN
from .core.store import StoreTooNewError, remove_files
from .dashboard import async_setup_dashboard, async_show_dashboard
from .fleet_coordinator import async_begin
from .history.backfill import async_schedule_backfill
from .issues import async_delete_issues, async_report_too_new
from .printers.devices import async_is_stale
from .printers.entities import async_set_app_printers
from .printers.handover import async_forget_handover
from .printers.keys import PrinterKeys
from .runtime import Runtime, StatsConfigEntry, database_path
from .services import async_setup_services

CONFIG_SCHEMA = cv.config_entry_only_config_schema(DOMAIN)
_PLATFORMS = (
    Platform.BINARY_SENSOR,
    Platform.BUTTON,
    Platform.EVENT,
    Platform.NUMBER,
    Platform.SENSOR,
)


async def async_setup(hass: HomeAssistant, _config: ConfigType) -> bool:
    """Register what exists once per run: the actions and the download."""
    async_setup_services(hass)
    hass.http.register_view(http.ExportView())
    hass.http.register_view(http.PrintsView())
    websocket_api.async_register_command(hass, websocket.async_handle_prints)
    websocket_api.async_register_command(hass, websocket.async_handle_report)
    await async_setup_dashboard(hass)
    return True


async def async_setup_entry(hass: HomeAssistant, entry: StatsConfigEntry) -> bool:
    """Start counting."""
    runtime = await Runtime.async_create(hass, entry)
    try:
        await runtime.async_start()
    except StoreTooNewError as error:
        async_report_too_new(hass, too_new=True)
        raise ConfigEntryError(translation_domain=DOMAIN, translation_key="store_too_new") from error
    except (SQLAlchemyError, sqlite3.Error, OSError) as error:
        await runtime.async_stop()
        raise ConfigEntryNotReady(translation_domain=DOMAIN, translation_key="store_unusable") from error
    async_report_too_new(hass, too_new=False)
    entry.runtime_data = runtime
    await hass.config_entries.async_forward_entry_setups(entry, _PLATFORMS)
    async_begin(hass, entry, runtime.fleet)
    async_schedule_backfill(hass, entry)
    await async_show_dashboard(hass, entry)
    return True


async def async_unload_entry(hass: HomeAssistant, entry: StatsConfigEntry) -> bool:
    """Stop counting and close the file."""
    unloaded = await hass.config_entries.async_unload_platforms(entry, _PLATFORMS)
    if unloaded:
        await entry.runtime_data.async_stop()
    return unloaded


async def async_remove_config_entry_device(
    _hass: HomeAssistant, entry: StatsConfigEntry, device: dr.AnyDeviceEntry
) -> bool:
    """Let a person remove a device that stands for nothing any more."""
    return async_is_stale(entry, device, entry.runtime_data.printers)


async def async_remove_entry(hass: HomeAssistant, _entry: StatsConfigEntry) -> None:
    """Delete everything that was stored."""
    await hass.async_add_executor_job(remove_files, database_path(hass))
    async_forget_handover(hass)
    await PrinterKeys(hass).async_remove()
    async_set_app_printers(hass, {})
    await ConsentHead(hass).async_remove()
    async_delete_issues(hass)
