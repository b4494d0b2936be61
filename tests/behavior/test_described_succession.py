"""Printers that a person described whose sensor is gone, and their successors: nothing counted is lost."""

from datetime import UTC, datetime
from typing import Final

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er, issue_registry as ir
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from ..helpers import EN, async_pass, async_settle, async_setup, entity_state
from .succession import Shown, async_count_one, async_fix, counted, gone, moonraker, sensors

MORNING: Final = datetime(2026, 10, 14, 8, tzinfo=UTC)
DESCRIBED: Final = {
    "printer_type": "other",
    "states": {"idle": "idle", "busy": "printing", "done": "completed", "stopped": "cancelled"},
}


@pytest.fixture(autouse=True)
def _morning(freezer: FrozenDateTimeFactory) -> None:
    freezer.move_to(MORNING)


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
