"""Fixtures: databases, the service on a new one, and a client of it."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

import httpx
import hypothesis
import pytest
from xdist.scheduler import LoadScopeScheduling

from aggregation.garbage import collect_rarely
from aggregation.limits import RateLimit
from aggregation.storage import engine, sqlite
from aggregation.storage.engine import Database
from aggregation.storage.migrate import migrate
from tests.databases import KINDS, SQLITE, created, database_url, make_tables
from tests.engines import sharing_engine
from tests.fields import sharing_adapter
from tests.made import RELEASED, known
from tests.postgres import postgres
from tests.proofs import tries
from tests.support import calling, live_server, settings_for, stay_clear_of_midnight

# How long an example takes says how busy the machine is.
hypothesis.settings.register_profile(
    "any machine",
    deadline=None,
    max_examples=tries(100, fast=20),
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("any machine")


_TOGETHER: Final = (
    "tests/alerts/test_alarms.py",
    "tests/analytics/test_one_truth.py",
    "tests/analytics/v1/test_endpoints.py",
    "tests/dashboard/test_experiments.py",
    "tests/dashboard/test_one_truth.py",
    "tests/deploy/test_containers.py",
    "tests/deploy/test_proxy.py",
    "tests/ingest/test_any_json.py",
    "tests/ingest/test_hostile.py",
    "tests/mails/",
    "tests/mirror/",
    "tests/public/",
)
"""Tests that share what takes long to make: one worker runs them, and makes it once."""


class _Scheduling(LoadScopeScheduling):  # type: ignore[misc]
    """Which tests go to the same worker; marks of groups are nothing to this version of pytest."""

    def _split_scope(self, nodeid: str) -> str:
        """Return what the test belongs to: those that share something, or nothing but itself."""
        return next((shared for shared in _TOGETHER if nodeid.startswith(shared)), nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> _Scheduling:
    """Give each worker tests in random order, but those that share something to one of them."""
    return _Scheduling(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that use a PostgreSQL, so that `-m programs` and `-m "not programs"` choose."""
    for item in items:
        parameters = getattr(getattr(item, "callspec", None), "params", {})
        if "postgresql" in parameters.values() or "postgres_server" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.programs)


@pytest.fixture(autouse=True, scope="module")
def _garbage() -> None:
    """Let the garbage collector pass over what earlier files left, and come as rarely as in the service."""
    collect_rarely()


@pytest.fixture(autouse=True, scope="session")
def _statements_are_compiled_once() -> Iterator[None]:
    """Let the engines of all tests share the statements that SQLAlchemy compiled."""
    with pytest.MonkeyPatch.context() as patch:
        for module in (engine, sqlite):
            patch.setattr(module, "create_engine", sharing_engine)
        yield


@pytest.fixture(autouse=True, scope="session")
def _fields_are_made_once() -> Iterator[None]:
    """Let the services of all tests share what pydantic made of the fields of their addresses."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("fastapi._compat.v2.TypeAdapter", sharing_adapter)
        yield


@pytest.fixture
def no_database(tmp_path: Path) -> Path:
    """Return where a database may be made."""
    return tmp_path / "aggregation.db"


@pytest.fixture
def database(no_database: Path) -> Path:
    """Give the file of a database with its tables."""
    make_tables(no_database)
    return no_database


@pytest.fixture
def same_day() -> None:
    """Begin after midnight (UTC) where the day is about to end: for what must begin and end on one day."""
    stay_clear_of_midnight(60)


@pytest.fixture
def still_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no time go by for limits: how many calls come in a minute says how busy the machine is."""
    defaults = RateLimit.__init__.__kwdefaults__
    assert defaults
    monkeypatch.setitem(defaults, "clock", lambda: 0.0)


@pytest.fixture
def client(database: Path) -> Iterator[httpx.Client]:
    """Give a client of a running service."""
    with live_server(settings_for(database)) as url, calling(url) as http:
        yield http


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """Give the URL of a PostgreSQL server of our own."""
    with postgres() as url:
        yield url


@pytest.fixture(scope="session")
def postgres_tables(postgres_server: str) -> Iterator[str]:
    """Give the URL of a PostgreSQL database with its tables, to be copied."""
    with created(postgres_server) as url:
        with closing(Database(url, 60)) as database:
            migrate(database)
        yield url


@pytest.fixture(params=KINDS)
def storage_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Give the URL of an empty database of each kind; with its tables, where a test uses `storage`."""
    kind, filled = str(request.param), "storage" in request.fixturenames
    server = request.getfixturevalue("postgres_server") if kind == "postgresql" else ""
    tables = request.getfixturevalue("postgres_tables") if server and filled else ""
    if kind == "sqlite" and filled:
        make_tables(tmp_path / SQLITE)
    with database_url(kind, tmp_path, server, tables) as url:
        yield url


@pytest.fixture
def storage(storage_url: str) -> Iterator[Database]:
    """Give an opened database of each kind, with its tables, that knows some versions."""
    opened = Database(storage_url, 60)
    migrate(opened)
    known(opened, *RELEASED)
    yield opened
    opened.close()


@pytest.fixture
def postgres_url(postgres_server: str, tmp_path: Path) -> Iterator[str]:
    """Give the URL of an empty PostgreSQL database."""
    with database_url("postgresql", tmp_path, postgres_server) as url:
        yield url
