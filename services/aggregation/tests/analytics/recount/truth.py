"""All sums of a fleet, counted home by home: none is held longer than it takes to count it."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache

from aggregation.analytics.question import ONLY_OF_ALL, Filter, Weeks
from aggregation.fleet.course import Course, courses
from aggregation.rollups.measures import Measure
from aggregation.rollups.scopes import Scope
from aggregation.weeks import week_of_day
from tests.analytics.recount.amounts import adds_up_to
from tests.analytics.recount.homes import SCOPES, counted_as, some
from tests.analytics.recount.plans import FILTERED, ONCE, PLAN
from tests.analytics.recount.receipts import receipts
from tests.analytics.recount.told import Told, told

EVERY = Filter(Scope.ALL, "")
APART = Filter(Scope.APART, "")
SAMPLE = 150

type Series = Counter[int]
"""An amount by week."""
type Sums = defaultdict[tuple[Measure, str], Series]
"""Amounts by measure and value."""
type Counted = Mapping[Measure, Mapping[str, int]]


class Truth:
    """What all homes of a fleet add up to, as far as it is asked for."""

    def __init__(self, filters: Sequence[Filter]) -> None:
        """Begin with nothing; take the kinds of homes that are looked at."""
        self.filters = frozenset(filters)
        self.sums: defaultdict[Filter, Sums] = defaultdict(_sums)
        self.by_day: defaultdict[Filter, Sums] = defaultdict(_sums)
        self.active: defaultdict[Scope, defaultdict[str, Series]] = defaultdict(lambda: defaultdict(Counter))
        """How many homes of each kind there are, of all kinds."""
        self.present: defaultdict[int, set[tuple[int, str]]] = defaultdict(set)
        """The homes of a week, with the protocol that they speak."""
        self.heard: defaultdict[date, set[str]] = defaultdict(set)
        """The ids of 1.0 that were heard of on a day."""
        self.firsts: dict[Weeks, dict[tuple[int, str], Told]] = {weeks: {} for weeks in ONCE}
        """What homes told first in some weeks."""
        self.last: dict[int, Told] = {}
        """What homes told last in the shorter of them."""
        self.cut = self.reports = 0

    def add(self, course: Course) -> None:
        """Count a home."""
        for each in told(course):
            self._add(each)
        for receipt in receipts(course):
            week = week_of_day(receipt.day)
            whose = APART if receipt.is_apart else EVERY
            for measure, value, amount in receipt.counts:
                self.by_day[whose][measure, value][week] += amount
            for kind in () if receipt.is_apart else receipt.kinds:
                for measure, value, amount in receipt.seen:
                    self.by_day[Filter(*kind)][measure, value][week] += amount
            if receipt.protocol == "1.0":
                self.heard[receipt.day].add(receipt.identifier)

    def _add(self, each: Told) -> None:
        """Count what a home told of a week."""
        self.reports += len(each.rows)
        self.cut += len(each.rows) > 1
        counted = {**counted_as(each), **adds_up_to(each)}
        if each.is_apart:
            _count(self.sums[APART], counted, each.week)
            return
        self.present[each.week].add((each.home, each.protocol))
        _count(self.sums[EVERY], counted, each.week)
        of_some = {measure: sums for measure, sums in counted.items() if measure not in ONLY_OF_ALL}
        for scope, values in SCOPES.items():
            for value in some(values(each)):
                self.active[scope][value][each.week] += 1
                if (filter_ := Filter(scope, value)) in self.filters:
                    _count(self.sums[filter_], of_some, each.week)
        self._remember(each)

    def _remember(self, each: Told) -> None:
        """Keep what a home told first and last in the weeks of which each counts once."""
        for weeks, firsts in self.firsts.items():
            if weeks.first <= each.week <= weeks.last:
                known = firsts.get((each.home, each.protocol))
                firsts[each.home, each.protocol] = each if known is None or each.week < known.week else known
        if ONCE[0].first <= each.week <= ONCE[0].last:
            last = self.last.get(each.home)
            self.last[each.home] = each if last is None or each.week >= last.week else last

    def total(self, filter_: Filter, measure: Measure, value: str | None) -> Series:
        """Return one sum of a measure by week, or all of its values together."""
        sums = self.sums[filter_]
        if value is None and (measure, "") in sums:
            value = ""
        if value is not None:
            return sums[measure, value]
        found: Series = Counter()
        for (name, _), series in list(sums.items()):
            if name is measure:
                found.update(series)
        return found


def _sums() -> Sums:
    return defaultdict(Counter)


def _count(sums: Sums, counted: Counted, week: int) -> None:
    """Add what a home counts for."""
    for measure, values in counted.items():
        for value, amount in values.items():
            if amount:
                sums[measure, value][week] += amount


def together(*parts: Truth) -> Truth:
    """Return what several parts of a fleet add up to."""
    whole = Truth([*parts[0].filters])
    for part in parts:
        for mine, theirs in ((whole.sums, part.sums), (whole.by_day, part.by_day)):
            for filter_, sums in theirs.items():
                for name, series in sums.items():
                    mine[filter_][name].update(series)
        for scope, values in part.active.items():
            for value, series in values.items():
                whole.active[scope][value].update(series)
        for week, homes in part.present.items():
            whole.present[week] |= homes
        for day, names in part.heard.items():
            whole.heard[day] |= names
        for weeks, firsts in part.firsts.items():
            whole.firsts[weeks] |= firsts
        whole.last |= part.last
        whole.cut += part.cut
        whole.reports += part.reports
    return whole


@cache
def looked_at() -> tuple[Filter, ...]:
    """Return the kinds of homes that are looked at: those of each scope that are most among some homes."""
    found: defaultdict[Scope, Counter[str]] = defaultdict(Counter)
    for course in courses(PLAN, range(min(SAMPLE, PLAN.homes))):
        for each in told(course):
            for scope, values in SCOPES.items():
                found[scope].update(some(values(each)))
    chosen = (
        Filter(scope, value) for scope, kinds in found.items() for value, _ in kinds.most_common(FILTERED)
    )
    return EVERY, APART, *chosen
