"""Profiles: how each printer integration says what its printers do, read from printer_profiles.json.

Entities are recognized by the integration that made them and by the pattern of their unique id; the named
group `id` ties the entities of one printer together. Several integrations may have one domain: each is a
profile of its own, a variant of the first.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
import json
from pathlib import Path
import re
from typing import Any, Final

from ..core.models import Outcome, PrinterState
from ..core.prints.rules import Rules
from .profile_schema import ProfileError, check, read_schema

_FILE: Final = Path(__file__).with_name("printer_profiles.json")
# The weaker source of two that show the same machine is left unticked.
_TRUST: Final = ("heuristic", "explicit_but_ambiguous", "explicit_via_event_entity", "explicit")
_RULES: Final = (
    "idle_ends",
    "end_recovers",
    "final_progress",
    "verify_completed",
    "complete_at",
    "merge_seconds",
    "idle_seconds",
)


class Role(StrEnum):
    """What an entity of a printer tells; the numbers have the names of Observation's fields."""

    STATE = "state"
    PROGRESS = "progress"
    ELAPSED = "elapsed"
    STARTED_AT = "started_at"
    ENDED_AT = "ended_at"
    JOB = "job"
    FILAMENT_MM = "filament_mm"
    FILAMENT_G = "filament_g"
    PLANNED_MM = "planned_mm"
    PLANNED_G = "planned_g"
    ENERGY_WH = "energy_wh"
    ENERGY_PRICE = "energy_price"
    CALIBRATION = "calibration"
    TOOL = "tool"
    ERROR = "error"
    REASON = "reason"
    GUARD = "guard"
    ONLINE = "online"
    RUNNING = "running"
    OUTCOME = "outcome"


_FILAMENT: Final = {
    ("used", "mm"): Role.FILAMENT_MM,
    ("used", "g"): Role.FILAMENT_G,
    ("planned", "mm"): Role.PLANNED_MM,
    ("planned", "g"): Role.PLANNED_G,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """An entity beside the state: how to recognize it, its unit if it shows none, what its words mean."""

    role: Role
    unique_id: re.Pattern[str] | None = None
    unit: str | None = None
    words: Mapping[str, bool | str] = field(default_factory=dict)
    otherwise: bool | str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BusEvent:
    """An event on Home Assistant's bus: which one, what it means, and how it names its printer."""

    event_type: str
    match: Mapping[str, str]
    means: str
    printer_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """One integration's vocabulary and unique id patterns; `outcome` is how it tells how a print ended.

    `key` is its name in the data, which only a variant has beside the integration's domain.
    """

    key: str
    domain: str
    name: str
    outcome: str
    states: Mapping[str, PrinterState]
    rules: Rules
    state_id: re.Pattern[str] | None = None
    ignored: frozenset[str] = frozenset()
    errors: frozenset[str] = frozenset()
    error_recovers: bool = False
    parts: Mapping[Role, Part] = field(default_factory=dict)
    events: tuple[BusEvent, ...] = ()
    upload_services: tuple[str, ...] = ()

    @property
    def trust(self) -> int:
        """How well the integration tells how a print ended; more is better."""
        return _TRUST.index(self.outcome)

    def printer_of(self, unique_id: str) -> str | None:
        """The part of a state entity's unique id that its printer's other entities share."""
        found = self.state_id.fullmatch(unique_id) if self.state_id else None
        return found["id"] if found else None

    def role_of(self, unique_id: str, printer: str) -> Role | None:
        """What the entity tells about that printer, None when it is no concern of ours."""
        for role, part in self.parts.items():
            if part.unique_id and (found := part.unique_id.fullmatch(unique_id)) and found["id"] == printer:
                return role
        return None

    def normalize(self, state: str) -> PrinterState | None:
        """The state in our words; None for states that change nothing."""
        return self.states.get(state.casefold())


def _part(role: Role, raw: Mapping[str, Any]) -> Part:
    return Part(
        role=role,
        unique_id=re.compile(raw["unique_id_regex"]),
        unit=raw.get("unit"),
        words={word.casefold(): meaning for word, meaning in raw.get("words", {}).items()},
        otherwise=raw.get("otherwise"),
    )


def _parts(raw: Mapping[str, Any]) -> Iterator[Part]:
    duration = raw.get("duration", {})
    if "progress" in raw:
        yield _part(Role.PROGRESS, raw["progress"])
    if duration.get("kind") == "entity":
        yield _part(Role.ELAPSED, duration)
    for role in (Role.STARTED_AT, Role.ENDED_AT):
        if role in duration:
            yield _part(role, {"unique_id_regex": duration[role]})
    for filament in raw.get("filament", []):
        measure = "g" if filament["unit"] == "g" else "mm"
        yield _part(_FILAMENT[filament["semantics"], measure], filament)
    for name, each in raw.get("signs", {}).items():
        yield _part(Role(name), each)


def _rules(raw: Mapping[str, Any]) -> Rules:
    given = {key: raw[key] for key in _RULES if key in raw}
    return Rules(
        printer_type=raw["printer_type"],
        names_outcome=raw["outcome"] != "heuristic",
        unexplained=Outcome(raw.get("unexplained", "failed")),
        **given,
    )


def _profile(key: str, raw: Mapping[str, Any]) -> Profile:
    pattern = raw["state_entity"]["unique_id_regex"]
    states = {**raw["state_map"], **raw.get("counted_as", {})}
    return Profile(
        key=key,
        domain=raw.get("variant_of", key),
        name=raw["name"],
        outcome=raw["outcome"],
        states={word.casefold(): PrinterState(state) for word, state in states.items()},
        rules=_rules(raw),
        state_id=re.compile(pattern) if pattern else None,
        ignored=frozenset(word.casefold() for word in raw["transient"]),
        errors=frozenset(raw.get("error_states", ())),
        error_recovers=raw.get("error_recovers", False),
        parts={part.role: part for part in _parts(raw)},
        events=tuple(BusEvent(**each) for each in raw.get("events", ())),
        upload_services=tuple(raw.get("upload_services", ())),
    )


def load(file: Path = _FILE) -> dict[str, Profile]:
    """Read all profiles, by key; raises ProfileError for what the schema does not allow."""
    document = json.loads(file.read_text(encoding="utf-8"))
    check(document, read_schema())
    raw = document["integrations"]
    return {key: _load_one(key, whole(key, raw)) for key in raw}


def whole(key: str, raw: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Any]:
    """A profile's data with what a variant takes over; raises ProfileError when that is not there."""
    base = raw[key].get("variant_of")
    if base is None:
        return raw[key]
    if base not in raw or "variant_of" in raw[base]:
        raise ProfileError(f"{key}: variant_of is no integration that has a profile of its own")
    return {**raw[base], **raw[key]}


def _load_one(key: str, raw: Mapping[str, Any]) -> Profile:
    try:
        return _profile(key, raw)
    except re.error as error:
        raise ProfileError(f"{key}: a pattern is no regular expression: {error}") from error


PROFILES: Final = load()
_OF_DOMAIN: Final = {
    domain: [each for each in PROFILES.values() if each.domain == domain]
    for domain in {each.domain for each in PROFILES.values()}
}


def recognize(domain: str, unique_id: str) -> tuple[Profile, str] | None:
    """The profile whose printers' state has such a unique id, and the stem of that printer's other ids."""
    for profile in _OF_DOMAIN.get(domain, ()):
        if (stem := profile.printer_of(unique_id)) is not None:
            return profile, stem
    return None
