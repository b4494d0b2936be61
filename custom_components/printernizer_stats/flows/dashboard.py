"""Options page for the dashboard in the sidebar."""

from typing import Any

from homeassistant.config_entries import ConfigFlowResult, OptionsFlow
import voluptuous as vol

from ..const import CONF_DASHBOARD


class DashboardSteps(OptionsFlow):
    """Switching the dashboard in the sidebar on and off."""

    async def async_step_dashboard(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Show it or not."""
        options = self.config_entry.options
        if user_input is not None:
            return self.async_create_entry(data={**options, **user_input})
        shown = options.get(CONF_DASHBOARD, False)
        schema = vol.Schema({vol.Required(CONF_DASHBOARD, default=shown): bool})
        return self.async_show_form(step_id="dashboard", data_schema=schema)
