"""Options page for maintenance: after how many hours of printing, and that it was done."""

from collections.abc import Mapping
from typing import Any, Final

from homeassistant.config_entries import ConfigFlowResult, OptionsFlow
from homeassistant.helpers.selector import (
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
)
import voluptuous as vol

from ..const import CONF_PRINTERS, HOUR_SECONDS, MAX_MAINTENANCE_HOURS
from ..core.counters import PRINT_SECONDS
from ..core.markdown import harmless
from ..core.models import Maintenance, Period
from ..runtime import Runtime, loaded_runtime
from .page import async_words, table
from .printer_forms import printer_label, printer_selector

_INTERVAL: Final = "interval_hours"
_DONE: Final = "done"


class MaintenanceSteps(OptionsFlow):
    """Seeing how long ago maintenance was, and setting it for several printers at once."""

    async def async_step_maintenance(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Show every printer, and change those that are ticked."""
        if (runtime := loaded_runtime(self.hass)) is None:
            return self.async_abort(reason="not_loaded")
        if user_input is not None:
            _apply(runtime, user_input)
            return self.async_create_entry(data=self.config_entry.options)
        hours = NumberSelectorConfig(
            min=0, max=MAX_MAINTENANCE_HOURS, unit_of_measurement="h", mode=NumberSelectorMode.BOX
        )
        schema = {
            vol.Required(CONF_PRINTERS, default=[]): printer_selector(self.hass, runtime.printers),
            vol.Optional(_INTERVAL): NumberSelector(hours),
            vol.Required(_DONE, default=False): bool,
        }
        return self.async_show_form(
            step_id="maintenance",
            data_schema=vol.Schema(schema),
            description_placeholders={"table": await self._async_table(runtime)},
        )

    async def _async_table(self, runtime: Runtime) -> str:
        """Each printer with its interval and the hours printed since the last maintenance."""
        word = await async_words(self.hass, "maintenance")
        rows = []
        for key, printer in runtime.printers.items():
            plan = runtime.maintenance.printers.get(key, Maintenance())
            printed = _printed(runtime, key)
            state = "due" if plan.due(printed) else "not_due" if plan.interval_hours else "never"
            since = plan.since(printed) // HOUR_SECONDS
            rows.append(
                [harmless(printer_label(self.hass, printer)), plan.interval_hours or "", since, word(state)]
            )
        return table([word(each) for each in ("printer", "interval", "since", "state")], rows)


def _apply(runtime: Runtime, user_input: Mapping[str, Any]) -> None:
    for key in user_input[CONF_PRINTERS]:
        if _INTERVAL in user_input:
            runtime.maintenance.async_set_interval(key, int(user_input[_INTERVAL]))
        if user_input[_DONE]:
            runtime.maintenance.async_done(key, _printed(runtime, key))


def _printed(runtime: Runtime, key: str) -> int:
    """Seconds that the printer has printed, ever."""
    return runtime.coordinator.data.of(Period.EVER, key).get(PRINT_SECONDS, 0)
