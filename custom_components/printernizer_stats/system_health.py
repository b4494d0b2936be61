"""System health: a few lines for the page of system information."""

from typing import Any

from homeassistant.components import system_health
from homeassistant.core import HomeAssistant, callback
from homeassistant.util import dt as dt_util

from .const import CONF_ENDPOINT, CONF_SHARE, DEFAULT_ENDPOINT, DOMAIN
from .core.store.migrations import SCHEMA_VERSION
from .diagnostics import file_bytes, is_default_endpoint
from .runtime import StatsConfigEntry


@callback
def async_register(_hass: HomeAssistant, register: system_health.SystemHealthRegistration) -> None:
    """Tell where the lines come from."""
    register.async_register_info(_async_info, f"/config/integrations/integration/{DOMAIN}")


async def _async_info(hass: HomeAssistant) -> dict[str, Any]:
    """Return the lines; asks whether the service can be reached only when sharing is on."""
    entries: list[StatsConfigEntry] = hass.config_entries.async_loaded_entries(DOMAIN)
    if not entries:
        return {"loaded": False}
    options = entries[0].options
    runtime = entries[0].runtime_data
    state = runtime.report_scheduler.state
    info: dict[str, Any] = {
        "events_stored": runtime.coordinator.data.snapshot.events_stored,
        "file_kib": await hass.async_add_executor_job(file_bytes, runtime.store) // 1024,
        "schema_version": SCHEMA_VERSION,
        "sharing": options.get(CONF_SHARE, False),
        "own_service": not is_default_endpoint(options),
    }
    if state.last is not None:
        info["last_submission"] = dt_util.utc_from_timestamp(state.last)
    if info["sharing"]:
        endpoint = options.get(CONF_ENDPOINT, DEFAULT_ENDPOINT)
        info["service_reachable"] = system_health.async_check_can_reach_url(hass, endpoint)
    return info
