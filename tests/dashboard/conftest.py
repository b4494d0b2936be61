"""A Home Assistant with a web interface, and a printer whose prints the dashboard shows."""

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
)

from ..helpers import (
    OctoPrint,
    async_setup,
)


@pytest.fixture
def wednesday(freezer: FrozenDateTimeFactory) -> None:
    """Begin on a Wednesday morning, local time."""
    freezer.move_to("2026-10-14 10:00:00-07:00")


@pytest.fixture
def printer(hass: HomeAssistant) -> OctoPrint:
    """Show an idle printer."""
    printer = OctoPrint(hass, "abc", "Prusa MK4")
    printer.show("operational", 0)
    return printer


@pytest.fixture
async def web(hass: HomeAssistant) -> None:
    """Set up the web interface."""
    assert await async_setup_component(hass, "frontend", {})
    await hass.async_block_till_done()


@pytest.fixture
async def entry(hass: HomeAssistant, web: None, printer: OctoPrint) -> MockConfigEntry:
    """Count the printer, with the dashboard in the sidebar."""
    return await async_setup(hass, printers=[printer.id], dashboard=True)
