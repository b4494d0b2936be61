"""How Home Assistant is installed, in a word of the dictionary, and which version of it."""

from typing import Final

from homeassistant.const import MAJOR_VERSION, MINOR_VERSION
from homeassistant.core import HomeAssistant
from homeassistant.helpers.system_info import async_get_system_info

from ..core.sharing.report import HOME_ASSISTANT

_WORDS: Final = {
    "Home Assistant Container": "homeassistant_container",
    "Home Assistant Core": "homeassistant_core",
    "Home Assistant OS": "homeassistant_os",
    "Home Assistant Supervised": "homeassistant_supervised",
}


def home_assistant_version() -> str:
    """The version of Home Assistant, without its patch level."""
    return f"{MAJOR_VERSION}.{MINOR_VERSION}"


async def async_deployment(hass: HomeAssistant) -> str:
    """Return the way of installing; one that Home Assistant does not name is just itself."""
    info = await async_get_system_info(hass)
    return _WORDS.get(info["installation_type"], HOME_ASSISTANT)
