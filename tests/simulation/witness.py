"""What can be known of the prints of a course: what was seen of each, and what its source tells of it."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from custom_components.printernizer_stats.core.models import Outcome, PrinterState
from custom_components.printernizer_stats.printers.profiles import Role

from .course import HEARTBEAT, Course, Gap, Kind
from .printer import Doing, TruePrint

_ANY: Final = frozenset(Outcome)
_VAGUE: Final = 0.25
# A start so shortly before its source came back, in seconds, was perhaps made up.
_AS_NOW: Final = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """What can be known of a print: which outcomes fit, how much of it was seen, and how well."""

    made: TruePrint
    outcomes: frozenset[Outcome]
    seen: float
    hidden: float
    end_seen: bool
    tolerance: float
    told: float | None
    """The print time that the source itself told last, in seconds."""
    forgotten: float
    """Seconds that were seen and not stored before the power failed."""
    proven: float
    """Seconds that nobody saw, and that a progress that went on, a start or an end proves."""
    rested: float
    """Seconds of pauses that nobody saw, and that a start or an end do not tell of."""
    vague: float
    """Seconds by which a progress in whole points may be wrong about the time that it proves."""

    @property
    def active(self) -> float:
        """Its true print time."""
        return self.made.active(self.made.begin, self.made.end)


class Witness:
    """Whoever saw all that a course showed, and knows the words of its source."""

    def __init__(self, course: Course) -> None:
        """Take the course."""
        self._course = course
        self._grace = course.profile.rules.grace_seconds
        self._instants = course.instants_seen()

    def groups(self) -> list[list[Fact]]:
        """The prints, together where nothing that was seen tells the end of one from the next."""
        facts = [self._fact(made) for made in self._course.life.prints]
        groups = [[facts[0]]]
        for before, fact in pairwise(facts):
            if self._is_border_seen(before, fact):
                groups.append([fact])
            else:
                groups[-1].append(fact)
        return groups

    def _is_border_seen(self, before: Fact, fact: Fact) -> bool:
        """Whether the printer was seen between two prints, or the next one is surely another."""
        between = self._between(before.made, fact.made)
        states = {self._course.life.at(at).doing for at in between}
        recovers = self._course.profile.error_recovers and before.made.outcome is Outcome.FAILED
        if states == {Doing.IDLE} and self._looks_idle_for_a_moment(between[0], fact.made):
            return self.is_told_apart(before, fact)
        if states & ({Doing.IDLE} if recovers else {Doing.IDLE, Doing.ENDED, Doing.ITSELF}):
            return True
        return self.is_told_apart(before, fact)

    def _looks_idle_for_a_moment(self, since: float, made: TruePrint) -> bool:
        """Whether it was seen idle for no longer than printers look idle in the middle of a print."""
        rules = self._course.profile.rules
        return not rules.idle_ends and self._first_seen(made) - since < rules.idle_seconds

    def blurred(self, group: list[Fact]) -> float:
        """Seconds between prints that look like one: where nothing else tells, their progress goes on."""
        apart = (each for each in pairwise(group) if not self.is_told_apart(*each))
        return sum(
            max(0.0, self._first_seen(fact.made) - self.last_seen(before.made)) for before, fact in apart
        )

    def is_told_apart(self, before: Fact, fact: Fact) -> bool:
        """Whether a start or a print time says that what runs is another print."""
        first, last = self._first_seen(fact.made), self.last_seen(before.made)
        if not first or not last:
            return False
        parts = self._course.profile.parts.keys()
        if Role.STARTED_AT in parts and not self._begins_as_now(fact.made):
            return True
        if Role.ELAPSED in parts:
            old = before.made.active(before.made.begin, last)
            return fact.made.active(fact.made.begin, first) < old - 2 * fact.tolerance
        return False

    def _begins_as_now(self, made: TruePrint) -> bool:
        """Whether its begin is told as the moment at which its source came back."""
        return any(gap.until - _AS_NOW < made.begin <= gap.until for gap in self._course.gaps)

    def shown_until(self, made: TruePrint) -> float:
        """Until when it is shown as a print; an error that may pass belongs to it."""
        if not self._course.profile.error_recovers or made.outcome is not Outcome.FAILED:
            return made.end
        ends = (
            phase.end for phase in self._course.life.phases if phase.of is made and phase.doing is Doing.ENDED
        )
        return max(ends, default=made.end)

    def _between(self, before: TruePrint, made: TruePrint) -> list[float]:
        return [at for at in self._instants if before.end <= at < made.begin]

    def _first_seen(self, made: TruePrint) -> float:
        return next((at for at in self._instants if made.begin <= at < made.end), 0.0)

    def last_seen(self, made: TruePrint) -> float:
        """The last instant at which it was seen; 0 when it never was."""
        return next((at for at in reversed(self._instants) if made.begin <= at < made.end), 0.0)

    def _fact(self, made: TruePrint) -> Fact:
        course = self._course
        gaps = [gap for gap in course.gaps if gap.kind not in (Kind.RENAME, Kind.RELOAD)]
        hidden = sum(made.active(gap.begin, gap.until) for gap in gaps)
        inside = [gap for gap in gaps if gap.begin < made.end and gap.until > made.begin]
        end_seen = not any(gap.begin <= course.after_poll(made.end) < gap.until for gap in gaps)
        told_by = self._telling_gaps(made, inside)
        proving = [gap for gap in inside if gap in told_by or self._goes_on_after(made, gap)]
        return Fact(
            made=made,
            outcomes=self._outcomes(made, end_seen=end_seen),
            seen=made.active(made.begin, made.end) - hidden if self._first_seen(made) else 0.0,
            hidden=hidden,
            end_seen=end_seen,
            tolerance=self._tolerance(made, inside),
            told=self._told_time(made),
            forgotten=sum(HEARTBEAT + course.poll for gap in inside if gap.kind is Kind.CRASH),
            proven=sum(made.active(gap.begin, gap.until) for gap in proving),
            vague=_VAGUE * hidden if Role.PROGRESS in course.profile.parts else 0.0,
            rested=sum(_paused(made, gap) for gap in told_by),
        )

    def _tolerance(self, made: TruePrint, inside: list[Gap]) -> float:
        """How far a print time may be off: a poll at each edge, and moments in which it was away."""
        course = self._course
        changes = (made.begin, made.end, *(edge for pause in made.pauses for edge in pause))
        moments = [gap.until - gap.begin for gap in inside if gap.until - gap.begin <= self._grace]
        renames = [gap for gap in course.gaps if gap.kind is Kind.RENAME]
        over = (
            gap for gap in renames if any(gap.begin - course.poll < change < gap.until for change in changes)
        )
        moments += [gap.until - gap.begin for gap in over]
        edges = 2 + 2 * len(made.pauses)
        return course.poll * edges + course.grain(Role.ELAPSED) + sum(moments) + 2

    def _goes_on_after(self, made: TruePrint, gap: Gap) -> bool:
        """Whether its progress was seen after what hid it."""
        return Role.PROGRESS in self._course.profile.parts and self.last_seen(made) >= gap.until

    def _telling_gaps(self, made: TruePrint, inside: list[Gap]) -> list[Gap]:
        """The gaps that hid its begin or its end, which the source tells afterwards."""
        parts = self._course.profile.parts
        starts = [gap for gap in inside if gap.begin <= self._course.after_poll(made.begin)]
        ends = [gap for gap in inside if gap.until > made.end]
        return (starts if Role.STARTED_AT in parts else []) + (ends if Role.ENDED_AT in parts else [])

    def _told_time(self, made: TruePrint) -> float | None:
        if Role.ELAPSED not in self._course.profile.parts:
            return None
        until = made.end if self._first_seen(made) else self.shown_until(made)
        last = next((at for at in reversed(self._instants) if made.begin <= at < until), None)
        return made.active(made.begin, last) if last else None

    def _outcomes(self, made: TruePrint, *, end_seen: bool) -> frozenset[Outcome]:
        """The outcomes that what was seen allows."""
        course, rules = self._course, self._course.profile.rules
        if made.died:
            return frozenset((Outcome.FAILED, rules.unexplained))
        after = [at for at in self._instants if made.end <= at < course.life.after(made)]
        own = Role.OUTCOME in course.profile.parts or bool(course.tongue.events(made.outcome))
        if own and end_seen and after and not self._hides_end(made, Kind.RENAME):
            return frozenset((made.outcome,))
        by_word = course.tongue.end_state(made.outcome) is not PrinterState.IDLE
        if by_word:
            known = any(course.life.at(at).doing is Doing.ENDED for at in after)
        else:
            known = bool(after) and (end_seen or rules.final_progress)
        right = self.told_outcome(made, heard=False)
        if not known:
            return _ANY
        by_progress = not by_word or rules.verify_completed
        if by_progress and course.zeroed_end and made.outcome is Outcome.COMPLETED:
            return frozenset((right, rules.unexplained))
        if not by_word and right is not Outcome.COMPLETED and self._hides_end(made, Kind.AWAY):
            # Whoever is back without a word may as well have been turned off.
            return frozenset((right, Outcome.FAILED))
        return frozenset((right,))

    def _hides_end(self, made: TruePrint, kind: Kind) -> bool:
        """Whether its end was hidden by a gap of that kind."""
        told = self._course.after_poll(made.end)
        return any(gap.kind is kind and gap.begin <= told <= gap.until for gap in self._course.gaps)

    def told_outcome(self, made: TruePrint, *, heard: bool) -> Outcome:
        """The outcome in the words of the source, which may not have one for the truth."""
        course, profile, outcome = self._course, self._course.profile, made.outcome
        own = Role.OUTCOME in profile.parts or course.tongue.events(outcome)
        error = outcome is Outcome.FAILED and Role.ERROR in profile.parts
        if made.died or error or (heard and own):
            return outcome
        state = course.tongue.end_state(outcome)
        doubted = state is PrinterState.COMPLETED and outcome is not Outcome.COMPLETED
        if state is not PrinterState.IDLE and not doubted:
            return Outcome(str(state))
        if outcome is Outcome.COMPLETED or Role.PROGRESS not in profile.parts:
            return Outcome.COMPLETED
        return profile.rules.unexplained


def _paused(made: TruePrint, gap: Gap) -> float:
    """Seconds of its pauses that a gap hid."""
    return sum(max(0.0, min(end, gap.until) - max(begin, gap.begin)) for begin, end in made.pauses)
