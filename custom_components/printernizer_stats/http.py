"""The download of the export: an authenticated, streamed JSON file for administrators."""

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Final

from aiohttp import web
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import Unauthorized
from homeassistant.helpers.http import KEY_HASS, HomeAssistantView

from .const import DOMAIN
from .export import document
from .runtime import Runtime

EXPORT_PATH: Final = f"/api/{DOMAIN}/export"
_PIECE_BYTES: Final = 65536


class ExportView(HomeAssistantView):
    """Serves everything that is stored."""

    url = EXPORT_PATH
    name = f"api:{DOMAIN}:export"

    async def get(self, request: web.Request) -> web.StreamResponse:
        """Stream the export."""
        if not request["hass_user"].is_admin:
            raise Unauthorized
        hass = request.app[KEY_HASS]
        if (runtime := _runtime(hass)) is None:
            raise web.HTTPServiceUnavailable
        await asyncio.wrap_future(runtime.store.flush())
        response = web.StreamResponse(
            headers={
                "Content-Type": "application/json",
                "Content-Disposition": f'attachment; filename="{DOMAIN}.json"',
                "Cache-Control": "no-store",
            }
        )
        await response.prepare(request)
        with ExitStack() as stack:
            reader = await hass.async_add_executor_job(stack.enter_context, runtime.store.reader())
            pieces = document(reader)
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


def _runtime(hass: HomeAssistant) -> Runtime | None:
    for entry in hass.config_entries.async_entries(DOMAIN):
        if entry.state is ConfigEntryState.LOADED:
            runtime: Runtime = entry.runtime_data
            return runtime
    return None
