"""Downloads for administrators: everything as JSON, and the prints as CSV; authenticated and streamed."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Final

from aiohttp import web
from homeassistant.exceptions import Unauthorized
from homeassistant.helpers.http import KEY_HASS, HomeAssistantView
from sqlalchemy import Connection

from .const import DOMAIN
from .export import document
from .history import async_names, prints_csv
from .runtime import Runtime, loaded_runtime

EXPORT_PATH: Final = f"/api/{DOMAIN}/export"
PRINTS_PATH: Final = f"/api/{DOMAIN}/prints.csv"
_PIECE_BYTES: Final = 65536


class ExportView(HomeAssistantView):
    """Serves everything that is stored."""

    url = EXPORT_PATH
    name = f"api:{DOMAIN}:export"

    async def get(self, request: web.Request) -> web.StreamResponse:
        """Stream the export."""
        runtime = _allowed(request)
        return await _stream(request, runtime, document, "application/json", f"{DOMAIN}.json")


class PrintsView(HomeAssistantView):
    """Serves the prints as a table."""

    url = PRINTS_PATH
    name = f"api:{DOMAIN}:prints"

    async def get(self, request: web.Request) -> web.StreamResponse:
        """Stream the prints."""
        runtime = _allowed(request)
        names = async_names(request.app[KEY_HASS], runtime)
        return await _stream(
            request, runtime, lambda conn: prints_csv(conn, names), "text/csv", f"{DOMAIN}_prints.csv"
        )


def _allowed(request: web.Request) -> Runtime:
    """Return the parts of the entry; raises for everyone but administrators, and while it is not loaded."""
    if not request["hass_user"].is_admin:
        raise Unauthorized
    if (runtime := loaded_runtime(request.app[KEY_HASS])) is None:
        raise web.HTTPServiceUnavailable
    return runtime


async def _stream(
    request: web.Request,
    runtime: Runtime,
    write: Callable[[Connection], Iterator[bytes]],
    content_type: str,
    name: str,
) -> web.StreamResponse:
    """Send what `write` yields as a file of that name; memory does not grow with it."""
    hass = request.app[KEY_HASS]
    await asyncio.wrap_future(runtime.store.flush())
    response = web.StreamResponse(
        headers={
            "Content-Type": content_type,
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "no-store",
        }
    )
    await response.prepare(request)
    with ExitStack() as stack:
        reader = await hass.async_add_executor_job(stack.enter_context, runtime.store.reader())
        pieces = write(reader)
        while piece := await hass.async_add_executor_job(_take, pieces):
            await response.write(piece)
    await response.write_eof()
    return response


def _take(pieces: Iterator[bytes]) -> bytes:
    """Gather the next stretch of the document; empty at its end."""
    taken = bytearray()
    for piece in pieces:
        taken += piece
        if len(taken) >= _PIECE_BYTES:
            break
    return bytes(taken)
