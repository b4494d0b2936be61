"""`python -m aggregation` as an operator starts and ends it."""

from collections.abc import Iterator
from contextlib import closing
import hashlib
from pathlib import Path
import signal
import socket
import sqlite3
import subprocess
import sys

import httpx
import pytest

from tests.support import (
    RECORDED,
    ROOT,
    SECONDS,
    ServiceProcess,
    encoded,
    environment,
    submit,
    wait_until,
)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "service.log"


@pytest.fixture
def service(database: Path, log: Path) -> Iterator[ServiceProcess]:
    running = ServiceProcess(database, log, LOG_LEVEL="debug")
    yield running
    running.kill()


def run(database: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run the service to its end."""
    return subprocess.run(
        [sys.executable, "-m", "aggregation"],
        cwd=ROOT,
        env=environment(database, **settings),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


def test_kill_loses_nothing_acknowledged(service: ServiceProcess, database: Path, log: Path) -> None:
    with httpx.Client(base_url=service.url()) as client:
        first = submit(client, RECORDED)
    service.kill()
    assert first.status_code == 200
    with closing(sqlite3.connect(database)) as connection:
        rows = connection.execute("SELECT id, body_sha256 FROM submissions").fetchall()
    sha256 = hashlib.sha256(RECORDED).hexdigest()
    assert rows == [(first.json()["submission_id"], sha256)]
    again = ServiceProcess(database, log)
    try:
        wait_until(lambda: again.log.count("running on") == 2)
        with httpx.Client(base_url=again.url()) as client:
            assert submit(client, RECORDED).json() == first.json()
    finally:
        again.stop()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, -signal.SIGTERM), (signal.SIGINT, 0)])
def test_gentle_end(service: ServiceProcess, number: int, code: int) -> None:
    service.url()
    assert service.stop(number) == code
    assert "Application shutdown complete" in service.log
    assert "Traceback" not in service.log


def test_no_client_address_anywhere(service: ServiceProcess, tmp_path: Path) -> None:
    address = "127.0.0.77"
    transport = httpx.HTTPTransport(local_address=address)
    headers = {"X-Forwarded-For": "203.0.113.9"}
    with httpx.Client(base_url=service.url(), transport=transport, headers=headers) as client:
        assert submit(client, encoded()).status_code == 200
        assert submit(client, b"{").status_code == 422
        upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
        client.get("/", headers=upgrade | {"Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA=="})
    service.stop()
    kept = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert b"submissions" in kept
    assert address.encode() not in kept
    assert b"203.0.113.9" not in kept


def test_wrong_setting_is_one_line(database: Path) -> None:
    result = run(database, PORT="eighty")
    assert result.returncode == 2
    assert result.stdout == ""
    assert result.stderr.startswith("AGGREGATION_PORT: Input should be a valid integer")
    assert result.stderr.count("\n") == 1


def test_unusable_database_is_one_line(tmp_path: Path) -> None:
    result = run(tmp_path / "missing" / "aggregation.db")
    assert result.returncode == 2
    assert result.stderr == ("AGGREGATION_DATABASE_URL: the database cannot be used (SQLITE_CANTOPEN)\n")


def test_port_in_use(database: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        result = run(database, PORT=str(taken.getsockname()[1]))
    assert result.returncode == 3
    assert "address already in use" in result.stderr
    assert "Traceback" not in result.stderr
