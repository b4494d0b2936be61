"""Home Assistant is killed right after something was acknowledged."""

from collections import Counter
from contextlib import suppress
from threading import Event, Thread

import httpx

from stack.demo import wait_saved
from stack.integration import DOMAIN
from stack.octoprint import OctoPrint
from stack.parts import Parts
from stack.process import wait_until

RECORDED = {"event_type": "file_uploaded", "data": {"printer_type": "octoprint"}}
ENOUGH = 20
JOB_SECONDS = 30  # Home Assistant may see its beginning 10 seconds late


def test_acknowledged_events_survive_a_kill(parts: Parts) -> None:
    wait_saved(parts.home)
    before = _stored(parts)
    acknowledged, enough = [0], Event()

    def record() -> None:
        with suppress(httpx.TransportError):
            while True:
                answer = parts.home.request("POST", f"/api/services/{DOMAIN}/record_event", json=RECORDED)
                assert answer.is_success
                acknowledged[0] += 1
                if acknowledged[0] == ENOUGH:
                    enough.set()

    recorder = Thread(target=record)
    recorder.start()
    assert enough.wait(60)
    parts.home.kill()
    recorder.join(60)
    parts.home.start()

    after = _stored(parts)
    stored = after["file_uploaded"] - before["file_uploaded"]
    # The last one may have been stored and not yet answered.
    assert stored in (acknowledged[0], acknowledged[0] + 1)
    assert after["error_occurred"] == before["error_occurred"] + 1
    assert parts.integration.count("errors") == after["error_occurred"]


def test_counted_print_survives_a_kill(parts: Parts, printer_of_parts: OctoPrint) -> None:
    wait_saved(parts.home)
    before, counted = _stored(parts), parts.integration.count("prints_completed")
    printer_of_parts.begin(parts.home, JOB_SECONDS)
    wait_until("OctoPrint ends its job", lambda: not printer_of_parts.step(parts.home), interval=1)
    wait_until(
        "the print is counted",
        lambda: parts.integration.count("prints_completed") > counted,
        interval=0.05,
    )
    parts.home.kill()
    parts.home.start()
    assert parts.integration.count("prints_completed") == counted + 1
    killed = _stored(parts) - before
    assert killed["job_completed"] == killed["job_created"] == 1
    assert killed["error_occurred"] == 1, "the unclean stop"

    parts.home.stop()
    parts.home.start()
    assert parts.integration.count("prints_completed") == counted + 1
    restarted = _stored(parts) - before
    assert restarted["job_completed"] == restarted["error_occurred"] == 1
    assert restarted["app_shutdown"] == 1


def _stored(parts: Parts) -> Counter[str]:
    """Return how many events of each type the export holds."""
    return Counter(event["type"] for event in parts.integration.ask("export_data")["events"])
