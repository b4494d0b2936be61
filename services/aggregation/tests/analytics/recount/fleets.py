"""Databases with the fleet: simulated once for each kind of database, and copied for each test."""

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
import os
from pathlib import Path
import shutil

from aggregation.fleet.loading import load
from aggregation.storage.migrate import opened
from tests.analytics.recount.plans import PLAN
from tests.databases import created, database_url
from tests.proofs import FULL_PROOFS

PROCESSES = (os.process_cpu_count() or 1) if FULL_PROOFS else 1


class Fleets:
    """The originals, which nobody changes."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        """Take where those of SQLite are, and what ends with the tests."""
        self._folder = folder
        self._stack = stack
        self._urls: dict[str, str] = {}

    @contextmanager
    def copied(self, kind: str, folder: Path, server: str) -> Iterator[str]:
        """Give the URL of a database of a kind with the fleet; `server` is that of a PostgreSQL."""
        if kind == "sqlite":
            path = folder / "copied.db"
            shutil.copy(self._original(kind, server).removeprefix("sqlite:///"), path)
            yield f"sqlite:///{path}"
        elif kind == "postgresql":
            with created(server, self._original(kind, server)) as url:
                yield url
        else:
            with database_url(kind, folder, server) as url:
                _fill(url)
                yield url

    def _original(self, kind: str, server: str) -> str:
        """Return the URL of the database that is copied, made when it is asked for first."""
        if kind not in self._urls:
            url = self._stack.enter_context(database_url(kind, self._folder, server))
            _fill(url)
            self._urls[kind] = url
        return self._urls[kind]


def _fill(url: str) -> None:
    """Simulate the fleet into a database."""
    with closing(opened(url, 30.0)) as database:
        load(database, PLAN, processes=PROCESSES)
