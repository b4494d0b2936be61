"""Rows of sums that are remembered."""

from collections.abc import Callable, Mapping

from msgspec.json import encode
import pytest
from sqlalchemy import insert, update

from aggregation.analytics.question import Weeks
from aggregation.analytics.rows import Memory, Place, Row, Week, told_of, values_of
from aggregation.analytics.sums import AT_ONCE, Sums
from aggregation.rollups.fold import fold
from aggregation.rollups.scopes import Scope
from aggregation.storage.engine import Database
from aggregation.storage.schema import ROLLUPS
from tests.made import WEEK, deleted, folded, made, stored

PLACE: Place = ("all", "", WEEK)


def text(homes: int) -> str:
    """Return a row as it is stored."""
    return encode({"active": {"": homes}}).decode()


def doubled(week: Week, measure: str) -> int:
    """Return something that is worked out from a row."""
    return 2 * values_of(week, measure)[""]


def of_value(sums: Sums) -> Mapping[int, Week]:
    """Return two weeks of the homes of a country."""
    return sums.weeks(Scope.COUNTRY, "DE", WEEKS)


def of_several(sums: Sums) -> Mapping[int, Week]:
    """Return the same, read beside others."""
    sums.read(Scope.COUNTRY, {"AT": WEEKS, "DE": WEEKS})
    return sums.weeks(Scope.COUNTRY, "DE", WEEKS)


def of_scope(sums: Sums) -> Mapping[int, Week]:
    """Return the same from those of all countries."""
    return sums.scope(Scope.COUNTRY, WEEKS)["DE"]


WEEKS = Weeks(WEEK, WEEK + 1)
ALL_WAYS = pytest.mark.parametrize("way", [of_value, of_several, of_scope])
type Way = Callable[[Sums], Mapping[int, Week]]


def read(storage: Database, way: Way) -> Mapping[int, Week]:
    """Return two weeks as they are now."""
    with storage.reading() as connection:
        return way(Sums(connection))


def homes(weeks: Mapping[int, Week]) -> list[int]:
    """Return the homes of two weeks."""
    return [values_of(weeks[week], "active").get("", 0) for week in WEEKS]


def test_what_is_worked_out_from_a_row_is_told_again() -> None:
    row = Row(text(2))
    assert told_of(row, doubled, "active") == told_of(row, doubled, "active") == 4
    assert told_of({"active": {"": 3}}, doubled, "active") == 6


def test_what_was_read_is_remembered_under_its_state() -> None:
    memory = Memory[str](1000)
    memory.keep(PLACE, 1, "one", 3)
    assert (memory.find(PLACE, 1), memory.find(PLACE, 2)) == ("one", None)
    memory.keep(PLACE, 2, "two", 3)
    assert (memory.find(PLACE, 1), memory.find(PLACE, 2)) == (None, "two")


def test_without_a_state_nothing_is_remembered() -> None:
    memory = Memory[str](1000)
    memory.keep(PLACE, None, "one", 3)
    assert memory.find(PLACE, None) is None


def test_what_nobody_asks_for_is_forgotten() -> None:
    memory = Memory[int](1000)
    for week in range(40):
        memory.keep(("all", week), 1, week, 0)
        assert memory.find(("all", 0), 1) == 0
    assert [memory.find(("all", week), 1) for week in (0, 1, 39)] == [0, None, 39]


@ALL_WAYS
def test_only_weeks_that_have_changed_are_read_again(storage: Database, way: Way) -> None:
    folded(storage, made("a", WEEK), made("b", WEEK + 1))
    before = read(storage, way)
    folded(storage, made("c", WEEK + 1))
    with storage.writing() as connection:  # past all that tells of changes
        connection.execute(update(ROLLUPS).where(ROLLUPS.c.week == WEEK).values(totals=text(9)))
    after = read(storage, way)
    assert (homes(before), homes(after)) == ([1, 1], [1, 2])
    assert after[WEEK] is before[WEEK]


@ALL_WAYS
def test_what_was_deleted_is_not_remembered(storage: Database, way: Way) -> None:
    folded(storage, made("a", WEEK), made("b", WEEK), made("b", WEEK + 1))
    assert homes(read(storage, way)) == [2, 1]
    deleted(storage, "b")
    assert homes(read(storage, way)) == [1, 0]


@ALL_WAYS
def test_what_was_taken_back_is_not_remembered(storage: Database, way: Way) -> None:
    folded(storage, made("a", WEEK))
    stored(storage, made("b", WEEK))
    with storage.writing() as connection:
        fold(connection, 10)
        assert homes(way(Sums(connection))) == [2, 0]
        connection.rollback()
    assert homes(read(storage, way)) == [1, 0]


@ALL_WAYS
def test_weeks_without_a_state_are_read_each_time(storage: Database, way: Way) -> None:
    row = {"scope": Scope.COUNTRY, "week": WEEK, "scope_value": "DE", "totals": text(1)}
    with storage.writing() as connection:
        connection.execute(insert(ROLLUPS), row)
    assert homes(read(storage, way)) == [1, 0]
    with storage.writing() as connection:
        connection.execute(update(ROLLUPS).values(totals=text(2)))
    assert homes(read(storage, way)) == [2, 0]


def test_weeks_that_are_read_at_once_are_those_that_are_read_one_by_one(storage: Database) -> None:
    spans = {f"2.{number}.0": Weeks(WEEK + number, WEEK + number + 2) for number in range(AT_ONCE + 3)}
    rows = [
        {"scope": Scope.APP_VERSION, "week": week, "scope_value": value, "totals": text(week + len(value))}
        for value in spans
        for week in range(WEEK, WEEK + 30, 2)
    ]
    with storage.writing() as connection:
        connection.execute(insert(ROLLUPS), rows)
    with storage.reading() as connection:
        together, apart = Sums(connection), Sums(connection)
        together.read(Scope.APP_VERSION, spans)
        for value, weeks in spans.items():
            found = together.weeks(Scope.APP_VERSION, value, weeks)
            assert found == apart.weeks(Scope.APP_VERSION, value, weeks)
            assert [week for week, sums in found.items() if sums] == [w for w in weeks if (w - WEEK) % 2 == 0]
