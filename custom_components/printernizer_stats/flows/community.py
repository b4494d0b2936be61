"""Options page for the public numbers: where they come from, what they say, and whether to receive them."""

from typing import Any

from homeassistant.config_entries import ConfigFlowResult, OptionsFlow
import voluptuous as vol

from ..const import CONF_COMMUNITY, CONF_ENDPOINT, DEFAULT_ENDPOINT
from ..core.community.download import public_url
from ..dashboard.build import async_community, async_texts
from ..dashboard.community_view import lines, notes, title
from ..runtime import loaded_runtime


class CommunitySteps(OptionsFlow):
    """Looking at the community's figures, and turning them on and off."""

    async def async_step_community(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Show what was received, and ask whether to go on."""
        options = self.config_entry.options
        if user_input is not None:
            return self.async_create_entry(data={**options, **user_input})
        received = options.get(CONF_COMMUNITY, False)
        return self.async_show_form(
            step_id="community",
            data_schema=vol.Schema({vol.Required(CONF_COMMUNITY, default=received): bool}),
            description_placeholders={
                "figures": await self._async_figures(),
                "source": public_url(options.get(CONF_ENDPOINT, DEFAULT_ENDPOINT)),
            },
        )

    async def _async_figures(self) -> str:
        """Return the figures as Markdown; empty while nothing is received."""
        runtime = loaded_runtime(self.hass)
        community = await async_community(runtime) if runtime is not None else None
        if community is None:
            return ""
        texts = await async_texts(self.hass, self.hass.config.language)
        blocks = [f"**{title(each, texts)}**\n" + _list(lines(each, texts)) for each in community.compared]
        return "\n\n".join(["", *blocks, *notes(community, texts)])


def _list(said: list[str]) -> str:
    return "\n".join(f"- {each}" for each in said)
