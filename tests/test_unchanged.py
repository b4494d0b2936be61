"""A commit writes the sensors that it changed and no others: a host with many printers has thousands."""

from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.const import EVENT_STATE_CHANGED, EVENT_STATE_REPORTED
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from .helpers import OctoPrint, async_act, async_pass, async_settle, async_setup, entity_state


@pytest.fixture
async def entry(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> MockConfigEntry:
    """Count a printer that is idle."""
    freezer.move_to("2026-10-14 10:00:00-07:00")
    printer = OctoPrint(hass, "abc", "Prusa MK4")
    printer.show("operational", 0)
    return await async_setup(hass, printers=[printer.id])


async def async_written(hass: HomeAssistant, entry: MockConfigEntry) -> set[str]:
    """Record an event, and return the keys of the sensors whose states were written then."""
    written: set[str] = set()

    @callback
    def note(event: Event[Any]) -> None:
        written.add(event.data["entity_id"])

    @callback
    def every(_data: Any) -> bool:
        return True

    stops = [
        hass.bus.async_listen(each, note, event_filter=every)
        for each in (EVENT_STATE_CHANGED, EVENT_STATE_REPORTED)
    ]
    await async_act(hass, "record_event", {"event_type": "file_uploaded"})
    await async_settle(hass, entry)
    for stop in stops:
        stop()
    found = (er.async_get(hass).async_get(each) for each in written if each.startswith("sensor."))
    return {each.translation_key or "" for each in found if each is not None}


async def test_only_what_changed_is_written(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    await async_written(hass, entry)
    assert await async_written(hass, entry) == {"events_stored"}


async def test_a_period_that_begins_is_written_though_its_number_stays(
    hass: HomeAssistant, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    before = entity_state(hass, entry, "prints_this_week")
    await async_pass(hass, entry, freezer, days=7)
    after = entity_state(hass, entry, "prints_this_week")
    assert after.state == before.state
    assert after.attributes["last_reset"] != before.attributes["last_reset"]


async def test_a_sensor_that_comes_back_is_written_though_its_number_stays(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    coordinator = entry.runtime_data.coordinator
    coordinator.last_update_success = False
    coordinator.async_update_listeners()
    assert entity_state(hass, entry, "prints_this_week").state == "unavailable"
    assert "prints_this_week" in await async_written(hass, entry)
    assert entity_state(hass, entry, "prints_this_week").state == "0"


async def test_what_was_written_for_another_reason_is_known(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    """A new unit writes the state beside the commits; the next commit shows what it counted in it."""
    entity_id = entity_state(hass, entry, "uptime_this_week").entity_id
    er.async_get(hass).async_update_entity_options(entity_id, "sensor", {"unit_of_measurement": "min"})
    await hass.async_block_till_done()
    assert "uptime_this_week" not in await async_written(hass, entry)
    state = entity_state(hass, entry, "uptime_this_week")
    assert state.attributes["unit_of_measurement"] == "min"
