"""Sensors: the counters of each printer and of all together, the file, and how sharing stands."""

from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from typing import Final, override

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorStateClass,
)
from homeassistant.const import EntityCategory, Platform, UnitOfTime
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .community_sensors import COMMUNITY_SENSORS, CommunitySensor
from .const import CONF_COMMUNITY, CONF_ENERGY, HOURS_PRECISION
from .coordinator import StatsData
from .core.counters import UPTIME_SECONDS
from .core.models import FLEET, Period
from .entity import StatsEntity, async_keep_entities
from .fleet_sensors import FLEET_SENSORS, FleetSensor
from .printers.energy import has_price
from .runtime import StatsConfigEntry
from .sensor_descriptions import ENERGY, ERRORS, PRINT_SENSORS, SINCE_MAINTENANCE, began, cost
from .sensor_measures import StateValue, StatsSensorDescription, moment
from .sharing_sensor_descriptions import SHARING_SENSORS

PARALLEL_UPDATES = 0


class StorageStatus(StrEnum):
    """How the statistics file is doing."""

    OK = "ok"
    NOT_WRITABLE = "not_writable"
    RECOVERED = "recovered"


def _storage(data: StatsData, _printer: str) -> StateValue:
    if data.problem is not None:
        return StorageStatus.NOT_WRITABLE
    return StorageStatus.RECOVERED if data.recovered else StorageStatus.OK


def _week_uptime(data: StatsData, _printer: str) -> int:
    return data.of(Period.WEEK).get(UPTIME_SECONDS, 0) + data.uptime_pending


_SERVICE_SENSORS: Final = (
    ERRORS,
    StatsSensorDescription(
        key="uptime_this_week",
        translation_key="uptime_this_week",
        device_class=SensorDeviceClass.DURATION,
        state_class=SensorStateClass.TOTAL,
        native_unit_of_measurement=UnitOfTime.SECONDS,
        suggested_unit_of_measurement=UnitOfTime.HOURS,
        suggested_display_precision=HOURS_PRECISION,
        entity_category=EntityCategory.DIAGNOSTIC,
        period=Period.WEEK,
        value=_week_uptime,
    ),
    StatsSensorDescription(
        key="events_stored",
        translation_key="events_stored",
        state_class=SensorStateClass.MEASUREMENT,
        entity_category=EntityCategory.DIAGNOSTIC,
        value=lambda data, _: data.snapshot.events_stored,
    ),
    StatsSensorDescription(
        key="storage_status",
        translation_key="storage_status",
        device_class=SensorDeviceClass.ENUM,
        options=[status.value for status in StorageStatus],
        entity_category=EntityCategory.DIAGNOSTIC,
        value=_storage,
    ),
    *SHARING_SENSORS,
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: StatsConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the sensors, and those of printers that come later."""

    def make(printer: str) -> Iterator[StatsEntity]:
        described = (*PRINT_SENSORS, *_service_or_printer(printer), *_energy(hass, entry, printer))
        yield from (StatsSensor(entry, each, printer) for each in described)
        if printer == FLEET and entry.options.get(CONF_COMMUNITY):
            yield from (CommunitySensor(entry, each) for each in COMMUNITY_SENSORS)

    async_keep_entities(hass, entry, async_add_entities, Platform.SENSOR, make)
    for subentry, coordinator in entry.runtime_data.fleet.items():
        sensors = [FleetSensor(coordinator, each) for each in FLEET_SENSORS]
        async_add_entities(sensors, config_subentry_id=subentry)


def _service_or_printer(printer: str) -> tuple[StatsSensorDescription, ...]:
    return _SERVICE_SENSORS if printer == FLEET else (SINCE_MAINTENANCE,)


def _energy(hass: HomeAssistant, entry: StatsConfigEntry, printer: str) -> Iterator[StatsSensorDescription]:
    """Energy where a meter was chosen, and cost where a price was."""
    choices = entry.options.get(CONF_ENERGY, {})
    printers = entry.runtime_data.printers
    counted = printers.values() if printer == FLEET else (printers[printer],)
    if any(each.id in choices for each in counted):
        yield ENERGY
    if any(has_price(choices, each.id) for each in counted):
        yield cost(hass.config.currency)


class StatsSensor(StatsEntity, SensorEntity):
    """One number or word."""

    entity_description: StatsSensorDescription
    _shown: tuple[bool, StateValue, datetime | None] | None = None

    @callback
    @override
    def _handle_coordinator_update(self) -> None:
        """Write the state only if it changed: most commits change few of the numbers."""
        if self._shown != (self.available, self.native_value, self.last_reset):
            super()._handle_coordinator_update()

    @callback
    @override
    def _async_write_ha_state(self) -> None:
        self._shown = self.available, self.native_value, self.last_reset
        super()._async_write_ha_state()

    @property
    @override
    def native_value(self) -> StateValue:
        return self.entity_description.value(self.coordinator.data, self.printer)

    @property
    @override
    def last_reset(self) -> datetime | None:
        description = self.entity_description
        if description.state_class is not SensorStateClass.TOTAL:
            return None
        # Without this, what was deleted would be subtracted from the long-term statistics.
        erased = moment(self.coordinator.data.snapshot.erased)
        if description.period is None:
            return erased
        start = began(description.period)
        return start if erased is None else max(start, erased)
