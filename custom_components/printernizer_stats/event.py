"""Event entities that fire whenever a print begins, pauses, goes on or ends."""

from typing import Final, override

from homeassistant.components.event import EventEntity, EventEntityDescription
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .coordinator import SIGNAL_USAGE
from .core.counters import owners
from .core.models import UsageEvent
from .entity import StatsEntity, async_keep_entities
from .fleet_events import FLEET_ALARMS, FleetAlarmsEvent
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
    hass: HomeAssistant,
    entry: StatsConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add one for each printer and one for all together."""

    def make(printer: str) -> list[PrintsEvent]:
        return [PrintsEvent(entry, _PRINTS, printer)]

    async_keep_entities(hass, entry, async_add_entities, Platform.EVENT, make)
    for subentry, coordinator in entry.runtime_data.fleet.items():
        async_add_entities([FleetAlarmsEvent(coordinator, FLEET_ALARMS)], config_subentry_id=subentry)


class PrintsEvent(StatsEntity, EventEntity):
    """Prints of a printer or of all, as they happen."""

    @override
    async def async_added_to_hass(self) -> None:
        await super().async_added_to_hass()
        self.async_on_remove(async_dispatcher_connect(self.hass, SIGNAL_USAGE, self._async_usage))

    @callback
    def _async_usage(self, event: UsageEvent) -> None:
        if (name := _TYPES.get(event.type)) is not None and self.printer in owners(event.printer):
            self._trigger_event(name, {**event.data, "printer": event.printer})
            self.async_write_ha_state()
