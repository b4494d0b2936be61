"""Answers that no honest service gives, and a server on the loopback network that gives them."""

import asyncio
from dataclasses import dataclass, field
import json
from typing import Any, Final

from hypothesis import strategies as st

_STATUSES: Final = (200, 200, 200, 204, 301, 307, 400, 401, 403, 404, 409, 410, 413, 422, 429, 500, 502, 503)
_DATES: Final = (
    "Thu, 05 Nov 2026 12:00:00 -0000",
    "Thu, 05 Nov 2026 12:00:00",
    "Thu, 05 Nov 9999 12:00:00 -2359",
    "Mon, 01 Jan 0001 00:00:00 +2359",
    "Thu, 05 Nov 2026 12:00:00 +99999999999999999999",
    "Thu, 99 Nov 2026 99:99:99 GMT",
    "9" * 400,
    "\u0663",
    "-1",
    "1e999",
    "",
)
_NAMES: Final = (
    "Retry-After",
    "Date",
    "Content-Type",
    "Content-Encoding",
    "Content-Length",
    "Transfer-Encoding",
    "Connection",
    "Location",
    "Set-Cookie",
    "Age",
)
_WORDS: Final = ("gzip", "br", "chunked", "close", "text/html", "a/b; charset=\u00e9", "0", "17", "id=1", "/")
_SCALARS: Final = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(), max_size=20)
    | st.sampled_from(["k1", "1.0", "2.0", "\ud800", "eyJhbGciOiJFZERTQSIsImtpZCI6ImsxIn0.e30.AAAA", 10**400])
)
_JSON: Final = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


def _object(*names: str) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=dict.fromkeys(names, _JSON))


_KEYS: Final = st.lists(_object("kty", "crv", "x", "kid", "alg") | _JSON, max_size=3)
_CONTENT: Final = st.fixed_dictionaries(
    {},
    optional={
        "submission_id": _JSON,
        "deleted_count": _JSON,
        "protocols": st.lists(st.sampled_from(["1.0", "2.0", "3.0"])) | _JSON,
        "receipt_keys": _KEYS | _JSON,
        "dictionary": _object("version", "report") | _JSON,
        "detail": _JSON,
        "receipt": _object(
            "body_sha256", "received_day", "protocol", "jws", "installation_sha256", "published_weeks"
        )
        | _JSON,
    },
)


def _bytes(content: object) -> bytes:
    """Write a value as JSON, lone surrogates as they are."""
    return json.dumps(content).encode()


_BODIES: Final = (
    st.binary(max_size=200)
    | _CONTENT.map(_bytes)
    | _JSON.map(_bytes)
    | st.sampled_from([b"[" * 100_000, b'{"a":' * 20_000, b"1" * 15_000, b"\xff\xfe{}", b"x" * 200_000])
)


@dataclass(frozen=True)
class Lie:
    """One answer, as bytes; a `hanging` one is followed by silence instead of the end."""

    status: int
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""
    raw: bytes | None = None
    framed: bool = True
    hanging: bool = False

    def __bytes__(self) -> bytes:
        """What goes over the wire."""
        if self.raw is not None:
            return self.raw
        lines = [f"HTTP/1.1 {self.status} So", *(f"{name}: {value}" for name, value in self.headers)]
        if self.framed:
            lines.append(f"Content-Length: {len(self.body)}")
        return "\r\n".join([*lines, "", ""]).encode("utf-8", "surrogateescape") + self.body


_HEADER: Final = st.tuples(
    st.sampled_from(_NAMES),
    st.sampled_from(_DATES + _WORDS) | st.text(st.characters(exclude_categories=["Cs"]), max_size=30),
)
LIES: Final = st.builds(
    Lie,
    status=st.sampled_from(_STATUSES) | st.integers(0, 9999),
    headers=st.lists(_HEADER, max_size=4),
    body=_BODIES,
    raw=st.none() | st.none() | st.none() | st.binary(max_size=100),
    framed=st.booleans() | st.just(True),
    hanging=st.integers(0, 19).map(lambda chance: chance == 0),
)


class Liar:
    """Gives the answers in turn, the last one again and again."""

    def __init__(self) -> None:
        """Begin without an answer."""
        self.lies: list[Lie] = []
        self.told = 0
        self.url = ""
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen on a free port."""
        self._server = await asyncio.start_server(self._answer, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/submit"

    async def close(self) -> None:
        """Stop listening."""
        assert self._server is not None
        self._server.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        lie = self.lies.pop(0) if len(self.lies) > 1 else self.lies[0]
        self.told += 1
        try:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(bytes(lie))
            await writer.drain()
            while lie.hanging and await reader.read(65536):
                pass
        except OSError, EOFError:
            pass
        finally:
            writer.close()
