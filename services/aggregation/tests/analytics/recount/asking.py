"""Asking the core everything, to compare it with the count."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from aggregation.analytics.core import Core
from aggregation.analytics.days import Days
from aggregation.analytics.question import ONLY_OF_ALL, VALUE, Filter, Question
from aggregation.analytics.sums import Sums
from aggregation.rollups.measures import MEASURES, Measure, Values
from aggregation.rollups.scopes import BY_DAY, Scope
from aggregation.storage.engine import Database
from tests.analytics.recount.amounts import AMOUNTS
from tests.analytics.recount.homes import HOMES, PLAIN, SCOPES
from tests.analytics.recount.plans import WEEKS
from tests.analytics.recount.receipts import BY_DAY_OF_RECEIPT
from tests.analytics.recount.truth import EVERY, Series, Truth
from tests.fleet.homes import UNTIL

BY_WEEK = {*HOMES, *PLAIN, *AMOUNTS}
RECOUNTED = BY_WEEK | BY_DAY_OF_RECEIPT
"""The measures that are counted here."""

type Answered = Mapping[str, Mapping[int, tuple[float, float]]]
"""Amounts and homes by line and week, without those of nothing."""


def hold(database: Database, truth: Truth) -> None:
    """Demand that every question has the answer that the count has."""
    with database.reading() as connection:
        core = Core(connection, UNTIL)
        for filter_ in truth.filters:
            for measure in BY_WEEK if filter_ == EVERY else BY_WEEK - ONLY_OF_ALL:
                _hold_measure(core, truth, filter_, measure)
        for scope in SCOPES:
            _hold_split(core, truth, scope)
        for measure in BY_DAY_OF_RECEIPT:
            counted = {
                value: series for (name, value), series in truth.by_day[EVERY].items() if name is measure
            }
            found = {
                line: _amounts(weeks) for line, weeks in answered(core, measure=measure, split=VALUE).items()
            }
            assert found == _told(counted), measure
        _hold_days(Days(Sums(connection)), truth)


def answered(core: Core, **question: Any) -> Answered:
    """Return an answer."""
    answer = core.ask(Question(**{"weeks": WEEKS, **question}))
    lines = {
        line.label: {
            point.week: (point.figure.amount, point.figure.homes)
            for point in line.points
            if point.figure.amount
        }
        for line in answer.lines
    }
    return {label: weeks for label, weeks in lines.items() if weeks}


def _hold_measure(core: Core, truth: Truth, filter_: Filter, measure: Measure) -> None:
    """Demand that a measure of some homes is what was counted: each value, and all together."""
    values = {value for name, value in truth.sums[filter_] if name is measure} - {""}
    asked = {} if filter_ == EVERY else {"filter": filter_}
    if measure.declared.values is not Values.NONE:
        here = {value: expected(truth, filter_, measure, value) for value in values}
        found = answered(core, measure=measure, split=VALUE, **asked)
        assert found == {value: weeks for value, weeks in here.items() if weeks}, (measure, filter_)
    if measure.has_total:
        whole = expected(truth, filter_, measure, None)
        assert answered(core, measure=measure, **asked) == ({"": whole} if whole else {}), (measure, filter_)


def _hold_split(core: Core, truth: Truth, scope: Scope) -> None:
    """Demand that homes of each kind are as many as were counted, and what is looked at of them the same."""
    active = answered(core, measure=Measure.ACTIVE, split=scope)
    found = {line: _amounts(weeks) for line, weeks in active.items()}
    assert found == _told(truth.active[scope]), scope
    for measure in BY_WEEK - ONLY_OF_ALL:
        if not measure.has_total:
            continue
        lines = answered(core, measure=measure, split=scope)
        for filter_ in truth.filters:
            if filter_.scope is scope:
                whole = expected(truth, filter_, measure, None)
                assert lines.get(filter_.value, {}) == whole, (measure, filter_)


def _hold_days(days: Days, truth: Truth) -> None:
    """Demand that homes heard of on each day are as many as were counted, of each kind that is looked at."""
    for filter_ in truth.filters:
        if filter_ != EVERY and filter_.scope not in BY_DAY:
            continue
        found: Series = Counter()
        for day, homes in days.of(WEEKS, Measure.SEEN, filter_).items():
            found[day.toordinal()] += homes
        counted: Series = Counter()
        for (measure, value), series in truth.by_day[filter_].items():
            for week, homes in series.items() if measure is Measure.SEEN else ():
                counted[_FIRST_MONDAY + 7 * week + int(value[0])] += homes
        assert +found == +counted, filter_


_FIRST_MONDAY = 719_160
"""The day of week 0, Monday 1969-12-29, as Python counts days."""


def expected(
    truth: Truth, filter_: Filter, measure: Measure, value: str | None
) -> dict[int, tuple[float, float]]:
    """Return what was counted: the amount of each week that has one, and of how many homes it is told."""
    amounts = truth.total(filter_, measure, value)
    homes: Series = Counter()
    for name in measure.declared.of:
        several = MEASURES[name].declared.values is Values.SEVERAL
        homes.update(truth.total(filter_, MEASURES[name], value if several else None))
    return {week: (amount, homes[week]) for week, amount in amounts.items() if amount}


def _amounts(weeks: Mapping[int, tuple[float, float]]) -> dict[int, float]:
    return {week: amount for week, (amount, _) in weeks.items()}


def _told(counted: Mapping[str, Series]) -> dict[str, dict[int, int]]:
    """Return what is not nothing."""
    weeks = {value: {week: n for week, n in series.items() if n} for value, series in counted.items()}
    return {value: series for value, series in weeks.items() if series}
