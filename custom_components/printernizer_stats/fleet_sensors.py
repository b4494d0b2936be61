"""Fleet sensors: the figures that a statistics service tells its maintainer."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, override

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import UnitOfRatio

from .core.fleet.figures import MOST_ALARMS, FleetFigures
from .fleet_entity import FleetEntity


@dataclass(frozen=True, kw_only=True)
class FleetSensorDescription(SensorEntityDescription):
    """What a sensor shows of the figures."""

    value: Callable[[FleetFigures], float | date | None]
    more: Callable[[FleetFigures], Mapping[str, Any]] | None = None


def _alarms(fleet: FleetFigures) -> Mapping[str, Any]:
    """The open alarms with their texts, which are in the service's language."""
    return {
        "alarms": [
            {
                "title": each.title,
                "state": each.state.value,
                "since": each.since,
                "homes": each.homes,
                "text": each.text,
            }
            for each in fleet.open_alarms[:MOST_ALARMS]
        ]
    }


FLEET_SENSORS: Final = (
    FleetSensorDescription(
        key="active_homes",
        translation_key="fleet_active_homes",
        state_class=SensorStateClass.MEASUREMENT,
        value=lambda fleet: fleet.active,
    ),
    FleetSensorDescription(
        key="new_homes",
        translation_key="fleet_new_homes",
        state_class=SensorStateClass.MEASUREMENT,
        value=lambda fleet: fleet.new,
    ),
    FleetSensorDescription(
        key="growth",
        translation_key="fleet_growth",
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfRatio.PERCENTAGE,
        suggested_display_precision=1,
        value=lambda fleet: fleet.growth,
    ),
    FleetSensorDescription(
        key="newest_version_share",
        translation_key="fleet_newest_version_share",
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfRatio.PERCENTAGE,
        suggested_display_precision=1,
        value=lambda fleet: fleet.newest_share if fleet.newest_version else None,
        more=lambda fleet: {"version": fleet.newest_version},
    ),
    FleetSensorDescription(
        key="open_alarms",
        translation_key="fleet_open_alarms",
        state_class=SensorStateClass.MEASUREMENT,
        value=lambda fleet: len(fleet.open_alarms),
        more=_alarms,
    ),
    FleetSensorDescription(
        key="last_report",
        translation_key="fleet_last_report",
        device_class=SensorDeviceClass.DATE,
        value=lambda fleet: fleet.last_report,
    ),
)


class FleetSensor(FleetEntity, SensorEntity):
    """One figure of a fleet."""

    entity_description: FleetSensorDescription
    _unrecorded_attributes = frozenset({"alarms"})

    @property
    @override
    def native_value(self) -> float | date | None:
        return self.entity_description.value(self.coordinator.data)

    @property
    @override
    def extra_state_attributes(self) -> Mapping[str, Any] | None:
        more = self.entity_description.more
        return None if more is None else more(self.coordinator.data)
