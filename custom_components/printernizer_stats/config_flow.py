"""Setting up and changing: which printers are counted, and whether anything is shared."""

from collections.abc import Mapping
from typing import Any, Final, override

from homeassistant.config_entries import (
    ConfigEntry,
    ConfigEntryState,
    ConfigFlow,
    ConfigFlowResult,
    OptionsFlowWithReload,
)
from homeassistant.core import HomeAssistant, callback
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
    CONF_ADVANCED,
    CONF_BACKFILL,
    CONF_CLIENT_KEY,
    CONF_DELETE_SENT,
    CONF_ENDPOINT,
    CONF_MIN_PRINT_SECONDS,
    CONF_PRINTERS,
    CONF_SERVER,
    CONF_SHARE,
    DEFAULT_CLIENT_KEY,
    DEFAULT_ENDPOINT,
    DOMAIN,
    NAME,
    PRIVACY_URL,
)
from .energy_flow import EnergySteps
from .manual_flow import ManualPrinterSteps
from .printer_forms import async_double_notes, counting_schema, first_schema, printer_selector, split_choice
from .sharing.client import Verdict, async_probe
from .sharing.endpoint import endpoint_error
from .sources.entities import async_find_printers

_SHARING_PLACEHOLDERS: Final = {"privacy_url": PRIVACY_URL, "example": DEFAULT_ENDPOINT}


def _sharing_schema(defaults: Mapping[str, Any]) -> vol.Schema:
    return vol.Schema(
        {
            vol.Required(CONF_SHARE, default=defaults.get(CONF_SHARE, False)): BooleanSelector(),
            vol.Required(CONF_SERVER): section(
                vol.Schema(
                    {
                        vol.Required(
                            CONF_ENDPOINT, default=defaults.get(CONF_ENDPOINT, DEFAULT_ENDPOINT)
                        ): TextSelector(TextSelectorConfig(type=TextSelectorType.URL)),
                        vol.Required(
                            CONF_CLIENT_KEY,
                            default=defaults.get(CONF_CLIENT_KEY, DEFAULT_CLIENT_KEY),
                        ): TextSelector(),
                    }
                ),
                {"collapsed": True},
            ),
        }
    )


async def _async_check_sharing(
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
        error = {Verdict.UNREACHABLE: "cannot_connect", Verdict.KEY_REFUSED: "key_refused"}.get(verdict)
    return options, error


class StatsConfigFlow(ConfigFlow, domain=DOMAIN):
    """Two steps: what is counted at home, and whether it is shared."""

    VERSION = 1

    def __init__(self) -> None:
        """Start with nothing chosen."""
        self._options: dict[str, Any] = {}

    @staticmethod
    @callback
    @override
    def async_get_options_flow(config_entry: ConfigEntry) -> StatsOptionsFlow:
        return StatsOptionsFlow()

    @override
    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Say what is counted, and offer the printers that were found."""
        found = async_find_printers(self.hass)
        if user_input is not None:
            self._options = {**split_choice(user_input.get(CONF_PRINTERS, []), found)}
            if user_input.get(CONF_BACKFILL, False):
                self._options[CONF_BACKFILL] = True
            return await self.async_step_sharing()
        notes = await async_double_notes(self.hass, found)
        return self.async_show_form(
            step_id="user",
            data_schema=first_schema(self.hass, found) if found else None,
            description_placeholders={"count": str(len(found)), "doubles": notes},
            last_step=False,
        )

    async def async_step_sharing(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask whether to share; off unless the user says so."""
        errors: dict[str, str] = {}
        if user_input is not None:
            options, error = await _async_check_sharing(self.hass, user_input)
            if error is None:
                return self.async_create_entry(title=NAME, data={}, options={**self._options, **options})
            errors["base"] = error
        return self.async_show_form(
            step_id="sharing",
            data_schema=_sharing_schema(_flat(user_input)),
            errors=errors,
            description_placeholders=_SHARING_PLACEHOLDERS,
        )


class StatsOptionsFlow(ManualPrinterSteps, EnergySteps, OptionsFlowWithReload):
    """The same two questions, later, and printers that no integration names."""

    def __init__(self) -> None:
        """Start with nothing changed."""
        self._changed: dict[str, Any] = {}

    async def async_step_init(self, _user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Offer the pages."""
        energy = ["energy"] if self._counted() else []
        return self.async_show_menu(step_id="init", menu_options=["printers", "manual", *energy, "sharing"])

    async def async_step_printers(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Choose the printers and what counts as a print."""
        found = async_find_printers(self.hass)
        options = self.config_entry.options
        if user_input is not None:
            advanced = {key: int(value) for key, value in user_input.get(CONF_ADVANCED, {}).items()}
            choice = split_choice(user_input[CONF_PRINTERS], found)
            minimum = int(user_input[CONF_MIN_PRINT_SECONDS])
            return self.async_create_entry(
                data={**options, **choice, CONF_MIN_PRINT_SECONDS: minimum, **advanced}
            )
        ticked = [each for each in options.get(CONF_PRINTERS, []) if each in found]
        schema = {vol.Required(CONF_PRINTERS, default=ticked): printer_selector(self.hass, found)}
        return self.async_show_form(
            step_id="printers",
            data_schema=vol.Schema({**schema, **counting_schema(options)}),
            description_placeholders={"doubles": await async_double_notes(self.hass, found)},
        )

    async def async_step_sharing(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Change one's mind."""
        errors: dict[str, str] = {}
        if user_input is not None:
            options, error = await _async_check_sharing(self.hass, user_input)
            if error is None:
                self._changed = {**self.config_entry.options, **options}
                if await self._async_is_leaving():
                    return await self.async_step_leave()
                return self.async_create_entry(data=self._changed)
            errors["base"] = error
        return self.async_show_form(
            step_id="sharing",
            data_schema=_sharing_schema(_flat(user_input) or self.config_entry.options),
            errors=errors,
            description_placeholders=_SHARING_PLACEHOLDERS,
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


def _flat(user_input: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return what was typed, the section's fields beside the others."""
    if user_input is None:
        return {}
    return {CONF_SHARE: user_input[CONF_SHARE], **user_input[CONF_SERVER]}
