"""Saving our own options while a print is in hand: the entry is reloaded for real, and no count changes.

tests/printers/test_reloading.py does the same at every moment of the whole corpus, without Home Assistant.
"""

from datetime import UTC, datetime, timedelta
from itertools import zip_longest
from typing import Any, Final

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.printernizer_stats.printers.profiles import PROFILES

from ..clock import async_fire_due
from ..forms import async_open_options, defaults
from ..helpers import async_settle, async_setup
from ..house import House, async_house
from ..proofs import part, tries
from ..replaying import Scenario, scenarios

BEGIN: Final = datetime(2026, 10, 14, 8, tzinfo=UTC)
# Of the run of Home Assistant and of the file, not of prints.
NOT_COUNTED: Final = ("app_", "uptime", "events_stored")
# Once all was shown the options are saved so much later, in seconds, while the outcome is not certain yet.
AFTERWARDS: Final = (1, 30, 59, 90)
EVERY_ROW: Final = tries(1, fast=2)
"""Of the rows, so manieth are followed by saving."""
EVERY_COURSE: Final = tries(1, fast=4)
"""Of the courses, so manieth are shown."""


def courses() -> list[Scenario]:
    """Return a print of each profile without a restart, if there is one whose printer was away."""
    found: dict[str, Scenario] = {}
    for away in (True, False):
        for each in scenarios():
            whole = not any(row[1] == "restart" for row in each.rows)
            gone = any("unavailable" in row or "offline" in row for row in each.rows)
            if whole and gone == away and "job_created" in [name for name, _ in each.expected]:
                found.setdefault(each.integration, each)
    return list(found.values())


async def async_save(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Change a constant that no course comes near to, on its page."""
    runtime = entry.runtime_data
    page = await async_open_options(hass, entry, "advanced")
    changed = {**defaults(page), "lost_hours": defaults(page)["lost_hours"] + 1}
    await hass.config_entries.options.async_configure(page["flow_id"], changed)
    await async_settle(hass, entry)
    assert entry.runtime_data is not runtime, "it was reloaded"


def is_in_hand(entry: MockConfigEntry, key: str) -> bool:
    """Whether a print is under way, or its end not settled yet."""
    return entry.runtime_data.tracker.sessions[key].job is not None


async def async_count(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, scenario: Scenario, house: House, *, save: bool
) -> dict[str, Any]:
    """Show the rows of a scenario, save the options at each one with a print in hand; returns what counts."""
    freezer.move_to(BEGIN)
    entry = await async_setup(hass, printers=[house.printer.id], lost_hours=100)
    (key,) = entry.runtime_data.printers
    saved = 0
    following = [row[0] for row in scenario.rows[1:]]
    for number, ((at, what, *rest), later) in enumerate(zip_longest(scenario.rows, following)):
        freezer.move_to(BEGIN + timedelta(seconds=at))
        async_fire_due(hass)
        await hass.async_block_till_done()
        if what == "event":
            house.fire(rest[0])
        else:
            house.show(what, *rest)
        await hass.async_block_till_done()
        # What is shown in one second comes with one update of the integration.
        if save and at != later and number % EVERY_ROW == 0 and is_in_hand(entry, key):
            await async_save(hass, entry)
            saved += 1
    for seconds in AFTERWARDS:
        freezer.move_to(BEGIN + timedelta(seconds=scenario.rows[-1][0] + seconds))
        async_fire_due(hass)
        await hass.async_block_till_done()
        if save and is_in_hand(entry, key):
            await async_save(hass, entry)
            saved += 1
    assert (saved > 0) == save
    freezer.tick(timedelta(days=1))
    async_fire_due(hass)
    await async_settle(hass, entry)
    counts = entry.runtime_data.coordinator.data.of()
    counted = {key: number for key, number in counts.items() if not key.startswith(NOT_COUNTED)}
    await hass.config_entries.async_remove(entry.entry_id)
    await hass.async_block_till_done()
    return counted


@pytest.mark.parametrize("scenario", part(courses(), EVERY_COURSE), ids=lambda each: each.id)
async def test_saving_the_options_in_the_middle_of_a_print_changes_no_count(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, scenario: Scenario
) -> None:
    house = async_house(hass, PROFILES[scenario.integration].domain, scenario.printer)
    for row in scenario.rows:
        if row[1] != "event":
            house.entity(row[1])
    undisturbed = await async_count(hass, freezer, scenario, house, save=False)
    for entity_id in hass.states.async_entity_ids():
        hass.states.async_remove(entity_id)
    saved = await async_count(hass, freezer, scenario, house, save=True)
    assert saved == undisturbed
