"""Home Assistant's WebSocket API, for what its REST API does not offer."""

import asyncio
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import aiohttp

from .home_assistant import HomeAssistant, Json
from .process import PATIENCE, StackError


def converse(home: HomeAssistant, token: str, *commands: Mapping[str, Any]) -> list[Json]:
    """Send commands one after the other and return their answers, refusals included."""
    with ThreadPoolExecutor(1) as pool:  # an event loop of its own, beside pytest's
        return pool.submit(asyncio.run, _converse(home.url, token, commands)).result(60)


def command(home: HomeAssistant, kind: str, **content: Any) -> Json:
    """Send a command as the owner and return its result; raises StackError with a refusal."""
    answer = converse(home, home.access_token(), {"type": kind, **content})[0]
    if not answer["success"]:
        raise StackError(f"{kind}: {answer['error']}")
    result: Json = answer["result"]
    return result


async def _converse(url: str, token: str, commands: tuple[Mapping[str, Any], ...]) -> list[Json]:
    address = f"{url.replace('http', 'ws', 1)}/api/websocket"
    async with aiohttp.ClientSession() as session, session.ws_connect(address) as socket:
        await socket.receive_json()
        await socket.send_json({"type": "auth", "access_token": token})
        welcome = await socket.receive_json()
        if welcome["type"] != "auth_ok":
            raise StackError(f"Home Assistant refuses the login: {welcome}")
        answers = []
        for number, content in enumerate(commands, start=1):
            await socket.send_json({"id": number, **content})
            answers.append(await socket.receive_json(timeout=PATIENCE))
        return answers
