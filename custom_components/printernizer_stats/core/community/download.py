"""Weekly download: one plain GET of the public numbers, the same bytes from every home.

No query, no cookie, no condition, and no header of ours or of the library's: what is left is the address.
"""

from http import HTTPStatus
from typing import Final

import aiohttp
from yarl import URL

from ..sharing.endpoint import endpoint_error
from .public_numbers import MAX_BYTES

_TIMEOUT: Final = aiohttp.ClientTimeout(total=30)
_LEFT_OUT: Final = ("Accept", "Accept-Encoding", "User-Agent")
_ABSENT: Final = (HTTPStatus.NOT_FOUND, HTTPStatus.GONE)


def public_url(endpoint: str) -> str:
    """Return where the service of an endpoint publishes its numbers."""
    return str(URL(endpoint).origin() / "public" / "latest.json")


async def async_download(session: aiohttp.ClientSession, url: str) -> bytes | None:
    """Return the file, empty where none is published, None where nobody answers; raises nothing.

    What is too long is cut off after the first byte too many.
    """
    if endpoint_error(url) is not None:
        return None
    try:
        async with session.get(
            url, timeout=_TIMEOUT, allow_redirects=False, skip_auto_headers=_LEFT_OUT
        ) as response:
            if response.status in _ABSENT:
                return b""
            return await _bounded(response) if response.status == HTTPStatus.OK else None
    except aiohttp.ClientError, OSError, TimeoutError, ValueError:
        # ValueError: a host that no resolver encodes.
        return None


async def _bounded(response: aiohttp.ClientResponse) -> bytes:
    raw = bytearray()
    async for chunk in response.content.iter_any():
        raw += chunk
        if len(raw) > MAX_BYTES:
            break
    return bytes(raw)
