"""Real automations in tests: set up from a configuration, and heard when they run."""

from collections.abc import Sequence
from pathlib import Path
import shutil
from typing import Any, Final

from homeassistant.components import persistent_notification
from homeassistant.components.persistent_notification import Notification, UpdateType
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.printernizer_stats.const import DOMAIN

from ..helpers import OctoPrint, printer_key

BLUEPRINTS: Final = Path(__file__).parents[2] / "blueprints" / "automation" / DOMAIN

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


async def async_notifications(hass: HomeAssistant) -> Told:
    """Return the notifications in Home Assistant, as they come."""
    told: Told = []
    news = (UpdateType.ADDED, UpdateType.UPDATED)

    @callback
    def tell(kind: UpdateType, notifications: dict[str, Notification]) -> None:
        told.extend(dict(each) for each in notifications.values() if kind in news)

    assert await async_setup_component(hass, "persistent_notification", {})
    persistent_notification.async_register_callback(hass, tell)
    return told


async def async_use_blueprint(hass: HomeAssistant, name: str, **inputs: Any) -> Told:
    """Set up an automation from one of our blueprints; returns the notifications that it makes."""
    shutil.copytree(BLUEPRINTS, hass.config.path("blueprints", "automation", DOMAIN))
    told = await async_notifications(hass)
    used = {"path": f"{DOMAIN}/{name}.yaml", "input": inputs}
    await async_automate(hass, {"alias": name, "use_blueprint": used})
    return told
