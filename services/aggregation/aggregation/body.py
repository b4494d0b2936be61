"""The body of a request: its media type, its size, and the time it may take."""

import asyncio
from collections.abc import Mapping
from http import HTTPStatus
import re

from fastapi import HTTPException
from starlette.types import Receive

BODY_SECONDS = 10.0
_JSON_TYPE = re.compile(rb"\s*application/(?:[a-z0-9!#$&^_.+-]+\+)?json\s*", re.IGNORECASE)
_PLAIN_JSON = b"application/json"

type Headers = Mapping[bytes, bytes]
"""The headers of a request by lower-case name; of a repeated one the last."""


async def read_json_body(headers: Headers, receive: Receive, limit: int) -> bytes:
    """Return the body of a JSON request; raises what `read_body` does, and 415."""
    _check_media_type(headers)
    return await read_body(headers, receive, limit)


async def read_body(headers: Headers, receive: Receive, limit: int) -> bytes:
    """Return the body of a request; raises 400, 408 and 413 (over `limit` bytes)."""
    if _declared_length(headers) > limit:
        raise _too_large(limit)
    reading = asyncio.Task(_read(receive, limit), eager_start=True)
    if reading.done():  # as nearly always: no timer is made, which costs more than the reading
        return reading.result()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            return await reading
    except TimeoutError:
        raise _closing(HTTPStatus.REQUEST_TIMEOUT, "The body did not arrive in time") from None


async def _read(receive: Receive, limit: int) -> bytes:
    """Return the body, giving up with a 413 as soon as it is longer than `limit` bytes."""
    body = b""
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _closing(HTTPStatus.BAD_REQUEST, "The body is incomplete")
        body += message.get("body", b"")
        if len(body) > limit:
            raise _too_large(limit)
        more = message.get("more_body", False)
    return body


def _check_media_type(headers: Headers) -> None:
    """Raise a 415 unless the body is plain JSON or of no declared type."""
    content_type = headers.get(b"content-type", _PLAIN_JSON)
    if content_type != _PLAIN_JSON and not _JSON_TYPE.fullmatch(content_type.partition(b";")[0]):
        raise HTTPException(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "The content type must be application/json")
    if headers.get(b"content-encoding", b"identity").strip().lower() != b"identity":
        raise HTTPException(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "The body must not be compressed")


def _declared_length(headers: Headers) -> int:
    """Return the length in bytes that the client declares, 0 when it declares none."""
    try:
        return int(headers.get(b"content-length", 0))
    except ValueError:
        return 0


def _too_large(limit: int) -> HTTPException:
    """Return the answer to a body that is over `limit` bytes."""
    return _closing(HTTPStatus.CONTENT_TOO_LARGE, f"The body must not exceed {limit} bytes")


def _closing(status: HTTPStatus, detail: str) -> HTTPException:
    """Return an error that also closes the connection, so that the rest is never read."""
    return HTTPException(status, detail, headers={"Connection": "close"})
