"""Sensor measures: how what prints add up to is shown, as a number, a time, a length or a weight."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import UnitOfLength, UnitOfMass, UnitOfTime

from .const import HOURS_PRECISION, KILOGRAMS_PRECISION, KILOMETERS_PRECISION, METERS_PRECISION
from .coordinator import StatsData
from .core.models import Counts, Period

type StateValue = int | float | str | datetime | None


@dataclass(frozen=True, kw_only=True)
class StatsSensorDescription(SensorEntityDescription):
    """A sensor, and how its value follows from the data; `value` is also given our key of the printer."""

    value: Callable[[StatsData, str], StateValue]
    period: Period | None = None


def _always(_counts: Counts) -> bool:
    return True


@dataclass(frozen=True, kw_only=True)
class Measure:
    """Something that prints add up to, and how it is shown; `known` says whether any source told of it."""

    name: str
    amount: Callable[[Counts], int]
    known: Callable[[Counts], bool] = _always
    device_class: SensorDeviceClass | None = None
    unit: str | None = None
    shown_in: str | None = None
    precision: int | None = None

    def describe(
        self, key: str, period: Period = Period.EVER, *, enabled: bool = True
    ) -> StatsSensorDescription:
        """Return a sensor of it: ever, or in the running period."""
        ever = period is Period.EVER
        return StatsSensorDescription(
            key=key,
            translation_key=key,
            device_class=self.device_class,
            state_class=SensorStateClass.TOTAL_INCREASING if ever else SensorStateClass.TOTAL,
            native_unit_of_measurement=self.unit,
            suggested_unit_of_measurement=self.shown_in,
            suggested_display_precision=self.precision,
            entity_registry_enabled_default=enabled,
            period=None if ever else period,
            value=lambda data, printer: self._value(data, period, printer),
        )

    def _value(self, data: StatsData, period: Period, printer: str) -> int | None:
        if not self.known(data.of(Period.EVER, printer)):
            return None
        return self.amount(data.of(period, printer))


def counted(name: str, metric: str) -> Measure:
    """How often something happened."""
    return Measure(name=name, amount=lambda counts: counts.get(metric, 0))


def time(name: str, metric: str) -> Measure:
    """Seconds, shown in hours, which the frontend shows to the minute."""
    return Measure(
        name=name,
        amount=lambda counts: counts.get(metric, 0),
        device_class=SensorDeviceClass.DURATION,
        unit=UnitOfTime.SECONDS,
        shown_in=UnitOfTime.HOURS,
        precision=HOURS_PRECISION,
    )


def length(name: str, metric: str, told: str, *, far: bool = False) -> Measure:
    """Millimeters, shown in meters, or in kilometers if `far`; unknown before a source told of `told`."""
    return Measure(
        name=name,
        amount=lambda counts: counts.get(metric, 0),
        known=lambda counts: told in counts,
        device_class=SensorDeviceClass.DISTANCE,
        unit=UnitOfLength.MILLIMETERS,
        shown_in=UnitOfLength.KILOMETERS if far else UnitOfLength.METERS,
        precision=KILOMETERS_PRECISION if far else METERS_PRECISION,
    )


def weight(name: str, metric: str, told: str) -> Measure:
    """Grams, shown in kilograms; unknown before a source told of `told`."""
    return Measure(
        name=name,
        amount=lambda counts: counts.get(metric, 0),
        known=lambda counts: told in counts,
        device_class=SensorDeviceClass.WEIGHT,
        unit=UnitOfMass.GRAMS,
        shown_in=UnitOfMass.KILOGRAMS,
        precision=KILOGRAMS_PRECISION,
    )


def moment(epoch: float | None) -> datetime | None:
    """The instant of epoch seconds."""
    return None if epoch is None else datetime.fromtimestamp(epoch, UTC)
