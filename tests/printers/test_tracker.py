"""From printers' states to stored events, with the clock moved by hand."""

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from custom_components.printernizer_stats.const import CONF_PRINTERS
from custom_components.printernizer_stats.core.models import UsageEvent

from ..helpers import OctoPrint, async_pass, async_print, async_settle, async_setup, entity_state


async def test_words_that_are_not_in_the_dictionary_are_dropped_and_counted(hass: HomeAssistant) -> None:
    entry = await async_setup(hass)
    tracker = entry.runtime_data.tracker
    now = dt_util.utcnow().timestamp()
    tracker.async_record(UsageEvent(type="job_created", at=now, data={"printer_type": "Anna's printer"}))
    tracker.async_record(UsageEvent(type="nonsense", at=now))
    await async_settle(hass, entry)
    assert tracker.dropped == 2
    assert entry.runtime_data.coordinator.data.of()["job_created"] == 1
    assert "nonsense" not in entry.runtime_data.coordinator.data.of()


async def test_observations_of_a_printer_that_is_not_counted_are_ignored(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory
) -> None:
    counted, other = OctoPrint(hass, "one"), OctoPrint(hass, "two")
    for printer in (counted, other):
        printer.show("operational", 0)
    entry = await async_setup(hass, **{CONF_PRINTERS: [counted.id], "declined": [other.id]})
    await async_print(hass, entry, freezer, other)
    assert entity_state(hass, entry, "prints_completed").state == "0"
    await async_print(hass, entry, freezer, counted)
    assert entity_state(hass, entry, "prints_completed").state == "1"


async def test_an_open_print_survives_a_reload(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> None:
    printer = OctoPrint(hass)
    printer.show("operational", 0)
    entry = await async_setup(hass, **{CONF_PRINTERS: [printer.id]})
    printer.show("printing", 10)
    await async_pass(hass, entry, freezer, minutes=30)
    assert await hass.config_entries.async_reload(entry.entry_id)
    await async_pass(hass, entry, freezer, minutes=30)
    printer.show("operational", 100)
    await async_pass(hass, entry, freezer, seconds=10)
    assert entity_state(hass, entry, "prints_completed").state == "1"
    assert entry.runtime_data.coordinator.data.of()["print_seconds"] == 3600
