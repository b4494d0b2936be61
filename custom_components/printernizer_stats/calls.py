"""What all actions have in common."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from homeassistant.core import ServiceCall, ServiceResponse
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import service

from .const import DOMAIN
from .runtime import Runtime, StatsConfigEntry
from .store import STORE_ERRORS

type Action = Callable[[ServiceCall], Coroutine[Any, Any, ServiceResponse]]


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


def guarded(action: Action, patience: float | None) -> Action:
    """Return the action with a translated error for a file that fails, or not within so many seconds."""

    async def act(call: ServiceCall) -> ServiceResponse:
        try:
            async with asyncio.timeout(patience):
                return await action(call)
        except STORE_ERRORS as error:
            raise HomeAssistantError(translation_domain=DOMAIN, translation_key="storage_failed") from error

    return act
