"""A service that has published the numbers of simulated homes."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
import shutil

import pytest

from aggregation.fleet.loading import load
from aggregation.fleet.plan import Plan
from aggregation.insight.schedule import schedule
from aggregation.insight.worker import Worker
from aggregation.public.noise import Noise, discrete_laplace
from aggregation.storage.engine import Database
from aggregation.storage.migrate import opened
from aggregation.weeks import week_of_day
from tests.proofs import tries

UNTIL = date(2026, 6, 8)
NOW = datetime(2026, 6, 9, 9, tzinfo=UTC)
"""The week 22 has settled."""
WEEK = week_of_day(date(2026, 5, 25))


@pytest.fixture(scope="session")
def fleet_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a database of some hundred homes over half a year, or some weeks."""
    return fill(tmp_path_factory.mktemp("public") / "fleet.db", weeks=tries(28, fast=5), made_up=0.0)


def fill(path: Path, *, homes: int = 900, weeks: int, made_up: float) -> Path:
    """Fill a new database; made-up homes come in the last weeks."""
    plan = Plan(
        homes=homes,
        weeks=weeks,
        until=UNTIL,
        seed=5,
        from_the_beginning=0.9,
        leaving=0.05,
        made_up=made_up,
    )
    with closing(opened(f"sqlite:///{path}", 5.0)) as database:
        load(database, plan)
    return path


@pytest.fixture
def fleet(fleet_file: Path, database: Path) -> Iterator[Database]:
    """Give the database, to be changed."""
    shutil.copy(fleet_file, database)
    with closing(opened(f"sqlite:///{database}", 5.0)) as found:
        yield found


def work(database: Database, weeks_later: int = 0, noise: Noise | None = None) -> bool:
    """Do all that is due some weeks later."""
    now = NOW + timedelta(weeks=weeks_later)
    jobs = schedule((), noise or discrete_laplace())
    return Worker(database, jobs, {}, lambda: now).once()
