"""Real automations in tests: set up from a configuration, and heard when they run."""

from collections.abc import Sequence
from typing import Any

from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import MockConfigEntry

from .helpers import OctoPrint, printer_key

type Told = list[dict[str, Any]]


async def async_automate(hass: HomeAssistant, config: dict[str, Any]) -> None:
    """Set up one automation."""
    assert await async_setup_component(hass, "automation", {"automation": config})
    await hass.async_block_till_done()
    (state,) = hass.states.async_all("automation")
    assert state.state == "on", "Home Assistant does not take the automation"


async def async_listen(
    hass: HomeAssistant, triggers: Sequence[dict[str, Any]], data: dict[str, str] | None = None
) -> Told:
    """Attach triggers to an automation; returns what it tells of each run, as it comes."""
    told: Told = []

    @callback
    def tell(event: Event) -> None:
        told.append(dict(event.data))

    hass.bus.async_listen("told", tell)
    action = {"event": "told", "event_data": {"platform": "{{ trigger.platform }}", **(data or {})}}
    await async_automate(
        hass, {"alias": "Tell", "triggers": list(triggers), "actions": [action], "mode": "queued"}
    )
    return told


def device_id(entry: MockConfigEntry, printer: OctoPrint) -> str:
    """Return the registry's id of the printer's own device."""
    found = entry.runtime_data.printers[printer_key(entry, printer)].device_id
    assert found is not None
    return str(found)
