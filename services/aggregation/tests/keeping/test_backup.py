from datetime import date
import gzip
from pathlib import Path
import stat

import pytest
from sqlalchemy import select

from aggregation.keeping.backup import backup, restore
from aggregation.keeping.tombstones import TombstoneJournal
from aggregation.storage import keys
from aggregation.storage.engine import Database, DatabaseError
from aggregation.storage.migrate import migrate
from aggregation.storage.records import ApiKeyRow, KeyScope
from aggregation.storage.schema import METADATA, SUBMISSIONS
from aggregation.storage.sessions import (
    LinkRow,
    add_link,
    add_note,
    begin_session,
    find_session,
    links,
    notes,
)
from tests.made import WEEK, count, deleted, folded, made, rollups, stored, verified

DAY = date(2026, 11, 22)
KEY = ApiKeyRow(name="grafana", scope=KeyScope.READ, sha256="0" * 64, created_day=DAY)


def everything(database: Database) -> dict[str, list[str]]:
    with database.reading() as connection:
        return {
            table.name: sorted(map(repr, connection.execute(select(table)).all()))
            for table in METADATA.sorted_tables
        }


def filled(database: Database) -> None:
    folded(database, *(made("a", WEEK + number, error_summary={"store_error": 1}) for number in range(3)))
    folded(database, made("b", protocol="2.0"), made("c"))
    stored(database, made("waiting"))
    deleted(database, "c")
    with database.writing() as connection:
        keys.add_api_key(connection, KEY)


def saved(database: Database, target: Path) -> int:
    with database.reading() as connection:
        return backup(connection, target)


@pytest.fixture
def other(tmp_path: Path) -> Database:
    return Database(f"sqlite:///{tmp_path / 'other.db'}", 1)


def test_all_comes_back_in_another_kind_of_database(
    storage: Database, other: Database, tmp_path: Path
) -> None:
    filled(storage)
    file = tmp_path / "backup"
    rows = saved(storage, file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert restore(other, file, None) == (rows, 0)
    assert everything(other) == everything(storage)
    assert verified(other).agrees
    other.close()


def test_back_into_the_same_kind_and_on(storage: Database, other: Database, tmp_path: Path) -> None:
    migrate(other)
    filled(other)
    file = tmp_path / "backup"
    saved(other, file)
    migrate(storage, "base")
    restore(storage, file, None)
    assert everything(storage) == everything(other)
    numbers = {entry.submission_id for entry in stored(storage, made("new"), made("newer"))}
    assert len(numbers) == 2
    assert stored(storage, made("b", protocol="2.0"))[0].outcome == "same"
    other.close()


def test_what_was_deleted_since_stays_deleted(storage: Database, other: Database, tmp_path: Path) -> None:
    journal = TombstoneJournal(tmp_path / "journal")
    filled(storage)
    file = tmp_path / "backup"
    saved(storage, file)
    journal.add(made_sha256("a"), DAY)
    deleted(storage, "a")
    assert restore(other, file, journal)[1] == 3
    assert stored(other, made("a", WEEK + 9))[0].outcome == "gone"
    assert rollups(other) == rollups(storage)
    assert verified(other).agrees
    other.close()


def made_sha256(installation: str) -> str:
    from aggregation.storage.submissions import installation_sha256  # noqa: PLC0415

    return installation_sha256(installation)


def test_only_into_an_empty_database(storage: Database, tmp_path: Path) -> None:
    filled(storage)
    saved(storage, tmp_path / "backup")
    before = everything(storage)
    with pytest.raises(DatabaseError, match="not empty"):
        restore(storage, tmp_path / "backup", None)
    assert everything(storage) == before


def test_not_over_keys_that_were_made_since(storage: Database, other: Database, tmp_path: Path) -> None:
    filled(storage)
    saved(storage, tmp_path / "backup")
    migrate(other)
    with other.writing() as connection:
        keys.add_api_key(connection, KEY)
    with pytest.raises(DatabaseError, match="not empty"):
        restore(other, tmp_path / "backup", None)
    other.close()


def test_backup_is_there_whole_or_not_at_all(storage: Database, tmp_path: Path) -> None:
    filled(storage)
    target = tmp_path / "backup"
    saved(storage, target)
    first = target.read_bytes()
    with pytest.raises(OSError, match="backup"):
        saved(storage, tmp_path / "missing" / "backup")
    assert target.read_bytes() == first
    assert count(storage, SUBMISSIONS) == 5


def test_incomplete_backup_restores_nothing(storage: Database, other: Database, tmp_path: Path) -> None:
    filled(storage)
    target = tmp_path / "backup"
    saved(storage, target)
    target.write_bytes(target.read_bytes()[:-30])
    with pytest.raises(DatabaseError, match="backup is no backup, or not a whole one"):
        restore(other, target, None)
    assert count(other, SUBMISSIONS) == 0
    other.close()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no backup",
        gzip.compress(b""),
        gzip.compress(b"{"),
        gzip.compress(b"{}\n"),
        gzip.compress(b"[]\n"),
        gzip.compress(b"\xff\n"),
        gzip.compress(b'{"revision": "0001"}\n["nothing", {}]\n'),
        gzip.compress(b'{"revision": "0001"}\n["tombstones"]\n'),
        gzip.compress(b'{"revision": "0001"}\n')[:-12] + b"0" * 20,
    ],
)
def test_file_that_is_no_backup(other: Database, tmp_path: Path, content: bytes) -> None:
    source = tmp_path / "file"
    source.write_bytes(content)
    with pytest.raises(DatabaseError, match="file is no backup"):
        restore(other, source, None)
    other.close()


def test_journal_skips_what_a_power_cut_left(tmp_path: Path) -> None:
    journal = TombstoneJournal(tmp_path / "journal")
    assert list(journal.read()) == []
    journal.add("a" * 64, DAY)
    with (tmp_path / "journal").open("a") as file:
        file.write("b" * 20 + "\n")
    journal.add("c" * 64, DAY)
    assert list(journal.read()) == [("a" * 64, DAY), ("c" * 64, DAY)]
    assert stat.S_IMODE((tmp_path / "journal").stat().st_mode) == 0o600


def test_links_and_notes_come_back_and_nobody_is_signed_in(
    storage: Database, other: Database, tmp_path: Path
) -> None:
    filled(storage)
    link = LinkRow(sha256="1" * 64, name="team", page="homes", query="", ends=2**40)
    with storage.writing() as connection:
        begin_session(connection, "2" * 64, KEY.sha256, 0, 2**40)
        add_link(connection, link, KEY.sha256, 0)
        add_note(connection, WEEK, "a fair")
    saved(storage, file := tmp_path / "backup")
    restore(other, file, None)
    with other.reading() as connection:
        assert find_session(connection, "2" * 64, 1) is None
        assert links(connection, 1) == [link]
        assert [(note.week, note.text) for note in notes(connection)] == [(WEEK, "a fair")]
    other.close()
