"""Number: after how many hours of printing each printer wants maintenance."""

from typing import Final, override

from homeassistant.components.number import (
    NumberDeviceClass,
    NumberEntity,
    NumberEntityDescription,
    NumberMode,
)
from homeassistant.const import EntityCategory, Platform, UnitOfTime
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .const import MAX_MAINTENANCE_HOURS
from .core.models import FLEET
from .entity import StatsEntity, async_keep_entities
from .runtime import StatsConfigEntry

PARALLEL_UPDATES = 0

_INTERVAL: Final = NumberEntityDescription(
    key="maintenance_interval",
    translation_key="maintenance_interval",
    device_class=NumberDeviceClass.DURATION,
    entity_category=EntityCategory.CONFIG,
    native_unit_of_measurement=UnitOfTime.HOURS,
    native_min_value=0,
    native_max_value=MAX_MAINTENANCE_HOURS,
    native_step=1,
    mode=NumberMode.BOX,
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: StatsConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add one for each printer."""

    def make(printer: str) -> list[MaintenanceInterval]:
        if printer == FLEET:
            return []
        return [MaintenanceInterval(entry, _INTERVAL, printer)]

    async_keep_entities(hass, entry, async_add_entities, Platform.NUMBER, make)


class MaintenanceInterval(StatsEntity, NumberEntity):
    """The interval in hours; 0 asks for no maintenance."""

    @property
    @override
    def native_value(self) -> int:
        plan = self.coordinator.data.maintenance.get(self.printer)
        return plan.interval_hours if plan else 0

    @override
    async def async_set_native_value(self, value: float) -> None:
        self.runtime.maintenance.async_set_interval(self.printer, round(value))
