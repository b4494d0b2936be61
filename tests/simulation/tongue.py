"""The words of one integration for what a made-up printer does, from the data of its profile alone."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from random import Random
from typing import Final

from homeassistant.const import STATE_UNAVAILABLE, STATE_UNKNOWN

from custom_components.printernizer_stats.core.models import Outcome, PrinterState
from custom_components.printernizer_stats.printers.profiles import Profile, Role

from .printer import Doing, Phase, TruePrint

type Word = tuple[str, str | None]
type Shown = dict[Role, Word]

UNAVAILABLE: Final[Word] = (STATE_UNAVAILABLE, None)
UNKNOWN: Final[Word] = (STATE_UNKNOWN, None)
LENGTHS: Final = {"mm": 1.0, "cm": 10.0, "m": 1000.0}
WEIGHTS: Final = {"g": 1.0, "kg": 1000.0}
TIMES: Final = {"s": 1.0, "min": 60.0, "h": 3600.0}
UNITS: Final[Mapping[Role, Mapping[str, float]]] = {
    Role.ELAPSED: TIMES,
    Role.FILAMENT_MM: LENGTHS,
    Role.PLANNED_MM: LENGTHS,
    Role.FILAMENT_G: WEIGHTS,
    Role.PLANNED_G: WEIGHTS,
}
# So finely a unit is shown at least.
_DECIMALS: Final = {"s": 0, "min": 0, "h": 2, "mm": 0, "cm": 0, "m": 2, "g": 0, "kg": 3}
_ENDS: Final = {
    Outcome.COMPLETED: PrinterState.COMPLETED,
    Outcome.FAILED: PrinterState.FAILED,
    Outcome.CANCELLED: PrinterState.CANCELLED,
}
# What only one print has.
_IDENTITIES: Final = (Role.STARTED_AT, Role.ENDED_AT, Role.JOB)
_BUSY: Final = (PrinterState.PREPARING, PrinterState.PRINTING)
# A word of no list: what an error is called does not matter.
_ANY_ERROR: Final = "e0815"


class Tongue:
    """One printer's way to talk: which of several words it uses, and how finely it shows numbers."""

    def __init__(self, profile: Profile, rng: Random) -> None:
        """Choose the words."""
        self.profile = profile
        self.upper = rng.random() < 0.15
        self._rng = rng
        known = dict.fromkeys(profile.states.values())
        self._words = {state: _pick(profile, rng, state) for state in known}
        self._finer = rng.choice((0, 0, 1))
        self._cancelling_is_seen = rng.random() < 0.5
        self._stops_on_error = Role.ERROR in profile.parts and rng.random() < 0.5
        prepares = [word for word, state in profile.states.items() if state in _BUSY]
        self._prepare = rng.choice(prepares)
        self.prepare_seconds = rng.choice((0.0, rng.uniform(20, 290)))
        self.units = {role: _unit(role, part.unit) for role, part in profile.parts.items() if role in UNITS}

    def knows(self, state: PrinterState) -> bool:
        """Whether there is a word for that."""
        return state in self._words

    @property
    def tells_itself(self) -> bool:
        """Whether a run of the machine for itself looks different from a print."""
        parts = self.profile.parts
        if not self.knows(PrinterState.IDLE):
            return False
        loud = parts.keys() & {Role.CALIBRATION, Role.GUARD}
        return bool(loud or self.knows(PrinterState.PREPARING) or self._quiet())

    def shown(self, phase: Phase, at: float) -> Shown:
        """What all entities show at an instant of that phase."""
        shown: Shown = {Role.STATE: (self._state(phase, at), None)}
        for role in self.profile.parts:
            if role in UNITS:
                shown[role] = self._measure(role, phase.of, at)
            else:
                shown[role] = self._other(role, phase, at)
        if shown[Role.STATE] == UNAVAILABLE and phase.doing is Doing.OFF:
            return dict.fromkeys(shown, UNAVAILABLE)
        word = shown[Role.STATE][0]
        if self.upper and word not in (STATE_UNKNOWN, STATE_UNAVAILABLE):
            shown[Role.STATE] = (word.upper(), None)
        return shown

    def events(self, outcome: Outcome) -> list[Mapping[str, str]]:
        """The events on the bus that tell of such an end; a cancel is also told as a failure."""
        means = ["cancelled", "failed"] if outcome is Outcome.CANCELLED else [str(outcome)]
        if outcome is Outcome.CANCELLED and not self._event(means[0]):
            means = []
        return [event for each in means if (event := self._event(each))]

    def end_state(self, outcome: Outcome) -> PrinterState:
        """What the state says of such an end; idle where there is no word for it."""
        known = self.profile.states.values()
        if outcome is Outcome.FAILED and self._stops_on_error:
            outcome = Outcome.CANCELLED
        if _ENDS[outcome] in known and (outcome is not Outcome.CANCELLED or self._says_cancelled()):
            return _ENDS[outcome]
        if PrinterState.COMPLETED not in known or outcome is Outcome.COMPLETED:
            return PrinterState.IDLE
        for other in (PrinterState.FAILED, PrinterState.CANCELLED):
            if other in known:
                return other
        return PrinterState.COMPLETED if self.profile.rules.verify_completed else PrinterState.IDLE

    def word(self, state: PrinterState) -> str:
        """The word for a state; unavailable for a printer that is off and has none."""
        return self._words.get(state, STATE_UNAVAILABLE if state is PrinterState.OFFLINE else STATE_UNKNOWN)

    def grain(self, role: Role) -> float:
        """How finely a number is shown, in our unit."""
        unit = self.units[role]
        return float(UNITS[role][unit] / 10 ** (_DECIMALS[unit] + self._finer))

    def in_unit(self, role: Role, value: float, unit: str) -> Word:
        """A number of ours in another unit, at least as finely as by the source."""
        decimals = _DECIMALS[unit] + self._finer
        return (f"{value / UNITS[role][unit]:.{decimals}f}", unit)

    def percent(self, share: float) -> Word:
        """Progress, never shown as done before it is."""
        return (f"{min(share * 100, 99.4) if share < 1 else 100:.{self._finer}f}", "%")

    def _says_cancelled(self) -> bool:
        heuristic = PrinterState.COMPLETED not in self.profile.states.values()
        return self._cancelling_is_seen or not heuristic

    def _state(self, phase: Phase, at: float) -> str:
        match phase.doing:
            case Doing.PRINTING:
                prepares = phase.of is not None and at < phase.of.begin + self.prepare_seconds
                return self._prepare if prepares else self.word(PrinterState.PRINTING)
            case Doing.ENDED:
                assert phase.of is not None
                return self.word(self.end_state(phase.of.outcome))
            case Doing.ITSELF:
                return self._busy()
            case Doing.IDLE:
                return self._idle(phase.of)
        return self.word(PrinterState.OFFLINE if phase.doing is Doing.OFF else PrinterState.PAUSED)

    def _busy(self) -> str:
        """What is shown while the machine runs for itself."""
        if self.profile.parts.keys() & {Role.CALIBRATION, Role.GUARD}:
            return self.word(PrinterState.PRINTING)
        prepares = self.knows(PrinterState.PREPARING)
        return self.word(PrinterState.PREPARING) if prepares else self._quiet()[0]

    def _idle(self, of: TruePrint | None) -> str:
        """What is shown between prints; without a word for it, the last print stays."""
        if self.knows(PrinterState.IDLE) or of is None:
            return self.word(PrinterState.IDLE)
        return STATE_UNAVAILABLE if of.died else self.word(self.end_state(of.outcome))

    def _quiet(self) -> list[str]:
        """The words that change nothing, without Home Assistant's own."""
        return sorted(self.profile.ignored - {STATE_UNKNOWN, STATE_UNAVAILABLE})

    def _measure(self, role: Role, of: TruePrint | None, at: float) -> Word:
        if of is None:
            return (
                UNKNOWN
                if role in (Role.PLANNED_MM, Role.PLANNED_G)
                else self.in_unit(role, 0, self.units[role])
            )
        value = {
            Role.ELAPSED: of.active(of.begin, at),
            Role.FILAMENT_MM: of.whole_mm * of.share(at),
            Role.FILAMENT_G: of.whole_g * of.share(at),
            Role.PLANNED_MM: of.whole_mm,
            Role.PLANNED_G: of.whole_g,
        }[role]
        return self.in_unit(role, value, self.units[role])

    def _other(self, role: Role, phase: Phase, at: float) -> Word:
        of, doing = phase.of, phase.doing
        if role is Role.PROGRESS:
            return self.percent(of.share(at) if of else 0.0)
        if role in _IDENTITIES:
            return self._identity(role, of, at)
        busy = doing in (Doing.PRINTING, Doing.PAUSED)
        failed = doing is Doing.ENDED and of is not None and of.outcome is Outcome.FAILED
        resting = doing in (Doing.IDLE, Doing.OFF)
        meanings: dict[Role, bool | str | None] = {
            Role.TOOL: False,
            Role.CALIBRATION: None if resting else doing is Doing.ITSELF,
            Role.GUARD: busy,
            Role.RUNNING: busy,
            Role.ERROR: failed,
            Role.REASON: failed,
            Role.ONLINE: doing is not Doing.OFF,
            Role.OUTCOME: str(of.outcome) if of is not None and not busy else None,
        }
        return self._means(role, meanings.get(role))

    @staticmethod
    def _identity(role: Role, of: TruePrint | None, at: float) -> Word:
        """What only this print has: its number, its begin, and its end as it is expected until then."""
        if of is None:
            return UNKNOWN
        if role is Role.JOB:
            return (f"job-{of.begin:.0f}", None)
        expected = of.end if at >= of.end else at + of.whole_seconds * (1 - of.share(at))
        moment = of.begin if role is Role.STARTED_AT else expected
        return (datetime.fromtimestamp(moment, UTC).isoformat(), None)

    def _means(self, role: Role, meaning: bool | str | None) -> Word:
        """A word that means that; None: one that means nothing."""
        part = self.profile.parts[role]
        other = _ANY_ERROR if meaning is not None else "begun"
        return (next((word for word, each in part.words.items() if each == meaning), other), None)

    def _event(self, means: str) -> Mapping[str, str] | None:
        for event in self.profile.events:
            if event.means == means:
                return {"event_type": event.event_type, **event.match}
        return None


def _unit(role: Role, unit: str | None) -> str:
    """The unit of the profile, or ours."""
    return unit if unit is not None and unit in UNITS[role] else next(iter(UNITS[role]))


def _pick(profile: Profile, rng: Random, state: PrinterState) -> str:
    words = [word for word, each in profile.states.items() if each is state]
    return rng.choice(_plain(words))


def _plain(words: Iterable[str]) -> list[str]:
    """The word that most use, if it is among them: the others are for a moment only."""
    words = list(words)
    return [each for each in words if each in ("printing", "running", "building")] or words
