"""Printers in the registries of a Home Assistant, as their integrations put them there."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.printernizer_stats.printers.entities import FoundPrinter, async_find_printers
from custom_components.printernizer_stats.printers.profiles import PROFILES

_BINARY: Final = {"on", "off"}


def _is_binary(domain: str, unique_id: str) -> bool:
    """Whether a profile of that domain reads on and off from such an entity."""
    return any(
        part.words.keys() == _BINARY
        for profile in PROFILES.values()
        if profile.domain == domain
        for part in profile.parts.values()
        if part.unique_id and part.unique_id.fullmatch(unique_id)
    )


@dataclass(frozen=True, kw_only=True)
class House:
    """One printer's device and config entry."""

    hass: HomeAssistant
    domain: str
    entry: MockConfigEntry
    device: dr.DeviceEntry

    def entity(self, unique_id: str) -> str:
        """Return the entity with that unique id, made when it is new."""
        domain = "binary_sensor" if _is_binary(self.domain, unique_id) else "sensor"
        entry = er.async_get(self.hass).async_get_or_create(
            domain, self.domain, unique_id, config_entry=self.entry, device_id=self.device.id
        )
        return entry.entity_id

    def show(self, unique_id: str, state: str, unit: str | None = None) -> None:
        """Set the state of an entity."""
        attributes = {"unit_of_measurement": unit} if unit else {}
        self.hass.states.async_set(self.entity(unique_id), state, attributes)

    def fire(self, event: Mapping[str, Any]) -> None:
        """Fire an event of the printer, with the names that integrations give printers."""
        events = self.printer.profile.events
        known = next(each for each in events if each.event_type == event["event_type"])
        named = self.device.id if known.printer_by == "device" else self.entry.unique_id
        self.hass.bus.async_fire(event["event_type"], {"device_id": named, **event})

    @property
    def printer(self) -> FoundPrinter:
        """The printer as it is found in the registry."""
        (found,) = (
            each
            for each in async_find_printers(self.hass).values()
            if each.config_entry_id == self.entry.entry_id
        )
        return found


def async_house(
    hass: HomeAssistant,
    domain: str,
    printer: str,
    *,
    data: Mapping[str, Any] | None = None,
    name: str = "Printer",
    **device: Any,
) -> House:
    """Put a printer's config entry and device into the registries."""
    entry = MockConfigEntry(domain=domain, unique_id=printer, data=dict(data or {}))
    entry.add_to_hass(hass)
    made = dr.async_get(hass).async_get_or_create(
        config_entry_id=entry.entry_id, identifiers={(domain, printer)}, name=name, **device
    )
    return House(hass=hass, domain=domain, entry=entry, device=made)
