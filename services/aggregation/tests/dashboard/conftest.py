"""The dashboard of a service with some homes, and somebody who is signed in."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import pytest

from aggregation.dashboard.sessions import Sessions
from aggregation.keys import new_api_key
from aggregation.storage.engine import Database
from aggregation.storage.keys import add_api_key
from aggregation.storage.records import KeyScope
from aggregation.weeks import week_of_day
from tests.databases import make_tables
from tests.made import RELEASED, folded, known, made
from tests.support import calling, live_server, settings_for, stay_in_one_week

SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture(autouse=True)
def _within_a_week(request: pytest.FixtureRequest) -> None:
    """Let each test of weeks begin and end in one: what the pages say of them depends on today's."""
    if "week" in request.fixturenames:
        stay_in_one_week(60)


@pytest.fixture(scope="module")
def week() -> int:
    """Return the newest week that is complete today, and until the tests of this file are over."""
    stay_in_one_week(120)
    return week_of_day(datetime.now(UTC).date()) - 2


@contextmanager
def opened(path: Path) -> Iterator[Database]:
    """Give the database at a path."""
    with closing(Database(f"sqlite:///{path}", 5)) as database:
        yield database


def make_key(path: Path, scope: KeyScope, name: str = "") -> str:
    """Add a key to a database and return it."""
    text, row = new_api_key(name or f"a-{scope}-key", scope)
    with opened(path) as database, database.writing() as connection:
        add_api_key(connection, row)
    return text


def make_homes(path: Path, week: int) -> None:
    """Make a database with six homes of two weeks, or write them over one without."""
    make_tables(path)
    path.write_bytes(_six_homes(week))


@cache
def _six_homes(week: int) -> bytes:
    """Return the file of such a database."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "homes.db")
        make_tables(path)
        _fill(path, week)
        return path.read_bytes()


def _fill(path: Path, week: int) -> None:
    with opened(path) as there:
        known(there, *RELEASED)
        countries = ("DE", "DE", "DE", "US", "US", "FR")
        for number, country in enumerate(countries):
            columns: dict[str, Any] = {"country_code": country, "error_summary": {}}
            mode = "docker" if number < 4 else "homeassistant"
            reports = [made(f"home-{number}", at, deployment_mode=mode, **columns) for at in (week - 1, week)]
            folded(there, *(reports if number else reports[1:]))


@pytest.fixture
def stranger(database: Path, week: int) -> Iterator[httpx.Client]:
    """Give a client that is not signed in."""
    make_homes(database, week)
    with live_server(settings_for(database)) as url, calling(url, headers=SAME_ORIGIN) as http:
        yield http


@pytest.fixture
def reader(stranger: httpx.Client, database: Path) -> httpx.Client:
    """Give a client that is signed in with a read key."""
    return signed_in(stranger, make_key(database, KeyScope.READ))


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory, week: int) -> Path:
    """Make a database that no test changes."""
    path = tmp_path_factory.mktemp("looking") / "aggregation.db"
    make_homes(path, week)
    return path


@pytest.fixture(scope="module")
def reading_key(shown: Path) -> str:
    """Give a key that may read it."""
    return make_key(shown, KeyScope.READ)


@pytest.fixture(scope="module")
def looking(shown: Path, reading_key: str) -> Iterator[httpx.Client]:
    """Give a client that is signed in, to tests that change nothing: they share a service."""
    with live_server(settings_for(shown)) as url, calling(url, headers=SAME_ORIGIN) as http:
        yield signed_in(http, reading_key)


def signed_in(client: httpx.Client, key: str) -> httpx.Client:
    """Sign a client in."""
    answer = client.post("/dashboard/login", data={"key": key})
    assert answer.status_code == 303, answer.text
    return client


@pytest.fixture
def sessions(storage: Database) -> Sessions:
    """Give the sessions of an empty database of each kind."""
    return Sessions(storage.reading, storage.writing)
