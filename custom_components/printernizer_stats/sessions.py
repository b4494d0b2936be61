"""One print at a time: turns what is seen of a printer into usage events.

A pure state machine per printer. It is given observations and the time, and asked again at `deadline`;
it holds no clock, no storage and nothing of Home Assistant. `dump()` and `load()` carry it over a restart.
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Final, Literal

from .models import Observation, Outcome, PrinterState, UsageEvent, Value

_TERMINAL: Final = {
    PrinterState.COMPLETED: Outcome.COMPLETED,
    PrinterState.FAILED: Outcome.FAILED,
    PrinterState.CANCELLED: Outcome.CANCELLED,
}
_PRECEDENCE: Final = (Outcome.CANCELLED, Outcome.FAILED, Outcome.COMPLETED)
_NEW_JOB_PROGRESS_DROP: Final = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """How to read one printer; all times in seconds.

    `outcome` is "explicit" when the source names the outcome, "progress" when only the last progress
    tells a finished print from a cancelled one.
    """

    printer_type: str
    outcome: Literal["explicit", "progress"] = "explicit"
    complete_at: float = 100.0
    merge_seconds: float = 60.0
    grace_seconds: float = 180.0
    min_print_seconds: float = 60.0
    lost_seconds: float = 86400.0


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
    progress: float | None = None
    peak_progress: float = 0.0
    elapsed: float | None = None
    filament_mm: float | None = None
    filament_g: float | None = None

    def active_until(self, at: float) -> float:
        """Seconds spent printing, pauses left out."""
        running = 0.0 if self.running_since is None else max(0.0, at - self.running_since)
        return self.active_seconds + running

    def stop_clock(self, at: float) -> None:
        """Stop counting print time at a pause or at the end."""
        self.active_seconds = self.active_until(at)
        self.running_since = None

    def note(self, seen: Observation) -> None:
        """Keep the latest progress and the highest of everything that sources zero at the end."""
        if seen.progress is not None:
            self.progress = seen.progress
            self.peak_progress = max(self.peak_progress, seen.progress)
        if seen.started_at is not None and not self.start_seen:
            self.started_at = min(self.started_at, seen.started_at)
            if self.running_since is not None:
                self.running_since = min(self.running_since, seen.started_at)
        self.elapsed = _peak(self.elapsed, seen.elapsed)
        self.filament_mm = _peak(self.filament_mm, seen.filament_mm)
        self.filament_g = _peak(self.filament_g, seen.filament_g)


class PrintSession:
    """Follows one printer from print to print."""

    def __init__(self, printer: str, rules: Rules) -> None:
        """Begin without a job and without knowing whether the printer is there."""
        self.printer = printer
        self.rules = rules
        self.job: Job | None = None
        self.connected: bool | None = None
        self.offline_since: float | None = None
        self._observed = False

    def observe(self, seen: Observation) -> list[UsageEvent]:
        """Take in one observation and return what became certain by it, oldest first."""
        if seen.state is None:
            # A last reading at the deadline still belongs to the print that ends with it.
            return [*self._read(seen), *self.tick(seen.at)]
        events = self.tick(seen.at)
        if seen.state is PrinterState.OFFLINE:
            self._go_offline(seen.at)
            return events
        events += self._come_online(seen.at)
        events += self._apply(seen)
        self._observed = True
        return [*events, *self._read(seen)]

    def tick(self, now: float) -> list[UsageEvent]:
        """Return what became certain by the passing of time."""
        events = list(self._check_contact(now))
        if (job := self.job) is None:
            return events
        if job.ending_at is not None and now >= job.ending_at + self.rules.merge_seconds:
            events += self._finish(job)
        elif (announce := self._announce_at(job)) is not None and now >= announce:
            events += self._announce(job)
        return events

    @property
    def deadline(self) -> float | None:
        """When `tick` is due, in epoch seconds; None while nothing is waiting."""
        due: list[float] = []
        if self.offline_since is not None and self.connected is not False:
            due.append(self.offline_since + self.rules.grace_seconds)
        if (job := self.job) is not None:
            if job.ending_at is not None:
                due.append(job.ending_at + self.rules.merge_seconds)
            elif (announce := self._announce_at(job)) is not None:
                due.append(announce)
            if self.offline_since is not None:
                due.append(self.offline_since + self.rules.lost_seconds)
        return min(due, default=None)

    def dump(self) -> dict[str, Any]:
        """Return everything that must survive a restart, as JSON types."""
        return {"connected": self.connected, "job": asdict(self.job) if self.job else None}

    def load(self, saved: Mapping[str, Any]) -> None:
        """Take up where `dump` left off; the next observation decides what became of an open job."""
        self.connected = saved.get("connected")
        if job := saved.get("job"):
            known = {field.name for field in fields(Job)}
            self.job = Job(**{key: value for key, value in job.items() if key in known})
            self.job.end_unseen = self.job.unverified = True
            self.job.progress = None

    def _read(self, seen: Observation) -> list[UsageEvent]:
        """Take in the readings; progress far below the peak after a time unseen means another print."""
        if (job := self.job) is None:
            return []
        events: list[UsageEvent] = []
        if self._may_be_another(job) and seen.progress is not None:
            job.unverified = False
            if seen.progress < job.peak_progress - _NEW_JOB_PROGRESS_DROP:
                job.end_unseen = True
                self._end(seen.at, Outcome.COMPLETED)
                events = self._finish(job)
                job = self.job = Job(started_at=seen.at, start_seen=False, running_since=seen.at)
        job.note(seen)
        return events

    def _may_be_another(self, job: Job) -> bool:
        return job.unverified and job.ending_at is None and self.offline_since is None

    def _go_offline(self, at: float) -> None:
        if self.offline_since is None:
            self.offline_since = at
            if self.job is not None and self.job.ending_at is None:
                self.job.lost_contact_at = at

    def _come_online(self, at: float) -> list[UsageEvent]:
        grace_over = self.offline_since is not None and at >= self.offline_since + self.rules.grace_seconds
        self.offline_since = None
        if self.job is not None:
            if grace_over:
                self.job.unverified = True
            else:
                self.job.lost_contact_at = None
        if self.connected:
            return []
        self.connected = True
        return [self._event("printer_connected", at)]

    def _check_contact(self, now: float) -> Iterator[UsageEvent]:
        if self.offline_since is None:
            return
        if self.connected is not False and now >= self.offline_since + self.rules.grace_seconds:
            # A printer that was never there did not disconnect either.
            if self.connected:
                yield self._event("printer_disconnected", self.offline_since)
            self.connected = False
        if self.job is not None and now >= self.offline_since + self.rules.lost_seconds:
            self._end(self.offline_since, Outcome.FAILED)
            yield from self._finish(self.job)

    def _apply(self, seen: Observation) -> list[UsageEvent]:
        assert seen.state is not None
        match seen.state:
            case PrinterState.PRINTING:
                return self._run(seen)
            case PrinterState.PAUSED:
                return self._pause(seen)
            case PrinterState.IDLE:
                self._end(seen.at, None)
            case state:
                self._end(seen.at, _TERMINAL[state])
        return []

    def _run(self, seen: Observation) -> list[UsageEvent]:
        events = self._settle_previous()
        if (job := self.job) is None:
            self.job = Job(started_at=seen.at, start_seen=self._observed, running_since=seen.at)
            return events
        job.end_unseen = False
        if job.running_since is None:
            job.running_since = seen.at
            if job.announced:
                events.append(self._event("job_resumed", seen.at))
        return events

    def _pause(self, seen: Observation) -> list[UsageEvent]:
        events = self._settle_previous()
        if (job := self.job) is None:
            self.job = Job(started_at=seen.at, start_seen=self._observed, running_since=None)
            return events
        job.end_unseen = False
        if job.running_since is not None:
            job.stop_clock(seen.at)
            if job.announced:
                events.append(self._event("job_paused", seen.at))
        return events

    def _settle_previous(self) -> list[UsageEvent]:
        """End the job in hand if what is printing now is another one; else take back a premature end."""
        if (job := self.job) is None:
            return []
        if job.ending_at is None:
            return []
        if job.evidence or self.rules.outcome == "progress":
            return self._finish(job)
        # Some printers look idle for a moment between heating and printing.
        job.running_since, job.ending_at = job.ending_at, None
        return []

    def _end(self, at: float, outcome: Outcome | None) -> None:
        if (job := self.job) is None:
            return
        if job.ending_at is None:
            job.ending_at = at
            job.stop_clock(at)
        if outcome is not None:
            job.evidence = _stronger(job.evidence, outcome)

    def _finish(self, job: Job) -> list[UsageEvent]:
        self.job = None
        outcome = self._decide(job)
        duration = self._duration(job, outcome)
        if not job.announced and duration is not None and duration < self.rules.min_print_seconds:
            return []
        events = [] if job.announced else self._announce(job)
        data: dict[str, Value] = {"estimated": job.elapsed is None}
        for key, value in (
            ("duration_seconds", duration),
            ("filament_mm", job.filament_mm),
            ("filament_g", job.filament_g),
        ):
            if value is not None:
                data[key] = round(value)
        assert job.ending_at is not None
        return [*events, self._event(outcome.event_type, job.ending_at, data)]

    def _decide(self, job: Job) -> Outcome:
        if job.evidence:
            return Outcome(job.evidence)
        if job.progress is not None and job.progress >= self.rules.complete_at:
            return Outcome.COMPLETED
        if job.lost_contact_at is not None:
            return Outcome.FAILED
        if self.rules.outcome == "progress" and job.progress is not None:
            return Outcome.CANCELLED
        return Outcome.COMPLETED if job.end_unseen or job.progress is None else Outcome.FAILED

    def _duration(self, job: Job, outcome: Outcome) -> float | None:
        """Seconds of printing; None when the end was not seen, so that nobody knows."""
        if job.elapsed is not None:
            return job.elapsed
        if job.end_unseen:
            return None
        if outcome is Outcome.FAILED and job.lost_contact_at is not None:
            unseen = max(0.0, (job.ending_at or job.lost_contact_at) - job.lost_contact_at)
            return max(0.0, job.active_seconds - unseen)
        return job.active_seconds

    def _announce_at(self, job: Job) -> float | None:
        """When a print has lasted long enough to be one; None while paused, ending or already told."""
        if job.announced or job.ending_at is not None or job.running_since is None:
            return None
        if self.offline_since is not None:
            return None
        return job.running_since + max(0.0, self.rules.min_print_seconds - job.active_seconds)

    def _announce(self, job: Job) -> list[UsageEvent]:
        job.announced = True
        return [self._event("job_created", job.started_at)]

    def _event(self, event_type: str, at: float, data: Mapping[str, Value] | None = None) -> UsageEvent:
        full = {"printer_type": self.rules.printer_type, **(data or {})}
        return UsageEvent(type=event_type, at=at, printer=self.printer, data=full)


def _peak(known: float | None, seen: float | None) -> float | None:
    if seen is None:
        return known
    return seen if known is None else max(known, seen)


def _stronger(known: str, outcome: Outcome) -> str:
    return next(each for each in _PRECEDENCE if each in (known, outcome))
