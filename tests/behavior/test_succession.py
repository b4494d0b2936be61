"""Printers whose ids migrate or that vanish, and their successors: nothing that was counted is lost."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er, issue_registry as ir
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.printernizer_stats.const import DOMAIN

from ..forms import async_open_options, defaults
from ..helpers import EN, async_pass, async_settle, async_setup, entity_state
from ..house import House, async_house

MORNING: Final = datetime(2026, 10, 14, 8, tzinfo=UTC)
STATE: Final = "print_state"
PARTS: Final = ("progress", "print_duration", "filament_used")

type Migration = Callable[[str], str]


def to_host_name(unique_id: str) -> str:
    """Name an entity as the maintained Moonraker integration does from its update on."""
    return unique_id.replace("01JMOON_", "voron-24_")


def to_something_else(unique_id: str) -> str:
    """Name an entity as no integration that is known does."""
    return f"voron/{unique_id.removeprefix('01JMOON_').replace('_', '/')}"


@pytest.fixture(autouse=True)
def _morning(freezer: FrozenDateTimeFactory) -> None:
    freezer.move_to(MORNING)


def moonraker(hass: HomeAssistant, printer: str = "01JMOON") -> House:
    """Put a printer with all that is read of it into the house."""
    house = async_house(hass, "moonraker", printer, name=printer)
    for part in PARTS:
        house.entity(f"{printer}_{part}")
    house.show(f"{printer}_{STATE}", "standby")
    return house


class Shown:
    """The entities of a printer, by the names that they had at first."""

    def __init__(self, hass: HomeAssistant, house: House, printer: str = "01JMOON") -> None:
        self._hass = hass
        self._ids = {name: house.entity(f"{printer}_{name}") for name in (STATE, *PARTS)}

    def show(self, name: str, state: str, unit: str | None = None) -> None:
        """Show a state, whatever the unique id is now."""
        attributes = {"unit_of_measurement": unit} if unit else {}
        self._hass.states.async_set(self._ids[name], state, attributes)

    def all(self, minutes: float, progress: float) -> None:
        """Show a print under way."""
        self.show("print_duration", str(minutes), "min")
        self.show("filament_used", str(minutes / 10), "m")
        self.show("progress", str(progress), "%")

    async def async_migrate(self, migrate: Migration) -> None:
        """Give all entities other unique ids, one after the other."""
        registry = er.async_get(self._hass)
        for entity_id in self._ids.values():
            entry = registry.async_get(entity_id)
            assert entry is not None
            registry.async_update_entity(entity_id, new_unique_id=migrate(entry.unique_id))
            await self._hass.async_block_till_done()


async def async_count_one(
    hass: HomeAssistant, entry: MockConfigEntry, freezer: FrozenDateTimeFactory, shown: Shown
) -> None:
    """Let the printer complete a print of half an hour with 3 m of filament."""
    shown.show(STATE, "printing")
    shown.all(0, 0)
    await async_pass(hass, entry, freezer, minutes=30)
    shown.all(30, 100)
    shown.all(0, 0)
    shown.show(STATE, "complete")
    await async_pass(hass, entry, freezer, minutes=5)


def sensors(entry: MockConfigEntry, registry: er.EntityRegistry) -> dict[str, str]:
    """Return all entities of ours by unique id."""
    return {
        each.unique_id: each.entity_id for each in er.async_entries_for_config_entry(registry, entry.entry_id)
    }


def counted(entry: MockConfigEntry, key: str) -> dict[str, int]:
    """Return what was counted of one printer."""
    of = entry.runtime_data.coordinator.data.of(printer=key)
    names = ("job_created", "job_completed", "job_failed", "job_cancelled", "filament_mm", "print_seconds")
    return {name: of.get(name, 0) for name in names}


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


def gone(issue_registry: ir.IssueRegistry) -> list[ir.IssueEntry]:
    """Return the issues about printers that are gone."""
    return [each for each in issue_registry.issues.values() if each.translation_key == "printer_gone"]


async def async_fix(hass: HomeAssistant, issue: ir.IssueEntry, *answers: Any) -> list[Any]:
    """Fix an issue; returns what was shown step by step."""
    manager = hass.data["repairs"]["flow_manager"]
    shown = [await manager.async_init(DOMAIN, context={"issue_id": issue.issue_id})]
    for each in answers:
        shown.append(await manager.async_configure(shown[0]["flow_id"], each))
    return shown


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


DESCRIBED: Final = {
    "printer_type": "other",
    "states": {"idle": "idle", "busy": "printing", "done": "completed", "stopped": "cancelled"},
}


async def async_count_described(
    hass: HomeAssistant, entry: MockConfigEntry, freezer: FrozenDateTimeFactory, sensor: str
) -> None:
    """Let a described printer complete a print of half an hour."""
    hass.states.async_set(sensor, "busy")
    await async_pass(hass, entry, freezer, minutes=30)
    hass.states.async_set(sensor, "done")
    await async_pass(hass, entry, freezer, minutes=5)


async def test_another_sensor_takes_over_from_a_described_one_that_is_gone(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    entity_registry: er.EntityRegistry,
    issue_registry: ir.IssueRegistry,
) -> None:
    assert await async_setup_component(hass, "repairs", {})
    sensor, part = (entity_registry.async_get_or_create("sensor", "other", each) for each in ("one", "two"))
    hass.states.async_set(sensor.entity_id, "idle")
    described = {**DESCRIBED, "entity": sensor.id, "progress": part.id}
    energy = {sensor.id: {"meter": "sensor.plug", "price": 0.3}}
    entry = await async_setup(hass, manual=[described], energy=energy)
    (key,) = entry.runtime_data.printers
    await async_count_described(hass, entry, freezer, sensor.entity_id)
    before = sensors(entry, entity_registry)
    hass.states.async_set(sensor.entity_id, "busy")
    await async_pass(hass, entry, freezer, minutes=10)

    entity_registry.async_remove(sensor.entity_id)
    await async_pass(hass, entry, freezer, minutes=6)
    (issue,) = gone(issue_registry)
    new = entity_registry.async_get_or_create("sensor", "newer", "one")
    menu, form, refused = await async_fix(
        hass, issue, {"next_step_id": "sensor"}, {"entity": moonraker(hass).printer.entity_id}
    )
    assert menu["menu_options"] == ["sensor", "successor", "stop"]
    kind = EN["selector"]["printer_type"]["options"]["other"]
    assert menu["description_placeholders"] == {"kind": kind, "prints": "1"}
    assert {
        str(field): field.description["suggested_value"]
        for field in form["data_schema"].schema
        if field.description
    } == {"progress": part.entity_id}
    assert refused["errors"] == {"entity": "already_counted"}
    await async_fix(
        hass, issue, {"next_step_id": "sensor"}, {"entity": new.entity_id, "progress": part.entity_id}
    )
    await async_settle(hass, entry)
    assert gone(issue_registry) == []
    assert entry.options["manual"] == [{**described, "entity": new.id}]
    assert entry.options["energy"] == {new.id: energy[sensor.id]}
    assert sensors(entry, entity_registry) == before

    hass.states.async_set(new.entity_id, "busy")
    await async_pass(hass, entry, freezer, minutes=20)
    hass.states.async_set(new.entity_id, "done")
    await async_pass(hass, entry, freezer, minutes=5)
    assert counted(entry, key)["job_created"] == counted(entry, key)["job_completed"] == 2


async def test_a_printer_that_is_found_takes_over_from_a_described_one(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    entity_registry: er.EntityRegistry,
    issue_registry: ir.IssueRegistry,
) -> None:
    assert await async_setup_component(hass, "repairs", {})
    hass.states.async_set("sensor.shed", "idle")
    entry = await async_setup(hass, manual=[{**DESCRIBED, "entity": "sensor.shed"}])
    (key,) = entry.runtime_data.printers
    await async_count_described(hass, entry, freezer, "sensor.shed")
    hass.states.async_remove("sensor.shed")
    await async_pass(hass, entry, freezer, seconds=290)
    assert gone(issue_registry) == []
    await async_pass(hass, entry, freezer, seconds=20)
    (issue,) = gone(issue_registry)
    house = moonraker(hass)
    await async_fix(hass, issue, {"next_step_id": "successor"}, {"successor": house.printer.id})
    await async_settle(hass, entry)
    assert (entry.options["manual"], entry.options["printers"]) == ([], [house.printer.id])
    assert list(entry.runtime_data.printers) == [key]
    await async_count_one(hass, entry, freezer, Shown(hass, house))
    assert counted(entry, key)["job_completed"] == 2


async def test_a_described_printer_that_is_gone_can_be_let_go(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, issue_registry: ir.IssueRegistry
) -> None:
    assert await async_setup_component(hass, "repairs", {})
    described = {**DESCRIBED, "entity": "an id of the registry that is no more"}
    hass.states.async_set("sensor.shed", "idle")
    other = {**DESCRIBED, "entity": "sensor.shed"}
    entry = await async_setup(hass, manual=[described, other])
    await async_pass(hass, entry, freezer, minutes=6)
    (issue,) = gone(issue_registry)
    await async_fix(hass, issue, {"next_step_id": "stop"})
    await async_settle(hass, entry)
    assert entry.options["manual"] == [other]
    assert gone(issue_registry) == []


async def test_a_described_printer_that_is_disabled_or_unavailable_is_not_gone(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    entity_registry: er.EntityRegistry,
    issue_registry: ir.IssueRegistry,
) -> None:
    kept = [entity_registry.async_get_or_create("sensor", "other", each) for each in ("one", "two")]
    entity_registry.async_update_entity(kept[0].entity_id, disabled_by=er.RegistryEntryDisabler.USER)
    hass.states.async_set("sensor.shed", "unavailable")
    ids = [*(each.id for each in kept), "sensor.shed"]
    entry = await async_setup(hass, manual=[{**DESCRIBED, "entity": each} for each in ids])
    await async_pass(hass, entry, freezer, hours=48)
    assert gone(issue_registry) == []

    entity_registry.async_update_entity(kept[0].entity_id, disabled_by=None)
    await async_settle(hass, entry)
    await async_count_described(hass, entry, freezer, kept[0].entity_id)
    assert entity_state(hass, entry, "prints_completed").state == "1", "it is followed once it is enabled"


async def test_a_sensor_in_no_registry_may_be_switched_on_within_a_day_of_the_start(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, issue_registry: ir.IssueRegistry
) -> None:
    described = [{**DESCRIBED, "entity": each} for each in ("sensor.shed", "sensor.attic")]
    entry = await async_setup(hass, manual=described)
    for _ in range(23):
        await async_pass(hass, entry, freezer, hours=1)
    assert gone(issue_registry) == []
    hass.states.async_set("sensor.shed", "idle")
    await async_pass(hass, entry, freezer, hours=1)
    await async_pass(hass, entry, freezer, minutes=10)
    (issue,) = gone(issue_registry)
    assert (issue.data or {})["printer"] == "sensor.attic"
    hass.states.async_set("sensor.attic", "idle")
    await async_settle(hass, entry)
    assert gone(issue_registry) == [], "it is back"


async def test_time_without_a_sensor_that_is_in_no_registry_is_no_print_time(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory
) -> None:
    hass.states.async_set("sensor.shed", "idle")
    entry = await async_setup(hass, manual=[{**DESCRIBED, "entity": "sensor.shed"}])
    (key,) = entry.runtime_data.printers
    hass.states.async_set("sensor.shed", "busy")
    await async_pass(hass, entry, freezer, minutes=30)
    hass.states.async_remove("sensor.shed")
    await async_pass(hass, entry, freezer, hours=5)
    hass.states.async_set("sensor.shed", "busy")
    await async_pass(hass, entry, freezer, minutes=30)
    hass.states.async_set("sensor.shed", "done")
    await async_pass(hass, entry, freezer, minutes=5)
    assert counted(entry, key) == {
        **dict.fromkeys(("job_failed", "job_cancelled", "filament_mm"), 0),
        "job_created": 1,
        "job_completed": 1,
        "print_seconds": 3600,
    }
