"""Home Assistant is restarted in the middle of a print."""

from typing import Any

import pytest

from stack.octoprint import OctoPrint
from stack.once import TOLERANCE_SECONDS, wait_counted
from stack.parts import Parts
from stack.process import wait_until

JOB_SECONDS = 90


def test_print_over_a_restart_is_counted_once_in_full(parts: Parts, printer_of_parts: OctoPrint) -> None:
    integration = parts.integration
    completed, errors = integration.count("prints_completed"), integration.count("errors")
    jobs_before = len(_jobs(parts))
    printer_of_parts.begin(parts.home, JOB_SECONDS)
    wait_until("the job gets under way", lambda: printer_of_parts.printed_seconds() >= 10)
    assert printer_of_parts.step(parts.home)
    parts.home.stop()
    parts.home.start()
    assert printer_of_parts.printing(), "the restart took longer than the print"

    wait_counted(parts, completed, JOB_SECONDS)
    jobs = _jobs(parts)[jobs_before:]
    assert [job["type"] for job in jobs] == ["job_created", "job_completed"]
    truth = printer_of_parts.last_print_seconds()
    assert jobs[-1]["data"]["duration_seconds"] == pytest.approx(truth, abs=TOLERANCE_SECONDS)
    assert integration.count("prints_completed") == completed + 1
    assert integration.count("errors") == errors, "a clean stop is no error"


def _jobs(parts: Parts) -> list[dict[str, Any]]:
    """Return the exported events of print jobs, oldest first."""
    events = parts.integration.ask("export_data")["events"]
    return [event for event in events if event["type"].startswith("job_")]
