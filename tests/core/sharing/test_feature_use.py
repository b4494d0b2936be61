"""Features in use: a report tells those of its days, and which were new."""

from datetime import date, timedelta

from sqlalchemy import Connection

from custom_components.printernizer_stats.core.sharing import feature_use
from custom_components.printernizer_stats.core.store import UsageStore

MONDAY = date(2026, 11, 16)
WEEK = (MONDAY, MONDAY + timedelta(days=7))
NEXT = (MONDAY + timedelta(days=7), MONDAY + timedelta(days=14))


def on(conn: Connection, days: tuple[date, date]) -> set[str]:
    """Return what is told to be in use."""
    return {name for name, used in feature_use.in_use(conn, *days).items() if used}


def test_a_feature_is_in_use_in_each_week_in_which_it_was_noted(store: UsageStore) -> None:
    def steps(conn: Connection) -> None:
        feature_use.note(conn, {"energy_enabled"}, MONDAY)
        feature_use.note(conn, {"energy_enabled", "exports_used"}, MONDAY + timedelta(days=6))
        assert on(conn, WEEK) == {"energy_enabled", "exports_used"}
        assert on(conn, NEXT) == set()
        feature_use.note(conn, {"energy_enabled"}, MONDAY + timedelta(days=9))
        assert on(conn, NEXT) == {"energy_enabled"}

    store.run(steps).result()


def test_a_feature_is_new_once(store: UsageStore) -> None:
    def steps(conn: Connection) -> None:
        feature_use.note(conn, {"dashboard_enabled"}, MONDAY)
        feature_use.note(conn, {"dashboard_enabled", "exports_used"}, MONDAY + timedelta(days=8))
        assert feature_use.first_used(conn, *WEEK) == ("dashboard_enabled",)
        assert feature_use.first_used(conn, *NEXT) == ("exports_used",)

    store.run(steps).result()


def test_each_feature_is_told_also_those_that_are_not_in_use(store: UsageStore) -> None:
    told = store.run(lambda conn: feature_use.in_use(conn, *WEEK)).result()
    assert told == dict.fromkeys(feature_use.FEATURES, False)


def test_what_a_wrong_clock_notes_is_nothing(store: UsageStore) -> None:
    def steps(conn: Connection) -> None:
        feature_use.note(conn, {"exports_used"}, date(2020, 1, 1))
        assert feature_use.first_used(conn, date(2020, 1, 1), date(2020, 1, 8)) == ()

    store.run(steps).result()
