"""Files of every earlier version become files of this one, and can go one version back."""

import json
from pathlib import Path
import sqlite3

import pytest

from custom_components.printernizer_stats.const import FIRST_CONSENT
from custom_components.printernizer_stats.core.models import LastPrint, Outcome, Period, Snapshot
from custom_components.printernizer_stats.core.sharing import (
    deletion_requests,
    delivery_stats,
    identity,
    identity_rotation,
    service_info,
)
from custom_components.printernizer_stats.core.sharing.outbox import ReportState, all_reports
from custom_components.printernizer_stats.core.store import UsageStore
from custom_components.printernizer_stats.core.store.consent_ledger import ledger
from custom_components.printernizer_stats.core.store.engine import make_engine
from custom_components.printernizer_stats.core.store.migrations import (
    SCHEMA_VERSION,
    current_version,
    downgrade,
    migrate,
)
from custom_components.printernizer_stats.core.store.queries import iter_events
from custom_components.printernizer_stats.core.store.settings import get_setting

from .conftest import NOON, ZONE, completed

FILES = Path(__file__).parent / "files"


def _restore(file: Path, version: int) -> None:
    connection = sqlite3.connect(file)
    connection.executescript((FILES / f"v{version}.sql").read_text(encoding="utf-8"))
    connection.close()


def _schema(file: Path, *kinds: str) -> dict[str, list[tuple[object, ...]]]:
    """Return the columns of every table or view, whatever the wording of their DDL."""
    connection = sqlite3.connect(file)
    marks = ", ".join("?" * len(kinds))
    names = connection.execute(f"SELECT name FROM sqlite_master WHERE type IN ({marks})", kinds)
    columns = {name: connection.execute(f'PRAGMA table_info("{name}")').fetchall() for (name,) in names}
    connection.close()
    return columns


def _open(file: Path) -> tuple[UsageStore, Snapshot]:
    store = UsageStore(file, ZONE, lambda _: None, lambda: NOON)
    return store, store.open(NOON)


@pytest.mark.parametrize("version", range(1, SCHEMA_VERSION))
def test_there_is_a_file_of_every_earlier_version(version: int) -> None:
    assert (FILES / f"v{version}.sql").exists()


def test_a_file_of_version_1_keeps_everything_and_learns_what_is_new(file: Path) -> None:
    _restore(file, 1)
    store, snapshot = _open(file)
    with store.reader() as conn:
        events = list(iter_events(conn))
        reports = all_reports(conn)
        assert current_version(conn) == SCHEMA_VERSION
    store.close()
    assert len(events) == 9
    assert events[2]["data"]["filament_mm"] == 2500
    assert [(report.state, report.start, report.end) for report in reports] == [
        (ReportState.ACKNOWLEDGED, "2026-11-22", "2026-11-23")
    ]
    counts = snapshot.of()
    assert (counts["job_completed"], counts["job_failed"], counts["job_cancelled"]) == (3, 1, 1)
    assert counts["longest_print_seconds"] == 3600
    assert counts["timed_prints"] == 5
    assert counts["failed_print_seconds"] == 700
    assert snapshot.of(Period.EVER, "p2")["failed_filament_mm"] == 300
    assert snapshot.of(Period.DAY)["longest_print_seconds"] == 3600
    assert snapshot.events_stored == 9
    assert snapshot.last_prints["p1"] == LastPrint(
        result=Outcome.COMPLETED, at=1795545200.0, printer="p1", duration=1800
    )
    assert snapshot.last_prints[""].printer == "p2"


@pytest.mark.parametrize("version", range(1, SCHEMA_VERSION))
def test_an_upgraded_file_is_built_like_a_new_one(file: Path, tmp_path: Path, version: int) -> None:
    _restore(file, version)
    new = tmp_path / "new.db"
    for each in (file, new):
        store, _ = _open(each)
        store.close()
    assert _schema(file, "table", "view", "index") == _schema(new, "table", "view", "index")


@pytest.mark.parametrize("version", range(1, SCHEMA_VERSION))
def test_back_to_an_earlier_version(file: Path, tmp_path: Path, version: int) -> None:
    """An older release reads the file again; only what it does not know is gone."""
    _restore(file, 1)
    store, _ = _open(file)
    store.record((completed(printer="p1"),))
    store.close()
    engine = make_engine(file)
    with engine.begin() as conn:
        for expected in range(SCHEMA_VERSION - 1, version - 1, -1):
            assert downgrade(conn, ZONE, NOON) == expected == current_version(conn)
    old = tmp_path / "old.db"
    _restore(old, version)
    assert _schema(file, "table") == _schema(old, "table")
    assert set(_schema(file, "view")) == set(_schema(old, "view"))
    connection = sqlite3.connect(file)
    assert connection.execute("SELECT count(*) FROM usage_events").fetchone() == (10,)
    connection.close()
    with engine.begin() as conn:
        migrate(conn, ZONE, NOON)
        assert current_version(conn) == SCHEMA_VERSION


def test_a_file_of_version_3_learns_where_its_reports_went(file: Path) -> None:
    _restore(file, 3)
    store, _ = _open(file)
    endpoint = "https://stats.example.com/submit"
    reports = store.run(all_reports).result()
    assert [(each.attempts, each.endpoint) for each in reports] == [(1, endpoint), (2, endpoint), (0, None)]
    assert store.run(lambda conn: service_info.is_known(conn, endpoint)).result()
    assert store.run(delivery_stats.load).result() == delivery_stats.DeliveryStats(
        accepted=4, last=1795613200.0
    )
    assert store.run(deletion_requests.has_sent).result()
    store.run(lambda conn: identity_rotation.delete_sent(conn, NOON)).result()
    waiting = {each.installation_id: each for each in store.run(deletion_requests.waiting).result()}
    store.close()
    assert {each.endpoint for each in waiting.values()} == {endpoint}
    asked_before = "7d444840-9dc0-81d1-b245-5ffdce74fad2"
    assert set(waiting) == {reports[0].author, reports[1].author, asked_before}
    assert waiting[reports[0].author].key_seed is None, "of the first protocol"
    assert waiting[asked_before].key_seed == bytes(range(32, 64))
    seed = waiting[reports[1].author].key_seed
    assert seed is not None
    assert identity.from_seed(seed).id == reports[1].author


def test_the_third_version_knew_one_service(file: Path) -> None:
    _restore(file, 3)
    store, _ = _open(file)
    store.close()
    with make_engine(file).begin() as conn:
        assert downgrade(conn, ZONE, NOON) == 5
        assert downgrade(conn, ZONE, NOON) == 4
        assert downgrade(conn, ZONE, NOON) == 3
    before, after = (sqlite3.connect(each) for each in (":memory:", file))
    before.executescript((FILES / "v3.sql").read_text(encoding="utf-8"))
    for query in (
        "SELECT * FROM usage_deletions ORDER BY installation_id",
        "SELECT * FROM usage_reports ORDER BY report_id",
    ):
        assert after.execute(query).fetchall() == before.execute(query).fetchall()
    query = "SELECT key, value FROM usage_settings WHERE key IN ('service', 'schedule') ORDER BY key"
    assert [(key, json.loads(value)) for key, value in after.execute(query)] == [
        (key, json.loads(value)) for key, value in before.execute(query)
    ]
    after.close()
    before.close()


def test_the_first_version_knew_one_last_print(file: Path) -> None:
    _restore(file, 2)
    engine = make_engine(file)
    with engine.begin() as conn:
        assert downgrade(conn, ZONE, NOON) == 1
    connection = sqlite3.connect(file)
    last = connection.execute("SELECT value FROM usage_settings WHERE key = 'last_print'").fetchone()
    connection.close()
    assert '"printer": "p2"' in last[0]


def test_the_first_version_has_nothing_before_it(file: Path) -> None:
    _restore(file, 1)
    with make_engine(file).begin() as conn:
        assert downgrade(conn, ZONE, NOON) == 1


def test_the_fifth_version_had_one_setting_for_consent(file: Path) -> None:
    _restore(file, 5)
    store, _ = _open(file)
    with store.reader() as conn:
        known = ledger(conn)
        assert get_setting(conn, "consent") is None
    store.close()
    assert known["intact"]
    (first,) = known["entries"]
    assert (first["decided"], first["decision"]) == ("2026-11-22T11:00:00+00:00", "agreed")
    assert first["categories"] == list(FIRST_CONSENT["categories"])
    with make_engine(file).begin() as conn:
        assert downgrade(conn, ZONE, NOON) == 5
        assert get_setting(conn, "consent") == {"share": True, "since": 1795345200.0, "version": 1}


def test_an_upgraded_ledger_refuses_to_forget_too(file: Path, tmp_path: Path) -> None:
    _restore(file, 5)
    new = tmp_path / "new.db"
    for each in (file, new):
        store, _ = _open(each)
        store.close()
    assert _schema(file, "trigger").keys() == _schema(new, "trigger").keys() != set()
