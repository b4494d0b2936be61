"""Fleet entities: what those of a service's maintainer have in common."""

from typing import override

from homeassistant.helpers.device_registry import DeviceEntryType, DeviceInfo
from homeassistant.helpers.entity import EntityDescription
from homeassistant.helpers.update_coordinator import CoordinatorEntity

from .const import CONF_ENDPOINT, DOMAIN
from .entity import unique_id
from .fleet_coordinator import FleetCoordinator


class FleetEntity(CoordinatorEntity[FleetCoordinator]):
    """An entity of a service, on a device that stands for it."""

    _attr_has_entity_name = True

    def __init__(self, coordinator: FleetCoordinator, description: EntityDescription) -> None:
        """Tie the entity to its description and its device."""
        super().__init__(coordinator)
        self.entity_description = description
        subentry = coordinator.subentry
        self._attr_unique_id = unique_id(subentry.subentry_id, description.key)
        self._attr_device_info = DeviceInfo(
            identifiers={(DOMAIN, subentry.subentry_id)},
            name=subentry.title,
            entry_type=DeviceEntryType.SERVICE,
            configuration_url=f"{subentry.data[CONF_ENDPOINT]}/dashboard",
        )

    @property
    @override
    def available(self) -> bool:
        """Nothing is known before the first answer."""
        return super().available and self.coordinator.data is not None
