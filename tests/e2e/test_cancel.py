"""A print that is cancelled at the printer."""

from stack.octoprint import OctoPrint
from stack.parts import Parts
from stack.process import wait_until

from .conftest import MIN_PRINT_SECONDS

OUTCOMES = ("prints_completed", "prints_failed", "prints_cancelled")


def test_cancelled_print_counts_as_cancelled_only(parts: Parts, printer_of_parts: OctoPrint) -> None:
    before = [parts.integration.count(key) for key in OUTCOMES]
    printer_of_parts.begin(parts.home, 90)
    printed = 2 * MIN_PRINT_SECONDS
    wait_until("the job gets under way", lambda: printer_of_parts.printed_seconds() >= printed)
    assert printer_of_parts.step(parts.home)
    printer_of_parts.cancel()
    wait_until("OctoPrint stops", lambda: not printer_of_parts.step(parts.home), interval=1)

    cancelled = before[2] + 1
    wait_until("the print is counted", lambda: parts.integration.count(OUTCOMES[2]) >= cancelled)
    after = [parts.integration.count(key) for key in OUTCOMES]
    assert after == [before[0], before[1], cancelled]
    last = parts.integration.ask("export_data")["events"][-1]
    assert last["type"] == "job_cancelled"
    assert abs(last["data"]["duration_seconds"] - printed) <= 30
    assert parts.integration.sensor("last_print_result") == "cancelled"
