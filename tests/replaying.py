"""Replays of what printers said, through profiles, views and sessions, without Home Assistant running."""

from collections.abc import Iterable, Iterator, Mapping
import csv
from dataclasses import dataclass, replace
from functools import cache
import json
from pathlib import Path
from typing import Any, Final

from homeassistant.util.yaml import parse_yaml

from custom_components.printernizer_stats.core.dictionary import DICTIONARY
from custom_components.printernizer_stats.core.models import Observation, PrinterState, UsageEvent
from custom_components.printernizer_stats.core.prints.session import PrintSession
from custom_components.printernizer_stats.printers.printer_view import PrinterView
from custom_components.printernizer_stats.printers.profiles import (
    PROFILES,
    Profile,
    Role,
    recognize,
)

REPLAYS: Final = Path(__file__).parent / "printers" / "replay"
_OCTOPRINT_ENTITIES: Final = {
    "sensor.octoprint_current_state": "state",
    "sensor.octoprint_job_percentage": "progress",
}
_ENDS: Final = ("job_completed", "job_failed", "job_cancelled")

type Step = tuple[float, str, Any]
"""When (seconds), which role (state, a reading, restart, end), and the raw value."""


class Replay:
    """One printer's session, fed with raw values in the words of its integration."""

    def __init__(self, profile: str, *, minimum: float = 60) -> None:
        """Follow a printer of that profile."""
        self.profile: Profile = PROFILES[profile]
        self._rules = replace(self.profile.rules, min_print_seconds=minimum)
        self.session = PrintSession("printer", self._rules)
        self._view = PrinterView(self.profile)

    def run(self, steps: Iterable[Step]) -> list[UsageEvent]:
        """Return all events of the steps, and of the time after them until nothing is due."""
        events = [event for each in self.follow(steps) for event in each]
        for event in events:
            DICTIONARY.check_event(event.type, event.data)
        return events

    def follow(self, steps: Iterable[Step]) -> Iterator[list[UsageEvent]]:
        """Yield the events of each step, and those of the time after them until nothing is due."""
        for at, role, value in steps:
            yield [*self._pass_time(at), *self._step(at, role, value)]
        yield list(self._pass_time(None))

    def _step(self, at: float, role: str, value: Any) -> list[UsageEvent]:
        if role == "restart":
            saved = json.loads(json.dumps(self.session.dump(at)))
            self.session = PrintSession("printer", self._rules)
            self.session.load(saved)
            self._view = PrinterView(self.profile)
            return []
        if role == "event":
            return self._hear(at, value)
        word, unit = value if isinstance(value, tuple) else (value, None)
        seen = self._view.take(at, Role(role), "unknown" if word is None else str(word), unit)
        return self.session.observe(seen) if seen else []

    def _hear(self, at: float, event: Mapping[str, Any]) -> list[UsageEvent]:
        """Take in a bus event of this printer."""
        for known in self.profile.events:
            if known.event_type == event["event_type"] and known.match.items() <= event.items():
                if known.means == "error":
                    return self.session.observe(Observation(at=at, fault=True))
                return self.session.observe(Observation(at=at, state=PrinterState(known.means)))
        return []

    def _pass_time(self, until: float | None) -> Iterator[UsageEvent]:
        """Do what is due, looking at the readings once more as the tracker does."""
        while (due := self.session.deadline) is not None and (until is None or due <= until):
            yield from self.session.observe(self._view.readings(due))
            assert self.session.deadline != due, "a deadline must not come twice"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One course of a printer, in the words of its integration, and the usage events it must give."""

    integration: str
    """The key of the profile: of all that the integration's domain has, the one that knows the printer."""
    printer: str
    name: str
    quirks: tuple[str, ...]
    source: tuple[str, ...]
    """Addresses of reports that describe it, or of the code whose words they are; none if it is made up."""
    reported: bool
    """Whether it is of the collection of courses that owners reported."""
    rows: tuple[tuple[Any, ...], ...]
    expected: tuple[tuple[str, Mapping[str, Any]], ...]

    @property
    def id(self) -> str:
        """How the scenario is called in test results and in the documentation."""
        return f"{self.integration}: {self.name}"

    @property
    def steps(self) -> list[Step]:
        """The rows of time, unique id, value and unit, with roles in the place of unique ids."""
        return list(_steps(PROFILES[self.integration], self.printer, self.rows))


@cache
def scenarios() -> tuple[Scenario, ...]:
    """Read the whole corpus."""
    return tuple(each for file in sorted(REPLAYS.glob("*.yaml")) for each in _read(file))


def headers() -> dict[str, Mapping[str, Any]]:
    """Return what each file says beside its scenarios, by the file's name."""
    return {file.stem: _mapping(file.read_text(encoding="utf-8")) for file in sorted(REPLAYS.glob("*.yaml"))}


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
    return [each.type for each in events if each.type in _ENDS]


def _read(file: Path) -> Iterator[Scenario]:
    content = _mapping(file.read_text(encoding="utf-8"))
    for raw in content["scenarios"]:
        rows = tuple(tuple(row) for row in raw["steps"])
        yield Scenario(
            integration=_profile_key(content["integration"], content["printer"], rows),
            printer=content["printer"],
            name=raw["name"],
            quirks=tuple(raw.get("quirks", ())),
            source=tuple(raw.get("source", content["source"].get("urls", ()))),
            reported="source" in raw,
            rows=rows,
            expected=tuple(_expected(each) for each in raw["expect"]),
        )


def _profile_key(integration: str, printer: str, rows: Iterable[tuple[Any, ...]]) -> str:
    """The profile of the integration's domain that takes one of the rows' ids for the printer's state."""
    domain = PROFILES[integration].domain
    known = (recognize(domain, row[1]) for row in rows)
    found = {profile.key for profile, stem in filter(None, known) if stem == printer}
    assert len(found) == 1, f"{integration}: {printer} has no state that is known"
    return found.pop()


def _steps(profile: Profile, printer: str, rows: Iterable[tuple[Any, ...]]) -> Iterator[Step]:
    for at, what, *rest in rows:
        if what in ("restart", "event"):
            yield float(at), what, rest[0] if rest else None
        else:
            role = "state" if profile.printer_of(what) == printer else profile.role_of(what, printer)
            assert role is not None, f"{what} is no entity of {printer} that {profile.domain} knows"
            yield float(at), str(role), (rest[0], rest[1] if len(rest) > 1 else None)


def _expected(raw: str | Mapping[str, Mapping[str, Any]]) -> tuple[str, Mapping[str, Any]]:
    if isinstance(raw, str):
        return raw, {}
    ((event_type, data),) = raw.items()
    return event_type, data


def _mapping(text: str) -> dict[str, Any]:
    content = parse_yaml(text)
    assert isinstance(content, dict)
    return content
