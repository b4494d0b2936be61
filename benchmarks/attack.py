"""Show how far made-up homes of one network move what the service says, before the guards and now.

    benchmarks/run attack [--before f5eb897] [--homes 500] [--flood 2000]

Each service runs for real on an empty database, is sent honest homes, each from a network of its own, and is
asked. Then one /24 attacks it for a day: once with all it has (a flood of ids, each with an invented version
and a million failed prints), and once patiently (20 homes, each with all that is possible, of a version that
was released). Limits of requests are off, in favor of the attacker. Exits with 1 when a goal is missed.
"""

import argparse
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import astuple, dataclass, fields
from http import HTTPStatus
from http.client import HTTPConnection
import json
import os
from pathlib import Path
import random
import subprocess
import sys
import tempfile
import time
from typing import Any

import httpx

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
SERVICE = Path("services") / "aggregation"
sys.path.insert(0, str(ROOT / SERVICE))

from tests.postgres import free_port  # noqa: E402
from tests.v2 import WeeklyClient, canonical  # noqa: E402

type Sent = tuple[str, dict[str, Any]]
"""An address, and what a report from there says by its groups."""

RELEASED = ("0.1.0", "0.2.0", "0.3.0")
SHARES = (1, 6, 3)
FAILING = 0.15
MILLION = 1_000_000
TOTALS_PERCENT = 1.0
POINTS = 0.1
SECONDS = 300.0


@dataclass(frozen=True)
class Figures:
    """What the service says of the week."""

    latest_version: str | None
    versions: int
    share: float
    """Of the most common released version, in percent."""
    actives: int
    prints: int
    median: int | None
    """Prints of the home in the middle, in steps that double; 0.1.0 did not tell."""
    middle_success: float | None
    """Completed prints of the home in the middle, in percent: what is shown first; 0.1.0 did not tell."""
    success: float
    """Completed prints of all that ended, in percent."""


class Service:
    """A running service, and the requests that it is sent."""

    def __init__(self, port: int, key: str) -> None:
        """Take where it listens, and a key that reads."""
        self._connection = HTTPConnection("127.0.0.1", port, timeout=SECONDS)
        self._service = httpx.Client(base_url=f"http://127.0.0.1:{port}")
        self._key = key

    def get(self, path: str) -> Any:
        """Return an answer, None for one that is none."""
        self._connection.request("GET", path, headers={"X-API-Key": self._key})
        answer = self._connection.getresponse()
        body = answer.read()
        return json.loads(body) if answer.status == HTTPStatus.OK else None

    def submit(self, address: str, changes: dict[str, Any]) -> int:
        """Send the report of a new home from an address and return the status."""
        home = WeeklyClient(self._service)
        document = home.report() | {"error_summary": {}}
        for group, values in changes.items():
            document[group] = document[group] | values
        body = canonical(document)
        headers = {
            "Authorization": f"Proof {home.proof(body)}",
            "Content-Type": "application/json",
            "X-Forwarded-For": address,
        }
        self._connection.request("POST", "/submit", body, headers)
        answer = self._connection.getresponse()
        answer.read()
        return answer.status

    def settle(self) -> None:
        """Wait until all reports are in the sums."""
        deadline = time.monotonic() + SECONDS
        while (found := self.get("/health/ready")) is None or found["fold_lag"]:
            assert time.monotonic() < deadline, "the sums never caught up"
            time.sleep(0.2)

    def figures(self) -> Figures:
        """Ask for what moves."""
        self.settle()
        versions = self.get("/stats/versions?limit=-1")
        of_released = {entry["version"]: entry["percentage"] for entry in versions["versions"]}
        week = self.get("/stats/activity?weeks=2")["weeks"][0]
        usage = self.get("/stats/weekly?metric=capped_usage&weeks=2") or self.get(
            "/stats/weekly?metric=usage&weeks=2"
        )
        prints = usage["weeks"][0]["values"]
        ended = sum(prints.get(f"{outcome}_count", 0) for outcome in ("completed", "failed", "cancelled"))
        return Figures(
            latest_version=versions["latest_version"],
            versions=versions["total_versions"],
            share=of_released[RELEASED[1]],
            actives=week["active"],
            prints=prints["job_count"],
            median=week.get("median_prints"),
            middle_success=week.get("middle_success"),
            success=round(100 * prints["completed_count"] / ended, 2),
        )


def honest(homes: int) -> Iterator[Sent]:
    """Yield addresses and reports of homes as they may be."""
    chance = random.Random(1)
    for number in range(homes):
        jobs = min(40, int(chance.expovariate(1 / 8)))
        failed = sum(chance.random() < FAILING for _ in range(jobs))
        version = chance.choices(RELEASED, SHARES)[0]
        yield (
            f"{60 + number // 250}.{number % 250}.{chance.randrange(250)}.7",
            _changes(
                version, jobs=jobs, failed=failed, hours=jobs * 3, printers=chance.choice((1, 1, 1, 2, 3))
            ),
        )


def flood(count: int) -> Iterator[Sent]:
    """Yield what one /24 sends that has heard of no limit."""
    for number in range(count):
        yield (
            f"203.208.5.{number % 256}",
            _changes(f"{100 + number}.{number}.1", jobs=MILLION, failed=MILLION, hours=MILLION, printers=1),
        )


def patient() -> Iterator[Sent]:
    """Yield what one /24 sends that knows all limits."""
    for number in range(20):
        yield f"203.208.5.{number}", _changes(RELEASED[1], jobs=2000, failed=2000, hours=300, printers=1)


def _changes(version: str, *, jobs: int, failed: int, hours: int, printers: int) -> dict[str, Any]:
    """Return what a report says."""
    usage = {
        "job_count": jobs,
        "completed_count": jobs - failed,
        "failed_count": failed,
        "print_hours": hours,
    }
    fleet = {
        "printer_count": printers,
        "printer_types": ["prusa"],
        "printer_type_counts": {"prusa": printers},
    }
    return {
        "installation": {"app_version": version, "country_code": "XX"},
        "history": {
            "first_report": True,
            "weeks_since_previous_report": "none",
            "previous_app_version": None,
            "age_bucket": "0-1w",
        },
        "usage_stats": usage,
        "printer_fleet": fleet,
    }


@contextmanager
def running(checkout: Path, folder: Path) -> Generator[Service]:
    """Run the service of a checkout on an empty database."""
    port = free_port()
    values = {
        "PORT": str(port),
        "DATABASE_URL": f"sqlite:///{folder / 'a.db'}",
        "BEHIND_PROXY": "true",
        "NETWORK_PER_MINUTE": "0",
        "LOG_LEVEL": "error",
    }
    environment = os.environ | {f"AGGREGATION_{name}": value for name, value in values.items()}
    command = [sys.executable, "-m", "aggregation"]
    options: dict[str, Any] = {"cwd": checkout / SERVICE, "env": environment, "text": True}
    key = subprocess.run(
        [*command, "keys", "create", "all", "--scope", "read"], check=True, capture_output=True, **options
    ).stdout.splitlines()[-1]
    subprocess.run([*command, "versions", "add", *RELEASED], check=False, capture_output=True, **options)
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **options)
    try:
        yield _connected(port, key)
    finally:
        process.terminate()
        process.wait()


def _connected(port: int, key: str) -> Service:
    """Return a service once it answers."""
    deadline = time.monotonic() + SECONDS
    while True:
        try:
            service = Service(port, key)
            service.settle()
        except OSError:
            assert time.monotonic() < deadline, "the service does not start"
            time.sleep(0.2)
        else:
            return service


@contextmanager
def checkout(revision: str | None) -> Generator[Path]:
    """Give the files of a revision, or these."""
    if revision is None:
        yield ROOT
        return
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "before"
        git = ["git", "-C", str(ROOT), "worktree"]
        subprocess.run([*git, "add", "--quiet", "--detach", str(target), revision], check=True)
        try:
            yield target
        finally:
            subprocess.run([*git, "remove", "--force", str(target)], check=True)


def attacked(place: Path, homes: int, attack: Iterator[Sent]) -> tuple[Figures, Figures]:
    """Return what a service says before an attack and after it."""
    with tempfile.TemporaryDirectory() as folder, running(place, Path(folder)) as service:
        for address, changes in honest(homes):
            assert service.submit(address, changes) == HTTPStatus.OK
        quiet = service.figures()
        statuses = [service.submit(address, changes) for address, changes in attack]
        assert set(statuses) == {HTTPStatus.OK}, set(statuses)
        return quiet, service.figures()


def missed(quiet: Figures, after: Figures) -> list[str]:
    """Return the goals that an attack has made the service miss."""
    totals = ("actives", "prints", "success")
    kept = {name: _percent(getattr(quiet, name), getattr(after, name)) < TOTALS_PERCENT for name in totals}
    if quiet.middle_success is not None and after.middle_success is not None:
        kept["middle_success"] = abs(after.middle_success - quiet.middle_success) <= POINTS
    kept["median"] = after.median == quiet.median
    kept["latest_version"] = after.latest_version == quiet.latest_version
    kept["versions"] = after.versions == quiet.versions
    kept["share"] = abs(after.share - quiet.share) <= 100 / quiet.actives
    return [name for name, is_kept in kept.items() if not is_kept]


def _percent(before: float, after: float) -> float:
    """Return by how much a number has changed."""
    return abs(after - before) / before * 100


def main() -> int:
    """Attack each service in each way, and say what came of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--before", help="a revision to compare with, for example f5eb897")
    parser.add_argument("--homes", type=int, default=500)
    parser.add_argument("--flood", type=int, default=2000)
    options = parser.parse_args()
    failures: list[str] = []
    print("| service | attack |", " | ".join(field.name for field in fields(Figures)), "|")
    for revision in dict.fromkeys((options.before, None)):
        with checkout(revision) as place:
            for name, attack in (("flood", flood(options.flood)), ("patient", patient())):
                quiet, after = attacked(place, options.homes, attack)
                print(f"| {revision or 'now'} | none |", " | ".join(map(str, astuple(quiet))), "|")
                print(
                    f"| {revision or 'now'} | {name} |", " | ".join(map(str, astuple(after))), "|", flush=True
                )
                failures += [] if revision else [f"{name}: {what}" for what in missed(quiet, after)]
    for failure in failures:
        print("missed:", failure)
    return 1 if failures else 0


if __name__ == "__main__":
    raise SystemExit(main())
