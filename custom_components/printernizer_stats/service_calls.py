"""Service calls: the loaded entry, translated errors, and how long anything may take."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Final

from homeassistant.core import ServiceCall, ServiceResponse
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import service

from .const import DOMAIN
from .core.store import STORE_ERRORS
from .runtime import Runtime, StatsConfigEntry

PATIENCE_SECONDS: Final = 30.0
"""How long anything waits that concerns the statistics file only."""
_LONG_SECONDS: Final = 600.0
"""How long at most where a service, or a file of any length, has its own time besides."""

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


async def async_within[T](seconds: float, answering: Awaitable[T]) -> T:
    """Return the answer; raises a translated error when the file fails, or none came in time (seconds)."""
    try:
        async with asyncio.timeout(seconds):
            return await answering
    except STORE_ERRORS as error:
        raise HomeAssistantError(translation_domain=DOMAIN, translation_key="storage_failed") from error


def in_seconds(action: Action) -> Action:
    """Return the action with a translated error for a file that fails, or that is not written for long."""

    async def act(call: ServiceCall) -> ServiceResponse:
        return await async_within(PATIENCE_SECONDS, action(call))

    return act


def in_minutes(action: Action) -> Action:
    """Return an action that waits for a service, or for a file of any length, besides.

    It begins only once the statistics file takes what waits to be written.
    """

    async def act(call: ServiceCall) -> ServiceResponse:
        await async_within(PATIENCE_SECONDS, runtime_of(call).async_catch_up())
        return await async_within(_LONG_SECONDS, action(call))

    return act
