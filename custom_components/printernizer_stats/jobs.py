"""The print in hand: what is known of it, and what it comes to when it ends."""

from dataclasses import dataclass
from typing import Final

from .models import Observation, Outcome, Value

_PRECEDENCE: Final = (Outcome.CANCELLED, Outcome.FAILED, Outcome.COMPLETED)
_STALE_SECONDS: Final = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """How to read one printer; all times in seconds.

    `merge_seconds` is how long contradicting outcomes may follow each other, `idle_seconds` how long a
    printer may look idle in the middle of a print. Where `idle_ends` is set it never does. `unexplained` is
    the outcome of a print that stopped below `complete_at` percent without a word. `final_progress` says
    that the progress shown after the end is the one that counts, `verify_completed` that a completed print
    must have got to `complete_at`. `energy_price` is what a kWh costs where no sensor tells.
    """

    printer_type: str
    idle_ends: bool = False
    unexplained: Outcome = Outcome.FAILED
    final_progress: bool = False
    verify_completed: bool = False
    complete_at: float = 99.5
    merge_seconds: float = 60.0
    idle_seconds: float = 60.0
    grace_seconds: float = 180.0
    min_print_seconds: float = 60.0
    lost_seconds: float = 86400.0
    energy_price: float | None = None


@dataclass(slots=True, kw_only=True)
class Job:
    """A print that has not ended yet; instants in epoch seconds, peaks in the units of Observation."""

    started_at: float
    start_seen: bool
    running_since: float | None
    active_seconds: float = 0.0
    announced: bool = False
    ending_at: float | None = None
    evidence: str = ""
    lost_contact_at: float | None = None
    end_unseen: bool = False
    unverified: bool = False
    calibration: bool = False
    error: bool = False
    progress: float | None = None
    peak_progress: float = 0.0
    elapsed: float | None = None
    elapsed_before: float = 0.0
    filament_mm: float | None = None
    filament_g: float | None = None
    planned_mm: float | None = None
    planned_g: float | None = None
    meter_wh: float | None = None
    energy_wh: float | None = None
    energy_price: float | None = None
    energy_cost: float | None = None

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

    def lose_sight(self) -> None:
        """Note that from here on nobody knows whether, and when, the print ended."""
        self.end_unseen = True
        self.elapsed_before = self.elapsed or 0.0

    def end(self, at: float, outcome: Outcome | None) -> None:
        """Take in that the print ended, and the outcome if the source named one; the strongest stays."""
        if self.ending_at is None:
            self.ending_at = at
            self.stop_clock(at)
        if outcome is not None:
            self.evidence = next(each for each in _PRECEDENCE if each in (self.evidence, outcome))

    def note(self, seen: Observation) -> None:
        """Keep the latest progress and the highest of everything that sources zero at the end."""
        if seen.progress is not None:
            self.progress = seen.progress
            self.peak_progress = max(self.peak_progress, seen.progress)
        if seen.started_at is not None and not self.start_seen:
            self.started_at = min(self.started_at, seen.started_at)
            if self.running_since is not None:
                self.running_since = min(self.running_since, seen.started_at)
        if seen.elapsed is not None and self._is_own(seen.elapsed, seen.at):
            self.elapsed = _peak(self.elapsed, seen.elapsed)
        self.filament_mm = _peak(self.filament_mm, seen.filament_mm)
        self.filament_g = _peak(self.filament_g, seen.filament_g)
        # A plan is replaced by the next file's, never by the zero that follows the end.
        self.planned_mm = seen.planned_mm or self.planned_mm
        self.planned_g = seen.planned_g or self.planned_g
        if seen.calibration is not None:
            self.calibration = seen.calibration
        if seen.error is not None:
            self.error = seen.error

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
        if self.ending_at is None:
            return None
        idle = 0.0 if self.evidence or rules.idle_ends else rules.idle_seconds
        return self.ending_at + max(rules.merge_seconds, idle)

    def outcome(self, rules: Rules) -> Outcome:
        """Weigh everything that was seen; words first, then the progress."""
        reached = self._reached(rules)
        done = reached is None or reached >= rules.complete_at
        if self.evidence == Outcome.COMPLETED:
            doubted = rules.verify_completed and not done and not self.end_unseen
            return rules.unexplained if doubted else Outcome.COMPLETED
        if self.error:
            return Outcome.FAILED
        if self.evidence:
            return Outcome(self.evidence)
        if self.lost_contact_at is not None and (reached is None or not done):
            return Outcome.FAILED
        if done or (self.end_unseen and not rules.final_progress):
            return Outcome.COMPLETED
        return rules.unexplained

    def duration(self, outcome: Outcome) -> float | None:
        """Seconds of printing; None when the end was not seen, so that nobody knows."""
        if self.end_unseen:
            return self.elapsed if (self.elapsed or 0.0) > self.elapsed_before else None
        if self.elapsed is not None and self.measured:
            return self.elapsed
        if outcome is Outcome.FAILED and self.lost_contact_at is not None:
            unseen = max(0.0, (self.ending_at or self.lost_contact_at) - self.lost_contact_at)
            return max(0.0, self.active_seconds - unseen)
        return self.active_seconds

    @property
    def measured(self) -> bool:
        """Whether the source told how long the print took."""
        return self.elapsed is not None and self.elapsed > 0

    def _is_own(self, elapsed: float, at: float) -> bool:
        """Whether that print time is this print's: one from before its begin is an earlier one's."""
        return not self.start_seen or elapsed <= at - self.started_at + _STALE_SECONDS

    def result(self, outcome: Outcome) -> dict[str, Value]:
        """Return duration, filament and energy as metadata of the event that ends the print."""
        data: dict[str, Value] = {"estimated": not self.measured}
        share = 1.0 if outcome is Outcome.COMPLETED else self.peak_progress / 100
        for key, value in (
            ("duration_seconds", self.duration(outcome)),
            ("filament_mm", _used(self.filament_mm, self.planned_mm, share)),
            ("filament_g", _used(self.filament_g, self.planned_g, share)),
            ("energy_wh", None if self.end_unseen else self.energy_wh),
            ("energy_cost", None if self.end_unseen else self.energy_cost),
        ):
            if value is not None:
                data[key] = round(value)
        return data

    def _reached(self, rules: Rules) -> float | None:
        """The progress that decides, in percent; None when nothing was seen of it."""
        if self.progress is None or rules.final_progress:
            return self.progress
        return self.peak_progress


def _peak(known: float | None, seen: float | None) -> float | None:
    if seen is None:
        return known
    return seen if known is None else max(known, seen)


def _used(measured: float | None, planned: float | None, share: float) -> float | None:
    """What was used: measured, else the part of the plan that was printed."""
    if measured is not None:
        return measured
    return None if planned is None else planned * share
