"""Clock: the time in epoch seconds, and a timer that is set anew or stopped, as Home Assistant has them."""

from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from typing import Any

from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.helpers.event import async_track_point_in_utc_time
from homeassistant.util import dt as dt_util


def now() -> float:
    """Return the time in epoch seconds."""
    return dt_util.utcnow().timestamp()


class Timer:
    """One timer: setting it forgets what it was set to before."""

    def __init__(
        self,
        hass: HomeAssistant,
        name: str,
        action: Callable[[datetime], Coroutine[Any, Any, None] | None],
    ) -> None:
        self._hass = hass
        self._job = HassJob(action, f"printernizer_stats {name}", cancel_on_shutdown=True)
        self._cancel: CALLBACK_TYPE | None = None

    @property
    def is_set(self) -> bool:
        """Whether it was set and not stopped since."""
        return self._cancel is not None

    @callback
    def async_set(self, due: float) -> None:
        """Call the action at that time (epoch seconds)."""
        self.async_stop()
        moment = datetime.fromtimestamp(due, UTC)
        self._cancel = async_track_point_in_utc_time(self._hass, self._job, moment)

    @callback
    def async_stop(self) -> None:
        """Forget when the action was due."""
        if self._cancel is not None:
            self._cancel()
            self._cancel = None
