"""Prints from before the set-up, in the history of a real recorder."""

from typing import Any

import pytest

from stack.demo import wait_saved
from stack.integration import DOMAIN, Integration
from stack.process import PATIENCE, wait_until
from stack.standin import CONFIGURATION, PROGRESS, STATE, StandIn

from .homes import Homes

SECONDS = 65


def test_what_the_recorder_remembers_is_counted_once(homes: Homes) -> None:
    home = homes.start(extra=CONFIGURATION)
    printer = StandIn()
    printer.begin(home, SECONDS)
    wait_until("the print ends", lambda: not printer.step(home), timeout=SECONDS + PATIENCE, interval=2)
    home.call_action("input_select", "select_option", {"entity_id": STATE, "option": "idle"})
    home.call_action("input_number", "set_value", {"entity_id": PROGRESS, "value": 0})

    flow = home.post("/api/config/config_entries/flow", {"handler": DOMAIN})
    fields = {field["name"]: field.get("default") for field in flow["data_schema"]}
    assert fields["backfill"] is False
    assert len(fields["printers"]) == 1
    path = f"/api/config/config_entries/flow/{flow['flow_id']}"
    home.post(path, {"printers": fields["printers"], "backfill": True})
    server = {"url": "https://stats.invalid/submit", "client_key": "a-key"}
    assert home.post(path, {"share": False, "server": server})["type"] == "create_entry"

    integration = Integration(home)
    wait_until("the past is counted", lambda: integration.count("prints_completed") == 1)
    jobs = _jobs(integration)
    assert [job["type"] for job in jobs] == ["job_created", "job_completed"]
    assert all(job["data"]["backfilled"] is True for job in jobs)
    assert jobs[1]["data"]["duration_seconds"] == pytest.approx(printer.last_print_seconds(), abs=2)
    assert integration.sensor("last_print_result") == "unknown", "what is past is no news"
    assert 'job_count":0' in integration.ask("preview_report")["body"]

    wait_saved(home)
    home.stop()
    home.start()
    assert integration.count("prints_completed") == 1
    assert _jobs(integration) == jobs


def _jobs(integration: Integration) -> list[dict[str, Any]]:
    """Return the exported events of print jobs, oldest first."""
    events = integration.ask("export_data")["events"]
    return [event for event in events if event["type"].startswith("job_")]
