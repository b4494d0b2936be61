"""Notes every connection, datagram and name look-up of a Python process as a line of JSON.

Python imports this module at its start by its name; the file to write is in PRINTERNIZER_CONNECTIONS.
"""

import json
import os
import socket
import sys
from typing import Any

_SENDING = ("socket.connect", "socket.sendto", "socket.sendmsg")
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


if path := os.environ.get("PRINTERNIZER_CONNECTIONS"):
    _observe(path)
