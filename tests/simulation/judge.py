"""Compares what was counted with the truth: exactly what can be known, the rest as the rule says."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from custom_components.printernizer_stats.models import Outcome, PrinterState, UsageEvent
from custom_components.printernizer_stats.sources.profiles import Role

from .course import Course, Gap, Kind
from .printer import Doing, TruePrint

_ENDS: Final = {f"job_{outcome}": outcome for outcome in Outcome}
_ANY: Final = frozenset(Outcome)
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
            overlaps = [_overlap(each, group) for group in groups]
            best = max(range(len(groups)), key=overlaps.__getitem__)
            if overlaps[best] <= 0:
                verdict.faults.append("a print that never was")
            else:
                found[best].append(each)
        for group, those in zip(groups, found, strict=True):
            self._judge_group(group, those, verdict)
        return verdict

    def _judge_group(self, group: list[Fact], those: list[Counted], verdict: Verdict) -> None:
        least = 1 if any(self._must_count(fact) for fact in group) else 0
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
        return fact.seen >= self._course.profile.rules.min_print_seconds + 2 * self._course.poll

    def _judge_together(self, group: list[Fact], those: list[Counted], verdict: Verdict) -> None:
        """Prints whose border nobody saw: what was counted must not be more than they were."""
        most = sum(self._most(fact) for fact in group)
        if sum(each.data.get("duration_seconds", 0) for each in those) > most:
            verdict.faults.append("print time that never was")
        if len(those) == len(group):
            pairs = zip(group, those, strict=True)
            verdict.exact += sum(self._is_exact(fact, each) for fact, each in pairs)

    def _faults(self, fact: Fact, counted: Counted) -> Iterator[str]:
        if counted.outcome not in fact.outcomes:
            yield f"{counted.outcome} instead of {' or '.join(sorted(fact.outcomes))}"
        duration = counted.data.get("duration_seconds")
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
        return least - fact.tolerance

    def _most(self, fact: Fact) -> float:
        """What may be counted at most: what was seen, and what the source itself says."""
        if fact.told is not None:
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
        duration = counted.data.get("duration_seconds", 0)
        near = abs(duration - fact.active) <= fact.tolerance
        whole = Fact(
            made=fact.made,
            outcomes=frozenset((right,)),
            seen=fact.active,
            hidden=0,
            end_seen=True,
            tolerance=fact.tolerance,
            told=None,
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
        states = {self._course.life.at(at).doing for at in self._between(before.made, fact.made)}
        recovers = self._course.profile.error_recovers and before.made.outcome is Outcome.FAILED
        if states & ({Doing.IDLE} if recovers else {Doing.IDLE, Doing.ENDED}):
            return True
        first, last = self._first_seen(fact.made), self._last_seen(before.made)
        if not first or not last:
            return True
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
        short = sum(gap.until - gap.begin for gap in inside if gap.until - gap.begin <= self._grace)
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
            told=self._told_time(made, inside),
        )

    def _told_time(self, made: TruePrint, inside: list[Gap]) -> float | None:
        if Role.ELAPSED not in self._course.profile.parts:
            return None
        del inside
        last = self._last_seen(made)
        return made.active(made.begin, last) if last else None

    def _outcomes(self, made: TruePrint, *, end_seen: bool) -> frozenset[Outcome]:
        """The outcomes that what was seen allows."""
        course, rules = self._course, self._course.profile.rules
        if made.died:
            return frozenset((Outcome.FAILED, rules.unexplained))
        after = [at for at in self._instants if made.end <= at < course.life.after(made)]
        shown = {course.life.at(at).doing for at in after}
        if Doing.ENDED not in shown and not (end_seen and Doing.IDLE in shown):
            return _ANY
        state = course.tongue.end_state(made.outcome)
        right = self._told_outcome(made, heard=end_seen)
        by_progress = state is PrinterState.IDLE or rules.verify_completed
        if by_progress and course.zeroed_end and made.outcome is Outcome.COMPLETED:
            return frozenset((right, rules.unexplained))
        if state is not PrinterState.IDLE or (Role.OUTCOME in course.profile.parts and end_seen):
            return frozenset((right,))
        if not end_seen and not rules.final_progress:
            return _ANY
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


def _overlap(counted: Counted, group: list[Fact]) -> float:
    begin, end = group[0].made.begin, group[-1].made.end
    return min(counted.end + 60, end + 60) - max(counted.begin, begin)
