"""What the frontend asks for, and what it is told."""

import json
from typing import Any, Final

from homeassistant.components import frontend
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
)
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.printernizer_stats.const import DOMAIN
from custom_components.printernizer_stats.dashboard import STRATEGY_PATH, sidebar

PATH: Final = sidebar.PATH


async def async_token(hass: HomeAssistant) -> str:
    """Return an administrator's token that is good for half an hour from now."""
    admin = next(user for user in await hass.auth.async_get_users() if user.is_admin)
    refresh_token = await hass.auth.async_create_refresh_token(admin, "https://home.example/")
    return hass.auth.async_create_access_token(refresh_token)


async def async_ask(
    hass: HomeAssistant, hass_ws_client: WebSocketGenerator, kind: str, token: str | None = None, **more: Any
) -> Any:
    """Send a command as the frontend does, an administrator's without a token, and return its result."""
    client = await hass_ws_client(hass, token or await async_token(hass))
    await client.send_json_auto_id({"type": kind, **more})
    answer = await client.receive_json()
    assert answer["success"], answer
    return answer["result"]


async def async_views(
    hass: HomeAssistant, hass_ws_client: WebSocketGenerator, token: str | None = None, language: str = "en"
) -> Any:
    return await async_ask(hass, hass_ws_client, f"{DOMAIN}/dashboard", token, language=language)


def entity_id(hass: HomeAssistant, entry: MockConfigEntry, key: str, owner: str = "") -> str:
    found = er.async_get(hass).async_get_entity_id("sensor", DOMAIN, f"{owner or entry.entry_id}_{key}")
    assert found is not None
    return found


def cells(*shown: object) -> str:
    """Return a row of a table as JSON has it: words on the left, numbers on the right."""
    sides = ("right" if isinstance(each, int) else "left" for each in shown)
    written = (f'<td align="{side}">{each}</td>' for side, each in zip(sides, shown, strict=True))
    return json.dumps("".join(written))[1:-1]


def modules(hass: HomeAssistant) -> list[str]:
    """Return the addresses of our modules that pages load."""
    loaded = hass.data[frontend.DATA_EXTRA_MODULE_URL].urls
    return [url for url in loaded if url.startswith(STRATEGY_PATH)]


def shown(hass: HomeAssistant) -> bool:
    return frontend.async_panel_exists(hass, PATH)
