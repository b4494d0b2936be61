"""Home Assistant's own life: start, stop, a stop that was none, and measured uptime."""

from collections.abc import Callable, Mapping
import platform
import sys
import time
from typing import Final

from ..core.counters import UPTIME_SECONDS
from ..core.models import UsageEvent

_PLATFORMS: Final = {"linux": "linux", "darwin": "darwin", "win32": "windows"}


def platform_name() -> str:
    """The operating system, in a word of the dictionary."""
    return _PLATFORMS.get(sys.platform, "other")


def python_version() -> str:
    """The Python version, without its patch level."""
    return ".".join(platform.python_version_tuple()[:2])


def app_start(at: float, app_version: str) -> UsageEvent:
    """Counting began in this run of Home Assistant."""
    data = {
        "app_version": app_version,
        "python_version": python_version(),
        "platform": platform_name(),
        "deployment_mode": "homeassistant",
    }
    return UsageEvent(type="app_start", at=at, data=data)


def unclean_stop(at: float) -> UsageEvent:
    """The run before this one ended without saying so."""
    data = {"error_type": "unclean_shutdown_error", "component": "integration"}
    return UsageEvent(type="error_occurred", at=at, data=data)


def feature_changes(before: Mapping[str, bool], now: Mapping[str, bool], at: float) -> list[UsageEvent]:
    """The features that were switched since the run before; one that nobody knew of was off."""
    return [
        UsageEvent(
            type="feature_enabled" if enabled else "feature_disabled", at=at, data={"feature": feature}
        )
        for feature, enabled in now.items()
        if enabled != before.get(feature, False)
    ]


class Uptime:
    """Measures how long we have been counting, by the monotonic clock."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._begun = self._taken = clock()

    @property
    def seconds(self) -> int:
        """Whole seconds since the start."""
        return int(self._clock() - self._begun)

    @property
    def pending(self) -> int:
        """Whole seconds that have not been taken yet."""
        return int(self._clock() - self._taken)

    def take(self) -> dict[str, int]:
        """Return the seconds since the last call as counter amounts; each second is given once."""
        seconds = self.pending
        self._taken += seconds
        return {UPTIME_SECONDS: seconds} if seconds else {}
