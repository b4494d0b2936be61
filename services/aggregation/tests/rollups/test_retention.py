from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import select

from aggregation.rollups.fold import put_aside, take_back
from aggregation.rollups.retention import Purged, purge, purging
from aggregation.storage.engine import Database
from aggregation.storage.migrate import opened
from aggregation.storage.records import Report, Retention
from aggregation.storage.schema import DROPPED, PENDING, PURGES, SUBMISSIONS
from aggregation.weeks import week_of_day
from tests.made import count, deleted, fold_all, folded, made, rollups, stored, verified

TODAY = date(2026, 11, 22)
WEEK = week_of_day(TODAY)


def purged(storage: Database, today: date = TODAY) -> Purged:
    return purge(storage, Retention(), today)


def newest() -> Report:
    """A report of the last week, which supports that it is today."""
    return made("newest", WEEK - 1)


def ids(storage: Database) -> list[str]:
    with storage.reading() as connection:
        return list(connection.scalars(select(SUBMISSIONS.c.installation_id).order_by(SUBMISSIONS.c.week)))


def test_ids_go_first(storage: Database) -> None:
    weeks = [WEEK - 100, WEEK - 70, WEEK - 57, WEEK - 56, WEEK - 1]
    folded(storage, *(made("a", week) for week in weeks))
    folded(storage, made("a", WEEK - 70, days=(5, 7), content="second of the week"))
    before = rollups(storage)
    assert purged(storage) == Purged(raw=0, ids=4)
    found = ids(storage)
    assert found[-2:] == ["a", "a"]
    assert all(name.startswith(DROPPED) for name in found[:4])
    assert found[1] == found[2]
    assert len(set(found)) == 4
    assert rollups(storage) == before
    assert verified(storage).agrees
    assert purged(storage) == Purged(raw=0, ids=0)


def test_what_is_known_of_an_installation_outlives_its_past(storage: Database) -> None:
    folded(storage, *(made("a", week) for week in (WEEK - 60, WEEK - 57, WEEK - 50)), newest())
    purged(storage)
    folded(storage, made("a", WEEK - 49), made("a", WEEK - 51))
    assert verified(storage).agrees


def test_rows_go_later_and_the_rollups_stay(storage: Database) -> None:
    late = made("b", WEEK - 110, received=TODAY)
    folded(storage, made("a", WEEK - 110), late, made("a", WEEK - 106), made("c", WEEK - 1))
    before = rollups(storage)
    assert purged(storage).raw == 2
    assert count(storage, SUBMISSIONS) == 2
    assert rollups(storage) == before
    assert verified(storage).agrees
    with storage.reading() as connection:
        audit = connection.execute(select(PURGES.c.kind, PURGES.c.day, PURGES.c.row_count)).all()
    assert sorted(map(tuple, audit)) == [("ids", TODAY, 3), ("raw", TODAY, 2), ("support", TODAY, 0)]


def test_what_waits_stays(storage: Database) -> None:
    stored(storage, made("a", WEEK - 200), newest())
    assert purged(storage) == Purged(raw=0, ids=0)
    fold_all(storage)
    assert purged(storage) == Purged(raw=1, ids=1)


def test_deletion_finds_what_still_has_its_id(storage: Database) -> None:
    folded(storage, made("a", WEEK - 80), made("a", WEEK - 1))
    purged(storage)
    assert deleted(storage, "a") == 1
    assert count(storage, SUBMISSIONS) == 1
    assert verified(storage).agrees


def pieces(storage: Database, size: int = 2) -> Iterator[Purged]:
    return purging(storage, Retention(), TODAY, lambda: size)


def test_each_piece_is_small_and_together_they_are_all(storage: Database) -> None:
    old = [made(f"{name}", WEEK - 70, days=days) for name in "abcde" for days in ((0, 4), (4, 7))]
    folded(storage, *old, *(made(name, WEEK - 110) for name in "abcde"), newest())
    before = rollups(storage)
    done = list(pieces(storage))
    assert [piece.ids for piece in done if piece.ids] == [2, 2, 1, 4, 4, 2]
    assert [piece.raw for piece in done if piece.raw] == [2, 2, 1]
    assert sum(done, Purged()) == Purged(raw=5, ids=15)
    assert rollups(storage) == before
    assert verified(storage).agrees
    with storage.reading() as connection:
        audit = connection.execute(select(PURGES.c.kind, PURGES.c.row_count)).all()
    assert sorted(map(tuple, audit)) == [("ids", 15), ("raw", 5), ("support", 0)]


@pytest.mark.parametrize("done", range(10))
def test_purge_that_ends_anywhere_is_finished_by_the_next(storage: Database, done: int) -> None:
    reports = [made(f"{name}", WEEK - weeks) for name in "abc" for weeks in (110, 70, 57, 1)]
    folded(storage, *reports, newest())
    before = rollups(storage)
    for _, _ in zip(range(done), pieces(storage), strict=False):
        assert verified(storage).agrees
    assert deleted(storage, "b") in {1, 2, 3, 4}
    assert verified(storage).agrees
    purged(storage)
    assert verified(storage).agrees
    assert {name for name in ids(storage) if not name.startswith(DROPPED)} == {"a", "c", "newest"}
    assert set(rollups(storage)) == set(before)


def test_reports_that_come_between_pieces_are_counted(storage: Database) -> None:
    folded(storage, *(made(name, WEEK - 57) for name in "abcd"), newest())
    run = pieces(storage)
    next(run)
    next(run)
    stored(storage, made("d", WEEK - 57, days=(3, 7), content="late"))
    assert sum(run, Purged()).ids == 1
    fold_all(storage)
    assert verified(storage).agrees
    assert purged(storage).ids == 2
    assert verified(storage).agrees


def test_pieces_read_one_week_of_the_index_whatever_else_is_stored(database: Path) -> None:
    opened_database = opened(f"sqlite:///{database}", 5)
    folded(opened_database, *(made(name, WEEK - 70) for name in "abc"), newest())
    with opened_database.writing() as connection:
        plans = [
            row[3]
            for row in connection.exec_driver_sql(
                "EXPLAIN QUERY PLAN UPDATE submissions SET installation_id = 'x'"
                " WHERE week = 1 AND installation_id = 'a'"
            )
        ]
    opened_database.close()
    assert plans == [
        "SEARCH submissions USING INDEX ix_submissions_week_installation_id (week=? AND installation_id=?)"
    ]


def test_what_was_put_aside_is_not_kept_longer_than_the_rest(storage: Database) -> None:
    stored(storage, made("a", WEEK - 60), made("b", WEEK - 120), newest())
    for _ in range(2):
        with storage.writing() as connection:
            put_aside(connection, "LookupError")
    fold_all(storage)
    assert purged(storage) == Purged(raw=1, ids=2)
    assert [name[: len(DROPPED)] for name in ids(storage)] == [DROPPED, "newest"]
    assert count(storage, PENDING) == 1
    assert verified(storage).agrees
    with storage.writing() as connection:
        assert take_back(connection) == 1
    fold_all(storage)
    assert verified(storage).agrees
