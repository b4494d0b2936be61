"""Home Assistants of the tests: fresh ones, and what they wrote to their logs."""

from collections.abc import Mapping, Sequence
from pathlib import Path
import re
from typing import override

from stack.home_assistant import HomeAssistant
from stack.integration import DOMAIN
from stack.parts import interpreter, stop_all
from stack.process import Running, free_port

from .forge.forge import Forge

_RECORD = re.compile(r"^\S+ \S+ (?P<level>[A-Z]+) \([^)]*\) \[(?P<logger>[^]]+)\] (?P<text>.*)")
_BAD = ("WARNING", "ERROR", "CRITICAL")
# What Home Assistant says of every custom integration, of a state that a busy machine was slow to write, and
# of a maintainer's key that no longer fits.
_ALWAYS_LOGGED = (
    "We found a custom integration",
    "Updating state for ",
    "Error fetching fleet figures data: The statistics service does not accept the read key",
)
# Where it notes calls that are refused.
_REFUSALS = "homeassistant.components.websocket_api.http.connection"


class FreshHome(HomeAssistant):
    """A Home Assistant with variables of its own in the environment."""

    variables: Mapping[str, str] = {}
    forge: Forge | None = None
    """What starts it; with variables, which Python reads at its start, it starts by itself."""

    @override
    def environment(self) -> Mapping[str, str]:
        return self.variables

    @override
    def spawn(self, command: Sequence[str], environment: Mapping[str, str]) -> Running:
        if self.forge is None or self.variables:
            return super().spawn(command, environment)
        return self.forge.start(command, self.directory, environment, self.log)


class Homes:
    """All Home Assistants of the session."""

    def __init__(self, root: Path) -> None:
        """Keep the folders of fresh ones below root."""
        self.known: list[HomeAssistant] = []
        self._root = root
        self._forge = Forge(interpreter("hass"), root / "forge.log")

    def start(self, *, extra: str = "", variables: Mapping[str, str] | None = None) -> FreshHome:
        """Start a fresh Home Assistant; extra is added to its configuration."""
        directory = self._root / f"home{len(self.known)}"
        home = FreshHome(directory, free_port(), interpreter("hass"), extra)
        home.variables = variables or {}
        home.forge = self._forge
        self.known.append(home)
        home.start()
        return home

    def stop(self) -> None:
        """Stop all that still run."""
        stop_all(self.known)
        self._forge.stop()

    def complaints(self) -> list[str]:
        """Return what any of them logged at warning or above that has to do with us."""
        lines = [line for home in self.known if home.log.exists() for line in _lines(home)]
        return [line for line in lines if _is_complaint(line)]


def logged(home: HomeAssistant) -> list[str]:
    """Return the texts that the integration logged, oldest first."""
    return [record["text"] for record in _records(home) if _is_ours(record)]


def refusals(home: HomeAssistant) -> list[str]:
    """Return the texts that Home Assistant logged of calls that were refused, oldest first."""
    records = [record for record in _records(home) if record["logger"] == _REFUSALS]
    return [record["text"].partition("] ")[2] for record in records]


def _records(home: HomeAssistant) -> list[re.Match[str]]:
    return [record for line in _lines(home) if (record := _RECORD.match(line))]


def _is_ours(record: re.Match[str]) -> bool:
    return f"{record['logger']}.".startswith(f"custom_components.{DOMAIN}.")


def _lines(home: HomeAssistant) -> list[str]:
    return home.log.read_text(encoding="utf-8", errors="replace").splitlines()


def _is_complaint(line: str) -> bool:
    if f"custom_components/{DOMAIN}/" in line:  # a stack trace
        return True
    record = _RECORD.match(line)
    if record is None or record["level"] not in _BAD or record["logger"] == _REFUSALS:
        return False
    return "printernizer" in line.lower() and not record["text"].startswith(_ALWAYS_LOGGED)
