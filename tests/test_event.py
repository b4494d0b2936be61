"""The event entity and the bus events, fed by a printer that OctoPrint shows."""

from typing import Final

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant, State, callback
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_capture_events

from custom_components.printernizer_stats.const import EVENT_USAGE

from .helpers import OctoPrint, async_act, async_pass, async_print, async_settle, async_setup, entity_state

WEDNESDAY: Final = "2026-10-14 10:00:00-07:00"
DEVICE: Final = "Prusa of the workshop"


def prints(hass: HomeAssistant, entry: MockConfigEntry) -> State:
    return entity_state(hass, entry, "prints", "event")


@pytest.fixture
def printer(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> OctoPrint:
    """Show an idle printer on a Wednesday morning, local time."""
    freezer.move_to(WEDNESDAY)
    printer = OctoPrint(hass, "CZPX1234X004XC56789", DEVICE)
    printer.show("operational", 0)
    return printer


@pytest.fixture
async def entry(hass: HomeAssistant, printer: OctoPrint) -> MockConfigEntry:
    """Count the printer."""
    return await async_setup(hass, printers=[printer.id])


async def test_nothing_happened_yet(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    assert prints(hass, entry).state == "unknown"
    assert set(prints(hass, entry).attributes["event_types"]) == {
        "started",
        "paused",
        "resumed",
        "completed",
        "failed",
        "cancelled",
    }


async def test_a_print_is_told_step_by_step(
    hass: HomeAssistant, entry: MockConfigEntry, freezer: FrozenDateTimeFactory, printer: OctoPrint
) -> None:
    told: list[str] = []

    @callback
    def tell() -> None:
        told.append(prints(hass, entry).attributes["event_type"])

    for state, minutes in (("printing", 2), ("paused", 30), ("printing", 2), ("operational", 1)):
        printer.show(state, 100 if state == "operational" else 50)
        await async_pass(hass, entry, freezer, minutes=minutes)
        tell()
    assert told == ["started", "paused", "resumed", "completed"]
    attributes = prints(hass, entry).attributes
    assert attributes["duration_seconds"] == 240
    assert attributes["printer_type"] == "octoprint"
    assert attributes["estimated"] is True


@pytest.mark.parametrize(("end", "told"), [("cancelling", "cancelled"), ("error", "failed")])
async def test_how_a_print_ended(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
    printer: OctoPrint,
    end: str,
    told: str,
) -> None:
    await async_print(hass, entry, freezer, printer, end=end)
    assert prints(hass, entry).attributes["event_type"] == told


async def test_each_printer_has_its_own_and_the_service_has_all(
    hass: HomeAssistant, entry: MockConfigEntry, freezer: FrozenDateTimeFactory, printer: OctoPrint
) -> None:
    other = OctoPrint(hass, "another")
    other.show("operational", 0)
    hass.config_entries.async_update_entry(
        entry, options={"share": False, "printers": [printer.id, other.id]}
    )
    await hass.config_entries.async_reload(entry.entry_id)
    await async_settle(hass, entry)
    await async_print(hass, entry, freezer, printer)
    told = {
        each: entity_state(hass, entry, "prints", "event", each).attributes["event_type"]
        for each in (printer, other)
    }
    assert told == {printer: "completed", other: None}
    assert prints(hass, entry).attributes["event_type"] == "completed"


async def test_events_that_are_no_print_leave_it_alone(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    await async_act(hass, "record_event", {"event_type": "file_uploaded"})
    await async_settle(hass, entry)
    assert prints(hass, entry).state == "unknown"


async def test_every_stored_event_is_fired_on_the_bus_once(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, printer: OctoPrint
) -> None:
    fired = async_capture_events(hass, EVENT_USAGE)
    entry = await async_setup(hass, printers=[printer.id])
    await async_print(hass, entry, freezer, printer)
    await async_act(hass, "record_event", {"event_type": "file_uploaded", "data": {"printer_type": "prusa"}})
    await async_settle(hass, entry)
    stored = (await async_act(hass, "export_data"))["events"]
    assert [event.data["type"] for event in fired] == [event["type"] for event in stored]
    assert [event.data["type"] for event in fired] == [
        "app_start",
        "printer_connected",
        "job_created",
        "job_completed",
        "file_uploaded",
    ]
    assert fired[3].data["printer"] == fired[2].data["printer"]
    assert fired[3].data["duration_seconds"] == 3600
    assert fired[-1].data["printer_type"] == "prusa"


async def test_nothing_tells_who_or_what_was_printed(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    printer: OctoPrint,
    entity_registry: er.EntityRegistry,
) -> None:
    fired = async_capture_events(hass, EVENT_USAGE)
    entity_registry.async_get_or_create("sensor", "octoprint", "Current File-CZPX1234X004XC56789")
    hass.states.async_set("sensor.octoprint_current_file_czpx1234x004xc56789", "secret gift.gcode")
    entry = await async_setup(hass, printers=[printer.id])
    await async_print(hass, entry, freezer, printer)
    seen = f"{[event.data for event in fired]} {prints(hass, entry).attributes}"
    assert "job_completed" in seen
    for private in (DEVICE, printer.id, printer.entity_id, "CZPX1234X004XC56789", "secret gift"):
        assert private not in seen, private


async def test_unloaded_it_listens_no_more(
    hass: HomeAssistant, entry: MockConfigEntry, freezer: FrozenDateTimeFactory, printer: OctoPrint
) -> None:
    fired = async_capture_events(hass, EVENT_USAGE)
    await hass.config_entries.async_unload(entry.entry_id)
    printer.show("printing", 0)
    freezer.tick(7200)
    printer.show("cancelling", 50)
    await hass.async_block_till_done()
    assert prints(hass, entry).state == "unavailable"
    assert fired == []
