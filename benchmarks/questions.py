"""Measure every question to the sums at several sizes and lengths of history, beside the same asked of rows.

    benchmarks/run questions [--reports 100000] [--more 0] [--weeks 26 260] [--rounds 20] [--cpu]

Each database holds a simulated fleet. All questions are about the last 26 weeks, so that a longer history
should cost nothing. A round is a new connection and a new core, as for a request. The peer does what the
first service did: it asks the rows of reports, with SQL
on the same database. Exits with 1 when a p95 is above its
target.
"""

import argparse
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
import os
from pathlib import Path
import sys
import tempfile
import time

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "services" / "aggregation"))

from sqlalchemy import Connection, text  # noqa: E402

from aggregation.analytics.core import Core  # noqa: E402
from aggregation.analytics.question import VALUE, Filter, Question, Weeks  # noqa: E402
from aggregation.analytics.sums import by_measure  # noqa: E402
from aggregation.analytics.v1.series import activity  # noqa: E402
from aggregation.analytics.v1.stats import Stats  # noqa: E402
from aggregation.fleet.loading import load  # noqa: E402
from aggregation.fleet.plan import Plan  # noqa: E402
from aggregation.rollups.measures import Kind, Measure, Values  # noqa: E402
from aggregation.rollups.scopes import Scope  # noqa: E402
from aggregation.storage.engine import Database  # noqa: E402
from aggregation.storage.migrate import opened  # noqa: E402
from aggregation.weeks import monday, week_of_day  # noqa: E402

ASKED_WEEKS = 26
MILLISECONDS = 20.0
MOST_MILLISECONDS = 25.0
"""At more than 100,000 reports."""
UNTIL = date(2026, 11, 26)
PEERS = {
    "versions of active homes": """
        SELECT app_version, count(*) FROM submissions AS s JOIN (
            SELECT installation_id, max(period_start) AS last FROM submissions
            WHERE received_day >= :month GROUP BY installation_id
        ) AS l ON l.installation_id = s.installation_id AND l.last = s.period_start GROUP BY app_version
        """,
    "installations": "SELECT count(DISTINCT installation_id) FROM submissions",
    "active homes by day": """
        SELECT received_day, count(DISTINCT installation_id) FROM submissions
        WHERE received_day >= :month GROUP BY received_day
        """,
    "errors by kind": """
        SELECT e.key, sum(e.value) FROM submissions, json_each(error_summary) AS e
        WHERE received_day >= :month GROUP BY e.key
        """,
}

type Ask = Callable[[Connection, date], object]


def questions(week: int) -> Iterator[tuple[str, Ask]]:
    """Yield every kind of question about the weeks up to one, with a name."""
    weeks = Weeks.up_to(week, ASKED_WEEKS)
    germany = Filter(Scope.COUNTRY, "DE")
    for measure in Measure:
        declared = measure.declared
        split = None if declared.values is Values.NONE else VALUE
        yield f"{measure}", _asked(Question(measure=measure, weeks=weeks, split=split))
        if declared.kind is not Kind.DAY:
            filtered = Question(measure=measure, weeks=weeks, split=split, filter=germany)
            yield f"{measure}, filtered", _asked(filtered)
        if declared.kind is Kind.HOMES:
            once = Question(measure=measure, weeks=Weeks.up_to(week, 5), split=split, once=True)
            yield f"{measure}, each home once", _asked(once)
    for scope in (Scope.APP_VERSION, Scope.DEPLOYMENT_MODE, Scope.COUNTRY, Scope.FEATURE):
        by_scope = Question(measure=Measure.ERROR_HOMES, weeks=weeks, split=scope)
        yield f"error_homes by {scope}", _asked(by_scope)
    for name in ("overview", "summary", "installations", "versions", "errors", "anomalies"):
        yield f"/stats/{name}", lambda connection, today, name=name: getattr(Stats(connection, today), name)()  # type: ignore[misc]
    yield "/stats/activity", lambda connection, today: activity(Stats(connection, today), ASKED_WEEKS)


def _asked(question: Question) -> Ask:
    """Return what asks a question."""
    return lambda connection, today: Core(connection, today).ask(question)


def peers() -> Iterator[tuple[str, Ask]]:
    """Yield what the first service asks of rows."""
    month = str(UNTIL - timedelta(days=30))
    for name, sql in PEERS.items():
        statement = text(sql).bindparams(month=month) if ":month" in sql else text(sql)
        yield name, lambda connection, _, statement=statement: connection.execute(statement).all()  # type: ignore[misc]


def p95(database: Database, ask: Ask, rounds: int, clock: Callable[[], float]) -> float:
    """Return the 95th percentile of the milliseconds that a question takes."""
    took = []
    for _ in range(rounds):
        began = clock()
        with database.reading() as connection:
            ask(connection, UNTIL)
        took.append(1000 * (clock() - began))
    return sorted(took)[int(0.95 * (rounds - 1))]


def made(folder: Path, reports: int, weeks: int) -> tuple[Database, int]:
    """Return a database of about so many reports over some weeks, and how many there are."""
    path = folder / f"{reports}-{weeks}.db"
    database = opened(f"sqlite:///{path}", 30.0)
    plan = Plan(homes=max(50, round(1.9 * reports / weeks)), weeks=weeks, seed=1, until=UNTIL)
    return database, load(database, plan, processes=os.process_cpu_count() or 1).reports


def main() -> int:
    """Measure and print; return 1 where a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--reports", type=int, default=100_000)
    parser.add_argument("--more", type=int, default=0, help="also a database of so many")
    parser.add_argument("--weeks", type=int, nargs="+", default=[26, 260])
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--cpu", action="store_true", help="the time of the processor: others use it, too")
    options = parser.parse_args()
    sizes = [(options.reports, weeks) for weeks in options.weeks]
    sizes += [(options.more, options.weeks[0])] if options.more else []
    clock = time.thread_time if options.cpu else time.perf_counter
    columns: list[dict[str, float]] = []
    heads = []
    with tempfile.TemporaryDirectory(prefix="questions-") as name:
        for reports, weeks in sizes:
            database, count = made(Path(name), reports, weeks)
            with closing(database):
                week = week_of_day(UNTIL)
                asked = [*questions(week), *((f"rows: {key}", ask) for key, ask in peers())]
                by_measure.cache_clear()
                columns.append({key: p95(database, ask, options.rounds, clock) for key, ask in asked})
            heads.append(f"{count:,} reports, {weeks} weeks")
    return _shown(heads, columns, [reports for reports, _ in sizes])


def _shown(heads: list[str], columns: list[dict[str, float]], sizes: list[int]) -> int:
    """Print a table, the slowest first; return 1 where a target is missed."""
    sys.stdout.write(
        f"p95 in ms, {datetime.now(UTC):%Y-%m-%d %H:%M}Z, until {monday(week_of_day(UNTIL))}\n\n"
    )
    sys.stdout.write(f"| question | {' | '.join(heads)} |\n|{' --- |' * (len(heads) + 1)}\n")
    missed = 0
    for name in sorted(columns[0], key=lambda name: -max(column[name] for column in columns)):
        cells = [column[name] for column in columns]
        sys.stdout.write(f"| {name} | {' | '.join(f'{cell:.1f}' for cell in cells)} |\n")
        if not name.startswith("rows:"):
            targets = [MILLISECONDS if size <= 100_000 else MOST_MILLISECONDS for size in sizes]  # noqa: PLR2004
            missed += any(cell > target for cell, target in zip(cells, targets, strict=True))
    sys.stdout.write(f"\n{missed} of {len(columns[0]) - len(PEERS)} questions above their target\n")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
