"""The demonstration as a process: what it says is true, and nothing is left of it."""

from http import HTTPStatus
from pathlib import Path
import re

import pytest

from tests.postgres import free_port
from tests.support import ServiceProcess, calling, wait_until

pytestmark = pytest.mark.programs


def said(log: str, pattern: str) -> str:
    """Return what a line of the demonstration tells."""
    (found,) = re.findall(pattern, log, re.MULTILINE)
    return str(found)


def test_demonstration_serves_a_fleet_and_says_where(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    visited = tmp_path / "visited"
    opener = tmp_path / "browser"
    opener.write_text(f'#!/bin/sh\necho "$1" >"{visited}"\n')
    opener.chmod(0o755)
    monkeypatch.setenv("BROWSER", f"{opener} %s &")
    port = str(free_port())
    options = ("demo", "--homes", "30", "--weeks", "8", "--processes", "1")
    process = ServiceProcess(tmp_path / "none.db", tmp_path / "log", *options, PORT=port)
    try:
        with calling(process.url()) as http:
            key = said(process.log, r"^key: (psk_read_\S+)$")
            address = said(process.log, r"^(http://\S+)/dashboard$")
            assert str(http.base_url).rstrip("/") == address == f"http://127.0.0.1:{port}"
            answer = http.get("/stats/overview", headers={"X-API-Key": key})
            assert answer.status_code == HTTPStatus.OK
            assert answer.json()["installations"]["total"] > 10
        wait_until(lambda: visited.exists() and bool(visited.read_text()), process)
        assert visited.read_text() == f"{address}/dashboard\n"
    finally:
        assert process.stop() == 0
    assert int(said(process.log, r"^(\d+) reports of 30 simulated homes over 8 weeks, seed 1$")) > 50
    assert not (tmp_path / "none.db").exists()
    assert [*folder.iterdir()] == []


def test_no_browser_is_opened_where_none_is_wanted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    visited = tmp_path / "visited"
    monkeypatch.setenv("BROWSER", f"touch {visited} &")
    options = ("demo", "--homes", "5", "--weeks", "2", "--processes", "1", "--no-browser")
    port = str(free_port())
    process = ServiceProcess(tmp_path / "none.db", tmp_path / "log", *options, PORT=port)
    try:
        with calling(process.url()) as http:
            assert http.get("/health").status_code == HTTPStatus.OK
    finally:
        assert process.stop() == 0
    assert not visited.exists()
