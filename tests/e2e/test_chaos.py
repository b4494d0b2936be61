"""Weeks of many homes through a bad network, with both sides killed again and again.

PRINTERNIZER_FULL_PROOFS=1 makes it 10,000 weeks.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
import json
import os
from pathlib import Path
from random import Random
import sqlite3
import subprocess
import sys
import time
from typing import Final, override

import httpx
import pytest

from stack.parts import interpreter
from stack.process import PATIENCE, Process, Running
from stack.service import SOURCE

from ..proofs import FULL_PROOFS
from .behind_proxy import ServiceBehindProxy
from .conftest import required
from .forge.forge import Forge

HOMES, WEEKS = (200, 50) if FULL_PROOFS else (6, 20)
KILLS, EVERY = (150, 5) if FULL_PROOFS else (6, 3)
SEED: Final = 7
PROGRAMS: Final = Path(__file__).parent / "chaos"


class Program(Process):
    """One of the programs of this test."""

    forge: Forge | None = None

    def __init__(self, directory: Path, port: int, *command: str) -> None:
        """Run a file of the folder with these arguments."""
        super().__init__(directory, port)
        self._command = [sys.executable, str(PROGRAMS / command[0]), *command[1:]]

    @override
    def command(self) -> Sequence[str | Path]:
        return self._command

    @override
    def spawn(self, command: Sequence[str], environment: Mapping[str, str]) -> Running:
        if self.forge is None:
            return super().spawn(command, environment)
        return self.forge.start(command[1:], self.directory, environment, self.log)

    @override
    def ready(self) -> bool:
        try:
            return httpx.get(f"{self.url}/chaos", timeout=5).is_success
        except httpx.TransportError:
            return False


@pytest.fixture
def service(tmp_path: Path) -> Iterator[ServiceBehindProxy]:
    """Run a service that expects its clients to come by the proxy."""
    required("PRINTERNIZER_SERVICE_PYTHON")
    running = ServiceBehindProxy(tmp_path / "service")
    yield running.start()
    running.stop()


@pytest.mark.timeout(7200 if FULL_PROOFS else 1800)
def test_each_week_arrives_once(service: ServiceBehindProxy, tmp_path: Path) -> None:
    port = service.proxy_port
    proxy = Program(tmp_path / "proxy", port, "proxy.py", str(port), service.url, str(SEED))
    folder = tmp_path / "homes"
    arguments = [str(folder), service.submit_url, str(HOMES), str(WEEKS), str(SEED)]
    homes = Program(folder, 0, "homes.py", *arguments)
    homes.forge = Forge(Path(sys.executable), tmp_path / "forge.log")
    proxy.start()
    try:
        _live(homes, service, folder)
        done = httpx.get(f"{proxy.url}/chaos", timeout=PATIENCE).json()
    finally:
        homes.stop()
        homes.forge.stop()
        proxy.stop()
    assert min(done.values()) > 0
    assert len(done) == 8, done
    assert not (folder / "renewed").exists(), "nobody is taken for another"
    _check(folder, service)


def _live(homes: Program, service: ServiceBehindProxy, folder: Path) -> None:
    """Let the homes live to their end; kill them KILLS times before it, and the service now and then."""
    random = Random(SEED)
    homes.launch()
    for kill in range(KILLS):
        _wait(homes, folder, HOMES * WEEKS * (kill + 1) // (KILLS + 1))
        time.sleep(random.uniform(0.0, 0.3))
        homes.kill()
        if kill % EVERY == 0:
            service.kill()
            service.launch()
        homes.launch()
    while not (folder / "done").exists():
        assert homes.running or (folder / "done").exists(), homes.last_words()
        time.sleep(0.2)


def _wait(homes: Program, folder: Path, weeks: int) -> None:
    """Wait until so many weeks were counted."""
    counted = folder / "counted"
    while not counted.exists() or counted.read_bytes().count(b"\n") < weeks:
        assert homes.running, homes.last_words()
        time.sleep(0.05)


def _check(folder: Path, service: ServiceBehindProxy) -> None:
    """Hold what was acknowledged, what was reported and what arrived against each other."""
    acknowledged: Counter[int] = Counter()
    for line in (folder / "counted").read_text(encoding="ascii").splitlines():
        home, _, prints = map(int, line.split())
        acknowledged[home] += prints
    arrived = _arrived(service.directory / "aggregation.db")
    sent: dict[str, int] = {}
    for home in range(HOMES):
        stored, reports = _kept(folder / f"{home}.db")
        assert stored >= acknowledged[home], "an acknowledged print is lost"
        counted = [json.loads(body) for body in reports.values()]
        assert sum(report["usage_stats"]["completed_count"] for report in counted) == stored
        starts = [report["period"]["start"] for report in counted]
        assert len(set(starts)) == len(starts) == len(reports), "each week once"
        assert {report["schema_version"] for report in counted} == {"2.0"}
        sent |= {
            digest: json.loads(body)["usage_stats"]["completed_count"] for digest, body in reports.items()
        }
    assert arrived == sent, "what arrived is what was acknowledged, each once"
    assert len(sent) >= HOMES * WEEKS * 0.9, "a clock that is wrong may join weeks"
    unacknowledged = sum(sent.values()) - acknowledged.total()
    assert 0 <= unacknowledged <= 3 * KILLS
    command = [str(interpreter("service")), "-m", "aggregation", "verify-rollups"]
    variables = {**os.environ, **service.environment(), "PYTHONPATH": str(SOURCE)}
    service.stop()
    subprocess.run(command, env=variables, check=True, cwd=service.directory, capture_output=True)


def _arrived(file: Path) -> dict[str, int]:
    """Return the prints of each report that the service stored, by the hash of its bytes."""
    with closing(sqlite3.connect(file)) as connection:
        rows = connection.execute("SELECT body_sha256, completed_count FROM submissions").fetchall()
    assert len({digest for digest, _ in rows}) == len(rows), "nothing is there twice"
    return dict(rows)


def _kept(file: Path) -> tuple[int, dict[str, bytes]]:
    """Return how many prints a home has stored, and the bytes of its reports, all of them acknowledged."""
    with closing(sqlite3.connect(file)) as connection:
        stored: int = connection.execute("SELECT count(*) FROM usage_events").fetchone()[0]
        rows = connection.execute("SELECT body_sha256, body, state FROM usage_reports").fetchall()
    assert {state for *_, state in rows} == {"acknowledged"}
    return stored, {digest: body for digest, body, _ in rows}
