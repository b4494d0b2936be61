"""Setting up and changing: which printers are counted, and whether anything is shared."""

from collections.abc import Iterable, Mapping
from typing import Any, Final, override

from homeassistant.config_entries import (
    ConfigEntry,
    ConfigFlow,
    ConfigFlowResult,
    OptionsFlowWithReload,
)
from homeassistant.core import HomeAssistant, callback
from homeassistant.data_entry_flow import section
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.selector import (
    BooleanSelector,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)
import voluptuous as vol

from .const import (
    CONF_CLIENT_KEY,
    CONF_DECLINED,
    CONF_ENDPOINT,
    CONF_MIN_PRINT_SECONDS,
    CONF_PRINTERS,
    CONF_SERVER,
    CONF_SHARE,
    DEFAULT_CLIENT_KEY,
    DEFAULT_ENDPOINT,
    DEFAULT_MIN_PRINT_SECONDS,
    DOMAIN,
    NAME,
    PRIVACY_URL,
)
from .sharing.client import Verdict, async_probe, endpoint_error
from .sources.entities import FoundPrinter, async_find_printers

_MIN_PRINT_MAX: Final = 3600
_SHARING_PLACEHOLDERS: Final = {"privacy_url": PRIVACY_URL, "example": DEFAULT_ENDPOINT}


def printer_selector(hass: HomeAssistant, found: Mapping[str, FoundPrinter]) -> SelectSelector:
    """Return a tick list of the printers, under the names that the user gave them."""
    options = [SelectOptionDict(value=each, label=_label(hass, printer)) for each, printer in found.items()]
    return SelectSelector(
        SelectSelectorConfig(
            options=sorted(options, key=lambda option: option["label"]),
            multiple=True,
            mode=SelectSelectorMode.LIST,
        )
    )


def split_choice(ticked: list[str], found: Iterable[str]) -> dict[str, list[str]]:
    """Return the printers to count, and those that were offered and not ticked."""
    return {
        CONF_PRINTERS: ticked,
        CONF_DECLINED: [each for each in found if each not in ticked],
    }


def _label(hass: HomeAssistant, printer: FoundPrinter) -> str:
    """The name of the printer's device, else of its entity, and the integration unless that says the same."""
    entry = er.async_get(hass).async_get(printer.id)
    device = dr.async_get(hass).async_get(entry.device_id) if entry and entry.device_id else None
    name = (device.name_by_user or device.name) if device else None
    if name == printer.profile.name:
        return name
    return f"{name or printer.entity_id} ({printer.profile.name})"


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
            self._options = split_choice(user_input.get(CONF_PRINTERS, []), found)
            return await self.async_step_sharing()
        if not found:
            return self.async_show_form(
                step_id="user", description_placeholders={"count": "0"}, last_step=False
            )
        return self.async_show_form(
            step_id="user",
            data_schema=vol.Schema(
                {vol.Required(CONF_PRINTERS, default=list(found)): printer_selector(self.hass, found)}
            ),
            description_placeholders={"count": str(len(found))},
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


class StatsOptionsFlow(OptionsFlowWithReload):
    """The same two questions, later."""

    async def async_step_init(self, _user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Offer the two pages."""
        return self.async_show_menu(step_id="init", menu_options=["printers", "sharing"])

    async def async_step_printers(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Choose the printers and what counts as a print."""
        found = async_find_printers(self.hass)
        options = self.config_entry.options
        if user_input is not None:
            choice = split_choice(user_input[CONF_PRINTERS], found)
            minimum = int(user_input[CONF_MIN_PRINT_SECONDS])
            return self.async_create_entry(data={**options, **choice, CONF_MIN_PRINT_SECONDS: minimum})
        ticked = [each for each in options.get(CONF_PRINTERS, []) if each in found]
        minimum = options.get(CONF_MIN_PRINT_SECONDS, DEFAULT_MIN_PRINT_SECONDS)
        schema = vol.Schema(
            {
                vol.Required(CONF_PRINTERS, default=ticked): printer_selector(self.hass, found),
                vol.Required(CONF_MIN_PRINT_SECONDS, default=minimum): NumberSelector(
                    NumberSelectorConfig(
                        min=0,
                        max=_MIN_PRINT_MAX,
                        unit_of_measurement="s",
                        mode=NumberSelectorMode.BOX,
                    )
                ),
            }
        )
        return self.async_show_form(step_id="printers", data_schema=schema)

    async def async_step_sharing(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Change one's mind."""
        errors: dict[str, str] = {}
        if user_input is not None:
            options, error = await _async_check_sharing(self.hass, user_input)
            if error is None:
                return self.async_create_entry(data={**self.config_entry.options, **options})
            errors["base"] = error
        return self.async_show_form(
            step_id="sharing",
            data_schema=_sharing_schema(_flat(user_input) or self.config_entry.options),
            errors=errors,
            description_placeholders=_SHARING_PLACEHOLDERS,
        )


def _flat(user_input: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return what was typed, the section's fields beside the others."""
    if user_input is None:
        return {}
    return {CONF_SHARE: user_input[CONF_SHARE], **user_input[CONF_SERVER]}
