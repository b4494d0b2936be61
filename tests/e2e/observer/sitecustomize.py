"""Notes every connection, datagram and name look-up of a Python process as a line of JSON.

Python imports this module at its start by its name; the file to write is in PRINTERNIZER_CONNECTIONS.
With PRINTERNIZER_EARLIEST=1 what may happen at any moment of some minutes happens at the first. With
PRINTERNIZER_NO_CONTAINER=1 the process sees nothing of the container that it may run in: Home Assistant has a
name for its own image only.
"""

import json
import os
from pathlib import Path
from random import Random, SystemRandom
import socket
import sys
from typing import Any

_SENDING = ("socket.connect", "socket.sendto", "socket.sendmsg")
_MINUTES = 600
_CONTAINERS = {Path("/.dockerenv"), Path("/run/.containerenv")}
_ASKING = ("socket.getaddrinfo", "socket.gethostbyname")


def _noted(event: str, arguments: tuple[Any, ...]) -> list[Any] | None:
    """Return what is to be written of an audit event; None when nothing is sent to another process.

    Connecting a datagram socket sends nothing: Home Assistant asks so for the address of this machine.
    """
    if event in _ASKING:
        return [event, str(arguments[0])]
    if event not in _SENDING or not isinstance(address := arguments[1], tuple):
        return None
    if event == "socket.connect" and arguments[0].type == socket.SOCK_DGRAM:
        return None
    return [event, *address[:2]]


def _observe(path: str) -> None:
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if (noted := _noted(event, arguments)) is not None:
            os.write(file, f"{json.dumps(noted)}\n".encode())

    sys.addaudithook(hook)


def _hurry() -> None:
    drawn = SystemRandom.uniform

    def uniform(dice: Random, first: float, last: float) -> float:
        return first if last - first <= _MINUTES else drawn(dice, first, last)

    SystemRandom.uniform = uniform  # type: ignore[method-assign, assignment]


def _leave_container() -> None:
    there = Path.exists

    def exists(path: Path, *, follow_symlinks: bool = True) -> bool:
        return path not in _CONTAINERS and there(path, follow_symlinks=follow_symlinks)

    Path.exists = exists  # type: ignore[method-assign, assignment]
    os.environ.pop("KUBERNETES_SERVICE_HOST", None)


if os.environ.get("PRINTERNIZER_NO_CONTAINER") == "1":
    _leave_container()
if os.environ.get("PRINTERNIZER_EARLIEST") == "1":
    _hurry()
if path := os.environ.get("PRINTERNIZER_CONNECTIONS"):
    _observe(path)
