"""Sensor descriptions of sharing: when, how it went, how much."""

from collections.abc import Callable
from typing import Final

from homeassistant.components.sensor import SensorDeviceClass, SensorStateClass
from homeassistant.const import EntityCategory, UnitOfInformation

from .coordinator import StatsData
from .core.sharing.status import SharingState, Status
from .sensor_measures import StatsSensorDescription, moment


def _moment(key: str, value: Callable[[SharingState], float | None]) -> StatsSensorDescription:
    return StatsSensorDescription(
        key=key,
        translation_key=key,
        device_class=SensorDeviceClass.TIMESTAMP,
        entity_category=EntityCategory.DIAGNOSTIC,
        value=lambda data, _: moment(value(data.sharing)),
    )


def _number(key: str, value: Callable[[SharingState], int]) -> StatsSensorDescription:
    return StatsSensorDescription(
        key=key,
        translation_key=key,
        state_class=SensorStateClass.MEASUREMENT,
        entity_category=EntityCategory.DIAGNOSTIC,
        value=lambda data, _: value(data.sharing),
    )


def _status(data: StatsData, _printer: str) -> str:
    return data.sharing.status


SHARING_SENSORS: Final = (
    _moment("last_submission", lambda sharing: sharing.last),
    _moment("next_submission", lambda sharing: sharing.next),
    StatsSensorDescription(
        key="submission_status",
        translation_key="submission_status",
        device_class=SensorDeviceClass.ENUM,
        options=[status.value for status in Status],
        entity_category=EntityCategory.DIAGNOSTIC,
        value=_status,
    ),
    _number("pending_reports", lambda sharing: sharing.pending),
    _number("parked_reports", lambda sharing: sharing.parked),
    _number("dropped_reports", lambda sharing: sharing.dropped),
    _number("pending_deletions", lambda sharing: sharing.deletions),
    StatsSensorDescription(
        key="bytes_sent",
        translation_key="bytes_sent",
        device_class=SensorDeviceClass.DATA_SIZE,
        state_class=SensorStateClass.TOTAL_INCREASING,
        native_unit_of_measurement=UnitOfInformation.BYTES,
        entity_category=EntityCategory.DIAGNOSTIC,
        value=lambda data, _: data.sharing.bytes_sent,
    ),
)
