"""Time every question to the sums while reports come in, and what the first service asked beside it.

    benchmarks/run questions [--reports 100000 5000000] [--weeks 26 260] [--rounds 20] [--rate 500]
                             [--folder FOLDER] [--no-peers] [--only-make] [--write]

For each size and length of history a database of a simulated fleet is served, as it is delivered; another
process sends reports at the rate. Every question is asked in each round, in an order drawn from the seed, and
timed by the wall clock: those to the core by a process that opens the same database, `/stats` over HTTP, and
the first service's own queries on the same rows. All are about the last 26 weeks, so a longer history should
cost nothing. Folding is told beside what came in. Databases are kept in the folder, if one is named.
Exits with 1 where a p95 is above its target, or folding does not keep up.
"""

import argparse
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
import json
from math import ceil
import multiprocessing
from multiprocessing.queues import Queue
import os
from pathlib import Path
import random
import shutil
import sys
import tempfile
import time

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "services" / "aggregation"))

from dashboard import quantile, send, wait_for_insight  # noqa: E402
from fleets import fleet  # noqa: E402
from ingest import SECONDS, process, processor_seconds  # noqa: E402
from questions_asked import PEERS, ROWS, STATS, Asked, of_core, of_rows, of_service  # noqa: E402
from sqlalchemy import func, select  # noqa: E402
from tests.postgres import free_port  # noqa: E402

from aggregation.garbage import collect_rarely  # noqa: E402
from aggregation.keys import new_api_key  # noqa: E402
from aggregation.storage.engine import Database  # noqa: E402
from aggregation.storage.keys import add_api_key  # noqa: E402
from aggregation.storage.migrate import opened  # noqa: E402
from aggregation.storage.records import KeyScope  # noqa: E402
from aggregation.storage.schema import PENDING, SUBMISSIONS  # noqa: E402

RESULTS = HERE / "results" / "questions.json"
MANY = 1_000_000
GOALS = {False: 20.0, True: 25.0}
"""Milliseconds that the p95 of a question may take: with fewer reports, and with more."""
PEER_ROUNDS = {False: 3, True: 1}
WAITING_SECONDS = 2.0
"""Reports that came in so many seconds may wait to be folded at the end."""
PEER = f"{ROWS}, "

type Timed = dict[str, list[float]]
"""Milliseconds by question."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """What was measured on one database."""

    reports: int
    weeks: int
    came: float
    """Reports a second that were taken in."""
    folded: float
    """Reports a second that were brought into the sums."""
    waiting: int
    """The most that waited at a time."""
    behind: float
    """Seconds by which an answer was behind, at most."""
    fold_cpu: float
    """Seconds of the processor that the service used in a second, all its processes."""
    p50: dict[str, float]
    p95: dict[str, float]
    cpu: dict[str, float]
    """The p95 of the processor time of the one who asks: for a machine that others use, too."""


@contextmanager
def coming_in(port: int, rate: float) -> Iterator[None]:
    """Let reports come in, as many a second; give when the first was taken in."""
    context = multiprocessing.get_context("spawn")
    going, end = context.Event(), context.Event()
    told: Queue[Counter[int]] = context.Queue()
    sender = context.Process(target=send, args=(port, rate, going, end, told))
    sender.start()
    try:
        assert going.wait(SECONDS), "no report was taken in"
        yield
    finally:
        end.set()
        statuses = told.get(timeout=SECONDS)
        sender.join()
    assert set(statuses) == {200}, statuses


def measure(path: Path, weeks: int, options: argparse.Namespace) -> Column:
    """Serve a database, and ask everything while reports come in."""
    url = f"sqlite:///{path}"
    with closing(opened(url, 30.0)) as database:
        key, row = new_api_key("bench", KeyScope.READ)
        with database.writing() as connection:
            add_api_key(connection, row)
        port = free_port()
        with process(["-m", "aggregation"], url, port, path.parent) as pid:
            wait_for_insight(pid)
            today = datetime.now(UTC).date()
            asked = [*of_core(database, today), *of_service(port, key)]
            collect_rarely()  # as the service does
            with coming_in(port, options.rate):
                peers = list(of_rows(database, today)) if options.peers else []
                return _timed(database, pid, asked, peers, weeks, options)


def _timed(
    database: Database,
    pid: int,
    asked: Sequence[Asked],
    peers: Sequence[Asked],
    weeks: int,
    options: argparse.Namespace,
) -> Column:
    """Ask everything, in rounds."""
    chance = random.Random(options.seed)
    timed: Timed = {}
    worked: Timed = {}
    before, waited = _counts(database), [0]
    began, used = time.perf_counter(), processor_seconds([pid])
    rounds = options.rounds * [asked] + PEER_ROUNDS[before[0] >= MANY] * [peers]
    for some in rounds:  # the first service's read all rows, for seconds: so they come last
        for one in chance.sample(some, len(some)):
            name, start, processor = f"{one.kind}, {one.name}", time.perf_counter(), time.thread_time()
            one.ask()
            timed.setdefault(name, []).append(1000 * (time.perf_counter() - start))
            worked.setdefault(name, []).append(1000 * (time.thread_time() - processor))
        waited.append(_counts(database)[1])
    seconds = time.perf_counter() - began
    after = _counts(database)
    came = after[0] - before[0]
    rate = came / seconds
    return Column(
        reports=after[0],
        weeks=weeks,
        came=round(rate, 1),
        folded=round((came + before[1] - after[1]) / seconds, 1),
        waiting=max(waited),
        behind=round(max(waited) / max(rate, 1.0), 2),
        fold_cpu=round((processor_seconds([pid]) - used) / seconds, 2),
        p50={name: round(quantile(values, 0.5), 2) for name, values in timed.items()},
        p95={name: round(_p95(values), 2) for name, values in timed.items()},
        cpu={name: round(_p95(values), 2) for name, values in worked.items() if not name.startswith(STATS)},
    )


def _p95(values: Sequence[float]) -> float:
    """Return the value that 95 % keep within."""
    return sorted(values)[ceil(0.95 * len(values)) - 1]


def _counts(database: Database) -> tuple[int, int]:
    """Return how many reports there are, and how many of them wait."""
    with database.reading() as connection:
        newest = connection.scalar(select(func.max(SUBMISSIONS.c.id))) or 0
        return newest, connection.scalar(select(func.count()).select_from(PENDING)) or 0


def shown(column: Column) -> bool:
    """Print what was measured, the slowest first; return whether the goals are met."""
    goal = GOALS[column.reports >= MANY]
    print(f"{column.reports:,} reports, {column.weeks} weeks", flush=True)
    print(
        f"  came {column.came:.0f}/s, folded {column.folded:.0f}/s, at most {column.waiting} waited"
        f" ({column.behind:.1f} s); {column.fold_cpu:.2f} processors for the service"
    )
    ours = {name: value for name, value in column.p95.items() if not name.startswith(PEER)}
    for name, value in sorted(ours.items(), key=lambda item: -item[1])[:12]:
        print(f"  {name:55} p50 {column.p50[name]:7.1f}  p95 {value:7.1f} ms")
    for name, (_, same) in PEERS.items():
        if f"{PEER}{name}" not in column.p95:
            continue
        peer, own = column.p95[f"{PEER}{name}"], column.p95[f"{STATS}, {same}"]
        print(f"  {PEER}{name:30} p95 {peer:9.1f} ms, {peer / own:7.1f} times as long as /stats/{same}")
    missed = [name for name, value in ours.items() if value > goal]
    keeps_up = column.waiting <= WAITING_SECONDS * column.came
    print(f"  {len(missed)} of {len(ours)} questions above {goal:.0f} ms")
    worked = [value for name, value in column.cpu.items() if name in ours]
    many = sum(value > goal for value in worked)
    print(f"  {many} of {len(worked)} above it in time of the processor, {max(worked):.1f} ms at most")
    is_met = not missed and keeps_up
    print(f"  {'met' if is_met else 'MISSED'}; folding {'keeps up' if keeps_up else 'lags'}")
    return is_met


def main() -> int:
    """Measure each database, print, and say whether the goals are met."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--reports", type=int, nargs="+", default=[100_000, 5_000_000])
    parser.add_argument("--weeks", type=int, nargs="+", default=[26, 260])
    for option, default in (("rounds", 20), ("rate", 500), ("seed", 1)):
        parser.add_argument(f"--{option}", type=int, default=default)
    parser.add_argument("--until", type=date.fromisoformat, default=datetime.now(UTC).date())
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--no-peers", dest="peers", action="store_false")
    parser.add_argument("--only-make", action="store_true", help="make the databases, and measure nothing")
    parser.add_argument("--write", action="store_true", help="keep the figures in `results`")
    options = parser.parse_args()
    os.environ["AGGREGATION_RETENTION_DAYS"] = "36500"  # the purge has a benchmark of its own
    with tempfile.TemporaryDirectory(prefix="questions-") as name:
        return _all(options.folder or Path(name), Path(name), options)


def _all(folder: Path, scratch: Path, options: argparse.Namespace) -> int:
    """Measure all databases."""
    sizes = [(reports, weeks) for reports in options.reports for weeks in options.weeks]
    paths = [fleet(folder, reports, weeks, options.until) for reports, weeks in sizes]
    if options.only_make:
        return 0
    print(f"{os.cpu_count()} processors, load before the start {os.getloadavg()[0]:.1f}")
    columns: list[Column] = []
    are_met = True
    for path, (_, weeks) in zip(paths, sizes, strict=True):
        used = Path(shutil.copy(path, scratch / "bench.db")) if path.parent != scratch else path
        columns.append(measure(used, weeks, options))
        are_met &= shown(columns[-1])
        for each in scratch.glob(f"{used.name}*"):
            each.unlink()
    if options.write:
        _write(columns)
    return 0 if are_met else 1


def _write(columns: Sequence[Column]) -> None:
    """Keep the figures: those of other databases stay."""
    known = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else []
    fresh = {(_size(asdict(column)), column.weeks): asdict(column) for column in columns}
    kept = {(_size(column), column["weeks"]): column for column in known}
    rows = [column for _, column in sorted((kept | fresh).items())]
    RESULTS.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


def _size(column: dict[str, object]) -> int:
    """Return whether a database is one of many reports."""
    return int(int(str(column["reports"])) >= MANY)


if __name__ == "__main__":
    sys.exit(main())
