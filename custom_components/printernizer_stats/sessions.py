"""One print at a time: turns what is seen of a printer into usage events.

A pure state machine per printer. It is given observations and the time, and asked again at `deadline`;
it holds no clock, no storage and nothing of Home Assistant. `dump()` and `load()` carry it over a restart.
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, fields
from typing import Any, Final

from .jobs import Job, Rules
from .models import Observation, Outcome, PrinterState, UsageEvent, Value

_TERMINAL: Final = {
    PrinterState.COMPLETED: Outcome.COMPLETED,
    PrinterState.FAILED: Outcome.FAILED,
    PrinterState.CANCELLED: Outcome.CANCELLED,
}
_NEW_JOB_PROGRESS_DROP: Final = 5.0
_FAULT: Final[Mapping[str, Value]] = {"error_type": "printer_error", "component": "printer"}


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
        self._fault_at: float | None = None

    def observe(self, seen: Observation) -> list[UsageEvent]:
        """Take in one observation and return what became certain by it, oldest first."""
        fault = self._note_fault(seen)
        if seen.state is None:
            # A last reading at the deadline still belongs to the print that ends with it.
            return [*fault, *self._read(seen), *self.tick(seen.at)]
        events = [*fault, *self.tick(seen.at)]
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
        closes_at = job.closes_at(self.rules)
        if closes_at is not None and now >= closes_at:
            events += self._finish(job)
        elif (announce := self._announce_at(job)) is not None and now >= announce:
            events += self._announce(job)
        return events

    @property
    def printing(self) -> bool:
        """Whether a print has begun and, as far as anyone knows, not ended."""
        return self.job is not None and self.job.ending_at is None

    @property
    def deadline(self) -> float | None:
        """When `tick` is due, in epoch seconds; None while nothing is waiting."""
        due: list[float] = []
        if self.offline_since is not None and self.connected is not False:
            due.append(self.offline_since + self.rules.grace_seconds)
        if (job := self.job) is not None:
            if (closes_at := job.closes_at(self.rules)) is not None:
                due.append(closes_at)
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
            self.job.lose_sight()
            self.job.unverified = True
            self.job.progress = None

    def _note_fault(self, seen: Observation) -> list[UsageEvent]:
        """Report an error of the machine once, however many words it has for it."""
        if not seen.fault:
            return []
        last, self._fault_at = self._fault_at, seen.at
        if last is not None and 0 <= seen.at - last < self.rules.merge_seconds:
            return []
        return [self._event("error_occurred", seen.at, _FAULT)]

    def _read(self, seen: Observation) -> list[UsageEvent]:
        """Take in the readings; progress far below the peak after a time unseen means another print."""
        if (job := self.job) is None:
            return []
        events: list[UsageEvent] = []
        if self._may_be_another(job) and seen.progress is not None:
            job.unverified = False
            if seen.progress < job.peak_progress - _NEW_JOB_PROGRESS_DROP:
                job.lose_sight()
                job.end(seen.at, Outcome.COMPLETED)
                events = self._finish(job)
                job = self.job = Job(started_at=seen.at, start_seen=False, running_since=seen.at)
        job.note(seen)
        job.note_energy(seen, self.rules.energy_price)
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
            self.job.end(self.offline_since, Outcome.FAILED)
            yield from self._finish(self.job)

    def _apply(self, seen: Observation) -> list[UsageEvent]:
        assert seen.state is not None
        match seen.state:
            case PrinterState.PRINTING:
                return self._run(seen)
            case PrinterState.PAUSED:
                return self._pause(seen)
            case state:
                if self.job is not None:
                    self.job.end(seen.at, _TERMINAL.get(state))
        return []

    def _run(self, seen: Observation) -> list[UsageEvent]:
        events = self._settle_previous()
        if (job := self.job) is None:
            self.job = Job(started_at=seen.at, start_seen=self._observed, running_since=seen.at)
            return events
        job.end_unseen = False
        if job.running_since is None:
            job.start_clock(seen.at)
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
        if (job := self.job) is None or job.ending_at is None:
            return []
        if job.evidence or self.rules.idle_ends:
            return self._finish(job)
        # Some printers look idle for a moment between heating and printing.
        job.running_since, job.ending_at = job.ending_at, None
        return []

    def _finish(self, job: Job) -> list[UsageEvent]:
        """Report the end of a print, unless it was too short or none at all."""
        self.job = None
        outcome = job.outcome(self.rules)
        duration = job.duration(outcome)
        short = duration is not None and duration < self.rules.min_print_seconds
        if not job.announced and (short or job.calibration):
            return []
        events = [] if job.announced else self._announce(job)
        assert job.ending_at is not None
        return [*events, self._event(outcome.event_type, job.ending_at, job.result(outcome))]

    def _announce_at(self, job: Job) -> float | None:
        """When a print has lasted long enough to be one; None while paused, ending or already told."""
        if job.announced or job.calibration or job.ending_at is not None or job.running_since is None:
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
