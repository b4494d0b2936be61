"""Rows of sums that are remembered."""

from msgspec.json import encode
import pytest
from sqlalchemy import delete, insert, update

from aggregation.analytics.question import Weeks
from aggregation.analytics.rows import Memory, Place, Week, told_of, values_of
from aggregation.analytics.sums import AT_ONCE, Sums
from aggregation.rollups.scopes import Scope
from aggregation.storage.engine import Database
from aggregation.storage.schema import ROLLUPS
from tests.made import WEEK

PLACE: Place = ("all", "", WEEK)


def text(homes: int) -> str:
    """Return a row as it is stored."""
    return encode({"active": {"": homes}}).decode()


def doubled(week: Week, measure: str) -> int:
    """Return something that is worked out from a row."""
    return 2 * values_of(week, measure)[""]


def test_a_row_is_the_same_until_its_text_differs() -> None:
    memory = Memory()
    row = memory.row(PLACE, text(1))
    assert memory.row(PLACE, text(1)) is row
    changed = memory.row(PLACE, text(2))
    assert (values_of(row, "active"), values_of(changed, "active")) == ({"": 1}, {"": 2})
    assert (told_of(row, doubled, "active"), told_of(changed, doubled, "active")) == (2, 4)


def test_rows_that_nobody_asks_for_are_forgotten() -> None:
    memory = Memory(most=3 * len(text(1)))
    rows = [memory.row(("all", "", week), text(1)) for week in range(20)]
    assert memory.row(("all", "", 19), text(1)) is rows[19]
    assert memory.row(("all", "", 0), text(1)) is not rows[0]


@pytest.mark.parametrize("homes", [2, None])
def test_what_has_changed_or_is_gone_is_told_at_once(storage: Database, homes: int | None) -> None:
    row = {"scope": Scope.ALL, "week": WEEK, "scope_value": "", "totals": text(1)}
    with storage.writing() as connection:
        connection.execute(insert(ROLLUPS), row)
    assert active(storage) == 1
    with storage.writing() as connection:
        connection.execute(update(ROLLUPS).values(totals=text(homes)) if homes else delete(ROLLUPS))
    assert active(storage) == (homes or 0)


def active(storage: Database) -> int:
    """Return the homes of the week."""
    with storage.reading() as connection:
        week = Sums(connection).weeks(Scope.ALL, "", Weeks(WEEK, WEEK))[WEEK]
        return values_of(week, "active").get("", 0)


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
