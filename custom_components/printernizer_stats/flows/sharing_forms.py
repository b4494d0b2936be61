"""Sharing forms, and the check of what was typed."""

from collections.abc import Collection, Mapping
import os
from typing import Any, Final

from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)
import voluptuous as vol

from ..background.connections import async_connect
from ..const import (
    CONF_CATEGORIES,
    CONF_CLIENT_KEY,
    CONF_ENDPOINT,
    CONF_PSEUDONYMOUS,
    CONF_SERVER,
    CONF_SHARE,
    DEFAULT_CLIENT_KEY,
    DEFAULT_ENDPOINT,
)
from ..core.dictionary import BASE, DICTIONARY
from ..core.sharing.api import Verdict, async_discover, async_probe
from ..core.sharing.endpoint import endpoint_error, is_default
from ..core.sharing.service_info import ServiceInfo
from ..core.sharing.settings import asks_not_to_track

_FAILED: Final = {
    Verdict.UNREACHABLE: "cannot_connect",
    Verdict.KEY_REFUSED: "key_refused",
    Verdict.UNTRUSTED: "untrusted",
}


def server_schema(defaults: Mapping[str, Any]) -> vol.Schema:
    """Return the fields of the service that reports go to."""
    endpoint = defaults.get(CONF_ENDPOINT, DEFAULT_ENDPOINT)
    client_key = defaults.get(CONF_CLIENT_KEY, DEFAULT_CLIENT_KEY)
    address = TextSelector(TextSelectorConfig(type=TextSelectorType.URL))
    return vol.Schema(
        {
            vol.Required(CONF_ENDPOINT, default=endpoint): address,
            vol.Required(CONF_CLIENT_KEY, default=client_key): TextSelector(),
        }
    )


def sharing_schema(defaults: Mapping[str, Any]) -> vol.Schema:
    """Return the form that asks whether to share, and with whom."""
    return vol.Schema(
        {
            vol.Required(CONF_SHARE, default=defaults.get(CONF_SHARE, False)): bool,
            vol.Required(CONF_SERVER): section(server_schema(defaults), {"collapsed": True}),
        }
    )


def categories_schema(agreed: Collection[str]) -> vol.Schema:
    """Return the form that asks what to share beside the basics."""
    offered = [each for each in DICTIONARY.categories if each != BASE]
    choice = SelectSelector(
        SelectSelectorConfig(
            options=offered, multiple=True, mode=SelectSelectorMode.LIST, translation_key="category"
        )
    )
    ticked = [each for each in offered if each in agreed]
    return vol.Schema({vol.Required(CONF_CATEGORIES, default=ticked): choice})


def ticks_schema(ticks: Mapping[str, bool]) -> vol.Schema:
    """Return a form of boxes, ticked or not."""
    return vol.Schema({vol.Required(each, default=ticked): bool for each, ticked in ticks.items()})


async def async_check_sharing(
    hass: HomeAssistant, user_input: Mapping[str, Any]
) -> tuple[dict[str, Any], str | None]:
    """Return the options to store and what is wrong with them; asks the service only when sharing is on."""
    server = user_input[CONF_SERVER]
    options: dict[str, Any] = {
        CONF_SHARE: user_input[CONF_SHARE],
        CONF_PSEUDONYMOUS: None,
        CONF_ENDPOINT: server[CONF_ENDPOINT].strip(),
        CONF_CLIENT_KEY: server[CONF_CLIENT_KEY].strip(),
    }
    if error := endpoint_error(options[CONF_ENDPOINT]):
        return options, error
    if not options[CONF_SHARE]:
        return options, None
    if asks_not_to_track(os.environ):
        return options, "do_not_track"
    async with async_connect(hass) as session:
        verdict = await async_probe(session, options[CONF_ENDPOINT], options[CONF_CLIENT_KEY])
    if error := _FAILED.get(verdict):
        return options, error
    async with async_connect(hass) as session:
        found = await async_discover(session, options[CONF_ENDPOINT], options[CONF_CLIENT_KEY])
    if isinstance(found, ServiceInfo) and not found.is_agreed(pseudonymous=False):
        if is_default(options[CONF_ENDPOINT]):
            return options, _FAILED[Verdict.UNREACHABLE]
        options[CONF_PSEUDONYMOUS] = options[CONF_ENDPOINT]
    return options, None


def flat(user_input: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return what was typed, the section's fields beside the others."""
    if user_input is None:
        return {}
    return {CONF_SHARE: user_input[CONF_SHARE], **user_input[CONF_SERVER]}
