"""Compare the service's `/submit` with the obvious stack, in one run, interleaved.

    benchmarks/run ingest [--seconds 8] [--rounds 3] [--postgres] [--beside FOLDER]

All are sent prepared requests by the same generator, which shares the processors with them. Every answer
that is counted was sent after a durable commit (synchronous=FULL, fsync=on); every proof is verified.
Exits with 1 when a target is missed. --postgres also measures one and three processes on PostgreSQL,
--beside the service of another commit, of which FOLDER is a checkout: no rate may be clearly below its own,
in place of being so many times that of the obvious stack.
"""

import argparse
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, replace
from http import HTTPStatus
import json
import os
from pathlib import Path
import socket
from statistics import median
import subprocess
import sys
import tempfile
import time

HERE = Path(__file__).resolve().parent
SERVICE = HERE.parent / "services" / "aggregation"
sys.path.insert(0, str(SERVICE))

from ingest_load import Result, load  # noqa: E402
from ingest_requests import v1, v2  # noqa: E402
from tests.postgres import free_port, postgres  # noqa: E402
from tests.support import KEY  # noqa: E402

WARM_UP = 200
SECONDS = 300.0
REST_SECONDS = 0.5
RESTING = 0.06
"""So much of a processor is used by a service that has nothing to do."""
V1_TIMES = 15.0
V2_TIMES = 7.0
SHORTER = 14.0
AS_BEFORE = 0.9
"""Of the rate beside: by a tenth differ runs of the same code."""
REQUESTS = """
import json, sys
sys.path[:0] = sys.argv[3:]
from ingest_requests import v2
print(json.dumps([each.decode() for each in v2(int(sys.argv[1]), int(sys.argv[2]))]))
"""
"""Makes the v2 requests of another commit."""
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Stack:
    """A server and what it is sent."""

    name: str
    requests: Callable[[int, int], list[bytes]]
    most: int
    """Requests a second that are prepared; more than it can serve."""
    command: tuple[str, ...] = ("-m", "aggregation")
    processes: int = 1
    postgres: bool = False
    service: Path = SERVICE


@dataclass(frozen=True)
class Figures:
    """One measurement."""

    rate: float
    p50: float
    p99: float
    cpu: float
    """Microseconds of the service's processor time for an accepted request, without a database server."""
    load: float
    """The same of the generator."""
    errors: int


OBVIOUS = Stack("obvious", v1, 3000, (str(HERE / "ingest_obvious.py"), "{port}", "{url}"))
OURS = (Stack("ours v1", v1, 15000), Stack("ours v2", v2, 7000))
ON_POSTGRES = tuple(
    replace(stack, name=f"{stack.name}, PostgreSQL, {processes}", processes=processes, postgres=True)
    for stack in (OBVIOUS, *OURS)
    for processes in (1, 3)
)


@contextmanager
def running(stack: Stack, folder: Path) -> Generator[tuple[list[int], list[int]]]:
    """Serve on a new database; give the ports and the numbers of the processes."""
    with ExitStack() as cleanup:
        server = postgres(durable=True) if stack.postgres else nullcontext(f"sqlite:///{folder / 'bench.db'}")
        url = cleanup.enter_context(server)
        ports, pids = [], []
        for _ in range(stack.processes):
            ports.append(free_port())
            command = [part.format(port=ports[-1], url=url) for part in stack.command]
            pids.append(cleanup.enter_context(process(command, url, ports[-1], folder, stack.service)))
        yield ports, pids


@contextmanager
def process(command: list[str], url: str, port: int, folder: Path, service: Path = SERVICE) -> Generator[int]:
    """Run a server until the end of the block; give its number."""
    settings = {
        "PORT": str(port),
        "DATABASE_URL": url,
        "API_KEY": KEY,
        "NETWORK_PER_MINUTE": "1000000000",  # the limit is judged, but lets all pass
        "LOG_LEVEL": "warning",
    }
    variables = os.environ | {f"AGGREGATION_{name}": value for name, value in settings.items()}
    variables["PYTHONPATH"] = str(service)
    with (folder / f"{port}.log").open("wb") as log:
        started = subprocess.Popen(
            [sys.executable, *command], cwd=service, env=variables, stdout=log, stderr=log
        )
    try:
        wait_for(port)
        yield started.pid
    finally:
        started.terminate()
        started.wait(SECONDS)


def wait_for(port: int) -> None:
    """Wait until something listens on a port."""
    deadline = time.monotonic() + SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return


def with_children(pid: int) -> list[int]:
    """Return the numbers of a process and of those that it has started."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    return [pid, *(number for child in children for number in with_children(int(child)))]


def processor_seconds(pids: list[int]) -> float:
    """Return the processor time that processes have used, and those that they have started."""
    family = [number for pid in pids for number in with_children(pid)]
    texts = [Path(f"/proc/{number}/stat").read_text(encoding="ascii") for number in family]
    fields = [text.rpartition(")")[2].split() for text in texts]
    return sum(int(one[11]) + int(one[12]) for one in fields) / TICKS


def measure(stack: Stack, connections: int, seconds: float) -> Figures:
    """Measure a stack on a new database, and print what came of it."""
    with tempfile.TemporaryDirectory() as folder, running(stack, Path(folder)) as (ports, pids):
        warm_up(stack, ports)
        settle(pids)
        prepared = stack.requests(ports[0], int(stack.most * seconds))
        before, before_load = processor_seconds(pids), time.process_time()
        result = load(ports, prepared, connections, seconds)
        used, load_used = processor_seconds(pids) - before, time.process_time() - before_load
    if len(prepared) == sum(result.statuses.values()):
        print(f"  {stack.name}: all {len(prepared)} prepared requests were used up")
    measured = figures(result, used, load_used)
    show(stack.name, connections, measured)
    return measured


def warm_up(stack: Stack, ports: list[int]) -> None:
    """Send the first requests; one that is refused ends all, since there is nothing to measure then."""
    answered = load(ports, stack.requests(ports[0], WARM_UP), 8, SECONDS).statuses
    if set(answered) != {HTTPStatus.OK}:
        raise SystemExit(f"{stack.name}: the requests are refused: {dict(answered)}")


def settle(pids: list[int]) -> None:
    """Wait until a server rests: what it does at its start is no work for reports."""
    deadline = time.monotonic() + SECONDS
    used, before = processor_seconds(pids), -1.0
    while used - before > RESTING * REST_SECONDS and time.monotonic() < deadline:
        time.sleep(REST_SECONDS)
        used, before = processor_seconds(pids), used


def figures(result: Result, used: float, load_used: float) -> Figures:
    """Sum up one measurement and the processor time, in seconds, that service and generator took for it."""
    accepted = result.statuses[200]
    return Figures(
        rate=result.rate,
        p50=result.quantile(0.5),
        p99=result.quantile(0.99),
        cpu=used / max(accepted, 1) * 1e6,
        load=load_used / max(accepted, 1) * 1e6,
        errors=sum(result.statuses.values()) - accepted,
    )


def show(name: str, connections: int, measured: Figures) -> None:
    """Print one measurement."""
    print(
        f"{name:25} {connections:4} connections {measured.rate:8.0f}/s   p50 {measured.p50:7.1f} ms   "
        f"p99 {measured.p99:7.1f} ms   {measured.cpu:5.0f} us CPU, generator {measured.load:3.0f} us   "
        f"{measured.errors} not 200",
        flush=True,
    )


def judge(name: str, value: float, limit: float, *, at_most: bool = False) -> bool:
    """Print whether a target is met."""
    met = value <= limit if at_most else value >= limit
    print(
        f"{'met   ' if met else 'MISSED'} {name}: {value:.2f} (target {'<=' if at_most else '>='} {limit:g})"
    )
    return met


def faster(rounds: list[list[Figures]], ours: int, theirs: int = 0) -> float:
    """Return the ratio of two rates, by their places in a round."""
    return median(each[ours].rate / each[theirs].rate for each in rounds)


def main() -> int:
    """Measure, print, judge."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--postgres", action="store_true")
    parser.add_argument("--beside", type=Path)
    arguments = parser.parse_args()
    others = beside(arguments.beside) if arguments.beside else ()
    print(f"{os.cpu_count()} processors, load before the start {os.getloadavg()[0]:.1f}")
    rounds = [
        [measure(stack, 64, arguments.seconds) for stack in (OBVIOUS, *OURS, *others)]
        for _ in range(arguments.rounds)
    ]
    crowd = [measure(stack, 256, arguments.seconds) for stack in OURS]
    for stack in ON_POSTGRES if arguments.postgres else ():
        measure(stack, 64, arguments.seconds)
    return 0 if judge_all(rounds, crowd) else 1


def beside(folder: Path) -> tuple[Stack, ...]:
    """Return ours as another commit has them, by its checkout; its v2 is sent reports that it takes."""
    benchmarks, service = (folder.resolve() / each.relative_to(HERE.parent) for each in (HERE, SERVICE))

    def its_v2(port: int, count: int) -> list[bytes]:
        command = [sys.executable, "-c", REQUESTS, str(port), str(count), str(benchmarks), str(service)]
        made: list[str] = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
        return [each.encode() for each in made]

    return tuple(
        replace(stack, name=f"{stack.name} beside", service=service, requests=requests)
        for stack, requests in zip(OURS, (v1, its_v2), strict=True)
    )


def judge_all(rounds: list[list[Figures]], crowd: list[Figures]) -> bool:
    """Print each target and whether it is met; ratios are of the same round.

    Beside other code its rates are the measure: what they are of the obvious stack's, the machine decides.
    """
    met = [
        judge("v1, p99 that much shorter", median(each[0].p99 / each[1].p99 for each in rounds), SHORTER),
        judge("v2, p99 that much shorter", median(each[0].p99 / each[2].p99 for each in rounds), SHORTER),
        judge("not 200 at 256", sum(one.errors for one in crowd), 0, at_most=True),
    ]
    is_beside = len(rounds[0]) > len(("obvious", *OURS))
    for name, ours, times in (("v1", 1, V1_TIMES), ("v2", 2, V2_TIMES)):
        if is_beside:
            theirs = ours + len(OURS)
            met.append(judge(f"{name}, times that beside", faster(rounds, ours, theirs), AS_BEFORE))
            print(
                f"{name} has {faster(rounds, ours):.1f} times the rate of the obvious stack,"
                f" that beside {faster(rounds, theirs):.1f} times"
            )
        else:
            met.append(judge(f"{name}, times the obvious stack", faster(rounds, ours), times))
        ratio = median(stacks[0].cpu / stacks[ours].cpu for stacks in rounds)
        print(f"{name} needs {ratio:.1f} times less processor time than the obvious stack")
    return all(met)


if __name__ == "__main__":
    sys.exit(main())
