"""`python -m aggregation` as an operator starts and ends it."""

from collections.abc import Iterator
from contextlib import closing
import hashlib
from itertools import takewhile
import json
import os
from pathlib import Path
import re
import signal
import socket
import sqlite3
import subprocess
import sys
from urllib.parse import urlsplit

import httpx
import pytest

from aggregation.observability import LINES_A_MINUTE
from tests.certificates import certificate
from tests.support import (
    KEY,
    RECORDED,
    ROOT,
    SECONDS,
    ServiceProcess,
    calling,
    encoded,
    environment,
    submit,
    wait_until,
)

pytestmark = pytest.mark.programs

PLATFORM = "installation.platform"


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
    with calling(service.url()) as client:
        first = submit(client, RECORDED)
    service.kill()
    assert first.status_code == 200
    with closing(sqlite3.connect(database)) as connection:
        rows = connection.execute("SELECT body_sha256 FROM submissions").fetchall()
    sha256 = hashlib.sha256(RECORDED).hexdigest()
    assert rows == [(sha256,)]
    again = ServiceProcess(database, log)
    try:
        wait_until(lambda: again.log.count("running on") == 2, again)
        with calling(again.url()) as client:
            assert submit(client, RECORDED).json() == first.json()
    finally:
        again.stop()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, -signal.SIGTERM), (signal.SIGINT, 0)])
def test_gentle_end(service: ServiceProcess, number: int, code: int) -> None:
    service.url()
    assert service.stop(number) == code
    assert "Application shutdown complete" in service.log
    assert "Traceback" not in service.log


def test_what_writes_ends_with_the_service(service: ServiceProcess) -> None:
    service.url()
    writer = service.writer
    assert writer
    for number in (signal.SIGINT, signal.SIGTERM):  # which a terminal or a supervisor may send to all
        os.kill(writer, number)
    with calling(service.url()) as client:
        assert submit(client, RECORDED).status_code == 200
    service.process.kill()
    wait_until(lambda: not Path(f"/proc/{writer}").exists())
    service.process.wait(SECONDS)


def test_what_writes_is_started_again(service: ServiceProcess) -> None:
    with calling(service.url()) as client:
        first = submit(client, RECORDED)
        writer = service.writer
        assert writer
        assert client.get("/health/ready").json()["writer"] == "running"
        os.kill(writer, signal.SIGKILL)
        wait_until(lambda: client.get("/health/ready").json()["writer"] == "stopped", service)
        assert client.get("/health/ready").status_code == 503
        assert client.get("/health/live").status_code == 200
        wait_until(lambda: service.writer not in {None, writer}, service)
        wait_until(lambda: submit(client, RECORDED).status_code == 200, service)
        assert submit(client, RECORDED).json() == first.json()
    assert "The process that writes has ended with -9" in service.log


def test_nothing_personal_anywhere(database: Path, log: Path, tmp_path: Path) -> None:
    service = ServiceProcess(database, log, LOG_LEVEL="debug", BEHIND_PROXY="true", NETWORK_PER_MINUTE="5")
    secrets = [b"127.0.0.77", b"203.0.113", b"Jane", b"dragon.gcode"]
    transport = httpx.HTTPTransport(local_address="127.0.0.77")
    headers = {"X-Forwarded-For": "203.0.113.9", "User-Agent": "Jane/1", "Referer": "https://Jane.example"}
    with calling(service.url(), transport=transport, headers=headers) as client:
        named = encoded(
            {"owner": "Jane", "usage_stats.last": "dragon.gcode", "installation.platform": "Jane"}
        )
        assert [submit(client, body).status_code for body in (named, b"{Jane")] == [200, 422]
        statuses = takewhile(
            lambda status: status != 429, (submit(client, encoded()).status_code for _ in range(50))
        )
        assert 3 <= len([*statuses]) < 50
        assert client.get("/Jane?name=Jane").status_code == 404
        assert client.delete("/installation/Jane", headers={"X-API-Key": KEY}).status_code == 200
        assert client.delete("/installation/Jane", headers={"X-API-Key": "Jane"}).status_code == 401
        upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
        client.get("/", headers=upgrade | {"Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA=="})
        admin = database.with_name(f"{database.name}.admin-key").read_text().strip()
        assert admin not in service.log
        metrics = client.get("/metrics", headers={"X-API-Key": admin})
        assert metrics.status_code == 200
    service.stop()
    assert all(secret not in metrics.content for secret in secrets)
    kept = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert b"submissions" in kept
    assert [secret for secret in secrets if secret in kept] == []
    assert json.loads(named)["installation"]["installation_id"] not in service.log


def test_log_is_json_with_request_numbers(service: ServiceProcess) -> None:
    with calling(service.url()) as client:
        number = submit(client, b"{").headers["x-request-id"]
    service.stop()
    lines = [json.loads(line) for line in service.log.splitlines() if line.startswith("{")]
    (entry,) = [line for line in lines if line.get("request") == number]
    assert (entry["event"], entry["route"], entry["status"]) == ("Request", "/submit", 422)
    assert {"timestamp", "level"} <= entry.keys()


def test_bad_heads_of_strangers_fill_no_log(service: ServiceProcess) -> None:
    address = urlsplit(service.url())
    for _ in range(200):
        with socket.create_connection((address.hostname or "", address.port or 0), SECONDS) as connection:
            connection.sendall(b"no request\r\n\r\n")
            assert connection.recv(100).startswith(b"HTTP/1.1 400")
    service.stop()
    assert 0 < service.log.count("Invalid HTTP request") <= 2 * LINES_A_MINUTE


def test_tls(no_database: Path, log: Path, tmp_path: Path) -> None:
    path, _, context = certificate(tmp_path)
    service = ServiceProcess(no_database, log, HOST="0.0.0.0", TLS_CERTIFICATE=str(path), TLS_KEY=str(path))
    pattern = re.compile(r"running on https://0.0.0.0:(\d+)")
    try:
        wait_until(lambda: pattern.search(service.log), service)
        port = pattern.findall(service.log)[0]
        with calling(f"https://localhost:{port}", verify=context) as client:
            assert submit(client, encoded()).status_code == 200
    finally:
        service.stop()


@pytest.mark.parametrize(("content", "why"), [(None, "No such file or directory"), ("no key", "PEM")])
def test_certificate_that_does_not_serve(
    no_database: Path, tmp_path: Path, content: str | None, why: str
) -> None:
    path = tmp_path / "certificate.pem"
    if content is not None:
        path.write_text(content)
    result = run(no_database, HOST="0.0.0.0", TLS_CERTIFICATE=str(path), TLS_KEY=str(path))
    assert (result.returncode, result.stdout, result.stderr.count("\n")) == (2, "", 1)
    assert result.stderr.startswith("AGGREGATION_TLS_CERTIFICATE, AGGREGATION_TLS_KEY: they cannot be used (")
    assert why in result.stderr
    assert not no_database.exists()


def test_no_open_network_without_tls(database: Path) -> None:
    result = run(database, HOST="0.0.0.0")
    assert result.returncode == 2
    assert result.stderr.startswith("AGGREGATION_HOST must be a loopback address")


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
