"""Kept alarms: which were told of each service, among the settings of the statistics file."""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import Connection

from ..store.settings import get_setting, set_setting
from .changes import Known

_KEY: Final = "fleet_alarms"


def kept(conn: Connection, subentry: str) -> Known | None:
    """Return what was kept of a service, None before its first look."""
    stored: Mapping[str, Any] | None = (get_setting(conn, _KEY) or {}).get(subentry)
    if stored is None:
        return None
    return {int(number): (state, times) for number, (state, times) in stored.items()}


def keep(conn: Connection, subentry: str, known: Known) -> None:
    """Keep what is known of a service now."""
    rest: Mapping[str, Any] = get_setting(conn, _KEY) or {}
    set_setting(conn, _KEY, {**rest, subentry: {str(number): each for number, each in known.items()}})
