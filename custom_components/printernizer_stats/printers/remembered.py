"""Remembered printers: what they were recognized as; their registry entries stand for them afterwards.

An update of an integration may give its entities other unique ids, which no pattern knows. The entries in
Home Assistant's registry stay the same.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.util.hass_dict import HassKey

from ..const import DOMAIN
from .profiles import Role

_REMEMBERED: Final[HassKey[Mapping[str, Remembered]]] = HassKey(f"{DOMAIN}_remembered")


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """The key of a printer's profile, and what the entities beside its state tell, by their registry ids."""

    profile: str
    parts: Mapping[str, Role] = field(default_factory=dict)


@callback
def async_remembered(hass: HomeAssistant) -> Mapping[str, Remembered]:
    """Return what is remembered, by the registry id of the state entity."""
    return hass.data.get(_REMEMBERED, {})


@callback
def async_set_remembered(hass: HomeAssistant, printers: Mapping[str, Remembered]) -> None:
    """Let everybody who looks for printers know of these."""
    hass.data[_REMEMBERED] = printers
