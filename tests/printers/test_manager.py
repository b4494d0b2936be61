"""The printers that are ticked: found, followed from the start of Home Assistant on, and let go."""

from datetime import UTC, datetime
from typing import Final

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import ConfigEntryState as State
from homeassistant.const import EVENT_HOMEASSISTANT_STARTED
from homeassistant.core import CoreState, HomeAssistant
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.printernizer_stats.core.models import Observation

from ..helpers import OctoPrint, async_pass, async_settle, async_setup, entity_state
from ..house import House, async_house

MORNING: Final = datetime(2026, 10, 14, 8, tzinfo=UTC)
MOONRAKER: Final = "01JMOON_print_state"
BAMBU: Final = "01P00A_print_status"
FAULT: Final = {"event_type": "bambu_lab_event", "type": "event_print_error"}


@pytest.fixture(autouse=True)
def _morning(freezer: FrozenDateTimeFactory) -> None:
    freezer.move_to(MORNING)


@pytest.fixture
def starting(hass: HomeAssistant) -> None:
    """Let Home Assistant be starting still."""
    hass.set_state(CoreState.starting)


async def _async_started(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Let Home Assistant have started."""
    hass.set_state(CoreState.running)
    hass.bus.async_fire(EVENT_HOMEASSISTANT_STARTED)
    await async_settle(hass, entry)


def _house(hass: HomeAssistant) -> House:
    house = async_house(hass, "moonraker", "01JMOON")
    house.show(MOONRAKER, "standby")
    return house


def _counted(entry: MockConfigEntry, event_type: str) -> int:
    number: int = entry.runtime_data.coordinator.data.of().get(event_type, 0)
    return number


async def test_printers_go_by_keys_of_our_own_that_stay(hass: HomeAssistant) -> None:
    one, two, declined = (OctoPrint(hass, device) for device in ("one", "two", "three"))
    moon = _house(hass)
    ticked = [one.id, two.id, moon.printer.id]
    entry = await async_setup(hass, printers=[*ticked, "gone from the registry"], declined=[declined.id])
    before = {key: each.id for key, each in entry.runtime_data.printer_manager.printers.items()}
    assert sorted(before.values()) == sorted(ticked)
    assert not before.keys() & before.values(), "keys tell nothing of the registry"
    assert entry.runtime_data.printer_manager.fleet.types == {"octoprint": 2, "klipper": 1}

    hass.config_entries.async_update_entry(entry, options={**entry.options, "printers": [two.id]})
    assert await hass.config_entries.async_reload(entry.entry_id)
    after = {key: each.id for key, each in entry.runtime_data.printer_manager.printers.items()}
    assert after.items() < before.items()


@pytest.mark.usefixtures("starting")
async def test_printers_are_known_at_once_and_followed_once_home_assistant_has_started(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory
) -> None:
    printer, another = OctoPrint(hass), OctoPrint(hass, "def")
    entry = await async_setup(hass, printers=[printer.id], declined=[another.id])
    following = entry.runtime_data.printer_manager
    printer.show("operational")
    await async_settle(hass, entry)
    assert [each.id for each in following.printers.values()] == [printer.id]
    assert _counted(entry, "printer_connected") == 0
    assert not following.begun.is_set()

    freezer.tick(60)
    await _async_started(hass, entry)
    assert _counted(entry, "printer_connected") == 1
    assert following.begun.is_set()
    assert following.since == MORNING.timestamp() + 60

    freezer.tick(60)
    OctoPrint(hass, "ghi")
    await async_settle(hass, entry)
    assert following.since == MORNING.timestamp() + 60, "to follow anew is no beginning"


@pytest.mark.usefixtures("starting")
@pytest.mark.parametrize(("later", "errors"), [(State.LOADED, 0), (State.SETUP_RETRY, 1)])
async def test_integrations_have_the_start_to_come_up(hass: HomeAssistant, later: State, errors: int) -> None:
    integration = async_house(hass, "bambu_lab", "01P00A").entry
    integration.mock_state(hass, State.SETUP_RETRY)
    entry = await async_setup(hass)
    integration.mock_state(hass, later)
    assert _counted(entry, "error_occurred") == 0
    await _async_started(hass, entry)
    assert _counted(entry, "error_occurred") == errors


async def test_following_anew_hears_everything_once(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, entity_registry: er.EntityRegistry
) -> None:
    house = async_house(hass, "bambu_lab", "01P00A")
    house.show(BAMBU, "idle")
    entry = await async_setup(hass, printers=[house.printer.id])
    for number in range(3):
        name = f"sensor.name_{number}"
        entity_registry.async_update_entity(house.entity(BAMBU), new_entity_id=name)
        await async_settle(hass, entry)
    house.show(BAMBU, "running")
    house.fire(FAULT)
    await async_pass(hass, entry, freezer, minutes=5)
    assert (_counted(entry, "job_created"), _counted(entry, "error_occurred")) == (1, 1)


async def test_stopped_follows_nothing(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, entity_registry: er.EntityRegistry
) -> None:
    house = async_house(hass, "bambu_lab", "01P00A")
    house.show(BAMBU, "idle")
    entry = await async_setup(hass, printers=[house.printer.id])
    following = entry.runtime_data.printer_manager
    following.async_stop()
    following.async_stop()
    house.show(BAMBU, "running")
    house.fire(FAULT)
    house.entry.mock_state(hass, State.SETUP_RETRY)
    entity_registry.async_update_entity(house.entity(BAMBU), new_entity_id="sensor.name")
    await async_pass(hass, entry, freezer, minutes=5)
    assert (_counted(entry, "job_created"), _counted(entry, "error_occurred")) == (0, 0)
    assert [each.entity_id for each in following.printers.values()] != ["sensor.name"]


async def test_a_printer_is_looked_at_as_it_is_now(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory
) -> None:
    printer = OctoPrint(hass)
    entry = await async_setup(hass, printers=[printer.id])
    following = entry.runtime_data.printer_manager
    (key,) = following.printers
    printer.show("printing", 40)
    await async_pass(hass, entry, freezer, minutes=10)
    assert following.async_read(key) == Observation(at=MORNING.timestamp() + 600, progress=40)


async def test_a_renamed_printer_is_followed(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, entity_registry: er.EntityRegistry
) -> None:
    house = _house(hass)
    entry = await async_setup(hass, printers=[house.printer.id])
    runtime = entry.runtime_data
    house.show(MOONRAKER, "printing")
    await async_pass(hass, entry, freezer, minutes=30)

    before = house.entity(MOONRAKER)
    entity_registry.async_update_entity(before, new_entity_id="sensor.renamed")
    hass.states.async_remove(before)
    await hass.async_block_till_done()
    assert house.entity(MOONRAKER) == "sensor.renamed"
    house.show(MOONRAKER, "complete")
    await async_pass(hass, entry, freezer, minutes=5)
    assert entity_state(hass, entry, "prints_completed").state == "1"
    assert entry.runtime_data is runtime, "no reload"


async def test_a_disabled_printer_rests_and_its_open_print_is_kept(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, entity_registry: er.EntityRegistry
) -> None:
    house = _house(hass)
    entry = await async_setup(hass, printers=[house.printer.id])
    entity_id = house.entity(MOONRAKER)
    house.show(MOONRAKER, "printing")
    await async_pass(hass, entry, freezer, hours=1)
    entity_registry.async_update_entity(entity_id, disabled_by=er.RegistryEntryDisabler.USER)
    await hass.async_block_till_done()
    house.show(MOONRAKER, "paused")
    await async_pass(hass, entry, freezer, hours=1)

    house.show(MOONRAKER, "printing")
    entity_registry.async_update_entity(entity_id, disabled_by=None)
    await hass.async_block_till_done()
    await async_pass(hass, entry, freezer, hours=1)
    house.show(MOONRAKER, "complete")
    await async_pass(hass, entry, freezer, hours=1)
    counted = entry.runtime_data.coordinator.data.of()
    assert (counted["job_created"], counted["job_completed"]) == (1, 1)
    assert counted.get("job_paused", 0) == 0, "what happened meanwhile was not looked at"


async def test_what_was_open_at_the_start_is_not_opened_twice(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, entity_registry: er.EntityRegistry
) -> None:
    house = _house(hass)
    house.show(MOONRAKER, "printing")
    entry = await async_setup(hass, printers=[house.printer.id])
    await async_pass(hass, entry, freezer, hours=1)
    await hass.config_entries.async_reload(entry.entry_id)
    house.show(MOONRAKER, "complete")
    await async_pass(hass, entry, freezer, minutes=5)
    for disabled_by in (er.RegistryEntryDisabler.USER, None):
        entity_registry.async_update_entity(house.entity(MOONRAKER), disabled_by=disabled_by)
        await hass.async_block_till_done()
    await async_pass(hass, entry, freezer, minutes=5)
    assert entity_state(hass, entry, "prints_completed").state == "1"
