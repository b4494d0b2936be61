"""Energy and cost in Home Assistant: choosing a meter and a price, and what the sensors show."""

from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.printernizer_stats.const import DOMAIN
from custom_components.printernizer_stats.core.markdown import harmless

from ..forms import async_open_options, error_of
from ..helpers import OctoPrint, async_act, async_pass, async_settle, async_setup, entity_state, printer_key


@pytest.fixture
def printer(hass: HomeAssistant) -> OctoPrint:
    """Show an idle printer."""
    printer = OctoPrint(hass, "abc", "Prusa MK4")
    printer.show("operational", 0)
    return printer


@pytest.fixture
async def entry(hass: HomeAssistant, printer: OctoPrint) -> MockConfigEntry:
    """Count the printer."""
    return await async_setup(hass, printers=[printer.id])


@pytest.fixture
def plug(hass: HomeAssistant, entity_registry: er.EntityRegistry) -> er.RegistryEntry:
    """Show a plug that has measured 100 kWh so far."""
    plug = entity_registry.async_get_or_create("sensor", "shelly", "plug", original_device_class="energy")
    hass.states.async_set(plug.entity_id, "100", {"unit_of_measurement": "kWh", "device_class": "energy"})
    return plug


def measure(hass: HomeAssistant, entity_id: str, kwh: float) -> None:
    hass.states.async_set(entity_id, str(kwh), {"unit_of_measurement": "kWh", "device_class": "energy"})


async def async_choose(hass: HomeAssistant, entry: MockConfigEntry, printer: OctoPrint) -> Any:
    """Go to the page of a printer's meter."""
    page = await async_open_options(hass, entry, "energy")
    return await hass.config_entries.options.async_configure(page["flow_id"], {"printer": printer.id})


async def async_answer(hass: HomeAssistant, page: Any, **answers: Any) -> Any:
    result = await hass.config_entries.options.async_configure(page["flow_id"], answers)
    await hass.async_block_till_done()
    return result


def suggested(page: Any) -> dict[str, Any]:
    fields = page["data_schema"].schema
    return {str(key): key.description["suggested_value"] for key in fields if key.description}


async def async_print_with(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
    printer: OctoPrint,
    readings: dict[str, float],
) -> None:
    """Print for an hour, with the meters as they are at its end."""
    printer.show("printing", 0)
    await async_pass(hass, entry, freezer, hours=1)
    for entity_id, kwh in readings.items():
        measure(hass, entity_id, kwh)
    printer.show("operational", 100)
    await async_pass(hass, entry, freezer, minutes=5)


async def test_a_print_costs_what_its_meter_says(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    printer: OctoPrint,
    plug: er.RegistryEntry,
    freezer: FrozenDateTimeFactory,
    entity_registry: er.EntityRegistry,
) -> None:
    page = await async_choose(hass, entry, printer)
    assert page["description_placeholders"] == {"printer": harmless("Prusa MK4 (OctoPrint)")}
    result = await async_answer(hass, page, meter=plug.entity_id, price=0.4)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert entry.options["energy"] == {printer.id: {"meter": plug.id, "price": 0.4}}
    await async_settle(hass, entry)

    measure(hass, plug.entity_id, 110)
    await async_print_with(hass, entry, freezer, printer, {plug.entity_id: 110.5})
    measure(hass, plug.entity_id, 120)
    entity_registry.async_update_entity(plug.entity_id, new_entity_id="sensor.other_plug")
    measure(hass, "sensor.other_plug", 120)
    await async_settle(hass, entry)
    await async_print_with(hass, entry, freezer, printer, {"sensor.other_plug": 120.25})
    for owner in (None, printer):
        energy = entity_state(hass, entry, "energy_total", printer=owner)
        assert (float(energy.state), energy.attributes["unit_of_measurement"]) == (0.75, "kWh")
        assert energy.attributes["state_class"] == "total_increasing"
        cost = entity_state(hass, entry, "cost_total", printer=owner)
        assert (float(cost.state), cost.attributes["unit_of_measurement"]) == (0.3, hass.config.currency)
        assert (cost.attributes["state_class"], cost.attributes["device_class"]) == ("total", "monetary")
    prints = (await async_act(hass, "get_prints"))["prints"]
    assert [(each["energy_wh"], each["cost"]) for each in prints] == [(250, 0.1), (500, 0.2)]
    body = (await async_act(hass, "preview_report"))["body"]
    assert "energy" not in body
    assert "cost" not in body


async def test_a_price_can_change_during_a_print(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    printer: OctoPrint,
    plug: er.RegistryEntry,
    freezer: FrozenDateTimeFactory,
) -> None:
    hass.states.async_set("sensor.price", "0.5", {"unit_of_measurement": "EUR/kWh"})
    page = await async_choose(hass, entry, printer)
    result = await async_answer(hass, page, meter=plug.entity_id, price_sensor="sensor.price")
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await async_settle(hass, entry)
    printer.show("printing", 0)
    await async_pass(hass, entry, freezer, hours=1)
    measure(hass, plug.entity_id, 101)
    hass.states.async_set("sensor.price", "0.1", {"unit_of_measurement": "EUR/kWh"})
    await async_print_with(hass, entry, freezer, printer, {plug.entity_id: 103})
    assert float(entity_state(hass, entry, "cost_total").state) == pytest.approx(0.5 + 0.2)


async def test_what_was_chosen_is_shown_and_can_be_taken_back(
    hass: HomeAssistant, entry: MockConfigEntry, printer: OctoPrint, plug: er.RegistryEntry
) -> None:
    await async_answer(hass, await async_choose(hass, entry, printer), meter=plug.entity_id)
    await async_settle(hass, entry)
    page = await async_choose(hass, entry, printer)
    assert suggested(page) == {"meter": plug.entity_id}
    registry = er.async_get(hass)
    key = printer_key(entry, printer)
    assert registry.async_get_entity_id("sensor", DOMAIN, f"{key}_energy_total")
    assert not registry.async_get_entity_id("sensor", DOMAIN, f"{key}_cost_total"), "there is no price"

    result = await async_answer(hass, page, meter=plug.entity_id, price=1, price_sensor="sensor.price")
    assert error_of(result, "options") == "one_price"
    assert suggested(result) == {"meter": plug.entity_id, "price": 1, "price_sensor": "sensor.price"}
    result = await async_answer(hass, page)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert entry.options["energy"] == {}
    await async_settle(hass, entry)
    assert not registry.async_get_entity_id("sensor", DOMAIN, f"{key}_energy_total")


async def test_without_printers_there_is_nothing_to_measure(hass: HomeAssistant) -> None:
    entry = await async_setup(hass)
    menu: Any = await hass.config_entries.options.async_init(entry.entry_id)
    assert "energy" not in menu["menu_options"]
