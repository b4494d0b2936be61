"""What is told of earlier weeks, in steps too coarse to recognize anyone by."""

from collections.abc import Mapping
from datetime import date, timedelta

import pytest
from sqlalchemy import Connection

from custom_components.printernizer_stats.core.report_intervals import Interval, IntervalState
from custom_components.printernizer_stats.core.sharing import history, outbox
from custom_components.printernizer_stats.core.sharing.report import Report, build
from custom_components.printernizer_stats.core.store import UsageStore
from custom_components.printernizer_stats.core.store.report_intervals import open_interval

from .reports import AUTHOR, facts

MONDAY = date(2026, 11, 16)


@pytest.mark.parametrize(
    ("weeks", "words"), [(0, "1"), (1, "1"), (2, "2"), (4, "4"), (13, "13"), (14, "14+"), (99, "14+")]
)
def test_weeks_since(weeks: int, words: str) -> None:
    assert history.weeks_since(MONDAY, MONDAY + timedelta(weeks=weeks, days=3)) == words


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (-3, "0-1w"),
        (0, "0-1w"),
        (6, "0-1w"),
        (7, "1-4w"),
        (28, "1-3m"),
        (91, "3-6m"),
        (181, "3-6m"),
        (182, "6-12m"),
        (365, "1-2y"),
        (730, "2y+"),
    ],
)
def test_age(days: int, words: str) -> None:
    assert history.age_bucket(MONDAY, MONDAY + timedelta(days=days)) == words


def test_the_first_report_and_the_next(store: UsageStore) -> None:
    def steps(conn: Connection) -> None:
        history.note_first_day(conn, MONDAY)
        history.note_first_day(conn, MONDAY + timedelta(days=300))
        first = history.supplement(conn, "0.1.0", MONDAY + timedelta(days=7), MONDAY + timedelta(days=14))
        assert first.first_report
        assert first.weeks_since_previous_report == "none"
        assert first.previous_app_version is None
        assert first.age_bucket == "1-4w"

        current = open_interval(conn)
        assert current is not None
        start = current.start

        def make(counts: Mapping[str, int], begin: date, end: date) -> Report:
            return build(facts(), counts, AUTHOR, begin, end)

        closed = Interval(
            id=current.id, start=start, end=start + timedelta(days=1), state=IntervalState.CLOSED
        )
        outbox.freeze(conn, closed, make)
        later = start + timedelta(weeks=3), start + timedelta(weeks=4)
        second = history.supplement(conn, "0.2.0", *later)
        assert not second.first_report
        assert second.weeks_since_previous_report == "3"
        assert second.previous_app_version == "0.1.0"
        assert history.supplement(conn, "0.1.0", *later).previous_app_version is None

    store.run(steps).result()
