"""Long-term statistics of the hours before the set-up, for the sensors that only count up."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from homeassistant.components.recorder.models import (
    StatisticData,
    StatisticMeanType,
    StatisticMetaData,
)
from homeassistant.components.recorder.statistics import (
    async_import_statistics,
    statistics_during_period,
)
from homeassistant.components.sensor import DOMAIN as SENSOR_DOMAIN, SensorStateClass
from homeassistant.components.sensor.const import UNIT_CONVERTERS
from homeassistant.const import ATTR_UNIT_OF_MEASUREMENT
from homeassistant.core import HomeAssistant, State, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.recorder import get_instance
from homeassistant.util import dt as dt_util

from ..const import DOMAIN
from ..coordinator import StatsData
from ..core.counters import combine, deltas, owners
from ..core.models import FLEET, Period, Snapshot, UsageEvent
from ..entity import unique_id
from ..sensor_descriptions import ERRORS, PRINT_SENSORS
from ..sensor_measures import StatsSensorDescription

_HOUR: Final = timedelta(hours=1)


class Hour(NamedTuple):
    """What the counters were when an hour was over."""

    start: datetime
    data: StatsData


class Counter(NamedTuple):
    """What a sensor counts: of whom, and how."""

    printer: str
    description: StatsSensorDescription


async def async_import_past(
    hass: HomeAssistant, entry_id: str, events: list[UsageEvent], until: float
) -> None:
    """Import the hours that ended before `until` (epoch seconds) and that no sensor has statistics of."""
    before = dt_util.utc_from_timestamp(until).replace(minute=0, second=0, microsecond=0)
    printers = {event.printer for event in events if event.printer is not None}
    sensors = dict(_sensors(hass, entry_id, printers))
    hours = list(_hours(events, before))
    if not sensors or not hours:
        return
    known = await get_instance(hass).async_add_executor_job(
        statistics_during_period,
        hass,
        dt_util.utc_from_timestamp(0),
        before,
        set(sensors),
        "hour",
        None,
        {"sum"},
    )
    for entity_id, counter in sensors.items():
        if entity_id not in known and (state := hass.states.get(entity_id)) is not None:
            _import(hass, state, counter, hours)


@callback
def _sensors(hass: HomeAssistant, entry_id: str, printers: Iterable[str]) -> Iterator[tuple[str, Counter]]:
    """The sensors whose statistics are sums of what was counted."""
    registry = er.async_get(hass)
    for printer in (FLEET, *printers):
        for description in (*PRINT_SENSORS, ERRORS):
            entity_id = registry.async_get_entity_id(
                SENSOR_DOMAIN, DOMAIN, unique_id(printer or entry_id, description.key)
            )
            if entity_id is not None and description.state_class is SensorStateClass.TOTAL_INCREASING:
                yield entity_id, Counter(printer, description)


def _hours(events: Iterable[UsageEvent], before: datetime) -> Iterator[Hour]:
    """Every hour from the one before the first event until `before`."""
    counts: dict[str, dict[str, int]] = {}
    start: datetime | None = None
    for event in sorted(events, key=lambda each: each.at):
        at = dt_util.utc_from_timestamp(event.at)
        if start is None:
            start = at.replace(minute=0, second=0, microsecond=0) - _HOUR
        while start + _HOUR <= min(at, before):
            yield Hour(start, _data(counts))
            start += _HOUR
        for owner in owners(event.printer):
            combine(counts.setdefault(owner, {}), deltas(event))
    while start is not None and start < before:
        yield Hour(start, _data(counts))
        start += _HOUR


def _data(counts: Mapping[str, Mapping[str, int]]) -> StatsData:
    ever = {owner: dict(each) for owner, each in counts.items()}
    return StatsData(snapshot=Snapshot(counts={Period.EVER: ever}))


@callback
def _import(hass: HomeAssistant, state: State, counter: Counter, hours: Iterable[Hour]) -> None:
    """Import the values in the unit that the sensor is shown in."""
    description = counter.description
    unit = state.attributes.get(ATTR_UNIT_OF_MEASUREMENT)
    converter = UNIT_CONVERTERS.get(description.device_class)
    rows: list[StatisticData] = []
    for hour in hours:
        value = description.value(hour.data, counter.printer)
        if not isinstance(value, int | float):
            continue
        if converter is not None:
            value = converter.convert(value, description.native_unit_of_measurement, unit)
        rows.append(StatisticData(start=hour.start, state=value, sum=value))
    metadata = StatisticMetaData(
        mean_type=StatisticMeanType.NONE,
        has_sum=True,
        name=None,
        source="recorder",
        statistic_id=state.entity_id,
        unit_class=converter.UNIT_CLASS if converter is not None else None,
        unit_of_measurement=unit,
    )
    async_import_statistics(hass, metadata, rows)
