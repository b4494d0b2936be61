"""The entities of each printer: on its own device page, for as long as it is counted."""

from typing import Final

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.printernizer_stats.const import DOMAIN

from .helpers import (
    OctoPrint,
    async_enable_all,
    async_pass,
    async_print,
    async_settle,
    async_setup,
    entity_state,
    printer_key,
)

WEDNESDAY: Final = "2026-10-14 10:00:00-07:00"
RARE: Final = {
    "failed_print_time", "failed_filament", "failed_filament_weight", "filament_this_week",
    "filament_weight_this_week", "filament_this_month", "filament_weight_this_month", "prints_this_year",
    "print_time_this_year", "filament_this_year", "filament_weight_this_year", "longest_print",
    "average_print",
}  # fmt: skip


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


def of_printer(hass: HomeAssistant, entry: MockConfigEntry, key: str) -> list[er.RegistryEntry]:
    """Return the registry's entries of the printer with our key."""
    entries = er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
    return [each for each in entries if each.unique_id.startswith(f"{key}_")]


def values(hass: HomeAssistant, entry: MockConfigEntry, printer: OctoPrint, *keys: str) -> dict[str, str]:
    return {key: entity_state(hass, entry, key, printer=printer).state for key in keys}


def own_devices(hass: HomeAssistant, entry: MockConfigEntry) -> set[str | None]:
    return {each.name for each in dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)}


async def test_they_are_on_the_printers_own_page(
    hass: HomeAssistant, entry: MockConfigEntry, printer: OctoPrint, entity_registry: er.EntityRegistry
) -> None:
    source = entity_registry.async_get(printer.entity_id)
    assert source is not None
    key = printer_key(entry, printer)
    entities = of_printer(hass, entry, key)
    assert {each.domain for each in entities} == {"binary_sensor", "button", "event", "number", "sensor"}
    assert {each.device_id for each in entities} == {source.device_id}
    assert not any(printer.id in each.unique_id for each in entities)
    assert own_devices(hass, entry) == {"Printernizer Usage Statistics"}
    state = entity_state(hass, entry, "prints_completed", printer=printer)
    assert state.entity_id == "sensor.prusa_mk4_prints_completed"
    assert state.attributes["friendly_name"] == "Prusa MK4 Prints completed"


async def test_what_is_rarely_wanted_is_disabled(
    hass: HomeAssistant, entry: MockConfigEntry, printer: OctoPrint
) -> None:
    key = printer_key(entry, printer)
    disabled = {
        each.unique_id.removeprefix(f"{key}_") for each in of_printer(hass, entry, key) if each.disabled_by
    }
    assert disabled == RARE


async def test_each_printer_counts_for_itself(
    hass: HomeAssistant, printer: OctoPrint, freezer: FrozenDateTimeFactory
) -> None:
    other = OctoPrint(hass, "def", "Voron")
    other.show("operational", 0)
    entry = await async_setup(hass, printers=[printer.id, other.id])
    await async_enable_all(hass, entry)
    await async_print(hass, entry, freezer, printer)
    await async_print(hass, entry, freezer, other, end="error")
    freezer.tick(1)
    keys = ("prints_completed", "prints_failed", "success_rate", "last_print_result", "prints_this_week")
    assert values(hass, entry, printer, *keys) == {
        "prints_completed": "1",
        "prints_failed": "0",
        "success_rate": "100.0",
        "last_print_result": "completed",
        "prints_this_week": "1",
    }
    assert values(hass, entry, other, *keys) == {
        "prints_completed": "0",
        "prints_failed": "1",
        "success_rate": "0.0",
        "last_print_result": "failed",
        "prints_this_week": "1",
    }
    times = ("print_time", "failed_print_time", "longest_print", "average_print", "print_time_this_year")
    assert [float(each) for each in values(hass, entry, printer, *times).values()] == [1, 0, 1, 1, 1]
    assert [float(each) for each in values(hass, entry, other, *times).values()] == [1, 1, 1, 1, 1]
    assert float(entity_state(hass, entry, "last_print_duration", printer=printer).state) == 1
    assert entity_state(hass, entry, "prints_this_week").state == "2"


async def test_filament_is_known_once_a_source_told_of_it(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, printer: OctoPrint
) -> None:
    hass.states.async_set("sensor.shed", "waiting")
    described = {
        "entity": "sensor.shed",
        "printer_type": "other",
        "filament_mm": "sensor.shed_filament",
        "states": {"busy": "printing", "done": "completed", "oops": "failed"},
    }
    entry = await async_setup(hass, printers=[printer.id], manual=[described])
    await async_enable_all(hass, entry)
    hass.states.async_set("sensor.shed", "busy")
    await async_pass(hass, entry, freezer, hours=1)
    hass.states.async_set("sensor.shed_filament", "2.5", {"unit_of_measurement": "m"})
    hass.states.async_set("sensor.shed", "oops")
    await async_pass(hass, entry, freezer, minutes=5)
    shed = next(key for key, each in entry.runtime_data.printers.items() if each.id == "sensor.shed")
    registry = er.async_get(hass)
    for key, shown in (
        ("filament", "0.0025"),
        ("failed_filament", "0.0025"),
        ("filament_this_month", "2.5"),
        ("filament_weight", "unknown"),
    ):
        entity_id = registry.async_get_entity_id("sensor", DOMAIN, f"{shed}_{key}")
        assert entity_id is not None
        state = hass.states.get(entity_id)
        assert state is not None
        assert state.state == shown, key
    assert values(hass, entry, printer, "filament") == {"filament": "unknown"}
    assert own_devices(hass, entry) == {"Printernizer Usage Statistics", "shed"}


async def test_the_month_begins_on_its_first_day(
    hass: HomeAssistant, entry: MockConfigEntry, freezer: FrozenDateTimeFactory, printer: OctoPrint
) -> None:
    await async_print(hass, entry, freezer, printer)
    shown = entity_state(hass, entry, "prints_this_month", printer=printer)
    assert (shown.state, shown.attributes["last_reset"]) == ("1", "2026-10-01T00:00:00-07:00")
    freezer.move_to("2026-10-31 23:59:59-07:00")
    await async_pass(hass, entry, freezer, seconds=3)
    shown = entity_state(hass, entry, "prints_this_month", printer=printer)
    assert (shown.state, shown.attributes["last_reset"]) == ("0", "2026-11-01T00:00:00-07:00")
    assert entity_state(hass, entry, "prints_completed", printer=printer).state == "1"


async def test_a_printer_without_a_device_gets_one_of_ours(
    hass: HomeAssistant, device_registry: dr.DeviceRegistry, entity_registry: er.EntityRegistry
) -> None:
    printer = OctoPrint(hass, "abc")
    entity_registry.async_update_entity(printer.entity_id, name="Workshop")
    entry = await async_setup(hass, printers=[printer.id])
    assert own_devices(hass, entry) == {"Printernizer Usage Statistics", "Workshop"}
    key = printer_key(entry, printer)
    before = {each.entity_id for each in of_printer(hass, entry, key)}
    assert entity_state(hass, entry, "print_time", printer=printer).name == "Workshop Print time"

    other = MockConfigEntry(domain="octoprint")
    other.add_to_hass(hass)
    device = device_registry.async_get_or_create(
        config_entry_id=other.entry_id, identifiers={("octoprint", "abc")}, name="Prusa MK4"
    )
    entity_registry.async_update_entity(printer.entity_id, device_id=device.id)
    await async_settle(hass, entry)
    entities = of_printer(hass, entry, key)
    assert {each.entity_id for each in entities} == before
    assert {each.device_id for each in entities} == {device.id}
    assert own_devices(hass, entry) == {"Printernizer Usage Statistics"}


async def test_a_renamed_device_renames_them(
    hass: HomeAssistant, entry: MockConfigEntry, printer: OctoPrint, device_registry: dr.DeviceRegistry
) -> None:
    device_id = entry.runtime_data.printers[printer_key(entry, printer)].device_id
    device_registry.async_update_device(device_id, name_by_user="The blue one")
    await async_settle(hass, entry)
    state = entity_state(hass, entry, "prints_completed", printer=printer)
    assert state.attributes["friendly_name"] == "The blue one Prints completed"


async def test_a_printer_that_goes_takes_them_along_and_brings_them_back(
    hass: HomeAssistant, entry: MockConfigEntry, printer: OctoPrint, entity_registry: er.EntityRegistry
) -> None:
    key = printer_key(entry, printer)
    fleet = len(of_printer(hass, entry, entry.entry_id))
    before = {each.entity_id for each in of_printer(hass, entry, key)}
    disabled = er.RegistryEntryDisabler.USER
    entity_registry.async_update_entity(printer.entity_id, disabled_by=disabled)
    await async_settle(hass, entry)
    assert of_printer(hass, entry, key) == []
    assert hass.states.get("sensor.prusa_mk4_prints_completed") is None

    entity_registry.async_update_entity(printer.entity_id, disabled_by=None)
    await async_settle(hass, entry)
    assert printer_key(entry, printer) == key
    assert {each.entity_id for each in of_printer(hass, entry, key)} == before
    assert entity_state(hass, entry, "prints_completed", printer=printer).state == "0"
    assert len(of_printer(hass, entry, entry.entry_id)) == fleet


async def test_an_unticked_printer_loses_its_entities_and_its_device(hass: HomeAssistant) -> None:
    printer = OctoPrint(hass)
    entry = await async_setup(hass, printers=[printer.id])
    key = printer_key(entry, printer)
    assert len(own_devices(hass, entry)) == 2
    hass.config_entries.async_update_entry(entry, options={"printers": [], "declined": [printer.id]})
    assert await hass.config_entries.async_reload(entry.entry_id)
    await async_settle(hass, entry)
    assert of_printer(hass, entry, key) == []
    assert own_devices(hass, entry) == {"Printernizer Usage Statistics"}


@pytest.mark.allowed_logs
async def test_only_a_device_that_stands_for_nothing_can_be_removed(
    hass: HomeAssistant, hass_ws_client: WebSocketGenerator, device_registry: dr.DeviceRegistry
) -> None:
    entry = await async_setup(hass, printers=[OctoPrint(hass).id])
    gone = device_registry.async_get_or_create(config_entry_id=entry.entry_id, identifiers={(DOMAIN, "gone")})
    assert await async_setup_component(hass, "config", {})
    client = await hass_ws_client(hass)
    removable: dict[str, bool] = {}
    for device in dr.async_entries_for_config_entry(device_registry, entry.entry_id):
        await client.send_json_auto_id({"type": "config/device_registry/remove", "device_id": device.id})
        removable[device.id] = (await client.receive_json())["success"]
    assert [each for each, removed in removable.items() if removed] == [gone.id]
    assert len(removable) == 3
