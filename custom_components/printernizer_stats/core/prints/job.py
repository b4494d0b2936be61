"""The print in hand: what is known of it, and how what is seen adds to that."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Final

from ..models import Observation, Outcome
from .evidence import Doubt, Known
from .progress import STANDS, STEP, Progress
from .rules import Rules

_PRECEDENCE: Final = (Outcome.CANCELLED, Outcome.FAILED, Outcome.COMPLETED)
_STALE_SECONDS: Final = 300.0
_START_SLACK: Final = 120.0
_WELL: Final = 1.3
_WHOLE: Final = 100.0
READINGS: Final = ("progress", "elapsed", "filament_mm", "filament_g")
"""Readings of a print that its printer goes on showing until the next one changes them."""
PLANS: Final = ("planned_mm", "planned_g")


@dataclass(slots=True, kw_only=True)
class Unseen:
    """A stretch in which nobody saw the printer; seconds, and what the print had come to before it.

    `since` is its begin in epoch seconds, `active` the print time until then, `progress` what was shown and
    `reached` what the pace leads to by then, `pace` the seconds that a point takes at its slowest, None where
    nothing tells.
    """

    since: float
    seconds: float
    active: float
    progress: float
    reached: float
    pace: float | None

    def worth(self, progress: float, active: float) -> float:
        """Seconds of printing that the progress after it proves; `active` is the print time without them.

        All of it where the pace is known well and the print may have gone on without a rest, else the least
        that fits; many show whole points.
        """
        gained = progress - self.progress
        if self.pace is None or gained <= 0:
            return 0.0
        since = active - self.active
        most = (gained + 1) * self.pace - since
        least = (gained - 1) * self.active / (self.progress + 1) - since
        if most >= self.seconds and most + since <= _WELL * (least + since):
            return self.seconds
        return min(self.seconds, max(0.0, least))


@dataclass(slots=True, kw_only=True)
class Job:
    """A print that has not ended yet; instants in epoch seconds, readings in the units of Observation.

    `preparing` holds until the printer prints, `unproven` until more than its word says that it does.
    `not_before` is when the printer was last seen without this print. `unseen` is a stretch whose worth is
    not known yet. `end_unseen` says that nobody saw the end, `told_end` is what the source says of it then,
    and `sealed` that a later print was seen since. `stale` are readings of the print before, `replaced` what
    was shown before the last progress and plans, and until when.
    """

    started_at: float
    start_seen: bool
    running_since: float | None
    preparing: bool = False
    unproven: bool = False
    paused: bool = False
    not_before: float | None = None
    active_seconds: float = 0.0
    announced: bool = False
    ending_at: float | None = None
    evidence: str = ""
    lost_contact: bool = False
    end_unseen: bool = False
    sealed: bool = False
    told_end: float | None = None
    unseen: Unseen | None = None
    doubt: Doubt | None = None
    calibration: bool = False
    error: bool = False
    progress: Progress = field(default_factory=Progress)
    last_progress: float | None = None
    known: Known = field(default_factory=Known)
    elapsed_before: float | None = None
    stale: dict[str, float] = field(default_factory=dict)
    done_seconds: float | None = None
    filament_mm: float | None = None
    filament_g: float | None = None
    planned_mm: float | None = None
    planned_g: float | None = None
    replaced: dict[str, tuple[float | None, float]] = field(default_factory=dict)
    meter_wh: float | None = None
    energy_wh: float | None = None
    energy_price: float | None = None
    energy_cost: float | None = None

    @classmethod
    def load(cls, saved: Mapping[str, Any]) -> Job:
        """Return the print that was dumped; what is not known any more is left out."""
        names = {each.name for each in fields(cls)}
        values = {key: value for key, value in saved.items() if key in names}
        for name, kind in (("progress", Progress), ("known", Known), ("unseen", Unseen), ("doubt", Doubt)):
            if values.get(name) is not None:
                values[name] = kind(**values[name])
        return cls(**values)

    @property
    def elapsed(self) -> float | None:
        """The print time that the source tells, in seconds."""
        return self.known.elapsed

    def active_until(self, at: float) -> float:
        """Seconds spent printing, pauses left out."""
        running = 0.0 if self.running_since is None else max(0.0, at - self.running_since)
        return self.active_seconds + running

    def stop_clock(self, at: float) -> None:
        """Stop counting print time at a pause or at the end."""
        self.active_seconds = self.active_until(at)
        self.running_since = None

    def start_clock(self, at: float) -> None:
        """Count print time from now on; a print that was announced long before it ran begins here."""
        if self.start_seen and not self.announced and not self.active_seconds:
            self.started_at = at
        self.running_since = at

    def lose_sight(self, at: float, until: float, *, lost_contact: bool = False) -> None:
        """Note a stretch that nobody saw: it is no print time unless the progress after it proves so."""
        self.stop_clock(at)
        if self.unseen is not None:
            self.unseen.seconds += max(0.0, until - at)
        else:
            self.unseen = Unseen(
                since=at,
                seconds=max(0.0, until - at),
                active=self.active_seconds,
                progress=self.progress.believed(self.active_seconds),
                reached=self.progress.projected(self.active_seconds, STEP),
                # How long a pause goes on, no progress tells.
                pace=None if self.paused else self.progress.pace(self.active_seconds),
            )
        self.progress.lose_sight(self.active_seconds)
        self.elapsed_before = self.elapsed
        self.last_progress = None
        self.lost_contact = lost_contact

    def end(self, at: float, outcome: Outcome | None) -> None:
        """Take in that the print ended, and the outcome if the source named one; the strongest stays."""
        if self.ending_at is None:
            self.ending_at = at
            self.stop_clock(at)
        if outcome is not None:
            self.evidence = next(each for each in _PRECEDENCE if each in (self.evidence, outcome))

    def rest(self, doubt: Doubt) -> None:
        """Count no more time while it is in doubt whether this is the print that runs."""
        self.stop_clock(doubt.lost_at)
        self.doubt = doubt

    def give_back(self, at: float, moment: float = STANDS) -> None:
        """Take back what was shown since a moment ago: it may be the other print's."""
        self.progress.undo_fall(self.active_seconds, moment)
        for name, (before, replaced_at) in self.replaced.items():
            if before is not None and at - replaced_at < moment:
                setattr(self, name, before)

    def go_on(self, doubt: Doubt) -> None:
        """Leave the doubt, the print being the one that runs."""
        self.doubt = None
        if self.ending_at is not None:
            if not self.end_unseen and not self.paused:
                self.active_seconds += max(0.0, doubt.since - self.ending_at)
            self.ending_at, self.evidence, self.end_unseen, self.told_end = None, "", False, None
        self.known.started_at = doubt.told or self.known.started_at
        if doubt.proof is not None:
            progress, ran = doubt.proof
            self._credit(progress, self.active_seconds + ran)
        self.active_seconds += doubt.ran
        self.running_since = doubt.running_since
        self.lost_contact = False
        if not doubt.low:
            self._note_used(Observation(at=doubt.since, **doubt.kept))

    def end_as_told(self, *, before: float) -> None:
        """Take the end of a completed print that nobody saw from its source, if it can be true."""
        at = self.told_end
        if at is None or self.unseen is None or self.evidence != Outcome.COMPLETED:
            return
        if not self.unseen.since < at < before:
            return
        self.active_seconds += at - self.unseen.since
        self.ending_at, self.end_unseen, self.unseen = at, False, None

    def leave(self, doubt: Doubt) -> None:
        """Leave the doubt, the print being over: what runs now is another one."""
        self.doubt = None
        if self.ending_at is not None:
            return
        until = doubt.started_at or doubt.since
        if self.unseen is not None:
            self.unseen.seconds = until - doubt.lost_at
            self.end_unseen = True
        self.end(until, None)

    def note(self, seen: Observation, rules: Rules) -> None:
        """Take in readings; those that were shown before the print began are the last print's."""
        running = self.running_since is not None
        clock = self.active_until(seen.at)
        if seen.progress is not None:
            if seen.progress != self.last_progress:
                self._replace("last_progress", seen.progress, seen.at)
            self.progress.note(seen.progress, clock, running=running)
            self._note_done(clock)
            self._credit(seen.progress, clock)
        if self.end_unseen and self.ending_at is not None:
            self.told_end = seen.ended_at or self.told_end
        self._note_identity(seen)
        self._note_used(seen, recovers=rules.end_recovers)
        self._note_plan(seen)
        if seen.calibration is not None:
            self.calibration = seen.calibration
        if seen.error is not None and (self.ending_at is None or seen.error):
            self.error = seen.error
        if self.progress.shown or self.elapsed or self.filament_mm or self.filament_g:
            self.unproven = False

    def is_younger(self, start: float, at: float) -> bool:
        """Whether the source tells another start than before, of a print younger than this one."""
        before = self.known.started_at
        if before is None or abs(start - before) <= _START_SLACK:
            return False
        return at - start < self.active_until(at) - _START_SLACK

    def is_of_another_number(self, seen: Observation) -> bool:
        """Whether the source tells another number than before, long after this print began."""
        before = self.known.job
        if seen.job is None or before is None or seen.job == before:
            return False
        return self.active_until(seen.at) > _STALE_SECONDS

    def note_energy(self, seen: Observation, fixed_price: float | None) -> None:
        """Add what the meter has gone up by; one that shows less than before began anew."""
        if seen.energy_price is not None:
            self.energy_price = seen.energy_price
        if seen.energy_wh is None:
            return
        before, self.meter_wh = self.meter_wh, seen.energy_wh
        if before is None:
            return
        used = seen.energy_wh - before if seen.energy_wh >= before else max(0.0, seen.energy_wh)
        self.energy_wh = (self.energy_wh or 0.0) + used
        price = fixed_price if self.energy_price is None else self.energy_price
        if price is not None:
            # Wh times the price of a kWh is in thousandths.
            self.energy_cost = (self.energy_cost or 0.0) + used * price

    def closes_at(self, rules: Rules) -> float | None:
        """When the outcome is certain; None while the print goes on."""
        if self.ending_at is None or self.doubt is not None:
            return None
        idle = 0.0 if self.evidence or rules.idle_ends else rules.idle_seconds
        return self.ending_at + max(rules.merge_seconds, idle)

    @property
    def is_print(self) -> bool:
        """Whether it was a print, and not the machine busy with itself."""
        return not (self.calibration or self.preparing or (self.unproven and not self.evidence))

    def _note_done(self, clock: float) -> None:
        """Note when the print got to its end, as far as the progress tells."""
        if self.progress.believed(clock) < _WHOLE:
            self.done_seconds = None
        elif self.done_seconds is None:
            self.done_seconds = min(clock, self.progress.since)

    def _credit(self, progress: float, clock: float) -> None:
        """Count as much of a stretch that nobody saw as the first progress after it proves."""
        if self.unseen is not None and not self.end_unseen and progress >= self.unseen.progress:
            self.active_seconds += self.unseen.worth(progress, clock)
            self.unseen = None

    def _note_plan(self, seen: Observation) -> None:
        """Take in the plan; it is replaced by another file's, never by the zero that follows the end."""
        over = self.ending_at is not None and not self.end_unseen
        for name in PLANS:
            plan, known = getattr(seen, name), getattr(self, name)
            if not plan or plan == known or (over and known):
                continue
            self._replace(name, plan, seen.at)

    def _replace(self, name: str, value: float, at: float) -> None:
        self.replaced[name] = (getattr(self, name), at)
        setattr(self, name, value)

    def _note_identity(self, seen: Observation) -> None:
        known = self.known
        if seen.job is not None:
            known.job = seen.job
        if (start := seen.started_at) is None or self.ending_at is not None:
            return
        if known.started_at is not None and abs(start - known.started_at) > _START_SLACK:
            known.start_moves = True
        known.started_at = start
        early = self.not_before is not None and start < self.not_before
        if not self.start_seen and self.unseen is None and not early:
            if self.running_since is not None:
                self.active_seconds += max(0.0, self.started_at - start)
            self.started_at = min(self.started_at, start)

    def _note_used(self, seen: Observation, *, recovers: bool = False) -> None:
        """Take in what the print took up to now."""
        self._note_elapsed(seen, recovers=recovers)
        self.filament_mm = _peak(self.filament_mm, self._own("filament_mm", seen.filament_mm))
        self.filament_g = _peak(self.filament_g, self._own("filament_g", seen.filament_g))

    def _note_elapsed(self, seen: Observation, *, recovers: bool) -> None:
        """Take in the source's own print time; the print goes on with it after an end that may recover."""
        elapsed = self._own("elapsed", seen.elapsed)
        if elapsed is None or not self._is_own(elapsed, seen.at):
            return
        if recovers and self.ending_at is not None and elapsed > (self.elapsed or elapsed):
            self.ending_at = max(self.ending_at, seen.at)
        self.known.elapsed = _peak(self.elapsed, elapsed)

    def _own(self, name: str, value: float | None) -> float | None:
        """The reading, unless it is what was shown before the print began."""
        if value is None or self.stale.get(name) == value:
            return None
        self.stale.pop(name, None)
        return value

    def _is_own(self, elapsed: float, at: float) -> bool:
        """Whether that print time can be this print's: one from before its begin is an earlier one's."""
        return not self.start_seen or elapsed <= at - self.started_at + _STALE_SECONDS


def _peak(known: float | None, seen: float | None) -> float | None:
    if seen is None:
        return known
    return seen if known is None else max(known, seen)
