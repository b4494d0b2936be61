from datetime import date

from sqlalchemy import select

from aggregation.rollups.retention import Purged, Retention, purge
from aggregation.rollups.weeks import week_of_day
from aggregation.storage.engine import Database
from aggregation.storage.records import Report
from aggregation.storage.schema import DROPPED, PURGES, SUBMISSIONS
from tests.made import count, deleted, fold_all, folded, made, rollups, stored, verified

TODAY = date(2026, 11, 22)
WEEK = week_of_day(TODAY)


def purged(storage: Database, today: date = TODAY) -> Purged:
    with storage.writing() as connection:
        return purge(connection, Retention(), today)


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
