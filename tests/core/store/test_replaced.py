"""Another file under our feet, secrets that are forgotten, and decisions that somebody cut off."""

from pathlib import Path
import shutil
import sqlite3

import pytest
from sqlalchemy import Connection, insert

from custom_components.printernizer_stats.core.models import Period
from custom_components.printernizer_stats.core.report_intervals import utc_day
from custom_components.printernizer_stats.core.sharing import identity
from custom_components.printernizer_stats.core.sharing.deletion_requests import confirm, waiting
from custom_components.printernizer_stats.core.sharing.identity_rotation import forget_sent
from custom_components.printernizer_stats.core.store import STORE_ERRORS, Commit, UsageStore
from custom_components.printernizer_stats.core.store.consent_ledger import (
    ConsentEntry,
    append,
    head,
    ledger,
    note_head,
    start_over,
)
from custom_components.printernizer_stats.core.store.settings import get_setting
from custom_components.printernizer_stats.core.store.tables import usage_deletions

from .conftest import NOON, completed


def _decide(conn: Connection, *decisions: str) -> None:
    for decision in decisions or ("agreed", "withdrawn"):
        sha256 = "a" * 64
        entry = ConsentEntry(
            at=NOON, decision=decision, version=1, categories=(), text_sha256=sha256, language="en"
        )
        append(conn, entry)


def _query(file: Path, sql: str) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(file)
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


@pytest.mark.allowed_logs
@pytest.mark.parametrize("first", ["write", "task", "read"])
def test_an_older_copy_that_is_put_in_place_goes_on_whole(
    store: UsageStore, file: Path, commits: list[Commit], tmp_path: Path, first: str
) -> None:
    for _ in range(3):
        store.record((completed(),))
    store.flush().result()
    old = tmp_path / "old.db"
    _query(file, f"VACUUM INTO '{old}'")
    for number in range(40):
        store.record((completed(printer=f"p{number}"),))
        store.flush().result()
    shutil.move(old, file)
    match first:
        case "write":
            store.record((completed(),))
        case "task":
            store.run(lambda _: None).result()
        case "read":
            with store.reader() as conn:
                assert conn.exec_driver_sql("SELECT count(*) FROM usage_events").scalar_one() == 3
    if first != "write":
        store.record((completed(),))
    store.flush().result()
    assert commits[-1].snapshot.of(Period.EVER)["job_completed"] == 4
    store.close()
    assert _query(file, "PRAGMA integrity_check") == [("ok",)]
    assert _query(file, "SELECT count(*) FROM usage_events") == [(4,)]
    assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.allowed_logs
@pytest.mark.parametrize("there", ["nothing", "folder"])
def test_a_disk_that_is_away_for_a_while_costs_nothing(store: UsageStore, file: Path, there: str) -> None:
    """What was acknowledged last is in the log only: it must not be taken for another file's."""
    for _ in range(3):
        store.record((completed(),))
    store.flush().result()
    away = file.rename(file.with_suffix(".away"))
    if there == "folder":
        file.mkdir()
        with pytest.raises(STORE_ERRORS):
            store.flush().result()
        file.rmdir()
    away.rename(file)
    store.record((completed(),))
    store.flush().result()
    assert _query(file, "SELECT count(*) FROM usage_events") == [(4,)]


def test_a_secret_that_is_forgotten_is_on_no_disk(store: UsageStore, file: Path) -> None:
    store.run(lambda conn: identity.weekly(conn, utc_day(NOON))).result()
    secret = store.run(lambda conn: str(get_setting(conn, "identity_secret"))).result().encode()
    held = [each for each in file.parent.glob(f"{file.name}*") if secret in each.read_bytes()]
    assert held
    store.run(forget_sent).result()
    assert [each for each in file.parent.glob(f"{file.name}*") if secret in each.read_bytes()] == []


def test_the_key_of_a_deletion_that_is_confirmed_is_on_no_disk(store: UsageStore, file: Path) -> None:
    seed = b"a-seed-of-thirty-two-bytes-for-us"
    row = {"installation_id": "i", "endpoint": "e", "key_seed": seed, "requested_ts": NOON}
    store.run(lambda conn: conn.execute(insert(usage_deletions).values(row))).result()
    assert [each for each in file.parent.glob(f"{file.name}*") if seed in each.read_bytes()]
    (each,) = store.run(waiting).result()
    store.run(lambda conn: confirm(conn, each, NOON, None)).result()
    assert [each for each in file.parent.glob(f"{file.name}*") if seed in each.read_bytes()] == []


def _meddle(file: Path, statement: str) -> None:
    connection = sqlite3.connect(file)
    for change in ("update", "delete"):
        connection.execute(f"DROP TRIGGER usage_consents_no_{change}")
    connection.execute(statement)
    connection.commit()
    connection.close()


def test_triggers_that_were_removed_come_back_and_it_shows(store: UsageStore, file: Path) -> None:
    store.run(_decide).result()
    store.close()
    _meddle(file, "DELETE FROM usage_consents WHERE consent_id = 2")
    store.open(NOON)
    assert len(_query(file, "SELECT 1 FROM sqlite_master WHERE type = 'trigger'")) == 2
    assert store.run(ledger).result()["intact"] is False


def test_a_head_that_is_kept_elsewhere_shows_an_end_that_was_cut_off(store: UsageStore, file: Path) -> None:
    store.run(_decide).result()
    kept = store.run(head).result()
    store.run(lambda conn: note_head(conn, kept)).result()
    assert store.run(ledger).result()["intact"] is True
    store.run(lambda conn: note_head(conn, {**kept, "count": 3})).result()
    assert store.run(ledger).result()["intact"] is False


def test_a_chain_that_was_written_anew_shows(store: UsageStore) -> None:
    """By itself it is whole: each hash in it is right."""
    store.run(_decide).result()
    kept = store.run(head).result()
    store.run(start_over).result()
    store.run(lambda conn: _decide(conn, "agreed", "agreed", "agreed")).result()
    assert store.run(ledger).result()["intact"] is True
    store.run(lambda conn: note_head(conn, kept)).result()
    assert store.run(ledger).result()["intact"] is False
