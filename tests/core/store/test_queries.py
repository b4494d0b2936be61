"""Reading events and prints, and purging what is old."""

import pytest
from sqlalchemy import insert

from custom_components.printernizer_stats.core.models import UsageEvent
from custom_components.printernizer_stats.core.store import Commit, UsageStore
from custom_components.printernizer_stats.core.store.counts import day_counts
from custom_components.printernizer_stats.core.store.queries import (
    EventFilter,
    Page,
    iter_events,
    list_prints,
    purge,
)
from custom_components.printernizer_stats.core.store.report_intervals import open_interval
from custom_components.printernizer_stats.core.store.tables import usage_reports

from .conftest import NOON, completed


@pytest.fixture
def filled(store: UsageStore) -> UsageStore:
    """Three prints and a start, an hour apart."""
    store.record(
        (
            UsageEvent(type="app_start", at=NOON),
            completed(at=NOON + 3600, printer="p"),
            UsageEvent(type="job_failed", at=NOON + 7200, printer="q", data={"printer_type": "prusa"}),
            completed(at=NOON + 10800, printer="q", seconds=60),
        )
    )
    store.flush().result()
    return store


@pytest.mark.parametrize(
    ("wanted", "ids"),
    [
        (EventFilter(), [1, 2, 3, 4]),
        (EventFilter(event_type="job_completed"), [2, 4]),
        (EventFilter(printer="q"), [3, 4]),
        (EventFilter(since=NOON + 3600, until=NOON + 7200), [2]),
        (EventFilter(printer="q", event_type="job_failed"), [3]),
        (EventFilter(submitted=False), [1, 2, 3, 4]),
        (EventFilter(submitted=True), []),
    ],
)
def test_filters(filled: UsageStore, wanted: EventFilter, ids: list[int]) -> None:
    with filled.reader() as conn:
        assert [each["id"] for each in iter_events(conn, wanted)] == ids


def test_pages(filled: UsageStore) -> None:
    with filled.reader() as conn:
        assert [each["id"] for each in iter_events(conn, limit=2, offset=1)] == [2, 3]


def test_submitted_are_those_whose_report_was_acknowledged(filled: UsageStore) -> None:
    def acknowledge(conn: object) -> None:
        current = open_interval(conn)  # type: ignore[arg-type]
        assert current is not None
        conn.execute(  # type: ignore[attr-defined]
            insert(usage_reports).values(
                interval_id=current.id, state="acknowledged", body=b"{}", body_sha256="0", attempts=1
            )
        )

    filled.run(acknowledge).result()
    with filled.reader() as conn:
        assert len(list(iter_events(conn, EventFilter(submitted=True)))) == 4
        assert list(iter_events(conn, EventFilter(submitted=False))) == []


def test_prints_are_a_table_of_their_own(filled: UsageStore) -> None:
    with filled.reader() as conn:
        page = list_prints(conn, printer="q", limit=1, offset=0)
        everything = list_prints(conn, printer=None, limit=10, offset=0)
    assert page == Page(
        rows=[
            {
                "event_id": 4,
                "ended_ts": NOON + 10800,
                "printer_key": "q",
                "result": "completed",
                "printer_type": "octoprint",
                "duration_seconds": 60,
                "filament_mm": None,
                "filament_g": None,
                "energy_wh": None,
                "energy_cost": None,
            }
        ],
        total=2,
    )
    assert [row["event_id"] for row in everything.rows] == [4, 3, 2]


def test_a_purge_takes_events_and_leaves_the_counters(filled: UsageStore, commits: list[Commit]) -> None:
    before = dict(commits[-1].snapshot.of())
    assert filled.run(lambda conn: purge(conn, NOON + 7200)).result() == 2
    assert filled.run(lambda conn: purge(conn, NOON + 7200)).result() == 0
    snapshot = commits[-1].snapshot
    assert dict(snapshot.of()) == {**before, "events_stored": 2}
    with filled.reader() as conn:
        assert [each["id"] for each in iter_events(conn)] == [3, 4]
        shared = conn.exec_driver_sql("SELECT count(*) FROM event_data").scalar()
    assert shared == 2
    filled.record((completed(at=NOON + 3600, printer="p"),))
    filled.flush().result()
    assert commits[-1].snapshot.events_stored == 3, "a payload that was purged is stored anew"


def test_counts_by_day(filled: UsageStore) -> None:
    filled.record((completed(at=NOON + 86400, printer="q"),))
    filled.flush().result()
    with filled.reader() as conn:
        days = day_counts(conn, since="2026-11-22", until="2026-11-23", printer="q")
        assert day_counts(conn, since="2026-11-24", until="2026-11-30", printer="") == {}
    assert list(days) == ["2026-11-22", "2026-11-23"]
    assert days["2026-11-22"]["print_seconds"] == 60
    assert days["2026-11-23"]["print_seconds"] == 3600
