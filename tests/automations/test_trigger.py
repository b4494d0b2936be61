"""The triggers, attached by real automations and set off by printers, hours of printing and a service."""

import hashlib
from typing import Any, Final

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.websocket_api.automation import async_get_triggers_for_target
from homeassistant.core import HomeAssistant
from homeassistant.helpers import area_registry as ar, device_registry as dr, entity_registry as er
from homeassistant.helpers.trigger import async_get_all_descriptions, async_validate_trigger_config
from homeassistant.setup import async_setup_component
import probatio
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.printernizer_stats.const import DOMAIN
from custom_components.printernizer_stats.core.models import UsageEvent

from ..helpers import (
    OctoPrint,
    StatisticsService,
    async_act,
    async_print,
    async_settle,
    entity_state,
    printer_key,
)
from .automating import Told, async_listen, device_id

ENDS: Final = {"completed": "operational", "failed": "error", "cancelled": "cancelling"}
PRINT: Final = {"print": "{{ trigger.print }}"}


def on_prints(target: dict[str, Any] | None = None) -> list[dict[str, Any]]:
    """Return the triggers on every way a print can end."""
    aimed = {} if target is None else {"target": target}
    return [{"trigger": f"{DOMAIN}.print_{outcome}", **aimed} for outcome in ENDS]


def outcomes(told: Told) -> list[str]:
    return [each["print"]["result"] for each in told]


async def test_each_end_of_a_print_has_its_trigger(
    hass: HomeAssistant, entry: MockConfigEntry, printer: OctoPrint, freezer: FrozenDateTimeFactory
) -> None:
    told = await async_listen(hass, on_prints(), PRINT)
    for outcome, state in ENDS.items():
        await async_print(hass, entry, freezer, printer, end=state)
        assert told[-1]["platform"] == f"{DOMAIN}.print_{outcome}"
    assert outcomes(told) == list(ENDS)


async def test_it_brings_the_print_as_get_prints_shows_it(
    hass: HomeAssistant, entry: MockConfigEntry, printer: OctoPrint, freezer: FrozenDateTimeFactory
) -> None:
    told = await async_listen(hass, on_prints(), PRINT)
    await async_print(hass, entry, freezer, printer)
    answer = await async_act(hass, "get_prints")
    assert [each["print"] for each in told] == answer["prints"]
    assert told[0]["print"]["name"] == "Prusa MK4"
    assert told[0]["print"]["duration_seconds"] == 3600


@pytest.mark.parametrize("kind", ["device", "entity", "area", "label", "service", "fleet"])
async def test_a_target_means_its_printers(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    printer: OctoPrint,
    freezer: FrozenDateTimeFactory,
    kind: str,
) -> None:
    registry = dr.async_get(hass)
    area = ar.async_get(hass).async_create("Workshop")
    registry.async_update_device(device_id(entry, printer), area_id=area.id, labels={"loud"})
    service = registry.async_get_device_by_identifier((DOMAIN, entry.entry_id), entry.entry_id)
    assert service is not None
    target = {
        "device": {"device_id": device_id(entry, printer)},
        "entity": {"entity_id": entity_state(hass, entry, "prints", "event", printer).entity_id},
        "area": {"area_id": area.id},
        "label": {"label_id": "loud"},
        "service": {"device_id": service.id},
        "fleet": {"entity_id": entity_state(hass, entry, "prints", "event").entity_id},
    }[kind]
    told = await async_listen(hass, on_prints(target), PRINT)
    await async_print(hass, entry, freezer, printer)
    assert outcomes(told) == ["completed"]


@pytest.mark.parametrize("kind", ["device", "entity", "area", "foreign"])
async def test_other_printers_leave_a_target_alone(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    printer: OctoPrint,
    other: OctoPrint,
    freezer: FrozenDateTimeFactory,
    kind: str,
) -> None:
    area = ar.async_get(hass).async_create("Office")
    dr.async_get(hass).async_update_device(device_id(entry, other), area_id=area.id)
    target = {
        "device": {"device_id": device_id(entry, other)},
        "entity": {"entity_id": entity_state(hass, entry, "prints", "event", other).entity_id},
        "area": {"area_id": area.id},
        "foreign": {"entity_id": printer.entity_id},
    }[kind]
    told = await async_listen(hass, on_prints(target), PRINT)
    await async_print(hass, entry, freezer, printer)
    assert told == []


async def test_a_printer_that_moves_is_found_where_it_is(
    hass: HomeAssistant, entry: MockConfigEntry, printer: OctoPrint, freezer: FrozenDateTimeFactory
) -> None:
    area = ar.async_get(hass).async_create("Workshop")
    told = await async_listen(hass, on_prints({"area_id": area.id}), PRINT)
    await async_print(hass, entry, freezer, printer)
    assert told == []
    dr.async_get(hass).async_update_device(device_id(entry, printer), area_id=area.id)
    await async_print(hass, entry, freezer, printer)
    assert outcomes(told) == ["completed"]


async def test_a_trigger_outlives_a_reload_of_the_entry(
    hass: HomeAssistant, entry: MockConfigEntry, printer: OctoPrint, freezer: FrozenDateTimeFactory
) -> None:
    told = await async_listen(hass, on_prints(), PRINT)
    assert await hass.config_entries.async_reload(entry.entry_id)
    await async_settle(hass, entry)
    await async_print(hass, entry, freezer, printer)
    assert outcomes(told) == ["completed"]


async def test_prints_that_end_at_once_are_all_told(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    told = await async_listen(hass, on_prints(), PRINT)
    data = {"printer_type": "prusa"}
    events = tuple(UsageEvent(type="job_failed", at=1.79e9, printer=f"p{n}", data=data) for n in range(3))
    entry.runtime_data.store.record(events)
    await async_settle(hass, entry)
    assert [each["print"]["printer"] for each in told] == ["p0", "p1", "p2"]


async def test_what_is_long_past_is_no_news(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    told = await async_listen(hass, on_prints(), PRINT)
    past = UsageEvent(type="job_failed", at=1.7e9, printer="p", data={"printer_type": "prusa"}, historic=True)
    entry.runtime_data.store.record((past,))
    await async_settle(hass, entry)
    assert told == []


async def test_maintenance_becomes_due(
    hass: HomeAssistant, entry: MockConfigEntry, printer: OctoPrint, freezer: FrozenDateTimeFactory
) -> None:
    number = entity_state(hass, entry, "maintenance_interval", "number", printer).entity_id
    await hass.services.async_call("number", "set_value", {"entity_id": number, "value": 2}, blocking=True)
    await async_settle(hass, entry)
    trigger = {"trigger": f"{DOMAIN}.maintenance_due", "target": {"device_id": device_id(entry, printer)}}
    told = await async_listen(hass, [trigger], {"entity_id": "{{ trigger.entity_id }}"})
    await async_print(hass, entry, freezer, printer)
    assert told == []
    await async_print(hass, entry, freezer, printer)
    due = entity_state(hass, entry, "maintenance_due", "binary_sensor", printer)
    assert [each["entity_id"] for each in told] == [due.entity_id]
    await async_print(hass, entry, freezer, printer)
    assert len(told) == 1, "it is told once"


async def test_maintenance_is_not_any_problem_of_the_device(
    hass: HomeAssistant, entry: MockConfigEntry, printer: OctoPrint
) -> None:
    problem = er.async_get(hass).async_get_or_create(
        "binary_sensor", "octoprint", "problem", device_id=device_id(entry, printer)
    )
    hass.states.async_set(problem.entity_id, "off", {"device_class": "problem"})
    trigger = {"trigger": f"{DOMAIN}.maintenance_due", "target": {"device_id": device_id(entry, printer)}}
    told = await async_listen(hass, [trigger])
    hass.states.async_set(problem.entity_id, "on", {"device_class": "problem"})
    await hass.async_block_till_done()
    assert told == []


async def test_a_report_was_sent(
    hass: HomeAssistant, sharing_entry: MockConfigEntry, service: StatisticsService
) -> None:
    told = await async_listen(
        hass, [{"trigger": f"{DOMAIN}.report_sent"}], {"report": "{{ trigger.report }}"}
    )
    service.status = 503
    with pytest.raises(Exception, match="report is kept"):
        await async_act(hass, "submit_now")
    assert told == [], "a report that the service did not take is not sent"
    service.status = 200
    answer = await async_act(hass, "submit_now")
    await hass.async_block_till_done()
    sha256 = hashlib.sha256(service.received[0]).hexdigest()
    sent = {"start": "2026-10-14", "end": "2026-10-15", "sha256": sha256}
    assert [each["report"] for each in told] == [sent]
    assert answer["sha256"] == sha256


@pytest.mark.parametrize(
    "config",
    [
        {"trigger": f"{DOMAIN}.print_completed", "target": {"printer": "mine"}},
        {"trigger": f"{DOMAIN}.print_completed", "options": {"for": 5}},
        {"trigger": f"{DOMAIN}.report_sent", "target": {"entity_id": "event.prints"}},
        {"trigger": f"{DOMAIN}.maintenance_due"},
        {"trigger": f"{DOMAIN}.made_up"},
    ],
)
async def test_what_a_trigger_does_not_know_is_refused(
    hass: HomeAssistant, entry: MockConfigEntry, config: dict[str, Any]
) -> None:
    assert await async_setup_component(hass, "automation", {})
    with pytest.raises(probatio.Invalid):
        await async_validate_trigger_config(hass, [{"platform": config.pop("trigger"), **config}])


async def test_the_editor_offers_them_on_the_page_of_a_printer(
    hass: HomeAssistant, entry: MockConfigEntry, printer: OctoPrint
) -> None:
    assert await async_setup_component(hass, "automation", {})
    await hass.async_block_till_done()
    described = await async_get_all_descriptions(hass)
    ours = {key for key in described if key.startswith(f"{DOMAIN}.")}
    target = {"device_id": device_id(entry, printer)}
    offered = await async_get_triggers_for_target(hass, target, expand_group=False)
    assert offered & ours == ours - {f"{DOMAIN}.report_sent"}
    assert printer_key(entry, printer) not in str(described)
