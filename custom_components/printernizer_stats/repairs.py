"""Repairs that a user can do with a click."""

from collections.abc import Mapping
import os
from typing import Any, Final

from homeassistant.components.repairs import ConfirmRepairFlow, RepairsFlow, RepairsFlowResult
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
import voluptuous as vol

from .const import CONF_CONSENT, CONF_DECLINED, CONF_MANUAL, CONF_PRINTERS, CONF_REFUSAL, CONF_SUCCESSOR
from .core.dictionary import DICTIONARY
from .core.sharing.consent import news
from .core.sharing.settings import SharingSettings
from .flows.consent_texts import async_consent_words, async_list_fields
from .flows.manual import async_is_taken, async_references, sensor_fields
from .flows.printer_forms import async_double_notes, offered, printer_selector, split_choice
from .issues import ISSUE_CONSENT, ISSUE_GONE, ISSUE_RENEWED
from .printers.entities import FoundPrinter, async_find_printers
from .printers.keys import PrinterKeys
from .printers.manual import ENTITY, PART_ROLES, async_entity_id
from .printers.selection import async_away, with_other_sensors, with_successor, without

_ANSWERS: Final = ("accept", "decline")


class NewPrintersFlow(RepairsFlow):
    """Offers printers that appeared after the set-up."""

    def __init__(self, entry_id: str) -> None:
        self._entry_id = entry_id

    async def async_step_init(self, _user_input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Go straight to the one form."""
        return await self.async_step_confirm()

    async def async_step_confirm(self, user_input: dict[str, list[str]] | None = None) -> RepairsFlowResult:
        """Show all printers, the new ones ticked too."""
        entry = self.hass.config_entries.async_get_known_entry(self._entry_id)
        found = async_find_printers(self.hass)
        if user_input is not None:
            away = async_away(self.hass, entry.options)
            choice = split_choice(user_input[CONF_PRINTERS], found, away)
            options = {**entry.options, **choice}
            self.hass.config_entries.async_update_entry(entry, options=options)
            self.hass.config_entries.async_schedule_reload(entry.entry_id)
            return self.async_create_entry(data={})
        declined = entry.options.get(CONF_DECLINED, [])
        counted = entry.options.get(CONF_PRINTERS, [])
        ticked = [each for each in offered(self.hass, found) if each not in declined]
        ticked += [each for each in counted if each in found and each not in ticked]
        return self.async_show_form(
            step_id="confirm",
            data_schema=vol.Schema(
                {
                    vol.Required(CONF_PRINTERS, default=ticked): printer_selector(self.hass, found),
                }
            ),
            description_placeholders={"doubles": await async_double_notes(self.hass, found)},
        )


class GonePrinterFlow(RepairsFlow):
    """Asks for the successor of a printer that is gone, or whether to count it no longer.

    The successor of a described printer may also be another sensor that says the same words.
    """

    def __init__(self, issue: Mapping[str, str]) -> None:
        """Remember the entry that counts the printer, the printer's id, and what is told of it."""
        self._entry_id = issue["entry_id"]
        self._printer = issue["printer"]
        self._shown = {"kind": issue["kind"], "prints": issue["prints"]}

    async def async_step_init(self, _user_input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Offer the ways that there are: a successor needs a printer to choose."""
        told = self._shown
        ways = ["successor", "stop"] if self._candidates() else ["stop"]
        if (described := self._description()) is not None:
            ways.insert(0, "sensor")
            words = await async_consent_words(self.hass, "selector")
            told = {**told, "kind": words.option("printer_type", described["printer_type"])}
        return self.async_show_menu(step_id="init", menu_options=ways, description_placeholders=told)

    async def async_step_successor(self, user_input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Let another printer go on with the counters."""
        candidates = self._candidates()
        if user_input is not None:
            successor = user_input[CONF_SUCCESSOR]
            await self._async_hand_over(successor)
            return self._finish(with_successor(self._options(), self._printer, successor))
        return self.async_show_form(
            step_id="successor",
            data_schema=vol.Schema(
                {vol.Required(CONF_SUCCESSOR): printer_selector(self.hass, candidates, multiple=False)}
            ),
        )

    async def async_step_sensor(self, user_input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Let another sensor go on with the counters, its words meaning the same."""
        errors: dict[str, str] = {}
        options = self._options()
        if user_input is not None:
            sensors = async_references(self.hass, user_input)
            others = [each for each in options.get(CONF_MANUAL, []) if each[ENTITY] != self._printer]
            if not async_is_taken(self.hass, sensors[ENTITY], others):
                await self._async_hand_over(sensors[ENTITY])
                return self._finish(with_other_sensors(options, self._printer, sensors))
            errors[ENTITY] = "already_counted"
        schema = self.add_suggested_values_to_schema(
            vol.Schema(sensor_fields()), user_input or self._parts_that_are_there()
        )
        return self.async_show_form(step_id="sensor", data_schema=schema, errors=errors)

    async def async_step_stop(self, _user_input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Count the printer no longer; what was counted stays."""
        return self._finish(without(self._options(), self._printer))

    def _options(self) -> Mapping[str, Any]:
        return self.hass.config_entries.async_get_known_entry(self._entry_id).options

    def _candidates(self) -> dict[str, FoundPrinter]:
        """The printers that are there and not counted yet."""
        counted = self._options().get(CONF_PRINTERS, [])
        found = async_find_printers(self.hass)
        return {each: printer for each, printer in found.items() if each not in counted}

    def _description(self) -> Mapping[str, Any] | None:
        """What a person said of the printer; None for one that was found."""
        described = self._options().get(CONF_MANUAL, [])
        return next((each for each in described if each[ENTITY] == self._printer), None)

    def _parts_that_are_there(self) -> dict[str, str]:
        """The sensors beside the state that the described printer still has, by their field."""
        described = self._description() or {}
        there = {
            role: async_entity_id(self.hass, described[role]) for role in PART_ROLES if role in described
        }
        return {str(role): entity_id for role, entity_id in there.items() if entity_id is not None}

    async def _async_hand_over(self, successor: str) -> None:
        keys = PrinterKeys(self.hass)
        await keys.async_load()
        await keys.async_hand_over(self._printer, successor)

    def _finish(self, options: Mapping[str, Any]) -> RepairsFlowResult:
        entry = self.hass.config_entries.async_get_known_entry(self._entry_id)
        self.hass.config_entries.async_update_entry(entry, options=options)
        self.hass.config_entries.async_schedule_reload(entry.entry_id)
        return self.async_create_entry(data={})


class ConsentFlow(RepairsFlow):
    """Shows what a newer dictionary would add to what is shared, and takes a yes or a no."""

    def __init__(self, entry_id: str) -> None:
        self._entry_id = entry_id

    async def async_step_init(self, _user_input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Show the difference, and both answers."""
        return self.async_show_menu(
            step_id="init", menu_options=_ANSWERS, description_placeholders=await self._async_difference()
        )

    async def async_step_accept(self, _user_input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Share the new fields of the agreed categories too."""
        return await self._async_answer(CONF_CONSENT)

    async def async_step_decline(self, _user_input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Go on with what was agreed to, and never ask for this version again."""
        return await self._async_answer(CONF_REFUSAL)

    def _entry(self) -> ConfigEntry:
        return self.hass.config_entries.async_get_known_entry(self._entry_id)

    async def _async_difference(self) -> dict[str, str]:
        added, known = news(SharingSettings.of(self._entry().options, os.environ))
        return {
            "added": await async_list_fields(self.hass, added),
            "known": await async_list_fields(self.hass, known),
        }

    async def _async_answer(self, option: str) -> RepairsFlowResult:
        """Write the answer down, with what was shown."""
        entry = self._entry()
        words = await async_consent_words(self.hass, "issues")
        labels = [f"menu_options.{each}" for each in _ANSWERS]
        answer = {
            "version": DICTIONARY.version,
            "categories": entry.options[CONF_CONSENT]["categories"],
            **words.shown(f"{ISSUE_CONSENT}.fix_flow.step.init", labels, await self._async_difference()),
            "includes_past": False,
        }
        self.hass.config_entries.async_update_entry(entry, options={**entry.options, option: answer})
        self.hass.config_entries.async_schedule_reload(entry.entry_id)
        return self.async_create_entry(data={})


async def async_create_fix_flow(
    _hass: HomeAssistant, issue_id: str, data: dict[str, str | int | float | None] | None
) -> RepairsFlow:
    """Return the flow of a fixable issue; one that only tells something goes away when it was read."""
    if issue_id == ISSUE_RENEWED:
        return ConfirmRepairFlow()
    known = {key: str(value) for key, value in (data or {}).items()}
    if issue_id.startswith(ISSUE_GONE):
        return GonePrinterFlow(known)
    flow = ConsentFlow if issue_id == ISSUE_CONSENT else NewPrintersFlow
    return flow(known["entry_id"])
