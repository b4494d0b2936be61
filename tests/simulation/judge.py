"""Compares what was counted with the truth: exactly what can be known, the rest as the rule says."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from custom_components.printernizer_stats.models import Outcome, PrinterState, UsageEvent
from custom_components.printernizer_stats.sources.profiles import Role

from .course import Course, Gap, Kind
from .drive import HEARTBEAT
from .printer import Doing, TruePrint

_ENDS: Final = {f"job_{outcome}": outcome for outcome in Outcome}
_ANY: Final = frozenset(Outcome)
# So near to a true print, in seconds, one that was counted must have begun.
_NEAR: Final = 70.0
_FILAMENT: Final = (
    ("filament_mm", Role.FILAMENT_MM, Role.PLANNED_MM),
    ("filament_g", Role.FILAMENT_G, Role.PLANNED_G),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """A print as it was counted."""

    begin: float
    end: float
    outcome: Outcome
    data: dict[str, float]

    @property
    def seconds(self) -> float | None:
        """Its print time, or as much of it as was seen."""
        return self.data.get("duration_seconds", self.data.get("seen_seconds"))


@dataclass(slots=True)
class Verdict:
    """What became of the prints of a course; a fault is something that must not be."""

    prints: int = 0
    exact: int = 0
    faults: list[str] = field(default_factory=list)


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
    proven: bool
    """Whether a progress that went on proves that it printed while nobody saw it."""

    @property
    def active(self) -> float:
        """Its true print time."""
        return self.made.active(self.made.begin, self.made.end)


class Judge:
    """Knows a course, and says what of the counting is right."""

    def __init__(self, course: Course) -> None:
        """Take the course whose truth is known."""
        self._course = course
        self._grace = course.profile.rules.grace_seconds
        self._instants = course.instants_seen()

    def judge(self, events: Iterable[UsageEvent]) -> Verdict:
        """Compare everything that was counted with everything that was printed."""
        verdict = Verdict(prints=len(self._course.life.prints))
        counted = list(_counted(events, verdict.faults))
        groups = self._groups()
        found: list[list[Counted]] = [[] for _ in groups]
        for each in counted:
            near = [min(_distance(each, fact) for fact in group) for group in groups]
            if min(near) > _NEAR:
                verdict.faults.append("a print that never was")
            else:
                found[near.index(min(near))].append(each)
        for group, those in zip(groups, found, strict=True):
            self._judge_group(group, those, verdict)
        return verdict

    def _judge_group(self, group: list[Fact], those: list[Counted], verdict: Verdict) -> None:
        sure = [fact for fact in group if self._must_count(fact)]
        least = sum(self._is_told_apart(before, fact) for before, fact in pairwise(sure)) + bool(sure)
        if len(those) < least:
            verdict.faults.append("a print was not counted")
        elif len(those) > len(group):
            verdict.faults.append("one print was counted as several")
        elif len(group) > 1:
            self._judge_together(group, those, verdict)
        elif those:
            faults = list(self._faults(group[0], those[0]))
            verdict.faults += faults
            verdict.exact += not faults and self._is_exact(group[0], those[0])

    def _must_count(self, fact: Fact) -> bool:
        """Whether so much of it was seen that it must count: more than preparing, and long enough."""
        least = self._course.profile.rules.min_print_seconds + 2 * self._course.poll
        return fact.seen >= least + self._course.tongue.prepare_seconds

    def _judge_together(self, group: list[Fact], those: list[Counted], verdict: Verdict) -> None:
        """Prints whose border nobody saw: what was counted must not be more than they were."""
        most = sum(fact.active + fact.tolerance for fact in group)
        if sum(each.seconds or 0 for each in those) > most:
            verdict.faults.append("print time that never was")
        if len(those) == len(group):
            pairs = zip(group, those, strict=True)
            verdict.exact += sum(self._is_exact(fact, each) for fact, each in pairs)

    def _faults(self, fact: Fact, counted: Counted) -> Iterator[str]:
        if counted.outcome not in fact.outcomes:
            yield f"{counted.outcome} instead of {' or '.join(sorted(fact.outcomes))}"
        duration = counted.seconds
        if duration is None:
            if self._least(fact) > 0:
                yield "print time that was seen is thrown away"
        elif duration < self._least(fact):
            yield f"print time is missing ({duration:.0f} of {self._least(fact):.0f})"
        elif duration > self._most(fact):
            yield f"print time that never was ({duration:.0f} of {self._most(fact):.0f})"
        if self._is_partial(fact) and not counted.data["estimated"]:
            yield "a part is missing, and it does not say so"
        for key, used, planned in _FILAMENT:
            yield from self._filament_faults(fact, counted, key, used, planned)

    def _is_partial(self, fact: Fact) -> bool:
        return fact.told is None and fact.hidden > self._grace

    def _least(self, fact: Fact) -> float:
        least = fact.seen if fact.told is None else max(fact.seen, fact.told)
        return least - fact.tolerance - fact.forgotten

    def _most(self, fact: Fact) -> float:
        """What may be counted at most: what was seen, and what the source's readings prove."""
        if fact.told is not None or fact.proven:
            return fact.active + fact.tolerance
        hidden = 0.0 if fact.hidden > self._grace else fact.hidden
        return fact.seen + hidden + fact.tolerance

    def _filament_faults(
        self, fact: Fact, counted: Counted, key: str, used: Role, planned: Role
    ) -> Iterator[str]:
        parts = self._course.profile.parts
        if used not in parts and planned not in parts:
            return
        made = fact.made
        whole = made.whole_mm if key == "filament_mm" else made.whole_g
        true = whole * made.share(made.end)
        slack = self._slack(made, whole, used if used in parts else planned)
        amount = counted.data.get(key)
        if amount is None:
            if fact.seen > 3 * self._course.poll:
                yield f"no {key}"
            return
        most = whole if used not in parts and counted.outcome is Outcome.COMPLETED else true
        if amount > most + slack:
            yield f"{key} that was never used ({amount:.0f} of {most:.0f})"
        last = self._last_seen(made)
        if amount < (true if fact.end_seen else whole * made.share(last)) - slack:
            yield f"{key} is missing ({amount:.0f} of {true:.0f})"

    def _slack(self, made: TruePrint, whole: float, role: Role) -> float:
        rate = whole / made.whole_seconds
        share = 0.011 * whole if role in (Role.PLANNED_MM, Role.PLANNED_G) else 0.0
        return rate * (self._course.poll * 2) + share + self._course.grain(role) + 1

    def _is_exact(self, fact: Fact, counted: Counted) -> bool:
        """Whether it was counted as it was, and not only as it was seen."""
        right = self._told_outcome(fact.made, heard=True)
        duration = counted.seconds or 0
        near = abs(duration - fact.active) <= fact.tolerance
        whole = Fact(
            made=fact.made,
            outcomes=frozenset((right,)),
            seen=fact.active,
            hidden=0,
            end_seen=True,
            tolerance=fact.tolerance,
            told=None,
            forgotten=0,
            proven=False,
        )
        return near and not list(self._faults(whole, counted))

    def _groups(self) -> list[list[Fact]]:
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
        states = {self._course.life.at(at).doing for at in self._between(before.made, fact.made)}
        recovers = self._course.profile.error_recovers and before.made.outcome is Outcome.FAILED
        if states & ({Doing.IDLE} if recovers else {Doing.IDLE, Doing.ENDED, Doing.ITSELF}):
            return True
        return self._is_told_apart(before, fact)

    def _is_told_apart(self, before: Fact, fact: Fact) -> bool:
        """Whether a start or a print time says that what runs is another print."""
        first, last = self._first_seen(fact.made), self._last_seen(before.made)
        if not first or not last:
            return False
        parts = self._course.profile.parts.keys()
        if Role.STARTED_AT in parts:
            return True
        if Role.ELAPSED in parts:
            old = before.made.active(before.made.begin, last)
            return fact.made.active(fact.made.begin, first) < old - 2 * fact.tolerance
        return False

    def _between(self, before: TruePrint, made: TruePrint) -> list[float]:
        return [at for at in self._instants if before.end <= at < made.begin]

    def _first_seen(self, made: TruePrint) -> float:
        return next((at for at in self._instants if made.begin <= at < made.end), 0.0)

    def _last_seen(self, made: TruePrint) -> float:
        return next((at for at in reversed(self._instants) if made.begin <= at < made.end), 0.0)

    def _fact(self, made: TruePrint) -> Fact:
        course = self._course
        gaps = [gap for gap in course.gaps if gap.kind is not Kind.RENAME]
        hidden = sum(made.active(gap.begin, gap.until) for gap in gaps)
        inside = [gap for gap in gaps if gap.begin < made.end and gap.until > made.begin]
        renames = [gap for gap in course.gaps if gap.kind is Kind.RENAME]
        short = sum(gap.until - gap.begin for gap in inside if gap.until - gap.begin <= self._grace)
        short += sum(gap.until - gap.begin for gap in renames if gap.begin < made.end < gap.until)
        end_seen = not any(gap.begin <= course.after_poll(made.end) < gap.until for gap in gaps)
        edges = 2 + 2 * len(made.pauses)
        grain = course.grain(Role.ELAPSED)
        return Fact(
            made=made,
            outcomes=self._outcomes(made, end_seen=end_seen),
            seen=made.active(made.begin, made.end) - hidden if self._first_seen(made) else 0.0,
            hidden=hidden,
            end_seen=end_seen,
            tolerance=course.poll * edges + grain + short + 2,
            told=self._told_time(made),
            forgotten=sum(HEARTBEAT + course.poll for gap in inside if gap.kind is Kind.CRASH),
            proven=Role.PROGRESS in course.profile.parts and self._last_seen(made) >= self._last_gap(inside),
        )

    @staticmethod
    def _last_gap(inside: list[Gap]) -> float:
        return max((gap.until for gap in inside), default=0.0)

    def _told_time(self, made: TruePrint) -> float | None:
        if Role.ELAPSED not in self._course.profile.parts:
            return None
        last = self._last_seen(made)
        return made.active(made.begin, last) if last else None

    def _outcomes(self, made: TruePrint, *, end_seen: bool) -> frozenset[Outcome]:
        """The outcomes that what was seen allows."""
        course, rules = self._course, self._course.profile.rules
        if made.died:
            return frozenset((Outcome.FAILED, rules.unexplained))
        after = [at for at in self._instants if made.end <= at < course.life.after(made)]
        own = Role.OUTCOME in course.profile.parts or bool(course.tongue.events(made.outcome))
        if own and end_seen and after:
            return frozenset((made.outcome,))
        by_word = course.tongue.end_state(made.outcome) is not PrinterState.IDLE
        if by_word:
            known = any(course.life.at(at).doing is Doing.ENDED for at in after)
        else:
            known = bool(after) and (end_seen or rules.final_progress)
        right = self._told_outcome(made, heard=False)
        if not known:
            return _ANY
        by_progress = not by_word or rules.verify_completed
        if by_progress and course.zeroed_end and made.outcome is Outcome.COMPLETED:
            return frozenset((right, rules.unexplained))
        return frozenset((right,))

    def _told_outcome(self, made: TruePrint, *, heard: bool) -> Outcome:
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


def _counted(events: Iterable[UsageEvent], faults: list[str]) -> Iterator[Counted]:
    """The prints that were counted; a begin without an end, or the other way round, is a fault."""
    begun: float | None = None
    for event in events:
        if event.type == "job_created":
            if begun is not None:
                faults.append("a print began within a print")
            begun = event.at
        elif event.type in _ENDS:
            if begun is None:
                faults.append("a print ended that never began")
            data = {key: float(each) for key, each in event.data.items() if not isinstance(each, str)}
            if any(each < 0 for each in data.values()):
                faults.append("a negative amount")
            begin = event.at if begun is None else begun
            yield Counted(begin=begin, end=event.at, outcome=_ENDS[event.type], data=data)
            begun = None
    if begun is not None:
        faults.append("a print never ended")


def _distance(counted: Counted, fact: Fact) -> float:
    """How far a print that was counted is from a true one: from its begin, and a little less from within."""
    begin, end = fact.made.begin, fact.made.end
    outside = max(0.0, begin - counted.begin, counted.begin - end - _NEAR)
    return min(abs(counted.begin - begin), _NEAR + outside)
