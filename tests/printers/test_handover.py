"""What is known of printers goes on over a reload, and only there."""

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.util.dt import utcnow
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.printernizer_stats.printers.handover import async_take_over

from ..helpers import async_pass, async_settle, async_setup
from ..house import House, async_house


async def async_printing(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory
) -> tuple[MockConfigEntry, House]:
    """Return an entry and a printer that has printed for ten minutes."""
    house = async_house(hass, "moonraker", "01JMOON")
    house.show("01JMOON_print_state", "standby")
    entry = await async_setup(hass, printers=[house.printer.id])
    house.show("01JMOON_print_state", "printing")
    await async_pass(hass, entry, freezer, minutes=10)
    return entry, house


async def async_seconds(
    hass: HomeAssistant, entry: MockConfigEntry, freezer: FrozenDateTimeFactory, house: House
) -> int:
    """Let the print go on for ten minutes and end; returns the print time that is counted."""
    await async_pass(hass, entry, freezer, minutes=10)
    house.show("01JMOON_print_state", "complete")
    await async_pass(hass, entry, freezer, minutes=5)
    seconds: int = entry.runtime_data.coordinator.data.of().get("print_seconds", 0)
    return seconds


@pytest.mark.parametrize(("off", "counted"), [(0, 1200), (60, 1260), (600, 1800)])
async def test_sessions_go_on_for_a_moment_and_are_read_from_the_file_later(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, off: int, counted: int
) -> None:
    """Either way the time counts: Home Assistant has seen the printer print without a change."""
    entry, house = await async_printing(hass, freezer)
    session = next(iter(entry.runtime_data.tracker.sessions.values()))
    assert await hass.config_entries.async_unload(entry.entry_id)
    freezer.tick(off)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await async_settle(hass, entry)
    assert (session in entry.runtime_data.tracker.sessions.values()) == (off <= 60)
    assert await async_seconds(hass, entry, freezer, house) == counted


async def test_what_the_file_says_otherwise_is_not_taken_over(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory
) -> None:
    entry, _ = await async_printing(hass, freezer)
    (key,) = entry.runtime_data.printers
    stored = dict(entry.runtime_data.tracker.async_save())
    now = utcnow().timestamp()
    for saved, taken in (({}, set()), ({key: {**stored[key], "job": None}}, set()), (stored, {key})):
        assert await hass.config_entries.async_unload(entry.entry_id)
        handover = async_take_over(hass, now, saved)
        assert handover is not None
        assert set(handover.sessions) == set(handover.views) == taken
        assert async_take_over(hass, now, saved) is None, "it is taken over once"
        assert await hass.config_entries.async_setup(entry.entry_id)
        await async_settle(hass, entry)


async def test_an_entry_that_was_removed_leaves_nothing_behind(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory
) -> None:
    entry, _ = await async_printing(hass, freezer)
    await hass.config_entries.async_remove(entry.entry_id)
    assert async_take_over(hass, utcnow().timestamp(), {}) is None
