"""Pages about sharing, which setting up and changing have in common."""

from collections.abc import Mapping
from typing import Any, Final

from homeassistant.config_entries import ConfigEntryState, ConfigFlowResult, OptionsFlow
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import section
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.selector import (
    BooleanSelector,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)
import voluptuous as vol

from .const import (
    CONF_CLIENT_KEY,
    CONF_DELETE_SENT,
    CONF_ENDPOINT,
    CONF_SERVER,
    CONF_SHARE,
    DEFAULT_CLIENT_KEY,
    DEFAULT_ENDPOINT,
    PRIVACY_URL,
)
from .sharing.client import Verdict, async_probe
from .sharing.endpoint import endpoint_error

SHARING_PLACEHOLDERS: Final = {"privacy_url": PRIVACY_URL, "example": DEFAULT_ENDPOINT}

_ERRORS: Final = {
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
            vol.Required(CONF_SHARE, default=defaults.get(CONF_SHARE, False)): BooleanSelector(),
            vol.Required(CONF_SERVER): section(server_schema(defaults), {"collapsed": True}),
        }
    )


async def async_check_sharing(
    hass: HomeAssistant, user_input: Mapping[str, Any]
) -> tuple[dict[str, Any], str | None]:
    """Return the options to store and what is wrong with them; asks the service only when sharing is on."""
    server = user_input[CONF_SERVER]
    options = {
        CONF_SHARE: user_input[CONF_SHARE],
        CONF_ENDPOINT: server[CONF_ENDPOINT].strip(),
        CONF_CLIENT_KEY: server[CONF_CLIENT_KEY].strip(),
    }
    error = endpoint_error(options[CONF_ENDPOINT])
    if error is None and options[CONF_SHARE]:
        session = async_get_clientsession(hass)
        verdict = await async_probe(session, options[CONF_ENDPOINT], options[CONF_CLIENT_KEY])
        error = _ERRORS.get(verdict)
    return options, error


def flat(user_input: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return what was typed, the section's fields beside the others."""
    if user_input is None:
        return {}
    return {CONF_SHARE: user_input[CONF_SHARE], **user_input[CONF_SERVER]}


class SharingSteps(OptionsFlow):
    """Switching sharing on and off, and what follows from it."""

    _changed: dict[str, Any]

    async def async_step_sharing(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Change one's mind."""
        errors: dict[str, str] = {}
        if user_input is not None:
            options, error = await async_check_sharing(self.hass, user_input)
            if error is None:
                self._changed = {**self.config_entry.options, **options}
                if await self._async_is_leaving():
                    return await self.async_step_leave()
                return self.async_create_entry(data=self._changed)
            errors["base"] = error
        return self.async_show_form(
            step_id="sharing",
            data_schema=sharing_schema(flat(user_input) or self.config_entry.options),
            errors=errors,
            description_placeholders=SHARING_PLACEHOLDERS,
        )

    async def async_step_leave(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Stop sharing, and offer to delete what was sent."""
        if user_input is not None:
            if user_input[CONF_DELETE_SENT]:
                await self.config_entry.runtime_data.eraser.async_request()
            return self.async_create_entry(data=self._changed)
        schema = vol.Schema({vol.Required(CONF_DELETE_SENT, default=True): BooleanSelector()})
        return self.async_show_form(step_id="leave", data_schema=schema)

    async def _async_is_leaving(self) -> bool:
        """Whether sharing is being switched off after something was sent."""
        entry = self.config_entry
        if self._changed[CONF_SHARE] or not entry.options.get(CONF_SHARE):
            return False
        if entry.state is not ConfigEntryState.LOADED:
            return False
        sent: bool = await entry.runtime_data.eraser.async_has_sent()
        return sent
