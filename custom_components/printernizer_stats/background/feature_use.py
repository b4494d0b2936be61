"""Features in use, as Home Assistant knows them: what is set up, and what was used since the last note."""

from collections.abc import Mapping
from typing import Any, Final

from homeassistant.components.automation import automations_with_device, automations_with_entity
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.util.hass_dict import HassKey

from ..const import CONF_BACKFILL, CONF_DASHBOARD, CONF_ENERGY, CONF_MANUAL, DOMAIN
from ..core.models import Maintenance

AUTOMATIONS: Final = "automations_used"
EXPORTS: Final = "exports_used"
_USED: Final[HassKey[set[str]]] = HassKey(f"{DOMAIN}_features_used")
_SWITCHES: Final = {
    "backfill_used": CONF_BACKFILL,
    "dashboard_enabled": CONF_DASHBOARD,
    "described_printers_used": CONF_MANUAL,
    "energy_enabled": CONF_ENERGY,
}


@callback
def async_note_use(hass: HomeAssistant, feature: str) -> None:
    """Remember that a feature was used just now."""
    hass.data.setdefault(_USED, set()).add(feature)


@callback
def async_take_features(
    hass: HomeAssistant, entry: ConfigEntry[Any], maintenance: Mapping[str, Maintenance]
) -> set[str]:
    """Return what is in use, and what was used since the last call."""
    found = {name for name, key in _SWITCHES.items() if entry.options.get(key)}
    if any(each.interval_hours for each in maintenance.values()):
        found.add("maintenance_enabled")
    if _is_automated(hass, entry.entry_id):
        found.add(AUTOMATIONS)
    used = hass.data.get(_USED, set())
    found |= used
    used.clear()
    return found


def _is_automated(hass: HomeAssistant, entry_id: str) -> bool:
    """Whether an automation names one of our entities or devices."""
    devices = dr.async_entries_for_config_entry(dr.async_get(hass), entry_id)
    entities = er.async_entries_for_config_entry(er.async_get(hass), entry_id)
    return any(automations_with_device(hass, each.id) for each in devices) or any(
        automations_with_entity(hass, each.entity_id) for each in entities
    )
