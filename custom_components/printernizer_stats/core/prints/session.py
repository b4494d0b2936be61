"""One print at a time: turns what is seen of a printer into usage events.

A pure state machine per printer. It is given observations and the time, and asked again at `deadline`;
it holds no clock, no storage and nothing of Home Assistant. `dump()` and `load()` carry it over a restart.
docs/printers.md tells the rule of evidence that it follows.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from typing import Any, Final

from ..models import Observation, Outcome, PrinterState, UsageEvent, Value
from .evidence import Doubt, Verdict, fell, kept
from .job import Job
from .progress import STANDS, Progress
from .result import duration_of, given_up_at, outcome_of, result_of
from .rules import Rules
from .sight import Sight, Stretch

_TERMINAL: Final = {
    PrinterState.COMPLETED: Outcome.COMPLETED,
    PrinterState.FAILED: Outcome.FAILED,
    PrinterState.CANCELLED: Outcome.CANCELLED,
}
_RUNNING: Final = (PrinterState.PREPARING, PrinterState.PRINTING, PrinterState.PAUSED)
_FAULT: Final[Mapping[str, Value]] = {"error_type": "printer_error", "component": "printer"}
# An end that is told as now was made up when the source came back.
_AS_NOW: Final = 60.0


class PrintSession:
    """Follows one printer from print to print."""

    def __init__(self, printer: str, rules: Rules) -> None:
        """Begin without a job and without knowing whether the printer is there."""
        self.printer = printer
        self.rules = rules
        self.job: Job | None = None
        self._sight = Sight()
        self._fault_at: float | None = None

    def observe(self, seen: Observation) -> list[UsageEvent]:
        """Take in one observation and return what became certain by it, oldest first."""
        fault = self._note_fault(seen)
        if seen.state is None:
            # A last reading at the deadline still belongs to the print that ends with it.
            return [*fault, *self._read(seen), *self.tick(seen.at)]
        events = [*fault, *self.tick(seen.at)]
        if seen.state is PrinterState.OFFLINE:
            self._sight.lose(seen.at)
            return events
        events += self._come_online(seen)
        events += self._apply(seen)
        self._sight.watched = True
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
        away = self._sight.offline_since
        if away is not None and self._sight.connected is not False:
            due.append(away + self.rules.grace_seconds)
        if (job := self.job) is not None:
            due += [job.closes_at(self.rules), self._announce_at(job)]
            if job.doubt is not None and self._sight:
                due.append(job.doubt.due)
            if away is not None:
                due.append(given_up_at(job, self.rules, away))
        return min((each for each in due if each is not None), default=None)

    def dump(self, at: float | None = None) -> dict[str, Any]:
        """Return everything that must survive a restart, as JSON types; in sight until `at`, if it was."""
        return {**self._sight.dump(at), "job": asdict(self.job) if self.job else None}

    def load(self, saved: Mapping[str, Any]) -> None:
        """Take up where `dump` left off; the next observation decides what became of an open job."""
        self._sight.load(saved)
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

    def _read(self, seen: Observation) -> list[UsageEvent]:
        """Take in the readings; what is shown while the printer is out of sight says nothing."""
        if (shown := self._sight.read(seen)) is None:
            return []
        events = self._settle_doubt(shown)
        if (job := self.job) is not None and job.doubt is None and not self._is_anothers(job, shown):
            job.note(shown, self.rules)
            job.note_energy(shown, self.rules.energy_price)
        return events

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
        if younger or fell(seen, job.known) or job.is_of_another_number(seen):
            # Perhaps two prints whose border fell between two polls; a start from before may come back wrong.
            doubt = Doubt(lost_at=seen.at, since=seen.at, running_since=seen.at, printed=True)
            doubt.younger = doubt.low = younger and self._sight.has_settled(seen.at)
            doubt.told = seen.started_at
            job.rest(doubt)
            job.give_back(seen.at, STANDS + (seen.elapsed or 0.0))
            shown = Observation(at=seen.at, progress=self._sight.shown.get("progress"))
            doubt.take_in(shown, job.known, job.progress.believed(job.active_seconds))
            return True
        return False

    def _come_online(self, seen: Observation) -> list[UsageEvent]:
        """Take up the printer again after a time out of sight."""
        known = self._sight.connected
        if (stretch := self._sight.regain(seen.at, self.rules.grace_seconds)) is not None:
            self._judge_stretch(seen, stretch)
        if known:
            return []
        self._sight.connected = True
        return [self._event("printer_connected", seen.at)]

    def _judge_stretch(self, seen: Observation, stretch: Stretch) -> None:
        """Judge the print in hand after a stretch that nobody saw."""
        if (job := self.job) is None or (job.ending_at is not None and job.doubt is None):
            return
        goes_on = seen.state in _RUNNING
        if not stretch.long and (goes_on or not stretch.restarted):
            return
        self._drop_doubt(job)
        if job.ending_at is not None:
            return
        job.lose_sight(stretch.since, seen.at, lost_contact=stretch.out_of_contact and not goes_on)
        if goes_on:
            job.rest(Doubt(lost_at=stretch.since, since=seen.at, kept=kept(self._sight.shown)))
        else:
            job.end_unseen = True

    def _check_contact(self, now: float) -> Iterator[UsageEvent]:
        sight, away = self._sight, self._sight.offline_since
        if away is None:
            return
        if sight.connected is not False and now >= away + self.rules.grace_seconds:
            # A printer that was never there did not disconnect either.
            if sight.connected:
                yield self._event("printer_disconnected", away)
            sight.connected = False
        if (job := self.job) is not None and now >= given_up_at(job, self.rules, away):
            self._drop_doubt(job)
            if job.ending_at is None and sight.lost_at is not None:
                job.lose_sight(sight.lost_at, now, lost_contact=True)
                job.end_unseen = True
                job.end(sight.lost_at, None)
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
        events += self._tell_pauses(job, [(seen.at, paused)])
        # What was shown before it ran again may be another print's already.
        self._is_anothers(job, Observation(at=seen.at, elapsed=self._sight.shown.get("elapsed")))
        return events

    def _tell_pauses(self, job: Job, changes: Iterable[tuple[float, bool]]) -> list[UsageEvent]:
        """Report that a print paused or resumed; one that was not told of yet does neither."""
        events = []
        for at, paused in changes:
            if paused is not job.paused and job.announced:
                events.append(self._event("job_paused" if paused else "job_resumed", at))
            job.paused = paused
        return events

    def _begin(self, at: float, *, paused: bool) -> Job:
        """Return a print that begins now; what is shown at this moment is the last one's."""
        just_on = self._sight.was_just_switched_on(at)
        start_seen = self._sight.watched and not just_on and not self._sight.is_returning(at)
        shown = self._sight.shown if self._sight.watched and not just_on else self._sight.before
        return Job(
            started_at=at,
            start_seen=start_seen,
            running_since=None if paused else at,
            paused=paused,
            not_before=self._sight.seen_at,
            unproven=just_on and self.rules.names_outcome,
            stale=_stale(shown),
            progress=Progress(stale=shown.get("progress") or None),
        )

    def _settle_previous(self, at: float) -> list[UsageEvent]:
        """Doubt whether a print that had ended goes on, or end it at once where that cannot be."""
        if (job := self.job) is None or job.ending_at is None or job.doubt is not None:
            return []
        if self.rules.idle_ends:
            # What came nearer to its begin than to the last one's end is the next print's.
            job.give_back(at, (at - job.ending_at) / 2)
            return self._finish(job)
        # Some printers look idle, or at their end, for a moment in the middle of a print.
        recovers = not job.evidence or (self.rules.end_recovers and job.evidence == Outcome.COMPLETED)
        otherwise = Verdict.SAME if recovers else Verdict.OTHER
        lost_at = job.unseen.since if job.end_unseen and job.unseen else job.ending_at
        job.rest(Doubt(lost_at=lost_at, since=at, otherwise=otherwise, shown=dict(self._sight.shown)))
        return []

    def _settle_doubt(self, seen: Observation) -> list[UsageEvent]:
        """Decide whether the print in hand goes on, once there is evidence."""
        if (job := self.job) is None or (doubt := job.doubt) is None or not self._sight:
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
        seen_to_end = job.ending_at is not None and not self._sight.is_returning(doubt.since)
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
        assert job.ending_at is not None
        if not job.sealed:
            job.end_as_told(before=job.ending_at - _AS_NOW)
        outcome = outcome_of(job, self.rules)
        duration = duration_of(job, outcome)
        short = duration is not None and duration < self.rules.min_print_seconds
        if not job.announced and (short or not job.is_print):
            return []
        events = [] if job.announced else self._announce(job)
        return [*events, self._event(outcome.event_type, job.ending_at, result_of(job, outcome))]

    def _announce_at(self, job: Job) -> float | None:
        """When a print has lasted long enough to be one; None while paused, ending or already told."""
        if job.announced or job.calibration or job.preparing or job.unproven or job.doubt is not None:
            return None
        if job.ending_at is not None or job.running_since is None or not self._sight:
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
