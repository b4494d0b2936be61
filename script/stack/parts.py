"""All parts together: started in parallel, set up, and stopped whatever happens."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
import json
import os
from pathlib import Path
import secrets
from typing import Protocol

from . import standin
from .home_assistant import HomeAssistant
from .integration import Integration
from .octoprint import OctoPrint
from .process import Process, StackError, free_port
from .service import AggregationService

PARTS = ("ha", "octoprint", "service")


class Printer(Protocol):
    """What can print a job and say how long that took."""

    name: str

    def add_to(self, home: HomeAssistant) -> None:
        """Make Home Assistant know the printer."""

    def begin(self, home: HomeAssistant, seconds: int) -> None:
        """Begin a job of about the given number of seconds."""

    def step(self, home: HomeAssistant) -> bool:
        """Let Home Assistant look at the printer; tell whether the job goes on."""

    def last_print_seconds(self) -> float:
        """Return how long the last completed job took."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Where the parts keep their files, where they listen, and which printer is used."""

    directory: Path
    ports: dict[str, int]
    octoprint: bool = True
    printernizer: str | None = None
    """The address of a Printernizer whose printers are counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The running parts."""

    home: HomeAssistant
    service: AggregationService
    printer: Printer
    integration: Integration


def interpreter(env: str) -> Path:
    """Return an environment's Python as the calling script names it; raises StackError."""
    variable = f"PRINTERNIZER_{env.upper()}_PYTHON"
    if variable not in os.environ:
        message = f"{variable} is not set; start this through script/run or script/test"
        raise StackError(message)
    return Path(os.environ[variable])


def settled(directory: Path, chosen: dict[str, int]) -> tuple[dict[str, int], str]:
    """Return ports and API key, which a kept state directory must find unchanged."""
    file = directory / "settings.json"
    kept = json.loads(file.read_text()) if file.exists() else {"ports": {}}
    ports = {part: chosen.get(part) or kept["ports"].get(part) or free_port() for part in PARTS}
    api_key: str = kept.get("api_key") or secrets.token_hex(16)
    directory.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({"ports": ports, "api_key": api_key}))
    return ports, api_key


def build(options: Options) -> Parts:
    """Return the parts, not yet started."""
    directory = options.directory.resolve()
    ports, api_key = settled(directory, options.ports)
    extra = "" if options.octoprint else standin.CONFIGURATION
    home = HomeAssistant(directory / "home_assistant", ports["ha"], interpreter("hass"), extra)
    service = AggregationService(directory / "service", ports["service"], interpreter("service"), api_key)
    printer: Printer = standin.StandIn()
    if options.octoprint:
        octoprint_python = interpreter("octoprint")
        printer = OctoPrint(directory / "octoprint", ports["octoprint"], octoprint_python)
    return Parts(home=home, service=service, printer=printer, integration=Integration(home))


@contextmanager
def running(options: Options) -> Iterator[Parts]:
    """Start and set up all parts; stops them at the end, also after a failure."""
    parts = build(options)
    everything = (parts.service, parts.printer, parts.home)
    processes = [part for part in everything if isinstance(part, Process)]
    with ExitStack() as stack:
        stack.callback(stop_all, processes)
        for process in processes:
            process.launch()
        for process in processes:
            process.wait_ready()
        parts.printer.add_to(parts.home)
        parts.integration.set_up(parts.service)
        if options.printernizer:
            parts.integration.add_app(options.printernizer)
        yield parts


def stop_all(processes: Sequence[Process]) -> None:
    """Stop processes at the same time."""
    with ThreadPoolExecutor() as pool:
        list(pool.map(Process.stop, processes))
