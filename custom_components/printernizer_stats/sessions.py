"""One print at a time: turns what is seen of a printer into usage events.

A pure state machine per printer. It is given observations and the time, and asked again at `deadline`;
it holds no clock, no storage and nothing of Home Assistant. `dump()` and `load()` carry it over a restart.
docs/printers.md tells the rule of evidence that it follows.
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any, Final

from .evidence import Doubt, Verdict
from .jobs import READINGS, Job, Rules
from .models import Observation, Outcome, PrinterState, UsageEvent, Value
from .progress import Progress

_TERMINAL: Final = {
    PrinterState.COMPLETED: Outcome.COMPLETED,
    PrinterState.FAILED: Outcome.FAILED,
    PrinterState.CANCELLED: Outcome.CANCELLED,
}
_RUNNING: Final = (PrinterState.PREPARING, PrinterState.PRINTING, PrinterState.PAUSED)
_FAULT: Final[Mapping[str, Value]] = {"error_type": "printer_error", "component": "printer"}
# Nobody starts a print in the first minute after a printer was switched on.
_SWITCHING_ON: Final = 60.0
# An end that is told as now was made up when the source came back.
_AS_NOW: Final = 60.0


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
        self._restored = False
        self._seen_at: float | None = None
        self._switched_on_at: float | None = None
        self._shown: dict[str, float] = {}
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
        events += self._come_online(seen)
        events += self._apply(seen)
        self._observed = True
        return [*events, *self._read(seen)]

    def tick(self, now: float) -> list[UsageEvent]:
        """Return what became certain by the passing of time."""
        events = [*self._check_contact(now), *self._settle_doubt(Observation(at=now))]
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
        due: list[float | None] = []
        if self.offline_since is not None and self.connected is not False:
            due.append(self.offline_since + self.rules.grace_seconds)
        if (job := self.job) is not None:
            due += [job.closes_at(self.rules), self._announce_at(job)]
            if job.doubt is not None and self._in_sight:
                due.append(job.doubt.due)
            if self.offline_since is not None:
                due.append(job.given_up_at(self.rules, self.offline_since))
        return min((each for each in due if each is not None), default=None)

    def dump(self, at: float | None = None) -> dict[str, Any]:
        """Return everything that must survive a restart, as JSON types; the printer is in sight until `at`."""
        in_sight = self.offline_since is None and not self._restored
        seen_at = at if in_sight and at is not None else self._seen_at
        job = asdict(self.job) if self.job else None
        return {"connected": self.connected, "seen_at": seen_at, "job": job}

    def load(self, saved: Mapping[str, Any]) -> None:
        """Take up where `dump` left off; the next observation decides what became of an open job."""
        self.connected = saved.get("connected")
        self._seen_at = saved.get("seen_at")
        self._restored = True
        if job := saved.get("job"):
            self.job = Job.load(job)

    def _note_fault(self, seen: Observation) -> list[UsageEvent]:
        """Report an error of the machine once, however many words it has for it."""
        if not seen.fault:
            return []
        last, self._fault_at = self._fault_at, seen.at
        if last is not None and 0 <= seen.at - last < self.rules.merge_seconds:
            return []
        return [self._event("error_occurred", seen.at, _FAULT)]

    @property
    def _in_sight(self) -> bool:
        return self.offline_since is None and not self._restored

    def _read(self, seen: Observation) -> list[UsageEvent]:
        """Take in the readings; what is shown while the printer is out of sight says nothing."""
        if not self._in_sight:
            return []
        self._seen_at = seen.at
        for name in READINGS:
            if (value := getattr(seen, name)) is not None:
                self._shown[name] = value
        events = self._settle_doubt(seen)
        if (job := self.job) is not None and job.doubt is None:
            job.note(seen, self.rules)
            job.note_energy(seen, self.rules.energy_price)
            self._note_end(job, seen)
        return events

    def _note_end(self, job: Job, seen: Observation) -> None:
        """Take the end of a print that nobody saw from a source that tells it."""
        if job.end_unseen and job.ending_at is not None and seen.ended_at is not None:
            job.end_as_told(seen.ended_at, before=job.ending_at - _AS_NOW)

    def _go_offline(self, at: float) -> None:
        if self.offline_since is None:
            self.offline_since = at

    def _come_online(self, seen: Observation) -> list[UsageEvent]:
        """Take up the printer again after a time out of contact, or out of sight because of a restart."""
        at, away = seen.at, self.offline_since
        lost_at = away
        if self._restored:
            lost_at = at if self._seen_at is None else min(at, self._seen_at)
        grace_over = lost_at is not None and at >= lost_at + self.rules.grace_seconds
        if lost_at is not None and (grace_over or self._restored):
            lost_contact = away is not None and at >= away + self.rules.grace_seconds
            self._regain(seen, lost_at, long=grace_over, lost_contact=lost_contact)
        self.offline_since, self._restored = None, False
        if self.connected:
            return []
        if self.connected is False:
            self._switched_on_at = at
        self.connected = True
        return [self._event("printer_connected", at)]

    def _regain(self, seen: Observation, lost_at: float, *, long: bool, lost_contact: bool) -> None:
        """Judge the print in hand after a stretch that nobody saw."""
        self._shown = {}
        if long:
            self._observed = False
        if (job := self.job) is None or job.ending_at is not None:
            return
        goes_on = seen.state in _RUNNING
        if goes_on and not long:
            return
        job.lose_sight(lost_at, seen.at, lost_contact=lost_contact and not goes_on)
        if not goes_on:
            job.end_unseen = True
        elif job.doubt is None:
            job.doubt = Doubt(lost_at=lost_at, since=seen.at, active=job.active_seconds)

    def _check_contact(self, now: float) -> Iterator[UsageEvent]:
        if self.offline_since is None:
            return
        if self.connected is not False and now >= self.offline_since + self.rules.grace_seconds:
            # A printer that was never there did not disconnect either.
            if self.connected:
                yield self._event("printer_disconnected", self.offline_since)
            self.connected = False
        if (job := self.job) is not None and now >= job.given_up_at(self.rules, self.offline_since):
            job.doubt = None
            if job.ending_at is None:
                lost_at = self.offline_since
                if self._restored and self._seen_at is not None:
                    lost_at = min(lost_at, self._seen_at)
                job.lose_sight(lost_at, now, lost_contact=True)
                job.end_unseen = True
                job.end(lost_at, None)
            yield from self._finish(job)

    def _apply(self, seen: Observation) -> list[UsageEvent]:
        assert seen.state is not None
        if seen.state in _RUNNING:
            return self._run(seen)
        if (job := self.job) is not None:
            doubt = job.doubt
            self._go_on(job)
            if doubt is None or doubt.otherwise == Verdict.SAME:
                job.end(seen.at, _TERMINAL.get(seen.state))
        return []

    def _run(self, seen: Observation) -> list[UsageEvent]:
        """Go on with the print in hand, or begin one."""
        paused = seen.state is PrinterState.PAUSED
        events = self._settle_previous(seen.at)
        if (job := self.job) is None:
            self.job = self._begin(seen.at, paused=paused)
            self.job.preparing = seen.state is PrinterState.PREPARING
            return events
        if seen.state is not PrinterState.PREPARING:
            job.preparing = False
        if job.doubt is not None:
            (job.doubt.pause if paused else job.doubt.run)(seen.at)
            if job.ending_at is not None:
                return events
        return events + (self._pause(job, seen.at) if paused else self._resume(job, seen.at))

    def _begin(self, at: float, *, paused: bool = False) -> Job:
        """Return a print that begins now; what is shown at this moment is the last one's."""
        on_at = self._switched_on_at
        just_on = on_at is not None and at - on_at < _SWITCHING_ON
        stale = {name: value for name, value in self._shown.items() if value}
        return Job(
            started_at=at,
            start_seen=self._observed and not just_on,
            running_since=None if paused else at,
            paused=paused,
            not_before=self._seen_at,
            unproven=just_on and self.rules.names_outcome,
            progress=Progress(stale=stale.pop("progress", None)),
            stale=stale,
        )

    def _resume(self, job: Job, at: float) -> list[UsageEvent]:
        if job.running_since is not None:
            return []
        paused, job.paused = job.paused, False
        job.start_clock(at)
        return [self._event("job_resumed", at)] if job.announced and paused else []

    def _pause(self, job: Job, at: float) -> list[UsageEvent]:
        if job.paused:
            return []
        job.stop_clock(at)
        job.paused = True
        return [self._event("job_paused", at)] if job.announced else []

    def _settle_previous(self, at: float) -> list[UsageEvent]:
        """End the print in hand if what is printing now is another one; else take back a premature end."""
        if (job := self.job) is None or job.ending_at is None or job.doubt is not None:
            return []
        if self.rules.idle_ends and not job.evidence:
            return self._finish(job)
        if not job.evidence:
            # Some printers look idle for a moment in the middle of a print.
            job.take_back_end()
            return []
        recovers = self.rules.end_recovers and job.evidence == Outcome.COMPLETED
        job.doubt = Doubt(
            lost_at=job.ending_at,
            since=at,
            active=job.active_seconds,
            otherwise=Verdict.SAME if recovers else Verdict.OTHER,
        )
        return []

    def _settle_doubt(self, seen: Observation) -> list[UsageEvent]:
        """Decide whether the print in hand goes on, once there is evidence."""
        if (job := self.job) is None or (doubt := job.doubt) is None or not self._in_sight:
            return []
        verdict = doubt.weigh(seen, job.known, job.progress.believed(doubt.active))
        if verdict is Verdict.SAME:
            doubt.otherwise = Verdict.SAME
            self._go_on(job)
        elif verdict is Verdict.OTHER:
            return self._begin_other(job, doubt)
        return []

    def _go_on(self, job: Job) -> None:
        """Leave the doubt: the print in hand is the one that runs, unless its end was seen for good."""
        doubt, job.doubt = job.doubt, None
        if doubt is not None and doubt.otherwise == Verdict.SAME and job.ending_at is not None:
            job.take_back_end()

    def _begin_other(self, job: Job, doubt: Doubt) -> list[UsageEvent]:
        """End the print in hand, and begin the one that was seen running instead of it."""
        job.doubt = None
        unseen = job.ending_at is None
        if unseen:
            job.leave(doubt)
        events = self._finish(job)
        other = self.job = self._begin(doubt.since)
        if unseen:
            other.start_seen, other.progress, other.stale = False, Progress(), {}
            other.not_before = doubt.lost_at
        other.started_at = doubt.started_at or doubt.since
        other.running_since = other.started_at
        if doubt.running_since is None:
            other.stop_clock(other.started_at + doubt.ran)
            other.paused = True
        return events

    def _finish(self, job: Job) -> list[UsageEvent]:
        """Report the end of a print, unless it was too short or none at all."""
        self.job = None
        outcome = job.outcome(self.rules)
        duration = job.duration(outcome)
        short = duration is not None and duration < self.rules.min_print_seconds
        if not job.announced and (short or not job.is_print):
            return []
        events = [] if job.announced else self._announce(job)
        assert job.ending_at is not None
        return [*events, self._event(outcome.event_type, job.ending_at, job.result(outcome))]

    def _announce_at(self, job: Job) -> float | None:
        """When a print has lasted long enough to be one; None while paused, ending or already told."""
        if job.announced or job.calibration or job.preparing or job.unproven or job.doubt is not None:
            return None
        if job.ending_at is not None or job.running_since is None or not self._in_sight:
            return None
        return job.running_since + max(0.0, self.rules.min_print_seconds - job.active_seconds)

    def _announce(self, job: Job) -> list[UsageEvent]:
        job.announced = True
        return [self._event("job_created", job.started_at)]

    def _event(self, event_type: str, at: float, data: Mapping[str, Value] | None = None) -> UsageEvent:
        full = {"printer_type": self.rules.printer_type, **(data or {})}
        return UsageEvent(type=event_type, at=at, printer=self.printer, data=full)
