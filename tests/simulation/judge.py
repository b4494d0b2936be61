"""Compares what was counted with the truth: exactly what can be known, the rest as the rule says."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from custom_components.printernizer_stats.core.models import Outcome, UsageEvent
from custom_components.printernizer_stats.printers.profiles import Role

from .course import Course
from .printer import TruePrint
from .witness import Fact, Witness

_ENDS: Final = {f"job_{outcome}": outcome for outcome in Outcome}
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


class Judge:
    """Knows a course, and says what of the counting is right."""

    def __init__(self, course: Course) -> None:
        """Take the course whose truth is known."""
        self._course = course
        self._witness = Witness(course)

    def judge(self, events: Iterable[UsageEvent]) -> Verdict:
        """Compare everything that was counted with everything that was printed."""
        verdict = Verdict(prints=len(self._course.life.prints))
        counted = list(_counted(events, verdict.faults))
        groups = self._witness.groups()
        found: list[list[Counted]] = [[] for _ in groups]
        for each in counted:
            near = [min(self._distance(each, fact) for fact in group) for group in groups]
            if min(near) > _NEAR:
                verdict.faults.append("a print that never was")
            else:
                found[near.index(min(near))].append(each)
        for group, those in zip(groups, found, strict=True):
            self._judge_group(group, those, verdict)
        return verdict

    def _distance(self, counted: Counted, fact: Fact) -> float:
        """How far a counted print is from a true one: from its begin, and a little less from within."""
        begin, end = fact.made.begin, self._witness.shown_until(fact.made)
        outside = max(0.0, begin - counted.begin, counted.begin - end - _NEAR)
        return min(abs(counted.begin - begin), _NEAR + outside)

    def _judge_group(self, group: list[Fact], those: list[Counted], verdict: Verdict) -> None:
        sure = [fact for fact in group if self._must_count(fact)]
        least = sum(self._witness.is_told_apart(before, fact) for before, fact in pairwise(sure)) + bool(sure)
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
        most = sum(fact.active + fact.rested + fact.vague + fact.tolerance for fact in group)
        most += self._witness.blurred(group)
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
        return fact.told is None and fact.hidden > self._course.profile.rules.grace_seconds

    def _least(self, fact: Fact) -> float:
        least = fact.seen if fact.told is None else max(fact.seen, fact.told)
        return least - fact.tolerance - fact.forgotten

    def _most(self, fact: Fact) -> float:
        """What may be counted at most: what was seen, and what the source's readings prove."""
        if fact.told is not None:
            return fact.active + fact.rested + fact.vague + fact.tolerance
        hidden = fact.hidden - fact.proven
        moment = 0.0 if hidden > self._course.profile.rules.grace_seconds else hidden
        vague = fact.vague if fact.proven else 0.0
        return fact.seen + fact.proven + moment + fact.rested + vague + fact.tolerance

    def _filament_faults(
        self, fact: Fact, counted: Counted, key: str, used: Role, planned: Role
    ) -> Iterator[str]:
        parts = self._course.profile.parts
        if used not in parts and planned not in parts:
            return
        if used not in parts and fact.seen <= self._course.stale:
            # All that was seen of its plan may be the last print's.
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
        last = self._witness.last_seen(made) - fact.forgotten
        if amount < (true if fact.end_seen else whole * made.share(last)) - slack:
            yield f"{key} is missing ({amount:.0f} of {true:.0f})"

    def _slack(self, made: TruePrint, whole: float, role: Role) -> float:
        rate = whole / made.whole_seconds
        share = 0.011 * whole if role in (Role.PLANNED_MM, Role.PLANNED_G) else 0.0
        return rate * (self._course.poll * 2) + share + self._course.grain(role) + 1

    def _is_exact(self, fact: Fact, counted: Counted) -> bool:
        """Whether it was counted as it was, and not only as it was seen."""
        right = self._witness.told_outcome(fact.made, heard=True)
        duration = counted.seconds or 0
        near = abs(duration - fact.active) <= fact.tolerance
        whole = Fact(
            made=fact.made,
            outcomes=frozenset((right,)),
            seen=fact.active,
            hidden=0,
            vague=0,
            end_seen=True,
            tolerance=fact.tolerance,
            told=None,
            forgotten=0,
            proven=0,
            rested=0,
        )
        return near and not list(self._faults(whole, counted))


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
