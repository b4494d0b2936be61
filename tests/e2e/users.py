"""A user who is no administrator."""

import httpx

from stack.home_assistant import HomeAssistant
from stack.process import PATIENCE
from stack.websocket import command

GUEST = {"username": "guest", "password": "guest-pass-1"}


def guest_token(home: HomeAssistant) -> str:
    """Create the user, and return an access token of theirs."""
    user = command(home, "config/auth/create", name="Guest", group_ids=["system-users"])["user"]
    command(home, "config/auth_provider/homeassistant/create", user_id=user["id"], **GUEST)
    client_id = {"client_id": home.client_id}
    with httpx.Client(base_url=home.url, timeout=PATIENCE) as client:
        flow = {"handler": ["homeassistant", None], "redirect_uri": home.client_id}
        flow_id = client.post("/auth/login_flow", json=client_id | flow).json()["flow_id"]
        code = client.post(f"/auth/login_flow/{flow_id}", json=client_id | GUEST).json()["result"]
        grant = {"grant_type": "authorization_code", "code": code}
        return str(client.post("/auth/token", data=client_id | grant).json()["access_token"])
