"""Options pages for the energy of prints: which meter a printer is on, and what a kWh costs."""

from collections.abc import Mapping
from typing import Any, Final

from homeassistant.components.sensor import SensorDeviceClass
from homeassistant.config_entries import ConfigFlowResult, OptionsFlow
from homeassistant.helpers.selector import (
    EntitySelector,
    EntitySelectorConfig,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
)
import voluptuous as vol

from ..const import CONF_ENERGY, CONF_METER, CONF_PRICE, CONF_PRICE_SENSOR
from ..core.markdown import harmless
from ..printers.entities import FoundPrinter
from ..printers.manual import async_entity_id, async_reference
from ..printers.selection import async_chosen_printers
from .printer_forms import printer_label

_PRINTER: Final = "printer"
_PRICE_MAX: Final = 1000
_SENSORS: Final = (CONF_METER, CONF_PRICE_SENSOR)


class EnergySteps(OptionsFlow):
    """Choosing a printer, and then its meter and price."""

    _printer: FoundPrinter

    async def async_step_energy(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Choose the printer."""
        counted = self._counted()
        if user_input is not None:
            self._printer = counted[user_input[_PRINTER]]
            return await self.async_step_meter()
        options = [
            SelectOptionDict(value=each, label=printer_label(self.hass, printer))
            for each, printer in counted.items()
        ]
        selector = SelectSelector(SelectSelectorConfig(options=options))
        return self.async_show_form(
            step_id="energy", data_schema=vol.Schema({vol.Required(_PRINTER): selector})
        )

    async def async_step_meter(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Choose the meter and the price; without a meter nothing is measured."""
        errors: dict[str, str] = {}
        if user_input is not None:
            if CONF_PRICE in user_input and CONF_PRICE_SENSOR in user_input:
                errors["base"] = "one_price"
            else:
                return self._save_meter(user_input)
        shown = self._shown() if user_input is None else user_input
        return self.async_show_form(
            step_id="meter",
            data_schema=self.add_suggested_values_to_schema(_meter_schema(self.hass.config.currency), shown),
            errors=errors,
            description_placeholders={"printer": harmless(printer_label(self.hass, self._printer))},
        )

    def _counted(self) -> dict[str, FoundPrinter]:
        return {each.id: each for each in async_chosen_printers(self.hass, self.config_entry.options)}

    def _shown(self) -> dict[str, Any]:
        """What was chosen before, as entities are called now."""
        chosen = self._choices().get(self._printer.id, {})
        entities = {key: async_entity_id(self.hass, chosen[key]) for key in _SENSORS if key in chosen}
        return {**chosen, **entities}

    def _save_meter(self, user_input: Mapping[str, Any]) -> ConfigFlowResult:
        choices = {key: each for key, each in self._choices().items() if key != self._printer.id}
        if CONF_METER in user_input:
            references = {
                key: async_reference(self.hass, user_input[key]) for key in _SENSORS if key in user_input
            }
            choices[self._printer.id] = {**user_input, **references}
        return self.async_create_entry(data={**self.config_entry.options, CONF_ENERGY: choices})

    def _choices(self) -> Mapping[str, Any]:
        choices: Mapping[str, Any] = self.config_entry.options.get(CONF_ENERGY, {})
        return choices


def _meter_schema(currency: str) -> vol.Schema:
    price = NumberSelectorConfig(
        min=0,
        max=_PRICE_MAX,
        step="any",
        unit_of_measurement=f"{currency}/kWh",
        mode=NumberSelectorMode.BOX,
    )
    return vol.Schema(
        {
            vol.Optional(CONF_METER): EntitySelector(
                EntitySelectorConfig(domain="sensor", device_class=SensorDeviceClass.ENERGY)
            ),
            vol.Optional(CONF_PRICE): NumberSelector(price),
            vol.Optional(CONF_PRICE_SENSOR): EntitySelector(
                EntitySelectorConfig(domain=["sensor", "number", "input_number"])
            ),
        }
    )
