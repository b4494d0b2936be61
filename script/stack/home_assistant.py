"""A real Home Assistant with its web interface, and a client of its HTTP API."""

from collections.abc import Mapping, Sequence
import json
from pathlib import Path
import time
from typing import Any, override

import httpx

from .ha_configuration import write_configuration
from .process import PATIENCE, Process, StackError, wait_until

USERNAME = "owner"
PASSWORD = "owner-pass-1"
TOKEN_SECONDS = 1500  # an access token is good for 1800

type Json = dict[str, Any]


class HomeAssistant(Process):
    """One Home Assistant process on a configuration folder that may be kept."""

    name = "Home Assistant"

    def __init__(self, directory: Path, port: int, python: Path, extra: str = "") -> None:
        """Use Home Assistant's own Python; extra is YAML added to its configuration."""
        super().__init__(directory, port)
        self._python = python
        self._extra = extra
        self._http = httpx.Client(base_url=self.url, timeout=PATIENCE)
        self._refresh_token = ""
        self._token_until = 0.0

    @property
    def config(self) -> Path:
        """Return the configuration folder."""
        return self.directory / "config"

    @property
    def client_id(self) -> str:
        """Return the id that a browser on this address uses too."""
        return f"{self.url}/"

    @override
    def prepare(self) -> None:
        write_configuration(self.config, self.port, self._extra)

    @override
    def command(self) -> Sequence[str | Path]:
        return [self._python.parent / "hass", "--skip-pip", "-c", self.config]

    @override
    def ready(self) -> bool:
        try:
            if not self._http.get("/manifest.json").is_success:
                return False
        except httpx.TransportError:
            return False
        if not self._refresh_token:
            self._sign_in()
        return bool(self.get("/api/config")["state"] == "RUNNING")

    def get(self, path: str) -> Any:
        """Return the decoded answer to an authorized GET."""
        return self.request("GET", path).raise_for_status().json()

    def post(self, path: str, content: Mapping[str, Any]) -> Any:
        """Return the decoded answer to an authorized POST; raises StackError with a refusal."""
        answer = self.request("POST", path, json=content)
        if answer.is_error:
            raise StackError(f"POST {path}: {answer.status_code} {answer.text}")
        return answer.json()

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Send an authorized request and return whatever answer comes."""
        headers = {"Authorization": f"Bearer {self.access_token()}"}
        return self._http.request(method, path, headers=headers, **options)

    def state(self, entity_id: str) -> str | None:
        """Return an entity's state, or None while it does not exist."""
        answer = self.request("GET", f"/api/states/{entity_id}")
        return None if answer.status_code == httpx.codes.NOT_FOUND else str(answer.json()["state"])

    def wait_for_state(self, entity_id: str, wanted: str) -> None:
        """Wait until an entity has a state; raises StackError after a while."""
        what = f"{entity_id} becomes {wanted}"
        wait_until(what, lambda: self.state(entity_id) == wanted)

    def call_action(self, domain: str, action: str, data: Mapping[str, Any]) -> None:
        """Perform an action and wait for its end."""
        self.post(f"/api/services/{domain}/{action}", data)

    def ask_action(self, domain: str, action: str, data: Mapping[str, Any]) -> Json:
        """Perform an action and return its response."""
        answer = self.post(f"/api/services/{domain}/{action}?return_response", data)
        response: Json = answer["service_response"]
        return response

    def has_entry(self, domain: str) -> bool:
        """Tell whether an integration is set up."""
        return bool(self.entries(domain))

    def entries(self, domain: str) -> list[Json]:
        """Return the config entries of an integration."""
        entries: list[Json] = self.get(f"/api/config/config_entries/entry?domain={domain}")
        return entries

    def add_entry(self, domain: str, answers: Sequence[Mapping[str, Any]]) -> Json:
        """Set up an integration, with one answer per form of its config flow."""
        return self.walk_flow("flow", {"handler": domain}, answers)

    def walk_flow(self, kind: str, start: Mapping[str, Any], answers: Sequence[Mapping[str, Any]]) -> Json:
        """Go through a config ("flow") or options ("options/flow") flow to its end."""
        base = f"/api/config/config_entries/{kind}"
        step: Json = self.post(base, start)
        for answer in answers:
            step = self.post(f"{base}/{step['flow_id']}", answer)
        if step["type"] != "create_entry":
            raise StackError(f"The flow of {start['handler']} stopped: {json.dumps(step)}")
        return step

    def access_token(self) -> str:
        """Return a token that is good for some minutes."""
        if time.monotonic() > self._token_until:
            renewal = {"grant_type": "refresh_token", "refresh_token": self._refresh_token}
            self._take_tokens(renewal)
        return self._access_token

    def tokens(self) -> Json:
        """Return what a browser keeps of a login, as its `hassTokens` entry."""
        return {
            "access_token": self.access_token(),
            "token_type": "Bearer",
            "expires_in": 1800,
            "hassUrl": self.url,
            "clientId": self.client_id,
            "expires": int(time.time() * 1000) + TOKEN_SECONDS * 1000,
            "refresh_token": self._refresh_token,
        }

    def _sign_in(self) -> None:
        """Create the owner in a fresh configuration, or log in to a kept one."""
        answer = self._http.get("/api/onboarding")  # this view is gone once all steps are done
        steps = answer.json() if answer.is_success else []
        owner_missing = any(step["step"] == "user" and not step["done"] for step in steps)
        code = self._create_owner() if owner_missing else self._log_in()
        self._take_tokens({"grant_type": "authorization_code", "code": code})

    def _create_owner(self) -> str:
        user = {"name": "Owner", "username": USERNAME, "password": PASSWORD, "language": "en"}
        return str(self._public("/api/onboarding/users", user)["auth_code"])

    def _log_in(self) -> str:
        flow = {"handler": ["homeassistant", None], "redirect_uri": self.client_id}
        flow_id = self._public("/auth/login_flow", flow)["flow_id"]
        login = {"username": USERNAME, "password": PASSWORD}
        return str(self._public(f"/auth/login_flow/{flow_id}", login)["result"])

    def _public(self, path: str, content: Mapping[str, Any]) -> Any:
        answer = self._http.post(path, json={"client_id": self.client_id, **content})
        return answer.raise_for_status().json()

    def _take_tokens(self, grant: Mapping[str, str]) -> None:
        answer = self._http.post("/auth/token", data={"client_id": self.client_id, **grant})
        tokens = answer.raise_for_status().json()
        self._access_token: str = tokens["access_token"]
        self._refresh_token = tokens.get("refresh_token", self._refresh_token)
        self._token_until = time.monotonic() + TOKEN_SECONDS
