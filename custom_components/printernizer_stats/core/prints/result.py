"""What a print came to: its outcome, its duration, its filament and energy, from all that was seen of it."""

from typing import Final

from ..models import Outcome, Value
from .job import Job
from .progress import STANDS, STEP
from .rules import Rules

_HALF: Final = 50.0
_LONGEST_WAIT: Final = 7 * 86400.0


def outcome_of(job: Job, rules: Rules) -> Outcome:
    """Weigh everything that was seen; words first, then the progress."""
    reached = _reached(job, rules)
    done = reached is not None and reached >= rules.complete_at
    if (told := _told(job, rules, doubted=reached is not None and not done)) is not None:
        return told
    if done:
        return Outcome.COMPLETED
    return Outcome.FAILED if job.lost_contact else _unexplained(job, rules, reached)


def duration_of(job: Job, outcome: Outcome) -> float | None:
    """Seconds of printing; None where most of a completed print was not seen."""
    if _is_told_whole(job):
        return job.elapsed
    return seen_seconds(job, outcome) if outcome is not Outcome.COMPLETED or _mostly_seen(job) else None


def seen_seconds(job: Job, outcome: Outcome) -> float:
    """Seconds of printing that were seen or told."""
    if job.elapsed:
        return job.elapsed
    if outcome is Outcome.COMPLETED and job.evidence == Outcome.CANCELLED:
        return job.done_seconds or job.active_seconds
    return job.active_seconds


def result_of(job: Job, outcome: Outcome) -> dict[str, Value]:
    """Return duration, filament and energy as metadata of the event that ends the print."""
    data: dict[str, Value] = {"estimated": not _is_told_whole(job)}
    share = 1.0 if outcome is Outcome.COMPLETED else job.progress.believed(job.active_seconds) / 100
    duration = duration_of(job, outcome)
    for key, value in (
        ("duration_seconds", duration),
        ("seen_seconds", seen_seconds(job, outcome) if duration is None else None),
        ("filament_mm", _used(job.filament_mm, job.planned_mm, share)),
        ("filament_g", _used(job.filament_g, job.planned_g, share)),
        ("energy_wh", None if job.end_unseen else job.energy_wh),
        ("energy_cost", None if job.end_unseen else job.energy_cost),
    ):
        if value is not None:
            data[key] = round(value)
    return data


def given_up_at(job: Job, rules: Rules, lost_at: float) -> float:
    """When a print that is out of sight since then is given up; one that was over waits half as long."""
    clock = job.active_until(lost_at)
    if job.progress.projected(clock, STEP) >= rules.complete_at:
        return lost_at + rules.lost_seconds / 2
    if (pace := job.progress.pace(clock)) is None:
        return lost_at + rules.lost_seconds
    left = (100 - job.progress.believed(clock)) * pace
    return lost_at + max(rules.lost_seconds, min(left, _LONGEST_WAIT))


def _told(job: Job, rules: Rules, *, doubted: bool) -> Outcome | None:
    """The outcome that the source told in words, or by an error."""
    if job.evidence == Outcome.COMPLETED:
        denied = _is_below(job, rules) if job.end_unseen else doubted
        return rules.unexplained if rules.verify_completed and denied else Outcome.COMPLETED
    if job.evidence == Outcome.CANCELLED and _was_over(job):
        return Outcome.COMPLETED
    if job.error:
        return Outcome.FAILED
    return Outcome(job.evidence) if job.evidence else None


def _is_below(job: Job, rules: Rules) -> bool:
    """Whether a print whose end nobody saw cannot have got to its end."""
    if job.last_progress:
        return job.last_progress < rules.complete_at
    return not _may_be_over(job, rules)


def _unexplained(job: Job, rules: Rules, reached: float | None) -> Outcome:
    """The outcome of a print that stopped without a word, and not at its end as far as was seen."""
    last = job.last_progress
    told = last is not None and (last > 0 or rules.final_progress)
    if job.end_unseen and not told:
        return Outcome.COMPLETED if _may_be_over(job, rules) else rules.unexplained
    if reached is None and not rules.names_outcome:
        return Outcome.COMPLETED
    return rules.unexplained


def _reached(job: Job, rules: Rules) -> float | None:
    """The progress that decides, in percent; None when nothing was seen of it."""
    seen = None
    if job.progress.shown is not None:
        before = job.unseen.reached if job.unseen and job.end_unseen else 0.0
        seen = max(before, job.progress.projected(job.active_seconds, STEP))
    if not rules.final_progress:
        return seen
    if not job.end_unseen:
        return job.last_progress
    return max((each for each in (seen, job.last_progress) if each is not None), default=None)


def _is_told_whole(job: Job) -> bool:
    """Whether the source's own print time is that of the whole print."""
    if not job.elapsed or not job.end_unseen:
        return bool(job.elapsed)
    return job.elapsed > (job.elapsed_before or 0.0)


def _mostly_seen(job: Job) -> bool:
    if not job.end_unseen or job.unseen is None:
        return True
    return job.unseen.progress > _HALF or job.active_seconds >= job.unseen.seconds


def _was_over(job: Job) -> bool:
    """Whether it had been at its end for a while: who cancels then only clears the screen."""
    return job.done_seconds is not None and job.active_seconds - job.done_seconds >= STANDS


def _may_be_over(job: Job, rules: Rules) -> bool:
    """Whether the stretch that nobody saw was long enough for the rest of the print."""
    if job.unseen is None or job.unseen.pace is None:
        return True
    left = rules.complete_at - job.unseen.progress
    return job.unseen.seconds >= left * job.unseen.pace


def _used(measured: float | None, planned: float | None, share: float) -> float | None:
    """What was used: measured, else the part of the plan that was printed."""
    if measured is not None:
        return measured
    return None if planned is None else planned * share
