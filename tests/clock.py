"""Time that goes by in tests: what is due happens in its order, and nothing is given up too early."""

from datetime import timedelta
import time
from typing import Final
from unittest.mock import patch

from homeassistant.core import HomeAssistant
from homeassistant.helpers.event import RANDOM_MICROSECOND_MAX
from homeassistant.util import dt as dt_util
from homeassistant.util.async_ import get_scheduled_timer_handles

SECONDS: Final = 300.0
"""How long anything may take on a busy machine before a test gives up."""
_RESOLUTION: Final = time.get_clock_info("monotonic").resolution


def async_fire_due(hass: HomeAssistant) -> None:
    """Let what is due by now happen, the earliest first, as the event loop would.

    The plugin's async_fire_time_changed does the same with two mocks per timer, whose making costs more
    than most of what is due, and goes through the loop's heap as it lies; a heap that is sorted is still one.
    """
    handles = get_scheduled_timer_handles(hass.loop)
    handles.sort()
    # Home Assistant spreads what is due in a second over its first half.
    now = dt_util.utcnow() + timedelta(microseconds=RANDOM_MICROSECOND_MAX)
    at = now.timestamp()
    with (
        patch("homeassistant.helpers.event.time_tracker_utcnow", lambda: now),
        patch("homeassistant.helpers.event.time_tracker_timestamp", lambda: at),
    ):
        for handle in list(handles):
            if handle.cancelled():
                continue
            if at - time.time() >= handle.when() - hass.loop.time() - _RESOLUTION:
                handle._run()
                handle.cancel()
