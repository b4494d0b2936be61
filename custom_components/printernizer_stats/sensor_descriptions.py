"""Sensor descriptions of prints, of one printer or of all together."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Final

from homeassistant.components.sensor import SensorDeviceClass, SensorStateClass
from homeassistant.const import UnitOfEnergy, UnitOfRatio, UnitOfTime
from homeassistant.util import dt as dt_util

from .const import HOURS_PRECISION
from .coordinator import StatsData
from .core.counters import (
    ENERGY_COST,
    ENERGY_WH,
    FAILED_PREFIX,
    FILAMENT_G,
    FILAMENT_MM,
    LONGEST_SECONDS,
    PRINT_SECONDS,
    average_seconds,
    first_day,
    jobs_ended,
    success_rate,
)
from .core.models import Outcome, Period
from .sensor_measures import (
    Measure,
    StateValue,
    StatsSensorDescription,
    counted,
    length,
    moment,
    time,
    weight,
)

PRINT_TIME: Final = time("print_time", PRINT_SECONDS)
_TOTALS: Final = (
    counted("prints_completed", "job_completed"),
    counted("prints_failed", "job_failed"),
    counted("prints_cancelled", "job_cancelled"),
    PRINT_TIME,
    length("filament", FILAMENT_MM, FILAMENT_MM, far=True),
    weight("filament_weight", FILAMENT_G, FILAMENT_G),
)
_RARE_TOTALS: Final = (
    time("failed_print_time", f"{FAILED_PREFIX}{PRINT_SECONDS}"),
    length("failed_filament", f"{FAILED_PREFIX}{FILAMENT_MM}", FILAMENT_MM, far=True),
    weight("failed_filament_weight", f"{FAILED_PREFIX}{FILAMENT_G}", FILAMENT_G),
)
_RARE: Final = ("filament", "filament_weight")


def _by_period(period: Period) -> tuple[Measure, ...]:
    """What is shown of the running period; a year's filament is as long as all of it."""
    return (
        Measure(name="prints", amount=jobs_ended),
        PRINT_TIME,
        length("filament", FILAMENT_MM, FILAMENT_MM, far=period is Period.YEAR),
        weight("filament_weight", FILAMENT_G, FILAMENT_G),
    )


def began(period: Period) -> datetime:
    """When the running period began, local time."""
    today = dt_util.now().date().isoformat()
    return dt_util.start_of_local_day(date.fromisoformat(first_day(period, today)))


def _result(data: StatsData, printer: str) -> StateValue:
    return last.result if (last := data.snapshot.last_prints.get(printer)) else None


def _end(data: StatsData, printer: str) -> StateValue:
    return moment(last.at) if (last := data.snapshot.last_prints.get(printer)) else None


def _duration(data: StatsData, printer: str) -> StateValue:
    return last.duration if (last := data.snapshot.last_prints.get(printer)) else None


def _seconds(
    key: str, value: Callable[[StatsData, str], StateValue], *, enabled: bool = False
) -> StatsSensorDescription:
    return StatsSensorDescription(
        key=key,
        translation_key=key,
        device_class=SensorDeviceClass.DURATION,
        native_unit_of_measurement=UnitOfTime.SECONDS,
        suggested_unit_of_measurement=UnitOfTime.HOURS,
        suggested_display_precision=HOURS_PRECISION,
        entity_registry_enabled_default=enabled,
        value=value,
    )


PRINT_SENSORS: Final = (
    *(measure.describe(measure.name) for measure in _TOTALS),
    *(measure.describe(measure.name, enabled=False) for measure in _RARE_TOTALS),
    *(
        measure.describe(
            f"{measure.name}_this_{period}",
            period,
            enabled=period is not Period.YEAR and measure.name not in _RARE,
        )
        for period in (Period.WEEK, Period.MONTH, Period.YEAR)
        for measure in _by_period(period)
    ),
    StatsSensorDescription(
        key="success_rate",
        translation_key="success_rate",
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfRatio.PERCENTAGE,
        suggested_display_precision=1,
        value=lambda data, printer: success_rate(data.of(Period.EVER, printer)),
    ),
    StatsSensorDescription(
        key="last_print_result",
        translation_key="last_print_result",
        device_class=SensorDeviceClass.ENUM,
        options=[outcome.value for outcome in Outcome],
        value=_result,
    ),
    StatsSensorDescription(
        key="last_print_end",
        translation_key="last_print_end",
        device_class=SensorDeviceClass.TIMESTAMP,
        value=_end,
    ),
    _seconds("last_print_duration", _duration, enabled=True),
    _seconds("longest_print", lambda data, printer: data.of(Period.EVER, printer).get(LONGEST_SECONDS)),
    _seconds("average_print", lambda data, printer: average_seconds(data.of(Period.EVER, printer))),
)

ERRORS: Final = counted("errors", "error_occurred").describe("errors")
ENERGY: Final = Measure(
    name="energy_total",
    amount=lambda counts: counts.get(ENERGY_WH, 0),
    device_class=SensorDeviceClass.ENERGY,
    unit=UnitOfEnergy.WATT_HOUR,
    shown_in=UnitOfEnergy.KILO_WATT_HOUR,
    precision=2,
).describe("energy_total")


def cost(currency: str) -> StatsSensorDescription:
    """The sensor of what the energy has cost."""
    return StatsSensorDescription(
        key="cost_total",
        translation_key="cost_total",
        device_class=SensorDeviceClass.MONETARY,
        state_class=SensorStateClass.TOTAL,
        native_unit_of_measurement=currency,
        suggested_display_precision=2,
        value=lambda data, printer: data.of(Period.EVER, printer).get(ENERGY_COST, 0) / 1000,
    )


def _since_maintenance(data: StatsData, printer: str) -> int | None:
    if (plan := data.maintenance.get(printer)) is None:
        return data.of(Period.EVER, printer).get(PRINT_SECONDS, 0)
    return plan.since(data.of(Period.EVER, printer).get(PRINT_SECONDS, 0))


SINCE_MAINTENANCE: Final = StatsSensorDescription(
    key="hours_since_maintenance",
    translation_key="hours_since_maintenance",
    device_class=SensorDeviceClass.DURATION,
    state_class=SensorStateClass.TOTAL_INCREASING,
    native_unit_of_measurement=UnitOfTime.SECONDS,
    suggested_unit_of_measurement=UnitOfTime.HOURS,
    suggested_display_precision=HOURS_PRECISION,
    value=_since_maintenance,
)
