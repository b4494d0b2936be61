"""Measure the integration: recording on the loop, the store's throughput, and cost by number of events.

Every figure is paired with what it is compared with in the same run, on the same machine: the targets are
ratios. Run `benchmarks/run store [--events N] [--rounds N]`; it exits with 1 when a target is missed.
"""

import argparse
import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
import logging
from pathlib import Path
from queue import SimpleQueue
import resource
import sqlite3
import statistics
import sys
import tempfile
import time
from zoneinfo import ZoneInfo

from homeassistant.core import HomeAssistant
from homeassistant.helpers import recorder as recorder_helper
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import async_test_home_assistant

sys.path.insert(0, str(Path(__file__).parents[1]))

from custom_components.printernizer_stats.core.export.document import document
from custom_components.printernizer_stats.core.models import Observation, PrinterFleet, UsageEvent
from custom_components.printernizer_stats.core.sharing.report import (
    InstallationInfo,
    ReportIdentity,
    build,
    everything,
)
from custom_components.printernizer_stats.core.store import UsageStore
from custom_components.printernizer_stats.core.store.counts import interval_counts
from custom_components.printernizer_stats.core.store.report_intervals import open_interval
from custom_components.printernizer_stats.printers.tracker import Tracker

ZONE = ZoneInfo("Europe/Amsterdam")
NOW = time.time()
GROUP = 20_000
OURS = "our recording (validated event to queue)"
HAS = "firing an event with HA's recorder attached"
_RAW_DDL = """
    CREATE TABLE e (
        id INTEGER PRIMARY KEY, type INTEGER, data INTEGER, printer INTEGER, span INTEGER, ts FLOAT
    );
    CREATE INDEX i ON e (type, ts);
"""


def events(count: int) -> list[UsageEvent]:
    """A home's events: prints of 500 different lengths on four printers, an hour apart."""
    return [
        UsageEvent(
            type="job_completed",
            at=NOW - (count - number) * 60,
            printer=f"printer{number % 4}",
            data={"printer_type": "octoprint", "duration_seconds": number % 500 * 60, "estimated": True},
        )
        for number in range(count)
    ]


def table(title: str, rows: Iterable[tuple[str, ...]]) -> None:
    """Print one table."""
    print(f"\n{title}")
    for row in rows:
        print("  " + "  ".join(f"{cell:<44}" if n == 0 else f"{cell:>12}" for n, cell in enumerate(row)))


def judge(name: str, value: float, limit: float, *, at_most: bool = False) -> bool:
    """Print whether a target is met."""
    met = value <= limit if at_most else value >= limit
    sign = "at most" if at_most else "at least"
    print(f"  {'met   ' if met else 'MISSED'} {name}: {value:.2f} ({sign} {limit:g})")
    return met


def percentile(values: list[float], share: float) -> float:
    """The value below which that share lies."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def timed(function: Callable[[], object], count: int) -> list[float]:
    """Call again and again and return each call's microseconds."""
    taken = []
    for _ in range(count):
        started = time.perf_counter_ns()
        function()
        taken.append((time.perf_counter_ns() - started) / 1000)
    return taken


def seconds(function: Callable[[], object]) -> float:
    """Call once and return how long it took."""
    started = time.perf_counter()
    function()
    return time.perf_counter() - started


def open_store(file: Path) -> UsageStore:
    """Open a store that tells nobody."""
    store = UsageStore(file, ZONE, lambda _: None)
    store.open(NOW)
    return store


async def bench_recording(folder: Path, count: int) -> bool:
    """Recording on the event loop, against Home Assistant's own event with its recorder attached."""
    async with home_assistant(folder) as hass:
        store = open_store(folder / "loop.db")
        tracker = Tracker(hass, store, lambda _: Observation(at=NOW))
        event = events(1)[0]
        queue: SimpleQueue[UsageEvent] = SimpleQueue()
        subjects: dict[str, Callable[[], object]] = {
            OURS: lambda: tracker.async_record(event),
            HAS: lambda: hass.bus.async_fire("x", dict(event.data)),
            "a bare queue put": lambda: queue.put(event),
        }
        taken: dict[str, list[float]] = {name: [] for name in subjects}
        for _ in range(10):
            for name, call in subjects.items():
                taken[name] += timed(call, count // 10)
                await asyncio.sleep(0.2)
        await asyncio.to_thread(store.close)
    base = statistics.median(taken[OURS])
    rows = [("on the loop, microseconds", "p50", "p99", "p50 / ours")]
    for name, values in taken.items():
        median = statistics.median(values)
        rows.append((name, f"{median:.2f}", f"{percentile(values, 0.99):.2f}", f"{median / base:.2f}"))
    table("Recording an event", rows)
    return judge("times as cheap as an event of Home Assistant", statistics.median(taken[HAS]) / base, 1.5)


@asynccontextmanager
async def home_assistant(folder: Path) -> AsyncIterator[HomeAssistant]:
    """A bare Home Assistant with its recorder on a file."""
    async with async_test_home_assistant(config_dir=str(folder)) as hass:
        recorder_helper.async_initialize_recorder(hass)
        config = {"recorder": {"db_url": f"sqlite:///{folder}/recorder.db", "commit_interval": 1}}
        assert await async_setup_component(hass, "recorder", config)
        await hass.async_start()
        await recorder_helper.get_instance(hass).async_db_ready
        yield hass
        await hass.async_stop(force=True)


async def recorder_throughput(folder: Path, made: list[UsageEvent]) -> float:
    """Events a second that Home Assistant's recorder takes from the bus to the disk."""
    async with home_assistant(folder) as hass:
        instance = recorder_helper.get_instance(hass)
        await instance.async_block_till_done()
        started = time.perf_counter()
        for event in made:
            hass.bus.async_fire(event.type, dict(event.data))
        await instance.async_block_till_done()
        return len(made) / (time.perf_counter() - started)


def store_throughput(file: Path, made: list[UsageEvent]) -> float:
    """Events a second from `record` to the disk, counters included."""
    store = open_store(file)
    started = time.perf_counter()
    for event in made:
        store.record((event,))
    store.flush().result()
    rate = len(made) / (time.perf_counter() - started)
    store.close()
    return rate


def raw_throughput(file: Path, made: list[UsageEvent]) -> float:
    """Rows a second of sqlite3.executemany with the same pragmas, row shape and group size."""
    connection = sqlite3.connect(file)
    connection.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;" + _RAW_DDL)
    started = time.perf_counter()
    for first in range(0, len(made), GROUP):
        rows = [(1, 2, 3, 4, event.at) for event in made[first : first + GROUP]]
        connection.executemany("INSERT INTO e (type, data, printer, span, ts) VALUES (?,?,?,?,?)", rows)
        connection.commit()
    rate = len(made) / (time.perf_counter() - started)
    connection.close()
    return rate


async def bench_throughput(folder: Path, count: int, rounds: int) -> bool:
    """The store against the recorder and against SQLite itself, interleaved."""
    made = events(count)
    ours, raw, recorder = [], [], []
    for number in range(rounds):
        home = folder / f"round{number}"
        home.mkdir()
        ours.append(await asyncio.to_thread(store_throughput, home / "ours.db", made))
        raw.append(await asyncio.to_thread(raw_throughput, home / "raw.db", made))
        recorder.append(await recorder_throughput(home, made[: count // 10]))
    best = max(ours)
    table(
        f"Durable throughput, {count} events, best of {rounds} rounds",
        [
            ("", "events/s", "ours / this"),
            ("our store, counters included", f"{best:,.0f}", "1.00"),
            ("Home Assistant's recorder", f"{max(recorder):,.0f}", f"{best / max(recorder):.2f}"),
            ("sqlite3.executemany", f"{max(raw):,.0f}", f"{best / max(raw):.2f}"),
        ],
    )
    met = judge("times the recorder", best / max(recorder), 10)
    return judge("of what SQLite itself writes", best / max(raw), 0.15) and met


def bench_sizes(folder: Path, sizes: list[int]) -> bool:
    """What depends on the number of stored events, and what must not."""
    rows: list[tuple[str, ...]] = [
        ("stored events", "setup ms", "event ms", "reload ms", "report ms", "bytes/event")
    ]
    found: list[list[float]] = []
    for size in sizes:
        file = folder / f"{size}.db"
        store = open_store(file)
        made = events(size)
        for first in range(0, size, 1000):
            store.record(tuple(made[first : first + 1000]))
        store.close()
        timings = [measure_file(store) for _ in range(5)]
        best = [min(values) for values in zip(*timings, strict=True)]
        found.append(best)
        rows.append(
            (
                f"{size:,}",
                *(f"{value * 1000:.1f}" for value in best),
                f"{file.stat().st_size / size:.1f}",
            )
        )
    table("By number of stored events (best of 5)", rows)
    grown = [last / first for first, last in zip(found[0], found[-1], strict=True)]
    names = ("setup", "event", "reload", "report")
    met = [
        judge(f"{name}, of the largest by the smallest file", value, 3, at_most=True)
        for name, value in zip(names, grown, strict=True)
    ]
    return all(met)


def record_one(store: UsageStore) -> None:
    """Record an event and wait until it is on the disk and shown to the sensors."""
    store.record(tuple(events(1)))
    store.flush().result()


def measure_file(store: UsageStore) -> tuple[float, ...]:
    """Seconds to open, from an event to the sensors, to read all counters anew, and to make the report."""
    taken = (
        seconds(lambda: store.open(NOW)),
        seconds(lambda: record_one(store)),
        seconds(lambda: store.refresh().result()),
        seconds(lambda: make_report(store)),
    )
    store.close()
    return taken


def make_report(store: UsageStore) -> bytes:
    """Build the running week's report."""
    facts = InstallationInfo(
        app_version="0.1.0",
        python_version="3.14",
        platform="linux",
        deployment_mode="homeassistant",
        country_code="NL",
        ha_version="2026.11",
        fleet=PrinterFleet(types={"octoprint": 4}),
    )
    with store.reader() as conn:
        current = open_interval(conn)
        assert current is not None
        counts = dict.fromkeys(interval_counts(conn, current.id), 1)
        end = current.start + timedelta(days=7)
        author = ReportIdentity(
            installation_id="550e8400-e29b-41d4-a716-446655440000", agreement=everything()
        )
        return build(facts, counts, author, current.start, end).body


def bench_export(folder: Path, size: int) -> None:
    """Memory that a whole export takes on top."""
    store = open_store(folder / f"{size}.db")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.perf_counter()
    with store.reader() as conn:
        written = sum(len(piece) for piece in document(conn, NOW))
    taken = time.perf_counter() - started
    extra = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    store.close()
    table(
        f"Export of {size:,} events",
        [
            ("", "MB", "seconds", "extra MB"),
            ("streamed", f"{written / 1e6:.0f}", f"{taken:.1f}", f"{extra / 1024:.0f}"),
        ],
    )


async def main() -> int:
    """Run everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=200_000, help="events of the throughput rounds")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--largest", type=int, default=1_000_000, help="stored events of the largest file")
    parser.add_argument("--calls", type=int, default=20_000, help="events recorded on the loop")
    options = parser.parse_args()
    logging.disable(logging.CRITICAL)
    print(f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, Python {sys.version.split()[0]}")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        sizes = [size for size in (1_000, 100_000, 1_000_000) if size < options.largest]
        met = [bench_sizes(folder, [*sizes, options.largest])]
        bench_export(folder, options.largest)
        met.append(await bench_throughput(folder, options.events, options.rounds))
        met.append(await bench_recording(folder, options.calls))
    return 0 if all(met) else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
