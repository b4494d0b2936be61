"""Measure `/submit` while the daily purge drops the ids of a week, and with nothing to purge.

    benchmarks/run retention [--rows 100000] [--weeks 26] [--seconds 20] [--rounds 2] [--connections 4]

Each round serves two new SQLite databases of so many reports in turn; in one of them the oldest week is due.
Exits with 1 when the p99 is more than doubled, or when nothing was purged meanwhile.
"""

import argparse
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
import sqlite3
from statistics import median
import sys
import tempfile

HERE = Path(__file__).resolve().parent
SERVICE = HERE.parent / "services" / "aggregation"
sys.path.insert(0, str(SERVICE))

from ingest import process  # noqa: E402
from ingest_load import Result, load  # noqa: E402
from ingest_requests import v1  # noqa: E402
from tests.postgres import free_port  # noqa: E402

from aggregation.storage.migrate import opened  # noqa: E402
from aggregation.storage.records import Retention  # noqa: E402
from aggregation.weeks import monday, week_of_day  # noqa: E402

WARM_UP = 200
MOST = 5000
"""Requests a second that are prepared; more than these few connections can send."""
DAY = 86_400
FILL = """
    WITH RECURSIVE numbers (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n < :rows - 1)
    INSERT INTO submissions (
        installation_id, period_start, period_end, week, protocol, body_sha256, content_sha256, receipt_kid,
        received_day, app_version, platform, country_code, job_count, error_summary, age_bucket
    ) SELECT
        substr(id, 1, 8) || '-' || substr(id, 9, 4) || '-' || substr(id, 13, 4) || '-' || substr(id, 17, 4)
            || '-' || substr(id, 21),
        :start + week * 604800, :start + (week + 1) * 604800, :first + week, '2.0', hex(randomblob(32)),
        hex(randomblob(32)), 'benchmark', :received, '2.42.0', 'linux', 'DE', 7, '{"other":1}', '6m+'
    FROM (SELECT lower(hex(randomblob(16))) AS id, n * :weeks / :rows AS week FROM numbers)
"""


@dataclass(frozen=True)
class Round:
    """What came of one measurement."""

    result: Result
    purged: int


def fill(database: Path, rows: int, weeks: int, first: int) -> None:
    """Make a database of so many folded reports, and one of last week, which supports that it is today."""
    opened(f"sqlite:///{database}", 5.0).close()
    today = datetime.now(UTC).date()
    newest = week_of_day(today) - 1
    with closing(sqlite3.connect(database)) as connection, connection:
        for count, number, about in ((rows, weeks, first), (1, 1, newest)):
            start = (monday(about) - datetime(1970, 1, 1, tzinfo=UTC).date()).days * DAY
            values = {"rows": count, "weeks": number, "first": about, "start": start}
            connection.execute(FILL, values | {"received": str(monday(about + number))})


def purged(database: Path) -> int:
    """Return how many reports have lost their id."""
    with closing(sqlite3.connect(database)) as connection:
        query = "SELECT count(*) FROM submissions WHERE installation_id LIKE 'dropped-%'"
        return int(connection.execute(query).fetchone()[0])


def measure(options: argparse.Namespace, *, due: bool) -> Round:
    """Measure one database, and print what came of it."""
    today = datetime.now(UTC).date()
    before = week_of_day(today - timedelta(days=Retention().id_days))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        database = folder / "bench.db"
        fill(database, options.rows, options.weeks, before - 1 if due else before)
        port = free_port()
        requests = v1(port, int(MOST * options.seconds))
        with process(["-m", "aggregation"], f"sqlite:///{database}", port, folder):
            load([port], requests[:WARM_UP], options.connections, options.seconds)
            result = load([port], requests[WARM_UP:], options.connections, options.seconds)
            found = Round(result, purged(database))
    text = "a week is due" if due else "nothing is due"
    p50, p99, longest = (result.quantile(share) for share in (0.5, 0.99, 1.0))
    print(
        f"  {text:15} {result.rate:7.0f}/s  p50 {p50:6.2f} ms  p99 {p99:7.2f} ms  longest {longest:8.2f} ms"
        f"  statuses {dict(result.statuses)}  purged {found.purged}",
        flush=True,
    )
    return found


def main() -> int:
    """Measure all rounds and say whether the goal is met."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for option, default in (("rows", 100_000), ("weeks", 26), ("rounds", 2), ("connections", 4)):
        parser.add_argument(f"--{option}", type=int, default=default)
    parser.add_argument("--seconds", type=float, default=20.0)
    options = parser.parse_args()
    print(f"{options.rows} reports, {options.rows // options.weeks} of them about the oldest week")
    quiet, busy = [], []
    for _ in range(options.rounds):
        quiet.append(measure(options, due=False))
        busy.append(measure(options, due=True))
    before, meanwhile = (median(one.result.quantile(0.99) for one in rounds) for rounds in (quiet, busy))
    is_met = meanwhile <= 2 * before and all(one.purged for one in busy)
    print(
        f"p99 {before:.2f} ms, during a purge {meanwhile:.2f} ms: {'at most doubled' if is_met else 'MISSED'}"
    )
    return 0 if is_met else 1


if __name__ == "__main__":
    sys.exit(main())
