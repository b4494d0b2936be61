"""The conditions, as Home Assistant builds and asks them."""

from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.websocket_api.automation import async_get_conditions_for_target
from homeassistant.core import HomeAssistant
from homeassistant.helpers.condition import (
    async_from_config,
    async_get_all_descriptions,
    async_validate_condition_config,
)
from homeassistant.setup import async_setup_component
import probatio
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.printernizer_stats.const import DOMAIN

from ..helpers import OctoPrint, async_pass, async_print, async_settle, entity_state
from .automating import device_id


async def async_holds(hass: HomeAssistant, name: str, **more: Any) -> bool | None:
    """Build a condition and ask it once."""
    assert await async_setup_component(hass, "automation", {})
    config = {"condition": f"{DOMAIN}.{name}", **more}
    checker = await async_from_config(hass, await async_validate_condition_config(hass, config))
    try:
        return checker.async_check()
    finally:
        checker.async_unload()


async def test_a_printer_prints(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    printer: OctoPrint,
    other: OctoPrint,
    freezer: FrozenDateTimeFactory,
) -> None:
    this, that = ({"device_id": device_id(entry, each)} for each in (printer, other))
    assert await async_holds(hass, "is_printing") is False
    printer.show("printing", 1)
    await async_pass(hass, entry, freezer, minutes=10)
    assert await async_holds(hass, "is_printing") is True
    assert await async_holds(hass, "is_printing", target=this) is True
    assert await async_holds(hass, "is_printing", target=that) is False
    assert await async_holds(hass, "is_printing", options={"behavior": "all"}) is False
    assert await async_holds(hass, "is_printing", target=this, options={"behavior": "all"}) is True
    printer.show("paused")
    await async_pass(hass, entry, freezer, minutes=10)
    assert await async_holds(hass, "is_printing", target=this) is True, "a paused print is under way"
    printer.show("operational", 100)
    await async_pass(hass, entry, freezer, minutes=10)
    assert await async_holds(hass, "is_printing") is False


async def test_nothing_prints_where_no_printer_is(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    nowhere = {"area_id": "attic"}
    for behavior in ("any", "all"):
        assert await async_holds(hass, "is_printing", target=nowhere, options={"behavior": behavior}) is False
    await hass.config_entries.async_unload(entry.entry_id)
    assert await async_holds(hass, "is_printing") is False
    assert await async_holds(hass, "is_sharing") is False


async def test_maintenance_is_due(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    printer: OctoPrint,
    other: OctoPrint,
    freezer: FrozenDateTimeFactory,
) -> None:
    this, that = ({"device_id": device_id(entry, each)} for each in (printer, other))
    number = entity_state(hass, entry, "maintenance_interval", "number", printer).entity_id
    await hass.services.async_call("number", "set_value", {"entity_id": number, "value": 1}, blocking=True)
    await async_settle(hass, entry)
    assert await async_holds(hass, "is_maintenance_due", target=this) is False
    await async_print(hass, entry, freezer, printer)
    assert await async_holds(hass, "is_maintenance_due", target=this) is True
    assert await async_holds(hass, "is_maintenance_due", target=that) is False


async def test_the_success_rate_is_compared(
    hass: HomeAssistant, entry: MockConfigEntry, printer: OctoPrint, freezer: FrozenDateTimeFactory
) -> None:
    target = {"device_id": device_id(entry, printer)}

    async def is_below(percent: float) -> bool | None:
        options = {"threshold": {"type": "below", "value": {"number": percent, "unit_of_measurement": "%"}}}
        return await async_holds(hass, "is_success_rate", target=target, options=options)

    assert await is_below(90) is False, "nobody knows before the first print"
    await async_print(hass, entry, freezer, printer)
    assert await is_below(90) is False
    await async_print(hass, entry, freezer, printer, end="error")
    assert await is_below(90) is True
    assert await is_below(50) is False


async def test_sharing_is_on(hass: HomeAssistant, sharing_entry: MockConfigEntry) -> None:
    assert await async_holds(hass, "is_sharing") is True
    options = {**sharing_entry.options, "share": False}
    hass.config_entries.async_update_entry(sharing_entry, options=options)
    await hass.config_entries.async_reload(sharing_entry.entry_id)
    await async_settle(hass, sharing_entry)
    assert await async_holds(hass, "is_sharing") is False


@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("is_printing", {"options": {"behavior": "most"}}),
        ("is_printing", {"target": {"printer": "mine"}}),
        ("is_maintenance_due", {}),
        ("is_success_rate", {"target": {"device_id": "abc"}}),
        ("is_sharing", {"target": {"device_id": "abc"}}),
        ("is_made_up", {}),
    ],
)
async def test_what_a_condition_does_not_know_is_refused(
    hass: HomeAssistant, entry: MockConfigEntry, name: str, more: dict[str, Any]
) -> None:
    with pytest.raises(probatio.Invalid):
        await async_holds(hass, name, **more)


async def test_the_editor_offers_them_on_the_page_of_a_printer(
    hass: HomeAssistant, entry: MockConfigEntry, printer: OctoPrint
) -> None:
    assert await async_setup_component(hass, "automation", {})
    await hass.async_block_till_done()
    ours = {key for key in await async_get_all_descriptions(hass) if key.startswith(f"{DOMAIN}.")}
    target = {"device_id": device_id(entry, printer)}
    offered = await async_get_conditions_for_target(hass, target, expand_group=False)
    assert offered & ours == ours - {f"{DOMAIN}.is_sharing"}
