"""Maintenance of each printer, as a person sees it and says that it was done."""

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from ..helpers import OctoPrint, async_act, async_print, async_settle, async_setup, entity_state


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


async def async_call(
    hass: HomeAssistant, entry: MockConfigEntry, printer: OctoPrint, domain: str, key: str, value: int
) -> None:
    """Set the number, or press the button."""
    entity_id = entity_state(hass, entry, key, domain, printer).entity_id
    action, data = ("set_value", {"value": value}) if domain == "number" else ("press", {})
    await hass.services.async_call(domain, action, {"entity_id": entity_id, **data}, blocking=True)
    await async_settle(hass, entry)


def shown(hass: HomeAssistant, entry: MockConfigEntry, printer: OctoPrint) -> tuple[float, float, str]:
    """Return the interval and the print time since, in hours, and whether maintenance is due."""
    return (
        float(entity_state(hass, entry, "maintenance_interval", "number", printer).state),
        float(entity_state(hass, entry, "hours_since_maintenance", "sensor", printer).state),
        entity_state(hass, entry, "maintenance_due", "binary_sensor", printer).state,
    )


async def test_it_is_due_after_so_many_hours_and_then_done(
    hass: HomeAssistant, entry: MockConfigEntry, printer: OctoPrint, freezer: FrozenDateTimeFactory
) -> None:
    assert shown(hass, entry, printer) == (0, 0, "off")
    await async_print(hass, entry, freezer, printer)
    assert shown(hass, entry, printer) == (0, 1, "off"), "without an interval it is never due"
    await async_call(hass, entry, printer, "number", "maintenance_interval", 2)
    assert shown(hass, entry, printer) == (2, 1, "off")
    await async_print(hass, entry, freezer, printer)
    assert shown(hass, entry, printer) == (2, 2, "on")
    await async_call(hass, entry, printer, "button", "maintenance_done", 0)
    assert shown(hass, entry, printer) == (2, 0, "off")
    await async_print(hass, entry, freezer, printer)
    assert shown(hass, entry, printer) == (2, 1, "off")
    assert float(entity_state(hass, entry, "print_time", printer=printer).state) == 3


async def test_it_survives_a_reload(
    hass: HomeAssistant, entry: MockConfigEntry, printer: OctoPrint, freezer: FrozenDateTimeFactory
) -> None:
    await async_print(hass, entry, freezer, printer)
    await async_call(hass, entry, printer, "button", "maintenance_done", 0)
    await async_call(hass, entry, printer, "number", "maintenance_interval", 50)
    await async_print(hass, entry, freezer, printer)
    assert await hass.config_entries.async_reload(entry.entry_id)
    await async_settle(hass, entry)
    assert shown(hass, entry, printer) == (50, 1, "off")


async def test_deleting_everything_begins_anew_and_keeps_the_interval(
    hass: HomeAssistant, entry: MockConfigEntry, printer: OctoPrint, freezer: FrozenDateTimeFactory
) -> None:
    await async_print(hass, entry, freezer, printer)
    await async_call(hass, entry, printer, "number", "maintenance_interval", 1)
    await async_call(hass, entry, printer, "button", "maintenance_done", 0)
    await async_act(hass, "delete_data", {"confirm": True})
    await async_settle(hass, entry)
    assert shown(hass, entry, printer) == (1, 0, "off")
    await async_print(hass, entry, freezer, printer)
    assert shown(hass, entry, printer) == (1, 1, "on")
