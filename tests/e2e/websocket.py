"""Home Assistant's WebSocket API, for what its REST API does not offer."""

import asyncio
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import aiohttp

from stack.home_assistant import HomeAssistant, Json
from stack.integration import DOMAIN


def converse(home: HomeAssistant, token: str, *commands: Mapping[str, Any]) -> list[Json]:
    """Send commands one after the other and return their answers, refusals included."""
    with ThreadPoolExecutor(1) as pool:  # an event loop of its own, beside pytest's
        return pool.submit(asyncio.run, _converse(home.url, token, commands)).result(60)


def command(home: HomeAssistant, kind: str, **content: Any) -> Json:
    """Send a command as the owner and return its result."""
    answer = converse(home, home.access_token(), {"type": kind, **content})[0]
    assert answer["success"], answer
    result: Json = answer["result"]
    return result


def refusal(home: HomeAssistant, action: str, data: Mapping[str, Any], token: str = "") -> Json:
    """Call one of our actions that must not succeed, and return the error as the frontend gets it."""
    responds = action not in ("delete_data", "record_event")
    call = {
        "type": "call_service",
        "domain": DOMAIN,
        "service": action,
        "service_data": data,
        "return_response": responds,
    }
    answer = converse(home, token or home.access_token(), call)[0]
    assert not answer["success"], answer
    error: Json = answer["error"]
    return error


def english(home: HomeAssistant, category: str) -> dict[str, str]:
    """Return the texts of a category that the frontend shows, by their key below our domain."""
    texts = command(home, "frontend/get_translations", language="en", category=category, integration=[DOMAIN])
    prefix = f"component.{DOMAIN}.{category}."
    return {key.removeprefix(prefix): text for key, text in texts["resources"].items()}


async def _converse(url: str, token: str, commands: tuple[Mapping[str, Any], ...]) -> list[Json]:
    address = f"{url.replace('http', 'ws', 1)}/api/websocket"
    async with aiohttp.ClientSession() as session, session.ws_connect(address) as socket:
        await socket.receive_json()
        await socket.send_json({"type": "auth", "access_token": token})
        welcome = await socket.receive_json()
        assert welcome["type"] == "auth_ok", welcome
        answers = []
        for number, content in enumerate(commands, start=1):
            await socket.send_json({"id": number, **content})
            answers.append(await socket.receive_json(timeout=60))
        return answers
