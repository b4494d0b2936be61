"""Fleet events: an event entity that fires when an alarm of the service opens, comes back or ends."""

from typing import Final, override

from homeassistant.components.event import EventEntity, EventEntityDescription
from homeassistant.core import callback

from .core.fleet.changes import AlarmEvent
from .fleet_entity import FleetEntity

FLEET_ALARMS: Final = EventEntityDescription(
    key="alarms", translation_key="fleet_alarms", event_types=[each.value for each in AlarmEvent]
)


class FleetAlarmsEvent(FleetEntity, EventEntity):
    """The alarms of a service, as they are found."""

    @property
    @override
    def available(self) -> bool:
        """What was found stays; that the service answers again is no event."""
        return True

    @callback
    @override
    def _handle_coordinator_update(self) -> None:
        for event, alarm in self.coordinator.async_take_changes():
            attributes = {
                "title": alarm.title,
                "text": alarm.text,
                "homes": alarm.homes,
                "since": alarm.since,
                "last": alarm.last,
            }
            self._trigger_event(event.value, attributes)
            self.async_write_ha_state()
        super()._handle_coordinator_update()
