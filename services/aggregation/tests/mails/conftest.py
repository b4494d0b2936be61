"""A database whose weeks were judged, and people who want mails about them."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
import shutil
from typing import Any

import pytest
from sqlalchemy import Table, select

from aggregation.insight.history import work_through
from aggregation.mails.recipients import Wish, ask, confirm
from aggregation.storage.engine import Database
from aggregation.storage.migrate import opened
from tests.alerts.world import LAST, NOW, fill
from tests.inbox import Inbox, mail_server

BASE = "https://stats.example.org"
JUDGED = 8
"""So many weeks are judged."""


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
def server(inbox: Inbox, tmp_path: Path) -> Iterator[dict[str, Any]]:
    """Give the settings for a mail server that wants STARTTLS and a login."""
    with mail_server(inbox, tmp_path) as settings:
        yield settings


@pytest.fixture(scope="session")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a database of a year of homes of which many fell silent in the last week that was judged."""
    path = tmp_path_factory.mktemp("mails") / "judged.db"
    with closing(opened(f"sqlite:///{path}", 5.0)) as found:
        fill(found, weeks=60, again=0.5)
        assert work_through(found, NOW, JUDGED)
    return path


@pytest.fixture
def world(judged: Path, database: Path) -> Iterator[Database]:
    """Give that database, to be changed."""
    shutil.copy(judged, database)
    with closing(Database(f"sqlite:///{database}", 5.0)) as found:
        yield found


def reader(
    database: Database,
    address: str,
    *,
    language: str = "en",
    weekly: bool = True,
    monthly: bool = True,
    alarms: bool = False,
    confirmed: datetime | None = datetime(2020, 1, 1, tzinfo=UTC),
) -> None:
    """Have somebody ask for mails, and confirm it unless told otherwise."""
    now = int((confirmed or datetime(2020, 1, 1, tzinfo=UTC)).timestamp())
    with database.writing() as connection:
        wish = Wish(language=language, weekly=weekly, monthly=monthly, alarms=alarms)
        assert ask(connection, address, wish, address, now)
        if confirmed:
            assert confirm(connection, address, now)


def rows(database: Database, table: Table) -> list[Any]:
    """Return all rows of a table."""
    with database.reading() as connection:
        return list(connection.execute(select(table)))


WEEK = LAST
