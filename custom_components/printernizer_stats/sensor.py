"""Sensors: the counters of all printers together, and how sharing stands."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, override

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import EntityCategory, UnitOfRatio, UnitOfTime
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.util import dt as dt_util

from .coordinator import StatsCoordinator, StatsData
from .counters import PRINT_SECONDS, UPTIME_SECONDS, success_rate
from .entity import StatsEntity
from .models import FLEET, Outcome, Period
from .runtime import StatsConfigEntry
from .sharing.submitter import Status

PARALLEL_UPDATES = 0

type StateValue = int | float | str | datetime | None


@dataclass(frozen=True, kw_only=True)
class StatsSensorDescription(SensorEntityDescription):
    """A sensor, and how its value follows from the data."""

    value: Callable[[StatsData], StateValue]
    reset: Callable[[StatsData], datetime] | None = None


def _counter(key: str, metric: str) -> StatsSensorDescription:
    return StatsSensorDescription(
        key=key,
        translation_key=key,
        state_class=SensorStateClass.TOTAL_INCREASING,
        value=lambda data: data.of().get(metric, 0),
    )


def _moment(epoch: float | None) -> datetime | None:
    return None if epoch is None else datetime.fromtimestamp(epoch, UTC)


def _week_uptime(data: StatsData) -> int:
    return data.of(Period.WEEK).get(UPTIME_SECONDS, 0) + data.uptime_pending


def _week_began(_data: StatsData) -> datetime:
    today = dt_util.start_of_local_day()
    return dt_util.start_of_local_day(today - timedelta(days=today.weekday()))


SENSORS: Final = (
    _counter("prints_completed", "job_completed"),
    _counter("prints_failed", "job_failed"),
    _counter("prints_cancelled", "job_cancelled"),
    StatsSensorDescription(
        key="print_time",
        translation_key="print_time",
        device_class=SensorDeviceClass.DURATION,
        state_class=SensorStateClass.TOTAL_INCREASING,
        native_unit_of_measurement=UnitOfTime.SECONDS,
        suggested_unit_of_measurement=UnitOfTime.HOURS,
        suggested_display_precision=2,
        value=lambda data: data.of().get(PRINT_SECONDS, 0),
    ),
    StatsSensorDescription(
        key="success_rate",
        translation_key="success_rate",
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfRatio.PERCENTAGE,
        suggested_display_precision=1,
        value=lambda data: success_rate(data.of()),
    ),
    _counter("errors", "error_occurred"),
    StatsSensorDescription(
        key="uptime_this_week",
        translation_key="uptime_this_week",
        device_class=SensorDeviceClass.DURATION,
        state_class=SensorStateClass.TOTAL,
        native_unit_of_measurement=UnitOfTime.SECONDS,
        suggested_unit_of_measurement=UnitOfTime.HOURS,
        suggested_display_precision=2,
        entity_category=EntityCategory.DIAGNOSTIC,
        value=_week_uptime,
        reset=_week_began,
    ),
    StatsSensorDescription(
        key="last_print_result",
        translation_key="last_print_result",
        device_class=SensorDeviceClass.ENUM,
        options=[outcome.value for outcome in Outcome],
        value=lambda data: last.result if (last := data.snapshot.last_prints.get(FLEET)) else None,
    ),
    StatsSensorDescription(
        key="last_print_end",
        translation_key="last_print_end",
        device_class=SensorDeviceClass.TIMESTAMP,
        value=lambda data: _moment(last.at) if (last := data.snapshot.last_prints.get(FLEET)) else None,
    ),
    StatsSensorDescription(
        key="events_stored",
        translation_key="events_stored",
        state_class=SensorStateClass.MEASUREMENT,
        entity_category=EntityCategory.DIAGNOSTIC,
        value=lambda data: data.snapshot.events_stored,
    ),
    StatsSensorDescription(
        key="last_submission",
        translation_key="last_submission",
        device_class=SensorDeviceClass.TIMESTAMP,
        entity_category=EntityCategory.DIAGNOSTIC,
        value=lambda data: _moment(data.sharing.last),
    ),
    StatsSensorDescription(
        key="next_submission",
        translation_key="next_submission",
        device_class=SensorDeviceClass.TIMESTAMP,
        entity_category=EntityCategory.DIAGNOSTIC,
        value=lambda data: _moment(data.sharing.next),
    ),
    StatsSensorDescription(
        key="submission_status",
        translation_key="submission_status",
        device_class=SensorDeviceClass.ENUM,
        options=[status.value for status in Status],
        entity_category=EntityCategory.DIAGNOSTIC,
        value=lambda data: data.sharing.status,
    ),
)


async def async_setup_entry(
    _hass: HomeAssistant,
    entry: StatsConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the sensors."""
    coordinator = entry.runtime_data.coordinator
    async_add_entities(StatsSensor(coordinator, description) for description in SENSORS)


class StatsSensor(StatsEntity, SensorEntity):
    """One number or word."""

    entity_description: StatsSensorDescription

    def __init__(self, coordinator: StatsCoordinator, description: StatsSensorDescription) -> None:
        """Tie the sensor to its description."""
        super().__init__(coordinator, description)

    @property
    @override
    def native_value(self) -> StateValue:
        return self.entity_description.value(self.coordinator.data)

    @property
    @override
    def last_reset(self) -> datetime | None:
        reset = self.entity_description.reset
        return None if reset is None else reset(self.coordinator.data)
