"""Options: a menu of pages, in the order in which people ask."""

from collections.abc import Mapping
from typing import Any

from homeassistant.config_entries import ConfigFlowResult, OptionsFlowWithReload
import voluptuous as vol

from ..const import CONF_MIN_PRINT_SECONDS, CONF_PRINTERS
from ..printers.duplicates import async_changed_sources
from ..printers.entities import FoundPrinter, async_find_printers
from ..printers.keys import PrinterKeys
from ..printers.selection import async_away, with_successor
from .community import CommunitySteps
from .dashboard import DashboardSteps
from .data import DataSteps
from .energy import EnergySteps
from .guard import guarded
from .maintenance import MaintenanceSteps
from .manual import ManualPrinterSteps
from .printer_forms import (
    advanced_schema,
    async_double_notes,
    counting_schema,
    printer_selector,
    split_choice,
)
from .report import ReportSteps
from .sharing import SharingSteps


@guarded
class StatsOptionsFlow(
    ManualPrinterSteps,
    EnergySteps,
    MaintenanceSteps,
    DashboardSteps,
    CommunitySteps,
    SharingSteps,
    ReportSteps,
    DataSteps,
    OptionsFlowWithReload,
):
    """What is counted, what is shared, and what becomes of it."""

    async def async_step_init(self, _user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Offer the pages."""
        of_printers = ["energy", "maintenance"] if self._counted() else []
        return self.async_show_menu(
            step_id="init",
            menu_options=[
                *("printers", "manual", *of_printers, "dashboard", "community"),
                *("sharing", "collected", "preview", "reports"),
                *("export", "import_file", "delete", "advanced"),
            ],
        )

    async def async_step_printers(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Choose the printers and what counts as a print."""
        found = async_find_printers(self.hass)
        options = self.config_entry.options
        if user_input is not None:
            away = async_away(self.hass, options)
            choice = split_choice(user_input[CONF_PRINTERS], found, away)
            minimum = int(user_input[CONF_MIN_PRINT_SECONDS])
            kept = await self._async_change_sources(found, choice[CONF_PRINTERS])
            return self.async_create_entry(data={**kept, **choice, CONF_MIN_PRINT_SECONDS: minimum})
        ticked = [each for each in options.get(CONF_PRINTERS, []) if each in found]
        schema = {vol.Required(CONF_PRINTERS, default=ticked): printer_selector(self.hass, found)}
        return self.async_show_form(
            step_id="printers",
            data_schema=vol.Schema({**schema, **counting_schema(options)}),
            description_placeholders={"doubles": await async_double_notes(self.hass, found)},
        )

    async def _async_change_sources(
        self, found: Mapping[str, FoundPrinter], now: list[str]
    ) -> Mapping[str, Any]:
        """Let the same machine's other source go on with the counters; returns the options with its meter."""
        options: Mapping[str, Any] = self.config_entry.options
        changed = async_changed_sources(self.hass, found, options.get(CONF_PRINTERS, []), now)
        keys = PrinterKeys(self.hass)
        if changed:
            await keys.async_load()
        for before, after in changed.items():
            await keys.async_hand_over(before, after)
            options = with_successor(options, before, after)
        return options

    async def async_step_advanced(self, user_input: dict[str, float] | None = None) -> ConfigFlowResult:
        """Change the times that hardly anybody needs to change."""
        options = self.config_entry.options
        if user_input is not None:
            numbers = {key: int(value) for key, value in user_input.items()}
            return self.async_create_entry(data={**options, **numbers})
        return self.async_show_form(step_id="advanced", data_schema=advanced_schema(options))
