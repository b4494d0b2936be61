"""Course of a simulated home: its true weeks, and what it sent of them, when, and what became of that."""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import count, pairwise
from random import Random
from typing import NamedTuple
from uuid import UUID

from msgspec import Struct

from aggregation.fleet.chance import generator, geometric
from aggregation.fleet.homes import Home, settle
from aggregation.fleet.life import Outcomes, Week, live
from aggregation.fleet.plan import Plan, incidents_of
from aggregation.fleet.telling import WEEK_DAYS, Part, Past, Values, body, kept, values_of
from aggregation.protocol.fields import V1, V2
from aggregation.storage.records import Outcome, Report
from aggregation.weeks import monday

LOST = 0.5
"""The share of homes with protocol 1.0 that keep no report for later."""
KNOWING = 0.9
"""Assumed: of the homes that go over to 2.0, those that connect Printernizer while it still shares."""
COUNTED = 0.1
"""The share of made-up homes that are counted: the others come from a network that had its share."""
MOST_WEEKS = 26
"""So many reports wait for a network at most."""
_AWAY_WEEKS = 2.5
_MADE_UP_WEEKS = 3
_BACK_DAYS = 3


class Sent(Struct, frozen=True, kw_only=True):
    """A report that was sent, and what became of it."""

    home: int
    week: int
    values: Values
    received: date
    outcome: Outcome
    is_apart: bool = False
    deleted: date | None = None
    """The day on which it was deleted, if it was."""

    @property
    def is_kept(self) -> bool:
        """Tell whether it is in the database at the end."""
        return self.outcome is Outcome.NEW and self.deleted is None

    @property
    def identifier(self) -> str:
        """Return the installation that it is from."""
        return str(self.values["installation.installation_id"])

    @property
    def report(self) -> Report:
        """Return it as the service stores it."""
        return kept(self.values, self.received, is_apart=self.is_apart)

    @property
    def body(self) -> bytes:
        """Return the bytes that are sent."""
        return body(self.values)


class Course(NamedTuple):
    """A home, what it did week by week, and what it sent, in the order in which it came."""

    home: Home
    weeks: list[Week]
    sent: list[Sent]


def courses(plan: Plan, numbers: range | None = None) -> Iterator[Course]:
    """Yield the homes of a plan, or those of some numbers, each with all its weeks."""
    for number in range(plan.size) if numbers is None else numbers:
        home = settle(plan, number)
        yield _made_up(plan, home) if home.is_made_up else _course(plan, home)


def _course(plan: Plan, home: Home) -> Course:
    """Return what becomes of a home that there is."""
    chance = generator(plan.seed, "post", home.number)
    weeks = list(live(plan, home))
    sent = list(_deleted(plan, home, chance, _sent(plan, home, chance, weeks)))
    return Course(home, weeks, sorted(sent, key=lambda each: each.received))


def _sent(plan: Plan, home: Home, chance: Random, weeks: list[Week]) -> Iterator[Sent]:
    """Yield what a home sends, and what the service would answer if nothing were ever deleted."""
    keeps_none = home.protocol_in(plan.last_week) == V1 and chance.random() < LOST
    knows_past = chance.random() < KNOWING
    stable = _identifier(chance, V1)
    past, silent_until = Past(), 0
    waiting = count()
    for before, week in pairwise([None, *weeks]):
        assert week is not None
        if before is not None and before.protocol != week.protocol:
            past = _past_after_switch(home, past) if knows_past else Past()
        if silent_until <= week.week and chance.random() < home.late:
            silent_until = week.week + min(MOST_WEEKS, geometric(chance, _AWAY_WEEKS))
            waiting = count()
        is_late = week.week < silent_until
        if (is_late and keeps_none) or _is_lost(plan, chance, week.week):
            continue
        identifier = stable if week.protocol == V1 else _identifier(chance, V2)
        arrived = monday(max(week.week, silent_until) + 1) + timedelta(days=chance.randrange(WEEK_DAYS))
        if is_late:
            arrived += timedelta(days=next(waiting) * chance.randrange(1, _BACK_DAYS + 1))
        for part, day in _parts(plan, chance, week, arrived):
            values = values_of(home, week, identifier, past, part)
            yield from _tries(plan, chance, week, values, day)
        past = Past(week.week, week.version)


def _past_after_switch(home: Home, past: Past) -> Past:
    """Return what the integration knows of Printernizer's reports: that it shared when it was added."""
    if past.week is None or home.switch is None:
        return Past()
    return Past(home.switch - 1, past.version)


def _is_lost(plan: Plan, chance: Random, week: int) -> bool:
    """Tell whether an incident swallows a report."""
    return any(chance.random() < incident.silent for incident in incidents_of(plan, week))


def _parts(plan: Plan, chance: Random, week: Week, arrived: date) -> Iterator[tuple[Part, date]]:
    """Yield the parts of a week that there are reports of, and when each comes."""
    if chance.random() >= plan.cut:
        yield Part(), arrived
        return
    cut = chance.randrange(1, WEEK_DAYS)
    yield Part(0, cut), monday(week.week) + timedelta(days=cut)
    yield Part(cut, WEEK_DAYS), arrived


def _tries(plan: Plan, chance: Random, week: Week, values: Values, day: date) -> Iterator[Sent]:
    """Yield a report, in some cases once more, or another one in its place; none that is still to come."""
    if day > plan.until:
        return
    first = Sent(home=week.home, week=week.week, values=values, received=day, outcome=Outcome.NEW)
    yield first
    draw = chance.random()
    if draw < plan.again:
        yield _after(first, values, Outcome.SAME)
    elif draw < plan.again + plan.replaced:
        other = values | {"usage_stats.uptime_hours": values["usage_stats.uptime_hours"] // 2}
        yield _after(first, other, Outcome.SAME if other == values else Outcome.CONFLICT)


def _after(first: Sent, values: Values, outcome: Outcome) -> Sent:
    """Return what is sent on the same day once more for a period."""
    return Sent(home=first.home, week=first.week, values=values, received=first.received, outcome=outcome)


def _deleted(plan: Plan, home: Home, chance: Random, sent: Iterator[Sent]) -> Iterator[Sent]:
    """Yield what is sent when a home has all deleted that came before: afterwards it is silent.

    One with protocol 1.0 may go on with its old id, and is refused.
    """
    if home.deletion is None:
        yield from sent
        return
    day = min(plan.until, monday(home.deletion) + timedelta(days=chance.randrange(WEEK_DAYS)))
    goes_on = chance.random() < 1 / 2
    deleted: set[str] = set()
    for each in sorted(sent, key=lambda each: each.received):
        if each.received < day:
            deleted.add(each.identifier)
            yield _with(each, each.outcome, day)
        elif goes_on and each.identifier in deleted and each.values["schema_version"] == V1:
            yield _with(each, Outcome.GONE, None)


def _with(each: Sent, outcome: Outcome, deleted: date | None) -> Sent:
    """Return a report of which something else became."""
    return Sent(
        home=each.home,
        week=each.week,
        values=each.values,
        received=each.received,
        outcome=outcome,
        deleted=deleted,
    )


def _made_up(plan: Plan, home: Home) -> Course:
    """Return what somebody invents: a million failed prints of an invented version."""
    chance = generator(plan.seed, "made up", home.number)
    begin = plan.last_week - chance.randrange(_MADE_UP_WEEKS)
    week = Week(
        home=home.number,
        week=begin,
        protocol=V2,
        version=f"{100 + home.number}.0.0",
        printers=home.printers,
        prints={kind: Outcomes(0, 1_000_000, 0) for kind in list(home.printers)[:1]},
        print_hours=1_000_000,
        file_count=1_000_000,
        upload_count=1_000_000,
        uptime_hours=168,
        errors={"print_failed": 1_000_000},
        errors_by_type={},
        features={},
    )
    arrived = monday(begin + 1) + timedelta(days=chance.randrange(WEEK_DAYS))
    is_apart = chance.random() >= COUNTED
    values = values_of(home, week, _identifier(chance, V2), Past(), Part())
    sent = [
        Sent(
            home=home.number,
            week=begin,
            values=values,
            received=arrived,
            outcome=Outcome.NEW,
            is_apart=is_apart,
        )
    ]
    return Course(home, [], sent if arrived <= plan.until else [])


def _identifier(chance: Random, protocol: str) -> str:
    """Return a random id of the form that a protocol demands."""
    return str(UUID(int=chance.getrandbits(128), version=4 if protocol == V1 else 8))
