from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
import random
import tempfile
from threading import Thread
from typing import Any

from hypothesis import HealthCheck, given, settings, strategies as st
from msgspec.json import encode
import pytest
from sqlalchemy import Connection, delete, select, update

from aggregation.rollups.fold import fold
from aggregation.rollups.rebuild import Rebuild, Rebuilt
from aggregation.rollups.retention import purge
from aggregation.storage.engine import Database
from aggregation.storage.records import Retention
from aggregation.storage.schema import ROLLUPS, SUBMISSIONS
from aggregation.weeks import monday
from tests.databases import make_tables
from tests.made import WEEK, deleted, fold_all, folded, known, made, rollups, stored, verified
from tests.proofs import tries
from tests.rollups.test_fold import FULL


def filled(database: Database) -> None:
    for number in range(4):
        version = f"2.{number}.0"
        folded(
            database, made("a", WEEK + number, **FULL | {"app_version": version}), made("b", WEEK + number)
        )
        folded(database, made(week=WEEK + number, protocol="2.0", is_apart=number == 2 or None))
    stored(database, made("c"))


def damaged(connection: Connection, seed: int) -> None:
    """Change, remove and invent sums."""
    chance = random.Random(seed)
    for row in connection.execute(select(ROLLUPS)).all():
        here = (
            ROLLUPS.c.scope == row.scope,
            ROLLUPS.c.week == row.week,
            ROLLUPS.c.scope_value == row.scope_value,
        )
        match chance.randrange(4):
            case 0:
                connection.execute(delete(ROLLUPS).where(*here))
            case 1:
                totals = {"active": {"": chance.randint(1, 9)}, "received": {"1": 7}, "invented": {"": 1}}
                connection.execute(update(ROLLUPS).where(*here).values(totals=encode(totals).decode()))


def test_nothing_is_wrong_and_nothing_changes(storage: Database) -> None:
    filled(storage)
    Rebuild(storage).count_anew()
    before = rollups(storage)
    assert Rebuild(storage).run() == Rebuilt(submissions=0, sums=0)
    assert rollups(storage) == before


@pytest.mark.parametrize("seed", range(3))
def test_whatever_happened_to_the_sums_they_are_as_before(storage: Database, seed: int) -> None:
    filled(storage)
    before = rollups(storage)
    with storage.writing() as connection:
        damaged(connection, seed)
    assert rollups(storage) != before
    Rebuild(storage).run()
    assert rollups(storage) == before
    assert verified(storage).agrees


def test_facts_of_rows_are_rebuilt_too(storage: Database) -> None:
    filled(storage)
    before = rollups(storage)
    wrong = {"previous_app_version": "0.0", "weeks_since_previous_report": "9", "app_version_as": "other"}
    with storage.writing() as connection:
        here = (SUBMISSIONS.c.week == WEEK + 1, SUBMISSIONS.c.protocol == "1.0")
        connection.execute(update(SUBMISSIONS).where(*here).values(wrong))
    assert verified(storage).wrong_facts == 2
    Rebuild(storage).run()
    assert rollups(storage) == before
    assert verified(storage).agrees


class _EndedError(Exception):
    """The process was killed."""


@pytest.mark.parametrize("pieces", range(8))
def test_rebuild_that_was_ended_is_done_again(
    storage: Database, monkeypatch: pytest.MonkeyPatch, pieces: int
) -> None:
    """Whenever it ends, each piece is done or not."""
    filled(storage)
    before = rollups(storage)
    with storage.writing() as connection:
        damaged(connection, 7)
    writing, left = storage.writing, [pieces]

    @contextmanager
    def killed() -> Iterator[Connection]:
        with writing() as connection:
            yield connection
            if not left[0]:
                raise _EndedError
            left[0] -= 1

    monkeypatch.setattr(storage, "writing", killed)
    with suppress(_EndedError):
        Rebuild(storage).run()
    monkeypatch.undo()
    Rebuild(storage).run()
    assert rollups(storage) == before


def test_what_came_and_went_meanwhile_is_in_the_sums(
    storage: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the recount of a week and the correction reports are folded and deleted."""
    filled(storage)
    with storage.writing() as connection:
        damaged(connection, 3)
    correct, turns = Rebuild._correct, iter(range(100))

    def meanwhile(self: Rebuild, piece: Any) -> bool:
        turn = next(turns)
        folded(storage, made(f"new{turn}", piece.week, **FULL), made("a", piece.week - 7))
        deleted(storage, f"new{turn - 2}")
        return correct(self, piece)

    monkeypatch.setattr(Rebuild, "_correct", meanwhile)
    Rebuild(storage).run()
    assert next(turns) > 4
    assert verified(storage).agrees


def test_two_rebuilds_at_once_correct_once(storage: Database) -> None:
    filled(storage)
    before = rollups(storage)
    with storage.writing() as connection:
        damaged(connection, 5)
    threads = [Thread(target=Rebuild(storage).run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert rollups(storage) == before


def test_sums_of_purged_reports_stay(storage: Database) -> None:
    filled(storage)
    folded(storage, made(week=WEEK + 6))
    before = rollups(storage)
    assert purge(storage, Retention(raw_days=31, id_days=31), monday(WEEK + 7)).raw > 0
    Rebuild(storage).run()
    assert rollups(storage) == before


HOMES = st.tuples(st.sampled_from("abc"), st.integers(WEEK, WEEK + 5), st.sampled_from(["1.0", "2.0", "3.0"]))


@settings(
    max_examples=tries(20, fast=6, full=300), deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
@given(st.lists(HOMES, min_size=1, max_size=12), st.integers(0, 1000), st.sampled_from(["1.0", "2.0"]))
def test_any_damage_is_mended(homes: list[tuple[str, int, str]], seed: int, version: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "a.db")
        make_tables(path)
        database = Database(f"sqlite:///{path}", 1)
        stored(database, *(made(name, week, app_version=number) for name, week, number in homes))
        with database.writing() as connection:
            fold(connection, len(homes) // 2 + 1)
        known(database, version)
        with database.writing() as connection:
            damaged(connection, seed)
        Rebuild(database).run()
        assert verified(database).agrees
        fold_all(database)
        found = verified(database)
        database.close()
        assert found.agrees, found
