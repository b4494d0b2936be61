"""Logbook: usage events as sentences."""

from collections.abc import Callable
from datetime import timedelta
from typing import Final

from homeassistant.components.logbook.const import LOGBOOK_ENTRY_MESSAGE, LOGBOOK_ENTRY_NAME
from homeassistant.components.logbook.models import LazyEventPartialState
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers.translation import async_get_cached_translations

from .const import DOMAIN, EVENT_USAGE, NAME
from .history.tables import async_names
from .runtime import loaded_runtime

type Described = Event | LazyEventPartialState
_TEXT: Final = f"component.{DOMAIN}.selector.event_type.options."


@callback
def async_describe_events(
    hass: HomeAssistant,
    async_describe_event: Callable[[str, str, Callable[[Described], dict[str, str]]], None],
) -> None:
    """Say who did what, in the language of this Home Assistant."""

    @callback
    def describe(event: Described) -> dict[str, str]:
        texts = async_get_cached_translations(hass, hass.config.language, "selector", DOMAIN)
        runtime = loaded_runtime(hass)
        names = async_names(hass, runtime) if runtime else {}
        data = event.data
        text = texts.get(f"{_TEXT}{data['type']}", str(data["type"]))
        if seconds := data.get("duration_seconds"):
            text = f"{text} ({timedelta(seconds=seconds)})"
        return {
            LOGBOOK_ENTRY_NAME: names.get(data["printer"]) or NAME,
            LOGBOOK_ENTRY_MESSAGE: text,
        }

    async_describe_event(DOMAIN, EVENT_USAGE, describe)
