"""Tests wait as long as a busy machine may need, and say why when that was in vain."""

import ast
from collections.abc import Iterator
from pathlib import Path
import sys

import pytest

from tests.deploy.programs import running
from tests.postgres import ABOVE_PORTS, LOWEST_PORT, free_port
from tests.support import wait_until

LEAST = 60
CALLING = {"get", "post", "put", "delete", "request", "stream", "Client", "AsyncClient"}
"""What httpx waits only five seconds for, unless it is told otherwise."""


def _calls() -> Iterator[tuple[str, ast.Call]]:
    """Yield each call of the tests with where it is."""
    for path in sorted(Path(__file__).parent.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                yield f"{path.name}:{node.lineno}", node


def _is_hasty(call: ast.Call) -> bool:
    """Tell whether a call of httpx has no timeout of ours, or any other one that a slow machine exceeds."""
    given = {keyword.arg: keyword.value for keyword in call.keywords}
    match call.func, given.get("timeout"):
        case ast.Attribute(ast.Name("httpx"), name), None:
            return name in CALLING
        case _, ast.Constant(int(seconds) | float(seconds)):
            return seconds < LEAST
    return False


def test_no_call_is_hasty() -> None:
    assert [place for place, call in _calls() if _is_hasty(call)] == []


def test_a_port_is_none_that_the_system_gives_away() -> None:
    """Else any connection of any program may have it by the time that it is used."""
    ports = [free_port() for _ in range(20)]
    assert len({*ports}) == 20
    assert all(LOWEST_PORT <= port < ABOVE_PORTS for port in ports)


def test_a_program_that_ends_is_not_waited_for(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "raise SystemExit('the port is taken')"]
    with (
        running(tmp_path / "log", *command) as server,
        pytest.raises(pytest.fail.Exception, match=r"1: the port is taken"),
    ):
        wait_until(lambda: False, server)
