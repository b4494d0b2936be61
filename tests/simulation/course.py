"""A life as it is shown to Home Assistant: when it is looked at, what comes between, and every moment."""

from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from math import ceil
from random import Random
from typing import Final

from custom_components.printernizer_stats.core.models import PrinterState
from custom_components.printernizer_stats.printers.profiles import Profile, Role

from ..replaying import Step
from .printer import BEGIN, Doing, Habits, Life, Phase, live
from .tongue import UNAVAILABLE, UNITS, UNKNOWN, Shown, Tongue, Word

# As often everything is stored whatever happens, in seconds.
HEARTBEAT: Final = 900.0
# Moments of one poll follow each other so closely, in seconds.
_TICK: Final = 0.001

type Bend = Callable[[float, Phase, Shown], None]
"""Changes what the entities show at an instant from the truth to what a source makes of it."""


class Kind(StrEnum):
    """Why nobody sees the printer; `crash` is a stop without saving.

    `rename` is a look at other entities, `reload` a look at the same ones.
    """

    BEFORE = "before"
    DOWN = "down"
    CRASH = "crash"
    AWAY = "away"
    RENAME = "rename"
    RELOAD = "reload"


class First(StrEnum):
    """What entities show before they show the truth again."""

    UNAVAILABLE = "unavailable"
    UNKNOWN = "unknown"
    DEFAULT = "default"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A stretch in which nobody sees the printer; `first` is shown for `settle` seconds at its end."""

    begin: float
    end: float
    kind: Kind
    first: tuple[First, ...] = ()
    settle: float = 0.0
    by_word: bool = False
    """Whether only the state says that the printer is away, in the source's word for it."""

    @property
    def until(self) -> float:
        """When the truth is shown again."""
        return self.end + self.settle * len(self.first)


class Order(StrEnum):
    """In which order the entities of one poll change."""

    STATE_FIRST = "state first"
    STATE_LAST = "state last"
    ANY = "any"


@dataclass(slots=True)
class Course:
    """A life, the printer's way to talk, and everything that lies between."""

    profile: Profile
    rng: Random
    life: Life
    tongue: Tongue
    poll: float
    order: Order
    gaps: list[Gap] = field(default_factory=list)
    bends: list[Bend] = field(default_factory=list)
    extra: set[float] = field(default_factory=set)
    """Polls that matter beside those around the changes of the printer."""
    late: float = 0.0
    """So many seconds after the state the readings of a poll come."""
    doubled: bool = False
    stale: float = 0.0
    """So many seconds of a print the readings of the last one stay."""
    zeroed_end: bool = False
    """Whether the readings are gone once the print has ended."""
    _polls: list[float] = field(default_factory=list)

    @property
    def polls(self) -> list[float]:
        """The polls that are told."""
        if not self._polls:
            self._polls = self.instants()
        return self._polls

    def after_poll(self, at: float) -> float:
        """The first poll at or after an instant."""
        return BEGIN + ceil((at - BEGIN) / self.poll) * self.poll

    def gap_at(self, at: float) -> Gap | None:
        """The gap that hides an instant."""
        return next((gap for gap in self.gaps if gap.begin <= at < gap.until), None)

    def instants(self) -> list[float]:
        """The polls that matter: around every change, and some between."""
        found: set[float] = {BEGIN, *self.extra}
        edges = [phase.begin for phase in self.life.phases]
        edges += [each.begin + self.tongue.prepare_seconds for each in self.life.prints]
        for gap in self.gaps:
            edges += [gap.begin, gap.until]
            if gap.kind is Kind.CRASH:
                edges.append(gap.begin // HEARTBEAT * HEARTBEAT)
        for edge in edges:
            after = self.after_poll(edge)
            found |= {after, after - self.poll}
        for phase in self.life.phases:
            count = 3 if phase.doing is Doing.PRINTING else 1
            found |= {self.after_poll(self.rng.uniform(phase.begin, phase.end)) for _ in range(count)}
        return sorted(at for at in found if BEGIN <= at <= self.life.now)

    def instants_seen(self) -> list[float]:
        """The polls, and the ends of gaps, at which the truth is shown."""
        found = {at for at in self.polls if self.gap_at(at) is None}
        return sorted(found | {gap.until for gap in self.gaps if self.gap_at(gap.until) is None})

    def grain(self, role: Role) -> float:
        """How finely a number is shown, in our unit; nothing where it is not shown."""
        return self.tongue.grain(role) if role in self.profile.parts else 0.0

    def steps(self) -> list[Step]:
        """Return every moment, oldest first."""
        return sorted(_Teller(self).tell(), key=lambda step: step[0])


def course(profile: Profile, rng: Random, habits: Habits | None = None) -> Course:
    """Return an undisturbed course."""
    tongue = Tongue(profile, rng)
    habits = habits or Habits()
    if not tongue.knows(PrinterState.PAUSED):
        habits = Habits(**{**{name: getattr(habits, name) for name in Habits.__slots__}, "pauses": False})
    return Course(
        profile=profile,
        rng=rng,
        life=live(rng, habits),
        tongue=tongue,
        poll=rng.choice((2.0, 10.0, 30.0)),
        order=rng.choice(tuple(Order)),
    )


class _Teller:
    """Goes through a course poll by poll and says what changes."""

    def __init__(self, course: Course) -> None:
        self._course = course
        self._shown: Shown = {}
        self._ends = sorted((each.end, each) for each in course.life.prints if not each.died)

    def tell(self) -> Iterator[Step]:
        course = self._course
        gaps = iter(sorted(course.gaps, key=lambda gap: gap.begin))
        gap = next(gaps, None)
        before = BEGIN
        for at in course.polls:
            while gap is not None and gap.begin <= at:
                yield from self._gap(gap)
                before, gap = gap.until, next(gaps, None)
            if course.gap_at(at) is not None or at < before:
                continue
            yield from self._change(at, self._truth(at), before)
            before = at
        while gap is not None:
            yield from self._gap(gap)
            gap = next(gaps, None)

    def _truth(self, at: float) -> Shown:
        """What is shown at an instant, with everything that the source makes of it."""
        course = self._course
        phase = course.life.at(at)
        shown = course.tongue.shown(phase, at)
        if course.zeroed_end and phase.doing in (Doing.ENDED, Doing.IDLE):
            shown |= defaults(course.tongue, shown, state=False)
        for bend in course.bends:
            bend(at, phase, shown)
        return shown

    def _change(self, at: float, shown: Shown, since: float) -> Iterator[Step]:
        """Tell what changed, the events of an end between the last poll and this one first or last."""
        told = [
            (role, word)
            for role, word in shown.items()
            if self._shown.get(role) != word or self._course.doubled
        ]
        self._sort(told)
        heard = [
            event
            for end, each in self._ends
            if since < end <= at and self._course.life.at(at).of is each
            for event in self._course.tongue.events(each.outcome)
        ]
        steps: list[tuple[str, object]] = [(str(role), word) for role, word in told]
        events: list[tuple[str, object]] = [("event", event) for event in heard]
        steps = events + steps if self._course.order is Order.STATE_LAST else steps + events
        self._shown = shown
        late = self._lateness(at)
        for number, (role, value) in enumerate(steps):
            delay = 0.0 if role in ("event", Role.STATE) else late
            yield at + number * _TICK + delay, role, value

    def _lateness(self, at: float) -> float:
        """How late readings come; never so late that nobody is there to see them."""
        gaps = [gap.begin - at for gap in self._course.gaps if gap.begin > at]
        return min(self._course.late, 0.9 * self._course.poll, 0.9 * min(gaps, default=60.0))

    def _sort(self, told: list[tuple[Role, Word]]) -> None:
        match self._course.order:
            case Order.STATE_FIRST:
                told.sort(key=lambda each: each[0] is not Role.STATE)
            case Order.STATE_LAST:
                told.sort(key=lambda each: each[0] is Role.STATE)
            case Order.ANY:
                self._course.rng.shuffle(told)

    def _gap(self, gap: Gap) -> Iterator[Step]:
        """Tell how sight is lost, and what is shown before the truth comes back."""
        looks = gap.kind is not Kind.AWAY
        if gap.kind is Kind.AWAY:
            yield from self._change(gap.begin, self._away(gap), gap.begin)
        elif gap.kind in (Kind.DOWN, Kind.CRASH):
            yield gap.begin, str(gap.kind), None
        for number, first in enumerate((*gap.first, None)):
            at = gap.end + number * gap.settle
            shown = self._truth(at) if first is None else self._first(first, at)
            if looks and number == 0:
                self._shown = shown
                yield at, "look", shown
            else:
                yield from self._change(at, shown, at)

    def _away(self, gap: Gap) -> Shown:
        """What entities show of a printer that cannot be reached."""
        if gap.by_word and self._course.tongue.knows(PrinterState.OFFLINE):
            return self._shown | {Role.STATE: (self._course.tongue.word(PrinterState.OFFLINE), None)}
        shown = self._course.tongue.shown(self._course.life.at(gap.begin), gap.begin)
        return dict.fromkeys(shown, UNAVAILABLE)

    def _first(self, first: First, at: float) -> Shown:
        tongue = self._course.tongue
        shown = tongue.shown(self._course.life.at(at), at)
        if first is First.DEFAULT:
            return shown | defaults(tongue, shown, state=True)
        return dict.fromkeys(shown, UNAVAILABLE if first is First.UNAVAILABLE else UNKNOWN)


def defaults(tongue: Tongue, shown: Shown, *, state: bool) -> Shown:
    """What entities show that have nothing to show: zeros, and an idle printer."""
    zeros: Shown = {}
    for role in shown:
        if role in UNITS:
            planned = role in (Role.PLANNED_MM, Role.PLANNED_G)
            zeros[role] = UNKNOWN if planned else tongue.in_unit(role, 0, tongue.units[role])
        elif role is Role.PROGRESS:
            zeros[role] = tongue.percent(0)
        elif role is Role.STARTED_AT:
            zeros[role] = UNKNOWN
    if state:
        # What ends a print with its first word has to say it on purpose.
        idle = PrinterState.IDLE if not tongue.profile.rules.idle_ends else None
        zeros[Role.STATE] = (tongue.word(idle), None) if idle else UNKNOWN
    return zeros


def nearest(instants: list[float], at: float) -> float:
    """The last of these that is not after an instant."""
    return instants[max(0, bisect_right(instants, at) - 1)]
