"""An event entity that fires whenever a print begins, pauses, goes on or ends."""

from typing import Final, override

from homeassistant.components.event import EventEntity, EventEntityDescription
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entity import StatsEntity
from .models import UsageEvent
from .runtime import StatsConfigEntry

PARALLEL_UPDATES = 0

_TYPES: Final = {
    "job_created": "started",
    "job_paused": "paused",
    "job_resumed": "resumed",
    "job_completed": "completed",
    "job_failed": "failed",
    "job_cancelled": "cancelled",
}
_PRINTS: Final = EventEntityDescription(
    key="prints", translation_key="prints", event_types=list(_TYPES.values())
)


async def async_setup_entry(
    _hass: HomeAssistant,
    entry: StatsConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the event entity."""
    async_add_entities([PrintsEvent(entry.runtime_data.coordinator, _PRINTS)])


class PrintsEvent(StatsEntity, EventEntity):
    """Prints of all printers, as they happen."""

    @override
    async def async_added_to_hass(self) -> None:
        await super().async_added_to_hass()
        self.async_on_remove(self.coordinator.async_listen_usage(self._async_usage))

    @callback
    def _async_usage(self, event: UsageEvent) -> None:
        if (name := _TYPES.get(event.type)) is not None:
            self._trigger_event(name, {**event.data, "printer": event.printer})
            self.async_write_ha_state()
