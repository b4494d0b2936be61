"""A real OctoPrint whose bundled virtual printer executes G-code."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, override

import httpx

from .gcode import dwelling_job
from .home_assistant import HomeAssistant
from .process import HOST, PATIENCE, Process, StackError, wait_until

API_KEY = "0123456789ABCDEF0123456789ABCDEF"
STATE_SENSOR = "sensor.octoprint_current_state"
CONFIGURATION = f"""\
accessControl: {{autologinLocal: false}}
api: {{enabled: true, key: {API_KEY}}}
server:
  firstRun: false
  seenWizards: {{corewizard: 4, tracking: null}}
  onlineCheck: {{enabled: false}}
  pluginBlacklist: {{enabled: false}}
plugins:
  virtual_printer: {{enabled: true}}
  tracking: {{enabled: false}}
  announcements: {{enabled_channels: []}}
serial: {{additionalPorts: [VIRTUAL], autoconnect: true, port: VIRTUAL, baudrate: 250000}}
"""


class OctoPrint(Process):
    """One OctoPrint process with the virtual printer connected."""

    name = "OctoPrint"

    def __init__(self, directory: Path, port: int, python: Path) -> None:
        """Use OctoPrint's own Python."""
        super().__init__(directory, port)
        self._python = python
        self._http = httpx.Client(base_url=self.url, headers={"X-Api-Key": API_KEY}, timeout=PATIENCE)

    @override
    def prepare(self) -> None:
        configuration = self.directory / "config.yaml"
        if not configuration.exists():
            configuration.write_text(CONFIGURATION, encoding="utf-8")

    @override
    def command(self) -> Sequence[str | Path]:
        program = self._python.parent / "octoprint"
        options = ["--host", HOST, "--port", str(self.port), "--basedir", str(self.directory)]
        return [program, "serve", "--iknowwhatimdoing", *options]

    @override
    def ready(self) -> bool:
        try:
            answer = self._http.get("/api/connection")
        except httpx.TransportError:
            return False
        return answer.is_success and answer.json()["current"]["state"] == "Operational"

    def add_to(self, home: HomeAssistant) -> None:
        """Set up Home Assistant's OctoPrint integration, unless a kept state has it."""
        if home.has_entry("octoprint"):
            return
        address = {"host": HOST, "port": self.port, "path": "/", "ssl": False, "verify_ssl": False}
        home.add_entry("octoprint", [{"username": "_api", "api_key": API_KEY, **address}])

    def begin(self, home: HomeAssistant, seconds: int) -> None:
        """Upload a job of about the given number of seconds and print it."""
        files = {"file": (f"job_{seconds}.gcode", dwelling_job(seconds))}
        self._http.post("/api/files/local", files=files, data={"print": "true"}).raise_for_status()
        wait_until("OctoPrint prints", lambda: self.state() == "Printing")
        wait_until("Home Assistant sees the print", lambda: self._seen(home), interval=1)

    def cancel(self) -> None:
        """Cancel the running job."""
        self.tell("job", command="cancel")

    def tell(self, part: str, **command: Any) -> None:
        """Post a command to a part of OctoPrint's API, such as job, connection or printer/command."""
        self._http.post(f"/api/{part}", json=command).raise_for_status()

    def step(self, home: HomeAssistant) -> bool:
        """Let Home Assistant look at the printer; tell whether the job goes on."""
        self.refresh(home)
        return self.printing()

    def refresh(self, home: HomeAssistant) -> None:
        """Ask Home Assistant to poll OctoPrint now instead of every 30 seconds."""
        home.call_action("homeassistant", "update_entity", {"entity_id": STATE_SENSOR})

    def _seen(self, home: HomeAssistant) -> bool:
        """Poll, which has an effect every 10 seconds at most; tell whether Home Assistant sees a print."""
        self.refresh(home)
        return (home.state(STATE_SENSOR) or "").casefold() == "printing"

    def printing(self) -> bool:
        """Tell whether OctoPrint works on a job."""
        return self.state() != "Operational"

    def state(self) -> str:
        """Return OctoPrint's word for what it does."""
        return str(self._job()["state"])

    def printed_seconds(self) -> int:
        """Return how long the running job has been printed."""
        return int(self._job()["progress"]["printTime"] or 0)

    def last_print_seconds(self) -> float:
        """Return how long OctoPrint says that the last job was printed."""
        seconds = self._job()["job"]["lastPrintTime"]
        if seconds is None:
            raise StackError("OctoPrint knows of no completed print")
        return float(seconds)

    def _job(self) -> dict[str, Any]:
        answer = self._http.get("/api/job").raise_for_status()
        content: dict[str, Any] = answer.json()
        return content
