"""What several tests use: reports, and the service running for real."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
import copy
from datetime import UTC, datetime, timedelta
import json
import os
from pathlib import Path
import re
import signal
import ssl
import subprocess
import sys
from threading import Thread
import time
from typing import Any, Protocol
from uuid import uuid4

import httpx
import pytest
import uvicorn

from aggregation.main import create_app
from aggregation.server import server_options
from aggregation.settings import Settings


def day(seconds: int) -> str:
    """Return the start of a day as reports write it."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT00:00:00Z")


KEY = "a-key-of-the-tests"
ROOT = Path(__file__).parent.parent
_TODAY = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
END = int((_TODAY - timedelta(days=_TODAY.weekday())).timestamp())
"""When the last whole week ended, in Unix seconds."""
START = END - 7 * 86400
RECORDED = (
    (Path(__file__).parent / "data" / "v1_accepted.json")
    .read_bytes()
    .replace(b"2026-11-15T00:00:00Z", day(START).encode())
    .replace(b"2026-11-22T00:00:00Z", day(END).encode())
)
"""A report that the upstream service was recorded to accept, moved to the last week."""
ID = "installation.installation_id"
MISSING = object()
SUNDAY = 7
SECONDS = 300.0
"""How long anything may take on a busy machine before a test gives up."""
_NO_CERTIFICATES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Trusts nobody: to read the machine's certificates takes longer than most requests to a service."""


def report(changes: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return the recorded report of a new installation, changed at dotted paths."""
    document: dict[str, Any] = copy.deepcopy(json.loads(RECORDED))
    for path, value in {ID: str(uuid4()), **(changes or {})}.items():
        *groups, name = path.split(".")
        level = document
        for group in groups:
            level = level[group]
        if value is MISSING:
            del level[name]
        else:
            level[name] = value
    return document


def encoded(changes: dict[str, Any] | None = None) -> bytes:
    """Return the body of a changed report."""
    return json.dumps(report(changes)).encode()


def submit(client: httpx.Client, body: bytes, **headers: str) -> httpx.Response:
    """Post a body with the right key and content type, or with other headers."""
    defaults = {"X-API-Key": KEY, "Content-Type": "application/json"}
    return client.post("/submit", content=body, headers=defaults | headers)


def settings_for(path: Path, **changes: Any) -> Settings:
    """Return settings with a database at a path, a free port and the tests' key."""
    values: dict[str, Any] = {
        "port": 0,
        "api_key": KEY,
        "network_per_minute": 0,
        "database_url": f"sqlite:///{path}",
        "database_timeout": 60.0,
    } | changes
    return Settings(**values)


def calling(url: str | httpx.URL, **options: Any) -> httpx.Client:
    """Return a client of a service that waits for as long as a busy machine may need."""
    return httpx.Client(base_url=url, timeout=SECONDS, **{"verify": _NO_CERTIFICATES, **options})


@contextmanager
def live_server(
    settings: Settings, announce: Callable[[str], None] = lambda _: None, *, apart: bool = False
) -> Iterator[str]:
    """Run the service in a thread and give its address; what writes may have a process of its own."""
    config = uvicorn.Config(create_app(settings, announce, apart=apart), **server_options(settings))
    server = uvicorn.Server(config)
    thread = Thread(target=lambda: asyncio.run(server.serve()))
    thread.start()
    wait_until(lambda: server.started)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(SECONDS)
        assert not thread.is_alive()


class ServiceProcess:
    """`python -m aggregation` as a process of its own."""

    def __init__(self, database: Path, log: Path, *arguments: str, **settings: str) -> None:
        self._log = log
        with log.open("ab") as stream:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "aggregation", *arguments],
                cwd=ROOT,
                env=environment(database, **settings),
                stdout=stream,
                stderr=stream,
                start_new_session=True,
            )

    @property
    def log(self) -> str:
        """Return all that was written so far."""
        return self._log.read_text()

    def url(self) -> str:
        """Return the address once it serves."""
        pattern = re.compile(r"running on (http://\S+)")
        wait_until(lambda: pattern.search(self.log), self)
        return str(pattern.findall(self.log)[-1])

    def stop(self, number: int = signal.SIGTERM) -> int:
        """End it gently with a signal and return its exit code."""
        self.process.send_signal(number)
        return self.process.wait(SECONDS)

    @property
    def writer(self) -> int | None:
        """Return the number of the process that writes, while there is one."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        with suppress(OSError):
            return next(map(int, children.read_text().split()), None)
        return None

    def kill(self) -> None:
        """End it as a power cut would: all of it."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(SECONDS)


def environment(database: Path, **settings: str) -> dict[str, str]:
    """Return the environment of a process: ours, and AGGREGATION_ settings."""
    values = {
        "PORT": "0",
        "API_KEY": KEY,
        "DATABASE_URL": f"sqlite:///{database}",
        "DATABASE_TIMEOUT": "60",
        "INSIGHT": "false",
    } | settings
    return os.environ | {f"AGGREGATION_{name}": value for name, value in values.items()}


class Program(Protocol):
    """A process that a test started, and what it said so far."""

    @property
    def process(self) -> subprocess.Popen[bytes]: ...

    @property
    def log(self) -> str: ...


def wait_until(condition: Callable[[], Any], *programs: Program, seconds: float = SECONDS) -> None:
    """Wait until a condition holds; fails after a while, or once a program has ended that it needs."""
    deadline = time.monotonic() + seconds
    while not condition():
        codes = [program.process.poll() for program in programs]
        if any(code is not None for code in codes) or time.monotonic() > deadline:
            said = "\n".join(f"{code}: {program.log}" for program, code in zip(programs, codes, strict=True))
            pytest.fail(f"It never came true. Exit codes and what was said:\n{said}")
        time.sleep(0.01)


def stay_clear_of_midnight(seconds: float) -> None:
    """Wait until the day is over (UTC) where it ends within so many seconds."""
    now = datetime.now(UTC)
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    if midnight - now < timedelta(seconds=seconds):
        wait_until(lambda: datetime.now(UTC) >= midnight, seconds=2 * seconds)


def stay_in_one_week(seconds: float) -> None:
    """Wait until the week is over (UTC) where it ends within so many seconds."""
    if datetime.now(UTC).isoweekday() == SUNDAY:
        stay_clear_of_midnight(seconds)
