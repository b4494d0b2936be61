"""Printers whose ids migrate or that vanish, and their successors: nothing that was counted is lost."""

from datetime import UTC, datetime
from typing import Final

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er, issue_registry as ir
from homeassistant.setup import async_setup_component
import pytest

from ..forms import async_open_options, defaults
from ..helpers import async_pass, async_settle, async_setup, entity_state
from .succession import (
    PARTS,
    STATE,
    Migration,
    Shown,
    async_count_one,
    async_fix,
    counted,
    gone,
    moonraker,
    sensors,
)

MORNING: Final = datetime(2026, 10, 14, 8, tzinfo=UTC)


def to_host_name(unique_id: str) -> str:
    """Name an entity as the maintained Moonraker integration does from its update on."""
    return unique_id.replace("01JMOON_", "voron-24_")


def to_something_else(unique_id: str) -> str:
    """Name an entity as no integration that is known does."""
    return f"voron/{unique_id.removeprefix('01JMOON_').replace('_', '/')}"


@pytest.fixture(autouse=True)
def _morning(freezer: FrozenDateTimeFactory) -> None:
    freezer.move_to(MORNING)


@pytest.mark.parametrize("migrate", [to_host_name, to_something_else])
async def test_ids_that_migrate_before_a_start_lose_nothing(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    entity_registry: er.EntityRegistry,
    migrate: Migration,
) -> None:
    house = moonraker(hass)
    shown = Shown(hass, house)
    entry = await async_setup(hass, printers=[house.printer.id])
    await async_count_one(hass, entry, freezer, shown)
    (key,) = entry.runtime_data.printers
    before = sensors(entry, entity_registry)
    shown.show(STATE, "printing")
    await async_pass(hass, entry, freezer, minutes=10)
    shown.all(10, 33)
    await async_settle(hass, entry)

    assert await hass.config_entries.async_unload(entry.entry_id)
    await shown.async_migrate(migrate)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await async_settle(hass, entry)
    assert list(entry.runtime_data.printers) == [key]
    await async_pass(hass, entry, freezer, minutes=20)
    shown.all(30, 99)
    shown.show(STATE, "complete")
    await async_pass(hass, entry, freezer, minutes=5)
    assert sensors(entry, entity_registry) == before
    assert counted(entry, key) == {
        **dict.fromkeys(("job_failed", "job_cancelled"), 0),
        "job_created": 2,
        "job_completed": 2,
        "filament_mm": 6000,
        "print_seconds": 3600,
    }


@pytest.mark.parametrize("migrate", [to_host_name, to_something_else])
async def test_ids_that_migrate_in_the_middle_of_a_print_lose_nothing(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    entity_registry: er.EntityRegistry,
    issue_registry: ir.IssueRegistry,
    migrate: Migration,
) -> None:
    house = moonraker(hass)
    shown = Shown(hass, house)
    entry = await async_setup(hass, printers=[house.printer.id])
    (key,) = entry.runtime_data.printers
    before = sensors(entry, entity_registry)
    shown.show(STATE, "printing")
    await async_pass(hass, entry, freezer, minutes=10)
    shown.all(10, 33)
    await shown.async_migrate(migrate)
    await async_pass(hass, entry, freezer, minutes=20)
    shown.all(30, 99)
    shown.show(STATE, "complete")
    await async_pass(hass, entry, freezer, minutes=10)
    await async_count_one(hass, entry, freezer, shown)
    assert list(entry.runtime_data.printers) == [key]
    assert sensors(entry, entity_registry) == before
    assert counted(entry, key)["job_completed"] == counted(entry, key)["job_created"] == 2
    assert counted(entry, key)["filament_mm"] == 6000
    assert issue_registry.issues == {}

    page = await async_open_options(hass, entry, "printers")
    assert defaults(page)["printers"] == entry.options["printers"], "it can be unticked as before"


async def test_a_successor_takes_over_the_counters_and_the_open_print(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    entity_registry: er.EntityRegistry,
    issue_registry: ir.IssueRegistry,
) -> None:
    assert await async_setup_component(hass, "repairs", {})
    house, other = moonraker(hass), moonraker(hass, "other")
    printer = house.printer.id
    entry = await async_setup(
        hass, printers=[printer, other.printer.id], energy={printer: {"meter": "sensor.plug", "price": 0.3}}
    )
    shown = Shown(hass, house)
    await async_count_one(hass, entry, freezer, shown)
    key = next(key for key, each in entry.runtime_data.printers.items() if each.id == printer)
    before = sensors(entry, entity_registry)
    shown.show(STATE, "printing")
    await async_pass(hass, entry, freezer, minutes=10)

    for name in (STATE, *PARTS):
        entity_registry.async_remove(house.entity(f"01JMOON_{name}"))
    await async_pass(hass, entry, freezer, seconds=290)
    assert gone(issue_registry) == [], "an integration has its time to bring a printer back"
    await async_pass(hass, entry, freezer, seconds=20)
    (issue,) = gone(issue_registry)
    assert issue.is_fixable

    successor = moonraker(hass, "voron-24")
    menu, form, done = await async_fix(
        hass, issue, {"next_step_id": "successor"}, {"successor": successor.printer.id}
    )
    assert menu["menu_options"] == ["successor", "stop"]
    assert menu["description_placeholders"] == {"kind": "Moonraker (Klipper)", "prints": "1"}
    (selector,) = form["data_schema"].schema.values()
    assert [each["value"] for each in selector.config["options"]] == [successor.printer.id]
    assert done["type"] == "create_entry"
    await async_settle(hass, entry)
    assert gone(issue_registry) == []
    assert entry.options["printers"] == [successor.printer.id, other.printer.id]
    assert entry.options["energy"] == {successor.printer.id: {"meter": "sensor.plug", "price": 0.3}}
    assert entry.runtime_data.printers[key].id == successor.printer.id
    assert sensors(entry, entity_registry) == before

    taking_over = Shown(hass, successor, "voron-24")
    taking_over.show(STATE, "printing")
    await async_pass(hass, entry, freezer, minutes=20)
    taking_over.all(30, 99)
    taking_over.show(STATE, "complete")
    await async_pass(hass, entry, freezer, minutes=10)
    assert counted(entry, key)["job_created"] == counted(entry, key)["job_completed"] == 2
    assert entity_state(hass, entry, "prints_completed").state == "2"


async def test_a_printer_that_is_gone_can_be_let_go(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    entity_registry: er.EntityRegistry,
    issue_registry: ir.IssueRegistry,
) -> None:
    assert await async_setup_component(hass, "repairs", {})
    house = moonraker(hass)
    entry = await async_setup(hass, printers=[house.printer.id])
    await async_count_one(hass, entry, freezer, Shown(hass, house))
    entity_registry.async_remove(house.printer.entity_id)
    await async_pass(hass, entry, freezer, minutes=6)
    (issue,) = gone(issue_registry)
    menu, done = await async_fix(hass, issue, {"next_step_id": "stop"})
    assert menu["menu_options"] == ["stop"], "there is no other printer"
    assert done["type"] == "create_entry"
    await async_settle(hass, entry)
    assert entry.options["printers"] == []
    assert issue_registry.issues == {}
    assert entity_state(hass, entry, "prints_completed").state == "1", "what was counted stays"


async def test_a_printer_that_is_away_or_disabled_is_not_gone(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    entity_registry: er.EntityRegistry,
    issue_registry: ir.IssueRegistry,
) -> None:
    away, disabled, restored = moonraker(hass), moonraker(hass, "disabled"), moonraker(hass, "restored")
    printers = [each.printer.id for each in (away, disabled, restored)]
    states = [each.printer.entity_id for each in (away, disabled, restored)]
    restored.entry.mock_state(hass, ConfigEntryState.LOADED)
    entry = await async_setup(hass, printers=printers)
    hass.states.async_set(states[0], "unavailable")
    entity_registry.async_update_entity(states[1], disabled_by=er.RegistryEntryDisabler.USER)
    hass.states.async_set(states[2], "unavailable", {"restored": True})
    await async_settle(hass, entry)
    await async_pass(hass, entry, freezer, hours=2)
    assert issue_registry.issues == {}

    page = await async_open_options(hass, entry, "printers")
    await hass.config_entries.options.async_configure(page["flow_id"], defaults(page))
    await async_settle(hass, entry)
    assert sorted(entry.options["printers"]) == sorted(printers), "saving the page lets nobody go"


async def test_a_printer_that_its_integration_provides_under_another_entry_is_gone(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    issue_registry: ir.IssueRegistry,
) -> None:
    house = moonraker(hass)
    house.entry.mock_state(hass, ConfigEntryState.LOADED)
    before = house.printer
    entry = await async_setup(hass, printers=[before.id])
    hass.states.async_set(before.entity_id, "unavailable", {"restored": True})
    house.show("voron-24_print_state", "standby")
    await async_settle(hass, entry)
    await async_pass(hass, entry, freezer, minutes=6)
    (issue,) = gone(issue_registry)
    assert (issue.data or {})["printer"] == before.id


async def test_a_printer_that_is_back_is_gone_no_longer(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    entity_registry: er.EntityRegistry,
    issue_registry: ir.IssueRegistry,
) -> None:
    house = moonraker(hass)
    printer = house.printer
    entry = await async_setup(hass, printers=[printer.id])
    (key,) = entry.runtime_data.printers
    entity_registry.async_remove(printer.entity_id)
    await async_pass(hass, entry, freezer, minutes=6)
    assert len(gone(issue_registry)) == 1
    house.show("01JMOON_print_state", "standby")
    await async_settle(hass, entry)
    assert house.printer.id == printer.id, "Home Assistant gives it its id again"
    assert gone(issue_registry) == []
    assert list(entry.runtime_data.printers) == [key]


async def test_a_printer_that_went_while_nobody_looked_is_told_of(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, issue_registry: ir.IssueRegistry
) -> None:
    entry = await async_setup(hass, printers=["an id of the registry that is no more"])
    await async_pass(hass, entry, freezer, minutes=6)
    (issue,) = gone(issue_registry)
    assert (issue.data or {})["kind"] == "?"
    await hass.config_entries.async_remove(entry.entry_id)
    await hass.async_block_till_done()
    assert issue_registry.issues == {}
