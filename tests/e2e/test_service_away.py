"""The service is away: the report waits, and is acknowledged once."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
import json
from pathlib import Path
import sqlite3

from stack import standin
from stack.home_assistant import Json
from stack.integration import Integration
from stack.parts import interpreter
from stack.process import free_port
from stack.service import AggregationService

from .conftest import CLIENT_KEY, required
from .homes import FreshHome, Homes, logged
from .websocket import refusal


@contextmanager
def _running(directory: Path, port: int, key: str) -> Iterator[AggregationService]:
    """Run a service on a folder that outlives it."""
    service = AggregationService(directory, port, interpreter("service"), key)
    try:
        yield service.start()
    finally:
        service.stop()


def test_report_waits_for_the_service(homes: Homes, tmp_path: Path) -> None:
    required("PRINTERNIZER_SERVICE_PYTHON")
    directory, port = tmp_path / "service", free_port()
    home = homes.start(extra=standin.CONFIGURATION)
    with _running(directory, port, CLIENT_KEY) as service:
        Integration(home).set_up(service)
    events = _export(home)["events"]

    _refused(home, "unreachable", "The statistics service did not respond.")
    assert _submissions(directory) == []
    assert _export(home)["reports"] == [], "nothing is frozen before the service says what it speaks"

    with _running(directory, port, "another-key"):
        answer = Integration(home).ask("submit_now")
        assert refusal(home, "submit_now", {})["translation_key"] == "nothing_to_submit"
    assert json.loads(answer["body"])["schema_version"] == "2.0", "its proof needs no shared key"
    assert answer["sha256"] == answer["receipt"]["body_sha256"]
    assert _submissions(directory) == [answer["sha256"]]
    reports = _export(home)["reports"]
    assert [(each["state"], each["attempts"]) for each in reports] == [("acknowledged", 1)]
    assert _export(home)["events"] == events
    assert [line for line in logged(home) if "statistics service" in line] == [
        "The statistics service does not take reports (unreachable); they are kept",
        "The statistics service takes reports again",
    ]
    home.stop()


def _refused(home: FreshHome, status: str, text: str) -> None:
    """Try to submit, and check error and status."""
    error = refusal(home, "submit_now", {})
    assert error["translation_key"] == f"submission_{status}"
    assert error["message"].startswith(f"Validation error: {text} The report is kept")
    assert Integration(home).sensor("submission_status") == status


def _export(home: FreshHome) -> Json:
    return Integration(home).ask("export_data")


def _submissions(directory: Path) -> list[str]:
    """Return the hash of each report that the service stored."""
    with closing(sqlite3.connect(directory / "aggregation.db")) as connection:
        return [row[0] for row in connection.execute("SELECT body_sha256 FROM submissions")]
