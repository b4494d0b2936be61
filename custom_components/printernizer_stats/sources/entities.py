"""Printers as entities of other integrations: finds them in the registry and reports what they do."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from homeassistant.const import ATTR_UNIT_OF_MEASUREMENT, STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, State, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.event import async_track_state_change_event
from homeassistant.util import dt as dt_util
from homeassistant.util.unit_conversion import DistanceConverter, DurationConverter, MassConverter

from ..models import Observation, PrinterState
from .profiles import PROFILES, Profile, Reading

_CONVERTERS: Final = {
    Reading.ELAPSED: (DurationConverter, "s"),
    Reading.FILAMENT_MM: (DistanceConverter, "mm"),
    Reading.FILAMENT_G: (MassConverter, "g"),
}

type Sink = Callable[[str, Observation], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundPrinter:
    """A printer in the registry; `id` is the registry's id of its state entity."""

    id: str
    entity_id: str
    profile: Profile
    stem: str


@callback
def async_find_printers(hass: HomeAssistant) -> dict[str, FoundPrinter]:
    """Return all printers that a profile knows, by registry id; disabled entities are left out."""
    found: dict[str, FoundPrinter] = {}
    for entry in er.async_get(hass).entities.values():
        profile = PROFILES.get(entry.platform)
        if profile is None or entry.domain != "sensor" or entry.disabled_by is not None:
            continue
        if (stem := profile.printer_of(entry.unique_id)) is not None:
            found[entry.id] = FoundPrinter(id=entry.id, entity_id=entry.entity_id, profile=profile, stem=stem)
    return found


class EntitySource:
    """Follows the entities of the printers that are counted."""

    def __init__(self, hass: HomeAssistant, sink: Sink, on_change: Callable[[], None]) -> None:
        """Report observations to `sink`, and new, renamed or removed printers to `on_change`."""
        self._hass = hass
        self._sink = sink
        self._on_change = on_change
        self._roles: dict[str, tuple[str, Profile, Reading | None]] = {}
        self._found: set[str] = set()
        self._unsubscribe: list[Callable[[], None]] = []

    @callback
    def async_start(self, printers: Mapping[str, FoundPrinter]) -> None:
        """Follow the printers, by our own key, and report how they are now."""
        self._roles = {}
        for key, printer in printers.items():
            self._roles[printer.entity_id] = (key, printer.profile, None)
            for entity_id, reading in self._siblings(printer):
                self._roles[entity_id] = (key, printer.profile, reading)
        self._found = {printer.entity_id for printer in async_find_printers(self._hass).values()}
        self._unsubscribe = [
            async_track_state_change_event(self._hass, self._roles, self._async_changed),
            self._hass.bus.async_listen(er.EVENT_ENTITY_REGISTRY_UPDATED, self._async_registry_changed),
        ]
        for key, printer in printers.items():
            if state := self._hass.states.get(printer.entity_id):
                self._report(key, printer.profile, None, state)
            self._sink(key, self.read(key))

    @callback
    def async_stop(self) -> None:
        """Stop following."""
        while self._unsubscribe:
            self._unsubscribe.pop()()

    @callback
    def read(self, key: str) -> Observation:
        """Read everything but the state of a printer, as it is now."""
        values: dict[str, Any] = {}
        for entity_id, (owner, _, reading) in self._roles.items():
            if owner != key or reading is None:
                continue
            state = self._hass.states.get(entity_id)
            if state is not None and (value := _value(reading, state)) is not None:
                values[reading] = value
        return Observation(at=dt_util.utcnow().timestamp(), **values)

    def _siblings(self, printer: FoundPrinter) -> Iterable[tuple[str, Reading]]:
        for entry in er.async_get(self._hass).entities.values():
            if entry.platform != printer.profile.domain or entry.disabled_by is not None:
                continue
            reading = printer.profile.reading_of(entry.unique_id, printer.stem)
            if reading is not None:
                yield entry.entity_id, reading

    @callback
    def _async_changed(self, event: Event[EventStateChangedData]) -> None:
        if (state := event.data["new_state"]) is None:
            return
        key, profile, reading = self._roles[state.entity_id]
        self._report(key, profile, reading, state)

    def _report(self, key: str, profile: Profile, reading: Reading | None, state: State) -> None:
        at = state.last_updated_timestamp
        if reading is not None:
            if (value := _value(reading, state)) is not None:
                readings: dict[str, Any] = {reading.value: value}
                self._sink(key, Observation(at=at, **readings))
        elif (normalised := _state(profile, state)) is not None:
            self._sink(key, Observation(at=at, state=normalised))

    @callback
    def _async_registry_changed(self, event: Event[er.EventEntityRegistryUpdatedData]) -> None:
        """Follow renames and removals of what is known, and everything that may be a new printer."""
        data = event.data
        entity_id = data.get("old_entity_id", data["entity_id"])
        if entity_id in self._roles or entity_id in self._found or self._is_printer(data["entity_id"]):
            self._on_change()

    def _is_printer(self, entity_id: str) -> bool:
        entry = er.async_get(self._hass).async_get(entity_id)
        profile = PROFILES.get(entry.platform) if entry else None
        return entry is not None and profile is not None and profile.printer_of(entry.unique_id) is not None


def _state(profile: Profile, state: State) -> PrinterState | None:
    if state.state == STATE_UNAVAILABLE:
        return PrinterState.OFFLINE
    if state.state == STATE_UNKNOWN:
        return None
    return profile.normalise(state.state)


def _value(reading: Reading, state: State) -> float | None:
    """The number in our unit; the user may have chosen another one for display."""
    if reading is Reading.STARTED_AT:
        moment = dt_util.parse_datetime(state.state)
        return moment.timestamp() if moment else None
    try:
        value = float(state.state)
        if reading in _CONVERTERS:
            converter, unit = _CONVERTERS[reading]
            value = converter.convert(value, state.attributes.get(ATTR_UNIT_OF_MEASUREMENT), unit)
    except ValueError, HomeAssistantError:
        return None
    return value
