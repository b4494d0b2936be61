"""Ports of the real programs are those that the system gives to nobody by itself."""

from pathlib import Path
import sys

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "script"))

from stack.process import ABOVE_PORTS, LOWEST_PORT, free_port


def test_a_port_is_none_that_the_system_gives_away(socket_enabled: None) -> None:
    """Else any connection of any program may have it by the time that it is used."""
    ports = [free_port() for _ in range(20)]
    assert len({*ports}) == 20
    assert all(LOWEST_PORT <= port < ABOVE_PORTS for port in ports)
