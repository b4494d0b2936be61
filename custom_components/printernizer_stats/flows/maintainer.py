"""The sub-entry of a service's maintainer: its address and a read key, tried before they are kept.

A key goes only to the address that it was typed for: with another address it is asked for again.
"""

from collections.abc import Mapping
from typing import Any, Final

from homeassistant.config_entries import (
    SOURCE_RECONFIGURE,
    ConfigFlow,
    ConfigFlowResult,
    ConfigSubentryFlow,
    SubentryFlowResult,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers.selector import TextSelector, TextSelectorConfig, TextSelectorType
import voluptuous as vol
from yarl import URL

from ..background.connections import async_connect
from ..const import CONF_ENDPOINT, CONF_READ_KEY, DEFAULT_ENDPOINT
from ..core.fleet.client import FleetClient, KeyRefusedError, ServiceAwayError, service_address
from ..core.fleet.figures import FleetAnswerError
from ..core.sharing.endpoint import endpoint_error
from ..fleet_coordinator import SUBENTRY

_ERRORS: Final[dict[type[Exception], tuple[str, str]]] = {
    KeyRefusedError: (CONF_READ_KEY, "read_key_refused"),
    ServiceAwayError: ("base", "service_away"),
    FleetAnswerError: ("base", "no_service"),
}
_COMMAND: Final = "aggregation keys create NAME --scope read"
_KEY: Final = TextSelector(TextSelectorConfig(type=TextSelectorType.PASSWORD, autocomplete="off"))


class MaintainerFlow(ConfigSubentryFlow):
    """Asks which service, and for the key."""

    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Add a service."""
        return await self._async_ask("user", user_input, {CONF_ENDPOINT: service_address(DEFAULT_ENDPOINT)})

    async def async_step_reconfigure(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Change a service; a key that is not typed again stays."""
        return await self._async_ask("reconfigure", user_input, self._get_reconfigure_subentry().data)

    async def _async_ask(
        self, step: str, typed: dict[str, Any] | None, before: Mapping[str, Any]
    ) -> SubentryFlowResult:
        errors: dict[str, str] = {}
        if typed is not None:
            data = _completed(typed, before)
            if self._is_twice(data[CONF_ENDPOINT]):
                return self.async_abort(reason="already_configured")
            errors = await async_errors(self.hass, data)
            if not errors:
                return self._finish(data)
        shown = {CONF_ENDPOINT: (typed or before)[CONF_ENDPOINT]}
        key = vol.Optional if step == "reconfigure" else vol.Required
        schema = vol.Schema({vol.Required(CONF_ENDPOINT): str, key(CONF_READ_KEY): _KEY})
        return self.async_show_form(
            step_id=step,
            data_schema=self.add_suggested_values_to_schema(schema, shown),
            errors=errors,
            description_placeholders={"command": _COMMAND, "example": service_address(DEFAULT_ENDPOINT)},
        )

    def _is_twice(self, address: str) -> bool:
        mine = self._get_reconfigure_subentry() if self.source == SOURCE_RECONFIGURE else None
        others = (each for each in self._get_entry().get_subentries_of_type(SUBENTRY) if each is not mine)
        return any(each.data[CONF_ENDPOINT] == address for each in others)

    def _finish(self, data: dict[str, Any]) -> SubentryFlowResult:
        title = URL(data[CONF_ENDPOINT]).host or ""
        if self.source == SOURCE_RECONFIGURE:
            subentry = self._get_reconfigure_subentry()
            return self.async_update_and_abort(self._get_entry(), subentry, title=title, data=data)
        return self.async_create_entry(title=title, data=data)


class ReauthSteps(ConfigFlow):
    """Asks for another key once a service refuses the one that is known; ends with its sub-entry."""

    _refused: str

    async def async_step_reauth(self, entry_data: Mapping[str, Any]) -> ConfigFlowResult:
        """Begin; the coordinator has said which sub-entry it is."""
        self._refused = entry_data["subentry_id"]
        return await self.async_step_reauth_confirm()

    async def async_step_reauth_confirm(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Take the key, try it, and go on with it."""
        entry = self._get_reauth_entry()
        subentry = entry.subentries[self._refused]
        errors: dict[str, str] = {}
        if user_input is not None:
            data = {**subentry.data, **user_input}
            errors = await async_errors(self.hass, data)
            if not errors:
                self.hass.config_entries.async_update_subentry(entry, subentry, data=data)
                return self.async_abort(reason="reauth_successful")
        return self.async_show_form(
            step_id="reauth_confirm",
            data_schema=vol.Schema({vol.Required(CONF_READ_KEY): _KEY}),
            errors=errors,
            description_placeholders={"service": subentry.title},
        )


async def async_errors(hass: HomeAssistant, data: Mapping[str, Any]) -> dict[str, str]:
    """Return what is wrong with an address and a key, by field; the service is asked only if both can be."""
    if (wrong := endpoint_error(data[CONF_ENDPOINT])) is not None:
        return {CONF_ENDPOINT: wrong}
    if not data.get(CONF_READ_KEY):
        return {CONF_READ_KEY: "key_needed"}
    try:
        async with async_connect(hass) as session:
            await FleetClient(session, data[CONF_ENDPOINT], data[CONF_READ_KEY]).async_check()
    except (KeyRefusedError, ServiceAwayError, FleetAnswerError) as error:
        field, reason = _ERRORS[type(error)]
        return {field: reason}
    return {}


def _completed(typed: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is to be kept of what was typed."""
    data = {CONF_ENDPOINT: service_address(typed[CONF_ENDPOINT]), CONF_READ_KEY: typed.get(CONF_READ_KEY, "")}
    if not data[CONF_READ_KEY] and before.get(CONF_ENDPOINT) == data[CONF_ENDPOINT]:
        data[CONF_READ_KEY] = before.get(CONF_READ_KEY, "")
    return data
