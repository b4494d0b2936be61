"""Run marker in the file: whether the last run ended properly, and which features it had turned on."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from sqlalchemy import Connection

from ..const import CONF_DASHBOARD, CONF_SHARE
from ..core.models import UsageEvent
from ..core.store.settings import get_setting, set_setting
from .lifecycle import feature_changes, unclean_stop

_RUNNING: Final = "running"
_FEATURES: Final = "features"
_SWITCHES: Final = {"sharing_enabled": CONF_SHARE, "dashboard_enabled": CONF_DASHBOARD}


@dataclass(frozen=True, slots=True, kw_only=True)
class RunMarker:
    """How the run before this one ended, and the features before and now."""

    clean: bool
    before: Mapping[str, bool]
    now: Mapping[str, bool]

    @classmethod
    def begin(cls, conn: Connection, options: Mapping[str, Any]) -> Self:
        """Mark the file as in use, with the features that are on now."""
        clean, before = not get_setting(conn, _RUNNING), get_setting(conn, _FEATURES) or {}
        now = {name: bool(options.get(key)) for name, key in _SWITCHES.items()}
        set_setting(conn, _RUNNING, value=True)
        set_setting(conn, _FEATURES, now)
        return cls(clean=clean, before=before, now=now)

    def events(self, at: float) -> Iterator[UsageEvent]:
        """Yield what is to be told of the time between the runs."""
        if not self.clean:
            yield unclean_stop(at)
        yield from feature_changes(self.before, self.now, at)


def end_run(conn: Connection) -> None:
    """Mark the file as properly left."""
    set_setting(conn, _RUNNING, value=False)
