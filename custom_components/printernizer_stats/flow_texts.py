"""What pages of the options show beside their fields: Markdown tables, and words in the server's language."""

from collections.abc import Callable, Iterable

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.translation import async_get_translations

from .const import DOMAIN

type Words = Callable[[str], str]
"""Says a word."""


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
