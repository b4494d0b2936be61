"""Setting up: which printers are counted, and whether anything is shared; and with which service, later."""

from typing import Any, override

from homeassistant.config_entries import (
    SOURCE_RECONFIGURE,
    ConfigEntry,
    ConfigFlow,
    ConfigFlowResult,
    ConfigSubentryFlow,
)
from homeassistant.core import callback

from .const import (
    CONF_BACKFILL,
    CONF_CONSENT,
    CONF_ENDPOINT,
    CONF_PRINTERS,
    CONF_SERVER,
    CONF_SHARE,
    DEFAULT_ENDPOINT,
    DOMAIN,
    NAME,
)
from .core.dictionary import BASE, DICTIONARY
from .fleet_coordinator import SUBENTRY as MAINTAINER
from .flows.maintainer import MaintainerFlow, ReauthSteps
from .flows.options import StatsOptionsFlow
from .flows.printer_forms import async_double_notes, first_schema, split_choice
from .flows.printernizer import PrinternizerFlow
from .flows.sharing import SharingPages
from .flows.sharing_forms import async_check_sharing, server_schema
from .printers.entities import async_find_printers
from .printers.printernizer.source import SUBENTRY


class StatsConfigFlow(SharingPages, ReauthSteps, ConfigFlow, domain=DOMAIN):
    """Two steps: what is counted at home, and whether it is shared."""

    VERSION = 1
    _texts = "config"

    def __init__(self) -> None:
        self._options: dict[str, Any] = {}

    @staticmethod
    @callback
    @override
    def async_get_options_flow(config_entry: ConfigEntry) -> StatsOptionsFlow:
        return StatsOptionsFlow()

    @classmethod
    @callback
    @override
    def async_get_supported_subentry_types(
        cls, config_entry: ConfigEntry
    ) -> dict[str, type[ConfigSubentryFlow]]:
        return {SUBENTRY: PrinternizerFlow, MAINTAINER: MaintainerFlow}

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

    async def async_step_reconfigure(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Change the service that reports go to; while sharing is on, it is asked, and so is the person."""
        entry = self._get_reconfigure_entry()
        errors: dict[str, str] = {}
        if user_input is not None:
            share = entry.options.get(CONF_SHARE, False)
            typed = {CONF_SHARE: share, CONF_SERVER: user_input}
            options, error = await async_check_sharing(self.hass, typed)
            if error is None:
                self._options = dict(entry.options)
                return await self._async_after_reconfiguring(options)
            errors["base"] = error
        return self.async_show_form(
            step_id="reconfigure",
            data_schema=server_schema(user_input or entry.options),
            errors=errors,
            description_placeholders={"example": DEFAULT_ENDPOINT},
        )

    async def _async_after_reconfiguring(self, options: dict[str, Any]) -> ConfigFlowResult:
        """Ask for consent anew where reports would go elsewhere: it was given for the service named then."""
        before = self._options.get(CONF_ENDPOINT, DEFAULT_ENDPOINT)
        if not options[CONF_SHARE] or options[CONF_ENDPOINT] == before:
            return self._finish(options)
        categories = self._options.get(CONF_CONSENT, {}).get("categories", [BASE])
        self._wish = {**options, CONF_CONSENT: {"version": DICTIONARY.version, "categories": categories}}
        return await self.async_step_agree()

    @override
    def _finish(self, options: dict[str, Any]) -> ConfigFlowResult:
        options = {**self._options, **options}
        if self.source == SOURCE_RECONFIGURE:
            return self.async_update_reload_and_abort(self._get_reconfigure_entry(), options=options)
        return self.async_create_entry(title=NAME, data={}, options=options)
