"""Everything that is asked: all questions to the core, all of `/stats`, and what the first service asked.

A question is timed by what it is given: a database that it opens for itself, or a client of the service.
"""

from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import date, timedelta
from http.client import HTTPConnection
from pathlib import Path
import sys
from typing import NamedTuple

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "services" / "aggregation"))

from sqlalchemy import text  # noqa: E402

from aggregation.analytics.core import Core  # noqa: E402
from aggregation.analytics.question import ONLY_OF_ALL, VALUE, Filter, Question, Weeks  # noqa: E402
from aggregation.rollups.measures import Kind, Measure, Values  # noqa: E402
from aggregation.rollups.scopes import Scope  # noqa: E402
from aggregation.storage.engine import Database  # noqa: E402
from aggregation.weeks import week_of_day  # noqa: E402

WEEKS = 26
"""So many weeks are asked for, however many there are."""
ONCE_WEEKS = 5
DAYS = 30
MEASURE, FILTERED, ONCE, SPLIT = "a measure", "with a filter", "each home once", "split by homes"
STATS, ROWS = "`/stats` of the service", "of the first service"
STATISTICS = (
    "summary", "overview", "export", "installations", "deployment-modes", "versions", "geography",
    "printers", "features", "version-migration", "feature-trends", "errors", "anomalies",
)  # fmt: skip
_LAST = """
    JOIN (SELECT installation_id, max(id) AS last FROM submissions WHERE received_day >= :since
    GROUP BY installation_id) AS newest ON newest.last = submissions.id
"""
PEERS = {
    "installations": ("SELECT count(DISTINCT installation_id) FROM submissions", "installations"),
    "homes by day": (
        (
            "SELECT received_day, count(DISTINCT installation_id) FROM submissions"
            " WHERE received_day >= :since GROUP BY received_day"
        ),
        "installations",
    ),
    "versions": (f"SELECT app_version, count(*) FROM submissions {_LAST} GROUP BY app_version", "versions"),
    "deployments": (
        f"SELECT deployment_mode, count(*) FROM submissions {_LAST} GROUP BY deployment_mode",
        "deployment-modes",
    ),
    "errors": (
        (
            f"SELECT kind.key, sum(kind.value) FROM submissions {_LAST}, json_each(error_summary) AS kind"
            " GROUP BY kind.key"
        ),
        "errors",
    ),
}
"""What the first service asked of its rows, in SQL, and which of `/stats` tells the same."""


class Asked(NamedTuple):
    """One question: its kind, its name, and what asks it."""

    kind: str
    name: str
    ask: Callable[[], object]


def of_core(database: Database, today: date) -> Iterator[Asked]:
    """Yield every kind of question to the core about the weeks up to today."""
    for kind, name, question in _questions(week_of_day(today)):
        yield Asked(kind, name, lambda question=question: _answer(database, today, question))  # type: ignore[misc]


def _answer(database: Database, today: date, question: Question) -> object:
    """Ask with a connection and a core of its own, as for a request."""
    with database.reading() as connection:
        return Core(connection, today).ask(question)


def _questions(week: int) -> Iterator[tuple[str, str, Question]]:
    """Yield questions of every kind."""
    weeks, few = Weeks.up_to(week, WEEKS), Weeks.up_to(week, ONCE_WEEKS)
    germany = Filter(Scope.COUNTRY, "DE")
    for measure in Measure:
        declared = measure.declared
        split = None if declared.values is Values.NONE else VALUE
        yield MEASURE, measure, Question(measure=measure, weeks=weeks, split=split)
        if measure in ONLY_OF_ALL:
            continue
        yield FILTERED, measure, Question(measure=measure, weeks=weeks, split=split, filter=germany)
        if declared.kind is Kind.HOMES:
            yield ONCE, measure, Question(measure=measure, weeks=few, split=split, once=True)
    for scope in Scope:
        if scope is not Scope.RECEIVED:
            yield SPLIT, scope, Question(measure=Measure.ERROR_HOMES, weeks=weeks, split=scope)


def of_service(port: int, key: str) -> Iterator[Asked]:
    """Yield every one of `/stats`, each over a connection of its own."""

    def ask(path: str) -> None:
        """Ask, and read all of the answer."""
        with closing(HTTPConnection("127.0.0.1", port, timeout=300)) as connection:
            connection.request("GET", f"/stats/{path}", headers={"X-API-Key": key})
            answer = connection.getresponse()
            body = answer.read()
        assert answer.status == 200, (path, body)  # noqa: PLR2004

    paths = [*STATISTICS, f"activity?weeks={WEEKS}"]
    paths += [f"weekly?metric={measure}&weeks={WEEKS}" for measure in Measure]
    paths.append(f"weekly?metric=errors&scope=country&scope_value=DE&weeks={WEEKS}")
    for path in paths:
        yield Asked(STATS, path, lambda path=path: ask(path))  # type: ignore[misc]


def of_rows(database: Database, today: date) -> Iterator[Asked]:
    """Yield what the first service asked of its rows."""
    since = {"since": str(today - timedelta(days=DAYS))}

    def ask(sql: str) -> object:
        """Ask the rows."""
        with database.reading() as connection:
            return connection.execute(text(sql), since if ":since" in sql else {}).all()

    for name, (sql, _) in PEERS.items():
        yield Asked(ROWS, name, lambda sql=sql: ask(sql))  # type: ignore[misc]
