"""Printers that a person describes, from the form to the count."""

from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from ..forms import async_open_options, defaults
from ..helpers import EN, OctoPrint, async_pass, async_setup, entity_state

WORDS = {"idle": ["idle"], "printing": ["printing"], "offline": ["off"]}
NONE: dict[str, list[str]] = {
    state: [] for state in ("idle", "printing", "paused", "completed", "failed", "cancelled", "offline")
}


async def async_describe(hass: HomeAssistant, entry: MockConfigEntry, sensors: dict[str, Any]) -> Any:
    """Fill in the page of sensors; returns the page of words, or the same page with its errors."""
    page = await async_open_options(hass, entry, "manual")
    if page["type"] is FlowResultType.MENU:
        chosen = {"next_step_id": "describe"}
        page = await hass.config_entries.options.async_configure(page["flow_id"], chosen)
    assert page["step_id"] == "describe"
    return await hass.config_entries.options.async_configure(
        page["flow_id"], {"printer_type": "other", **sensors}
    )


async def async_sort(hass: HomeAssistant, page: Any, words: dict[str, list[str]]) -> Any:
    """Fill in the page of words."""
    result = await hass.config_entries.options.async_configure(page["flow_id"], {**NONE, **words})
    await hass.async_block_till_done()
    return result


async def test_a_repetier_printer_without_a_registry_entry(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory
) -> None:
    hass.states.async_set("sensor.shed", "idle")
    hass.states.async_set("sensor.shed_current_job", "0", {"unit_of_measurement": "%"})
    entry = await async_setup(hass)
    page = await async_describe(
        hass,
        entry,
        {"entity": "sensor.shed", "printer_type": "repetier", "progress": "sensor.shed_current_job"},
    )
    assert page["step_id"] == "words"
    assert defaults(page)["idle"] == ["idle"], "what the sensor shows now, as the known integrations mean it"
    result = await async_sort(hass, page, WORDS)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert entry.options["manual"] == [
        {
            "entity": "sensor.shed",
            "printer_type": "repetier",
            "progress": "sensor.shed_current_job",
            "states": {"idle": "idle", "printing": "printing", "off": "offline"},
        }
    ]

    for percent, key in (("99.7", "prints_completed"), ("40", "prints_cancelled")):
        hass.states.async_set("sensor.shed", "printing")
        await async_pass(hass, entry, freezer, hours=1)
        hass.states.async_set("sensor.shed_current_job", percent, {"unit_of_measurement": "%"})
        hass.states.async_set("sensor.shed", "idle")
        hass.states.async_set("sensor.shed_current_job", "0", {"unit_of_measurement": "%"})
        await async_pass(hass, entry, freezer, minutes=5)
        assert entity_state(hass, entry, key).state == "1", percent
    assert entry.runtime_data.printer_manager.fleet.types == {"repetier": 1}


async def test_a_renamed_sensor_with_words_of_its_own(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, entity_registry: er.EntityRegistry
) -> None:
    options = {"options": ["Frei", "Druckt", "Fertig", "Abbruch"]}
    sensor = entity_registry.async_get_or_create("sensor", "other", "one")
    hass.states.async_set(sensor.entity_id, "Frei", options)
    entry = await async_setup(hass)
    page = await async_describe(hass, entry, {"entity": sensor.entity_id})
    words = {"idle": ["Frei"], "printing": ["Druckt"], "completed": ["Fertig"], "cancelled": ["Abbruch"]}
    assert page["data_schema"].schema["printing"].config["options"] == options["options"]
    await async_sort(hass, page, words)
    assert entry.options["manual"][0]["entity"] == sensor.id

    entity_registry.async_update_entity(sensor.entity_id, new_entity_id="sensor.renamed")
    await hass.async_block_till_done()
    hass.states.async_set("sensor.renamed", "Druckt", options)
    await async_pass(hass, entry, freezer, hours=1)
    hass.states.async_set("sensor.renamed", "Abbruch", options)
    await async_pass(hass, entry, freezer, minutes=5)
    assert entity_state(hass, entry, "prints_cancelled").state == "1"


async def test_a_disabled_sensor_is_not_followed(
    hass: HomeAssistant, entity_registry: er.EntityRegistry
) -> None:
    sensor = entity_registry.async_get_or_create("sensor", "other", "one")
    entity_registry.async_update_entity(sensor.entity_id, disabled_by=er.RegistryEntryDisabler.USER)
    described = {"entity": sensor.id, "printer_type": "other", "states": {"busy": "printing"}}
    entry = await async_setup(hass, manual=[described, {**described, "entity": "gone from the registry"}])
    assert entry.runtime_data.printer_manager.fleet.count == 0


async def test_several_and_forgotten_again(hass: HomeAssistant) -> None:
    entry = await async_setup(hass)
    for each in ("sensor.shed", "sensor.attic"):
        page = await async_describe(hass, entry, {"entity": each})
        await async_sort(hass, page, WORDS)
    assert entry.runtime_data.printer_manager.fleet.types == {"other": 2}

    menu = await async_open_options(hass, entry, "manual")
    assert menu["menu_options"] == ["describe", "forget"]
    page = await hass.config_entries.options.async_configure(menu["flow_id"], {"next_step_id": "forget"})
    await hass.config_entries.options.async_configure(page["flow_id"], {"manual": ["sensor.shed"]})
    await hass.async_block_till_done()
    assert [each["entity"] for each in entry.options["manual"]] == ["sensor.attic"]
    assert entry.runtime_data.printer_manager.fleet.types == {"other": 1}


@pytest.mark.parametrize(
    ("words", "error"),
    [
        ({"idle": ["idle"]}, "printing_needed"),
        ({"printing": ["busy"], "paused": ["Busy"]}, "word_twice"),
    ],
)
async def test_words_that_cannot_be(hass: HomeAssistant, words: dict[str, list[str]], error: str) -> None:
    entry = await async_setup(hass)
    page = await async_describe(hass, entry, {"entity": "sensor.shed"})
    result = await async_sort(hass, page, words)
    assert result["errors"] == {"base": error}
    assert error in EN["options"]["error"]
    assert defaults(result) == {**NONE, **words}, "nothing that was typed is lost"
    result = await async_sort(hass, result, WORDS)
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_a_sensor_that_is_counted_already(hass: HomeAssistant) -> None:
    printer = OctoPrint(hass)
    entry = await async_setup(hass)
    result = await async_describe(hass, entry, {"entity": printer.entity_id})
    assert result["errors"] == {"entity": "already_counted"}
    page = await hass.config_entries.options.async_configure(
        result["flow_id"], {"printer_type": "other", "entity": "sensor.shed"}
    )
    await async_sort(hass, page, WORDS)
    result = await async_describe(hass, entry, {"entity": "sensor.shed"})
    assert result["errors"] == {"entity": "already_counted"}
