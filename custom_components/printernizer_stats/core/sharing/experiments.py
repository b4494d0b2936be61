"""Experiments: the variant that this home drew, once and at home, of each that the dictionary declares."""

from collections.abc import Mapping
from datetime import date, timedelta
from random import Random
from typing import Any, Final

from sqlalchemy import Connection

from ..dictionary import DICTIONARY, Experiment
from ..store.settings import get_setting, remove_setting, set_setting

_KEY: Final = "experiments"
_PERCENT: Final = 100


def draw(conn: Connection, today: date, random: Random) -> None:
    """Draw for each experiment that is new here; forget those that are over."""
    drawn: dict[str, Any] = get_setting(conn, _KEY) or {}
    known: dict[str, Any] = {}
    for name, declared in DICTIONARY.experiments.items():
        is_busy = _running(known | drawn, today) is not None
        variant = None if is_busy else _variant(declared, random)
        known[name] = drawn.get(name) or {"variant": variant, "since": today.isoformat()}
    if known:
        set_setting(conn, _KEY, known)
    elif drawn:
        remove_setting(conn, _KEY)


def current(conn: Connection, day: date) -> tuple[str, str] | None:
    """Return the experiment that this home takes part in on a day, with its variant: one at most."""
    return _running(get_setting(conn, _KEY) or {}, day)


def _running(drawn: Mapping[str, Any], day: date) -> tuple[str, str] | None:
    for name, declared in DICTIONARY.experiments.items():
        if (entry := drawn.get(name)) is None or entry["variant"] is None:
            continue
        if day < date.fromisoformat(entry["since"]) + timedelta(weeks=declared.horizon_weeks):
            return name, str(entry["variant"])
    return None


def _variant(declared: Experiment, random: Random) -> str | None:
    """Draw a variant, None for a home that does not take part."""
    takes_part = random.randrange(_PERCENT) < declared.population
    return random.choice(declared.variants) if takes_part else None
