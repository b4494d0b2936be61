"""Whatever happens in whatever order, however often it fails: in the end the mirror holds what is there."""

from collections.abc import Sequence
from pathlib import Path
import tempfile
from typing import Any

from clickhouse_connect.driver.client import Client
from hypothesis import HealthCheck, given, settings, strategies as st
import pytest

from aggregation.mirror.clickhouse import ClickHouse
from aggregation.mirror.worker import IDLE_SECONDS, Mirror
from aggregation.storage.engine import Database
from tests.databases import make_tables
from tests.made import fold_all
from tests.mirror.test_mirror import copied, copy_all, expected
from tests.proofs import tries
from tests.rollups.test_property import STEPS, do

FAILURES = st.sampled_from(["empty", "erase", "write", "after", None, None])
COPIES = st.tuples(st.just("copy"), FAILURES)


class Failing(ClickHouse):
    """Fails once, before or after something is done."""

    fails: str | None = None

    def _fail(self, name: str) -> None:
        if self.fails == name:
            self.fails = None
            raise ConnectionError

    def empty(self) -> None:
        self._fail("empty")
        super().empty()

    def erase(self, numbers: Sequence[int]) -> None:
        self._fail("erase")
        super().erase(numbers)

    def write(self, *arguments: Any) -> None:
        self._fail("write")
        super().write(*arguments)
        self._fail("after")


@pytest.mark.usefixtures("caplog")
@settings(max_examples=tries(10, fast=4, full=300), deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.one_of(STEPS, STEPS, COPIES), min_size=1, max_size=30))
def test_mirror_agrees(clickhouse_url: str, clickhouse: Client, steps: list[Sequence[Any]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "a.db")
        make_tables(path)
        database = Database(f"sqlite:///{path}", 1)
        target = Failing(clickhouse_url)
        mirror = Mirror(database, target)
        for step in steps:
            if step[0] == "copy":
                target.fails = step[1]
                mirror.step()
            else:
                do(database, step)
        target.fails = None
        fold_all(database)
        copy_all(mirror)
        assert mirror.step() == IDLE_SECONDS
        assert copied(clickhouse) == expected(database)
        mirror.stop()
        database.close()
