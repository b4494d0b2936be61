"""Devices of ours in the registry: the service, and printers that have no device of their own."""

from collections.abc import Mapping

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.device import async_entity_id_to_device

from ..const import DOMAIN
from .entities import FoundPrinter


@callback
def async_printer_name(hass: HomeAssistant, printer: FoundPrinter, key: str) -> str:
    """Return what the printer is called now: its device, else its state entity; `key` is ours.

    One of an app is called as the app says, and as it said before while the app is away.
    """
    if printer.instance is not None:
        known = dr.async_get(hass).async_get_devices(identifiers={(DOMAIN, key)})
        return printer.label or next((each.name for each in known if each.name), printer.profile.name)
    if (device := async_entity_id_to_device(hass, printer.entity_id)) is not None:
        name = device.name_by_user or device.name
    elif (entry := er.async_get(hass).async_get(printer.entity_id)) is not None:
        name = entry.name or entry.original_name
    else:
        state = hass.states.get(printer.entity_id)
        name = state.name if state else None
    return name or printer.entity_id


@callback
def async_printer_of(hass: HomeAssistant, device_id: str, printers: Mapping[str, FoundPrinter]) -> str | None:
    """Return our key of the printer that a device is, None if it is none."""
    for key, printer in printers.items():
        if printer.device_id == device_id:
            return key
    device = dr.async_get(hass).async_get(device_id)
    own = {value for domain, value in device.identifiers if domain == DOMAIN} if device else set()
    return next((key for key in printers if key in own), None)


@callback
def async_is_stale(
    entry: ConfigEntry, device: dr.AnyDeviceEntry, printers: Mapping[str, FoundPrinter]
) -> bool:
    """Whether a device of ours is neither a service nor a printer without a device of its own."""
    deviceless = {key for key, printer in printers.items() if printer.device_id is None}
    return not any(
        domain == DOMAIN and (value == entry.entry_id or value in deviceless or value in entry.subentries)
        for domain, value in device.identifiers
    )


@callback
def async_remove_stale(hass: HomeAssistant, entry: ConfigEntry, printers: Mapping[str, FoundPrinter]) -> None:
    """Remove our devices of printers that are no longer counted or have a device of their own now."""
    registry = dr.async_get(hass)
    for device in dr.async_entries_for_config_entry(registry, entry.entry_id):
        if async_is_stale(entry, device, printers):
            registry.async_remove_device(device.id)
