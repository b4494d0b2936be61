"""The ledger of consent: only ever added to, and every meddling shows."""

import hashlib
import json
from pathlib import Path
import sqlite3

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError

from custom_components.printernizer_stats.core.store import UsageStore
from custom_components.printernizer_stats.core.store.consent_ledger import (
    ConsentEntry,
    append,
    entries,
    ledger,
)

from .conftest import NOON

AGREED = ConsentEntry(
    at=NOON,
    decision="agreed",
    version=1,
    categories=("base", "usage"),
    text_sha256="ab" * 32,
    language="de",
    includes_past=True,
)
WITHDRAWN = ConsentEntry(
    at=NOON + 1.5, decision="withdrawn", version=1, categories=(), text_sha256="cd" * 32, language="de"
)


def _fill(store: UsageStore) -> None:
    def steps(conn: Connection) -> None:
        append(conn, AGREED)
        append(conn, WITHDRAWN)

    store.run(steps).result()


def test_what_is_written_can_be_read_and_recomputed(store: UsageStore) -> None:
    assert store.run(ledger).result() == {"intact": True, "entries": []}
    _fill(store)
    assert store.run(entries).result() == [AGREED, WITHDRAWN]
    shown = store.run(ledger).result()
    assert shown["intact"] is True
    previous = "0" * 64
    for each in json.loads(json.dumps(shown["entries"])):
        assert each["previous_sha256"] == previous
        previous = each.pop("sha256")
        assert hashlib.sha256(json.dumps(each, sort_keys=True).encode()).hexdigest() == previous


@pytest.mark.parametrize(
    "statement", ["UPDATE usage_consents SET decision = 'agreed'", "DELETE FROM usage_consents"]
)
def test_the_file_refuses_to_forget(store: UsageStore, statement: str) -> None:
    _fill(store)
    with pytest.raises(IntegrityError, match="append-only"):
        store.run(lambda conn: conn.execute(text(statement))).result()
    assert store.run(entries).result() == [AGREED, WITHDRAWN]


@pytest.mark.parametrize(
    "meddling",
    [
        "UPDATE usage_consents SET categories = '[\"base\"]' WHERE consent_id = 1",
        "UPDATE usage_consents SET decided_ts = decided_ts - 1 WHERE consent_id = 2",
        "DELETE FROM usage_consents WHERE consent_id = 1",
        "UPDATE usage_consents SET consent_id = 3 WHERE consent_id = 2",
    ],
)
def test_meddling_around_the_triggers_shows(store: UsageStore, file: Path, meddling: str) -> None:
    _fill(store)
    store.close()
    connection = sqlite3.connect(file)
    for change in ("update", "delete"):
        connection.execute(f"DROP TRIGGER usage_consents_no_{change}")
    connection.execute(meddling)
    connection.commit()
    connection.close()
    store.open(NOON)
    assert store.run(ledger).result()["intact"] is False


def test_erasing_what_was_counted_leaves_what_was_decided(store: UsageStore) -> None:
    _fill(store)
    store.erase(everything=False).result()
    assert store.run(entries).result() == [AGREED, WITHDRAWN]
    store.erase(everything=True).result()
    assert store.run(entries).result() == []
    _fill(store)
    assert store.run(ledger).result()["intact"]
