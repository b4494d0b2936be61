"""Diagnostics for an issue: numbers, flags and words of our own; nothing that names anything."""

from collections.abc import Mapping
from typing import Any, Final

from homeassistant.core import HomeAssistant
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from .const import (
    CONF_BACKFILL,
    CONF_CLIENT_KEY,
    CONF_DECLINED,
    CONF_ENDPOINT,
    CONF_MANUAL,
    CONF_PRINTERS,
    CONF_SHARE,
    DEFAULT_CLIENT_KEY,
    DEFAULT_ENDPOINT,
)
from .core.store import UsageStore
from .core.store.consent_ledger import ledger
from .core.store.table_stats import describe
from .fleet_coordinator import FleetCoordinator
from .printers.selection import async_chosen_printers
from .runtime import Runtime, StatsConfigEntry

_LISTS: Final = (CONF_PRINTERS, CONF_DECLINED, CONF_MANUAL)


async def async_get_config_entry_diagnostics(hass: HomeAssistant, entry: StatsConfigEntry) -> dict[str, Any]:
    """Return the state of the integration, without anything personal."""
    runtime = entry.runtime_data
    return {
        "options": _options(entry.options),
        "store": await hass.async_add_executor_job(_store, runtime.store),
        "problem": runtime.coordinator.data.problem,
        "values_dropped": runtime.tracker.dropped,
        "uptime_seconds": runtime.uptime.seconds,
        "printers": [
            {"type": printer.profile.rules.printer_type, "outcome": printer.profile.outcome}
            for printer in async_chosen_printers(hass, entry.options)
        ],
        "printernizer": runtime.printer_manager.apps.describe(),
        "sharing": _sharing(runtime),
        "fleet": [_fleet(each) for each in runtime.fleet.values()],
    }


def _options(options: Mapping[str, Any]) -> dict[str, Any]:
    """Lists as their lengths, texts as whether they are the usual ones; numbers are bounds of ours."""
    return {
        **{key: len(options.get(key, [])) for key in _LISTS},
        CONF_SHARE: options.get(CONF_SHARE, False),
        CONF_BACKFILL: options.get(CONF_BACKFILL, False),
        "default_endpoint": is_default_endpoint(options),
        "default_client_key": options.get(CONF_CLIENT_KEY, DEFAULT_CLIENT_KEY) == DEFAULT_CLIENT_KEY,
        "numbers": {key: value for key, value in options.items() if type(value) in (int, float)},
    }


def is_default_endpoint(options: Mapping[str, Any]) -> bool:
    """Whether reports go, or would go, to the project's own service."""
    return bool(options.get(CONF_ENDPOINT, DEFAULT_ENDPOINT) == DEFAULT_ENDPOINT)


def file_bytes(store: UsageStore) -> int:
    """Return the size of the file with its write-ahead log; blocking."""
    files = (store.file, store.file.with_name(f"{store.file.name}-wal"))
    return sum(each.stat().st_size for each in files if each.exists())


def _store(store: UsageStore) -> dict[str, Any]:
    """Return what is known of the file, also when it cannot be read."""
    known = {"bytes": file_bytes(store), "begun_anew": store.moved_away is not None}
    try:
        return store.read(lambda conn: {**known, **describe(conn), "consent": _consent(conn)})
    except (SQLAlchemyError, OSError) as error:
        return {**known, "error": type(error).__name__}


def _consent(conn: Connection) -> dict[str, Any]:
    """Return what was decided, without when."""
    known = ledger(conn)
    shown = ("decision", "version", "categories", "language")
    entries = [{name: each[name] for name in shown} for each in known["entries"]]
    return {"intact": known["intact"], "entries": entries}


def _fleet(coordinator: FleetCoordinator) -> dict[str, Any]:
    """How asking a service goes: neither which one, nor the key, nor a figure."""
    known = coordinator.data is not None
    return {"failures": coordinator.failures, "reason": coordinator.reason, "known": known}


def _sharing(runtime: Runtime) -> dict[str, Any]:
    state = runtime.report_scheduler.state
    return {"status": state.status, "pending": state.pending, "submitted": state.last is not None}
