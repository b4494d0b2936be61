"""Binary sensor: whether a printer is due for maintenance."""

from typing import Final, override

from homeassistant.components.binary_sensor import (
    BinarySensorEntity,
    BinarySensorEntityDescription,
)
from homeassistant.components.binary_sensor.const import BinarySensorDeviceClass
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .core.counters import PRINT_SECONDS
from .core.models import FLEET, Period
from .entity import StatsEntity, async_keep_entities
from .runtime import StatsConfigEntry

PARALLEL_UPDATES = 0

_DUE: Final = BinarySensorEntityDescription(
    key="maintenance_due",
    translation_key="maintenance_due",
    device_class=BinarySensorDeviceClass.PROBLEM,
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: StatsConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add one for each printer."""

    def make(printer: str) -> list[MaintenanceDue]:
        return [] if printer == FLEET else [MaintenanceDue(entry, _DUE, printer)]

    async_keep_entities(hass, entry, async_add_entities, Platform.BINARY_SENSOR, make)


class MaintenanceDue(StatsEntity, BinarySensorEntity):
    """On when the printer has printed for as long as the interval; never on without one."""

    @property
    @override
    def is_on(self) -> bool:
        data = self.coordinator.data
        plan = data.maintenance.get(self.printer)
        return plan is not None and plan.due(data.of(Period.EVER, self.printer).get(PRINT_SECONDS, 0))
