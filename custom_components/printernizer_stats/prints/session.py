"""One print at a time: turns what is seen of a printer into usage events.

A pure state machine per printer. It is given observations and the time, and asked again at `deadline`;
it holds no clock, no storage and nothing of Home Assistant. `dump()` and `load()` carry it over a restart.
docs/printers.md tells the rule of evidence that it follows.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, replace
from typing import Any, Final

from ..models import Observation, Outcome, PrinterState, UsageEvent, Value
from .evidence import Doubt, Verdict, fell
from .job import READINGS, Job
from .progress import Progress
from .result import duration_of, given_up_at, outcome_of, result_of
from .rules import Rules

_TERMINAL: Final = {
    PrinterState.COMPLETED: Outcome.COMPLETED,
    PrinterState.FAILED: Outcome.FAILED,
    PrinterState.CANCELLED: Outcome.CANCELLED,
}
_RUNNING: Final = (PrinterState.PREPARING, PrinterState.PRINTING, PrinterState.PAUSED)
_FAULT: Final[Mapping[str, Value]] = {"error_type": "printer_error", "component": "printer"}
# So long a source takes to show everything when it comes back.
_COMING: Final = 60.0
# So long after it came into sight a source has settled.
_SETTLED: Final = 300.0
# Shown before the state, they tell even so which print it is.
_SIGNS: Final = ("job", "started_at")
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
        self._sight_since = 0.0
        self._shown: dict[str, float] = {}
        self._signs: dict[str, Any] = {}
        self._waiting: dict[str, float] = {}
        self._waiting_since = 0.0
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
                due.append(given_up_at(job, self.rules, self.offline_since))
        return min((each for each in due if each is not None), default=None)

    def dump(self, at: float | None = None) -> dict[str, Any]:
        """Return everything that must survive a restart, as JSON types; in sight until `at`, if it was."""
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
            self._wait(seen)
            return []
        if self._signs:
            seen, self._signs = replace(seen, **self._signs), {}
        self._seen_at = seen.at
        self._shown |= _given(seen, READINGS)
        events = self._settle_doubt(seen)
        if (job := self.job) is not None and job.doubt is None and not self._is_anothers(job, seen):
            job.note(seen, self.rules)
            job.note_energy(seen, self.rules.energy_price)
            if job.end_unseen and job.ending_at is not None and seen.ended_at is not None:
                job.end_as_told(seen.ended_at, before=job.ending_at - _AS_NOW)
        return events

    def _wait(self, seen: Observation) -> None:
        """Keep what is shown shortly before the state comes back; what is older is from before."""
        if seen.at > self._waiting_since + _COMING:
            self._signs, self._waiting, self._waiting_since = {}, {}, seen.at
        self._signs |= _given(seen, _SIGNS)
        self._waiting |= _given(seen, READINGS)

    def _is_anothers(self, job: Job, seen: Observation) -> bool:
        """Whether the readings are those of a later print than the one in hand."""
        if job.ending_at is not None:
            lost_at = job.unseen.since if job.end_unseen and job.unseen else job.ending_at
            doubt = Doubt(lost_at=lost_at, since=job.ending_at)
            job.sealed = job.sealed or doubt.is_over(seen, job.known)
            return job.sealed
        if job.running_since is None:
            return False
        younger = seen.started_at is not None and job.is_younger(seen.started_at, seen.at)
        if younger or fell(seen, job.known):
            # Perhaps two prints whose border fell between two polls; a start from before may come back wrong.
            low = younger and seen.at - self._sight_since > _SETTLED
            job.rest(Doubt(lost_at=seen.at, since=seen.at, running_since=seen.at, low=low, printed=True))
            job.known.started_at = seen.started_at or job.known.started_at
            return True
        return False

    def _go_offline(self, at: float) -> None:
        if self.offline_since is None:
            if not self._restored:
                self._seen_at = at
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
        if not self._in_sight:
            self._sight_since = at
        self.offline_since, self._restored = None, False
        if self.connected:
            return []
        if self.connected is False:
            self._switched_on_at = at
        self.connected = True
        return [self._event("printer_connected", at)]

    def _regain(self, seen: Observation, lost_at: float, *, long: bool, lost_contact: bool) -> None:
        """Judge the print in hand after a stretch that nobody saw."""
        if seen.at > self._waiting_since + _COMING:
            self._signs, self._waiting = {}, {}
        self._shown, self._waiting = self._waiting, {}
        if long:
            self._observed = False
        if (job := self.job) is None or (job.ending_at is not None and job.doubt is None):
            return
        goes_on = seen.state in _RUNNING
        if goes_on and not long:
            return
        self._drop_doubt(job)
        if job.ending_at is not None:
            return
        job.lose_sight(lost_at, seen.at, lost_contact=lost_contact and not goes_on)
        if goes_on:
            job.rest(Doubt(lost_at=lost_at, since=seen.at))
        else:
            job.end_unseen = True

    def _check_contact(self, now: float) -> Iterator[UsageEvent]:
        if self.offline_since is None:
            return
        if self.connected is not False and now >= self.offline_since + self.rules.grace_seconds:
            # A printer that was never there did not disconnect either.
            if self.connected:
                yield self._event("printer_disconnected", self.offline_since)
            self.connected = False
        if (job := self.job) is not None and now >= given_up_at(job, self.rules, self.offline_since):
            self._drop_doubt(job)
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
        if (job := self.job) is None:
            return []
        if (doubt := job.doubt) is None:
            job.end(seen.at, _TERMINAL.get(seen.state))
            return []
        events = self._drop_doubt(job)
        if doubt.otherwise == Verdict.SAME:
            job.end(seen.at, _TERMINAL.get(seen.state))
        return events

    def _run(self, seen: Observation) -> list[UsageEvent]:
        """Go on with the print in hand, or begin one."""
        paused = seen.state is PrinterState.PAUSED
        events = self._settle_previous(seen.at)
        if (job := self.job) is None:
            job = self.job = self._begin(seen.at, paused=paused)
            job.preparing = seen.state is PrinterState.PREPARING
            return events
        printing = seen.state is not PrinterState.PREPARING
        if (doubt := job.doubt) is not None:
            doubt.note(seen.at, paused=paused)
            doubt.printed = doubt.printed or printing
            return events
        if printing:
            job.preparing = False
        if paused is job.paused:
            return events
        if paused:
            job.stop_clock(seen.at)
        else:
            job.start_clock(seen.at)
        return [*events, *self._tell_pauses(job, [(seen.at, paused)])]

    def _tell_pauses(self, job: Job, changes: Iterable[tuple[float, bool]]) -> list[UsageEvent]:
        """Report that a print paused or resumed; one that was not told of yet does neither."""
        events = []
        for at, paused in changes:
            if paused is not job.paused and job.announced:
                events.append(self._event("job_paused" if paused else "job_resumed", at))
            job.paused = paused
        return events

    def _begin(self, at: float, *, paused: bool = False) -> Job:
        """Return a print that begins now; what is shown at this moment is the last one's."""
        on_at = self._switched_on_at
        just_on = on_at is not None and at - on_at < _SWITCHING_ON
        start_seen = self._observed and not just_on
        shown = self._shown if start_seen else {}
        return Job(
            started_at=at,
            start_seen=start_seen,
            running_since=None if paused else at,
            paused=paused,
            not_before=self._seen_at,
            unproven=just_on and self.rules.names_outcome,
            stale=_stale(shown),
            progress=Progress(stale=shown.get("progress") or None),
        )

    def _settle_previous(self, at: float) -> list[UsageEvent]:
        """Doubt whether a print that had ended goes on, or end it at once where that cannot be."""
        if (job := self.job) is None or job.ending_at is None or job.doubt is not None:
            return []
        if self.rules.idle_ends:
            return self._finish(job)
        # Some printers look idle, or at their end, for a moment in the middle of a print.
        recovers = not job.evidence or (self.rules.end_recovers and job.evidence == Outcome.COMPLETED)
        otherwise = Verdict.SAME if recovers else Verdict.OTHER
        lost_at = job.unseen.since if job.end_unseen and job.unseen else job.ending_at
        job.rest(Doubt(lost_at=lost_at, since=at, otherwise=otherwise, shown=dict(self._shown)))
        return []

    def _settle_doubt(self, seen: Observation) -> list[UsageEvent]:
        """Decide whether the print in hand goes on, once there is evidence."""
        if (job := self.job) is None or (doubt := job.doubt) is None or not self._in_sight:
            return []
        verdict = doubt.weigh(seen, job.known, job.progress.believed(job.active_seconds))
        if verdict is Verdict.SAME:
            return self._go_on(job, doubt)
        return self._begin_other(job, doubt) if verdict is Verdict.OTHER else []

    def _drop_doubt(self, job: Job) -> list[UsageEvent]:
        """Leave the doubt without evidence; what ran for a moment after an end was no print."""
        doubt, job.doubt = job.doubt, None
        if doubt is None or doubt.otherwise == Verdict.OTHER:
            return []
        return self._go_on(job, doubt)

    def _go_on(self, job: Job, doubt: Doubt) -> list[UsageEvent]:
        """Go on with the print in hand: it is the one that runs."""
        job.go_on(doubt)
        job.preparing = job.preparing and not doubt.printed
        return self._tell_pauses(job, doubt.changes)

    def _begin_other(self, job: Job, doubt: Doubt) -> list[UsageEvent]:
        """End the print in hand, and begin the one that runs instead of it."""
        seen_to_end = job.ending_at is not None
        job.leave(doubt)
        events = self._finish(job)
        start = doubt.since if doubt.started_at is None else doubt.started_at
        self.job = Job(
            started_at=start,
            start_seen=seen_to_end,
            active_seconds=doubt.since - start + doubt.ran,
            running_since=doubt.running_since,
            paused=doubt.running_since is None,
            preparing=not doubt.printed,
            not_before=doubt.lost_at,
            stale=_stale(doubt.shown),
            progress=Progress(stale=doubt.shown.get("progress") or None),
        )
        return events

    def _finish(self, job: Job) -> list[UsageEvent]:
        """Report the end of a print, unless it was too short or none at all."""
        self.job = None
        outcome = outcome_of(job, self.rules)
        duration = duration_of(job, outcome)
        short = duration is not None and duration < self.rules.min_print_seconds
        if not job.announced and (short or not job.is_print):
            return []
        events = [] if job.announced else self._announce(job)
        assert job.ending_at is not None
        return [*events, self._event(outcome.event_type, job.ending_at, result_of(job, outcome))]

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


def _stale(shown: Mapping[str, float]) -> dict[str, float]:
    """The readings that a print before may have left, by name."""
    return {name: value for name, value in shown.items() if value and name != "progress"}


def _given(seen: Observation, names: Iterable[str]) -> dict[str, Any]:
    """The readings of those names that are part of what was seen."""
    return {name: value for name in names if (value := getattr(seen, name)) is not None}
