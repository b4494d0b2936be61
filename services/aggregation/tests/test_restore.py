"""The restore drill: a backup of the running service, deletions after it, a new machine."""

from collections.abc import Callable
import json
from pathlib import Path
import subprocess
import sys
from threading import Event, Thread

import pytest

from tests.support import KEY, ROOT, SECONDS, ServiceProcess, calling, encoded, environment, submit

pytestmark = pytest.mark.programs

HEADERS = {"X-API-Key": KEY}


def command(database: Path, *arguments: str) -> str:
    """Run a command on a database and return what it says."""
    process = subprocess.run(
        [sys.executable, "-m", "aggregation", *arguments],
        cwd=ROOT,
        env=environment(database),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert process.returncode == 0, process.stderr
    return process.stdout


def keep_sending(url: str, stop: Event) -> Callable[[], None]:
    """Send reports until told to stop; return what waits for the end."""

    def run() -> None:
        with calling(url) as client:
            while not stop.is_set():
                assert submit(client, encoded()).status_code == 200

    thread = Thread(target=run)
    thread.start()
    return thread.join


def test_restore_drill(database: Path, tmp_path: Path) -> None:
    service = ServiceProcess(database, tmp_path / "log", NETWORK_PER_MINUTE="0")
    backup = tmp_path / "backup.gz"
    bodies = [encoded() for _ in range(20)]
    names = [json.loads(body)["installation"]["installation_id"] for body in bodies]
    stop = Event()
    try:
        with calling(service.url()) as client:
            answers = [submit(client, body).json() for body in bodies]
            join = keep_sending(str(client.base_url), stop)
            assert client.delete(f"/installation/{names[0]}", headers=HEADERS).json()["deleted_count"] == 1
            command(database, "backup", str(backup))
            assert client.delete(f"/installation/{names[1]}", headers=HEADERS).json()["deleted_count"] == 1
            stop.set()
            join()
    finally:
        stop.set()
        service.kill()
    restored = tmp_path / "restored.db"
    journal = f"{database}.tombstones"
    assert command(restored, "restore", str(backup), "--tombstones", journal).endswith(
        " 1 submissions deleted again\n"
    )
    again = ServiceProcess(restored, tmp_path / "log2")
    try:
        with calling(again.url()) as client:
            for body, answer in zip(bodies[2:], answers[2:], strict=True):
                assert submit(client, body).json() == answer
            assert [submit(client, body).status_code for body in bodies[:2]] == [410, 410]
    finally:
        assert again.stop() <= 0
    command(restored, "purge")
    assert command(restored, "verify-rollups").endswith(" 0 sums wrong\n")
