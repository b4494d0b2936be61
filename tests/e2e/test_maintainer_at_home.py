"""A maintainer's service in Home Assistant: the real service with simulated homes, added in the browser."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, override

import httpx
from playwright.sync_api import ViewportSize, expect
import pytest
import pytest_socket

from stack.demo import ALONE
from stack.home_assistant import HomeAssistant
from stack.integration import DOMAIN
from stack.parts import interpreter
from stack.process import HOST, PATIENCE, free_port, wait_until
from stack.service import READER, AggregationService
from stack.websocket import command

from .browser import browsing
from .chromium import Chromium
from .conftest import CLIENT_KEY, required
from .dialog import PAGE, Dialog
from .homes import Homes

FLEET = ("simulate", "--homes", "400", "--weeks", "30", "--processes", "1", "--alarm-weeks", "13")
DEVICE: ViewportSize = {"width": 1280, "height": 900}
SILENT = timedelta(days=5)
"""For so long nothing has come in: far more than chance."""
SILENCE = "No reports come in"
BEGUN = {"opened", "regressed"}


class PatientService(AggregationService):
    """A service that looks for alarms only when it is told to."""

    @override
    def environment(self) -> Mapping[str, str]:
        return {**super().environment(), "AGGREGATION_INSIGHT": "false"}


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[AggregationService, str]]:
    """Run a service to which some homes have sent nothing lately; give it with a key that it knows."""
    required("PRINTERNIZER_SERVICE_PYTHON")
    pytest_socket.enable_socket()
    folder = tmp_path_factory.mktemp("watched")
    service = PatientService(folder, free_port(), interpreter("service"), CLIENT_KEY)
    service.run(*FLEET, "--until", (datetime.now(UTC) - SILENT).date().isoformat())
    key = service.reading_key()  # a running service reads its keys anew only now and then
    try:
        yield service.start(), key
    finally:
        service.stop()


def asked(service: AggregationService, key: str, path: str) -> Any:
    """Return what the service answers."""
    with httpx.Client(base_url=service.url, headers={"X-API-Key": key}, timeout=PATIENCE) as client:
        return client.get(path).raise_for_status().json()


def told(service: AggregationService, key: str) -> dict[str, Any]:
    """Return what the service itself answers, as sensors show it."""
    homes, versions, summary, alarms = (
        asked(service, key, path)
        for path in ("/stats/installations?days=8", "/stats/versions", "/stats/summary", "/alarms")
    )
    return {
        "active_homes": homes["active_30d"],
        "new_homes_in_seven_days": homes["trend"][-1]["total"] - homes["trend"][0]["total"],
        "growth_in_seven_days": homes["growth_7d_percent"],
        "share_of_newest_version": versions["adoption_rate_latest"],
        "open_alarms": sum(each["state"] != "ended" for each in alarms),
        "last_report": summary["latest_submission_at"][:10],
    }


def shown(home: HomeAssistant, name: str) -> str | None:
    """Return the state of a sensor of the service."""
    return home.state(_entity(name))


def test_a_maintainer_adds_a_service_sees_its_figures_and_alarms_and_gives_another_key(
    homes: Homes, watched: tuple[AggregationService, str], chromium: Chromium, images: Path
) -> None:
    service, key = watched
    home = homes.start()
    home.add_entry(DOMAIN, [{}, ALONE])
    with browsing(home, chromium) as browser:
        page = browser.page
        page.set_viewport_size(DEVICE)
        dialog = Dialog(browser, images)
        browser.open(PAGE)
        page.get_by_role("button", name="Add your statistics service").click()
        dialog.at("Statistics service")
        dialog.fill("textbox", "Address", service.url)
        dialog.fill("textbox", "Read key", key)
        dialog.picture("maintainer_add")
        dialog.press("Submit")
        wait_until("the figures are there", lambda: _is_there(home))
        figures = told(service, key)
        assert {name: float(shown(home, name) or "nan") for name in list(figures)[:5]} == {
            name: pytest.approx(value) for name, value in list(figures.items())[:5]
        }
        assert shown(home, "last_report") == figures["last_report"]
        browser.open(PAGE)
        page.locator("ha-config-entry-device-row").get_by_text(HOST, exact=True).click()
        expect(page.get_by_text("Active homes")).to_be_visible()
        browser.save(images / "maintainer_device.png")
        assert browser.errors == []

    before = {each["id"]: each["times"] for each in asked(service, key, "/alarms")}
    assert fired(home) == []
    service.run("insight", "--once")
    since = sorted(each["title"] for each in asked(service, key, "/alarms") if _is_new(each, before))
    assert SILENCE in since
    look_again(home)
    wait_until("the alarms are events", lambda: len(fired(home)) >= len(since))
    look_again(home)
    look_again(home)
    events = fired(home)
    assert sorted(each["title"] for each in events if each["event_type"] in BEGUN) == since
    (silence,) = (each for each in events if each["title"] == SILENCE)
    assert silence["event_type"] == "opened"
    assert silence["text"].startswith("No report came in ")

    another = service.run("keys", "rotate", READER)
    flow = wait_until("another key is asked for", lambda: _asked_for_a_key(home))
    path = f"/api/config/config_entries/flow/{flow}"
    assert home.post(path, {"read_key": another})["reason"] == "reauth_successful"
    wait_until("the figures are back", lambda: _is_there(home))
    home.stop()


def look_again(home: HomeAssistant) -> None:
    """Have the service asked now, and wait until it was."""
    home.call_action("homeassistant", "update_entity", {"entity_id": _entity("active_homes")})


def fired(home: HomeAssistant) -> list[dict[str, Any]]:
    """Return what the event entity of the service has fired, as Home Assistant's own history has it."""
    entity = f"event.{HOST.replace('.', '_')}_alarms"
    begin = (datetime.now(UTC) - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    states = home.get(f"/api/history/period/{begin}?filter_entity_id={entity}")
    return [each["attributes"] for state in states for each in state if each["attributes"].get("event_type")]


def _is_new(alarm: Mapping[str, Any], before: Mapping[int, int]) -> bool:
    """Tell whether an alarm was opened, or opened again."""
    return bool(alarm["times"] > before.get(alarm["id"], 0))


def _is_there(home: HomeAssistant) -> bool:
    return shown(home, "active_homes") not in (None, "unavailable")


def _asked_for_a_key(home: HomeAssistant) -> str | None:
    """Look at the service now, and return the flow that its refusal began."""
    look_again(home)
    flows: Any = command(home, "config_entries/flow/progress")
    return next((each["flow_id"] for each in flows if each["context"]["source"] == "reauth"), None)


def _entity(name: str) -> str:
    return f"sensor.{HOST.replace('.', '_')}_{name}"
