"""Two printers on a Wednesday morning: one that prints, and one that does not."""

from typing import Final

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from ..helpers import OctoPrint, async_setup

WEDNESDAY: Final = "2026-10-14 10:00:00-07:00"


@pytest.fixture
def printer(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> OctoPrint:
    """Show an idle printer."""
    freezer.move_to(WEDNESDAY)
    printer = OctoPrint(hass, "abc", "Prusa MK4")
    printer.show("operational", 0)
    return printer


@pytest.fixture
def other(hass: HomeAssistant, printer: OctoPrint) -> OctoPrint:
    """Show a second one, which prints nothing."""
    other = OctoPrint(hass, "def", "Ender 3")
    other.show("operational", 0)
    return other


@pytest.fixture
async def entry(hass: HomeAssistant, printer: OctoPrint, other: OctoPrint) -> MockConfigEntry:
    """Count both printers."""
    return await async_setup(hass, printers=[printer.id, other.id])
