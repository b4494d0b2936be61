"""Everything that a real OctoPrint does to a print, and what Home Assistant makes of it."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import pytest_socket

from stack.home_assistant import HomeAssistant
from stack.integration import DOMAIN, Integration
from stack.octoprint import STATE_SENSOR, OctoPrint
from stack.process import wait_until

from .conftest import MIN_PRINT_SECONDS
from .homes import Homes

GRACE_SECONDS = 10
JOB_SECONDS = 90


@dataclass(frozen=True)
class Nowhere:
    """A statistics service that nobody asks."""

    submit_url: str = "http://127.0.0.1:9/submit"
    api_key: str = "none"


@dataclass(frozen=True)
class Watch:
    """OctoPrint, and the counts of its prints since the last look."""

    home: HomeAssistant
    integration: Integration
    octoprint: OctoPrint

    def events(self) -> list[str]:
        """Return the types of all events, oldest first."""
        return [event["type"] for event in self.integration.ask("export_data")["events"]]

    def begin(self) -> int:
        """Print until the print counts as one; returns how many events there were before."""
        known = len(self.events())
        self.octoprint.begin(self.home, JOB_SECONDS)
        self.home.wait_for_state(STATE_SENSOR, "printing")
        self.wait_for("job_created", known)
        return known

    def wait_for(self, event_type: str, known: int) -> None:
        """Poll the printer until there is an event of that type after the known ones."""

        def there() -> bool:
            self.octoprint.refresh(self.home)
            return event_type in self.events()[known:]

        wait_until(f"{event_type} is recorded", there, interval=1)

    def of_the_print(self, known: int) -> list[str]:
        """Return the types of the events of prints and errors after the known ones."""
        return [each for each in self.events()[known:] if each.startswith(("job_", "error"))]


@pytest.fixture(scope="module")
def watch(homes: Homes, octoprint: OctoPrint) -> Iterator[Watch]:
    """Run a Home Assistant of its own that counts OctoPrint's prints, with little patience."""
    pytest_socket.enable_socket()
    home = homes.start()
    octoprint.add_to(home)
    integration = Integration(home)
    integration.set_up(Nowhere(), share=False, min_print_seconds=MIN_PRINT_SECONDS)
    times = {"grace_seconds": GRACE_SECONDS, "merge_seconds": 60, "lost_hours": 24, "retention_days": 730}
    entry_id = home.entries(DOMAIN)[0]["entry_id"]
    home.walk_flow("options/flow", {"handler": entry_id}, [{"next_step_id": "advanced"}, times])
    wait_until("the options are in use", lambda: home.entries(DOMAIN)[0]["state"] == "loaded")
    yield Watch(home, integration, octoprint)
    home.stop()


@pytest.fixture(autouse=True)
def _connected(watch: Watch) -> None:
    """Begin with a printer that waits."""
    if not watch.octoprint.ready():
        watch.octoprint.tell("connection", command="connect", port="VIRTUAL", baudrate=250000)
        wait_until("OctoPrint is connected", watch.octoprint.ready)
    watch.octoprint.refresh(watch.home)
    watch.home.wait_for_state(STATE_SENSOR, "operational")


def test_paused_and_resumed(watch: Watch) -> None:
    known = watch.begin()
    watch.octoprint.tell("job", command="pause", action="pause")
    watch.wait_for("job_paused", known)
    watch.octoprint.tell("job", command="pause", action="resume")
    watch.wait_for("job_resumed", known)
    watch.octoprint.cancel()
    watch.wait_for("job_cancelled", known)
    assert watch.of_the_print(known) == ["job_created", "job_paused", "job_resumed", "job_cancelled"]


def test_disconnected_in_the_middle(watch: Watch) -> None:
    known = watch.begin()
    watch.octoprint.tell("connection", command="disconnect")
    watch.wait_for("printer_disconnected", known)
    watch.octoprint.tell("connection", command="connect", port="VIRTUAL", baudrate=250000)
    watch.wait_for("job_failed", known)
    assert watch.of_the_print(known) == ["job_created", "job_failed"]
    assert watch.events()[known:].count("printer_connected") == 1


@pytest.mark.parametrize("fault", ["drop_connection", "trigger_fatal_error_marlin"])
def test_the_printer_fails(watch: Watch, fault: str) -> None:
    """The serial line dies, and the firmware gives up with an error."""
    known = watch.begin()
    watch.octoprint.tell("printer/command", command=f"!!DEBUG:{fault}")
    wait_until("OctoPrint loses the printer", lambda: not watch.octoprint.ready())
    wait_until("the job is over", lambda: watch.octoprint.state() != "Printing")
    watch.wait_for("printer_disconnected", known)
    watch.octoprint.tell("connection", command="connect", port="VIRTUAL", baudrate=250000)
    watch.wait_for("job_failed", known)
    created, *errors, failed = watch.of_the_print(known)
    assert (created, failed) == ("job_created", "job_failed")
    assert len(errors) <= 1
