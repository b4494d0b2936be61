"""Time that goes by in tests: what is due happens in its order, and nothing is given up too early."""

from typing import Final

from homeassistant.core import HomeAssistant
from homeassistant.util.async_ import get_scheduled_timer_handles
from pytest_homeassistant_custom_component.common import async_fire_time_changed

SECONDS: Final = 300.0
"""How long anything may take on a busy machine before a test gives up."""


def async_fire_due(hass: HomeAssistant) -> None:
    """Let what is due by now happen, the earliest first, as the event loop would."""
    # The plugin goes through the loop's heap as it lies; a heap that is sorted is still one.
    get_scheduled_timer_handles(hass.loop).sort()
    async_fire_time_changed(hass)
