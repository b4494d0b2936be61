"""Replays of what printers said, through profiles and sessions, without Home Assistant."""

from collections.abc import Iterable, Iterator
import csv
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from custom_components.printernizer_stats.dictionary import DICTIONARY
from custom_components.printernizer_stats.models import Observation, PrinterState, UsageEvent
from custom_components.printernizer_stats.sessions import PrintSession
from custom_components.printernizer_stats.sources.profiles import PROFILES, Reading

REPLAYS: Final = Path(__file__).parent / "replay"
_OCTOPRINT_ENTITIES: Final = {
    "sensor.octoprint_current_state": "state",
    "sensor.octoprint_job_percentage": "progress",
}

type Step = tuple[float, str, Any]
"""When (seconds), which role (state, a reading, restart, end), and the raw value."""


class Replay:
    """One printer's session, fed with raw values in the words of its integration."""

    def __init__(self, domain: str, *, minimum: float = 60) -> None:
        """Follow a printer of that integration."""
        self.profile = PROFILES[domain]
        self._rules = replace(self.profile.rules, min_print_seconds=minimum)
        self._session = PrintSession("printer", self._rules)
        self._readings: dict[str, float] = {}

    def run(self, steps: Iterable[Step]) -> list[UsageEvent]:
        """Return all events of the steps, and of the time after them until nothing is due."""
        events: list[UsageEvent] = []
        for at, role, value in steps:
            events += self._pass_time(at)
            events += self._step(at, role, value)
        events += self._pass_time(None)
        for event in events:
            DICTIONARY.check_event(event.type, event.data)
        return events

    def _step(self, at: float, role: str, value: Any) -> list[UsageEvent]:
        if role == "restart":
            saved = self._session.dump()
            self._session = PrintSession("printer", self._rules)
            self._session.load(saved)
            return []
        if role == "state":
            state = PrinterState.OFFLINE if value == "unavailable" else self.profile.normalise(value)
            return self._session.observe(Observation(at=at, state=state)) if state else []
        reading = Reading(role)
        if value is None:
            self._readings.pop(reading, None)
            return []
        self._readings[reading] = float(value)
        return self._session.observe(_reading(at, {reading: float(value)}))

    def _pass_time(self, until: float | None) -> Iterator[UsageEvent]:
        """Do what is due, looking at the readings once more as the tracker does."""
        while (due := self._session.deadline) is not None and (until is None or due <= until):
            yield from self._session.observe(_reading(due, self._readings))
            assert self._session.deadline != due, "a deadline must not come twice"


def octoprint_capture() -> list[Step]:
    """Return the recording of a real OctoPrint in a real Home Assistant."""
    with (REPLAYS / "octoprint_capture.csv").open(encoding="utf-8") as file:
        return [
            (float(row["last_updated_ts"]), _OCTOPRINT_ENTITIES[row["entity_id"]], row["state"])
            for row in csv.DictReader(file)
            if row["entity_id"] in _OCTOPRINT_ENTITIES and row["state"] not in ("unknown", "")
        ]


def outcomes(events: Iterable[UsageEvent]) -> list[str]:
    """The event types that end a print, in order."""
    return [each.type for each in events if each.type in ("job_completed", "job_failed", "job_cancelled")]


def _reading(at: float, values: dict[str, float] | dict[Reading, float]) -> Observation:
    readings: dict[str, Any] = {str(key): value for key, value in values.items()}
    return Observation(at=at, **readings)
