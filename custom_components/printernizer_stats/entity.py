"""Entities: what all of the integration have in common."""

from collections.abc import Callable, Iterable

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.device import async_entity_id_to_device
from homeassistant.helpers.device_registry import DeviceEntryType, DeviceInfo
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.entity import EntityDescription
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.update_coordinator import CoordinatorEntity

from .const import DOMAIN, NAME, PROJECT_URL
from .coordinator import StatsCoordinator
from .core.models import FLEET
from .printers.devices import async_printer_name
from .printers.manager import SIGNAL_PRINTERS
from .runtime import StatsConfigEntry


def unique_id(owner: str, key: str) -> str:
    """Return the unique id of an entity: its owner, an entry's id or our key of a printer, and its key."""
    return f"{owner}_{key}"


def owner_and_key(unique_id: str) -> tuple[str, str]:
    """Take the unique id of an entity apart."""
    owner, _, key = unique_id.partition("_")
    return owner, key


class StatsEntity(CoordinatorEntity[StatsCoordinator]):
    """An entity of the service, or of a printer: then it is on that printer's own device page."""

    _attr_has_entity_name = True

    def __init__(self, entry: StatsConfigEntry, description: EntityDescription, printer: str = FLEET) -> None:
        """Tie the entity to its description and its device; `printer` is our key."""
        self.runtime = entry.runtime_data
        super().__init__(self.runtime.coordinator)
        self.entity_description = description
        self.printer = printer
        owner = entry.entry_id if printer == FLEET else printer
        self._attr_unique_id = unique_id(owner, description.key)
        name = NAME
        if printer != FLEET:
            hass, found = self.coordinator.hass, self.runtime.printers[printer]
            if found.entity_id:
                self.device_entry = async_entity_id_to_device(hass, found.entity_id)
            name = async_printer_name(hass, found, printer)
        if self.device_entry is None:
            self._attr_device_info = DeviceInfo(
                identifiers={(DOMAIN, owner)},
                name=name,
                entry_type=DeviceEntryType.SERVICE,
                configuration_url=PROJECT_URL,
            )


@callback
def async_keep_entities(
    hass: HomeAssistant,
    entry: StatsConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
    domain: str,
    make: Callable[[str], Iterable[StatsEntity]],
) -> None:
    """Add what `make` returns for the fleet and for each printer, now and whenever the printers change.

    Entities that are no longer made leave the registry; those of a printer that moved to another device
    follow it. Those of apps are not meant.
    """
    added: set[str | None] = set()

    @callback
    def update() -> None:
        wanted = {
            entity.unique_id: entity
            for printer in (FLEET, *entry.runtime_data.printers)
            for entity in make(printer)
        }
        registry = er.async_get(hass)
        for known in er.async_entries_for_config_entry(registry, entry.entry_id):
            if known.domain != domain or known.config_subentry_id is not None:
                continue
            if (entity := wanted.get(known.unique_id)) is None:
                registry.async_remove(known.entity_id)
            elif entity.device_entry is not None and entity.device_entry.id != known.device_id:
                registry.async_update_entity(known.entity_id, device_id=entity.device_entry.id)
        async_add_entities([entity for unique_id, entity in wanted.items() if unique_id not in added])
        added.clear()
        added.update(wanted)

    update()
    entry.async_on_unload(async_dispatcher_connect(hass, SIGNAL_PRINTERS, update))
