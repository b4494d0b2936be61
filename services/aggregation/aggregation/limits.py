"""What a request may cost: media type, size and time of its body."""

import asyncio
from http import HTTPStatus
import re

from fastapi import HTTPException, Request
from starlette.requests import ClientDisconnect

BODY_SECONDS = 10.0
_JSON_TYPE = re.compile(r"application/(?:[a-z0-9!#$&^_.+-]+\+)?json", re.IGNORECASE)


async def read_json_body(request: Request, limit: int) -> bytes:
    """Return the body of a JSON request; raises 408, 413 (over `limit` bytes) and 415."""
    _check_media_type(request)
    if _declared_length(request) > limit:
        raise _too_large(limit)
    try:
        async with asyncio.timeout(BODY_SECONDS):
            return await _read(request, limit)
    except TimeoutError:
        raise _closing(HTTPStatus.REQUEST_TIMEOUT, "The body did not arrive in time") from None


async def _read(request: Request, limit: int) -> bytes:
    """Return the body, giving up with a 413 as soon as it is longer than `limit` bytes."""
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > limit:
                raise _too_large(limit)
    except ClientDisconnect:
        raise _closing(HTTPStatus.BAD_REQUEST, "The body is incomplete") from None
    return bytes(body)


def _check_media_type(request: Request) -> None:
    """Raise a 415 unless the body is plain JSON or of no declared type."""
    content_type = request.headers.get("content-type")
    if content_type is not None and not _JSON_TYPE.fullmatch(content_type.split(";")[0].strip()):
        raise HTTPException(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "The content type must be application/json")
    if request.headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise HTTPException(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "The body must not be compressed")


def _declared_length(request: Request) -> int:
    """Return the length in bytes that the client declares, 0 when it declares none."""
    try:
        return int(request.headers.get("content-length", 0))
    except ValueError:
        return 0


def _too_large(limit: int) -> HTTPException:
    """Return the answer to a body that is over `limit` bytes."""
    return _closing(HTTPStatus.CONTENT_TOO_LARGE, f"The body must not exceed {limit} bytes")


def _closing(status: HTTPStatus, detail: str) -> HTTPException:
    """Return an error that also closes the connection, so that the rest is never read."""
    return HTTPException(status, detail, headers={"Connection": "close"})
