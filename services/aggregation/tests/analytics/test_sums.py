"""Reading single measures of rows of sums."""

from msgspec.json import decode, encode
import pytest
from sqlalchemy import insert, select

from aggregation.analytics.question import Weeks
from aggregation.analytics.sums import Sums
from aggregation.rollups.scopes import Scope
from aggregation.storage.engine import Database
from aggregation.storage.schema import ROLLUPS
from tests.made import WEEK, folded, made

ROW: dict[str, dict[str, int]] = {
    "consent": {"active": 4, "errors": 1, 'a "quoted":{': 5},
    "country": {"a } brace": 2, "{": 3},
    "active": {"": 9},
    "errors": {},
}


@pytest.mark.parametrize("measure", [*ROW, "platform"])
def test_a_measure_is_found_by_its_name_whatever_its_values_are_called(
    storage: Database, measure: str
) -> None:
    row = {"scope": Scope.GAP, "week": WEEK, "scope_value": "1", "totals": encode(ROW).decode()}
    with storage.writing() as connection:
        connection.execute(insert(ROLLUPS), row)
    with storage.reading() as connection:
        found = Sums(connection).scope(Scope.GAP, Weeks(WEEK, WEEK))["1"][WEEK]
        assert found[measure] == ROW.get(measure, {})


def test_rows_are_stored_as_they_are_read(storage: Database) -> None:
    folded(storage, made("a", error_summary={"print_failed": 2}), made("b"))
    with storage.reading() as connection:
        for text in connection.scalars(select(ROLLUPS.c.totals)):
            assert encode(decode(text)).decode() == text
