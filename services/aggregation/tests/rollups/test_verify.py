from sqlalchemy import delete, update

from aggregation.rollups.rebuild import Rebuild
from aggregation.rollups.totals import RollupKey, with_changes
from aggregation.storage.engine import Database
from aggregation.storage.schema import LIFETIME, ROLLUPS, SUBMISSIONS
from tests.made import WEEK, folded, made, sums, verified


def changed(storage: Database, totals: dict[str, int]) -> None:
    here = (ROLLUPS.c.scope == "all", ROLLUPS.c.week == WEEK)
    with storage.writing() as connection:
        connection.execute(update(ROLLUPS).where(*here).values(totals=with_changes(None, totals)))


def test_wrong_sums_are_named(storage: Database) -> None:
    folded(storage, made("a"))
    right = dict(sums(storage))
    changed(storage, right | {"active:": 2, "errors:store_error": 1})
    found = verified(storage)
    key = RollupKey("all", WEEK, "")
    assert found.wrong == ((key, "active:"), (key, "errors:store_error"))
    assert not found.agrees
    changed(storage, right)
    assert verified(storage).agrees


def test_missing_and_left_over_rows_are_named(storage: Database) -> None:
    folded(storage, made("a"))
    with storage.writing() as connection:
        connection.execute(delete(ROLLUPS).where(ROLLUPS.c.scope == "country"))
    found = verified(storage).wrong
    assert {key for key, _ in found} == {("country", WEEK, "DE")}
    with storage.writing() as connection:
        connection.execute(delete(SUBMISSIONS))
    assert len({key for key, _ in verified(storage).wrong}) == 14


def test_wrong_facts_are_counted(storage: Database) -> None:
    folded(storage, made("a"), made("a", WEEK + 1))
    with storage.writing() as connection:
        connection.execute(update(SUBMISSIONS).where(SUBMISSIONS.c.week == WEEK + 1).values(age_bucket="9"))
    assert verified(storage).wrong_facts == 1


def test_a_wrong_count_of_what_there_has_been_is_named_and_rebuilt(storage: Database) -> None:
    folded(storage, made("a"), made("b"))
    with storage.writing() as connection:
        connection.execute(update(LIFETIME).where(LIFETIME.c.measure == "received").values(total=7))
    assert verified(storage).wrong == ((("lifetime", 0, ""), "received"),)
    Rebuild(storage).run()
    assert verified(storage).agrees
