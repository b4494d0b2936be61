"""Button of each printer that says that maintenance was done."""

from typing import Final, override

from homeassistant.components.button import (
    ButtonEntity,
    ButtonEntityDescription,
)
from homeassistant.const import EntityCategory, Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .core.counters import PRINT_SECONDS
from .core.models import FLEET, Period
from .entity import StatsEntity, async_keep_entities
from .runtime import StatsConfigEntry

PARALLEL_UPDATES = 0

_DONE: Final = ButtonEntityDescription(
    key="maintenance_done", translation_key="maintenance_done", entity_category=EntityCategory.CONFIG
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: StatsConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add one for each printer."""

    def make(printer: str) -> list[MaintenanceDone]:
        return [] if printer == FLEET else [MaintenanceDone(entry, _DONE, printer)]

    async_keep_entities(hass, entry, async_add_entities, Platform.BUTTON, make)


class MaintenanceDone(StatsEntity, ButtonEntity):
    """Counts the hours since maintenance from zero."""

    @override
    async def async_press(self) -> None:
        printed = self.coordinator.data.of(Period.EVER, self.printer).get(PRINT_SECONDS, 0)
        self.runtime.maintenance.async_done(self.printer, printed)
