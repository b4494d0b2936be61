"""A test experiment on simulated homes: drawn at home, told in reports, judged at the horizon."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from functools import cache

import pytest

from aggregation.dashboard.figures import Figures
from aggregation.dashboard.panel import Panel
from aggregation.dashboard.panels import experiments
from aggregation.dashboard.panels.experiments import balance, measure_of, power, result
from aggregation.dashboard.view import View
from aggregation.dictionary import DICTIONARY, Experiment
from aggregation.fleet.loading import load
from aggregation.fleet.plan import Plan, Trial
from aggregation.storage.engine import Database
from aggregation.storage.migrate import migrate
from aggregation.weeks import iso_name, monday, week_of_day
from tests.dashboard.recount.truth import Truth, percents, truth_of, with_error
from tests.fleet.homes import UNTIL, fleet
from tests.proofs import tries

NAME = "calmer_errors"
HORIZON = 6
AFTER = 3
"""So many more weeks it goes on in homes."""
BEFORE = 5
"""And so many before, which say what is usual."""
LAST = week_of_day(UNTIL) - 1
FIRST = LAST - HORIZON - AFTER + 1
CALMER, HARMLESS = (("as_before", 1.0), ("first", 0.3)), (("as_before", 1.0), ("first", 1.0))
UNFAIR = (("as_before", 1.0), ("as_before", 1.0), ("first", 1.0))
DECLARED = Experiment(variants=["as_before", "first"], population=80, horizon_weeks=HORIZON, measure="errors")


@cache
def told_by(known: Plan) -> Truth:
    """Return what is true of the homes of a plan."""
    return truth_of(known, fleet(known))


def plan(effects: tuple[tuple[str, float], ...]) -> Plan:
    """Return homes of which four in five draw a variant; to find what is calmer takes all of them."""
    trial = Trial(NAME, effects, DECLARED.population, FIRST, HORIZON + AFTER)
    return Plan(
        homes=500 if effects == CALMER else tries(500, fast=300),
        weeks=HORIZON + AFTER + BEFORE,
        until=UNTIL,
        seed=11,
        app_share=0.2,
        bad_release=False,
        trial=trial,
    )


@pytest.fixture(autouse=True)
def declared(monkeypatch: pytest.MonkeyPatch) -> None:
    """Declare the experiment, as the dictionary would."""
    known = DICTIONARY.model_copy(update={"experiments": {NAME: DECLARED}})
    monkeypatch.setattr(experiments, "DICTIONARY", known)


@contextmanager
def homes(tmp_path_factory: pytest.TempPathFactory, known: Plan) -> Iterator[Database]:
    """Give a database of the homes of a plan."""
    path = tmp_path_factory.mktemp("trial") / "a.db"
    with closing(Database(f"sqlite:///{path}", 5)) as database:
        migrate(database)
        load(database, known)
        yield database


@pytest.fixture(scope="module")
def calmer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    with homes(tmp_path_factory, plan(CALMER)) as database:
        yield database


@pytest.fixture(scope="module")
def harmless(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    with homes(tmp_path_factory, plan(HARMLESS)) as database:
        yield database


def shown(database: Database, week: int) -> tuple[Panel, Panel, Panel]:
    """Return the panels on the day on which a week is complete."""
    with database.reading() as connection:
        figures = Figures(connection, monday(week + 2) + timedelta(days=1), View())
        return power(figures), balance(figures), result(figures)


def test_homes_tell_their_variant_in_the_turn_of_the_features_and_nowhere_else() -> None:
    told = [one for one in told_by(plan(CALMER)).every if one.last.get("experiment")]
    assert {one.last["variant"] for one in told} == {"as_before", "first"}
    assert all("features" in one.last["consent_categories"] for one in told)
    assert all(one.last.get("feature_usage") for one in told)
    assert {one.week for one in told} == {*range(FIRST, LAST + 1)}
    variants: dict[int, set[str]] = {}
    for one in told:
        variants.setdefault(one.home, set()).add(one.last["variant"])
    assert {len(found) for found in variants.values()} == {1}


def test_there_is_no_result_before_the_horizon(calmer: Database) -> None:
    horizon = FIRST + HORIZON - 1
    for week in (FIRST, horizon - 1):
        _, drawn, found = shown(calmer, week)
        assert not found.rows
        assert found.sentence == f"{NAME} has a result once {iso_name(horizon)} is complete, and none before."
        assert [record["is_fair"] for record in drawn.records()] == ["fair", "fair"]


def test_the_result_is_that_of_the_weeks_to_the_horizon_and_stays(calmer: Database) -> None:
    horizon = FIRST + HORIZON - 1
    _, _, found = shown(calmer, horizon)
    truth = told_by(plan(CALMER))
    weeks = range(FIRST, horizon + 1)
    for record in found.records():
        told = [one for one in truth.all_at(*weeks) if one.last.get("variant") == record["variant"]]
        part, whole, _ = with_error(told)
        assert (record["part"], record["whole"]) == (part, whole)
        assert record["percent"] == pytest.approx(percents((part, whole, whole))[0], abs=0.01)
    first, second = found.records()
    assert first["ratio"] == "unknown"
    assert float(second["ratio_high"]) < 1
    assert found.sentence.startswith(f"{NAME}: errors is 0.")
    assert shown(calmer, horizon + 2)[2].rows == found.rows


def test_a_harmless_variant_surely_differs_in_nothing(harmless: Database) -> None:
    found = shown(harmless, FIRST + HORIZON - 1)[2]
    assert found.sentence == f"{NAME}: no variant surely differs from as_before in errors."


def test_an_unfair_draw_is_called_so(tmp_path_factory: pytest.TempPathFactory) -> None:
    with homes(tmp_path_factory, plan(UNFAIR)) as database:
        _, drawn, _ = shown(database, FIRST + HORIZON - 1)
    assert drawn.sentence == f"{NAME}: the draw was not fair; believe no result."


def test_what_it_can_find_is_told_before_it_begins(harmless: Database) -> None:
    before, drawn, found = shown(harmless, FIRST - 1)
    (record,) = before.records()
    truth = told_by(plan(HARMLESS))
    able = sum("features" in (one.last.get("consent_categories") or ()) for one in truth.all_at(FIRST - 1))
    assert record["homes"] == able * 80 // 100 // 2
    usual = percents(with_error(truth.all_at(*range(FIRST - 4, FIRST))))[0]
    assert record["usual"] == pytest.approx(usual, abs=0.01)
    share = usual / 100
    expected = 100 * (1.95996 + 0.84162) * (2 * share * (1 - share) / float(record["homes"])) ** 0.5
    assert record["difference"] == pytest.approx(expected, abs=0.01)
    assert not drawn.rows
    assert found.sentence == f"No home has told of {NAME} yet."


def test_everything_that_is_declared_can_be_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    for one in DICTIONARY.experiments.values():
        assert measure_of(one.measure)([])
    assert measure_of("feature_on:energy_enabled")([]).whole == 0
    with pytest.raises(KeyError):
        measure_of("weather")
