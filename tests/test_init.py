"""Set-up, unload and removal of the entry."""

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import MockConfigEntry


async def test_setup(hass: HomeAssistant) -> None:
    entry = MockConfigEntry(domain="printernizer_stats", title="x", options={"share": False})
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    assert entry.state is ConfigEntryState.LOADED
    for s in hass.states.async_all():
        print(s.entity_id, s.state, s.attributes.get("unit_of_measurement"))
    assert await hass.config_entries.async_unload(entry.entry_id)
