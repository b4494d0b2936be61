"""What the frontend gets from Home Assistant: refusals of our actions, and texts."""

from collections.abc import Mapping
from typing import Any

from stack.home_assistant import HomeAssistant, Json
from stack.integration import DOMAIN
from stack.websocket import command, converse


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
