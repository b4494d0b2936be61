"""The sensors, fed by a printer that OctoPrint shows."""

from typing import Final

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.sensor import SensorDeviceClass, SensorStateClass
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.printernizer_stats import runtime
from custom_components.printernizer_stats.background.lifecycle import Uptime
from custom_components.printernizer_stats.const import DOMAIN, NAME
from custom_components.printernizer_stats.core.models import Outcome
from custom_components.printernizer_stats.core.sharing.status import Status

from .helpers import (
    OctoPrint,
    async_pass,
    async_print,
    async_settle,
    async_setup,
    entity_state,
)

WEDNESDAY: Final = "2026-10-14 10:00:00-07:00"
type Traits = tuple[str | None, str | None, str | None, bool]
_INCREASING: Final = SensorStateClass.TOTAL_INCREASING
_DURATION: Final = SensorDeviceClass.DURATION
_TIMESTAMP: Final = SensorDeviceClass.TIMESTAMP
# Unit, state class, device class, and whether it is about the integration itself.
TRAITS: Final[dict[str, Traits]] = {
    "prints_completed": ("prints", _INCREASING, None, False),
    "prints_failed": ("prints", _INCREASING, None, False),
    "prints_cancelled": ("prints", _INCREASING, None, False),
    "print_time": ("h", _INCREASING, _DURATION, False),
    "success_rate": ("%", SensorStateClass.MEASUREMENT, None, False),
    "errors": ("errors", _INCREASING, None, False),
    "uptime_this_week": ("h", SensorStateClass.TOTAL, _DURATION, True),
    "filament": ("km", _INCREASING, SensorDeviceClass.DISTANCE, False),
    "filament_weight": ("kg", _INCREASING, SensorDeviceClass.WEIGHT, False),
    "prints_this_week": ("prints", SensorStateClass.TOTAL, None, False),
    "print_time_this_month": ("h", SensorStateClass.TOTAL, _DURATION, False),
    "last_print_duration": ("h", None, _DURATION, False),
    "last_print_result": (None, None, SensorDeviceClass.ENUM, False),
    "last_print_end": (None, None, _TIMESTAMP, False),
    "events_stored": ("events", SensorStateClass.MEASUREMENT, None, True),
    "last_submission": (None, None, _TIMESTAMP, True),
    "next_submission": (None, None, _TIMESTAMP, True),
    "submission_status": (None, None, SensorDeviceClass.ENUM, True),
    "pending_reports": ("reports", SensorStateClass.MEASUREMENT, None, True),
    "parked_reports": ("reports", SensorStateClass.MEASUREMENT, None, True),
    "dropped_reports": ("reports", SensorStateClass.MEASUREMENT, None, True),
    "pending_deletions": ("deletions", SensorStateClass.MEASUREMENT, None, True),
    "bytes_sent": ("B", _INCREASING, SensorDeviceClass.DATA_SIZE, True),
    "storage_status": (None, None, SensorDeviceClass.ENUM, True),
}


def values(hass: HomeAssistant, entry: MockConfigEntry, *keys: str) -> dict[str, str]:
    return {key: entity_state(hass, entry, key).state for key in keys}


@pytest.fixture
def printer(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> OctoPrint:
    """Show an idle printer on a Wednesday morning, local time."""
    freezer.move_to(WEDNESDAY)
    printer = OctoPrint(hass, "abc", "Prusa MK4")
    printer.show("operational", 0)
    return printer


@pytest.fixture
async def entry(hass: HomeAssistant, printer: OctoPrint) -> MockConfigEntry:
    """Count the printer."""
    return await async_setup(hass, printers=[printer.id])


async def test_what_the_sensors_are(
    hass: HomeAssistant, entry: MockConfigEntry, entity_registry: er.EntityRegistry
) -> None:
    entries = er.async_entries_for_config_entry(entity_registry, entry.entry_id)
    sensors = {each.unique_id.removeprefix(f"{entry.entry_id}_"): each for each in entries}
    assert sensors.keys() >= TRAITS.keys()
    for key, traits in TRAITS.items():
        attributes = entity_state(hass, entry, key).attributes
        seen = (
            attributes.get("unit_of_measurement"),
            attributes.get("state_class"),
            attributes.get("device_class"),
            sensors[key].entity_category is EntityCategory.DIAGNOSTIC,
        )
        assert seen == traits, key
        assert attributes["friendly_name"].startswith(NAME), key
    assert entity_state(hass, entry, "last_print_result").attributes["options"] == list(Outcome)
    assert entity_state(hass, entry, "submission_status").attributes["options"] == list(Status)


async def test_those_of_the_fleet_belong_to_one_service_device(
    entry: MockConfigEntry, entity_registry: er.EntityRegistry, device_registry: dr.DeviceRegistry
) -> None:
    (device_id,) = {
        each.device_id
        for each in er.async_entries_for_config_entry(entity_registry, entry.entry_id)
        if each.unique_id.startswith(entry.entry_id)
    }
    assert device_id is not None
    device = device_registry.async_get(device_id)
    assert isinstance(device, dr.DeviceEntry)
    assert device.entry_type is dr.DeviceEntryType.SERVICE
    assert device.identifiers == {(DOMAIN, entry.entry_id)}
    assert device.name == NAME


async def test_nothing_printed_yet(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    assert values(hass, entry, *TRAITS) == {
        "prints_completed": "0",
        "prints_failed": "0",
        "prints_cancelled": "0",
        "print_time": "0.0",
        "success_rate": "unknown",
        "errors": "0",
        "uptime_this_week": "0.0",
        "filament": "unknown",
        "filament_weight": "unknown",
        "prints_this_week": "0",
        "print_time_this_month": "0.0",
        "last_print_duration": "unknown",
        "last_print_result": "unknown",
        "last_print_end": "unknown",
        "events_stored": "2",
        "last_submission": "unknown",
        "next_submission": "unknown",
        "submission_status": "off",
        "pending_reports": "0",
        "parked_reports": "0",
        "dropped_reports": "0",
        "pending_deletions": "0",
        "bytes_sent": "0",
        "storage_status": "ok",
    }


async def test_prints_are_counted_by_how_they_end(
    hass: HomeAssistant, entry: MockConfigEntry, freezer: FrozenDateTimeFactory, printer: OctoPrint
) -> None:
    await async_print(hass, entry, freezer, printer)
    counted = ("prints_completed", "prints_cancelled", "prints_failed")
    assert list(values(hass, entry, *counted).values()) == ["1", "0", "0"]
    assert values(hass, entry, "last_print_result", "last_print_end") == {
        "last_print_result": "completed",
        "last_print_end": "2026-10-14T18:00:00+00:00",
    }
    assert float(entity_state(hass, entry, "print_time").state) == pytest.approx(1)
    assert entity_state(hass, entry, "success_rate").state == "100.0"

    await async_print(hass, entry, freezer, printer, end="cancelling")
    await async_print(hass, entry, freezer, printer, end="error")
    assert list(values(hass, entry, *counted).values()) == ["1", "1", "1"]
    assert values(hass, entry, "success_rate", "last_print_result") == {
        "success_rate": "33.3",
        "last_print_result": "failed",
    }
    assert float(entity_state(hass, entry, "print_time").state) == pytest.approx(3)


async def test_a_print_that_stops_early_is_cancelled(
    hass: HomeAssistant, entry: MockConfigEntry, freezer: FrozenDateTimeFactory, printer: OctoPrint
) -> None:
    printer.show("printing", 0)
    await async_pass(hass, entry, freezer, minutes=20)
    printer.show("operational", 30)
    await async_pass(hass, entry, freezer, minutes=1)
    assert entity_state(hass, entry, "last_print_result").state == "cancelled"


async def test_pauses_are_no_print_time(
    hass: HomeAssistant, entry: MockConfigEntry, freezer: FrozenDateTimeFactory, printer: OctoPrint
) -> None:
    printer.show("printing", 0)
    await async_pass(hass, entry, freezer, minutes=30)
    printer.show("paused", 50)
    await async_pass(hass, entry, freezer, hours=3)
    printer.show("printing", 50)
    await async_pass(hass, entry, freezer, minutes=30)
    printer.show("operational", 100)
    await async_pass(hass, entry, freezer, minutes=1)
    assert entity_state(hass, entry, "prints_completed").state == "1"
    assert float(entity_state(hass, entry, "print_time").state) == pytest.approx(1)


async def test_what_is_shorter_than_the_shortest_print_is_not_counted(
    hass: HomeAssistant, printer: OctoPrint, freezer: FrozenDateTimeFactory
) -> None:
    entry = await async_setup(hass, printers=[printer.id], min_print_seconds=600)
    stored = entity_state(hass, entry, "events_stored").state
    for seconds in (599, 600):
        printer.show("printing", 0)
        await async_pass(hass, entry, freezer, seconds=seconds)
        printer.show("operational", 100)
        await async_pass(hass, entry, freezer, minutes=1)
        if seconds == 599:
            assert entity_state(hass, entry, "events_stored").state == stored
    assert entity_state(hass, entry, "prints_completed").state == "1"


async def test_two_printers_print_at_once(
    hass: HomeAssistant, printer: OctoPrint, freezer: FrozenDateTimeFactory
) -> None:
    second, ignored = OctoPrint(hass, "def"), OctoPrint(hass, "ghi")
    entry = await async_setup(hass, printers=[printer.id, second.id], declined=[ignored.id])
    for each in (printer, second, ignored):
        each.show("printing", 0)
    await async_pass(hass, entry, freezer, hours=2)
    for each in (printer, second, ignored):
        each.show("operational", 100)
    await async_pass(hass, entry, freezer, minutes=1)
    assert entity_state(hass, entry, "prints_completed").state == "2"
    assert float(entity_state(hass, entry, "print_time").state) == pytest.approx(4)


async def test_counters_survive_a_reload(
    hass: HomeAssistant, entry: MockConfigEntry, freezer: FrozenDateTimeFactory, printer: OctoPrint
) -> None:
    await async_print(hass, entry, freezer, printer)
    before = values(hass, entry, *TRAITS)
    assert await hass.config_entries.async_reload(entry.entry_id)
    await async_settle(hass, entry)
    assert values(hass, entry, *TRAITS) == before


async def test_the_week_begins_on_monday_midnight_of_the_user(
    hass: HomeAssistant, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    uptime = entity_state(hass, entry, "uptime_this_week")
    assert uptime.attributes["last_reset"] == "2026-10-12T00:00:00-07:00"
    freezer.move_to("2026-10-18 23:59:59-07:00")
    await async_pass(hass, entry, freezer, seconds=0)
    uptime = entity_state(hass, entry, "uptime_this_week")
    assert uptime.attributes["last_reset"] == "2026-10-12T00:00:00-07:00"
    await async_pass(hass, entry, freezer, seconds=3)
    uptime = entity_state(hass, entry, "uptime_this_week")
    assert uptime.attributes["last_reset"] == "2026-10-19T00:00:00-07:00"


async def test_uptime_adds_up_and_begins_anew(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    freezer.move_to("2026-10-18 20:00:00-07:00")
    # Frozen time leaves the monotonic clock alone.
    monkeypatch.setattr(runtime, "Uptime", lambda: Uptime(lambda: dt_util.utcnow().timestamp()))
    entry = await async_setup(hass)
    for _ in range(15):
        await async_pass(hass, entry, freezer, minutes=15)
    assert float(entity_state(hass, entry, "uptime_this_week").state) == pytest.approx(3.75)
    await async_pass(hass, entry, freezer, minutes=15, seconds=2)
    began = float(entity_state(hass, entry, "uptime_this_week").state)
    await async_pass(hass, entry, freezer, minutes=15)
    assert began <= 0.26
    assert float(entity_state(hass, entry, "uptime_this_week").state) == pytest.approx(began + 0.25)


async def test_sensors_are_unavailable_once_unloaded(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    await hass.config_entries.async_unload(entry.entry_id)
    await hass.async_block_till_done()
    assert set(values(hass, entry, *TRAITS).values()) == {"unavailable"}
