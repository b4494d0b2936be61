"""Wrong input: clear refusals in plain words, and nothing is stored or lost."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import pytest_socket

from stack import standin
from stack.home_assistant import HomeAssistant, Json
from stack.integration import CONSENT, DOMAIN, Integration
from stack.process import HOST, PATIENCE, free_port
from stack.service import AggregationService

from .conftest import CLIENT_KEY
from .homes import Homes, refusals
from .users import guest_token
from .websocket import english, refusal

FLOW = "/api/config/config_entries/flow"
ACTIONS: dict[str, Json] = {
    "get_statistics": {},
    "export_data": {},
    "delete_data": {"confirm": True},
    "record_event": {"event_type": "app_start"},
    "preview_report": {},
    "submit_now": {},
}
# Home Assistant leaves out the last full stop.
NOT_DECLARED = (
    "This event type is not in the statistics dictionary, so nothing was stored."
    " Use one that is listed in the documentation"
)
NO_SUCH_KEY = (
    "The event type file_uploaded has no such metadata key, so nothing was stored."
    " Leave it out, or use one that is listed in the documentation"
)
NO_SUCH_VALUE = (
    "The statistics dictionary does not allow this value for printer_type, so nothing was stored."
    " The allowed values are listed in the documentation"
)
NEEDED = "The event requires error_type, so nothing was stored. Add it to the metadata"
NOT_CONFIRMED = "Nothing was deleted. To delete statistics, set confirm to true"
OUTDATED = "Something was counted since you viewed the report, so nothing was sent. View the preview again"
REFUSED = [
    ("record_event", {"event_type": "coffee_made"}, NOT_DECLARED),
    ("record_event", {"event_type": "file_uploaded", "data": {"file_name": "secret.gcode"}}, NO_SUCH_KEY),
    ("record_event", {"event_type": "file_uploaded", "data": {"printer_type": "toaster"}}, NO_SUCH_VALUE),
    ("record_event", {"event_type": "error_occurred", "data": {"component": "app"}}, NEEDED),
    ("delete_data", {"confirm": False}, NOT_CONFIRMED),
    ("submit_now", {"sha256": "0" * 64}, OUTDATED),
]
REFUSED_IDS = ["type", "key", "value", "missing key", "not confirmed", "outdated"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A Home Assistant that shares, and how its config flow answered wrong input before."""

    home: HomeAssistant
    errors: dict[str, str]

    def stored(self) -> tuple[Any, ...]:
        """Return what is stored."""
        export = Integration(self.home).ask("export_data")
        return export["events"], export["reports"]


@pytest.fixture(scope="module")
def case(homes: Homes, service: AggregationService) -> Iterator[Case]:
    """Set the integration up with sharing on, after each wrong address and key."""
    pytest_socket.enable_socket()
    home = homes.start(extra=standin.CONFIGURATION)
    yield Case(home=home, errors=_set_up(home, service))
    home.stop()


def _set_up(home: HomeAssistant, service: AggregationService) -> dict[str, str]:
    """Walk through the config flow with wrong answers first; returns the error of each."""
    wrong = {
        "no address": ("not an address", CLIENT_KEY),
        "no encryption": ("http://stats.example.com/submit", CLIENT_KEY),
        "nobody there": (f"http://{HOST}:{free_port()}/submit", CLIENT_KEY),
        "another path": (f"{service.url}/", CLIENT_KEY),
        "another key": (service.submit_url, "another-key"),
    }
    step = home.post(FLOW, {"handler": DOMAIN})
    printers = {field["name"]: field for field in step["data_schema"]}["printers"]["default"]
    form = f"{FLOW}/{step['flow_id']}"
    home.post(form, {"printers": printers})
    errors = {name: home.post(form, _sharing(*each))["errors"]["base"] for name, each in wrong.items()}
    assert home.post(form, _sharing(service.submit_url, CLIENT_KEY))["step_id"] == "categories"
    categories, agree = CONSENT
    assert home.post(form, categories)["step_id"] == "agree"
    errors["no tick"] = home.post(form, {"agree": False})["errors"]["base"]
    assert home.post(form, agree)["type"] == "create_entry"
    return errors


def _sharing(url: str, key: str) -> Json:
    return {"share": True, "server": {"url": url, "client_key": key}}


def test_config_flow_names_what_is_wrong(case: Case) -> None:
    assert case.errors == {
        "no address": "invalid_endpoint",
        "no encryption": "insecure_endpoint",
        "nobody there": "cannot_connect",
        "another path": "cannot_connect",
        "another key": "key_refused",
        "no tick": "not_agreed",
    }
    texts = english(case.home, "config")
    assert texts["error.invalid_endpoint"].startswith("This address is not valid.")
    assert texts["error.insecure_endpoint"].startswith("The address must start with https://.")
    assert texts["error.cannot_connect"].startswith("No statistics service responded at this address.")
    assert texts["error.key_refused"].startswith("The service did not accept this client key.")


@pytest.mark.parametrize(("action", "data", "text"), REFUSED, ids=REFUSED_IDS)
def test_wrong_calls_are_refused_in_plain_words(case: Case, action: str, data: Json, text: str) -> None:
    before, lines = case.stored(), refusals(case.home)
    error = refusal(case.home, action, data)
    assert error["code"] == "service_validation_error"
    assert error["message"] == f"Validation error: {text}"
    assert case.stored() == before
    assert refusals(case.home) == [*lines, text], "logged once, by Home Assistant"
    assert "secret" not in case.home.log.read_text(encoding="utf-8")


def test_actions_are_for_administrators(case: Case) -> None:
    before = case.stored()
    token = guest_token(case.home)
    for action, data in ACTIONS.items():
        error = refusal(case.home, action, data, token)
        assert error["message"] == "Unauthorized"
    headers = {"Authorization": f"Bearer {token}"}
    download = httpx.get(f"{case.home.url}/api/{DOMAIN}/export", headers=headers, timeout=PATIENCE)
    assert download.status_code == httpx.codes.UNAUTHORIZED
    assert case.stored() == before
