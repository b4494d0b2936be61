"""The options page for maintenance."""

from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType, InvalidData
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from ..forms import async_open_options, labels, page_text
from ..helpers import OctoPrint, async_print, async_setup, entity_state, printer_key


async def async_change(hass: HomeAssistant, entry: MockConfigEntry, **typed: Any) -> None:
    """Fill in the page and send it."""
    page = await async_open_options(hass, entry, "maintenance")
    result = await hass.config_entries.options.async_configure(page["flow_id"], {"done": False, **typed})
    await hass.async_block_till_done()
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_maintenance_of_several_printers_at_once(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory
) -> None:
    one, two = OctoPrint(hass, "a", "Prusa | MK4"), OctoPrint(hass, "b", "Ender")
    entry = await async_setup(hass, printers=[one.id, two.id])
    before = entry.runtime_data
    keys = {name: printer_key(entry, each) for name, each in (("one", one), ("two", two))}
    for _ in range(2):
        await async_print(hass, entry, freezer, one)

    page = await async_open_options(hass, entry, "maintenance")
    assert labels(page) == {keys["two"]: "Ender (OctoPrint)", keys["one"]: "Prusa | MK4 (OctoPrint)"}
    assert "| Prusa &#124; MK4 &#40;OctoPrint&#41; |  | 2 | No interval set |" in page_text(page)
    assert "| Ender &#40;OctoPrint&#41; |  | 0 | No interval set |" in page_text(page)

    await async_change(hass, entry, printers=list(keys.values()), interval_hours=2)
    assert entity_state(hass, entry, "maintenance_due", "binary_sensor", one).state == "on"
    assert entity_state(hass, entry, "maintenance_due", "binary_sensor", two).state == "off"
    shown = page_text(await async_open_options(hass, entry, "maintenance"))
    assert "| Prusa &#124; MK4 &#40;OctoPrint&#41; | 2 | 2 | Due |" in shown
    assert "| Ender &#40;OctoPrint&#41; | 2 | 0 | Not due |" in shown

    await async_change(hass, entry, printers=[keys["one"]], done=True)
    assert entity_state(hass, entry, "maintenance_due", "binary_sensor", one).state == "off"
    shown = page_text(await async_open_options(hass, entry, "maintenance"))
    assert "| Prusa &#124; MK4 &#40;OctoPrint&#41; | 2 | 0 | Not due |" in shown
    # Nothing of this is an option, so nothing was reloaded.
    assert entry.runtime_data is before


@pytest.mark.parametrize("hours", [-1, 10001, "often"])
async def test_the_interval_has_bounds(hass: HomeAssistant, hours: object) -> None:
    entry = await async_setup(hass, printers=[OctoPrint(hass).id])
    page = await async_open_options(hass, entry, "maintenance")
    typed = {"printers": [], "interval_hours": hours, "done": False}
    with pytest.raises(InvalidData):
        await hass.config_entries.options.async_configure(page["flow_id"], typed)


async def test_without_printers_there_is_nothing_to_maintain(hass: HomeAssistant) -> None:
    entry = await async_setup(hass)
    menu: Any = await hass.config_entries.options.async_init(entry.entry_id)
    assert not {"maintenance", "energy"} & set(menu["menu_options"])
