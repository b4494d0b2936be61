"""Handover over a reload of our own entry: what is known of the printers goes on, as if nothing had been.

It is kept in memory alone, for the moment that a reload takes. Only what the file says too is taken over:
what was deleted, imported or restored meanwhile counts as stored.
"""

from collections.abc import Mapping
from dataclasses import dataclass
import json
from typing import Any, Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.util.hass_dict import HassKey

from ..const import DOMAIN
from ..core.prints.session import PrintSession
from .printer_view import PrinterView

# A reload takes a moment; after longer nobody has seen the printers meanwhile. In seconds.
_MOMENT: Final = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """Print sessions and what entities showed, by our own key, and what was `stored` of them at `at`."""

    at: float
    sessions: Mapping[str, PrintSession]
    stored: Mapping[str, Any]
    views: Mapping[str, PrinterView]


_HANDOVER: Final[HassKey[Handover]] = HassKey(f"{DOMAIN}_handover")


@callback
def async_hand_over(hass: HomeAssistant, handover: Handover) -> None:
    """Keep what is known for the next set-up in this run of Home Assistant."""
    hass.data[_HANDOVER] = handover


@callback
def async_take_over(hass: HomeAssistant, now: float, saved: Mapping[str, Any]) -> Handover | None:
    """Return what was known a moment ago, of the printers that the file says the same of; else None."""
    handover = hass.data.pop(_HANDOVER, None)
    if handover is None or not 0 <= now - handover.at <= _MOMENT:
        return None
    stored = json.loads(json.dumps(handover.stored))
    same = {key for key in handover.sessions if key in saved and saved[key] == stored[key]}
    return Handover(
        at=handover.at,
        sessions={key: handover.sessions[key] for key in same},
        stored={},
        views={key: view for key, view in handover.views.items() if key in same},
    )


@callback
def async_forget_handover(hass: HomeAssistant) -> None:
    """Forget what is kept."""
    hass.data.pop(_HANDOVER, None)
