"""Answers in one piece: head and body of a small one take one call to the system, not two.

And requests that do come: who only holds a connection loses it, and who sends a head without end, too.
"""

import asyncio
from http import HTTPStatus
from typing import Any, override

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

HEAD_SECONDS = 10.0
"""How long a connection may be held without the head of a request."""
HEAD_BYTES = 32 * 1024
"""How long a head may be; also what stands between the pieces of a body, or after them."""
MANY = 16
"""So many pieces are no small answer: they go out at once, so that a slow reader holds up who writes."""


class Gathering(asyncio.Transport):
    """Sends what was written within one turn of the event loop together."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        """Take what really sends."""
        super().__init__()
        self._transport = transport
        self._loop = loop
        self._pieces: list[bytes | bytearray | memoryview[Any]] = []

    @override
    def write(self, data: bytes | bytearray | memoryview[Any]) -> None:
        if not self._pieces:
            self._loop.call_soon(self._send)
        self._pieces.append(data)
        if len(self._pieces) == MANY:
            self._send()

    @override
    def close(self) -> None:
        self._send()
        self._transport.close()

    @override
    def is_closing(self) -> bool:
        return self._transport.is_closing()

    @override
    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return self._transport.get_extra_info(name, default)

    @override
    def pause_reading(self) -> None:
        self._transport.pause_reading()

    @override
    def resume_reading(self) -> None:
        self._transport.resume_reading()

    def _send(self) -> None:
        """Send what waits, unless nobody is there any more."""
        pieces, self._pieces = self._pieces, []
        if pieces and not self._transport.is_closing():
            self._transport.write(b"".join(pieces))


class HttpProtocol(HttpToolsProtocol):
    """HTTP as uvicorn speaks it, with answers in one piece and heads that end."""

    _unread = 0
    """Bytes that the parser took since it last gave a head, a piece of a body or the end of a request."""

    @override
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(Gathering(transport, self.loop))
        self.loop.call_later(HEAD_SECONDS, self._look, None)

    @override
    def data_received(self, data: bytes) -> None:
        while data and not self.transport.is_closing():
            room = HEAD_BYTES - self._unread
            piece, data = data[:room], data[room:]
            self._unread += len(piece)
            super().data_received(piece)
            if self._unread >= HEAD_BYTES:
                self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)

    @override
    def on_headers_complete(self) -> None:
        self._unread = 0
        super().on_headers_complete()

    @override
    def on_body(self, body: bytes) -> None:
        self._unread = 0
        super().on_body(body)

    @override
    def on_message_complete(self) -> None:
        self._unread = 0
        super().on_message_complete()

    def _refuse(self, status: HTTPStatus) -> None:
        """Answer without a body and hang up."""
        lines = [b"%b: %b\r\n" % header for header in self.server_state.default_headers]
        end = b"content-length: 0\r\nconnection: close\r\n\r\n"
        self.transport.write(b"".join([STATUS_LINE[status], *lines, end]))
        self.transport.close()

    def _look(self, last: object) -> None:
        """Close the connection when no request has begun since the last look, and none is under way."""
        is_idle = self.cycle is None or self.cycle.response_complete
        if is_idle and self.cycle is last:
            self.transport.close()
        elif not self.transport.is_closing():
            self.loop.call_later(HEAD_SECONDS, self._look, self.cycle if is_idle else self)
