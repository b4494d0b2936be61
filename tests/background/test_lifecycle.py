"""Features that are switched are counted once, when they are."""

from homeassistant.core import HomeAssistant
import pytest

from custom_components.printernizer_stats.background.lifecycle import feature_changes

from ..helpers import StatisticsService, async_settle, async_setup


@pytest.mark.parametrize(
    ("before", "now", "types"),
    [
        ({}, {"sharing_enabled": False}, []),
        ({}, {"sharing_enabled": True}, ["feature_enabled"]),
        ({"sharing_enabled": True}, {"sharing_enabled": True}, []),
        ({"sharing_enabled": True}, {"sharing_enabled": False}, ["feature_disabled"]),
    ],
)
def test_changes(before: dict[str, bool], now: dict[str, bool], types: list[str]) -> None:
    changes = feature_changes(before, now, 1.0)
    assert [each.type for each in changes] == types
    assert all(each.data == {"feature": "sharing_enabled"} for each in changes)


async def test_sharing_switched_on_and_off(hass: HomeAssistant, service: StatisticsService) -> None:
    entry = await async_setup(hass, **service.options())
    for share in (True, False, False):
        hass.config_entries.async_update_entry(entry, options={**entry.options, "share": share})
        await hass.config_entries.async_reload(entry.entry_id)
        await async_settle(hass, entry)
    counted = entry.runtime_data.coordinator.data.of()
    assert (counted["feature_enabled"], counted["feature_disabled"]) == (1, 1)
