"""Pages of the options that show something: Markdown tables, and words in the server's language."""

from abc import abstractmethod
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from homeassistant.config_entries import ConfigFlowResult, OptionsFlow
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.translation import async_get_translations
import voluptuous as vol

from ..const import DOMAIN

type Words = Callable[[str], str]
"""Says a word."""


class Pages(OptionsFlow):
    """Pages to look at, with one button that leads on."""

    @abstractmethod
    async def async_step_init(self, _user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Offer the pages."""

    def async_show_page(self, step_id: str, placeholders: Mapping[str, str]) -> ConfigFlowResult:
        """Show a page without a field."""
        return self.async_show_form(
            step_id=step_id, data_schema=vol.Schema({}), description_placeholders=placeholders
        )


async def async_words(hass: HomeAssistant, selector: str) -> Words:
    """Return how the words of that selector are said."""
    texts = await async_get_translations(hass, hass.config.language, "selector", [DOMAIN])
    return lambda word: texts[f"component.{DOMAIN}.selector.{selector}.options.{word}"]


async def async_reason(hass: HomeAssistant, error: HomeAssistantError) -> str:
    """Return what a refusal of ours says, for the middle of a page."""
    texts = await async_get_translations(hass, hass.config.language, "exceptions", [DOMAIN])
    text = texts[f"component.{DOMAIN}.exceptions.{error.translation_key}.message"]
    return text.format_map(error.translation_placeholders or {})


def table(head: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """Return a Markdown table; what would end a cell is escaped."""
    titles = list(head)
    lines = [titles, ["---"] * len(titles), *rows]
    return "\n".join(f"| {' | '.join(_cell(each) for each in line)} |" for line in lines)


def _cell(value: object) -> str:
    """Return a value as the text of one cell; names of devices may hold anything."""
    text = " ".join(str(value).split())
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;")
