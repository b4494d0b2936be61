"""Experiments: declared, drawn once and at home, told while they run. A made-up one proves the way."""

from dataclasses import replace
from datetime import date, timedelta
import json
from random import Random
from typing import Any

import pytest
from sqlalchemy import Connection

from custom_components.printernizer_stats.core.dictionary import DICTIONARY, Dictionary, Experiment
from custom_components.printernizer_stats.core.sharing import experiments, history, report
from custom_components.printernizer_stats.core.sharing.report import build
from custom_components.printernizer_stats.core.store import UsageStore
from custom_components.printernizer_stats.core.store.settings import all_settings

from .reports import EVERY, FEATURES, WEEK, author, facts

MONDAY = date(2026, 11, 16)
MADE_UP = Experiment(
    variants=("as_before", "first"),
    population=50,
    horizon_weeks=8,
    measure="errors",
    purpose="Shows whether a made-up hint helps.",
)


def declaring(**declared: Experiment) -> Dictionary:
    """Return the dictionary with experiments in it."""
    path = "usage_stats.experiment"
    known = replace(DICTIONARY.report[path], words=frozenset(declared))
    return replace(DICTIONARY, experiments=declared, report={**DICTIONARY.report, path: known})


@pytest.fixture(autouse=True)
def _declared(monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, made_up=MADE_UP)


def use(monkeypatch: pytest.MonkeyPatch, **declared: Experiment) -> None:
    """Have a dictionary with these experiments used."""
    for module in (experiments, report):
        monkeypatch.setattr(module, "DICTIONARY", declaring(**declared))


def drawn(conn: Connection, seed: int, day: date = MONDAY) -> tuple[str, str] | None:
    """Draw as another home, and return what it takes part in."""
    experiments.draw(conn, day, Random(seed))
    return experiments.current(conn, day)


def test_none_is_declared() -> None:
    assert DICTIONARY.experiments == {}
    assert DICTIONARY.enums["experiment"] == ()


def test_half_of_the_homes_take_part_and_half_of_those_in_each_variant() -> None:
    random = Random(1)
    found = [experiments._variant(MADE_UP, random) for _ in range(4000)]
    shares = {variant: found.count(variant) / len(found) for variant in (None, "as_before", "first")}
    assert shares == {
        None: pytest.approx(0.5, abs=0.03),
        "as_before": pytest.approx(0.25, abs=0.03),
        "first": pytest.approx(0.25, abs=0.03),
    }


def taking_part(conn: Connection) -> tuple[str, str]:
    """Draw until a home takes part."""
    for seed in range(100):
        if (found := drawn(conn, seed)) is not None:
            return found
        conn.exec_driver_sql("DELETE FROM usage_settings WHERE key = 'experiments'")
    raise AssertionError


def test_a_home_keeps_what_it_drew_until_the_horizon(store: UsageStore) -> None:
    def steps(conn: Connection) -> None:
        found = taking_part(conn)
        assert [drawn(conn, seed) for seed in range(200, 220)] == [found] * 20
        end = MONDAY + timedelta(weeks=8)
        assert experiments.current(conn, end - timedelta(days=1)) == found
        assert experiments.current(conn, end) is None
        assert drawn(conn, 0, end) is None

    store.run(steps).result()


def test_a_home_takes_part_in_one_at_most(store: UsageStore, monkeypatch: pytest.MonkeyPatch) -> None:
    everybody = replace(MADE_UP, population=100)

    def steps(conn: Connection) -> None:
        use(monkeypatch, first=everybody, second=everybody)
        name, _ = drawn(conn, 1) or ("", "")
        assert name == "first"
        kept = all_settings(conn)["experiments"]
        assert kept["second"]["variant"] is None

    store.run(steps).result()


def test_what_was_drawn_is_gone_with_the_experiment(
    store: UsageStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def steps(conn: Connection) -> None:
        taking_part(conn)
        use(monkeypatch)
        assert drawn(conn, 1) is None
        assert "experiments" not in all_settings(conn)

    store.run(steps).result()


def test_a_report_tells_experiment_and_variant(store: UsageStore) -> None:
    def steps(conn: Connection) -> dict[str, Any]:
        taking_part(conn)
        supplement = history.supplement(conn, "0.1.0", *WEEK)
        known = author(*EVERY, turn=FEATURES, supplement=supplement)
        content: dict[str, Any] = json.loads(build(facts(), {}, known, *WEEK).body)
        return content

    usage = store.run(steps).result()["usage_stats"]
    assert usage["experiment"] == "made_up"
    assert usage["variant"] in MADE_UP.variants
