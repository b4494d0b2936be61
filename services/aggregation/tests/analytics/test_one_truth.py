"""One truth: what the core answers is what a count of everything that simulated homes sent says."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import pytest

from aggregation.analytics.core import Core
from aggregation.analytics.question import VALUE, Filter, Question, Weeks
from aggregation.fleet.course import Course
from aggregation.fleet.loading import load
from aggregation.fleet.plan import Plan, all_versions
from aggregation.rollups.measures import Measure
from aggregation.rollups.rebuild import Rebuild
from aggregation.rollups.retention import purge
from aggregation.rollups.scopes import Scope
from aggregation.rollups.values import OTHER
from aggregation.storage.engine import Database
from aggregation.storage.records import Retention
from aggregation.weeks import report_week
from tests.fleet.homes import UNTIL, awkward, fleet
from tests.proofs import FULL_PROOFS

PLAN = awkward(homes=10_000, weeks=60) if FULL_PROOFS else awkward(homes=150)
WEEKS = Weeks(PLAN.first_week, PLAN.last_week)
FILTERS: dict[Scope, Callable[[Mapping[str, Any]], str]] = {
    Scope.COUNTRY: lambda columns: columns["country_code"],
    Scope.DEPLOYMENT_MODE: lambda columns: columns["deployment_mode"],
    Scope.PLATFORM: lambda columns: columns["platform"],
}


class Told(NamedTuple):
    """What a home told of a week: its last state, and all its reports."""

    home: int
    week: int
    last: Mapping[str, Any]
    all: Sequence[Mapping[str, Any]]


def told(found: Sequence[Course]) -> Iterator[Told]:
    """Yield what is stored, by home and week."""
    for course in found:
        groups: defaultdict[tuple[str, int], list[Any]] = defaultdict(list)
        for sent in course.sent:
            if sent.outcome == "new" and sent.deleted is None:
                end = sent.report.columns["period_end"]
                assert isinstance(end, int)
                week = report_week(sent.report.period_start, end)
                groups[sent.identifier, week].append(sent)
        for (_, week), group in groups.items():
            if not all(sent.is_apart for sent in group):
                rows = sorted(group, key=lambda sent: sent.report.period_start)
                columns = [sent.report.columns for sent in rows]
                yield Told(course.home.number, week, columns[-1], columns)


@pytest.fixture(scope="module")
def truth() -> list[Told]:
    return list(told(fleet(PLAN)))


@pytest.fixture
def loaded(storage: Database) -> Database:
    load(storage, PLAN)
    return storage


def answered(database: Database, **question: Any) -> dict[str, dict[int, float]]:
    """Return the amounts of an answer by line and week, without those of nothing."""
    with database.reading() as connection:
        answer = Core(connection, UNTIL).ask(Question(**{"weeks": WEEKS, **question}))
    lines = {
        line.label: {point.week: point.figure.amount for point in line.points if point.figure.amount}
        for line in answer.lines
    }
    return {label: weeks for label, weeks in lines.items() if weeks}


def counted(truth: Sequence[Told], values: Callable[[Told], Sequence[str]]) -> dict[str, dict[int, float]]:
    """Return how many homes have each value, by week."""
    homes: defaultdict[str, Counter[int]] = defaultdict(Counter)
    for each in truth:
        for value in values(each):
            homes[value][each.week] += 1
    return {value: dict(weeks) for value, weeks in homes.items()}


def kinds_of_error(each: Told) -> list[str]:
    return sorted(
        {kind for row in each.all for kind, count in (row.get("error_summary") or {}).items() if count}
    )


def features_on(each: Told) -> list[str]:
    return [name for name, enabled in (each.last.get("feature_usage") or {}).items() if enabled]


def version(each: Told) -> str:
    """Return a released version; one that a home made up is another one."""
    told_version = str(each.last["app_version"])
    return told_version if told_version in all_versions(PLAN) else OTHER


MEASURES: dict[Measure, Callable[[Told], Sequence[str]]] = {
    Measure.APP_VERSION: lambda each: [version(each)],
    Measure.COUNTRY: lambda each: [each.last["country_code"]],
    Measure.DEPLOYMENT_MODE: lambda each: [each.last["deployment_mode"]],
    Measure.PLATFORM: lambda each: [each.last["platform"]],
    Measure.ERROR_HOMES: kinds_of_error,
    Measure.FEATURE_ON: features_on,
}
PLAIN: dict[Measure, Callable[[Told], bool]] = {
    Measure.ACTIVE: lambda _: True,
    Measure.ERROR_REPORTING: lambda each: any(row.get("error_summary") is not None for row in each.all),
    Measure.USAGE_HOMES: lambda each: any(row.get("job_count") is not None for row in each.all),
    Measure.PRINTER_HOMES: lambda each: each.last.get("printer_count") is not None,
}


def hold(database: Database, truth: Sequence[Told]) -> None:
    """Demand that every question has the answer that the count has."""
    for measure, values in MEASURES.items():
        assert answered(database, measure=measure, split=VALUE) == counted(truth, values), measure
    for measure, holds in PLAIN.items():
        homes = counted(truth, lambda each, holds=holds: [""] if holds(each) else [])  # type: ignore[misc]
        assert answered(database, measure=measure) == homes, measure
    for scope, value_of in FILTERS.items():
        here = counted(truth, lambda each, value_of=value_of: [value_of(each.last)])  # type: ignore[misc]
        assert answered(database, measure=Measure.ACTIVE, split=scope) == here, scope
        for value in sorted(here)[:3]:
            some = [each for each in truth if value_of(each.last) == value]
            question = {"measure": Measure.ERROR_HOMES, "split": VALUE, "filter": Filter(scope, value)}
            assert answered(database, **question) == counted(some, kinds_of_error), (scope, value)


def test_every_answer_is_what_a_count_of_all_that_was_sent_says(loaded: Database, truth: list[Told]) -> None:
    hold(loaded, truth)


def test_also_after_a_rebuild_and_once_ids_are_gone(loaded: Database, truth: list[Told]) -> None:
    purge(loaded, Retention(id_days=60, raw_days=3650), UNTIL)
    Rebuild(loaded).run()
    hold(loaded, truth)


@pytest.mark.parametrize(("weeks", "most"), [(1, 0.0), (4, 0.12), (13, 0.12)])
def test_homes_of_several_weeks_are_as_many_as_there_are(
    loaded: Database, truth: list[Told], weeks: int, most: float
) -> None:
    """Homes that switch programs are new ones, and gaps told in buckets make it an estimate."""
    for last in range(WEEKS.first + 13, WEEKS.last + 1, 4):
        span = Weeks.up_to(last, weeks)
        homes = len({each.home for each in truth if span.first <= each.week <= span.last})
        with loaded.reading() as connection:
            question = Question(measure=Measure.ACTIVE, weeks=span, once=True)
            found = Core(connection, UNTIL).ask(question).figure.amount
        assert found == pytest.approx(homes, rel=most, abs=0 if weeks == 1 else 4)


def test_the_plan_has_everything_awkward(truth: list[Told]) -> None:
    found = fleet(PLAN)
    sent = [each for course in found for each in course.sent]
    assert isinstance(PLAN, Plan)
    assert {each.values["schema_version"] for each in sent} == {"1.0", "2.0"}
    assert any(each.deleted for each in sent)
    assert any(each.is_apart for each in sent)
    assert any(each.outcome != "new" for each in sent)
    assert any(len(each.all) > 1 for each in truth)
