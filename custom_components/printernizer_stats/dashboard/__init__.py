"""Dashboard: a strategy for dashboards of one's own, and one in the sidebar if that is turned on."""

from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

from homeassistant.components import frontend, websocket_api
from homeassistant.components.http.server import StaticPathConfig
from homeassistant.components.websocket_api.connection import ActiveConnection
from homeassistant.components.websocket_api.decorators import async_response, websocket_command
from homeassistant.core import HomeAssistant
import voluptuous as vol

from ..const import CONF_DASHBOARD, DOMAIN, NAME, PROJECT_URL
from ..runtime import StatsConfigEntry
from .build import async_dashboard, async_texts, async_watched

try:
    from .sidebar import async_show_sidebar
except ImportError:  # They are parts of Home Assistant that may move; counting must go on without them.
    async_show_sidebar = None  # type: ignore[assignment]

STRATEGY_PATH: Final = f"/{DOMAIN}/strategy.js"
_STRATEGY_FILE: Final = Path(__file__).parent / "strategy.js"


async def async_setup_dashboard(hass: HomeAssistant) -> None:
    """Register what exists once per run: the strategy's file, and the command that it asks with."""
    await hass.http.async_register_static_paths(
        [StaticPathConfig(STRATEGY_PATH, str(_STRATEGY_FILE), cache_headers=True)]
    )
    websocket_api.async_register_command(hass, _async_handle_dashboard)


async def async_show_dashboard(hass: HomeAssistant, entry: StatsConfigEntry) -> None:
    """Offer the strategy, and show the dashboard in the sidebar if wanted, until the entry is unloaded."""
    if frontend.DOMAIN not in hass.config.components:
        return
    url = await _async_strategy_url(hass, entry.runtime_data.app_version)
    frontend.add_extra_js_url(hass, url)
    entry.async_on_unload(lambda: frontend.remove_extra_js_url(hass, url))
    if entry.options.get(CONF_DASHBOARD) and async_show_sidebar is not None:
        await async_show_sidebar(hass, entry)


async def _async_strategy_url(hass: HomeAssistant, version: str) -> str:
    """The module's address: another one for each version, with the words that it has in a list."""
    texts = await async_texts(hass, hass.config.language)
    words = {"v": version, "name": NAME, "description": texts("description"), "title": texts("title")}
    return f"{STRATEGY_PATH}?{urlencode({**words, 'url': f'{PROJECT_URL}/blob/main/docs/dashboard.md'})}"


@websocket_command({vol.Required("type"): f"{DOMAIN}/dashboard", vol.Required("language"): str})
@async_response
async def _async_handle_dashboard(
    hass: HomeAssistant, connection: ActiveConnection, msg: dict[str, Any]
) -> None:
    """Answer with the dashboard's configuration, and the entities whose change makes it outdated."""
    built = await async_dashboard(hass, language=msg["language"], admin=connection.user.is_admin)
    connection.send_result(msg["id"], {**built, "watch": async_watched(hass)})
