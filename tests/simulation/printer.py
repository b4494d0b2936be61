"""What a made-up printer truly does: its prints, and everything else, second by second."""

from bisect import bisect_right
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random
from typing import Final

from custom_components.printernizer_stats.core.models import Outcome

BEGIN: Final = 1_800_000_000.0


class Doing(StrEnum):
    """What a printer does at an instant; `itself` is a calibration, a self test or a given-up slicing."""

    OFF = "off"
    IDLE = "idle"
    PRINTING = "printing"
    PAUSED = "paused"
    ENDED = "ended"
    ITSELF = "itself"


@dataclass(frozen=True, slots=True, kw_only=True)
class TruePrint:
    """One print as it was; instants in epoch seconds, mm and g for the whole of what was sliced."""

    begin: float
    end: float
    outcome: Outcome
    pauses: tuple[tuple[float, float], ...]
    whole_seconds: float
    whole_mm: float
    whole_g: float
    died: bool = False
    """Whether the power was cut: nothing tells of the end but the silence."""

    def active(self, since: float, until: float) -> float:
        """Seconds of printing between two instants, pauses left out."""
        since, until = max(since, self.begin), min(until, self.end)
        paused = sum(max(0.0, min(end, until) - max(begin, since)) for begin, end in self.pauses)
        return max(0.0, until - since - paused)

    def share(self, at: float) -> float:
        """How much of it was printed by then, from 0 to 1."""
        if self.outcome is Outcome.COMPLETED and at >= self.end:
            return 1.0
        return self.active(self.begin, at) / self.whole_seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """A stretch of one kind; `of` is the print that runs or ended last, None before the first."""

    begin: float
    end: float
    doing: Doing
    of: TruePrint | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """How this printer is used; seconds. `hold` is how long the end stays on its display."""

    prints: int = 3
    pauses: bool = True
    back_to_back: bool = False
    itself: bool = False
    power_cut: bool = False
    off_after_end: bool = False
    hold: tuple[float, float] = (200.0, 4000.0)


@dataclass(slots=True)
class Life:
    """Everything that the printer did, without a hole."""

    phases: list[Phase] = field(default_factory=list)
    prints: list[TruePrint] = field(default_factory=list)
    _begins: list[float] = field(default_factory=list)

    @property
    def now(self) -> float:
        """Until when it is known."""
        return self.phases[-1].end if self.phases else BEGIN

    def add(self, doing: Doing, seconds: float) -> None:
        """Go on with something for so long."""
        of = self.prints[-1] if self.prints else None
        self._begins.append(self.now)
        self.phases.append(Phase(begin=self.now, end=self.now + seconds, doing=doing, of=of))

    def at(self, at: float) -> Phase:
        """What it did at an instant."""
        return self.phases[max(0, bisect_right(self._begins, at) - 1)]

    def after(self, made: TruePrint) -> float:
        """When the print that followed began; endless after the last."""
        return next((each.begin for each in self.prints if each.begin >= made.end), float("inf"))


def live(rng: Random, habits: Habits) -> Life:
    """Return a life of several prints."""
    life = Life()
    life.add(Doing.IDLE, rng.uniform(200, 2000))
    for number in range(habits.prints):
        if habits.itself and rng.random() < 0.7:
            life.add(Doing.ITSELF, rng.uniform(90, 1200))
            # Longer than any printer may look idle between heating and printing.
            life.add(Doing.IDLE, rng.uniform(400, 1500))
        cut = habits.power_cut and rng.random() < 0.6
        _print(life, rng, habits, died=cut)
        if cut:
            life.add(Doing.OFF, rng.uniform(300, 40_000))
        elif habits.off_after_end:
            life.add(Doing.ENDED, rng.uniform(*habits.hold))
            life.add(Doing.OFF, rng.uniform(300, 40_000))
        else:
            life.add(Doing.ENDED, rng.uniform(*habits.hold))
        if not habits.back_to_back or number == habits.prints - 1:
            life.add(Doing.IDLE, rng.uniform(400, 4000))
    return life


def _print(life: Life, rng: Random, habits: Habits, *, died: bool) -> None:
    """Print something, with its pauses."""
    outcome = Outcome.FAILED if died else rng.choices(tuple(Outcome), (6, 2, 3))[0]
    active = 300 * 1.06 ** rng.uniform(0, 85)
    cuts = sorted(rng.uniform(0.1, 0.9) * active for _ in range(rng.choice((0, 0, 1, 2)) * habits.pauses))
    rests = [rng.uniform(60, 3000) for _ in cuts]
    pauses = tuple(
        (life.now + cut + sum(rests[:index]), life.now + cut + sum(rests[: index + 1]))
        for index, cut in enumerate(cuts)
    )
    whole = active if outcome is Outcome.COMPLETED else active / rng.uniform(0.08, 0.9)
    weight = whole / rng.uniform(100, 400) + 1
    made = TruePrint(
        begin=life.now,
        end=life.now + active + sum(rests),
        outcome=outcome,
        pauses=pauses,
        whole_seconds=whole,
        whole_mm=weight * 335,
        whole_g=weight,
        died=died,
    )
    life.prints.append(made)
    for begin, end in pauses:
        life.add(Doing.PRINTING, begin - life.now)
        life.add(Doing.PAUSED, end - begin)
    life.add(Doing.PRINTING, made.end - life.now)
