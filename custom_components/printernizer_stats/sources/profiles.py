"""How each printer integration says what its printers do: data, read from printer_profiles.json.

Entities are recognised by the integration that made them and by the pattern of their unique id; the named
group `id` ties the entities of one printer together.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
import json
from pathlib import Path
import re
from typing import Any, Final

from ..models import PrinterState
from ..sessions import Rules

_FILE: Final = Path(__file__).parents[1] / "printer_profiles.json"


class Reading(StrEnum):
    """What an entity beside the state tells; the names are fields of Observation."""

    PROGRESS = "progress"
    ELAPSED = "elapsed"
    STARTED_AT = "started_at"
    FILAMENT_MM = "filament_mm"
    FILAMENT_G = "filament_g"


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """One integration's vocabulary and unique id patterns."""

    domain: str
    name: str
    state_id: re.Pattern[str]
    states: Mapping[str, PrinterState]
    ignored: frozenset[str]
    readings: Mapping[Reading, re.Pattern[str]]
    rules: Rules

    def printer_of(self, unique_id: str) -> str | None:
        """The part of a state entity's unique id that its printer's other entities share."""
        found = self.state_id.fullmatch(unique_id)
        return found["id"] if found else None

    def reading_of(self, unique_id: str, printer: str) -> Reading | None:
        """What the entity tells about that printer, None when it is no concern of ours."""
        for reading, pattern in self.readings.items():
            if (found := pattern.fullmatch(unique_id)) and found["id"] == printer:
                return reading
        return None

    def normalise(self, state: str) -> PrinterState | None:
        """The state in our words; None for states that change nothing."""
        return self.states.get(state.casefold())


def _readings(raw: Mapping[str, Any]) -> dict[Reading, re.Pattern[str]]:
    patterns: dict[Reading, str] = {}
    if "progress" in raw:
        patterns[Reading.PROGRESS] = raw["progress"]["unique_id_regex"]
    duration = raw.get("duration", {})
    if duration.get("kind") == "entity":
        patterns[Reading.ELAPSED] = duration["unique_id_regex"]
    if "started_at" in duration:
        patterns[Reading.STARTED_AT] = duration["started_at"]
    for filament in raw.get("filament", []):
        reading = Reading.FILAMENT_G if filament["unit"] == "g" else Reading.FILAMENT_MM
        patterns[reading] = filament["unique_id_regex"]
    return {reading: re.compile(pattern) for reading, pattern in patterns.items()}


def _profile(domain: str, raw: Mapping[str, Any]) -> Profile:
    return Profile(
        domain=domain,
        name=raw["name"],
        state_id=re.compile(raw["state_entity"]["unique_id_regex"]),
        states={word.casefold(): PrinterState(state) for word, state in raw["state_map"].items()},
        ignored=frozenset(word.casefold() for word in raw["transient"]),
        readings=_readings(raw),
        rules=Rules(
            printer_type=raw["printer_type"],
            outcome="progress" if raw["outcome"] == "heuristic" else "explicit",
            complete_at=raw["complete_at"],
            merge_seconds=raw["merge_seconds"],
        ),
    )


def load(file: Path = _FILE) -> dict[str, Profile]:
    """Read all profiles, by integration domain."""
    raw = json.loads(file.read_text(encoding="utf-8"))
    return {domain: _profile(domain, each) for domain, each in raw["integrations"].items()}


PROFILES: Final = load()
