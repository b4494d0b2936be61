"""What all actions have in common."""

from homeassistant.core import ServiceCall
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import service

from .const import DOMAIN
from .runtime import Runtime, StatsConfigEntry


def entry_of(call: ServiceCall) -> StatsConfigEntry:
    """Return the loaded entry; raises a translated error when there is none."""
    entry: StatsConfigEntry = service.async_get_config_entry(call.hass, DOMAIN, None)
    return entry


def runtime_of(call: ServiceCall) -> Runtime:
    """Return the loaded entry's parts; raises a translated error when there is none."""
    return entry_of(call).runtime_data


def invalid(key: str, **placeholders: str) -> ServiceValidationError:
    """Return a translated error about what was asked for."""
    return ServiceValidationError(
        translation_domain=DOMAIN, translation_key=key, translation_placeholders=placeholders
    )
