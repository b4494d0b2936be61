"""Evidence that two observations belong to the same print, or to two.

Strong signs decide at once: the source's number of the job, and the instant at which it says that the print
began. Its own print time and progress decide only when nothing strong does, after they have stood for a while
on a running printer.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from ..models import Observation
from .progress import STANDS, STEP

_KEPT: Final = ("elapsed", "filament_mm", "filament_g")
"""Readings that only rise in a print, so that they lose nothing by being taken in late."""
_SLACK: Final = 120.0
"""Seconds that two tellings of one instant may differ; some sources round to the minute."""


class Verdict(StrEnum):
    """What a doubt comes to."""

    SAME = "same"
    OTHER = "other"


@dataclass(slots=True, kw_only=True)
class Known:
    """What identifies the print in hand; instants in epoch seconds, `elapsed` in seconds.

    `start_moves` says that the source tells another start after each pause.
    """

    job: int | None = None
    started_at: float | None = None
    start_moves: bool = False
    elapsed: float | None = None


@dataclass(slots=True, kw_only=True)
class Doubt:
    """A printer that runs, with the print in hand or with another one.

    `lost_at` is when that print was last known to run, `since` when the printer was seen running again.
    `low` holds while progress or print time are below what they were. Without evidence it is `otherwise`.
    Meanwhile the print in hand rests, and what the printer does is kept here: it ran for `ran` seconds and
    since `running_since`, `changes` tells when it was paused (True) or not, and it `printed` once it did more
    than prepare. `proof` is the first progress that goes on from the print in hand, and how long the printer
    had run then. `shown` are the readings from before, `kept` those since. `told` is the start that raised
    the doubt; where that is one of a `younger` print, what `fell` once stays so, however fast it rises again.
    """

    lost_at: float
    since: float
    otherwise: str = Verdict.SAME
    low: bool = False
    younger: bool = False
    fell: bool = False
    ran: float = 0.0
    running_since: float | None = None
    changes: list[tuple[float, bool]] = field(default_factory=list)
    started_at: float | None = None
    told: float | None = None
    proof: tuple[float, float] | None = None
    printed: bool = False
    shown: dict[str, float] = field(default_factory=dict)
    kept: dict[str, Any] = field(default_factory=dict)

    def note(self, at: float, *, paused: bool) -> None:
        """Note whether the printer runs; what it shows while it is paused proves nothing."""
        if paused and self.running_since is not None:
            self.ran += max(0.0, at - self.running_since)
        if paused:
            self.running_since = None
        elif self.running_since is None:
            self.running_since = at
        self.changes.append((at, paused))

    @property
    def due(self) -> float | None:
        """When what is shown has stood for long enough; None while the printer is paused."""
        return None if self.running_since is None else self.running_since + STANDS - self.ran

    def weigh(self, seen: Observation, known: Known, progress: float) -> Verdict | None:
        """Take in what is shown, and return what is certain; `progress` is that of the print in hand."""
        if (verdict := self._strong(seen, known)) is not None:
            return verdict
        self.take_in(seen, known, progress)
        if self.due is None or seen.at < self.due:
            return None
        return Verdict.OTHER if self.low else Verdict(self.otherwise)

    def take_in(self, seen: Observation, known: Known, progress: float) -> None:
        """Take in what is shown while the printer runs."""
        if self.running_since is None:
            return
        self.fell = self.fell or (self.younger and _is_low(seen, known, progress, low=False))
        self.low = self.fell or _is_low(seen, known, progress, low=self.low)
        if self.proof is None and seen.progress is not None and seen.progress >= progress:
            self.proof = (seen.progress, self.ran + seen.at - self.running_since)
        self.kept |= kept({name: getattr(seen, name) for name in _KEPT})

    def is_over(self, seen: Observation, known: Known) -> bool:
        """Whether what is shown after the end belongs to a later print."""
        if self._by_job(seen, known) is Verdict.OTHER or fell(seen, known):
            return True
        start, before = seen.started_at, known.started_at
        if known.start_moves or start is None:
            return False
        if before is None:
            return self._by_start(seen, known) is Verdict.OTHER
        return start > self.lost_at - _SLACK and start - before > _SLACK

    def _strong(self, seen: Observation, known: Known) -> Verdict | None:
        return _first((self._by_job(seen, known), self._by_start(seen, known)))

    def _by_job(self, seen: Observation, known: Known) -> Verdict | None:
        if seen.job is None or known.job is None:
            return None
        return Verdict.SAME if seen.job == known.job else Verdict.OTHER

    def _by_start(self, seen: Observation, known: Known) -> Verdict | None:
        """A start that is told as now, or later, was made up when the source came back."""
        start = None if known.start_moves else seen.started_at
        if start is None or start > self.since - _SLACK / 2:
            return None
        if start > self.lost_at and not _close(start, known.started_at):
            self.started_at = start
            return Verdict.OTHER
        # Right after an end the last print's start may still be shown; another one proves nothing.
        same = known.started_at is None or _close(start, known.started_at)
        return Verdict.SAME if same and self.otherwise == Verdict.SAME else None


def kept(shown: Mapping[str, float | None]) -> dict[str, float]:
    """What of the readings is taken in once there is no doubt any more."""
    return {name: value for name in _KEPT if (value := shown.get(name)) is not None}


def fell(seen: Observation, known: Known) -> bool:
    """Whether the source's own print time is far below what it was, though not zero."""
    return bool(seen.elapsed and known.elapsed and seen.elapsed < known.elapsed - STANDS)


def _is_low(seen: Observation, known: Known, progress: float, *, low: bool) -> bool:
    """Whether the print seems to have begun anew; stays as it was where nothing is shown."""
    if seen.elapsed is not None and known.elapsed:
        return seen.elapsed < known.elapsed
    if seen.progress is not None and progress >= STEP:
        return seen.progress < progress - STEP
    return low


def _close(one: float, other: float | None) -> bool:
    return other is not None and abs(one - other) <= _SLACK


def _first(verdicts: Iterable[Verdict | None]) -> Verdict | None:
    return next((each for each in verdicts if each is not None), None)
