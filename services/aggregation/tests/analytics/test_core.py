"""Questions and their answers."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from aggregation.analytics.answer import Answer
from aggregation.analytics.core import Core
from aggregation.analytics.question import VALUE, Filter, Question, Weeks
from aggregation.errors import InvalidError
from aggregation.rollups.measures import MEASURES, Kind, Measure
from aggregation.rollups.scopes import Scope
from aggregation.storage.engine import Database
from aggregation.storage.schema import PENDING
from aggregation.weeks import monday
from tests.made import WEEK, fold_all, folded, made, stored

TODAY = monday(WEEK + 2) + timedelta(days=2)
THREE = Weeks(WEEK - 1, WEEK + 1)

type Ask = Callable[..., Answer]


@pytest.fixture
def ask(storage: Database) -> Ask:
    def ask_storage(measure: Measure, weeks: Weeks = THREE, **options: Any) -> Answer:
        with storage.reading() as connection:
            return Core(connection, TODAY).ask(Question(measure=measure, weeks=weeks, **options))

    return ask_storage


def amounts(answer: Answer) -> dict[str, list[float]]:
    """Return the amounts of each line, week by week."""
    return {line.label: [point.figure.amount for point in line.points] for line in answer.lines}


def test_a_series_has_every_week_and_no_gap(storage: Database, ask: Ask) -> None:
    folded(storage, made("a"), made("b"))
    answer = ask(Measure.ACTIVE, Weeks(WEEK - 2, WEEK + 1))
    assert amounts(answer) == {"": [0, 0, 2, 0]}
    assert [point.name for point in answer.line.points] == ["2026-W44", "2026-W45", "2026-W46", "2026-W47"]
    assert answer.line.points[0].monday == monday(WEEK - 2)


def test_nothing_is_an_answer_too(ask: Ask) -> None:
    answer = ask(Measure.ERROR_HOMES)
    assert amounts(answer) == {"": [0, 0, 0]}
    assert (answer.figure.rate, answer.figure.homes, answer.figure.interval) == (0, 0, (0, 1))
    assert ask(Measure.APP_VERSION, split=VALUE).lines == ()


def test_a_share_is_of_the_homes_that_share_it(storage: Database, ask: Ask) -> None:
    folded(
        storage,
        made("silent"),
        made("fine", error_summary={}),
        made("bad", error_summary={"print_failed": 3}),
    )
    week = Weeks(WEEK, WEEK)
    answer = ask(Measure.ERROR_HOMES, week)
    assert (answer.figure.amount, answer.figure.homes, answer.figure.rate) == (1, 2, 0.5)
    assert answer.population == "Homes that share errors"
    assert ask(Measure.ERROR_HOMES, week, value="print_failed").figure.rate == 0.5
    assert ask(Measure.ACTIVE, week).figure.amount == 3
    sums = ask(Measure.CAPPED_ERRORS, week).figure
    assert (sums.amount, sums.rate, sums.homes) == (3, 1.5, 2)
    assert sums.interval
    assert sums.interval.low < 1.5 < sums.interval.high


def test_what_is_told_by_turns_is_a_share_of_the_homes_that_tell_it(storage: Database, ask: Ask) -> None:
    modes = {"told": "homeassistant_os", "other": "homeassistant_core", "untold": "homeassistant"}
    for name, mode in modes.items():
        folded(storage, made(name, protocol="2.0", deployment_mode=mode, country_code="XX"))
    folded(storage, made("first", deployment_mode="homeassistant", country_code="DE"))
    week = Weeks(WEEK, WEEK)
    answer = ask(Measure.DEPLOYMENT_MODE, week, split=VALUE)
    assert {line.label: line.figure.amount for line in answer.lines} == {
        "homeassistant": 1,
        "homeassistant_core": 1,
        "homeassistant_os": 1,
    }
    assert {line.figure.homes for line in answer.lines} == {3}
    assert answer.population == "Homes that tell their deployment"
    by_mode = ask(Measure.ACTIVE, week, split=Scope.DEPLOYMENT_MODE)
    assert {line.label for line in by_mode.lines} == {line.label for line in answer.lines}
    countries = ask(Measure.COUNTRY, week, split=VALUE)
    assert [(line.label, line.figure.rate) for line in countries.lines] == [("DE", 1)]
    assert countries.population == "Homes that tell their country"
    assert ask(Measure.ACTIVE, week).figure.amount == 4


def test_lines_by_value_and_by_homes_are_the_largest_first(storage: Database, ask: Ask) -> None:
    errors = {"print_failed": 1, "connection_error": 2}
    folded(
        storage,
        made("a", app_version="1.0", error_summary=errors),
        made("b", app_version="2.0", error_summary=errors),
        made("c", app_version="2.0", error_summary={"print_failed": 1}),
    )
    week = Weeks(WEEK, WEEK)
    assert amounts(ask(Measure.ERROR_HOMES, week, split=VALUE)) == {
        "print_failed": [3],
        "connection_error": [2],
    }
    answer = ask(Measure.ERROR_HOMES, week, value="print_failed", split=Scope.APP_VERSION)
    assert [(line.label, line.figure.amount, line.figure.homes) for line in answer.lines] == [
        ("2.0", 2, 2),
        ("1.0", 1, 1),
    ]
    only = Filter(Scope.APP_VERSION, "1.0")
    assert amounts(ask(Measure.ERROR_HOMES, week, split=VALUE, filter=only)) == {
        "connection_error": [1],
        "print_failed": [1],
    }


def test_homes_of_several_weeks_are_an_average_week_or_each_once(storage: Database, ask: Ask) -> None:
    folded(
        storage, made("a", WEEK - 1, app_version="1.0"), made("a", WEEK, app_version="2.0"), made("b", WEEK)
    )
    assert ask(Measure.ACTIVE).figure.amount == 1
    assert ask(Measure.ACTIVE, once=True).figure.amount == 2
    docker = Filter(Scope.DEPLOYMENT_MODE, "docker")
    assert ask(Measure.ACTIVE, once=True, filter=docker).figure.amount == 2
    versions = ask(Measure.APP_VERSION, once=True, split=VALUE)
    assert {line.label: line.figure.amount for line in versions.lines} == {"2.0": 1, "2.42.0": 1, "1.0": 0}
    modes = ask(Measure.DEPLOYMENT_MODE, once=True, value="docker").figure
    assert (modes.amount, modes.homes, modes.rate) == (2, 2, 1)


def test_homes_that_may_be_counted_twice_are_told_beside_the_figure(storage: Database, ask: Ask) -> None:
    new: dict[str, Any] = {"protocol": "2.0", "first_report": True, "weeks_since_previous_report": "none"}
    folded(storage, made("stays", WEEK - 1), made("stays", WEEK), made("goes", WEEK - 1))
    folded(storage, made("comes", WEEK, **new), made("comes too", WEEK, **new))
    weeks = Weeks(WEEK - 1, WEEK)
    figure = ask(Measure.ACTIVE, weeks, once=True).figure
    assert (figure.amount, figure.rate, figure.interval) == (4, 1, (0.75, 1))
    docker = Filter(Scope.DEPLOYMENT_MODE, "docker")
    assert ask(Measure.ACTIVE, weeks, once=True, filter=docker).figure.interval == (0.5, 1)
    own = Filter(Scope.PROTOCOL, "2.0")
    assert ask(Measure.ACTIVE, weeks, once=True, filter=own).figure.interval == (1, 1)


def test_features_are_of_the_homes_that_tell_of_them(storage: Database, ask: Ask) -> None:
    folded(
        storage,
        made("a", feature_usage={"library_enabled": True}),
        made("b", feature_usage={"library_enabled": False}),
        made("c"),
    )
    figure = ask(Measure.FEATURE_ON, Weeks(WEEK, WEEK), value="library_enabled").figure
    assert (figure.amount, figure.homes) == (1, 2)


def test_weeks_are_complete_as_their_reports_come_in(storage: Database, ask: Ask) -> None:
    for week in range(WEEK - 12, WEEK - 3):
        for home in range(20):
            late = timedelta(days=1 if home < 15 else 10)
            folded(storage, made(f"{home}", week, received=monday(week + 1) + late))
    points = ask(Measure.ACTIVE, Weeks(WEEK - 5, WEEK + 2)).line.points
    assert [point.is_settled for point in points] == [True] * 6 + [False, False]
    assert points[0].complete == 1
    assert points[-1].complete == 0
    assert 0.7 < points[-2].complete < 0.76
    assert 0.7 < points[-3].complete < 0.8


def test_an_answer_tells_how_far_the_sums_lag(storage: Database, ask: Ask) -> None:
    stored(storage, made(), made())
    with storage.writing() as connection:
        connection.execute(update(PENDING).values(since=1_790_000_000))
    freshness = ask(Measure.ACTIVE).freshness
    assert (f"{freshness.until:%Y-%m-%dT%H:%M:%S}", freshness.waiting) == ("2026-09-21T14:13:20", 2)
    fold_all(storage)
    assert ask(Measure.ACTIVE).freshness.waiting == 0


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"measure": Measure.ACTIVE, "weeks": Weeks(2, 1)}, "1 to 520"),
        ({"measure": Measure.ACTIVE, "weeks": Weeks(1, 600)}, "1 to 520"),
        ({"measure": Measure.ACTIVE, "value": "a"}, "no values"),
        ({"measure": Measure.ACTIVE, "split": VALUE}, "no values"),
        ({"measure": Measure.USAGE}, "do not add up"),
        ({"measure": Measure.FEATURE_ON}, "do not add up"),
        ({"measure": Measure.ERRORS, "value": "a", "split": VALUE}, "one value, or split"),
        ({"measure": Measure.ACTIVE, "filter": Filter(Scope.AGE, "0"), "split": Scope.GAP}, "one property"),
        ({"measure": Measure.RECEIVED, "split": Scope.GAP}, "all homes only"),
        ({"measure": Measure.DELAY, "filter": Filter(Scope.AGE, "0")}, "all homes only"),
        ({"measure": Measure.DELAY, "once": True, "split": VALUE}, "all homes only"),
        ({"measure": Measure.ERRORS, "once": True}, "Only homes"),
        ({"measure": Measure.ACTIVE, "once": True, "weeks": Weeks(1, 14)}, "13 weeks"),
        ({"measure": Measure.COUNTRY, "once": True, "filter": Filter(Scope.AGE, "0")}, "With a filter"),
    ],
)
def test_what_the_sums_cannot_tell_is_refused(options: dict[str, Any], why: str) -> None:
    with pytest.raises(InvalidError, match=why):
        Question(**{"weeks": Weeks(1, 2), **options})


def test_every_measure_is_of_homes_that_are_counted() -> None:
    for measure in Measure:
        assert all(MEASURES[name].declared.kind is Kind.HOMES for name in measure.declared.of)
        assert not measure.declared.is_public or measure.declared.most == 1
