"""Printer view: turns the words and numbers of one printer's entities into observations."""

from collections.abc import Mapping
import logging
from math import isfinite
from typing import Any, Final, NamedTuple
import zlib

from homeassistant.const import STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.exceptions import HomeAssistantError
from homeassistant.util import dt as dt_util
from homeassistant.util.unit_conversion import (
    DistanceConverter,
    DurationConverter,
    EnergyConverter,
    MassConverter,
)

from ..core.models import Observation, PrinterState
from .profiles import Profile, Role

_LOGGER = logging.getLogger(__name__)

_UNKNOWN: Final = (STATE_UNAVAILABLE, STATE_UNKNOWN)
_NOTHING: Final = (*_UNKNOWN, "", "0", "none", "None")
_CONVERTERS: Final = {
    Role.ELAPSED: (DurationConverter, "s"),
    Role.FILAMENT_MM: (DistanceConverter, "mm"),
    Role.FILAMENT_G: (MassConverter, "g"),
    Role.PLANNED_MM: (DistanceConverter, "mm"),
    Role.PLANNED_G: (MassConverter, "g"),
    Role.ENERGY_WH: (EnergyConverter, "Wh"),
}
_ENERGY: Final = (Role.ENERGY_WH, Role.ENERGY_PRICE)
_INSTANTS: Final = (Role.STARTED_AT, Role.ENDED_AT)
NUMBERS: Final = (Role.PROGRESS, *_INSTANTS, Role.ENERGY_PRICE, *_CONVERTERS)
_READINGS: Final = (*NUMBERS, Role.JOB)
# So many numbers tell two jobs in a row apart, and too few to tell which job it was.
_JOBS: Final = 1 << 16
# Prices are shown per one of these; ours are per kWh.
_PRICES_PER: Final = {"/Wh": 1000.0, "/MWh": 0.001}
_ERRORS: Final = (Role.ERROR, Role.REASON)
_NO_PRINT: Final = (Role.CALIBRATION, Role.TOOL)
_GUARDED: Final[dict[bool | str | None, PrinterState]] = {
    True: PrinterState.PRINTING,
    False: PrinterState.IDLE,
}
_BUSY: Final = "busy"
# While one of these is shown, an error that was shown before it has passed.
_NO_ERROR: Final = (PrinterState.PRINTING, PrinterState.PAUSED, PrinterState.COMPLETED)


class Shown(NamedTuple):
    """What an entity shows, and since when (epoch seconds)."""

    since: float
    word: str
    unit: str | None


class PrinterView:
    """What the entities of one printer showed last, by role."""

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        self._shown: dict[Role, tuple[str, str | None]] = {}
        self._last_reported: tuple[PrinterState, bool | None] | None = None
        self._word: str | None = None
        self._warned = False

    def look(self, at: float, shown: Mapping[Role, Shown]) -> list[Observation]:
        """Take in all that is shown now; returns what of it is new, at the first look everything.

        A reading that did not change since may be of a time before, and says nothing new.
        """
        first = not self._shown
        self._shown = {role: known for role, known in self._shown.items() if role in shown}
        found = []
        for role in sorted(shown, key=lambda each: each is Role.STATE):
            since, word, unit = shown[role]
            if self._shown.get(role) == (word, unit):
                continue
            seen = self.take(since, role, word, unit)
            if seen is not None and (seen.state is not None or not first):
                found.append(seen)
        return [*found, self.readings(at)] if first else found

    def take(self, at: float, role: Role, word: str, unit: str | None = None) -> Observation | None:
        """Take in what an entity shows; returns what that says about the printer, None if nothing new."""
        before = self._shown.get(role)
        self._shown[role] = (word, unit)
        if role in _READINGS:
            value = self._number(role)
            return None if value is None else _observation(at, {role: value})
        if role is Role.OUTCOME:
            # What is shown after a time without anything is the previous print's.
            fresh = before is not None and before[0] not in _UNKNOWN and before[0] != word
            meaning = self._meaning(Role.OUTCOME) if fresh else None
            return Observation(at=at, state=PrinterState(meaning)) if isinstance(meaning, str) else None
        if role in _NO_PRINT or role in _ERRORS:
            flags = self._flags()
            return _observation(at, flags) if flags else None
        return self._state(at)

    def readings(self, at: float) -> Observation:
        """Return everything but the state, as it is shown now."""
        values: dict[str, Any] = {**self._flags()}
        for role in _READINGS:
            if (value := self._number(role)) is not None:
                values[role] = value
        return _observation(at, values)

    def _state(self, at: float) -> Observation | None:
        """The state in our words, when it is another one than before."""
        if (state := self._normalised()) is None:
            return None
        fault = self._is_fault()
        error: bool | None = None
        if self.profile.error_recovers:
            if state is PrinterState.FAILED:
                state, error = PrinterState.PAUSED, True
            elif state in _NO_ERROR:
                error = False
        told = (state, error)
        if told == self._last_reported and not fault:
            return None
        self._last_reported = told
        # The meter where the print begins and ends is the one that counts, and may not move just then.
        energy, price = (self._number(role) for role in _ENERGY)
        return Observation(at=at, state=state, error=error, fault=fault, energy_wh=energy, energy_price=price)

    def _normalised(self) -> PrinterState | None:
        word = self._shown.get(Role.STATE, (STATE_UNKNOWN, None))[0]
        online = self._meaning(Role.ONLINE)
        if online is False:
            return PrinterState.OFFLINE
        if word == STATE_UNAVAILABLE:
            # Some integrations have no state to show while nothing is printed.
            idle = online is True and self._meaning(Role.RUNNING) is False
            return PrinterState.IDLE if idle else None if online else PrinterState.OFFLINE
        state = self.profile.normalize(word)
        if state is None and word != STATE_UNKNOWN:
            self._note_unknown(word)
        busy = state in (PrinterState.PREPARING, PrinterState.PRINTING)
        return self._guarded(state) if busy and Role.GUARD in self.profile.parts else state

    def _note_unknown(self, word: str) -> None:
        """Log once that there is a word to add to the profile; the word itself could be anything."""
        if word.casefold() not in self.profile.ignored and not self._warned:
            self._warned = True
            _LOGGER.info(
                "A printer of %s shows a state that is not known; it is ignored", self.profile.domain
            )

    def _guarded(self, state: PrinterState | None) -> PrinterState | None:
        """Printing, as far as the machine is busy with a print; busy with anything, the state stands."""
        if self._shown.get(Role.GUARD, (STATE_UNKNOWN, None))[0] in _UNKNOWN:
            return state
        meaning = self._meaning(Role.GUARD)
        return state if meaning == _BUSY else _GUARDED.get(meaning)

    def _is_fault(self) -> bool:
        """Whether the printer went from another word to one that means an error."""
        word = self._shown.get(Role.STATE, (STATE_UNKNOWN, None))[0].casefold()
        if word in _UNKNOWN:
            return False
        before, self._word = self._word, word
        errors = self.profile.errors
        return word in errors and before is not None and before not in errors

    def _flags(self) -> dict[str, bool]:
        flags: dict[str, bool] = {}
        runs = [self._meaning(role) for role in _NO_PRINT if role in self.profile.parts]
        if any(runs) or (runs and None not in runs):
            flags["calibration"] = any(runs)
        errors = [self._meaning(role) for role in _ERRORS]
        if any(isinstance(error, bool) for error in errors):
            flags["error"] = any(errors)
        return flags

    def _meaning(self, role: Role) -> bool | str | None:
        """What the word of that entity means; None when it is not known or says nothing."""
        word = self._shown.get(role, (STATE_UNKNOWN, None))[0]
        part = self.profile.parts.get(role)
        if part is None or word in _UNKNOWN:
            return None
        return part.words.get(word.casefold(), part.otherwise)

    def _number(self, role: Role) -> float | None:
        """The number in our unit; the user may have chosen another one for display."""
        word, unit = self._shown.get(role, (STATE_UNKNOWN, None))
        if role is Role.JOB:
            return None if word in _NOTHING else zlib.crc32(word.encode(errors="replace")) % _JOBS
        if role in _INSTANTS:
            moment = dt_util.parse_datetime(word)
            return moment.timestamp() if moment and moment.tzinfo else None
        try:
            value = float(word)
            if role in _CONVERTERS:
                converter, ours = _CONVERTERS[role]
                part = self.profile.parts.get(role)
                value = converter.convert(value, unit or (part.unit if part else None) or ours, ours)
        except ValueError, HomeAssistantError:
            return None
        if role is Role.ENERGY_PRICE and unit:
            value *= next((factor for per, factor in _PRICES_PER.items() if unit.endswith(per)), 1.0)
        return value if isfinite(value) else None


def _observation(at: float, values: Mapping[Any, Any]) -> Observation:
    fields: dict[str, Any] = {str(key): value for key, value in values.items()}
    return Observation(at=at, **fields)
