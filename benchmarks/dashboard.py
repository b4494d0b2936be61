"""Time every request of the dashboard while reports come in: pages, filters, exports, errors.

    benchmarks/run dashboard [--reports 100000] [--weeks 26 260] [--rounds 5] [--rate 500] [--span 26]
                             [--databases FOLDER]

For each number of weeks an SQLite database with so many reports of simulated homes is served, as it is
delivered; one that is in the folder is not made anew. One client asks for everything in an order drawn from
the seed, one request after the other, while another process sends reports at the rate; at rate 0 none. The
processor time of a request is told, and how long the queries of the first service take on the same database:
it read rows. Exits with 1 when the p95 of any kind of request is above 50 ms (60 ms from a million reports
on), or the p95 of all differs between the numbers of weeks by more than 1.3 times.
"""

import argparse
import asyncio
from collections import Counter
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from http.client import HTTPConnection
import multiprocessing
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Event
from pathlib import Path
import random
import re
import shutil
import sys
import tempfile
import time
from urllib.parse import urlencode

HERE = Path(__file__).resolve().parent
SERVICE = HERE.parent / "services" / "aggregation"
sys.path.insert(0, str(SERVICE))

from fleets import fleet  # noqa: E402
from ingest import SECONDS, process, processor_seconds  # noqa: E402
from ingest_requests import v1  # noqa: E402
from questions_asked import PEERS  # noqa: E402
from sqlalchemy import text  # noqa: E402
from tests.postgres import free_port  # noqa: E402

from aggregation.dashboard.pages import PAGES  # noqa: E402
from aggregation.keys import new_api_key  # noqa: E402
from aggregation.storage.keys import add_api_key  # noqa: E402
from aggregation.storage.migrate import opened  # noqa: E402
from aggregation.storage.records import KeyScope  # noqa: E402

MILLION = 1_000_000
GOALS = {False: 50.0, True: 60.0}
FLAT = 1.3
CONNECTIONS = 32
QUIET_SECONDS = 0.1


type Timed = dict[str, list[float]]
"""Milliseconds by kind of request."""


def quantile(values: list[float], share: float) -> float:
    """Return the value that a share of them keeps within."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def send(port: int, rate: float, going: Event, end: Event, told: Queue[Counter[int]]) -> None:
    """Send reports at a rate until the end, and tell the statuses of the answers."""
    told.put(asyncio.run(_sending(port, rate, going, end)))


async def _sending(port: int, rate: float, going: Event, end: Event) -> Counter[int]:
    """Send reports over several connections, each at its share of the rate."""
    statuses: Counter[int] = Counter()

    async def one() -> None:
        """Send over one connection."""
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        began, number = time.perf_counter(), 0
        prepared: list[bytes] = []
        while not end.is_set():
            prepared = prepared or v1(port, 100)
            writer.write(prepared.pop())
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            await reader.readexactly(int(re.findall(rb"content-length: (\d+)", head)[0]))
            statuses[int(head[9:12])] += 1
            number += 1
            going.set()
            await asyncio.sleep(max(0.0, began + number * CONNECTIONS / rate - time.perf_counter()))
        writer.close()

    await asyncio.gather(*(one() for _ in range(CONNECTIONS)))
    return statuses


class Client:
    """A browser without a screen: one connection, one session."""

    def __init__(self, port: int, key: str) -> None:
        """Sign in."""
        self._connection = HTTPConnection("127.0.0.1", port, timeout=SECONDS)
        self._headers = {"Sec-Fetch-Site": "same-origin"}
        body = urlencode({"key": key})
        self._connection.request("POST", "/dashboard/login", body, self._headers)
        answer = self._connection.getresponse()
        answer.read()
        self._headers["Cookie"] = (answer.headers["set-cookie"] or "").partition(";")[0]

    def get(self, path: str) -> tuple[int, str, float]:
        """Return the status, the body, and the milliseconds until all of it was there."""
        began = time.perf_counter()
        self._connection.request("GET", f"/dashboard{path}", headers=self._headers)
        answer = self._connection.getresponse()
        body = answer.read()
        return answer.status, body.decode(errors="replace"), (time.perf_counter() - began) * 1000


def requests(client: Client, span: int) -> list[tuple[str, str, int]]:
    """Return every request there is: its kind, its path, the status that it should have."""
    weeks = f"weeks={span}"
    page = client.get("/homes")[1]
    filters: dict[str, str] = {}
    for value in re.findall(r'<option value="(\w+:[^"]+)"', page):
        filters.setdefault(value.partition(":")[0], value)
    found = [(f"page {name}", f"/{name}?{weeks}", 200) for name in PAGES]
    found += [
        (f"filtered by {kind}", f"/{name}?{weeks}&{urlencode({'filter': value})}", 200)
        for kind, value in filters.items()
        for name in PAGES
    ]
    found += [
        ("export", f"/{name}/{key}.{form}?{weeks}", 200)
        for name, one in PAGES.items()
        for key in one.panels
        for form in ("csv", "json")
    ]
    others = ("login", "notes", "sharing", "alarms/levels")
    found += [("login, notes, links, levels", f"/{name}", 200) for name in others]
    found += [("error", "/nothing", 404), ("error", "/homes?weeks=1", 400), ("error", "/homes/x.csv", 404)]
    return found


def wait_for_insight(pid: int) -> None:
    """Wait until what is worked out once for a new database is done: nothing uses the processor any more."""
    while True:
        before = processor_seconds([pid])
        time.sleep(2)
        if processor_seconds([pid]) - before < QUIET_SECONDS:
            return


def measure(weeks: int, options: argparse.Namespace) -> Timed:
    """Measure a database of so many weeks."""
    with tempfile.TemporaryDirectory(dir=options.databases) as name:
        path = Path(name, "bench.db")
        url = f"sqlite:///{path}"
        made = fleet(options.databases or Path(name), options.reports, weeks, _today(), options.seed)
        shutil.copyfile(made, path)
        key = _prepared(url, options)
        port = free_port()
        with process(["-m", "aggregation"], url, port, Path(name)) as pid:
            return _timed(port, pid, key, options)


def _today() -> date:
    """Return the day (UTC)."""
    return datetime.now(UTC).date()


def _prepared(url: str, options: argparse.Namespace) -> str:
    """Make a key that may read, time the first service's queries, and return the key."""
    with closing(opened(url, 5.0)) as database:
        key, row = new_api_key("bench", KeyScope.READ)
        with database.writing() as connection:
            add_api_key(connection, row)
        since = {"since": str(_today() - timedelta(days=30))}
        with database.reading() as connection:
            for name, (query, _) in PEERS.items() if options.peers else ():
                began = time.perf_counter()
                connection.execute(text(query), since if ":since" in query else {}).all()
                print(f"  first service, {name}: {(time.perf_counter() - began) * 1000:.0f} ms", flush=True)
    return key


def _timed(port: int, pid: int, key: str, options: argparse.Namespace) -> Timed:
    """Ask for everything while reports come in."""
    context = multiprocessing.get_context("spawn")
    going, end = context.Event(), context.Event()
    told: Queue[Counter[int]] = context.Queue()
    sender = context.Process(target=send, args=(port, options.rate, going, end, told))
    client = Client(port, key)
    asked = requests(client, options.span)
    wait_for_insight(pid)
    client = Client(port, key)  # the server has closed a connection on which nothing was asked
    chance = random.Random(options.seed)
    latencies: dict[str, list[float]] = {}
    for _, path, _ in asked:
        client.get(path)
    if options.rate:
        sender.start()
        assert going.wait(SECONDS), "no report was taken in"
        client = Client(port, key)
    began, used = time.perf_counter(), processor_seconds([pid])
    for _ in range(options.rounds):
        for kind, path, expected in chance.sample(asked, len(asked)):
            status, body, taken = client.get(path)
            assert status == expected, (path, status, body[:200])
            latencies.setdefault(kind, []).append(taken)
    seconds, used = time.perf_counter() - began, processor_seconds([pid]) - used
    if options.rate:
        end.set()
        sent = told.get(timeout=SECONDS)
        sender.join()
        rate = sum(sent.values()) / seconds
        print(f"  meanwhile {rate:.0f} reports a second, statuses {dict(sent)}", flush=True)
    each = 1000 * used / (options.rounds * len(asked))
    print(f"  {each:.1f} ms of processor time for a request, on average", flush=True)
    return latencies


def show(timed: Timed) -> tuple[float, float]:
    """Print the figures of each kind of request, and return the p95 of all, and the largest of a kind."""
    everything = [one for values in timed.values() for one in values]
    for kind, values in sorted(timed.items(), key=lambda item: -quantile(item[1], 0.95)):
        p50, p95, longest = (quantile(values, share) for share in (0.5, 0.95, 1.0))
        print(f"  {kind:24} {len(values):5}  p50 {p50:6.1f}  p95 {p95:6.1f}  longest {longest:6.1f} ms")
    p50, p95 = quantile(everything, 0.5), quantile(everything, 0.95)
    print(f"  {'all':24} {len(everything):5}  p50 {p50:6.1f}  p95 {p95:6.1f} ms", flush=True)
    return p95, max(quantile(values, 0.95) for values in timed.values())


def main() -> int:
    """Measure each database and say whether the goals are met."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for option, default in (("reports", 100_000), ("rounds", 5), ("rate", 500), ("seed", 1), ("span", 26)):
        parser.add_argument(f"--{option}", type=int, default=default)
    parser.add_argument("--weeks", type=int, nargs="+", default=[26, 260])
    parser.add_argument("--databases", type=Path)
    parser.add_argument("--no-peers", dest="peers", action="store_false")
    options = parser.parse_args()
    found = [show(measure(weeks, options)) for weeks in options.weeks]
    goal = GOALS[options.reports >= MILLION]
    every, worst = [one for one, _ in found], max(one for _, one in found)
    is_met = worst <= goal and max(every) <= FLAT * min(every)
    told = ", ".join(f"{one:.1f}" for one in every)
    print(f"p95 {told} ms, worst kind {worst:.1f} ms, at most {goal:.0f}: {'met' if is_met else 'MISSED'}")
    return 0 if is_met else 1


if __name__ == "__main__":
    sys.exit(main())
