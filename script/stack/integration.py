"""A client of the integration under test, through Home Assistant's API only."""

import json
from typing import Any, Protocol

from .ha_configuration import COMPONENTS
from .home_assistant import HomeAssistant, Json
from .process import StackError, wait_until
from .websocket import command

DOMAIN = "printernizer_stats"
DASHBOARD = "printernizer-stats"
SENSORS = (
    "prints_completed",
    "prints_failed",
    "prints_cancelled",
    "print_time",
    "success_rate",
    "errors",
    "uptime_this_week",
    "last_print_result",
    "last_print_end",
    "events_stored",
    "last_submission",
    "next_submission",
    "submission_status",
)
MIN_PRINT_SECONDS = 20
CONSENT: tuple[Json, ...] = (
    {"categories": ["printers", "usage", "features", "errors"]},
    {"agree": True},
)
"""What the pages that follow a yes to sharing are answered with."""
_ENGLISH = COMPONENTS / DOMAIN / "translations" / "en.json"
_NAMES: dict[str, Json] = json.loads(_ENGLISH.read_text(encoding="utf-8"))["entity"]["sensor"]
"""Home Assistant makes the ID of an entity of its name; what stays is the key, which is in its unique ID."""


class Server(Protocol):
    """Where reports are to be sent."""

    @property
    def submit_url(self) -> str:
        """Return the address that reports are sent to."""

    @property
    def api_key(self) -> str:
        """Return the key that clients send."""


class Integration:
    """Printernizer Usage Statistics as one Home Assistant shows it."""

    def __init__(self, home: HomeAssistant) -> None:
        """Talk to the integration in this Home Assistant."""
        self._home = home

    def set_up(
        self, server: Server, *, share: bool = True, min_print_seconds: int = MIN_PRINT_SECONDS
    ) -> None:
        """Add the integration, counting every printer, unless it is there."""
        if self._home.has_entry(DOMAIN):
            return
        address = {"url": server.submit_url, "client_key": server.api_key}
        printers = self._printers_offered()
        answers: list[dict[str, Any]] = [
            {"printers": printers},
            {"share": share, "server": address},
            *(CONSENT if share else ()),
        ]
        entry_id = self._home.add_entry(DOMAIN, answers)["result"]["entry_id"]
        counted = {"printers": printers, "min_print_seconds": min_print_seconds}
        start = {"handler": entry_id}
        self._home.walk_flow("options/flow", start, [{"next_step_id": "printers"}, counted])
        wait_until("the changed options are in use", self._loaded)

    def add_app(self, address: str, mode: str = "standalone") -> None:
        """Add an instance of Printernizer unless there is one; count all printers."""
        entry = self._home.entries(DOMAIN)[0]
        if entry["num_subentries"]:
            return
        start: Json = {"handler": [entry["entry_id"], "printernizer"]}
        answer = {"url": address, "mode": mode, "verify_ssl": True}
        self._home.walk_flow("subentries/flow", start, [answer])
        before = len(self._printers_in_options(entry["entry_id"]))
        printers = wait_until(
            "the printers of Printernizer are offered",
            lambda: self._more_than(before, entry["entry_id"]),
        )
        counted = {"printers": printers, "min_print_seconds": MIN_PRINT_SECONDS}
        self._home.walk_flow(
            "options/flow", {"handler": entry["entry_id"]}, [{"next_step_id": "printers"}, counted]
        )
        wait_until("the changed options are in use", self._loaded)

    def _more_than(self, before: int, entry_id: str) -> list[str]:
        offered = self._printers_in_options(entry_id)
        return offered if len(offered) > before or before > 1 else []

    def _printers_in_options(self, entry_id: str) -> list[str]:
        """Return all printers that the options offer."""
        base = "/api/config/config_entries/options/flow"
        menu: Json = self._home.post(base, {"handler": entry_id})
        page: Json = self._home.post(f"{base}/{menu['flow_id']}", {"next_step_id": "printers"})
        self._home.request("DELETE", f"{base}/{menu['flow_id']}")
        fields = {field["name"]: field for field in page["data_schema"]}
        return [option["value"] for option in fields["printers"]["selector"]["select"]["options"]]

    def show_dashboard(self) -> None:
        """Put the dashboard into the sidebar, and let Home Assistant open on it."""
        entry = self._home.entries(DOMAIN)[0]
        answers: list[Json] = [{"next_step_id": "dashboard"}, {"dashboard": True}]
        self._home.walk_flow("options/flow", {"handler": entry["entry_id"]}, answers)
        wait_until("the dashboard is in the sidebar", self._has_dashboard)
        start_page = {"default_panel": DASHBOARD}
        command(self._home, "frontend/set_system_data", key="core", value=start_page)

    def _has_dashboard(self) -> bool:
        listed: Any = command(self._home, "lovelace/dashboards/list")
        return DASHBOARD in [each["url_path"] for each in listed]

    def _loaded(self) -> bool:
        return bool(self._home.entries(DOMAIN)[0]["state"] == "loaded")

    def _printers_offered(self) -> list[str]:
        """Return the printers that the config flow offers ticked; raises StackError if none."""
        start = {"handler": DOMAIN}
        flow: Json = self._home.post("/api/config/config_entries/flow", start)
        self._home.request("DELETE", f"/api/config/config_entries/flow/{flow['flow_id']}")
        fields = {field["name"]: field for field in flow["data_schema"] or []}
        if "printers" not in fields:
            raise StackError("The config flow offers no printer")
        return list(fields["printers"]["default"])

    def sensor(self, key: str) -> str | None:
        """Return the state of one of the integration's sensors."""
        name = _NAMES[key]["name"].lower().replace(" ", "_")
        return self._home.state(f"sensor.printernizer_usage_statistics_{name}")

    def count(self, key: str) -> int:
        """Return the state of a counting sensor, once it has one; raises StackError."""
        value = wait_until(f"sensor {key} has a value", lambda: self._known(key))
        return int(float(value))

    def _known(self, key: str) -> str | None:
        state = self.sensor(key)
        return None if state in ("unknown", "unavailable") else state

    def ask(self, action: str, **data: Any) -> Json:
        """Perform one of the integration's actions and return its response."""
        return self._home.ask_action(DOMAIN, action, data)
