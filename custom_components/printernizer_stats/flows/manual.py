"""Options pages for printers that a person describes: any sensor, and what its words mean."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from homeassistant.config_entries import ConfigFlowResult, OptionsFlow
from homeassistant.const import STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.selector import (
    EntitySelector,
    EntitySelectorConfig,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
)
import voluptuous as vol

from ..const import CONF_MANUAL
from ..core.dictionary import DICTIONARY
from ..core.models import PrinterState
from ..printers.entities import async_find_printers
from ..printers.manual import ENTITY, PART_ROLES, async_entity_id, async_reference
from ..printers.profiles import PROFILES

_PRINTER_TYPE: Final = "printer_type"
_STATES: Final = "states"
# What a person can say of a word; what comes before a print is a print to them.
_DESCRIBED: Final = tuple(state for state in PrinterState if state is not PrinterState.PREPARING)
_SENSOR: Final = EntitySelector(EntitySelectorConfig(domain="sensor"))


class ManualPrinterSteps(OptionsFlow):
    """Describing a printer in two pages, and forgetting it again."""

    _described: dict[str, Any]

    async def async_step_manual(self, _user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Offer what can be done; at first there is nothing to forget."""
        if not self._known():
            return await self.async_step_describe()
        return self.async_show_menu(step_id="manual", menu_options=["describe", "forget"])

    async def async_step_describe(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Choose the sensors."""
        errors: dict[str, str] = {}
        if user_input is not None:
            sensors = async_references(self.hass, user_input)
            if async_is_taken(self.hass, sensors[ENTITY], self._known()):
                errors[ENTITY] = "already_counted"
            else:
                self._described = {**sensors, _PRINTER_TYPE: user_input[_PRINTER_TYPE]}
                return await self.async_step_words()
        schema = self.add_suggested_values_to_schema(_sensors_schema(), user_input)
        return self.async_show_form(step_id="describe", data_schema=schema, errors=errors)

    async def async_step_words(self, user_input: dict[str, list[str]] | None = None) -> ConfigFlowResult:
        """Say what the sensor's words mean."""
        errors: dict[str, str] = {}
        if user_input is not None:
            states = {word: state for state, words in user_input.items() for word in words}
            if not user_input.get(PrinterState.PRINTING):
                errors["base"] = "printing_needed"
            elif len({word.casefold() for word in states}) < sum(map(len, user_input.values())):
                errors["base"] = "word_twice"
            else:
                return self._save([*self._known(), {**self._described, _STATES: states}])
        words = _words(self.hass, async_entity_id(self.hass, self._described[ENTITY]))
        schema = _words_schema(words, user_input or _guess(words))
        return self.async_show_form(step_id="words", data_schema=schema, errors=errors)

    async def async_step_forget(self, user_input: dict[str, list[str]] | None = None) -> ConfigFlowResult:
        """Choose the described printers that are to be counted no longer."""
        known = self._known()
        if user_input is not None:
            return self._save([each for each in known if each[ENTITY] not in user_input[CONF_MANUAL]])
        options = [
            SelectOptionDict(value=each[ENTITY], label=_label(self.hass, each[ENTITY])) for each in known
        ]
        selector = SelectSelector(
            SelectSelectorConfig(options=options, multiple=True, mode=SelectSelectorMode.LIST)
        )
        schema = vol.Schema({vol.Required(CONF_MANUAL, default=[]): selector})
        return self.async_show_form(step_id="forget", data_schema=schema)

    def _known(self) -> list[dict[str, Any]]:
        return list(self.config_entry.options.get(CONF_MANUAL, []))

    def _save(self, described: list[dict[str, Any]]) -> ConfigFlowResult:
        return self.async_create_entry(data={**self.config_entry.options, CONF_MANUAL: described})


@callback
def async_references(hass: HomeAssistant, sensors: Mapping[str, Any]) -> dict[str, str]:
    """Return what to remember of the sensors that were chosen, by their field."""
    return {
        str(field): async_reference(hass, sensors[field])
        for field in (ENTITY, *PART_ROLES)
        if field in sensors
    }


@callback
def async_is_taken(hass: HomeAssistant, reference: str, described: Iterable[Mapping[str, Any]]) -> bool:
    """Whether the sensor is the state of a printer already: of one that is found, or of one of these."""
    return reference in async_find_printers(hass) or reference in {each[ENTITY] for each in described}


def sensor_fields() -> dict[vol.Marker, Any]:
    """Return the fields for the sensors of a printer that is described."""
    return {
        vol.Required(ENTITY): _SENSOR,
        **{vol.Optional(str(role)): _SENSOR for role in PART_ROLES},
    }


def _sensors_schema() -> vol.Schema:
    types = SelectSelector(
        SelectSelectorConfig(
            options=list(DICTIONARY.enums[_PRINTER_TYPE]),
            translation_key=_PRINTER_TYPE,
            mode=SelectSelectorMode.DROPDOWN,
        )
    )
    state, *parts = sensor_fields().items()
    kind = (vol.Required(_PRINTER_TYPE, default="other"), types)
    return vol.Schema(dict([state, kind, *parts]))


def _words_schema(words: list[str], chosen: Mapping[str, list[str]]) -> vol.Schema:
    selector = SelectSelector(
        SelectSelectorConfig(
            options=words, multiple=True, custom_value=True, mode=SelectSelectorMode.DROPDOWN
        )
    )
    return vol.Schema(
        {vol.Required(str(state), default=list(chosen.get(state, []))): selector for state in _DESCRIBED}
    )


@callback
def _words(hass: HomeAssistant, entity_id: str | None) -> list[str]:
    """The words that the sensor is known to say: what it declares, else what it shows now."""
    state = hass.states.get(entity_id or "")
    if state is None:
        return []
    declared = state.attributes.get("options")
    if isinstance(declared, list):
        return [str(word) for word in declared]
    return [] if state.state in (STATE_UNAVAILABLE, STATE_UNKNOWN) else [state.state]


def _guess(words: list[str]) -> dict[str, list[str]]:
    """Sort the words as the known integrations mean them, as far as they agree."""
    chosen: dict[str, list[str]] = {}
    for word in words:
        meanings = {meaning for each in PROFILES.values() if (meaning := each.normalize(word))}
        if len(meanings) == 1:
            chosen.setdefault(meanings.pop(), []).append(word)
    return chosen


def _label(hass: HomeAssistant, reference: str) -> str:
    entity_id = async_entity_id(hass, reference)
    state = hass.states.get(entity_id or "")
    return state.name if state else entity_id or reference
