"""Repairs that a user can do with a click."""

from homeassistant.components.repairs import ConfirmRepairFlow, RepairsFlow, RepairsFlowResult
from homeassistant.core import HomeAssistant
import voluptuous as vol

from .const import CONF_DECLINED, CONF_PRINTERS
from .issues import ISSUE_RENEWED
from .printer_forms import async_double_notes, offered, printer_selector, split_choice
from .sources.entities import async_find_printers


class NewPrintersFlow(RepairsFlow):
    """Offers printers that appeared after the set-up."""

    def __init__(self, entry_id: str) -> None:
        """Remember the entry to add them to."""
        self._entry_id = entry_id

    async def async_step_init(self, _user_input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Go straight to the one form."""
        return await self.async_step_confirm()

    async def async_step_confirm(self, user_input: dict[str, list[str]] | None = None) -> RepairsFlowResult:
        """Show all printers, the new ones ticked too."""
        entry = self.hass.config_entries.async_get_known_entry(self._entry_id)
        found = async_find_printers(self.hass)
        if user_input is not None:
            options = {**entry.options, **split_choice(user_input[CONF_PRINTERS], found)}
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


async def async_create_fix_flow(
    _hass: HomeAssistant, issue_id: str, data: dict[str, str | int | float | None] | None
) -> RepairsFlow:
    """Return the flow of a fixable issue; one that only tells something goes away when it was read."""
    if issue_id == ISSUE_RENEWED:
        return ConfirmRepairFlow()
    return NewPrintersFlow(str((data or {})["entry_id"]))
