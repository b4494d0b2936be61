"""Printers appear, change and go: they are followed without a reload."""

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
import pytest

from custom_components.printernizer_stats.printers.entities import async_find_printers

from ..helpers import async_pass, async_settle, async_setup, entity_state
from ..house import async_house

STATE = "01JMOON_print_state"


async def test_printers_are_found_by_platform_and_unique_id(
    hass: HomeAssistant, entity_registry: er.EntityRegistry
) -> None:
    house = async_house(hass, "moonraker", "01JMOON")
    entity_id = house.entity(STATE)
    house.entity("01JMOON_progress")
    house.entity("01JMOON_state")
    entity_registry.async_get_or_create("sensor", "another", STATE)
    (found,) = async_find_printers(hass).values()
    assert (found.entity_id, found.stem, found.device_id) == (entity_id, "01JMOON", house.device.id)
    assert found.config_entry_id == house.entry.entry_id


async def test_a_part_that_appears_later_is_read(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, entity_registry: er.EntityRegistry
) -> None:
    """Print times and progress are disabled by default in some integrations."""
    house = async_house(hass, "dremel_3d_printer", "DL1")
    house.show("DL1_job_phase", "idle")
    elapsed = house.entity("DL1_elapsed_time")
    entity_registry.async_update_entity(elapsed, disabled_by=er.RegistryEntryDisabler.INTEGRATION)
    entry = await async_setup(hass, printers=[house.printer.id])
    entity_registry.async_update_entity(elapsed, disabled_by=None)
    await hass.async_block_till_done()

    house.show("DL1_job_phase", "building")
    house.show("DL1_elapsed_time", "1", "min")
    await async_pass(hass, entry, freezer, hours=1)
    house.show("DL1_elapsed_time", "50", "min")
    house.show("DL1_job_phase", "completed")
    await async_pass(hass, entry, freezer, minutes=10)
    duration = float(entity_state(hass, entry, "print_time").state)
    assert duration == pytest.approx(50 / 60, abs=0.01)


@pytest.mark.parametrize(("away", "disconnects"), [(170, 0), (190, 1)])
async def test_a_printer_may_be_away_for_the_grace_period(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, away: int, disconnects: int
) -> None:
    house = async_house(hass, "moonraker", "01JMOON")
    house.show(STATE, "standby")
    entry = await async_setup(hass, printers=[house.printer.id])
    house.show(STATE, "unavailable")
    await async_pass(hass, entry, freezer, seconds=away)
    house.show(STATE, "standby")
    await async_settle(hass, entry)
    counted = entry.runtime_data.coordinator.data.of().get("printer_disconnected", 0)
    assert counted == disconnects


async def test_the_grace_period_is_an_option(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> None:
    house = async_house(hass, "moonraker", "01JMOON")
    house.show(STATE, "standby")
    entry = await async_setup(hass, printers=[house.printer.id], grace_seconds=600)
    house.show(STATE, "unavailable")
    await async_pass(hass, entry, freezer, seconds=590)
    assert entry.runtime_data.coordinator.data.of().get("printer_disconnected", 0) == 0
    await async_pass(hass, entry, freezer, seconds=20)
    assert entry.runtime_data.coordinator.data.of()["printer_disconnected"] == 1
