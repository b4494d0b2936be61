"""Community sensors: where most homes are, as the public numbers say; only while they are received."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, override

from homeassistant.components.sensor import SensorDeviceClass, SensorEntity, SensorEntityDescription
from homeassistant.const import UnitOfRatio, UnitOfTime

from .core.community.comparison import Figure, Range
from .entity import StatsEntity


@dataclass(frozen=True, kw_only=True)
class CommunitySensorDescription(SensorEntityDescription):
    """One end of the range of a figure."""

    figure: Figure
    is_high: bool


def _success(key: str, *, is_high: bool) -> CommunitySensorDescription:
    return CommunitySensorDescription(
        key=key,
        translation_key=key,
        native_unit_of_measurement=UnitOfRatio.PERCENTAGE,
        suggested_display_precision=0,
        figure=Figure.SUCCESS_RATE,
        is_high=is_high,
    )


def _hours(key: str, *, is_high: bool) -> CommunitySensorDescription:
    return CommunitySensorDescription(
        key=key,
        translation_key=key,
        device_class=SensorDeviceClass.DURATION,
        native_unit_of_measurement=UnitOfTime.HOURS,
        suggested_display_precision=0,
        entity_registry_enabled_default=False,
        figure=Figure.PRINT_HOURS,
        is_high=is_high,
    )


COMMUNITY_SENSORS: Final = (
    _success("community_success_low", is_high=False),
    _success("community_success_high", is_high=True),
    _hours("community_hours_low", is_high=False),
    _hours("community_hours_high", is_high=True),
)


class CommunitySensor(StatsEntity, SensorEntity):
    """One end of the range in which the middle half of the homes is."""

    entity_description: CommunitySensorDescription
    _unrecorded_attributes = frozenset({"homes", "printer_type", "week"})

    @property
    @override
    def native_value(self) -> int | None:
        if (homes := self._range) is None:
            return None
        return homes.high if self.entity_description.is_high else homes.low

    @property
    @override
    def extra_state_attributes(self) -> Mapping[str, Any] | None:
        if (homes := self._range) is None:
            return None
        return {"week": homes.week, "homes": homes.homes, "printer_type": homes.printer_type}

    @property
    def _range(self) -> Range | None:
        return self.runtime.async_community_ranges().get(self.entity_description.figure)
