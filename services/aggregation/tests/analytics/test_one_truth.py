"""One truth: what the core answers is what a count of everything that simulated homes sent says."""

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing
from datetime import timedelta
from pathlib import Path

import pytest

from aggregation.analytics.core import Core
from aggregation.analytics.days import Days
from aggregation.analytics.question import ONLY_OF_ALL, VALUE, Filter, Question, Weeks
from aggregation.analytics.sums import Sums
from aggregation.fleet.course import courses
from aggregation.rollups.deletion import delete_installation
from aggregation.rollups.measures import Kind, Measure, Values
from aggregation.rollups.rebuild import Rebuild
from aggregation.rollups.retention import purge
from aggregation.rollups.scopes import Scope
from aggregation.storage.engine import Database
from aggregation.storage.records import Deletion, Retention
from tests.analytics.recount.asking import RECOUNTED, hold
from tests.analytics.recount.fleets import Fleets
from tests.analytics.recount.homes import SCOPES, counted_as, version
from tests.analytics.recount.plans import ONCE, PLAN
from tests.analytics.recount.truth import APART, EVERY, Truth, looked_at, together
from tests.databases import KINDS
from tests.fleet.homes import UNTIL
from tests.proofs import tries

GONE = tries(7, full=70)
"""Every so-many-th home deletes all that it sent."""
SLACK = 0.02
"""Of the homes that count once so many may be elsewhere: their reports came late, or not."""


@pytest.fixture(scope="module")
def parts() -> tuple[Truth, Truth, set[str]]:
    """Count homes that stay, and those that delete everything, with their ids."""
    staying, gone, identifiers = Truth(looked_at()), Truth(looked_at()), set[str]()
    for course in courses(PLAN):
        leaves = course.home.number % GONE == 0
        (gone if leaves else staying).add(course)
        if leaves:
            identifiers |= {sent.identifier for sent in course.sent if sent.is_kept}
    return staying, gone, identifiers


@pytest.fixture(scope="module")
def truth(parts: tuple[Truth, Truth, set[str]]) -> Truth:
    staying, gone, _ = parts
    return together(staying, gone)


@pytest.fixture(scope="module")
def fleets(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleets]:
    with ExitStack() as stack:
        yield Fleets(tmp_path_factory.mktemp("fleets"), stack)


@pytest.fixture(params=KINDS)
def loaded(request: pytest.FixtureRequest, tmp_path: Path, fleets: Fleets) -> Iterator[Database]:
    """Give a database of each kind with all that the fleet sent."""
    server = request.getfixturevalue("postgres_server") if request.param == "postgresql" else ""
    with fleets.copied(request.param, tmp_path, server) as url, closing(Database(url, 30)) as database:
        yield database


def test_every_measure_and_kind_of_home_that_is_declared_is_counted_here() -> None:
    assert {*Measure} == RECOUNTED
    assert {*Scope} == {*SCOPES, Scope.ALL, Scope.APART, Scope.RECEIVED}


def test_every_answer_is_what_a_count_of_all_that_was_sent_says(loaded: Database, truth: Truth) -> None:
    hold(loaded, truth)


def test_also_after_a_rebuild_and_once_ids_and_reports_are_gone(loaded: Database, truth: Truth) -> None:
    purge(loaded, Retention(id_days=60, raw_days=120), UNTIL)
    Rebuild(loaded).run()
    hold(loaded, truth)


def test_also_after_homes_have_deleted_all_that_they_sent(
    loaded: Database, parts: tuple[Truth, Truth, set[str]]
) -> None:
    staying, _, identifiers = parts
    assert identifiers
    for identifier in sorted(identifiers):
        with loaded.writing() as connection:
            delete_installation(connection, Deletion(installation_id=identifier, day=UNTIL, signed=True))
    hold(loaded, staying)


@pytest.mark.parametrize("days", [7, 30])
def test_homes_of_protocol_1_heard_of_in_some_days_are_as_many_as_there_are(
    loaded: Database, truth: Truth, days: int
) -> None:
    of_1 = Filter(Scope.PROTOCOL, "1.0")
    with loaded.reading() as connection:
        known = Days(Sums(connection))
        for back in range(0, 60, 9):
            last = UNTIL - timedelta(days=back)
            heard = set().union(*(truth.heard[last - timedelta(days=n)] for n in range(days)))
            assert known.active(last, days, of_1) == len(heard)


@pytest.mark.parametrize("weeks", [1, 4, 13])
def test_homes_of_several_weeks_are_as_many_as_there_are(loaded: Database, truth: Truth, weeks: int) -> None:
    """But for those that changed from one protocol to the other, which may have lost their past."""
    for last in range(PLAN.first_week + 13, PLAN.last_week + 1, 4):
        span = Weeks.up_to(last, weeks)
        here = set().union(*(truth.present[week] for week in span))
        homes = {home for home, _ in here}
        with loaded.reading() as connection:
            question = Question(measure=Measure.ACTIVE, weeks=span, once=True)
            found = Core(connection, UNTIL).ask(question).figure.amount
        assert 0.99 * len(homes) - 1 <= found <= 1.01 * len(homes) + len(here) - len(homes)


@pytest.mark.parametrize("weeks", ONCE, ids=len)
def test_homes_of_several_weeks_count_once_with_their_first_report(
    loaded: Database, truth: Truth, weeks: Weeks
) -> None:
    firsts = truth.firsts[weeks]
    told = [counted_as(each) for each in firsts.values()]
    most = SLACK * len(firsts) + len(firsts) - len({home for home, _ in firsts})
    with loaded.reading() as connection:
        core = Core(connection, UNTIL)
        for measure in Measure:
            is_of_homes = measure.declared.kind is Kind.HOMES
            if not is_of_homes or measure in {*ONLY_OF_ALL, Measure.APP_VERSION}:
                continue
            counted = Counter(value for each in told for value in each.get(measure, {}))
            split = None if measure.declared.values is Values.NONE else VALUE
            for line in core.ask(Question(measure=measure, weeks=weeks, split=split, once=True)).lines:
                assert abs(line.figure.amount - counted[line.label]) <= most, (measure, line.label)


def test_versions_of_several_weeks_are_those_of_the_last_reports(loaded: Database, truth: Truth) -> None:
    homes = Counter(version(each.last["app_version"]) for each in truth.last.values())
    with loaded.reading() as connection:
        question = Question(measure=Measure.APP_VERSION, weeks=ONCE[0], split=VALUE, once=True)
        lines = Core(connection, UNTIL).ask(question).lines
    found = {line.label: line.figure.amount for line in lines}
    off = sum(abs(found.get(name, 0) - homes[name]) for name in homes | found)
    assert off <= 0.05 * homes.total()


def test_the_plan_has_everything_awkward(truth: Truth) -> None:
    sent = [each for course in courses(PLAN, range(100)) for each in course.sent]
    assert {each.values["schema_version"] for each in sent} == {"1.0", "2.0"}
    assert any(each.deleted for each in sent)
    assert any(each.outcome != "new" for each in sent)
    assert truth.cut
    assert truth.sums[APART]
    told = {measure for sums in (truth.sums, truth.by_day) for measure, _ in sums[EVERY]}
    assert told == {*Measure}
